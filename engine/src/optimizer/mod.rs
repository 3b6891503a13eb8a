//! The planner's rules, among those of the relational core.

mod equal_nulls;
mod equal_zeros;
mod first_values;
mod kept_conditions;
mod multiplied_rows;
mod named_keys;
mod query_order;
mod repeated_projections;
mod streamed_windows;

use std::any::Any;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::Transformed;
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::{LogicalPlan, TableScan};
use datafusion::optimizer::{ApplyOrder, Optimizer, OptimizerConfig, OptimizerRule};
use equal_nulls::told_apart;
use equal_zeros::EqualZeros;
use first_values::FirstValues;
use kept_conditions::{PUSH_DOWN_FILTER, with_kept_conditions};
pub(crate) use multiplied_rows::{ForgetFalseKeys, TablesWithoutFalseKeys};
use named_keys::NamedKeys;
pub(crate) use query_order::{ORDERED, QueryOrder, is_over_all, takes_rows_as_they_come};
use repeated_projections::{OPTIMIZE_PROJECTIONS, RepeatedProjections};
pub(crate) use streamed_windows::{Streamed, streamed_windows};
use swath_planner::{Split, optimize, split_distinct};

use crate::dialect::SealLambdas;
use crate::table::SourceTable;

/// The core's rule after which joins are ordered: it has put conditions where they belong, and projections do not
/// stand between the joins yet.
const BEFORE_JOIN_ORDER: &str = PUSH_DOWN_FILTER;

/// All rules for logical plans, in the order in which they are applied: the core's, and ours among them.
pub(crate) fn rules() -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    let mut rules = Optimizer::new().rules;
    let before = rules.iter().position(|rule| rule.name() == BEFORE_JOIN_ORDER);
    rules.insert(before.map_or(rules.len(), |before| before + 1), Arc::new(OrderJoins));
    let before = rules.iter().position(|rule| rule.name() == OPTIMIZE_PROJECTIONS);
    rules.insert(before.unwrap_or(rules.len()), Arc::new(RepeatedProjections));
    rules.push(Arc::new(PushSemiJoinsDown));
    rules.push(Arc::new(SealLambdas));
    rules.push(Arc::new(EqualZeros));
    // Each of what it makes is turned into groups by a rule of the core.
    rules.insert(0, Arc::new(SplitDistinct));
    rules.push(Arc::new(StreamWindows));
    rules.push(Arc::new(NamedKeys));
    // Behind that which leaves out columns that nobody wants.
    rules.push(Arc::new(FirstValues));
    with_kept_conditions(told_apart(rules))
}

#[derive(Debug)]
struct SplitDistinct;

impl OptimizerRule for SplitDistinct {
    fn name(&self) -> &str {
        "split_distinct"
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        split_distinct(plan, Split::ToSaveTime)
    }
}

#[derive(Debug)]
struct StreamWindows;

impl OptimizerRule for StreamWindows {
    fn name(&self) -> &str {
        "stream_windows"
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        streamed_windows(plan, Streamed::ToSaveTime)
    }
}

#[derive(Debug)]
struct OrderJoins;

impl OptimizerRule for OrderJoins {
    fn name(&self) -> &str {
        "order_joins"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        optimize::order_joins(plan, &estimated_rows)
    }
}

/// About how many rows a table has.
fn estimated_rows(scan: &TableScan) -> Option<f64> {
    let provider = source_as_provider(&scan.source).ok()?;
    match (provider.as_ref() as &dyn Any).downcast_ref::<SourceTable>() {
        Some(table) => table.estimated_rows().map(|rows| rows as f64),
        None => provider.statistics()?.num_rows.get_value().map(|rows| *rows as f64),
    }
}

#[derive(Debug)]
struct PushSemiJoinsDown;

impl OptimizerRule for PushSemiJoinsDown {
    fn name(&self) -> &str {
        "push_semi_joins_down"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        optimize::push_semi_join_down(plan)
    }
}
