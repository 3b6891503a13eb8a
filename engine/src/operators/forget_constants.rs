//! Aggregates over rows of which nothing but constants is in order.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::error::Result;
use datafusion::physical_expr::EquivalenceProperties;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, ExecutionPlan, ExecutionPlanProperties, InputOrderMode, PlanProperties,
    ReplaceChildrenOptions,
};

use super::one_input::{Passage, PassageExec};
use crate::walk::Walk;

/// Lets aggregates take rows for unordered ones where all that is in order is constant.
///
/// The relational core counts a constant among the keys, as in `SELECT DISTINCT a, 'x'` or of `WHERE k = 1 … GROUP BY k, a`, as an
/// order of the rows: it keeps all groups, as each may still come again, and then takes them out of the table from the front, one
/// batch after the other, for each of which it moves all that is left. Of 25 million groups that took more than
/// five minutes, where five seconds are enough. Such a table cannot be written to disk either.
#[derive(Debug)]
pub(crate) struct ForgetConstants;

impl PhysicalOptimizerRule for ForgetConstants {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_down_dyn(|node| match node.downcast_ref::<AggregateExec>() {
            Some(aggregate) if is_last(aggregate) => match over_unordered(&node)? {
                // Who sorts the groups, or their windows, has been told of the constants.
                Some(unordered) => {
                    let known = node.equivalence_properties().clone();
                    Ok(Transformed::yes(PassageExec::over(unordered, Known(known))))
                }
                None => Ok(Transformed::no(node)),
            },
            _ => Ok(Transformed::no(node)),
        })
        .data()
    }

    fn name(&self) -> &str {
        "forget_constants"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// An aggregate, or a step of one, over rows of which nothing is known, in place of one that takes them for ordered by constants.
fn over_unordered(node: &Arc<dyn ExecutionPlan>) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let over = |input: Arc<dyn ExecutionPlan>| {
        let anew = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
        Arc::clone(node).replace_children(vec![input], anew).map(Some)
    };
    let [input] = node.children()[..] else { return Ok(None) };
    match node.downcast_ref::<AggregateExec>() {
        // A key that is written as a number stays a constant, whatever is known of the rows.
        Some(_) if input.is::<PassageExec<Known>>() => Ok(None),
        Some(aggregate) if is_first(aggregate) => match is_ordered_by_constants(aggregate)? {
            true => {
                let nothing = EquivalenceProperties::new(input.schema());
                over(PassageExec::over(Arc::clone(input), Known(nothing)))
            }
            false => Ok(None),
        },
        // The last step knows what it is told by the first one.
        None if !node.is::<RepartitionExec>() && !node.is::<CoalescePartitionsExec>() => Ok(None),
        _ => match over_unordered(input)? {
            Some(input) => over(input),
            None => Ok(None),
        },
    }
}

/// Whether it sees rows, and not what another step has made of them.
fn is_first(aggregate: &AggregateExec) -> bool {
    matches!(
        aggregate.mode(),
        AggregateMode::Partial | AggregateMode::Single | AggregateMode::SinglePartitioned
    )
}

/// Whether it gives values, and not states for another step.
fn is_last(aggregate: &AggregateExec) -> bool {
    !matches!(aggregate.mode(), AggregateMode::Partial | AggregateMode::PartialReduce)
}

/// Whether rows are taken for ordered ones by keys, all of which are constant.
fn is_ordered_by_constants(aggregate: &AggregateExec) -> Result<bool> {
    if *aggregate.input_order_mode() == InputOrderMode::Linear {
        return Ok(false);
    }
    let keys = aggregate.group_expr().input_exprs();
    let known = aggregate.input().equivalence_properties();
    let (_, ordered) = known.find_longest_permutation(&keys)?;
    Ok(ordered.into_iter().all(|key| known.is_expr_constant(&keys[key]).is_some()))
}

/// Rows of which this is known and no more.
#[derive(Debug, Clone)]
struct Known(EquivalenceProperties);

impl Passage for Known {
    const NAME: &'static str = "KnownExec";

    fn properties(&self, input: &Arc<dyn ExecutionPlan>) -> Arc<PlanProperties> {
        Arc::new(PlanProperties::clone(input.properties()).with_eq_properties(self.0.clone()))
    }
}
