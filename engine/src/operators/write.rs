//! Rows on their way into files: what `COPY` and the library's sinks run on.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, RecordBatch, StringBuilder, UInt64Array};
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
use crate::sinks::{
    OpenFile, SealedFile, Texts, WriteFolders, WriteSpec, WriterMemory, Written, compression_limits,
};

/// Writes the rows of its input and yields one row, `count`: how many there were, and where that is asked for, `files`: which ones were
/// written. Of a statement that writes to standard output it yields nothing, as that would stand behind the rows there.
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
        let mut fields = vec![Field::new("count", DataType::UInt64, false)];
        if spec.returns_files {
            fields.push(Field::new_list("files", Field::new_list_field(DataType::Utf8, true), false));
        }
        let schema = Arc::new(DFSchema::try_from(Schema::new(fields))?);
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
        vec![if self.spec.takes_partitions() {
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
        if !self.spec.takes_partitions() && input.output_partitioning().partition_count() > 1 {
            input = Arc::new(CoalescePartitionsExec::new(input));
        }
        let schema = self.schema();
        if self.spec.target.folders().is_some() {
            let rows = input.execute(0, Arc::clone(&context))?;
            let metrics = BaselineMetrics::new(&self.metrics, partition);
            let told = tell(WriteFolders::run(Arc::clone(&self.spec), rows, context, metrics), schema);
            return Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), stream::once(told))));
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
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), stream::once(tell(write.run(), schema)))))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// What a write yields: the number of its rows, and its files where these are wanted, or nothing.
async fn tell(write: impl Future<Output = crate::Result<Written>>, schema: SchemaRef) -> Result<RecordBatch> {
    let written = write.await.map_err(|error| DataFusionError::External(Box::new(error)))?;
    let columns = schema.fields().iter().map(|field| -> ArrayRef {
        match field.data_type() {
            DataType::UInt64 => Arc::new(UInt64Array::from(vec![written.row_count])),
            _ => {
                let mut files = ListBuilder::new(StringBuilder::new());
                files.append_value(written.files.iter().map(|file| Some(file.to_string_lossy())));
                Arc::new(files.finish())
            }
        }
    });
    match schema.fields().is_empty() {
        true => Ok(RecordBatch::new_empty(schema)),
        false => Ok(RecordBatch::try_new(Arc::clone(&schema), columns.collect())?),
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
    /// Writes all files and gives them their names.
    async fn run(self) -> crate::Result<Written> {
        let Self { spec, parts, schema, pool, threads, metrics } = self;
        if spec.takes_partitions() {
            spec.refuse_left_over(parts.len())?;
        }
        let mut writes = JoinSet::new();
        let file_count = parts.len();
        let compression = compression_limits(&pool, threads).of_each(file_count);
        let threads = threads.div_ceil(file_count.max(1));
        for (partition, rows) in parts.into_iter().enumerate() {
            let (spec, schema, pool) = (Arc::clone(&spec), Arc::clone(&schema), Arc::clone(&pool));
            let metrics = metrics.intermediate();
            writes.spawn(async move {
                let memory = || WriterMemory::new(&pool, file_count);
                let (spec, schema) = (&spec, &schema);
                let files = Writing { spec, partition, schema, memory, threads, compression };
                files.write(rows, &metrics).await
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
                Ok((of_partition, rows)) => {
                    files.extend(of_partition);
                    count += rows;
                }
                Err(error) => {
                    // No file of a failed write is left when its error is told.
                    writes.shutdown().await;
                    return Err(error);
                }
            }
        }
        if !spec.takes_partitions() {
            spec.refuse_left_over(files.len())?;
        }
        let files = spec.commit(files)?;
        metrics.done();
        Ok(Written { row_count: count, files })
    }
}

/// The files of one partition on their way.
struct Writing<'a, M> {
    spec: &'a WriteSpec,
    partition: usize,
    schema: &'a SchemaRef,
    /// Makes the memory of a file.
    memory: M,
    /// Threads that make text of rows.
    threads: usize,
    /// What compressing it may take.
    compression: CompressionLimits,
}

impl<M: Fn() -> WriterMemory> Writing<'_, M> {
    /// Writes the rows of the partition; how many there were.
    async fn write(
        self,
        mut rows: SendableRecordBatchStream,
        metrics: &BaselineMetrics,
    ) -> crate::Result<(Vec<SealedFile>, u64)> {
        let Self { spec, partition, schema, memory, threads, compression } = self;
        let mut count = 0;
        let mut sealed = Vec::new();
        let encode = spec.encode_apart();
        let is_of_rows = encode.is_none();
        let open = |number: usize| spec.open(number, schema, is_of_rows.then(&memory), compression);
        let mut file = open(partition)?;
        let mut row_count_of_file = 0;
        let mut next = |file: &mut OpenFile, row_count: &mut u64| -> crate::Result<()> {
            if spec.is_long_enough(file) {
                let next = open(partition + sealed.len() + 1)?;
                sealed.push(std::mem::replace(file, next).seal()?);
                *row_count = 0;
            }
            Ok(())
        };
        match encode {
            Some(encode) => {
                let time = metrics.elapsed_compute().clone();
                let mut texts = Texts::new(rows, encode, threads, memory(), time);
                while let Some(text) = texts.next().await? {
                    let _timer = metrics.elapsed_compute().timer();
                    next(&mut file, &mut row_count_of_file)?;
                    file.write_text(text.bytes)?;
                    row_count_of_file += text.row_count;
                    count += text.row_count;
                }
            }
            None => {
                while let Some(batch) = rows.try_next().await? {
                    let _timer = metrics.elapsed_compute().timer();
                    next(&mut file, &mut row_count_of_file)?;
                    file.write(&batch)?;
                    row_count_of_file += batch.num_rows() as u64;
                    count += batch.num_rows() as u64;
                }
            }
        }
        let _timer = metrics.elapsed_compute().timer();
        if row_count_of_file > 0 || spec.writes_empty_files {
            sealed.push(file.seal()?);
        }
        Ok((sealed, count))
    }
}
