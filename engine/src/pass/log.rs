//! What a pass has read and not everybody has taken yet.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::RecordBatch;
use datafusion::error::Result;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};
use swath_io::Place;

use super::spill::{Segment, SpilledBatches, batch_len_bytes};
use crate::budget::{Budget, SLOWER_READERS};
use crate::spill_store::SpillStore;

/// Bytes of batches that are written to disk at once, and so held by each reader of them: at most 8 MiB, and where
/// memory is short this part of it, 1 / 64.
const MAX_SEGMENT_LEN_BYTES: usize = 8 << 20;
const SEGMENT_SHARE: usize = 64;

/// The place of rows that are not of files.
pub(crate) const NO_PLACE: Place = Place { file: 0, run: 0 };

/// What a pass gives to those who read it.
#[derive(Debug, Clone)]
pub(crate) enum Item {
    /// Rows, and where they stand in the files of a scan.
    Batch { batch: RecordBatch, place: Place },
    /// From here on a column has no values: those who need it fail, or, if it is not checked yet whether damage of its file is to
    /// blame, wait for that: then it comes once more, or the damage does.
    ColumnFailed { column: usize, error: Arc<swath_io::Error>, is_checked: bool },
}

/// Memory that logs share. Above their part of the session's they write what can wait to disk.
#[derive(Debug)]
pub(crate) struct LogMemory {
    budget: Arc<Budget>,
    /// A limit of their own, in place of a part of the session's.
    own_limit_bytes: Option<usize>,
    reservation: MemoryReservation,
    /// What was read back from disk.
    read_back: MemoryReservation,
    peak_bytes: AtomicUsize,
}

/// What waits in passes and for readers of results may take this part of the memory: 1 / 4. The rest is for
/// operators.
const LOG_SHARE: usize = 4;

impl LogMemory {
    pub(crate) fn new(budget: &Arc<Budget>, own_limit_bytes: Option<usize>) -> Self {
        let pool: Arc<dyn MemoryPool> = Arc::clone(budget) as _;
        let reservation = MemoryConsumer::new(SLOWER_READERS).register(&pool);
        let read_back = MemoryConsumer::new("batches read back").register(&pool);
        let peak_bytes = AtomicUsize::new(0);
        Self { budget: Arc::clone(budget), own_limit_bytes, reservation, read_back, peak_bytes }
    }

    /// Memory with the same limit, of which nothing is used.
    pub(crate) fn apart(&self) -> Self {
        Self::new(&self.budget, self.own_limit_bytes)
    }

    /// The most that was ever used.
    pub(crate) fn peak_bytes(&self) -> usize {
        self.peak_bytes.load(Ordering::Relaxed)
    }

    fn grow(&self, len_bytes: usize) {
        self.reservation.grow(len_bytes);
        self.peak_bytes.fetch_max(self.reservation.size(), Ordering::Relaxed);
    }

    fn shrink(&self, len_bytes: usize) {
        self.reservation.shrink(len_bytes);
    }

    fn segment_len_bytes(&self) -> usize {
        (self.budget.limit_bytes() / SEGMENT_SHARE).min(MAX_SEGMENT_LEN_BYTES)
    }

    fn is_over(&self) -> bool {
        let limit = self.own_limit_bytes.unwrap_or_else(|| self.budget.limit_bytes() / LOG_SHARE);
        self.reservation.size() > limit || self.budget.is_short()
    }
}

/// A queue that several readers go through, each at its own speed: items by their number, from the
/// first that somebody still wants to the last that was read.
#[derive(Debug)]
pub(crate) struct Log {
    entries: VecDeque<Entry>,
    /// The number of the first entry.
    first: u64,
    /// Entries in front that are on disk or are no batches; all behind them are in memory.
    settled: usize,
    memory: Arc<LogMemory>,
    spill: SpilledBatches,
}

#[derive(Debug)]
enum Entry {
    Kept { item: Item, len_bytes: usize },
    Spilled { segment: Arc<Segment>, index: usize, place: Place },
}

/// An item, or where on disk it is.
#[derive(Debug)]
pub(crate) enum Fetched {
    Item(Item),
    /// The batch with this index in the segment, of this place.
    Spilled {
        segment: Arc<Segment>,
        index: usize,
        place: Place,
        /// Whose memory it takes when it is read.
        memory: Arc<LogMemory>,
    },
}

impl Log {
    /// An empty log that spills to the store.
    pub(crate) fn new(memory: Arc<LogMemory>, store: &Arc<SpillStore>) -> Self {
        Self { entries: VecDeque::new(), first: 0, settled: 0, memory, spill: SpilledBatches::new(store) }
    }

