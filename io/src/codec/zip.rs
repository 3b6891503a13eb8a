//! ZIP archives that hold one file (APPNOTE.TXT 6.3.10), read from their start to their end, as a pipe gives them.
//!
//! ```text
//! archive | head of a file | its data | its sums, if the head lacks them | … | directory
//! ```
//!
//! Folders, and what macOS puts beside files, are passed over. An archive of several files is no text that anybody means: it is
//! an error that names two of them. Data is stored as it is, or compressed by deflate; its checksum and its lengths are checked.

use std::io;

use compression_codecs::DecodeV2;
use compression_codecs::core::util::{PartialBuffer, WriteBuffer};
use crc32fast::Hasher;

use super::inflate::Inflate;
use super::member_decoder::MemberDecoder;

pub(super) const MAGIC: &[u8] = b"PK\x03\x04";

/// What stands in front of the directory, or of what describes it.
const DIRECTORY_MAGICS: [&[u8]; 4] = [b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x08"];

/// What may stand in front of sums behind the data.
const SUMS_MAGIC: [u8; 4] = *b"PK\x07\x08";

const MAGIC_LEN_BYTES: usize = 4;
const HEAD_LEN_BYTES: usize = 30;

/// Flags of a head.
const ENCRYPTED: u16 = 1;
const SUMS_BEHIND: u16 = 8;

/// Ways to compress.
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// Lengths that stand in the extra field.
const LONG_LEN: u32 = u32::MAX;
const LONG_LENS_FIELD: u16 = 1;

/// Bytes decoded at once of what does not come out.
const PASSED_LEN_BYTES: usize = 4096;

/// Folder of what macOS puts beside files.
const BESIDE: &str = "__MACOSX/";

/// Decodes the one file of an archive.
#[derive(Debug)]
pub(super) struct ZipDecoder {
    place: Place,
    /// Bytes of a head, or of sums, that have come.
    gathered: Vec<u8>,
    /// The name of the file.
    name: Option<String>,
    /// Whether lengths behind the data at hand have eight bytes.
    is_long: bool,
    /// Of what was decoded of the entry at hand.
    sum: Hasher,
    decoded_bytes: u64,
    compressed_bytes: u64,
}

#[derive(Debug)]
enum Place {
    /// In front of an entry or the directory.
    Head,
    Data(Data),
    /// Behind data whose head has no sums.
    Sums,
    Directory,
}

/// The data of an entry.
#[derive(Debug)]
struct Data {
    form: Form,
    /// What it is to be; nothing if that stands behind it.
    sums: Option<Sums>,
    /// Whether it comes out.
    is_file: bool,
}

#[derive(Debug)]
enum Form {
    /// As it is, and so much of it is left.
    Stored {
        left: u64,
    },
    Deflated(Box<Inflate>),
}

/// What an entry says of its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sums {
    crc: u32,
    compressed_bytes: u64,
    decoded_bytes: u64,
}

/// The head of an entry.
struct Entry {
    name: String,
    method: u16,
    flags: u16,
    sums: Sums,
    /// Whether its lengths may have eight bytes.
    is_long: bool,
}

impl ZipDecoder {
    pub(super) fn new() -> Self {
        Self {
            place: Place::Head,
            gathered: Vec::new(),
            name: None,
            is_long: false,
            sum: Hasher::new(),
            decoded_bytes: 0,
            compressed_bytes: 0,
        }
    }

    /// Takes bytes until there are so many of the head or the sums at hand; whether there are.
    fn gather(&mut self, len: usize, input: &mut PartialBuffer<&[u8]>) -> bool {
        let wanted = len.saturating_sub(self.gathered.len()).min(input.unwritten().len());
        self.gathered.extend_from_slice(&input.unwritten()[..wanted]);
        input.advance(wanted);
        self.gathered.len() >= len
    }

