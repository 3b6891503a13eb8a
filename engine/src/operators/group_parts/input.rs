//! States that come in, for one table after the other.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use futures::{Stream, StreamExt, stream};

use crate::threads::lock;

/// A stream of which each table takes what comes until memory is short, or all that is left. Clones share it.
#[derive(Clone)]
pub(super) struct Input {
    /// None when there are no more.
    states: Arc<Mutex<Option<SendableRecordBatchStream>>>,
    schema: SchemaRef,
    is_short: Arc<AtomicBool>,
}

impl Input {
    /// What comes, and what says that memory is short.
    pub(super) fn new(states: SendableRecordBatchStream, is_short: &Arc<AtomicBool>) -> Self {
        let schema = states.schema();
        Self { states: Arc::new(Mutex::new(Some(states))), schema, is_short: Arc::clone(is_short) }
    }

    /// Whether all was taken.
    pub(super) fn has_ended(&self) -> bool {
        lock(&self.states).is_none()
    }

    fn poll_next(&self, context: &mut Context<'_>) -> Poll<Option<Result<RecordBatch>>> {
        if self.is_short.load(Ordering::Relaxed) {
            return Poll::Ready(None);
        }
        let mut states = lock(&self.states);
        let next = match states.as_mut() {
            Some(states) => Pin::new(states).poll_next(context),
            None => Poll::Ready(None),
        };
        if let Poll::Ready(None) = next {
            *states = None;
        }
        next
    }
}

impl PartitionStream for Input {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let input = self.clone();
        let states = stream::poll_fn(move |context| input.poll_next(context)).fuse();
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), states))
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").field("has_ended", &self.has_ended()).finish_non_exhaustive()
    }
}
