//! LZ4 frames (LZ4 Frame Format Description 1.6.4, LZ4 Block Format Description), decoded in memory.
//!
//! ```text
//! frame | head | block | block | … | 0 | checksum of what is decoded |
//! block | length | sequence | sequence | …, or bytes as they are | checksum of the block |
//! ```
//!
//! A block may look back on the 64 KiB in front of it, or be independent of them, as the head says: then it can be decoded
//! alone ([`Lz4Blocks`]). [`Lz4Decoder`] decodes one frame in any steps, straight into the caller's buffer: blocks have up to
//! 4 MiB, and need not be whole anywhere.

mod block;
mod decoder;
mod error;
mod fast;
mod frame;
mod indexed;

pub(super) use decoder::Lz4Decoder;
pub(super) use frame::{CHECKED_HEAD, LEAST_HEAD_LEN_BYTES as HEAD_LEN_BYTES, Sum};
pub(crate) use indexed::{FrameEnd, FrameFailure, FrameSums, Lz4Blocks, Lz4Part};

/// Bytes of a block that a match may reach back.
const HISTORY_LEN_BYTES: usize = 64 << 10;

/// The length of a checksum, of the length of a block, and of a magic.
pub(super) const WORD_LEN_BYTES: usize = 4;

/// The first bytes of a frame.
const MAGIC: u32 = 0x184d_2204;

/// Those of a frame of old, as `lz4 -l` and the Linux kernel write it: blocks without end, sums or anything else but their lengths.
const LEGACY_MAGIC: u32 = 0x184c_2102;

#[cfg(test)]
mod tests;
