//! Many conditions behind `AND` as a flat tree: the relational core evaluates a chain of them level by level, and asks at each level, for
//! each batch, for the type of all below it.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::error::Result;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::BinaryExpr;
use datafusion::physical_expr::{PhysicalExpr, split_conjunction};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::{FilterExec, FilterExecBuilder};
use swath_planner::joined_flat;

use crate::walk::Walk;

/// Chains with fewer levels stay as they are.
const MANY: usize = 16;

/// Makes the conditions of filters flat. It comes behind the core's rules, which make chains of conditions that they move.
#[derive(Debug)]
pub(crate) struct FlatConditions;

impl PhysicalOptimizerRule for FlatConditions {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let flat = |node: Arc<dyn ExecutionPlan>| match node.downcast_ref::<FilterExec>() {
            Some(filter) if levels(filter.predicate()) >= MANY => {
                let filter = FilterExecBuilder::from(filter).with_predicate(flat(filter.predicate()));
                Ok(Transformed::yes(Arc::new(filter.build()?) as Arc<dyn ExecutionPlan>))
            }
            _ => Ok(Transformed::no(node)),
        };
        plan.transform_up_dyn(flat).data()
    }

    fn name(&self) -> &'static str {
        "flat_conditions"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The same conditions, in the same order.
fn flat(predicate: &Arc<dyn PhysicalExpr>) -> Arc<dyn PhysicalExpr> {
    let conditions = split_conjunction(predicate).into_iter().cloned().collect();
    let both = |left, right| Arc::new(BinaryExpr::new(left, Operator::And, right)) as Arc<dyn PhysicalExpr>;
    joined_flat(conditions, both).unwrap_or_else(|| Arc::clone(predicate))
}

/// How deep a chain of `AND` is on its left side.
fn levels(mut condition: &Arc<dyn PhysicalExpr>) -> usize {
    let mut levels = 0;
    while let Some(both) = condition.downcast_ref::<BinaryExpr>()
        && *both.op() == Operator::And
    {
        condition = both.left();
        levels += 1;
    }
    levels
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::Schema;
    use datafusion::physical_expr::conjunction;
    use datafusion::physical_expr::expressions::lit;
    use datafusion::physical_plan::empty::EmptyExec;

    use super::*;

    fn optimized(conditions: &[Arc<dyn PhysicalExpr>]) -> Arc<dyn ExecutionPlan> {
        let input = Arc::new(EmptyExec::new(Arc::new(Schema::empty())));
        let filter = FilterExec::try_new(conjunction(conditions.to_vec()), input).unwrap();
        FlatConditions.optimize(Arc::new(filter), &ConfigOptions::new()).unwrap()
    }

    #[test]
    fn conditions_keep_their_order() {
        for count in [2, 16, 17, 1000] {
            let conditions: Vec<_> = (0..count)
                .map(|number| Arc::new(BinaryExpr::new(lit(number), Operator::Gt, lit(0))) as _)
                .collect();
            let plan = optimized(&conditions);
            let filter = plan.downcast_ref::<FilterExec>().unwrap();
            assert!(levels(filter.predicate()) < MANY);
            assert_eq!(split_conjunction(filter.predicate()), conditions.iter().collect::<Vec<_>>());
        }
    }
}
