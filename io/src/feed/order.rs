//! Chunks in order: seams, line numbers and the header.
//!
//! Compressed bytes may be damaged in a way that is noticed only by the checksum of their block or member, when some of it has
//! been scanned already. So what is wrong with a record is not told before the codec has checked its bytes: if it cannot,
//! the damage is told.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Progress;
use super::stream::HeadCheck;
use crate::chunk::{Chunk, ChunkPool};
use crate::encoding::Encoding;
use crate::error::{Error, ErrorKind, Result};
use crate::losses::Losses;
use crate::notes::Notes;
use crate::options::OnError;
use crate::pipe;
use crate::rewrite::Rewrite;
use crate::scan::Place;
use crate::scanner::csv::CsvRequest;
use crate::scanner::infer::check_head_again;
use crate::scanner::json::JsonTable;
use crate::scanner::layout::Layout;
use crate::scanner::lenient::Findings;
use crate::simd::InstructionSet;
use crate::source::SourceFile;
use crate::splitter::{Grammar, Records, Splitter};

/// Decoded bytes behind a record with an error in which the codec may still find that they are damaged: half a second's worth at
/// most codecs' speed. Members of gzip, and of others but bzip2, may be longer by far.
pub(crate) const DOUBT_LEN_BYTES: u64 = 512 << 20;

/// A chunk and whether the file ends with it.
pub(super) type Decoded = Result<(Chunk, bool), Damage>;

/// Why a file cannot be decoded further.
#[derive(Debug)]
pub(super) struct Damage {
    pub(super) error: Error,
    /// What was decoded in front of it, and is in no other chunk.
    pub(super) front: Option<Chunk>,
}

impl From<Error> for Damage {
    fn from(error: Error) -> Self {
        Self { error, front: None }
    }
}

impl Damage {
    /// The end of a chunk that was filled as far as its bytes could be decoded, if they could not to its end.
    pub(super) fn of_filled(chunk: Chunk, filled: Result<bool>) -> Decoded {
        match filled {
            Ok(is_last) => Ok((chunk, is_last)),
            Err(error) => Err(Self { error, front: Some(chunk) }),
        }
    }
}

/// What stands in a file.
#[derive(Debug, Clone)]
pub(crate) enum Recipe {
    /// Lines, each of them a record.
    Lines {
        max_record_bytes: usize,
        /// The byte that ends one.
        end: u8,
        encoding: Encoding,
        /// Whether whole lines in front of damage are wanted, also those that are not known to be all there are up to it. An
        /// answer that needs no more than them would look whole.
        up_to_damage: bool,
    },
    /// Records of fields, perhaps behind a header.
    Csv(Arc<CsvRequest>),
    /// Objects.
    Json(Arc<JsonTable>),
}

impl Recipe {
    fn grammar(&self, path: &Path) -> Grammar {
        match self {
            Self::Json(table) if table.is_document(path) => Grammar::Documents,
            Self::Json(_) => Grammar::Lines(b'\n'),
            Self::Lines { end, .. } => Grammar::Lines(*end),
            Self::Csv(request) => Grammar::Csv(request.table.form_of(path).dialect.clone()),
        }
    }

    pub(super) fn quote(&self, path: &Path) -> Option<u8> {
        match self {
            Self::Csv(request) => request.table.form_of(path).dialect.quote,
            Self::Lines { .. } | Self::Json(_) => None,
        }
    }

    /// The encoding of a file's text, where the file itself does not tell it.
    pub(crate) fn encoding(&self, path: &Path) -> Encoding {
        match self {
            Self::Csv(request) => request.table.form_of(path).encoding,
            Self::Json(table) => table.encoding_of(path),
            Self::Lines { encoding, .. } => *encoding,
        }
    }

    /// How the text of a file is written anew, if it is.
    pub(super) fn rewrite(&self, path: &Path) -> Option<Rewrite> {
        match self {
            Self::Csv(request) => {
                let table = &request.table;
                Rewrite::of(&table.form_of(path).dialect, table.skip_of(path), table.options.skip_footer)
            }
            Self::Json(table) => table.is_collection(path).then(Rewrite::of_features),
            Self::Lines { .. } => None,
        }
    }

