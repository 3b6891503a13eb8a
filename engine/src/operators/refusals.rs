//! Joins without keys that fail when their first side does.
//!
//! The relational core takes an error of the first side that is about memory for one of its own, and then reads the side once more to
//! write it to disk, which exchanges and shared results do not allow. Here such an error is told in a way that it does not hear; the query
//! then begins again with [`JoinByBlocks`](super::JoinByBlocks).

use std::fmt;
use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::execution_plan::PlanProperties;
use datafusion::physical_plan::joins::NestedLoopJoinExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, replace_children_if_necessary};
use futures::StreamExt;

use crate::budget::Refused;

/// Lets joins without keys fail.
#[derive(Debug)]
pub(crate) struct FailWhenRefused;

impl PhysicalOptimizerRule for FailWhenRefused {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            let Some(join) = node.downcast_ref::<NestedLoopJoinExec>() else {
                return Ok(Transformed::no(node));
            };
            let left = Arc::new(RefusalExec { input: Arc::clone(join.left()) });
            let children = vec![left as _, Arc::clone(join.right())];
            replace_children_if_necessary(Arc::clone(&node), children).map(Transformed::yes)
        })
        .data()
    }

    fn name(&self) -> &str {
        "fail_when_refused"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Gives what its input gives, and errors about memory as [`Refused`].
#[derive(Debug)]
pub(crate) struct RefusalExec {
    input: Arc<dyn ExecutionPlan>,
}

impl DisplayAs for RefusalExec {
    fn fmt_as(&self, display: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match display {
            DisplayFormatType::Default | DisplayFormatType::Verbose => write!(f, "RefusalExec"),
            DisplayFormatType::TreeRender => Ok(()),
        }
    }
}

impl ExecutionPlan for RefusalExec {
    fn name(&self) -> &str {
        "RefusalExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(Self { input: children.swap_remove(0) }))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let rows = self.input.execute(partition, context)?;
        let rows = rows.map(|batch| {
            batch.map_err(|error| match error.find_root() {
                DataFusionError::ResourcesExhausted(message) => Refused::error(message.clone()),
                _ => error,
            })
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), rows)))
    }
}
