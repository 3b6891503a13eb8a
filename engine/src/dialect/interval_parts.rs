//! Parts of intervals and of the time between two others: `extract(hour FROM b - a)`.
//!
//! Between two times are days and what is left of one, of which the relational core counts the hours and minutes of the days, too. It has no quarter of
//! an interval, its years have 360 days, and its milliseconds are of whole seconds.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, ArrowPrimitiveType, AsArray, Float64Array, Int32Array, IntervalMonthDayNanoArray,
    PrimitiveArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, DurationMicrosecondType, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit, TimeUnit,
};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::functions::datetime::date_part;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF};

use super::in_place_of::called_in_place_of;

const MONTH_DAY_NANO: DataType = DataType::Interval(IntervalUnit::MonthDayNano);
const MICROS_OF_DAY: i64 = 86_400_000_000;
const NANOS_OF_MICRO: i64 = 1000;
const SECONDS_OF_DAY: f64 = 86_400.0;
const DAYS_OF_YEAR: f64 = 365.25;
const DAYS_OF_MONTH: f64 = 30.0;
const NANOS_OF_MINUTE: i64 = 60_000_000_000;
const NANOS_OF_SECOND: f64 = 1e9;
const MONTHS_OF_YEAR: i32 = 12;

/// `date_part`, which is to be in place of the core's.
pub(super) fn parts() -> ScalarUDF {
    called_in_place_of(date_part(), |core, args| {
        let is_span =
            args.args.get(1).is_some_and(|value| matches!(value.data_type(), DataType::Duration(_)));
        let args = if is_span { with_days(args)? } else { args };
        let Some(own) = Own::of(&args) else { return core.invoke_with_args(args) };
        let is_one = matches!(args.args[1], ColumnarValue::Scalar(_));
        column(own.parts(&args.args[1].to_array(args.number_rows)?), is_one)
    })
}

/// What the core is not asked for.
enum Own {
    Quarter,
    Seconds,
    /// What is left of a minute, in units of so many nanoseconds.
    OfMinute(i64),
}

impl Own {
    fn of(args: &ScalarFunctionArgs) -> Option<Self> {
        let ColumnarValue::Scalar(part) = args.args.first()? else { return None };
        match (args.args.get(1)?.data_type(), part.try_as_str()??.to_lowercase().as_str()) {
            (MONTH_DAY_NANO, "quarter" | "qtr") => Some(Self::Quarter),
            (MONTH_DAY_NANO, "epoch") => Some(Self::Seconds),
            (MONTH_DAY_NANO, "millisecond") => Some(Self::OfMinute(NANOS_OF_MICRO * 1000)),
            (MONTH_DAY_NANO, "microsecond") => Some(Self::OfMinute(NANOS_OF_MICRO)),
            _ => None,
        }
    }

    /// The parts of intervals.
    fn parts(&self, intervals: &ArrayRef) -> ArrayRef {
        let intervals = intervals.as_primitive::<IntervalMonthDayNanoType>();
        match self {
            Self::Quarter => {
                let quarter = |interval: IntervalMonthDayNano| interval.months % MONTHS_OF_YEAR / 3 + 1;
                Arc::new(mapped::<_, Int32Array, _>(intervals, quarter))
            }
            Self::OfMinute(unit) => {
                let units = |interval: IntervalMonthDayNano| {
                    i32::try_from(interval.nanoseconds % NANOS_OF_MINUTE / unit).unwrap_or_default()
                };
                Arc::new(mapped::<_, Int32Array, _>(intervals, units))
            }
            Self::Seconds => Arc::new(mapped::<_, Float64Array, _>(intervals, seconds)),
        }
    }
}

/// The time between two others as an interval of days and what is left of one.
fn with_days(mut args: ScalarFunctionArgs) -> Result<ScalarFunctionArgs> {
    let days = |micros: i64| {
        let (days, rest) = (micros / MICROS_OF_DAY, micros % MICROS_OF_DAY);
        IntervalMonthDayNano::new(0, i32::try_from(days).unwrap_or(i32::MAX), rest * NANOS_OF_MICRO)
    };
    let value = &args.args[1];
    let is_one = matches!(value, ColumnarValue::Scalar(_));
    let micros = cast(&value.to_array(args.number_rows)?, &DataType::Duration(TimeUnit::Microsecond))?;
    let intervals: IntervalMonthDayNanoArray =
        mapped::<_, _, _>(micros.as_primitive::<DurationMicrosecondType>(), days);
    args.args[1] = column(Arc::new(intervals), is_one)?;
    args.arg_fields[1] = Arc::new(args.arg_fields[1].as_ref().clone().with_data_type(MONTH_DAY_NANO));
    Ok(args)
}

/// Values, or the first of them if they are all one.
pub(super) fn column(values: ArrayRef, is_one: bool) -> Result<ColumnarValue> {
    Ok(match is_one {
        true => ColumnarValue::Scalar(ScalarValue::try_from_array(&values, 0)?),
        false => ColumnarValue::Array(values),
    })
}

fn mapped<F: ArrowPrimitiveType, C: FromIterator<Option<T>>, T>(
    values: &PrimitiveArray<F>,
    map: impl Fn(F::Native) -> T,
) -> C {
    values.iter().map(|value| value.map(&map)).collect()
}

/// As long as an interval is, with years of 365.25 and months of 30 days.
fn seconds(interval: IntervalMonthDayNano) -> f64 {
    let (years, months) = (interval.months / MONTHS_OF_YEAR, interval.months % MONTHS_OF_YEAR);
    let days = f64::from(years) * DAYS_OF_YEAR + f64::from(months) * DAYS_OF_MONTH + f64::from(interval.days);
    days * SECONDS_OF_DAY + interval.nanoseconds as f64 / NANOS_OF_SECOND
}
