//! `date_trunc` and `date_bin` of times of any year.
//!
//! The relational core counts in nanoseconds here, of which the years 1677 to 2262 alone have a number: other times were errors, or null.
//! Microseconds, in which Swath has times, are counted as such.

use std::sync::Arc;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use datafusion::arrow::array::{ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, FieldRef, TimeUnit, TimestampMicrosecondType};
use datafusion::common::{ScalarValue, exec_datafusion_err};
use datafusion::error::Result;
use datafusion::functions::datetime::{date_bin, date_trunc};
use datafusion::logical_expr::interval_arithmetic::Interval;
use datafusion::logical_expr::sort_properties::{ExprProperties, SortProperties};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};

const NANOS_OF_MICRO: i128 = 1000;
const NANOS_OF_DAY: i128 = 86_400_000_000_000;

/// Both functions, which are to be in place of the core's.
pub(super) fn calendar_functions() -> Vec<ScalarUDF> {
    let of = |inner, beginning| ScalarUDF::from(InMicroseconds { inner, beginning });
    vec![of(date_trunc(), Beginning::OfPart), of(date_bin(), Beginning::OfBin)]
}

/// A function of the core that gives where something begins, but for microseconds.
#[derive(Debug, PartialEq, Eq, Hash)]
struct InMicroseconds {
    inner: Arc<ScalarUDF>,
    beginning: Beginning,
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Beginning {
    /// `date_trunc('month', t)`
    OfPart,
    /// `date_bin(INTERVAL '15 minutes', t, origin)`
    OfBin,
}

/// Where what a time belongs to begins, in microseconds; `None` where it is too far away.
type Begin = Box<dyn Fn(i64) -> Option<i64>>;

impl Beginning {
    /// The function for the arguments of a call, if it is one for microseconds; the core has the others.
    fn function(&self, args: &ScalarFunctionArgs) -> Option<Begin> {
        let DataType::Timestamp(TimeUnit::Microsecond, zone) = args.args.get(1)?.data_type() else {
            return None;
        };
        match self {
            Self::OfPart if zone.is_none() => {
                let ColumnarValue::Scalar(part) = &args.args[0] else { return None };
                let part = Part::of(part.try_as_str()??)?;
                Some(Box::new(move |micros| part.begin(micros)))
            }
            Self::OfPart => None,
            Self::OfBin => {
                let ColumnarValue::Scalar(stride) = &args.args[0] else { return None };
                let origin = match args.args.get(2) {
                    Some(ColumnarValue::Scalar(ScalarValue::TimestampNanosecond(origin, _))) => {
                        i128::from((*origin)?)
                    }
                    Some(_) => return None,
                    None => 0,
                };
                let bins = Bins { stride: Stride::of(stride)?, origin };
                Some(Box::new(move |micros| bins.begin(micros)))
            }
        }
    }
}

impl ScalarUDFImpl for InMicroseconds {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn output_ordering(&self, inputs: &[ExprProperties]) -> Result<SortProperties> {
        self.inner.output_ordering(inputs)
    }

    fn evaluate_bounds(&self, inputs: &[&Interval]) -> Result<Interval> {
        self.inner.evaluate_bounds(inputs)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some(begin) = self.beginning.function(&args) else { return self.inner.invoke_with_args(args) };
        let begin = |micros| begin(micros).ok_or_else(|| too_far(self.name(), micros));
        Ok(match &args.args[1] {
            ColumnarValue::Scalar(ScalarValue::TimestampMicrosecond(micros, zone)) => {
                let begun = micros.map(begin).transpose()?;
                ColumnarValue::Scalar(ScalarValue::TimestampMicrosecond(begun, zone.clone()))
            }
            ColumnarValue::Scalar(other) => ColumnarValue::Scalar(other.clone()),
            ColumnarValue::Array(times) => {
                let times = times.as_primitive::<TimestampMicrosecondType>();
                let DataType::Timestamp(_, zone) = args.args[1].data_type() else {
                    return Err(exec_datafusion_err!("{}: no times", self.name()));
                };
                let begun = times.try_unary::<_, TimestampMicrosecondType, _>(begin)?;
                ColumnarValue::Array(Arc::new(begun.with_timezone_opt(zone)) as ArrayRef)
            }
        })
    }
}

fn too_far(name: &str, micros: i64) -> datafusion::error::DataFusionError {
    exec_datafusion_err!("{name}: the time {micros} microseconds from 1970 is too far away")
}

/// A part of a time.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// Of one length, in microseconds, no longer than a day.
    Micros(i64),
    Week,
    Months(u32),
}

impl Part {
    fn of(name: &str) -> Option<Self> {
        Some(match name.to_lowercase().as_str() {
            "millisecond" => Self::Micros(1000),
            "second" => Self::Micros(1_000_000),
            "minute" => Self::Micros(60_000_000),
            "hour" => Self::Micros(3_600_000_000),
            "day" => Self::Micros(86_400_000_000),
            "week" => Self::Week,
            "month" => Self::Months(1),
            "quarter" => Self::Months(3),
            "year" => Self::Months(12),
            _ => return None,
        })
    }

