//! The directory at the end of a ZIP archive: what files it holds, and where, before any of them is decoded.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use super::zip::is_file_name;
use super::zip::{MAGIC as HEAD_MAGIC, damage};
use crate::file_range::FileRange;

const END_MAGIC: &[u8] = b"PK\x05\x06";
const LONG_END_MAGIC: &[u8] = b"PK\x06\x06";
const LONG_END_PLACE_MAGIC: &[u8] = b"PK\x06\x07";
const ENTRY_MAGIC: &[u8] = b"PK\x01\x02";

/// The end of the directory, and the longest comment behind it.
const END_LEN_BYTES: usize = 22;
const COMMENT_LEN_BYTES: u64 = 65_535;

/// What says where the end is of a directory that may be long, and that end.
const LONG_END_PLACE_LEN_BYTES: usize = 20;
const LONG_END_LEN_BYTES: usize = 56;

/// The head of an entry in the directory, and in front of its data.
const ENTRY_LEN_BYTES: usize = 46;
const HEAD_LEN_BYTES: usize = 30;

/// Directories longer than this are of archives that nobody takes for a file: the decoder tells.
const DIRECTORY_LEN_BYTES: u64 = 64 << 20;

/// In the place of a number that stands among the extra ones.
const LONG: u64 = u32::MAX as u64;
const LONG_NUMBERS_FIELD: u64 = 1;

/// Flag of an entry whose sums stand behind its data.
const SUMS_BEHIND: u16 = 8;

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// Its path in the archive.
    pub(crate) name: String,
    /// Where its head begins.
    pub(crate) start: u64,
    pub(crate) compressed_bytes: u64,
    pub(crate) decoded_bytes: u64,
    crc: u32,
    method: u16,
    flags: u16,
}

/// The files that an archive holds, in their order; neither folders nor what macOS puts beside files. `None`: it has no directory that
/// can be read, as a file that is none.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn members(path: &Path) -> io::Result<Option<Vec<Member>>> {
    let Some(directory) = read_directory(path)? else { return Ok(None) };
    let mut members = Vec::new();
    let mut rest = directory.as_slice();
    while rest.len() >= ENTRY_LEN_BYTES && rest.starts_with(ENTRY_MAGIC) {
        let len = |at: usize| number(rest, at, 2) as usize;
        let (name_len, extra_len) = (len(28), len(30));
        let Some(behind) = rest.get(ENTRY_LEN_BYTES + name_len + extra_len + len(32)..) else { break };
        let (name, extra) = rest[ENTRY_LEN_BYTES..][..name_len + extra_len].split_at(name_len);
        let mut long = long_numbers(extra).chunks_exact(8).map(|bytes| number(bytes, 0, 8));
        let mut or_long = |found: u64| if found == LONG { long.next().unwrap_or(found) } else { found };
        // Those that are long stand in this order.
        let decoded_bytes = or_long(number(rest, 24, 4));
        let compressed_bytes = or_long(number(rest, 20, 4));
        let start = or_long(number(rest, 42, 4));
        let name = String::from_utf8_lossy(name).into_owned();
        if is_file_name(&name) {
            let (flags, method) = (number(rest, 8, 2) as u16, number(rest, 10, 2) as u16);
            let crc = number(rest, 16, 4) as u32;
            members.push(Member { name, start, compressed_bytes, decoded_bytes, crc, method, flags });
        }
        rest = behind;
    }
    members.sort_by_key(|member| member.start);
    Ok(Some(members))
}

impl Member {
    /// Its bytes as an archive that holds nothing else.
    ///
    /// # Errors
    /// The archive cannot be read, or has no file where its directory says so.
    pub(crate) fn alone(&self, archive: &Path) -> io::Result<impl Read + Send + std::fmt::Debug + use<>> {
        let file = Arc::new(File::open(archive)?);
        let mut head = [0; HEAD_LEN_BYTES];
        file.read_exact_at(&mut head, self.start)?;
        if !head.starts_with(HEAD_MAGIC) {
            return Err(damage(format!("the directory says that '{}' is where no file is", self.name)));
        }
        let head_len = HEAD_LEN_BYTES as u64 + number(&head, 26, 2) + number(&head, 28, 2);
        let data = FileRange::to_end(&file, self.start + head_len).take(self.compressed_bytes);
        Ok(Cursor::new(self.head()).chain(data).chain(END_MAGIC))
    }

