//! A session: settings, views, and the way from a statement to its result.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::error::Result as DataFusionResult;
use datafusion::execution::{SendableRecordBatchStream, SessionStateBuilder, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::FutureExt;
use swath_io::Notes;
use swath_planner::fuse::next_group;
use swath_planner::{Catalog, SettingCall, SourceCall, Statement, setting_of};

use crate::error::{Error, Result};
use crate::explain::{ExplainQuery, Mode, explain_mode};
use crate::frame::SelfTable;
use crate::inspect::Inspections;
use crate::memory;
use crate::operators::OperatorPlanner;
use crate::optimizer;
use crate::options::{OptionValue, ReadOptions};
use crate::output::{Again, Output, Query, Way};
use crate::params::Params;
use crate::pass::{PassSpace, Together, reads_shared_plan};
use crate::rejects::RejectsTable;
use crate::resources::{ResourceUsage, Resources};
use crate::sinks::{Copy, take_copy};
use crate::sources::{Names, Sources};
use crate::threads::ComputeThreads;
use crate::widen::{widen, with_wider_types};

/// Answers SQL over files. Cheap to clone; clones share views, settings and notes.
#[derive(Clone)]
pub struct Session {
    threads: ComputeThreads,
    context: SessionContext,
    sources: Sources,
    notes: Notes,
    pass_space: PassSpace,
    resources: Resources,
    params: Params,
}

/// Makes a [`Session`] with other settings than the default ones.
#[derive(Debug, Clone, Default)]
pub struct SessionBuilder {
    options: ReadOptions,
    threads: Option<usize>,
    memory_limit_bytes: Option<usize>,
    pass_memory_bytes: Option<usize>,
    temp_folder: Option<PathBuf>,
    max_spill_bytes: Option<u64>,
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

    /// Sets how many bytes may be on disk at one time of what does not fit into memory; by default there is no
    /// limit but the disk's.
    pub fn max_spill(mut self, max_bytes: u64) -> Self {
        self.max_spill_bytes = Some(max_bytes);
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
        let temp_folder = self.temp_folder.unwrap_or_else(std::env::temp_dir);
        let resources = Resources::new(limit, temp_folder, self.max_spill_bytes.unwrap_or(u64::MAX));
        let pass_space = resources.pass_space(self.pass_memory_bytes);
        let notes = Notes::default();
        let sources = Sources::new(self.options, notes.clone());
        // Names keep the case in which they are written: the planner has resolved them.
        let mut config = SessionConfig::new()
            .with_information_schema(true)
            .with_target_partitions(threads)
            .set_bool("datafusion.sql_parser.enable_ident_normalization", false);
        resources.configure(config.options_mut());
        let builder = optimizer::rules()
            .into_iter()
            .fold(SessionStateBuilder::new(), SessionStateBuilder::with_optimizer_rule);
        let state = builder
            .with_config(config)
            .with_runtime_env(resources.runtime()?)
            .with_default_features()
            .with_query_planner(Arc::new(OperatorPlanner))
            .with_relation_planners(vec![
                Arc::new(sources.clone()),
                Arc::new(Inspections),
                Arc::new(RejectsTable::new(notes.clone())),
            ])
            .build();
        Ok(Session {
            threads: compute_threads,
            context: SessionContext::new_with_state(state),
            sources,
            notes,
            pass_space,
            resources,
            params: Params::default(),
        })
    }
}

impl Session {
    /// A session with the default settings.
    ///
    /// # Errors
    /// The operating system gives no threads.
    pub fn new() -> Result<Self> {
        SessionBuilder::default().build()
    }

    /// Begins a session with other settings.
    pub fn builder() -> SessionBuilder {
        SessionBuilder::default()
    }

    /// Splits text into statements, without running any.
    ///
    /// # Errors
    /// The text is not SQL.
    pub fn parse(&self, sql: &str) -> Result<Vec<Statement>> {
        Ok(swath_planner::parse(sql)?)
    }

    /// Plans a statement and begins to run it; rows come as they are asked for.
    ///
    /// # Errors
    /// Names that do not exist, files that cannot be read, and all else that shows before the first
    /// row. Errors further on come from the [`Output`].
    pub async fn run(&self, statement: Statement) -> Result<Output> {
        let mut outputs = self.run_together(vec![statement]).await;
        outputs.pop().expect("one statement has one output")
    }

    /// Plans statements and begins to run all of them at once: queries over the same files share one
    /// read. Outputs come in the order of the statements; one that is not read yet does not hold up the
    /// others, and a statement that fails does not take the others down.
    ///
    /// Every statement sees the session as it was before the first: [`Session::next_group`] tells which
    /// ones can go together.
    pub async fn run_together(&self, statements: Vec<Statement>) -> Vec<Result<Output>> {
        let mut outputs = Vec::new();
        let mut plans = Vec::new();
        for statement in statements {
            if let Some(mode) = explain_mode(&statement) {
                outputs.push(Some(self.run_explain(statement, mode).await));
                continue;
            }
            if let Some(rows) = setting_of(&statement).and_then(|call| self.call_setting(&call)) {
                outputs.push(Some(rows.map(|rows| self.output_of(rows))));
                continue;
            }
            outputs.push(match self.plan(statement).await {
                Ok(plan) if is_query(&plan) => {
                    plans.push(plan);
                    None
                }
                Ok(plan) => Some(self.execute(plan).await),
                Err(error) => Some(Err(error)),
            });
        }
        let mut queries = self.run_plans(plans).await.into_iter();
        let output = |output: Option<_>| output.or_else(|| queries.next());
        outputs.into_iter().filter_map(output).collect()
    }

    /// Explains the query of an `EXPLAIN`, in rows of text.
    async fn run_explain(&self, explain: Statement, mode: Mode) -> Result<Output> {
        let Statement::Explain(inner) = &explain else {
            return self.execute(self.plan(explain).await?).await;
        };
        let (statement, text) = ((*inner.statement).clone(), inner.statement.to_string());
        let plan = self.plan(statement).await?;
        if !is_query(&plan) {
            return self.execute(self.plan(explain).await?).await;
        }
        let query = ExplainQuery { plan, statement: Some(text) };
        let rows = self.explain_queries(vec![query], mode).await?.rows()?;
        Ok(self.output_of(rows))
    }

    /// Carries out what a statement says of a setting of Swath.
    fn call_setting(&self, call: &SettingCall) -> Option<Result<SendableRecordBatchStream>> {
        let state = self.context.state_ref();
        self.resources.call(call, state.write().config_mut().options_mut())
    }

    fn output_of(&self, rows: SendableRecordBatchStream) -> Output {
        Output::new(Query { rows, again: None }, &self.threads, &self.pass_space, true)
    }

    /// What the queries of this session have used of memory and disk so far.
    pub fn resource_usage(&self) -> ResourceUsage {
        self.resources.usage()
    }

    /// Takes the statements from the front of a script that can be run together: queries, up to the first
    /// statement that changes something or that reads what one before it writes. To be asked again when
    /// these have run.
    pub fn next_group(&self, script: &mut VecDeque<Statement>) -> Vec<Statement> {
        next_group(script, &|_, _| false)
    }

    /// Plans a statement, without running it.
    pub(crate) async fn plan(&self, mut statement: Statement) -> Result<LogicalPlan> {
        refuse_unsupported(&statement)?;
        let copy = take_copy(&mut statement)?;
        self.open_sources(&statement).await?;
        let session = self.clone();
        self.threads.run(async move { session.plan_open(statement, copy).await }).await
    }

    /// Plans a statement whose files are open.
    async fn plan_open(&self, mut statement: Statement, copy: Option<Copy>) -> Result<LogicalPlan> {
        let names = Names { sources: &self.sources, tables: self.tables().await };
        self.params.bind(&mut statement)?;
        swath_planner::resolve(&mut statement, &names)?;
        let plan = self.context.state().statement_to_plan(statement).await?;
        match copy {
            Some(copy) => copy.write(plan),
            None => Ok(plan),
        }
    }

    /// Runs what is not a query: a view that is made, a setting.
    pub(crate) async fn execute(&self, plan: LogicalPlan) -> Result<Output> {
        let session = self.clone();
        let begin = async move {
            loop {
                match session.begin_alone(with_wider_types(plan.clone())?).await {
                    Err(error) if widen(&plan, &error, &session.notes) => {}
                    result => break result,
                }
            }
        };
        Ok(self.output_of(self.threads.run(begin).await?))
    }

    /// Runs all statements of a text, one after the other, and returns the rows of the last one.
    ///
    /// # Errors
    /// The first error met.
    pub async fn collect(&self, sql: &str) -> Result<Vec<RecordBatch>> {
        let mut batches = Vec::new();
        for statement in self.parse(sql)? {
            batches = self.run(statement).await?.collect().await?;
        }
        Ok(batches)
    }

    /// Like [`Session::collect`], for code that is not async.
    ///
    /// # Errors
    /// The first error met.
    pub fn collect_blocking(&self, sql: &str) -> Result<Vec<RecordBatch>> {
        futures::executor::block_on(self.collect(sql))
    }

    /// Sets the value of a parameter, `$name` or `$1`, for the statements that run from now on. Clones of
    /// the session share it.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let session = swath::Session::new()?;
    /// session.set_param("least", 2)?;
    /// let batches = session.collect_blocking("SELECT x FROM (VALUES (1), (2)) t(x) WHERE x >= $least")?;
    /// assert_eq!(batches[0].num_rows(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The name has other characters than letters, digits and underscores.
    pub fn set_param(&self, name: &str, value: impl Into<OptionValue>) -> Result<()> {
        self.params.set(name, value.into())
    }

    /// The names of the parameters that a statement uses, without the `$`.
    pub fn params_of(statement: &Statement) -> Vec<String> {
        swath_planner::params_of(statement)
    }

    /// Takes what a person should know of although nothing failed: a file whose name promises another
    /// codec, something behind the compressed data.
    pub fn take_notes(&self) -> Vec<String> {
        self.notes.take()
    }

    /// What was rejected so far with `on_error = 'reject'`, as the rows of `rejects()`: file, line, byte, column,
    /// expected, value and record. Of each file, what its last read rejected; of all files, the first
    /// `rejects_limit` (10,000). All are counted in [`Session::take_notes`].
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("a.csv");
    /// std::fs::write(&path, "id,name\n1,x\n2\n")?;
    /// let session = swath::Session::new()?;
    /// let frame = swath::read_csv(&path).on_error(swath::OnError::Reject).session(&session).scan()?;
    /// assert_eq!(frame.count().get()?, 1);
    /// assert_eq!(session.rejects().num_rows(), 1);
    /// assert!(session.take_notes()[0].starts_with("1 record was rejected"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn rejects(&self) -> RecordBatch {
        RejectsTable::new(self.notes.clone()).rows()
    }

    /// The session that [`read_csv`](crate::read_csv) and its like use, made when it is first needed.
    ///
    /// # Errors
    /// The operating system gives no threads.
    pub fn shared() -> Result<Self> {
        static SHARED: Mutex<Option<Session>> = Mutex::new(None);
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        match &*shared {
            Some(session) => Ok(session.clone()),
            None => Ok(shared.insert(Self::new()?).clone()),
        }
    }

    /// The files that are open.
    pub(crate) fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Whether this is a clone of the other session.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.threads.is(&other.threads)
    }

    /// A plan that scans the files of a call. Blocks while it looks at them.
    pub(crate) fn scan(&self, call: &SourceCall) -> Result<LogicalPlan> {
        self.sources.open(call)?;
        Ok(self.sources.plan(call)?)
    }

    /// Plans a query, which may call a frame `self`.
    pub(crate) async fn plan_query(
        &self,
        mut query: Statement,
        own: Option<SelfTable>,
    ) -> Result<LogicalPlan> {
        self.open_sources(&query).await?;
        let mut tables = self.tables().await;
        let mut state = self.context.state();
        if let Some(own) = own {
            let named_self = own.table();
            tables.retain(|(name, _)| *name != named_self.0);
            tables.push(named_self);
            state.register_relation_planner(Arc::new(own))?;
        }
        let names = Names { sources: &self.sources, tables };
        swath_planner::resolve(&mut query, &names)?;
        Ok(state.statement_to_plan(query).await?)
    }

    /// Makes a table of exactly this name, in place of one that has it.
    pub(crate) fn register_view(&self, name: &str, view: Arc<dyn TableProvider>) -> Result<()> {
        self.context.deregister_table(TableReference::bare(name))?;
        self.context.register_table(TableReference::bare(name), view)?;
        Ok(())
    }

    /// Like [`Self::scan`], with the files read one after the other, in one partition.
    pub(crate) fn scan_in_order(&self, call: &SourceCall) -> Result<LogicalPlan> {
        self.sources.open(call)?;
        Ok(self.sources.plan_in_order(call)?)
    }

    /// Begins to run plans, which share what they can; outputs come in the order of the plans. An
    /// output that is not read yet does not hold up the others.
    pub(crate) async fn run_plans(&self, plans: Vec<LogicalPlan>) -> Vec<Result<Output>> {
        let session = self.clone();
        let alone = plans.len() == 1;
        let queries = self.threads.run(async move { session.begin_plans(plans).await }).await;
        let output = |query: Query| Output::new(query, &self.threads, &self.pass_space, alone);
        queries.into_iter().map(|query| query.map(output)).collect()
    }

    /// Plans outputs that share what they can. What waits for readers is kept in the space.
    pub(crate) async fn plan_together(&self, plans: Vec<LogicalPlan>, space: &PassSpace) -> Together {
        Together::plan(plans, &self.context.state(), space).await
    }

    /// The threads that compute.
    pub(crate) fn threads(&self) -> &ComputeThreads {
        &self.threads
    }

    /// Where what waits for readers is kept.
    pub(crate) fn pass_space(&self) -> &PassSpace {
        &self.pass_space
    }

    /// What a plan needs to be run.
    pub(crate) fn task_context(&self) -> Arc<TaskContext> {
        self.context.task_ctx()
    }

    async fn begin_plans(&self, plans: Vec<LogicalPlan>) -> Vec<Result<Query>> {
        let together = self.plan_together(plans.clone(), &self.pass_space).await;
        let begin = |(exec, plan): (DataFusionResult<_>, LogicalPlan)| {
            let exec = exec?;
            let way = Way { shares: reads_shared_plan(&exec), frugal: false };
            let rows = execute_stream(exec, self.context.task_ctx())?;
            Ok(Query { rows, again: Some(self.again(plan, way)) })
        };
        together.outputs.into_iter().zip(plans).map(begin).collect()
    }

    /// What to do when a plan fails that was run in a way.
    pub(crate) fn again(&self, plan: LogicalPlan, way: Way) -> Again {
        let session = self.clone();
        Box::new(move |error: &Error| {
            let turns_frugal = error.is_out_of_memory() && !way.frugal;
            let widened = widen(&plan, error, &session.notes);
            let shared = way.shares;
            let way = Way { shares: false, frugal: way.frugal || turns_frugal };
            (shared || turns_frugal || widened)
                .then(|| async move { session.begin_again(plan, way).await }.boxed())
        })
    }

    /// Begins to run a plan once more, alone.
    async fn begin_again(&self, plan: LogicalPlan, way: Way) -> Result<Query> {
        let mut state = self.context.state();
        if way.frugal {
            self.resources.wait_for_release().await;
            self.resources.configure_frugally(state.config_mut().options_mut());
        }
        let mut together = Together::plan(vec![plan.clone()], &state, &self.pass_space).await;
        let exec = together.outputs.pop().expect("one plan has one output")?;
        let rows = execute_stream(exec, state.task_ctx())?;
        Ok(Query { rows, again: Some(self.again(plan, way)) })
    }

    /// Begins to run a plan that shares nothing with others.
    async fn begin_alone(&self, plan: LogicalPlan) -> Result<SendableRecordBatchStream> {
        let frame = self.context.execute_logical_plan(plan).await?;
        Ok(frame.execute_stream().await?)
    }

    /// Runs plans together and returns the rows of each.
    pub(crate) async fn collect_plans(&self, plans: Vec<LogicalPlan>) -> Vec<Result<Vec<RecordBatch>>> {
        let outputs = self.run_plans(plans).await;
        let rows = outputs.into_iter().map(|output| async { output?.collect().await });
        futures::future::join_all(rows).await
    }

    /// Looks at the files of a statement.
    async fn open_sources(&self, statement: &Statement) -> Result<()> {
        for call in swath_planner::source_calls(statement)? {
            let sources = self.sources.clone();
            self.threads.run_blocking(move || sources.open(&call)).await?;
        }
        Ok(())
    }

    /// The columns of the files of a call, none if they cannot be read.
    pub(crate) async fn columns_of(&self, call: &SourceCall) -> Vec<String> {
        let (sources, call) = (self.sources.clone(), call.clone());
        let columns = move || {
            sources.open(&call).ok()?;
            Names { sources: &sources, tables: Vec::new() }.source_columns(&call)
        };
        self.threads.run_blocking(columns).await.unwrap_or_default()
    }

    /// The relational core's own session.
    pub(crate) fn context(&self) -> &SessionContext {
        &self.context
    }

    /// Tables and views with their columns.
    pub(crate) async fn tables(&self) -> Vec<(String, Vec<String>)> {
        let mut tables = Vec::new();
        for catalog in self.context.catalog_names().iter().filter_map(|name| self.context.catalog(name)) {
            for schema in catalog.schema_names().iter().filter_map(|name| catalog.schema(name)) {
                for name in schema.table_names() {
                    if let Ok(Some(table)) = schema.table(&name).await {
                        let columns =
                            table.schema().fields().iter().map(|field| field.name().clone()).collect();
                        tables.push((name, columns));
                    }
                }
            }
        }
        tables
    }
}

/// Whether a plan gives rows and changes nothing.
pub(crate) fn is_query(plan: &LogicalPlan) -> bool {
    !matches!(
        plan,
        LogicalPlan::Ddl(_)
            | LogicalPlan::Dml(_)
            | LogicalPlan::Statement(_)
            | LogicalPlan::Explain(_)
            | LogicalPlan::Analyze(_)
            | LogicalPlan::DescribeTable(_)
    )
}

/// Statements that the relational core would run in a way that Swath does not stand for: it would read
/// with other rules.
fn refuse_unsupported(statement: &Statement) -> Result<()> {
    match statement {
        Statement::CreateExternalTable(_) => Err(Error::query(
            "CREATE EXTERNAL TABLE is not supported",
            "name the files in the query, or once and for all: CREATE VIEW name AS SELECT * FROM 'data/*.csv'"
                .to_owned(),
        )),
        Statement::Explain(explain) => refuse_unsupported(&explain.statement),
        Statement::CopyTo(_) | Statement::Statement(_) | Statement::Reset(_) => Ok(()),
    }
}
