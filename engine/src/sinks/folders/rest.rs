//! Rows whose files are written later, one after the other.

use std::fmt;
use std::sync::{Arc, Mutex};

use arrow::array::{ArrayRef, RecordBatch, StringArray, UInt64Array};
use arrow::compute::interleave_record_batch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::runtime::SpawnedTask;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::keys::Part;
use super::write::BATCH_ROWS;
use crate::output::panicked;
use crate::threads::lock;

/// Rows that are being sorted by their folders, on disk where memory is short. Those of a folder stay in their order.
pub(super) struct Rest {
    rows: Sender<RecordBatch>,
    sorted: SpawnedTask<Result<(Option<RecordBatch>, SendableRecordBatchStream)>>,
    /// The columns of the rows, and behind them folder and number.
    schema: SchemaRef,
    row_count: u64,
}

impl Rest {
    /// Begins to sort rows of these columns.
    pub(super) fn begin(schema: &Schema, context: &Arc<TaskContext>) -> Result<Self> {
        let mut fields = schema.fields().to_vec();
        let first = fields.len();
        fields.push(Arc::new(Field::new("folder", DataType::Utf8, false)));
        fields.push(Arc::new(Field::new("number", DataType::UInt64, false)));
        let schema = Arc::new(Schema::new(fields));
        let (rows, received) = mpsc::channel(1);
        let received = Arc::new(Received { schema: Arc::clone(&schema), rows: Mutex::new(Some(received)) });
        let input = StreamingTableExec::try_new(Arc::clone(&schema), vec![received], None, [], false, None)?;
        let by = |name, column| PhysicalSortExpr::new_default(Arc::new(Column::new(name, column)));
        let order = LexOrdering::new([by("folder", first), by("number", first + 1)])
            .expect("there are two columns to sort by");
        let mut sorted = SortExec::new(order, Arc::new(input)).execute(0, Arc::clone(context))?;
        // It takes all rows before it gives the first.
        let sorted = SpawnedTask::spawn(async move { Ok((sorted.try_next().await?, sorted)) });
        Ok(Self { rows, sorted, schema, row_count: 0 })
    }

    /// Adds the rows of some folders.
    pub(super) async fn push(&mut self, batches: &[RecordBatch], parts: &[Part]) -> crate::Result<()> {
        let places = parts.iter().flat_map(|part| part.rows.iter().map(|row| (part.folder.as_str(), *row)));
        let places: Vec<_> = places.collect();
        let batches: Vec<&RecordBatch> = batches.iter().collect();
        for places in places.chunks(BATCH_ROWS) {
            let (folders, rows): (Vec<&str>, Vec<(usize, usize)>) = places.iter().copied().unzip();
            let numbers = self.row_count..self.row_count + rows.len() as u64;
            self.row_count = numbers.end;
            let taken = interleave_record_batch(&batches, &rows).map_err(DataFusionError::from)?;
            let mut columns = taken.columns().to_vec();
            columns.push(Arc::new(StringArray::from(folders)) as ArrayRef);
            columns.push(Arc::new(UInt64Array::from_iter_values(numbers)));
            let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns);
            let batch = batch.map_err(DataFusionError::from)?;
            // Whoever does not take it has failed, which is told at the end.
            if self.rows.send(batch).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    /// All rows, sorted, with the columns that they had.
    pub(super) async fn finish(self) -> crate::Result<SendableRecordBatchStream> {
        let Self { rows, sorted, schema, .. } = self;
        drop(rows);
        let (first, rest) = sorted.join().await.map_err(panicked)??;
        let wanted: Vec<usize> = (0..schema.fields().len() - 2).collect();
        let schema = Arc::new(schema.project(&wanted).map_err(DataFusionError::from)?);
        let project = move |batch: Result<RecordBatch>| Ok::<_, DataFusionError>(batch?.project(&wanted)?);
        let rows = stream::iter(first.map(Ok)).chain(rest).map(project);
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows)))
    }
}

/// Rows on their way to the sort, taken once.
struct Received {
    schema: SchemaRef,
    rows: Mutex<Option<Receiver<RecordBatch>>>,
}

impl PartitionStream for Received {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let rows = lock(&self.rows).take();
        let rows = stream::unfold(rows, |rows: Option<Receiver<RecordBatch>>| async move {
            let mut rows = rows?;
            rows.recv().await.map(|batch| (Ok(batch), Some(rows)))
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), rows))
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received").finish_non_exhaustive()
    }
}
