//! What may stand where files are named.

use std::path::{self, Component, Path, PathBuf};

use crate::error::{Error, Result};

/// A path or glob, or several. A name with `*`, `?` or `[` is a glob.
pub trait Paths {
    /// The paths.
    ///
    /// # Errors
    /// A path is not valid Unicode.
    fn into_paths(self) -> Result<Vec<String>>;
}

/// A path or glob from the root on, without `.`, `..` and links, as far as there is something.
pub(crate) fn absolute(path: &str) -> String {
    let path = swath_io::from_home(path);
    let Ok(absolute) = path::absolute(&*path) else { return path.into_owned() };
    if let Ok(real) = absolute.canonicalize() {
        return real.to_string_lossy().into_owned();
    }
    let absolute = absolute.to_string_lossy();
    let literal = absolute.split(['*', '?', '[', '{']).next().unwrap_or_default();
    let (folder, rest) = absolute.split_at(literal.rfind('/').map_or(0, |at| at + 1));
    let folder = Path::new(folder);
    let folder = folder.canonicalize().unwrap_or_else(|_| without_dots(folder));
    folder.join(rest).to_string_lossy().into_owned()
}

fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[cfg(unix)]
    #[test]
    fn one_file_has_one_absolute_path() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        fs::write(root.join("a.csv"), "").unwrap();
        fs::create_dir(root.join("folder")).unwrap();
        std::os::unix::fs::symlink("a.csv", root.join("link.csv")).unwrap();
        std::os::unix::fs::symlink("folder", root.join("other")).unwrap();
        let check = |path: &str, expected: &str| {
            let expected = format!("{}/{expected}", root.display());
            assert_eq!(absolute(&format!("{}/{path}", root.display())), expected, "{path}");
        };
        check("a.csv", "a.csv");
        check("folder/.././link.csv", "a.csv");
        check("other/new.csv", "folder/new.csv");
        check("other/../*.csv", "*.csv");
        check("other/", "folder");
        check("none/../x/*/y.csv", "x/*/y.csv");
        assert!(absolute("x.csv").starts_with('/'));
    }
}
