//! A result on its way.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::execution::SendableRecordBatchStream;
use futures::{Stream, StreamExt};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::AbortHandle;

use crate::compute::Compute;
use crate::error::{Error, Result};

/// Batches that wait to be taken: one is being taken while the next one is made.
const WAITING_BATCHES: usize = 2;

/// The result of one statement, computed while it is read. Dropping it stops the work.
///
/// The work is done on the session's threads, not by whoever asks for the next batch: any executor
/// may ask.
pub struct Output {
    schema: SchemaRef,
    batches: Receiver<Result<RecordBatch>>,
    task: AbortHandle,
    /// Keeps the threads alive that compute the rest.
    _compute: Compute,
}

impl Output {
    /// Begins to drive the stream.
    pub(crate) fn new(stream: SendableRecordBatchStream, compute: &Compute) -> Self {
        let schema = stream.schema();
        let (sender, batches) = channel(WAITING_BATCHES);
        let task = compute.spawn(drive(stream, sender)).abort_handle();
        Self { schema, batches, task, _compute: compute.clone() }
    }

    /// The columns of the result; none for a statement that has no result, as `CREATE VIEW`.
    pub fn schema(&self) -> SchemaRef {
        SchemaRef::clone(&self.schema)
    }

    /// The next batch; `None` when there is no more. After an error there is none.
    ///
    /// # Errors
    /// Whatever the query meets, in the files or in its own computations.
    pub async fn next(&mut self) -> Option<Result<RecordBatch>> {
        self.batches.recv().await
    }

    /// The batches as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Result<RecordBatch>> {
        futures::stream::unfold(self, |mut output| async { output.next().await.map(|batch| (batch, output)) })
    }

    /// All batches at once.
    ///
    /// # Errors
    /// The first error met.
    pub async fn collect(mut self) -> Result<Vec<RecordBatch>> {
        let mut batches = Vec::new();
        while let Some(batch) = self.next().await {
            batches.push(batch?);
        }
        Ok(batches)
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Hands batches on until there are no more, one failed, or nobody wants them.
async fn drive(mut stream: SendableRecordBatchStream, sender: Sender<Result<RecordBatch>>) {
    while let Some(batch) = stream.next().await {
        let failed = batch.is_err();
        if sender.send(batch.map_err(Error::from)).await.is_err() || failed {
            return;
        }
    }
}
