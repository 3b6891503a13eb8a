//! Joins without keys that fail when their first side does.
//!
//! The relational core takes an error of the first side that is about memory for one of its own, and then reads the side once more to
//! write it to disk, which exchanges and shared results do not allow. Here such an error is told in a way that it does not hear; the query
//! then begins again with [`JoinByBlocks`](super::JoinByBlocks).

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::joins::NestedLoopJoinExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, replace_children_if_necessary};
use futures::StreamExt;

use super::one_input::{Passage, PassageExec};
use crate::budget::Refused;
use crate::walk::Walk;

/// Lets joins without keys fail.
#[derive(Debug)]
pub(crate) struct FailWhenRefused;

impl PhysicalOptimizerRule for FailWhenRefused {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up_dyn(|node| {
            let Some(join) = node.downcast_ref::<NestedLoopJoinExec>() else {
                return Ok(Transformed::no(node));
            };
            let left = PassageExec::over(Arc::clone(join.left()), Refusal);
            let children = vec![left, Arc::clone(join.right())];
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
#[derive(Debug, Clone)]
pub(crate) struct Refusal;

impl Passage for Refusal {
    const NAME: &'static str = "RefusalExec";

    fn through(
        &self,
        rows: SendableRecordBatchStream,
        _context: &TaskContext,
    ) -> Result<SendableRecordBatchStream> {
        let schema = rows.schema();
        let rows = rows.map(|batch| {
            batch.map_err(|error| match error.find_root() {
                DataFusionError::ResourcesExhausted(message) => Refused::error(message.clone()),
                _ => error,
            })
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows)))
    }
}
