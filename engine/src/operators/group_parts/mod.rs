//! Groups that do not fit into memory, in parts on disk.
//!
//! ```text
//! states of groups ▶ table ── all fit ───────────────────────────────▶ values
//!                      └── memory is short: states ▶ parts on disk ▶ a table for each part ▶ values
//! ```
//!
//! The relational core sorts a table of groups before it goes to disk, key after key, and merges what it has written. For millions of
//! groups of several keys that takes several times as long as the query. Here a table goes to disk as it is, each group to the part
//! that the hash of its keys says, and the groups of a part fit into memory: a hybrid of hashing in memory and on disk, as in Graefe,
//! Query evaluation techniques for large databases (1993), 4.3. The tables are the core's.

mod input;
mod parts;
mod watched_pool;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use arrow::array::RecordBatch;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::error::Result;
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use datafusion::physical_expr::GroupsAccumulatorAdapter;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::metrics::{BaselineMetrics, RecordOutput, SpillMetrics, Time};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::{ExecutionPlan, InputOrderMode};
use futures::{StreamExt, TryStreamExt, stream};
use input::Input;
use parts::Parts;
use watched_pool::WatchedPool;

use super::one_input::{Metrics, OtherWay, OtherWayExec, core_of};
use super::task_context::with_pool;
use crate::aggregates::keeps_values;
use crate::spill_store::SpillStore;
use crate::walk::Walk;

/// Lets tables of groups go to disk in parts.
#[derive(Debug)]
pub(crate) struct GroupsInParts {
    pub(crate) spills: Arc<SpillStore>,
}

