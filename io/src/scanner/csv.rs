//! Turns whole records of a CSV file into batches: only the columns that are needed.

use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{Field as ArrowField, Schema, SchemaRef};

use super::ScanRequest;
use super::bad::{Bad, bad_width, location, text_behind_quote, value_error};
use super::column::{ColumnBuilder, Rejected};
use super::delim::Delim;
use super::fields::{FieldRules, Fields, Span};
use super::filter::{RAW_FILTER_WORTH, RawFilter, RowFilter, ScanFilter, Usefulness};
use super::infer::{ColumnValues, CsvTable, ValuesByColumn};
use super::layout::Layout;
use super::lenient::{Findings, Leniency, Lenient};
use super::record::{Field, FieldForm, Parsed, is_blank, is_blank_line, parse_record, text_behind_lines};
use super::structure::{Irregular, Marks, Record, Structure};
use super::text_values::CheckedText;
use crate::error::ErrorKind;
use crate::simd::InstructionSet;
use crate::splitter::Records;

/// Bytes of a chunk whose fields are found before their values are converted: offsets and bytes stay in the
/// first cache.
const BLOCK_LEN_BYTES: usize = 16 << 10;

/// The same for each column that is asked for, where these are very many: what a column costs in a block is for dozens of records then. Of
/// each of these, only the line of the cache that is at hand has to stay in the first one.
const BLOCK_LEN_BYTES_PER_COLUMN: usize = 256;

/// The same where a filter judges the records of a block: that costs something for each block.
const FILTERED_BLOCK_LEN_BYTES: usize = 128 << 10;

/// A row filter is left out if it keeps more than one row in so many: values that it looks at are converted
/// twice.
const ROW_FILTER_WORTH: u64 = 2;

/// Ends of fields after which records that a raw filter found are converted.
const MATCHING_BLOCK_ENDS: usize = 16 << 10;

/// What is read of the files of a table: the same for all workers.
#[derive(Debug)]
pub(crate) struct CsvRequest {
    pub(crate) table: CsvTable,
    /// For each column asked for: its place in the table.
    pub(crate) wanted: Vec<usize>,
    /// Columns that are not asked for, and are looked at all the same: a record that is left out because of one
    /// of its values is left out of all that is asked.
    pub(super) checked: Vec<usize>,
    schema: SchemaRef,
    filter: ScanFilter,
}

impl CsvRequest {
    pub(crate) fn new(table: &CsvTable, request: &ScanRequest) -> Self {
        let field = |index: &usize| {
            let column = &table.columns[*index];
            ArrowField::new(&column.name, column.data_type(), true)
        };
        let fields: Vec<ArrowField> = request.columns.iter().map(field).collect();
        let schema = Arc::new(Schema::new(fields));
        let options = &table.options;
        let all = if options.on_error.leaves_out() { 0..table.columns.len() } else { 0..0 };
        let checked = all.filter(|column| !request.columns.contains(column)).collect();
        // What a filter leaves out is not counted, and all that does not fit has to be.
        let filter =
            if Leniency::of(options).is_some() { ScanFilter::default() } else { request.filter.clone() };
        Self { table: table.clone(), wanted: request.columns.clone(), checked, schema, filter }
    }

    /// The schema of the batches: the columns asked for, all nullable.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }
}

/// One worker's tools.
#[derive(Debug)]
pub(crate) struct CsvScanner {
    pub(super) request: Arc<CsvRequest>,
    set: InstructionSet,
    pub(super) builders: Vec<ColumnBuilder>,
    /// What was read in columns of which the heads of the files have no value, by their places among those that are read.
    unseen: Vec<(usize, ColumnValues)>,
    /// Columns that are not read any more: nulls stand in their place.
    pub(super) forgone: Vec<bool>,
    pub(super) structure: Structure,
    /// For each record of a block, the place in the structure's ends of the one before its first field.
    bases: Vec<u32>,
    pub(super) spans: Vec<Span>,
    /// For the columns that the row filter looks at.
    filter_builders: Vec<ColumnBuilder>,
    row_filter: Usefulness,
    raw_filter: Usefulness,
    /// What to do about what does not fit, if it is not an error.
    pub(super) lenient: Option<Box<Lenient>>,
}

/// The chunk at hand.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) records: &'a Records,
    pub(super) layout: &'a Layout,
    pub(super) fields: Fields<'a>,
}

