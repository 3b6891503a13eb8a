//! Joins whose inputs read the same pass begin both at once.
//!
//! A hash join takes all of its first input before it asks for the second. Where both read the same pass, everything that is read
//! waits for the second one meanwhile, in memory and then on disk. If the second input takes all rows before it gives any, as groups
//! do, it begins together with the first: both take the rows as they are read, and what waits is groups.
//!
//! An input that is told by the first one which rows it does not need (a dynamic filter) is better off waiting for that.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::execution_plan::EmissionType;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::{ExecutionPlan, replace_children_if_necessary};
use futures::StreamExt;

use super::reader::PassReaderExec;
use super::together::passes_of;
use crate::operators::{BlockJoinExec, Passage, PassageExec};
use crate::walk::Walk;

/// A plan whose joins begin both inputs at once where that saves keeping rows.
pub(super) fn begin_early(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    plan.transform_up_dyn(|node| {
        let children = node.children();
        let [first, second] = children.as_slice() else { return Ok(Transformed::no(node)) };
        if !takes_first_whole(&node) || !gives_at_the_end(second) || !share_a_pass(first, second)? {
            return Ok(Transformed::no(node));
        }
        let early = PassageExec::over(Arc::clone(second), Early);
        let children = vec![Arc::clone(first), early];
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
pub(super) fn gives_at_the_end(plan: &Arc<dyn ExecutionPlan>) -> bool {
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
    Ok(shares && !second.exists_dyn(waits)?)
}

/// Begins its input before it is asked for rows.
#[derive(Debug, Clone)]
struct Early;

impl Passage for Early {
    const NAME: &'static str = "EarlyExec";

    fn through(
        &self,
        rows: SendableRecordBatchStream,
        _context: &TaskContext,
    ) -> Result<SendableRecordBatchStream> {
        Ok(begun(rows))
    }
}

/// Rows that are made before they are asked for, two batches ahead.
pub(super) fn begun(mut rows: SendableRecordBatchStream) -> SendableRecordBatchStream {
    let mut builder = RecordBatchReceiverStream::builder(rows.schema(), 1);
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
    builder.build()
}
