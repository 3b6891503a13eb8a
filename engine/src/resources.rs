//! What a session may use: memory, disk and time, and whether it may write files.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use datafusion::common::config::{ConfigNonZeroUsize, ConfigOptions, SpillCompression};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::execution::disk_manager::DiskManagerBuilder;
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::{Expr, LogicalPlan};
use swath_io::memory;

use crate::aggregates;
use crate::budget::Budget;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::frugal::FrugalBudget;
use crate::operators::{CompactSortedRows, JoinByBlocks, SortFirstRows, SortGroups};
use crate::pass::PassSpace;
use crate::spill_store::{OperatorSpills, SpillStore};
use crate::threads::lock;
use crate::walk::{Walk, WalkPlan};

/// What a session may use. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Resources {
    pub(crate) budget: Arc<Budget>,
    pub(crate) spills: Arc<SpillStore>,
    time_limit: Arc<Mutex<Option<Duration>>>,
    /// Quotients of integers are integers in SQL, as `SET integer_division = true` wants it.
    pub(crate) divide_integers: Arc<AtomicBool>,
    /// Statements and sinks write no files.
    pub(crate) read_only: bool,
}

/// What a session has used of the machine so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceUsage {
    /// The most bytes that queries had reserved at one time, of those that the memory limit counts.
    pub peak_reserved_bytes: usize,
    /// The most memory that the process ever used; `None` if the system does not tell.
    pub peak_process_bytes: Option<u64>,
    /// Bytes written to disk because they did not fit into memory, as they are there, compressed.
    pub spilled_bytes: u64,
}

impl Resources {
    /// What is used so far.
    pub(crate) fn usage(&self) -> ResourceUsage {
        ResourceUsage {
            peak_reserved_bytes: self.budget.peak_bytes(),
            peak_process_bytes: memory::peak_bytes(),
            spilled_bytes: self.spills.written_bytes(),
        }
    }

    pub(crate) fn new(limit_bytes: usize, temp_folder: PathBuf, max_spill_bytes: u64) -> Self {
        Self {
            budget: Arc::new(Budget::new(limit_bytes)),
            spills: Arc::new(SpillStore::new(temp_folder, max_spill_bytes)),
            time_limit: Arc::default(),
            divide_integers: Arc::default(),
            read_only: false,
        }
    }

    /// How long a query may take; `None` for as long as it likes.
    pub(crate) fn time_limit(&self) -> Option<Duration> {
        *lock(&self.time_limit)
    }

    /// Sets how long a query may take, for those that begin from now on.
    pub(crate) fn set_time_limit(&self, limit: Option<Duration>) {
        *lock(&self.time_limit) = limit;
    }

    /// When queries that begin now have to be done.
    pub(crate) fn deadline(&self) -> Result<Option<Deadline>> {
        self.time_limit().map(Deadline::after).transpose()
    }

    /// Refuses what writes files, if the session may not.
    pub(crate) fn refuse_writes(&self) -> Result<()> {
        if self.read_only {
            let hint = "the session was begun as one that only reads (--read-only)".to_owned();
            return Err(Error::query("no files may be written", hint));
        }
        Ok(())
    }

    /// Where passes keep what waits.
    pub(crate) fn pass_space(&self, own_limit_bytes: Option<usize>) -> PassSpace {
        PassSpace::new(&self.budget, own_limit_bytes, &self.spills)
    }

