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
/// A line ends with `\n` or `\r\n`, or with another byte that is said, which is not part of it; the last one may end with the file, or
/// with a `\r` and the file. No line is null.
#[derive(Debug)]
pub(crate) struct LineScanner {
    schema: SchemaRef,
    /// How often the line is asked for: 0 (lines are only counted) or more.
    copies: usize,
    /// Nulls stand in place of the lines.
    forgone: bool,
    /// The byte that ends a line.
    end: u8,
    filter: Option<RawFilter>,
    usefulness: Usefulness,
    values: TextValues,
}

impl LineScanner {
    /// Column 0, the only one, is the line.
    pub(crate) fn new(request: &ScanRequest, end: u8) -> Self {
        let field = Field::new(LINE_COLUMN, DataType::Utf8View, false);
        let copies = request.columns.len();
        Self {
            schema: Arc::new(Schema::new(vec![field; copies])),
            copies,
            forgone: false,
            end,
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
                let (spans, kept_bytes) = matching_lines(data, filter, self.end);
                self.usefulness.note(kept_bytes, data.len(), RAW_FILTER_WORTH);
                spans
            }
            None => {
                let spans = all_lines(data, self.end);
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
                None => return Err(self.bad_line(path, records, start, end)),
            }
        }
        Ok(())
    }

    #[cold]
    fn bad_line(&self, path: &Path, records: &Records, start: usize, end: usize) -> Error {
        let data = records.chunk.bytes();
        let location = Location {
            path: path.to_owned(),
            line: records.lines + memchr_iter(self.end, &data[..start]).count() as u64 + 1,
            byte_offset: records.byte_offset + start as u64,
        };
        ErrorKind::Encoding {
            location,
            column: Some(LINE_COLUMN.to_owned()),
            found: shown(&data[start..end]),
        }
        .into()
    }
}

/// All lines, without their ends.
fn all_lines(data: &[u8], end: u8) -> Vec<Span> {
    let mut start = 0;
    let line = |ends_at| {
        let line = span(data, start, ends_at);
        start = ends_at + 1;
        line
    };
    memchr_iter(end, data).map(line).collect()
}

/// The lines that have one of the filter's literals, and how many bytes they are.
pub(super) fn matching_lines(data: &[u8], filter: &RawFilter, end: u8) -> (Vec<Span>, usize) {
    let (mut at, mut kept_bytes, mut spans) = (0, 0, Vec::new());
    while let Some(found) = filter.find(&data[at..]) {
        let start = memrchr(end, &data[at..at + found]).map_or(at, |before| at + before + 1);
        // A chunk ends with a line end.
        let ends_at = memchr(end, &data[at + found..]).map_or(data.len() - 1, |len| at + found + len);
        spans.push(span(data, start, ends_at));
        kept_bytes += ends_at - start;
        at = ends_at + 1;
    }
    (spans, kept_bytes)
}

/// The line that ends with the byte at a place; if that is a `\n`, perhaps behind a `\r`.
fn span(data: &[u8], start: usize, ends_at: usize) -> Span {
    let has_return = data[ends_at] == b'\n' && ends_at > start && data[ends_at - 1] == b'\r';
    let end = ends_at - usize::from(has_return);
    // A chunk is shorter than 4 GiB.
    Span { start: start as u32, end: end as u32 }
}
