//! A result on its way.

use std::any::Any;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::execution::SendableRecordBatchStream;
use futures::future::BoxFuture;
use futures::{FutureExt, Stream, StreamExt};
use tokio::task::{JoinError, JoinHandle};

use crate::again::Again;
use crate::deadline::{Deadline, bound};
use crate::error::{Error, Result};
use crate::pass::{PassSpace, SegmentCache};
use crate::result_queue::ResultQueue;
use crate::threads::ComputeThreads;

/// The result of one statement, computed while it is read. Dropping it stops the work.
///
/// The work is done on the session's threads, not by whoever asks for the next batch: any executor
/// may ask.
pub struct Output {
    queue: Arc<ResultQueue>,
    cache: SegmentCache,
    /// What drives the stream; taken when it has ended.
    task: Option<JoinHandle<Option<Again>>>,
    /// How to begin once more what failed after it had given rows.
    again: Option<Again>,
    /// When the last row has to be there.
    deadline: Option<Deadline>,
    space: PassSpace,
    /// The threads that compute the rest.
    threads: ComputeThreads,
}

/// A query that has begun.
pub(crate) struct Query {
    pub(crate) rows: SendableRecordBatchStream,
    /// Begins it once more, alone.
    pub(crate) again: Option<Again>,
    /// When it has to be done.
    pub(crate) deadline: Option<Deadline>,
}

impl Output {
    /// Begins to drive the stream. With `back_pressure` the work waits until it is read; without, what
    /// nobody reads yet waits in memory or on disk.
    pub(crate) fn new(
        query: Query,
        threads: &ComputeThreads,
        space: &PassSpace,
        back_pressure: bool,
    ) -> Self {
        let queue = ResultQueue::new(space, query.rows.schema(), back_pressure);
        let deadline = query.deadline.clone();
        let task = threads.spawn(drive(query, Arc::clone(&queue)));
        Self {
            queue,
            cache: SegmentCache::default(),
            task: Some(task),
            again: None,
            deadline,
            space: space.clone(),
            threads: threads.clone(),
        }
    }

    /// The columns of the result; none for a statement that has no result, as `CREATE VIEW`.
    ///
    /// Their types are certain once [`Output::next`] has returned for the first time: until then they may become
    /// wider, where those of a file's columns were guessed too narrow.
    pub fn schema(&self) -> SchemaRef {
        self.queue.schema()
    }

    /// The next batch; `None` when there is no more. After an error there is none.
    ///
    /// # Errors
    /// Whatever the query meets, in the files or in its own computations.
    pub async fn next(&mut self) -> Option<Result<RecordBatch>> {
        Some(self.next_of_run().await?.map(|(_, batch)| batch))
    }

    /// The next batch, and how often the query had begun again when it came.
    async fn next_of_run(&mut self) -> Option<Result<(u64, RecordBatch)>> {
        self.task.as_ref()?;
        // Here, too: the threads that compute may be busy in the middle of a batch.
        match bound(self.deadline.as_ref(), self.queue.next(&mut self.cache)).await {
            Ok(Some(batch)) => return Some(batch),
            Ok(None) => {}
            Err(timed_out) => {
                self.stop();
                return Some(Err(timed_out));
            }
        }
        // The end, or a panic, which must not look like the end.
        match self.task.take()?.await {
            Ok(again) => {
                self.again = again;
                None
            }
            Err(error) => Some(Err(panicked(error))),
        }
    }

    /// Begins the query once more, for a reader who can forget what came of it before its error. Whether that may
    /// help: it does where the type of a column was guessed from the heads of files, and a value further on needs a
    /// wider one, or where there was not enough memory. A query that has not given anything begins once more by
    /// itself.
    ///
    /// # Errors
    /// The query cannot be planned in the other way.
    pub fn begin_again<'a>(&'a mut self, error: &'a Error) -> BoxFuture<'a, Result<bool>> {
        async move {
            if let Some(task) = self.task.take() {
                self.again = task.await.map_err(panicked)?;
            }
            let Some(query) = self.again.take().and_then(|again| again.after(error)) else {
                return Ok(false);
            };
            let mut query = self.threads.run(query).await?;
            query.deadline = self.deadline.clone();
            *self = Self::new(query, &self.threads, &self.space, true);
            Ok(true)
        }
        .boxed()
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
        // What came before an error can be forgotten here.
        self.queue.let_forget();
        let (mut batches, mut run) = (Vec::new(), 0);
        loop {
            let next = self.next_of_run().await;
            let begun = match &next {
                Some(Ok((run, _))) => *run,
                None | Some(Err(_)) => self.queue.run(),
            };
            if begun != run {
                batches.clear();
                run = begun;
            }
            match next {
                None => return Ok(batches),
                Some(Ok((_, batch))) => batches.push(batch),
                Some(Err(error)) => {
                    if !self.begin_again(&error).await? {
                        return Err(error);
                    }
                    batches.clear();
                    run = self.queue.run();
                }
            }
        }
    }
}

