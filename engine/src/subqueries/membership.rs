//! `x IN (SELECT …)` as `EXISTS`, with the values that SQL gives it.
//!
//! It is true where a row is equal to `x`; otherwise it is null where `x` or a row is null, and false if not, so it is false of a query
//! without rows, whatever `x` is.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{Column, DFSchema, ExprSchema, ScalarValue};
use datafusion::error::Result;
use datafusion::logical_expr::expr::{Case, Exists, InSubquery, SetComparison, SetQuantifier};
use datafusion::logical_expr::utils::disjunction;
use datafusion::logical_expr::{
    BinaryExpr, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Operator, Subquery, lit,
};

use super::Names;
use super::outer::core_takes;
use crate::walk::{Walk, WalkPlan};

/// A plan in which `x = ANY (SELECT …)` and `x <> ALL (SELECT …)` are `IN` and `NOT IN`, which they mean, other comparisons are with
/// columns that no column outside is called as, and correlated queries that always have one row are values: the relational core loses
/// that row where its groups are empty.
pub(super) fn of_comparisons(plan: LogicalPlan, names: &mut Names) -> Result<Transformed<LogicalPlan>> {
    plan.map_expressions_dyn(|expr| {
        expr.transform_up_dyn(|expr| match expr {
            Expr::SetComparison(SetComparison {
                expr,
                subquery,
                op: op @ (Operator::Eq | Operator::NotEq),
                quantifier,
            }) if (quantifier == SetQuantifier::Any) == (op == Operator::Eq) => {
                let negated = op == Operator::NotEq;
                Ok(Transformed::yes(Expr::InSubquery(InSubquery { expr, subquery, negated })))
            }
            // The relational core puts the column of the query beside those outside, from which it has to be told.
            Expr::SetComparison(SetComparison { expr, subquery, op, quantifier }) => {
                let column = Expr::Column(subquery.subquery.schema().columns()[0].clone());
                let query = LogicalPlanBuilder::from(subquery.subquery.as_ref().clone());
                let query = Arc::new(query.project([column.alias(names.next())])?.build()?);
                let subquery = Subquery { subquery: query, ..subquery };
                Ok(Transformed::yes(Expr::SetComparison(SetComparison { expr, subquery, op, quantifier })))
            }
            Expr::InSubquery(InSubquery { expr, subquery, negated }) if has_one_row(&subquery) => {
                let value = Expr::ScalarSubquery(subquery);
                Ok(Transformed::yes(if negated { (*expr).not_eq(value) } else { (*expr).eq(value) }))
            }
            Expr::Exists(Exists { subquery, negated }) if has_one_row(&subquery) => {
                Ok(Transformed::yes(lit(!negated)))
            }
            other => Ok(Transformed::no(other)),
        })
    })
}

/// Whether it depends on the row, and is an aggregate of all its rows.
fn has_one_row(subquery: &Subquery) -> bool {
    fn is_of_all(query: &LogicalPlan) -> bool {
        match query {
            LogicalPlan::Aggregate(aggregate) => aggregate.group_expr.is_empty(),
            LogicalPlan::Projection(projection) => is_of_all(&projection.input),
            LogicalPlan::SubqueryAlias(alias) => is_of_all(&alias.input),
            _ => false,
        }
    }
    !subquery.outer_ref_columns.is_empty() && is_of_all(&subquery.subquery)
}

/// The condition of a filter, for which null is as good as false. What the relational core makes a join of as it is stays.
pub(super) fn as_condition(condition: Expr, rows: &LogicalPlan, names: &mut Names) -> Result<Expr> {
    Rewriting { schema: rows.schema(), names, kept_for: Some(rows) }.condition(condition, true)
}

/// An expression of the rows of a plan.
pub(super) fn as_value(expr: Expr, schema: &DFSchema, names: &mut Names) -> Result<Expr> {
    Rewriting { schema, names, kept_for: None }.value(expr)
}

struct Rewriting<'a> {
    schema: &'a DFSchema,
    names: &'a mut Names,
    /// The rows of which the relational core makes a join with what is simply true.
    kept_for: Option<&'a LogicalPlan>,
}

