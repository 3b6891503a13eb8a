//! The files that paths name, and how a statement names them.

use std::path::Path;

use swath_io::{NameGlobs, STANDARD_INPUT, SourceFile};
use swath_planner::{SourceCall, SourceFunction};

use crate::error::{Error, Result};
use crate::options::OptionValue;
use crate::paths::Paths;
use crate::table::{is_json_by_name, is_parquet_by_name};

/// The files that paths and globs name, those of each glob in their order, to be read once; `-` is standard input.
///
/// # Errors
/// A path that does not exist, a glob that matches nothing, something that is no file.
pub fn list_files(paths: impl Paths) -> Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    for path in paths.into_paths()? {
        match path.as_str() {
            STANDARD_INPUT => files.push(swath_io::standard_input()),
            path => files.extend(swath_io::expand(&[path])?),
        }
    }
    Ok(files)
}

/// The files below a folder that some globs of names keep, in the order of their paths, and what cannot be looked at.
pub fn list_folder(folder: &Path, wanted: &NameGlobs) -> (Vec<SourceFile>, Vec<Error>) {
    let (files, errors) = swath_io::files_below(folder, wanted);
    (files, errors.into_iter().map(Error::from).collect())
}

/// What stands in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileContent {
    /// Records of fields; objects of JSON, or Parquet, if the names end so.
    Csv,
    /// Lines.
    Text,
}

/// Files as a table, as it is written after `FROM`.
///
/// ```
/// use swath::{FileContent, OptionValue};
///
/// let skip = vec![("skip".to_owned(), OptionValue::Number("1".to_owned()))];
/// let table = |paths, options| swath::table_sql(FileContent::Csv, paths, options);
/// assert_eq!(table("it's.csv", vec![])?, "'it''s.csv'");
/// assert_eq!(table("a.csv", skip)?, "read_csv('a.csv', skip = 1)");
/// assert_eq!(table("x.jsonl.gz", vec![("filename".to_owned(), true.into())])?, "read_json('x.jsonl.gz', filename = true)");
/// assert_eq!(swath::table_sql(FileContent::Text, ["a", "b"], vec![])?, "read_text(['a', 'b'])");
/// # Ok::<(), swath::Error>(())
/// ```
///
/// # Errors
/// A path is not valid Unicode.
pub fn table_sql(
    content: FileContent,
    paths: impl Paths,
    options: Vec<(String, OptionValue)>,
) -> Result<String> {
    let paths = paths.into_paths()?;
    let function = match content {
        FileContent::Text => SourceFunction::ReadText,
        FileContent::Csv if paths.len() == 1 && options.is_empty() => SourceFunction::Path,
        FileContent::Csv if paths.iter().all(|path| is_json_by_name(path)) => SourceFunction::ReadJson,
        FileContent::Csv if paths.iter().all(|path| is_parquet_by_name(path)) => SourceFunction::ReadParquet,
        FileContent::Csv => SourceFunction::ReadCsv,
    };
    Ok(SourceCall { function, paths, options }.to_string())
}
