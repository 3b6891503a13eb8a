//! Rows in one stream, because it matters which comes first: for row numbers, and for bags that count their elements.
//!
//! Where nothing but filters and projections stands between it and files, they come in the order of these (see `pass/in_order.rs`).

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::common::DFSchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{Distribution, PhysicalExpr};
use datafusion::physical_plan::execution_plan::PlanProperties;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan};

use super::Operator;

/// The rows of a plan in one partition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Hash)]
pub(crate) struct OneStream;

impl fmt::Display for OneStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("in order")
    }
}

impl Operator for OneStream {
    const NAME: &'static str = "OneStream";

    fn schema(&self) -> Option<&DFSchemaRef> {
        None
    }

    fn exec(&self, input: Arc<dyn ExecutionPlan>, _schema: SchemaRef) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(OneStreamExec { input }))
    }
}

/// Passes its input on, which has one partition.
#[derive(Debug)]
pub(crate) struct OneStreamExec {
    input: Arc<dyn ExecutionPlan>,
}

impl DisplayAs for OneStreamExec {
    fn fmt_as(&self, _display: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneStreamExec")
    }
}

impl ExecutionPlan for OneStreamExec {
    fn name(&self) -> &str {
        "OneStreamExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn required_input_distribution(&self) -> Vec<Distribution> {
        vec![Distribution::SinglePartition]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
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
        Ok(Arc::new(Self { input: children.swap_remove(0) }))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.input.execute(partition, context)
    }
}
