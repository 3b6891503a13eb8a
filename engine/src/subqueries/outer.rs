//! What queries use of the rows outside.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema};
use datafusion::error::Result;
use datafusion::logical_expr::expr::{Exists, InSubquery, SetComparison};
use datafusion::logical_expr::logical_plan::check_subquery_expr;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Distinct, Expr, Filter, Join, JoinType, LogicalPlan, Subquery, lit};
use datafusion::optimizer::decorrelate::PullUpCorrelatedExpr;

use crate::walk::{Walk, WalkPlan};

/// The query of an expression over one.
pub(super) fn query_of(expr: &Expr) -> Option<&Subquery> {
    match expr {
        Expr::ScalarSubquery(subquery)
        | Expr::Exists(Exists { subquery, .. })
        | Expr::InSubquery(InSubquery { subquery, .. })
        | Expr::SetComparison(SetComparison { subquery, .. }) => Some(subquery),
        _ => None,
    }
}

/// An expression over another query.
pub(super) fn with_query(mut expr: Expr, query: Subquery) -> Expr {
    match &mut expr {
        Expr::ScalarSubquery(subquery)
        | Expr::Exists(Exists { subquery, .. })
        | Expr::InSubquery(InSubquery { subquery, .. })
        | Expr::SetComparison(SetComparison { subquery, .. }) => *subquery = query,
        _ => {}
    }
    expr
}

/// The references of a plan to columns of rows outside, each once, those of queries in it as far as they lead out of it.
pub(super) fn outer_refs(plan: &LogicalPlan) -> Result<Vec<Expr>> {
    let mut found = Vec::new();
    collect(plan, &mut found)?;
    Ok(found)
}

