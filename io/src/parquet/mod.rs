//! Parquet: which columns files have, and their rows, a row group at a time.
//!
//! Columns of several files belong together by name, as those of CSV do. Decoding is that of the `parquet` crate; what
//! is here says which columns a table has and which worker reads what.

mod file;
mod row_groups;
mod types;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef};

use crate::error::{ErrorKind, Result};
use crate::scanner::infer::names::ColumnPlaces;
use crate::source::SourceFile;
use file::ParquetFile;
pub use file::is_parquet;
pub(crate) use row_groups::{Read, RowGroupReader, RowGroups};
use types::{common, name, type_in_table};

/// Parquet files as a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParquetTable {
    schema: SchemaRef,
    /// What each file has of the columns, by its path.
    files: Arc<HashMap<PathBuf, FileColumns>>,
    rows: u64,
    notes: Vec<String>,
}

/// The columns of one file.
#[derive(Debug, PartialEq, Eq)]
struct FileColumns {
    /// For each column of the table the file's column, if it has it, and its bytes in the file.
    of_table: Vec<Option<(usize, u64)>>,
    /// How many columns the file has: if there are others when it is read, it is another file.
    count: usize,
}

impl ParquetTable {
    /// The columns. Any of them may have nulls.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// How many rows the files have.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// What is worth knowing of the files.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The bytes of some columns in files.
    pub(crate) fn bytes_of<'a>(
        &self,
        files: impl IntoIterator<Item = &'a SourceFile>,
        columns: &[usize],
    ) -> u64 {
        let columns_of = |file: &SourceFile| {
            let file = self.files.get(&file.path)?;
            Some(columns.iter().filter_map(|column| file.of_table[*column]).map(|(_, bytes)| bytes).sum())
        };
        files.into_iter().filter_map(columns_of).fold(0, u64::saturating_add)
    }
}

/// Looks at the footers of files: the columns of all of them, by their names.
///
/// A column that a file does not have is null in its rows. One that has another type in another file has the type that
/// takes both: the wider number, a timestamp for dates.
///
/// # Errors
/// A file that cannot be read or is not Parquet; a column whose types in two files have no such type.
pub fn infer_parquet(files: &[SourceFile]) -> Result<ParquetTable> {
    let mut union = Union::default();
    let mut of_files = Vec::new();
    let mut rows = 0_u64;
    for source in files {
        let file = ParquetFile::open(source)?;
        rows = rows.saturating_add(file.rows());
        of_files.push((source.path.clone(), union.add(&file)?));
    }
    // What a later file brought along, those before it do not have.
    of_files.iter_mut().for_each(|(_, columns)| columns.of_table.resize(union.fields.len(), None));
    let notes = missing_columns(&union.fields, &of_files).into_iter().collect();
    // A column in which no file has a value has a type all the same.
    let fields = union.fields.into_iter().map(|field| match field.data_type() {
        DataType::Null => field.with_data_type(DataType::Utf8View),
        _ => field,
    });
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    Ok(ParquetTable { schema, files: Arc::new(of_files.into_iter().collect()), rows, notes })
}

/// The columns of the files so far.
#[derive(Debug, Default)]
struct Union {
    fields: Vec<Field>,
    /// Where each was seen first, for whoever has to be told.
    seen_in: Vec<PathBuf>,
}

impl Union {
    /// Adds the columns of a file: those of the table that it has, and those that are new.
    fn add(&mut self, file: &ParquetFile) -> Result<FileColumns> {
        let names = file.column_names();
        let places = ColumnPlaces::of(self.fields.iter().map(|field| field.name().as_str())).find(&names);
        let mut of_table = vec![None; self.fields.len()];
        let bytes = file.column_bytes();
        for (number, (name, place)) in names.iter().zip(places).enumerate() {
            let ty = match file.is_uuid(number) {
                true => DataType::Utf8View,
                false => type_in_table(file.column_type(number)),
            };
            let in_file = Some((number, bytes[number]));
            match place {
                Some(place) => {
                    self.widen(place, &ty, file)?;
                    of_table[place] = in_file;
                }
                None => {
                    self.fields.push(Field::new(name, ty, true));
                    self.seen_in.push(file.path().to_owned());
                    of_table.push(in_file);
                }
            }
        }
        Ok(FileColumns { of_table, count: names.len() })
    }

    /// Gives a column the type that takes its values and those of a file.
    fn widen(&mut self, place: usize, ty: &DataType, file: &ParquetFile) -> Result<()> {
        let field = &mut self.fields[place];
        let both = common(field.data_type(), ty).ok_or_else(|| ErrorKind::Parquet {
            path: file.path().to_owned(),
            problem: format!(
                "column \"{}\" is of the type {}, and of the type {} in {}",
                field.name(),
                name(ty),
                name(field.data_type()),
                self.seen_in[place].display()
            ),
            hint: "no type takes both: read the files apart, and put the rows together with CAST and UNION ALL BY NAME",
        })?;
        field.set_data_type(both);
        Ok(())
    }
}

/// That files lack columns which others have.
fn missing_columns(fields: &[Field], files: &[(PathBuf, FileColumns)]) -> Option<String> {
    let (path, columns) = files.iter().find(|(_, columns)| columns.of_table.contains(&None))?;
    let all = fields.iter().zip(&columns.of_table);
    let missing: Vec<_> =
        all.filter(|(_, place)| place.is_none()).map(|(field, _)| format!("\"{}\"", field.name())).collect();
    let more = if missing.len() > 3 { ", …" } else { "" };
    Some(format!(
        "the files have different columns, which belong together by name: {} has no {}{more}",
        path.display(),
        missing[..missing.len().min(3)].join(", ")
    ))
}

#[cfg(test)]
mod tests;
