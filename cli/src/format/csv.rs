//! CSV and TSV, as RFC 4180 has it: a header, `\n` after each record, quotes where they are needed.
//! Null is an empty field and empty text is `""`, so that what is written can be read back.

use std::io::{self, Write};

use swath::arrow::array::{Array, RecordBatch};
use swath::arrow::datatypes::SchemaRef;

use super::ResultWriter;
use super::text::{Cells, is_text};

/// Writes CSV or TSV.
pub struct CsvWriter {
    schema: SchemaRef,
    delim: u8,
    line: Vec<u8>,
}

impl CsvWriter {
    /// A writer for these columns.
    pub fn new(schema: SchemaRef, delim: u8) -> Self {
        Self { schema, delim, line: Vec::new() }
    }

    fn push_field(&mut self, index: usize, text: &str) {
        if index > 0 {
            self.line.push(self.delim);
        }
        let special = |byte: u8| byte == self.delim || matches!(byte, b'"' | b'\n' | b'\r');
        if !text.bytes().any(special) {
            self.line.extend_from_slice(text.as_bytes());
            return;
        }
        self.line.push(b'"');
        for byte in text.bytes() {
            if byte == b'"' {
                self.line.push(b'"');
            }
            self.line.push(byte);
        }
        self.line.push(b'"');
    }
}

impl ResultWriter for CsvWriter {
    fn start(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let schema = SchemaRef::clone(&self.schema);
        for (index, field) in schema.fields().iter().enumerate() {
            self.push_field(index, field.name());
        }
        self.line.push(b'\n');
        out.write_all(&self.line)
    }

    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        let mut cells = Cells::new(batch)?;
        for row in 0..batch.num_rows() {
            self.line.clear();
            for (index, column) in batch.columns().iter().enumerate() {
                if column.is_null(row) {
                    self.push_field(index, "");
                    continue;
                }
                let text = cells.text(index, row)?;
                if text.is_empty() && is_text(column.data_type()) {
                    self.push_field(index, "");
                    self.line.extend_from_slice(b"\"\"");
                } else {
                    self.push_field(index, text);
                }
            }
            // An empty line would be no record at all.
            if self.line.is_empty() {
                self.line.extend_from_slice(b"\"\"");
            }
            self.line.push(b'\n');
            out.write_all(&self.line)?;
        }
        Ok(())
    }

    fn finish(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::format::Format;
    use crate::format::tests::{sample, written};

    #[test]
    fn quotes_where_needed_and_null_told_from_empty() {
        let csv = written(&Format::Csv { delim: b',' }, &[sample()]);
        assert_eq!(csv, "te|xt,n\n\"a,\"\"b\"\"\nc|\",1.5\n,-20.0\n\"\",\n");
        assert_eq!(written(&Format::Csv { delim: b'\t' }, &[]), "te|xt\tn\n");
    }
}
