//! What elements are pushed through: sinks, one behind the other, fed from the batches of a partition.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use datafusion::error::Result;

use crate::operators::map_partitions::PartitionWorker;

/// Whether more elements are wanted, or what went wrong.
pub(crate) type Flow = Result<ControlFlow<()>>;

/// More elements are wanted.
pub(crate) const MORE: ControlFlow<()> = ControlFlow::Continue(());

/// Takes the elements of one partition, one after the other.
pub(crate) trait Sink<T: ?Sized>: Send {
    /// The elements that follow are of this piece of the source (a file, a run of an iterator), from its
    /// start on. Sources tell it when they are opened so that pieces are known.
    fn begin(&mut self, piece: u64) -> Flow;

    /// Takes the next element; `Break` if no more are wanted.
    fn push(&mut self, element: &T) -> Flow;

    /// The partition has ended, or a sink broke off.
    fn finish(&mut self) -> Result<()>;
}

pub(crate) type BoxSink<T> = Box<dyn Sink<T>>;

/// Takes batches apart and pushes their elements into a sink.
pub(crate) trait Feed: Send {
    fn push(&mut self, batch: &RecordBatch) -> Flow;

    fn finish(&mut self) -> Result<()>;
}

/// Puts a feed before a sink; called once for each partition.
pub(crate) type Connect<T> = Arc<dyn Fn(BoxSink<T>) -> Box<dyn Feed> + Send + Sync>;

/// Where the last sink of a partition leaves its rows.
#[derive(Clone, Default)]
pub(crate) struct Outbox(Arc<Mutex<Vec<RecordBatch>>>);

impl Outbox {
    pub(crate) fn add(&self, batch: RecordBatch) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(batch);
    }

    fn empty_into(&self, out: &mut Vec<RecordBatch>) {
        out.append(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// A feed as the worker of a partition.
pub(crate) struct FeedWorker {
    feed: Box<dyn Feed>,
    outbox: Outbox,
}

impl FeedWorker {
    pub(crate) fn new(feed: Box<dyn Feed>, outbox: Outbox) -> Self {
        Self { feed, outbox }
    }
}

impl PartitionWorker for FeedWorker {
    fn push(&mut self, batch: &RecordBatch, out: &mut Vec<RecordBatch>) -> Flow {
        let flow = self.feed.push(batch);
        self.outbox.empty_into(out);
        flow
    }

    fn finish(&mut self, out: &mut Vec<RecordBatch>) -> Result<()> {
        self.feed.finish()?;
        self.outbox.empty_into(out);
        Ok(())
    }
}
