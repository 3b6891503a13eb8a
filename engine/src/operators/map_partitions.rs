//! User code over the batches of each partition: what bags, `map_partitions` and sinks run on.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering as AtomicOrdering};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DFSchema, DFSchemaRef};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, PlanProperties};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties};
use futures::{StreamExt, stream};

use super::Operator;

/// What is done with the batches of one partition, in their order.
pub(crate) trait PartitionWorker: Send {
    /// Takes the next batch and adds what comes of it to `out`; `Break` if it wants no more.
    fn push(&mut self, batch: &RecordBatch, out: &mut Vec<RecordBatch>) -> Result<ControlFlow<()>>;

    /// The partition has ended, or the worker broke off.
    fn finish(&mut self, out: &mut Vec<RecordBatch>) -> Result<()>;
}

/// Makes a worker for each partition, by its number.
pub(crate) type WorkerFactory = Arc<dyn Fn(usize) -> Result<Box<dyn PartitionWorker>> + Send + Sync>;

/// A named piece of user code in a plan. Plans compare it by a number that every new one gets.
#[derive(Clone)]
pub(crate) struct MapPartitions {
    name: String,
    id: u64,
    schema: DFSchemaRef,
    factory: WorkerFactory,
}

impl MapPartitions {
    /// A plan that gives the batches of `input` to workers; these give batches of the schema.
    pub(crate) fn plan(
        name: &str,
        input: LogicalPlan,
        schema: &SchemaRef,
        factory: WorkerFactory,
    ) -> Result<LogicalPlan> {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        let id = NEXT_ID.fetch_add(1, AtomicOrdering::Relaxed);
        let schema = Arc::new(DFSchema::try_from(schema.as_ref().clone())?);
        Ok(Self { name: name.to_owned(), id, schema, factory }.over(input))
    }
}

impl fmt::Debug for MapPartitions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapPartitions")
            .field("name", &self.name)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for MapPartitions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl PartialEq for MapPartitions {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for MapPartitions {}

impl Hash for MapPartitions {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl PartialOrd for MapPartitions {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.id.cmp(&other.id))
    }
}

impl Operator for MapPartitions {
    const NAME: &'static str = "MapPartitions";

    fn schema(&self) -> Option<&DFSchemaRef> {
        Some(&self.schema)
    }

    fn exec(&self, input: Arc<dyn ExecutionPlan>, schema: SchemaRef) -> Result<Arc<dyn ExecutionPlan>> {
        let (name, factory) = (self.name.clone(), Arc::clone(&self.factory));
        Ok(Arc::new(MapPartitionsExec::new(name, input, schema, factory)))
    }
}

struct MapPartitionsExec {
    name: String,
    input: Arc<dyn ExecutionPlan>,
    factory: WorkerFactory,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl MapPartitionsExec {
    fn new(name: String, input: Arc<dyn ExecutionPlan>, schema: SchemaRef, factory: WorkerFactory) -> Self {
        let partitions = input.output_partitioning().partition_count();
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(partitions),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let metrics = ExecutionPlanMetricsSet::new();
        Self { name, input, factory, properties: Arc::new(properties), metrics }
    }
}

impl fmt::Debug for MapPartitionsExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapPartitionsExec")
            .field("name", &self.name)
            .field("input", &self.input)
            .finish_non_exhaustive()
    }
}

impl DisplayAs for MapPartitionsExec {
    fn fmt_as(&self, display: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match display {
            DisplayFormatType::TreeRender => f.write_str(&self.name),
            _ => write!(f, "MapPartitionsExec: {}", self.name),
        }
    }
}

impl ExecutionPlan for MapPartitionsExec {
    fn name(&self) -> &str {
        "MapPartitionsExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    /// What it gives comes in the order of its rows. Without this, the relational core leaves out the sort of a frame.
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
        let input = children.swap_remove(0);
        Ok(Arc::new(Self::new(self.name.clone(), input, self.schema(), Arc::clone(&self.factory))))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let state = Running {
            worker: guard(&self.name, || (self.factory)(partition))?,
            input: Some(self.input.execute(partition, context)?),
            name: self.name.clone(),
            metrics,
        };
        let batches = stream::try_unfold(state, |mut state| async move {
            match state.next().await? {
                Some(batches) => Ok::<_, DataFusionError>(Some((batches, state))),
                None => Ok(None),
            }
        });
        let batches = batches
            .map(|batches| {
                stream::iter(match batches {
                    Ok(batches) => batches.into_iter().map(Ok).collect(),
                    Err(error) => vec![Err(error)],
                })
            })
            .flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), batches)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// One partition on its way.
struct Running {
    worker: Box<dyn PartitionWorker>,
    /// Taken when the worker wants no more, or there is no more.
    input: Option<SendableRecordBatchStream>,
    name: String,
    metrics: BaselineMetrics,
}

impl Running {
    /// What comes of the next batches, at least one; `None` at the end.
    async fn next(&mut self) -> Result<Option<Vec<RecordBatch>>> {
        let mut out = Vec::new();
        while let Some(input) = &mut self.input {
            let batch = input.next().await.transpose()?;
            let _timer = self.metrics.elapsed_compute().timer();
            let worker = &mut self.worker;
            let flow = match batch {
                Some(batch) => guard(&self.name, || worker.push(&batch, &mut out))?,
                None => ControlFlow::Break(()),
            };
            if flow.is_break() {
                self.input = None;
                guard(&self.name, || worker.finish(&mut out))?;
            }
            if !out.is_empty() {
                self.metrics.record_output(out.iter().map(RecordBatch::num_rows).sum());
                return Ok(Some(out));
            }
        }
        Ok(None)
    }
}

/// Runs user code; a panic in it becomes an error that names it.
fn guard<T>(name: &str, code: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(code)).unwrap_or_else(|panic| {
        let message = crate::output::panic_message(panic);
        Err(DataFusionError::Execution(format!("{name} panicked: {message}")))
    })
}
