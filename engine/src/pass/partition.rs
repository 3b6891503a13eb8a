//! One partition of a pass: a source that is read once, and readers that each go through all of it.
//!
//! Nobody reads ahead for the readers: the one that wants an item which is not there yet takes it from the
//! source itself, on its own thread, while the item is warm in the cache; the others find it in the log.
//!
//! A reader that is far ahead waits for the others, so that the log stays short. But it never waits for
//! one that does not move: the other side of a join, a merge or a result that nobody looks at yet may be
//! waiting for this very reader. A reader that has not moved for [`STALL`] while it is waited for counts as
//! stalled until it has caught up; the log grows, and goes to disk when memory is short. So every wait
//! ends, whatever the readers do among themselves.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use datafusion::error::{DataFusionError, Result};
use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::time::{Instant, Sleep};

use super::log::{Item, Log, SegmentCache};

/// Items that a reader may be ahead of the slowest one that moves.
const LEAD_ITEMS: u64 = 16;

/// How long a reader that does not move is waited for. Joins and merges stall by design, often: with
/// 100 ms the TPC-H queries, run together, took 11.2 s instead of 8.5 s.
const STALL: Duration = Duration::from_millis(20);

/// The same for one that never took anything: most often it is the side of a join that comes second.
const STALL_BEFORE_START: Duration = Duration::from_millis(2);

/// What a partition reads from.
pub(crate) type ItemStream = BoxStream<'static, Result<Item>>;

/// Begins to read a partition's source.
pub(crate) type SourceFactory = Box<dyn FnOnce() -> Result<ItemStream> + Send>;

/// One partition of a pass.
pub(crate) struct PassPartition {
    state: Mutex<State>,
}

struct State {
    log: Log,
    source: Source,
    cursors: Vec<Cursor>,
    /// Readers that found nothing to take.
    hungry: Vec<(usize, Waker)>,
    /// Readers that are far ahead.
    ahead: Vec<Waker>,
    /// Who is to be woken when the lock is given back: waking takes other locks.
    to_wake: Vec<Waker>,
}

enum Source {
    Waiting(SourceFactory),
    Open(ItemStream),
    /// A reader is taking an item from it right now.
    Busy,
    Ended(Result<(), Arc<DataFusionError>>),
}

/// Where a reader is.
struct Cursor {
    next: u64,
    moved: Option<Instant>,
    stalled: bool,
    /// Left, or at the end.
    gone: bool,
}

/// What a reader keeps between polls.
#[derive(Default)]
pub(crate) struct ReaderState {
    cache: SegmentCache,
    /// Since when it has waited for others, and the timer that ends it.
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

enum Step {
    Give(super::log::Fetched),
    End(Result<(), Arc<DataFusionError>>),
    Take(ItemStream),
    Begin(SourceFactory),
    /// The source is busy: whoever reads it wakes the others.
    Hungry,
    Wait,
}

impl PassPartition {
    /// A partition for a number of readers.
    pub(crate) fn new(log: Log, readers: usize, source: SourceFactory) -> Self {
        let cursor = |_| Cursor { next: 0, moved: None, stalled: false, gone: false };
        let state = State {
            log,
            source: Source::Waiting(source),
            cursors: (0..readers).map(cursor).collect(),
            hungry: Vec::new(),
            ahead: Vec::new(),
            to_wake: Vec::new(),
        };
        Self { state: Mutex::new(state) }
    }

