//! Queries in the conditions of outer joins, that depend on rows of the sides.
//!
//! A query about one side is a column more of this side. One about both is looked at for each row of the side that is kept whole, as in a
//! lateral join.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, ExprSchema, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, Filter, Join, JoinType, LogicalPlan, LogicalPlanBuilder};

use super::outer::query_of;
use super::{Names, dependent, is_about, rewritten};
use crate::walk::Walk;

/// The rows of an outer join, with the columns that it had.
pub(super) fn joined(join: Join, names: &mut Names) -> Result<LogicalPlan> {
    let Some(condition) = join.filter.clone().filter(depends) else {
        return Ok(LogicalPlan::Join(join));
    };
    let columns: Vec<Expr> = join.schema.columns().into_iter().map(Expr::Column).collect();
    let mut sides = [Side::of(&join.left), Side::of(&join.right)];
    let condition = condition
        .transform_down_dyn(|expr| {
            if query_of(&expr).is_none_or(|query| query.outer_ref_columns.is_empty()) {
                return Ok(Transformed::no(expr));
            }
            let Some(side) = sides.iter_mut().find(|side| is_about(&expr, side.rows.schema())) else {
                return Ok(Transformed::new(expr, false, TreeNodeRecursion::Jump));
            };
            Ok(Transformed::new(side.add(expr, names), true, TreeNodeRecursion::Jump))
        })
        .data()?;
    let [left, right] = sides.map(|side| side.rows_with_more(names));
    let is_about_both = depends(&condition);
    let join = Join::try_new(
        Arc::new(left?),
        Arc::new(right?),
        join.on,
        Some(condition),
        join.join_type,
        join.join_constraint,
        join.null_equality,
        join.null_aware,
    )?;
    let rows = if is_about_both { across(join, names)? } else { LogicalPlan::Join(join) };
    LogicalPlanBuilder::from(rows).project(columns)?.build()
}

/// Whether an expression is over queries that depend on rows outside.
fn depends(expr: &Expr) -> bool {
    let found =
        expr.exists_dyn(|expr| Ok(query_of(expr).is_some_and(|query| !query.outer_ref_columns.is_empty())));
    found.unwrap_or(false)
}

/// A side of a join, and what is to be computed for each of its rows.
struct Side {
    rows: LogicalPlan,
    more: Vec<Expr>,
}

impl Side {
    fn of(rows: &Arc<LogicalPlan>) -> Self {
        Self { rows: rows.as_ref().clone(), more: Vec::new() }
    }

    /// The column that an expression will be.
    fn add(&mut self, expr: Expr, names: &mut Names) -> Expr {
        let name = names.next();
        self.more.push(expr.alias(&name));
        Expr::Column(Column::new_unqualified(name))
    }

    fn rows_with_more(self, names: &mut Names) -> Result<LogicalPlan> {
        if self.more.is_empty() {
            return Ok(self.rows);
        }
        let columns = self.rows.schema().columns().into_iter().map(Expr::Column).chain(self.more);
        let rows = LogicalPlanBuilder::from(self.rows).project(columns)?.build()?;
        rewritten(rows, names).data()
    }
}

/// An outer join whose condition is of the other side's rows, for each row of the side that is kept whole.
fn across(join: Join, names: &mut Names) -> Result<LogicalPlan> {
    let Join { left, right, on, filter, join_type, join_constraint, null_equality, null_aware, .. } = join;
    let (kept, other, on) = match join_type {
        JoinType::Left => (left, right, on),
        JoinType::Right => (right, left, on.into_iter().map(|(left, right)| (right, left)).collect()),
        _ => return plan_err!("Correlated scalar subquery in a join of this kind"),
    };
    let condition = filter.map(|condition| outside(condition, kept.schema())).transpose()?;
    let other = match condition {
        Some(condition) => Arc::new(LogicalPlan::Filter(Filter::try_new(condition, other)?)),
        None => other,
    };
    let join =
        Join::try_new(kept, other, on, None, JoinType::Left, join_constraint, null_equality, null_aware)?;
    dependent::lateral(join, names)
}

/// An expression in which columns with this schema are of rows outside.
fn outside(expr: Expr, schema: &DFSchema) -> Result<Expr> {
    expr.transform_down_dyn(|expr| match expr {
        Expr::Column(column) if schema.has_column(&column) => {
            let field = Arc::clone(schema.field_from_column(&column)?);
            Ok(Transformed::yes(Expr::OuterReferenceColumn(field, column)))
        }
        other => Ok(Transformed::no(other)),
    })
    .data()
}
