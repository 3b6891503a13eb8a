//! A piece of a DEFLATE stream, decoded before what stands in front of it is known.

use super::cpu::Cpu;
use super::error::Damage;
use super::fast::Decoded;
use super::finder::{BlockStart, find_block, find_flush, start_at};
use super::inflate::{HISTORY_LEN_BYTES, Inflater, Pause, Until};
use super::marker::{Resolver, all_known, narrow, unknown_history};

/// Places that are decoded to before it is looked whether markers have gone: as many as stay in the second-level cache.
const STEP: usize = 64 << 10;

/// Places behind those of a step, so that decoding pauses where it should and not where room for the hot loop ends.
const SLACK: usize = 512;

/// False starts that are tried in a piece. One is met in some 10^9 bits of a file as compressors make it; the limit is for
/// files made to have many.
const MAX_ATTEMPTS: usize = 16;

/// Decodes one piece of a stream, from a block that was found in its middle.
///
/// ```text
///   | bytes, and markers for those of the history |  bytes, once 32 KiB hold no marker  |
///   start                                                                             end
/// ```
///
/// The piece belongs to the stream if the piece in front ends where this one starts, and only then: what looks like the start of a
/// block may be none. Its bytes are known once those of the 32 KiB in front of it are.
#[derive(Debug)]
pub struct Piece {
    inflater: Inflater,
    start: BlockStart,
    /// Bytes of the input used.
    pos: usize,
    /// Decoded to 16 bits each, behind markers for the history.
    values: Buffer<u16>,
    /// Decoded once no marker was left, behind the bytes in front of them.
    bytes: Buffer<u8>,
    /// Whether bytes are decoded, no longer values.
    known: bool,
    /// Whether the piece ends with what a flush has left, as others may begin there.
    ends_with_flush: bool,
}

/// Why decoding of a piece ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceEnd {
    /// A block begins here, at or behind the bit that was asked for.
    Block(BlockStart),
    /// The stream ends, in front of this byte of the input.
    Stream(usize),
    /// As many bytes as were allowed are decoded.
    Full,
    /// The input ends first.
    Input,
}

/// Decoded places behind those of the history. The room behind them is kept for later pieces.
#[derive(Debug, Default)]
struct Buffer<T> {
    places: Vec<T>,
    history_len: usize,
    len: usize,
}

impl Piece {
    /// Without anything decoded. A piece that was used before has its buffers already.
    pub fn new(cpu: Cpu) -> Self {
        Self {
            inflater: Inflater::new(cpu),
            start: BlockStart { bit: 0, stored: false },
            pos: 0,
            values: Buffer::default(),
            bytes: Buffer::default(),
            known: true,
            ends_with_flush: false,
        }
    }

    /// Finds a block from `from_bit` on and in front of `stop_bit`, and decodes to the first block at or behind `stop_bit`, or
    /// until about `max_len_bytes` are decoded.
    ///
    /// Returns nothing if there is none, or none that more can be decoded from.
    pub fn find(
        &mut self,
        input: &[u8],
        from_bit: u64,
        stop_bit: u64,
        max_len_bytes: usize,
    ) -> Option<PieceEnd> {
        let mut from_bit = from_bit;
        for _ in 0..MAX_ATTEMPTS {
            let start = find_block(input, from_bit, stop_bit)?;
            self.begin(input, start, None);
            if let Ok(end) = self.decode(input, stop_bit, max_len_bytes) {
                return Some(end);
            }
            from_bit = start.bit + 1;
        }
        None
    }

    /// Like [`Piece::find`], a piece that needs none of the bytes in front of it, as `pigz -i` and those write that reset their
    /// compressor when they flush: all its bytes are known. It begins with an empty block, where the one in front ends that was found so.
    pub fn find_independent(
        &mut self,
        input: &[u8],
        from_bit: u64,
        stop_bit: u64,
        max_len_bytes: usize,
    ) -> Option<PieceEnd> {
        let start = find_flush(input, from_bit, stop_bit)?;
        self.begin(input, start, Some(&[]));
        self.ends_with_flush = true;
        self.decode(input, stop_bit, max_len_bytes).ok()
    }

    /// Begins at a block, behind a history that is known (32 KiB, or all of the stream if it is shorter) or not.
    pub fn begin(&mut self, input: &[u8], start: BlockStart, history: Option<&[u8]>) {
        let byte = (start.bit / 8) as usize;
        self.start = start;
        self.ends_with_flush = false;
        self.pos = start.bit.div_ceil(8) as usize;
        self.known = history.is_some();
        self.values.begin(if self.known { &[] } else { unknown_history() });
        self.bytes.begin(history.unwrap_or_default());
        let history_len = self.values.history_len + self.bytes.history_len;
        self.inflater.restart_at(start, input.get(byte).copied().unwrap_or_default(), history_len);
    }

