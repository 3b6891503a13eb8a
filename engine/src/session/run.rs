//! From plans to results: queries run together, other statements one by one.
//!
//! Futures that other crates wait for are boxed: the body of an async function is compiled in the crate that awaits it.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::error::Result as DataFusionResult;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{EmptyRecordBatchStream, ExecutionPlan, execute_stream};
use futures::FutureExt;
use futures::future::BoxFuture;
use swath_planner::{
    SettingCall, Split, Statement, VariableCall, macro_of, setting_of, split_distinct, variable_of,
};

use super::Session;
use crate::again::{Again, Member, Way};
use crate::deadline::{Deadline, bound};
use crate::dialect::taking_nulls;
use crate::error::{Error, Result};
use crate::explain::{ExplainQuery, Mode, Recording, explain_mode};
use crate::optimizer::{Streamed, streamed_windows};
use crate::output::{Output, Query};
use crate::pass::{PassSpace, Together, reads_shared_plan};
use crate::widen::{widen, with_wider_types};

impl Session {
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
        if let Some(call) = macro_of(&statement) {
            self.macros.change(call)?;
            return Ok(Begun::Other(no_rows()));
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
        Ok(no_rows())
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

    /// Plans outputs that share what they can. What waits for readers is kept in the space.
    pub(crate) async fn plan_together(&self, plans: Vec<LogicalPlan>, space: &PassSpace) -> Together {
        Together::plan(plans, &self.context.state(), space).await
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
        let frame = self.context.execute_logical_plan(taking_nulls(plan)?).await?;
        Ok(frame.execute_stream().await?)
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

/// What statements give that change something and have no rows.
fn no_rows() -> SendableRecordBatchStream {
    Box::pin(EmptyRecordBatchStream::new(Arc::new(arrow::datatypes::Schema::empty())))
}
