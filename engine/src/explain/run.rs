//! Asking for explanations, of statements and of lazy results.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::{RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use swath_planner::Statement;

use super::Explanation;
use super::analyze::analyze;
use super::collect::collect;
use crate::compute::{Computable, Requests};
use crate::deadline::bound;
use crate::error::Result;
use crate::pass::Together;
use crate::session::{Session, is_query};

/// A query to explain.
pub(crate) struct ExplainQuery {
    pub(crate) plan: LogicalPlan,
    /// Its text; none if it was not asked for in SQL.
    pub(crate) statement: Option<String>,
}

/// Whether queries are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// They are only planned.
    Plan,
    /// They are run, and measured.
    Analyze,
}

/// How to explain the query of an `EXPLAIN`; `None` for another statement, and where options ask for the
/// plan as the relational core shows it.
pub(crate) fn explain_mode(statement: &Statement) -> Option<Mode> {
    let Statement::Explain(explain) = statement else { return None };
    let asked = &explain.options;
    let of_core = asked.verbose
        || asked.format.is_some()
        || asked.analyze_level.is_some()
        || asked.analyze_categories.is_some()
        || asked.show_statistics.is_some();
    match (of_core, asked.analyze) {
        (true, _) => None,
        (false, true) => Some(Mode::Analyze),
        (false, false) => Some(Mode::Plan),
    }
}

impl Session {
    /// Tells how statements would be run, without running the queries among them.
    ///
    /// Queries that could run together ([`Session::next_group`]) are explained together. Statements that
    /// change the session (`CREATE VIEW`, `SET`) are run: the queries behind them may need them.
    ///
    /// # Errors
    /// The first statement that cannot be planned.
    pub async fn explain(&self, statements: Vec<Statement>) -> Result<Explanation> {
        self.explain_script(statements, Mode::Plan).await
    }

    /// Runs statements, drops the rows of their results, and tells what it took.
    ///
    /// # Errors
    /// The first error of any of them.
    pub async fn explain_analyze(&self, statements: Vec<Statement>) -> Result<Explanation> {
        self.explain_script(statements, Mode::Analyze).await
    }

    /// Like [`Session::explain`], for code that is not async.
    ///
    /// # Errors
    /// The first statement that cannot be planned.
    pub fn explain_blocking(&self, statements: Vec<Statement>) -> Result<Explanation> {
        crate::blocking::block_on(self.explain(statements))
    }

    /// Like [`Session::explain_analyze`], for code that is not async.
    ///
    /// # Errors
    /// The first error of any of them.
    pub fn explain_analyze_blocking(&self, statements: Vec<Statement>) -> Result<Explanation> {
        crate::blocking::block_on(self.explain_analyze(statements))
    }

    fn explain_script(&self, statements: Vec<Statement>, mode: Mode) -> BoxFuture<'_, Result<Explanation>> {
        async move {
            let bare = |statement| match statement {
                Statement::Explain(explain) => *explain.statement,
                other => other,
            };
            let mut script: VecDeque<Statement> = statements.into_iter().map(bare).collect();
            let mut explanation = Explanation::default();
            while !script.is_empty() {
                let mut queries = Vec::new();
                for statement in self.next_group(&mut script) {
                    let text = statement.to_string();
                    let plan = self.plan(statement).await?;
                    if is_query(&plan) {
                        queries.push(ExplainQuery { plan, statement: Some(text) });
                    } else {
                        let mut rows = self.execute(plan).await?;
                        while let Some(batch) = rows.next().await {
                            batch?;
                        }
                    }
                }
                if !queries.is_empty() {
                    explanation.extend(self.explain_queries(queries, mode).await?);
                }
            }
            Ok(explanation)
        }
        .boxed()
    }

    /// Explains queries that are run together.
    pub(crate) fn explain_queries(
        &self,
        queries: Vec<ExplainQuery>,
        mode: Mode,
    ) -> BoxFuture<'_, Result<Explanation>> {
        async move {
            let session = self.clone();
            let explained = self.threads().run(async move {
                match mode {
                    Mode::Plan => planned(&session, queries).await,
                    Mode::Analyze => analyze(&session, queries).await,
                }
            });
            bound(self.resources().deadline()?.as_ref(), explained).await.flatten()
        }
        .boxed()
    }
}

async fn planned(session: &Session, queries: Vec<ExplainQuery>) -> Result<Explanation> {
    let (plans, statements): (Vec<_>, Vec<_>) =
        queries.into_iter().map(|query| (query.plan, query.statement)).unzip();
    let Together { outputs, shared, .. } = session.plan_together(plans, session.pass_space()).await;
    let outputs = outputs.into_iter().collect::<Result<Vec<_>, DataFusionError>>()?;
    let outputs: Vec<_> = outputs.into_iter().zip(statements).collect();
    Ok(collect(&outputs, &shared).explanation)
}

impl Explanation {
    /// The text as rows of one column, a line in each.
    pub(crate) fn rows(&self) -> Result<SendableRecordBatchStream> {
        let schema = Arc::new(Schema::new(vec![Field::new("plan", DataType::Utf8, false)]));
        let lines = StringArray::from_iter_values(self.to_string().lines().collect::<Vec<_>>());
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(lines)])
            .map_err(DataFusionError::from)?;
        let batches = futures::stream::iter([Ok::<_, DataFusionError>(batch)]);
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }
}

/// Tells how lazy results would be computed together, without computing them.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let nothing: Vec<swath::Frame> = Vec::new();
/// assert!(swath::explain(nothing)?.passes.is_empty());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// A result that cannot be planned.
pub fn explain<C: Computable>(results: C) -> Result<Explanation> {
    crate::blocking::block_on(explain_async(results))
}

/// Like [`explain`], for async code.
///
/// # Errors
/// A result that cannot be planned.
pub async fn explain_async<C: Computable>(results: C) -> Result<Explanation> {
    explain_results(results, Mode::Plan).await
}

/// Computes lazy results together, drops their rows, and tells what it took. What writes files writes
/// them.
///
/// # Errors
/// The first error of any of them.
pub fn explain_analyze<C: Computable>(results: C) -> Result<Explanation> {
    crate::blocking::block_on(explain_analyze_async(results))
}

/// Like [`explain_analyze`], for async code.
///
/// # Errors
/// The first error of any of them.
pub async fn explain_analyze_async<C: Computable>(results: C) -> Result<Explanation> {
    explain_results(results, Mode::Analyze).await
}

async fn explain_results<C: Computable>(results: C, mode: Mode) -> Result<Explanation> {
    let mut requests = Requests::default();
    // How values would be made of the rows does not matter here.
    drop(results.request(&mut requests)?);
    let Some((session, plans)) = requests.into_plans() else { return Ok(Explanation::default()) };
    let queries = plans.into_iter().map(|plan| ExplainQuery { plan, statement: None }).collect();
    session.explain_queries(queries, mode).await
}
