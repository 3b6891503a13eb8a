//! What can go wrong.

use std::io;
use std::path::PathBuf;

/// The result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The options do not go together; the text says what was expected.
    #[error("{0}")]
    Options(String),
    /// A file of that name is there and was not to be replaced.
    #[error("{}: file exists", .0.display())]
    Exists(PathBuf),
    /// A file or folder could not be made, written or renamed.
    #[error("{}: {doing}", path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The writer that was handed in failed.
    #[error("text could not be written")]
    Write(#[source] io::Error),
}
