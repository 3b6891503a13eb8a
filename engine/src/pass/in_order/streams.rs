//! Where rows are wanted in their order, and what stands in the way of that: operators that deal rows out to several partitions, or
//! take those of several inputs as they come.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::physical_expr::window::WindowExpr;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::limit::GlobalLimitExec;
use datafusion::physical_plan::recursive_query::RecursiveQueryExec;
use datafusion::physical_plan::union::{InterleaveExec, UnionExec};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, replace_children_if_necessary};

use super::in_turn::InTurnExec;
use super::{is_leaf_under_steps, is_round_robin, is_step};
use crate::operators::one_stream::OneStreamExec;
use crate::operators::sample::SampleExec;
use crate::operators::windows_of;
use crate::operators::write::WriteExec;
use crate::optimizer::ORDERED;
use crate::walk::Walk;

/// A plan with the same rows, in which whoever wants them in order takes one stream: the result, samples, windows over all rows,
/// and aggregates of all rows that depend on which comes first.
pub(in crate::pass) fn in_streams(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let plan = plan.transform_down_dyn(|node| {
        if node.is::<RecursiveQueryExec>() {
            return Ok(Transformed::new(node, false, TreeNodeRecursion::Jump));
        }
        let whole = in_one_step(&node)?;
        let changed = whole.is_some();
        let node = whole.unwrap_or(node);
        if !wants_order(&node) {
            return Ok(Transformed::new_transformed(node, changed));
        }
        let inputs = node.children().into_iter().map(one_stream).collect::<Result<_>>()?;
        replace_children_if_necessary(node, inputs).map(Transformed::yes)
    });
    result_in_stream(&plan.data()?)
}

/// The same for the rows of the result.
fn result_in_stream(plan: &Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    match written_together(plan) {
        Some(rows) => replace_children_if_necessary(Arc::clone(plan), vec![one_stream(rows)?]),
        None => one_stream(plan),
    }
}

/// The rows that an operator writes; `None` if it does not write, or a file for each partition, which it wants apart.
pub(super) fn written_together(plan: &Arc<dyn ExecutionPlan>) -> Option<&Arc<dyn ExecutionPlan>> {
    let rows = if plan.is::<WriteExec>() { plan.children()[0] } else { return None };
    (rows.output_partitioning().partition_count() == 1).then_some(rows)
}

/// Whether what an operator gives depends on the order in which rows come, and nothing else is asked of them.
pub(super) fn wants_order(node: &Arc<dyn ExecutionPlan>) -> bool {
    node.is::<SampleExec>()
        || node.is::<OneStreamExec>()
        || is_window_over_all(node)
        || is_ordered_aggregate(node, AggregateMode::Single)
}

fn is_window_over_all(node: &Arc<dyn ExecutionPlan>) -> bool {
    let is_over_all =
        |window: &Arc<dyn WindowExpr>| window.partition_by().is_empty() && window.order_by().is_empty();
    windows_of(node).is_some_and(|windows| windows.iter().all(is_over_all))
}

fn is_ordered_aggregate(node: &Arc<dyn ExecutionPlan>, mode: AggregateMode) -> bool {
    let Some(aggregate) = node.downcast_ref::<AggregateExec>() else { return false };
    let takes_as_they_come = aggregate.aggr_expr().iter().any(|call| {
        ORDERED.contains(&call.fun().name()) && call.order_bys().is_empty() && !call.is_distinct()
    });
    *aggregate.mode() == mode && aggregate.group_expr().is_true_no_grouping() && takes_as_they_come
}

/// An aggregate of all rows that wants them in order, without a first step for each partition; `None` for others.
fn in_one_step(node: &Arc<dyn ExecutionPlan>) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    if !is_ordered_aggregate(node, AggregateMode::Final) {
        return Ok(None);
    }
    let Some(coalesce) = node.children()[0].downcast_ref::<CoalescePartitionsExec>() else { return Ok(None) };
    let Some(first) = coalesce.input().downcast_ref::<AggregateExec>() else { return Ok(None) };
    if *first.mode() != AggregateMode::Partial {
        return Ok(None);
    }
    let whole = AggregateExec::try_new(
        AggregateMode::Single,
        first.group_expr().clone(),
        first.aggr_expr().to_vec(),
        first.filter_expr().to_vec(),
        coalesced(first.input()),
        first.input_schema(),
    )?;
    Ok(Some(Arc::new(whole)))
}

/// The rows of a plan in one stream, if they have an order: that in which the queries of a union are written, or that of one stream
/// which is dealt out. Rows of files are left in several, as [`InOrderExec`](super::InOrderExec) puts them together.
fn one_stream(node: &Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    Ok(made_one_stream(node)?.unwrap_or_else(|| Arc::clone(node)))
}

/// `None` where nothing is to be changed.
fn made_one_stream(node: &Arc<dyn ExecutionPlan>) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    if node.is::<UnionExec>() || node.is::<InterleaveExec>() {
        let branch = |input| Ok(coalesced(&one_stream(input)?));
        let branches = node.children().into_iter().map(branch).collect::<Result<_>>()?;
        return Ok(Some(InTurnExec::over(branches, node.schema())));
    }
    let [input] = node.children()[..] else { return Ok(None) };
    if is_round_robin(node) {
        let is_one = input.output_partitioning().partition_count() == 1 && !is_leaf_under_steps(input);
        return Ok(made_one_stream(input)?.or_else(|| is_one.then(|| Arc::clone(input))));
    }
    let coalesce = node.downcast_ref::<CoalescePartitionsExec>();
    if coalesce.is_none() && !is_step(node) && !node.is::<GlobalLimitExec>() {
        return Ok(None);
    }
    let Some(input) = made_one_stream(input)? else { return Ok(None) };
    match coalesce.map(ExecutionPlan::fetch) {
        None => replace_children_if_necessary(Arc::clone(node), vec![input]).map(Some),
        Some(None) => Ok(Some(input)),
        Some(fetch) => Ok(Some(Arc::new(GlobalLimitExec::new(input, 0, fetch)))),
    }
}

fn coalesced(plan: &Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
    if plan.output_partitioning().partition_count() == 1 {
        return Arc::clone(plan);
    }
    Arc::new(CoalescePartitionsExec::new(Arc::clone(plan)))
}