    /// The number that the next item will get.
    pub(crate) fn head(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// Bytes written to disk so far.
    pub(crate) fn spilled_bytes(&self) -> u64 {
        self.spill.written_bytes()
    }

    /// Adds an item. If memory is short, those before `keep_from` go to disk.
    pub(crate) fn push(&mut self, item: Item, keep_from: u64) -> Result<()> {
        let len_bytes = match &item {
            Item::Batch { batch, .. } => batch_len_bytes(batch),
            Item::ColumnFailed { .. } => 0,
        };
        self.memory.grow(len_bytes);
        self.entries.push_back(Entry::Kept { item, len_bytes });
        if self.memory.is_over() {
            self.spill(keep_from)?;
        }
        // Where nobody gets memory freely any more, what others are about to read goes to disk, too.
        if self.memory.budget.is_short() { self.spill(self.head() - 1) } else { Ok(()) }
    }

    /// The item with a number that is not before the first and not behind the last.
    pub(crate) fn get(&self, number: u64) -> Fetched {
        match &self.entries[self.index(number)] {
            Entry::Kept { item, .. } => Fetched::Item(item.clone()),
            Entry::Spilled { segment, index, place } => Fetched::Spilled {
                segment: Arc::clone(segment),
                index: *index,
                place: *place,
                memory: Arc::clone(&self.memory),
            },
        }
    }

    /// Forgets the items before a number: nobody wants them any more.
    pub(crate) fn trim(&mut self, number: u64) {
        while self.first < number.min(self.head()) {
            if let Some(Entry::Kept { len_bytes, .. }) = self.entries.pop_front() {
                self.memory.shrink(len_bytes);
            }
            self.first += 1;
            self.settled = self.settled.saturating_sub(1);
        }
    }

    /// Writes whole segments of the oldest batches to disk.
    fn spill(&mut self, keep_from: u64) -> Result<()> {
        let end = if keep_from <= self.first { 0 } else { self.index(keep_from.min(self.head())) };
        let segment_len_bytes = self.memory.segment_len_bytes();
        while self.memory.is_over() {
            let from = self.settled;
            let mut until = from;
            let mut segment_bytes = 0;
            while until < end && segment_bytes < segment_len_bytes {
                match &self.entries[until] {
                    Entry::Kept { item: Item::Batch { .. }, len_bytes } => segment_bytes += len_bytes,
                    // What is not a batch ends the segment.
                    _ if until == from => {}
                    _ => break,
                }
                until += 1;
            }
            if until == from {
                return Ok(());
            }
            if segment_bytes > 0 {
                self.spill_range(from, until)?;
            }
            self.settled = until;
        }
        Ok(())
    }

    fn spill_range(&mut self, from: usize, until: usize) -> Result<()> {
        let of = |entry: &Entry| match entry {
            Entry::Kept { item: Item::Batch { batch, .. }, .. } => Some(batch.clone()),
            _ => None,
        };
        let batches: Vec<RecordBatch> = self.entries.range(from..until).filter_map(of).collect();
        let segment = Arc::new(self.spill.write(&batches)?);
        let mut index = 0;
        for entry in self.entries.range_mut(from..until) {
            if let Entry::Kept { item: Item::Batch { place, .. }, len_bytes } = entry {
                self.memory.shrink(*len_bytes);
                *entry = Entry::Spilled { segment: Arc::clone(&segment), index, place: *place };
                index += 1;
            }
        }
        Ok(())
    }

    fn index(&self, number: u64) -> usize {
        usize::try_from(number - self.first).expect("as many entries as memory holds")
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.trim(self.head());
    }
}

/// Reads what was fetched, keeping the segment that was read last: its other batches come next.
#[derive(Debug, Default)]
pub(crate) struct SegmentCache(Option<ReadBack>);

/// A segment that is in memory again.
#[derive(Debug)]
struct ReadBack {
    segment: Arc<Segment>,
    batches: Vec<RecordBatch>,
    /// Held as long as they are.
    _reservation: MemoryReservation,
}

impl ReadBack {
    fn read(segment: Arc<Segment>, memory: &LogMemory) -> Result<Self> {
        let batches = segment.read()?;
        let reservation = memory.read_back.new_empty();
        reservation.grow(batches.iter().map(batch_len_bytes).sum());
        Ok(Self { segment, batches, _reservation: reservation })
    }
}

impl SegmentCache {
    pub(crate) fn resolve(&mut self, fetched: Fetched) -> Result<Item> {
        let (segment, index, place, memory) = match fetched {
            Fetched::Item(item) => return Ok(item),
            Fetched::Spilled { segment, index, place, memory } => (segment, index, place, memory),
        };
        if !self.0.as_ref().is_some_and(|known| Arc::ptr_eq(&known.segment, &segment)) {
            // What was read before goes first.
            self.0 = None;
            self.0 = Some(ReadBack::read(segment, &memory)?);
        }
        let batches = self.0.as_ref().map_or(&[][..], |known| &known.batches);
        let batch = batches[index].clone();
        if index + 1 == batches.len() {
            self.0 = None;
        }
        Ok(Item::Batch { batch, place })
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int64Array, StringViewArray};

