//! Files in ZIP archives, by paths that go on behind the archive's: `a.zip/data/x.csv`.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::codec::{Codec, Decompressor, Member, members};
use crate::notes::Notes;
use crate::pipe::MemberRead;

/// The archive that a path leads into, and the rest of it; `None`: something is at the path itself, or no archive is on it.
pub(crate) fn split(path: &Path) -> Option<(PathBuf, &Path)> {
    if fs::symlink_metadata(path).is_ok() {
        return None;
    }
    let mut above = path.ancestors().skip(1).filter(|above| !above.as_os_str().is_empty());
    let archive = above.find(|above| above.exists())?;
    let inside = path.strip_prefix(archive).ok()?;
    is_archive(archive).then(|| (archive.to_owned(), inside))
}

/// Whether a file is a ZIP archive.
pub(crate) fn is_archive(path: &Path) -> bool {
    let mut head = [0; 4];
    path.is_file()
        && fs::File::open(path).is_ok_and(|mut file| file.read_exact(&mut head).is_ok())
        && Codec::of_magic(&head) == Codec::Zip
}

/// The paths of the files in an archive, from the archive's on, in their order there.
///
/// # Errors
/// It cannot be read.
pub(crate) fn paths_in(archive: &Path) -> io::Result<Vec<PathBuf>> {
    let members = members(archive)?.unwrap_or_default();
    Ok(members.into_iter().map(|member| archive.join(member.name)).collect())
}

/// Whether a path leads to a folder in an archive, or to the archive as one.
pub(crate) fn is_folder(path: &Path) -> bool {
    let is_inside = |(archive, folder): (PathBuf, &Path)| {
        let members = members(&archive).ok().flatten().unwrap_or_default();
        members.iter().any(|member| Path::new(&member.name).starts_with(folder))
    };
    let ends_with_slash = path.as_os_str().as_encoded_bytes().ends_with(b"/");
    // Without the slash at its end.
    let bare: PathBuf = path.components().collect();
    ends_with_slash && is_archive(&bare) || split(&bare).is_some_and(is_inside)
}

/// A file in an archive.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) archive: PathBuf,
    member: Member,
}

/// The file in an archive that a path leads to; `None`: it leads into none.
///
/// # Errors
/// The archive cannot be read, or holds no such file.
pub(crate) fn find(path: &Path) -> io::Result<Option<Found>> {
    let Some((archive, inside)) = split(path) else { return Ok(None) };
    let mut members = members(&archive)?.unwrap_or_default().into_iter();
    match members.find(|member| Path::new(&member.name) == inside) {
        Some(member) => Ok(Some(Found { archive, member })),
        None => Err(io::Error::new(io::ErrorKind::NotFound, "the archive holds no such file")),
    }
}

impl Found {
    /// Whether it is compressed before it came into the archive, as its name says.
    fn is_compressed(&self) -> bool {
        Codec::of_name(Path::new(&self.member.name)).is_some()
    }

    /// Bytes that are read of it.
    pub(crate) fn len_bytes(&self) -> u64 {
        if self.is_compressed() { self.member.decoded_bytes } else { self.member.compressed_bytes }
    }

    /// Its bytes, as an archive that holds nothing else; of a compressed file, out of the archive.
    ///
    /// # Errors
    /// The archive cannot be read, or has no file where its directory says so.
    pub(crate) fn open(&self, path: &Path) -> io::Result<Box<dyn MemberRead>> {
        let alone = self.member.alone(&self.archive)?;
        if !self.is_compressed() {
            return Ok(Box::new(alone));
        }
        let bytes = Decompressor::new(path, Box::new(alone), Some(Codec::Zip), &Notes::default());
        Ok(Box::new(Unpacked(bytes.map_err(io::Error::other)?)))
    }
}

/// A file out of an archive.
struct Unpacked(Decompressor);

impl Read for Unpacked {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

impl std::fmt::Debug for Unpacked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unpacked")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::DecodeOptions;
    use crate::source::expand;

    /// Two files, one of which is compressed, with sums behind it, as `zip -fd` writes them.
    const ARCHIVE: &[u8] = include_bytes!("../tests/two.zip");

    #[test]
    fn files_in_archives_have_paths() {
        let dir = tempfile::tempdir().unwrap();
        let archive = dir.path().join("two.zip");
        fs::write(&archive, ARCHIVE).unwrap();
        let names = |pattern: &str| {
            let files = expand(&[format!("{}/{pattern}", dir.path().display())])?;
            let name = |file: &crate::source::SourceFile| {
                file.path.strip_prefix(&archive).unwrap().display().to_string()
            };
            Ok::<_, crate::error::Error>(files.iter().map(name).collect::<Vec<_>>())
        };
        assert_eq!(names("two.zip/data/b.csv").unwrap(), ["data/b.csv"]);
        assert_eq!(names("two.zip/**/*.csv").unwrap(), ["a.csv", "data/b.csv"]);
        assert_eq!(names("*.zip/*.csv").unwrap(), ["a.csv"]);
        assert_eq!(names("two.zip/{data/b,a}.csv").unwrap(), ["a.csv", "data/b.csv"]);
        assert!(names("two.zip/*.txt").is_err());
        let error = names("two.zip/data/a.csv").unwrap_err();
        assert!(error.hint().unwrap().contains("two.zip/data/b.csv"), "{error} {:?}", error.hint());
        for (name, text) in [("a.csv", "a,b\n1,x\n"), ("data/b.csv", "a,b\n2,yyyyyyyyyyyyyyyyyyyyyyyyyyyy\n")]
        {
            let path = archive.join(name);
            let mut file = Decompressor::open(&path, DecodeOptions::default(), &Notes::default()).unwrap();
            let mut found = [0; 100];
            let mut len = 0;
            while let read @ 1.. = file.read(&mut found[len..]).unwrap() {
                len += read;
            }
            assert_eq!(std::str::from_utf8(&found[..len]), Ok(text));
        }
        for folder in ["two.zip/data", "two.zip/data/", "two.zip/"] {
            let error = names(folder).unwrap_err();
            let hint = format!("{}/*.csv'", folder.trim_end_matches('/'));
            assert!(error.to_string().ends_with("found a directory"), "{error}");
            assert!(error.hint().unwrap().ends_with(&hint), "{:?}", error.hint());
        }
    }

    #[test]
    fn files_in_archives_may_be_compressed_and_have_any_name() {
        let dir = tempfile::tempdir().unwrap();
        let archive = dir.path().join("two.zip");
        fs::write(&archive, include_bytes!("../tests/packed.zip")).unwrap();
        for (name, text) in [("[x].csv", "a\n1\n"), ("x.csv.gz", "a\n2\n")] {
            let files = expand(&[archive.join(name).display().to_string()]).unwrap();
            let options = DecodeOptions::default();
            let mut file = Decompressor::open(&files[0].path, options, &Notes::default()).unwrap();
            let mut found = [0; 100];
            let len = file.read(&mut found).unwrap();
            assert_eq!(std::str::from_utf8(&found[..len]), Ok(text));
            assert_eq!(file.read(&mut found).unwrap(), 0);
        }
    }
}
