//! Cuts decoded bytes at record ends.
//!
//! Chunks come as they were decoded, cut anywhere. The [`Splitter`] takes them in order and hands out
//! [`Records`]: whole records, the one that straddles two chunks joined. Only this step is sequential, and
//! it is short: it looks for the last record end of a chunk (`walk.rs`) and moves the bytes behind it, the
//! seam, in front of the next chunk.
//!
//! A [`RecordBuffer`] does the same for whoever reads a file's head alone, from one stream.

mod documents;
mod record_buffer;
mod resume;
pub(crate) mod walk;

pub use record_buffer::RecordBuffer;

use std::path::PathBuf;

use documents::Depth;
use memchr::memrchr;
use walk::{State, last_loose_end, walk};

use crate::chunk::{Chunk, ChunkPool, Summary};
use crate::error::{BEHIND_GAP, Error, ErrorKind, Location, Result};
use crate::scanner::json::no_json;
use crate::scanner::record::{Dialect, Parsed, parse_record};
use crate::simd::InstructionSet;

/// What a record is.
#[derive(Debug, Clone)]
pub(crate) enum Grammar {
    /// A line, which this byte ends: `\n`, unless another one is said.
    Lines(u8),
    /// A record of fields.
    Csv(Dialect),
    /// A value of JSON, which may have several lines.
    Documents,
}

/// Whole records of a file.
#[derive(Debug)]
pub(crate) struct Records {
    /// They end with a line end, also where the file has none.
    pub(crate) chunk: Chunk,
    /// Offset of the first byte in the decoded text.
    pub(crate) byte_offset: u64,
    /// Lines before the first one; counted anew behind a gap, see [`BEHIND_GAP`].
    pub(crate) lines: u64,
    /// Lines that end in them.
    pub(crate) line_count: u64,
}

/// Makes whole records of the chunks of one file, which come in order.
#[derive(Debug)]
pub(crate) struct Splitter {
    path: PathBuf,
    grammar: Grammar,
    set: InstructionSet,
    max_record_bytes: usize,
    /// Where in the grammar the end of the last chunk is.
    state: State,
    /// The same, of JSON.
    depth: Depth,
    /// Bytes behind the last record end.
    seam: Vec<u8>,
    /// Lines that end in the seam.
    seam_lines: u64,
    /// Offset of the first byte of the seam.
    byte_offset: u64,
    /// Lines that end before the seam.
    lines: u64,
    /// Whether the last chunk ended with a `\r`, of which the next byte says whether it is half a line end.
    ends_with_return: bool,
    /// Behind a gap, before the first record: how many fields records have.
    resuming: Option<usize>,
    /// Runs of bytes that belong to records that a gap cuts.
    cut: Vec<Cut>,
}

/// Bytes that are left out because a gap cuts their record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Offset of the first one in the decoded text.
    pub(crate) byte_offset: u64,
    pub(crate) len_bytes: u64,
}

impl Splitter {
    /// Begins at the first byte of a file. No record may be longer than `max_record_bytes`.
    pub(crate) fn new(path: PathBuf, grammar: Grammar, max_record_bytes: usize, set: InstructionSet) -> Self {
        Self {
            path,
            grammar,
            set,
            max_record_bytes,
            state: State::Record,
            depth: Depth::default(),
            seam: Vec::new(),
            seam_lines: 0,
            byte_offset: 0,
            lines: 0,
            ends_with_return: false,
            resuming: None,
            cut: Vec::new(),
        }
    }

    /// Something of the file is lost behind what was pushed: what comes next is no part of the record that was begun. Behind the gap
    /// records have so many fields. Gives the records that end in front of it and were not given yet.
    ///
    /// # Errors
    /// Those of [`Self::push`].
    pub(crate) fn cut(&mut self, width: usize, pool: &ChunkPool) -> Result<Option<Records>> {
        let records = self.resume(true, pool)?;
        let seam_len = self.seam.len();
        self.leave_out(seam_len);
        (self.state, self.depth, self.ends_with_return) = (State::Record, Depth::default(), false);
        (self.lines, self.seam_lines) = (BEHIND_GAP, 0);
        self.resuming = Some(width);
        Ok(records)
    }

    /// The file ends behind what was pushed: gives records that were not given because they are too near behind a gap.
    ///
    /// # Errors
    /// Those of [`Self::push`].
    pub(crate) fn settle(&mut self, pool: &ChunkPool) -> Result<Option<Records>> {
        self.resume(true, pool)
    }

    /// What was left out so far, and not taken.
    pub(crate) fn take_cut(&mut self) -> Vec<Cut> {
        std::mem::take(&mut self.cut)
    }

    /// Leaves out the first bytes of the seam.
    fn leave_out(&mut self, len: usize) {
        if len > 0 {
            self.cut.push(Cut { byte_offset: self.byte_offset, len_bytes: len as u64 });
            self.seam.drain(..len);
            self.byte_offset += len as u64;
        }
    }

