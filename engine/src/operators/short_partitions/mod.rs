//! Windows over many short partitions, as `row_number() OVER (PARTITION BY id ORDER BY day)`.
//!
//! The relational core keeps a table of the partitions of sorted rows, and makes a batch, a state and arrays of each: for partitions of
//! two rows that takes four times as long as to sort them. Here the rows of all partitions that have ended are computed at once. A
//! partition that does not end soon goes through the core's operator, which holds no more of it than it needs.

mod long;
mod values;

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::{concat_batches, partition};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::error::Result;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::metrics::{BaselineMetrics, RecordOutput};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::windows::BoundedWindowAggExec;
use datafusion::physical_plan::{ExecutionPlan, InputOrderMode};
use futures::{TryStreamExt, stream};
use long::LongPartition;
use values::{Rows, Values};

use super::one_input::{Metrics, OtherWay, OtherWayExec, core_of};
use super::window_parts::{is_same, one_partition_of};
use super::windows::evaluate;
use crate::pass::{batch_len_bytes, compact};
use crate::walk::Walk;

/// A partition is short if it has no more rows before another one begins.
const MOST_ROWS: usize = 8192;

/// And no more bytes: what waits for its end is not to take the memory that a sort below needs.
const MOST_BYTES: usize = 128 << 10;

/// Computes windows over short partitions together.
#[derive(Debug)]
pub(crate) struct ShortPartitions;

