//! Where bytes come from: paths and globs become a sorted list of files.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind as ErrorCode};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use globset::{GlobBuilder, GlobMatcher};

use crate::archive;
use crate::error::{Error, ErrorKind, Result, is_glob};
#[cfg(doc)]
use crate::keep_pipes_in;
use crate::pipe::{self, Passed};

/// One file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The path, spelled as the user's pattern gave it.
    pub path: PathBuf,
    /// Length in (compressed) bytes when the pattern was expanded.
    pub len_bytes: u64,
    /// When it was last written, then, if the file system says.
    pub modified: Option<SystemTime>,
}

/// Standard input as a file that is read once, as nothing of it is kept.
pub fn standard_input() -> SourceFile {
    SourceFile { path: "/dev/stdin".into(), len_bytes: 0, modified: None }
}

impl SourceFile {
    /// Whether a path leads to this file, by whatever name; not if nothing is there.
    pub fn is_at(&self, path: &Path) -> bool {
        path.canonicalize().is_ok_and(|path| self.path.canonicalize().is_ok_and(|own| own == path))
    }
}

/// Returns the files that the patterns name, pattern by pattern, each pattern's files sorted by path.
///
/// A pattern is a path or a glob: `*` and `?` within a folder's name, `**` for any folders, `[a-z]`,
/// and `{a,b}` for alternatives; as in a shell, only a dot matches the dot of a hidden file, and `~/` is the user's home.
/// A path that exists is taken as it is, whatever characters it has; but `-` and `/dev/stdin` are standard input (a file that is
/// called `-` is `./-`). It, what a shell passes as `<(command)`, and what is named outright may be pipes, which are kept (see [`keep_pipes_in`]).
/// Folders that a glob matches are passed over; a folder named outright is all files in it and below, but for those whose names begin with `_`, by
/// which other programs mark what is no data, as `_SUCCESS`. ZIP archives are folders of the files in them:
/// `a.zip/data/x.csv`, `a.zip/*.csv`; but `**` does not go into them from outside.
///
/// # Errors
/// A path that does not exist, a glob that matches no file, a path that is not a regular file, a
/// folder that cannot be read.
pub fn expand<S: AsRef<str>>(patterns: &[S]) -> Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    for pattern in patterns {
        expand_one(&from_home(pattern.as_ref()), &mut files)?;
    }
    Ok(files)
}

/// A path that begins with `~/` from the user's home, as shells have it; any other one, also of a folder that is called
/// `~`, as it is.
pub fn from_home(path: &str) -> Cow<'_, str> {
    let home = std::env::var("HOME").ok().filter(|home| home.starts_with('/'));
    match home.and_then(|home| below_home(path, &home)) {
        Some(path) if !Path::new("~").exists() => path.into(),
        _ => path.into(),
    }
}

fn below_home(path: &str, home: &str) -> Option<String> {
    let rest = path.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
    Some(format!("{}{rest}", home.trim_end_matches('/')))
}

fn expand_one(pattern: &str, files: &mut Vec<SourceFile>) -> Result<()> {
    let path = Path::new(pattern);
    if let Some(passed) = pipe::passed(pattern) {
        files.push(match passed {
            Passed::File(path) => regular_file(&path)?,
            Passed::Pipe(path) => SourceFile { path, len_bytes: 0, modified: None },
            Passed::Terminal => {
                return Err(ErrorKind::NotAFile { path: path.into(), found: "a terminal" }.into());
            }
        });
        return Ok(());
    }
    if path.is_dir() {
        return files_of_folder(path, files);
    }
    if !is_glob(pattern) || path.exists() || archive::find(path).is_ok_and(|found| found.is_some()) {
        files.push(regular_file(path)?);
        return Ok(());
    }
    let mut matches: Vec<PathBuf> = Vec::new();
    for alternative in expand_braces(pattern) {
        let pieces = pieces(&alternative)
            .map_err(|problem| Error::from(ErrorKind::BadPattern { pattern: pattern.into(), problem }))?;
        let root = if alternative.starts_with('/') { Path::new("/") } else { Path::new("") };
        walk(root, &pieces, &mut matches)?;
    }
    matches.retain(|path| !path.is_dir());
    if matches.is_empty() {
        let nearest = nearest_sibling(path);
        return Err(ErrorKind::NotFound { pattern: pattern.into(), nearest }.into());
    }
    matches.sort();
    matches.dedup();
    for path in matches {
        files.push(regular_file(&path)?);
    }
    Ok(())
}

