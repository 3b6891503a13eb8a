//! What operators compute windows, the relational core's and those in place of them.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use datafusion::error::Result;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::window::WindowExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};

use super::{ShortPartitionsExec, WholePartitionsExec, WindowPartsExec};

/// The windows that an operator computes; `None` if it does something else.
pub(crate) fn windows_of(plan: &Arc<dyn ExecutionPlan>) -> Option<&[Arc<dyn WindowExpr>]> {
    let short = plan.downcast_ref::<ShortPartitionsExec>().map(ShortPartitionsExec::core);
    if let Some(bounded) = short.or_else(|| plan.downcast_ref::<BoundedWindowAggExec>()) {
        return Some(bounded.window_expr());
    }
    let whole = plan.downcast_ref::<WholePartitionsExec>().map(WholePartitionsExec::core);
    let whole = whole.or_else(|| plan.downcast_ref::<WindowPartsExec>().map(WindowPartsExec::core));
    whole.or_else(|| plan.downcast_ref::<WindowAggExec>()).map(WindowAggExec::window_expr)
}

/// The values of expressions, a column each.
pub(super) fn evaluate(exprs: &[Arc<dyn PhysicalExpr>], batch: &RecordBatch) -> Result<Vec<ArrayRef>> {
    exprs.iter().map(|expr| expr.evaluate(batch)?.into_array(batch.num_rows())).collect()
}

/// Whether an aggregate of a window is one of all rows of its frame.
pub(super) fn has_no_filter(expr: &dyn WindowExpr) -> bool {
    // It is told by nothing but this. Where that looks otherwise one day, the core computes it.
    format!("{expr:?}").ends_with("filter: None }")
}
