//! Files in ZIP archives, by paths that go on behind the archive's: `a.zip/data/x.csv`.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::codec::{Codec, Member, members};

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

/// The file in an archive that a path leads to; `None`: it leads into none.
///
/// # Errors
/// The archive cannot be read, or holds no such file.
pub(crate) fn find(path: &Path) -> io::Result<Option<(PathBuf, Member)>> {
    let Some((archive, inside)) = split(path) else { return Ok(None) };
    let mut members = members(&archive)?.unwrap_or_default().into_iter();
    match members.find(|member| Path::new(&member.name) == inside) {
        Some(member) => Ok(Some((archive, member))),
        None => Err(io::Error::new(io::ErrorKind::NotFound, "the archive holds no such file")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Decompressor;
    use crate::notes::Notes;
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
            let mut found = vec![0; 100];
            let mut len = 0;
            while let read @ 1.. = file.read(&mut found[len..]).unwrap() {
                len += read;
            }
            assert_eq!(std::str::from_utf8(&found[..len]), Ok(text));
        }
    }
}
