//! Files that hold no text: archives, workbooks, databases, told by how they begin.

use std::fs::{self, File};
use std::io::Read;

use crate::error::{Error, ErrorKind, Result};
use crate::options::CsvOptions;
use crate::scanner::infer::read_head;
use crate::source::SourceFile;

/// What is no text, and what to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Other {
    /// What it is, with its article: "a ZIP archive".
    pub(crate) name: &'static str,
    /// What to try.
    pub(crate) hint: &'static str,
}

const UNPACK: &str = "take the files out of it first";
const SEVEN: &str = "take the files out of it first, or pipe one in, as '-': 7z x -so FILE";
const ZIP: &str =
    "it was packed twice, or compression = 'none' is set: an archive of one file is read as it is";
const TAR: &str = "take the files out of it first, or pipe one in, as '-': tar -xOf FILE";
const COLUMNAR: &str =
    "only text is read: CSV, JSON and lines; write it as CSV with the program that made it";
const PARQUET: &str = "read_parquet('…') reads it, if it is a file that is not compressed as a whole";
const DATABASE: &str = "only text is read: write the table as CSV first, as in sqlite3 -csv FILE 'SELECT …'";
const WORKBOOK: &str = "save the sheet as CSV first";
const FINDER: &str =
    "leave it out: globs pass over names that begin with a dot, if they do not begin so themselves";
const DOCUMENT: &str = "only text is read: CSV, JSON and lines";
const PAGE: &str =
    "a download that failed often leaves such a page: look at it; read_text('…') reads its lines";
const CODEC: &str = "decompress it first: gzip, bzip2, Zstandard, xz, LZ4, LZMA, lzip, compress, zlib and ZIP are read as they are";
const TWICE: &str =
    "it was compressed twice, or compression = 'none' is set: swath decompress takes one layer off";

/// What to do with files that hold others.
const PACKED: [&str; 3] = [UNPACK, SEVEN, CODEC];

/// How files begin that are no text. A word that could begin a text has what follows it, too.
const KINDS: [(&[u8], Other); 26] = [
    (b"PK\x03\x04", Other { name: "a ZIP archive", hint: ZIP }),
    (b"7z\xbc\xaf\x27\x1c", Other { name: "a 7z archive", hint: SEVEN }),
    (b"Rar!\x1a\x07", Other { name: "a RAR archive", hint: UNPACK }),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Other { name: "an Excel workbook", hint: WORKBOOK }),
    (b"PAR1\x15", Other { name: "Parquet", hint: PARQUET }),
    (b"ARROW1\0\0", Other { name: "Arrow", hint: COLUMNAR }),
    (b"Obj\x01", Other { name: "Avro", hint: COLUMNAR }),
    (b"\x89HDF\r\n\x1a\n", Other { name: "HDF5", hint: COLUMNAR }),
    (b"SQLite format 3\0", Other { name: "an SQLite database", hint: DATABASE }),
    (b"%PDF-", Other { name: "a PDF document", hint: DOCUMENT }),
    (b"\x89PNG\r\n\x1a\n", Other { name: "a picture", hint: DOCUMENT }),
    (b"\xff\xd8\xff", Other { name: "a picture", hint: DOCUMENT }),
    (b"GIF8", Other { name: "a picture", hint: DOCUMENT }),
    (b"\x93NUMPY", Other { name: "an array of NumPy", hint: COLUMNAR }),
    (b"\x80\x04\x95", Other { name: "a pickle of Python", hint: COLUMNAR }),
    (b"\0\x05\x16\x07\0", Other { name: "what a Mac notes of another file (AppleDouble)", hint: FINDER }),
    (b"\0\0\0\x01Bud1", Other { name: "what a Mac notes of a folder (.DS_Store)", hint: FINDER }),
    (b"\x7fELF", Other { name: "a program", hint: DOCUMENT }),
    (b"\xff\x06\0\0sNaPpY", Other { name: "data compressed with Snappy", hint: CODEC }),
    (b"\x1f\x9d", Other { name: "data compressed with compress", hint: TWICE }),
    (b"LZIP\x01", Other { name: "data compressed with lzip", hint: TWICE }),
    (b"\x1f\x8b\x08", Other { name: "data compressed with gzip", hint: TWICE }),
    (b"\x28\xb5\x2f\xfd", Other { name: "data compressed with Zstandard", hint: TWICE }),
    (b"\xfd7zXZ\0", Other { name: "data compressed with xz", hint: TWICE }),
    (b"BZh91AY&SY", Other { name: "data compressed with bzip2", hint: TWICE }),
    (b"\x04\x22\x4d\x18", Other { name: "data compressed with LZ4", hint: TWICE }),
];