    /// Its head, with what the directory tells of it.
    fn head(&self) -> Vec<u8> {
        let name = self.name.as_bytes();
        let short = |len: u64| u32::try_from(len).unwrap_or(u32::MAX);
        // Lengths are given as long ones if either is.
        let is_long = self.compressed_bytes.max(self.decoded_bytes) >= LONG;
        let of_head = |len: u64| if is_long { u32::MAX } else { short(len) }.to_le_bytes();
        let extra = match is_long {
            true => [
                &[LONG_NUMBERS_FIELD as u8, 0, 16, 0][..],
                &self.decoded_bytes.to_le_bytes(),
                &self.compressed_bytes.to_le_bytes(),
            ]
            .concat(),
            false => Vec::new(),
        };
        [
            HEAD_MAGIC,
            &[45, 0],
            &(self.flags & !SUMS_BEHIND).to_le_bytes(),
            &self.method.to_le_bytes(),
            &[0; 4],
            &self.crc.to_le_bytes(),
            &of_head(self.compressed_bytes),
            &of_head(self.decoded_bytes),
            &(name.len() as u16).to_le_bytes(),
            &(extra.len() as u16).to_le_bytes(),
            name,
            &extra,
        ]
        .concat()
    }
}

/// The entries of an archive; `None`: there is no end that says where they are.
fn read_directory(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = File::open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Ok(None);
    }
    let tail_start = found.len().saturating_sub(END_LEN_BYTES as u64 + COMMENT_LEN_BYTES);
    let mut tail = vec![0; (found.len() - tail_start) as usize];
    file.read_exact_at(&mut tail, tail_start)?;
    let Some(at) = memchr::memmem::rfind(&tail, END_MAGIC) else { return Ok(None) };
    let Some(end) = tail.get(at..at + END_LEN_BYTES) else { return Ok(None) };
    let (mut len, mut start) = (number(end, 12, 4), number(end, 16, 4));
    if (start == LONG || len == LONG || number(end, 10, 2) == 0xffff)
        && let Some(place) = at.checked_sub(LONG_END_PLACE_LEN_BYTES)
        && tail[place..].starts_with(LONG_END_PLACE_MAGIC)
    {
        let mut long = [0; LONG_END_LEN_BYTES];
        let is_read = file.read_exact_at(&mut long, number(&tail[place..], 8, 8)).is_ok();
        if is_read && long.starts_with(LONG_END_MAGIC) {
            (len, start) = (number(&long, 40, 8), number(&long, 48, 8));
        }
    }
    if len > DIRECTORY_LEN_BYTES || start.saturating_add(len) > found.len() {
        return Ok(None);
    }
    let mut directory = vec![0; len as usize];
    file.read_exact_at(&mut directory, start)?;
    Ok(Some(directory))
}

/// The part of an extra field with numbers that are long.
fn long_numbers(mut extra: &[u8]) -> &[u8] {
    while extra.len() >= 4 {
        let (id, len) = (number(extra, 0, 2), number(extra, 2, 2) as usize);
        let rest = &extra[4..];
        let len = len.min(rest.len());
        if id == LONG_NUMBERS_FIELD {
            return &rest[..len];
        }
        extra = &rest[len..];
    }
    &[]
}

/// A number of so many bytes.
fn number(bytes: &[u8], at: usize, len: usize) -> u64 {
    bytes[at..at + len].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
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
    fn files_are_told_by_the_directory() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.zip");
        let found = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            let names = |found: Vec<Member>| {
                found.into_iter().map(|member| member.name).collect::<Vec<_>>().join(" ")
            };
            members(&path).unwrap().map(names)
        };
        assert_eq!(found(&archive(&["d/", "d/a.csv", "b.csv"], "")).as_deref(), Some("d/a.csv b.csv"));
        assert_eq!(found(&archive(&["a.csv", "b.csv"], "a comment")).as_deref(), Some("a.csv b.csv"));
        assert_eq!(found(&archive(&["d/", "a.csv", "__MACOSX/._a.csv"], "")).as_deref(), Some("a.csv"));
        assert_eq!(found(b"PK\x05\x06"), None);
        assert_eq!(found(&archive(&["a.csv", "b.csv"], "")[..70]), None);
        assert!(members(dir.path()).unwrap().is_none());
    }
}
