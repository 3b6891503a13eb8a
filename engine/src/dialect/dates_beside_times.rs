//! Dates and texts where times are wanted: a date is its midnight, and times are counted in microseconds.
//!
//! The relational core counts in nanoseconds, of which the years 1677 to 2262 alone have a number, though `9999-12-31` stands in many
//! tables. So what it would make times of is made one here, before it looks at types.

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::DFSchema;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::error::Result;
use datafusion::logical_expr::expr::{InList, ScalarFunction};
use datafusion::logical_expr::{Between, BinaryExpr, Cast, Expr, ExprSchemable, LogicalPlan, Operator, cast};
use datafusion::optimizer::AnalyzerRule;

use super::nested_as_text::is_text;
use crate::walk::rewrite_expressions;

/// Makes times of microseconds. It has to come before the core looks at types.
#[derive(Debug)]
pub(crate) struct DatesBesideTimes;

impl AnalyzerRule for DatesBesideTimes {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        rewrite_expressions(plan, in_microseconds)
    }

    fn name(&self) -> &str {
        "dates_beside_times"
    }
}

/// Functions of a time, which is their second argument.
const OF_TIMES: [&str; 2] = ["date_trunc", "date_bin"];

fn in_microseconds(mut expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let is_changed = match &mut expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if compares(*op) => {
            let ty = micros_among([&**left, &**right], schema);
            put_beside([left.as_mut(), right.as_mut()], ty.as_ref(), schema)
        }
        Expr::Between(Between { expr, low, high, .. }) => {
            let ty = micros_among([&**expr, &**low, &**high], schema);
            put_beside([expr.as_mut(), low.as_mut(), high.as_mut()], ty.as_ref(), schema)
        }
        Expr::InList(InList { expr, list, .. }) => {
            let ty = micros_among([&**expr], schema);
            put_beside(list, ty.as_ref(), schema)
        }
        Expr::ScalarFunction(ScalarFunction { func, args }) if OF_TIMES.contains(&func.name()) => {
            let mut is_changed = put_beside(args.get_mut(1), Some(&MICROS), schema);
            // Where bins begin is said in nanoseconds: with microseconds, times would be nanoseconds, too.
            if let [_, time, origin] = args.as_mut_slice()
                && time.get_type(schema).is_ok_and(|ty| ty == MICROS)
                && origin.get_type(schema).is_ok_and(|ty| ty != NANOS)
            {
                *origin = cast(std::mem::take(origin), NANOS);
                is_changed = true;
            }
            is_changed
        }
        // `t AT TIME ZONE 'Europe/Berlin'`
        Expr::Cast(Cast { expr: time, field }) => match (field.data_type(), time.get_type(schema)) {
            (
                DataType::Timestamp(TimeUnit::Nanosecond, zone @ Some(_)),
                Ok(DataType::Timestamp(TimeUnit::Microsecond, _)),
            ) => {
                let ty = DataType::Timestamp(TimeUnit::Microsecond, zone.clone());
                expr = cast(std::mem::take(time.as_mut()), ty);
                true
            }
            _ => false,
        },
        _ => false,
    };
    Ok(Transformed::new_transformed(expr, is_changed))
}

const MICROS: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);
const NANOS: DataType = DataType::Timestamp(TimeUnit::Nanosecond, None);

/// The type of the first that is a time in microseconds.
fn micros_among<const N: usize>(exprs: [&Expr; N], schema: &DFSchema) -> Option<DataType> {
    let mut types = exprs.into_iter().filter_map(|expr| expr.get_type(schema).ok());
    types.find(|ty| matches!(ty, DataType::Timestamp(TimeUnit::Microsecond, _)))
}

/// Makes times of this type, if there is one, of dates and texts; whether there are such.
fn put_beside<'a>(
    exprs: impl IntoIterator<Item = &'a mut Expr>,
    ty: Option<&DataType>,
    schema: &DFSchema,
) -> bool {
    let Some(ty) = ty else { return false };
    let mut is_changed = false;
    for expr in exprs {
        if expr.get_type(schema).is_ok_and(|own| own == DataType::Date32 || is_text(&own)) {
            *expr = cast(std::mem::take(expr), ty.clone());
            is_changed = true;
        }
    }
    is_changed
}

/// Whether an operator compares two values.
pub(super) fn compares(op: Operator) -> bool {
    use Operator::{Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq | IsDistinctFrom | IsNotDistinctFrom)
}
