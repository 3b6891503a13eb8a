//! Correlated aggregates whose condition is more than equality: `(SELECT count(*) FROM b WHERE b.at < a.at)`.
//!
//! The relational core groups by what must be equal, and joins. A condition of another kind is computed first, for the different values of the
//! columns outside: `b` is joined with these by the condition, and what is left is that they are equal to those of the row.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::common::{Column, ScalarValue};
use datafusion::error::Result;
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::logical_expr::utils::{conjunction, split_conjunction};
use datafusion::logical_expr::{
    BinaryExpr, Expr, ExprSchemable, Filter, JoinType, LogicalPlan, LogicalPlanBuilder, Operator, lit,
};

use super::Names;
use crate::walk::Walk;

/// A query that is correlated to the rows of a plan by equality alone, if it can be.
pub(super) fn with_equality(
    query: LogicalPlan,
    outside: &LogicalPlan,
    names: &mut Names,
) -> Result<LogicalPlan> {
    if !has_aggregate(&query)? {
        return Ok(query);
    }
    query
        .transform_up_dyn(|plan| match plan {
            LogicalPlan::Filter(filter) => joined(filter, outside, names),
            other => Ok(Transformed::no(other.recompute_schema()?)),
        })
        .data()
}

fn has_aggregate(query: &LogicalPlan) -> Result<bool> {
    query.exists_dyn(|plan| Ok(matches!(plan, LogicalPlan::Aggregate(_))))
}

fn joined(filter: Filter, outside: &LogicalPlan, names: &mut Names) -> Result<Transformed<LogicalPlan>> {
    let conditions = split_conjunction(&filter.predicate);
    let (other, kept): (Vec<&Expr>, Vec<&Expr>) =
        conditions.into_iter().partition(|condition| condition.contains_outer() && !is_equality(condition));
    let Some(columns) = outer_columns(&other, outside)? else {
        return Ok(Transformed::no(LogicalPlan::Filter(filter)));
    };
    let name = names.next();
    let own = |place: usize| Column::new(Some(name.clone()), format!("c{place}"));
    let values = columns.iter().enumerate();
    let values = values.map(|(place, (column, _))| Expr::Column(column.clone()).alias(format!("c{place}")));
    let values =
        LogicalPlanBuilder::from(outside.clone()).project(values)?.distinct()?.alias(name.clone())?;
    let condition = other.into_iter().map(|condition| {
        condition.clone().transform_up_dyn(|expr| match &expr {
            Expr::OuterReferenceColumn(_, column) => {
                let place = columns.iter().position(|(known, _)| known == column);
                Ok(place.map_or(Transformed::no(expr), |place| Transformed::yes(Expr::Column(own(place)))))
            }
            _ => Ok(Transformed::no(expr)),
        })
    });
    let condition = condition.map(TransformedResult::data).collect::<Result<Vec<_>>>()?;
    let input = LogicalPlanBuilder::from(Arc::unwrap_or_clone(filter.input));
    let input = input.join_on(values.build()?, JoinType::Inner, condition)?;
    // Null is equal to null here: it is one of the values, and stands as another value and the word that it is null.
    let mut computed: Vec<Expr> = input.schema().columns().into_iter().map(Expr::Column).collect();
    let mut equal = Vec::new();
    for (place, (_, outer)) in columns.iter().enumerate() {
        let value = Expr::Column(own(place));
        let instead = lit(ScalarValue::new_default(&outer.get_type(input.schema())?)?);
        for (name, side) in
            [("value", coalesce as fn(Vec<Expr>) -> Expr), ("null", |args| args[0].clone().is_null())]
        {
            let name = format!(
                "{}_{name}_{place}",
                own(place).relation.map(|it| it.to_string()).unwrap_or_default()
            );
            computed.push(side(vec![value.clone(), instead.clone()]).alias(name.clone()));
            equal.push(
                Expr::Column(Column::new_unqualified(name)).eq(side(vec![outer.clone(), instead.clone()])),
            );
        }
    }
    let predicate = conjunction(kept.into_iter().cloned().chain(equal));
    let input = input.project(computed)?.build()?;
    let filtered = match predicate {
        Some(predicate) => LogicalPlan::Filter(Filter::try_new(predicate, Arc::new(input))?),
        None => input,
    };
    Ok(Transformed::yes(filtered))
}

/// `column = …` of the row outside, which the relational core takes.
fn is_equality(condition: &Expr) -> bool {
    let is_column = |expr: &Expr| match expr {
        Expr::Column(_) => true,
        Expr::Cast(cast) => matches!(*cast.expr, Expr::Column(_)),
        _ => false,
    };
    match condition {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => {
            is_column(left) && !right.any_column_refs() || is_column(right) && !left.any_column_refs()
        }
        _ => false,
    }
}

/// The columns of the rows outside that conditions use, each with the reference to it; `None`: there are none, or they are not of these
/// rows, or a condition has another value each time.
fn outer_columns(conditions: &[&Expr], outside: &LogicalPlan) -> Result<Option<Vec<(Column, Expr)>>> {
    let mut columns: Vec<(Column, Expr)> = Vec::new();
    let mut is_fit = true;
    for condition in conditions {
        is_fit &= !condition.is_volatile();
        condition.apply_dyn(|expr| {
            match expr {
                Expr::OuterReferenceColumn(_, column) => {
                    is_fit &= outside.schema().has_column(column);
                    if !columns.iter().any(|(known, _)| known == column) {
                        columns.push((column.clone(), expr.clone()));
                    }
                }
                Expr::ScalarSubquery(_) | Expr::Exists(_) | Expr::InSubquery(_) | Expr::SetComparison(_) => {
                    is_fit = false;
                }
                _ => {}
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
    }
    Ok((is_fit && !columns.is_empty()).then_some(columns))
}