impl PhysicalOptimizerRule for ShortPartitions {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let has_partitions = |window: &BoundedWindowAggExec| {
            window.input_order_mode == InputOrderMode::Sorted
                && !window.window_expr()[0].partition_by().is_empty()
        };
        plan.transform_up_dyn(|node| match node.downcast_ref().is_some_and(has_partitions) {
            true => Ok(Transformed::yes(OtherWayExec::of(node, Together))),
            false => Ok(Transformed::no(node)),
        })
        .data()
    }

    fn name(&self) -> &str {
        "short_partitions"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// A window of the relational core whose short partitions are computed together.
pub(crate) type ShortPartitionsExec = OtherWayExec<Together>;

/// Computes the short partitions of a window together.
#[derive(Debug, Clone)]
pub(crate) struct Together;

impl OtherWay for Together {
    type Core = BoundedWindowAggExec;

    const NAME: &'static str = "ShortPartitionsExec";

    fn run(
        &self,
        core: &Arc<dyn ExecutionPlan>,
        rows: SendableRecordBatchStream,
        context: Arc<TaskContext>,
        metrics: Metrics<'_>,
    ) -> Result<SendableRecordBatchStream> {
        let exprs = core_of::<Self>(core).window_expr();
        let metrics = BaselineMetrics::new(metrics.set, metrics.partition);
        let consumer = MemoryConsumer::new(one_partition_of(exprs));
        let partitions = Partitions {
            keys: exprs[0].partition_by().to_vec(),
            values: exprs.iter().map(Values::of).collect(),
            source: Source::Input(rows),
            window: Arc::clone(core),
            last_key: None,
            open: Vec::new(),
            open_bytes: 0,
            reservation: consumer.register(context.memory_pool()),
            context,
        };
        let batches = stream::try_unfold((partitions, metrics), |(mut partitions, metrics)| async move {
            let batch = partitions.next(&metrics).await?;
            Ok(batch.map(|batch| (batch.record_output(&metrics), (partitions, metrics))))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(core.schema(), batches)))
    }
}

/// The rows of one stream, which come sorted by partition.
struct Partitions {
    source: Source,
    window: Arc<dyn ExecutionPlan>,
    keys: Vec<Arc<dyn PhysicalExpr>>,
    values: Vec<Values>,
    /// The keys of the last row.
    last_key: Option<Vec<ArrayRef>>,
    /// Rows of the last partition.
    open: Vec<RecordBatch>,
    open_bytes: usize,
    /// For the open rows.
    reservation: MemoryReservation,
    context: Arc<TaskContext>,
}

/// Where rows come from.
enum Source {
    Input(SendableRecordBatchStream),
    Long(LongPartition),
    Ended,
}

impl Partitions {
    /// The next rows with their values.
    async fn next(&mut self, metrics: &BaselineMetrics) -> Result<Option<RecordBatch>> {
        loop {
            let rows = match &mut self.source {
                Source::Ended => return Ok(None),
                Source::Long(long) => {
                    if let Some(batch) = long.next().await? {
                        return Ok(Some(batch));
                    }
                    let (input, first) = long.rest()?;
                    self.source = input.map_or(Source::Ended, Source::Input);
                    self.last_key = None;
                    first
                }
                Source::Input(input) => input.try_next().await?,
            };
            let _timer = metrics.elapsed_compute().timer();
            let ended = match rows {
                Some(rows) if rows.num_rows() == 0 => continue,
                Some(rows) => self.take(&rows)?,
                None => {
                    if matches!(self.source, Source::Input(_)) {
                        self.source = Source::Ended;
                    }
                    self.close(None)?
                }
            };
            if let Some(ended) = ended {
                return Ok(Some(ended));
            }
        }
    }

    /// Keeps the rows of the last partition, and gives those of partitions that have ended.
    fn take(&mut self, batch: &RecordBatch) -> Result<Option<RecordBatch>> {
        let rows = batch.num_rows();
        let keys = evaluate(&self.keys, batch)?;
        let goes_on = match &self.last_key {
            Some(last) => is_same(last, &keys)?,
            None => true,
        };
        // Before the last range all have ended.
        let start = partition(&keys)?.ranges().last().map_or(0, |range| range.start);
        self.last_key = Some(keys.iter().map(|key| key.slice(rows - 1, 1)).collect());
        let ended = if start > 0 || !goes_on { self.close(Some(batch.slice(0, start)))? } else { None };
        self.open_bytes += batch_len_bytes(batch) * (rows - start) / rows;
        self.open.push(compact(&batch.slice(start, rows - start))?);
        let open_rows: usize = self.open.iter().map(RecordBatch::num_rows).sum();
        let is_short = open_rows <= MOST_ROWS && self.open_bytes <= MOST_BYTES;
        if !is_short || self.reservation.try_resize(self.open_bytes).is_err() {
            self.begin_long()?;
        }
        Ok(ended)
    }

    /// The open rows and others behind them with their values: all these partitions have ended.
    fn close(&mut self, others: Option<RecordBatch>) -> Result<Option<RecordBatch>> {
        let mut rows = self.take_open();
        rows.extend(others.filter(|others| others.num_rows() > 0));
        let rows = match rows.as_slice() {
            [] => return Ok(None),
            [rows] => rows.clone(),
            [first, ..] => concat_batches(&first.schema(), &rows)?,
        };
        let ranges = partition(&evaluate(&self.keys, &rows)?)?.ranges();
        let rows_of = Rows { batch: &rows, keys: &self.keys, partitions: &ranges };
        let mut columns = rows.columns().to_vec();
        for values in &self.values {
            columns.push(values.evaluate(&rows_of)?);
        }
        Ok(Some(RecordBatch::try_new(self.window.schema(), columns)?))
    }

    fn take_open(&mut self) -> Vec<RecordBatch> {
        self.open_bytes = 0;
        self.reservation.free();
        std::mem::take(&mut self.open)
    }

    /// Leaves the last partition to the core's operator, up to its end.
    fn begin_long(&mut self) -> Result<()> {
        let Source::Input(input) = std::mem::replace(&mut self.source, Source::Ended) else { return Ok(()) };
        let open = self.take_open();
        let key = self.last_key.take().unwrap_or_default();
        let long = LongPartition::over(&self.window, open, input, (&self.keys, key), &self.context)?;
        self.source = Source::Long(long);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
