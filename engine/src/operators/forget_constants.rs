//! Aggregates over rows of which nothing but constants is in order.

use std::fmt;
use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties,
    InputOrderMode, PlanProperties, ReplaceChildrenOptions,
};

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
        plan.transform_up(|node| {
            let Some(aggregate) = node.downcast_ref::<AggregateExec>() else {
                return Ok(Transformed::no(node));
            };
            if !is_first(aggregate) || !is_ordered_by_constants(aggregate)? {
                return Ok(Transformed::no(node));
            }
            let input = Arc::new(UnorderedExec::new(Arc::clone(aggregate.input())));
            let anew = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
            Ok(Transformed::yes(node.replace_children(vec![input], anew)?))
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

/// Whether it sees rows, and not what another step has made of them: that one then knows of no order either.
fn is_first(aggregate: &AggregateExec) -> bool {
    matches!(
        aggregate.mode(),
        AggregateMode::Partial | AggregateMode::Single | AggregateMode::SinglePartitioned
    )
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

/// The rows of its input, of which nothing is known.
#[derive(Debug)]
struct UnorderedExec {
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl UnorderedExec {
    fn new(input: Arc<dyn ExecutionPlan>) -> Self {
        let nothing = EquivalenceProperties::new(input.schema());
        let properties = PlanProperties::clone(input.properties()).with_eq_properties(nothing);
        Self { properties: Arc::new(properties), input }
    }
}

impl DisplayAs for UnorderedExec {
    fn fmt_as(&self, _display: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl ExecutionPlan for UnorderedExec {
    fn name(&self) -> &str {
        "UnorderedExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(Self::new(children.swap_remove(0))))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.input.execute(partition, context)
    }
}