/// Where in a tar archive the word stands that all of them have.
const TAR_WORD_AT: usize = 257;
/// Where in a ZIP archive the name of a first part may stand.
pub(crate) const ZIP_HEAD_LEN_BYTES: usize = 4096;

/// What the decoded head of a file is that is no text; `None`: nothing that is known.
pub(crate) fn other_kind(head: &[u8]) -> Option<Other> {
    let starts = |word: &[u8]| head.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    if let Some(workbook) = workbook(head) {
        return Some(workbook);
    }
    if head.get(TAR_WORD_AT..).is_some_and(|rest| rest.starts_with(b"ustar")) {
        return Some(Other { name: "a tar archive", hint: TAR });
    }
    if starts(b"<!DOCTYPE html") || starts(b"<html") {
        return Some(Other { name: "a page of HTML", hint: PAGE });
    }
    KINDS.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, other)| *other)
}

/// What an archive is that begins with these bytes, if it is a workbook.
pub(crate) fn workbook(head: &[u8]) -> Option<Other> {
    let is_workbook =
        head.starts_with(b"PK\x03\x04") && has(&head[..head.len().min(ZIP_HEAD_LEN_BYTES)], b"xl/");
    is_workbook.then_some(Other { name: "an Excel workbook", hint: WORKBOOK })
}

/// What the first bytes of a file show that is compressed, but by no codec of ours.
pub(crate) fn compressed_otherwise(head: &[u8]) -> Option<Other> {
    other_kind(head).filter(|other| other.hint == CODEC)
}

fn has(text: &[u8], word: &[u8]) -> bool {
    memchr::memmem::find(text, word).is_some()
}

/// Looks at the head of a file, and refuses it if it holds no text.
///
/// # Errors
/// It is known to hold something else; those of opening and decoding.
pub fn refuse_no_text(file: &SourceFile) -> Result<()> {
    refuse_other_kind(file, &read_head(file, &CsvOptions::default())?.text)
}

/// Looks at the first bytes of a file as they are, and refuses it if it is compressed or packed in a way that is not undone: an
/// archive, or data of another codec. What is piped in is not looked at.
///
/// # Errors
/// It is; it cannot be read.
pub fn refuse_packed(file: &SourceFile) -> Result<()> {
    let failed = |error| Error::io(&file.path, "open", error);
    if !fs::metadata(&file.path).is_ok_and(|found| found.is_file()) {
        return Ok(());
    }
    let mut head = Vec::new();
    File::open(&file.path)
        .and_then(|opened| opened.take(ZIP_HEAD_LEN_BYTES as u64).read_to_end(&mut head))
        .map_err(failed)?;
    let is_packed = other_kind(&head).is_some_and(|other| PACKED.contains(&other.hint));
    if is_packed { refuse_other_kind(file, &head) } else { Ok(()) }
}

/// Refuses a file whose head shows that it holds no text.
pub(crate) fn refuse_other_kind(file: &SourceFile, head: &[u8]) -> Result<()> {
    match other_kind(head) {
        Some(other) => {
            Err(ErrorKind::NoText { path: file.path.clone(), found: other.name, hint: other.hint }.into())
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text() {
        let mut tar = vec![0; 512];
        tar[TAR_WORD_AT..TAR_WORD_AT + 5].copy_from_slice(b"ustar");
        for (head, expected) in [
            (b"PK\x03\x04\x14\0\0\0\0\0a.csv".as_slice(), Some("a ZIP archive")),
            (b"PK\x03\x04\x14\0\0\0\0\0xl/workbook.xml", Some("an Excel workbook")),
            (b"PAR1\x15\x04", Some("Parquet")),
            (b"\0\x05\x16\x07\0\x02\0\0Mac OS X", Some("what a Mac notes of another file (AppleDouble)")),
            (b"<!doctype HTML>\n<html>", Some("a page of HTML")),
            (&tar, Some("a tar archive")),
            (b"\x1f\x8b\x08\0", Some("data compressed with gzip")),
            (b"PK,name\n1,x\n", None),
            (b"PAR1,PAR2\n1,x\n", None),
            (b"", None),
        ] {
            assert_eq!(other_kind(head).map(|other| other.name), expected, "{head:?}");
        }
    }
}
