//! Aggregates over different values, apart from each other.
//!
//! `count(DISTINCT a), count(DISTINCT b)` keeps all values of both columns in memory. Alone, `count(DISTINCT a)` is
//! computed by way of groups, which go to disk where memory is short. So each is computed by itself, the others
//! together, and the results are joined by their keys: every key has a row in each of them, as all have the same input.
//!
//! Even where there is memory, that takes about half the time: a value is put into one table of (key, value), which is
//! divided among the threads by both, and not into a set of each key that moves from thread to thread. It pays where the
//! input costs little to compute again, as what several scans read of files is read once.

use std::sync::Arc;

use datafusion_common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion_common::{Column, NullEquality, Result, TableReference};
use datafusion_expr::expr::AggregateFunction;
use datafusion_expr::{
    Aggregate, Expr, JoinType, LogicalPlan, LogicalPlanBuilder, Projection, SubqueryAlias,
};

use crate::repetition::without_repetition;

/// Which aggregates over different values are computed apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// All that would be held in memory together.
    ToSaveMemory,
    /// Those of which there are at least two, over rows of a table.
    ToSaveTime,
}

impl Split {
    /// How the parts are joined: every key has a row in each, so that all joins give the same. A full join puts off none of them
    /// until it knows the keys of another one, and all can take the rows of the input as they are read.
    fn join_type(self) -> JoinType {
        match self {
            Self::ToSaveMemory => JoinType::Inner,
            Self::ToSaveTime => JoinType::Full,
        }
    }
}

/// A plan with the same rows, in which aggregates over different values are computed apart. Their input is computed once
/// for each.
///
/// # Errors
/// The plan is not consistent.
pub fn split_distinct(plan: LogicalPlan, split: Split) -> Result<Transformed<LogicalPlan>> {
    plan.transform_up_with_subqueries(|node| match node {
        LogicalPlan::Aggregate(aggregate) => match parts(&aggregate, split) {
            Some(parts) if !is_volatile(&aggregate.input)? => {
                join(&aggregate, &parts, split.join_type()).map(Transformed::yes)
            }
            _ => Ok(Transformed::no(LogicalPlan::Aggregate(aggregate))),
        },
        node => Ok(Transformed::no(node)),
    })
}

/// Whether a plan gives rows of a table, some of them or all.
fn is_scan(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::TableScan(_) => true,
        LogicalPlan::Projection(_) | LogicalPlan::Filter(_) | LogicalPlan::SubqueryAlias(_) => {
            plan.inputs().into_iter().all(is_scan)
        }
        _ => false,
    }
}

/// The numbers of the aggregates that are computed together; `None` if all are.
fn parts(aggregate: &Aggregate, split: Split) -> Option<Vec<Vec<usize>>> {
    let grouped_by_sets = matches!(aggregate.group_expr.as_slice(), [Expr::GroupingSet(_), ..]);
    if grouped_by_sets || aggregate.group_expr.iter().any(Expr::is_volatile) {
        return None;
    }
    let mut others = Vec::new();
    // Each with the values that are told apart.
    let mut distinct: Vec<(&[Expr], Vec<usize>)> = Vec::new();
    let mut by_groups = true;
    for (number, expr) in aggregate.aggr_expr.iter().enumerate() {
        match distinct_values(expr) {
            Some(values) => match distinct.iter_mut().find(|(known, _)| *known == values) {
                Some((_, numbers)) => numbers.push(number),
                None => distinct.push((values, vec![number])),
            },
            None => {
                by_groups &= goes_with_groups(expr);
                others.push(number);
            }
        }
    }
    let are_split = match split {
        // With these beside it, the relational core computes one by way of groups already.
        Split::ToSaveMemory => distinct.len() > 1 || distinct.len() == 1 && !by_groups,
        Split::ToSaveTime => distinct.len() > 1 && is_scan(&aggregate.input),
    };
    if !are_split {
        return None;
    }
    let others = (!others.is_empty()).then_some(others);
    Some(others.into_iter().chain(distinct.into_iter().map(|(_, numbers)| numbers)).collect())
}

