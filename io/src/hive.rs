//! Folders that say something of the files in them: `air/year=2001/month=02/x.csv`.

use std::path::Path;

use crate::error::{Error, Result};
use crate::options::ColumnType;
use crate::scanner::values::{has_leading_zeros, parse_date, parse_i64, parse_timestamp};
use crate::source::SourceFile;

/// What stands for a missing value in the name of a folder, as Hive and Spark write it.
const NULL_FOLDER: &str = "__HIVE_DEFAULT_PARTITION__";

/// A column that stands in the names of folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HiveColumn {
    /// The part before the `=`.
    pub name: String,
    /// Bigint, date or timestamp, if all values are; else text.
    pub ty: ColumnType,
    /// The value for each file, in their order.
    pub values: Vec<Option<String>>,
}

/// The columns that the folders of files name: none unless all files have the same keys, in the same order.
/// If they have to be there, `required`, that is an error.
///
/// # Errors
/// Columns are required, and a file has none or other ones than the first.
pub fn hive_columns(files: &[SourceFile], required: bool) -> Result<Vec<HiveColumn>> {
    let Some(first) = files.first() else { return Ok(Vec::new()) };
    let keys: Vec<String> = pairs(&first.path).into_iter().map(|(key, _)| key).collect();
    let mut columns: Vec<HiveColumn> = Vec::new();
    for (number, key) in keys.iter().enumerate() {
        // The innermost of two folders with the same key counts.
        if !keys[number + 1..].contains(key) {
            columns.push(HiveColumn { name: key.clone(), ty: ColumnType::Text, values: Vec::new() });
        }
    }
    for file in files {
        let pairs = pairs(&file.path);
        if keys.is_empty() || !pairs.iter().map(|(key, _)| key).eq(&keys) {
            return if required { Err(not_alike(&file.path, &keys)) } else { Ok(Vec::new()) };
        }
        for column in &mut columns {
            let value = pairs.iter().rev().find(|(key, _)| *key == column.name);
            column.values.push(value.and_then(|(_, value)| value.clone()));
        }
    }
    for column in &mut columns {
        column.ty = type_of(&column.values);
    }
    Ok(columns)
}

fn not_alike(path: &Path, keys: &[String]) -> Error {
    let problem = match keys {
        [] => format!("{}: no folder above the file is named KEY=VALUE", path.display()),
        keys => format!(
            "{}: the folders do not name {}, as those of the first file do",
            path.display(),
            keys.join(", ")
        ),
    };
    Error::bad_option_hint(
        "hive_partitioning",
        problem,
        "name only files in folders alike, as in 'air/year=*/*.csv'",
    )
}

/// The keys and values that folders name, from the outermost on.
fn pairs(path: &Path) -> Vec<(String, Option<String>)> {
    let folders = path.parent().into_iter().flat_map(Path::components);
    let pair = |folder: std::path::Component<'_>| {
        let folder = folder.as_os_str().to_str()?;
        let (key, value) = folder.split_once('=').filter(|(key, _)| !key.is_empty())?;
        Some((decoded(key), (value != NULL_FOLDER).then(|| decoded(value))))
    };
    folders.filter_map(pair).collect()
}

/// Text in which `%3A` stands for `:`. What is no such escape stands for itself.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let hex = |at: usize| behind.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        match (first, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                // Two hexadecimal digits make a byte.
                bytes.push((16 * high + low) as u8);
                rest = &behind[2..];
            }
            _ => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// The narrowest type that fits all values and loses nothing of them: `01` is text.
fn type_of(values: &[Option<String>]) -> ColumnType {
    let all = |fits: &dyn Fn(&[u8]) -> bool| {
        values.iter().flatten().all(|value| fits(value.as_bytes())) && values.iter().any(Option::is_some)
    };
    if all(&|value| parse_i64(value).is_some() && !has_leading_zeros(value)) {
        ColumnType::Int64
    } else if all(&|value| parse_date(value).is_some()) {
        ColumnType::Date
    } else if all(&|value| matches!(parse_timestamp(value), Some((_, false)))) {
        ColumnType::Timestamp
    } else {
        ColumnType::Text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(paths: &[&str], required: bool) -> Result<Vec<String>> {
        let file = |path: &&str| SourceFile { path: path.into(), len_bytes: 0, modified: None };
        let files: Vec<SourceFile> = paths.iter().map(file).collect();
        let shown = |column: HiveColumn| {
            let values = column.values.iter().map(|value| value.as_deref().unwrap_or("∅"));
            format!("{} {}: {}", column.name, column.ty, values.collect::<Vec<_>>().join(" "))
        };
        Ok(hive_columns(&files, required)?.into_iter().map(shown).collect())
    }

    #[test]
    fn folders_become_columns() {
        let paths = ["d/y=2001/m=01/a.csv", "d/y=2002/m=__HIVE_DEFAULT_PARTITION__/b=c.csv"];
        assert_eq!(columns(&paths, false).unwrap(), ["y bigint: 2001 2002", "m text: 01 ∅"]);
        assert_eq!(columns(&["d=2001-02-03/a"], false).unwrap(), ["d date: 2001-02-03"]);
        let paths = ["t=2001-02-03 10%3A00/a", "t=2001-02-04/a"];
        assert_eq!(columns(&paths, false).unwrap(), ["t timestamp: 2001-02-03 10:00 2001-02-04"]);
        assert_eq!(columns(&["x=1/x=a%2/f"], false).unwrap(), ["x text: a%2"]);
        assert_eq!(columns(&["x=/f", "x=1/f"], false).unwrap(), ["x text:  1"]);
    }

    #[test]
    fn all_files_must_have_them() {
        assert_eq!(columns(&["y=1/a", "a"], false).unwrap(), [""; 0]);
        assert_eq!(columns(&["y=1/m=2/a", "m=2/y=1/a"], false).unwrap(), [""; 0]);
        assert_eq!(columns(&["=1/a"], false).unwrap(), [""; 0]);
        let error = columns(&["y=1/a", "z=1/b"], true).unwrap_err();
        let message =
            "option hive_partitioning: z=1/b: the folders do not name y, as those of the first file do";
        assert_eq!(error.to_string(), message);
        assert!(
            columns(&["a"], true)
                .unwrap_err()
                .to_string()
                .ends_with("a: no folder above the file is named KEY=VALUE")
        );
    }
}