impl Rewriting<'_> {
    /// An expression of which only matters whether it is true; `is_whole`: rows that are not true are left out at once.
    fn condition(&mut self, expr: Expr, is_whole: bool) -> Result<Expr> {
        match expr {
            Expr::BinaryExpr(BinaryExpr { left, op: op @ (Operator::And | Operator::Or), right }) => {
                let is_whole = is_whole && op == Operator::And;
                let left = Box::new(self.condition(*left, is_whole)?);
                let right = Box::new(self.condition(*right, is_whole)?);
                Ok(Expr::BinaryExpr(BinaryExpr { left, op, right }))
            }
            Expr::Not(inner) => match *inner {
                Expr::InSubquery(InSubquery { expr, subquery, negated }) => {
                    self.is_true(InSubquery { expr, subquery, negated: !negated }, is_whole)
                }
                other => self.value(Expr::Not(Box::new(other))),
            },
            Expr::IsTrue(inner) => Ok(Expr::IsTrue(Box::new(self.condition(*inner, false)?))),
            Expr::IsNotTrue(inner) => Ok(Expr::IsNotTrue(Box::new(self.condition(*inner, false)?))),
            Expr::InSubquery(inner) => self.is_true(inner, is_whole),
            other => self.value(other),
        }
    }

    /// An expression of which matters whether it is null.
    fn value(&mut self, expr: Expr) -> Result<Expr> {
        match expr {
            Expr::InSubquery(inner) => self.as_case(inner),
            Expr::IsTrue(_) | Expr::IsNotTrue(_) => self.condition(expr, false),
            Expr::Case(Case { expr: None, when_then_expr, else_expr }) => {
                let branch = |(when, then): (Box<Expr>, Box<Expr>)| {
                    Ok((Box::new(self.condition(*when, false)?), Box::new(self.value(*then)?)))
                };
                let when_then_expr = when_then_expr.into_iter().map(branch).collect::<Result<_>>()?;
                let else_expr = else_expr.map(|expr| self.value(*expr).map(Box::new)).transpose()?;
                Ok(Expr::Case(Case { expr: None, when_then_expr, else_expr }))
            }
            other => other.map_children(|child| self.value(child).map(Transformed::yes)).data(),
        }
    }

    fn is_true(&mut self, inner: InSubquery, is_whole: bool) -> Result<Expr> {
        let is_correlated = !inner.subquery.outer_ref_columns.is_empty();
        if inner.expr.contains_outer() {
            return Ok(Expr::InSubquery(inner));
        }
        if let Some(rows) = self.kept_for
            && (!inner.negated || is_whole && !is_correlated && self.names.null_aware_joins)
            // Of a join without a key the core forgets what nulls mean.
            && !inner.expr.column_refs().is_empty()
        {
            let kept = Expr::InSubquery(inner.clone());
            if core_takes(&kept, rows)? {
                return Ok(kept);
            }
        }
        let equal = self.equal(&inner)?;
        if !inner.negated {
            return Ok(equal);
        }
        // Each is a join of its own.
        Ok(self.unknown(&inner)?.into_iter().fold(!equal, |is_true, unknown| is_true.and(!unknown)))
    }

    fn as_case(&mut self, inner: InSubquery) -> Result<Expr> {
        if inner.expr.contains_outer() {
            return Ok(Expr::InSubquery(inner));
        }
        let equal = self.equal(&inner)?;
        let Some(unknown) = disjunction(self.unknown(&inner)?) else {
            return Ok(if inner.negated { !equal } else { equal });
        };
        let null = Expr::Literal(ScalarValue::Boolean(None), None);
        let when = |condition: Expr, value: Expr| (Box::new(condition), Box::new(value));
        Ok(Expr::Case(Case {
            expr: None,
            when_then_expr: vec![when(equal, lit(!inner.negated)), when(unknown, null)],
            else_expr: Some(Box::new(lit(inner.negated))),
        }))
    }

    /// Whether a row is equal.
    fn equal(&mut self, inner: &InSubquery) -> Result<Expr> {
        let outer = to_outer((*inner.expr).clone(), self.schema)?;
        let (query, column) = self.named(inner)?;
        let condition = column.eq(outer);
        exists(query, &inner.subquery, Some((condition, &inner.expr, self.schema)))
    }

    /// When it is null if no row is equal: where a row is null, and where it is null itself and there are rows. Without correlation
    /// these are queries of which each is run once.
    fn unknown(&mut self, inner: &InSubquery) -> Result<Vec<Expr>> {
        let mut unknown = Vec::new();
        if inner.subquery.subquery.schema().field(0).is_nullable() {
            let (query, column) = self.named(inner)?;
            let nulls = LogicalPlanBuilder::from(query).filter(column.is_null())?.build()?;
            unknown.push(exists(nulls, &inner.subquery, None)?);
        }
        if inner.expr.nullable(self.schema)? {
            let any = exists((*inner.subquery.subquery).clone(), &inner.subquery, None)?;
            unknown.push((*inner.expr).clone().is_null().and(any));
        }
        Ok(unknown)
    }

    /// The query, and its column by a name that no column outside has.
    fn named(&mut self, inner: &InSubquery) -> Result<(LogicalPlan, Expr)> {
        let query = &inner.subquery.subquery;
        let (relation, field) = query.schema().qualified_field(0);
        let is_taken = inner.expr.column_refs().iter().any(|column| column.relation.as_ref() == relation);
        if !is_taken {
            return Ok(((**query).clone(), Expr::Column(Column::new(relation.cloned(), field.name()))));
        }
        let name = self.names.next();
        let column = Expr::Column(Column::new(Some(name.clone()), field.name()));
        Ok((LogicalPlanBuilder::from((**query).clone()).alias(name)?.build()?, column))
    }
}

/// Whether a query has rows, for which a condition is true if there is one. It uses the columns of an expression outside.
fn exists(query: LogicalPlan, from: &Subquery, condition: Option<(Expr, &Expr, &DFSchema)>) -> Result<Expr> {
    let mut outer_ref_columns = from.outer_ref_columns.clone();
    let query = match condition {
        None => query,
        Some((condition, outer, schema)) => {
            for column in outer.column_refs() {
                outer_ref_columns.push(to_outer(Expr::Column(column.clone()), schema)?);
            }
            LogicalPlanBuilder::from(query).filter(condition)?.build()?
        }
    };
    let subquery = Subquery { subquery: Arc::new(query), outer_ref_columns, spans: from.spans.clone() };
    Ok(Expr::Exists(Exists { subquery, negated: false }))
}

/// An expression of the rows outside, as a query inside sees it.
fn to_outer(expr: Expr, schema: &DFSchema) -> Result<Expr> {
    expr.transform_up_dyn(|expr| match expr {
        Expr::Column(column) => {
            let field = Arc::clone(schema.field_from_column(&column)?);
            Ok(Transformed::yes(Expr::OuterReferenceColumn(field, column)))
        }
        other => Ok(Transformed::no(other)),
    })
    .data()
}
