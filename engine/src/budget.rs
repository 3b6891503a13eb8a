//! The memory that a session may use.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};

/// One pool for all: the operators of the relational core, passes, and rows that wait for each other.
///
/// Whoever asks for more gets it while there is some. When there is none, those that can write to disk and have
/// more than their share are refused, and do so. One with less than its share is let in all the same, up to
/// [`Budget::HEADROOM`]: an operator that has just begun has nothing to write yet, and would fail.
///
/// The pool holds back a part of the limit, as not everything that takes memory is counted.
#[derive(Debug)]
pub(crate) struct Budget {
    limit_bytes: AtomicUsize,
    state: Mutex<State>,
    peak_bytes: AtomicUsize,
}

/// Of the limit, a table of groups of some of the rows may take this part: 1 / 8.
const PARTIAL_SHARE: usize = 8;

/// Of the limit, somebody who has nothing yet gets this part, 1 / 64, also when what waits to be read takes all.
const BEGINNING_SHARE: usize = 64;

/// And a table of groups this part, 1 / 16.
const SMALL_TABLE_SHARE: usize = 16;

/// Of the limit, a merge may have this part, 1 / 8, also where what is kept for slower readers takes it, and of that so much.
const MERGE_SHARE: usize = 8;

/// The consumer that keeps batches of a pass for those that have not come to them.
pub(crate) const SLOWER_READERS: &str = "batches for slower readers";

/// Tables of groups double before they ask for it, and while they do, there are the old one and the new one: so many
/// times what they have may be needed beside it.
const DOUBLING: usize = 2;

#[derive(Debug, Default)]
struct State {
    used_bytes: usize,
    /// Consumers that have something, by their numbers.
    holders: HashMap<usize, Holder>,
    /// How many of them can write to disk.
    spillers: usize,
}

/// A consumer that has something.
#[derive(Debug)]
struct Holder {
    name: String,
    can_spill: bool,
    bytes: usize,
}

/// What keeps groups in tables, or as one group of all rows the values of aggregates such as `count(DISTINCT …)`.
const TABLES: [&str; 4] = [
    "FinalHashAggregateStream[",
    "PartialReduceHashAggregateStream[",
    "SingleHashAggregateStream[",
    "AggregateStream[",
];

/// Whether a consumer is a table of groups or values. One of groups goes to disk when it is refused; one of values fails, and the query
/// begins again in a way that does.
fn is_table(name: &str) -> bool {
    TABLES.iter().any(|table| name.starts_with(table))
}

/// Whether a consumer holds what its readers have not taken: the less, the further they get.
fn is_repartition(name: &str) -> bool {
    name.starts_with("RepartitionExec[")
}

/// Whether a consumer holds the rows of a sort, which fails if it does not get a batch.
fn is_sort(name: &str) -> bool {
    name.starts_with("ExternalSorter[")
}

/// Whether a consumer merges the runs of a sort, and fails if it gets nothing.
fn is_merge(name: &str) -> bool {
    name.starts_with("ExternalSorterMerge[")
}

/// Whether a consumer that is refused goes on in a way that is not right, and so has to fail: of a join without keys, the relational core
/// reads the first side once more, which not all plans can, and gives rows of outer joins once for each partition of the other side.
/// [`JoinByBlocks`](crate::operators::JoinByBlocks) is the way that is.
fn goes_on_wrongly(name: &str) -> bool {
    name.starts_with("NestedLoopJoinLoad[")
}

/// What a consumer is told that has to fail when it is refused.
#[derive(Debug)]
pub(crate) struct Refused(String);

