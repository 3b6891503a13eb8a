//! A session: settings, views, and the way from a statement to its result.

mod builder;
mod copy_from;

use std::collections::VecDeque;
use std::collections::hash_map::{Entry, HashMap};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use arrow::array::{AsArray, RecordBatch};
use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::error::Result as DataFusionResult;
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{EmptyRecordBatchStream, ExecutionPlan, execute_stream};
use datafusion::prelude::SessionContext;
use futures::FutureExt;
use futures::future::BoxFuture;
use swath_io::{CompressionLimits, Notes};
use swath_planner::fuse::next_group;
use swath_planner::{
    Catalog, SettingCall, SourceCall, Split, Statement, VariableCall, setting_of, split_distinct,
    variable_of, with_stack,
};

use crate::again::{Again, Member, Way};
use crate::deadline::{Deadline, bound};
use crate::dialect::as_texts;
use crate::error::{Error, Result};
use crate::explain::{ExplainQuery, Explanation, Mode, Record, Recording, explain_mode};
use crate::frame::SelfTable;
use crate::optimizer::{Streamed, streamed_windows};
use crate::options::OptionValue;
use crate::output::{Output, Query};
use crate::params::Params;
use crate::pass::{PassSpace, Together, reads_shared_plan};
use crate::rejects::RejectsTable;
use crate::resources::{ResourceUsage, Resources};
use crate::sinks::{Copy, WriterMemory, compression_limits, take_copy};
use crate::sources::{Names, Sources};
use crate::statement_files::StatementFiles;
use crate::table::SourceTable;
use crate::threads::ComputeThreads;
use crate::variables::Variables;
use crate::whole_tables::plan_statement;
use crate::widen::{calls_of, widen, with_tables, with_wider_types};

pub use builder::SessionBuilder;

/// How many tables there have been whose names the session gave.
static TABLES_MADE: AtomicU64 = AtomicU64::new(0);