    /// What is to be asked of a pipe of which less was looked at than of a file, once that has come: whether more shows the same.
    pub(super) fn head_check(&self, file: &SourceFile) -> Result<Option<HeadCheck>> {
        let Self::Csv(request) = self else { return Ok(None) };
        let is_paused = pipe::is_head_paused(&file.path);
        let is_paused = is_paused.map_err(|error| Error::io(&file.path, "open", error))?;
        let (file, request) = (file.clone(), Arc::clone(request));
        Ok(is_paused
            .then(|| HeadCheck(Box::new(move || check_head_again(&file, &request.table, &request.wanted)))))
    }

    fn max_record_bytes(&self) -> usize {
        match self {
            Self::Lines { max_record_bytes, .. } => *max_record_bytes,
            Self::Csv(request) => request.table.options.max_record_bytes,
            Self::Json(table) => table.options().text.max_record_bytes,
        }
    }
}

/// Records that can be scanned.
#[derive(Debug)]
pub(crate) struct Ready {
    /// Which they are of all.
    pub(crate) place: Place,
    pub(crate) records: Records,
    /// Where the file has its columns, if it has any.
    pub(crate) layout: Option<Arc<Layout>>,
}

/// The sequential part of reading a file.
#[derive(Debug)]
pub(super) struct Order {
    /// The file's number among those of the scan.
    file: usize,
    path: PathBuf,
    recipe: Recipe,
    encoding: Encoding,
    set: InstructionSet,
    head: Head,
    /// Records behind the header that are still to be left out.
    after_header: u64,
    splitter: Splitter,
    /// Decoded chunks that wait for one before them.
    pending: BTreeMap<u64, Decoded>,
    /// Chunks that have been put in order.
    resolved: u64,
    ended: bool,
    ready: VecDeque<Ready>,
    /// The number of the next records.
    next: u64,
    /// Records that are being scanned.
    scanning: Vec<u64>,
    /// Takes what is lost.
    losses: Losses,
    /// The first error, and the number of the records that have it.
    error: Option<(u64, Error)>,
    /// The number of the first records that the codec has not checked yet.
    unchecked: u64,
    /// Bytes that are still decoded, and thrown away, before an error is told, as they may turn out to be damaged.
    doubt: Option<u64>,
    /// Decoding has failed: records that are not checked may have errors because of that.
    damaged: bool,
    /// What did not fit, in records of which not all are checked, and the number of the last ones.
    findings: Option<(u64, Findings)>,
}

/// How far the head of the file has been read.
#[derive(Debug)]
enum Head {
    /// So many lines are still to be passed over; whether the last one ended with a `\r` that was the last byte
    /// of a chunk.
    Lines { left: u64, after_return: bool },
    /// The first record is looked for.
    FirstRecord,
    /// Records.
    Past(Option<Arc<Layout>>),
}

impl Order {
    /// For a file of which `checked` tells whether nothing can be wrong with the bytes, as they are no compressed ones.
    pub(super) fn new(
        file: usize,
        path: &Path,
        recipe: Recipe,
        encoding: Encoding,
        set: InstructionSet,
        checked: bool,
        notes: &Notes,
    ) -> Self {
        let (head, after_header) = match &recipe {
            Recipe::Lines { .. } | Recipe::Json(_) => (Head::Past(None), 0),
            Recipe::Csv(request) => {
                let head = Head::Lines { left: request.table.skip_of(path), after_return: false };
                (head, request.table.options.skip_after_header)
            }
        };
        let splitter = Splitter::new(path.to_owned(), recipe.grammar(path), recipe.max_record_bytes(), set);
        Self {
            file,
            path: path.to_owned(),
            recipe,
            encoding,
            set,
            head,
            after_header,
            splitter,
            pending: BTreeMap::new(),
            resolved: 0,
            ended: false,
            ready: VecDeque::new(),
            next: 0,
            scanning: Vec::new(),
            losses: notes.losses().clone(),
            error: None,
            unchecked: if checked { u64::MAX } else { 0 },
            doubt: None,
            damaged: false,
            findings: None,
        }
    }

    /// The number of the first chunk that is not to be decoded yet, if `limit` chunks may be on their way; or
    /// that none is.
    pub(super) fn first_unwanted(&self, limit: u64) -> Result<u64, Progress> {
        let waiting = (self.ready.len() + self.scanning.len()) as u64;
        match limit.saturating_sub(waiting) {
            _ if self.ended => Err(Progress::Ended),
            0 => Err(Progress::Busy),
            more => Ok(self.resolved + more),
        }
    }