impl CsvScanner {
    pub(crate) fn new(request: &Arc<CsvRequest>, set: InstructionSet) -> Self {
        let builder = |index: &usize| ColumnBuilder::of(&request.table.columns[*index]);
        let filtered = request.filter.rows.as_ref().map_or(&[] as &[usize], |filter| filter.columns());
        let is_unseen = |place: &usize| {
            let column = &request.table.columns[request.wanted[*place]];
            column.inferred && column.is_unseen
        };
        let unseen = (0..request.wanted.len()).filter(is_unseen);
        Self {
            filter_builders: filtered.iter().map(|column| builder(&request.wanted[*column])).collect(),
            row_filter: Usefulness::default(),
            raw_filter: Usefulness::default(),
            builders: request.wanted.iter().map(builder).collect(),
            unseen: unseen.map(|place| (place, ColumnValues::default())).collect(),
            forgone: vec![false; request.wanted.len()],
            structure: Structure::default(),
            bases: Vec::new(),
            spans: Vec::new(),
            lenient: Lenient::new(request).map(Box::new),
            request: Arc::clone(request),
            set,
        }
    }

    /// From here on, reads no values of a column.
    pub(crate) fn forgo(&mut self, column: usize) {
        self.forgone[column] = true;
    }

    /// The columns that were guessed to be of integers, and of which some that were read have zeros in front. Each is told once.
    pub(crate) fn take_leading_zeros(&mut self) -> Vec<String> {
        let columns = self.builders.iter_mut().zip(&self.request.wanted);
        let met = columns.filter_map(|(builder, index)| builder.take_leading_zeros().then_some(*index));
        met.map(|index| self.request.table.columns[index].name.clone()).collect()
    }

    /// What a batch holds in columns of which the heads of the files have no value, by their names; not of those that are known by now
    /// to be of words.
    pub(crate) fn first_values(&mut self, batch: &RecordBatch, rules: &FieldRules) -> ValuesByColumn {
        let mut found = ValuesByColumn::new();
        for (place, known) in self.unseen.iter_mut().filter(|(_, known)| !known.are_words()) {
            let mut here = ColumnValues::default();
            let values = batch.column(*place).as_string_view();
            values.iter().flatten().for_each(|value| here.add(value.as_bytes(), false, rules));
            *known = known.merge(here);
            if !here.is_unseen() {
                found.insert(self.request.table.columns[self.request.wanted[*place]].name.clone(), here);
            }
        }
        found
    }

