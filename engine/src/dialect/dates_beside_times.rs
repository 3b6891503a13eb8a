//! Dates that are compared with timestamps: they are their midnights.
//!
//! The relational core counts both in nanoseconds, of which the years 1677 to 2262 alone have a number, though `9999-12-31` stands in many
//! tables. Here it is microseconds, which go far enough.

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::DFSchema;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::error::Result;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator, cast};
use datafusion::optimizer::AnalyzerRule;

use crate::overflow::rewrite_expressions;

/// Compares dates with timestamps in microseconds. It has to come before the core looks at types.
#[derive(Debug)]
pub(crate) struct DatesBesideTimes;

impl AnalyzerRule for DatesBesideTimes {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(|plan| rewrite_expressions(plan, compared)).data()
    }

    fn name(&self) -> &str {
        "dates_beside_times"
    }
}

fn compared(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = expr else { return Ok(Transformed::no(expr)) };
    let same = |left, right| Expr::BinaryExpr(BinaryExpr { left, op, right });
    let (Ok(of_left), Ok(of_right), true) = (left.get_type(schema), right.get_type(schema), compares(op))
    else {
        return Ok(Transformed::no(same(left, right)));
    };
    let micros = |zone| DataType::Timestamp(TimeUnit::Microsecond, zone);
    Ok(match (of_left, of_right) {
        (DataType::Date32, DataType::Timestamp(TimeUnit::Microsecond, zone)) => {
            Transformed::yes(same(Box::new(cast(*left, micros(zone))), right))
        }
        (DataType::Timestamp(TimeUnit::Microsecond, zone), DataType::Date32) => {
            Transformed::yes(same(left, Box::new(cast(*right, micros(zone)))))
        }
        _ => Transformed::no(same(left, right)),
    })
}

fn compares(op: Operator) -> bool {
    use Operator::{Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq | IsDistinctFrom | IsNotDistinctFrom)
}