impl Refused {
    pub(crate) fn error(message: String) -> DataFusionError {
        DataFusionError::External(Box::new(Self(message)))
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl State {
    /// What consumers of some names have.
    fn bytes_of(&self, is_one: impl Fn(&str) -> bool) -> usize {
        self.holders.values().filter(|holder| is_one(&holder.name)).map(|holder| holder.bytes).sum()
    }

    /// How many tables of groups there are, and what they have.
    fn tables(&self) -> (usize, usize) {
        let tables = self.holders.values().filter(|holder| is_table(&holder.name));
        tables.fold((0, 0), |(count, bytes), table| (count + 1, bytes + table.bytes))
    }
}

impl Budget {
    /// Of the limit, so many hundredths are given away freely.
    const FREE_PERCENT: usize = 75;
    /// And so many to those with less than their share.
    const HEADROOM_PERCENT: usize = 95;

    /// A pool with a limit.
    pub(crate) fn new(limit_bytes: usize) -> Self {
        Self {
            limit_bytes: AtomicUsize::new(limit_bytes),
            state: Mutex::default(),
            peak_bytes: AtomicUsize::new(0),
        }
    }

    /// The limit.
    pub(crate) fn limit_bytes(&self) -> usize {
        self.limit_bytes.load(Ordering::Relaxed)
    }

    /// Sets another limit, from now on.
    pub(crate) fn set_limit_bytes(&self, limit_bytes: usize) {
        self.limit_bytes.store(limit_bytes, Ordering::Relaxed);
    }

    /// What is reserved.
    pub(crate) fn used_bytes(&self) -> usize {
        self.state().used_bytes
    }

    /// The most that was ever reserved.
    pub(crate) fn peak_bytes(&self) -> usize {
        self.peak_bytes.load(Ordering::Relaxed)
    }

    /// Whether nothing is left that anybody gets freely.
    pub(crate) fn is_short(&self) -> bool {
        self.used_bytes() > self.percent(Self::FREE_PERCENT)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn percent(&self, percent: usize) -> usize {
        self.limit_bytes() / 100 * percent
    }

    fn take(&self, state: &mut State, consumer: &MemoryConsumer, additional: usize) {
        if additional == 0 {
            return;
        }
        let (name, can_spill) = (consumer.name(), consumer.can_spill());
        let holder = state.holders.entry(consumer.id()).or_insert_with(|| {
            state.spillers += usize::from(can_spill);
            Holder { name: name.to_owned(), can_spill, bytes: 0 }
        });
        holder.bytes += additional;
        state.used_bytes += additional;
        self.peak_bytes.fetch_max(state.used_bytes, Ordering::Relaxed);
    }

    /// Whether a reservation may become larger.
    fn allows(&self, state: &State, reservation: &MemoryReservation, additional: usize) -> bool {
        let consumer = reservation.consumer();
        let used = state.used_bytes + additional;
        let free = self.percent(Self::FREE_PERCENT);
        // What it gives is counted by nobody until the next operator has taken it, and no larger table of few of the
        // rows makes much less of them.
        let gives_all_at_once = consumer.name().starts_with("PartialHashAggregateStream[");
        if gives_all_at_once && reservation.size() + additional > self.limit_bytes() / PARTIAL_SHARE {
            return false;
        }
        // When it has written to disk it reads that by another reservation, and its table cannot go there again.
        let holder = state.holders.get(&consumer.id());
        let held = holder.map_or(0, |holder| holder.bytes);
        if is_table(consumer.name()) && held == reservation.size() {
            let (tables, tables_bytes) = state.tables();
            // One that has just begun has nothing to write yet.
            let others = tables - usize::from(holder.is_some());
            let share = self.limit_bytes() / (1 + DOUBLING) / (others + 1);
            let is_short = used + DOUBLING * (tables_bytes + additional) > self.limit_bytes();
            if is_short && reservation.size() + additional > share {
                return false;
            }
        }
        // Repartitioning in DataFusion 55 can wait for itself once it has written to disk (mended later: #24891).
        // What it holds is bounded by what its readers have not taken.
        if used <= free || is_repartition(consumer.name()) {
            return true;
        }
        // So it may take more than there is, and only readers that go on make that less.
        let wanted = reservation.size() + additional;
        let beginning_share = self.limit_bytes()
            / if is_sort(consumer.name()) || is_table(consumer.name()) {
                MERGE_SHARE
            } else {
                BEGINNING_SHARE
            };
        let begins = reservation.size() == 0 && additional <= beginning_share;
        // A table that can hardly hold a few batches would go to disk with each, and fails where it has no room to sort one.
        let is_small_table = is_table(consumer.name()) && wanted <= self.limit_bytes() / SMALL_TABLE_SHARE;
        // What is kept for readers becomes less as they go on, and goes to disk when more comes; others cannot wait for that.
        let merge_share = self.limit_bytes() / MERGE_SHARE;
        let kept = state.bytes_of(|name| name == SLOWER_READERS).min(merge_share);
        let headroom = self.percent(Self::HEADROOM_PERCENT);
        let with_waiting = headroom + state.bytes_of(is_repartition) + kept;
        let is_small_merge = is_merge(consumer.name()) && wanted <= merge_share;
        if (begins || is_small_table || is_small_merge) && used <= with_waiting {
            return true;
        }
        let sharers = state.spillers + usize::from(!state.holders.contains_key(&consumer.id()));
        // One consumer may have several reservations, as one for the runs that it merges, of which it takes as
        // many as it may, and one for what it makes of them, without which it cannot go on.
        let is_modest = !consumer.can_spill() || wanted <= free / sharers.max(1);
        is_modest && used <= headroom
    }
}

impl MemoryPool for Budget {
    fn name(&self) -> &str {
        "budget"
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.take(&mut self.state(), reservation.consumer(), additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, len_bytes: usize) {
        let mut state = self.state();
        state.used_bytes -= len_bytes;
        if let Entry::Occupied(mut holder) = state.holders.entry(reservation.consumer().id()) {
            holder.get_mut().bytes = holder.get().bytes.saturating_sub(len_bytes);
            if holder.get().bytes == 0 {
                let left = holder.remove();
                state.spillers -= usize::from(left.can_spill);
            }
        }
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let mut state = self.state();
        if self.allows(&state, reservation, additional) {
            self.take(&mut state, reservation.consumer(), additional);
            return Ok(());
        }
        let most = state.holders.values().max_by_key(|holder| holder.bytes);
        let most = most.map_or(String::new(), |most| format!(", most by {} with {}", most.name, most.bytes));
        let name = reservation.consumer().name();
        let message = format!(
            "{name} needs {additional} more bytes of memory beside {} that it has; {} of {} bytes are in use{most}",
            reservation.size(),
            state.used_bytes,
            self.limit_bytes(),
        );
        Err(match goes_on_wrongly(name) {
            true => Refused::error(message),
            false => DataFusionError::ResourcesExhausted(message),
        })
    }

    fn reserved(&self) -> usize {
        self.used_bytes()
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.limit_bytes())
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} bytes", self.reserved(), self.limit_bytes())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn consumer(pool: &Arc<dyn MemoryPool>, name: &str, can_spill: bool) -> MemoryReservation {
        MemoryConsumer::new(name).with_can_spill(can_spill).register(pool)
    }

    #[test]
    fn one_that_has_begun_gets_something_where_others_have_all() {
        let budget = Arc::new(Budget::new(1000));
        let pool: Arc<dyn MemoryPool> = Arc::clone(&budget) as _;
        let (first, second) = (consumer(&pool, "first", true), consumer(&pool, "second", true));
        first.try_grow(750).unwrap();
        assert!(first.try_grow(1).is_err());
        second.try_grow(150).unwrap();
        assert!(second.try_grow(100).is_err(), "beyond the headroom");
        let error = first.try_grow(1).unwrap_err().to_string();
        assert!(error.contains("first needs 1 more bytes"), "{error}");
        first.shrink(500);
        second.try_grow(100).unwrap();
        drop((first, second));
        assert_eq!((pool.reserved(), budget.peak_bytes()), (0, 900));
        assert_eq!(budget.state().spillers, 0);
        assert!(budget.state().holders.is_empty());
    }

    #[test]
    fn those_that_cannot_write_to_disk_use_the_headroom() {
        let pool: Arc<dyn MemoryPool> = Arc::new(Budget::new(1000));
        let join = consumer(&pool, "HashJoinInput", false);
        join.try_grow(900).unwrap();
        assert!(join.try_grow(51).is_err());
        consumer(&pool, "RepartitionExec[0]", true).try_grow(100).unwrap();
    }

    #[test]
    fn readers_of_what_waits_may_begin() {
        let pool: Arc<dyn MemoryPool> = Arc::new(Budget::new(64_000));
        let waiting = consumer(&pool, "RepartitionExec[1]", true);
        consumer(&pool, "FilterExec[0]", false).try_grow(1).unwrap();
        waiting.try_grow(70_000).unwrap();
        let table = consumer(&pool, "FinalHashAggregateStream[0]", true);
        assert!(table.try_grow(8001).is_err(), "it is not small");
        table.try_grow(2000).unwrap();
        table.try_grow(1900).unwrap();
        assert!(table.try_grow(900).is_err(), "it has something to write");
        let sort = consumer(&pool, "ExternalSorter[0]", true);
        assert!(sort.try_grow(8001).is_err(), "it is not small");
        sort.try_grow(7000).unwrap();
        assert!(sort.try_grow(900).is_err(), "it has something to write");
        drop((waiting, sort));
        let other = consumer(&pool, "HashJoinInput", false);
        other.try_grow(56_000).unwrap();
        let next = consumer(&pool, "FinalHashAggregateStream[1]", true);
        assert!(next.try_grow(1000).is_err(), "nothing waits to be read");
    }

    #[test]
    fn groups_of_some_of_the_rows_get_a_part() {
        let pool: Arc<dyn MemoryPool> = Arc::new(Budget::new(1000));
        let partial = consumer(&pool, "PartialHashAggregateStream[0]", false);
        partial.try_grow(125).unwrap();
        assert!(partial.try_grow(1).is_err());
        partial.shrink(100);
        partial.try_grow(50).unwrap();
    }

    #[test]
    fn tables_of_groups_leave_room_to_double() {
        let budget = Arc::new(Budget::new(1000));
        let pool: Arc<dyn MemoryPool> = Arc::clone(&budget) as _;
        let first = consumer(&pool, "FinalHashAggregateStream[0]", true);
        let second = consumer(&pool, "FinalHashAggregateStream[1]", true);
        first.try_grow(300).unwrap();
        second.try_grow(160).unwrap();
        assert!(second.try_grow(10).is_err(), "both would not have the room");
        let join = consumer(&pool, "HashJoinInput", false);
        join.try_grow(200).unwrap();
        drop(join);
        first.free();
        second.try_grow(170).unwrap();
        assert!(second.try_grow(10).is_err(), "it would not have the room");
        drop((first, second));
        let state = budget.state();
        assert_eq!((state.used_bytes, state.tables()), (0, (0, 0)));
    }

    #[test]
    fn merges_go_on_where_batches_are_kept_for_slower_readers() {
        let pool: Arc<dyn MemoryPool> = Arc::new(Budget::new(1000));
        let kept = consumer(&pool, SLOWER_READERS, true);
        kept.try_grow(700).unwrap();
        let sort = consumer(&pool, "ExternalSorter[0]", true);
        sort.try_grow(240).unwrap();
        let merge = consumer(&pool, "ExternalSorterMerge[0]", false);
        merge.try_grow(60).unwrap();
        merge.try_grow(60).unwrap();
        assert!(merge.try_grow(10).is_err(), "more than its part");
        drop((kept, merge));
        let other = consumer(&pool, "HashJoinInput", false);
        other.try_grow(700).unwrap();
        let merge = consumer(&pool, "ExternalSorterMerge[1]", false);
        assert!(merge.try_grow(60).is_err(), "nothing is kept");
    }

    #[test]
    fn values_of_one_group_leave_room_to_double() {
        let pool: Arc<dyn MemoryPool> = Arc::new(Budget::new(1000));
        let values = consumer(&pool, "AggregateStream[0]", false);
        values.try_grow(330).unwrap();
        assert!(values.try_grow(10).is_err(), "they would not have the room");
    }

    #[test]
    fn what_is_split_off_is_counted_once() {
        let budget = Arc::new(Budget::new(1000));
        let pool: Arc<dyn MemoryPool> = Arc::clone(&budget) as _;
        let whole = consumer(&pool, "sort", true);
        whole.try_grow(600).unwrap();
        let part = whole.split(200);
        drop(whole);
        assert_eq!((pool.reserved(), budget.state().spillers), (200, 1));
        drop(part);
        assert_eq!((pool.reserved(), budget.state().spillers), (0, 0));
        budget.set_limit_bytes(100);
        assert_eq!(budget.limit_bytes(), 100);
    }
}
