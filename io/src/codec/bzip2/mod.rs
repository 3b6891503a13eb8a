//! bzip2 in memory, block by block: nothing here reads a file or starts a thread.
//!
//! ```text
//!  input ──finder──▶ start bits ──BlockDecoder──▶ text of one block, piece by piece
//!
//!  in a block:  bits ──header──▶ codes ──symbols──▶ column ──walk──▶ pieces ──runs──▶ text, crc
//!                       huffman, mtf                        in order
//! ```
//!
//! A stream is a head of four bytes, blocks, and an end with a checksum; a file is any number of streams
//! one after the other. Blocks begin at any bit, and each can be decoded without the others:
//!
//! * [`Finder`] finds the numbers that blocks and ends of streams begin with. One that it finds may be
//!   part of another block's data by chance (once in some 10^13 bytes, or where somebody meant it), so a
//!   block counts only if the one before it ends where it begins;
//! * [`BlockDecoder`] decodes the block that begins at a bit: first [`BlockDecoder::decode`], which says
//!   where it ends, then [`BlockDecoder::read`] as often as there is room for text;
//! * [`StreamDecoder`] does both in order for a whole input, with all checks. It is what decoders in
//!   parallel are compared with.
//!
//! # How to decode in parallel
//!
//! 1. The input is cut into pieces that overlap by six bytes, and a [`Finder`] looks for [`Marker`]s in each. It
//!    finds those that lie in its slice whole, so none is lost, and none found twice if each piece begins
//!    at the bit behind the last marker that could lie in the one before.
//! 2. Every marker of a block is given to a thread with a [`BlockDecoder`] of its own and the bytes from there up
//!    to the next marker, or more; where the slice ends does not matter as long as the block
//!    lies in it. [`BlockDecoder::decode`] works on 32 places of the block at once, so one block alone is as
//!    fast as many, and a thread needs only one at a time.
//! 3. [`BlockError::Truncated`] says that the block goes on behind the slice: the next marker was none. It
//!    is decoded again with more bytes; at the end of the file it is an error.
//!    [`BlockError::Damaged`] is final for these bytes.
//! 4. Blocks are taken in order. The first one begins at the bit behind the stream's head of four bytes, which
//!    [`stream_level`] reads. A block counts if it begins where the one before ended
//!    ([`BlockEnd::end_bit`]); a result from any other marker is dropped, be it text or an error.
//!    If no marker was found where a block ended, the stream is damaged there.
//!    [`BlockEnd::len_bytes`] must fit the level.
//! 5. [`BlockDecoder::read`] gives the text in pieces and checks it at the last one.
//!    [`combine_crc`] adds the block's checksum to that of the stream, which began with 0.
//! 6. At the end of a stream, [`StreamEnd::read`] has the checksum to compare with and the byte where the next stream
//!    may begin. If [`stream_level`] sees none there, the rest is no part of the file.
//!
//! So an error counts only when all before it was right, and the first one in the file wins.
//!
//! # Where the time goes, and what was done about it
//!
//! The format is that of bzip2 1.0.8 by Julian Seward, whose choices about odd input are kept: see
//! [`StreamDecoder`]. The way of decoding is not:
//!
//! * `column`: symbols are taken a span at a time (a byte and how often it follows), without branches
//!   that depend on the data; the list of move-to-front is in two vector registers.
//! * `walk`: the rows are followed backwards. Then a row needs only its byte and how many equal ones
//!   come before it, which is known when the symbol is read. The table of links that other decoders build, with
//!   a store to a random place for each byte, does not exist. Because each step waits for the cache, 32
//!   ways through the block are followed at once, from rows chosen for that, and joined in order.
//! * `runs` and `crc`: the last run lengths are undone while the text is copied out, and its checksum is taken
//!   while it is in the first cache.
//!
//! Following several ways at once is from Kärkkäinen, Kempa and Puglisi, "Slashing the Time for BWT
//! Inversion" (DCC 2012); taking arbitrary rows as their starts was seen in the crate `mibz2`.

mod bits;
mod block;
mod column;
mod crc;
mod error;
mod finder;
mod header;
mod huffman;
mod instructions;
mod mtf;
mod randomised;
mod runs;
mod stream;
mod walk;

pub use block::{BlockDecoder, BlockEnd};
pub use error::{BlockError, Damage, StreamError};
pub use finder::{Finder, Marker, MarkerKind, is_stream_end};
pub use header::{STREAM_HEAD_LEN_BYTES, StreamEnd, combine_crc, stream_level};
pub use instructions::Instructions;
pub use stream::StreamDecoder;

/// Bytes that a block has at most, before its first run lengths are undone: those of level 9.
pub const MAX_BLOCK_LEN_BYTES: usize = 900_000;
