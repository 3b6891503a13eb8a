//! DEFLATE (RFC 1951), decoded from any pieces of input into any pieces of output.

use super::bits::{BitReader, HeldBits};
use super::code_lengths::CodeLengths;
use super::cpu::Cpu;
use super::error::Damage;
use super::fast::{self, Decoded, Exit, Output};
use super::finder::BlockStart;
use super::tables::{Litlen, Tables};

/// Decoded bytes that a match may reach back.
pub const HISTORY_LEN_BYTES: usize = 32 << 10;

/// Bits that a length with its distance may take: two codes of 15 bits, 5 and 13 extra bits.
const MAX_MATCH_BITS: u32 = 48;

/// Decodes one DEFLATE stream straight into the caller's buffer, in constant memory.
///
/// The buffer holds what was decoded before, its last 32 KiB at least, in front of the position that is written to. A
/// caller who begins a new buffer copies these 32 KiB to its front first; nothing is copied otherwise.
///
/// ```text
///  buffer:  [ 32 KiB of history | decoded now ........... | room ]
///                                                         ^ at
/// ```
#[derive(Debug)]
pub struct Inflater {
    cpu: Cpu,
    held: HeldBits,
    state: State,
    /// Whether the block at hand is the last one.
    last_block: bool,
    /// Bytes in front of the position that belong to this stream, as far as a match may reach.
    history: usize,
    lengths: CodeLengths,
    tables: Box<Tables>,
}

/// Where in the stream decoding stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a block.
    Block,
    /// Before the length of a stored block.
    StoredLength,
    /// So many bytes of a stored block are left.
    Stored(usize),
    /// In the lengths of a block's codes.
    CodeLengths,
    /// Before a symbol.
    Symbol,
    /// So many bytes of a match at this distance are left.
    Match { length: usize, distance: usize },
    /// Behind the last block.
    End,
}

/// How far one call came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of input used. Those left must be in front of the next input.
    pub consumed: usize,
    /// Bytes written to the buffer.
    pub written: usize,
    /// Why the call returned.
    pub state: Pause,
}

/// Why decoding paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// All input is used. At the end of the input this means that it is cut short.
    NeedsInput,
    /// The buffer is full.
    OutputFull,
    /// A block begins at or behind the place where decoding should pause.
    Block,
    /// A member has ended whose checksum is not known yet: that of a piece decoded elsewhere is outstanding.
    Checksum,
    /// The stream has ended. Input behind it is not used.
    End,
}

/// Damage, and how far decoding came before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{damage}")]
pub struct InflateError {
    /// What is wrong.
    pub damage: Damage,
    /// Bytes of input used.
    pub consumed: usize,
    /// Bytes written to the buffer.
    pub written: usize,
}

/// How far to decode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// To the end of the stream.
    End,
    /// To the next block, or to the end.
    Block,
}

impl Inflater {
    /// At the start of a stream.
    pub fn new(cpu: Cpu) -> Self {
        Self {
            cpu,
            held: HeldBits::default(),
            state: State::Block,
            last_block: false,
            history: 0,
            lengths: CodeLengths::new(),
            tables: Tables::new(),
        }
    }

    /// Goes to the start of another stream.
    pub fn reset(&mut self) {
        self.held = HeldBits::default();
        self.state = State::Block;
        self.history = 0;
    }

    /// Goes to a block in the middle of a stream, or to the length of a stored block, after bits of a byte that it begins in.
    ///
    /// In front of the position then stand `history_len` bytes of the stream.
    fn restart(&mut self, held: HeldBits, stored: bool, history_len: usize) {
        self.held = held;
        self.state = if stored { State::StoredLength } else { State::Block };
        self.last_block = false;
        self.history = history_len;
    }

    /// Goes to a block: `byte` is the one that it begins in, unless it begins with a byte.
    pub(super) fn restart_at(&mut self, start: BlockStart, byte: u8, history_len: usize) {
        let skip = (start.bit % 8) as u32;
        let held = if skip == 0 { HeldBits::default() } else { HeldBits::of_byte(byte, skip) };
        self.restart(held, start.stored, history_len);
    }

