//! A session: settings, views, and the way from a statement to its result.

use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use datafusion::execution::{SendableRecordBatchStream, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{SessionConfig, SessionContext};
use swath_io::Notes;
use swath_planner::{SourceCall, Statement};

use crate::error::{Error, Result};
use crate::operators::OperatorPlanner;
use crate::options::{OptionValue, ReadOptions};
use crate::output::Output;
use crate::sources::{Names, Sources};
use crate::threads::ComputeThreads;

/// Answers SQL over files. Cheap to clone; clones share views, settings and notes.
#[derive(Clone)]
pub struct Session {
    threads: ComputeThreads,
    context: SessionContext,
    sources: Sources,
    notes: Notes,
}

/// Makes a [`Session`] with other settings than the default ones.
#[derive(Debug, Clone, Default)]
pub struct SessionBuilder {
    options: ReadOptions,
    threads: Option<usize>,
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

    /// Makes the session and starts its threads.
    ///
    /// # Errors
    /// The operating system gives no threads.
    pub fn build(self) -> Result<Session> {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let threads = self.threads.unwrap_or_else(cores);
        let compute_threads = ComputeThreads::start(threads)?;
        let notes = Notes::default();
        let sources = Sources::new(self.options, notes.clone());
        // Names keep the case in which they are written: the planner has resolved them.
        let config = SessionConfig::new()
            .with_information_schema(true)
            .with_target_partitions(threads)
            .set_bool("datafusion.sql_parser.enable_ident_normalization", false);
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_default_features()
            .with_query_planner(Arc::new(OperatorPlanner))
            .with_relation_planners(vec![Arc::new(sources.clone())])
            .build();
        Ok(Session {
            threads: compute_threads,
            context: SessionContext::new_with_state(state),
            sources,
            notes,
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
        refuse_unsupported(&statement)?;
        self.open_sources(&statement).await?;
        let session = self.clone();
        let stream = self.threads.run(async move { session.begin(statement).await }).await?;
        Ok(Output::new(stream, &self.threads))
    }

    /// Plans a statement whose files are open, and begins to run it.
    async fn begin(&self, mut statement: Statement) -> Result<SendableRecordBatchStream> {
        let names = Names { sources: &self.sources, tables: self.tables().await };
        swath_planner::resolve(&mut statement, &names)?;
        let plan = self.context.state().statement_to_plan(statement).await?;
        let frame = self.context.execute_logical_plan(plan).await?;
        Ok(frame.execute_stream().await?)
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

    /// Takes what a person should know of although nothing failed: a file whose name promises another
    /// codec, something behind the compressed data.
    pub fn take_notes(&self) -> Vec<String> {
        self.notes.take()
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

    /// Whether this is a clone of the other session.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.threads.is(&other.threads)
    }

    /// A plan that scans the files of a call. Blocks while it looks at them.
    pub(crate) fn scan(&self, call: &SourceCall) -> Result<LogicalPlan> {
        self.sources.open(call)?;
        Ok(self.sources.plan(call)?)
    }

    /// Like [`Self::scan`], with the files read one after the other, in one partition.
    pub(crate) fn scan_in_order(&self, call: &SourceCall) -> Result<LogicalPlan> {
        self.sources.open(call)?;
        Ok(self.sources.plan_in_order(call)?)
    }

    /// Begins to run plans, which share what they can; outputs come in the order of the plans. An
    /// output that is not read yet does not hold up the others.
    pub(crate) async fn run_plans(&self, plans: Vec<LogicalPlan>) -> Vec<Result<Output>> {
        let mut outputs = Vec::new();
        for plan in plans {
            let session = self.clone();
            let stream = self.threads.run(async move { session.execute(plan).await }).await;
            outputs.push(stream.map(|stream| Output::new(stream, &self.threads)));
        }
        outputs
    }

    async fn execute(&self, plan: LogicalPlan) -> Result<SendableRecordBatchStream> {
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

    /// Tables and views with their columns.
    async fn tables(&self) -> Vec<(String, Vec<String>)> {
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

/// Statements that the relational core would run in a way that Swath does not stand for: it would
/// read with other rules, or write files that are not whole when a query fails.
fn refuse_unsupported(statement: &Statement) -> Result<()> {
    match statement {
        Statement::CreateExternalTable(_) => Err(Error::query(
            "CREATE EXTERNAL TABLE is not supported",
            "name the files in the query, or once and for all: CREATE VIEW name AS SELECT * FROM 'data/*.csv'"
                .to_owned(),
        )),
        Statement::CopyTo(_) => Err(Error::query(
            "COPY is not supported yet",
            "write the result with -o FILE on the command line".to_owned(),
        )),
        Statement::Explain(explain) => refuse_unsupported(&explain.statement),
        Statement::Statement(_) | Statement::Reset(_) => Ok(()),
    }
}
