//! Rows that were sorted, and of which something is computed, stay sorted.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::physical_expr::Partitioning;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, replace_children_if_necessary};

/// Leaves sorted rows in one stream up to the result.
///
/// The relational core deals rows out to more partitions where something is computed of them, also where they come sorted in one
/// stream, and brings the partitions together as they come: `SELECT a + 1 FROM (SELECT … ORDER BY a)` has no order in SQL. A frame
/// that was sorted has one.
#[derive(Debug)]
pub(crate) struct KeepSorted;

impl PhysicalOptimizerRule for KeepSorted {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(in_one_stream(&plan)?.unwrap_or(plan))
    }

    fn name(&self) -> &str {
        "keep_sorted"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// A plan without what deals sorted rows out; nothing where there is no such thing between the result and what sorts.
fn in_one_stream(plan: &Arc<dyn ExecutionPlan>) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let children = plan.children();
    let [input] = children.as_slice() else { return Ok(None) };
    if let Some(repartition) = plan.downcast_ref::<RepartitionExec>() {
        let deals_out = matches!(repartition.partitioning(), Partitioning::RoundRobinBatch(_));
        return Ok((deals_out && comes_sorted(input)).then(|| Arc::clone(input)));
    }
    let brings_together = plan.output_partitioning().partition_count() == 1;
    if !brings_together && !plan.maintains_input_order().into_iter().all(|keeps| keeps) {
        return Ok(None);
    }
    let Some(input) = in_one_stream(input)? else { return Ok(None) };
    replace_children_if_necessary(Arc::clone(plan), vec![input]).map(Some)
}

/// Whether the rows of a plan come in one stream in the order of a sort, also where they do not have its keys any more.
fn comes_sorted(plan: &Arc<dyn ExecutionPlan>) -> bool {
    if plan.output_partitioning().partition_count() != 1 {
        return false;
    }
    if plan.output_ordering().is_some() {
        return true;
    }
    match plan.children().as_slice() {
        [input] => plan.maintains_input_order() == [true] && comes_sorted(input),
        _ => false,
    }
}
