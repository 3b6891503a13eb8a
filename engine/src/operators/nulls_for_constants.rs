//! Columns that were constant until nulls came into them.

use std::sync::Arc;

use datafusion::common::JoinType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::error::Result;
use datafusion::physical_expr::EquivalenceProperties;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::joins::{HashJoinExec, NestedLoopJoinExec, SortMergeJoinExec};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, PlanProperties};

use super::one_input::{Passage, PassageExec};
use crate::walk::Walk;

/// Forgets constants where rows without a partner of an outer join, and sets of keys that leave some out, make nulls of them.
///
/// The relational core takes `b.n` in `a LEFT JOIN (SELECT * FROM b WHERE n = 5) b` for a constant, and `k` in
/// `WHERE k = 1 GROUP BY ROLLUP (k, x)`: rows that were wanted in its order were not sorted by it. This has to come before rules that
/// ask for orders.
#[derive(Debug)]
pub(crate) struct NullsForConstants;

impl PhysicalOptimizerRule for NullsForConstants {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up_dyn(|node| match makes_nulls_of_constants(&node) {
            true => Ok(Transformed::yes(PassageExec::over(node, WithoutConstants))),
            false => Ok(Transformed::no(node)),
        })
        .data()
    }

    fn name(&self) -> &str {
        "nulls_for_constants"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn makes_nulls_of_constants(node: &Arc<dyn ExecutionPlan>) -> bool {
    let has_constants = |plan: &Arc<dyn ExecutionPlan>| !plan.equivalence_properties().constants().is_empty();
    if let Some(aggregate) = node.downcast_ref::<AggregateExec>() {
        return !aggregate.group_expr().is_single() && has_constants(node);
    }
    let Some(join_type) = join_type(node) else { return false };
    let [left, right] = node.children()[..] else { return false };
    match join_type {
        JoinType::Left => has_constants(right),
        JoinType::Right => has_constants(left),
        JoinType::Full => has_constants(left) || has_constants(right),
        _ => false,
    }
}

fn join_type(node: &Arc<dyn ExecutionPlan>) -> Option<JoinType> {
    let of_hash = || node.downcast_ref::<HashJoinExec>().map(|join| *join.join_type());
    let of_loop = || node.downcast_ref::<NestedLoopJoinExec>().map(|join| *join.join_type());
    let of_merge = || node.downcast_ref::<SortMergeJoinExec>().map(|join| join.join_type());
    of_hash().or_else(of_loop).or_else(of_merge)
}

/// Rows of which no order is known.
#[derive(Debug, Clone)]
struct WithoutConstants;

impl Passage for WithoutConstants {
    const NAME: &'static str = "WithoutConstantsExec";
    // A sort in front of it would be one without the constants.
    const KEEPS_ORDER: bool = false;

    fn properties(&self, input: &Arc<dyn ExecutionPlan>) -> Arc<PlanProperties> {
        let nothing = EquivalenceProperties::new(input.schema());
        Arc::new(PlanProperties::clone(input.properties()).with_eq_properties(nothing))
    }
}
