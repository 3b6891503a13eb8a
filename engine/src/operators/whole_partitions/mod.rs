//! Aggregates over whole partitions of rows, as `sum(x) OVER (PARTITION BY id)`.
//!
//! The relational core keeps all rows of a window with such a frame, which nobody counts, and makes a batch and an array of each
//! partition: millions of partitions take gigabytes, and several times as long as the sort below them. Here the rows, which come
//! sorted by the partitions' keys, are numbered by partition and go into the core's tables of groups batch by batch. A partition's
//! rows are given on when the next one begins, and only those of the last one wait, on disk where memory is short.

mod rows;

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{WindowFrameBound, WindowFrameUnits};
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::window::{PlainAggregateWindowExpr, WindowExpr};
use datafusion::physical_expr::{OrderingRequirements, PhysicalExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::execution_plan::PlanProperties;
use datafusion::physical_plan::metrics::{
    BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet, RecordOutput,
};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::windows::WindowAggExec;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, InputDistributionRequirements, replace_children_if_necessary,
};
use futures::stream;
use rows::Partitions;

use crate::spill_store::SpillStore;

/// Computes aggregates over whole partitions by groups.
#[derive(Debug)]
pub(crate) struct WholePartitions {
    pub(crate) spills: Arc<SpillStore>,
}

impl PhysicalOptimizerRule for WholePartitions {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| match node.downcast_ref::<WindowAggExec>().and_then(calls_of) {
            Some(calls) => {
                Ok(Transformed::yes(Arc::new(WholePartitionsExec::new(node, calls, &self.spills)) as _))
            }
            None => Ok(Transformed::no(node)),
        })
        .data()
    }

    fn name(&self) -> &str {
        "whole_partitions"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The aggregates of a window, if all of them are over whole partitions and can be computed by groups.
fn calls_of(window: &WindowAggExec) -> Option<Vec<Arc<AggregateFunctionExpr>>> {
    let call = |expr: &Arc<dyn WindowExpr>| {
        let call = expr.as_any().downcast_ref::<PlainAggregateWindowExpr>()?.get_aggregate_expr();
        let is_plain = is_whole(expr.as_ref())
            && !call.is_distinct()
            && call.order_bys().is_empty()
            && call.groups_accumulator_supported();
        is_plain.then(|| Arc::new(call.clone()))
    };
    window.window_expr().iter().map(call).collect()
}

/// Whether all rows of a partition have all of them in their frame, with no `FILTER`.
fn is_whole(expr: &dyn WindowExpr) -> bool {
    let frame = expr.get_window_frame();
    let is_end = |bound: &WindowFrameBound| match bound {
        WindowFrameBound::CurrentRow => frame.units == WindowFrameUnits::Range,
        bound => bound.is_unbounded(),
    };
    // The filter is told by nothing but this. Where it looks otherwise one day, the core computes it.
    let has_no_filter = format!("{expr:?}").ends_with("filter: None }");
    expr.order_by().is_empty() && is_end(&frame.start_bound) && is_end(&frame.end_bound) && has_no_filter
}

/// A window of the relational core whose partitions are computed as groups.
#[derive(Debug)]
pub(crate) struct WholePartitionsExec {
    /// A [`WindowAggExec`].
    window: Arc<dyn ExecutionPlan>,
    calls: Vec<Arc<AggregateFunctionExpr>>,
    spills: Arc<SpillStore>,
    metrics: ExecutionPlanMetricsSet,
}

impl WholePartitionsExec {
    fn new(
        window: Arc<dyn ExecutionPlan>,
        calls: Vec<Arc<AggregateFunctionExpr>>,
        spills: &Arc<SpillStore>,
    ) -> Self {
        Self { window, calls, spills: Arc::clone(spills), metrics: ExecutionPlanMetricsSet::new() }
    }

    /// What it does, however it does it.
    pub(crate) fn window(&self) -> &WindowAggExec {
        self.window.downcast_ref().expect("it is made of a window")
    }
}

impl DisplayAs for WholePartitionsExec {
    fn fmt_as(&self, display: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.window().fmt_as(display, f)
    }
}

impl ExecutionPlan for WholePartitionsExec {
    fn name(&self) -> &str {
        "WholePartitionsExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.window.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.window.children()
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        self.window.input_distribution_requirements()
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        self.window.required_input_ordering()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        self.window.maintains_input_order()
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.window.apply_expressions(f)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let window = replace_children_if_necessary(Arc::clone(&self.window), children)?;
        Ok(Arc::new(Self::new(window, self.calls.clone(), &self.spills)))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let window = self.window();
        let input = window.input().execute(partition, Arc::clone(&context))?;
        let keys = window.window_expr()[0].partition_by().to_vec();
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let pool = context.memory_pool();
        let partitions =
            Partitions::new(input, self.schema(), keys, &self.calls, pool, Arc::clone(&self.spills))?;
        let batches = stream::try_unfold((partitions, metrics), |(mut partitions, metrics)| async move {
            let batch: Option<RecordBatch> = partitions.next(&metrics).await?;
            Ok(batch.map(|batch| (batch.record_output(&metrics), (partitions, metrics))))
        });
        let schema: SchemaRef = self.schema();
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

#[cfg(test)]
mod tests;
