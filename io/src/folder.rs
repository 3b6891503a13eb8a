//! The files below a folder, as `grep -r` and ripgrep look for them.

use std::fs::{self, DirEntry};
use std::io::ErrorKind as ErrorCode;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use crate::error::{Error, ErrorKind, Result};
use crate::source::SourceFile;

/// Which files below a folder are wanted, by their names.
///
/// The last glob that matches decides. If none does, a file is wanted unless some globs say which are.
#[derive(Debug, Clone, Default)]
pub struct NameGlobs {
    globs: Vec<NameGlob>,
    /// Files and folders whose names begin with a dot are wanted, too.
    hidden: bool,
    /// Links to folders are followed.
    follows: bool,
    /// What is farther below is not looked at; 1 is in the folder itself.
    max_depth: Option<usize>,
}

#[derive(Debug, Clone)]
struct NameGlob {
    matcher: GlobMatcher,
    /// What matches is wanted, or not.
    keeps: bool,
    /// It is of the path below the folder, not of the name.
    of_path: bool,
    /// It is of folders only.
    of_folders: bool,
}

impl NameGlobs {
    /// All files, and hidden ones or not: those below a name that begins with a dot.
    pub fn new(hidden: bool) -> Self {
        Self { hidden, ..Self::default() }
    }

    /// Also looks into folders that links lead to, but for those that the link is in, which would never end.
    #[must_use]
    pub fn follow_links(mut self, follows: bool) -> Self {
        self.follows = follows;
        self
    }

    /// Looks no farther below: at depth 1 are the files of the folder itself, at depth 0 is none.
    #[must_use]
    pub fn max_depth(mut self, depth: Option<usize>) -> Self {
        self.max_depth = depth;
        self
    }

    /// Adds a glob: of a name if it has no slash, else of the path from the folder on. `!` in front leaves out what matches, and a slash
    /// at the end speaks of folders.
    ///
    /// # Errors
    /// It is none.
    pub fn add(&mut self, glob: &str, any_case: bool) -> Result<()> {
        let (keeps, rest) = glob.strip_prefix('!').map_or((true, glob), |rest| (false, rest));
        let (of_folders, rest) = rest.strip_suffix('/').map_or((false, rest), |rest| (true, rest));
        let matcher = GlobBuilder::new(rest.trim_start_matches('/'))
            .literal_separator(true)
            .case_insensitive(any_case)
            .build()
            .map_err(|error| ErrorKind::BadPattern {
                pattern: glob.into(),
                problem: error.kind().to_string(),
            })?
            .compile_matcher();
        self.globs.push(NameGlob { matcher, keeps, of_path: rest.contains('/'), of_folders });
        Ok(())
    }

    /// Whether what stands at a path below the folder is wanted.
    fn keep(&self, below: &Path, is_folder: bool) -> bool {
        let name = Path::new(below.file_name().unwrap_or_default());
        if !self.hidden && name.as_os_str().as_encoded_bytes().starts_with(b".") {
            return false;
        }
        let matches = |glob: &&NameGlob| {
            (is_folder || !glob.of_folders) && glob.matcher.is_match(if glob.of_path { below } else { name })
        };
        match self.globs.iter().rev().find(matches) {
            Some(glob) => glob.keeps,
            None => is_folder || !self.globs.iter().any(|glob| glob.keeps),
        }
    }
}

/// The files below a folder in the order of their paths, and what cannot be looked at.
///
/// Paths begin with that of the folder; with none, they are those below the current one. Links to files are followed, those to
/// folders only where [`NameGlobs::follow_links`] says so. Pipes and devices are passed over.
pub fn files_below(folder: &Path, wanted: &NameGlobs) -> (Vec<SourceFile>, Vec<Error>) {
    let mut found = Below { wanted, above: Vec::new(), files: Vec::new(), errors: Vec::new() };
    found.add_all(folder, &mut PathBuf::new());
    (found.files, found.errors)
}

struct Below<'a> {
    wanted: &'a NameGlobs,
    /// Where links are followed: the folders that are being looked at, by their paths without links.
    above: Vec<PathBuf>,
    files: Vec<SourceFile>,
    errors: Vec<Error>,
}

