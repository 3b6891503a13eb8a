//! What may stand where files are named.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// A path or glob, or several. A name with `*`, `?` or `[` is a glob.
pub trait Paths {
    /// The paths.
    ///
    /// # Errors
    /// A path is not valid Unicode.
    fn into_paths(self) -> Result<Vec<String>>;
}

fn of_path(path: &Path) -> Result<String> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        let hint = "name it with a glob, where ? stands for each such character".to_owned();
        Error::query(format!("the path {} is not valid Unicode", path.display()), hint)
    })
}

macro_rules! one_path {
    ($($ty:ty),+) => {$(
        impl Paths for $ty {
            fn into_paths(self) -> Result<Vec<String>> {
                Ok(vec![of_path(self.as_ref())?])
            }
        }
    )+};
}

one_path!(&str, String, &String, &Path, PathBuf, &PathBuf);

impl<P: AsRef<Path>> Paths for Vec<P> {
    fn into_paths(self) -> Result<Vec<String>> {
        self.iter().map(|path| of_path(path.as_ref())).collect()
    }
}

impl<P: AsRef<Path>, const N: usize> Paths for [P; N] {
    fn into_paths(self) -> Result<Vec<String>> {
        self.iter().map(|path| of_path(path.as_ref())).collect()
    }
}

impl<P: AsRef<Path>> Paths for &[P] {
    fn into_paths(self) -> Result<Vec<String>> {
        self.iter().map(|path| of_path(path.as_ref())).collect()
    }
}
