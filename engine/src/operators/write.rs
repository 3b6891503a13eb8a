//! Rows on their way into files: what `COPY` and the library's sinks run on.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{RecordBatch, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DFSchema, DFSchemaRef};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_expr::{Distribution, EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::output_requirements::OutputRequirements;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, PlanProperties};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties};
use futures::{TryStreamExt, stream};
use swath_io::CompressionLimits;
use tokio::task::JoinSet;

use super::Operator;
use crate::error::Error;
use crate::sinks::{SealedFile, Texts, WriteFolders, WriteSpec, WriterMemory, compression_limits};

/// Writes the rows of its input and yields one row, `count`: how many there were. Of a statement that writes to standard output it
/// yields nothing, as that would stand behind the rows there.
///
/// All files of a write get their names when all of them are whole. Whatever ends it before, an error,
/// a panic or nobody waiting, leaves what was there.
#[derive(Debug, Clone)]
pub(crate) struct Write {
    schema: DFSchemaRef,
    spec: Arc<WriteSpec>,
}

impl Write {
    /// A plan that writes the rows of `input`.
    pub(crate) fn plan(input: LogicalPlan, spec: WriteSpec) -> crate::Result<LogicalPlan> {
        spec.check(input.schema().inner())?;
        let count = Schema::new(vec![Field::new("count", DataType::UInt64, false)]);
        let schema = Arc::new(DFSchema::try_from(count)?);
        Ok(Self { schema, spec: Arc::new(spec) }.over(input))
    }

    /// The same for a statement, whose result is shown.
    pub(crate) fn plan_of_statement(input: LogicalPlan, spec: WriteSpec) -> crate::Result<LogicalPlan> {
        if !spec.target.is_standard_output() {
            return Self::plan(input, spec);
        }
        spec.check(input.schema().inner())?;
        Ok(Self { schema: Arc::new(DFSchema::empty()), spec: Arc::new(spec) }.over(input))
    }
}

impl fmt::Display for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.spec.fmt(f)
    }
}

impl PartialEq for Write {
    fn eq(&self, other: &Self) -> bool {
        self.spec == other.spec
    }
}

impl Eq for Write {}

impl Hash for Write {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.spec.hash(state);
    }
}

impl PartialOrd for Write {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self == other).then_some(Ordering::Equal)
    }
}

impl Operator for Write {
    const NAME: &'static str = "Write";

    fn schema(&self) -> Option<&DFSchemaRef> {
        Some(&self.schema)
    }

    fn exec(&self, input: Arc<dyn ExecutionPlan>, schema: SchemaRef) -> Result<Arc<dyn ExecutionPlan>> {
        // An ORDER BY at the root of the input is the order of the file: without this the optimizer sees
        // nobody who needs it and takes it away.
        let input = OutputRequirements::new_add_mode().optimize(input, &ConfigOptions::default())?;
        Ok(Arc::new(WriteExec::new(input, Arc::clone(&self.spec), schema)))
    }
}

/// Writes one file, or one for each partition of its input, all at the same time.
#[derive(Debug)]
pub(crate) struct WriteExec {
    input: Arc<dyn ExecutionPlan>,
    spec: Arc<WriteSpec>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl WriteExec {
    fn new(input: Arc<dyn ExecutionPlan>, spec: Arc<WriteSpec>, schema: SchemaRef) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        Self { input, spec, properties: Arc::new(properties), metrics: ExecutionPlanMetricsSet::new() }
    }
}

impl DisplayAs for WriteExec {
    fn fmt_as(&self, display: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match display {
            DisplayFormatType::TreeRender => write!(f, "{}", self.spec),
            _ => write!(f, "WriteExec: {}", self.spec),
        }
    }
}

