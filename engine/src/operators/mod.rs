//! Operators that the relational core does not have: each has one input, and no expressions of its own.

mod block_join;
mod compact_rows;
mod distinct_rows;
mod filters_by_name;
mod flat_conditions;
mod forget_constants;
mod group_parts;
mod keep_sorted;
pub(crate) mod map_partitions;
mod nulls_for_constants;
mod one_input;
mod one_sort_key;
pub(crate) mod one_stream;
mod ordered_values;
mod refusals;
pub(crate) mod repartition;
mod rows_without_keys;
pub(crate) mod sample;
mod short_partitions;
mod sort_first_rows;
mod sort_groups;
mod task_context;
mod whole_partitions;
mod window_parts;
mod windows;
pub(crate) mod write;
mod yielding;

use std::any::Any;
use std::cmp::Ordering;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::common::DFSchemaRef;
use datafusion::error::Result;
use datafusion::execution::context::QueryPlanner;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{
    Expr, Extension, LogicalPlan, UserDefinedLogicalNode, UserDefinedLogicalNodeCore,
};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_planner::{DefaultPhysicalPlanner, ExtensionPlanner, PhysicalPlanner};

pub(crate) use block_join::{BlockJoinExec, JoinByBlocks};
pub(crate) use compact_rows::CompactSortedRows;
pub(crate) use distinct_rows::DistinctRows;
pub(crate) use filters_by_name::PushFiltersByName;
pub(crate) use flat_conditions::FlatConditions;
pub(crate) use forget_constants::ForgetConstants;
pub(crate) use group_parts::{GroupPartsExec, GroupsInParts};
pub(crate) use keep_sorted::KeepSorted;
use map_partitions::MapPartitions;
pub(crate) use nulls_for_constants::NullsForConstants;
pub(crate) use one_input::{Passage, PassageExec};
pub(crate) use one_sort_key::OneSortKey;
use one_stream::OneStream;
pub(crate) use ordered_values::OrderedValues;
pub(crate) use refusals::{FailWhenRefused, Refusal};
use repartition::Repartition;
pub(crate) use rows_without_keys::{RowsWithoutKeys, without_keys};
use sample::Sample;
pub(crate) use short_partitions::{ShortPartitions, ShortPartitionsExec};
pub(crate) use sort_first_rows::SortFirstRows;
pub(crate) use sort_groups::SortGroups;
pub(crate) use whole_partitions::{WholePartitions, WholePartitionsExec};
pub(crate) use window_parts::{WindowParts, WindowPartsExec};
pub(crate) use windows::windows_of;
use write::Write;
pub(crate) use yielding::YieldBetweenBatches;

/// What an operator is beside its input. `Display` says it in plans.
pub(crate) trait Operator:
    fmt::Debug + fmt::Display + Clone + Eq + PartialOrd + Hash + Send + Sync + 'static
{
    const NAME: &'static str;

    /// The columns that it gives; `None` if they are those of its input, each made of the same one.
    fn schema(&self) -> Option<&DFSchemaRef>;

    /// What runs, over what runs the input.
    fn exec(&self, input: Arc<dyn ExecutionPlan>, schema: SchemaRef) -> Result<Arc<dyn ExecutionPlan>>;

    /// A plan with this operator over another plan.
    fn over(self, input: LogicalPlan) -> LogicalPlan {
        LogicalPlan::Extension(Extension { node: Arc::new(Node { operator: self, input }) })
    }
}

/// An operator in a logical plan.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Node<O> {
    operator: O,
    input: LogicalPlan,
}

impl<O: Operator> PartialOrd for Node<O> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match self.operator.partial_cmp(&other.operator) {
            Some(Ordering::Equal) => self.input.partial_cmp(&other.input),
            unequal => unequal,
        }
    }
}

impl<O: Operator> UserDefinedLogicalNodeCore for Node<O> {
    fn name(&self) -> &str {
        O::NAME
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        self.operator.schema().unwrap_or_else(|| self.input.schema())
    }

    fn expressions(&self) -> Vec<Expr> {
        Vec::new()
    }

    fn necessary_children_exprs(&self, output_columns: &[usize]) -> Option<Vec<Vec<usize>>> {
        self.operator.schema().is_none().then(|| vec![output_columns.to_vec()])
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", O::NAME, self.operator)
    }

    fn with_exprs_and_inputs(&self, _exprs: Vec<Expr>, mut inputs: Vec<LogicalPlan>) -> Result<Self> {
        Ok(Self { operator: self.operator.clone(), input: inputs.swap_remove(0) })
    }
}

/// Plans our own operators beside those of the relational core.
#[derive(Debug)]
pub(crate) struct OperatorPlanner;

#[async_trait]
impl QueryPlanner for OperatorPlanner {
    async fn create_physical_plan(
        &self,
        plan: &LogicalPlan,
        session: &dyn Session,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        DefaultPhysicalPlanner::with_extension_planners(vec![Arc::new(Self)])
            .create_physical_plan(plan, session)
            .await
    }
}

#[async_trait]
impl ExtensionPlanner for OperatorPlanner {
    async fn plan_extension(
        &self,
        _planner: &dyn PhysicalPlanner,
        node: &dyn UserDefinedLogicalNode,
        _logical_inputs: &[&LogicalPlan],
        physical_inputs: &[Arc<dyn ExecutionPlan>],
        _session: &dyn Session,
        _context: &PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        if (node.as_any() as &dyn Any).is::<RowsWithoutKeys>() {
            return Ok(Some(Arc::clone(&physical_inputs[0])));
        }
        let known = [
            exec_of::<MapPartitions>,
            exec_of::<OneStream>,
            exec_of::<Repartition>,
            exec_of::<Sample>,
            exec_of::<Write>,
        ];
        known.into_iter().find_map(|exec| exec(node, &physical_inputs[0])).transpose()
    }
}

/// What runs for a node, if it is one of this operator.
fn exec_of<O: Operator>(
    node: &dyn UserDefinedLogicalNode,
    input: &Arc<dyn ExecutionPlan>,
) -> Option<Result<Arc<dyn ExecutionPlan>>> {
    let node = (node.as_any() as &dyn Any).downcast_ref::<Node<O>>()?;
    let schema = Arc::clone(UserDefinedLogicalNodeCore::schema(node).inner());
    Some(node.operator.exec(Arc::clone(input), schema))
}
