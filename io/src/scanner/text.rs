//! Turns the lines of a file into batches of one column.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use memchr::{memchr, memchr_iter, memrchr};

use super::ScanRequest;
use super::bad::{Bad, shown};
use super::fields::Span;
use super::filter::{RAW_FILTER_WORTH, RawFilter, Usefulness};
use super::text_values::{CheckedText, TextValues};
use crate::encoding::Encoding;
use crate::error::{Error, ErrorKind, Location, Result};
use crate::splitter::Records;

/// Name of the one column of a file of lines.
pub const LINE_COLUMN: &str = "line";

/// One worker's tools for lines.
///
/// A line ends with `\n` or `\r\n`, which is not part of it; the last one may end with the file, or with a
/// `\r` and the file. No line is null.
#[derive(Debug)]
pub(crate) struct LineScanner {
    schema: SchemaRef,
    /// How often the line is asked for: 0 (lines are only counted) or more.
    copies: usize,
    /// Nulls stand in place of the lines.
    forgone: bool,
    filter: Option<RawFilter>,
    usefulness: Usefulness,
    values: TextValues,
}

impl LineScanner {
    /// Column 0, the only one, is the line.
    pub(crate) fn new(request: &ScanRequest) -> Self {
        let field = Field::new(LINE_COLUMN, DataType::Utf8View, false);
        let copies = request.columns.len();
        Self {
            schema: Arc::new(Schema::new(vec![field; copies])),
            copies,
            forgone: false,
            filter: request.filter.raw.clone(),
            usefulness: Usefulness::default(),
            values: TextValues::default(),
        }
    }

    /// The schema of the batches.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// From here on, reads no lines: they are only counted.
    pub(crate) fn forgo(&mut self) {
        self.forgone = true;
        let field = Field::new(LINE_COLUMN, DataType::Utf8View, true);
        self.schema = Arc::new(Schema::new(vec![field; self.copies]));
    }

    /// Makes a batch of whole lines.
    ///
    /// # Errors
    /// A line that is not text in the encoding.
    pub(crate) fn scan(
        &mut self,
        path: &Path,
        records: &Records,
        encoding: Encoding,
    ) -> Result<RecordBatch, Bad> {
        let mut rows = usize::try_from(records.line_count).expect("a chunk has fewer lines than bytes");
        let mut columns = Vec::new();
        if self.forgone {
            columns = vec![new_null_array(&DataType::Utf8View, rows); self.copies];
        } else if self.copies > 0 {
            let pushed = self.push_lines(path, records, encoding);
            let lines: ArrayRef = Arc::new(self.values.finish(None));
            pushed.map_err(|error| Bad { error, column: Some(0) })?;
            rows = lines.len();
            columns = vec![lines; self.copies];
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options);
        Ok(batch.expect("the schema has the line as often as it was asked for"))
    }

    fn push_lines(&mut self, path: &Path, records: &Records, encoding: Encoding) -> Result<()> {
        let data = records.chunk.bytes();
        let filter = self.filter.as_ref().filter(|filter| filter.serves(encoding));
        let spans = match filter.filter(|_| self.usefulness.next_chunk()) {
            Some(filter) => {
                let (spans, kept_bytes) = matching_lines(data, filter);
                self.usefulness.note(kept_bytes, data.len(), RAW_FILTER_WORTH);
                spans
            }
            None => {
                let spans = all_lines(data);
                if let Some(text) = CheckedText::of(records.chunk.padded(), encoding) {
                    self.values.push_parts(&text, &spans);
                    return Ok(());
                }
                spans
            }
        };
        for Span { start, end } in spans {
            let (start, end) = (start as usize, end as usize);
            match encoding.decode(&data[start..end]) {
                Some(line) => self.values.push(&line),
                None => return Err(bad_line(path, records, start, end)),
            }
        }
        Ok(())
    }
}

/// All lines, without their ends.
fn all_lines(data: &[u8]) -> Vec<Span> {
    let mut start = 0;
    let line = |feed| {
        let line = span(data, start, feed);
        start = feed + 1;
        line
    };
    memchr_iter(b'\n', data).map(line).collect()
}

/// The lines that have one of the filter's literals, and how many bytes they are.
pub(super) fn matching_lines(data: &[u8], filter: &RawFilter) -> (Vec<Span>, usize) {
    let (mut at, mut kept_bytes, mut spans) = (0, 0, Vec::new());
    while let Some(found) = filter.find(&data[at..]) {
        let start = memrchr(b'\n', &data[at..at + found]).map_or(at, |feed| at + feed + 1);
        // A chunk ends with a line end.
        let feed = memchr(b'\n', &data[at + found..]).map_or(data.len() - 1, |len| at + found + len);
        spans.push(span(data, start, feed));
        kept_bytes += feed - start;
        at = feed + 1;
    }
    (spans, kept_bytes)
}

/// The line that ends with a `\n`, perhaps behind a `\r`.
fn span(data: &[u8], start: usize, feed: usize) -> Span {
    let end = feed - usize::from(feed > start && data[feed - 1] == b'\r');
    // A chunk is shorter than 4 GiB.
    Span { start: start as u32, end: end as u32 }
}

#[cold]
fn bad_line(path: &Path, records: &Records, start: usize, end: usize) -> Error {
    let data = records.chunk.bytes();
    let location = Location {
        path: path.to_owned(),
        line: records.lines + memchr_iter(b'\n', &data[..start]).count() as u64 + 1,
        byte_offset: records.byte_offset + start as u64,
    };
    ErrorKind::Encoding { location, column: Some(LINE_COLUMN.to_owned()), found: shown(&data[start..end]) }
        .into()
}