    /// Begins with the first record behind a gap, once enough is at hand, or all that there is.
    fn resume(&mut self, at_end: bool, pool: &ChunkPool) -> Result<Option<Records>> {
        while let Some(width) = self.resuming {
            let window_len = self.seam.len().min(resume::WINDOW_LEN_BYTES);
            let is_enough = self.seam.len() > resume::WINDOW_LEN_BYTES;
            if !is_enough && !at_end {
                break;
            }
            let start = resume::record_start(&self.seam[..window_len], &self.grammar, width);
            self.leave_out(start.unwrap_or(window_len));
            if start.is_some() {
                self.resuming = None;
                let mut chunk = Chunk::of(&std::mem::take(&mut self.seam));
                chunk.summarize(self.grammar.quote(), self.set);
                return self.push(chunk, pool);
            }
            if !is_enough {
                break;
            }
        }
        Ok(None)
    }

    /// Lines and bytes were passed over at the head of the file.
    pub(crate) fn skip(&mut self, lines: u64, bytes: u64) {
        self.lines += lines;
        self.byte_offset += bytes;
    }

    /// Takes the next chunk; gives the records that end in it, if any do.
    ///
    /// # Errors
    /// A record longer than the bound.
    pub(crate) fn push(&mut self, mut chunk: Chunk, pool: &ChunkPool) -> Result<Option<Records>> {
        if self.resuming.is_some() {
            self.seam.extend_from_slice(chunk.bytes());
            pool.give_back(chunk);
            return self.resume(false, pool);
        }
        let bytes = chunk.bytes();
        let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return Ok(None) };
        // A line end that was cut in two has been counted with its first half.
        let counted_before = self.ends_with_return && *first == b'\n';
        self.ends_with_return = *last == b'\r' && matches!(self.grammar, Grammar::Csv(_));
        let chunk_lines = self.grammar.lines_of(bytes, chunk.summary()) - u64::from(counted_before);
        if self.grammar.loose_dialect().is_some() {
            return self.push_loosely(chunk, chunk_lines, pool);
        }
        let last_end = match &self.grammar {
            Grammar::Lines(end) => memrchr(*end, bytes).map(|at| at + 1),
            Grammar::Documents => self.depth.walk(bytes),
            Grammar::Csv(dialect) => {
                let walked = walk(self.state, bytes, dialect, chunk.summary().has_quotes, self.set);
                self.state = walked.state;
                walked.last_end
            }
        };
        let Some(end) = last_end else {
            self.seam.extend_from_slice(bytes);
            self.seam_lines += chunk_lines;
            pool.give_back(chunk);
            return if self.seam.len() > self.max_record_bytes { Err(self.too_long()) } else { Ok(None) };
        };
        let seam = bytes[end..].to_vec();
        let quote = self.grammar.quote();
        let seam_lines = self.grammar.lines_of(&seam, &Summary::of(&seam, None, self.set));
        chunk.truncate(end);
        chunk.prepend(&self.seam, &Summary::of(&self.seam, quote, self.set));
        let line_count = self.seam_lines + chunk_lines - seam_lines;
        let records = Records { byte_offset: self.byte_offset, lines: self.lines, line_count, chunk };
        self.check_lengths(&records)?;
        self.byte_offset += records.chunk.bytes().len() as u64;
        self.lines += line_count;
        (self.seam, self.seam_lines) = (seam, seam_lines);
        Ok(Some(records))
    }

    /// Takes the next chunk of a file with loose quotes, in which so many lines end.
    fn push_loosely(
        &mut self,
        mut chunk: Chunk,
        chunk_lines: u64,
        pool: &ChunkPool,
    ) -> Result<Option<Records>> {
        chunk.prepend(&self.seam, &Summary::of(&self.seam, self.grammar.quote(), self.set));
        let lines = self.seam_lines + chunk_lines;
        let dialect = self.grammar.loose_dialect().expect("who calls has looked");
        let end = last_loose_end(chunk.bytes(), dialect, chunk.summary().has_quotes, self.set).unwrap_or(0);
        self.seam = chunk.bytes()[end..].to_vec();
        self.seam_lines = self.grammar.lines_of(&self.seam, &Summary::of(&self.seam, None, self.set));
        if end == 0 {
            pool.give_back(chunk);
            return if self.seam.len() > self.max_record_bytes { Err(self.too_long()) } else { Ok(None) };
        }
        chunk.truncate(end);
        let line_count = lines - self.seam_lines;
        let records = Records { byte_offset: self.byte_offset, lines: self.lines, line_count, chunk };
        self.check_lengths(&records)?;
        self.byte_offset += end as u64;
        self.lines += line_count;
        Ok(Some(records))
    }

    /// Whether the last record, behind which the file ends, has a line end.
    fn is_ended(&self) -> bool {
        match self.grammar.loose_dialect() {
            // What a quote leaves open is no value of several lines here.
            Some(_) => matches!(self.seam.last(), Some(b'\n' | b'\r')),
            None => self.state == State::Return,
        }
    }

    /// The file has ended inside quotes: gives the record that they are in, and where it begins, and forgets it.
    pub(crate) fn take_unclosed(&mut self) -> Option<(Location, Vec<u8>)> {
        let is_unclosed = self.state.is_quoted();
        is_unclosed.then(|| {
            let location = self.location();
            self.state = State::Record;
            self.seam_lines = 0;
            (location, std::mem::take(&mut self.seam))
        })
    }

    /// The file has ended: gives the last record if no line end follows it.
    ///
    /// # Errors
    /// A quote that is still open, unless quotes are loose.
    pub(crate) fn finish(&mut self) -> Result<Option<Records>> {
        if self.state.is_quoted() {
            return Err(ErrorKind::UnclosedQuote { location: self.location() }.into());
        }
        if self.depth.is_open() {
            // It begins behind the comma of the one before, and blanks.
            let value = self.seam.trim_ascii_start();
            let blanks = &self.seam[..self.seam.len() - value.len()];
            let mut location = self.location();
            location.line += memchr::memchr_iter(b'\n', blanks).count() as u64;
            location.byte_offset += blanks.len() as u64;
            let expected = "a value that is closed before the end of the file";
            return Err(no_json(location, expected, value.trim_ascii_end()));
        }
        if self.seam.is_empty() {
            return Ok(None);
        }
        let is_ended = self.is_ended();
        let mut chunk = Chunk::of(&std::mem::take(&mut self.seam));
        chunk.summarize(self.grammar.quote(), self.set);
        if !is_ended {
            chunk.push(self.grammar.record_end());
        }
        let line_count = self.seam_lines + u64::from(!is_ended);
        let records = Records { byte_offset: self.byte_offset, lines: self.lines, line_count, chunk };
        self.check_lengths(&records)?;
        Ok(Some(records))
    }

    /// Where the seam begins.
    fn location(&self) -> Location {
        Location { path: self.path.clone(), line: self.lines + 1, byte_offset: self.byte_offset }
    }

    fn too_long(&self) -> Error {
        self.too_long_at(self.location())
    }

    fn too_long_at(&self, location: Location) -> Error {
        let may_be_open = matches!(self.grammar, Grammar::Csv(_));
        let max_record_bytes = self.max_record_bytes;
        ErrorKind::RecordTooLong { location, max_record_bytes, may_be_open }.into()
    }

    /// Looks at the records of a chunk one by one, where it is longer than the bound on one: hardly ever. Line ends do not count.
    ///
    /// # Errors
    /// A record longer than the bound.
    fn check_lengths(&self, records: &Records) -> Result<()> {
        let data = records.chunk.bytes();
        if data.len() <= self.max_record_bytes {
            return Ok(());
        }
        let (mut at, mut lines, mut fields) = (0, 0, Vec::new());
        while at < data.len() {
            let rest = &data[at..];
            let (len, line_count) = match &self.grammar {
                Grammar::Csv(dialect) => match parse_record(rest, dialect, true, &mut fields) {
                    Parsed::Record { len, lines } => (len, lines),
                    Parsed::Blank { len } | Parsed::Comment { len } => {
                        (at, lines) = (at + len, lines + 1);
                        continue;
                    }
                    Parsed::Incomplete | Parsed::Unclosed => return Ok(()),
                },
                Grammar::Lines(end) => (memchr::memchr(*end, rest).map_or(rest.len(), |end| end + 1), 1),
                // Where values end within a chunk is for the scanner to find.
                Grammar::Documents => return Ok(()),
            };
            let record = rest[..len].strip_suffix(&[self.grammar.record_end()]).unwrap_or(&rest[..len]);
            let record = record.strip_suffix(b"\r").unwrap_or(record);
            if record.len() > self.max_record_bytes {
                let (line, byte_offset) = (records.lines + lines + 1, records.byte_offset + at as u64);
                return Err(self.too_long_at(Location { path: self.path.clone(), line, byte_offset }));
            }
            (at, lines) = (at + len, lines + line_count);
        }
        Ok(())
    }
}

