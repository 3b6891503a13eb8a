//! Lists that become rows: what was a key of the rows is none any more.
//!
//! The relational core goes on taking it for one, and leaves out what keys make needless: further keys of groups and of sorts, joins,
//! `DISTINCT`. So it is made to forget such keys, twice: while SQL is planned, where a query stands among the tables of another one
//! ([`TablesWithoutFalseKeys`]), and in the whole plan, before the rules of the core see it ([`ForgetFalseKeys`]).

use std::cell::Cell;
use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::logical_expr::planner::{
    PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning,
};
use datafusion::logical_expr::{Expr, LogicalPlan, Projection};
use datafusion::optimizer::AnalyzerRule;
use datafusion::sql::sqlparser::ast::TableFactor;

use crate::operators::{RowsWithoutKeys, without_keys};
use crate::walk::{Walk, WalkPlan};

/// Puts [`RowsWithoutKeys`] over lists that become rows. They may have keys later only, when `DISTINCT` has become groups.
#[derive(Debug)]
pub(crate) struct ForgetFalseKeys;

impl AnalyzerRule for ForgetFalseKeys {
    fn name(&self) -> &'static str {
        "forget_false_keys"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        let mut found = false;
        plan.apply_with_subqueries_dyn(|plan| {
            found |= matches!(plan, LogicalPlan::Unnest(_));
            Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        })?;
        if !found {
            return Ok(plan);
        }
        let forget = |plan: LogicalPlan| {
            // What stands above was told of the keys, too.
            let plan = if plan.inputs().is_empty() { plan } else { plan.recompute_schema()? };
            Ok(Transformed::yes(match plan {
                LogicalPlan::Unnest(_) => RowsWithoutKeys::of(plan)?,
                plan => plan,
            }))
        };
        plan.transform_up_with_subqueries_dyn(forget).data()
    }
}

/// Plans tables, views and queries among tables as the core does, and tells it that they have no keys where these are false.
#[derive(Debug)]
pub(crate) struct TablesWithoutFalseKeys;

thread_local! {
    /// Whether the table that is planned next is one that was asked for here.
    static IS_ASKED: Cell<bool> = const { Cell::new(false) };
}

impl RelationPlanner for TablesWithoutFalseKeys {
    fn plan_relation(
        &self,
        relation: TableFactor,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<RelationPlanning> {
        if IS_ASKED.replace(false)
            || !matches!(relation, TableFactor::Derived { .. } | TableFactor::Table { .. })
        {
            return Ok(RelationPlanning::Original(Box::new(relation)));
        }
        IS_ASKED.set(true);
        let mut plan = context.plan(relation)?;
        if has_false_keys(&plan)? {
            let columns = plan.schema().columns().into_iter().map(Expr::Column).collect();
            let schema = without_keys(plan.schema())?;
            plan = LogicalPlan::Projection(Projection::try_new_with_schema(columns, Arc::new(plan), schema)?);
        }
        Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, None))))
    }
}

/// Whether the keys of a plan may be those of rows before lists among them became rows.
fn has_false_keys(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply_dyn(|plan| {
        Ok(match plan {
            _ if plan.schema().functional_dependencies().is_empty() => TreeNodeRecursion::Jump,
            LogicalPlan::Unnest(_) => {
                found = true;
                TreeNodeRecursion::Stop
            }
            LogicalPlan::Aggregate(_) | LogicalPlan::Distinct(_) => TreeNodeRecursion::Jump,
            _ => TreeNodeRecursion::Continue,
        })
    })?;
    Ok(found)
}
