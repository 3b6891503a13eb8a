//! Semi joins over rows that come once.
//!
//! A semi, anti or mark join asks whether there is a row with the same keys; the relational core looks at all of them. Where keys come
//! a hundred times on both sides, as in `id IN (SELECT id FROM big)`, this takes minutes in place of seconds. Here the rows of the side
//! that is only asked are made distinct on their way to the join, by the core's table of groups that lets rows pass where most are
//! distinct or memory is short: a row that comes twice all the same does no harm.

use std::fmt;
use std::sync::Arc;

use datafusion::common::JoinType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode, PhysicalGroupBy};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::execution_plan::PlanProperties;
use datafusion::physical_plan::joins::{HashJoinExec, SortMergeJoinExec};
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, replace_children_if_necessary,
};

use super::task_context::with_config;
use crate::walk::Walk;

/// After so many rows the table looks whether it spares any: rows of a million keys come often in ten millions, and look distinct in the
/// first hundred thousand, after which the core looks by default. They take a tenth of a second.
const ROWS_TO_LOOK_AT: usize = 1 << 20;

/// Makes the rows that semi joins only ask for distinct.
#[derive(Debug)]
pub(crate) struct DistinctRows;

impl PhysicalOptimizerRule for DistinctRows {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up_dyn(|node| {
            let Some(asked) = asked_side(&node) else { return Ok(Transformed::no(node)) };
            let mut children: Vec<_> = node.children().into_iter().cloned().collect();
            let Some(side) = distinct(&children[asked])? else { return Ok(Transformed::no(node)) };
            children[asked] = side;
            replace_children_if_necessary(Arc::clone(&node), children).map(Transformed::yes)
        })
        .data()
    }

    fn name(&self) -> &str {
        "distinct_rows"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Which input of a join is only asked whether it has rows.
fn asked_side(plan: &Arc<dyn ExecutionPlan>) -> Option<usize> {
    let hash = plan.downcast_ref::<HashJoinExec>().map(|join| *join.join_type());
    let join_type =
        hash.or_else(|| plan.downcast_ref::<SortMergeJoinExec>().map(SortMergeJoinExec::join_type));
    match join_type? {
        JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => Some(1),
        JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => Some(0),
        JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => None,
    }
}

/// The side of a join with distinct rows, before they are exchanged and sorted; `None`: as it is.
fn distinct(plan: &Arc<dyn ExecutionPlan>) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    if hands_rows_on(plan)
        && let [input] = plan.children()[..]
    {
        let Some(input) = distinct(input)? else { return Ok(None) };
        return replace_children_if_necessary(Arc::clone(plan), vec![input]).map(Some);
    }
    let is_distinct =
        plan.downcast_ref::<AggregateExec>().is_some_and(|groups| groups.aggr_expr().is_empty());
    let is_flat = plan.schema().fields().iter().all(|field| !field.data_type().is_nested());
    let is_wanted = !is_distinct && is_flat && !plan.schema().fields().is_empty();
    // An order may be what the join relies on.
    if !is_wanted || plan.output_ordering().is_some() {
        return Ok(None);
    }
    Ok(Some(Arc::new(DistinctRowsExec { table: table_of(plan)? })))
}

/// Whether an operator gives the rows that it is given, some time.
fn hands_rows_on(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let is_known = plan.is::<RepartitionExec>()
        || plan.is::<CoalescePartitionsExec>()
        || plan.is::<CooperativeExec>()
        || plan.is::<SortExec>();
    is_known && plan.fetch().is_none()
}

/// A table of groups whose keys are all columns.
fn table_of(rows: &Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = rows.schema();
    let keys = schema.fields().iter().enumerate().map(|(at, field)| {
        let column: Arc<dyn PhysicalExpr> = Arc::new(Column::new(field.name(), at));
        (column, field.name().clone())
    });
    let keys = PhysicalGroupBy::new_single(keys.collect());
    let table =
        AggregateExec::try_new(AggregateMode::Partial, keys, vec![], vec![], Arc::clone(rows), schema)?;
    Ok(Arc::new(table))
}

/// Gives rows without most of those that came before.
#[derive(Debug)]
pub(crate) struct DistinctRowsExec {
    /// An [`AggregateExec`] in its first step.
    table: Arc<dyn ExecutionPlan>,
}

impl DisplayAs for DistinctRowsExec {
    fn fmt_as(&self, display: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match display {
            DisplayFormatType::Default | DisplayFormatType::Verbose => write!(f, "DistinctRowsExec"),
            DisplayFormatType::TreeRender => Ok(()),
        }
    }
}

impl ExecutionPlan for DistinctRowsExec {
    fn name(&self) -> &str {
        "DistinctRowsExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.table.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.table.children()
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.table.apply_expressions(f)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(Self { table: replace_children_if_necessary(Arc::clone(&self.table), children)? }))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let mut config = context.session_config().clone();
        config.options_mut().execution.skip_partial_aggregation_probe_rows_threshold = ROWS_TO_LOOK_AT;
        self.table.execute(partition, with_config(&context, config))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        self.table.metrics()
    }
}
