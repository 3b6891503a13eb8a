//! Some rows by chance: what `TABLESAMPLE` and `Frame::sample` run on.
//!
//! Whether a row is taken depends on the seed and on how many rows were before it, and on nothing else; so rows are
//! taken from one stream, which has the order of the files where there is one (see `pass/in_order.rs`). The same files
//! and seed then give the same rows, whatever the threads and the columns asked for.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::datatypes::SchemaRef;
use datafusion::common::DFSchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{Distribution, EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, PlanProperties};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan};
use futures::{StreamExt, TryStreamExt, stream};

use super::Operator;
use crate::pass::{batch_len_bytes, compact};

/// Rows of a batch that a sample of a number of rows gives.
const BATCH_ROWS: usize = 8192;

/// How many rows are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Hash)]
pub(crate) enum SampleSize {
    /// Each row whose draw, of [`Self::WHOLE`], is in this range: samples with one seed whose ranges do not overlap have no row in common.
    Share { from: u64, to: u64 },
    /// So many rows, each with the same chance.
    Rows(usize),
}

impl SampleSize {
    /// The share of a row that is always taken.
    pub(crate) const WHOLE: u64 = 1 << 53;

    /// A share from 0 to 1.
    pub(crate) fn share(fraction: f64) -> Self {
        Self::between(0.0, fraction)
    }

    /// The share that lies between two, from 0 to 1.
    pub(crate) fn between(from: f64, to: f64) -> Self {
        let draw = |share: f64| (share.clamp(0.0, 1.0) * Self::WHOLE as f64) as u64;
        Self::Share { from: draw(from), to: draw(to) }
    }
}

/// Rows by chance, in their order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Hash)]
pub(crate) struct Sample {
    pub(crate) size: SampleSize,
    pub(crate) seed: u64,
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.size {
            SampleSize::Share { from, to } => {
                let percent = 100.0 * (to - from) as f64 / SampleSize::WHOLE as f64;
                // As it was written, without what the binary fraction leaves of it.
                write!(f, "{} percent", (percent * 1e9).round() / 1e9)?;
            }
            SampleSize::Rows(rows) => write!(f, "{rows} rows")?,
        }
        write!(f, ", seed {}", self.seed)
    }
}

impl Operator for Sample {
    const NAME: &'static str = "Sample";

    fn schema(&self) -> Option<&DFSchemaRef> {
        None
    }

    fn exec(&self, input: Arc<dyn ExecutionPlan>, _schema: SchemaRef) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(SampleExec::new(input, self.clone())))
    }
}

