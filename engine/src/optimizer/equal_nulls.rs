//! Joins by keys of which null is equal to null, as the relational core makes of `a IS NOT DISTINCT FROM b`.
//!
//! Such a join says so of all its keys. Two rules of the core forget it: they add keys of plain equality to the join, of which nulls are
//! equal then, and put several joins together, of which one says of the others' keys what is true of its own. Here they are
//! given only what they can tell apart: conditions, of which keys are made at the end.

use std::sync::Arc;

use datafusion::common::tree_node::Transformed;
use datafusion::common::{NullEquality, Result};
use datafusion::logical_expr::{BinaryExpr, Expr, Join, JoinConstraint, JoinType, LogicalPlan, Operator};
use datafusion::optimizer::eliminate_cross_join::EliminateCrossJoin;
use datafusion::optimizer::extract_equijoin_predicate::ExtractEquijoinPredicate;
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

use crate::walk::WalkPlan;

/// The rules of the core, some of them replaced, and those that come last.
pub(crate) fn told_apart(
    mut rules: Vec<Arc<dyn OptimizerRule + Send + Sync>>,
) -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    for rule in &mut rules {
        match rule.name() {
            JOIN_KEYS => *rule = Arc::new(JoinKeys::default()),
            CROSS_JOINS => *rule = Arc::new(CrossJoins::default()),
            _ => {}
        }
    }
    rules.push(Arc::new(JoinKeys::default()));
    rules
}

const JOIN_KEYS: &str = "extract_equijoin_predicate";
const CROSS_JOINS: &str = "eliminate_cross_join";

/// The rule that makes keys of what must be equal for rows to be joined; where nulls are equal, what has not been a key stays a condition.
#[derive(Debug, Default)]
struct JoinKeys(ExtractEquijoinPredicate);

impl OptimizerRule for JoinKeys {
    fn name(&self) -> &str {
        JOIN_KEYS
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.0.apply_order()
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        match &plan {
            LogicalPlan::Join(join) if has_equal_nulls(join) => Ok(Transformed::no(plan)),
            _ => self.0.rewrite(plan, config),
        }
    }
}

/// The rule that puts inner joins in a row together and joins them anew, by the keys of all.
#[derive(Debug, Default)]
struct CrossJoins(EliminateCrossJoin);

impl OptimizerRule for CrossJoins {
    fn name(&self) -> &str {
        CROSS_JOINS
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.0.apply_order()
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let plan = plan.transform_down_with_subqueries_dyn(|plan| match plan {
            LogicalPlan::Join(join) if join.join_type == JoinType::Inner && has_equal_nulls(&join) => {
                by_condition(join).map(Transformed::yes)
            }
            other => Ok(Transformed::no(other)),
        })?;
        let is_changed = plan.transformed;
        let mut plan = self.0.rewrite(plan.data, config)?;
        plan.transformed |= is_changed;
        Ok(plan)
    }
}

fn has_equal_nulls(join: &Join) -> bool {
    !join.on.is_empty() && join.null_equality == NullEquality::NullEqualsNull
}

/// The join with its keys as a condition.
fn by_condition(join: Join) -> Result<LogicalPlan> {
    let equal = join.on.into_iter().map(|(left, right)| {
        Expr::BinaryExpr(BinaryExpr::new(Box::new(left), Operator::IsNotDistinctFrom, Box::new(right)))
    });
    let filter = equal.chain(join.filter).reduce(Expr::and);
    let (left, right) = (join.left, join.right);
    let nothing = NullEquality::NullEqualsNothing;
    let join =
        Join::try_new(left, right, Vec::new(), filter, JoinType::Inner, JoinConstraint::On, nothing, false)?;
    Ok(LogicalPlan::Join(join))
}
