//! Records and values that do not fit, where the options say to go on.
//!
//! Fields are found as always; what does not fit becomes a null, or its record is marked and taken out of the
//! batch at the end. What was found is written down as positions, and told in words when the whole chunk could
//! be scanned: a chunk that is scanned twice counts once.
//!
//! A record that is left out is left out whichever columns are read. So all columns of the file are looked at:
//! otherwise the answer to one question would depend on what else is asked in the same pass.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{BooleanArray, RecordBatch, RecordBatchOptions};
use arrow_select::filter::filter_record_batch;

use super::bad::{Bad, bad_width, location, shown, text_behind_quote, value_error};
use super::column::{ColumnBuilder, Rejected};
use super::csv::{CsvRequest, CsvScanner, Source, before_end, next_record, span_of, strip_returns};
use super::delim::Delim;
use super::fields::Span;
use super::infer::{Column, ValuesByColumn, add_values};
use super::record::{has_odd_quotes, is_blank, line_ends, text_behind_lines};
use super::structure::Record;
use super::values::wider_type;
use crate::encoding::Encoding;
use crate::error::{Error, ErrorKind, Location};
use crate::options::{CsvOptions, OnError};
use crate::rejects::{Count, Fate, Reject, RejectPlace};

/// Characters of a rejected record that are kept.
const RECORD_CHARS: usize = 1000;

/// What the options say about what does not fit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leniency {
    on_error: OnError,
    pad_short: bool,
    cut_long: bool,
    rejects_limit: usize,
}

impl Leniency {
    /// `None` if all of it is an error.
    pub(super) fn of(options: &CsvOptions) -> Option<Self> {
        let CsvOptions { on_error, pad_short, cut_long, rejects_limit, .. } = *options;
        let is_lenient = on_error != OnError::Fail || pad_short || cut_long;
        is_lenient.then_some(Self { on_error, pad_short, cut_long, rejects_limit })
    }

    /// What becomes of a record of the wrong width; `None`: it is an error.
    fn fate_of_width(self, found: usize, expected: usize) -> Option<Fate> {
        let (asked, kept) =
            if found < expected { (self.pad_short, Fate::Padded) } else { (self.cut_long, Fate::Cut) };
        match self.on_error {
            _ if asked => Some(kept),
            OnError::Fail => None,
            OnError::Null => Some(kept),
            OnError::Skip => Some(Fate::Skipped),
            OnError::Reject => Some(Fate::Rejected),
        }
    }
}

/// What stands behind the last delimiter of a record, without its line end: the last field, if that has no quotes.
fn last_of(record: &[u8], delim: Delim) -> &[u8] {
    let line_end = record.iter().rev().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
    let record = &record[..record.len() - line_end];
    memchr::memmem::rfind(record, delim.as_bytes())
        .map_or(record, |at| &record[at + delim.as_bytes().len()..])
}

/// What becomes of a value that does not fit, or of its record; `None`: it is an error.
pub(super) fn fate_of_value(on_error: OnError) -> Option<Fate> {
    match on_error {
        OnError::Fail => None,
        OnError::Null => Some(Fate::Nulled),
        OnError::Skip => Some(Fate::Skipped),
        OnError::Reject => Some(Fate::Rejected),
    }
}

/// Something that does not fit, by its place in the chunk.
#[derive(Debug, Clone, Copy)]
struct Finding {
    /// Where the record starts, and where what ends it begins or is behind.
    record: Span,
    fate: Fate,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    /// So many fields.
    Width(usize),
    /// Where text stands behind the closing quote of a field of several lines.
    TextBehindQuote(usize),
    /// A value of a column of the table.
    Value { column: usize, span: Span, rejected: Rejected },
}

/// A column whose values are looked at.
#[derive(Debug, Clone, Copy)]
struct Checked<'a> {
    column: &'a Column,
    /// Its place in the table.
    number: usize,
    /// Its place among those that were asked for, if it is one of them.
    asked: Option<usize>,
}

