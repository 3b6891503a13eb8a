//! Batches spread over another number of partitions, because the user asked for it.
//!
//! The relational core takes a `RepartitionExec` of its own out of a plan where it sees no use for it; it
//! does not know that closures take long. So it works inside an operator of ours.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::common::DFSchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{Partitioning, PhysicalExpr};
use datafusion::physical_plan::execution_plan::PlanProperties;
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan};

use super::Operator;

/// The rows of a plan in so many partitions, batch by batch in turn.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Hash)]
pub(crate) struct Repartition {
    pub(crate) partitions: usize,
}

impl fmt::Display for Repartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} partitions", self.partitions)
    }
}

impl Operator for Repartition {
    const NAME: &'static str = "Repartition";

    fn schema(&self) -> Option<&DFSchemaRef> {
        None
    }

    fn exec(&self, input: Arc<dyn ExecutionPlan>, _schema: SchemaRef) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(SpreadExec::new(input, self.partitions)?))
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