    /// Makes a batch of whole records.
    ///
    /// # Errors
    /// The first record, in the file's order, that is too short, too long, or has a value that is none.
    pub(crate) fn scan(
        &mut self,
        path: &Path,
        records: &Records,
        layout: &Layout,
    ) -> Result<(RecordBatch, Option<Findings>), Bad> {
        let request = Arc::clone(&self.request);
        if let Some(lenient) = &mut self.lenient {
            lenient.clear();
        }
        let summary = records.chunk.summary();
        let padded = records.chunk.padded();
        let dialect = &layout.dialect;
        // Text is looked at where fields are cut by structure, if any is wanted.
        let fields = Fields { padded, dialect, has_quotes: summary.has_quotes, text: None, set: self.set };
        let source = Source { path, records, layout, fields };
        let rows = match self.scan_regular(source) {
            Ok(rows) => rows,
            Err(mut bad) => {
                if bad.error.is_of_wider_type() {
                    bad.error.add_wider_values(self.wider_values(&source));
                }
                self.builders.iter_mut().for_each(|builder| drop(builder.finish()));
                return Err(bad);
            }
        };
        let columns = self.builders.iter_mut().map(ColumnBuilder::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&request.schema), columns, &options);
        let batch = batch.expect("builders make the types of the schema, all of the same length");
        Ok(match &mut self.lenient {
            None => (batch, None),
            Some(lenient) => {
                let source = Source { path, records, layout, fields };
                (lenient.leave_out(batch), lenient.findings(&source, &request))
            }
        })
    }

    /// Finds fields by the structure of blocks, as far as it is regular.
    fn scan_regular(&mut self, mut source: Source<'_>) -> Result<usize, Bad> {
        let dialect = source.fields.dialect;
        let data = source.records.chunk.bytes();
        let summary = source.records.chunk.summary();
        let delim = dialect.delim;
        let marks =
            Marks { delim, quote: dialect.quote.filter(|_| summary.has_quotes), has_cr: summary.has_returns };
        let escape = dialect.escape.filter(|escape| Some(*escape) != dialect.quote);
        let may_be_regular = !summary.has_quotes
            || escape.is_none()
                && dialect.comment.is_none()
                && dialect.quote.is_none_or(|quote| !delim.contains(quote));
        if !may_be_regular {
            return self.scan_irregular(&source, 0);
        }
        self.structure.clear();
        let request = Arc::clone(&self.request);
        let ScanFilter { raw, rows: row_filter, .. } = &request.filter;
        if let Some(filter) = raw
            && marks.quote.is_none()
            && filter.serves(source.layout.rules.encoding)
            && self.raw_filter.next_chunk()
        {
            return self.scan_matching(&source, filter, marks);
        }
        let has_text = request.schema.fields().iter().any(|field| field.data_type().is_string());
        // A delimiter that is one byte and no ASCII could stand inside a character.
        let delim_is_text = delim.single().is_none_or(|byte| byte.is_ascii());
        if has_text && delim_is_text && dialect.quote.is_none_or(|quote| quote.is_ascii()) {
            source.fields.text = CheckedText::of(source.fields.padded, source.layout.rules.encoding);
        }
        let row_filter =
            row_filter.as_deref().filter(|filter| filter.is_ready() && self.row_filter.next_chunk());
        let block_len = if row_filter.is_some() { FILTERED_BLOCK_LEN_BYTES } else { BLOCK_LEN_BYTES };
        let block_len = block_len.max(BLOCK_LEN_BYTES_PER_COLUMN * self.builders.len());
        let mut rows = 0;
        while self.structure.at() < data.len() {
            let until = self.structure.at() + block_len;
            let extended = self.structure.extend(self.set, data, until, marks);
            if let Err(Irregular) = extended {
                let known = self.structure.start();
                return Ok(rows + self.scan_irregular(&source, known)?);
            }
            rows += self.take_block(&source, data, row_filter)?;
            self.structure.drop_records();
        }
        Ok(rows)
    }

    /// Cuts only those records into fields that have one of the filter's literals. The chunk has no quotes.
    fn scan_matching(&mut self, source: &Source<'_>, filter: &RawFilter, marks: Marks) -> Result<usize, Bad> {
        let data = source.records.chunk.bytes();
        let line_end = |from: usize| match marks.has_cr {
            false => memchr::memchr(b'\n', &data[from..]),
            true => memchr::memchr2(b'\n', b'\r', &data[from..]),
        };
        let line_start = |until: usize| match marks.has_cr {
            false => memchr::memrchr(b'\n', &data[..until]),
            true => memchr::memrchr2(b'\n', b'\r', &data[..until]),
        };
        let (mut at, mut rows, mut kept_bytes) = (0, 0, 0);
        while let Some(found) = filter.find(&data[at..]) {
            let start = line_start(at + found).map_or(0, |end| end + 1);
            // A chunk ends with a line end; a `\n` behind a `\r` goes with the next line, which it makes blank.
            let end = line_end(at + found).map_or(data.len(), |len| at + found + len + 1);
            kept_bytes += end - start;
            self.structure.add_record(self.set, data, start, end, marks);
            if self.structure.ends().len() > MATCHING_BLOCK_ENDS {
                rows += self.take_block(source, data, None)?;
                self.structure.clear();
            }
            at = end;
        }
        rows += self.take_block(source, data, None)?;
        self.raw_filter.note(kept_bytes, data.len(), RAW_FILTER_WORTH);
        Ok(rows)
    }

    /// Converts the records that the structure knows.
    fn take_block(
        &mut self,
        source: &Source<'_>,
        data: &[u8],
        row_filter: Option<&dyn RowFilter>,
    ) -> Result<usize, Bad> {
        if self.lenient.is_some() {
            return self.take_block_leniently(source, data);
        }
        let layout = source.layout;
        let comment = source.fields.dialect.comment;
        let ends = self.structure.ends();
        let mut wrong_width = None;
        self.bases.clear();
        for Record { base, last } in self.structure.records() {
            let start = ends[*base as usize].wrapping_add(1) as usize;
            let is_comment = comment.is_some() && Some(data[start]) == comment;
            let count = (last - base) as usize;
            let last_field =
                || &data[ends[*last as usize - 1].wrapping_add(1) as usize..ends[*last as usize] as usize];
            if (count == layout.width || layout.may_end_open && layout.takes(count, last_field()))
                && !is_comment
            {
                self.bases.push(*base);
            } else if !(is_comment || count == 1 && is_blank(&data[start..ends[*last as usize] as usize])) {
                wrong_width = Some((start, count));
                break;
            }
        }
        let mut first_bad = FirstBad { rows: self.bases.len(), found: None };
        if let Some(filter) = row_filter {
            self.apply(filter, source, data, &mut first_bad);
        }
        let ends = self.structure.ends();
        let start_of = |row: usize| ends[self.bases[row] as usize].wrapping_add(1) as usize;
        for (column, builder) in self.builders.iter_mut().enumerate() {
            let field = match source.layout.sources[column] {
                Some(field) if !self.forgone[column] => field,
                _ => {
                    builder.append_nulls(first_bad.rows);
                    continue;
                }
            };
            fill_spans(&mut self.spans, &self.bases[..first_bad.rows], ends, field, source, data);
            let appended = builder.append(&source.fields, &self.spans, &source.layout.rules);
            first_bad.note(column, appended, &self.spans);
        }
        if let Some(found) = first_bad.found {
            return Err(self.bad_value(source, start_of(first_bad.rows), found));
        }
        match wrong_width {
            Some((start, found)) => Err(bad_width(source, start, found)),
            None => Ok(first_bad.rows),
        }
    }

    /// Leaves only those records in `bases` that the filter keeps, and those behind a bad value out.
    fn apply(&mut self, filter: &dyn RowFilter, source: &Source<'_>, data: &[u8], first_bad: &mut FirstBad) {
        let ends = self.structure.ends();
        for (builder, column) in self.filter_builders.iter_mut().zip(filter.columns()) {
            match source.layout.sources[*column] {
                Some(field) if !self.forgone[*column] => {
                    fill_spans(&mut self.spans, &self.bases[..first_bad.rows], ends, field, source, data);
                    let appended = builder.append(&source.fields, &self.spans, &source.layout.rules);
                    first_bad.note(*column, appended, &self.spans);
                }
                _ => builder.append_nulls(first_bad.rows),
            }
        }
        let rows = first_bad.rows;
        let columns: Vec<ArrayRef> =
            self.filter_builders.iter_mut().map(|builder| builder.finish().slice(0, rows)).collect();
        let kept = match filter.keep(&columns) {
            Some(keep) => {
                let (values, nulls) = keep.into_parts();
                let keep = nulls.map_or(values.clone(), |nulls| &values & nulls.inner());
                let bad = self.bases.get(rows).copied();
                let mut row = 0;
                self.bases.truncate(rows);
                self.bases.retain(|_| {
                    row += 1;
                    keep.value(row - 1)
                });
                first_bad.rows = self.bases.len();
                self.bases.extend(bad);
                first_bad.rows
            }
            None => rows,
        };
        self.row_filter.note(kept, rows, ROW_FILTER_WORTH);
    }

    /// Finds fields by the grammar, record by record, from a record on.
    fn scan_irregular(&mut self, source: &Source<'_>, from: usize) -> Result<usize, Bad> {
        if self.lenient.is_some() {
            return self.scan_irregular_leniently(source, from);
        }
        let data = source.records.chunk.bytes();
        let mut fields = Vec::new();
        let mut at = from;
        let mut rows = 0;
        while let Some((start, end)) = next_record(source, &mut at, &mut fields)? {
            if let Some(at) = text_behind_lines(&data[start..end], &fields, source.fields.dialect) {
                return Err(Bad { error: text_behind_quote(source, start, start + at), column: None });
            }
            let last = fields.last().map_or(&[][..], |field| &data[start + field.start..start + field.end]);
            if !source.layout.takes(fields.len(), last) {
                return Err(bad_width(source, start, fields.len()));
            }
            rows += 1;
            let mut first_bad = FirstBad { rows: 1, found: None };
            for (column, builder) in self.builders.iter_mut().enumerate() {
                match source.layout.sources[column] {
                    Some(field) if !self.forgone[column] => {
                        let span = [span_of(&fields[field], start, data, source.fields.dialect.quote)];
                        let appended = builder.append(&source.fields, &span, &source.layout.rules);
                        first_bad.note(column, appended, &span);
                    }
                    _ => builder.append_nulls(1),
                }
                if let Some(found) = first_bad.found.take() {
                    return Err(self.bad_value(source, start, found));
                }
            }
        }
        Ok(rows)
    }

    #[cold]
    pub(super) fn bad_value(&self, source: &Source<'_>, start: usize, found: BadValue) -> Bad {
        let column = &self.request.table.columns[self.request.wanted[found.column]];
        let location = location(source.path, source.records, start);
        Bad {
            error: value_error(source, column, location, found.span, found.rejected),
            column: Some(found.column),
        }
    }
}

