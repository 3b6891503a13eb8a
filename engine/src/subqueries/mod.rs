//! Queries that stand for values.
//!
//! The relational core makes joins of `IN (SELECT …)` and `EXISTS (SELECT …)` where they are conditions of rows, and only there; and it takes
//! an `IN` that is neither true nor false, as of null or among nulls, for false. Here they become expressions and joins that the
//! core has, with the values of SQL, wherever they stand:
//!
//! * [`membership`] writes `IN` as what it means by `EXISTS`;
//! * [`mark`] joins the rows of a plan with whether there are rows of a query for them;
//! * [`single`] are queries in the place of a value that are no aggregates, and [`domain`] those that are correlated by more than
//!   equality;
//! * [`beside`] are those in conditions of outer joins;
//! * [`dependent`] are all others that depend on the row outside, also in lateral joins.

mod beside;
mod dependent;
mod domain;
mod mark;
mod membership;
mod outer;
mod push;
mod single;

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema};
use datafusion::error::Result;
use datafusion::logical_expr::expr::Exists;
use datafusion::logical_expr::utils::{conjunction, split_conjunction_owned};
use datafusion::logical_expr::{Expr, Filter, Join, JoinType, LogicalPlan, LogicalPlanBuilder, Projection};
use datafusion::optimizer::rewrite_set_comparison::RewriteSetComparison;
use datafusion::optimizer::{AnalyzerRule, OptimizerContext, OptimizerRule};

use crate::walk::{Walk, WalkPlan};

/// Writes queries that stand for values as the relational core can plan them.
#[derive(Debug)]
pub(crate) struct SubqueriesAsValues;

impl AnalyzerRule for SubqueriesAsValues {
    fn analyze(&self, plan: LogicalPlan, config: &ConfigOptions) -> Result<LogicalPlan> {
        let mut names = Names { last: 0, null_aware_joins: config.optimizer.prefer_hash_join };
        let plan = outer::with_all_references(plan)?;
        let plan = plan
            .transform_down_with_subqueries_dyn(|plan| membership::of_comparisons(plan, &mut names))
            .data()?;
        let plan = RewriteSetComparison::new().rewrite(plan, &OptimizerContext::new()).data()?;
        plan.transform_up_with_subqueries_dyn(|plan| rewritten(plan, &mut names)).data()
    }

    fn name(&self) -> &str {
        "subqueries_as_values"
    }
}

/// Names for tables that are made here, and what the joins are to be that are made of them.
struct Names {
    last: usize,
    /// Whether `NOT IN` may be a join that knows of nulls: the relational core has it by hashes alone, with all rows outside in memory.
    null_aware_joins: bool,
}

impl Names {
    fn next(&mut self) -> String {
        self.last += 1;
        format!("__subquery_{}", self.last)
    }
}

fn rewritten(plan: LogicalPlan, names: &mut Names) -> Result<Transformed<LogicalPlan>> {
    if let LogicalPlan::Join(join) = &plan
        && outer::needs_domain(join)?
    {
        return dependent::lateral(join.clone(), names).map(Transformed::yes);
    }
    if !has_subquery(&plan)? || outer::waits(&plan)? {
        return Ok(Transformed::no(plan));
    }
    let (schema, given) = (Arc::clone(plan.schema()), plan.expressions());
    let plan = single::with_single_values(plan, names)?;
    match plan {
        LogicalPlan::Filter(filter) => filtered(filter, names).map(Transformed::yes),
        LogicalPlan::Projection(_)
        | LogicalPlan::Aggregate(_)
        | LogicalPlan::Window(_)
        | LogicalPlan::Sort(_) => with_marks(plan, &schema, &given, names).map(Transformed::yes),
        LogicalPlan::Join(join) => on_rows(join, names).map(Transformed::yes),
        other => Ok(Transformed::yes(other)),
    }
}

