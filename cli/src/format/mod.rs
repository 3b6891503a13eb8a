//! How results are written. One format a file; all of them write batch by batch.

mod markdown;
mod table;
mod text;

use swath::arrow::datatypes::SchemaRef;
pub use swath::formats::RowWriter as ResultWriter;
use swath::formats::{CsvStyle, CsvWriter, JsonWriter};

/// A format, validated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// A table for people.
    Table {
        /// Rows shown; 0 for all.
        max_rows: usize,
    },
    /// Fields separated by commas or tabs, quoted where needed, with a header.
    Csv {
        /// Between fields.
        delim: u8,
    },
    /// One array of objects, or one object a line.
    Json {
        /// One object a line.
        lines: bool,
    },
    /// A table in Markdown.
    Markdown,
}

impl Format {
    /// A writer for a result with these columns.
    pub fn writer(&self, schema: SchemaRef) -> Box<dyn ResultWriter> {
        match self {
            Self::Table { max_rows } => Box::new(table::TableWriter::new(schema, *max_rows)),
            Self::Csv { delim } => {
                Box::new(CsvWriter::new(schema, CsvStyle { delim: *delim, ..CsvStyle::default() }))
            }
            Self::Json { lines } => Box::new(JsonWriter::new(*lines)),
            Self::Markdown => Box::new(markdown::MarkdownWriter::new(schema)),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use swath::arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};

    use super::*;

    /// Two columns, three rows, with everything that needs care.
    pub(crate) fn sample() -> RecordBatch {
        let text: ArrayRef = Arc::new(StringArray::from(vec![Some("a,\"b\"\nc|"), None, Some("")]));
        let number: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.5), Some(-20.0), None]));
        RecordBatch::try_from_iter_with_nullable([("te|xt", text, true), ("n", number, true)]).unwrap()
    }

    pub(crate) fn written(format: &Format, batches: &[RecordBatch]) -> String {
        let mut out = Vec::new();
        let mut writer = format.writer(sample().schema());
        writer.start(&mut out).unwrap();
        for batch in batches {
            writer.write(batch, &mut out).unwrap();
        }
        writer.finish(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }
}
