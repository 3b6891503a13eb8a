//! Statements and queries that select all of a table are planned without naming its columns, of which there may be many.

use datafusion::error::Result;
use datafusion::execution::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::logical_expr::planner::{
    PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning,
};
use datafusion::sql::sqlparser::ast::TableFactor;
use swath_planner::{Statement, WholeRows, whole_table};

/// Plans a statement whose names are resolved.
///
/// # Errors
/// Those of the relational core.
pub(crate) async fn plan_statement(state: &SessionState, statement: Statement) -> Result<LogicalPlan> {
    let mut marked = statement.clone();
    if let Some(rows) = WholeRows::mark(&mut marked)
        && let Ok(plan) = state.statement_to_plan(marked).await
    {
        return Ok(rows.unmark(plan));
    }
    // What is wrong is told of the statement as it was written.
    state.statement_to_plan(statement).await
}

/// Plans queries among tables that are a table, and nothing else.
#[derive(Debug)]
pub(crate) struct WholeTables;

impl RelationPlanner for WholeTables {
    fn plan_relation(
        &self,
        relation: TableFactor,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<RelationPlanning> {
        let Some((table, alias)) = whole_table(&relation) else {
            return Ok(RelationPlanning::Original(Box::new(relation)));
        };
        let plan = context.plan(table)?;
        Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, alias))))
    }
}
