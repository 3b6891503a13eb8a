//! Rows that keep no more memory than they are, where sorts count it.
//!
//! A batch of the relational core may point to parts of many others, as one that an exchange has put together, or a piece of a sorted
//! one, and whoever counts its memory counts all that it points to: a merge of ten sorted streams may seem to need ten times what all
//! their rows take. Where memory is short, rows are copied before and behind a sort, in batches that are no longer than those that it gives: of
//! a longer one it counts the texts once for each that it gives.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::execution_plan::PlanProperties;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, replace_children_if_necessary};
use futures::{TryStreamExt, stream};

use crate::pass::compact;

/// Copies rows before and behind sorts.
#[derive(Debug)]
pub(crate) struct CompactSortedRows;

impl PhysicalOptimizerRule for CompactSortedRows {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            let Some(sort) = node.downcast_ref::<SortExec>() else { return Ok(Transformed::no(node)) };
            if !points_elsewhere(&sort.schema()) {
                return Ok(Transformed::no(node));
            }
            let input = CompactExec::over(Arc::clone(sort.input()));
            let sort = replace_children_if_necessary(Arc::clone(&node), vec![input])?;
            Ok(Transformed::yes(CompactExec::over(sort)))
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
#[derive(Debug)]
struct CompactExec {
    input: Arc<dyn ExecutionPlan>,
}

impl CompactExec {
    fn over(input: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
        Arc::new(Self { input })
    }
}

impl DisplayAs for CompactExec {
    fn fmt_as(&self, display: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match display {
            DisplayFormatType::Default | DisplayFormatType::Verbose => write!(f, "CompactExec"),
            DisplayFormatType::TreeRender => Ok(()),
        }
    }
}

impl ExecutionPlan for CompactExec {
    fn name(&self) -> &str {
        "CompactExec"
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
        Ok(Self::over(children.swap_remove(0)))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let most_rows = context.session_config().batch_size();
        let rows = self.input.execute(partition, context)?;
        let rows = rows.map_ok(move |batch| {
            let starts = (0..batch.num_rows()).step_by(most_rows);
            stream::iter(
                starts
                    .map(move |start| compact(&batch.slice(start, most_rows.min(batch.num_rows() - start)))),
            )
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), rows.try_flatten())))
    }
}