/// The next record by the grammar: where it starts and ends; blank lines and comments are passed over.
pub(super) fn next_record(
    source: &Source<'_>,
    at: &mut usize,
    fields: &mut Vec<Field>,
) -> Result<Option<(usize, usize)>, Bad> {
    let data = source.records.chunk.bytes();
    while *at < data.len() {
        let start = *at;
        match parse_record(&data[start..], source.fields.dialect, true, fields) {
            Parsed::Record { len, .. } => {
                *at += len;
                if source.layout.width != 1 && is_blank_line(&data[start..], fields) {
                    continue;
                }
            }
            Parsed::Blank { len } if source.layout.width == 1 => {
                fields.push(Field { start: 0, end: 0, form: FieldForm::Bare });
                *at += len;
            }
            Parsed::Blank { len } | Parsed::Comment { len } => {
                *at += len;
                continue;
            }
            Parsed::Incomplete | Parsed::Unclosed => {
                let location = location(source.path, source.records, start);
                return Err(Bad { error: ErrorKind::UnclosedQuote { location }.into(), column: None });
            }
        }
        return Ok(Some((start, *at)));
    }
    Ok(None)
}

/// The first record of a block that has a value that is none.
struct FirstBad {
    /// Records before it.
    rows: usize,
    found: Option<BadValue>,
}

