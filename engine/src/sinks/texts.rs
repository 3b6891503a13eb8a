//! Rows that become text by several threads at once, and come out in their order.

use std::future;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use arrow::array::RecordBatch;
use datafusion::common::runtime::SpawnedTask;
use datafusion::common::utils::memory::get_record_batch_memory_size;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::metrics::Time;
use futures::StreamExt;
use futures::stream::FuturesOrdered;
use tokio::task::JoinError;

use super::memory::WriterMemory;

/// Makes text of a batch that has so many rows in front of it, without what stands before and behind all rows.
pub(crate) type Encode = Arc<dyn Fn(&RecordBatch, u64) -> io::Result<Vec<u8>> + Send + Sync>;

/// The texts of batches, in order. As many as there are threads are on their way, fewer where memory is short, and one at least.
pub(crate) struct Texts {
    rows: SendableRecordBatchStream,
    encode: Encode,
    threads: usize,
    memory: WriterMemory,
    time: Time,
    waiting: FuturesOrdered<SpawnedTask<Text>>,
    /// Memory of the batches that became text since there were none.
    held_bytes: usize,
    /// There is no memory for more than is on its way.
    is_full: bool,
    has_ended: bool,
    row_count: u64,
}

/// The text of a batch.
pub(crate) struct Text {
    pub(crate) bytes: io::Result<Vec<u8>>,
    pub(crate) row_count: u64,
}

impl Texts {
    pub(crate) fn new(
        rows: SendableRecordBatchStream,
        encode: Encode,
        threads: usize,
        memory: WriterMemory,
        time: Time,
    ) -> Self {
        Self {
            rows,
            encode,
            threads: threads.max(1),
            memory,
            time,
            waiting: FuturesOrdered::new(),
            held_bytes: 0,
            is_full: false,
            has_ended: false,
            row_count: 0,
        }
    }

    /// The text of the next batch; none behind the last one.
    ///
    /// # Errors
    /// The rows do not come.
    pub(crate) async fn next(&mut self) -> Result<Option<Text>> {
        future::poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Text>>> {
        loop {
            if let Poll::Ready(Some(text)) = self.waiting.poll_next_unpin(context) {
                if self.waiting.is_empty() {
                    self.memory.give_back();
                    (self.held_bytes, self.is_full) = (0, false);
                }
                return Poll::Ready(match text.map_err(JoinError::try_into_panic) {
                    Ok(text) => Ok(Some(text)),
                    Err(Ok(panic)) => std::panic::resume_unwind(panic),
                    Err(Err(error)) => Err(DataFusionError::External(Box::new(error))),
                });
            }
            if self.has_ended && self.waiting.is_empty() {
                return Poll::Ready(Ok(None));
            }
            if self.has_ended || self.is_full || self.waiting.len() == self.threads {
                return Poll::Pending;
            }
            match self.rows.poll_next_unpin(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => self.has_ended = true,
                Poll::Ready(Some(batch)) => self.begin(batch?),
            }
        }
    }

    fn begin(&mut self, batch: RecordBatch) {
        // The batch, and its text.
        self.held_bytes += 2 * get_record_batch_memory_size(&batch);
        self.is_full = !self.memory.take(self.held_bytes);
        let (encode, rows_before) = (Arc::clone(&self.encode), self.row_count);
        self.row_count += batch.num_rows() as u64;
        let time = self.time.clone();
        self.waiting.push_back(SpawnedTask::spawn(async move {
            let _timer = time.timer();
            Text { bytes: encode(&batch, rows_before), row_count: batch.num_rows() as u64 }
        }));
    }
}