/// Whether a value of JSON ends in bytes that begin with one, or with an array of them.
pub(crate) fn has_whole_value(bytes: &[u8]) -> bool {
    Depth::default().walk(bytes).is_some()
}

impl Records {
    /// Takes bytes off the front, in which lines end.
    pub(crate) fn advance(&mut self, len: usize, lines: u64) {
        self.chunk.advance(len);
        self.byte_offset += len as u64;
        self.lines += lines;
        self.line_count -= lines;
    }
}

impl Grammar {
    /// The byte around fields in which line ends are part of the value.
    pub(crate) fn quote(&self) -> Option<u8> {
        match self {
            Self::Lines(_) | Self::Documents => None,
            Self::Csv(dialect) => dialect.quote,
        }
    }

    /// The dialect of records in which a quote may turn out to be none.
    fn loose_dialect(&self) -> Option<&Dialect> {
        match self {
            Self::Csv(dialect) if dialect.loose_quotes && dialect.quote.is_some() => Some(dialect),
            Self::Csv(_) | Self::Lines(_) | Self::Documents => None,
        }
    }

    /// How many lines end in bytes.
    fn lines_of(&self, bytes: &[u8], summary: &Summary) -> u64 {
        match self {
            Self::Lines(b'\n') | Self::Documents => summary.feeds,
            Self::Lines(end) => memchr::memchr_iter(*end, bytes).count() as u64,
            Self::Csv(_) => summary.line_ends,
        }
    }

