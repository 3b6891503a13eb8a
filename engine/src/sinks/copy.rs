//! `COPY (query) TO 'file' (options)`: the query is planned as any other, and its plan is written.

use std::path::Path;
use std::sync::Arc;

use datafusion::common::display::ToStringifiedPlan;
use datafusion::logical_expr::{Analyze, Explain, LogicalPlan, PlanType};
use swath_planner::{Statement, split_copy};

use super::options::WriteOptions;
use super::spec::WriteSpec;
use crate::error::Result;
use crate::operators::write::Write;

/// What a `COPY` does with the rows of its query.
pub(crate) struct Copy(WriteSpec);

/// Takes the `COPY` out of a statement, or out of its `EXPLAIN`: what is left of the statement is the
/// query, and [`Copy::write`] makes the query's plan the plan of the whole.
///
/// # Errors
/// Options that there are not, and names from which no format can be told.
pub(crate) fn take_copy(statement: &mut Statement) -> Result<Option<Copy>> {
    let Some(copy) = split_copy(statement)? else { return Ok(None) };
    let mut options = WriteOptions::default();
    for (name, value) in &copy.options {
        options.set(name, value)?;
    }
    Ok(Some(Copy(WriteSpec::new(Path::new(&copy.path), &options)?)))
}

impl Copy {
    /// The plan of the statement, made of the plan of its query.
    pub(crate) fn write(self, plan: LogicalPlan) -> Result<LogicalPlan> {
        Ok(match plan {
            LogicalPlan::Explain(explain) => {
                let plan = Write::plan_of_statement(Arc::unwrap_or_clone(explain.plan), self.0)?;
                let stringified_plans = vec![plan.to_stringified(PlanType::InitialLogicalPlan)];
                LogicalPlan::Explain(Explain { plan: Arc::new(plan), stringified_plans, ..explain })
            }
            LogicalPlan::Analyze(analyze) => {
                let plan = Write::plan(Arc::unwrap_or_clone(analyze.input), self.0)?;
                LogicalPlan::Analyze(Analyze { input: Arc::new(plan), ..analyze })
            }
            plan => Write::plan_of_statement(plan, self.0)?,
        })
    }
}
