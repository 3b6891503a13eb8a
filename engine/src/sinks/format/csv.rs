//! CSV and TSV, as RFC 4180 has it: `\n` after each record, quotes where they are needed.
//! Null is an empty field and empty text is `""`, so that what is written can be read back.

use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::{FieldRef, Fields, SchemaRef};
use swath_io::looks_like_value;

use super::RowWriter;
use super::cells::{Cells, is_null, is_text};

/// Bytes of lines that are handed on at once.
const LINES_LEN_BYTES: usize = 64 << 10;

/// How CSV is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd)]
pub struct CsvStyle {
    /// Between fields.
    pub delim: u8,
    /// Around fields that need it; doubled inside them.
    pub quote: u8,
    /// Whether the first record names the columns.
    pub header: bool,
    /// What stands for null. Text that is the same is quoted.
    pub nullstr: String,
}

impl Default for CsvStyle {
    fn default() -> Self {
        Self { delim: b',', quote: b'"', header: true, nullstr: String::new() }
    }
}

/// Writes CSV or TSV.
pub struct CsvWriter {
    schema: SchemaRef,
    style: CsvStyle,
    lines: Vec<u8>,
}

impl CsvWriter {
    /// A writer for these columns.
    pub fn new(schema: SchemaRef, style: CsvStyle) -> Self {
        Self { schema, style, lines: Vec::new() }
    }

    /// Adds a field that is no null.
    fn push_field(&mut self, text: &str, is_text: bool) {
        let CsvStyle { delim, quote, nullstr, .. } = &self.style;
        let special = |byte: u8| byte == *delim || byte == *quote || matches!(byte, b'\n' | b'\r');
        if text.bytes().any(special) || (is_text && text == nullstr) {
            self.push_quoted(text);
        } else {
            self.lines.extend_from_slice(text.as_bytes());
        }
    }

    fn push_quoted(&mut self, text: &str) {
        let quote = self.style.quote;
        self.lines.push(quote);
        for byte in text.bytes() {
            if byte == quote {
                self.lines.push(quote);
            }
            self.lines.push(byte);
        }
        self.lines.push(quote);
    }

    /// Ends the record that began at `start`. An empty line would be no record at all.
    fn end_record(&mut self, start: usize) {
        if self.lines.len() == start {
            self.lines.extend_from_slice(&[self.style.quote; 2]);
        }
        self.lines.push(b'\n');
    }
}

/// Whether a header could be taken for a record, as some names look like values. Quotes around all of it, and around no number below, tell
/// that it is one. Without, numbers are taken for names behind a word, where a word stands above values.
fn is_doubtful(fields: &Fields) -> bool {
    let is_word = |field: &FieldRef| !looks_like_value(field.name());
    let is_number = |field: &FieldRef| field.name().bytes().all(|byte| byte.is_ascii_digit());
    let is_above_values = |field: &FieldRef| is_word(field) && !is_text(field.data_type());
    let is_told = || {
        fields.first().is_some_and(is_word)
            && fields.iter().any(is_above_values)
            && fields.iter().all(|field| is_word(field) || is_number(field))
    };
    !fields.iter().all(is_word) && !is_told()
}

