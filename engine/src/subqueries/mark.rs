//! Whether there are rows of a query, for each row of a plan.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::common::Column;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::error::Result;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::expr::Exists;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, JoinType, LogicalPlan, LogicalPlanBuilder, Subquery, lit};
use datafusion::optimizer::decorrelate::PullUpCorrelatedExpr;

use super::Names;
use crate::walk::Walk;

/// An expression in which what does not depend on the row is a value that is computed once.
pub(super) fn without_correlation(expr: Expr) -> Result<Expr> {
    expr.transform_up_dyn(|expr| match expr {
        Expr::Exists(exists) if exists.subquery.outer_ref_columns.is_empty() => {
            once(exists).map(Transformed::yes)
        }
        other => Ok(Transformed::no(other)),
    })
    .data()
}

fn once(Exists { subquery, negated }: Exists) -> Result<Expr> {
    let rows = LogicalPlanBuilder::from((*subquery.subquery).clone()).limit(0, Some(1))?;
    let rows = rows.aggregate(Vec::<Expr>::new(), [count(lit(1)).alias("rows")])?;
    let found = Expr::Column(Column::new_unqualified("rows"));
    let value = if negated { found.eq(lit(0_i64)) } else { found.gt(lit(0_i64)) };
    let query = rows.project([value.alias("exists")])?.build()?;
    Ok(Expr::ScalarSubquery(Subquery { subquery: Arc::new(query), ..subquery }))
}

/// A plan with a column more, which tells whether there are rows of a query, and that column; `None`: the query depends on the row in
/// a way that cannot be a condition of a join.
pub(super) fn join(
    plan: &LogicalPlan,
    subquery: &Subquery,
    names: &mut Names,
) -> Result<Option<(LogicalPlan, Expr)>> {
    let mut pull_up = PullUpCorrelatedExpr::new().with_exists_sub_query(true);
    let query = (*subquery.subquery).clone().rewrite(&mut pull_up).data()?;
    if !pull_up.can_pull_up {
        return Ok(None);
    }
    let name = names.next();
    let inner: BTreeSet<Column> = pull_up.correlated_subquery_cols_map.into_values().flatten().collect();
    let condition =
        conjunction(pull_up.join_filters).unwrap_or_else(|| lit(true)).transform_up_dyn(|expr| match expr {
            Expr::Column(column) if inner.contains(&column) => {
                Ok(Transformed::yes(Expr::Column(Column::new(Some(name.clone()), column.name))))
            }
            other => Ok(Transformed::no(other)),
        });
    let condition = condition.data()?;
    let query = LogicalPlanBuilder::from(query).alias(name.clone())?;
    // The core wants no columns there but those of the condition.
    let needed = condition.column_refs();
    let is_needed = |column: &Column| needed.contains(column);
    let columns: Vec<Expr> =
        query.schema().columns().into_iter().filter(is_needed).map(Expr::Column).collect();
    let query = if columns.is_empty() { query } else { query.project(columns)? };
    let marked = LogicalPlanBuilder::from(plan.clone())
        .join_on(query.build()?, JoinType::LeftMark, Some(condition))?
        .build()?;
    Ok(Some((marked, Expr::Column(Column::new(Some(name), "mark")))))
}