    /// If a block comes next, how many bits of it are among the input used.
    pub(super) fn held_bits_before_block(&self) -> Option<u32> {
        (self.state == State::Block).then_some(self.held.len())
    }

    /// Decodes from `input` into `buffer` from `at` on, until one of them is used up or the stream ends.
    ///
    /// Input that is used up and output that is full need not be so at any particular place: the next call goes on.
    /// In front of `at` stand the last bytes of the stream, 32 KiB or all that there are.
    ///
    /// # Errors
    /// The stream is damaged: exactly what zlib refuses.
    ///
    /// # Panics
    /// `at` lies outside the buffer, or fewer bytes are in front of it than were decoded.
    pub fn inflate(&mut self, input: &[u8], buffer: &mut [u8], at: usize) -> Result<Progress, InflateError> {
        let pause = buffer.len();
        self.run(input, buffer, at, pause, Until::End)
    }

    /// Like [`Inflater::inflate`], for any kind of decoded bytes; may return soon after `pause` although there is room.
    pub(super) fn run<T: Decoded>(
        &mut self,
        input: &[u8],
        buffer: &mut [T],
        at: usize,
        pause: usize,
        until: Until,
    ) -> Result<Progress, InflateError> {
        assert!(at <= buffer.len() && self.history <= at, "the history stands in front of the position");
        let mut reader = BitReader::new(self.held, input);
        let mut output = Output { buffer, at, floor: at - self.history, pause };
        let outcome = self.decode(&mut reader, &mut output, until);
        let (held, consumed) = match outcome {
            Ok(Pause::NeedsInput) => reader.finish_starved(),
            _ => reader.finish(),
        };
        self.held = held;
        let written = output.at - at;
        self.history = (self.history + written).min(HISTORY_LEN_BYTES);
        match outcome {
            Ok(state) => Ok(Progress { consumed, written, state }),
            Err(damage) => Err(InflateError { damage, consumed, written }),
        }
    }

    fn decode<T: Decoded>(
        &mut self,
        reader: &mut BitReader<'_>,
        output: &mut Output<'_, T>,
        until: Until,
    ) -> Result<Pause, Damage> {
        loop {
            let pause = match self.state {
                State::Block => self.begin_block(reader)?,
                State::StoredLength => self.read_stored_length(reader)?,
                State::Stored(left) => self.copy_stored(left, reader, output),
                State::CodeLengths => self.read_code_lengths(reader)?,
                State::Symbol => self.decode_symbols(reader, output)?,
                State::Match { length, distance } => self.copy_match(length, distance, output),
                State::End => {
                    reader.align();
                    Some(Pause::End)
                }
            };
            if let Some(pause) = pause {
                return Ok(pause);
            }
            if until == Until::Block && self.state == State::Block {
                return Ok(Pause::Block);
            }
        }
    }

    fn begin_block(&mut self, reader: &mut BitReader<'_>) -> Result<Option<Pause>, Damage> {
        if !reader.has(3) {
            return Ok(Some(Pause::NeedsInput));
        }
        self.last_block = reader.take(1) == 1;
        self.state = match reader.take(2) {
            0 => {
                reader.align();
                State::StoredLength
            }
            1 => {
                self.tables.build_fixed();
                State::Symbol
            }
            2 => {
                self.lengths.restart();
                State::CodeLengths
            }
            _ => return Err(Damage::BlockType),
        };
        Ok(None)
    }

    fn end_block(&mut self) {
        self.state = if self.last_block { State::End } else { State::Block };
    }

    fn read_stored_length(&mut self, reader: &mut BitReader<'_>) -> Result<Option<Pause>, Damage> {
        if !reader.has(32) {
            return Ok(Some(Pause::NeedsInput));
        }
        let length = reader.take(16);
        if reader.take(16) != !length & 0xffff {
            return Err(Damage::StoredLength);
        }
        reader.give_back();
        self.state = State::Stored(length as usize);
        Ok(None)
    }