/// The values that an aggregate tells apart, if it can be computed by way of groups.
fn distinct_values(expr: &Expr) -> Option<&[Expr]> {
    let AggregateFunction { params, .. } = function(expr)?;
    let plain = params.filter.is_none() && params.order_by.is_empty();
    (params.distinct && plain).then_some(params.args.as_slice())
}

/// Whether an aggregate of groups can be made of the same one of smaller groups, as the relational core sees it.
fn goes_with_groups(expr: &Expr) -> bool {
    function(expr).is_some_and(|AggregateFunction { func, params }| {
        let plain = params.filter.is_none() && params.order_by.is_empty() && !params.distinct;
        plain && matches!(func.name(), "sum" | "min" | "max")
    })
}

fn function(expr: &Expr) -> Option<&AggregateFunction> {
    match expr {
        Expr::Alias(alias) => function(&alias.expr),
        Expr::AggregateFunction(function) => Some(function),
        _ => None,
    }
}

/// Whether a plan may give other rows when it is computed again.
fn is_volatile(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            found |= expr.is_volatile();
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}

/// The parts of an aggregate, joined by their keys, with the columns of the whole.
fn join(aggregate: &Aggregate, parts: &[Vec<usize>], join_type: JoinType) -> Result<LogicalPlan> {
    let keys = keys(aggregate).len();
    let name = |part: usize| TableReference::bare(format!("part {part}"));
    let key = |part: usize, key: usize| Column::new(Some(name(part)), format!("k{key}"));
    let mut joined: Option<LogicalPlanBuilder> = None;
    for (number, part) in parts.iter().enumerate() {
        let right = part_of(aggregate, part, name(number))?;
        joined = Some(match joined {
            None => LogicalPlanBuilder::from(right),
            Some(left) if keys == 0 => left.cross_join(right)?,
            Some(left) => {
                let on = |part| (0..keys).map(|number| key(part, number)).collect::<Vec<_>>();
                let on = (on(0), on(number));
                left.join_detailed(right, join_type, on, None, NullEquality::NullEqualsNull)?
            }
        });
    }
    let place = |number: usize| {
        let part = parts.iter().position(|part| part.contains(&number)).unwrap_or_default();
        Column::new(Some(name(part)), format!("a{number}"))
    };
    let columns = (0..keys).map(|number| key(0, number)).chain((0..aggregate.aggr_expr.len()).map(place));
    let columns = columns.zip(aggregate.schema.iter()).map(|(column, (qualifier, field))| {
        Expr::Column(column).alias_qualified(qualifier.cloned(), field.name())
    });
    match joined {
        Some(joined) => joined.project(columns)?.build(),
        None => Ok(LogicalPlan::Aggregate(aggregate.clone())),
    }
}

/// Some aggregates of many, with the keys: the keys are called `k0` …, the aggregates by their numbers `a0` ….
fn part_of(aggregate: &Aggregate, part: &[usize], name: TableReference) -> Result<LogicalPlan> {
    let exprs = part.iter().map(|number| aggregate.aggr_expr[*number].clone()).collect();
    let keys = keys(aggregate);
    let names = (0..keys.len()).map(|key| format!("k{key}"));
    let part_plan = Aggregate::try_new(Arc::clone(&aggregate.input), keys, exprs)?;
    let names = names.chain(part.iter().map(|number| format!("a{number}")));
    let columns = part_plan.schema.iter().zip(names);
    let columns = columns.map(|(field, name)| Expr::Column(Column::from(field)).alias(name)).collect();
    let columns = Projection::try_new(columns, Arc::new(LogicalPlan::Aggregate(part_plan)))?;
    Ok(LogicalPlan::SubqueryAlias(SubqueryAlias::try_new(Arc::new(LogicalPlan::Projection(columns)), name)?))
}

/// The keys of an aggregate, none twice: of one that is, there is one column.
fn keys(aggregate: &Aggregate) -> Vec<Expr> {
    without_repetition(aggregate.group_expr.iter().cloned())
}

#[cfg(test)]
mod tests {
    use datafusion_common::arrow::datatypes::{DataType, Field, Schema};
    use datafusion_expr::logical_plan::builder::LogicalTableSource;
    use datafusion_expr::{col, lit};
    use datafusion_functions_aggregate::expr_fn::{count, count_distinct, max};