impl Output {
    /// Stops the work; there are no more rows.
    fn stop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.stop();
    }
}

pub(crate) fn panicked(error: JoinError) -> Error {
    let message = match error.try_into_panic() {
        Ok(panic) => panic_message(panic),
        Err(error) => error.to_string(),
    };
    let hint = "this is a defect of Swath or of what it is built on: please report it, with the statement";
    Error::query(format!("the query broke off: {message}"), hint.to_owned())
}

/// What a panic says.
pub(crate) fn panic_message(panic: Box<dyn Any + Send>) -> String {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (_, Some(text)) => text.clone(),
        _ => "a panic without a message".to_owned(),
    }
}

/// Hands batches on until there are no more, one failed, it took too long, or nobody wants them. Returns how to begin
/// once more what failed after it had given some.
async fn drive(query: Query, queue: Arc<ResultQueue>) -> Option<Again> {
    let mut end = End { queue, error: None };
    let Query { rows, again, deadline } = query;
    let handed_on = bound(deadline.as_ref(), hand_on_or_again(rows, again, &end.queue)).await;
    let (result, again) = handed_on.unwrap_or_else(|timed_out| (Err(timed_out), None));
    end.error = result.err();
    again
}

/// Hands batches on; if the query fails before a reader has seen any, begins it once more, as often as there is
/// another way.
async fn hand_on_or_again(
    mut rows: SendableRecordBatchStream,
    mut again: Option<Again>,
    queue: &ResultQueue,
) -> (Result<()>, Option<Again>) {
    loop {
        let Err(error) = hand_on(rows, again.as_mut(), queue).await else { return (Ok(()), None) };
        if !queue.hold() {
            again.iter_mut().for_each(Again::part);
            return (Err(error), again);
        }
        let Some(query) = again.take().and_then(|again| again.after(&error)) else {
            return (Err(error), None);
        };
        queue.take_back();
        match query.await {
            Ok(next) => {
                queue.set_schema(next.rows.schema());
                (rows, again) = (next.rows, next.again);
            }
            Err(error) => return (Err(error), None),
        }
    }
}

async fn hand_on(
    mut rows: SendableRecordBatchStream,
    mut again: Option<&mut Again>,
    queue: &ResultQueue,
) -> Result<()> {
    while let Some(batch) = rows.next().await {
        let mut batch = batch?;
        while let Some(back) = queue.offer(batch)? {
            batch = back;
            // Nobody else may have to wait for a reader who takes their time.
            again.iter_mut().for_each(|again| again.part());
            queue.room().await;
        }
    }
    Ok(())
}

/// Tells the reader that there is no more, on whatever way the work ends.
struct End {
    queue: Arc<ResultQueue>,
    error: Option<Error>,
}

impl Drop for End {
    fn drop(&mut self) {
        self.queue.end(self.error.take());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int32Array};
    use datafusion::physical_plan::stream::RecordBatchStreamAdapter;

    use super::*;
    use crate::budget::Budget;
    use crate::spill_store::SpillStore;

    fn batch() -> RecordBatch {
        let column: ArrayRef = Arc::new(Int32Array::from(vec![1]));
        RecordBatch::try_from_iter([("a", column)]).unwrap()
    }

    fn output_of(
        stream: impl datafusion::execution::RecordBatchStream + Send + 'static,
        threads: &ComputeThreads,
    ) -> Output {
        let query = Query { rows: Box::pin(stream), again: None, deadline: None };
        let budget = Arc::new(Budget::new(1 << 30));
        let store = Arc::new(SpillStore::new(std::env::temp_dir(), u64::MAX));
        Output::new(query, threads, &PassSpace::new(&budget, Some(1 << 20), &store), true)
    }

    #[test]
    fn a_panic_is_an_error_and_no_end() {
        let compute = ComputeThreads::start(1).unwrap();
        let batches = (0..3).map(|at| if at < 2 { Ok(batch()) } else { panic!("broken operator") });
        let stream = RecordBatchStreamAdapter::new(batch().schema(), futures::stream::iter(batches));
        let mut output = output_of(stream, &compute);
        futures::executor::block_on(async {
            assert_eq!(output.next().await.unwrap().unwrap(), batch());
            assert_eq!(output.next().await.unwrap().unwrap(), batch());
            let error = output.next().await.unwrap().unwrap_err();
            assert_eq!(error.to_string(), "the query broke off: broken operator");
            assert!(output.next().await.is_none());
        });
    }

    #[test]
    fn a_dropped_output_stops_its_work() {
        let compute = ComputeThreads::start(1).unwrap();
        let alive = Arc::new(());
        let held = Arc::clone(&alive);
        let endless = futures::stream::repeat_with(move || {
            let _held = &held;
            Ok(batch())
        });
        let mut output = output_of(RecordBatchStreamAdapter::new(batch().schema(), endless), &compute);
        assert!(futures::executor::block_on(output.next()).is_some());
        drop(output);
        while Arc::strong_count(&alive) > 1 {
            std::thread::yield_now();
        }
    }
}
