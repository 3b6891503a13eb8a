//! Lists that become rows: what was a key of the rows is none any more.
//!
//! The relational core goes on taking it for one, and leaves out what keys make needless: further keys of a sort, and `DISTINCT`. Its
//! rules that do so are replaced by some that look for such lists.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Aggregate, Distinct, Expr, LogicalPlan};
use datafusion::optimizer::eliminate_duplicated_expr::EliminateDuplicatedExpr;
use datafusion::optimizer::replace_distinct_aggregate::ReplaceDistinctWithAggregate;
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

const SORT_KEYS: &str = "eliminate_duplicated_expr";
const DISTINCT: &str = "replace_distinct_aggregate";

/// The rules of the core, some of them replaced.
pub(crate) fn without_false_keys(
    mut rules: Vec<Arc<dyn OptimizerRule + Send + Sync>>,
) -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    for rule in &mut rules {
        match rule.name() {
            SORT_KEYS => *rule = Arc::new(SortKeys::default()),
            DISTINCT => *rule = Arc::new(DistinctRows::default()),
            _ => {}
        }
    }
    rules
}

/// Leaves keys of sorts and groups out that others make needless, but for rows that have no keys any more.
#[derive(Debug, Default)]
struct SortKeys(EliminateDuplicatedExpr);

impl OptimizerRule for SortKeys {
    fn name(&self) -> &str {
        SORT_KEYS
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.0.apply_order()
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        match &plan {
            LogicalPlan::Sort(sort) if are_multiplied(&sort.input)? => Ok(Transformed::no(plan)),
            _ => self.0.rewrite(plan, config),
        }
    }
}

/// Makes groups of different rows, also where the core takes all for different ones.
#[derive(Debug, Default)]
struct DistinctRows(ReplaceDistinctWithAggregate);

impl OptimizerRule for DistinctRows {
    fn name(&self) -> &str {
        DISTINCT
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.0.apply_order()
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        match plan {
            LogicalPlan::Distinct(Distinct::All(input))
                if !input.schema().fields().is_empty() && are_multiplied(&input)? =>
            {
                let keys = input.schema().columns().into_iter().map(Expr::Column).collect();
                let groups = Aggregate::try_new(input, keys, Vec::new())?;
                Ok(Transformed::yes(LogicalPlan::Aggregate(groups)))
            }
            other => self.0.rewrite(other, config),
        }
    }
}

/// Whether lists have become rows, which have not been grouped since.
fn are_multiplied(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply(|plan| {
        Ok(match plan {
            LogicalPlan::Unnest(_) => {
                found = true;
                TreeNodeRecursion::Stop
            }
            LogicalPlan::Aggregate(_) | LogicalPlan::Distinct(_) => TreeNodeRecursion::Jump,
            _ => TreeNodeRecursion::Continue,
        })
    })?;
    Ok(found)
}
