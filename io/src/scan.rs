//! One read of many files by many workers.
//!
//! A [`Scan`] knows the files and what is wanted of them; each [`Worker`] gives batches until there are no
//! more. Which worker reads what is settled while they run: a worker that has nothing to do takes the next
//! file; when none is left it helps with those that are open, so that one huge file feeds all of them.
//!
//! A worker never waits inside a call: [`Worker::poll_next`] either gives something, or leaves a waker and
//! says [`Poll::Pending`], which happens only while others are at work.

mod chunk_len;
mod worker;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;

use arrow_array::RecordBatch;

use crate::chunk::{CHUNK_LEN_BYTES, ChunkPool};
use crate::error::{Error, Result};
use crate::feed::{Feed, FeedOptions, Recipe, Split};
use crate::notes::Notes;
use crate::options::{DecodeOptions, TextOptions};
use crate::parquet::{ParquetTable, RowGroups};
use crate::rejects::Tally;
use crate::scanner::ScanRequest;
use crate::scanner::csv::CsvRequest;
use crate::scanner::infer::CsvTable;
use crate::scanner::json::JsonTable;
use crate::simd::InstructionSet;
use crate::source::SourceFile;

pub use worker::Worker;

/// How the files of a scan are read.
#[allow(clippy::large_enum_variant)] // there is one for each scan
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScanFormat {
    /// Records of fields.
    Csv(CsvTable),
    /// Objects of JSON.
    Json(JsonTable),
    /// Lines.
    Text(TextOptions),
    /// Columns of Parquet.
    Parquet(ParquetTable),
}

impl ScanFormat {
    /// How the files are decoded.
    pub fn decode(&self) -> DecodeOptions {
        match self {
            Self::Csv(table) => table.options.decode(),
            Self::Json(table) => table.options().text.decode(),
            Self::Text(options) => options.decode(),
            Self::Parquet(_) => DecodeOptions::default(),
        }
    }
}

/// What a worker gives.
#[derive(Debug)]
pub enum ScanItem {
    /// Rows of a file.
    Batch {
        /// The rows.
        batch: RecordBatch,
        /// Where they stand.
        place: Place,
    },
    /// From here on a column that was asked for has nulls in place of its values.
    ColumnForgone {
        /// Its place among those that were asked for.
        column: usize,
        /// The value that could not be read.
        error: Error,
        /// Whether the codec has checked the bytes of the value. If not, its file may be found to be damaged later, and that is
        /// what is wrong with it.
        is_checked: bool,
    },
}

/// Where rows stand: those of a lesser place come before those of a greater one, and rows of one place come from
/// one worker, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file's number among the files of the scan.
    pub file: usize,
    /// The number of a run of records in the file.
    pub run: u64,
}

/// Whether a worker may go on without a column that has a value that cannot be read: asked with the column's
/// place among those that were asked for, and those that it goes on without already.
pub type ForgoRule = dyn Fn(usize, &[usize]) -> bool + Send + Sync;

/// One read of files. Shared by its workers.
pub struct Scan {
    files: Vec<SourceFile>,
    decode: DecodeOptions,
    source: Source,
    request: ScanRequest,
    set: InstructionSet,
    notes: Notes,
    /// What does not fit and is no error.
    tally: Tally,
    forgo: Option<Box<ForgoRule>>,
    pool: ChunkPool,
    workers: usize,
    /// Chunks of a file that may be on their way.
    limit: u64,
    /// Whether each worker gives rows in the order of their places.
    ordered: AtomicBool,
    open: Mutex<Open>,
    /// An error was given out: the others need not go on.
    failed: AtomicBool,
    /// That error, if it is damage.
    damage: OnceLock<Error>,
    /// Counts what may be of interest to somebody who waits.
    events: AtomicU64,
    waiting: AtomicUsize,
    /// Workers that found nothing to do when they last looked.
    idle: AtomicUsize,
    wakers: Mutex<Vec<Waker>>,
    opened_files: AtomicU64,
    total_bytes: u64,
    compressed_bytes: AtomicU64,
}