/// A value that is an error.
#[derive(Debug, Clone, Copy)]
struct Misfit {
    /// Its row among those that were looked at.
    row: usize,
    /// The place of its column in the table, and among those asked for if these can go on without it.
    number: usize,
    asked: Option<usize>,
    span: Span,
    rejected: Rejected,
}

/// What was found in a chunk, in words.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// How much of what, with the number of the file left at 0.
    pub(crate) counts: BTreeMap<Fate, Count>,
    pub(crate) rejects: Vec<(RejectPlace, Reject)>,
    pub(crate) rejects_limit: usize,
    /// Columns that were guessed to be of integers, and have some with zeros in front.
    pub(crate) leading_zeros: Vec<String>,
    /// What columns hold of which the heads of the files have no value.
    pub(crate) first_values: ValuesByColumn,
}

impl Findings {
    pub(super) fn new(rejects_limit: usize) -> Self {
        Self { rejects_limit, ..Self::default() }
    }

    /// Of a record with a quote that nothing closes: it is left out, as it goes on to the end of the file, also where nulls stand in
    /// place of values that do not fit.
    pub(crate) fn of_unclosed(
        options: &CsvOptions,
        location: Location,
        record: &[u8],
        encoding: Encoding,
    ) -> Self {
        let fate = if options.on_error == OnError::Reject { Fate::Rejected } else { Fate::Skipped };
        let mut found = Self::new(options.rejects_limit);
        found.count(fate, false);
        let error = ErrorKind::UnclosedQuote { location: location.clone() }.into();
        found.tell(fate, &location, &error, 0, || text_of(record, encoding));
        let ended = u64::from(!matches!(record.last(), Some(b'\n' | b'\r')));
        let lines = line_ends(record) + ended;
        if lines > 1 {
            let place = format!("{}: line {}", location.path.display(), location.line);
            let first = Some((0, location.byte_offset, place));
            found.counts.insert(Fate::InQuotes, Count { count: lines, first });
        }
        found
    }

    /// Counts a value or a record; `is_left_out` is whether its record has been left out already, which counts once. Whether
    /// it is to be told in words, too.
    pub(super) fn count(&mut self, fate: Fate, is_left_out: bool) -> bool {
        let count = self.counts.entry(fate).or_default();
        count.count += u64::from(!is_left_out);
        count.first.is_none() || fate == Fate::Rejected && self.rejects.len() < self.rejects_limit
    }

    /// Tells what was counted last in words: its error, the number of its column among those of the table, from 1, or 0 for the
    /// whole record, and the record as it stands there.
    pub(super) fn tell(
        &mut self,
        fate: Fate,
        place: &Location,
        error: &Error,
        column: usize,
        record: impl FnOnce() -> String,
    ) {
        let first = &mut self.counts.entry(fate).or_default().first;
        first.get_or_insert_with(|| (0, place.byte_offset, error.to_string()));
        if fate == Fate::Rejected && self.rejects.len() < self.rejects_limit {
            self.rejects.push(reject(error, place, column, &record()));
        }
    }

    /// Adds those of another chunk of the file.
    pub(crate) fn add(&mut self, other: Self) {
        other.counts.into_iter().for_each(|(fate, count)| self.counts.entry(fate).or_default().add(count));
        self.rejects.extend(other.rejects);
        // Where none could be, there is no limit on them.
        self.rejects_limit = self.rejects_limit.max(other.rejects_limit);
        self.leading_zeros.extend(other.leading_zeros);
        add_values(&mut self.first_values, other.first_values);
        // Only the first ones are kept in the end; to sort now and then is cheap.
        if self.rejects.len() > 2 * self.rejects_limit {
            self.rejects.sort_by(|(place, _), (other, _)| place.cmp(other));
            self.rejects.truncate(self.rejects_limit);
        }
    }
}

