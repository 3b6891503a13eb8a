//! A plan that several outputs have in common, as a table that each of them reads.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_expr::EquivalenceProperties;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, PlanProperties};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, Partitioning};
use futures::StreamExt;

use super::log::{Item, NO_PLACE};
use super::partition::SourceFactory;
use super::reader::{PassReaderExec, View};
use super::seal::PassSpace;
use super::{Pass, PassSource, Seat};

/// The result of a plan, computed once for a number of readers.
pub(crate) struct SharedTable {
    schema: SchemaRef,
    partitions: usize,
    /// Places that are not taken yet.
    seats: Mutex<Vec<Seat>>,
    pass: Arc<Pass>,
}

/// The plan of a [`SharedTable`], once its own scans are shared.
pub(crate) type LatePlan = Arc<OnceLock<Arc<dyn ExecutionPlan>>>;

impl SharedTable {
    /// A table over a plan. What is run is set later: a plan with the same partitions and columns.
    pub(crate) fn new(
        plan: &Arc<dyn ExecutionPlan>,
        late: &LatePlan,
        readers: usize,
        context: &Arc<TaskContext>,
        space: &PassSpace,
    ) -> Self {
        let schema = numbered(&plan.schema());
        let partitions = plan.output_partitioning().partition_count();
        let factories = (0..partitions).map(|partition| {
            let (late, context) = (Arc::clone(late), Arc::clone(context));
            let begin = move || {
                let plan =
                    late.get().ok_or_else(|| DataFusionError::Internal("a shared plan is not set".into()))?;
                let batches = plan.execute(partition, context)?;
                Ok(batches.map(|batch| batch.map(|batch| Item::Batch { batch, place: NO_PLACE })).boxed())
            };
            Box::new(begin) as SourceFactory
        });
        let (pass, seats) = space.pass(PassSource::Plan(Arc::clone(late)), readers, factories);
        Self { schema, partitions, seats: Mutex::new(seats), pass }
    }
}

/// The columns under the names that [`SharedSource`](swath_planner::fuse::SharedSource) has for them: the
/// names of expressions of several outputs may clash.
fn numbered(schema: &Schema) -> SchemaRef {
    let name = |(number, field): (usize, &FieldRef)| field.as_ref().clone().with_name(format!("c{number}"));
    Arc::new(Schema::new(schema.fields().iter().enumerate().map(name).collect::<Vec<_>>()))
}

impl fmt::Debug for SharedTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedTable").field("pass", &self.pass).finish_non_exhaustive()
    }
}

#[async_trait]
impl TableProvider for SharedTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let seat = self.seats.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let seat =
            seat.ok_or_else(|| DataFusionError::Internal("a shared result has no more readers".into()))?;
        let all: Vec<usize> = (0..self.schema.fields().len()).collect();
        let columns = projection.unwrap_or(&all);
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::new(self.schema.project(columns)?)),
            Partitioning::UnknownPartitioning(self.partitions),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let view = View::of_plan(&self.schema, columns);
        Ok(Arc::new(PassReaderExec::new(seat, view, None, Arc::new(properties))))
    }
}
