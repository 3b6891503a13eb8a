//! The decoder of single blocks.

use super::MAX_BLOCK_LEN_BYTES;
use super::bits::BitReader;
use super::column::Column;
use super::crc::Crc;
use super::error::{BlockError, Damage};
use super::header::BlockHeader;
use super::instructions::Instructions;
use super::randomised::Pattern;
use super::runs::Runs;
use super::walk::Pieces;

/// Decodes one block after the other, in memory of its own that is used again and again.
///
/// A block is decoded in two steps. [`decode`](Self::decode) does most of the work and says where the block
/// ends. [`read`](Self::read) then gives the text in pieces, because some hundred bytes of input can become
/// 46 MB of it. The checksum is compared when the last piece was read; so all pieces but
/// the last are given before it is known that they are right.
///
/// It owns some 5.3 MB, whatever the level.
#[derive(Debug)]
pub struct BlockDecoder {
    instructions: Instructions,
    header: BlockHeader,
    column: Column,
    pieces: Pieces,
    text: Text,
}

/// Where a block ends, and what else is known before its text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockEnd {
    /// The bit behind the block: there the next one begins, or the end of the stream.
    pub end_bit: u64,
    /// The checksum of the text as the block has it. Once [`BlockDecoder::read`] has given all text, it is right.
    pub crc: u32,
    /// Length of the block as it was sorted. In a stream of level n it is at most 100 000 n; the
    /// decoder takes any up to [`MAX_BLOCK_LEN_BYTES`], as it does not know the stream.
    pub len_bytes: u32,
}

/// The text of a block on its way out.
#[derive(Debug)]
struct Text {
    /// Bytes of the block from here on, before their run lengths are undone.
    buffer: Vec<u8>,
    /// How many of them are used.
    buffer_start: usize,
    /// Index of the piece that comes into the buffer next.
    next_piece: usize,
    /// How much of it is there already.
    piece_start: usize,
    /// Bytes of the block that never were in the buffer.
    left: usize,
    pattern: Option<Pattern>,
    runs: Runs,
    crc: Crc,
    stored_crc: u32,
    end_bit: u64,
}

/// Bytes that are handled together between the pieces and the output: few enough for the first cache.
const BUFFER_LEN_BYTES: usize = 8 << 10;

impl BlockDecoder {
    /// A decoder that uses the fastest instructions that there are.
    pub fn new() -> Self {
        Self::with_instructions(Instructions::detect())
    }

    /// A decoder that uses these instructions.
    pub fn with_instructions(instructions: Instructions) -> Self {
        Self {
            instructions,
            header: BlockHeader::new(),
            column: Column::new(),
            pieces: Pieces::new(MAX_BLOCK_LEN_BYTES),
            text: Text::none(instructions),
        }
    }

    /// Decodes the block whose number begins at a bit of the input, up to its text. What is left of the last
    /// block's text is forgotten.
    ///
    /// # Errors
    /// [`BlockError::Truncated`] if the input ends before the block, [`BlockError::Damaged`] if it cannot be a
    /// block. There is no text then.
    pub fn decode(&mut self, input: &[u8], start_bit: u64) -> Result<BlockEnd, BlockError> {
        self.text = Text::none(self.instructions);
        let mut bits = BitReader::new(input, start_bit);
        self.header.read(&mut bits)?;
        self.column.read(&mut bits, &self.header, self.instructions)?;
        let (origin, len) = (self.header.origin, self.column.len());
        if origin as usize >= len {
            let len_bytes = len as u32;
            return Err(BlockError::at(&bits, Damage::Origin { origin, len_bytes }));
        }
        self.pieces.walk(&mut self.column, origin as usize);
        self.text.left = len;
        self.text.stored_crc = self.header.crc;
        self.text.end_bit = bits.position();
        self.text.pattern = self.header.randomised.then(Pattern::new);
        Ok(BlockEnd { end_bit: bits.position(), crc: self.header.crc, len_bytes: len as u32 })
    }

    /// Writes the next bytes of the block's text and returns their number: as many as there is room for, or
    /// all that are left. Nothing comes any more if it returns less than there is room for.
    ///
    /// # Errors
    /// [`BlockError::Damaged`] if the text ends within a run, or its checksum is wrong. Nothing of the
    /// text is right then, as far as one can know.
    pub fn read(&mut self, out: &mut [u8]) -> Result<usize, BlockError> {
        let mut written = 0;
        while written < out.len() && self.text.fill(&self.pieces) {
            // Room for some runs, so that the buffer is not left half full.
            let end = out.len().min(written + 2 * BUFFER_LEN_BYTES);
            written += self.text.take(&mut out[written..end]);
        }
        if !self.text.fill(&self.pieces) {
            self.text.check()?;
        }
        Ok(written)
    }
}

impl Default for BlockDecoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Text {
    fn none(instructions: Instructions) -> Self {
        Self {
            buffer: Vec::with_capacity(BUFFER_LEN_BYTES),
            buffer_start: 0,
            next_piece: 0,
            piece_start: 0,
            left: 0,
            pattern: None,
            runs: Runs::default(),
            crc: Crc::new(instructions),
            stored_crc: Crc::new(instructions).value(),
            end_bit: 0,
        }
    }

    /// Makes sure that something is in the buffer or still to be repeated. False if there is nothing any more.
    fn fill(&mut self, pieces: &Pieces) -> bool {
        if self.buffer_start < self.buffer.len() || self.runs.is_behind() {
            return true;
        }
        self.buffer.clear();
        self.buffer_start = 0;
        while self.left > 0 && self.buffer.len() < BUFFER_LEN_BYTES {
            let piece = &pieces.piece(self.next_piece)[self.piece_start..];
            let room = self.left.min(BUFFER_LEN_BYTES - self.buffer.len());
            let len = piece.len().min(room);
            self.buffer.extend_from_slice(&piece[..len]);
            self.left -= len;
            if len == piece.len() {
                self.next_piece += 1;
                self.piece_start = 0;
            } else {
                self.piece_start += len;
            }
        }
        if let Some(pattern) = &mut self.pattern {
            pattern.undo(&mut self.buffer);
        }
        !self.buffer.is_empty()
    }

    /// Undoes run lengths in the buffer, and adds what comes out to the checksum.
    fn take(&mut self, out: &mut [u8]) -> usize {
        let progress = self.runs.undo(&self.buffer[self.buffer_start..], out);
        self.buffer_start += progress.read;
        self.crc.update(&out[..progress.written]);
        progress.written
    }

    /// Whether the text that was read is whole and right.
    fn check(&self) -> Result<(), BlockError> {
        let damage = match self.crc.value() {
            _ if !self.runs.may_end() => Damage::OpenRun,
            computed if computed != self.stored_crc => Damage::Checksum { stored: self.stored_crc, computed },
            _ => return Ok(()),
        };
        Err(BlockError::Damaged { bit: self.end_bit, damage })
    }
}
