//! Groups one after the other, where an aggregate keeps all values of a group.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::error::Result;
use datafusion::physical_expr::{LexOrdering, Partitioning, PhysicalSortExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::{ExecutionPlan, InputOrderMode};

use crate::aggregates::keeps_values;
use crate::walk::Walk;

/// Sorts rows by the keys of a group, so that one group is in memory at a time.
///
/// A table of groups with all their values goes to disk as rows that are as long as the groups, and comes back only as a
/// whole. Rows as they are read are short, and a sort of them has a bound.
#[derive(Debug)]
pub(crate) struct SortGroups;

impl PhysicalOptimizerRule for SortGroups {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_down_dyn(|node| {
            match node.downcast_ref::<AggregateExec>().map(sorted).transpose()? {
                Some(Some(sorted)) => Ok(Transformed::yes(sorted)),
                _ => Ok(Transformed::no(node)),
            }
        })
        .data()
    }

    fn name(&self) -> &str {
        "sort_groups"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// An aggregate over sorted rows in place of one that keeps values in a table.
fn sorted(aggregate: &AggregateExec) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let keeps = aggregate.aggr_expr().iter().any(|call| keeps_values(call.fun().name()));
    if !keeps || *aggregate.input_order_mode() != InputOrderMode::Linear {
        return Ok(None);
    }
    let Some((whole, input)) = whole(aggregate, Arc::clone)? else { return Ok(None) };
    let has_order = whole.aggr_expr().iter().any(|call| !call.order_bys().is_empty());
    let keys = whole.group_expr();
    let order = keys.input_exprs().into_iter().map(PhysicalSortExpr::new_default);
    let Some(order) = LexOrdering::new(order).filter(|_| !has_order && keys.is_single()) else {
        return Ok(None);
    };
    let mode = match whole.mode() {
        AggregateMode::Single => AggregateMode::Single,
        _ => AggregateMode::SinglePartitioned,
    };
    let input = SortExec::new(order, input).with_preserve_partitioning(mode != AggregateMode::Single);
    Ok(Some(Arc::new(AggregateExec::try_new(
        mode,
        keys.clone(),
        whole.aggr_expr().to_vec(),
        whole.filter_expr().to_vec(),
        Arc::new(input),
        whole.input_schema(),
    )?)))
}

/// What is computed, and of which rows: of an aggregate that is done in two steps the first, of the rows that would be
/// exchanged between them.
pub(super) fn whole(
    aggregate: &AggregateExec,
    rows_of: impl Fn(&Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan>,
) -> Result<Option<(&AggregateExec, Arc<dyn ExecutionPlan>)>> {
    match aggregate.mode() {
        AggregateMode::Single | AggregateMode::SinglePartitioned => {
            Ok(Some((aggregate, rows_of(aggregate.input()))))
        }
        AggregateMode::FinalPartitioned => {
            let Some(exchange) = aggregate.input().downcast_ref::<RepartitionExec>() else { return Ok(None) };
            let Some(first) = exchange.input().downcast_ref::<AggregateExec>() else { return Ok(None) };
            let Partitioning::Hash(_, partitions) = exchange.partitioning() else { return Ok(None) };
            let by_keys = Partitioning::Hash(first.group_expr().input_exprs(), *partitions);
            let exchange = RepartitionExec::try_new(rows_of(first.input()), by_keys)?;
            let is_first = *first.mode() == AggregateMode::Partial;
            Ok(is_first.then(|| (first, Arc::new(exchange) as Arc<dyn ExecutionPlan>)))
        }
        _ => Ok(None),
    }
}