/// Adds the files of a folder and of those below.
fn files_of_folder(folder: &Path, files: &mut Vec<SourceFile>) -> Result<()> {
    let mut found: Vec<PathBuf> = Vec::new();
    let pieces = pieces("**").unwrap_or_default();
    walk(folder, &pieces, &mut found)?;
    let is_mark = |path: &PathBuf| {
        let inside = path.strip_prefix(folder).unwrap_or(path);
        inside.iter().any(|name| name.as_encoded_bytes().starts_with(b"_"))
    };
    found.retain(|path| !path.is_dir() && !is_mark(path));
    if found.is_empty() {
        return Err(ErrorKind::NotAFile { path: folder.into(), found: "a directory without files" }.into());
    }
    found.sort();
    found.iter().try_for_each(|path| {
        files.push(regular_file(path)?);
        Ok(())
    })
}

/// What a glob says of one part of a path.
enum Piece<'a> {
    /// A name.
    Literal(&'a str),
    /// Names that match. As in a shell, only a dot matches the dot of a hidden file.
    Names { matcher: GlobMatcher, hidden: bool },
    /// `**`: any folders, also none.
    Folders,
}

/// Splits a glob at its slashes; the error is what is wrong with it.
fn pieces(pattern: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        pieces.push(match part {
            "**" => Piece::Folders,
            name if !is_glob(name) => Piece::Literal(name),
            glob => {
                let matcher = GlobBuilder::new(glob).backslash_escape(false).build();
                let matcher = matcher.map_err(|error| error.kind().to_string())?.compile_matcher();
                Piece::Names { matcher, hidden: glob.starts_with('.') }
            }
        });
    }
    if matches!(pieces.last(), Some(Piece::Folders)) {
        // `logs/**` means the files in the folders.
        pieces.extend(self::pieces("*")?);
    }
    Ok(pieces)
}

