//! What a pass has read and not everybody has taken yet.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::RecordBatch;
use datafusion::error::Result;
use swath_io::Place;

use super::spill::{Segment, SpillFile, batch_len_bytes};

/// Bytes of batches that are written to disk at once, and so held by each reader of them.
const SEGMENT_LEN_BYTES: usize = 8 << 20;

/// The place of rows that are not of files.
pub(crate) const NO_PLACE: Place = Place { file: 0, run: 0 };

/// What a pass gives to those who read it.
#[derive(Debug, Clone)]
pub(crate) enum Item {
    /// Rows, and where they stand in the files of a scan.
    Batch { batch: RecordBatch, place: Place },
    /// From here on a column has no values: those who need it fail.
    ColumnFailed { column: usize, error: Arc<swath_io::Error> },
}

/// Memory that logs share. Above the limit they write what can wait to disk.
#[derive(Debug)]
pub(crate) struct LogMemory {
    limit_bytes: usize,
    used_bytes: AtomicUsize,
    peak_bytes: AtomicUsize,
}

impl LogMemory {
    pub(crate) fn new(limit_bytes: usize) -> Self {
        Self { limit_bytes, used_bytes: AtomicUsize::new(0), peak_bytes: AtomicUsize::new(0) }
    }

    /// Memory with the same limit, of which nothing is used.
    pub(crate) fn apart(&self) -> Self {
        Self::new(self.limit_bytes)
    }

    /// The most that was ever used.
    pub(crate) fn peak_bytes(&self) -> usize {
        self.peak_bytes.load(Ordering::Relaxed)
    }

    fn grow(&self, len_bytes: usize) {
        let used = self.used_bytes.fetch_add(len_bytes, Ordering::Relaxed) + len_bytes;
        self.peak_bytes.fetch_max(used, Ordering::Relaxed);
    }

    fn shrink(&self, len_bytes: usize) {
        self.used_bytes.fetch_sub(len_bytes, Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        self.used_bytes.load(Ordering::Relaxed) > self.limit_bytes
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
    spill: SpillFile,
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
    },
}

impl Log {
    /// An empty log that spills to the folder.
    pub(crate) fn new(memory: Arc<LogMemory>, folder: PathBuf) -> Self {
        Self { entries: VecDeque::new(), first: 0, settled: 0, memory, spill: SpillFile::new(folder) }
    }

    /// The number that the next item will get.
    pub(crate) fn head(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// Bytes written to disk so far.
    pub(crate) fn spilled_bytes(&self) -> u64 {
        self.spill.len_bytes()
    }

    /// Adds an item. If memory is short, those before `keep_from` go to disk.
    pub(crate) fn push(&mut self, item: Item, keep_from: u64) -> Result<()> {
        let len_bytes = match &item {
            Item::Batch { batch, .. } => batch_len_bytes(batch),
            Item::ColumnFailed { .. } => 0,
        };
        self.memory.grow(len_bytes);
        self.entries.push_back(Entry::Kept { item, len_bytes });
        if self.memory.is_over() { self.spill(keep_from) } else { Ok(()) }
    }

    /// The item with a number that is not before the first and not behind the last.
    pub(crate) fn get(&self, number: u64) -> Fetched {
        match &self.entries[self.index(number)] {
            Entry::Kept { item, .. } => Fetched::Item(item.clone()),
            Entry::Spilled { segment, index, place } => {
                Fetched::Spilled { segment: Arc::clone(segment), index: *index, place: *place }
            }
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
        while self.memory.is_over() {
            let from = self.settled;
            let mut until = from;
            let mut segment_bytes = 0;
            while until < end && segment_bytes < SEGMENT_LEN_BYTES {
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
pub(crate) struct SegmentCache(Option<(Arc<Segment>, Vec<RecordBatch>)>);

impl SegmentCache {
    pub(crate) fn resolve(&mut self, fetched: Fetched) -> Result<Item> {
        let (segment, index, place) = match fetched {
            Fetched::Item(item) => return Ok(item),
            Fetched::Spilled { segment, index, place } => (segment, index, place),
        };
        let batches = match &mut self.0 {
            Some((known, batches)) if Arc::ptr_eq(known, &segment) => batches,
            other => {
                let batches = segment.read()?;
                &mut other.insert((segment, batches)).1
            }
        };
        Ok(Item::Batch { batch: batches[index].clone(), place })
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

    fn number_of(item: &Item) -> i64 {
        let Item::Batch { batch, .. } = item else { panic!("expected a batch") };
        batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap().value(0)
    }

    #[test]
    fn items_come_back_in_order_from_memory_and_from_disk() {
        for limit_bytes in [0, 100_000, usize::MAX] {
            let memory = Arc::new(LogMemory::new(limit_bytes));
            let mut log = Log::new(Arc::clone(&memory), std::env::temp_dir());
            for number in 0..300 {
                log.push(Item::Batch { batch: batch(number, 1000), place: NO_PLACE }, log.head()).unwrap();
            }
            let mut cache = SegmentCache::default();
            for number in 0..300 {
                let item = cache.resolve(log.get(number)).unwrap();
                assert_eq!(number_of(&item), i64::try_from(number).unwrap());
                log.trim(number + 1);
            }
            assert_eq!(memory.used_bytes.load(Ordering::Relaxed), 0);
            assert_eq!(log.spilled_bytes() > 0, limit_bytes < usize::MAX);
        }
    }

    #[test]
    fn what_is_kept_and_what_is_no_batch_stays_in_memory() {
        let memory = Arc::new(LogMemory::new(0));
        let mut log = Log::new(memory, std::env::temp_dir());
        let error = Arc::new(swath_io::Error::bad_option("x", "y"));
        log.push(Item::Batch { batch: batch(0, 10), place: NO_PLACE }, 0).unwrap();
        log.push(Item::ColumnFailed { column: 1, error }, 0).unwrap();
        log.push(Item::Batch { batch: batch(2, 10), place: NO_PLACE }, 0).unwrap();
        assert_eq!(log.spilled_bytes(), 0);
        log.push(Item::Batch { batch: batch(3, 10), place: NO_PLACE }, 2).unwrap();
        assert!(matches!(log.get(0), Fetched::Spilled { .. }));
        assert!(matches!(log.get(1), Fetched::Item(Item::ColumnFailed { column: 1, .. })));
        assert!(matches!(log.get(2), Fetched::Item(Item::Batch { .. })));
    }

    #[test]
    fn a_slice_is_written_without_the_rest_of_its_text() {
        let whole = batch(1, 100_000);
        let mut spill = SpillFile::new(std::env::temp_dir());
        let segment = spill.write(&[whole.slice(5, 10)]).unwrap();
        assert!(spill.len_bytes() < 10_000, "{}", spill.len_bytes());
        assert_eq!(segment.read().unwrap(), [whole.slice(5, 10)]);
        assert!(batch_len_bytes(&whole.slice(5, 10)) < 1000);
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let mut spill = SpillFile::new("/nowhere/at/all".into());
        let error = spill.write(&[batch(1, 1)]).unwrap_err().to_string();
        assert!(error.contains("/nowhere/at/all"), "{error}");
    }
}