fn filtered(Filter { predicate, input, .. }: Filter, names: &mut Names) -> Result<LogicalPlan> {
    let predicate = membership::as_condition(predicate, &input, names)?;
    let predicate = mark::without_correlation(predicate)?;
    let mut rows = input.as_ref().clone();
    let predicate = predicate.transform_up_dyn(|expr| over_column(expr, &mut rows, names))?;
    let filter = LogicalPlan::Filter(Filter::try_new(predicate.data, Arc::new(rows))?);
    if !predicate.transformed {
        return Ok(filter);
    }
    let columns: Vec<Expr> = input.schema().columns().into_iter().map(Expr::Column).collect();
    LogicalPlanBuilder::from(filter).project(columns)?.build()
}

/// A query that depends on the row in a way of which the relational core makes no join, as a column more of the rows.
fn over_column(expr: Expr, rows: &mut LogicalPlan, names: &mut Names) -> Result<Transformed<Expr>> {
    let is_correlated = outer::query_of(&expr).is_some_and(|query| !query.outer_ref_columns.is_empty());
    if !is_correlated || outer::core_takes(&expr, rows)? {
        return Ok(Transformed::no(expr));
    }
    match expr {
        Expr::ScalarSubquery(query) => dependent::value(rows, &query, names).map(Transformed::yes),
        Expr::Exists(Exists { subquery, negated }) => {
            let found = dependent::exists(rows, &subquery, names)?;
            Ok(Transformed::yes(if negated { !found } else { found }))
        }
        other => Ok(Transformed::no(other)),
    }
}

/// A join whose conditions over queries are filters of rows: those of an inner join of its own, and those of an outer join of the side
/// that may have no row, as far as they are about that side. What is left of them in outer joins is computed by [`beside`].
fn on_rows(join: Join, names: &mut Names) -> Result<LogicalPlan> {
    let Some(condition) = join.filter.clone() else { return Ok(LogicalPlan::Join(join)) };
    let side = match join.join_type {
        JoinType::Inner | JoinType::Full => None,
        JoinType::Left => Some(Arc::clone(&join.right)),
        JoinType::Right => Some(Arc::clone(&join.left)),
        _ => return Ok(LogicalPlan::Join(join)),
    };
    let is_full = join.join_type == JoinType::Full;
    let moves = |expr: &Expr| {
        is_over_query(expr) && !is_full && side.as_ref().is_none_or(|side| is_about(expr, side.schema()))
    };
    let (moved, kept): (Vec<Expr>, Vec<Expr>) =
        split_conjunction_owned(condition).into_iter().partition(moves);
    let Some(moved) = conjunction(moved) else { return beside::joined(join, names) };
    let mut filtered = |rows| -> Result<LogicalPlan> {
        let filter = Filter::try_new(moved.clone(), rows)?;
        rewritten(LogicalPlan::Filter(filter), names).data()
    };
    let mut join = Join { filter: conjunction(kept), ..join };
    match join.join_type {
        JoinType::Left => join.right = Arc::new(filtered(join.right)?),
        JoinType::Right => join.left = Arc::new(filtered(join.left)?),
        _ => return filtered(Arc::new(LogicalPlan::Join(join))),
    }
    beside::joined(join, names)
}

/// Whether an expression and the queries in it use columns of a schema only.
fn is_about(expr: &Expr, schema: &DFSchema) -> bool {
    let mut found = expr.column_refs().into_iter().all(|column| schema.has_column(column));
    let walked = expr.apply_dyn(|expr| {
        let outer = match expr {
            Expr::Exists(Exists { subquery, .. }) => &subquery.outer_ref_columns,
            Expr::InSubquery(inner) => &inner.subquery.outer_ref_columns,
            Expr::ScalarSubquery(subquery) => &subquery.outer_ref_columns,
            _ => return Ok(TreeNodeRecursion::Continue),
        };
        found &= outer
            .iter()
            .all(|outer| matches!(outer, Expr::OuterReferenceColumn(_, column) if schema.has_column(column)));
        Ok(TreeNodeRecursion::Continue)
    });
    found && walked.is_ok()
}

fn is_over_query(expr: &Expr) -> bool {
    let found = expr.exists_dyn(|expr| {
        Ok(matches!(expr, Expr::InSubquery(_) | Expr::Exists(_) | Expr::ScalarSubquery(_)))
    });
    found.unwrap_or(false)
}

