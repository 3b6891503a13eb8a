//! Joins whose inputs read the same pass begin both at once.
//!
//! A hash join takes all of its first input before it asks for the second. Where both read the same pass, everything that is read
//! waits for the second one meanwhile, in memory and then on disk. If the second input takes all rows before it gives any, as groups
//! do, it begins together with the first: both take the rows as they are read, and what waits is groups.
//!
//! An input that is told by the first one which rows it does not need (a dynamic filter) is better off waiting for that.

use std::fmt;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::execution_plan::{EmissionType, PlanProperties};
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, replace_children_if_necessary};
use futures::StreamExt;

use super::reader::PassReaderExec;
use super::together::passes_of;
use crate::operators::BlockJoinExec;

/// A plan whose joins begin both inputs at once where that saves keeping rows.
pub(super) fn begin_early(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    plan.transform_up(|node| {
        let children = node.children();
        let [first, second] = children.as_slice() else { return Ok(Transformed::no(node)) };
        if !takes_first_whole(&node) || !gives_at_the_end(second) || !share_a_pass(first, second)? {
            return Ok(Transformed::no(node));
        }
        let early = Arc::new(EarlyExec { input: Arc::clone(second) });
        let children = vec![Arc::clone(first), early as _];
        replace_children_if_necessary(Arc::clone(&node), children).map(Transformed::yes)
    })
    .data()
}

/// Whether an operator asks for its second input when it has all of the first one.
fn takes_first_whole(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.is::<HashJoinExec>()
        || plan.is::<CrossJoinExec>()
        || plan.is::<NestedLoopJoinExec>()
        || plan.is::<BlockJoinExec>()
}

/// Whether something in a plan takes all rows before it gives one.
fn gives_at_the_end(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.properties().emission_type == EmissionType::Final
        || plan.children().into_iter().any(gives_at_the_end)
}

/// Whether two plans read a pass, of which the second one wants all that it ever will from the start.
fn share_a_pass(first: &Arc<dyn ExecutionPlan>, second: &Arc<dyn ExecutionPlan>) -> Result<bool> {
    let read_first = passes_of(first);
    let shares = passes_of(second).iter().any(|pass| read_first.contains(pass));
    let waits = |node: &Arc<dyn ExecutionPlan>| {
        Ok(node.downcast_ref().is_some_and(PassReaderExec::has_dynamic_filters))
    };
    Ok(shares && !second.exists(waits)?)
}

/// Begins its input before it is asked for rows, and then is as far ahead of who asks as two batches.
#[derive(Debug)]
struct EarlyExec {
    input: Arc<dyn ExecutionPlan>,
}

impl DisplayAs for EarlyExec {
    fn fmt_as(&self, display: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match display {
            DisplayFormatType::Default | DisplayFormatType::Verbose => write!(f, "EarlyExec"),
            DisplayFormatType::TreeRender => Ok(()),
        }
    }
}

impl ExecutionPlan for EarlyExec {
    fn name(&self) -> &str {
        "EarlyExec"
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
        let mut rows = self.input.execute(partition, context)?;
        let mut builder = RecordBatchReceiverStream::builder(self.schema(), 1);
        let sender = builder.tx();
        builder.spawn(async move {
            while let Some(batch) = rows.next().await {
                let is_last = batch.is_err();
                if sender.send(batch).await.is_err() || is_last {
                    // Nobody waits any more, or there is an error to be told.
                    break;
                }
            }
            Ok(())
        });
        Ok(builder.build())
    }
}
