//! Rows in a folder for each value of some columns, as `out/year=2001/month=2/data_0.csv`, which are read as columns again.
//!
//! ```text
//! rows ──▶ rounds ──▶ by folder ──▶ files that are open ──────────────▶ staging folder ──▶ names
//!                         └──▶ rest, sorted by folder ──▶ one file after the other ──┘
//! ```
//!
//! Rows are taken in rounds and dealt out to the files of their folders. So many files are open at once as memory allows; rows of
//! other folders are sorted, on disk where they have to, and written behind them, so that no folder gets many small files.

mod keys;
mod names;
mod rest;
mod staging;
mod write;

use std::fmt;
use std::path::{Path, PathBuf};

use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use swath_io::Error as IoError;

use super::options::WriteOptions;
use super::target::Target;
use crate::error::{Error, Result};
use names::FileNames;

pub(crate) use write::WriteFolders;

/// What becomes of files that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Existing {
    /// All of them go.
    Overwrite,
    /// Those of the same names are replaced.
    OverwriteOrIgnore,
    /// They stay, and new ones have names of their own.
    Append,
}

/// What stands for all columns.
const ALL_COLUMNS: &str = "*";

/// Which folders and files are written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Folders {
    /// The folder of all of them.
    folder: PathBuf,
    /// The columns that folders are named by, from the outermost on.
    columns: Vec<String>,
    /// Whether these columns are in the files, too.
    writes_columns: bool,
    /// Without, there may be none.
    existing: Option<Existing>,
    names: FileNames,
}

/// Where columns are in rows.
#[derive(Debug, Clone)]
struct ColumnPlaces {
    /// Those that folders are named by.
    keys: Vec<usize>,
    /// Those that are in the files.
    written: Vec<usize>,
}

impl Folders {
    /// What a path means, for files with an ending.
    pub(super) fn new(path: &Path, options: &WriteOptions, ending: &str) -> Result<Self> {
        if options.per_partition == Some(true) {
            let hint = "each folder gets one file: leave per_partition away".to_owned();
            return Err(IoError::bad_option_hint("partition_by", "per_partition is set, too", hint).into());
        }
        if options.file_size_bytes.is_some() {
            let hint = "each folder gets one file: leave file_size_bytes away".to_owned();
            return Err(IoError::bad_option_hint("partition_by", "file_size_bytes is set, too", hint).into());
        }
        let names = FileNames::new(options.filename_pattern.as_deref(), options.existing, ending)?;
        Ok(Self {
            folder: path.to_owned(),
            columns: options.partition_by.clone(),
            writes_columns: options.write_partition_columns.unwrap_or_default(),
            existing: options.existing,
            names,
        })
    }

    /// Refuses options that mean nothing for one file, or for files with numbers.
    pub(super) fn refuse_options(options: &WriteOptions, target: &Target) -> Result<(), IoError> {
        let existing = match options.existing {
            Some(Existing::Append) => Some("append"),
            // One file is replaced in any case.
            Some(Existing::Overwrite) if target.is_numbered() => Some("overwrite"),
            _ => None,
        };
        // The names of numbered files end with it, where only their folder is said.
        let extension = options.file_extension.as_ref().filter(|_| target.new_folder().is_none());
        let given = [
            existing,
            options.write_partition_columns.map(|_| "write_partition_columns"),
            options.filename_pattern.as_ref().map(|_| "filename_pattern"),
            extension.map(|_| "file_extension"),
        ];
        match given.into_iter().flatten().next() {
            Some(name) => {
                let hint = "PARTITION_BY (column) writes a folder for each value";
                Err(IoError::bad_option_hint(name, "it is for files in folders that columns name", hint))
            }
            None => Ok(()),
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The columns of files for rows of these columns.
    pub(super) fn written(&self, schema: &Schema) -> Result<SchemaRef> {
        let places = self.places(schema)?;
        Ok(schema.project(&places.written).map_err(datafusion::error::DataFusionError::from)?.into())
    }

    fn places(&self, schema: &Schema) -> Result<ColumnPlaces> {
        let fields = schema.fields();
        let mut keys = Vec::with_capacity(self.columns.len());
        let mut names = self.columns.as_slice();
        if names == [ALL_COLUMNS] {
            keys.extend(0..fields.len());
            names = &[];
        }
        for name in names {
            let place = place_of(name, fields)?;
            if keys.contains(&place) {
                return Err(IoError::bad_option("partition_by", format!("\"{name}\" stands twice")).into());
            }
            keys.push(place);
        }
        if let Some(field) = keys.iter().map(|key| &fields[*key]).find(|field| field.data_type().is_nested())
        {
            let (name, ty) = (field.name(), field.data_type());
            let problem = format!("the values of \"{name}\" are of the type {ty}, which names no folders");
            let hint = "name a column of numbers, texts or times";
            return Err(IoError::bad_option_hint("partition_by", problem, hint).into());
        }
        let written: Vec<usize> =
            (0..fields.len()).filter(|place| self.writes_columns || !keys.contains(place)).collect();
        if written.is_empty() {
            let problem = "all columns are in the names of folders, and none is left to write";
            let hint = "WRITE_PARTITION_COLUMNS writes them into the files, too";
            return Err(IoError::bad_option_hint("partition_by", problem, hint).into());
        }
        Ok(ColumnPlaces { keys, written })
    }
}

/// The column of a name, without regard to case if there is no other.
fn place_of(name: &str, fields: &[FieldRef]) -> Result<usize> {
    let exact = fields.iter().position(|field| field.name() == name);
    let place = exact.or_else(|| fields.iter().position(|field| field.name().eq_ignore_ascii_case(name)));
    place.ok_or_else(|| {
        let names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
        let problem = format!("no column is named \"{name}\"");
        let hint = match swath_planner::nearest(name, names.iter().copied()) {
            Some(known) => format!("did you mean \"{known}\"?"),
            None => format!("the columns are: {}", names.join(", ")),
        };
        Error::from(IoError::bad_option_hint("partition_by", problem, hint))
    })
}

impl fmt::Display for Folders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut path = self.folder.clone();
        path.extend(self.columns.iter().map(|column| format!("{column}=*")));
        write!(f, "'{}'", path.join(self.names.to_string()).display())
    }
}