pub(super) struct BadValue {
    pub(super) column: usize,
    pub(super) span: Span,
    pub(super) rejected: Rejected,
}

impl FirstBad {
    fn note(&mut self, column: usize, appended: Result<(), (usize, Rejected)>, spans: &[Span]) {
        if let Err((row, rejected)) = appended {
            self.rows = row;
            self.found = Some(BadValue { column, span: spans[row], rejected });
        }
    }
}

/// The spans of a field in records.
fn fill_spans(
    spans: &mut Vec<Span>,
    bases: &[u32],
    ends: &[u32],
    field: usize,
    source: &Source<'_>,
    data: &[u8],
) {
    let is_last = field + 1 == source.layout.width;
    let before_end = before_end(is_last, source.fields.dialect.delim);
    let span = |base: &u32| {
        let at = *base as usize + field;
        Span { start: ends[at].wrapping_add(1), end: ends[at + 1] - before_end }
    };
    spans.clear();
    spans.extend(bases.iter().map(span));
    if is_last && source.records.chunk.summary().has_returns {
        strip_returns(spans, data);
    }
}

/// Bytes of what ends a field that stand before its last one, whose place is known. A line end has none: a `\r` before
/// its `\n` is taken off by [`strip_returns`].
pub(super) fn before_end(is_last_field: bool, delim: Delim) -> u32 {
    if is_last_field { 0 } else { delim.len_bytes() as u32 - 1 }
}

/// Takes the `\r` of a `\r\n` off the last fields of records.
pub(super) fn strip_returns(spans: &mut [Span], data: &[u8]) {
    for span in spans {
        let end = span.end as usize;
        let stripped = data[end] == b'\n' && span.end > span.start && data[end - 1] == b'\r';
        span.end -= u32::from(stripped);
    }
}

/// The span of a field that the grammar found, with its quotes.
pub(super) fn span_of(field: &Field, record: usize, data: &[u8], quote: Option<u8>) -> Span {
    let (mut start, mut end) = (record + field.start, record + field.end);
    if field.form != FieldForm::Bare {
        start -= 1;
        end += usize::from(data.get(end).copied() == quote);
    }
    // A chunk is shorter than 4 GiB.
    Span { start: start as u32, end: end as u32 }
}