    /// Goes into the next entry, or the directory; `None`: it has not come.
    fn read_head(&mut self, input: &mut PartialBuffer<&[u8]>) -> io::Result<Option<Place>> {
        if !self.gather(MAGIC_LEN_BYTES, input) {
            return Ok(None);
        }
        if DIRECTORY_MAGICS.contains(&&self.gathered[..MAGIC_LEN_BYTES]) {
            return Ok(Some(Place::Directory));
        }
        if self.gathered[..MAGIC_LEN_BYTES] != *MAGIC {
            return Err(damage("there is neither a file nor the directory behind a file"));
        }
        if !self.gather(HEAD_LEN_BYTES, input) {
            return Ok(None);
        }
        let word = |at: usize| usize::from(u16::from_le_bytes([self.gathered[at], self.gathered[at + 1]]));
        if !self.gather(HEAD_LEN_BYTES + word(26) + word(28), input) {
            return Ok(None);
        }
        let entry = Entry::parse(&self.gathered);
        self.gathered.clear();
        self.begin(entry).map(Some)
    }

    /// Goes into an entry.
    fn begin(&mut self, entry: Entry) -> io::Result<Place> {
        self.is_long = entry.is_long;
        let is_file = is_file_name(&entry.name);
        let has_sums = entry.flags & SUMS_BEHIND == 0;
        (self.sum, self.decoded_bytes, self.compressed_bytes) = (Hasher::new(), 0, 0);
        if is_file {
            if let Some(first) = &self.name {
                return Err(damage(holds_several(first, &entry.name)));
            }
            self.name = Some(entry.name.clone());
        }
        if entry.flags & ENCRYPTED != 0 {
            return Err(damage(format!("'{}' is encrypted in the archive", entry.name)));
        }
        let form = match entry.method {
            STORED if has_sums => Form::Stored { left: entry.sums.compressed_bytes },
            DEFLATED => Form::Deflated(Box::new(Inflate::bare())),
            STORED => {
                let what = format!("the archive does not say how long '{}' is before it begins", entry.name);
                return Err(damage(what));
            }
            method => {
                let what =
                    format!("'{}' is not compressed by deflate, but in another way ({method})", entry.name);
                return Err(damage(what));
            }
        };
        Ok(Place::Data(Data { form, sums: has_sums.then_some(entry.sums), is_file }))
    }

    /// What was decoded is what the entry says it is.
    fn check(&self, sums: Sums) -> io::Result<()> {
        let found = Sums {
            crc: self.sum.clone().finalize(),
            compressed_bytes: self.compressed_bytes,
            decoded_bytes: self.decoded_bytes,
        };
        match found {
            found if found == sums => Ok(()),
            found if found.crc == sums.crc => Err(damage("the length does not match")),
            _ => Err(damage("the checksum does not match")),
        }
    }

    /// The sums behind data, of which lengths have four bytes, or eight where they are long; whether they have come.
    fn read_sums(&mut self, input: &mut PartialBuffer<&[u8]>) -> io::Result<bool> {
        if !self.gather(MAGIC_LEN_BYTES, input) {
            return Ok(false);
        }
        let start = if self.gathered.starts_with(&SUMS_MAGIC) { MAGIC_LEN_BYTES } else { 0 };
        let len = if self.is_long { 8 } else { 4 };
        if !self.gather(start + 4 + 2 * len, input) {
            return Ok(false);
        }
        let number = |at: usize, len: usize| little_endian(&self.gathered[start + at..start + at + len]);
        let sums = Sums {
            crc: number(0, 4) as u32,
            compressed_bytes: number(4, len),
            decoded_bytes: number(4 + len, len),
        };
        self.gathered.clear();
        self.check(sums).map(|()| true)
    }

    /// Decodes of the data at hand; whether it goes on.
    fn read_data(
        &mut self,
        input: &mut PartialBuffer<&[u8]>,
        output: &mut WriteBuffer<'_>,
    ) -> io::Result<bool> {
        let Place::Data(data) = &mut self.place else { return Ok(true) };
        let mut passed = [0; PASSED_LEN_BYTES];
        let target = if data.is_file { output.initialize_unwritten() } else { &mut passed[..] };
        let mut source = PartialBuffer::new(input.unwritten());
        let mut decoded = WriteBuffer::new_initialized(target);
        let ended = data.form.decode(&mut source, &mut decoded);
        let (used, written) = (source.written_len(), decoded.written_len());
        self.sum.update(&target[..written]);
        self.compressed_bytes += used as u64;
        self.decoded_bytes += written as u64;
        let (is_file, sums) = (data.is_file, data.sums);
        input.advance(used);
        if is_file {
            output.advance(written);
        }
        if !ended? {
            return Ok((used, written) != (0, 0));
        }
        self.place = match sums {
            None => Place::Sums,
            Some(sums) => {
                self.check(sums)?;
                Place::Head
            }
        };
        Ok(true)
    }
}

