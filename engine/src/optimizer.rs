//! The planner's rules, among those of the relational core.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::Transformed;
use datafusion::logical_expr::LogicalPlan;
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};
use swath_planner::optimize;

/// Our rules for logical plans, in the order in which they are applied after the core's own.
pub(crate) fn rules() -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    vec![Arc::new(PushSemiJoinsDown)]
}

#[derive(Debug)]
struct PushSemiJoinsDown;

impl OptimizerRule for PushSemiJoinsDown {
    fn name(&self) -> &str {
        "push_semi_joins_down"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        optimize::push_semi_join_down(plan)
    }
}