fn has_subquery(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply_expressions_dyn(|expr| {
        found |= is_over_query(expr);
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(found)
}

/// A plan of one input, whose expressions find in columns of the input whether there are rows. Its columns are called as those
/// of another schema, of the plan with the given expressions.
fn with_marks(
    plan: LogicalPlan,
    schema: &DFSchema,
    given: &[Expr],
    names: &mut Names,
) -> Result<LogicalPlan> {
    let [input] = plan.inputs()[..] else { return Ok(plan) };
    let width = input.schema().fields().len();
    let mut input = input.clone();
    let mut exprs = Vec::new();
    for expr in plan.expressions() {
        let expr = membership::as_value(expr, input.schema(), names)?;
        let expr = mark::without_correlation(expr)?.transform_up_dyn(|expr| {
            let expr = over_column(expr, &mut input, names)?;
            let Expr::Exists(Exists { subquery, negated }) = &expr.data else { return Ok(expr) };
            let Some((marked, mark)) = mark::join(&input, subquery, names)? else { return Ok(expr) };
            input = marked;
            Ok(Transformed::yes(if *negated { !mark } else { mark }))
        });
        exprs.push(expr.data()?);
    }
    if !matches!(plan, LogicalPlan::Projection(_)) {
        exprs = below(exprs, &mut input, names)?;
    }
    if exprs == given {
        return Ok(plan);
    }
    if matches!(plan, LogicalPlan::Projection(_)) {
        let named = exprs.into_iter().zip(schema.iter()).map(|(expr, (qualifier, field))| match &expr {
            Expr::Column(_) => expr,
            _ => expr.unalias().alias_qualified(qualifier.cloned(), field.name()),
        });
        return Projection::try_new(named.collect(), Arc::new(input)).map(LogicalPlan::Projection);
    }
    let more = input.schema().fields().len() - width;
    let plan = plan.with_new_exprs(exprs, vec![input])?;
    // What the input has more goes on behind its own columns; all else stands where it stood, under other names.
    let passes_input = matches!(plan, LogicalPlan::Window(_) | LogicalPlan::Sort(_));
    let own = plan
        .schema()
        .iter()
        .enumerate()
        .filter(|(place, _)| !passes_input || !(width..width + more).contains(place));
    let columns = own.zip(schema.iter()).map(|((_, (from, field)), (qualifier, name))| {
        let column = Expr::Column(Column::new(from.cloned(), field.name()));
        match (from, field.name()) == (qualifier, name.name()) {
            true => column,
            false => column.alias_qualified(qualifier.cloned(), name.name()),
        }
    });
    let columns: Vec<Expr> = columns.collect();
    LogicalPlanBuilder::from(plan).project(columns)?.build()
}

/// Expressions over correlated queries, which become columns of the input, behind its own.
fn below(exprs: Vec<Expr>, input: &mut LogicalPlan, names: &mut Names) -> Result<Vec<Expr>> {
    let mut queries: Vec<(Expr, String)> = Vec::new();
    let over_columns = |expr: Expr| {
        expr.transform_up_dyn(|expr| match &expr {
            Expr::ScalarSubquery(subquery) if !subquery.outer_ref_columns.is_empty() => {
                let known = queries.iter().find(|(query, _)| *query == expr).map(|(_, name)| name.clone());
                let name = known.unwrap_or_else(|| {
                    let name = names.next();
                    queries.push((expr.clone(), name.clone()));
                    name
                });
                Ok(Transformed::yes(Expr::Column(Column::new_unqualified(name))))
            }
            _ => Ok(Transformed::no(expr)),
        })
        .data()
    };
    let exprs = exprs.into_iter().map(over_columns).collect::<Result<_>>()?;
    if !queries.is_empty() {
        let columns = input.schema().columns().into_iter().map(Expr::Column);
        let columns = columns.chain(queries.into_iter().map(|(query, name)| query.alias(name)));
        *input = LogicalPlanBuilder::from(input.clone()).project(columns)?.build()?;
    }
    Ok(exprs)
}
