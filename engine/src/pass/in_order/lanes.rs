//! Rows of each partition that wait for those of others that come before them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use arrow::array::RecordBatch;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};
use swath_io::Place;

use crate::pass::spill::batch_len_bytes;
use crate::threads::{SharedWaker, lock};

/// Bytes of rows that may wait in one partition for those of others that come before them, at most.
const WAITING_BYTES: usize = 16 << 20;

/// And of the memory limit, what may wait in all partitions: 1 / 4.
const WAITING_SHARE: usize = 4;

/// A lane for each partition.
pub(super) struct Lanes {
    lanes: Vec<Mutex<Lane>>,
    /// Who merges them, if it waits.
    merger: Mutex<Merger>,
    /// Bytes of rows that may wait in a lane. One batch may in any case.
    most_bytes: usize,
    /// For what waits in all lanes.
    memory: MemoryReservation,
}

#[derive(Default)]
struct Lane {
    rows: VecDeque<(Place, RecordBatch)>,
    waiting_bytes: usize,
    /// Nothing will come that is before this place.
    reached: Option<Place>,
    ended: bool,
    error: Option<DataFusionError>,
    /// Whoever fills it, if there is no room.
    filler: Option<Waker>,
}

#[derive(Default)]
struct Merger {
    waker: Option<Waker>,
    /// The place that it wants to give next.
    next: Option<Place>,
}

impl Lanes {
    /// So many empty lanes, of which what waits is counted in the pool.
    pub(super) fn new(count: usize, pool: &Arc<dyn MemoryPool>) -> Self {
        let share = match pool.memory_limit() {
            MemoryLimit::Finite(limit_bytes) => limit_bytes / WAITING_SHARE / count.max(1),
            _ => WAITING_BYTES,
        };
        Self {
            lanes: (0..count).map(|_| Mutex::default()).collect(),
            merger: Mutex::default(),
            most_bytes: share.min(WAITING_BYTES),
            memory: MemoryConsumer::new("rows in the order of files").register(pool),
        }
    }

    fn lane(&self, number: usize) -> MutexGuard<'_, Lane> {
        lock(&self.lanes[number])
    }

    fn merger(&self) -> MutexGuard<'_, Merger> {
        lock(&self.merger)
    }

    /// Waits until there is room in a lane.
    pub(super) async fn room(&self, number: usize) {
        std::future::poll_fn(|cx| {
            let mut lane = self.lane(number);
            if lane.rows.is_empty() || lane.waiting_bytes < self.most_bytes {
                return Poll::Ready(());
            }
            lane.filler = Some(SharedWaker::of(cx.waker()));
            Poll::Pending
        })
        .await;
    }

    /// Adds rows, perhaps none.
    pub(super) fn put(&self, number: usize, place: Place, batch: RecordBatch) {
        let has_rows = batch.num_rows() > 0;
        {
            let mut lane = self.lane(number);
            lane.reached = Some(place);
            if has_rows {
                let len_bytes = batch_len_bytes(&batch);
                self.memory.grow(len_bytes);
                lane.waiting_bytes += len_bytes;
                lane.rows.push_back((place, batch));
            }
        }
        self.wake_merger(|next| has_rows || next.is_none_or(|next| place >= next));
    }

    /// Nothing more comes into a lane.
    pub(super) fn end(&self, number: usize, result: Result<()>) {
        {
            let mut lane = self.lane(number);
            lane.ended = true;
            lane.error = result.err();
        }
        self.wake_merger(|_| true);
    }

    fn wake_merger(&self, matters: impl FnOnce(Option<Place>) -> bool) {
        let waker = {
            let mut merger = self.merger();
            if matters(merger.next) { merger.waker.take() } else { None }
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The rows of the first place, once it is known that none of another lane come before them.
    pub(super) fn poll_next(&self, cx: &Context<'_>) -> Poll<Option<Result<RecordBatch>>> {
        // Left first: what happens while the lanes are looked at is not missed.
        *self.merger() = Merger { waker: Some(SharedWaker::of(cx.waker())), next: None };
        let mut first: Option<(Place, usize)> = None;
        let mut behind: Vec<Option<Place>> = Vec::new();
        for number in 0..self.lanes.len() {
            let mut lane = self.lane(number);
            if let Some(error) = lane.error.take() {
                return Poll::Ready(Some(Err(error)));
            }
            match lane.rows.front() {
                Some((place, _)) if first.is_none_or(|(least, _)| *place < least) => {
                    first = Some((*place, number))
                }
                Some(_) => {}
                None if lane.ended => {}
                None => behind.push(lane.reached),
            }
        }
        let Some((place, number)) = first else {
            return if behind.is_empty() { Poll::Ready(None) } else { Poll::Pending };
        };
        if behind.iter().any(|reached| reached.is_none_or(|reached| reached < place)) {
            self.merger().next = Some(place);
            // A lane may have come there in between, and found that it does not matter.
            let all_there = (0..self.lanes.len()).all(|number| {
                let lane = self.lane(number);
                !lane.rows.is_empty() || lane.ended || lane.reached.is_some_and(|reached| reached >= place)
            });
            if !all_there {
                return Poll::Pending;
            }
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let mut lane = self.lane(number);
        let (_, batch) = lane.rows.pop_front().expect("only the merger takes rows");
        let len_bytes = batch_len_bytes(&batch);
        self.memory.shrink(len_bytes);
        lane.waiting_bytes -= len_bytes;
        if lane.waiting_bytes <= self.most_bytes / 2
            && let Some(filler) = lane.filler.take()
        {
            drop(lane);
            filler.wake();
        }
        Poll::Ready(Some(Ok(batch)))
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use arrow::array::{ArrayRef, Int64Array};

    use super::*;
    use crate::budget::Budget;

    /// 800 bytes of rows.
    fn rows() -> RecordBatch {
        let column: ArrayRef = Arc::new(Int64Array::from(vec![1; 100]));
        RecordBatch::try_from_iter([("n", column)]).unwrap()
    }

    #[test]
    fn what_waits_for_others_is_counted_and_bounded() {
        let pool: Arc<dyn MemoryPool> = Arc::new(Budget::new(16_000));
        let lanes = Lanes::new(2, &pool);
        let mut context = Context::from_waker(Waker::noop());
        let mut has_room = |lane| pin!(lanes.room(lane)).poll(&mut context).is_ready();
        // An eighth of the limit, 2000 bytes, is for each of two lanes.
        for run in 0..3 {
            assert!(has_room(1));
            lanes.put(1, Place { file: 1, run }, rows());
        }
        assert!(!has_room(1) && has_room(0));
        assert_eq!(pool.reserved(), 2400);
        lanes.end(0, Ok(()));
        let context = Context::from_waker(Waker::noop());
        for _ in 0..2 {
            assert!(matches!(lanes.poll_next(&context), Poll::Ready(Some(Ok(_)))));
        }
        assert!(has_room(1));
        assert_eq!(pool.reserved(), 800);
        drop(lanes);
        assert_eq!(pool.reserved(), 0);
    }
}
