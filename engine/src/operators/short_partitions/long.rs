//! One partition that goes through the relational core's operator.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::partition;
use arrow::datatypes::SchemaRef;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use futures::{TryStreamExt, stream};

use super::super::window_parts::{is_same, window_over};
use super::super::windows::evaluate;
use crate::threads::lock;

/// The values of a partition whose rows come one batch after the other.
pub(super) struct LongPartition {
    values: SendableRecordBatchStream,
    rest: Arc<Mutex<Option<Rest>>>,
}

/// What is behind a partition: the input, if it has not ended, and rows that it has given.
type Rest = (Option<SendableRecordBatchStream>, Option<RecordBatch>);

impl LongPartition {
    /// Of rows, and of those that the input gives up to the end of the partition with this key.
    pub(super) fn over(
        window: &Arc<dyn ExecutionPlan>,
        rows: Vec<RecordBatch>,
        input: SendableRecordBatchStream,
        (keys, key): (&[Arc<dyn PhysicalExpr>], Vec<ArrayRef>),
        context: &Arc<TaskContext>,
    ) -> Result<Self> {
        let (schema, rest) = (input.schema(), Arc::default());
        let rows = Rows {
            given: rows.into(),
            input: Some(input),
            keys: keys.to_vec(),
            key,
            rest: Arc::clone(&rest),
        };
        let batches = stream::try_unfold(rows, |mut rows| async move {
            Ok::<_, DataFusionError>(rows.next().await?.map(|batch| (batch, rows)))
        });
        let batches: SendableRecordBatchStream =
            Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&schema), batches));
        let once = Arc::new(Once { schema, rows: Mutex::new(Some(batches)) });
        Ok(Self { values: window_over(window, once, context)?, rest })
    }

    /// The next rows of the partition with their values.
    pub(super) async fn next(&mut self) -> Result<Option<RecordBatch>> {
        self.values.try_next().await
    }

    /// What is behind the partition, which has ended.
    pub(super) fn rest(&self) -> Result<Rest> {
        let rest = lock(&self.rest).take();
        rest.ok_or_else(|| DataFusionError::Internal("a window has not read its input to the end".to_owned()))
    }
}

/// The rows of the partition.
struct Rows {
    given: VecDeque<RecordBatch>,
    /// None if the partition has ended.
    input: Option<SendableRecordBatchStream>,
    keys: Vec<Arc<dyn PhysicalExpr>>,
    /// The keys of its rows.
    key: Vec<ArrayRef>,
    rest: Arc<Mutex<Option<Rest>>>,
}

impl Rows {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        if let Some(rows) = self.given.pop_front() {
            return Ok(Some(rows));
        }
        loop {
            let Some(input) = &mut self.input else { return Ok(None) };
            let Some(batch) = input.try_next().await? else {
                self.input = None;
                *lock(&self.rest) = Some((None, None));
                return Ok(None);
            };
            if batch.num_rows() == 0 {
                continue;
            }
            let keys = evaluate(&self.keys, &batch)?;
            let own = match is_same(&self.key, &keys)? {
                true => partition(&keys)?.ranges()[0].end,
                false => 0,
            };
            if own < batch.num_rows() {
                let behind = batch.slice(own, batch.num_rows() - own);
                *lock(&self.rest) = Some((self.input.take(), Some(behind)));
            }
            return Ok((own > 0).then(|| batch.slice(0, own)));
        }
    }
}

/// Rows that can be read once.
struct Once {
    schema: SchemaRef,
    rows: Mutex<Option<SendableRecordBatchStream>>,
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Once")
    }
}

impl PartitionStream for Once {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        lock(&self.rows).take().expect("one operator reads them, and once")
    }
}