    /// Decodes on, to the first block (of an independent piece: the first stored one) at or behind `stop_bit`, or until about
    /// `max_len_bytes` are decoded in all. If the piece ends there already, nothing is decoded.
    ///
    /// `input` is the same as before, or the same and more behind it.
    ///
    /// # Errors
    /// The data is damaged, or begins with no block.
    pub fn decode(&mut self, input: &[u8], stop_bit: u64, max_len_bytes: usize) -> Result<PieceEnd, Damage> {
        loop {
            let is_end = |next: &BlockStart| next.bit >= stop_bit && (next.stored || !self.ends_with_flush);
            if let Some(next) = self.next_block(input).filter(is_end) {
                return Ok(PieceEnd::Block(next));
            }
            if self.len() >= max_len_bytes {
                return Ok(PieceEnd::Full);
            }
            match self.decode_step(input)? {
                Pause::OutputFull | Pause::Block | Pause::Checksum => {}
                Pause::NeedsInput => return Ok(PieceEnd::Input),
                Pause::End => return Ok(PieceEnd::Stream(self.pos)),
            }
        }
    }

    /// The block that comes next, if decoding has come to one.
    fn next_block(&self, input: &[u8]) -> Option<BlockStart> {
        let held_bits = self.inflater.held_bits_before_block()?;
        start_at(input, 8 * self.pos as u64 - u64::from(held_bits))
    }

    /// Decodes one step or to the next block.
    fn decode_step(&mut self, input: &[u8]) -> Result<Pause, Damage> {
        if !self.known {
            self.know();
        }
        if self.known {
            self.bytes.decode(&mut self.inflater, input, &mut self.pos)
        } else {
            self.values.decode(&mut self.inflater, input, &mut self.pos)
        }
    }

    /// Where the piece starts.
    pub fn start(&self) -> BlockStart {
        self.start
    }

    /// Count of bytes that are decoded.
    pub fn len(&self) -> usize {
        self.values.decoded().len() + self.bytes.decoded().len()
    }

    /// Whether nothing is decoded.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first bytes of the piece, to be resolved: all up to [`Piece::bytes`].
    pub fn values(&self) -> &[u16] {
        self.values.decoded()
    }

    /// The last bytes of the piece: all from where no marker is left.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.decoded()
    }

    /// The history of what follows the piece, given that of the piece itself.
    ///
    /// # Errors
    /// A match reaches before the first byte of the stream.
    pub fn history(&self, before: &Resolver) -> Result<Vec<u8>, Damage> {
        if self.known {
            let own = last(&self.bytes.places[..self.bytes.len], HISTORY_LEN_BYTES);
            // What an independent piece has in front of it is history, too, of what follows a short one.
            let wanted = if self.bytes.history_len == 0 { HISTORY_LEN_BYTES - own.len() } else { 0 };
            return Ok([last(before.history(), wanted), own].concat());
        }
        // Markers of bytes in front of a stream that is shorter stay out.
        let len = HISTORY_LEN_BYTES.min(before.history_len() + self.len());
        let mut history = vec![0; len];
        before.resolve(last(&self.values.places[..self.values.len], len), &mut history)?;
        Ok(history)
    }

    /// Goes over to bytes, if no value of the history is a marker.
    fn know(&mut self) {
        let history = last(&self.values.places[..self.values.len], HISTORY_LEN_BYTES);
        // From the end: as long as there are markers, one is soon met.
        if history.rchunks(1024).all(all_known) {
            self.bytes.begin(&[0; HISTORY_LEN_BYTES]);
            narrow(history, &mut self.bytes.places[..HISTORY_LEN_BYTES]);
            self.known = true;
        }
    }
}

impl<T: Decoded + Default> Buffer<T> {
    fn begin(&mut self, history: &[T]) {
        if self.places.len() < history.len() {
            self.places.resize(history.len(), T::default());
        }
        self.places[..history.len()].copy_from_slice(history);
        self.history_len = history.len();
        self.len = history.len();
    }

    fn decoded(&self) -> &[T] {
        &self.places[self.history_len..self.len]
    }

    /// Decodes one step from the input at `pos`.
    fn decode(&mut self, inflater: &mut Inflater, input: &[u8], pos: &mut usize) -> Result<Pause, Damage> {
        let pause = self.len + STEP;
        if self.places.len() < pause + SLACK {
            // Doubled, so that no place is moved more than once on average.
            self.places.resize((pause + SLACK).max(2 * self.places.len()), T::default());
        }
        let progress = inflater
            .run(&input[*pos..], &mut self.places, self.len, pause, Until::Block)
            .map_err(|error| error.damage)?;
        *pos += progress.consumed;
        self.len += progress.written;
        Ok(progress.state)
    }
}

/// The last `len` of all.
fn last<T>(all: &[T], len: usize) -> &[T] {
    &all[all.len().saturating_sub(len)..]
}
