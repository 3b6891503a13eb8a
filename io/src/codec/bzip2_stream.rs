//! bzip2, decoded from one place of a file to another, block by block.

use std::io;
use std::path::Path;

use super::bzip2::{
    BlockDecoder, BlockEnd, BlockError, Damage, STREAM_HEAD_LEN_BYTES, StreamEnd, StreamError, combine_crc,
    is_stream_end, stream_level,
};
use super::input::Input;
use super::members::starts_member;
use super::{Codec, MAGIC_LEN_BYTES};
use crate::error::Error;

/// Compressed bytes that most blocks have fewer of. A block that is cut off by the end of what was read is decoded
/// twice.
pub(crate) const MOST_BLOCKS_LEN_BYTES: usize = 384 << 10;

/// Compressed bytes that are read in addition for a block that turned out to be longer.
pub(super) const MORE_LEN_BYTES: usize = 512 << 10;

/// Decodes the streams of a file in order, from its head or any block on.
///
/// What can be known only with all blocks of a stream, its level and its checksum, is left as [`Part`]s, to be
/// put together by [`Sums`].
#[derive(Debug)]
pub(crate) struct Bzip2Stream {
    blocks: BlockDecoder,
    place: Place,
    /// The bit of the next byte of input at which the place is.
    bit: u8,
    /// The bit of the file from which on the start of a block is the end of all that is read.
    stop_bit: u64,
    /// The byte of the file at which the block begins that is read.
    block_offset_bytes: u64,
    parts: Vec<Part>,
    /// Bytes that were given, and those of them in blocks whose checksum holds, since the last [`Self::go_to`].
    decoded_bytes: u64,
    checked_bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the head of the file.
    Head,
    /// Behind a stream.
    Between,
    /// In a stream, in front of a block or the end of the stream.
    Stream,
    /// In the text of a block.
    Text,
    /// Nothing more is read.
    End(Bzip2End),
}

/// Where reading has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bzip2End {
    /// Where it should: a block or the end of a stream begins at this bit of the file.
    Stop { next_bit: u64 },
    /// At the end of the last stream; perhaps something follows that is none, at this byte of the file.
    File { trailing_offset_bytes: Option<u64> },
}

/// What was passed in a file, as far as it concerns whole streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// A stream begins, of this level.
    Start { level: u32 },
    /// A block, which begins at this byte of the file.
    Block { crc: u32, len_bytes: u32, offset_bytes: u64 },
    /// A stream ends at this byte of the file, and has this checksum.
    End { crc: u32, offset_bytes: u64 },
}

/// What is known of the stream at a place of a file.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    max_block_len_bytes: u32,
    crc: u32,
}

impl Sums {
    /// Takes the next part of the file.
    ///
    /// # Errors
    /// A block is too long for the level, or the checksum of a stream is not that of its blocks.
    pub(crate) fn add(&mut self, part: Part) -> Result<(), Failure> {
        match part {
            Part::Start { level } => *self = Self { max_block_len_bytes: level * 100_000, crc: 0 },
            Part::Block { len_bytes, offset_bytes, .. } if len_bytes > self.max_block_len_bytes => {
                return Err(Failure::damaged(offset_bytes, &Damage::TooLong));
            }
            Part::Block { crc, .. } => self.crc = combine_crc(self.crc, crc),
            Part::End { crc, offset_bytes } if crc != self.crc => {
                let damage = StreamError::Checksum { stored: crc, computed: self.crc };
                return Err(Failure::damaged(offset_bytes, &damage));
            }
            Part::End { .. } => {}
        }
        Ok(())
    }
}

/// Why there are no more bytes.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The compressed bytes cannot be read.
    Read(io::Error),
    /// They end too early, at this byte of the file.
    Truncated { offset_bytes: u64 },
    /// They are not what they should be, in front of this byte of the file.
    Damaged { offset_bytes: u64, what: String },
}

impl Failure {
    fn damaged(offset_bytes: u64, damage: &dyn std::error::Error) -> Self {
        Self::Damaged { offset_bytes, what: damage.to_string() }
    }

