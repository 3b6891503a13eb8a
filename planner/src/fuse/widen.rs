//! One plan in place of two that differ only in what they compute on the way.

use std::sync::Arc;

use datafusion_common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion_expr::expr::AggregateFunction;
use datafusion_expr::logical_plan::{
    Aggregate, Filter, Join, LogicalPlan, Projection, SubqueryAlias, TableScan, TableScanBuilder,
};
use datafusion_expr::{Expr, Operator};

/// Whether two scans read the same table.
pub type SameTable<'a> = &'a dyn Fn(&TableScan, &TableScan) -> bool;

/// A plan with the rows of both and at least the columns of both, each under the name it has there;
/// `None` if the two do not have the same rows, or if one could fail where the other does not.
///
/// Plans are compared by their form: the same filters over the same tables, joined in the same way.
pub fn widen(left: &LogicalPlan, right: &LogicalPlan, same_table: SameTable<'_>) -> Option<LogicalPlan> {
    match (bare(left), bare(right)) {
        (LogicalPlan::TableScan(left), LogicalPlan::TableScan(right)) => scan(left, right, same_table),
        (LogicalPlan::Filter(left), LogicalPlan::Filter(right)) => {
            if left.predicate != right.predicate || changes(&left.predicate) {
                return None;
            }
            let input = widen(&left.input, &right.input, same_table)?;
            Some(LogicalPlan::Filter(Filter::try_new(left.predicate.clone(), Arc::new(input)).ok()?))
        }
        (LogicalPlan::Projection(left), LogicalPlan::Projection(right)) => {
            let input = widen(&left.input, &right.input, same_table)?;
            let exprs = union(&left.expr, &right.expr)?;
            Some(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(input)).ok()?))
        }
        (LogicalPlan::SubqueryAlias(left), LogicalPlan::SubqueryAlias(right)) => {
            if left.alias != right.alias {
                return None;
            }
            let input = widen(&left.input, &right.input, same_table)?;
            let alias = SubqueryAlias::try_new(Arc::new(input), left.alias.clone()).ok()?;
            Some(LogicalPlan::SubqueryAlias(alias))
        }
        (LogicalPlan::Join(left), LogicalPlan::Join(right)) => join(left, right, same_table),
        (LogicalPlan::Aggregate(left), LogicalPlan::Aggregate(right)) => aggregate(left, right, same_table),
        _ => None,
    }
}

/// Without projections that only leave columns out.
fn bare(plan: &LogicalPlan) -> &LogicalPlan {
    match plan {
        LogicalPlan::Projection(projection)
            if projection.expr.iter().all(|expr| matches!(expr, Expr::Column(_))) =>
        {
            bare(&projection.input)
        }
        plan => plan,
    }
}

fn scan(left: &TableScan, right: &TableScan, same_table: SameTable<'_>) -> Option<LogicalPlan> {
    let same = left.table_name == right.table_name
        && left.filters == right.filters
        && left.fetch.is_none()
        && right.fetch.is_none()
        && same_table(left, right);
    if !same {
        return None;
    }
    let projection = match (&left.projection, &right.projection) {
        (Some(left), Some(right)) => {
            let mut columns: Vec<usize> = left.iter().chain(right).copied().collect();
            columns.sort_unstable();
            columns.dedup();
            Some(columns)
        }
        _ => None,
    };
    let (name, source) = (left.table_name.clone(), Arc::clone(&left.source));
    Some(LogicalPlan::TableScan(
        TableScanBuilder::new(name, source)
            .with_projection(projection)
            .with_filters(left.filters.clone())
            .build()
            .ok()?,
    ))
}

fn join(left: &Join, right: &Join, same_table: SameTable<'_>) -> Option<LogicalPlan> {
    let same = left.on == right.on
        && left.filter == right.filter
        && left.join_type == right.join_type
        && left.join_constraint == right.join_constraint
        && left.null_equality == right.null_equality
        && left.null_aware == right.null_aware
        && !left.filter.iter().any(changes);
    if !same {
        return None;
    }
    let join = Join::try_new(
        Arc::new(widen(&left.left, &right.left, same_table)?),
        Arc::new(widen(&left.right, &right.right, same_table)?),
        left.on.clone(),
        left.filter.clone(),
        left.join_type,
        left.join_constraint,
        left.null_equality,
        left.null_aware,
    );
    Some(LogicalPlan::Join(join.ok()?))
}