    /// Takes a chunk, and puts in order what can be.
    pub(super) fn submit(&mut self, number: u64, decoded: Decoded, pool: &ChunkPool) {
        self.pending.insert(number, decoded);
        while let Some(decoded) = self.pending.remove(&self.resolved) {
            self.resolved += 1;
            match decoded {
                _ if self.ended => {}
                Ok((chunk, is_last)) => self.take_chunk(chunk, is_last, pool),
                Err(damage) => {
                    let wants_front = matches!(self.recipe, Recipe::Lines { up_to_damage: true, .. });
                    if let Some(front) = damage.front.filter(|_| wants_front) {
                        self.take_chunk(front, false, pool);
                    }
                    self.fail_to_decode(damage.error);
                }
            }
        }
    }

    fn take_chunk(&mut self, chunk: Chunk, is_last: bool, pool: &ChunkPool) {
        if is_last || chunk.is_behind_checked() {
            let next = if is_last { u64::MAX } else { self.next };
            self.unchecked = self.unchecked.max(next);
        }
        if let Some(left) = self.doubt {
            self.doubt = left.checked_sub(chunk.bytes().len() as u64);
            pool.give_back(chunk);
            let is_checked = self.error.as_ref().is_some_and(|(number, _)| *number < self.unchecked);
            if is_checked || self.doubt.is_none() {
                self.end();
            }
        } else if let Err(error) = self.resolve(chunk, is_last, pool) {
            self.fail(self.next, error);
            // The records of the error have a number, too: chunks behind them have greater ones.
            self.next += 1;
        }
    }

    /// Runs of records that wait to be scanned; as many as can be, if there will be no more.
    pub(super) fn ready_len(&self) -> usize {
        if self.ended { usize::MAX } else { self.ready.len() }
    }

    pub(super) fn take(&mut self, after: Option<Place>) -> Option<Ready> {
        let ready = self.ready.pop_front_if(|ready| after.is_none_or(|after| after < ready.place))?;
        self.scanning.push(ready.place.run);
        Some(ready)
    }

    pub(super) fn finish(&mut self, number: u64, result: Result<Option<Findings>>) {
        self.scanning.retain(|scanning| *scanning != number);
        match result {
            Ok(None) => {}
            Ok(Some(findings)) => {
                let (last, all) = self.findings.get_or_insert_default();
                *last = number.max(*last);
                all.add(findings);
            }
            Err(error) => self.fail(number, error),
        }
    }

    /// Whether the codec has checked the bytes of these records: what is wrong with them is not for damage of the file.
    pub(super) fn is_checked(&self, number: u64) -> bool {
        number < self.unchecked
    }

    /// What did not fit, in records that the codec has checked.
    pub(super) fn take_findings(&mut self) -> Option<Findings> {
        let (last, _) = self.findings.as_ref()?;
        if self.is_checked(*last) { self.take_all_findings() } else { None }
    }

    /// What did not fit, and has not been taken, of a file that is not read on; nothing if it may be for its damage.
    pub(super) fn take_all_findings(&mut self) -> Option<Findings> {
        let (_, findings) = self.findings.take()?;
        Some(findings).filter(|_| !self.damaged && self.doubt.is_none())
    }

    pub(super) fn take_error(&mut self) -> Option<Error> {
        if self.doubt.is_some() {
            return None;
        }
        let (number, _) = self.error.as_ref()?;
        let before = |other: &u64| other < number;
        let waits =
            self.scanning.iter().any(before) || self.ready.iter().map(|ready| &ready.place.run).any(before);
        if waits { None } else { self.error.take().map(|(_, error)| error) }
    }

    pub(super) fn is_done(&self) -> bool {
        self.ended && self.ready.is_empty() && self.scanning.is_empty() && self.error.is_none()
    }

    /// Keeps the earliest error of records; what is behind it is not wanted any more. As long as they are not checked, decoding goes
    /// on, for no more than to see whether it can.
    fn fail(&mut self, number: u64, error: Error) {
        let is_checked = self.is_checked(number);
        if self.damaged && !is_checked {
            return self.ready.retain(|ready| ready.place.run < number);
        }
        if self.error.as_ref().is_none_or(|(first, _)| number < *first) {
            self.error = Some((number, error));
            self.ready.retain(|ready| ready.place.run < number);
        }
        match is_checked || self.ended {
            true => self.end(),
            false => drop(self.doubt.get_or_insert(DOUBT_LEN_BYTES)),
        }
    }