    /// The next item of a reader.
    pub(crate) fn poll_next(
        self: &Arc<Self>,
        reader: usize,
        own: &mut ReaderState,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Item>>> {
        loop {
            let waiting = own.waiting.as_ref().map(|(since, _)| *since);
            match self.with(|state| state.step(reader, waiting, cx.waker())) {
                Step::Give(fetched) => {
                    own.waiting = None;
                    return Poll::Ready(Some(own.cache.resolve(fetched)));
                }
                Step::End(Ok(())) => return Poll::Ready(None),
                Step::End(Err(error)) => return Poll::Ready(Some(Err(DataFusionError::Shared(error)))),
                Step::Begin(factory) => {
                    let source = match guard(factory) {
                        Ok(stream) => Source::Open(stream),
                        Err(error) => Source::Ended(Err(Arc::new(error))),
                    };
                    let unwanted = self.with(|state| {
                        let mut source = source;
                        let ended = state.all_gone().then_some(Source::Ended(Ok(())));
                        let unwanted = ended.map(|ended| std::mem::replace(&mut source, ended));
                        state.put_back(source, reader);
                        unwanted
                    });
                    drop(unwanted);
                }
                Step::Take(stream) => {
                    own.waiting = None;
                    if !self.take_from(stream, reader) {
                        return Poll::Pending;
                    }
                }
                Step::Hungry => return Poll::Pending,
                Step::Wait => std::task::ready!(poll_timer(own, cx)),
            }
        }
    }

    /// The reader wants no more.
    pub(crate) fn leave(&self, reader: usize) {
        let unwanted = self.with(|state| {
            state.cursors[reader].gone = true;
            state.cursor_moved();
            // The source may have woken this one, to look for all.
            state.wake_hungry();
            let all_gone = state.all_gone() && !matches!(state.source, Source::Busy);
            all_gone.then(|| std::mem::replace(&mut state.source, Source::Ended(Ok(()))))
        });
        // Not under the lock: a source that is dropped may leave another pass.
        drop(unwanted);
    }

    /// Bytes that did not fit into memory.
    pub(crate) fn spilled_bytes(&self) -> u64 {
        self.with(|state| state.log.spilled_bytes())
    }

    /// Takes one item from the source into the log; `false` if the source has none yet, and will wake
    /// the reader.
    fn take_from(self: &Arc<Self>, mut stream: ItemStream, reader: usize) -> bool {
        // The source wakes whoever is hungry by then: this reader may be gone when it does.
        let waker = Waker::from(Arc::new(WakeHungry(Arc::downgrade(self))));
        let polled = guard(|| Ok(stream.poll_next_unpin(&mut Context::from_waker(&waker))));
        let mut stream = Some(stream);
        let has_moved = self.with(|state| {
            let wanted = !state.all_gone();
            let end = match polled {
                Ok(Poll::Pending) if wanted => {
                    state.source = stream.take().map_or(Source::Ended(Ok(())), Source::Open);
                    // Others may be hungry, too: this one has looked for all of them.
                    return false;
                }
                Ok(Poll::Ready(Some(Ok(item)))) => {
                    let keep_from = state.log.head().saturating_sub(LEAD_ITEMS);
                    match state.log.push(item, keep_from) {
                        Ok(()) if wanted => {
                            let source = stream.take().map_or(Source::Ended(Ok(())), Source::Open);
                            state.put_back(source, reader);
                            return true;
                        }
                        Ok(()) => Ok(()),
                        Err(error) => Err(Arc::new(error)),
                    }
                }
                // In between all may have left: nobody else lets go of the source.
                Ok(Poll::Pending | Poll::Ready(None)) => Ok(()),
                Ok(Poll::Ready(Some(Err(error)))) | Err(error) => Err(Arc::new(error)),
            };
            state.put_back(Source::Ended(end), reader);
            true
        });
        // Not under the lock: a source that is dropped may leave another pass.
        drop(stream);
        has_moved
    }

    /// Does something under the lock, then wakes those it has found to wake.
    fn with<T>(&self, code: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let result = code(&mut state);
        let to_wake = std::mem::take(&mut state.to_wake);
        drop(state);
        to_wake.into_iter().for_each(Waker::wake);
        result
    }
}

/// The error that a panic is told as.
pub(super) fn broke_off(panic: Box<dyn Any + Send>) -> DataFusionError {
    DataFusionError::Execution(format!("the query broke off: {}", crate::output::panic_message(panic)))
}

/// Runs code of a source; a panic in it ends the partition for all readers, instead of leaving them to
/// wait.
pub(super) fn guard<T>(code: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(code)).unwrap_or_else(|panic| Err(broke_off(panic)))
}

/// Waits for the others; ready when it is time to see who has not moved.
fn poll_timer(own: &mut ReaderState, cx: &mut Context<'_>) -> Poll<()> {
    let (since, timer) =
        own.waiting.get_or_insert_with(|| (Instant::now(), Box::pin(tokio::time::sleep(STALL_BEFORE_START))));
    std::task::ready!(timer.as_mut().poll(cx));
    if since.elapsed() >= STALL {
        *since = Instant::now();
    }
    timer.as_mut().reset(*since + STALL);
    Poll::Ready(())
}

impl State {
    /// What a reader is to do next. `waiting` tells since when it has waited for others.
    fn step(&mut self, reader: usize, waiting: Option<Instant>, waker: &Waker) -> Step {
        let head = self.log.head();
        let cursor = &mut self.cursors[reader];
        if cursor.gone {
            return Step::End(Ok(()));
        }
        if cursor.next < head {
            let fetched = self.log.get(cursor.next);
            cursor.next += 1;
            cursor.moved = Some(Instant::now());
            cursor.stalled &= cursor.next + LEAD_ITEMS / 2 < head;
            self.cursor_moved();
            return Step::Give(fetched);
        }
        match &self.source {
            Source::Ended(end) => {
                let end = end.clone();
                cursor.gone = true;
                self.cursor_moved();
                return Step::End(end);
            }
            Source::Busy => {
                self.hungry.push((reader, waker.clone()));
                return Step::Hungry;
            }
            Source::Waiting(_) | Source::Open(_) => {}
        }
        if self.must_wait(waiting) {
            self.ahead.push(waker.clone());
            return Step::Wait;
        }
        // If the source has nothing yet, it is to wake this reader, too.
        self.hungry.push((reader, waker.clone()));
        match std::mem::replace(&mut self.source, Source::Busy) {
            Source::Waiting(factory) => Step::Begin(factory),
            Source::Open(stream) => Step::Take(stream),
            busy_or_ended => {
                self.source = busy_or_ended;
                Step::Hungry
            }
        }
    }