impl Form {
    /// Decodes as far as it can; whether the data has ended.
    fn decode(&mut self, input: &mut PartialBuffer<&[u8]>, output: &mut WriteBuffer<'_>) -> io::Result<bool> {
        match self {
            Self::Deflated(inflate) => inflate.decode(input, output),
            Self::Stored { left } => {
                let len = usize::try_from(*left).unwrap_or(usize::MAX).min(input.unwritten().len());
                let mut source = PartialBuffer::new(&input.unwritten()[..len]);
                let copied = output.copy_unwritten_from(&mut source);
                input.advance(copied);
                *left -= copied as u64;
                Ok(*left == 0)
            }
        }
    }
}

impl Entry {
    /// Understands a head that is whole.
    fn parse(head: &[u8]) -> Self {
        let number = |at: usize, len: usize| little_endian(&head[at..at + len]);
        let (name, extra) = head[HEAD_LEN_BYTES..].split_at(number(26, 2) as usize);
        let mut sums =
            Sums { crc: number(14, 4) as u32, compressed_bytes: number(18, 4), decoded_bytes: number(22, 4) };
        let long_lens = long_lens(extra);
        let is_long = long_lens.is_some() || sums.decoded_bytes == u64::from(LONG_LEN);
        let mut long = long_lens.unwrap_or_default().chunks_exact(8).map(little_endian);
        for len in [&mut sums.decoded_bytes, &mut sums.compressed_bytes] {
            if *len == u64::from(LONG_LEN) {
                *len = long.next().unwrap_or(*len);
            }
        }
        Self {
            name: String::from_utf8_lossy(name).into_owned(),
            flags: number(6, 2) as u16,
            method: number(8, 2) as u16,
            sums,
            is_long,
        }
    }
}

/// The part of an extra field with lengths that are long.
fn long_lens(mut extra: &[u8]) -> Option<&[u8]> {
    while let [i0, i1, l0, l1, rest @ ..] = extra {
        let len = usize::from(u16::from_le_bytes([*l0, *l1])).min(rest.len());
        if u16::from_le_bytes([*i0, *i1]) == LONG_LENS_FIELD {
            return Some(&rest[..len]);
        }
        extra = &rest[len..];
    }
    None
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Whether an entry of this name is a file, and neither a folder nor what macOS puts beside one.
pub(super) fn is_file_name(name: &str) -> bool {
    !name.ends_with('/') && !name.starts_with(BESIDE)
}

/// What is wrong with an archive of several files.
pub(super) fn holds_several(first: &str, second: &str) -> String {
    format!("the archive holds several files, as '{first}' and '{second}'")
}

pub(super) fn damage(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

impl MemberDecoder for ZipDecoder {
    fn may_end(&self) -> bool {
        matches!(self.place, Place::Directory)
    }
}

impl DecodeV2 for ZipDecoder {
    fn reinit(&mut self) -> io::Result<()> {
        *self = Self::new();
        Ok(())
    }

    fn decode(&mut self, input: &mut PartialBuffer<&[u8]>, output: &mut WriteBuffer<'_>) -> io::Result<bool> {
        loop {
            let goes_on = match &mut self.place {
                Place::Head => match self.read_head(input)? {
                    None => false,
                    Some(place) => {
                        self.place = place;
                        true
                    }
                },
                Place::Data(_) => self.read_data(input, output)?,
                Place::Sums => {
                    let are_right = self.read_sums(input)?;
                    if are_right {
                        self.place = Place::Head;
                    }
                    are_right
                }
                Place::Directory => {
                    input.advance(input.unwritten().len());
                    false
                }
            };
            if !goes_on {
                return Ok(false);
            }
        }
    }

    fn flush(&mut self, _output: &mut WriteBuffer<'_>) -> io::Result<bool> {
        Ok(true)
    }

    fn finish(&mut self, _output: &mut WriteBuffer<'_>) -> io::Result<bool> {
        Ok(self.may_end())
    }
}
