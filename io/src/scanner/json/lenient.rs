//! Lines that are no objects, and values that do not fit, where the options say to go on.
//!
//! An object is tried first, with all columns of the table: whether it is left out must not depend on which of them are read.
//! What was found is written down, and told in words when the whole chunk could be scanned.

use memchr::{memchr, memchr_iter};

use super::JsonTable;
use super::builder::{JsonBuilder, Trouble};
use super::cursor::{Cursor, Problem};
use super::keys::{Keys, Member};
use super::scanner::{JsonScanner, Wrong, first_line, is_object};
use super::text::decode;
use crate::encoding::Encoding;
use crate::error::Location;
use crate::rejects::Fate;
use crate::scanner::lenient::{Findings, fate_of_value};

/// The tools for files in which not everything has to fit.
#[derive(Debug)]
pub(super) struct Lenient {
    fate: Fate,
    rejects_limit: usize,
    /// For each column of the table: takes values to find out whether it can. What it has is never used.
    trial: Vec<JsonBuilder>,
    /// For each of them: the last object that had its key.
    last: Vec<u64>,
    objects: u64,
    findings: Vec<Finding>,
}

/// Something that does not fit, and where in the chunk its object, or what stands in the place of one, begins.
#[derive(Debug)]
struct Finding {
    start: usize,
    wrong: Wrong,
}

impl Finding {
    /// The number of the column among those of the table, from 1; 0 for the whole object.
    fn column(&self) -> usize {
        self.wrong.column.map_or(0, |column| column + 1)
    }
}

impl Lenient {
    /// `None` if everything has to fit.
    pub(super) fn new(table: &JsonTable) -> Option<Self> {
        Some(Self {
            fate: fate_of_value(table.options.on_error)?,
            rejects_limit: table.options.rejects_limit,
            trial: trial(table),
            last: vec![0; table.columns.len()],
            objects: 0,
            findings: Vec::new(),
        })
    }

    fn note(&mut self, start: usize, wrong: Wrong) {
        self.findings.push(Finding { start, wrong });
    }

    /// Steps over the record that begins here: the values that do not fit.
    ///
    /// # Errors
    /// It is none.
    fn try_record(
        &mut self,
        table: &JsonTable,
        keys: &Keys,
        cursor: &mut Cursor<'_>,
    ) -> Result<Vec<Wrong>, Problem> {
        match table.is_bare {
            true => self.try_value(0, cursor).map(|wrong| wrong.into_iter().collect()),
            false => self.try_object(keys, cursor),
        }
    }

    /// Steps over a value of a column; `Some` if it does not fit.
    fn try_value(&mut self, column: usize, cursor: &mut Cursor<'_>) -> Result<Option<Wrong>, Problem> {
        let value = *cursor;
        match self.trial[column].push(cursor) {
            Ok(()) => Ok(None),
            Err(Trouble::Grammar(problem)) => Err(problem),
            Err(trouble @ Trouble::Type { .. }) => {
                *cursor = value;
                cursor.skip()?;
                Ok(Some(Wrong { trouble, column: Some(column) }))
            }
        }
    }

    /// The same for an object.
    fn try_object(&mut self, keys: &Keys, cursor: &mut Cursor<'_>) -> Result<Vec<Wrong>, Problem> {
        let (at, mut wrong) = (cursor.at, Vec::new());
        if is_object(cursor)? {
            self.objects += 1;
            self.try_members(keys, at, cursor, &mut wrong)?;
        }
        Ok(wrong)
    }

    /// The same for the values of an object whose `{` was read, in a record that begins at some place.
    fn try_members(
        &mut self,
        keys: &Keys,
        at: usize,
        cursor: &mut Cursor<'_>,
        wrong: &mut Vec<Wrong>,
    ) -> Result<(), Problem> {
        let (mut first, mut next) = (true, 0);
        while let Some((key, escaped)) = cursor.next_key(first)? {
            first = false;
            let column = match keys.find(key, escaped, &mut next) {
                Some(Member::Column(column)) => *column,
                Some(Member::Object(keys)) => {
                    if is_object(cursor)? {
                        self.try_members(keys, at, cursor, wrong)?;
                    }
                    continue;
                }
                Some(Member::Constant) | None => {
                    cursor.skip()?;
                    continue;
                }
            };
            if std::mem::replace(&mut self.last[column], self.objects) == self.objects {
                return Err(Problem { at, expected: "each key once" });
            }
            wrong.extend(self.try_value(column, cursor)?);
        }
        Ok(())
    }

