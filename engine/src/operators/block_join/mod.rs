//! Joins without keys of which the first side does not fit into memory.
//!
//! ```text
//! left ▶ block ─┐
//! right ────────┴▶ join of the relational core ▶ rows      the first block: the right side goes to disk as it is read
//! left ▶ block ─┐
//! disk ─────────┴▶ join of the relational core ▶ rows      each block after it
//! ```
//!
//! The relational core has a way of its own to write the first side of such a join to disk, which reads it a second time from the
//! start, and gives rows of outer joins several times where the other side has several partitions. Here each row of the left side is in
//! one block, and each block meets all rows of the right side, so that a block says by itself which of its rows have none. What rows
//! of the right side have none, nobody says: joins that ask for those are turned around, and full joins ask by another join.

mod replay;

use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::datatypes::SchemaRef;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::common::{JoinType, internal_err};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{
    MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation, UnboundedMemoryPool,
};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::UnKnownColumn;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::execution_plan::{EmissionType, PlanProperties};
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{CrossJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::metrics::{
    BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet, RecordOutput, SpillMetrics,
};
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, InputDistributionRequirements,
    Partitioning, replace_children_if_necessary,
};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt, stream};
pub(super) use replay::Block;
use replay::Replay;

use super::task_context::with_pool;
use crate::pass::{batch_len_bytes, compact};
use crate::spill_store::SpillStore;
use crate::walk::Walk;

/// Of the limit, a block may take this part: 1 / 8. It is there twice while it is put together.
const BLOCK_SHARE: usize = 8;

/// Lets joins without keys, which keep one side in memory, keep a block of it.
#[derive(Debug)]
pub(crate) struct JoinByBlocks {
    pub(crate) spills: Arc<SpillStore>,
}

impl PhysicalOptimizerRule for JoinByBlocks {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up_dyn(|node| match self.by_blocks(&node)? {
            Some(by_blocks) => Ok(Transformed::yes(by_blocks)),
            None => Ok(Transformed::no(node)),
        })
        .data()
    }

    fn name(&self) -> &str {
        "join_by_blocks"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

impl JoinByBlocks {
    /// A join by blocks in place of one that keeps one side, in as many partitions.
    fn by_blocks(&self, node: &Arc<dyn ExecutionPlan>) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let joined = if let Some(cross) = node.downcast_ref::<CrossJoinExec>() {
            let (left, right) = (Arc::clone(cross.left()), Arc::clone(cross.right()));
            self.blocks(Arc::new(NestedLoopJoinExec::try_new(left, right, None, &JoinType::Inner, None)?))?
        } else if let Some(join) = node.downcast_ref::<NestedLoopJoinExec>() {
            if keeps_unmatched_right(*join.join_type()) {
                self.turned(join)?
            } else {
                self.blocks(Arc::clone(node))?
            }
        } else {
            return Ok(None);
        };
        Ok(Some(match node.output_partitioning() {
            same if same.partition_count() == 1 => joined,
            Partitioning::Hash(keys, count) if !keys.iter().any(is_unknown) => {
                Arc::new(RepartitionExec::try_new(joined, Partitioning::Hash(keys.clone(), *count))?)
            }
            other => Arc::new(RepartitionExec::try_new(
                joined,
                Partitioning::RoundRobinBatch(other.partition_count()),
            )?),
        }))
    }

    /// The join with its sides exchanged.
    fn turned(&self, join: &NestedLoopJoinExec) -> Result<Arc<dyn ExecutionPlan>> {
        // The columns are put in order above it.
        join.swap_inputs()?
            .transform_up_dyn(|node| match node.is::<NestedLoopJoinExec>() {
                true => Ok(Transformed::yes(self.blocks(node)?)),
                false => Ok(Transformed::no(node)),
            })
            .data()
    }

    fn blocks(&self, join: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
        let [left, right] = sides(&join)?;
        let left = match left.output_partitioning().partition_count() {
            1 => Arc::clone(left),
            _ => Arc::new(CoalescePartitionsExec::new(Arc::clone(left))) as _,
        };
        let children = vec![left, Arc::clone(right)];
        let join = replace_children_if_necessary(Arc::clone(&join), children)?;
        Ok(Arc::new(BlockJoinExec::new(join, &self.spills)))
    }
}

/// Whether a join says which rows of its right side have no partner, or one.
fn keeps_unmatched_right(ty: JoinType) -> bool {
    matches!(ty, JoinType::Right | JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark)
}

/// Whether rows are partitioned by a column that they do not have any more, which nobody can count on.
fn is_unknown(key: &Arc<dyn PhysicalExpr>) -> bool {
    key.exists_dyn(|expr| Ok(expr.is::<UnKnownColumn>())).unwrap_or(true)
}

