//! How rows are written, one format a file; all of them write batch by batch.

mod arrow_file;
mod cells;
mod csv;
mod json;
mod parquet;
mod row_group;
mod text;
mod times;

use std::io::{self, Write};

use arrow::array::RecordBatch;

pub use arrow_file::ArrowWriter;
pub(crate) use cells::AS_CELLS;
pub use cells::{Cells, is_null, is_text};
pub use csv::{CsvStyle, CsvWriter, ForceQuote};
pub use json::JsonWriter;
pub(crate) use json::with_text_keys;
pub use parquet::ParquetWriter;
pub(crate) use parquet::{ParquetCodec, ParquetStyle};
pub(crate) use text::TextWriter;
pub(crate) use times::{interval_texts, is_interval, trim_fractions};

/// Writes rows in one format: the start once, batches of the same columns, the end once.
pub trait RowWriter: Send {
    /// Writes what comes before the rows.
    ///
    /// # Errors
    /// The output cannot be written, or the format cannot hold the columns.
    fn start(&mut self, out: &mut dyn Write) -> io::Result<()>;

    /// Writes some rows.
    ///
    /// # Errors
    /// The output cannot be written, or the format cannot hold a value.
    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()>;

    /// Writes what comes after them.
    ///
    /// # Errors
    /// The output cannot be written.
    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()>;
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float64Array, StringArray};

    use super::*;

    /// Two columns, three rows, with everything that needs care.
    pub(crate) fn sample() -> RecordBatch {
        let text: ArrayRef = Arc::new(StringArray::from(vec![Some("a,\"b\"\nc|"), None, Some("")]));
        let number: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.5), Some(-20.0), None]));
        RecordBatch::try_from_iter_with_nullable([("te|xt", text, true), ("n", number, true)]).unwrap()
    }

    pub(crate) fn written(mut writer: impl RowWriter, batches: &[RecordBatch]) -> String {
        let mut out = Vec::new();
        writer.start(&mut out).unwrap();
        for batch in batches {
            writer.write(batch, &mut out).unwrap();
        }
        writer.finish(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }
}