    fn begin(self, micros: i64) -> Option<i64> {
        let date = DateTime::from_timestamp_micros(micros)?.date_naive();
        let begin = match self {
            Self::Micros(len) => return micros.div_euclid(len).checked_mul(len),
            Self::Week => {
                date.checked_sub_days(Days::new(u64::from(date.weekday().num_days_from_monday())))?
            }
            Self::Months(months) => {
                NaiveDate::from_ymd_opt(date.year(), date.month0() / months * months + 1, 1)?
            }
        };
        Some(begin.and_time(NaiveTime::MIN).and_utc().timestamp_micros())
    }
}

/// How long a bin is.
#[derive(Debug, Clone, Copy)]
enum Stride {
    Nanos(i128),
    Months(i64),
}

impl Stride {
    /// Of an interval that is of one kind and longer than nothing.
    fn of(interval: &ScalarValue) -> Option<Self> {
        match interval {
            ScalarValue::IntervalMonthDayNano(Some(interval)) => {
                let nanos = i128::from(interval.days) * NANOS_OF_DAY + i128::from(interval.nanoseconds);
                match interval.months {
                    0 => (nanos > 0).then_some(Self::Nanos(nanos)),
                    months => (months > 0 && interval.days == 0 && interval.nanoseconds == 0)
                        .then_some(Self::Months(i64::from(months))),
                }
            }
            ScalarValue::IntervalDayTime(Some(interval)) => {
                let nanos =
                    i128::from(interval.days) * NANOS_OF_DAY + i128::from(interval.milliseconds) * 1_000_000;
                (nanos > 0).then_some(Self::Nanos(nanos))
            }
            _ => None,
        }
    }
}

/// Bins of one length, one of which begins at the origin, in nanoseconds from 1970.
struct Bins {
    stride: Stride,
    origin: i128,
}

impl Bins {
    fn begin(&self, micros: i64) -> Option<i64> {
        match self.stride {
            Stride::Nanos(stride) => {
                let nanos = i128::from(micros) * NANOS_OF_MICRO;
                let begin = self.origin + (nanos - self.origin).div_euclid(stride) * stride;
                i64::try_from(begin.div_euclid(NANOS_OF_MICRO)).ok()
            }
            Stride::Months(stride) => {
                let time = DateTime::from_timestamp_micros(micros)?;
                let origin = DateTime::from_timestamp_nanos(i64::try_from(self.origin).ok()?);
                let months = months_between(origin.naive_utc(), time.naive_utc()).div_euclid(stride) * stride;
                let begin = shifted(origin, months)?;
                let begin = if begin > time { shifted(origin, months - stride)? } else { begin };
                Some(begin.timestamp_micros())
            }
        }
    }
}

/// From month to month, whatever the days are.
fn months_between(from: NaiveDateTime, to: NaiveDateTime) -> i64 {
    (i64::from(to.year()) - i64::from(from.year())) * 12 + i64::from(to.month()) - i64::from(from.month())
}

fn shifted(time: DateTime<Utc>, months: i64) -> Option<DateTime<Utc>> {
    let count = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
    if months < 0 { time.checked_sub_months(count) } else { time.checked_add_months(count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str) -> i64 {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap().and_utc().timestamp_micros()
    }

    #[test]
    fn beginnings_of_parts() {
        for (part, time, begin) in [
            ("year", "0001-12-31 23:59:59", "0001-01-01 00:00:00"),
            ("quarter", "9999-12-31 23:59:59", "9999-10-01 00:00:00"),
            ("Month", "1969-12-31 23:59:59", "1969-12-01 00:00:00"),
            ("week", "2021-01-03 12:00:00", "2020-12-28 00:00:00"),
        ] {
            assert_eq!(Part::of(part).unwrap().begin(micros(time)), Some(micros(begin)), "{part} of {time}");
        }
        assert_eq!(
            Part::of("hour").unwrap().begin(micros("9999-12-31 23:59:59")),
            Some(micros("9999-12-31 23:00:00"))
        );
        assert_eq!(
            Part::of("day").unwrap().begin(micros("0001-01-01 10:00:00")),
            Some(micros("0001-01-01 00:00:00"))
        );
        assert!(Part::of("microsecond").is_none());
        assert!(Part::Week.begin(i64::MAX).is_none());
    }

    #[test]
    fn beginnings_of_bins() {
        let origin = i128::from(micros("2000-01-03 00:00:00")) * NANOS_OF_MICRO;
        let bins = Bins { stride: Stride::Nanos(7 * NANOS_OF_DAY), origin };
        assert_eq!(bins.begin(micros("9999-12-31 23:59:59")), Some(micros("9999-12-27 00:00:00")));
        assert_eq!(bins.begin(micros("0001-01-01 10:00:00")), Some(micros("0001-01-01 00:00:00")));
        let bins = Bins { stride: Stride::Months(3), origin };
        assert_eq!(bins.begin(micros("2001-04-02 00:00:00")), Some(micros("2001-01-03 00:00:00")));
        assert_eq!(bins.begin(micros("0001-01-02 00:00:00")), Some(micros("0000-10-03 00:00:00")));
    }
}