fn sides(join: &Arc<dyn ExecutionPlan>) -> Result<[&Arc<dyn ExecutionPlan>; 2]> {
    match join.children().as_slice() {
        [left, right] => Ok([*left, *right]),
        _ => internal_err!("a join has two sides"),
    }
}

/// A join of the relational core that meets its left side block by block. It has one partition.
#[derive(Debug)]
pub(crate) struct BlockJoinExec {
    /// A [`NestedLoopJoinExec`].
    join: Arc<dyn ExecutionPlan>,
    spills: Arc<SpillStore>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl BlockJoinExec {
    fn new(join: Arc<dyn ExecutionPlan>, spills: &Arc<SpillStore>) -> Self {
        let properties = PlanProperties::new(
            join.properties().eq_properties.clone(),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Both,
            join.properties().boundedness,
        );
        let metrics = ExecutionPlanMetricsSet::new();
        Self { join, spills: Arc::clone(spills), properties: Arc::new(properties), metrics }
    }

    /// What it does, however it does it.
    pub(crate) fn join(&self) -> &Arc<dyn ExecutionPlan> {
        &self.join
    }
}

impl DisplayAs for BlockJoinExec {
    fn fmt_as(&self, display: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.join.fmt_as(display, f)
    }
}

impl ExecutionPlan for BlockJoinExec {
    fn name(&self) -> &str {
        "BlockJoinExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.join.children()
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        self.join.input_distribution_requirements()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![false, false]
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.join.apply_expressions(f)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let join = replace_children_if_necessary(Arc::clone(&self.join), children)?;
        Ok(Arc::new(Self::new(join, &self.spills)))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let [left, right] = sides(&self.join)?;
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let spilled = SpillMetrics::new(&self.metrics, partition);
        let pool = context.memory_pool();
        let consumer = MemoryConsumer::new("block of a join").with_can_spill(true);
        let replay = |side: &Arc<dyn ExecutionPlan>, partition| {
            let rows = side.execute(partition, Arc::clone(&context))?;
            Ok(Replay::new(rows, &self.spills, spilled.clone()))
        };
        let count = right.output_partitioning().partition_count();
        let unbounded: Arc<dyn MemoryPool> = Arc::new(UnboundedMemoryPool::default());
        let blocks = |join: &Arc<dyn ExecutionPlan>, left, right, keeps_right| Blocks {
            join: Arc::clone(join),
            left,
            right,
            keeps_right,
            next: None,
            has_ended: false,
            block_len_bytes: block_len_bytes(pool),
            reservation: consumer.clone_with_new_id().register(pool),
            context: with_pool(&context, &unbounded),
        };
        let left = replay(left, 0)?;
        let right: Vec<Replay> =
            (0..count).map(|partition| replay(right, partition)).collect::<Result<_>>()?;
        let schema = self.schema();
        let batches = match FullJoin::new(&self.join)? {
            None => {
                let rows = blocks(&self.join, left.rows(false), right, false).rows();
                rows.map(move |batch| {
                    let batch = batch?;
                    with_schema(&schema, batch.columns().to_vec(), batch.num_rows())
                })
                .boxed()
            }
            Some(full) => {
                let rows = blocks(&full.left, left.rows(true), right.clone(), true).rows();
                let alone = stream::iter(right).map(|replay| replay.rows(false)).flatten().boxed();
                let alone = blocks(&full.right_alone, alone, vec![left], false).rows();
                let alone_schema = Arc::clone(&schema);
                let alone = alone.map(move |batch| full.with_nulls(&alone_schema, &batch?));
                rows.map(move |batch| {
                    let batch = batch?;
                    with_schema(&schema, batch.columns().to_vec(), batch.num_rows())
                })
                .chain(alone)
                .boxed()
            }
        };
        let batches = batches.map_ok(move |batch| batch.record_output(&metrics));
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), batches)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// How long a block may be.
fn block_len_bytes(pool: &Arc<dyn MemoryPool>) -> usize {
    match pool.memory_limit() {
        MemoryLimit::Finite(limit_bytes) => limit_bytes / BLOCK_SHARE,
        _ => usize::MAX,
    }
}

/// A full join, as what it says of rows of the left side, and what of rows of the right side that have no partner.
struct FullJoin {
    left: Arc<dyn ExecutionPlan>,
    right_alone: Arc<dyn ExecutionPlan>,
    /// Columns of the left side, which such rows do not have.
    left_schema: SchemaRef,
    projection: Option<Vec<usize>>,
}

impl FullJoin {
    /// Nothing if a join is none.
    fn new(join: &Arc<dyn ExecutionPlan>) -> Result<Option<Self>> {
        let full =
            join.downcast_ref::<NestedLoopJoinExec>().filter(|join| *join.join_type() == JoinType::Full);
        let Some(full) = full else { return Ok(None) };
        let (left, right) = (Arc::clone(full.left()), Arc::clone(full.right()));
        let left_schema = left.schema();
        let projection: Option<Vec<usize>> = full.projection().as_ref().map(|columns| columns.to_vec());
        let turned = full.filter().map(JoinFilter::swap);
        let one_right = Arc::new(CoalescePartitionsExec::new(Arc::clone(&right)));
        let right_alone =
            NestedLoopJoinExec::try_new(one_right, Arc::clone(&left), turned, &JoinType::LeftAnti, None)?;
        let filter = full.filter().cloned();
        let left = NestedLoopJoinExec::try_new(left, right, filter, &JoinType::Left, projection.clone())?;
        Ok(Some(Self { left: Arc::new(left), right_alone: Arc::new(right_alone), left_schema, projection }))
    }

