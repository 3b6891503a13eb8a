//! Queries that depend on the row outside in a way that the relational core has no join for.
//!
//! They are computed for all rows at once, as "Unnesting Arbitrary Queries" (Neumann and Kemper, 2015) has it: the different values of
//! what they use of the rows outside are their domain, [`push`] makes of the query one that has its rows for each value of the domain,
//! and these are joined with the rows outside, where nulls are equal to nulls.

use std::sync::Arc;

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Column, NullEquality, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, Join, JoinType, LogicalPlan, LogicalPlanBuilder, Subquery, lit};

use super::Names;
use super::outer::{column_of, is_column_of, outer_refs};
use super::push::push;
use crate::walk::{Walk, WalkPlan};

/// The values of columns of the rows outside, each once.
pub(super) struct Domain {
    /// The columns outside.
    pub(super) outside: Vec<Column>,
    /// What they are called inside.
    pub(super) inside: Vec<Column>,
    /// All different values, in columns that are called so.
    pub(super) values: LogicalPlan,
}

impl Domain {
    /// The domain of a query that depends on rows of a plan.
    fn of(query: &LogicalPlan, outside: &LogicalPlan, names: &mut Names) -> Result<Self> {
        if !is_repeatable(outside)? {
            return plan_err!("Correlated scalar subquery over rows that may be others each time");
        }
        let mut columns: Vec<Column> = Vec::new();
        for outer in outer_refs(query)? {
            if let Some(column) = column_of(&outer).filter(|_| is_column_of(&outer, outside.schema()))
                && !columns.contains(column)
            {
                columns.push(column.clone());
            }
        }
        let name = names.next();
        let inside: Vec<Column> =
            (0..columns.len()).map(|place| Column::new_unqualified(format!("{name}_{place}"))).collect();
        let values = columns.iter().zip(&inside);
        let values = values.map(|(column, inside)| Expr::Column(column.clone()).alias(&inside.name));
        let values = LogicalPlanBuilder::from(outside.clone()).project(values)?.distinct()?.build()?;
        Ok(Self { outside: columns, inside, values })
    }

    /// The columns inside, as expressions.
    pub(super) fn columns(&self) -> impl Iterator<Item = Expr> {
        self.inside.iter().cloned().map(Expr::Column)
    }

    /// Rows with others that have the columns of the domain, too, by these.
    fn join(
        &self,
        rows: LogicalPlan,
        others: LogicalPlan,
        join_type: JoinType,
        condition: Option<Expr>,
    ) -> Result<LogicalPlan> {
        let keys = (self.outside.clone(), self.inside.clone());
        let rows = LogicalPlanBuilder::from(rows);
        rows.join_detailed(others, join_type, keys, condition, NullEquality::NullEqualsNull)?.build()
    }
}

/// Whether a plan has the same rows each time.
fn is_repeatable(plan: &LogicalPlan) -> Result<bool> {
    let mut is_repeatable = true;
    plan.apply_dyn(|plan| {
        plan.apply_expressions_dyn(|expr| {
            is_repeatable &= !expr.is_volatile();
            Ok(TreeNodeRecursion::Continue)
        })?;
        if let LogicalPlan::Limit(limit) = plan {
            // Rows of files come in their order, those of joins and groups do not.
            limit.input.apply_dyn(|plan| {
                is_repeatable &= !matches!(
                    plan,
                    LogicalPlan::Join(_) | LogicalPlan::Aggregate(_) | LogicalPlan::Distinct(_)
                );
                Ok(TreeNodeRecursion::Continue)
            })?;
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(is_repeatable)
}

/// The value of a query for each row of a plan, which becomes a column more of the plan; of a query that has no more than one row.
pub(super) fn value(plan: &mut LogicalPlan, query: &Subquery, names: &mut Names) -> Result<Expr> {
    let domain = Domain::of(&query.subquery, plan, names)?;
    let found = push(&query.subquery, &domain, names)?;
    let value = Column::new_unqualified(names.next());
    let first = Expr::Column(found.schema().columns()[0].clone());
    let columns = std::iter::once(first.alias(&value.name)).chain(domain.columns());
    let found = LogicalPlanBuilder::from(found).project(columns)?.build()?;
    add(plan, &domain, found, &value)?;
    Ok(Expr::Column(value))
}

/// Whether there are rows of a query for each row of a plan, in a column more of the plan.
pub(super) fn exists(plan: &mut LogicalPlan, query: &Subquery, names: &mut Names) -> Result<Expr> {
    let domain = Domain::of(&query.subquery, plan, names)?;
    let found = push(&query.subquery, &domain, names)?;
    let mark = Column::new_unqualified(names.next());
    let found = LogicalPlanBuilder::from(found).project(domain.columns())?.distinct()?;
    let columns = std::iter::once(lit(true).alias(&mark.name)).chain(domain.columns());
    let found = found.project(columns)?.build()?;
    add(plan, &domain, found, &mark)?;
    Ok(Expr::Column(mark).is_not_null())
}

/// Adds a column of others to the rows of a plan.
fn add(plan: &mut LogicalPlan, domain: &Domain, others: LogicalPlan, column: &Column) -> Result<()> {
    let columns: Vec<Expr> = plan.schema().columns().into_iter().map(Expr::Column).collect();
    let joined = domain.join(plan.clone(), others, JoinType::Left, None)?;
    let columns = columns.into_iter().chain([Expr::Column(column.clone())]);
    *plan = LogicalPlanBuilder::from(joined).project(columns)?.build()?;
    Ok(())
}

/// A lateral join as a plain one.
pub(super) fn lateral(join: Join, names: &mut Names) -> Result<LogicalPlan> {
    if !matches!(join.join_type, JoinType::Inner | JoinType::Left) {
        return plan_err!("Correlated scalar subquery in a join of this kind");
    }
    let columns: Vec<Expr> = join.schema.columns().into_iter().map(Expr::Column).collect();
    let domain = Domain::of(&join.right, &join.left, names)?;
    let others = push(&join.right, &domain, names)?;
    let on = join.on.into_iter().map(|(left, right)| left.eq(right));
    let condition = on.chain(join.filter).reduce(Expr::and);
    let left = Arc::unwrap_or_clone(join.left);
    let joined = domain.join(left, others, join.join_type, condition)?;
    LogicalPlanBuilder::from(joined).project(columns)?.build()
}
