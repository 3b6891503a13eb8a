//! Dates and intervals of less than a day.
//!
//! To the relational core a date and an interval make a date, whatever is lost of the interval: `DATE '2001-05-01' + INTERVAL '3 hours'`
//! would be the same day. Where the interval says hours, the date is its midnight here, as in PostgreSQL and DuckDB.

use datafusion::arrow::datatypes::{DataType, IntervalUnit, TimeUnit};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::error::Result;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{BinaryExpr, Cast, Expr, ExprSchemable, LogicalPlan, Operator, cast, lit};
use datafusion::optimizer::AnalyzerRule;

use super::interval_multiples::MULTIPLE;
use crate::walk::rewrite_expressions;

/// Takes dates for their midnights where hours are added to them or taken from them. It has to come before the core looks at types.
#[derive(Debug)]
pub(crate) struct DatesWithHours;

impl AnalyzerRule for DatesWithHours {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        rewrite_expressions(plan, with_hours)
    }

    fn name(&self) -> &str {
        "dates_with_hours"
    }
}

fn with_hours(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = expr else { return Ok(Transformed::no(expr)) };
    let is_date = |expr: &Expr| expr.get_type(schema).is_ok_and(|ty| ty == DataType::Date32);
    let midnight = |date: Expr| Box::new(cast(date, DataType::Timestamp(TimeUnit::Microsecond, None)));
    let (left, right) = match op {
        Operator::Plus | Operator::Minus if has_hours(&right, schema) && is_date(&left) => {
            (midnight(*left), right)
        }
        // What is on the right is short where many are added.
        Operator::Plus if is_date(&right) && has_hours(&left, schema) => (left, midnight(*right)),
        _ => return Ok(Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right }))),
    };
    Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr { left, op, right })))
}

/// Whether it is an interval that is no number of days.
fn has_hours(expr: &Expr, schema: &DFSchema) -> bool {
    match expr {
        Expr::Literal(ScalarValue::IntervalMonthDayNano(Some(interval)), _) => interval.nanoseconds != 0,
        Expr::Literal(ScalarValue::IntervalDayTime(Some(interval)), _) => interval.milliseconds != 0,
        // Times an integer, it is a number of days if it was one before.
        Expr::ScalarFunction(ScalarFunction { func, args }) if func.name() == MULTIPLE => {
            match args.as_slice() {
                [interval, number, divides] => {
                    has_hours(interval, schema) || !is_integer(number, schema) || *divides != lit(false)
                }
                _ => true,
            }
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Plus | Operator::Minus, right }) => {
            has_hours(left, schema) || has_hours(right, schema)
        }
        Expr::Negative(interval) => has_hours(interval, schema),
        Expr::Cast(Cast { expr, field }) => match expr.as_ref() {
            Expr::Literal(text, _) => {
                let interval = text.cast_to(field.data_type());
                interval.is_ok_and(|interval| has_hours(&Expr::Literal(interval, None), schema))
            }
            // Days that are a number, as in `d + 1`, come so from the core.
            Expr::Cast(Cast { field: days, .. })
                if *days.data_type() == DataType::Duration(TimeUnit::Second) =>
            {
                false
            }
            _ => may_have_hours(field.data_type()),
        },
        // Of what is known by its rows alone.
        other => other.get_type(schema).is_ok_and(|ty| may_have_hours(&ty)),
    }
}

fn may_have_hours(ty: &DataType) -> bool {
    matches!(ty, DataType::Interval(unit) if *unit != IntervalUnit::YearMonth)
}

/// Whether it has no fraction, as what it was made of.
fn is_integer(number: &Expr, schema: &DFSchema) -> bool {
    match number {
        Expr::Cast(Cast { expr, .. }) => is_integer(expr, schema),
        Expr::Literal(ScalarValue::Float64(Some(number)), _) => number.fract() == 0.0,
        number => number.get_type(schema).is_ok_and(|ty| ty.is_integer()),
    }
}