    /// Rows of the right side as rows of the join.
    fn with_nulls(&self, schema: &SchemaRef, right: &RecordBatch) -> Result<RecordBatch> {
        let rows = right.num_rows();
        let left = self.left_schema.fields().iter().map(|field| new_null_array(field.data_type(), rows));
        let columns: Vec<ArrayRef> = left.chain(right.columns().iter().cloned()).collect();
        match &self.projection {
            Some(places) => {
                with_schema(schema, places.iter().map(|at| Arc::clone(&columns[*at])).collect(), rows)
            }
            None => with_schema(schema, columns, rows),
        }
    }
}

fn with_schema(schema: &SchemaRef, columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}

/// Blocks on their way through a join.
struct Blocks {
    join: Arc<dyn ExecutionPlan>,
    left: BoxStream<'static, Result<RecordBatch>>,
    right: Vec<Replay>,
    /// The right side is wanted once more after the last block.
    keeps_right: bool,
    /// The first batch of the next block.
    next: Option<RecordBatch>,
    has_ended: bool,
    block_len_bytes: usize,
    /// For the block that is being joined.
    reservation: MemoryReservation,
    /// What joins of blocks run in: a block has its memory.
    context: Arc<TaskContext>,
}

impl Blocks {
    /// The rows of all blocks.
    fn rows(self) -> BoxStream<'static, Result<RecordBatch>> {
        let joins = stream::try_unfold(self, |mut blocks| async move {
            if blocks.has_ended {
                return Ok(None);
            }
            let block = blocks.next_block().await?;
            let rows = blocks.join(block)?;
            Ok::<_, DataFusionError>(Some((rows, blocks)))
        });
        joins.try_flatten().boxed()
    }

    /// The next block. It is without rows only if there are none at all.
    async fn next_block(&mut self) -> Result<Vec<RecordBatch>> {
        self.reservation.free();
        let mut block = Vec::new();
        let mut block_len_bytes = 0;
        loop {
            let batch = match self.next.take() {
                Some(batch) => Some(batch),
                None => self.left.try_next().await?,
            };
            let Some(batch) = batch else {
                self.has_ended = true;
                return Ok(block);
            };
            if batch.num_rows() == 0 {
                continue;
            }
            let len_bytes = batch_len_bytes(&batch);
            block_len_bytes += len_bytes;
            // It is there twice while the join puts it together.
            if block.is_empty() {
                self.reservation.grow(2 * len_bytes);
            } else if block_len_bytes > self.block_len_bytes
                || self.reservation.try_grow(2 * len_bytes).is_err()
            {
                self.next = Some(batch);
                return Ok(block);
            }
            block.push(compact(&batch)?);
        }
    }

    /// The rows of the join of a block with all rows of the right side.
    fn join(&self, block: Vec<RecordBatch>) -> Result<SendableRecordBatchStream> {
        let [left, right] = sides(&self.join)?;
        let block: Arc<dyn PartitionStream> = Arc::new(Block::new(left.schema(), block));
        let keeps = !self.has_ended || self.keeps_right;
        let replays =
            self.right.iter().map(|replay| Arc::new(replay.source(keeps)) as Arc<dyn PartitionStream>);
        let source = |schema, partitions| {
            StreamingTableExec::try_new(schema, partitions, None, [], false, None)
                .map(|source| Arc::new(source) as Arc<dyn ExecutionPlan>)
        };
        let children = vec![source(left.schema(), vec![block])?, source(right.schema(), replays.collect())?];
        let join = replace_children_if_necessary(Arc::clone(&self.join), children)?;
        // Whoever wants the query to end is not to wait for a whole block.
        let join = Arc::new(CooperativeExec::new(join));
        CoalescePartitionsExec::new(join).execute(0, Arc::clone(&self.context))
    }
}

#[cfg(test)]
mod tests;
