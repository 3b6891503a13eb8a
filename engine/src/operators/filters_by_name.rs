//! Filters that are pushed down past columns of the same name.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::common::{JoinType, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::filter_pushdown::FilterPushdown;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::physical_plan::filter_pushdown::{
    ChildFilterDescription, ChildPushdownResult, FilterDescription, FilterPushdownPhase,
    FilterPushdownPropagation,
};
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};

use crate::walk::Walk;

/// The core's rule that pushes filters down, kept from where names mislead it.
///
/// Operators find the columns of a filter in what is below them by name, the first of several. Joins give columns of the same name, one of
/// either side, and a filter of the second would become one of the first: rows would be lost. So that rule sees fences before such
/// columns, which are gone after it.
///
/// Lists and structs have fences, too. What the core learns of them while it joins or sorts are bounds, and it orders nulls inside of such
/// values in two ways, of which neither is that by which rows are compared with the bounds: rows would be lost.
#[derive(Debug)]
pub(crate) struct PushFiltersByName {
    rule: Arc<dyn PhysicalOptimizerRule + Send + Sync>,
}

impl PushFiltersByName {
    /// The core's rules, in which filters are pushed down by this one.
    pub(crate) fn among_rules() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
        let names = [FilterPushdown::new(), FilterPushdown::new_post_optimization()];
        let names = names.map(|rule| rule.name().to_owned());
        let guarded = |rule: Arc<dyn PhysicalOptimizerRule + Send + Sync>| match names
            .iter()
            .any(|name| name == rule.name())
        {
            true => Arc::new(Self { rule }) as _,
            false => rule,
        };
        PhysicalOptimizer::new().rules.into_iter().map(guarded).collect()
    }
}

impl PhysicalOptimizerRule for PushFiltersByName {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let fenced = plan.transform_up_dyn(|node| {
            let clear = clear_columns(&node);
            if clear.len() == node.schema().fields().len() {
                return Ok(Transformed::no(node));
            }
            Ok(Transformed::yes(Arc::new(FenceExec { input: node, clear }) as Arc<dyn ExecutionPlan>))
        });
        let pushed = self.rule.optimize(fenced.data()?, config)?;
        let open = |node: Arc<dyn ExecutionPlan>| match node.downcast_ref::<FenceExec>() {
            Some(fence) => Ok(Transformed::yes(Arc::clone(&fence.input))),
            None => Ok(Transformed::no(node)),
        };
        pushed.transform_up_dyn(open).data()
    }

    fn name(&self) -> &str {
        self.rule.name()
    }

    fn schema_check(&self) -> bool {
        self.rule.schema_check()
    }
}

/// The columns whose filters may pass, by their places: those that a name means without doubt, and whose values are in one order.
fn clear_columns(plan: &Arc<dyn ExecutionPlan>) -> HashSet<usize> {
    let schema = plan.schema();
    let mut seen = HashSet::new();
    let twice: HashSet<&str> = schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .filter(|name| !seen.insert(*name))
        .collect();
    let is_clear = |name: &str| !twice.contains(name) && !names_another_key(plan, name);
    schema
        .fields()
        .iter()
        .enumerate()
        .filter(|(_, field)| is_clear(field.name()) && !field.data_type().is_nested())
        .map(|(place, _)| place)
        .collect()
}

/// Whether a semi join, which passes the filters of its keys to both sides, has a column of this name on the other side that is
/// not the key.
fn names_another_key(plan: &Arc<dyn ExecutionPlan>, name: &str) -> bool {
    let Some(join) = plan.downcast_ref::<HashJoinExec>() else { return false };
    let other = match join.join_type() {
        JoinType::LeftSemi => join.right(),
        JoinType::RightSemi => join.left(),
        _ => return false,
    };
    let is_named = |key: &Arc<dyn PhysicalExpr>| {
        key.downcast_ref::<Column>().is_some_and(|column| column.name() == name)
    };
    let is_key_of_both = join.on().iter().any(|(left, right)| is_named(left) && is_named(right));
    other.schema().index_of(name).is_ok() && !is_key_of_both
}

/// What stands above a plan while filters are pushed down: filters of other columns than the clear ones do not pass.
#[derive(Debug)]
struct FenceExec {
    input: Arc<dyn ExecutionPlan>,
    clear: HashSet<usize>,
}

impl DisplayAs for FenceExec {
    fn fmt_as(&self, _display: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl ExecutionPlan for FenceExec {
    fn name(&self) -> &str {
        "FenceExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
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
        Ok(Arc::new(Self { input: children.swap_remove(0), clear: self.clear.clone() }))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.input.execute(partition, context)
    }

    fn gather_filters_for_pushdown(
        &self,
        _phase: FilterPushdownPhase,
        filters: Vec<Arc<dyn PhysicalExpr>>,
        _config: &ConfigOptions,
    ) -> Result<FilterDescription> {
        let clear = self.clear.clone();
        let passed = ChildFilterDescription::from_child_with_allowed_indices(&filters, clear, &self.input)?;
        Ok(FilterDescription::new().with_child(passed))
    }

    fn handle_child_pushdown_result(
        &self,
        _phase: FilterPushdownPhase,
        result: ChildPushdownResult,
        _config: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn ExecutionPlan>>> {
        Ok(FilterPushdownPropagation::if_all(result))
    }
}
