//! Rows of a result that wait to be read.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use tokio::sync::Notify;

use crate::error::{Error, Result};
use crate::pass::{Item, Log, NO_PLACE, PassSpace, SegmentCache};

/// Batches that wait for a reader who reads.
const WAITING_BATCHES: u64 = 4;

/// A queue between the query that makes a result and whoever reads it.
///
/// While nobody reads, it takes everything, on disk if memory is short: outputs that are computed together
/// do not wait until it is their turn to be read. Once somebody reads, the query waits for them.
pub(crate) struct ResultQueue {
    state: Mutex<State>,
    /// Something was added, or the end.
    added: Notify,
    /// Something was taken.
    taken: Notify,
}

struct State {
    schema: SchemaRef,
    log: Log,
    next: u64,
    /// How often the query has begun again.
    run: u64,
    /// Whether a reader has batches that they will not forget.
    taken: bool,
    /// The reader forgets what came of a run before the last.
    forgets: bool,
    /// Nothing is given for now.
    held: bool,
    /// The query waits for the reader.
    reading: bool,
    error: Option<Error>,
    ended: bool,
}

impl ResultQueue {
    /// A queue for batches of a schema; with `back_pressure` the query waits from the start.
    pub(crate) fn new(space: &PassSpace, schema: SchemaRef, back_pressure: bool) -> Arc<Self> {
        let (log, reading) = (space.log(), back_pressure);
        let state = State {
            schema,
            log,
            next: 0,
            run: 0,
            taken: false,
            forgets: false,
            held: false,
            reading,
            error: None,
            ended: false,
        };
        Arc::new(Self { state: Mutex::new(state), added: Notify::new(), taken: Notify::new() })
    }

    pub(crate) fn schema(&self) -> SchemaRef {
        SchemaRef::clone(&self.lock().schema)
    }

    /// What has not begun yet will have another schema.
    pub(crate) fn set_schema(&self, schema: SchemaRef) {
        self.lock().schema = schema;
    }

    /// Adds a batch if there is room, else gives it back.
    pub(crate) fn offer(&self, batch: RecordBatch) -> Result<Option<RecordBatch>> {
        let mut state = self.lock();
        let queued = state.log.head() - state.next;
        if state.reading && queued >= WAITING_BATCHES {
            return Ok(Some(batch));
        }
        let keep_from = state.log.head();
        state.log.push(Item::Batch { batch, place: NO_PLACE }, keep_from)?;
        drop(state);
        self.added.notify_one();
        Ok(None)
    }

    /// Waits until a batch is taken.
    pub(crate) async fn room(&self) {
        self.taken.notified().await;
    }

    /// The reader, who has nothing yet, will forget what came before the query began again.
    pub(crate) fn let_forget(&self) {
        let mut state = self.lock();
        state.forgets = !state.taken;
    }

    /// How often the query has begun again.
    pub(crate) fn run(&self) -> u64 {
        self.lock().run
    }

    /// Gives nothing for now, if the query can begin again: no reader has rows of it for good.
    pub(crate) fn hold(&self) -> bool {
        let mut state = self.lock();
        state.held = !state.taken;
        state.held
    }

    /// Drops what waits: the query begins again.
    pub(crate) fn take_back(&self) {
        let mut state = self.lock();
        let head = state.log.head();
        state.log.trim(head);
        state.next = head;
        state.run += 1;
        state.held = false;
    }

    /// There will be no more, because of an error or because that was all.
    pub(crate) fn end(&self, error: Option<Error>) {
        let mut state = self.lock();
        state.ended = true;
        state.held = false;
        state.error = error;
        drop(state);
        self.added.notify_one();
    }

    /// The next batch, with the number of its run; `None` at the end.
    pub(crate) async fn next(&self, cache: &mut SegmentCache) -> Option<Result<(u64, RecordBatch)>> {
        loop {
            let added = self.added.notified();
            let fetched = {
                let mut state = self.lock();
                state.reading |= !state.forgets;
                let number = state.next;
                if state.held {
                    None
                } else if number < state.log.head() {
                    let fetched = state.log.get(number);
                    state.next += 1;
                    state.taken |= !state.forgets;
                    state.log.trim(number + 1);
                    Some((state.run, fetched))
                } else if state.ended {
                    return state.error.take().map(Err);
                } else {
                    None
                }
            };
            if let Some((run, fetched)) = fetched {
                self.taken.notify_one();
                return match cache.resolve(fetched) {
                    Ok(Item::Batch { batch, .. }) => Some(Ok((run, batch))),
                    Ok(Item::ColumnFailed { error, .. }) => Some(Err(Error::Source(error))),
                    Err(error) => Some(Err(error.into())),
                };
            }
            added.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
