//! The directory at the end of a ZIP archive: whether it holds several files shows there, before the first of them is decoded.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::zip::is_file_name;

const END_MAGIC: &[u8] = b"PK\x05\x06";
const ENTRY_MAGIC: &[u8] = b"PK\x01\x02";

/// The end of the directory, and the longest comment behind it.
const END_LEN_BYTES: usize = 22;
const COMMENT_LEN_BYTES: u64 = 65_535;

/// The head of an entry.
const ENTRY_LEN_BYTES: usize = 46;

/// Directories longer than this are of archives that nobody takes for a file: the decoder tells.
const DIRECTORY_LEN_BYTES: u64 = 16 << 20;

/// Two files of an archive that holds several, and where the second begins.
pub(super) struct Several {
    pub(super) first: String,
    pub(super) second: String,
    pub(super) second_start: u64,
}

/// What an archive holds, if it is several files. What cannot be read or understood is for the decoder to tell; pipes have no end to
/// look at.
pub(super) fn several_files(path: &Path) -> Option<Several> {
    let directory = read_directory(path).ok().flatten()?;
    let mut files = Vec::new();
    let mut rest = directory.as_slice();
    while files.len() < 2 && rest.len() >= ENTRY_LEN_BYTES && rest.starts_with(ENTRY_MAGIC) {
        let len = |at: usize| usize::from(u16::from_le_bytes([rest[at], rest[at + 1]]));
        let name = rest.get(ENTRY_LEN_BYTES..ENTRY_LEN_BYTES + len(28))?;
        let name = String::from_utf8_lossy(name).into_owned();
        if is_file_name(&name) {
            files.push((name, number(rest, 42)));
        }
        rest = rest.get(ENTRY_LEN_BYTES + len(28) + len(30) + len(32)..)?;
    }
    files.sort_by_key(|(_, start)| *start);
    match <[_; 2]>::try_from(files) {
        Ok([(first, _), (second, second_start)]) => Some(Several { first, second, second_start }),
        Err(_) => None,
    }
}

/// The entries of an archive; `None`: there is no end that says where they are.
fn read_directory(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut file = File::open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Ok(None);
    }
    let tail_start = found.len().saturating_sub(END_LEN_BYTES as u64 + COMMENT_LEN_BYTES);
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(tail_start))?;
    file.by_ref().take(found.len() - tail_start).read_to_end(&mut tail)?;
    let Some(end) = memchr::memmem::rfind(&tail, END_MAGIC) else { return Ok(None) };
    let Some(end) = tail.get(end..end + END_LEN_BYTES) else { return Ok(None) };
    let (len, start) = (number(end, 12), number(end, 16));
    if len > DIRECTORY_LEN_BYTES || start + len > found.len() {
        return Ok(None);
    }
    let mut directory = Vec::new();
    file.seek(SeekFrom::Start(start))?;
    file.take(len).read_to_end(&mut directory)?;
    Ok(Some(directory))
}

/// A number of four bytes.
fn number(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// An archive of empty files that are stored.
    fn archive(names: &[&str], comment: &str) -> Vec<u8> {
        let (mut files, mut directory) = (Vec::new(), Vec::new());
        for name in names {
            let start = files.len() as u32;
            let len = name.len() as u16;
            let common = [&[20, 0][..], &[0; 20], &len.to_le_bytes(), &[0, 0]].concat();
            files.extend([b"PK\x03\x04".as_slice(), &common, name.as_bytes()].concat());
            let entry = [ENTRY_MAGIC, &[20, 0], &common, &[0; 10], &start.to_le_bytes(), name.as_bytes()];
            directory.extend(entry.concat());
        }
        let (len, start) = (directory.len() as u32, files.len() as u32);
        let end = [END_MAGIC, &[0; 8], &len.to_le_bytes(), &start.to_le_bytes(), &[0; 2], comment.as_bytes()];
        [files, directory, end.concat()].concat()
    }

    #[test]
    fn several_files_are_told_by_the_directory() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.zip");
        let found = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            several_files(&path).map(|several| format!("{} {}", several.first, several.second))
        };
        assert_eq!(found(&archive(&["d/", "d/a.csv", "b.csv"], "")).as_deref(), Some("d/a.csv b.csv"));
        assert_eq!(found(&archive(&["a.csv", "b.csv"], "a comment")).as_deref(), Some("a.csv b.csv"));
        assert_eq!(found(&archive(&["d/", "a.csv", "__MACOSX/._a.csv"], "")), None);
        assert_eq!(found(b"PK\x05\x06"), None);
        assert_eq!(found(&archive(&["a.csv", "b.csv"], "")[..70]), None);
        assert!(several_files(dir.path()).is_none());
    }
}