    /// What is put behind the last record where the file ends without.
    fn record_end(&self) -> u8 {
        match self {
            Self::Lines(end) => *end,
            Self::Csv(_) | Self::Documents => b'\n',
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every record with its line and its offset, by the grammar.
    fn oracle(data: &[u8], dialect: &Dialect) -> Option<Vec<(u64, u64, Vec<u8>)>> {
        let (mut at, mut line, mut fields, mut records) = (0, 1, Vec::new(), Vec::new());
        while at < data.len() {
            let (len, lines) = match parse_record(&data[at..], dialect, true, &mut fields) {
                Parsed::Record { len, lines } => {
                    records.push((line, at as u64, data[at..at + len].to_vec()));
                    (len, lines)
                }
                Parsed::Blank { len } | Parsed::Comment { len } => (len, 1),
                Parsed::Incomplete => unreachable!("at the end of the data every record is complete"),
                Parsed::Unclosed => return None,
            };
            at += len;
            line += lines;
        }
        Some(records)
    }

    fn split(data: &[u8], dialect: &Dialect, steps: &[usize]) -> Result<Vec<(u64, u64, Vec<u8>)>> {
        let set = InstructionSet::best();
        let grammar = Grammar::Csv(dialect.clone());
        let mut splitter = Splitter::new("a".into(), grammar, 1000, set);
        let pool = ChunkPool::new(1);
        let mut all = Vec::new();
        let mut take = |records: Option<Records>| {
            let Some(records) = records else { return };
            for (line, offset, bytes) in oracle(records.chunk.bytes(), dialect).unwrap() {
                all.push((records.lines + line, records.byte_offset + offset, bytes));
            }
        };
        let mut at = 0;
        for step in steps.iter().cycle() {
            let next = data.len().min(at + step);
            let mut chunk = Chunk::of(&data[at..next]);
            chunk.summarize(dialect.quote, set);
            take(splitter.push(chunk, &pool)?);
            at = next;
            if at == data.len() {
                break;
            }
        }
        take(splitter.finish()?);
        Ok(all)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn the_same_records_however_the_data_is_cut(
            data in prop::collection::vec(prop::sample::select(b"aaab\"\",,#\n\n\r".to_vec()), 0..200),
            comment in prop::option::of(Just(b'#')),
            loose_quotes in any::<bool>(),
            steps in prop::collection::vec(1usize..150, 1..20),
        ) {
            let dialect = Dialect { comment, loose_quotes, ..Dialect::RFC4180 };
            match oracle(&data, &dialect) {
                Some(mut expected) => {
                    // The last record gets a line end.
                    if let Some((_, _, last)) = expected.last_mut()
                        && !last.ends_with(b"\n") && !last.ends_with(b"\r")
                    {
                        last.push(b'\n');
                    }
                    prop_assert_eq!(split(&data, &dialect, &steps).unwrap(), expected);
                }
                None => prop_assert!(split(&data, &dialect, &steps).is_err()),
            }
        }
    }

    #[test]
    fn a_record_has_a_bound() {
        let error = split(&[b'a'; 5000], &Dialect::RFC4180, &[64]).unwrap_err();
        assert_eq!(error.to_string(), "a: line 1: the record is longer than 1000 bytes");
        // Also one of several in a chunk.
        let records = |len: usize| format!("\"x\ny\",z\r\n\n{}\r\n1,2\n", "a".repeat(len));
        for step in [64, 4000] {
            assert_eq!(split(records(1000).as_bytes(), &Dialect::RFC4180, &[step]).unwrap().len(), 3);
            let error = split(records(1001).as_bytes(), &Dialect::RFC4180, &[step]).unwrap_err();
            assert_eq!(error.to_string(), "a: line 4: the record is longer than 1000 bytes");
        }
    }
}
