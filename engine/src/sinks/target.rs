//! Which files are written: one, one a partition with a number in its name, or one in a folder for each value of some columns.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::atomic_file::is_standard_output;
use super::folders::Folders;
use crate::error::{Error, Result};

/// The names of the files that are written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    /// One file.
    File(PathBuf),
    /// One file a partition: the number stands between prefix and suffix.
    Numbered {
        folder: PathBuf,
        /// Whether the folder is made if it is not there.
        make_folder: bool,
        prefix: String,
        suffix: String,
    },
    /// A folder for each value of some columns.
    Folders(Folders),
}

/// The place of the number in a name.
const PLACEHOLDERS: [&str; 2] = ["*", "{}"];

impl Target {
    /// What a path means. A file in a folder gets the ending.
    pub(crate) fn new(path: &Path, per_partition: Option<bool>, ending: &str) -> Result<Self> {
        let shown = path.display();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let folder = path.parent().unwrap_or(Path::new(""));
        if PLACEHOLDERS.iter().any(|placeholder| folder.to_string_lossy().contains(placeholder)) {
            let hint = "the number of a partition can stand in the name of the file, not of a folder";
            return Err(Error::query(format!("cannot write to '{shown}'"), hint.to_owned()));
        }
        let template = PLACEHOLDERS.iter().find_map(|placeholder| name.split_once(placeholder));
        if let Some((prefix, suffix)) = template {
            if per_partition == Some(false) || PLACEHOLDERS.iter().any(|again| suffix.contains(again)) {
                let hint = "one * or {} stands for the number of a partition";
                return Err(Error::query(format!("cannot write to '{shown}'"), hint.to_owned()));
            }
            return Ok(Self::Numbered {
                folder: folder.to_owned(),
                make_folder: false,
                prefix: prefix.to_owned(),
                suffix: suffix.to_owned(),
            });
        }
        if !is_folder(path) && per_partition != Some(true) {
            return Ok(Self::File(path.to_owned()));
        }
        if per_partition == Some(false) {
            let hint = format!("name a file in it, as in '{}/out{ending}'", path.display());
            return Err(Error::query(format!("'{shown}' is a folder"), hint));
        }
        if !is_folder(path) && name.contains('.') {
            let (stem, rest) = name.split_once('.').unwrap_or((name, ""));
            let hint = format!(
                "say where the number goes, as in '{stem}-*.{rest}', or name a folder, as in '{stem}/'"
            );
            return Err(Error::query(format!("'{shown}' is the name of one file"), hint));
        }
        Ok(Self::Numbered {
            folder: path.to_owned(),
            make_folder: true,
            prefix: "part-".to_owned(),
            suffix: ending.to_owned(),
        })
    }

    /// Whether it is standard output.
    pub(crate) fn is_standard_output(&self) -> bool {
        matches!(self, Self::File(path) if is_standard_output(path))
    }

    /// Whether each partition is written to a file of its own.
    pub(crate) fn is_numbered(&self) -> bool {
        matches!(self, Self::Numbered { .. })
    }

    /// The folders that rows are dealt out to.
    pub(crate) fn folders(&self) -> Option<&Folders> {
        match self {
            Self::Folders(folders) => Some(folders),
            _ => None,
        }
    }

    /// The file of a partition.
    pub(crate) fn path(&self, partition: usize) -> PathBuf {
        match self {
            Self::File(path) => path.clone(),
            Self::Folders(folders) => folders.folder().to_owned(),
            Self::Numbered { folder, prefix, suffix, .. } => {
                folder.join(format!("{prefix}{partition:04}{suffix}"))
            }
        }
    }

    /// The folder that is made if it is not there.
    pub(crate) fn new_folder(&self) -> Option<&Path> {
        match self {
            Self::Numbered { folder, make_folder: true, .. } => Some(folder),
            _ => None,
        }
    }

    /// A file of an earlier write with a higher number than any of this one, which would stay and be
    /// taken for a part of it.
    pub(crate) fn left_over(&self, partitions: usize) -> Option<PathBuf> {
        let Self::Numbered { folder, prefix, suffix, .. } = self else { return None };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let names = fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let number = |name: &str| -> Option<usize> {
            let digits = name.strip_prefix(prefix.as_str())?.strip_suffix(suffix.as_str())?;
            (digits.len() >= 4 && digits.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| digits.parse().ok())?
        };
        names
            .filter(|name| number(name).is_some_and(|number| number >= partitions))
            .min()
            .map(|name| folder.join(name))
    }
}

/// Whether the path is a folder's, by its end or because there is one.
fn is_folder(path: &Path) -> bool {
    path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/")
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "'{}'", path.display()),
            Self::Folders(folders) => folders.fmt(f),
            Self::Numbered { folder, prefix, suffix, .. } => {
                write!(f, "'{}'", folder.join(format!("{prefix}*{suffix}")).display())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(path: &str, per_partition: Option<bool>) -> Result<Target> {
        Target::new(Path::new(path), per_partition, ".csv.gz")
    }

    #[test]
    fn numbers_stand_where_the_name_says() {
        let path = |path: &str, per_partition, partition| {
            target(path, per_partition).unwrap().path(partition).display().to_string()
        };
        assert_eq!(path("x/a.csv", None, 3), "x/a.csv");
        assert_eq!(path("x/a-*.csv.gz", None, 3), "x/a-0003.csv.gz");
        assert_eq!(path("{}", Some(true), 12345), "12345");
        assert_eq!(path("x/out/", None, 0), "x/out/part-0000.csv.gz");
        assert_eq!(path("out", Some(true), 0), "out/part-0000.csv.gz");
        assert_eq!(target("out/", None).unwrap().to_string(), "'out/part-*.csv.gz'");
    }

    #[test]
    fn doubt_is_an_error() {
        let error = |path, per_partition| target(path, per_partition).unwrap_err().to_string();
        assert_eq!(error("a.csv.gz", Some(true)), "'a.csv.gz' is the name of one file");
        assert!(target("a.csv.gz", Some(true)).unwrap_err().hint().unwrap().contains("'a-*.csv.gz'"));
        assert_eq!(error("a-*.csv", Some(false)), "cannot write to 'a-*.csv'");
        assert_eq!(error("*-*.csv", None), "cannot write to '*-*.csv'");
        assert_eq!(error("*/a.csv", None), "cannot write to '*/a.csv'");
        assert_eq!(error("x/", Some(false)), "'x/' is a folder");
    }

    #[test]
    fn files_of_an_earlier_write_are_seen() {
        let dir = tempfile::tempdir().unwrap();
        let target = Target::new(dir.path(), None, ".csv").unwrap();
        for name in ["part-0000.csv", "part-0007.csv", "part-0007.csv.gz", "part-x.csv", "part-1.csv"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        assert_eq!(target.left_over(7), Some(dir.path().join("part-0007.csv")));
        assert_eq!(target.left_over(8), None);
    }
}
