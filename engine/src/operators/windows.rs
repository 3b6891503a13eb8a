//! What operators compute windows, the relational core's and those in place of them.

use std::sync::Arc;

use datafusion::physical_expr::window::WindowExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};

use super::{WholePartitionsExec, WindowPartsExec};

/// The windows that an operator computes; `None` if it does something else.
pub(crate) fn windows_of(plan: &Arc<dyn ExecutionPlan>) -> Option<&[Arc<dyn WindowExpr>]> {
    if let Some(bounded) = plan.downcast_ref::<BoundedWindowAggExec>() {
        return Some(bounded.window_expr());
    }
    let whole = plan.downcast_ref::<WholePartitionsExec>().map(WholePartitionsExec::core);
    let whole = whole.or_else(|| plan.downcast_ref::<WindowPartsExec>().map(WindowPartsExec::core));
    whole.or_else(|| plan.downcast_ref::<WindowAggExec>()).map(WindowAggExec::window_expr)
}
