//! Batches spread over another number of partitions, because the user asked for it.
//!
//! The relational core takes a `RepartitionExec` of its own out of a plan where it sees no use for it; it
//! does not know that closures take long. So it works inside an operator of ours.

use std::any::Any;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::common::DFSchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{
    Expr, Extension, LogicalPlan, UserDefinedLogicalNode, UserDefinedLogicalNodeCore,
};
use datafusion::physical_expr::{Partitioning, PhysicalExpr};
use datafusion::physical_plan::execution_plan::PlanProperties;
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan};
use datafusion::physical_planner::{ExtensionPlanner, PhysicalPlanner};

/// The rows of a plan in so many partitions, batch by batch in turn.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Repartition {
    input: LogicalPlan,
    partitions: usize,
}

impl Repartition {
    pub(crate) fn plan(input: LogicalPlan, partitions: usize) -> LogicalPlan {
        LogicalPlan::Extension(Extension { node: Arc::new(Self { input, partitions }) })
    }
}

impl PartialOrd for Repartition {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match self.partitions.cmp(&other.partitions) {
            Ordering::Equal => self.input.partial_cmp(&other.input),
            unequal => Some(unequal),
        }
    }
}

impl UserDefinedLogicalNodeCore for Repartition {
    fn name(&self) -> &str {
        "Repartition"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        self.input.schema()
    }

    fn expressions(&self) -> Vec<Expr> {
        Vec::new()
    }

    fn necessary_children_exprs(&self, output_columns: &[usize]) -> Option<Vec<Vec<usize>>> {
        Some(vec![output_columns.to_vec()])
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Repartition: {} partitions", self.partitions)
    }

    fn with_exprs_and_inputs(&self, _exprs: Vec<Expr>, mut inputs: Vec<LogicalPlan>) -> Result<Self> {
        Ok(Self { input: inputs.swap_remove(0), ..*self })
    }
}

/// Plans [`Repartition`].
pub(crate) struct RepartitionPlanner;

#[async_trait]
impl ExtensionPlanner for RepartitionPlanner {
    async fn plan_extension(
        &self,
        _planner: &dyn PhysicalPlanner,
        node: &dyn UserDefinedLogicalNode,
        _logical_inputs: &[&LogicalPlan],
        physical_inputs: &[Arc<dyn ExecutionPlan>],
        _session: &dyn Session,
        _context: &PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let Some(node) = (node.as_any() as &dyn Any).downcast_ref::<Repartition>() else { return Ok(None) };
        Ok(Some(Arc::new(SpreadExec::new(Arc::clone(&physical_inputs[0]), node.partitions)?)))
    }
}

/// A `RepartitionExec` that stays where it is put.
#[derive(Debug)]
struct SpreadExec {
    repartition: RepartitionExec,
    partitions: usize,
}

impl SpreadExec {
    fn new(input: Arc<dyn ExecutionPlan>, partitions: usize) -> Result<Self> {
        let repartition = RepartitionExec::try_new(input, Partitioning::RoundRobinBatch(partitions))?;
        Ok(Self { repartition, partitions })
    }
}

impl DisplayAs for SpreadExec {
    fn fmt_as(&self, _display: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpreadExec: partitions={}", self.partitions)
    }
}

impl ExecutionPlan for SpreadExec {
    fn name(&self) -> &str {
        "SpreadExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.repartition.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.repartition.children()
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
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
        Ok(Arc::new(Self::new(children.swap_remove(0), self.partitions)?))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.repartition.execute(partition, context)
    }

    fn metrics(&self) -> Option<MetricsSet> {
        self.repartition.metrics()
    }
}
