//! From a statement to a plan: what it names is looked at, and what must be known ahead is asked.

use std::collections::hash_map::{Entry, HashMap};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{AsArray, RecordBatch};
use datafusion::common::TableReference;
use datafusion::logical_expr::LogicalPlan;
use futures::future::BoxFuture;
use futures::{FutureExt, TryStreamExt};
use swath_planner::{Catalog, SourceCall, Statement, with_stack};

use super::Session;
use super::run::is_query;
use crate::dialect::as_texts;
use crate::error::{Error, Result};
use crate::frame::SelfTable;
use crate::sinks::{Copy, take_copy};
use crate::sources::Names;
use crate::table::SourceTable;
use crate::whole_tables::plan_statement;
use crate::widen::{calls_of, with_tables};

/// How many tables there have been whose names the session gave.
static TABLES_MADE: AtomicU64 = AtomicU64::new(0);

/// More values than this are no columns that somebody reads.
const MAX_VALUES_AHEAD: usize = 10_000;

impl Session {
    /// Plans a statement, without running it.
    pub(crate) async fn plan(&self, statement: Statement) -> Result<LogicalPlan> {
        self.plan_with(statement, None).await
    }

    /// Plans a query, which may call a frame `self`.
    pub(crate) fn plan_query(
        &self,
        query: Statement,
        own: Option<SelfTable>,
    ) -> BoxFuture<'_, Result<LogicalPlan>> {
        self.plan_with(query, own).boxed()
    }

    async fn plan_with(&self, statement: Statement, own: Option<SelfTable>) -> Result<LogicalPlan> {
        // The threads of the caller may have short stacks.
        let mut planning = pin!(self.plan_here(statement, own));
        poll_fn(|context| with_stack(|| planning.as_mut().poll(context))).await
    }

    async fn plan_here(&self, mut statement: Statement, own: Option<SelfTable>) -> Result<LogicalPlan> {
        self.macros.expand(&mut statement)?;
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
        self.answer_ahead(&mut statement, own.as_ref()).await?;
        let mut once = Vec::new();
        let plan = match self.compute_once(&mut statement, own.as_ref(), &mut once).await {
            Ok(()) => self.plan_sources(statement, own, copy).await,
            Err(error) => Err(error),
        };
        // The plan has their rows.
        for table in once {
            self.context.deregister_table(TableReference::bare(table))?;
        }
        plan
    }

    /// Plans a statement, of which nothing else has to be known, over its files.
    async fn plan_sources(
        &self,
        mut statement: Statement,
        own: Option<SelfTable>,
        copy: Option<Copy>,
    ) -> Result<LogicalPlan> {
        let named = self.open_sources(&mut statement).await?;
        let session = self.clone();
        let plan = self.threads.run(async move { session.plan_open(statement, own, copy).await }).await?;
        self.with_current_files(plan, &named).await
    }

    /// Plans a statement whose files are open.
    async fn plan_open(
        &self,
        mut statement: Statement,
        own: Option<SelfTable>,
        copy: Option<Copy>,
    ) -> Result<LogicalPlan> {
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
        self.params.bind(&mut statement)?;
        swath_planner::resolve(&mut statement, &names)?;
        let quoted = swath_planner::quoted_names(&statement);
        let plan = plan_statement(&state, statement).await;
        let plan = plan.map_err(|error| Error::of_plan(error, &quoted))?;
        match copy {
            Some(copy) => copy.write(plan),
            None => Ok(plan),
        }
    }

    /// Makes tables of the queries of a statement that have to be computed once, and puts them into their places. Who calls it forgets the
    /// tables.
    async fn compute_once(
        &self,
        statement: &mut Statement,
        own: Option<&SelfTable>,
        tables: &mut Vec<String>,
    ) -> Result<()> {
        loop {
            let table = format!("__once_{}", TABLES_MADE.fetch_add(1, Ordering::Relaxed));
            let Some(made) = swath_planner::computed_once(statement, &table)? else { return Ok(()) };
            tables.push(table);
            self.rows_ahead(made, own).await?;
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
    async fn answer_ahead(&self, statement: &mut Statement, own: Option<&SelfTable>) -> Result<()> {
        while let Some(question) = swath_planner::asked_ahead(statement)? {
            let batches = match self.rows_ahead(question.statement, own).await {
                Err(_) if question.may_fail => Vec::new(),
                answer => answer?,
            };
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

    /// The rows of a statement that is run before another one can be planned, which may call a frame `self`.
    async fn rows_ahead(&self, statement: Statement, own: Option<&SelfTable>) -> Result<Vec<RecordBatch>> {
        let Some(own) = own else { return Box::pin(self.run(statement)).await?.collect().await };
        let plan = self.plan_query(statement, Some(own.clone())).await?;
        if is_query(&plan) {
            return self.collect_plans(vec![plan]).await.pop().expect("one plan has one answer");
        }
        self.execute(plan).await?.try_collect().await.map_err(Error::from)
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
    pub(super) async fn all_with_current_files(&self, plans: Vec<LogicalPlan>) -> Vec<Result<LogicalPlan>> {
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

    /// A plan that scans the files of a call. Blocks while it looks at them.
    pub(crate) fn scan(&self, call: &SourceCall) -> Result<LogicalPlan> {
        let _open = self.sources.open(call)?;
        Ok(self.sources.plan(call)?)
    }

    /// Like [`Self::scan`], with the files read one after the other, in one partition.
    pub(crate) fn scan_in_order(&self, call: &SourceCall) -> Result<LogicalPlan> {
        let _open = self.sources.open(call)?;
        Ok(self.sources.plan_in_order(call)?)
    }

    /// The plan with the types that it has when it is run; `None` where something is wrong with it.
    pub(crate) fn settled(&self, plan: &LogicalPlan) -> Option<LogicalPlan> {
        let state = self.context.state();
        state.analyzer().execute_and_check(plan.clone(), state.config_options(), |_, _| {}).ok()
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
