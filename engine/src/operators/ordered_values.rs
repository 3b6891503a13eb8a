//! Groups whose values come in an order, as `array_agg(x ORDER BY y)`.
//!
//! The relational core keeps each value with what it is sorted by as single objects, which take ten times the memory that it counts, and
//! puts lists of several partitions together element by element. Here rows are sorted by the keys of the groups and, within them, by the
//! order; a sort has a bound, and writes to disk. Then one group is made at a time, of values that come as they are wanted.

use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::error::Result;
use datafusion::physical_expr::aggregate::{AggregateExprBuilder, AggregateFunctionExpr};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{LexOrdering, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::sorts::sort::SortExec;

use super::sort_groups::whole;
use crate::aggregates::keeps_values;
use crate::walk::Walk;

/// Sorts rows for aggregates that keep values in an order.
#[derive(Debug)]
pub(crate) struct OrderedValues;

impl PhysicalOptimizerRule for OrderedValues {
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
        "ordered_values"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// An aggregate over rows that are sorted for it, in place of one that sorts values; `None` where there are no such values.
fn sorted(aggregate: &AggregateExec) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    if aggregate.group_expr().is_true_no_grouping() {
        return Ok(None);
    }
    let Some(order) = order(aggregate.aggr_expr()) else { return Ok(None) };
    let Some((whole, input)) = whole(aggregate, |rows| unsorted(rows, order))? else { return Ok(None) };
    let keys = whole.group_expr();
    // Rows of one group of several sets come in several partitions, and not one after the other.
    if !keys.is_single() {
        return Ok(None);
    }
    let by_keys = keys.input_exprs().into_iter().map(PhysicalSortExpr::new_default);
    let Some(by) = LexOrdering::new(by_keys.chain(order.iter().cloned())) else { return Ok(None) };
    let mode = match whole.mode() {
        AggregateMode::Single => AggregateMode::Single,
        _ => AggregateMode::SinglePartitioned,
    };
    let input = SortExec::new(by, input).with_preserve_partitioning(mode != AggregateMode::Single);
    let calls = whole.aggr_expr().iter().map(|call| in_order_of_rows(call, order, whole));
    let Some(calls) = calls.collect::<Result<Option<Vec<_>>>>()? else { return Ok(None) };
    let groups = AggregateExec::try_new(
        mode,
        keys.clone(),
        calls,
        whole.filter_expr().to_vec(),
        Arc::new(input),
        whole.input_schema(),
    )?;
    named_as(Arc::new(groups), &aggregate.schema()).map(Some)
}

/// Gives columns the names that they had: calls that the core has turned round, as first values of one order into last ones of the other,
/// are called so.
fn named_as(groups: Arc<dyn ExecutionPlan>, schema: &SchemaRef) -> Result<Arc<dyn ExecutionPlan>> {
    let own = groups.schema();
    let pairs = || own.fields().iter().zip(schema.fields());
    if pairs().all(|(own, field)| own.name() == field.name()) {
        return Ok(groups);
    }
    let columns = pairs().enumerate().map(|(at, (own, field))| {
        (Arc::new(Column::new(own.name(), at)) as Arc<dyn PhysicalExpr>, field.name().clone())
    });
    Ok(Arc::new(ProjectionExec::try_new(columns.collect::<Vec<_>>(), groups)?))
}

/// The order in which values are kept; of several the longest, of which others may be the beginning.
fn order(calls: &[Arc<AggregateFunctionExpr>]) -> Option<&[PhysicalSortExpr]> {
    let ordered = calls.iter().filter(|call| keeps_in_order(call));
    ordered.map(|call| call.order_bys()).max_by_key(|order| order.len())
}

/// The order of `percentile_cont` says from which end it counts, and nothing of how values are kept.
fn keeps_in_order(call: &AggregateFunctionExpr) -> bool {
    let name = call.fun().name();
    keeps_values(name) && name != "percentile_cont" && !call.order_bys().is_empty() && !call.is_distinct()
}

/// An aggregate of rows that come in an order within their group: one that wants it takes values as they come, and one that wants another
/// sorts them itself; `None` if it cannot.
fn in_order_of_rows(
    call: &Arc<AggregateFunctionExpr>,
    order: &[PhysicalSortExpr],
    aggregate: &AggregateExec,
) -> Result<Option<Arc<AggregateFunctionExpr>>> {
    if call.order_bys().is_empty() {
        return Ok(Some(Arc::clone(call)));
    }
    if !order.starts_with(call.order_bys()) {
        return Ok(Arc::clone(call).with_beneficial_ordering(false)?.map(Arc::new));
    }
    if !keeps_in_order(call) || call.is_reversed() {
        return Ok(Some(Arc::clone(call)));
    }
    let mut unordered = AggregateExprBuilder::new(Arc::new(call.fun().clone()), call.expressions())
        .schema(aggregate.input_schema())
        .alias(call.name())
        .with_ignore_nulls(call.ignore_nulls());
    if let Some(text) = call.human_display() {
        unordered = unordered.human_display(text);
    }
    if let Some(alias) = call.human_display_alias() {
        unordered = unordered.human_display_alias(alias);
    }
    Ok(Some(Arc::new(unordered.build()?)))
}

/// Rows without a sort that is made for the values of all groups at once.
fn unsorted(rows: &Arc<dyn ExecutionPlan>, order: &[PhysicalSortExpr]) -> Arc<dyn ExecutionPlan> {
    match rows.downcast_ref::<SortExec>() {
        Some(sort) if sort.fetch().is_none() && &sort.expr()[..] == order => Arc::clone(sort.input()),
        _ => Arc::clone(rows),
    }
}