impl PhysicalOptimizerRule for GroupsInParts {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up_dyn(|node| match node.downcast_ref::<AggregateExec>() {
            Some(aggregate) if has_parts(aggregate) => {
                let node = if is_of_rows(aggregate) { of_states(aggregate)? } else { node };
                let parts = GroupParts { spills: Arc::clone(&self.spills) };
                Ok(Transformed::yes(OtherWayExec::of(node, parts)))
            }
            _ => Ok(Transformed::no(node)),
        })
        .data()
    }

    fn name(&self) -> &str {
        "groups_in_parts"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Whether an aggregate makes values of the states of groups, in a table that may be in parts. One that keeps all values of a group is
/// left to [`SortGroups`](super::SortGroups).
fn has_parts(aggregate: &AggregateExec) -> bool {
    let keys = aggregate.group_expr();
    (is_of_rows(aggregate)
        || matches!(aggregate.mode(), AggregateMode::Final | AggregateMode::FinalPartitioned))
        && *aggregate.input_order_mode() == InputOrderMode::Linear
        && keys.is_single()
        && !keys.is_true_no_grouping()
        && aggregate.limit_options().is_none()
        && !aggregate.aggr_expr().iter().any(|call| keeps_values(call.fun().name()))
}

/// Whether an aggregate makes values of rows, in one step.
fn is_of_rows(aggregate: &AggregateExec) -> bool {
    matches!(aggregate.mode(), AggregateMode::Single | AggregateMode::SinglePartitioned)
}

/// An aggregate in two steps in place of one, in the same partition: states of the rows, and values of those.
fn of_states(aggregate: &AggregateExec) -> Result<Arc<dyn ExecutionPlan>> {
    let states = AggregateExec::try_new(
        AggregateMode::Partial,
        aggregate.group_expr().clone(),
        aggregate.aggr_expr().to_vec(),
        aggregate.filter_expr().to_vec(),
        Arc::clone(aggregate.input()),
        aggregate.input_schema(),
    )?;
    let mode = match aggregate.mode() {
        AggregateMode::Single => AggregateMode::Final,
        _ => AggregateMode::FinalPartitioned,
    };
    Ok(Arc::new(AggregateExec::try_new(
        mode,
        states.group_expr().as_final(),
        aggregate.aggr_expr().to_vec(),
        vec![None; aggregate.aggr_expr().len()],
        Arc::new(states),
        aggregate.input_schema(),
    )?))
}

/// An aggregate of the relational core whose table is written to disk in parts.
pub(crate) type GroupPartsExec = OtherWayExec<GroupParts>;

/// Writes a table of groups to disk in parts.
#[derive(Debug, Clone)]
pub(crate) struct GroupParts {
    spills: Arc<SpillStore>,
}

impl OtherWay for GroupParts {
    type Core = AggregateExec;

    const NAME: &'static str = "GroupPartsExec";

    fn run(
        &self,
        core: &Arc<dyn ExecutionPlan>,
        states: SendableRecordBatchStream,
        context: Arc<TaskContext>,
        metrics: Metrics<'_>,
    ) -> Result<SendableRecordBatchStream> {
        let spills = SpillMetrics::new(metrics.set, metrics.partition);
        let metrics = BaselineMetrics::new(metrics.set, metrics.partition);
        let keys = core_of::<Self>(core).group_expr().expr().len();
        let groups = Groups {
            aggregate: Arc::clone(core),
            parts: Parts::new(&self.spills, keys),
            work: Work { time: metrics.elapsed_compute().clone(), spills },
            context,
        };
        let batches = stream::once(groups.run(states)).try_flatten();
        let batches = batches.map_ok(move |batch| batch.record_output(&metrics));
        Ok(Box::pin(RecordBatchStreamAdapter::new(core.schema(), batches)))
    }
}

/// The groups of one partition.
struct Groups {
    aggregate: Arc<dyn ExecutionPlan>,
    parts: Parts,
    work: Work,
    context: Arc<TaskContext>,
}

impl Groups {
    /// Reads all states, and gives the values of all groups.
    async fn run(mut self, input: SendableRecordBatchStream) -> Result<SendableRecordBatchStream> {
        let (pool, is_short) = WatchedPool::new(self.context.memory_pool());
        let pool: Arc<dyn MemoryPool> = Arc::new(pool);
        let watched = with_pool(&self.context, &pool);
        let input = Input::new(input, &is_short);
        loop {
            let table = self.step(AggregateMode::PartialReduce, Arc::new(input.clone()))?;
            let mut states = table.execute(&watched)?;
            // It comes when the table has all there is, or all that there is room for.
            let first = states.next().await.transpose()?;
            let is_whole = input.has_ended() && !is_short.load(Ordering::Relaxed);
            if is_whole && self.parts.is_empty() {
                return Ok(self.values(first, states));
            }
            // Tables are written before they have the memory in which they might double: these take no more.
            let mut batches = Vec::new();
            let mut next = first;
            while let Some(batch) = next {
                batches.push(batch);
                tokio::task::yield_now().await;
                next = states.next().await.transpose()?;
            }
            drop(states);
            let bytes = self.parts.write(&batches).await?;
            let rows = batches.iter().map(RecordBatch::num_rows).sum();
            self.work.add_spill(bytes, rows);
            drop(batches);
            is_short.store(false, Ordering::Relaxed);
            if input.has_ended() {
                return Ok(self.values_of_parts());
            }
        }
    }

    /// The aggregate over other states.
    fn step(&self, mode: AggregateMode, states: Arc<dyn PartitionStream>) -> Result<Step> {
        let aggregate = self.aggregate();
        let schema = Arc::clone(states.schema());
        let states = StreamingTableExec::try_new(schema, vec![states], None, [], false, None)?;
        let table = AggregateExec::try_new(
            mode,
            aggregate.group_expr().clone(),
            aggregate.aggr_expr().to_vec(),
            vec![None; aggregate.aggr_expr().len()],
            Arc::new(states),
            aggregate.input_schema(),
        )?;
        Ok(Step { table, work: self.work.clone() })
    }

    fn aggregate(&self) -> &AggregateExec {
        core_of::<GroupParts>(&self.aggregate)
    }

    /// The values of groups of each of which there is one state.
    fn values(
        self,
        first: Option<RecordBatch>,
        rest: SendableRecordBatchStream,
    ) -> SendableRecordBatchStream {
        let schema = self.aggregate.schema();
        let states = stream::iter(first.map(Ok)).chain(rest);
        let values = states.map(move |states| values_of(self.aggregate(), &states?));
        Box::pin(RecordBatchStreamAdapter::new(schema, values))
    }

    /// The values of the groups of all parts, one part after the other.
    fn values_of_parts(self) -> SendableRecordBatchStream {
        let schema = self.aggregate.schema();
        let parts = stream::iter(0..self.parts.count()).then(move |part| {
            let values = self.parts.read(part).map(|states| {
                let table = self.step(AggregateMode::Final, Arc::new(states))?;
                table.execute(&self.context)
            });
            async move {
                tokio::task::yield_now().await;
                values.transpose()
            }
        });
        let values = parts.try_filter_map(|values| async move { Ok(values) }).try_flatten();
        Box::pin(RecordBatchStreamAdapter::new(schema, values))
    }
}

/// What one table after the other takes, as the metrics of the aggregate that they are for.
#[derive(Debug, Clone)]
struct Work {
    time: Time,
    spills: SpillMetrics,
}

impl Work {
    fn add_spill(&self, bytes: u64, rows: usize) {
        self.spills.spill_file_count.add(1);
        self.spills.spilled_bytes.add(usize::try_from(bytes).unwrap_or(usize::MAX));
        self.spills.spilled_rows.add(rows);
    }
}

/// An aggregate that is one step of another one. What it has taken is told when it is dropped.
struct Step {
    table: AggregateExec,
    work: Work,
}

impl Step {
    fn execute(self, context: &Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let batches = self.table.execute(0, Arc::clone(context))?;
        let schema = batches.schema();
        let batches = batches.inspect(move |_| {
            // It lasts as long as its batches.
            let _step = &self;
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        let Some(metrics) = self.table.metrics() else { return };
        self.work.time.add_duration(Duration::from_nanos(metrics.elapsed_compute().unwrap_or(0) as u64));
        if let Some(bytes) = metrics.spilled_bytes().filter(|bytes| *bytes > 0) {
            self.work.add_spill(bytes as u64, metrics.spilled_rows().unwrap_or(0));
        }
    }
}

/// The values of groups, given their states: keys, and behind them what each aggregate has of a group.
fn values_of(aggregate: &AggregateExec, states: &RecordBatch) -> Result<RecordBatch> {
    let rows = states.num_rows();
    // Each row is a group.
    let groups: Vec<usize> = (0..rows).collect();
    let (keys, mut rest) = states.columns().split_at(aggregate.group_expr().expr().len());
    let mut columns = keys.to_vec();
    for call in aggregate.aggr_expr() {
        let (state, others) = rest.split_at(call.state_fields()?.len());
        let mut accumulator = accumulator(call)?;
        accumulator.merge_batch(state, &groups, rows)?;
        columns.push(accumulator.evaluate(EmitTo::All)?);
        rest = others;
    }
    Ok(RecordBatch::try_new(aggregate.schema(), columns)?)
}

/// What keeps the states of many groups.
pub(super) fn accumulator(call: &Arc<AggregateFunctionExpr>) -> Result<Box<dyn GroupsAccumulator>> {
    if call.groups_accumulator_supported() {
        return call.create_groups_accumulator();
    }
    let call = Arc::clone(call);
    Ok(Box::new(GroupsAccumulatorAdapter::new(move || call.create_accumulator())))
}

#[cfg(test)]
mod tests;