    /// Whether a reader at the head is too far ahead of one that moves.
    fn must_wait(&mut self, waiting: Option<Instant>) -> bool {
        let head = self.log.head();
        let mut wait = false;
        for cursor in &mut self.cursors {
            if cursor.gone || cursor.stalled || cursor.next + LEAD_ITEMS > head {
                continue;
            }
            let patience = if cursor.moved.is_some() { STALL } else { STALL_BEFORE_START };
            let still = waiting.is_some_and(|since| {
                since.elapsed() >= patience && cursor.moved.is_none_or(|moved| moved < since)
            });
            cursor.stalled = still;
            wait |= !still;
        }
        wait
    }

    /// A reader has moved on or left: what nobody wants any more goes, and those ahead look again when
    /// the others have come half the way.
    fn cursor_moved(&mut self) {
        let wanted = self.cursors.iter().filter(|cursor| !cursor.gone).map(|cursor| cursor.next).min();
        self.log.trim(wanted.unwrap_or(u64::MAX));
        let head = self.log.head();
        let is_behind =
            |cursor: &Cursor| !cursor.gone && !cursor.stalled && cursor.next + LEAD_ITEMS / 2 < head;
        if !self.cursors.iter().any(is_behind) {
            self.to_wake.append(&mut self.ahead);
        }
    }

    /// The reader that made the source busy gives it back.
    fn put_back(&mut self, source: Source, reader: usize) {
        self.source = source;
        let hungry = self.hungry.drain(..).filter(|(other, _)| *other != reader);
        self.to_wake.extend(hungry.map(|(_, waker)| waker));
    }

    fn wake_hungry(&mut self) {
        self.to_wake.extend(self.hungry.drain(..).map(|(_, waker)| waker));
    }