    /// Keeps the damage, in place of what was wrong with records that may be for it.
    fn fail_to_decode(&mut self, damage: Error) {
        self.damaged = true;
        self.error = Some((self.next, damage));
        self.end();
    }

    /// Nothing more is decoded.
    fn end(&mut self) {
        self.doubt = None;
        self.ended = true;
    }

    fn resolve(&mut self, chunk: Chunk, is_last: bool, pool: &ChunkPool) -> Result<()> {
        if chunk.is_behind_gap() {
            let width = self.width_behind_gap()?;
            let records = self.splitter.cut(width, pool)?;
            self.add(records)?;
        }
        let chunk = self.pass_over_lines(chunk, is_last);
        let records = self.splitter.push(chunk, pool)?;
        self.add(records)?;
        if is_last {
            let records = self.splitter.settle(pool)?;
            self.add(records)?;
            self.leave_out_unclosed();
            let records = self.splitter.finish()?;
            self.add(records)?;
            self.ended = true;
        }
        for cut in self.splitter.take_cut() {
            self.losses.add_cut(&self.path, cut.byte_offset, cut.len_bytes);
        }
        Ok(())
    }

    /// How many fields records have.
    fn width_behind_gap(&self) -> Result<usize> {
        let Recipe::Csv(request) = &self.recipe else { return Ok(1) };
        match &self.head {
            Head::Past(Some(layout)) => Ok(layout.width()),
            Head::FirstRecord | Head::Lines { left: 0, .. } if !request.table.has_header() => {
                Ok(request.table.columns.len())
            }
            _ => Err(ErrorKind::HeadLost { path: self.path.clone() }.into()),
        }
    }

    /// Leaves out the record that the file ends in, inside quotes, where the options say so.
    fn leave_out_unclosed(&mut self) {
        let Recipe::Csv(request) = &self.recipe else { return };
        let options = &request.table.options;
        if options.on_error == OnError::Fail {
            return;
        }
        if let Some((location, record)) = self.splitter.take_unclosed() {
            let found = Findings::of_unclosed(options, location, &record, self.encoding);
            let (last, all) = self.findings.get_or_insert_default();
            *last = self.next.max(*last);
            all.add(found);
        }
    }

    /// Takes the lines off that are to be skipped.
    fn pass_over_lines(&mut self, mut chunk: Chunk, is_last: bool) -> Chunk {
        let Head::Lines { left, after_return } = &mut self.head else { return chunk };
        let (mut at, mut lines) = (0, 0);
        let bytes = chunk.bytes();
        if *after_return && !bytes.is_empty() {
            at += usize::from(bytes[0] == b'\n');
            *after_return = false;
        }
        while *left > 0 && at < bytes.len() {
            let Some(skip) = memchr::memchr2(b'\n', b'\r', &bytes[at..]) else {
                at = bytes.len();
                break;
            };
            at += skip + 1;
            if bytes[at - 1] == b'\r' {
                match bytes.get(at) {
                    Some(next) => at += usize::from(*next == b'\n'),
                    None => *after_return = true,
                }
            }
            *left -= 1;
            lines += 1;
        }
        let done = *left == 0 && !*after_return;
        self.splitter.skip(lines, at as u64);
        if at > 0 {
            chunk.advance(at);
            chunk.summarize(self.recipe.quote(&self.path), self.set);
        }
        if done || is_last {
            self.head = Head::FirstRecord;
        }
        chunk
    }

    fn add(&mut self, records: Option<Records>) -> Result<()> {
        let Some(mut records) = records else { return Ok(()) };
        if let (Head::FirstRecord, Recipe::Csv(request)) = (&self.head, &self.recipe)
            && let Some(layout) = Layout::of_head(request, &self.path, self.encoding, &mut records)?
        {
            self.head = Head::Past(Some(Arc::new(layout)));
        }
        let Head::Past(layout) = &self.head else { return Ok(()) };
        if let (1.., Some(layout)) = (self.after_header, layout) {
            self.after_header = layout.pass_over(&mut records, self.after_header);
        }
        if !records.chunk.bytes().is_empty() {
            let layout = layout.clone();
            let place = Place { file: self.file, run: self.next };
            self.ready.push_back(Ready { place, records, layout });
            self.next += 1;
        }
        Ok(())
    }
}
