//! How a session is made.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::optimizer::Analyzer;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::prelude::{SessionConfig, SessionContext};
use swath_io::{Notes, memory};

use super::Session;
use crate::aggregates::{UseOwnAggregates, register_aggregates};
use crate::dialect::{
    BooleansBesideOthers, DatesBesideTimes, DatesWithHours, DecimalsBesideFloats, GroupingKeys,
    IntervalsByLength, MapTypes, NestedAsText, NestedByOrder, RangesOfNumbers, RoundedCasts, TextAsNested,
    TextKind, TextsAsValues, TimesAsText, UnionTypes, ZerosOfEitherSign, expr_planners, register_functions,
    to_json,
};
use crate::error::Result;
use crate::explain::Record;
use crate::glob_table::GlobTables;
use crate::inspect::Inspections;
use crate::macros::Macros;
use crate::operators::{
    DistinctRows, FailWhenRefused, FlatConditions, ForgetConstants, GroupsInParts, KeepSorted,
    NullsForConstants, OneSortKey, OperatorPlanner, OrderedValues, PushFiltersByName, ShortPartitions,
    SortFirstRows, WholePartitions, WindowParts, YieldBetweenBatches,
};
use crate::optimizer::{self, ForgetFalseKeys, QueryOrder, TablesWithoutFalseKeys};
use crate::options::{OptionValue, ReadOptions};
use crate::overflow::CheckArithmetic;
use crate::params::Params;
use crate::rejects::RejectsTable;
use crate::resources::Resources;
use crate::sniff_table::SniffTables;
use crate::sources::Sources;
use crate::subqueries::SubqueriesAsValues;
use crate::table_sample::TableSamples;
use crate::threads::ComputeThreads;
use crate::variables::Variables;
use crate::whole_tables::WholeTables;

/// Makes a [`Session`] with other settings than the default ones.
#[derive(Debug, Clone, Default)]
pub struct SessionBuilder {
    options: ReadOptions,
    threads: Option<usize>,
    memory_limit_bytes: Option<usize>,
    pass_memory_bytes: Option<usize>,
    temp_folder: Option<PathBuf>,
    max_spill_bytes: Option<u64>,
    time_limit: Option<Duration>,
    read_only: bool,
    record: bool,
}

impl SessionBuilder {
    /// Sets an option for bare paths (`FROM 'x.csv'`), by the names of [`ReadOptions`].
    ///
    /// # Errors
    /// There is no such option, or it does not take the value.
    pub fn option(mut self, name: &str, value: OptionValue) -> Result<Self> {
        self.options.set(name, &value)?;
        Ok(self)
    }

    /// Sets how many threads compute, and so how many files are read at once; by default one for each
    /// core.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads.max(1));
        self
    }

    /// Sets how many bytes of memory queries may use: decoded chunks, what operators keep, what waits for readers.
    /// What does not fit is written to disk where it can be; a query that cannot go on with as much fails. By
    /// default 60 % of what the machine has, or of what the control group of the process may use.
    pub fn memory_limit(mut self, limit_bytes: usize) -> Self {
        self.memory_limit_bytes = Some(limit_bytes);
        self
    }

    /// Sets the folder for what does not fit into memory; by default the system's folder for temporary files.
    pub fn temp_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.temp_folder = Some(folder.into());
        self
    }

    /// Sets how many bytes may be on disk at one time of what does not fit into memory, and of what this process keeps of
    /// pipes; by default there is no limit but the disk's.
    pub fn max_spill(mut self, max_bytes: u64) -> Self {
        self.max_spill_bytes = Some(max_bytes);
        self
    }

    /// Sets how long a query may take, from when it is begun until its last row is taken; it then fails with
    /// [`Error::TimedOut`]. Queries that are computed together have one limit. By default there is none.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.time_limit = Some(limit);
        self
    }

    /// Lets no statement and no [`Sink`](crate::Sink) write files, nor say where on disk something is kept. What
    /// does not fit into memory is written to disk all the same, in a file that nobody else can see.
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Records what is run, for [`Session::take_record`]. It costs next to no time, and some memory for each query.
    pub fn record(mut self, record: bool) -> Self {
        self.record = record;
        self
    }

    /// Sets how many bytes may wait in memory for readers that are behind, in passes and in results; what
    /// is more waits on disk. By default a quarter of the memory limit.
    pub fn pass_memory_bytes(mut self, limit_bytes: usize) -> Self {
        self.pass_memory_bytes = Some(limit_bytes);
        self
    }

    /// Makes the session and starts its threads.
    ///
    /// # Errors
    /// The operating system gives no threads.
    pub fn build(self) -> Result<Session> {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let threads = self.threads.unwrap_or_else(cores);
        let compute_threads = ComputeThreads::start(threads)?;
        let limit = self.memory_limit_bytes.unwrap_or_else(memory::default_limit_bytes);
        if let Some(folder) = &self.temp_folder {
            swath_io::keep_pipes_in(folder);
        }
        if let Some(max_bytes) = self.max_spill_bytes {
            swath_io::bound_kept_pipes(max_bytes);
        }
        let temp_folder = self.temp_folder.unwrap_or_else(std::env::temp_dir);
        let mut resources = Resources::new(limit, temp_folder, self.max_spill_bytes.unwrap_or(u64::MAX));
        resources.set_time_limit(self.time_limit);
        resources.read_only = self.read_only;
        let pass_space = resources.pass_space(self.pass_memory_bytes);
        if self.record {
            pass_space.scans().remember_work();
        }
        let notes = Notes::default();
        let sources = Sources::new(self.options, notes.clone());
        let state = session_state(threads, &resources, &sources, &notes)?;
        Ok(Session {
            threads: compute_threads,
            context: SessionContext::new_with_state(state),
            sources,
            notes,
            pass_space,
            resources,
            params: Params::default(),
            variables: Variables::default(),
            macros: Macros::default(),
            begun: Instant::now(),
            record: self.record.then(Record::default),
        })
    }
}

