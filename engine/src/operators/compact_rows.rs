//! Rows that keep no more memory than they are, where sorts count it.
//!
//! A batch of the relational core may point to parts of many others, as one that an exchange has put together, or a piece of a sorted
//! one, and whoever counts its memory counts all that it points to: a merge of ten sorted streams may seem to need ten times what all
//! their rows take. Where memory is short, rows are copied before and behind a sort, in batches that are no longer than those that it gives: of
//! a longer one it counts the texts once for each that it gives.

use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, replace_children_if_necessary};
use futures::{TryStreamExt, stream};

use super::one_input::{Passage, PassageExec};
use crate::pass::compact;
use crate::walk::Walk;

/// Copies rows before and behind sorts.
#[derive(Debug)]
pub(crate) struct CompactSortedRows;

impl PhysicalOptimizerRule for CompactSortedRows {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up_dyn(|node| {
            let Some(sort) = node.downcast_ref::<SortExec>() else { return Ok(Transformed::no(node)) };
            if !points_elsewhere(&sort.schema()) {
                return Ok(Transformed::no(node));
            }
            let input = PassageExec::over(Arc::clone(sort.input()), Compact);
            let sort = replace_children_if_necessary(Arc::clone(&node), vec![input])?;
            Ok(Transformed::yes(PassageExec::over(sort, Compact)))
        })
        .data()
    }

    fn name(&self) -> &str {
        "compact_sorted_rows"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Whether values of rows may be parts of longer buffers.
fn points_elsewhere(schema: &SchemaRef) -> bool {
    schema.fields().iter().any(|field| match field.data_type() {
        DataType::Utf8View | DataType::BinaryView => true,
        other => other.is_nested(),
    })
}

/// Gives copies of batches that point to parts of others, and of parts of long ones.
#[derive(Debug, Clone)]
struct Compact;

impl Passage for Compact {
    const NAME: &'static str = "CompactExec";

    fn through(
        &self,
        rows: SendableRecordBatchStream,
        context: &TaskContext,
    ) -> Result<SendableRecordBatchStream> {
        let most_rows = context.session_config().batch_size();
        let schema = rows.schema();
        let rows = rows.map_ok(move |batch| {
            let starts = (0..batch.num_rows()).step_by(most_rows);
            stream::iter(
                starts
                    .map(move |start| compact(&batch.slice(start, most_rows.min(batch.num_rows() - start)))),
            )
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows.try_flatten())))
    }
}
