//! The text of a cell, the same in every format of text.

use std::fmt::Write as _;
use std::io;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, LargeStringArray, RecordBatch, StringArray, StringViewArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, FieldRef};
use arrow::json::writer::{EncoderOptions, NullableEncoder, make_encoder};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::json::text_keys;
use super::times::{interval_texts, is_interval, trim_fractions};

/// The cells of a batch as text.
///
/// Numbers, dates and times are written as SQL writes them, timestamps with a blank; lists, structs and
/// maps as JSON.
pub struct Cells<'a> {
    columns: Vec<Column<'a>>,
    text: String,
}

/// How the cells of a column become text.
enum Column<'a> {
    Text(&'a StringArray),
    LargeText(&'a LargeStringArray),
    TextView(&'a StringViewArray),
    Shown(ArrayFormatter<'a>),
    /// Times, whose fractions of seconds have no zeros at their ends.
    Times(ArrayFormatter<'a>),
    /// Already as text, one a row: JSON, or intervals.
    Written(StringArray),
}

/// How numbers, dates and times are shown.
pub(crate) const AS_CELLS: FormatOptions<'static> = FormatOptions::new()
    .with_timestamp_format(Some("%Y-%m-%d %H:%M:%S%.f"))
    .with_timestamp_tz_format(Some("%Y-%m-%d %H:%M:%S%.f%:z"));

impl<'a> Cells<'a> {
    /// Prepares a batch.
    ///
    /// # Errors
    /// A type that has no text.
    pub fn new(batch: &'a RecordBatch) -> io::Result<Self> {
        Self::with_formats(batch, &AS_CELLS)
    }

    /// Prepares a batch whose dates and times are to be written otherwise.
    ///
    /// # Errors
    /// A type that has no text.
    pub(crate) fn with_formats(batch: &'a RecordBatch, formats: &FormatOptions<'a>) -> io::Result<Self> {
        let columns = batch.schema_ref().fields().iter().zip(batch.columns());
        let columns =
            columns.map(|(field, column)| Column::new(field, column, formats)).collect::<io::Result<_>>()?;
        Ok(Self { columns, text: String::new() })
    }

    /// The text of a cell that is not null.
    ///
    /// # Errors
    /// A value that has no text, as a date far outside the calendar.
    pub fn text(&mut self, column: usize, row: usize) -> io::Result<&str> {
        match &self.columns[column] {
            Column::Text(array) => Ok(array.value(row)),
            Column::LargeText(array) => Ok(array.value(row)),
            Column::TextView(array) => Ok(array.value(row)),
            Column::Written(array) => Ok(array.value(row)),
            Column::Shown(formatter) | Column::Times(formatter) => {
                self.text.clear();
                write!(self.text, "{}", formatter.value(row)).map_err(|_| {
                    io::Error::other(format!("the value in column {} has no text", column + 1))
                })?;
                if matches!(self.columns[column], Column::Times(_)) {
                    trim_fractions(&mut self.text);
                }
                Ok(&self.text)
            }
        }
    }
}

impl<'a> Column<'a> {
    fn new(field: &FieldRef, array: &'a ArrayRef, formats: &FormatOptions<'a>) -> io::Result<Self> {
        Ok(match array.data_type() {
            DataType::Utf8 => Self::Text(array.as_string()),
            DataType::LargeUtf8 => Self::LargeText(array.as_string()),
            DataType::Utf8View => Self::TextView(array.as_string_view()),
            ty if ty.is_nested() => Self::Written(json(field, array)?),
            ty if is_interval(ty) => Self::Written(interval_texts(array).map_err(io::Error::other)?),
            ty => {
                // A value without a text is an error, and no text that says so.
                let strict = formats.clone().with_display_error(false);
                let formatter = ArrayFormatter::try_new(array.as_ref(), &strict).map_err(io::Error::other)?;
                match ty {
                    // A format of somebody's own is written as it is.
                    DataType::Timestamp(..) | DataType::Time32(_) | DataType::Time64(_)
                        if *formats == AS_CELLS =>
                    {
                        Self::Times(formatter)
                    }
                    _ => Self::Shown(formatter),
                }
            }
        })
    }
}

/// The values of a column as JSON.
fn json(field: &FieldRef, array: &ArrayRef) -> io::Result<StringArray> {
    let options = json_options();
    let (mut field, mut array) = (Arc::clone(field), Arc::clone(array));
    if let Some(ty) = text_keys(field.data_type()) {
        array = cast(&array, &ty).map_err(io::Error::other)?;
        field = Arc::new(field.as_ref().clone().with_data_type(ty));
    }
    let mut encoder = json_encoder(&field, &array, &options)?;
    let mut bytes = Vec::new();
    let mut texts = Vec::with_capacity(array.len());
    for row in 0..array.len() {
        if array.is_null(row) {
            texts.push(None);
            continue;
        }
        bytes.clear();
        encoder.encode(row, &mut bytes);
        texts.push(Some(String::from_utf8(bytes.clone()).map_err(io::Error::other)?));
    }
    Ok(StringArray::from(texts))
}

/// Writes values of a column as JSON, nulls inside them too.
fn json_encoder<'a>(
    field: &'a FieldRef,
    array: &'a ArrayRef,
    options: &'a EncoderOptions,
) -> io::Result<NullableEncoder<'a>> {
    make_encoder(field, array.as_ref(), options).map_err(|error| {
        io::Error::other(format!("column \"{}\" cannot be written as JSON: {error}", field.name()))
    })
}

fn json_options() -> EncoderOptions {
    EncoderOptions::default().with_explicit_nulls(true)
}

/// Whether a value is null; also of a column that holds nothing else, and keeps no account of it.
pub fn is_null(column: &dyn Array, row: usize) -> bool {
    column.data_type() == &DataType::Null || column.is_null(row)
}

/// Whether values of the type are text.
pub fn is_text(ty: &DataType) -> bool {
    matches!(ty, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}