fn aggregate(left: &Aggregate, right: &Aggregate, same_table: SameTable<'_>) -> Option<LogicalPlan> {
    let keys = &left.group_expr;
    let plain = |expr: &Expr| !matches!(expr, Expr::GroupingSet(_)) && !changes(expr);
    if keys != &right.group_expr || !keys.iter().all(plain) {
        return None;
    }
    let aggregates = union(&left.aggr_expr, &right.aggr_expr)?;
    // What keeps all values of a group costs more together than apart.
    let differ = aggregates.len() > left.aggr_expr.len().max(right.aggr_expr.len())
        || left.aggr_expr.len() != right.aggr_expr.len();
    if differ && !aggregates.iter().all(is_small) {
        return None;
    }
    let input = widen(&left.input, &right.input, same_table)?;
    Some(LogicalPlan::Aggregate(Aggregate::try_new(Arc::new(input), keys.clone(), aggregates).ok()?))
}

/// The expressions of both, each once. `None` if one name means two things, if they may give another
/// value each time, or if those that only one side has may fail.
fn union(left: &[Expr], right: &[Expr]) -> Option<Vec<Expr>> {
    if left.iter().chain(right).any(changes) {
        return None;
    }
    let only_in = |one: &[Expr], other: &[Expr]| -> Vec<Expr> {
        one.iter().filter(|expr| !other.contains(expr)).cloned().collect()
    };
    let only_right = only_in(right, left);
    if !only_in(left, right).iter().chain(&only_right).all(cannot_fail) {
        return None;
    }
    let clash = |expr: &Expr| left.iter().any(|other| other.qualified_name() == expr.qualified_name());
    if only_right.iter().any(clash) {
        return None;
    }
    Some(left.iter().cloned().chain(only_right).collect())
}

/// Whether an expression may give another value each time.
fn changes(expr: &Expr) -> bool {
    expr.is_volatile()
}

/// Whether an expression gives a value whatever it is given: what one output asks for must not make
/// another one fail.
fn cannot_fail(expr: &Expr) -> bool {
    let mut safe = true;
    let walk = expr.apply(|node| {
        safe &= match node {
            Expr::Column(_)
            | Expr::Literal(..)
            | Expr::Alias(_)
            | Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::IsTrue(_)
            | Expr::IsFalse(_)
            | Expr::Not(_)
            | Expr::Between(_)
            | Expr::InList(_)
            | Expr::Case(_)
            | Expr::Like(_)
            | Expr::TryCast(_) => true,
            // Numbers and times in a wider form. Others, such as text to a number, may fail.
            Expr::Cast(cast) => cast.field.data_type().is_floating(),
            Expr::BinaryExpr(binary) => compares(binary.op),
            Expr::AggregateFunction(aggregate) => is_exact_or_wraps(aggregate),
            _ => false,
        };
        Ok(if safe { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    });
    safe && walk.is_ok()
}

fn compares(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::Eq
            | Operator::NotEq
            | Operator::Lt
            | Operator::LtEq
            | Operator::Gt
            | Operator::GtEq
            | Operator::IsDistinctFrom
            | Operator::IsNotDistinctFrom
            | Operator::And
            | Operator::Or
    )
}

/// Aggregates that give a result whatever the values are.
fn is_exact_or_wraps(aggregate: &AggregateFunction) -> bool {
    let known = [
        "count",
        "min",
        "max",
        "avg",
        "mean",
        "stddev",
        "stddev_pop",
        "var",
        "var_pop",
        "sum",
        "median",
        "first_value",
        "last_value",
        "bool_and",
        "bool_or",
        "corr",
        "approx_distinct",
        "approx_percentile_cont",
        "approx_median",
    ];
    known.contains(&aggregate.func.name()) || aggregate.func.name().starts_with("regr_")
}

/// Whether an aggregate keeps a few numbers a group, not all its values.
fn is_small(expr: &Expr) -> bool {
    let large = ["median", "array_agg", "string_agg", "percentile_cont", "nth_value"];
    let mut small = true;
    let walk = expr.apply(|node| {
        if let Expr::AggregateFunction(aggregate) = node {
            small &= !aggregate.params.distinct
                && aggregate.params.order_by.is_empty()
                && !large.contains(&aggregate.func.name());
        }
        Ok(TreeNodeRecursion::Continue)
    });
    small && walk.is_ok()
}
