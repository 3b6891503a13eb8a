//! Reads one file of lines as batches of one column.

use std::sync::Arc;

use arrow_array::builder::StringViewBuilder;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use memchr::memchr;

use super::csv::shown;
use super::{BATCH_TEXT_BYTES, ScanRequest};
use crate::codec::Decompressor;
use crate::encoding::TextStream;
use crate::error::{ErrorKind, Result};
use crate::notes::Notes;
use crate::options::TextOptions;
use crate::source::SourceFile;
use crate::splitter::RecordBuffer;

/// Name of the one column of a file of lines.
pub const LINE_COLUMN: &str = "line";

/// An iterator of the batches of one file of lines, in the file's order.
///
/// A line ends with `\n` or `\r\n`, which is not part of it; the last one may end with the file. No
/// line is null. Memory: one chunk, the longest line, and one batch.
#[derive(Debug)]
pub struct TextScanner {
    buffer: RecordBuffer,
    schema: SchemaRef,
    /// How often the line is asked for: 0 (lines are only counted) or more.
    copies: usize,
    builder: StringViewBuilder,
    batch_rows: usize,
    done: bool,
}

impl TextScanner {
    /// Opens a file. Column 0, the only one, is the line.
    ///
    /// # Errors
    /// The file cannot be opened or its head cannot be decoded. Errors further on come from the
    /// iterator, which ends with the first one.
    pub fn open(
        file: &SourceFile,
        options: &TextOptions,
        request: &ScanRequest,
        notes: &Notes,
    ) -> Result<Self> {
        let bytes = Decompressor::open(&file.path, options.compression, notes)?;
        let stream = TextStream::new(bytes, options.encoding)?;
        let field = Field::new(LINE_COLUMN, DataType::Utf8View, false);
        Ok(Self {
            buffer: RecordBuffer::new(stream, options.max_record_bytes),
            schema: Arc::new(Schema::new(vec![field; request.columns.len()])),
            copies: request.columns.len(),
            builder: StringViewBuilder::new(),
            batch_rows: request.batch_rows.max(1),
            done: false,
        })
    }

    /// Compressed bytes used so far.
    pub fn compressed_offset_bytes(&self) -> u64 {
        self.buffer.decompressor().compressed_offset_bytes()
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        let mut rows = 0;
        let mut text_bytes = 0;
        while rows < self.batch_rows && text_bytes < BATCH_TEXT_BYTES {
            let data = self.buffer.data();
            let len = match memchr(b'\n', data) {
                Some(at) => at + 1,
                None if !self.buffer.at_end() => {
                    self.buffer.grow()?;
                    continue;
                }
                None if data.is_empty() => break,
                None => data.len(),
            };
            if self.copies > 0 {
                let line = strip_line_end(&data[..len]);
                match self.buffer.encoding().decode(line) {
                    Some(text) => self.builder.append_value(text),
                    None => {
                        let found = shown(line);
                        let column = LINE_COLUMN.to_owned();
                        return Err(self.buffer.error(|location| ErrorKind::Encoding {
                            location,
                            column,
                            found,
                        }));
                    }
                }
            }
            self.buffer.consume(len, 1);
            rows += 1;
            text_bytes += len;
        }
        if rows == 0 {
            return Ok(None);
        }
        let lines: ArrayRef = Arc::new(self.builder.finish());
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch =
            RecordBatch::try_new_with_options(Arc::clone(&self.schema), vec![lines; self.copies], &options)
                .expect("the schema has the line as often as it was asked for");
        Ok(Some(batch))
    }
}

fn strip_line_end(line: &[u8]) -> &[u8] {
    match line.strip_suffix(b"\n") {
        Some(line) => line.strip_suffix(b"\r").unwrap_or(line),
        None => line,
    }
}

impl Iterator for TextScanner {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let batch = self.next_batch().transpose();
        self.done = !matches!(batch, Some(Ok(_)));
        batch
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use proptest::prelude::*;

    use super::*;

    fn scan(bytes: &[u8], columns: Vec<usize>, options: &TextOptions) -> Result<Vec<RecordBatch>> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        fs::write(&path, bytes).unwrap();
        let file = SourceFile { path, len_bytes: bytes.len() as u64, modified: None };
        let request = ScanRequest { columns, batch_rows: 3 };
        TextScanner::open(&file, options, &request, &Notes::default())?.collect()
    }

    fn lines(bytes: &[u8]) -> Result<Vec<String>> {
        let batches = scan(bytes, vec![0], &TextOptions::default())?;
        let texts = batches.iter().flat_map(|batch| {
            let column = batch.column(0).as_string_view();
            (0..column.len()).map(|row| column.value(row).to_owned()).collect::<Vec<_>>()
        });
        Ok(texts.collect())
    }

    #[test]
    fn line_ends() {
        assert_eq!(lines(b"").unwrap(), [""; 0]);
        assert_eq!(lines(b"\n").unwrap(), [""]);
        assert_eq!(lines(b"a\r\n\r\nb\rc\nd").unwrap(), ["a", "", "b\rc", "d"]);
    }

    #[test]
    fn counting_needs_no_text() {
        let batches = scan(b"\xff\n\xfe\nx\ny", vec![], &TextOptions::default()).unwrap();
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 4);
    }

    #[test]
    fn wrong_bytes_name_the_line() {
        let error = lines(b"a\nb\xffc\n").unwrap_err();
        assert!(
            error.to_string().ends_with("line 2, column \"line\": expected UTF-8 text, found \"b\\xffc\""),
            "{error}"
        );
    }

    #[test]
    fn long_lines_are_bounded() {
        let options = TextOptions { max_record_bytes: 1 << 20, ..Default::default() };
        let error = scan(&vec![b'x'; 3 << 20], vec![0], &options).unwrap_err();
        assert!(error.to_string().contains("line 1: the record is longer"), "{error}");
    }

    proptest! {
        #[test]
        fn as_the_standard_library(text in "[a\r\n]{0,40}") {
            prop_assert_eq!(lines(text.as_bytes()).unwrap(), text.lines().map(str::to_owned).collect::<Vec<_>>());
        }
    }
}