/// The tools for chunks in which not everything has to fit.
#[derive(Debug)]
pub(super) struct Lenient {
    leniency: Leniency,
    /// For the columns that are only looked at.
    checks: Vec<ColumnBuilder>,
    /// Records of a block that become rows.
    rows: Vec<Record>,
    /// Values of a column that do not fit, by their place among those that are appended.
    bad: Vec<(usize, Rejected)>,
    findings: Vec<Finding>,
    /// Rows of the batch that are to be left out: ascending within each column.
    left_out: Vec<usize>,
    /// Rows of the batch so far, those that are to be left out included.
    row_count: usize,
}

impl Lenient {
    /// `None` if everything has to fit.
    pub(super) fn new(request: &CsvRequest) -> Option<Self> {
        let leniency = Leniency::of(&request.table.options)?;
        let check = |column: &usize| ColumnBuilder::of(&request.table.columns[*column]);
        Some(Self {
            leniency,
            checks: request.checked.iter().map(check).collect(),
            rows: Vec::new(),
            bad: Vec::new(),
            findings: Vec::new(),
            left_out: Vec::new(),
            row_count: 0,
        })
    }

    /// Begins a chunk.
    pub(super) fn clear(&mut self) {
        self.checks.iter_mut().for_each(|check| drop(check.finish()));
        self.findings.clear();
        self.left_out.clear();
        self.row_count = 0;
    }

    /// Whether a record of some width becomes a row.
    fn takes_width(&mut self, source: &Source<'_>, record: Span, found: usize) -> Result<bool, Bad> {
        let expected = source.layout.width;
        let bytes = &source.records.chunk.bytes()[record.start as usize..record.end as usize];
        let delim = source.fields.dialect.delim;
        if found == expected || source.layout.takes(found, last_of(bytes, delim)) {
            return Ok(true);
        }
        let Some(fate) = self.leniency.fate_of_width(found, expected) else {
            return Err(bad_width(source, record.start as usize, found));
        };
        self.findings.push(Finding { record, fate, what: What::Width(found) });
        Ok(matches!(fate, Fate::Padded | Fate::Cut))
    }

    /// Leaves out a record in which text stands behind the closing quote of a field of several lines, as one that nothing closes is left
    /// out in each mode.
    fn leave_out_misquoted(&mut self, source: &Source<'_>, record: Span, text_at: usize) -> Result<(), Bad> {
        let fate = match self.leniency.on_error {
            OnError::Fail => {
                let error = text_behind_quote(source, record.start as usize, text_at);
                return Err(Bad { error, column: None });
            }
            OnError::Reject => Fate::Rejected,
            OnError::Null | OnError::Skip => Fate::Skipped,
        };
        self.findings.push(Finding { record, fate, what: What::TextBehindQuote(text_at) });
        Ok(())
    }

    /// Notes the values of a column that were just found not to fit; `record` tells where a row stands. Gives the
    /// first one back that is an error.
    ///
    /// A value that fits a wider type is one in every mode, where the type was guessed: nothing is wrong with it, and
    /// the column is to have the wider type. What is wrong then is told by those who read it with that.
    fn take_bad(
        &mut self,
        source: &Source<'_>,
        column: Checked<'_>,
        spans: &[Span],
        record: impl Fn(usize) -> Span,
    ) -> Option<Misfit> {
        let fate = fate_of_value(self.leniency.on_error);
        let rules = &source.layout.rules;
        let is_wider = |row: usize| {
            let (value, _) = source.fields.value(spans[row]);
            column.column.inferred
                && wider_type(column.column.ty, &value, rules.signs, &rules.times).is_some()
        };
        let is_error = |(row, rejected): &&(usize, Rejected)| {
            fate.is_none() || *rejected == Rejected::Value && is_wider(*row)
        };
        if let Some((row, rejected)) = self.bad.iter().find(is_error) {
            // Who leaves out what does not fit cannot go on without the column: more would fit.
            let asked = column.asked.filter(|_| fate.is_none());
            let (number, span, rejected) = (column.number, spans[*row], *rejected);
            return Some(Misfit { row: *row, number, asked, span, rejected });
        }
        let fate = fate?;
        for (row, rejected) in self.bad.drain(..) {
            let what = What::Value { column: column.number, span: spans[row], rejected };
            self.findings.push(Finding { record: record(row), fate, what });
            if fate != Fate::Nulled {
                self.left_out.push(self.row_count + row);
            }
        }
        None
    }