/// Adds the paths below a folder that match. Links to folders are followed where a name matches them,
/// not by `**`, which might never end.
fn walk(folder: &Path, pieces: &[Piece<'_>], matches: &mut Vec<PathBuf>) -> Result<()> {
    let Some((piece, rest)) = pieces.split_first() else {
        matches.push(folder.to_owned());
        return Ok(());
    };
    let is_hidden = |name: &OsStr| name.as_encoded_bytes().starts_with(b".");
    if archive::is_archive(folder) {
        let paths = archive::paths_in(folder).map_err(|error| Error::io(folder, "read", error))?;
        let is_wanted = |path: &PathBuf| {
            let inside = path.strip_prefix(folder).unwrap_or(path);
            matches_pieces(&inside.iter().collect::<Vec<_>>(), pieces)
        };
        matches.extend(paths.into_iter().filter(is_wanted));
        return Ok(());
    }
    match piece {
        Piece::Literal(name) => {
            let path = folder.join(name);
            if path.symlink_metadata().is_ok() {
                walk(&path, rest, matches)?;
            }
        }
        Piece::Names { matcher, hidden } => {
            for entry in entries(folder)? {
                let name = entry.file_name();
                let shown = *hidden || !is_hidden(&name);
                // Not every file is opened to find out whether it is one.
                let is_zip =
                    || Path::new(&name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip"));
                let is_folder = || entry.path().is_dir() || is_zip();
                if shown && matcher.is_match(Path::new(&name)) && (rest.is_empty() || is_folder()) {
                    walk(&folder.join(name), rest, matches)?;
                }
            }
        }
        Piece::Folders => {
            walk(folder, rest, matches)?;
            for entry in entries(folder)? {
                let name = entry.file_name();
                if !is_hidden(&name) && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    walk(&folder.join(name), pieces, matches)?;
                }
            }
        }
    }
    Ok(())
}

/// Whether the parts of a path are those of a glob.
fn matches_pieces(names: &[&OsStr], pieces: &[Piece<'_>]) -> bool {
    let Some((piece, rest)) = pieces.split_first() else { return names.is_empty() };
    let first = names.split_first();
    match piece {
        Piece::Literal(wanted) => {
            first.is_some_and(|(name, names)| *name == *wanted && matches_pieces(names, rest))
        }
        Piece::Names { matcher, .. } => first
            .is_some_and(|(name, names)| matcher.is_match(Path::new(name)) && matches_pieces(names, rest)),
        Piece::Folders => {
            matches_pieces(names, rest) || first.is_some_and(|(_, names)| matches_pieces(names, pieces))
        }
    }
}

/// What is in a folder; nothing if it is not there.
fn entries(folder: &Path) -> Result<Vec<DirEntry>> {
    let path = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let failed = |error| Error::io(path, "list the folder", error);
    match fs::read_dir(path) {
        Ok(entries) => entries.map(|entry| entry.map_err(failed)).collect(),
        Err(error) if matches!(error.kind(), ErrorCode::NotFound | ErrorCode::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(error) => Err(failed(error)),
    }
}

fn regular_file(path: &Path) -> Result<SourceFile> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorCode::NotADirectory => return file_in_archive(path, error),
        Err(error) if error.kind() == ErrorCode::NotFound => {
            if let Ok(target) = fs::read_link(path) {
                let message = format!("it is a link to '{}', which is not there", target.display());
                return Err(Error::io(path, "open", io::Error::new(error.kind(), message)));
            }
            let pattern = path.display().to_string();
            let nearest = nearest_sibling(path);
            return Err(ErrorKind::NotFound { pattern, nearest }.into());
        }
        Err(error) => return Err(Error::io(path, "open", error)),
    };
    // An empty file, of which commands make one that is none.
    let is_null = path == Path::new("/dev/null");
    if !metadata.is_file() && !is_null {
        let found = if metadata.is_dir() { "a directory" } else { "a pipe or a device" };
        return Err(ErrorKind::NotAFile { path: path.into(), found }.into());
    }
    Ok(SourceFile { path: path.into(), len_bytes: metadata.len(), modified: metadata.modified().ok() })
}

/// A file in an archive, where there is no other at its path: `error`.
fn file_in_archive(path: &Path, error: io::Error) -> Result<SourceFile> {
    match archive::find(path) {
        Ok(Some(found)) => {
            let modified = fs::metadata(&found.archive).and_then(|found| found.modified()).ok();
            Ok(SourceFile { path: path.into(), len_bytes: found.len_bytes(), modified })
        }
        Ok(None) | Err(_) if archive::is_folder(path) => {
            Err(ErrorKind::NotAFile { path: path.into(), found: "a directory" }.into())
        }
        Ok(None) => Err(Error::io(path, "open", error)),
        Err(error) if error.kind() == ErrorCode::NotFound => {
            let (pattern, nearest) = (path.display().to_string(), nearest_in_archive(path));
            Err(ErrorKind::NotFound { pattern, nearest }.into())
        }
        Err(error) => Err(Error::io(path, "open", error)),
    }
}

/// The file in the same archive whose path is most like the wanted one.
fn nearest_in_archive(path: &Path) -> Option<PathBuf> {
    let (archive, _) = archive::split(path)?;
    let distance = |other: &PathBuf| strsim::levenshtein(&path.to_string_lossy(), &other.to_string_lossy());
    archive::paths_in(&archive).ok()?.into_iter().min_by_key(distance)
}

/// Replaces `{a,b}` by each of its alternatives, left to right; unbalanced braces stay as they are.
fn expand_braces(pattern: &str) -> Vec<String> {
    let Some(open) = pattern.find('{') else { return vec![pattern.into()] };
    let mut depth = 0;
    let mut starts = vec![open + 1];
    for (at, byte) in pattern.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b',' if depth == 1 => starts.push(at + 1),
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    starts.push(at + 1);
                    let (head, tail) = (&pattern[..open], &pattern[at + 1..]);
                    let alternatives = starts.windows(2).map(|pair| &pattern[pair[0]..pair[1] - 1]);
                    return alternatives
                        .flat_map(|middle| expand_braces(&format!("{head}{middle}{tail}")))
                        .collect();
                }
            }
            _ => {}
        }
    }
    vec![pattern.into()]
}

