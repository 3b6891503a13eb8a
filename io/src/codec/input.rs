//! A window on the compressed bytes of a file.

use std::fmt;
use std::io::{self, Read};

/// Compressed bytes read at once: large enough that system calls cost nothing beside decoding.
const INPUT_LEN_BYTES: usize = 256 << 10;

/// Compressed bytes that were read and not used yet.
pub(crate) struct Input {
    reader: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    offset_bytes: u64,
    at_end: bool,
    /// Bytes that stay when they are used, so that one can go back to them.
    kept_len_bytes: usize,
}

impl Input {
    pub(crate) fn new(reader: Box<dyn Read + Send>) -> Self {
        Self {
            reader,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            offset_bytes: 0,
            at_end: false,
            kept_len_bytes: 0,
        }
    }

    /// Keeps so many bytes from now on when they are used, or all that there are if they are fewer.
    pub(super) fn keep(&mut self, len_bytes: usize) {
        self.kept_len_bytes = len_bytes;
    }

    /// Goes to a byte of the file that is available or kept; if it is not, to the nearest that is.
    pub(super) fn go_to(&mut self, offset_bytes: u64) {
        let first = self.offset_bytes - self.start as u64;
        self.start = usize::try_from(offset_bytes.saturating_sub(first)).unwrap_or(usize::MAX).min(self.end);
        self.offset_bytes = first + self.start as u64;
    }

    /// Uses up zeros, until at least `len` bytes are available behind them or the end is met.
    pub(super) fn pass_zeros(&mut self, len: usize) -> io::Result<()> {
        loop {
            self.fill_to(len)?;
            match self.available().iter().take_while(|byte| **byte == 0).count() {
                0 => return Ok(()),
                zeros => self.consume(zeros),
            }
        }
    }

    /// Reads from another reader, whose first byte has this offset.
    pub(crate) fn restart(&mut self, reader: Box<dyn Read + Send>, offset_bytes: u64) {
        (self.reader, self.offset_bytes) = (reader, offset_bytes);
        (self.start, self.end, self.at_end) = (0, 0, false);
    }

    pub(super) fn available(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Whether nothing will come behind what is available.
    pub(super) fn at_end(&self) -> bool {
        self.at_end
    }

    /// Where in the file the next byte stands.
    pub(super) fn offset_bytes(&self) -> u64 {
        self.offset_bytes
    }

    pub(super) fn consume(&mut self, len: usize) {
        self.start += len;
        self.offset_bytes += len as u64;
    }

    /// Reads more bytes behind those available, in a larger window if none is left; at the end there are none.
    pub(super) fn refill(&mut self) -> io::Result<()> {
        let unneeded = self.start.saturating_sub(self.kept_len_bytes);
        self.buffer.copy_within(unneeded..self.end, 0);
        self.end -= unneeded;
        self.start -= unneeded;
        if self.end == self.buffer.len() {
            self.buffer.resize(self.end + INPUT_LEN_BYTES, 0);
        }
        while !self.at_end && self.end < self.buffer.len() {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.at_end = true,
                Ok(len) => {
                    self.end += len;
                    break;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Makes at least `len` bytes available, fewer only at the end.
    pub(super) fn fill_to(&mut self, len: usize) -> io::Result<()> {
        while self.available().len() < len && !self.at_end {
            self.refill()?;
        }
        Ok(())
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let available = self.end - self.start;
        f.debug_struct("Input")
            .field("offset_bytes", &self.offset_bytes)
            .field("available", &available)
            .finish()
    }
}