    /// What operators of the relational core run on.
    pub(crate) fn runtime(&self) -> Result<Arc<RuntimeEnv>> {
        let disk = DiskManagerBuilder::default()
            .with_temp_file_factory(Arc::new(OperatorSpills(Arc::clone(&self.spills))))
            // The store has the bound.
            .with_max_temp_directory_size(u64::MAX);
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::clone(&self.budget) as Arc<dyn MemoryPool>)
            .with_disk_manager_builder(disk);
        Ok(Arc::new(runtime.build()?))
    }

    /// Settings of operators that depend on how much memory there is.
    pub(crate) fn configure(&self, options: &mut ConfigOptions) {
        let limit_bytes = self.budget.limit_bytes();
        let partitions = options.execution.target_partitions.max(1);
        let execution = &mut options.execution;
        execution.spill_compression = SpillCompression::Lz4Frame;
        // What a sort keeps for merging what it has written. Each partition of each sort has as much.
        execution.sort_spill_reservation_bytes = (limit_bytes / 64).clamp(256 << 10, 10 << 20);
        // Whoever merges what was written holds some batches of each run. Where 8192 rows are too much of a
        // partition's memory, batches are shorter.
        let rows = limit_bytes / partitions / BYTES_A_ROW_OF_A_BATCH;
        execution.batch_size = ConfigNonZeroUsize::try_new(rows.clamp(256, 8192)).expect("more than 0");
    }

    /// Waits until what has failed has given its memory back, as its tasks end one by one; not for longer than
    /// [`RELEASE_WAIT`], as others may hold memory, too.
    pub(crate) async fn wait_for_release(&self) {
        let start = Instant::now();
        while self.budget.used_bytes() > self.budget.limit_bytes() / 8 && start.elapsed() < RELEASE_WAIT {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// A session's state for a query that did not fit into its memory: joins sort, and write to disk, where they
    /// kept one side in memory; sorts write earlier, also those of which only the first rows are wanted; groups of which
    /// all values are kept come one after the other; batches are short, most of all where rows are wide; and there are
    /// fewer partitions, each with more memory.
    ///
    /// # Errors
    /// The plan is not consistent.
    pub(crate) fn frugal_state(&self, mut state: SessionState, plan: &LogicalPlan) -> Result<SessionState> {
        let options = state.config_mut().options_mut();
        options.optimizer.prefer_hash_join = false;
        let most = self.budget.limit_bytes() / BYTES_A_FRUGAL_PARTITION;
        // With one partition, the relational core joins by hashes whatever it is told.
        let joins = finds(plan, joins_by_condition)?;
        let least = if joins { 2 } else { 1 };
        let partitions = most.clamp(1, options.execution.target_partitions).max(least);
        options.execution.target_partitions = partitions;
        // Rows that are put together to be sorted are there twice.
        options.execution.sort_in_place_threshold_bytes = 0;
        self.configure(options);
        let rows = match finds(plan, keeps_values)? {
            true => ROWS_OF_WIDE_BATCHES,
            false => self.budget.limit_bytes() / partitions / BYTES_A_ROW_OF_A_FRUGAL_BATCH,
        };
        let rows = rows.clamp(ROWS_OF_WIDE_BATCHES, options.execution.batch_size.get());
        options.execution.batch_size = ConfigNonZeroUsize::try_new(rows).expect("more than 0");
        let memory_pool = Arc::new(FrugalBudget::new(&self.budget, partitions));
        let runtime = RuntimeEnv { memory_pool, ..state.runtime_env().as_ref().clone() };
        Ok(SessionStateBuilder::new_from_existing(state)
            .with_runtime_env(Arc::new(runtime))
            .with_physical_optimizer_rule(Arc::new(SortFirstRows::ByDisk))
            .with_physical_optimizer_rule(Arc::new(SortGroups))
            .with_physical_optimizer_rule(Arc::new(JoinByBlocks { spills: Arc::clone(&self.spills) }))
            .with_physical_optimizer_rule(Arc::new(CompactSortedRows))
            .build())
    }
}

/// Whether a node of a plan, or of a subquery in it, has a property.
fn finds(
    plan: &LogicalPlan,
    mut has: impl FnMut(&LogicalPlan) -> datafusion::error::Result<bool>,
) -> Result<bool> {
    let mut found = false;
    plan.apply_with_subqueries_dyn(|node| {
        found = found || has(node)?;
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}

/// Whether a node is a join with a condition, of which the keys may not have been found yet, or a subquery, which becomes one.
fn joins_by_condition(node: &LogicalPlan) -> datafusion::error::Result<bool> {
    Ok(match node {
        LogicalPlan::Join(join) => !join.on.is_empty() || join.filter.is_some(),
        other => matches!(other, LogicalPlan::Subquery(_)),
    })
}

/// Whether a node computes an aggregate that keeps all values of a group where groups do not come one after the other, as
/// [`SortGroups`] has them: a row of it may be long.
fn keeps_values(node: &LogicalPlan) -> datafusion::error::Result<bool> {
    let LogicalPlan::Aggregate(aggregate) = node else { return Ok(false) };
    let by_sets = matches!(aggregate.group_expr.as_slice(), [Expr::GroupingSet(_), ..]);
    let keeps = |expr: &Expr| {
        expr.exists_dyn(|expr| {
            let Expr::AggregateFunction(call) = expr else { return Ok(false) };
            let is_sorted = !by_sets && call.params.order_by.is_empty();
            Ok(aggregates::keeps_values(call.func.name()) && !is_sorted)
        })
    };
    aggregate.aggr_expr.iter().try_fold(false, |found, expr| Ok(found || keeps(expr)?))
}

/// Rows of a batch in which a row may hold all values of a group.
const ROWS_OF_WIDE_BATCHES: usize = 128;

/// A partition's memory is to have room for this many times a batch of rows of 64 bytes: 64.
const BYTES_A_ROW_OF_A_BATCH: usize = 64 * 64;

/// For queries that are run once more, for this many times: 256. A merge holds two batches of each of its runs, and with
/// a quarter of a partition's memory has 32 runs.
const BYTES_A_ROW_OF_A_FRUGAL_BATCH: usize = 64 * 256;

/// With as much memory for each partition, operators hold all that they need to go on by way of the disk: 64 MiB.
const BYTES_A_FRUGAL_PARTITION: usize = 64 << 20;

/// Tasks end where they next wait, which takes them no longer than a batch: 500 ms.
const RELEASE_WAIT: Duration = Duration::from_millis(500);
