//! What takes part in a scan.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use arrow_schema::SchemaRef;

use super::{Place, Scan, ScanItem, Source};
use crate::error::Result;
use crate::feed::{Feed, Progress, Ready, Recipe};
use crate::parquet::{Read, RowGroupReader};
use crate::scanner::csv::CsvScanner;
use crate::scanner::json::JsonScanner;
use crate::scanner::lenient::Findings;
use crate::scanner::text::LineScanner;

/// Chunks that a worker decodes in one call at most, for others to scan: the call has to end now and then, for
/// whoever wants to stop it.
const CHUNKS_PER_CALL: usize = 16;

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
    pub(super) fn new(scan: &Arc<Scan>) -> Self {
        let scanner = match &scan.source {
            Source::Records(Recipe::Csv(request)) => {
                Scanner::Csv(Box::new(CsvScanner::new(request, scan.set)))
            }
            Source::Records(Recipe::Lines { end, .. }) => {
                Scanner::Lines(Box::new(LineScanner::new(&scan.request, *end)))
            }
            Source::Records(Recipe::Json(table)) => {
                Scanner::Json(Box::new(JsonScanner::new(table, &scan.request, &scan.notes)))
            }
            Source::RowGroups(_) => Scanner::RowGroups(RowGroupReader::default()),
        };
        Self {
            scan: Arc::clone(scan),
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
        let (batch, mut findings) = loop {
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
        if let (Scanner::Csv(csv), Some(layout)) = (&mut self.scanner, &ready.layout) {
            let leading_zeros = csv.take_leading_zeros();
            let first_values = csv.first_values(&batch, &layout.rules);
            if !leading_zeros.is_empty() || !first_values.is_empty() {
                let findings = findings.get_or_insert_default();
                (findings.leading_zeros, findings.first_values) = (leading_zeros, first_values);
            }
        }
        let mut from = 0;
        while from < batch.num_rows() {
            let len = self.scan.request.batch_rows.max(1).min(batch.num_rows() - from);
            self.items.push_back(ScanItem::Batch { batch: batch.slice(from, len), place: ready.place });
            from += len;
        }
        Ok(findings)
    }
}

/// That a column is of numbers by the heads of the files, and further on has some that look like codes.
fn zeros_lost(column: &str) -> String {
    format!(
        "column \"{column}\" is read as bigint, and has integers with zeros in front further on, which are not kept; \
         types = {{'{column}': 'text'}} keeps them"
    )
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
        self.scan.tally.add(findings.counts, findings.first_values);
        findings.leading_zeros.iter().for_each(|column| self.scan.notes.add(zeros_lost(column)));
        if !findings.rejects.is_empty() {
            self.scan.notes.rejects().add(findings.rejects, findings.rejects_limit);
        }
    }
}
