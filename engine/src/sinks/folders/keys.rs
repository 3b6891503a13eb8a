//! Folders of rows, by the values of columns.

use std::fmt::Write as _;
use std::io;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use arrow::row::{RowConverter, SortField};
use datafusion::common::HashMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::sinks::format::{Cells, is_null};

/// What is written as `%3A`: all that others who read such names may take for something else.
const ESCAPED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What a folder of nulls is named, as Hive and Spark have it.
const NULL_FOLDER: &str = "__HIVE_DEFAULT_PARTITION__";

/// Columns that folders are named by.
pub(super) struct FolderKeys {
    columns: Vec<usize>,
    converter: RowConverter,
}

/// The rows of one folder, by batch and row.
pub(super) struct Part {
    /// As `year=2001/month=2`.
    pub(super) folder: String,
    pub(super) rows: Vec<(usize, usize)>,
}

impl FolderKeys {
    pub(super) fn new(schema: &Schema, columns: Vec<usize>) -> io::Result<Self> {
        let fields = columns.iter().map(|column| SortField::new(schema.field(*column).data_type().clone()));
        let converter = RowConverter::new(fields.collect()).map_err(io::Error::other)?;
        Ok(Self { columns, converter })
    }

    /// The rows of batches by their folders, in the order of their first rows. Values that are written in one way have one folder.
    pub(super) fn split(&self, batches: &[RecordBatch]) -> io::Result<Vec<Part>> {
        let mut parts: Vec<Part> = Vec::new();
        let mut by_value: HashMap<Box<[u8]>, usize> = HashMap::new();
        let mut by_folder: HashMap<String, usize> = HashMap::new();
        for (number, batch) in batches.iter().enumerate() {
            let keys = batch.project(&self.columns).map_err(io::Error::other)?;
            let values = self.converter.convert_columns(keys.columns()).map_err(io::Error::other)?;
            let mut cells = Cells::new(&keys)?;
            // Rows next to each other are often of one folder.
            let mut last = None;
            for (row, value) in values.iter().enumerate() {
                let part = match last {
                    Some((last_value, part)) if last_value == value => part,
                    _ => match by_value.get(value.as_ref()) {
                        Some(part) => *part,
                        None => {
                            let folder = folder(&keys, &mut cells, row)?;
                            let part = *by_folder.entry(folder).or_insert_with_key(|folder| {
                                parts.push(Part { folder: folder.clone(), rows: Vec::new() });
                                parts.len() - 1
                            });
                            by_value.insert(value.as_ref().into(), part);
                            part
                        }
                    },
                };
                last = Some((value, part));
                parts[part].rows.push((number, row));
            }
        }
        Ok(parts)
    }
}

/// The folder of a row.
fn folder(keys: &RecordBatch, cells: &mut Cells<'_>, row: usize) -> io::Result<String> {
    let mut folder = String::new();
    for (column, field) in keys.schema_ref().fields().iter().enumerate() {
        if column > 0 {
            folder.push('/');
        }
        // Writing to a text cannot fail.
        let _ = write!(folder, "{}=", utf8_percent_encode(field.name(), &ESCAPED));
        if is_null(keys.column(column), row) {
            folder.push_str(NULL_FOLDER);
            continue;
        }
        let text = cells.text(column, row)?;
        match text.strip_prefix('_').filter(|_| text == NULL_FOLDER) {
            // A text that looks like what stands for nulls.
            Some(rest) => folder.extend(["%5F", rest]),
            None => folder.extend(utf8_percent_encode(text, &ESCAPED)),
        }
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Date32Array, Float64Array, StringArray};

    use super::*;

    fn folders(columns: Vec<(&str, ArrayRef)>) -> Vec<(String, usize)> {
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let keys = FolderKeys::new(batch.schema_ref(), (0..batch.num_columns()).collect()).unwrap();
        let parts = keys.split(&[batch.clone(), batch]).unwrap();
        parts.into_iter().map(|part| (part.folder, part.rows.len())).collect()
    }

    #[test]
    fn values_become_names() {
        let text: ArrayRef = Arc::new(StringArray::from(vec![
            Some("a b/c"),
            None,
            Some(""),
            Some(NULL_FOLDER),
            Some("a b/c"),
            Some("x=%é..~"),
        ]));
        let expected = [
            ("k%20y=a%20b%2Fc", 4),
            ("k%20y=__HIVE_DEFAULT_PARTITION__", 2),
            ("k%20y=", 2),
            ("k%20y=%5F_HIVE_DEFAULT_PARTITION__", 2),
            ("k%20y=x%3D%25%C3%A9..~", 2),
        ];
        assert_eq!(folders(vec![("k y", text)]), expected.map(|(folder, rows)| (folder.to_owned(), rows)));
    }

    #[test]
    fn one_text_has_one_folder() {
        let nan = f64::from_bits(f64::NAN.to_bits() ^ 1);
        let numbers: ArrayRef = Arc::new(Float64Array::from(vec![f64::NAN, 2.5, nan]));
        let days: ArrayRef = Arc::new(Date32Array::from(vec![0, 365, 0]));
        let expected = [("x=NaN/day=1970-01-01", 4), ("x=2.5/day=1971-01-01", 2)];
        let expected = expected.map(|(folder, rows)| (folder.to_owned(), rows));
        assert_eq!(folders(vec![("x", numbers), ("day", days)]), expected);
    }
}