    /// The error of the file that it happened in, behind so many decoded bytes.
    pub(crate) fn into_error(self, path: &Path, decoded_bytes: u64) -> Error {
        let codec = Codec::Bzip2;
        match self {
            Self::Read(error) => Error::io(path, "read", error),
            Self::Truncated { offset_bytes } => Error::truncated(path, codec, offset_bytes, decoded_bytes),
            Self::Damaged { offset_bytes, what } => {
                let source = io::Error::new(io::ErrorKind::InvalidData, what);
                Error::corrupt(path, codec, offset_bytes, decoded_bytes, source)
            }
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

impl Bzip2Stream {
    /// Reads from the head of a file to its end.
    pub(crate) fn new() -> Self {
        Self {
            blocks: BlockDecoder::new(),
            place: Place::Head,
            bit: 0,
            stop_bit: u64::MAX,
            block_offset_bytes: 0,
            parts: Vec::new(),
            decoded_bytes: 0,
            checked_bytes: 0,
        }
    }

    /// Goes to a bit of the file, at which a block or the end of a stream begins, or to the head of the file. The input is to
    /// begin with the byte of that bit. Reading ends with the first block or stream that ends at or behind `stop_bit`.
    pub(crate) fn go_to(&mut self, start_bit: u64, stop_bit: u64) {
        self.place = if start_bit == 0 { Place::Head } else { Place::Stream };
        self.bit = (start_bit % 8) as u8;
        self.stop_bit = stop_bit;
        self.parts.clear();
        (self.decoded_bytes, self.checked_bytes) = (0, 0);
    }

    /// Bytes given since it went to where it began.
    pub(crate) fn decoded_bytes(&self) -> u64 {
        self.decoded_bytes
    }

    /// Those of them that are in blocks whose checksum holds.
    pub(crate) fn checked_bytes(&self) -> u64 {
        self.checked_bytes
    }

    /// Where reading has ended, if it has.
    pub(crate) fn end(&self) -> Option<Bzip2End> {
        match self.place {
            Place::End(end) => Some(end),
            _ => None,
        }
    }

    /// What was passed since the last call.
    pub(crate) fn take_parts(&mut self) -> Vec<Part> {
        std::mem::take(&mut self.parts)
    }

    /// Decodes the next bytes; 0 only at the end, or if there is no room.
    ///
    /// # Errors
    /// The input cannot be read, ends too early, or is damaged.
    pub(crate) fn read(&mut self, input: &mut Input, out: &mut [u8]) -> Result<usize, Failure> {
        loop {
            self.place = match self.place {
                Place::Head | Place::Between => self.next_stream(input)?,
                Place::Stream => self.next_block(input)?,
                Place::Text => match self.blocks.read(out).map_err(|error| self.failed(input, error))? {
                    0 if !out.is_empty() => {
                        self.checked_bytes = self.decoded_bytes;
                        Place::Stream
                    }
                    len => {
                        self.decoded_bytes += len as u64;
                        if len < out.len() {
                            // The block has ended, and its checksum holds.
                            self.checked_bytes = self.decoded_bytes;
                        }
                        return Ok(len);
                    }
                },
                Place::End(_) => return Ok(0),
            };
        }
    }

    /// Passes what is between streams, and the head of the next one.
    fn next_stream(&mut self, input: &mut Input) -> Result<Place, Failure> {
        loop {
            input.fill_to(MAGIC_LEN_BYTES)?;
            let zeros = input.available().iter().take_while(|byte| **byte == 0).count();
            if zeros == 0 || self.place == Place::Head {
                break;
            }
            input.consume(zeros);
        }
        let (offset_bytes, available) = (input.offset_bytes(), input.available());
        if available.is_empty() {
            return Ok(Place::End(Bzip2End::File { trailing_offset_bytes: None }));
        }
        if self.place == Place::Between && !starts_member(Codec::Bzip2, available) {
            return Ok(Place::End(Bzip2End::File { trailing_offset_bytes: Some(offset_bytes) }));
        }
        let Some(level) = stream_level(available) else {
            return Err(match available.len() < STREAM_HEAD_LEN_BYTES {
                true => Failure::Truncated { offset_bytes: offset_bytes + available.len() as u64 },
                false => Failure::damaged(offset_bytes, &StreamError::NoStream),
            });
        };
        input.consume(STREAM_HEAD_LEN_BYTES);
        self.bit = 0;
        self.parts.push(Part::Start { level });
        Ok(Place::Stream)
    }

    /// Decodes the next block, up to its text, or passes the end of the stream.
    fn next_block(&mut self, input: &mut Input) -> Result<Place, Failure> {
        let bit = u64::from(self.bit);
        let at_bit = 8 * input.offset_bytes() + bit;
        if at_bit >= self.stop_bit {
            return Ok(Place::End(Bzip2End::Stop { next_bit: at_bit }));
        }
        self.block_offset_bytes = input.offset_bytes();
        let mut wanted = MOST_BLOCKS_LEN_BYTES;
        loop {
            input.fill_to(wanted)?;
            let available = input.available();
            let passed = if is_stream_end(available, bit) {
                StreamEnd::read(available, bit).map(|end| (8 * end.end_byte as u64, Err(end.crc)))
            } else {
                self.blocks.decode(available, bit).map(|end| (end.end_bit, Ok(end)))
            };
            match passed {
                Err(BlockError::Truncated { .. }) if !input.at_end() => {
                    wanted = available.len() + MORE_LEN_BYTES;
                }
                Err(error) => return Err(self.failed(input, error)),
                Ok((end_bit, passed)) => {
                    input.consume((end_bit / 8) as usize);
                    self.bit = (end_bit % 8) as u8;
                    return Ok(self.pass(passed, input.offset_bytes()));
                }
            }
        }
    }

    /// Keeps what was passed: a block, or the end of a stream with its checksum.
    fn pass(&mut self, passed: Result<BlockEnd, u32>, end_offset_bytes: u64) -> Place {
        match passed {
            Ok(BlockEnd { crc, len_bytes, .. }) => {
                let offset_bytes = self.block_offset_bytes;
                self.parts.push(Part::Block { crc, len_bytes, offset_bytes });
                Place::Text
            }
            Err(crc) => {
                self.parts.push(Part::End { crc, offset_bytes: end_offset_bytes });
                Place::Between
            }
        }
    }

    /// What an error of the block means for the file. Bits of it are counted from where the block begins.
    fn failed(&self, input: &Input, error: BlockError) -> Failure {
        match error {
            BlockError::Truncated { .. } => {
                Failure::Truncated { offset_bytes: input.offset_bytes() + input.available().len() as u64 }
            }
            BlockError::Damaged { bit, damage } => {
                let start = self.block_offset_bytes;
                let what = format!("{damage}, in the block at compressed byte {start}");
                Failure::Damaged { offset_bytes: start + bit / 8, what }
            }
        }
    }
}
