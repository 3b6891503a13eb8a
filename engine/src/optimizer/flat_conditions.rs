//! Many conditions behind `AND` as a flat tree: the relational core evaluates a chain of them level by level, and asks at each level, for
//! each batch, for the type of all below it.

use datafusion::common::Result;
use datafusion::common::tree_node::Transformed;
use datafusion::logical_expr::utils::split_conjunction_owned;
use datafusion::logical_expr::{BinaryExpr, Expr, Filter, LogicalPlan, Operator, and};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

/// Chains with fewer levels stay as they are.
const MANY: usize = 16;

/// Makes the conditions of filters flat. It comes last, as rules of the core make chains of conditions that they move.
#[derive(Debug)]
pub(crate) struct FlatConditions;

impl OptimizerRule for FlatConditions {
    fn name(&self) -> &str {
        "flat_conditions"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Filter(filter) = plan else { return Ok(Transformed::no(plan)) };
        if levels(&filter.predicate) < MANY {
            return Ok(Transformed::no(LogicalPlan::Filter(filter)));
        }
        let mut conditions = split_conjunction_owned(filter.predicate);
        while conditions.len() > 1 {
            let mut pairs = Vec::with_capacity(conditions.len().div_ceil(2));
            let mut rest = conditions.into_iter();
            while let Some(left) = rest.next() {
                pairs.push(match rest.next() {
                    Some(right) => and(left, right),
                    None => left,
                });
            }
            conditions = pairs;
        }
        let predicate = conditions.pop().expect("a filter has a condition");
        Ok(Transformed::yes(LogicalPlan::Filter(Filter::try_new(predicate, filter.input)?)))
    }
}

/// How deep a chain of `AND` is on its left side.
fn levels(mut condition: &Expr) -> usize {
    let mut levels = 0;
    while let Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, .. }) = condition {
        condition = left;
        levels += 1;
    }
    levels
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::utils::{conjunction, split_conjunction};
    use datafusion::logical_expr::{LogicalPlanBuilder, lit};
    use datafusion::optimizer::OptimizerContext;

    use super::*;

    fn flat(conditions: &[Expr]) -> Transformed<LogicalPlan> {
        let plan = LogicalPlanBuilder::empty(true).filter(conjunction(conditions.to_vec()).unwrap()).unwrap();
        FlatConditions.rewrite(plan.build().unwrap(), &OptimizerContext::new()).unwrap()
    }

    #[test]
    fn conditions_keep_their_order() {
        let conditions: Vec<Expr> = (0..1000).map(|number| lit(number).gt(lit(0))).collect();
        let made = flat(&conditions);
        let LogicalPlan::Filter(filter) = &made.data else { panic!("{made:?}") };
        assert!(levels(&filter.predicate) <= 10);
        assert_eq!(split_conjunction(&filter.predicate), conditions.iter().collect::<Vec<_>>());
        let again = FlatConditions.rewrite(made.data, &OptimizerContext::new()).unwrap();
        assert!(!again.transformed);
    }

    #[test]
    fn few_stay() {
        assert!(!flat(&[lit(1).gt(lit(0)), lit(2).gt(lit(0))]).transformed);
    }
}
