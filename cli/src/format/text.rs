//! The text of a cell, the same in every format.

use std::fmt::Write as _;
use std::io;

use swath::arrow::array::RecordBatch;
use swath::arrow::datatypes::DataType;
use swath::arrow::util::display::{ArrayFormatter, FormatOptions};

/// The cells of a batch as text.
pub struct Cells<'a> {
    formatters: Vec<ArrayFormatter<'a>>,
    text: String,
}

/// How numbers, dates and times are shown: timestamps with a blank, as SQL writes them.
const OPTIONS: FormatOptions<'static> = FormatOptions::new()
    .with_timestamp_format(Some("%Y-%m-%d %H:%M:%S%.f"))
    .with_timestamp_tz_format(Some("%Y-%m-%d %H:%M:%S%.f%:z"));

impl<'a> Cells<'a> {
    /// Prepares a batch.
    ///
    /// # Errors
    /// A type that has no text.
    pub fn new(batch: &'a RecordBatch) -> io::Result<Self> {
        let formatter = |column| ArrayFormatter::try_new(column, &OPTIONS).map_err(io::Error::other);
        let formatters =
            batch.columns().iter().map(|column| formatter(column.as_ref())).collect::<io::Result<_>>()?;
        Ok(Self { formatters, text: String::new() })
    }

    /// The text of a cell that is not null.
    ///
    /// # Errors
    /// A value that has no text, as a date far outside the calendar.
    pub fn text(&mut self, column: usize, row: usize) -> io::Result<&str> {
        self.text.clear();
        write!(self.text, "{}", self.formatters[column].value(row))
            .map_err(|_| io::Error::other(format!("the value in column {} has no text", column + 1)))?;
        Ok(&self.text)
    }
}

/// Whether values of the type are text.
pub fn is_text(ty: &DataType) -> bool {
    matches!(ty, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Whether values of the type are numbers, which line up on the right.
pub fn is_number(ty: &DataType) -> bool {
    ty.is_numeric()
}