    fn all_gone(&self) -> bool {
        self.cursors.iter().all(|cursor| cursor.gone)
    }
}

/// Wakes the readers that found nothing to take.
struct WakeHungry(Weak<PassPartition>);

impl Wake for WakeHungry {
    fn wake(self: Arc<Self>) {
        if let Some(partition) = self.0.upgrade() {
            partition.with(State::wake_hungry);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    use futures::stream;

    use super::super::log::{LogMemory, NO_PLACE};
    use super::*;
    use crate::budget::Budget;
    use crate::spill_store::SpillStore;

    const ITEMS: i64 = 500;

    fn item(number: i64) -> Item {
        let column: ArrayRef = Arc::new(Int64Array::from(vec![number; 100]));
        Item::Batch { batch: RecordBatch::try_from_iter([("n", column)]).unwrap(), place: NO_PLACE }
    }

    fn partition(readers: usize, limit_bytes: usize, source: ItemStream) -> Arc<PassPartition> {
        let store = Arc::new(SpillStore::new(std::env::temp_dir(), u64::MAX));
        let memory = LogMemory::new(&Arc::new(Budget::new(1 << 40)), Some(limit_bytes));
        let log = Log::new(Arc::new(memory), &store);
        Arc::new(PassPartition::new(log, readers, Box::new(move || Ok(source))))
    }

    fn numbers() -> ItemStream {
        stream::iter((0..ITEMS).map(|number| Ok(item(number)))).boxed()
    }

    /// A source that is not ready every other time.
    fn halting_numbers() -> ItemStream {
        let numbers = stream::iter(0..ITEMS).then(|number| async move {
            tokio::task::yield_now().await;
            Ok(item(number))
        });
        numbers.boxed()
    }

    async fn next(
        partition: &Arc<PassPartition>,
        reader: usize,
        own: &mut ReaderState,
    ) -> Option<Result<i64>> {
        let item = std::future::poll_fn(|cx| partition.poll_next(reader, own, cx)).await?;
        Some(item.map(|item| {
            let Item::Batch { batch, .. } = item else { panic!("expected a batch") };
            batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap().value(0)
        }))
    }

    async fn read_all(partition: Arc<PassPartition>, reader: usize) -> Vec<i64> {
        let mut own = ReaderState::default();
        let mut all = Vec::new();
        while let Some(number) = next(&partition, reader, &mut own).await {
            all.push(number.unwrap());
        }
        all
    }

    fn run<F: Future>(future: F) -> F::Output {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
        runtime.block_on(async {
            tokio::time::timeout(Duration::from_secs(60), future).await.expect("the pass hangs")
        })
    }

    #[test]
    fn every_reader_gets_everything_in_order() {
        for source in [numbers, halting_numbers] {
            for limit_bytes in [0, usize::MAX] {
                run(async {
                    let partition = partition(7, limit_bytes, source());
                    let readers: Vec<_> =
                        (0..7).map(|reader| tokio::spawn(read_all(Arc::clone(&partition), reader))).collect();
                    for reader in readers {
                        assert_eq!(reader.await.unwrap(), (0..ITEMS).collect::<Vec<_>>());
                    }
                });
            }
        }
    }

    #[test]
    fn readers_that_come_one_after_the_other_do_not_wait_for_each_other() {
        run(async {
            let partition = partition(3, 10_000, numbers());
            for reader in 0..3 {
                assert_eq!(read_all(Arc::clone(&partition), reader).await.len(), 500);
            }
            assert!(partition.spilled_bytes() > 0);
        });
    }

    #[test]
    fn two_readers_that_are_merged_do_not_hang() {
        run(async {
            let partition = partition(2, 10_000, halting_numbers());
            let (mut left, mut right) = (ReaderState::default(), ReaderState::default());
            // One task that takes a hundred from one side, then a hundred from the other.
            for _ in 0..5 {
                for (reader, own) in [(0, &mut left), (1, &mut right)] {
                    for _ in 0..100 {
                        next(&partition, reader, own).await.unwrap().unwrap();
                    }
                }
            }
        });
    }

    #[test]
    fn a_fast_reader_waits_for_a_slow_one() {
        run(async {
            let made = Arc::new(AtomicUsize::new(0));
            let counted = Arc::clone(&made);
            let source = numbers().inspect(move |_| {
                counted.fetch_add(1, Ordering::Relaxed);
            });
            let partition = partition(2, usize::MAX, source.boxed());
            let mut fast = Box::pin(read_all(Arc::clone(&partition), 0));
            let mut own = ReaderState::default();
            let mut far_ahead = 0;
            for number in 0..100 {
                assert_eq!(next(&partition, 1, &mut own).await.unwrap().unwrap(), number);
                assert!(futures::poll!(&mut fast).is_pending());
                let ahead = made.load(Ordering::Relaxed) as i64 - number;
                far_ahead += usize::from(ahead > LEAD_ITEMS as i64 + 2);
            }
            // On a busy machine the slow one may stand still for so long that it is not waited for.
            assert!(far_ahead < 90, "far ahead {far_ahead} times of 100");
            partition.leave(1);
            assert_eq!(fast.await.len(), 500);
        });
    }

    #[test]
    fn readers_that_leave_stop_the_source() {
        run(async {
            let alive = Arc::new(());
            let held = Arc::clone(&alive);
            let endless = stream::repeat_with(move || {
                let _held = &held;
                Ok(item(1))
            });
            let partition = partition(2, usize::MAX, endless.boxed());
            let mut own = ReaderState::default();
            next(&partition, 0, &mut own).await.unwrap().unwrap();
            partition.leave(0);
            assert_eq!(Arc::strong_count(&alive), 2);
            partition.leave(1);
            assert_eq!(Arc::strong_count(&alive), 1);
        });
    }

    #[test]
    fn readers_that_leave_while_the_source_is_asked_stop_it() {
        run(async {
            let alive = Arc::new(());
            let held = Arc::clone(&alive);
            let place: Arc<Mutex<Option<Arc<PassPartition>>>> = Arc::default();
            let asked = Arc::clone(&place);
            let never = stream::poll_fn(move |_| {
                let _held = &held;
                asked.lock().unwrap().take().unwrap().leave(0);
                Poll::Pending
            });
            let partition = partition(1, usize::MAX, never.boxed());
            *place.lock().unwrap() = Some(Arc::clone(&partition));
            assert!(next(&partition, 0, &mut ReaderState::default()).await.is_none());
            assert_eq!(Arc::strong_count(&alive), 1);
        });
    }

    #[test]
    fn an_error_and_a_panic_come_to_all_readers_after_what_was_before() {
        let failing =
            || stream::iter([Ok(item(0)), Err(DataFusionError::Execution("broken".into()))]).boxed();
        let panicking =
            || stream::iter(0..2).map(|n| if n == 0 { Ok(item(0)) } else { panic!("broken") }).boxed();
        for source in [failing as fn() -> ItemStream, panicking] {
            run(async {
                let partition = partition(2, usize::MAX, source());
                for reader in 0..2 {
                    let mut own = ReaderState::default();
                    assert_eq!(next(&partition, reader, &mut own).await.unwrap().unwrap(), 0);
                    let error = next(&partition, reader, &mut own).await.unwrap().unwrap_err();
                    assert!(error.to_string().contains("broken"), "{error}");
                    assert!(next(&partition, reader, &mut own).await.is_none());
                }
            });
        }
    }

    #[test]
    fn a_reader_that_is_dropped_while_it_waits_leaves_the_others_going() {
        run(async {
            for round in 0..200 {
                let partition = partition(3, usize::MAX, halting_numbers());
                let dropped = tokio::spawn(read_all(Arc::clone(&partition), 0));
                let readers: Vec<_> =
                    (1..3).map(|reader| tokio::spawn(read_all(Arc::clone(&partition), reader))).collect();
                for _ in 0..round % 10 {
                    tokio::task::yield_now().await;
                }
                dropped.abort();
                let _ = dropped.await;
                partition.leave(0);
                for reader in readers {
                    assert_eq!(reader.await.unwrap().len(), 500);
                }
            }
        });
    }
}
