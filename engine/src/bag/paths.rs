//! Paths and globs, however they are written.

use std::path::{Path, PathBuf};

/// One path or glob, or several.
///
/// ```
/// let one = swath::read_text("logs/*.gz");
/// let two = swath::read_text(["logs/a.txt", "logs/b.txt"]);
/// ```
pub trait IntoPaths {
    /// The paths, in order.
    fn into_paths(self) -> Vec<String>;
}

macro_rules! one_path {
    ($($ty:ty),+) => {
        $(impl IntoPaths for $ty {
            fn into_paths(self) -> Vec<String> {
                let path: &Path = self.as_ref();
                vec![path.to_string_lossy().into_owned()]
            }
        })+
    };
}

one_path!(&str, String, &String, &Path, PathBuf, &PathBuf);

impl<P: IntoPaths> IntoPaths for Vec<P> {
    fn into_paths(self) -> Vec<String> {
        self.into_iter().flat_map(IntoPaths::into_paths).collect()
    }
}

impl<P: IntoPaths, const N: usize> IntoPaths for [P; N] {
    fn into_paths(self) -> Vec<String> {
        self.into_iter().flat_map(IntoPaths::into_paths).collect()
    }
}

impl<P: IntoPaths + Clone> IntoPaths for &[P] {
    fn into_paths(self) -> Vec<String> {
        self.iter().cloned().flat_map(IntoPaths::into_paths).collect()
    }
}
