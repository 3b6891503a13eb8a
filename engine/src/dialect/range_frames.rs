//! `RANGE 1 PRECEDING` of values from which a number or an interval can be taken: the relational core takes that for the rows that are
//! equal, where they are texts.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{
    Expr, ExprSchemable, LogicalPlan, Window, WindowFrame, WindowFrameBound, WindowFrameUnits,
};
use datafusion::optimizer::AnalyzerRule;

use super::refused;
use crate::inspect::type_name;
use crate::walk::{Walk, WalkPlan};

/// Refuses other frames.
#[derive(Debug)]
pub(crate) struct RangesOfNumbers;

impl AnalyzerRule for RangesOfNumbers {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        let check = |plan: LogicalPlan| {
            if let LogicalPlan::Window(window) = &plan {
                check_frames(window)?;
            }
            Ok(Transformed::no(plan))
        };
        plan.transform_up_with_subqueries_dyn(check).data()
    }

    fn name(&self) -> &str {
        "ranges_of_numbers"
    }
}

fn check_frames(window: &Window) -> Result<()> {
    for expr in &window.window_expr {
        expr.apply_dyn(|expr| {
            if let Expr::WindowFunction(function) = expr
                && let Some(ty) = type_without_distance(function, window)
            {
                return Err(refused(
                    format!("RANGE takes numbers and times, and the rows are sorted by {ty}"),
                    "ROWS counts rows, GROUPS those that are equal",
                ));
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
    }
    Ok(())
}

/// The type by which the rows of a frame are sorted that goes so far from each, and from which nothing can be taken.
fn type_without_distance(function: &WindowFunction, window: &Window) -> Option<String> {
    if !goes_so_far(&function.params.window_frame) {
        return None;
    }
    let key = function.params.order_by.first()?;
    let ty = key.expr.get_type(window.input.schema()).ok()?;
    let has_distance = ty.is_numeric()
        || matches!(ty, DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) | DataType::Null);
    (!has_distance).then(|| type_name(&ty).to_lowercase())
}

fn goes_so_far(frame: &WindowFrame) -> bool {
    let is_distance = |bound: &WindowFrameBound| match bound {
        WindowFrameBound::Preceding(distance) | WindowFrameBound::Following(distance) => !distance.is_null(),
        WindowFrameBound::CurrentRow => false,
    };
    frame.units == WindowFrameUnits::Range
        && (is_distance(&frame.start_bound) || is_distance(&frame.end_bound))
}
