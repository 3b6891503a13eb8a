//! A result on its way.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::execution::SendableRecordBatchStream;
use futures::{Stream, StreamExt};

use crate::error::{Error, Result};

/// The result of one statement, computed while it is read. Dropping it stops the work.
pub struct Output {
    schema: SchemaRef,
    stream: SendableRecordBatchStream,
}

impl Output {
    pub(crate) fn new(stream: SendableRecordBatchStream) -> Self {
        Self { schema: stream.schema(), stream }
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
        self.stream.next().await.map(|batch| batch.map_err(Error::from))
    }

    /// The batches as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Result<RecordBatch>> {
        self.stream.map(|batch| batch.map_err(Error::from))
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