    /// Takes the rows out of a batch that are to be left out.
    pub(super) fn leave_out(&mut self, batch: RecordBatch) -> RecordBatch {
        if self.left_out.is_empty() {
            return batch;
        }
        let mut keep = vec![true; batch.num_rows()];
        self.left_out.iter().for_each(|row| keep[*row] = false);
        let rows = keep.iter().filter(|keep| **keep).count();
        let filtered = if batch.num_columns() == 0 {
            let options = RecordBatchOptions::new().with_row_count(Some(rows));
            RecordBatch::try_new_with_options(batch.schema(), vec![], &options)
        } else {
            filter_record_batch(&batch, &BooleanArray::from(keep))
        };
        filtered.expect("the filter has a value for each row")
    }

    /// What was found in the chunk, in words; `None` if everything fits.
    pub(super) fn findings(&mut self, source: &Source<'_>, request: &CsvRequest) -> Option<Findings> {
        if self.findings.is_empty() {
            return None;
        }
        self.findings.sort_by_key(|finding| (finding.record.start, finding.column()));
        let data = source.records.chunk.bytes();
        let mut found = Findings::new(self.leniency.rejects_limit);
        // Lines are counted once from record to record, not for each from the chunk's start.
        let mut place = location(source.path, source.records, 0);
        let (mut at, mut left_out) = (0, None);
        for finding in &self.findings {
            let start = finding.record.start as usize;
            place.line += line_ends(&data[at..start]);
            place.byte_offset += (start - at) as u64;
            at = start;
            let leaves_out = matches!(finding.fate, Fate::Skipped | Fate::Rejected);
            if found.count(finding.fate, leaves_out && left_out == Some(start)) {
                let error = finding.error(source, request, place.clone());
                found.tell(finding.fate, &place, &error, finding.column(), || finding.record_text(source));
            }
            left_out = leaves_out.then_some(start);
        }
        Some(found)
    }
}

impl Finding {
    /// The number of the column among those of the table, from 1; 0 for the whole record.
    fn column(&self) -> usize {
        match self.what {
            What::Width(_) | What::TextBehindQuote(_) => 0,
            What::Value { column, .. } => column + 1,
        }
    }

    /// The record as it stands in the file, without its end.
    fn record_text(&self, source: &Source<'_>) -> String {
        text_of(source.fields.raw(self.record), source.layout.rules.encoding)
    }

    fn error(&self, source: &Source<'_>, request: &CsvRequest, location: Location) -> Error {
        match self.what {
            What::Width(found) => {
                let expected = source.layout.width;
                let has_odd_quotes = has_odd_quotes(source.fields.raw(self.record), source.fields.dialect);
                ErrorKind::FieldCount { location, expected, found, has_odd_quotes }.into()
            }
            What::TextBehindQuote(at) => text_behind_quote(source, self.record.start as usize, at),
            What::Value { column, span, rejected } => {
                value_error(source, &request.table.columns[column], location, span, rejected)
            }
        }
    }
}

/// A record as it stands in the file, without its end.
fn text_of(record: &[u8], encoding: Encoding) -> String {
    let record = record.trim_ascii_end();
    encoding.decode(record).map_or_else(|| shown(record), Cow::into_owned)
}

#[cold]
fn misfit(source: &Source<'_>, request: &CsvRequest, record: Span, misfit: Misfit) -> Bad {
    let Misfit { number, asked, span, rejected, .. } = misfit;
    let location = location(source.path, source.records, record.start as usize);
    let error = value_error(source, &request.table.columns[number], location, span, rejected);
    Bad { error, column: asked }
}

