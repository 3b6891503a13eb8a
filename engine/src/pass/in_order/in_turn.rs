//! The queries of a `UNION ALL`, one after the other as they are written.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, PlanProperties};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan};
use futures::{StreamExt, TryStreamExt};

use crate::pass::early::{begun, gives_at_the_end};

/// Gives the rows of its inputs, of one partition each, in turn.
///
/// Inputs that take all rows before they give any, as groups do, begin together, so that those of one pass take its rows as they are
/// read. Others, whose rows would wait in memory, begin one turn ahead.
#[derive(Debug)]
pub(crate) struct InTurnExec {
    inputs: Vec<Arc<dyn ExecutionPlan>>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl InTurnExec {
    /// Over inputs whose columns are those of the schema, which tells their names.
    pub(super) fn over(inputs: Vec<Arc<dyn ExecutionPlan>>, schema: SchemaRef) -> Arc<dyn ExecutionPlan> {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Arc::new(Self { inputs, properties: Arc::new(properties), metrics: ExecutionPlanMetricsSet::new() })
    }
}

impl DisplayAs for InTurnExec {
    fn fmt_as(&self, display: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match display {
            DisplayFormatType::Default | DisplayFormatType::Verbose => f.write_str("InTurnExec"),
            DisplayFormatType::TreeRender => Ok(()),
        }
    }
}

impl ExecutionPlan for InTurnExec {
    fn name(&self) -> &str {
        "InTurnExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.inputs.iter().collect()
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Self::over(children, self.schema()))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let mut turns: VecDeque<Turn> = self.inputs.iter().cloned().map(Turn::Later).collect();
        let mut at_the_end = turns.iter_mut().zip(&self.inputs).filter(|(_, input)| gives_at_the_end(input));
        at_the_end.try_for_each(|(turn, _)| turn.begin(&context))?;
        let rows = futures::stream::try_unfold(turns, move |mut turns| {
            let begun = turns.iter_mut().take(2).try_for_each(|turn| turn.begin(&context));
            let next = turns.pop_front();
            std::future::ready(begun.map(|()| match next {
                Some(Turn::Begun(rows)) => Some((rows, turns)),
                Some(Turn::Later(_)) | None => None,
            }))
        });
        let schema = self.schema();
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let rows = rows.try_flatten().map(move |batch| {
            let batch = with_schema(&batch?, &schema)?;
            metrics.record_output(batch.num_rows());
            Ok(batch)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), rows)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// The rows of an input.
enum Turn {
    Begun(SendableRecordBatchStream),
    Later(Arc<dyn ExecutionPlan>),
}

impl Turn {
    fn begin(&mut self, context: &Arc<TaskContext>) -> Result<()> {
        if let Self::Later(input) = self {
            *self = Self::Begun(begun(input.execute(0, Arc::clone(context))?));
        }
        Ok(())
    }
}

/// Rows under the names of the first query; whether there may be nulls is of all of them.
fn with_schema(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), batch.columns().to_vec(), &options)?)
}