fn collect(plan: &LogicalPlan, found: &mut Vec<Expr>) -> Result<()> {
    let inputs = plan.inputs();
    plan.apply_expressions_dyn(|expr| {
        expr.apply_dyn(|expr| {
            if matches!(expr, Expr::OuterReferenceColumn(..)) && !found.contains(expr) {
                found.push(expr.clone());
            } else if let Some(query) = query_of(expr) {
                let is_outside = |outer: &Expr| {
                    !inputs.iter().any(|input| is_column_of(outer, input.schema())) && !found.contains(outer)
                };
                let more: Vec<Expr> = outer_refs(&query.subquery)?.into_iter().filter(is_outside).collect();
                found.extend(more);
            }
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    for (place, input) in inputs.iter().enumerate() {
        // The right side of a lateral join sees the rows of the left one.
        let left = match plan {
            LogicalPlan::Join(join) if place == 1 && is_lateral(input) => Some(join.left.schema()),
            _ => None,
        };
        for outer in outer_refs(input)? {
            if !left.is_some_and(|left| is_column_of(&outer, left)) && !found.contains(&outer) {
                found.push(outer);
            }
        }
    }
    Ok(())
}

/// The column that a reference to a row outside means.
pub(super) fn column_of(outer: &Expr) -> Option<&Column> {
    match outer {
        Expr::OuterReferenceColumn(_, column) => Some(column),
        _ => None,
    }
}

/// Whether a reference means a column of these rows.
pub(super) fn is_column_of(outer: &Expr, schema: &DFSchema) -> bool {
    column_of(outer).is_some_and(|column| schema.has_column(column))
}

/// A plan, whose queries tell all that they use of rows outside; the relational core leaves out what queries in them use.
pub(super) fn with_all_references(plan: LogicalPlan) -> Result<LogicalPlan> {
    let plan = plan.transform_up_with_subqueries_dyn(|plan| {
        plan.map_expressions_dyn(|expr| {
            expr.transform_up_dyn(|expr| {
                let Some(query) = query_of(&expr) else { return Ok(Transformed::no(expr)) };
                let outer_ref_columns = outer_refs(&query.subquery)?;
                if outer_ref_columns.len() == query.outer_ref_columns.len() {
                    return Ok(Transformed::no(expr));
                }
                let query = Subquery { outer_ref_columns, ..query.clone() };
                Ok(Transformed::yes(with_query(expr, query)))
            })
        })
    });
    plan.data()
}

/// Whether expressions of a plan are over queries of which some depend on rows, but on none of this plan: they are looked at where
/// these rows are.
pub(super) fn waits(plan: &LogicalPlan) -> Result<bool> {
    let inputs = plan.inputs();
    let mut waits = false;
    plan.apply_expressions_dyn(|expr| {
        expr.apply_dyn(|expr| {
            if let Some(query) = query_of(expr) {
                let is_own = |outer: &Expr| inputs.iter().any(|input| is_column_of(outer, input.schema()));
                waits |= !query.outer_ref_columns.is_empty() && !query.outer_ref_columns.iter().any(is_own);
            }
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    Ok(waits)
}

/// Whether the relational core can make a join with the rows of a plan of an expression over a query.
pub(super) fn core_takes(expr: &Expr, outside: &LogicalPlan) -> Result<bool> {
    let Some(query) = query_of(expr) else { return Ok(true) };
    if !query.outer_ref_columns.iter().all(|outer| is_column_of(outer, outside.schema()))
        || uses_outside_in_queries(&query.subquery)?
        || uses_outside_below_names(&query.subquery, !matches!(expr, Expr::ScalarSubquery(_)))?
    {
        return Ok(false);
    }
    let place = LogicalPlan::Filter(Filter::try_new(lit(true), Arc::new(outside.clone()))?);
    let is_scalar = matches!(expr, Expr::ScalarSubquery(_));
    if is_scalar && check_subquery_expr(&place, &query.subquery, expr).is_err() {
        return Ok(false);
    }
    let mut pull_up = PullUpCorrelatedExpr::new()
        .with_need_handle_count_bug(is_scalar)
        .with_exists_sub_query(matches!(expr, Expr::Exists(_)));
    let pulled = query.subquery.as_ref().clone().rewrite(&mut pull_up);
    Ok(pulled.is_ok() && pull_up.can_pull_up)
}

/// Whether a query with a name of its own, or what windows and first rows are of, depends on rows outside: the core takes conditions
/// out from under these, and from under different rows, which matters unless all that is asked is whether there are any.
fn uses_outside_below_names(plan: &LogicalPlan, is_whether: bool) -> Result<bool> {
    plan.exists_dyn(|plan| {
        let below = match plan {
            LogicalPlan::SubqueryAlias(alias) => &alias.input,
            LogicalPlan::Window(window) => &window.input,
            LogicalPlan::Distinct(Distinct::On(distinct)) => &distinct.input,
            LogicalPlan::Distinct(Distinct::All(input)) if !is_whether => input,
            LogicalPlan::Aggregate(groups) if groups.aggr_expr.is_empty() && !is_whether => &groups.input,
            _ => return Ok(false),
        };
        Ok(!outer_refs(below)?.is_empty())
    })
}

/// Whether a condition in a plan is over a query, and depends on rows outside, too; or a query in it does.
fn uses_outside_in_queries(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply_dyn(|plan| {
        plan.apply_expressions_dyn(|expr| {
            for condition in split_conjunction(expr) {
                let is_over_query = condition.exists_dyn(|expr| Ok(query_of(expr).is_some()))?;
                found |= is_over_query && condition.contains_outer();
            }
            expr.apply_dyn(|expr| {
                if let Some(query) = query_of(expr) {
                    let is_own =
                        |outer: &Expr| plan.inputs().iter().any(|input| is_column_of(outer, input.schema()));
                    found |= !query.outer_ref_columns.iter().all(is_own);
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })?;
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(found)
}

/// Whether the right side of a join sees the rows of the left one.
pub(super) fn is_lateral(right: &LogicalPlan) -> bool {
    match right {
        LogicalPlan::Subquery(_) | LogicalPlan::Unnest(_) => true,
        LogicalPlan::SubqueryAlias(alias) => is_lateral(&alias.input),
        LogicalPlan::Projection(projection) => is_lateral(&projection.input),
        _ => false,
    }
}

/// Whether a join is a lateral one whose right side depends on the rows of the left one, and the relational core makes no plain join
/// of it.
pub(super) fn needs_domain(join: &Join) -> Result<bool> {
    if !is_lateral(&join.right) {
        return Ok(false);
    }
    let refs = outer_refs(&join.right)?;
    let is_of_left = |outer: &Expr| is_column_of(outer, join.left.schema());
    if !refs.iter().any(is_of_left) {
        return Ok(false);
    }
    let query = match join.right.as_ref() {
        LogicalPlan::SubqueryAlias(alias) => alias.input.as_ref(),
        other => other,
    };
    let LogicalPlan::Subquery(query) = query else { return Ok(true) };
    if !refs.iter().all(is_of_left)
        || uses_outside_in_queries(&query.subquery)?
        || uses_outside_below_names(&query.subquery, false)?
    {
        return Ok(true);
    }
    let mut pull_up = PullUpCorrelatedExpr::new().with_need_handle_count_bug(true);
    let pulled = query.subquery.as_ref().clone().rewrite(&mut pull_up);
    let is_fit = matches!(join.join_type, JoinType::Inner | JoinType::Left);
    Ok(!is_fit || pulled.is_err() || !pull_up.can_pull_up || pull_up.pull_up_having_expr.is_some())
}