impl CsvRequest {
    fn asked(&self, column: usize) -> Checked<'_> {
        let number = self.wanted[column];
        Checked { column: &self.table.columns[number], number, asked: Some(column) }
    }

    fn unasked(&self, number: usize) -> Checked<'_> {
        Checked { column: &self.table.columns[number], number, asked: None }
    }
}

fn reject(error: &Error, place: &Location, number: usize, record: &str) -> (RejectPlace, Reject) {
    let (column, expected, found) = match error.kind() {
        ErrorKind::Value { column, expected, found, .. } => {
            (Some(column.clone()), expected.clone().into_owned(), found.clone())
        }
        ErrorKind::Encoding { column, found, .. } => (column.clone(), "UTF-8 text".into(), found.clone()),
        ErrorKind::FieldCount { expected, found, .. } => {
            (None, format!("{expected} fields"), format!("{found} fields"))
        }
        ErrorKind::TextBehindQuote { found, .. } => {
            (None, "a delimiter behind a closing quote".to_owned(), found.clone())
        }
        ErrorKind::UnclosedQuote { .. } => {
            (None, "a closing quote".to_owned(), "the end of the file".to_owned())
        }
        ErrorKind::Json { expected, found, .. } => (None, (*expected).to_owned(), found.clone()),
        _ => unreachable!("a finding is a record or a value"),
    };
    let (path, byte_offset) = (place.path.clone(), place.byte_offset);
    let reject_place = RejectPlace { path, byte_offset, column: number };
    (reject_place, Reject { line: place.line, column, expected, found, record: shortened(record) })
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(RECORD_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl CsvScanner {
    /// Converts the records that the structure knows, as far as they fit.
    pub(super) fn take_block_leniently(&mut self, source: &Source<'_>, data: &[u8]) -> Result<usize, Bad> {
        let mut lenient = self.lenient.take().expect("it is taken only here and below, and put back");
        let taken = self.take_block_with(&mut lenient, source, data);
        self.lenient = Some(lenient);
        taken
    }

    fn take_block_with(
        &mut self,
        lenient: &mut Lenient,
        source: &Source<'_>,
        data: &[u8],
    ) -> Result<usize, Bad> {
        let comment = source.fields.dialect.comment;
        let ends = self.structure.ends();
        let span_of = |record: &Record| Span {
            start: ends[record.base as usize].wrapping_add(1),
            end: ends[record.last as usize],
        };
        let mut wrong_width = Ok(());
        lenient.rows.clear();
        for record in self.structure.records() {
            let (span, count) = (span_of(record), (record.last - record.base) as usize);
            let bytes = &data[span.start as usize..span.end as usize];
            let is_comment = comment.is_some() && Some(data[span.start as usize]) == comment;
            if is_comment || count == 1 && source.layout.width != 1 && is_blank(bytes) {
                continue;
            }
            match lenient.takes_width(source, span, count) {
                Ok(true) => lenient.rows.push(*record),
                Ok(false) => {}
                Err(bad) => {
                    wrong_width = Err(bad);
                    break;
                }
            }
        }
        let rows = std::mem::take(&mut lenient.rows);
        let mut spans = std::mem::take(&mut self.spans);
        let has_returns = source.records.chunk.summary().has_returns;
        let fill = |spans: &mut Vec<Span>, field: usize| {
            spans.clear();
            spans
                .extend(rows.iter().map(|record| field_of(record, ends, field, source.fields.dialect.delim)));
            if has_returns {
                strip_returns(spans, data);
            }
        };
        let request = Arc::clone(&self.request);
        let mut first_error: Option<Misfit> = None;
        let mut note = |error: Option<Misfit>| {
            if let Some(error) = error
                && first_error.is_none_or(|first| error.row < first.row)
            {
                first_error = Some(error);
            }
        };
        for (column, builder) in self.builders.iter_mut().enumerate() {
            let Some(field) = source.layout.sources[column].filter(|_| !self.forgone[column]) else {
                builder.append_nulls(rows.len());
                continue;
            };
            fill(&mut spans, field);
            lenient.bad.clear();
            builder.append_all(&source.fields, &spans, &source.layout.rules, &mut lenient.bad);
            note(lenient.take_bad(source, request.asked(column), &spans, |row| span_of(&rows[row])));
        }
        for (check, number) in (0..).zip(&request.checked) {
            let Some(field) = source.layout.checked[check] else { continue };
            fill(&mut spans, field);
            lenient.bad.clear();
            let builder = &mut lenient.checks[check];
            builder.append_all(&source.fields, &spans, &source.layout.rules, &mut lenient.bad);
            drop(builder.finish());
            note(lenient.take_bad(source, request.unasked(*number), &spans, |row| span_of(&rows[row])));
        }
        self.spans = spans;
        if let Some(error) = first_error {
            return Err(misfit(source, &request, span_of(&rows[error.row]), error));
        }
        wrong_width?;
        let count = rows.len();
        lenient.rows = rows;
        lenient.row_count += count;
        Ok(count)
    }

    /// Finds fields by the grammar, record by record, from a record on, and converts what fits.
    pub(super) fn scan_irregular_leniently(
        &mut self,
        source: &Source<'_>,
        from: usize,
    ) -> Result<usize, Bad> {
        let mut lenient = self.lenient.take().expect("it is taken only here and above, and put back");
        let scanned = self.scan_irregular_with(&mut lenient, source, from);
        self.lenient = Some(lenient);
        scanned
    }

    fn scan_irregular_with(
        &mut self,
        lenient: &mut Lenient,
        source: &Source<'_>,
        from: usize,
    ) -> Result<usize, Bad> {
        let data = source.records.chunk.bytes();
        let request = Arc::clone(&self.request);
        let (mut fields, mut at, mut rows) = (Vec::new(), from, 0);
        while let Some((start, end)) = next_record(source, &mut at, &mut fields)? {
            // A chunk is shorter than 4 GiB.
            let record = Span { start: start as u32, end: end as u32 };
            if let Some(at) = text_behind_lines(&data[start..end], &fields, source.fields.dialect) {
                lenient.leave_out_misquoted(source, record, start + at)?;
                continue;
            }
            if !lenient.takes_width(source, record, fields.len())? {
                continue;
            }
            let span = |field: usize| match fields.get(field) {
                Some(field) => span_of(field, start, data, source.fields.dialect.quote),
                None => Span { start: record.start, end: record.start },
            };
            for (column, builder) in self.builders.iter_mut().enumerate() {
                let Some(field) = source.layout.sources[column].filter(|_| !self.forgone[column]) else {
                    builder.append_nulls(1);
                    continue;
                };
                let span = [span(field)];
                lenient.bad.clear();
                builder.append_all(&source.fields, &span, &source.layout.rules, &mut lenient.bad);
                if let Some(error) = lenient.take_bad(source, request.asked(column), &span, |_| record) {
                    return Err(misfit(source, &request, record, error));
                }
            }
            for (check, number) in (0..).zip(&request.checked) {
                let Some(field) = source.layout.checked[check] else { continue };
                let span = [span(field)];
                lenient.bad.clear();
                lenient.checks[check].append_all(
                    &source.fields,
                    &span,
                    &source.layout.rules,
                    &mut lenient.bad,
                );
                if let Some(error) = lenient.take_bad(source, request.unasked(*number), &span, |_| record) {
                    return Err(misfit(source, &request, record, error));
                }
            }
            rows += 1;
            lenient.row_count += 1;
        }
        Ok(rows)
    }
}

/// A field of a record; one that it does not have is empty.
fn field_of(record: &Record, ends: &[u32], field: usize, delim: Delim) -> Span {
    let (before, last) = (record.base as usize + field, record.last as usize);
    if before < last {
        let start = ends[before].wrapping_add(1);
        Span { start, end: ends[before + 1] - before_end(before + 1 == last, delim) }
    } else {
        let end = ends[last];
        Span { start: end, end }
    }
}
