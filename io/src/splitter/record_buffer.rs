//! Cuts decoded bytes at record ends.
//!
//! A scanner asks for the bytes at hand, parses as many whole records as there are, and says how far
//! it came; what is left, the seam, stays in front of the bytes that are read next. So a scanner
//! only ever sees whole records, however the reads were cut.

use std::path::Path;

use memchr::memchr;

use crate::codec::Decompressor;
use crate::encoding::{Encoding, TextStream};
use crate::error::{ErrorKind, Location, Result};
use crate::feed::DOUBT_LEN_BYTES;

/// Decoded bytes asked for at once: large enough to amortise a read, small enough for the cache.
const CHUNK_LEN_BYTES: usize = 256 << 10;

/// Room that the stream asks for: that of the longest character.
const LEAST_ROOM_BYTES: usize = 4;

/// A window of decoded bytes that begins at a record.
#[derive(Debug)]
pub struct RecordBuffer {
    stream: TextStream,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    at_end: bool,
    /// Whether the data at hand ends where something of the file is lost.
    cut: bool,
    /// Whether something is lost in front of the first line end.
    head_lost: bool,
    /// Whether the bytes that come next belong to a line that a gap cuts.
    in_cut_line: bool,
    /// Offset of `start` in the decoded text.
    byte_offset: u64,
    /// Lines that end before `start`.
    lines: u64,
    max_record_bytes: usize,
}

impl RecordBuffer {
    /// Begins at the first byte of the stream. No record may be longer than `max_record_bytes`.
    pub fn new(stream: TextStream, max_record_bytes: usize) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            at_end: false,
            cut: false,
            head_lost: false,
            in_cut_line: false,
            byte_offset: 0,
            lines: 0,
            max_record_bytes,
        }
    }

    /// The bytes at hand, from the start of a record on.
    pub fn data(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Whether no bytes will come behind those at hand: at the end of the file, or where something of it is lost.
    pub fn at_end(&self) -> bool {
        self.at_end
    }

    /// Whether the file ends with the bytes at hand.
    pub fn is_whole(&self) -> bool {
        self.at_end && !self.cut
    }

    /// Whether something is lost in front of the first line end: then the bytes at hand begin with a line behind that.
    pub fn is_head_lost(&self) -> bool {
        self.head_lost
    }

    /// Steps over `len` bytes of the data, in which `lines` lines end.
    pub fn consume(&mut self, len: usize, lines: u64) {
        debug_assert!(len <= self.end - self.start);
        self.start += len;
        self.byte_offset += len as u64;
        self.lines += lines;
    }

    /// Reads more bytes behind those at hand, because they do not hold a whole record.
    ///
    /// # Errors
    /// Those of reading and decoding; a record longer than the bound.
    pub fn grow(&mut self) -> Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        // What is decoded may leave less than a character's room at the end of the buffer.
        if self.buffer.len() - self.end < LEAST_ROOM_BYTES {
            if self.end > self.max_record_bytes {
                self.check(DOUBT_LEN_BYTES)?;
                return Err(ErrorKind::RecordTooLong {
                    location: self.location(),
                    max_record_bytes: self.max_record_bytes,
                    may_be_open: false,
                }
                .into());
            }
            // Doubling keeps the work linear for records of any length.
            let len = (self.buffer.len() * 2).max(CHUNK_LEN_BYTES);
            self.buffer.resize(len, 0);
        }
        // Fill what there is room for up to a chunk: many short reads would parse the seam again
        // and again.
        let limit = self.buffer.len().min(self.end + CHUNK_LEN_BYTES);
        while !self.at_end && limit - self.end >= LEAST_ROOM_BYTES {
            match self.stream.read(&mut self.buffer[self.end..limit])? {
                0 if self.stream.at_gap() && memchr(b'\n', self.data()).is_none() => self.pass_lost_head(),
                0 => (self.at_end, self.cut) = (true, self.stream.at_gap()),
                len => self.end += len,
            }
            self.pass_cut_line();
        }
        Ok(())
    }

    /// Reads on, and forgets what it reads, until the codec has checked the bytes at hand, or the file has ended, or so many
    /// bytes have been read.
    ///
    /// # Errors
    /// Those of reading and decoding: damage of what is at hand, or behind it.
    pub(crate) fn check(&mut self, within_bytes: u64) -> Result<()> {
        let read_bytes = self.decompressor().decoded_bytes();
        let mut forgotten = Vec::new();
        while self.decompressor().checked_bytes() < read_bytes
            && self.decompressor().decoded_bytes() - read_bytes < within_bytes
        {
            forgotten.resize(CHUNK_LEN_BYTES, 0);
            if self.stream.read(&mut forgotten)? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Nothing at hand is of use: it is a part of a line, of which the rest is lost.
    fn pass_lost_head(&mut self) {
        self.stream.pass_gap();
        (self.start, self.end) = (0, 0);
        (self.head_lost, self.in_cut_line) = (true, true);
    }

    /// Drops the rest of the line that a gap cuts.
    fn pass_cut_line(&mut self) {
        if self.in_cut_line {
            match memchr(b'\n', &self.buffer[..self.end]) {
                Some(at) => (self.start, self.in_cut_line) = (at + 1, false),
                None => (self.start, self.end) = (0, 0),
            }
        }
    }

    /// Where the data at hand begins.
    pub fn location(&self) -> Location {
        Location { path: self.path().to_owned(), line: self.lines + 1, byte_offset: self.byte_offset }
    }

    /// The encoding of the data.
    pub fn encoding(&self) -> Encoding {
        self.stream.encoding()
    }

    /// The compressed bytes below.
    pub fn decompressor(&self) -> &Decompressor {
        self.stream.decompressor()
    }

    fn path(&self) -> &Path {
        self.stream.decompressor().path()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::notes::Notes;

    #[test]
    fn characters_that_do_not_fit_at_the_end_are_no_end() {
        for padding in 0..8 {
            let text = format!("{}\n{}", "x".repeat(padding), "1,xy€\n".repeat(150_000));
            let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let reader = Box::new(Cursor::new([&b"\xff\xfe"[..], &utf16].concat()));
            let bytes = Decompressor::new(Path::new("x"), reader, None, &Notes::default()).unwrap();
            let mut buffer = RecordBuffer::new(TextStream::new(bytes, Encoding::Utf8).unwrap(), 64 << 20);
            while !buffer.at_end() {
                buffer.grow().unwrap();
            }
            assert!(buffer.data() == text.as_bytes(), "{padding}");
        }
    }
}