/// What files are cut into for workers.
enum Source {
    /// Records of text.
    Records(Recipe),
    /// Rows that a file has in groups.
    RowGroups(RowGroups),
}

#[derive(Debug, Default)]
struct Open {
    /// The next file that nobody has opened.
    next: usize,
    /// Files that are being opened.
    opening: usize,
    feeds: Vec<Arc<Feed>>,
}

impl Scan {
    /// A scan for a number of workers. Files are opened when a worker comes to them.
    pub fn new(
        files: Vec<SourceFile>,
        format: &ScanFormat,
        request: ScanRequest,
        workers: usize,
        notes: &Notes,
    ) -> Self {
        let set = InstructionSet::best();
        let tally = Tally::default();
        notes.add_tally(&tally);
        notes.rejects().forget(files.iter().map(|file| &file.path));
        let source = match format {
            ScanFormat::Csv(table) => {
                Source::Records(Recipe::Csv(Arc::new(CsvRequest::new(table, &request))))
            }
            ScanFormat::Json(table) => Source::Records(Recipe::Json(Arc::new(table.clone()))),
            ScanFormat::Text(options) => {
                let TextOptions { max_record_bytes, encoding, line_end: end, .. } = *options;
                Source::Records(Recipe::Lines { max_record_bytes, end, encoding, up_to_damage: false })
            }
            ScanFormat::Parquet(table) => {
                Source::RowGroups(RowGroups::new(table, &request.columns, request.filter.groups.clone()))
            }
        };
        let total_bytes = match &source {
            Source::Records(_) => files.iter().map(|file| file.len_bytes).sum(),
            Source::RowGroups(groups) => groups.bytes(&files),
        };
        let workers = workers.max(1);
        let chunk_len = match &source {
            Source::Records(Recipe::Csv(_)) => chunk_len::for_columns(request.columns.len()),
            Source::Records(_) | Source::RowGroups(_) => CHUNK_LEN_BYTES,
        };
        Self {
            files,
            decode: format.decode(),
            source,
            request,
            set,
            notes: notes.clone(),
            tally,
            forgo: None,
            pool: ChunkPool::new(chunk_len),
            workers,
            limit: chunk_len::on_their_way(workers, chunk_len),
            ordered: AtomicBool::new(false),
            open: Mutex::default(),
            failed: AtomicBool::new(false),
            damage: OnceLock::new(),
            events: AtomicU64::new(0),
            waiting: AtomicUsize::new(0),
            idle: AtomicUsize::new(0),
            wakers: Mutex::default(),
            opened_files: AtomicU64::new(0),
            total_bytes,
            compressed_bytes: AtomicU64::new(0),
        }
    }

    /// Lets workers go on without a column in which a value cannot be read, where the rule says so.
    pub fn with_forgo_rule(mut self, rule: Box<ForgoRule>) -> Self {
        self.forgo = Some(rule);
        self
    }

    /// Lets each worker give rows in the order of their places, so that whoever reads all workers can merge what
    /// they give. It lasts until a worker is dropped before its end.
    pub fn in_order(self) -> Self {
        self.ordered.store(true, Ordering::Relaxed);
        self
    }

    /// Lets no more workers read row groups at once than go into so many bytes, but one, and makes batches of them short. Of text, chunks that
    /// would be long are no longer than these bytes allow; others are few and small in any case.
    pub fn within_memory(mut self, bytes: usize) -> Self {
        match &mut self.source {
            Source::RowGroups(groups) => groups.limit_memory(bytes),
            Source::Records(_) => {
                let longest = chunk_len::within_memory(bytes, self.workers);
                self.set_chunk_len(self.pool.chunk_len().min(longest));
            }
        }
        self
    }

