//! One read of many files by many workers.
//!
//! A [`Scan`] knows the files and what is wanted of them; each [`Worker`] gives batches until there are no
//! more. Which worker reads what is settled while they run: a worker that has nothing to do takes the next
//! file; when none is left it helps with those that are open, so that one huge file feeds all of them.
//!
//! A worker never waits inside a call: [`Worker::poll_next`] either gives something, or leaves a waker and
//! says [`Poll::Pending`], which happens only while others are at work.

mod chunk_len;

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use crate::chunk::{CHUNK_LEN_BYTES, ChunkPool};
use crate::error::{Error, Result};
use crate::feed::{Feed, FeedOptions, Progress, Ready, Recipe, Split};
use crate::notes::Notes;
use crate::options::{DecodeOptions, TextOptions};
use crate::parquet::{ParquetTable, Read, RowGroupReader, RowGroups};
use crate::rejects::Tally;
use crate::scanner::ScanRequest;
use crate::scanner::csv::{CsvRequest, CsvScanner};
use crate::scanner::infer::CsvTable;
use crate::scanner::json::{JsonScanner, JsonTable};
use crate::scanner::lenient::Findings;
use crate::scanner::text::LineScanner;
use crate::simd::InstructionSet;
use crate::source::SourceFile;

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

/// Chunks that a worker decodes in one call at most, for others to scan: the call has to end now and then, for
/// whoever wants to stop it.
const CHUNKS_PER_CALL: usize = 16;

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
                let TextOptions { max_record_bytes, encoding, .. } = *options;
                Source::Records(Recipe::Lines { max_record_bytes, encoding, up_to_damage: false })
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
        let scanner = match &self.source {
            Source::Records(Recipe::Csv(request)) => {
                Scanner::Csv(Box::new(CsvScanner::new(request, self.set)))
            }
            Source::Records(Recipe::Lines { .. }) => {
                Scanner::Lines(Box::new(LineScanner::new(&self.request)))
            }
            Source::Records(Recipe::Json(table)) => {
                Scanner::Json(Box::new(JsonScanner::new(table, &self.request, &self.notes)))
            }
            Source::RowGroups(_) => Scanner::RowGroups(RowGroupReader::default()),
        };
        Worker {
            scan: Arc::clone(self),
            scanner,
            own: None,
            last: None,
            forgone: Vec::new(),
            items: VecDeque::new(),
            idle: false,
            owes_wake: false,
            decoded: 0,
            ended: false,
        }
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

/// Takes part in a scan.
#[derive(Debug)]
pub struct Worker {
    scan: Arc<Scan>,
    scanner: Scanner,
    /// The file that it opened and reads first.
    own: Option<Arc<Feed>>,
    /// What it scanned last.
    last: Option<Place>,
    /// Columns that it goes on without.
    forgone: Vec<usize>,
    items: VecDeque<ScanItem>,
    /// Whether it is counted among those that found nothing to do.
    idle: bool,
    /// Whether others wait for what it has decoded and are not woken yet.
    owes_wake: bool,
    /// Chunks decoded in this call.
    decoded: usize,
    ended: bool,
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.set_idle(false);
        // In order, the rest of its file is for nobody else to take: they may all be past it.
        if !self.ended && self.scan.ordered.swap(false, Ordering::SeqCst) {
            self.scan.notify();
        }
        if !self.ended && !self.scan.failed.load(Ordering::Relaxed) {
            // Nobody may read on: what waits for the codec's checks is told as it is.
            let feeds = self.scan.open().feeds.clone();
            for feed in feeds {
                feed.take_all_findings().into_iter().for_each(|findings| self.tell(&feed, findings));
            }
        }
    }
}

#[derive(Debug)]
enum Scanner {
    Csv(Box<CsvScanner>),
    Lines(Box<LineScanner>),
    Json(Box<JsonScanner>),
    RowGroups(RowGroupReader),
}

/// What came of looking for work.
enum Step {
    Worked,
    Nothing,
    Ended,
}

impl Worker {
    /// The schema of the batches.
    pub fn schema(&self) -> SchemaRef {
        match (&self.scanner, &self.scan.source) {
            (Scanner::Lines(lines), _) => Arc::clone(lines.schema()),
            (Scanner::Json(json), _) => Arc::clone(json.schema()),
            (_, Source::Records(Recipe::Csv(request))) => Arc::clone(request.schema()),
            (_, Source::RowGroups(groups)) => Arc::clone(groups.schema()),
            _ => unreachable!("a scanner is made for its source"),
        }
    }