    /// What was found in a chunk, in words; `None` if everything fits. The next chunk can be tried then.
    pub(super) fn findings(
        &mut self,
        table: &JsonTable,
        data: &[u8],
        location: impl Fn(usize) -> Location,
    ) -> Option<Findings> {
        self.trial = trial(table);
        if self.findings.is_empty() {
            return None;
        }
        self.findings.sort_by_key(|finding| (finding.start, finding.column()));
        let mut found = Findings::new(self.rejects_limit);
        // Lines are counted once from object to object, not for each from the chunk's start.
        let mut place = location(0);
        let (mut at, mut left_out) = (0, None);
        for finding in std::mem::take(&mut self.findings) {
            let start = finding.start;
            place.line += memchr_iter(b'\n', &data[at..start]).count() as u64;
            place.byte_offset += (start - at) as u64;
            at = start;
            let leaves_out = self.fate != Fate::Nulled;
            if found.count(self.fate, leaves_out && left_out == Some(start)) {
                let line = first_line(&data[start..]);
                let error = finding.wrong.error(place.clone(), table, line);
                let record = || String::from_utf8_lossy(line).into_owned();
                found.tell(self.fate, &place, &error, finding.column(), record);
            }
            left_out = leaves_out.then_some(start);
        }
        Some(found)
    }
}

/// A builder for each column of a table.
fn trial(table: &JsonTable) -> Vec<JsonBuilder> {
    table
        .columns
        .iter()
        .map(|column| JsonBuilder::new(&column.ty, column.inferred, &table.options.times))
        .collect()
}

impl JsonScanner {
    /// Adds the objects of lines, or what stands in their place; how many rows. An error has the place where its line begins.
    pub(super) fn push_lines_leniently(
        &mut self,
        lenient: &mut Lenient,
        data: &[u8],
        encoding: Encoding,
    ) -> Result<usize, (usize, Wrong)> {
        let (mut rows, mut at) = (0, 0);
        while at < data.len() {
            let start = at;
            let end = memchr(b'\n', &data[at..]).map_or(data.len(), |len| at + len);
            at = end + 1;
            let Some(text) = decode(encoding, &data[start..end]) else {
                let expected = if encoding == Encoding::Utf8 { "UTF-8 text" } else { "text in its encoding" };
                rows += self.push_no_object(lenient, start, Problem { at: 0, expected });
                continue;
            };
            let mut cursor = Cursor::of_file(&text, 0);
            if cursor.peek().is_none() {
                continue;
            }
            let begin = cursor;
            let tried = lenient.try_record(&self.table, &self.keys, &mut cursor);
            let tried = tried.and_then(|wrong| match cursor.peek() {
                None => Ok(wrong),
                Some(_) => Err(Problem { at: cursor.at, expected: self.table.what_a_line_has() }),
            });
            rows += match tried {
                Ok(wrong) => self.push_tried(lenient, begin, start, wrong).map_err(|wrong| (start, wrong))?,
                Err(problem) => self.push_no_object(lenient, start, problem),
            };
        }
        Ok(rows)
    }

    /// Adds the record that begins here, or what stands in its place; how many rows.
    pub(super) fn push_record_leniently(
        &mut self,
        lenient: &mut Lenient,
        cursor: &mut Cursor<'_>,
        start: usize,
    ) -> Result<usize, Wrong> {
        let begin = *cursor;
        match lenient.try_record(&self.table, &self.keys, cursor) {
            Ok(wrong) => self.push_tried(lenient, begin, start, wrong),
            // Of what is a value, it is known where the next one begins.
            Err(problem) => {
                *cursor = begin;
                cursor.skip()?;
                Ok(self.push_no_object(lenient, start, problem))
            }
        }
    }

    /// Adds an object of which it is known what is wrong.
    fn push_tried(
        &mut self,
        lenient: &mut Lenient,
        mut begin: Cursor<'_>,
        start: usize,
        mut wrong: Vec<Wrong>,
    ) -> Result<usize, Wrong> {
        // A value that fits a wider type is one in every mode, where the type was guessed.
        if let Some(wider) = wrong.iter().position(|wrong| wrong.is_of_wider_type(&self.table)) {
            return Err(wrong.swap_remove(wider));
        }
        let nulled: Vec<usize> = wrong.iter().filter_map(|wrong| wrong.column).collect();
        let is_row = wrong.is_empty() || lenient.fate == Fate::Nulled;
        wrong.into_iter().for_each(|wrong| lenient.note(start, wrong));
        if is_row {
            self.push_record(&mut begin, &nulled)?;
        }
        Ok(usize::from(is_row))
    }

    /// Adds what stands in the place of a line that is no object.
    fn push_no_object(&mut self, lenient: &mut Lenient, start: usize, problem: Problem) -> usize {
        lenient.note(start, problem.into());
        let is_row = lenient.fate == Fate::Nulled;
        if is_row {
            self.builders.iter_mut().for_each(JsonBuilder::push_null);
        }
        usize::from(is_row)
    }
}
