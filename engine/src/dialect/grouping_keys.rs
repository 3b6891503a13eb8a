//! Keys of several groupings that are computed, as in `GROUP BY ROLLUP (d + 1)`.
//!
//! What is written anew before a query is run gets the name that it had, and for the relational core a `ROLLUP (…)` with a name is no `ROLLUP`
//! any more. So its keys are computed below the groups, and are columns from then on.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::common::{Column, DFSchema};
use datafusion::logical_expr::{Aggregate, Expr, GroupingSet, LogicalPlan, Projection};
use datafusion::optimizer::AnalyzerRule;

use crate::walk::{Walk, WalkPlan};

/// Computes the keys of `ROLLUP`, `CUBE` and `GROUPING SETS` below them. It has to come before all rules that write expressions anew.
#[derive(Debug)]
pub(crate) struct GroupingKeys;

impl AnalyzerRule for GroupingKeys {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries_dyn(|plan| match plan {
            LogicalPlan::Aggregate(aggregate) => over_columns(aggregate),
            plan => Ok(Transformed::no(plan)),
        })
        .data()
    }

    fn name(&self) -> &str {
        "grouping_keys"
    }
}

fn over_columns(aggregate: Aggregate) -> Result<Transformed<LogicalPlan>> {
    let computed = match aggregate.group_expr.as_slice() {
        [Expr::GroupingSet(sets)] => computed_keys(sets, aggregate.input.schema()),
        _ => Vec::new(),
    };
    if computed.is_empty() {
        return Ok(Transformed::no(LogicalPlan::Aggregate(aggregate)));
    }
    let columns = aggregate.input.schema().columns().into_iter().map(Expr::Column);
    let keys = computed.iter().map(|(key, column)| key.clone().alias(column.name()));
    let input = Projection::try_new(columns.chain(keys).collect(), Arc::clone(&aggregate.input))?;
    let of_column = |expr: Expr| match computed.iter().find(|(key, _)| *key == expr) {
        Some((_, column)) => Ok(Transformed::yes(Expr::Column(column.clone()))),
        None => Ok(Transformed::no(expr)),
    };
    let keys = aggregate.group_expr.into_iter().map(|key| key.transform_down_dyn(of_column).data());
    let keys = keys.collect::<Result<_>>()?;
    let aggregates = aggregate.aggr_expr.into_iter().map(|expr| {
        // It names a key; others take values, of which the name would not be the same.
        match &expr {
            Expr::AggregateFunction(call) if call.func.name() == "grouping" => {
                expr.transform_down_dyn(of_column).data()
            }
            _ => Ok(expr),
        }
    });
    let aggregates = aggregates.collect::<Result<_>>()?;
    let input = Arc::new(LogicalPlan::Projection(input));
    Ok(Transformed::yes(LogicalPlan::Aggregate(Aggregate::try_new(input, keys, aggregates)?)))
}

/// The keys that are no columns, with those that they become.
fn computed_keys(sets: &GroupingSet, schema: &DFSchema) -> Vec<(Expr, Column)> {
    let is_computed = |key: &&Expr| {
        let is_name_free = schema.index_of_column_by_name(None, &key.schema_name().to_string()).is_none();
        !matches!(key, Expr::Column(_)) && is_name_free && !key.is_volatile()
    };
    let keys = sets.distinct_expr().into_iter().filter(is_computed);
    keys.map(|key| (key.clone(), Column::from_name(key.schema_name().to_string()))).collect()
}