    /// The next item; `None` when there is no more for this worker. Rows of one file that come from one worker are
    /// in the file's order; with one worker, files come one after the other.
    ///
    /// # Errors
    /// The first error of a file, in the file's order. After it, no worker gives anything.
    pub fn poll_next(&mut self, context: &Context<'_>) -> Poll<Option<Result<ScanItem>>> {
        self.set_idle(false);
        self.decoded = 0;
        let next = self.next(context);
        if std::mem::take(&mut self.owes_wake) {
            self.scan.wake();
        }
        next
    }

    fn next(&mut self, context: &Context<'_>) -> Poll<Option<Result<ScanItem>>> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            if self.ended || self.scan.failed.load(Ordering::Acquire) {
                self.ended = true;
                return Poll::Ready(None);
            }
            if self.decoded >= CHUNKS_PER_CALL {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            let events = self.scan.events.load(Ordering::SeqCst);
            match self.step() {
                Ok(Step::Worked) => {}
                Ok(Step::Ended) => self.ended = true,
                Ok(Step::Nothing) => {
                    self.set_idle(true);
                    if self.scan.wait(events, context.waker()) {
                        return Poll::Pending;
                    }
                    self.set_idle(false);
                }
                Err(error) => {
                    if error.is_of_wider_type() {
                        // Whoever reads the files with that will count.
                        self.scan.tally.void();
                    }
                    if let Some(damage) = error.copy_of_damage() {
                        self.scan.damage.get_or_init(|| damage);
                    }
                    self.scan.failed.store(true, Ordering::Release);
                    self.scan.notify();
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }

    /// Reads a piece of a row group.
    fn step_in_row_groups(&mut self) -> Result<Step> {
        let scan = &self.scan;
        let (Scanner::RowGroups(reader), Source::RowGroups(groups)) = (&mut self.scanner, &scan.source)
        else {
            return Ok(Step::Ended);
        };
        let mut opened = || {
            scan.opened_files.fetch_add(1, Ordering::Relaxed);
        };
        match reader.read(groups, &scan.files, scan.request.batch_rows, &mut opened)? {
            Read::Batch(batch, place) => self.items.push_back(ScanItem::Batch { batch, place }),
            Read::GroupEnd(bytes) => {
                scan.compressed_bytes.fetch_add(bytes, Ordering::Relaxed);
            }
            Read::End => return Ok(Step::Ended),
        }
        Ok(Step::Worked)
    }

    /// Looks for work: first in the own file, then in a new one, then in those of others.
    fn step(&mut self) -> Result<Step> {
        if matches!(self.scanner, Scanner::RowGroups(_)) {
            return self.step_in_row_groups();
        }
        if let Some(feed) = self.own.clone() {
            if self.work_on(&feed)? {
                return Ok(Step::Worked);
            }
            if self.scan.close_if_done(&feed) {
                self.own = None;
                self.scan.notify();
            }
        }
        if self.scan.ordered.load(Ordering::Relaxed) && self.help_in_order()? {
            return Ok(Step::Worked);
        }
        if let Some(feed) = self.scan.open_next() {
            self.own = Some(feed?);
            return Ok(Step::Worked);
        }
        let (feeds, opening) = {
            let open = self.scan.open();
            (open.feeds.clone(), open.opening)
        };
        for feed in &feeds {
            if self.work_on(feed)? {
                return Ok(Step::Worked);
            }
        }
        let closed = feeds.iter().filter(|feed| self.scan.close_if_done(feed)).count();
        if closed < feeds.len() || opening > 0 {
            return Ok(Step::Nothing);
        }
        if closed > 0 {
            self.scan.notify();
        }
        Ok(Step::Ended)
    }

    /// Works on a file of another worker that several can decode, before a new one is opened: whoever merges what
    /// the workers give need not wait for all of one file, and keep another one meanwhile.
    fn help_in_order(&mut self) -> Result<bool> {
        let feeds = self.scan.open().feeds.clone();
        for feed in feeds.iter().filter(|feed| feed.is_splittable()) {
            if self.work_on(feed)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Does a piece of what is to be done for a file; false if there is nothing.
    fn work_on(&mut self, feed: &Feed) -> Result<bool> {
        if let Some(error) = feed.take_error() {
            return Err(error);
        }
        // In order, what a worker decodes must be behind what it has given: if all others are past it, too, it is
        // the one to scan it.
        let is_past = self.last.is_some_and(|last| last.file > feed.number);
        if is_past && self.scan.ordered.load(Ordering::SeqCst) {
            return Ok(false);
        }
        // While others have nothing to do, what is decoded is for them to scan: a decoder that only one can use
        // at a time must not stand still.
        let others_idle = self.scan.idle.load(Ordering::Relaxed) > 0;
        Ok(others_idle && self.decode(feed) || self.take(feed) || self.decode(feed))
    }

    /// Decodes a chunk, if there is one for this worker.
    fn decode(&mut self, feed: &Feed) -> bool {
        let Progress::Decoded { compressed_bytes, ready } = feed.decode(self.scan.limit, &self.scan.pool)
        else {
            return false;
        };
        self.scan.compressed_bytes.fetch_add(compressed_bytes, Ordering::Relaxed);
        self.scan.events.fetch_add(1, Ordering::SeqCst);
        self.tell_checked(feed);
        self.decoded += 1;
        self.owes_wake = true;
        if ready as u64 >= self.scan.limit / 2 {
            self.owes_wake = false;
            self.scan.wake();
        }
        true
    }

    /// Scans a run of records, if there is one for this worker.
    fn take(&mut self, feed: &Feed) -> bool {
        let after = self.last.filter(|_| self.scan.ordered.load(Ordering::SeqCst));
        let Some(ready) = feed.take(after) else { return false };
        self.last = Some(ready.place);
        let scanned = self.scan_records(feed, &ready);
        feed.finish(ready, scanned, &self.scan.pool);
        self.tell_checked(feed);
        self.scan.notify();
        true
    }

    fn set_idle(&mut self, idle: bool) {
        if self.idle != idle {
            self.idle = idle;
            let idle_workers = &self.scan.idle;
            if idle {
                idle_workers.fetch_add(1, Ordering::Relaxed)
            } else {
                idle_workers.fetch_sub(1, Ordering::Relaxed)
            };
        }
    }

    /// Scans records into items. Gives what of them does not fit.
    fn scan_records(&mut self, feed: &Feed, ready: &Ready) -> Result<Option<Findings>> {
        let (batch, findings) = loop {
            let records = &ready.records;
            let scanned = match (&mut self.scanner, &ready.layout) {
                (Scanner::Lines(lines), _) => {
                    lines.scan(feed.path(), records, feed.encoding()).map(|batch| (batch, None))
                }
                (Scanner::Json(json), _) => json.scan(feed.path(), records, feed.encoding()),
                (Scanner::Csv(csv), Some(layout)) => csv.scan(feed.path(), records, layout),
                (Scanner::Csv(_), None) => unreachable!("records of CSV come with their layout"),
                (Scanner::RowGroups(_), _) => unreachable!("row groups are no records"),
            };
            let bad = match scanned {
                Ok(scanned) => break scanned,
                Err(bad) => bad,
            };
            let may_forgo =
                |column: &usize| self.scan.forgo.as_ref().is_some_and(|rule| rule(*column, &self.forgone));
            let Some(column) = bad.column.filter(may_forgo) else { return Err(bad.error) };
            match &mut self.scanner {
                Scanner::Lines(lines) => lines.forgo(),
                Scanner::Csv(csv) => csv.forgo(column),
                Scanner::Json(json) => json.forgo(column),
                Scanner::RowGroups(_) => {}
            }
            self.forgone.push(column);
            let is_checked = feed.is_checked(ready.place);
            self.items.push_back(ScanItem::ColumnForgone { column, error: bad.error, is_checked });
        };
        let mut from = 0;
        while from < batch.num_rows() {
            let len = self.scan.request.batch_rows.max(1).min(batch.num_rows() - from);
            self.items.push_back(ScanItem::Batch { batch: batch.slice(from, len), place: ready.place });
            from += len;
        }
        Ok(findings)
    }
}

impl Worker {
    /// Counts what did not fit, of records that are whole.
    fn tell_checked(&self, feed: &Feed) {
        feed.take_findings().into_iter().for_each(|findings| self.tell(feed, findings));
    }

    /// Counts what did not fit, and keeps what was rejected.
    fn tell(&self, feed: &Feed, mut findings: Findings) {
        let firsts = findings.counts.values_mut().filter_map(|count| count.first.as_mut());
        firsts.for_each(|(file, _, _)| *file = feed.number);
        self.scan.tally.add(findings.counts);
        if !findings.rejects.is_empty() {
            self.scan.notes.rejects().add(findings.rejects, findings.rejects_limit);
        }
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