    /// Decodes chunks of so many bytes, four or more, instead of 256 KiB, or more where very many columns are asked for.
    pub fn with_chunk_len(mut self, len_bytes: usize) -> Self {
        self.set_chunk_len(len_bytes.max(4));
        self
    }

    fn set_chunk_len(&mut self, len_bytes: usize) {
        self.pool = ChunkPool::new(len_bytes);
        self.limit = chunk_len::on_their_way(self.workers, len_bytes);
    }

    /// Scans with these instructions instead of the best that the processor has.
    pub fn with_instruction_set(mut self, set: InstructionSet) -> Self {
        self.set = set;
        self
    }

    /// The files, by their numbers.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// Files opened so far.
    pub fn opened_files(&self) -> u64 {
        self.opened_files.load(Ordering::Relaxed)
    }

    /// The damage for which a worker has ended with an error: known before any other ends because of that.
    pub fn damage(&self) -> Option<Error> {
        self.damage.get().and_then(Error::copy_of_damage)
    }

    /// Bytes of the files, as they are on disk, that are to be read.
    pub fn total_bytes(&self) -> u64 {
        match &self.source {
            Source::Records(_) => self.total_bytes,
            Source::RowGroups(groups) => self.total_bytes - groups.skipped_bytes(),
        }
    }

    /// Bytes of the files, as they are on disk, read so far.
    pub fn compressed_bytes(&self) -> u64 {
        self.compressed_bytes.load(Ordering::Relaxed)
    }

    /// A worker.
    pub fn worker(self: &Arc<Self>) -> Worker {
        Worker::new(self)
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the next file of text; `None` if there is none.
    fn open_next(&self) -> Option<Result<Arc<Feed>>> {
        let Source::Records(recipe) = &self.source else { return None };
        let number = {
            let mut open = self.open();
            let number = open.next;
            if number >= self.files.len() {
                return None;
            }
            open.next += 1;
            open.opening += 1;
            number
        };
        self.opened_files.fetch_add(1, Ordering::Relaxed);
        let options = FeedOptions {
            decode: self.decode,
            set: self.set,
            split: Split::of(self.workers, self.pool.chunk_len()),
            once: false,
            notes: &self.notes,
        };
        let feed = Feed::open(number, &self.files[number], recipe.clone(), options);
        let feed = feed.map(Arc::new);
        let mut open = self.open();
        open.opening -= 1;
        open.feeds.extend(feed.as_ref().ok().cloned());
        Some(feed)
    }

    /// Forgets a file if everything of it has been read.
    fn close_if_done(&self, feed: &Arc<Feed>) -> bool {
        let done = feed.is_done();
        if done {
            self.open().feeds.retain(|other| !Arc::ptr_eq(other, feed));
        }
        done
    }

    /// Something happened that others may wait for.
    fn notify(&self) {
        self.events.fetch_add(1, Ordering::SeqCst);
        self.wake();
    }

    /// Wakes those who wait.
    fn wake(&self) {
        if self.waiting.load(Ordering::SeqCst) > 0 {
            let wakers = {
                let mut wakers = self.wakers.lock().unwrap_or_else(PoisonError::into_inner);
                self.waiting.store(0, Ordering::SeqCst);
                std::mem::take(&mut *wakers)
            };
            wakers.into_iter().for_each(Waker::wake);
        }
    }

    /// Leaves a waker, unless something has happened since `events` were counted.
    fn wait(&self, events: u64, waker: &Waker) -> bool {
        let mut wakers = self.wakers.lock().unwrap_or_else(PoisonError::into_inner);
        wakers.push(waker.clone());
        self.waiting.store(wakers.len(), Ordering::SeqCst);
        self.events.load(Ordering::SeqCst) == events
    }
}

impl fmt::Debug for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan")
            .field("files", &self.files.len())
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod exact_tests;
#[cfg(test)]
mod lenient_tests;
#[cfg(test)]
mod salvage_tests;
#[cfg(test)]
pub(crate) mod tests;
