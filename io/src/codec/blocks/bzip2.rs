//! Bzip2: one stream whose blocks were compressed one by one, and are joined bit by bit (J. Seward, bzip2, 1996; J. Gilchrist's and
//! M. Iivari's parallel ones show that it can be done).
//!
//! ```text
//! stream | "BZh9" | block magic, checksum, … | block magic, checksum, … | end magic, checksum of all | padding |
//! bits       32       48        32                                          48          32
//! ```

use std::io::{self, Write};

use compression_codecs::BzEncoder;
use compression_core::Level;

use super::encoded;

/// Bytes in front of the first block.
const HEAD_LEN_BYTES: usize = 4;
const BLOCK_MAGIC: u64 = 0x3141_5926_5359;
const END_MAGIC: u64 = 0x1772_4538_5090;
const MAGIC_LEN_BITS: usize = 48;
const CHECKSUM_LEN_BITS: usize = 32;
const END_LEN_BITS: usize = MAGIC_LEN_BITS + CHECKSUM_LEN_BITS;

/// Plain bytes that are never more than one block of this level: runs of four bytes take five of its 100,000 a level, and libbz2 leaves
/// some unused.
pub(super) fn block_len_bytes(level: u32) -> usize {
    (100_000 * level as usize - 100) / 5 * 4
}

/// What the encoder needs.
pub(super) const ENCODER_LEN_BYTES: usize = 8 << 20;

#[derive(Debug)]
pub(super) struct Block {
    /// The bits of the block alone, from the first of the first byte on.
    bytes: Vec<u8>,
    len_bits: usize,
    checksum: u32,
}

/// Compresses one block.
pub(super) fn compress(plain: &[u8], level: u32) -> io::Result<Block> {
    let stream = encoded(&mut BzEncoder::new(Level::Precise(level.cast_signed()).into(), 0), plain)?;
    let blocks = stream.get(HEAD_LEN_BYTES..).unwrap_or_default();
    let end = (0..8).filter_map(|padding| (8 * blocks.len()).checked_sub(END_LEN_BITS + padding));
    let is_end = |at: &usize| bits(blocks, *at, MAGIC_LEN_BITS) == END_MAGIC;
    let len_bits = end.into_iter().find(is_end).filter(|_| bits(blocks, 0, MAGIC_LEN_BITS) == BLOCK_MAGIC);
    let checksums = len_bits.map(|len_bits| {
        let of = |magic_at: usize| bits(blocks, magic_at + MAGIC_LEN_BITS, CHECKSUM_LEN_BITS) as u32;
        (of(0), of(len_bits))
    });
    match (len_bits, checksums) {
        // That of the stream is that of the only block.
        (Some(len_bits), Some((checksum, of_stream))) if checksum == of_stream => {
            let bytes = blocks[..len_bits.div_ceil(8)].to_vec();
            Ok(Block { bytes, len_bits, checksum })
        }
        _ => Err(io::Error::other("libbz2 wrote something else than one block")),
    }
}

/// So many bits from a place on, the first one highest; those behind the end are zeros.
fn bits(bytes: &[u8], from: usize, count: usize) -> u64 {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    (from..from + count).fold(0, |bits, at| bits << 1 | u64::from(bit(at)))
}

#[derive(Debug)]
pub(super) struct Member {
    level: u32,
    has_head: bool,
    checksum: u32,
    /// Bits that do not fill a byte, the last one lowest.
    rest: u8,
    rest_len_bits: usize,
}

impl Member {
    pub(super) fn new(level: u32) -> Self {
        Self { level, has_head: false, checksum: 0, rest: 0, rest_len_bits: 0 }
    }

    pub(super) fn push(&mut self, block: &Block, out: &mut dyn Write) -> io::Result<()> {
        self.write_head(out)?;
        self.checksum = self.checksum.rotate_left(1) ^ block.checksum;
        self.push_bits(&block.bytes, block.len_bits, out)
    }

    pub(super) fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.write_head(out)?;
        let end = u128::from(END_MAGIC) << CHECKSUM_LEN_BITS | u128::from(self.checksum);
        self.push_bits(&end.to_be_bytes()[6..], END_LEN_BITS, out)?;
        match self.rest_len_bits {
            0 => Ok(()),
            len_bits => out.write_all(&[self.rest << (8 - len_bits)]),
        }
    }

    fn write_head(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if std::mem::replace(&mut self.has_head, true) {
            return Ok(());
        }
        out.write_all(&[b'B', b'Z', b'h', b'0' + self.level as u8])
    }

    /// Writes bits behind those that are there.
    fn push_bits(&mut self, bytes: &[u8], len_bits: usize, out: &mut dyn Write) -> io::Result<()> {
        let (whole, last_len_bits) = (len_bits / 8, len_bits % 8);
        let mut shifted = Vec::with_capacity(whole + 1);
        let (shift, mut rest) = (self.rest_len_bits, u16::from(self.rest));
        shifted.extend(bytes[..whole].iter().map(|byte| {
            let both = rest << 8 | u16::from(*byte);
            rest = both & ((1 << shift) - 1);
            (both >> shift) as u8
        }));
        if last_len_bits > 0 {
            rest = rest << last_len_bits | u16::from(bytes[whole] >> (8 - last_len_bits));
        }
        let mut rest_len_bits = shift + last_len_bits;
        if rest_len_bits >= 8 {
            rest_len_bits -= 8;
            shifted.push((rest >> rest_len_bits) as u8);
            rest &= (1 << rest_len_bits) - 1;
        }
        (self.rest, self.rest_len_bits) = (rest as u8, rest_len_bits);
        out.write_all(&shifted)
    }
}