impl RowWriter for CsvWriter {
    fn start(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if !self.style.header {
            return Ok(());
        }
        let schema = SchemaRef::clone(&self.schema);
        let is_doubtful = is_doubtful(schema.fields());
        self.lines.clear();
        for (index, field) in schema.fields().iter().enumerate() {
            if index > 0 {
                self.lines.push(self.style.delim);
            }
            if is_doubtful {
                self.push_quoted(field.name());
            } else {
                self.push_field(field.name(), false);
            }
        }
        self.end_record(0);
        out.write_all(&self.lines)
    }

    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        let mut cells = Cells::new(batch)?;
        let texts: Vec<bool> = batch.columns().iter().map(|column| is_text(column.data_type())).collect();
        self.lines.clear();
        for row in 0..batch.num_rows() {
            let start = self.lines.len();
            for (index, column) in batch.columns().iter().enumerate() {
                if index > 0 {
                    self.lines.push(self.style.delim);
                }
                if is_null(column, row) {
                    self.lines.extend_from_slice(self.style.nullstr.as_bytes());
                } else {
                    self.push_field(cells.text(index, row)?, texts[index]);
                }
            }
            self.end_record(start);
            if self.lines.len() >= LINES_LEN_BYTES {
                out.write_all(&self.lines)?;
                self.lines.clear();
            }
        }
        out.write_all(&self.lines)
    }

    fn finish(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, ListArray, NullArray, StringArray};
    use arrow::datatypes::Int32Type;

    use super::*;
    use crate::sinks::format::tests::{sample, written};

    fn csv(style: CsvStyle, batches: &[RecordBatch]) -> String {
        written(CsvWriter::new(sample().schema(), style), batches)
    }

    #[test]
    fn quotes_where_needed_and_null_told_from_empty() {
        assert_eq!(
            csv(CsvStyle::default(), &[sample()]),
            "te|xt,n\n\"a,\"\"b\"\"\nc|\",1.5\n,-20.0\n\"\",\n"
        );
        assert_eq!(csv(CsvStyle { delim: b'\t', ..CsvStyle::default() }, &[]), "te|xt\tn\n");
    }

    #[test]
    fn names_that_look_like_values_are_quoted() {
        let text: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
        let number: ArrayRef = Arc::new(arrow::array::Int64Array::from(vec![1]));
        let header = |names: [&str; 2], first: &ArrayRef| {
            let columns = [(names[0], first.clone()), (names[1], number.clone())];
            let batch = RecordBatch::try_from_iter(columns).unwrap();
            written(CsvWriter::new(batch.schema(), CsvStyle::default()), &[batch])
        };
        assert_eq!(header(["who", "2019"], &text), "\"who\",\"2019\"\nx,1\n");
        assert_eq!(header(["who", "2 + 2"], &text), "who,2 + 2\nx,1\n");
        assert_eq!(header(["true", "n"], &number), "\"true\",\"n\"\n1,1\n");
        // A word above a number tells it.
        assert_eq!(header(["id", "2019"], &number), "id,2019\n1,1\n");
    }

    #[test]
    fn every_option_of_style() {
        let style = CsvStyle { delim: b'|', quote: b'\'', header: false, nullstr: "NA".into() };
        assert_eq!(csv(style.clone(), &[sample()]), "'a,\"b\"\nc|'|1.5\nNA|-20.0\n|NA\n");
        let words: ArrayRef = Arc::new(StringArray::from(vec!["NA", "it's", ""]));
        let batch = RecordBatch::try_from_iter([("a", words)]).unwrap();
        assert_eq!(written(CsvWriter::new(batch.schema(), style), &[batch]), "'NA'\n'it''s'\n''\n");
    }

    #[test]
    fn a_column_of_nulls_has_nulls() {
        let nulls: ArrayRef = Arc::new(NullArray::new(1));
        let batch = RecordBatch::try_from_iter([("a", nulls.clone()), ("b", nulls)]).unwrap();
        let style = CsvStyle { nullstr: "NA".into(), ..CsvStyle::default() };
        assert_eq!(written(CsvWriter::new(batch.schema(), style), &[batch]), "a,b\nNA,NA\n");
    }

    #[test]
    fn nested_values_are_json() {
        let lists: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(vec![
            Some(vec![Some(1), None]),
            None,
        ]));
        let batch =
            RecordBatch::try_from_iter_with_nullable([("l", lists.clone(), true), ("m", lists, true)]);
        let batch = batch.unwrap();
        let style = CsvStyle { header: false, ..CsvStyle::default() };
        let text = written(CsvWriter::new(batch.schema(), style), &[batch]);
        assert_eq!(text, "\"[1,null]\",\"[1,null]\"\n,\n");
    }
}
