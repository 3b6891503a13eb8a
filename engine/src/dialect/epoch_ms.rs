//! `epoch_ms(x)`, `epoch_us(x)` and `epoch_ns(x)`: how long after the beginning of 1970 a time is, or how long an interval or a time of day;
//! and the time of so many milliseconds.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array};
use datafusion::arrow::datatypes::{
    DataType, Field, Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit, TimeUnit,
};
use datafusion::common::plan_err;
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::inspect::type_name;

const MICROSECONDS: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);
const INTERVAL: DataType = DataType::Interval(IntervalUnit::MonthDayNano);

/// One for each unit.
pub(super) fn epochs() -> [ScalarUDF; 3] {
    let units = [
        ("epoch_ms", TimeUnit::Millisecond, 1_000_000),
        ("epoch_us", TimeUnit::Microsecond, 1_000),
        ("epoch_ns", TimeUnit::Nanosecond, 1),
    ];
    units.map(|(name, unit, len_nanos)| {
        let signature = Signature::user_defined(Volatility::Immutable);
        ScalarUDF::from(Epoch { name, unit, len_nanos, signature })
    })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Epoch {
    name: &'static str,
    unit: TimeUnit,
    len_nanos: i64,
    signature: Signature,
}

impl ScalarUDFImpl for Epoch {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        match types {
            [ty] if ty.is_integer() && self.unit == TimeUnit::Millisecond => Ok(vec![DataType::Int64]),
            [DataType::Timestamp(_, zone)] => Ok(vec![DataType::Timestamp(self.unit, zone.clone())]),
            [DataType::Date32 | DataType::Null] => Ok(vec![DataType::Timestamp(self.unit, None)]),
            [DataType::Interval(_)] => Ok(vec![INTERVAL]),
            [DataType::Duration(_)] => Ok(vec![DataType::Duration(self.unit)]),
            [DataType::Time32(_) | DataType::Time64(_)] => Ok(vec![DataType::Time64(TimeUnit::Nanosecond)]),
            [ty] => plan_err!("{} takes a time or an interval, and no {}", self.name, type_name(ty)),
            _ => plan_err!("{} takes one time or interval", self.name),
        }
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(if types == [DataType::Int64] { MICROSECONDS } else { DataType::Int64 })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let value = &args.args[0];
        match Field::data_type(&args.arg_fields[0]) {
            DataType::Int64 => {
                value.cast_to(&DataType::Timestamp(self.unit, None), None)?.cast_to(&MICROSECONDS, None)
            }
            DataType::Interval(_) => {
                let intervals = value.to_array(args.number_rows)?;
                let lens: Int64Array = intervals
                    .as_primitive::<IntervalMonthDayNanoType>()
                    .iter()
                    .map(|interval| interval.and_then(|interval| self.len_of(interval)))
                    .collect();
                Ok(ColumnarValue::Array(Arc::new(lens) as ArrayRef))
            }
            DataType::Time64(_) => {
                let nanos = value.cast_to(&DataType::Int64, None)?.to_array(args.number_rows)?;
                let lens: Int64Array =
                    nanos.as_primitive::<Int64Type>().unary(|nanos| nanos / self.len_nanos);
                Ok(ColumnarValue::Array(Arc::new(lens) as ArrayRef))
            }
            _ => value.cast_to(&DataType::Int64, None),
        }
    }
}

const DAYS_OF_MONTH: i64 = 30;
const NANOS_OF_DAY: i64 = 86_400_000_000_000;

impl Epoch {
    /// How long an interval is, whose months have 30 days; `None`: too long for the unit.
    fn len_of(&self, interval: IntervalMonthDayNano) -> Option<i64> {
        let days = i64::from(interval.months) * DAYS_OF_MONTH + i64::from(interval.days);
        days.checked_mul(NANOS_OF_DAY / self.len_nanos)?.checked_add(interval.nanoseconds / self.len_nanos)
    }
}
