//! Aggregates over whole partitions of rows, as `sum(x) OVER (PARTITION BY id)`.
//!
//! The relational core keeps all rows of a window with such a frame, which nobody counts, and makes a batch and an array of each
//! partition: millions of partitions take gigabytes, and several times as long as the sort below them. Here the rows, which come
//! sorted by the partitions' keys, are numbered by partition and go into the core's tables of groups batch by batch. A partition's
//! rows are given on when the next one begins, and only those of the last one wait, on disk where memory is short.

mod rows;

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::error::Result;
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{WindowFrameBound, WindowFrameUnits};
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::window::{PlainAggregateWindowExpr, WindowExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::{BaselineMetrics, RecordOutput};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::windows::WindowAggExec;
use futures::stream;
use rows::Partitions;

use super::one_input::{Metrics, OtherWay, OtherWayExec, core_of};
use super::window_parts::one_partition_of;
use super::windows::has_no_filter;
use crate::spill_store::SpillStore;
use crate::walk::Walk;

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
        plan.transform_up_dyn(|node| match node.downcast_ref::<WindowAggExec>().and_then(calls_of) {
            Some(calls) => {
                let as_groups = AsGroups { calls, spills: Arc::clone(&self.spills) };
                Ok(Transformed::yes(OtherWayExec::of(node, as_groups)))
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
        let is_plain = is_whole(expr.as_ref()) && call.order_bys().is_empty();
        is_plain.then(|| Arc::new(call.clone()))
    };
    window.window_expr().iter().map(call).collect()
}

/// Whether all rows of a partition have all of them in their frame, with no `FILTER`. Where they have an order, they come in it.
fn is_whole(expr: &dyn WindowExpr) -> bool {
    let frame = expr.get_window_frame();
    let is_end = |bound: &WindowFrameBound| match bound {
        WindowFrameBound::CurrentRow => frame.units == WindowFrameUnits::Range && expr.order_by().is_empty(),
        bound => bound.is_unbounded(),
    };
    is_end(&frame.start_bound) && is_end(&frame.end_bound) && has_no_filter(expr)
}

/// A window of the relational core whose partitions are computed as groups.
pub(crate) type WholePartitionsExec = OtherWayExec<AsGroups>;

/// Computes the aggregates of a window by groups.
#[derive(Debug, Clone)]
pub(crate) struct AsGroups {
    calls: Vec<Arc<AggregateFunctionExpr>>,
    spills: Arc<SpillStore>,
}

impl OtherWay for AsGroups {
    type Core = WindowAggExec;

    const NAME: &'static str = "WholePartitionsExec";

    fn run(
        &self,
        core: &Arc<dyn ExecutionPlan>,
        rows: SendableRecordBatchStream,
        context: Arc<TaskContext>,
        metrics: Metrics<'_>,
    ) -> Result<SendableRecordBatchStream> {
        let window = core_of::<Self>(core);
        let keys = window.window_expr()[0].partition_by().to_vec();
        let metrics = BaselineMetrics::new(metrics.set, metrics.partition);
        let consumer = MemoryConsumer::new(one_partition_of(window.window_expr())).with_can_spill(true);
        let (memory, spills) = (consumer.register(context.memory_pool()), Arc::clone(&self.spills));
        let partitions = Partitions::new(rows, core.schema(), keys, &self.calls, memory, spills)?;
        let batches = stream::try_unfold((partitions, metrics), |(mut partitions, metrics)| async move {
            let batch: Option<RecordBatch> = partitions.next(&metrics).await?;
            Ok(batch.map(|batch| (batch.record_output(&metrics), (partitions, metrics))))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(core.schema(), batches)))
    }
}

#[cfg(test)]
mod tests;
