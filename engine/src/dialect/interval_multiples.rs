//! `INTERVAL '1 day' * 3`: intervals times numbers, and through them.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, IntervalMonthDayNanoArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Float64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit,
};
use datafusion::common::{DFSchema, exec_datafusion_err};
use datafusion::error::Result;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::sqlparser::ast::BinaryOperator;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
    cast as cast_expr, lit,
};

/// Plans products of intervals and numbers, which the relational core does not have.
#[derive(Debug)]
pub(super) struct IntervalMultiples;

impl ExprPlanner for IntervalMultiples {
    fn plan_binary_op(
        &self,
        binary: RawBinaryExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawBinaryExpr>> {
        let is_interval =
            |expr: &Expr| matches!(expr.get_type(schema), Ok(DataType::Interval(_) | DataType::Duration(_)));
        let is_number = |expr: &Expr| expr.get_type(schema).is_ok_and(|ty| ty.is_numeric());
        let RawBinaryExpr { op, left, right } = &binary;
        let (interval, number, divides) = match op {
            BinaryOperator::Multiply if is_interval(left) && is_number(right) => (left, right, false),
            BinaryOperator::Multiply if is_number(left) && is_interval(right) => (right, left, false),
            BinaryOperator::Divide if is_interval(left) && is_number(right) => (left, right, true),
            _ => return Ok(PlannerResult::Original(binary)),
        };
        // The time between two others is an interval, too.
        let interval = match interval.get_type(schema)? {
            DataType::Duration(_) => {
                cast_expr(interval.clone(), DataType::Interval(IntervalUnit::MonthDayNano))
            }
            _ => interval.clone(),
        };
        let args = vec![interval, number.clone(), lit(divides)];
        Ok(PlannerResult::Planned(ScalarUDF::from(Multiple::default()).call(args)))
    }
}

/// The name of the function, which no user calls.
pub(super) const MULTIPLE: &str = "interval_multiple";

#[derive(Debug, PartialEq, Eq, Hash)]
struct Multiple {
    signature: Signature,
}

impl Default for Multiple {
    fn default() -> Self {
        let interval = DataType::Interval(IntervalUnit::MonthDayNano);
        let types = vec![interval, DataType::Float64, DataType::Boolean];
        Self { signature: Signature::exact(types, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Multiple {
    fn name(&self) -> &str {
        MULTIPLE
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Interval(IntervalUnit::MonthDayNano))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [intervals, numbers, divides] = &arrays[..] else {
            return datafusion::common::internal_err!("{MULTIPLE} takes three values");
        };
        let intervals = intervals.as_primitive::<IntervalMonthDayNanoType>();
        let numbers = cast(numbers, &DataType::Float64)?;
        let numbers = numbers.as_primitive::<Float64Type>();
        let divides = divides.as_boolean();
        let multiple = |row: usize| {
            let is_known = intervals.is_valid(row) && numbers.is_valid(row);
            is_known.then(|| {
                multiple(intervals.value(row), numbers.value(row), divides.value(row))
                    .ok_or_else(|| exec_datafusion_err!("the interval is too long, or divided by zero"))
            })
        };
        let rows = (0..intervals.len()).map(|row| multiple(row).transpose());
        let multiples: IntervalMonthDayNanoArray = rows.collect::<Result<Vec<_>>>()?.into();
        Ok(ColumnarValue::Array(Arc::new(multiples) as ArrayRef))
    }
}

/// As PostgreSQL has it: what is left of a month are days, each of a thirtieth, and what is left of a day is time, in microseconds.
fn multiple(interval: IntervalMonthDayNano, number: f64, divides: bool) -> Option<IntervalMonthDayNano> {
    let times = |value: f64| if divides { value / number } else { value * number };
    let months = times(f64::from(interval.months));
    let days = times(f64::from(interval.days)) + tidy((months - months.trunc()) * 30.0);
    let micros = times(interval.nanoseconds as f64 / 1e3) + (days - days.trunc()) * 86_400e6;
    let nanos = (micros.round() * 1e3).trunc();
    let fits = |value: f64, most: f64| value.is_finite() && value.abs() <= most;
    let is_fit = fits(months, f64::from(i32::MAX)) && fits(days, f64::from(i32::MAX)) && fits(nanos, 9.2e18);
    // The bounds have been looked at.
    is_fit.then(|| IntervalMonthDayNano::new(months.trunc() as i32, days.trunc() as i32, nanos as i64))
}

/// Without what the binary form of the number adds.
fn tidy(days: f64) -> f64 {
    (days * 1e9).round() / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_intervals() {
        let interval = IntervalMonthDayNano::new;
        const HOUR: i64 = 3_600_000_000_000;
        for (given, number, divides, expected) in [
            (interval(0, 1, 0), 3.0, false, interval(0, 3, 0)),
            (interval(1, 0, 0), 1.5, false, interval(1, 15, 0)),
            (interval(0, 1, 0), 1.5, false, interval(0, 1, 12 * HOUR)),
            (interval(0, 0, HOUR), 2.0, true, interval(0, 0, HOUR / 2)),
            (interval(0, 1, 0), -2.0, false, interval(0, -2, 0)),
            (interval(1, 0, 0), 3.0, true, interval(0, 10, 0)),
        ] {
            assert_eq!(multiple(given, number, divides), Some(expected), "{given:?} {number}");
        }
        assert_eq!(multiple(interval(0, 1, 0), 0.0, true), None);
        assert_eq!(multiple(interval(0, 1, 0), 1e18, false), None);
    }
}
