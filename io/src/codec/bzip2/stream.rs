//! Whole inputs, in order, with all checks.

use super::block::BlockDecoder;
use super::error::{BlockError, Damage, StreamError};
use super::finder::{MarkerKind, marker_at};
use super::header::{STREAM_HEAD_LEN_BYTES, StreamEnd, combine_crc, stream_level};
use super::instructions::Instructions;

/// Decodes streams that lie in memory one after the other.
///
/// It takes what bzip2 1.0.8 takes: streams without blocks, blocks of all levels, blocks that were
/// randomised by old versions, selectors beyond those that a block can need, codes that leave bits
/// without meaning. It refuses what bzip2 refuses. The one choice that differs: what follows a stream and
/// does not begin another one is no error, but [`trailing`](Self::trailing).
///
/// ```
/// # use swath_io::codec::bzip2::StreamDecoder;
/// # fn main() -> Result<(), swath_io::codec::bzip2::StreamError> {
/// // A stream without blocks.
/// let mut decoder = StreamDecoder::new(b"BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0");
/// assert_eq!(decoder.read(&mut [0; 100])?, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct StreamDecoder<'a> {
    input: &'a [u8],
    decoder: BlockDecoder,
    state: State,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// A stream may begin at this byte.
    Between { byte: usize },
    /// A block or the end of the stream begins at this bit.
    Stream { stream: Stream, bit: u64 },
    /// The text of a block is read.
    Text { stream: Stream, end_bit: u64 },
    /// No stream begins at this byte.
    End { byte: usize },
}

#[derive(Debug, Clone, Copy)]
struct Stream {
    max_block_len_bytes: u32,
    /// The checksum of the blocks so far.
    crc: u32,
}

impl<'a> StreamDecoder<'a> {
    /// A decoder that uses the fastest instructions that there are.
    pub fn new(input: &'a [u8]) -> Self {
        Self::with_instructions(input, Instructions::detect())
    }

    /// A decoder that uses these instructions.
    pub fn with_instructions(input: &'a [u8], instructions: Instructions) -> Self {
        let decoder = BlockDecoder::with_instructions(instructions);
        Self { input, decoder, state: State::Between { byte: 0 } }
    }

    /// Writes the next bytes of text and returns their number, which is 0 only at the end of the last stream or
    /// if there is no room.
    ///
    /// # Errors
    /// The input has no stream, is cut off, or is damaged. Then it is the same error again.
    pub fn read(&mut self, out: &mut [u8]) -> Result<usize, StreamError> {
        loop {
            self.state = match self.state {
                State::Between { byte } => self.next_stream(byte)?,
                State::Stream { stream, bit } => self.next_block(stream, bit)?,
                State::Text { stream, end_bit } => match self.decoder.read(out)? {
                    0 if !out.is_empty() => State::Stream { stream, bit: end_bit },
                    len => return Ok(len),
                },
                State::End { .. } => return Ok(0),
            };
        }
    }

    /// Appends all text that is left.
    ///
    /// # Errors
    /// Those of [`read`](Self::read).
    pub fn read_to_end(&mut self, out: &mut Vec<u8>) -> Result<(), StreamError> {
        const STEP_LEN_BYTES: usize = 256 << 10;
        loop {
            let len = out.len();
            out.resize(len + STEP_LEN_BYTES, 0);
            let written = self.read(&mut out[len..]);
            out.truncate(len + *written.as_ref().unwrap_or(&0));
            if written? == 0 {
                return Ok(());
            }
        }
    }

    /// What follows the last stream. Nothing before that is read.
    pub fn trailing(&self) -> &'a [u8] {
        match self.state {
            State::End { byte } => &self.input[byte..],
            _ => &[],
        }
    }

    fn next_stream(&self, byte: usize) -> Result<State, StreamError> {
        let rest = self.input.get(byte..).unwrap_or(&[]);
        let Some(level) = stream_level(rest) else {
            return match rest {
                _ if byte == 0 => Err(StreamError::NoStream),
                // A head that is cut off is no end.
                [_, ..] if b"BZh".starts_with(rest) => {
                    Err(BlockError::Truncated { bit: self.input.len() as u64 * 8 }.into())
                }
                _ => Ok(State::End { byte: byte.min(self.input.len()) }),
            };
        };
        let stream = Stream { max_block_len_bytes: level * 100_000, crc: 0 };
        Ok(State::Stream { stream, bit: (byte + STREAM_HEAD_LEN_BYTES) as u64 * 8 })
    }

    fn next_block(&mut self, mut stream: Stream, bit: u64) -> Result<State, StreamError> {
        if marker_at(self.input, bit) == Some(MarkerKind::StreamEnd) {
            let end = StreamEnd::read(self.input, bit)?;
            if end.crc != stream.crc {
                return Err(StreamError::Checksum { stored: end.crc, computed: stream.crc });
            }
            return Ok(State::Between { byte: end.end_byte });
        }
        let block = self.decoder.decode(self.input, bit)?;
        if block.len_bytes > stream.max_block_len_bytes {
            return Err(BlockError::Damaged { bit: block.end_bit, damage: Damage::TooLong }.into());
        }
        stream.crc = combine_crc(stream.crc, block.crc);
        Ok(State::Text { stream, end_bit: block.end_bit })
    }
}
