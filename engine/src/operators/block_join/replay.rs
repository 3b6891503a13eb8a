//! A side of a join that is read once and given several times.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::metrics::SpillMetrics;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt, stream};

use crate::pass::{Segment, SpilledBatches, batch_len_bytes};
use crate::spill_store::SpillStore;
use crate::threads::lock;

/// Bytes of rows that are written to disk at once, and so held when they are read.
const SEGMENT_LEN_BYTES: usize = 256 << 10;

/// One partition of a side. Clones share it; one reader reads it at a time.
#[derive(Clone)]
pub(super) struct Replay {
    schema: SchemaRef,
    state: Arc<Mutex<State>>,
}

struct State {
    /// What was not read yet.
    rows: Option<SendableRecordBatchStream>,
    /// What was read, in order: on disk, and not there yet.
    written: Vec<Segment>,
    waiting: Vec<RecordBatch>,
    waiting_bytes: usize,
    disk: SpilledBatches,
    metrics: SpillMetrics,
}

impl State {
    /// The next rows that were not read yet.
    fn poll_next(&mut self, context: &mut Context<'_>, keeps: bool) -> Poll<Option<Result<RecordBatch>>> {
        let Some(rows) = &mut self.rows else { return Poll::Ready(None) };
        let next = match Pin::new(rows).poll_next(context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(next) => next,
        };
        match &next {
            None => self.rows = None,
            Some(Ok(batch)) if keeps && batch.num_rows() > 0 => {
                self.waiting_bytes += batch_len_bytes(batch);
                self.waiting.push(batch.clone());
                if self.waiting_bytes >= SEGMENT_LEN_BYTES {
                    self.write()?;
                }
            }
            Some(_) => {}
        }
        Poll::Ready(next)
    }

    fn write(&mut self) -> Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let before = self.disk.written_bytes();
        self.written.push(self.disk.write(&self.waiting)?);
        let rows = self.waiting.iter().map(RecordBatch::num_rows).sum();
        self.metrics.spill_file_count.add(1);
        self.metrics.spilled_rows.add(rows);
        self.metrics.spilled_bytes.add((self.disk.written_bytes() - before) as usize);
        self.waiting.clear();
        self.waiting_bytes = 0;
        Ok(())
    }
}

/// One reader, from the first row to the last one.
struct Reader {
    replay: Replay,
    keeps: bool,
    /// How many segments it has read; none before it has begun.
    read: Option<usize>,
    ready: VecDeque<RecordBatch>,
}

impl Reader {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<RecordBatch>>> {
        let mut state = lock(&self.replay.state);
        if self.read.is_none() {
            state.write()?;
        }
        let read = self.read.get_or_insert(0);
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(batch)));
            }
            let Some(segment) = state.written.get(*read) else { break };
            *read += 1;
            self.ready = segment.read()?.into();
        }
        let next = state.poll_next(context, self.keeps);
        // What is written meanwhile it has had.
        *read = state.written.len();
        next
    }
}

impl Replay {
    /// A side whose rows come, and what it takes on disk is told by metrics.
    pub(super) fn new(
        rows: SendableRecordBatchStream,
        store: &Arc<SpillStore>,
        metrics: SpillMetrics,
    ) -> Self {
        let state = State {
            written: Vec::new(),
            waiting: Vec::new(),
            waiting_bytes: 0,
            disk: SpilledBatches::new(store),
            metrics,
            rows: None,
        };
        Self { schema: rows.schema(), state: Arc::new(Mutex::new(State { rows: Some(rows), ..state })) }
    }

    /// All rows. Those that are read now are kept for the next reader, or no longer.
    pub(super) fn rows(&self, keeps: bool) -> BoxStream<'static, Result<RecordBatch>> {
        let mut reader = Reader { replay: self.clone(), keeps, read: None, ready: VecDeque::new() };
        stream::poll_fn(move |context| reader.poll_next(context)).boxed()
    }

    /// The same, as what a plan reads.
    pub(super) fn source(&self, keeps: bool) -> Source {
        Source { replay: self.clone(), keeps }
    }
}

/// All rows of a side, once.
pub(super) struct Source {
    replay: Replay,
    keeps: bool,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("keeps", &self.keeps).finish_non_exhaustive()
    }
}

impl PartitionStream for Source {
    fn schema(&self) -> &SchemaRef {
        &self.replay.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let rows = self.replay.rows(self.keeps);
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.replay.schema), rows))
    }
}

/// Some rows of a side, given away once.
#[derive(Debug)]
pub(in crate::operators) struct Block {
    schema: SchemaRef,
    batches: Mutex<Vec<RecordBatch>>,
}

impl Block {
    pub(in crate::operators) fn new(schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        Self { schema, batches: Mutex::new(batches) }
    }
}

impl PartitionStream for Block {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let batches = std::mem::take(&mut *lock(&self.batches));
        let batches = stream::iter(batches.into_iter().map(Ok));
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches))
    }
}