    fn copy_stored<T: Decoded>(
        &mut self,
        left: usize,
        reader: &mut BitReader<'_>,
        output: &mut Output<'_, T>,
    ) -> Option<Pause> {
        let room = output.buffer.len() - output.at;
        let bytes = reader.take_bytes(left.min(room));
        for (place, byte) in output.buffer[output.at..].iter_mut().zip(bytes) {
            *place = T::literal(*byte);
        }
        output.at += bytes.len();
        if bytes.len() == left {
            self.end_block();
            return None;
        }
        self.state = State::Stored(left - bytes.len());
        Some(if bytes.len() == room { Pause::OutputFull } else { Pause::NeedsInput })
    }

    fn read_code_lengths(&mut self, reader: &mut BitReader<'_>) -> Result<Option<Pause>, Damage> {
        let Some(lens) = self.lengths.read(reader)? else {
            return Ok(Some(Pause::NeedsInput));
        };
        self.tables.build(lens)?;
        self.state = State::Symbol;
        Ok(None)
    }

    /// Decodes symbols: fast where it can be, else one by one.
    fn decode_symbols<T: Decoded>(
        &mut self,
        reader: &mut BitReader<'_>,
        output: &mut Output<'_, T>,
    ) -> Result<Option<Pause>, Damage> {
        while self.state == State::Symbol {
            if fast::decode(self.cpu, &self.tables, reader, output)? == Exit::EndOfBlock {
                self.end_block();
                break;
            }
            if output.pause < output.buffer.len() && output.at >= output.pause {
                return Ok(Some(Pause::OutputFull));
            }
            if let Some(pause) = self.decode_symbol(reader, output)? {
                return Ok(Some(pause));
            }
        }
        Ok(None)
    }

    /// Decodes one symbol, with its distance if it is a length. Uses no bit of it if bits are lacking.
    fn decode_symbol<T: Decoded>(
        &mut self,
        reader: &mut BitReader<'_>,
        output: &mut Output<'_, T>,
    ) -> Result<Option<Pause>, Damage> {
        reader.refill();
        // What seems to be no code may be one whose last bits are lacking.
        let starved = reader.len() < MAX_MATCH_BITS;
        let (symbol, used) = match self.tables.symbol(reader.peek()) {
            Some(found) if found.1 <= reader.len() => found,
            _ if starved => return Ok(Some(Pause::NeedsInput)),
            _ => return Err(Damage::Litlen),
        };
        match symbol {
            Litlen::EndOfBlock => {
                reader.consume(used);
                self.end_block();
            }
            _ if output.at == output.buffer.len() => return Ok(Some(Pause::OutputFull)),
            Litlen::Literal(byte) => {
                reader.consume(used);
                output.buffer[output.at] = T::literal(byte);
                output.at += 1;
            }
            Litlen::Length(length) => {
                let (distance, used) = match self.tables.distance(reader.peek() >> used) {
                    Some((distance, more)) if used + more <= reader.len() => (distance, used + more),
                    _ if starved => return Ok(Some(Pause::NeedsInput)),
                    _ => return Err(Damage::Distance),
                };
                if distance > output.at - output.floor {
                    return Err(Damage::DistanceTooFar);
                }
                reader.consume(used);
                self.state = State::Match { length, distance };
                return Ok(self.copy_match(length, distance, output));
            }
        }
        Ok(None)
    }

    /// Copies what there is room for of a match, one by one.
    fn copy_match<T: Decoded>(
        &mut self,
        length: usize,
        distance: usize,
        output: &mut Output<'_, T>,
    ) -> Option<Pause> {
        let end = output.buffer.len().min(output.at + length);
        for at in output.at..end {
            output.buffer[at] = output.buffer[at - distance];
        }
        let left = length - (end - output.at);
        output.at = end;
        if left == 0 {
            self.state = State::Symbol;
            return None;
        }
        self.state = State::Match { length: left, distance };
        Some(Pause::OutputFull)
    }
}