impl ExecutionPlan for WriteExec {
    fn name(&self) -> &str {
        "WriteExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn required_input_distribution(&self) -> Vec<Distribution> {
        vec![if self.spec.target.is_numbered() {
            Distribution::UnspecifiedDistribution
        } else {
            Distribution::SinglePartition
        }]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    /// The file has the order of the input.
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
        Ok(Arc::new(Self::new(children.swap_remove(0), Arc::clone(&self.spec), self.schema())))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let mut input = Arc::clone(&self.input);
        if !self.spec.target.is_numbered() && input.output_partitioning().partition_count() > 1 {
            input = Arc::new(CoalescePartitionsExec::new(input));
        }
        let schema = self.schema();
        if self.spec.target.folders().is_some() {
            let rows = input.execute(0, Arc::clone(&context))?;
            let metrics = BaselineMetrics::new(&self.metrics, partition);
            let count = count(WriteFolders::run(Arc::clone(&self.spec), rows, context, metrics), schema);
            return Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), stream::once(count))));
        }
        let partitions = 0..input.output_partitioning().partition_count();
        let parts = partitions.map(|index| input.execute(index, Arc::clone(&context)));
        let write = WriteAll {
            spec: Arc::clone(&self.spec),
            parts: parts.collect::<Result<_>>()?,
            schema: input.schema(),
            pool: Arc::clone(context.memory_pool()),
            threads: context.session_config().target_partitions(),
            metrics: BaselineMetrics::new(&self.metrics, partition),
        };
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), stream::once(count(write.run(), schema)))))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// What a write yields: the number of its rows, or nothing.
async fn count(write: impl Future<Output = crate::Result<u64>>, schema: SchemaRef) -> Result<RecordBatch> {
    let rows = write.await.map_err(|error| DataFusionError::External(Box::new(error)))?;
    match schema.fields().is_empty() {
        true => Ok(RecordBatch::new_empty(schema)),
        false => Ok(RecordBatch::try_new(schema, vec![Arc::new(UInt64Array::from(vec![rows]))])?),
    }
}

/// One write on its way.
struct WriteAll {
    spec: Arc<WriteSpec>,
    /// The partitions of the input.
    parts: Vec<SendableRecordBatchStream>,
    schema: SchemaRef,
    pool: Arc<dyn MemoryPool>,
    /// Threads that all files share.
    threads: usize,
    metrics: BaselineMetrics,
}

impl WriteAll {
    /// Writes all files and gives them their names; how many rows there were.
    async fn run(self) -> crate::Result<u64> {
        let Self { spec, parts, schema, pool, threads, metrics } = self;
        if let Some(path) = spec.target.left_over(parts.len()) {
            let message = format!(
                "{} would be taken for one of the {} files that are written",
                path.display(),
                parts.len()
            );
            let hint = "remove the files of the earlier write, or write to another folder";
            return Err(Error::query(message, hint.to_owned()));
        }
        let mut writes = JoinSet::new();
        let file_count = parts.len();
        let compression = compression_limits(&pool, threads).of_each(file_count);
        let threads = threads.div_ceil(file_count.max(1));
        for (partition, rows) in parts.into_iter().enumerate() {
            let (spec, schema) = (Arc::clone(&spec), Arc::clone(&schema));
            let metrics = metrics.intermediate();
            let memory = WriterMemory::new(&pool, file_count);
            writes.spawn(async move {
                let file = Writing { spec: &spec, partition, schema: &schema, memory, threads, compression };
                file.write(rows, &metrics).await
            });
        }
        let mut files = Vec::new();
        let mut count = 0;
        while let Some(written) = writes.join_next().await {
            let written = match written {
                Ok(written) => written,
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(error) => Err(Error::query(error.to_string(), None)),
                },
            };
            match written {
                Ok((file, rows)) => {
                    files.push(file);
                    count += rows;
                }
                Err(error) => {
                    // No file of a failed write is left when its error is told.
                    writes.shutdown().await;
                    return Err(error);
                }
            }
        }
        spec.commit(files)?;
        metrics.done();
        Ok(count)
    }
}

/// One file on its way.
struct Writing<'a> {
    spec: &'a WriteSpec,
    partition: usize,
    schema: &'a SchemaRef,
    memory: WriterMemory,
    /// Threads that make text of rows.
    threads: usize,
    /// What compressing it may take.
    compression: CompressionLimits,
}

impl Writing<'_> {
    /// Writes the rows of the partition; how many there were.
    async fn write(
        self,
        mut rows: SendableRecordBatchStream,
        metrics: &BaselineMetrics,
    ) -> crate::Result<(SealedFile, u64)> {
        let Self { spec, partition, schema, memory, threads, compression } = self;
        let mut count = 0;
        let file = match spec.encode_apart() {
            Some(encode) => {
                let mut file = spec.open(partition, schema, None, compression)?;
                let mut texts = Texts::new(rows, encode, threads, memory, metrics.elapsed_compute().clone());
                while let Some(text) = texts.next().await? {
                    let _timer = metrics.elapsed_compute().timer();
                    file.write_text(text.bytes)?;
                    count += text.row_count;
                }
                file
            }
            None => {
                let mut file = spec.open(partition, schema, Some(memory), compression)?;
                while let Some(batch) = rows.try_next().await? {
                    let _timer = metrics.elapsed_compute().timer();
                    file.write(&batch)?;
                    count += batch.num_rows() as u64;
                }
                file
            }
        };
        let _timer = metrics.elapsed_compute().timer();
        Ok((file.seal()?, count))
    }
}
