//! A table in Markdown. Numbers line up on the right; null is an empty cell.

use std::io::{self, Write};

use swath::arrow::array::{Array, RecordBatch};
use swath::arrow::datatypes::SchemaRef;

use super::ResultWriter;
use super::text::{Cells, is_number};

/// Writes Markdown.
pub struct MarkdownWriter {
    schema: SchemaRef,
}

impl MarkdownWriter {
    /// A writer for these columns.
    pub fn new(schema: SchemaRef) -> Self {
        Self { schema }
    }
}

impl ResultWriter for MarkdownWriter {
    fn start(&mut self, out: &mut dyn Write) -> io::Result<()> {
        for field in self.schema.fields() {
            write!(out, "| {} ", escape(field.name()))?;
        }
        out.write_all(b"|\n")?;
        for field in self.schema.fields() {
            out.write_all(if is_number(field.data_type()) { b"| ---: " } else { b"| --- " })?;
        }
        out.write_all(b"|\n")
    }

    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        let mut cells = Cells::new(batch)?;
        for row in 0..batch.num_rows() {
            for (index, column) in batch.columns().iter().enumerate() {
                let text = if column.is_null(row) { "" } else { cells.text(index, row)? };
                write!(out, "| {} ", escape(text))?;
            }
            out.write_all(b"|\n")?;
        }
        Ok(())
    }

    fn finish(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace("\r\n", "<br>").replace(['\n', '\r'], "<br>")
}

#[cfg(test)]
mod tests {
    use crate::format::Format;
    use crate::format::tests::{sample, written};

    #[test]
    fn bars_and_line_ends_are_escaped() {
        assert_eq!(
            written(&Format::Markdown, &[sample()]),
            "| te\\|xt | n |\n| --- | ---: |\n| a,\"b\"<br>c\\| | 1.5 |\n|  | -20.0 |\n|  |  |\n"
        );
    }
}