    use super::*;

    fn batch(number: i64, rows: usize) -> RecordBatch {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![number; rows]));
        let text = "a text that is longer than a view";
        let texts: ArrayRef = Arc::new(StringViewArray::from(vec![text; rows]));
        RecordBatch::try_from_iter([("n", numbers), ("t", texts)]).unwrap()
    }

    fn memory(limit_bytes: usize) -> LogMemory {
        LogMemory::new(&Arc::new(Budget::new(1 << 40)), Some(limit_bytes))
    }

    fn store() -> Arc<SpillStore> {
        Arc::new(SpillStore::new(std::env::temp_dir(), u64::MAX))
    }

    fn number_of(item: &Item) -> i64 {
        let Item::Batch { batch, .. } = item else { panic!("expected a batch") };
        batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap().value(0)
    }

    #[test]
    fn items_come_back_in_order_from_memory_and_from_disk() {
        for limit_bytes in [0, 1_000_000, usize::MAX] {
            let memory = Arc::new(memory(limit_bytes));
            let mut log = Log::new(Arc::clone(&memory), &store());
            for number in 0..300 {
                log.push(Item::Batch { batch: batch(number, 1000), place: NO_PLACE }, log.head()).unwrap();
            }
            let (mut cache, mut was_read_back) = (SegmentCache::default(), false);
            for number in 0..300 {
                let item = cache.resolve(log.get(number)).unwrap();
                assert_eq!(number_of(&item), i64::try_from(number).unwrap());
                log.trim(number + 1);
                let read_back = memory.budget.used_bytes() - memory.reservation.size();
                assert_eq!(read_back > 0, cache.0.is_some());
                was_read_back |= read_back > 0;
            }
            assert_eq!(memory.budget.used_bytes(), 0);
            // Without any memory, each batch is a segment.
            assert_eq!(was_read_back, limit_bytes == 1_000_000);
            assert_eq!(log.spilled_bytes() > 0, limit_bytes < usize::MAX);
        }
    }

    #[test]
    fn what_is_kept_and_what_is_no_batch_stays_in_memory() {
        let memory = Arc::new(memory(0));
        let mut log = Log::new(memory, &store());
        let error = Arc::new(swath_io::Error::bad_option("x", "y"));
        log.push(Item::Batch { batch: batch(0, 10), place: NO_PLACE }, 0).unwrap();
        log.push(Item::ColumnFailed { column: 1, error, is_checked: true }, 0).unwrap();
        log.push(Item::Batch { batch: batch(2, 10), place: NO_PLACE }, 0).unwrap();
        assert_eq!(log.spilled_bytes(), 0);
        log.push(Item::Batch { batch: batch(3, 10), place: NO_PLACE }, 2).unwrap();
        assert!(matches!(log.get(0), Fetched::Spilled { .. }));
        assert!(matches!(log.get(1), Fetched::Item(Item::ColumnFailed { column: 1, .. })));
        assert!(matches!(log.get(2), Fetched::Item(Item::Batch { .. })));
    }

    #[test]
    fn what_is_kept_goes_to_disk_where_nobody_gets_memory() {
        let budget = Arc::new(Budget::new(100_000));
        let mut log = Log::new(Arc::new(LogMemory::new(&budget, None)), &store());
        for number in 0..10 {
            log.push(Item::Batch { batch: batch(number, 1000), place: NO_PLACE }, 0).unwrap();
        }
        assert!(log.spilled_bytes() > 0);
        assert!(matches!(log.get(9), Fetched::Item(Item::Batch { .. })), "the last one is being read");
        assert!(budget.used_bytes() < 100_000, "{}", budget.used_bytes());
    }

    #[test]
    fn a_slice_is_written_without_the_rest_of_its_text() {
        let whole = batch(1, 100_000);
        let mut spill = SpilledBatches::new(&store());
        let segment = spill.write(&[whole.slice(5, 10)]).unwrap();
        assert!(spill.written_bytes() < 10_000, "{}", spill.written_bytes());
        assert_eq!(segment.read().unwrap(), [whole.slice(5, 10)]);
        assert!(batch_len_bytes(&whole.slice(5, 10)) < 1000);
    }
}
