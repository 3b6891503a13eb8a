//! A session: settings, views, and the way from a statement to its result.

mod builder;
mod copy_from;
mod plan;
mod run;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use arrow::array::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::prelude::SessionContext;
use swath_io::{CompressionLimits, Notes};
use swath_planner::fuse::next_group;
use swath_planner::{Statement, with_stack};

use crate::error::Result;
use crate::explain::{Explanation, Record};
use crate::macros::Macros;
use crate::options::OptionValue;
use crate::params::Params;
use crate::pass::PassSpace;
use crate::rejects::RejectsTable;
use crate::resources::{ResourceUsage, Resources};
use crate::sinks::{WriterMemory, compression_limits};
use crate::sources::Sources;
use crate::statement_files::StatementFiles;
use crate::threads::ComputeThreads;
use crate::variables::Variables;

pub use builder::SessionBuilder;
pub(crate) use run::is_query;

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
    macros: Macros,
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

    /// Makes a table of exactly this name, in place of one that has it.
    pub(crate) fn register_view(&self, name: &str, view: Arc<dyn TableProvider>) -> Result<()> {
        self.context.deregister_table(TableReference::bare(name))?;
        self.context.register_table(TableReference::bare(name), view)?;
        Ok(())
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