/// The core's own rules for plans of operators, behind one of ours.
fn core_rules() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    let mut rules = PushFiltersByName::among_rules();
    rules.insert(0, Arc::new(NullsForConstants));
    rules
}

/// The relational core as Swath uses it: with rules, operators and functions of ours among its own.
fn session_state(
    threads: usize,
    resources: &Resources,
    sources: &Sources,
    notes: &Notes,
) -> Result<SessionState> {
    // Names keep the case in which they are written: the planner has resolved them.
    let mut config = SessionConfig::new()
        .with_information_schema(true)
        .with_target_partitions(threads)
        .set_bool("datafusion.sql_parser.enable_ident_normalization", false)
        // Rows of a query in FROM come in its order, as in other engines.
        .set_bool("datafusion.sql_parser.enable_subquery_sort_elimination", false)
        // What is largest comes first, and not what is not known, as in other engines and in the library.
        .set_str("datafusion.sql_parser.default_null_ordering", "nulls_last")
        // It takes NaN for another value than NaN: a group of it would be there twice.
        .set_bool("datafusion.optimizer.enable_topk_aggregation", false)
        // It puts `t.a` beside `a` on the way to a field of a struct, and cannot tell them apart then.
        .set_bool("datafusion.optimizer.enable_leaf_expression_pushdown", false)
        // Of `x IS TRUE` and some others the core's plans know that they are never null, and what runs them does not.
        .set_bool("datafusion.execution.skip_physical_aggregate_schema_check", true);
    // As in files: points in time with a zone have one, and are told in UTC.
    config.options_mut().execution.time_zone = Some("+00:00".to_owned());
    resources.configure(config.options_mut());
    let mut state = SessionStateBuilder::new()
        .with_optimizer_rules(optimizer::rules())
        .with_config(config)
        .with_runtime_env(resources.runtime()?)
        .with_type_planner(Arc::new(MapTypes))
        .with_expr_planners(expr_planners(&resources.divide_integers))
        .with_default_features()
        .with_query_planner(Arc::new(OperatorPlanner))
        .with_physical_optimizer_rules(core_rules())
        .with_physical_optimizer_rule(Arc::new(FlatConditions))
        .with_physical_optimizer_rule(Arc::new(ForgetConstants))
        .with_physical_optimizer_rule(Arc::new(SortFirstRows::Sooner))
        .with_physical_optimizer_rule(Arc::new(KeepSorted))
        .with_physical_optimizer_rule(Arc::new(DistinctRows))
        .with_physical_optimizer_rule(Arc::new(OneSortKey))
        .with_physical_optimizer_rule(Arc::new(FailWhenRefused))
        .with_physical_optimizer_rule(Arc::new(YieldBetweenBatches))
        .with_physical_optimizer_rule(Arc::new(WholePartitions { spills: Arc::clone(&resources.spills) }))
        .with_physical_optimizer_rule(Arc::new(WindowParts))
        .with_physical_optimizer_rule(Arc::new(ShortPartitions))
        .with_physical_optimizer_rule(Arc::new(OrderedValues))
        .with_physical_optimizer_rule(Arc::new(GroupsInParts { spills: Arc::clone(&resources.spills) }))
        .with_relation_planners(vec![
            Arc::new(TablesWithoutFalseKeys),
            Arc::new(TableSamples),
            Arc::new(sources.clone()),
            Arc::new(Inspections),
            Arc::new(RejectsTable::new(notes.clone())),
            Arc::new(SniffTables::new(sources.clone())),
            Arc::new(GlobTables),
            Arc::new(WholeTables),
        ])
        .with_analyzer_rules(
            [
                Arc::new(RangesOfNumbers) as _,
                Arc::new(QueryOrder) as _,
                Arc::new(GroupingKeys) as _,
                Arc::new(DatesWithHours) as _,
                Arc::new(UnionTypes) as _,
                Arc::new(DatesBesideTimes) as _,
                Arc::new(DecimalsBesideFloats) as _,
                Arc::new(BooleansBesideOthers) as _,
                Arc::new(TextAsNested) as _,
                Arc::new(RoundedCasts) as _,
                Arc::new(TextsAsValues(&[TextKind::Integer])) as _,
            ]
            .into_iter()
            .chain(Analyzer::new().rules)
            .collect(),
        )
        .with_analyzer_rule(Arc::new(SubqueriesAsValues))
        .with_analyzer_rule(Arc::new(ForgetFalseKeys))
        .with_analyzer_rule(Arc::new(IntervalsByLength))
        .with_analyzer_rule(Arc::new(NestedByOrder))
        .with_analyzer_rule(Arc::new(ZerosOfEitherSign))
        .with_analyzer_rule(Arc::new(TextsAsValues(&[
            TextKind::Time,
            TextKind::LocalTime,
            TextKind::TimeOfDay,
        ])))
        .with_analyzer_rule(Arc::new(NestedAsText { to_json: to_json() }))
        .with_analyzer_rule(Arc::new(TimesAsText))
        .with_analyzer_rule(Arc::new(CheckArithmetic))
        .with_analyzer_rule(Arc::new(UseOwnAggregates::new(&resources.budget)))
        .build();
    register_aggregates(&mut state)?;
    register_functions(&mut state)?;
    Ok(state)
}