/// Takes rows of its input, which is one stream.
#[derive(Debug)]
pub(crate) struct SampleExec {
    input: Arc<dyn ExecutionPlan>,
    sample: Sample,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl SampleExec {
    fn new(input: Arc<dyn ExecutionPlan>, sample: Sample) -> Self {
        let emission = match sample.size {
            SampleSize::Share { .. } => EmissionType::Incremental,
            SampleSize::Rows(_) => EmissionType::Final,
        };
        let properties = PlanProperties::new(
            EquivalenceProperties::new(input.schema()),
            Partitioning::UnknownPartitioning(1),
            emission,
            Boundedness::Bounded,
        );
        let metrics = ExecutionPlanMetricsSet::new();
        Self { input, sample, properties: Arc::new(properties), metrics }
    }
}

impl DisplayAs for SampleExec {
    fn fmt_as(&self, display: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match display {
            DisplayFormatType::TreeRender => write!(f, "{}", self.sample),
            _ => write!(f, "SampleExec: {}", self.sample),
        }
    }
}

impl ExecutionPlan for SampleExec {
    fn name(&self) -> &str {
        "SampleExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn required_input_distribution(&self) -> Vec<Distribution> {
        vec![Distribution::SinglePartition]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
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
        Ok(Arc::new(Self::new(children.swap_remove(0), self.sample.clone())))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let rows = self.input.execute(partition, Arc::clone(&context))?;
        let draws = Draws::new(self.sample.seed);
        match self.sample.size {
            SampleSize::Share { from, to } => Ok(share_of(rows, from..to, draws, metrics)),
            SampleSize::Rows(count) => {
                let memory = MemoryConsumer::new("Sample").register(context.memory_pool());
                let reservoir = Reservoir::new(count, draws, memory);
                Ok(take_rows(rows, reservoir, metrics))
            }
        }
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// The rows whose draw is among the least.
fn share_of(
    rows: SendableRecordBatchStream,
    share: Range<u64>,
    mut draws: Draws,
    metrics: BaselineMetrics,
) -> SendableRecordBatchStream {
    let schema = rows.schema();
    let taken = rows.map(move |batch| {
        let batch = batch?;
        let _timer = metrics.elapsed_compute().timer();
        let mask: BooleanArray =
            (0..batch.num_rows()).map(|_| Some(share.contains(&(draws.next() >> 11)))).collect();
        let taken = filter_record_batch(&batch, &mask)?;
        metrics.record_output(taken.num_rows());
        Ok(taken)
    });
    let some = taken.try_filter(|batch| std::future::ready(batch.num_rows() > 0));
    Box::pin(RecordBatchStreamAdapter::new(schema, some))
}

/// A number of rows, once all have been seen.
fn take_rows(
    mut rows: SendableRecordBatchStream,
    mut reservoir: Reservoir,
    metrics: BaselineMetrics,
) -> SendableRecordBatchStream {
    let schema = rows.schema();
    let taken = async move {
        // Who wants no row needs none read.
        while reservoir.count > 0
            && let Some(batch) = rows.try_next().await?
        {
            let _timer = metrics.elapsed_compute().timer();
            reservoir.push(&batch)?;
        }
        let taken = reservoir.finish(rows.schema())?;
        metrics.record_output(taken.num_rows());
        let pieces = (0..taken.num_rows()).step_by(BATCH_ROWS).map(move |start| {
            Ok::<_, DataFusionError>(taken.slice(start, BATCH_ROWS.min(taken.num_rows() - start)))
        });
        Ok::<_, DataFusionError>(stream::iter(pieces.collect::<Vec<_>>()))
    };
    Box::pin(RecordBatchStreamAdapter::new(schema, stream::once(taken).try_flatten()))
}

/// A number for each row, none twice: SplitMix64 (Steele, Lea and Flood, 2014), the same on every machine and in every
/// version.
struct Draws(u64);

impl Draws {
    fn new(seed: u64) -> Self {
        // Neighbouring seeds begin far from each other.
        Self(mix(seed))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }
}

fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// The rows with the least draws of those seen, and some more between two clearings.
struct Reservoir {
    count: usize,
    draws: Draws,
    /// Rows with greater draws are not wanted any more.
    greatest: u64,
    kept: Vec<RecordBatch>,
    draws_of_kept: Vec<u64>,
    memory: MemoryReservation,
}

impl Reservoir {
    fn new(count: usize, draws: Draws, memory: MemoryReservation) -> Self {
        Self { count, draws, greatest: u64::MAX, kept: Vec::new(), draws_of_kept: Vec::new(), memory }
    }

    fn push(&mut self, batch: &RecordBatch) -> Result<()> {
        let seen = self.draws_of_kept.len();
        let mut mask = Vec::with_capacity(batch.num_rows());
        for _ in 0..batch.num_rows() {
            let draw = self.draws.next();
            mask.push(draw <= self.greatest);
            if draw <= self.greatest {
                self.draws_of_kept.push(draw);
            }
        }
        if self.draws_of_kept.len() == seen {
            return Ok(());
        }
        // Rows are kept for long: not with the text of the chunk that they come from.
        let rows = compact(&filter_record_batch(batch, &BooleanArray::from(mask))?)?;
        self.memory.try_grow(batch_len_bytes(&rows))?;
        self.kept.push(rows);
        if self.draws_of_kept.len() >= self.count.saturating_mul(2).max(BATCH_ROWS) {
            self.clear(&batch.schema())?;
        }
        Ok(())
    }

    /// Leaves no more rows than are wanted.
    fn clear(&mut self, schema: &SchemaRef) -> Result<()> {
        let rows = concat_batches(schema, &self.kept)?;
        self.kept.clear();
        let rows = if self.draws_of_kept.len() > self.count {
            let mut sorted = self.draws_of_kept.clone();
            let (_, greatest, _) = sorted.select_nth_unstable(self.count - 1);
            self.greatest = *greatest;
            let mask: BooleanArray =
                self.draws_of_kept.iter().map(|draw| Some(*draw <= self.greatest)).collect();
            self.draws_of_kept.retain(|draw| *draw <= self.greatest);
            compact(&filter_record_batch(&rows, &mask)?)?
        } else {
            rows
        };
        self.memory.try_resize(batch_len_bytes(&rows))?;
        self.kept.push(rows);
        Ok(())
    }

    fn finish(mut self, schema: SchemaRef) -> Result<RecordBatch> {
        if self.kept.is_empty() {
            return Ok(RecordBatch::new_empty(schema));
        }
        self.clear(&schema)?;
        Ok(self.kept.swap_remove(0))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use arrow::array::{AsArray, Int64Array};
    use arrow::datatypes::Int64Type;
    use datafusion::execution::memory_pool::{GreedyMemoryPool, MemoryPool};

    use super::*;

    fn numbers(from: i64, to: i64) -> RecordBatch {
        let column: Int64Array = (from..to).collect();
        RecordBatch::try_from_iter([("n", Arc::new(column) as _)]).unwrap()
    }

    /// So many of the numbers below 100 000, which come in batches of a length.
    fn drawn(count: usize, seed: u64, batch_rows: i64) -> Vec<i64> {
        let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(1 << 30));
        let memory = MemoryConsumer::new("test").register(&pool);
        let mut reservoir = Reservoir::new(count, Draws::new(seed), memory);
        for from in (0..100_000).step_by(usize::try_from(batch_rows).unwrap()) {
            reservoir.push(&numbers(from, (from + batch_rows).min(100_000))).unwrap();
        }
        let rows = reservoir.finish(numbers(0, 0).schema()).unwrap();
        rows.column(0).as_primitive::<Int64Type>().values().to_vec()
    }

    #[test]
    fn a_sample_does_not_depend_on_batches() {
        let sample = drawn(1000, 7, 8192);
        assert_eq!(sample.len(), 1000);
        assert!(sample.is_sorted());
        for batch_rows in [1000, 1024, 99_999] {
            assert_eq!(drawn(1000, 7, batch_rows), sample);
        }
        assert_ne!(drawn(1000, 8, 8192), sample);
        // A smaller sample of the same seed is a part of a larger one.
        let larger: HashSet<i64> = sample.into_iter().collect();
        assert!(drawn(10, 7, 4096).iter().all(|number| larger.contains(number)));
        assert_eq!(drawn(200_000, 7, 8192), (0..100_000).collect::<Vec<_>>());
    }

    #[test]
    fn every_row_has_the_same_chance() {
        // Each quarter of the rows, the last ones included, gives a quarter of the sample: 2500, with a deviation of 43.
        let mut quarters = [0_i32; 4];
        for number in drawn(10_000, 42, 8192) {
            quarters[usize::try_from(number / 25_000).unwrap()] += 1;
        }
        assert!(quarters.iter().all(|count| (2300..2700).contains(count)), "{quarters:?}");
    }

    #[test]
    fn a_sample_that_does_not_fit_is_an_error() {
        let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(1000));
        let memory = MemoryConsumer::new("test").register(&pool);
        let mut reservoir = Reservoir::new(1000, Draws::new(0), memory);
        assert!(reservoir.push(&numbers(0, 1000)).is_err());
    }
}