/// The file in the same folder whose name is most like the wanted one, if it is like it at all.
fn nearest_sibling(path: &Path) -> Option<PathBuf> {
    let wanted = path.file_name()?.to_str()?.to_lowercase();
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut best: Option<(usize, PathBuf)> = None;
    for entry in fs::read_dir(folder).ok()?.flatten() {
        let Some(name) = entry.file_name().to_str().map(str::to_lowercase) else { continue };
        let distance = strsim::levenshtein(&wanted, &name);
        if distance <= wanted.len() / 3 && best.as_ref().is_none_or(|(least, _)| distance < *least) {
            let sibling = path.with_file_name(entry.file_name());
            best = Some((distance, sibling));
        }
    }
    best.map(|(_, path)| path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(names: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in names {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        dir
    }

    fn names(dir: &tempfile::TempDir, pattern: &str) -> Result<Vec<String>> {
        let files = expand(&[format!("{}/{pattern}", dir.path().display())])?;
        let strip =
            |file: SourceFile| file.path.strip_prefix(dir.path()).unwrap().to_str().unwrap().to_owned();
        Ok(files.into_iter().map(strip).collect())
    }

    #[test]
    fn globs_are_sorted_and_skip_folders() {
        let dir = folder(&["b.csv", "a.csv", "c.csv/inner.csv", "d.txt", ".hidden.csv"]);
        assert_eq!(names(&dir, "*.csv").unwrap(), ["a.csv", "b.csv"]);
        assert_eq!(names(&dir, "**/*.csv").unwrap(), ["a.csv", "b.csv", "c.csv/inner.csv"]);
        assert_eq!(names(&dir, "**").unwrap(), ["a.csv", "b.csv", "c.csv/inner.csv", "d.txt"]);
        assert_eq!(names(&dir, "c*/i?ner.csv").unwrap(), ["c.csv/inner.csv"]);
        assert_eq!(names(&dir, "*.csv/inner.csv").unwrap(), ["c.csv/inner.csv"]);
        assert_eq!(names(&dir, "{d,a}.{txt,csv}").unwrap(), ["a.csv", "d.txt"]);
        assert_eq!(names(&dir, "[ab].csv").unwrap(), ["a.csv", "b.csv"]);
        assert_eq!(names(&dir, ".h*").unwrap(), [".hidden.csv"]);
    }

    #[cfg(unix)]
    #[test]
    fn names_need_not_be_text() {
        use std::os::unix::ffi::OsStrExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(OsStr::from_bytes(b"\xff.csv"));
        fs::write(&path, "x").unwrap();
        let files = expand(&[format!("{}/*.csv", dir.path().display())]).unwrap();
        assert_eq!(files[0].path, path);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_nowhere_is_told() {
        let dir = folder(&["a.csv"]);
        std::os::unix::fs::symlink("gone", dir.path().join("b.csv")).unwrap();
        for pattern in ["b.csv", "*.csv"] {
            let error = names(&dir, pattern).unwrap_err().to_string();
            assert!(
                error.ends_with("b.csv: cannot open: it is a link to 'gone', which is not there"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_path_that_exists_is_no_glob() {
        let dir = folder(&["a[1].csv", "{x}.csv"]);
        assert_eq!(names(&dir, "a[1].csv").unwrap(), ["a[1].csv"]);
        assert_eq!(names(&dir, "{x}.csv").unwrap(), ["{x}.csv"]);
    }

    #[test]
    fn a_folder_is_the_files_in_it() {
        let dir = folder(&["b.csv", "a/1.csv", "a/deep/2.csv", "_SUCCESS", ".x.crc", "_temporary/0.csv"]);
        let all = ["a/1.csv", "a/deep/2.csv", "b.csv"];
        assert_eq!(names(&dir, "").unwrap(), all);
        assert_eq!(names(&dir, "a/").unwrap(), all[..2]);
        let error = names(&dir, ".").map(|_| ()).and_then(|()| names(&folder(&[".hidden"]), "")).unwrap_err();
        assert!(error.to_string().ends_with("expected a file, found a directory without files"), "{error}");
    }

    #[test]
    fn nothing_found_is_an_error_with_the_nearest_name() {
        let dir = folder(&["flights.csv.bz2"]);
        let error = names(&dir, "flihgts.csv.bz2").unwrap_err();
        assert!(error.hint().unwrap().contains("flights.csv.bz2"), "{error}");
        let error = names(&dir, "*.parquet").unwrap_err();
        assert!(error.to_string().starts_with("no file matches"), "{error}");
        let error = names(&dir, "[a.csv").unwrap_err();
        assert!(error.to_string().contains("cannot understand the glob"), "{error}");
    }

    #[test]
    fn a_tilde_is_the_home() {
        let home = |path| below_home(path, "/home/ann");
        assert_eq!(home("~/x/*.csv").as_deref(), Some("/home/ann/x/*.csv"));
        assert_eq!(home("~").as_deref(), Some("/home/ann"));
        assert_eq!(below_home("~/x", "/").as_deref(), Some("/x"));
        for path in ["~bob/x", "x/~/y", "/~", "x.csv~"] {
            assert_eq!(home(path), None, "{path}");
        }
    }

    #[test]
    fn braces_nest_and_unbalanced_ones_stay() {
        assert_eq!(expand_braces("x{a,b{c,d}}y"), ["xay", "xbcy", "xbdy"]);
        assert_eq!(expand_braces("x{a,b"), ["x{a,b"]);
        assert_eq!(expand_braces("{a}{,b}"), ["a", "ab"]);
    }
}