    use super::*;

    fn plan(keys: &[&str], aggregates: Vec<Expr>) -> LogicalPlan {
        let field = |name| Field::new(name, DataType::Int64, true);
        let schema = Schema::new(["a", "b", "c"].map(field).to_vec());
        let source = Arc::new(LogicalTableSource::new(Arc::new(schema)));
        let scan = LogicalPlanBuilder::scan("t", source, None).unwrap();
        scan.aggregate(keys.iter().map(|key| col(*key)), aggregates).unwrap().build().unwrap()
    }

    #[test]
    fn each_is_computed_apart_and_the_columns_stay() {
        let whole = plan(&["a"], vec![count_distinct(col("b")), count(lit(1)), count_distinct(col("c"))]);
        let split = split_distinct(whole.clone(), Split::ToSaveMemory).unwrap().data;
        let expected = "\
Projection: part 0.k0 AS a, part 1.a0 AS count(DISTINCT t.b), part 0.a1 AS count(Int32(1)), part 2.a2 AS count(DISTINCT t.c)
  Inner Join: part 0.k0 = part 2.k0
    Inner Join: part 0.k0 = part 1.k0
      SubqueryAlias: part 0
        Projection: t.a AS k0, count(Int32(1)) AS a1
          Aggregate: groupBy=[[t.a]], aggr=[[count(Int32(1))]]
            TableScan: t
      SubqueryAlias: part 1
        Projection: t.a AS k0, count(DISTINCT t.b) AS a0
          Aggregate: groupBy=[[t.a]], aggr=[[count(DISTINCT t.b)]]
            TableScan: t
    SubqueryAlias: part 2
      Projection: t.a AS k0, count(DISTINCT t.c) AS a2
        Aggregate: groupBy=[[t.a]], aggr=[[count(DISTINCT t.c)]]
          TableScan: t";
        assert_eq!(split.display_indent().to_string(), expected);
        let names = |plan: &LogicalPlan| plan.schema().columns();
        assert_eq!(names(&split), names(&whole));
        assert!(split.display_indent().to_string().contains("Inner Join"));
        let without_keys = plan(&[], vec![count_distinct(col("b")), count_distinct(col("c"))]);
        let split =
            split_distinct(without_keys, Split::ToSaveMemory).unwrap().data.display_indent().to_string();
        assert!(split.contains("Cross Join"), "{split}");
    }

    #[test]
    fn a_key_that_is_there_twice_has_one_column() {
        let whole = plan(&["a", "c", "a"], vec![count_distinct(col("b")), max(col("c"))]);
        let split = split_distinct(whole.clone(), Split::ToSaveMemory).unwrap().data;
        assert_eq!(split.schema().columns(), whole.schema().columns());
    }

    #[test]
    fn what_fits_already_stays() {
        for aggregates in [
            vec![count_distinct(col("b"))],
            vec![count_distinct(col("b")), max(col("c"))],
            vec![count(col("b")), max(col("c"))],
        ] {
            let whole = plan(&["a"], aggregates);
            assert_eq!(split_distinct(whole.clone(), Split::ToSaveMemory).unwrap().data, whole);
        }
    }

    #[test]
    fn to_save_time_at_least_two_are_apart_over_rows_of_a_table() {
        let is_split = |plan| split_distinct(plan, Split::ToSaveTime).unwrap().transformed;
        let two = plan(&["a"], vec![count_distinct(col("b")), count_distinct(col("c")), max(col("c"))]);
        let split = split_distinct(two.clone(), Split::ToSaveTime).unwrap().data;
        assert_eq!(split.schema().columns(), two.schema().columns());
        assert_eq!(split.display_indent().to_string().matches("Full Join").count(), 2);
        assert!(!is_split(plan(&["a"], vec![count_distinct(col("b")), count(lit(1))])));
        let keys: [Expr; 0] = [];
        let over_groups = LogicalPlanBuilder::from(plan(&["a", "b"], vec![max(col("c"))]));
        let over_groups =
            over_groups.aggregate(keys, vec![count_distinct(col("a")), count_distinct(col("b"))]);
        assert!(!is_split(over_groups.unwrap().build().unwrap()));
    }
}
