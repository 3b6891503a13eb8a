//! Dates and texts where times are wanted: a date is its midnight, and times are counted in microseconds.
//!
//! The relational core counts in nanoseconds, of which the years 1677 to 2262 alone have a number, though `9999-12-31` stands in many
//! tables. So what it would make times of is made one here, before it looks at types.

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::DFSchema;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::error::Result;
use datafusion::logical_expr::expr::{InList, ScalarFunction};
use datafusion::logical_expr::{Between, BinaryExpr, Cast, Expr, ExprSchemable, LogicalPlan, Operator, cast};
use datafusion::optimizer::AnalyzerRule;

use super::nested_as_text::is_text;
use crate::overflow::rewrite_expressions;

/// Makes times of microseconds. It has to come before the core looks at types.
#[derive(Debug)]
pub(crate) struct DatesBesideTimes;

impl AnalyzerRule for DatesBesideTimes {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(|plan| rewrite_expressions(plan, in_microseconds)).data()
    }

    fn name(&self) -> &str {
        "dates_beside_times"
    }
}

/// Functions of a time, which is their second argument.
const OF_TIMES: [&str; 2] = ["date_trunc", "date_bin"];

fn in_microseconds(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    Ok(match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if compares(op) => {
            let ty = micros_among([&*left, &*right], schema);
            let parts = [left, right].map(|part| beside(part, ty.as_ref(), schema));
            let transformed = parts.iter().any(|part| part.transformed);
            let [left, right] = parts.map(|part| part.data);
            let compared = Expr::BinaryExpr(BinaryExpr { left, op, right });
            if transformed { Transformed::yes(compared) } else { Transformed::no(compared) }
        }
        Expr::Between(Between { expr, negated, low, high }) => {
            let ty = micros_among([&*expr, &*low, &*high], schema);
            let parts = [expr, low, high].map(|part| beside(part, ty.as_ref(), schema));
            let transformed = parts.iter().any(|part| part.transformed);
            let [expr, low, high] = parts.map(|part| part.data);
            let between = Expr::Between(Between { expr, negated, low, high });
            if transformed { Transformed::yes(between) } else { Transformed::no(between) }
        }
        Expr::InList(InList { expr, list, negated }) => {
            let ty = micros_among([&*expr], schema);
            let mut transformed = false;
            let list = list.into_iter().map(|item| {
                let item = beside(Box::new(item), ty.as_ref(), schema);
                transformed |= item.transformed;
                *item.data
            });
            let list = list.collect();
            let inside = Expr::InList(InList { expr, list, negated });
            if transformed { Transformed::yes(inside) } else { Transformed::no(inside) }
        }
        Expr::ScalarFunction(ScalarFunction { func, mut args }) if OF_TIMES.contains(&func.name()) => {
            let mut transformed = false;
            if let Some(time) = args.get_mut(1) {
                let time_in_micros = beside(Box::new(time.clone()), Some(&MICROS), schema);
                transformed = time_in_micros.transformed;
                *time = *time_in_micros.data;
            }
            // Where bins begin is said in nanoseconds: with microseconds, times would be nanoseconds, too.
            if let [_, time, origin] = args.as_mut_slice()
                && time.get_type(schema).is_ok_and(|ty| ty == MICROS)
                && origin.get_type(schema).is_ok_and(|ty| ty != NANOS)
            {
                *origin = cast(origin.clone(), NANOS);
                transformed = true;
            }
            let call = Expr::ScalarFunction(ScalarFunction { func, args });
            if transformed { Transformed::yes(call) } else { Transformed::no(call) }
        }
        // `t AT TIME ZONE 'Europe/Berlin'`
        Expr::Cast(Cast { expr, field })
            if matches!(field.data_type(), DataType::Timestamp(TimeUnit::Nanosecond, Some(_)))
                && matches!(expr.get_type(schema), Ok(DataType::Timestamp(TimeUnit::Microsecond, _))) =>
        {
            let DataType::Timestamp(_, zone) = field.data_type() else {
                return Ok(Transformed::no(Expr::Cast(Cast { expr, field })));
            };
            Transformed::yes(cast(*expr, DataType::Timestamp(TimeUnit::Microsecond, zone.clone())))
        }
        other => Transformed::no(other),
    })
}

const MICROS: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);
const NANOS: DataType = DataType::Timestamp(TimeUnit::Nanosecond, None);

/// The type of the first that is a time in microseconds.
fn micros_among<const N: usize>(exprs: [&Expr; N], schema: &DFSchema) -> Option<DataType> {
    let mut types = exprs.into_iter().filter_map(|expr| expr.get_type(schema).ok());
    types.find(|ty| matches!(ty, DataType::Timestamp(TimeUnit::Microsecond, _)))
}

/// A date or a text as a time of this type, if there is one.
fn beside(expr: Box<Expr>, ty: Option<&DataType>, schema: &DFSchema) -> Transformed<Box<Expr>> {
    let Some(ty) = ty else { return Transformed::no(expr) };
    match expr.get_type(schema) {
        Ok(own) if own == DataType::Date32 || is_text(&own) => {
            Transformed::yes(Box::new(cast(*expr, ty.clone())))
        }
        _ => Transformed::no(expr),
    }
}

/// Whether an operator compares two values.
pub(super) fn compares(op: Operator) -> bool {
    use Operator::{Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq | IsDistinctFrom | IsNotDistinctFrom)
}