/// More values than this are no columns that somebody reads.
const MAX_VALUES_AHEAD: usize = 10_000;

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
    variables: Variables,
    begun: Instant,
    /// What was run, if it is recorded.
    record: Option<Record>,
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
    pub fn run_together(&self, statements: Vec<Statement>) -> BoxFuture<'_, Vec<Result<Output>>> {
        async move {
            let deadline = match self.resources.deadline() {
                Ok(deadline) => deadline,
                Err(error) => return statements.iter().map(|_| Err(error.clone())).collect(),
            };
            let mut outputs = Vec::new();
            let mut plans = Vec::new();
            for statement in statements {
                outputs.push(match bound(deadline.as_ref(), self.begin(statement)).await.flatten() {
                    Ok(Begun::Query(plan)) => {
                        plans.push(plan);
                        None
                    }
                    Ok(Begun::Other(rows)) => Some(Ok(self.output_of(rows, deadline.clone()))),
                    Err(error) => Some(Err(error)),
                });
            }
            let mut queries = self.run_plans_until(plans, deadline).await.into_iter();
            let output = |output: Option<_>| output.or_else(|| queries.next());
            outputs.into_iter().filter_map(output).collect()
        }
        .boxed()
    }

    /// Plans a query; carries out any other statement, or begins to.
    async fn begin(&self, statement: Statement) -> Result<Begun> {
        if let Some(mode) = explain_mode(&statement) {
            return self.run_explain(statement, mode).await.map(Begun::Other);
        }
        if let Some(rows) = setting_of(&statement).and_then(|call| self.call_setting(&call)) {
            return rows.map(Begun::Other);
        }
        if let Some(call) = variable_of(&statement)? {
            return self.set_variable(call).await.map(Begun::Other);
        }
        let plan = self.plan(statement).await?;
        if is_query(&plan) { Ok(Begun::Query(plan)) } else { self.execute(plan).await.map(Begun::Other) }
    }

    /// Explains the query of an `EXPLAIN`, in rows of text.
    async fn run_explain(&self, explain: Statement, mode: Mode) -> Result<SendableRecordBatchStream> {
        let Statement::Explain(inner) = &explain else {
            return self.execute(self.plan(explain).await?).await;
        };
        let (statement, text) = ((*inner.statement).clone(), inner.statement.to_string());
        let plan = self.plan(statement).await?;
        if !is_query(&plan) {
            return self.execute(self.plan(explain).await?).await;
        }
        let query = ExplainQuery { plan, statement: Some(text) };
        self.explain_queries(vec![query], mode).await?.rows()
    }

    /// Gives a variable the value of a query.
    async fn set_variable(&self, call: VariableCall) -> Result<SendableRecordBatchStream> {
        let found = match call.value {
            Some(query) => Some(Box::pin(self.run(query)).await?.collect().await?),
            None => None,
        };
        self.variables.set(call.name, found.as_deref())?;
        let schema = Arc::new(arrow::datatypes::Schema::empty());
        Ok(Box::pin(EmptyRecordBatchStream::new(schema)))
    }

    /// Carries out what a statement says of a setting of Swath.
    fn call_setting(&self, call: &SettingCall) -> Option<Result<SendableRecordBatchStream>> {
        let state = self.context.state_ref();
        self.resources.call(call, state.write().config_mut().options_mut())
    }

    fn output_of(&self, rows: SendableRecordBatchStream, deadline: Option<Deadline>) -> Output {
        let query = Query { rows, again: None, deadline };
        Output::new(query, &self.threads, &self.pass_space, true)
    }

    /// What a person should know of.
    pub(crate) fn notes(&self) -> &Notes {
        &self.notes
    }

    /// What it may use.
    pub(crate) fn resources(&self) -> &Resources {
        &self.resources
    }

    /// Memory for a file that holds rows until it has many.
    pub(crate) fn writer_memory(&self) -> WriterMemory {
        let pool: Arc<dyn MemoryPool> = Arc::clone(&self.resources.budget) as _;
        WriterMemory::new(&pool, 1)
    }

    /// What compressing what is written of its results may take ([`Compressor::set_limits`](crate::Compressor::set_limits)): as many
    /// threads as compute, and a part of its memory.
    pub fn compression_limits(&self) -> CompressionLimits {
        let pool: Arc<dyn MemoryPool> = Arc::clone(&self.resources.budget) as _;
        compression_limits(&pool, self.threads.count())
    }

    /// When the session was made.
    pub(crate) fn begun(&self) -> Instant {
        self.begun
    }

    /// Takes what was run since the last call and has ended, with what it took, as
    /// [`Session::explain_analyze`] tells it of queries whose rows nobody wants; empty unless
    /// [`SessionBuilder::record`] was asked for. [`Explanation::to_trace`] makes a timeline of it.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("a.csv");
    /// # std::fs::write(&path, "id\n1\n2\n")?;
    /// let session = swath::Session::builder().record(true).build()?;
    /// session.collect_blocking(&format!("SELECT max(id) FROM '{}'", path.display()))?;
    /// let record = session.take_record();
    /// assert_eq!(record.passes[0].run.as_ref().map(|run| run.rows), Some(2));
    /// assert!(record.to_trace().contains("traceEvents"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn take_record(&self) -> Explanation {
        self.record.as_ref().map(Record::take).unwrap_or_default()
    }

    /// What the queries of this session have used of memory and disk so far.
    pub fn resource_usage(&self) -> ResourceUsage {
        self.resources.usage()
    }

    /// Takes the statements from the front of a script that can be run together: queries, up to the first
    /// statement that changes something or that reads what one before it writes. To be asked again when
    /// these have run.
    pub fn next_group(&self, script: &mut VecDeque<Statement>) -> Vec<Statement> {
        with_stack(|| next_group(script, &StatementFiles::new(self)))
    }

    /// Plans a statement, without running it.
    pub(crate) async fn plan(&self, statement: Statement) -> Result<LogicalPlan> {
        // The threads of the caller may have short stacks.
        let mut planning = pin!(self.plan_here(statement));
        poll_fn(|context| with_stack(|| planning.as_mut().poll(context))).await
    }

    async fn plan_here(&self, mut statement: Statement) -> Result<LogicalPlan> {
        self.variables.bind(&mut statement);
        refuse_unsupported(&statement)?;
        self.fit_copy_from(&mut statement).await?;
        let copy = take_copy(&mut statement)?;
        if copy.is_some() {
            self.resources.refuse_writes()?;
        }
        for note in swath_planner::pitfalls(&statement) {
            self.notes.add(note);
        }
        self.keep_table_names(&mut statement).await;
        self.answer_ahead(&mut statement).await?;
        let mut once = Vec::new();
        let plan = match self.compute_once(&mut statement, &mut once).await {
            Ok(()) => self.plan_sources(statement, copy).await,
            Err(error) => Err(error),
        };
        // The plan has their rows.
        for table in once {
            self.context.deregister_table(TableReference::bare(table))?;
        }
        plan
    }

    /// Plans a statement, of which nothing else has to be known, over its files.
    async fn plan_sources(&self, mut statement: Statement, copy: Option<Copy>) -> Result<LogicalPlan> {
        let named = self.open_sources(&mut statement).await?;
        let session = self.clone();
        let plan = self.threads.run(async move { session.plan_open(statement, copy).await }).await?;
        self.with_current_files(plan, &named).await
    }

    /// Makes tables of the queries of a statement that have to be computed once, and puts them into their places. Who calls it forgets the
    /// tables.
    async fn compute_once(&self, statement: &mut Statement, tables: &mut Vec<String>) -> Result<()> {
        loop {
            let table = format!("__once_{}", TABLES_MADE.fetch_add(1, Ordering::Relaxed));
            let Some(made) = swath_planner::computed_once(statement, &table)? else { return Ok(()) };
            tables.push(table.clone());
            Box::pin(self.run(made)).await?.collect().await?;
            swath_planner::take_table(statement, &table)?;
        }
    }

    /// Keeps names in double quotes that are those of tables from being taken for paths.
    async fn keep_table_names(&self, statement: &mut Statement) {
        if swath_planner::may_name_tables_like_paths(statement) {
            let tables: Vec<String> = self.registered().await.into_iter().map(|(name, _)| name).collect();
            swath_planner::keep_table_names(statement, &tables);
        }
    }

    /// Runs what must be known before a statement can be planned, and puts what comes of it into the statement.
    async fn answer_ahead(&self, statement: &mut Statement) -> Result<()> {
        while let Some(question) = swath_planner::asked_ahead(statement)? {
            let batches = Box::pin(self.run(question)).await?.collect().await?;
            let mut values = Vec::new();
            for batch in &batches {
                let texts = as_texts(batch.column(0))?;
                values.extend(texts.as_string::<i32>().iter().map(|text| text.map(str::to_owned)));
                if values.len() > MAX_VALUES_AHEAD {
                    return Err(Error::query(
                        format!(
                            "PIVOT: there are more than {MAX_VALUES_AHEAD} values, each of which would be a column"
                        ),
                        "name those that are wanted: ON kind IN ('a', 'b')".to_owned(),
                    ));
                }
            }
            swath_planner::answer_ahead(statement, &values)?;
        }
        Ok(())
    }

    /// The plan over files as they are now, where it reads them through a view that was made before.
    async fn with_current_files(&self, plan: LogicalPlan, named: &[Arc<SourceTable>]) -> Result<LogicalPlan> {
        let is_named = |call: &SourceCall| named.iter().any(|table| table.call() == call);
        let of_views: Vec<_> = calls_of(&plan).into_iter().filter(|call| !is_named(call)).collect();
        if of_views.is_empty() {
            return Ok(plan);
        }
        let _open = self.open_calls(of_views).await?;
        Ok(with_tables(plan, &|table| self.sources.newer(table))?)
    }

    /// Plans that were made before, over files as they are now; each with what is wrong with its own files.
    async fn all_with_current_files(&self, plans: Vec<LogicalPlan>) -> Vec<Result<LogicalPlan>> {
        let mut open: HashMap<SourceCall, Result<Arc<SourceTable>>> = HashMap::new();
        for call in plans.iter().flat_map(calls_of) {
            if let Entry::Vacant(place) = open.entry(call) {
                let table = self.open_calls(vec![place.key().clone()]).await;
                place.insert(table.map(|mut tables| tables.remove(0)));
            }
        }
        let current = |plan: LogicalPlan| {
            for call in calls_of(&plan) {
                open.get(&call).cloned().transpose()?;
            }
            Ok(with_tables(plan, &|table| self.sources.newer(table))?)
        };
        plans.into_iter().map(current).collect()
    }

    /// Plans a statement whose files are open.
    async fn plan_open(&self, mut statement: Statement, copy: Option<Copy>) -> Result<LogicalPlan> {
        let names = Names::new(&self.sources, self.tables().await, &self.context.state());
        self.params.bind(&mut statement)?;
        swath_planner::resolve(&mut statement, &names)?;
        let quoted = swath_planner::quoted_names(&statement);
        let plan = plan_statement(&self.context.state(), statement).await;
        let plan = plan.map_err(|error| Error::of_plan(error, &quoted))?;
        match copy {
            Some(copy) => copy.write(plan),
            None => Ok(plan),
        }
    }

    /// Runs what is not a query: a view that is made, a setting.
    pub(crate) async fn execute(&self, plan: LogicalPlan) -> Result<SendableRecordBatchStream> {
        let session = self.clone();
        let begin = async move {
            loop {
                match session.begin_alone(with_wider_types(plan.clone())?).await {
                    Err(error) if widen(&plan, &error, &session.notes) => {}
                    result => break result,
                }
            }
        };
        self.threads.run(begin).await
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
        crate::blocking::block_on(self.collect(sql))
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
        let _open = self.sources.open(call)?;
        Ok(self.sources.plan(call)?)
    }

    /// Plans a query, which may call a frame `self`.
    pub(crate) fn plan_query(
        &self,
        mut query: Statement,
        own: Option<SelfTable>,
    ) -> BoxFuture<'_, Result<LogicalPlan>> {
        async move {
            self.keep_table_names(&mut query).await;
            let _open = self.open_sources(&mut query).await?;
            let mut tables = self.tables().await;
            let mut state = self.context.state();
            if let Some(own) = own {
                for own in own.tables() {
                    tables.retain(|(name, _)| *name != own.0);
                    tables.push(own);
                }
                state.register_relation_planner(Arc::new(own))?;
            }
            let names = Names::new(&self.sources, tables, &state);
            swath_planner::resolve(&mut query, &names)?;
            Ok(plan_statement(&state, query).await?)
        }
        .boxed()
    }

    /// Makes a table of exactly this name, in place of one that has it.
    pub(crate) fn register_view(&self, name: &str, view: Arc<dyn TableProvider>) -> Result<()> {
        self.context.deregister_table(TableReference::bare(name))?;
        self.context.register_table(TableReference::bare(name), view)?;
        Ok(())
    }

    /// The plan with the types that it has when it is run; `None` where something is wrong with it.
    pub(crate) fn settled(&self, plan: &LogicalPlan) -> Option<LogicalPlan> {
        let state = self.context.state();
        state.analyzer().execute_and_check(plan.clone(), state.config_options(), |_, _| {}).ok()
    }

    /// Like [`Self::scan`], with the files read one after the other, in one partition.
    pub(crate) fn scan_in_order(&self, call: &SourceCall) -> Result<LogicalPlan> {
        let _open = self.sources.open(call)?;
        Ok(self.sources.plan_in_order(call)?)
    }

    /// Begins to run plans over files as they are now, which share what they can; outputs come in the order of the plans. An
    /// output that is not read yet does not hold up the others.
    pub(crate) async fn run_plans(&self, plans: Vec<LogicalPlan>) -> Vec<Result<Output>> {
        let deadline = match self.resources.deadline() {
            Ok(deadline) => deadline,
            Err(error) => return plans.iter().map(|_| Err(error.clone())).collect(),
        };
        let (mut ready, mut failed) = (Vec::new(), Vec::new());
        for plan in self.all_with_current_files(plans).await {
            failed.push(plan.map(|plan| ready.push(plan)).err());
        }
        let mut outputs = self.run_plans_until(ready, deadline).await.into_iter();
        let output = |error: Option<Error>| error.map_or_else(|| outputs.next(), |error| Some(Err(error)));
        failed.into_iter().filter_map(output).collect()
    }

    /// Like [`Self::run_plans`]; all have to be done at the deadline.
    async fn run_plans_until(
        &self,
        plans: Vec<LogicalPlan>,
        deadline: Option<Deadline>,
    ) -> Vec<Result<Output>> {
        let session = self.clone();
        let count = plans.len();
        let until = deadline.clone();
        let begun = self.threads.run(async move { session.begin_plans(plans, until).await });
        let queries = match bound(deadline.as_ref(), begun).await {
            Ok(queries) => queries,
            Err(timed_out) => (0..count).map(|_| Err(timed_out.clone())).collect(),
        };
        let output = |query: Query| Output::new(query, &self.threads, &self.pass_space, count == 1);
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

    /// Begins to run plans together.
    pub(crate) async fn begin_plans(
        &self,
        plans: Vec<LogicalPlan>,
        deadline: Option<Deadline>,
    ) -> Vec<Result<Query>> {
        let together = self.plan_together(plans.clone(), &self.pass_space).await;
        let mut recording = self.record.as_ref().map(|record| record.begin(&together, &self.pass_space));
        let members = Member::of_groups(self, &together.groups());
        let begin = |((exec, plan), member): ((DataFusionResult<_>, LogicalPlan), _)| {
            let exec = exec?;
            let way = Way { shares: reads_shared_plan(&exec), frugal: false };
            let rows = execute(exec, self.context.task_ctx(), recording.as_mut())?;
            Ok(Query { rows, again: Some(Again::new(self, plan, way, member)), deadline: deadline.clone() })
        };
        together.outputs.into_iter().zip(plans).zip(members).map(begin).collect()
    }

    /// Begins to run a plan once more, alone.
    pub(crate) async fn begin_again(&self, mut plan: LogicalPlan, way: Way) -> Result<Query> {
        let mut state = self.context.state();
        if way.frugal {
            self.resources.wait_for_release().await;
            plan = split_distinct(plan, Split::ToSaveMemory)?.data;
            plan = streamed_windows(plan, Streamed::ToSaveMemory)?.data;
            state = self.resources.frugal_state(state, &plan)?;
        }
        let mut together = Together::plan(vec![plan.clone()], &state, &self.pass_space).await;
        let mut recording = self.record.as_ref().map(|record| record.begin(&together, &self.pass_space));
        let exec = together.outputs.pop().expect("one plan has one output")?;
        let rows = execute(exec, state.task_ctx(), recording.as_mut())?;
        Ok(Query { rows, again: Some(Again::new(self, plan, way, None)), deadline: None })
    }

    /// Begins to run a plan that shares nothing with others.
    async fn begin_alone(&self, plan: LogicalPlan) -> Result<SendableRecordBatchStream> {
        let frame = self.context.execute_logical_plan(plan).await?;
        Ok(frame.execute_stream().await?)
    }

    /// Runs plans together and returns the rows of each.
    pub(crate) fn collect_plans(
        &self,
        plans: Vec<LogicalPlan>,
    ) -> BoxFuture<'_, Vec<Result<Vec<RecordBatch>>>> {
        async move {
            let outputs = self.run_plans(plans).await;
            let rows = outputs.into_iter().map(|output| async { output?.collect().await });
            futures::future::join_all(rows).await
        }
        .boxed()
    }

    /// Looks at the files of a statement, which then asks for the file of each row where it names that. They stay open as long as the
    /// tables are held.
    async fn open_sources(&self, statement: &mut Statement) -> Result<Vec<Arc<SourceTable>>> {
        let mut open = self.open_calls(swath_planner::source_calls(statement)?).await?;
        if swath_planner::ask_for_file_names(statement, &Names::of_files(&self.sources)) {
            open.extend(self.open_calls(swath_planner::source_calls(statement)?).await?);
        }
        Ok(open)
    }

    async fn open_calls(&self, calls: Vec<SourceCall>) -> Result<Vec<Arc<SourceTable>>> {
        let mut tables = Vec::with_capacity(calls.len());
        for call in calls {
            let sources = self.sources.clone();
            tables.push(self.threads.run_blocking(move || sources.open(&call)).await?);
        }
        Ok(tables)
    }

    /// The columns of the files of a call, or the fields of one of them, which is named without regard to case; none if
    /// they cannot be read.
    pub(crate) async fn columns_of(&self, call: &SourceCall, fields_of: Option<&str>) -> Vec<String> {
        let (sources, call, column) = (self.sources.clone(), call.clone(), fields_of.map(str::to_owned));
        let columns = move || {
            let _open = sources.open(&call).ok()?;
            let names = Names::of_files(&sources);
            let columns = names.source_columns(&call)?;
            let Some(wanted) = column else { return Some(columns) };
            let column = columns.into_iter().find(|column| column.eq_ignore_ascii_case(&wanted))?;
            Some(names.source_fields(&call, &[column]))
        };
        self.threads.run_blocking(columns).await.unwrap_or_default()
    }

    /// The relational core's own session.
    pub(crate) fn context(&self) -> &SessionContext {
        &self.context
    }

    /// Tables and views with their columns.
    pub(crate) async fn tables(&self) -> Vec<(String, Vec<String>)> {
        let columns = |table: Arc<dyn TableProvider>| {
            table.schema().fields().iter().map(|field| field.name().clone()).collect()
        };
        self.registered().await.into_iter().map(|(name, table)| (name, columns(table))).collect()
    }

    /// Tables and views, by name.
    pub(crate) async fn registered(&self) -> Vec<(String, Arc<dyn TableProvider>)> {
        let mut tables = Vec::new();
        for catalog in self.context.catalog_names().iter().filter_map(|name| self.context.catalog(name)) {
            for schema in catalog.schema_names().iter().filter_map(|name| catalog.schema(name)) {
                for name in schema.table_names() {
                    if let Ok(Some(table)) = schema.table(&name).await {
                        tables.push((name, table));
                    }
                }
            }
        }
        tables
    }
}

/// Begins to run a plan, and to record it if it is to be.
fn execute(
    exec: Arc<dyn ExecutionPlan>,
    context: Arc<TaskContext>,
    recording: Option<&mut Recording>,
) -> DataFusionResult<SendableRecordBatchStream> {
    let rows = execute_stream(Arc::clone(&exec), context);
    match recording {
        Some(recording) => recording.next(exec, rows),
        None => rows,
    }
}

/// A statement that was begun.
enum Begun {
    /// A query, which is only planned: others may share what it reads.
    Query(LogicalPlan),
    /// Anything else, with the rows of its result.
    Other(SendableRecordBatchStream),
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
    if let Some(path) = swath_planner::changed_file(statement) {
        return Err(Error::query(
            format!("the file '{path}' cannot be changed: files are only read"),
            "COPY (SELECT …) TO 'new.csv' writes another one".to_owned(),
        ));
    }
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
