//! Conditions that are not the same below what they stand above.
//!
//! The relational core lets a condition of a filter pass groups, windows and joins if all of its columns are columns of what is below
//! them. A condition without columns passes always, as `HAVING (SELECT count(*) FROM t) > 2` or `WHERE EXISTS (SELECT …)` over
//! a `max(x)`; but an aggregate without keys gives a row for no rows. And one that is drawn anew for each row, as `random() < 0.1`, would
//! leave out other rows than those that it stands above. Such conditions stay where they are.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::Transformed;
use datafusion::logical_expr::utils::{conjunction, split_conjunction_owned};
use datafusion::logical_expr::{Expr, Filter, LogicalPlan};
use datafusion::optimizer::push_down_filter::PushDownFilter;
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

/// The rule of the core that this one stands for.
pub(crate) const PUSH_DOWN_FILTER: &str = "push_down_filter";

/// The rules of the core, with the one that pushes filters down replaced.
pub(crate) fn with_kept_conditions(
    mut rules: Vec<Arc<dyn OptimizerRule + Send + Sync>>,
) -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    for rule in rules.iter_mut().filter(|rule| rule.name() == PUSH_DOWN_FILTER) {
        *rule = Arc::new(PushFilters(PushDownFilter::new()));
    }
    rules
}

/// Pushes those conditions of filters down that are the same further below.
#[derive(Debug)]
struct PushFilters(PushDownFilter);

impl OptimizerRule for PushFilters {
    fn name(&self) -> &str {
        PUSH_DOWN_FILTER
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.0.apply_order()
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Filter(filter) = &plan else { return self.0.rewrite(plan, config) };
        let conditions = split_conjunction_owned(filter.predicate.clone());
        let (kept, pushed): (Vec<Expr>, Vec<Expr>) =
            conditions.into_iter().partition(|condition| stays(condition, &filter.input));
        let Some(kept) = conjunction(kept) else { return self.0.rewrite(plan, config) };
        let Some(pushed) = conjunction(pushed) else { return Ok(Transformed::no(plan)) };
        let pushed = LogicalPlan::Filter(Filter::try_new(pushed, Arc::clone(&filter.input))?);
        let below = self.0.rewrite(pushed, config)?;
        if !below.transformed {
            return Ok(Transformed::no(plan));
        }
        Ok(Transformed::yes(LogicalPlan::Filter(Filter::try_new(kept, Arc::new(below.data))?)))
    }
}

/// Whether a condition says something else below `input` than above it.
fn stays(condition: &Expr, input: &LogicalPlan) -> bool {
    match input {
        LogicalPlan::Aggregate(aggregate) => {
            let has_row_of_all = matches!(aggregate.group_expr.as_slice(), [] | [Expr::GroupingSet(_), ..]);
            condition.is_volatile() || has_row_of_all && condition.column_refs().is_empty()
        }
        LogicalPlan::Window(_) | LogicalPlan::Distinct(_) | LogicalPlan::Join(_) | LogicalPlan::Unnest(_) => {
            condition.is_volatile()
        }
        _ => false,
    }
}
