//! Chunks of a file whose codec makes pieces that can be decoded alone: each worker decodes another piece.
//!
//! ```text
//! file      | piece 0      | piece 1      | piece 2      | …
//! worker 1    decode, out    …              decode, out
//! worker 2                   decode, wait   ─── out ───
//! ```
//!
//! A [`PieceCodec`] finds places where pieces may begin, and a [`PieceDecoder`] decodes one of them. What is found is a guess:
//! compressed bytes may look like the start of a piece by chance. A guess is confirmed when the piece in front has been
//! decoded and ends right there; else what was decoded from it is thrown away. So a wrong guess costs time, never bytes, and
//! errors are told as if the file had been decoded from its start to its end.
//!
//! Chunks of the piece that is next in order are handed out at once, those of others when it is their turn. Of the latter only so many
//! wait at any time; the piece that is next in order is never held up, so that nobody waits forever.

mod blocks;
mod driver;
mod lz4_blocks;
mod members;
mod xz_blocks;

use std::fmt;

pub(super) use blocks::Blocks;
pub(super) use driver::Pieces;
pub(super) use lz4_blocks::IndependentBlocks;
pub(super) use members::Members;
pub(super) use xz_blocks::IndexedBlocks;

use crate::chunk::Chunk;
use crate::codec::Decompressor;
use crate::error::Result;

/// A codec whose files are made of pieces that can be decoded alone: members, frames, blocks.
///
/// Places are in bits from the start of the file, as blocks of some codecs begin at any bit.
pub(super) trait PieceCodec: fmt::Debug + Send + Sync {
    /// Decodes pieces.
    type Decoder: PieceDecoder;
    /// What goes over from piece to piece, in order, such as a checksum of several.
    type Sums: fmt::Debug + Default + Send;

    /// Of what may be decoded before it is its turn, a multiple for the pieces of this codec.
    const HELD_FACTOR: u64 = 1;

    /// A decoder, which is used for one piece after another.
    fn decoder(&self) -> Self::Decoder;

    /// Finds the first place from `from_bit` on and in front of `until_bit` where a piece may begin.
    ///
    /// Every place where one begins should be found, and few others. One worker searches at a time.
    ///
    /// # Errors
    /// The file cannot be read.
    fn find(&self, from_bit: u64, until_bit: u64) -> Result<Option<u64>>;

    /// Takes decoded bytes that are handed out, in order: for checksums that can be taken in no other way.
    fn pass(&self, _sums: &mut Self::Sums, _bytes: &[u8]) {}

    /// Takes what a piece has left. All pieces in front of it have been taken before, and its own bytes, so sums over several can be checked.
    ///
    /// # Errors
    /// Those of what is checked, told as those of [`PieceDecoder::decode`].
    fn join(&self, sums: &mut Self::Sums, rest: <Self::Decoder as PieceDecoder>::Rest) -> Result<()>;
}

/// Decodes one piece at a time.
pub(super) trait PieceDecoder: fmt::Debug + Send {
    /// What is left to do with a piece when those in front of it are known.
    type Rest: fmt::Debug + Send;

    /// Goes to the start of a piece, which ends with the first end of a piece at or behind `stop_bit`: so small ones are
    /// joined, and what was only taken for the start of another one is decoded as what it is.
    ///
    /// At bit 0 stands the head of the file. At other places a piece was found to begin, or the piece in front has ended: then
    /// anything may follow.
    fn begin(&mut self, start_bit: u64, stop_bit: u64);

    /// Decodes the next bytes into the room of a chunk, and fills it unless the piece ends before. The chunk is told whether the
    /// codec has checked all that the piece has in front of it; pieces in front are done by the time that somebody looks at that.
    ///
    /// # Errors
    /// Damage, with its place in the file and, as decoded bytes in front of it, those of this piece. Where no piece begins, nobody
    /// hears of it.
    fn decode(&mut self, chunk: &mut Chunk) -> Result<Option<PieceEnd<Self::Rest>>>;
}

/// Where a piece has ended.
#[derive(Debug)]
pub(super) struct PieceEnd<R> {
    /// The bit from which on there is another piece, or something else to be looked at; nothing if nothing more is to be read.
    pub(super) next_bit: Option<u64>,
    /// What is left to do.
    pub(super) rest: R,
}

/// Fills a chunk with decoded bytes of a piece, and tells it whether what the piece has in front of it is checked. Whether the
/// piece has ended.
fn fill(chunk: &mut Chunk, bytes: &mut Decompressor) -> Result<bool> {
    let before_bytes = bytes.decoded_bytes();
    let ended = chunk.fill(|buffer, at| bytes.read_behind(buffer, at))?;
    chunk.set_behind_checked(bytes.checked_bytes() >= before_bytes);
    Ok(ended)
}

#[cfg(test)]
mod tests;