impl Below<'_> {
    /// Adds what is in a folder, at a path below the one that was named.
    fn add_all(&mut self, folder: &Path, below: &mut PathBuf) {
        if self.wanted.max_depth.is_some_and(|max| below.components().count() >= max) {
            return;
        }
        let path = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        if !self.wanted.follows {
            return self.add_entries(folder, path, below);
        }
        match fs::canonicalize(path) {
            Ok(place) if self.above.contains(&place) => {}
            Ok(place) => {
                self.above.push(place);
                self.add_entries(folder, path, below);
                self.above.pop();
            }
            Err(error) => self.errors.push(Error::io(path, "list the folder", error)),
        }
    }

    fn add_entries(&mut self, folder: &Path, path: &Path, below: &mut PathBuf) {
        let mut entries: Vec<DirEntry> = match fs::read_dir(path).and_then(Iterator::collect) {
            Ok(entries) => entries,
            Err(error) => return self.errors.push(Error::io(path, "list the folder", error)),
        };
        entries.sort_by_key(DirEntry::file_name);
        for entry in entries {
            let path = folder.join(entry.file_name());
            below.push(entry.file_name());
            self.add(&path, below);
            below.pop();
        }
    }

    fn add(&mut self, path: &Path, below: &mut PathBuf) {
        let entry = if self.wanted.follows { fs::metadata(path) } else { fs::symlink_metadata(path) };
        let is_folder = entry.is_ok_and(|entry| entry.is_dir());
        if !self.wanted.keep(below, is_folder) {
            return;
        }
        match fs::metadata(path) {
            _ if is_folder => self.add_all(path, below),
            Ok(metadata) if metadata.is_file() => self.files.push(SourceFile {
                path: path.into(),
                len_bytes: metadata.len(),
                modified: metadata.modified().ok(),
            }),
            Ok(_) => {}
            // A link to nothing, or a file that is gone by now.
            Err(error) if error.kind() == ErrorCode::NotFound => {}
            Err(error) => self.errors.push(Error::io(path, "open", error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_their_names() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.gz", "a/x.gz", "a/y.txt", "a/old/z.GZ", ".hidden/h.gz", ".h.gz", "c.txt"] {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        let names = |globs: &[&str]| {
            let mut wanted = NameGlobs::new(globs.contains(&"hidden"));
            for glob in globs.iter().filter(|glob| **glob != "hidden") {
                wanted.add(glob, glob.contains("GZ")).unwrap();
            }
            let (files, errors) = files_below(dir.path(), &wanted);
            assert!(errors.is_empty());
            let below = |file: &SourceFile| file.path.strip_prefix(dir.path()).unwrap().display().to_string();
            files.iter().map(below).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(&[]), "a/old/z.GZ a/x.gz a/y.txt b.gz c.txt");
        assert_eq!(names(&["hidden"]), ".h.gz .hidden/h.gz a/old/z.GZ a/x.gz a/y.txt b.gz c.txt");
        assert_eq!(names(&["*.gz"]), "a/x.gz b.gz");
        assert_eq!(names(&["*.GZ"]), "a/old/z.GZ a/x.gz b.gz");
        assert_eq!(names(&["!*.gz"]), "a/old/z.GZ a/y.txt c.txt");
        assert_eq!(names(&["*.gz", "!b*"]), "a/x.gz");
        assert_eq!(names(&["!b*", "*.gz"]), "a/x.gz b.gz");
        assert_eq!(names(&["!old/"]), "a/x.gz a/y.txt b.gz c.txt");
        assert_eq!(names(&["a/*"]), "a/x.gz a/y.txt");
        assert_eq!(names(&["/a/**"]), "a/old/z.GZ a/x.gz a/y.txt");
        assert!(NameGlobs::default().add("[a", false).is_err());
        for (link, to) in [("a/link", "../c.txt"), ("a/nothing", "gone"), ("a/folder", "..")] {
            std::os::unix::fs::symlink(to, dir.path().join(link)).unwrap();
        }
        assert_eq!(names(&["!*.*"]), "a/link");
        let names = |wanted: NameGlobs| {
            let (files, errors) = files_below(dir.path(), &wanted);
            assert!(errors.is_empty());
            let below = |file: &SourceFile| file.path.strip_prefix(dir.path()).unwrap().display().to_string();
            files.iter().map(below).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(NameGlobs::new(false).max_depth(Some(1))), "b.gz c.txt");
        assert_eq!(names(NameGlobs::new(false).max_depth(Some(2))), "a/link a/x.gz a/y.txt b.gz c.txt");
        assert_eq!(names(NameGlobs::new(false).max_depth(Some(0))), "");
        // What a link to the folder itself leads to is there already; one to another folder is followed.
        std::os::unix::fs::symlink("a", dir.path().join("b")).unwrap();
        let followed = names(NameGlobs::new(false).follow_links(true));
        assert_eq!(followed, "a/link a/old/z.GZ a/x.gz a/y.txt b/link b/old/z.GZ b/x.gz b/y.txt b.gz c.txt");
        let (files, errors) = files_below(&dir.path().join("gone"), &NameGlobs::default());
        assert!(files.is_empty() && errors.len() == 1);
    }
}
