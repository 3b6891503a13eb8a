//! Windows some partitions at a time.
//!
//! The relational core's operator for windows that need whole partitions, as `ntile` and `last_value` over all rows of a partition, keeps
//! all rows of all partitions, which nobody counts, and puts them together once more. Here it is given whole partitions, one after the
//! other or several short ones together, and what is held is counted.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::{concat, partition};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::window::WindowExpr;
use datafusion::physical_expr::{LexOrdering, PhysicalExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::metrics::{BaselineMetrics, RecordOutput};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::windows::WindowAggExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, replace_children_if_necessary};
use futures::{TryStreamExt, stream};

use super::block_join::Block;
use super::one_input::{Metrics, OtherWay, OtherWayExec, core_of};
use super::windows::evaluate;
use crate::pass::{batch_len_bytes, compact};
use crate::walk::Walk;

/// Partitions are computed together until they have so many bytes: a window of its own for each short one takes more time.
const PART_LEN_BYTES: usize = 1 << 20;

/// Of the bytes of a partition: the operator has its rows, and puts them together, and makes values of each.
const COPIES: usize = 2;

/// Gives windows some partitions at a time.
#[derive(Debug)]
pub(crate) struct WindowParts;

impl PhysicalOptimizerRule for WindowParts {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up_dyn(|node| match node.is::<WindowAggExec>() {
            true => Ok(Transformed::yes(OtherWayExec::of(node, SomeAtATime))),
            false => Ok(Transformed::no(node)),
        })
        .data()
    }

    fn name(&self) -> &str {
        "window_parts"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// A window of the relational core that is given some partitions at a time.
pub(crate) type WindowPartsExec = OtherWayExec<SomeAtATime>;

/// Gives a window some partitions at a time.
#[derive(Debug, Clone)]
pub(crate) struct SomeAtATime;

impl OtherWay for SomeAtATime {
    type Core = WindowAggExec;

    const NAME: &'static str = "WindowPartsExec";

    fn run(
        &self,
        core: &Arc<dyn ExecutionPlan>,
        rows: SendableRecordBatchStream,
        context: Arc<TaskContext>,
        metrics: Metrics<'_>,
    ) -> Result<SendableRecordBatchStream> {
        let window = core_of::<Self>(core);
        let metrics = BaselineMetrics::new(metrics.set, metrics.partition);
        let consumer = MemoryConsumer::new(one_partition_of(window.window_expr()));
        let parts = Parts {
            input: rows,
            keys: window.window_expr()[0].partition_by().to_vec(),
            window: Arc::clone(core),
            last_key: None,
            whole: Vec::new(),
            open: Vec::new(),
            whole_bytes: 0,
            open_bytes: 0,
            has_ended: false,
            reservation: consumer.register(context.memory_pool()),
            context,
        };
        let time = metrics.elapsed_compute().clone();
        let batches = stream::try_unfold(parts, move |mut parts| {
            let time = time.clone();
            async move {
                let Some(part) = parts.next().await? else { return Ok(None) };
                let _timer = time.timer();
                let rows = parts.window_of(part)?;
                Ok::<_, DataFusionError>(Some((rows, parts)))
            }
        });
        let batches = batches.try_flatten().map_ok(move |batch| batch.record_output(&metrics));
        Ok(Box::pin(RecordBatchStreamAdapter::new(core.schema(), batches)))
    }
}

/// What holds memory for a window, as an error names it.
pub(super) fn one_partition_of(windows: &[Arc<dyn WindowExpr>]) -> String {
    let names = windows.iter().map(|expr| {
        let name = expr.name();
        let over = [" PARTITION BY ", " ORDER BY ", " ROWS BETWEEN ", " RANGE BETWEEN ", " GROUPS BETWEEN "];
        &name[..over.iter().filter_map(|over| name.find(over)).min().unwrap_or(name.len())]
    });
    format!("one partition of a window ({})", names.collect::<Vec<_>>().join(", "))
}

/// Rows that are sorted by partition, on their way through a window.
struct Parts {
    input: SendableRecordBatchStream,
    window: Arc<dyn ExecutionPlan>,
    keys: Vec<Arc<dyn PhysicalExpr>>,
    /// The keys of the last row.
    last_key: Option<Vec<ArrayRef>>,
    /// Rows of partitions that have ended.
    whole: Vec<RecordBatch>,
    /// And of the last one.
    open: Vec<RecordBatch>,
    whole_bytes: usize,
    open_bytes: usize,
    has_ended: bool,
    /// For what is held, and for what the window takes besides.
    reservation: MemoryReservation,
    context: Arc<TaskContext>,
}

impl Parts {
    /// The rows of the next partitions; `None` after the last one.
    async fn next(&mut self) -> Result<Option<Vec<RecordBatch>>> {
        self.reservation.resize(self.open_bytes);
        while !self.has_ended {
            match self.input.try_next().await? {
                Some(batch) if batch.num_rows() == 0 => {}
                Some(batch) => {
                    self.take(&batch)?;
                    if self.whole_bytes >= PART_LEN_BYTES {
                        return self.give().map(Some);
                    }
                }
                None => {
                    self.has_ended = true;
                    self.close();
                    if !self.whole.is_empty() {
                        return self.give().map(Some);
                    }
                }
            }
        }
        Ok(None)
    }

    /// Keeps rows, of which the last partition may go on.
    fn take(&mut self, batch: &RecordBatch) -> Result<()> {
        let rows = batch.num_rows();
        let keys = evaluate(&self.keys, batch)?;
        let mut start = 0;
        if !keys.is_empty() {
            if let Some(last) = &self.last_key
                && !is_same(last, &keys)?
            {
                self.close();
            }
            let ranges = partition(&keys)?.ranges();
            start = ranges.last().map_or(0, |range| range.start);
            self.last_key = Some(keys.iter().map(|key| key.slice(rows - 1, 1)).collect());
        }
        if start > 0 {
            self.keep(&batch.slice(0, start))?;
            self.close();
        }
        self.keep(&batch.slice(start, rows - start))
    }

    fn keep(&mut self, rows: &RecordBatch) -> Result<()> {
        let len_bytes = batch_len_bytes(rows);
        self.reservation.try_grow(len_bytes)?;
        self.open.push(compact(rows)?);
        self.open_bytes += len_bytes;
        Ok(())
    }

    /// The last partition has ended.
    fn close(&mut self) {
        self.whole.append(&mut self.open);
        self.whole_bytes += std::mem::take(&mut self.open_bytes);
    }

    fn give(&mut self) -> Result<Vec<RecordBatch>> {
        let whole_bytes = std::mem::take(&mut self.whole_bytes);
        self.reservation.try_grow(COPIES * whole_bytes)?;
        Ok(std::mem::take(&mut self.whole))
    }

    /// The window over some partitions.
    fn window_of(&self, rows: Vec<RecordBatch>) -> Result<SendableRecordBatchStream> {
        let block = Arc::new(Block::new(self.window.children()[0].schema(), rows));
        window_over(&self.window, block, &self.context)
    }
}

/// What a window gives for rows other than those of its input, in the same order.
pub(super) fn window_over(
    window: &Arc<dyn ExecutionPlan>,
    rows: Arc<dyn PartitionStream>,
    context: &Arc<TaskContext>,
) -> Result<SendableRecordBatchStream> {
    let input = window.children()[0];
    // Constants are in order for who knows that they are, which the copy of the input does not.
    let required = window.required_input_ordering().into_iter().flatten();
    let required =
        required.filter_map(|order| LexOrdering::new(order.into_single().into_iter().map(Into::into)));
    let order = input.output_ordering().cloned().into_iter().chain(required);
    let rows = StreamingTableExec::try_new(input.schema(), vec![rows], None, order, false, None)?;
    let window = replace_children_if_necessary(Arc::clone(window), vec![Arc::new(rows)])?;
    window.execute(0, Arc::clone(context))
}

/// Whether rows begin with the keys of the row before them.
pub(super) fn is_same(last: &[ArrayRef], keys: &[ArrayRef]) -> Result<bool> {
    let both = last.iter().zip(keys).map(|(last, key)| concat(&[last.as_ref(), key.slice(0, 1).as_ref()]));
    Ok(partition(&both.collect::<Result<Vec<_>, _>>()?)?.len() == 1)
}
