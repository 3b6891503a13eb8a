//! Where blocks may begin in the middle of a DEFLATE stream.
//!
//! A block with dynamic codes, the kind that nearly all large files are made of, begins at any bit and has no mark. But its head must
//! describe three Huffman codes, each of which leaves no bits unused, and few bits at random do so. Each bit is put to tests, the
//! cheap ones first:
//!
//! 1. the block is not the last one, has dynamic codes, and no more codes than allowed: tested for 64 bits at once, and
//!    true of one in 10;
//! 2. the code of code lengths is complete: looked up for four lengths at once, and true of about one in 2,000;
//! 3. the code lengths can be read, and literals and distances have complete codes.
//!
//! What passes all of them is a block, or one case in some 10^9 bits. A stored block begins at a byte but for its head, with a
//! length and its complement; an empty one is what compressors write when they flush, which `pigz` does every 128 KiB. Any of
//! these may be met by chance, so a start counts for nothing before decoding has come to it from the front.

use memchr::memmem;

use super::bits::{BitReader, HeldBits};
use super::code::{CanonicalCode, Rule};
use super::code_lengths::CodeLengths;
use super::entries::{DISTANCE_SYMBOLS, LITLEN_SYMBOLS};
use super::error::Damage;

/// Input in which both kinds of block are looked for in turn, so that a block soon found costs no long search for the other kind.
const STRIDE_BITS: u64 = 8 * (16 << 10);

/// Bytes at the end of the input in which no block is found: the tests look at words that begin in front of them.
const TAIL_BYTES: usize = 24;

/// Bits of each of their lengths.
const PRECODE_LEN_BITS: u32 = 3;

/// The place of a block in compressed bits.
///
/// A stored block is known by the byte that its length begins at: how many of the bits in front are padding cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockStart {
    /// The first bit of the block's head, or of the length of a stored block.
    pub bit: u64,
    /// Whether the block is a stored one.
    pub stored: bool,
}

/// Finds the first place from `from_bit` on, and before `until_bit`, where a block may begin that is not the last one.
///
/// Blocks with fixed codes are not looked for, and none in the last 24 bytes of the input.
pub fn find_block(input: &[u8], from_bit: u64, until_bit: u64) -> Option<BlockStart> {
    let until_bit = until_bit.min(8 * input.len().saturating_sub(TAIL_BYTES) as u64);
    let mut from = from_bit;
    while from < until_bit {
        let until = until_bit.min(from + STRIDE_BITS);
        let dynamic = find_dynamic(input, from, until);
        let stored = find_stored(input, from, dynamic.unwrap_or(until));
        let stored = stored.map(|bit| BlockStart { bit, stored: true });
        let found = stored.or(dynamic.map(|bit| BlockStart { bit, stored: false }));
        if found.is_some() {
            return found;
        }
        from = until;
    }
    None
}

/// Finds the first place from `from_bit` on, and before `until_bit`, where an empty stored block may stand: what compressors write when they
/// flush.
pub fn find_flush(input: &[u8], from_bit: u64, until_bit: u64) -> Option<BlockStart> {
    const LENGTHS: [u8; 4] = [0, 0, 0xff, 0xff];
    let from = from_bit.div_ceil(8).max(1) as usize;
    let until = input.len().min(until_bit.div_ceil(8) as usize + LENGTHS.len() - 1);
    let mut places = memmem::find_iter(input.get(from..until)?, &LENGTHS).map(|at| from + at);
    let at = places.find(|at| input[at - 1] >> 5 == 0)?;
    Some(BlockStart { bit: 8 * at as u64, stored: true })
}

/// The start of the block whose head begins at this bit of the input, in the way that [`find_block`] would tell it.
///
/// Nothing if the input has ended.
pub fn start_at(input: &[u8], bit: u64) -> Option<BlockStart> {
    let at = (bit / 8) as usize;
    let head = u32::from(*input.get(at)?) | u32::from(input.get(at + 1).copied().unwrap_or(0)) << 8;
    let stored = head >> (bit % 8) & 7 == 0;
    Some(if stored {
        BlockStart { bit: (bit + 3).next_multiple_of(8), stored }
    } else {
        BlockStart { bit, stored }
    })
}

fn find_dynamic(input: &[u8], from_bit: u64, until_bit: u64) -> Option<u64> {
    let mut lengths = CodeLengths::new();
    let mut at = (from_bit / 8) as usize;
    let mut skipped = from_bit % 8;
    while (8 * at as u64) < until_bit {
        let mut candidates = dynamic_heads(word(input, at), word(input, at + 8)) & !0 << skipped;
        skipped = 0;
        while candidates != 0 {
            let bit = 8 * at as u64 + u64::from(candidates.trailing_zeros());
            candidates &= candidates - 1;
            if bit >= until_bit {
                return None;
            }
            if has_complete_precode(input, bit) && is_dynamic(input, bit, &mut lengths).is_ok() {
                return Some(bit);
            }
        }
        at += 8;
    }
    None
}

/// Which of the bits of `word` may begin a block with dynamic codes, by the first 13 bits of its head.
fn dynamic_heads(word: u64, next: u64) -> u64 {
    // Bit `i` of what this returns is `distance` bits behind bit `i` of the word.
    let behind = |distance: u32| word >> distance | next << 1 << (63 - distance);
    let all_ones = |from: u32| behind(from) & behind(from + 1) & behind(from + 2) & behind(from + 3);
    // Not the last block, and of type 2; not 287 or 288 literals and lengths; not 31 or 32 distances.
    !word & !behind(1) & behind(2) & !all_ones(4) & !all_ones(9)
}

/// Whether the code of code lengths of the block at this bit leaves no bits unused.
fn has_complete_precode(input: &[u8], bit: u64) -> bool {
    let count = bits(input, bit + 13) as u32 % 16 + 4;
    // 57 bits, as many as are always there.
    let lens = bits(input, bit + 17) & ((1 << (count * PRECODE_LEN_BITS)) - 1);
    let share =
        |group: u32| u32::from(PRECODE_SHARES[(lens >> (12 * group)) as usize % PRECODE_SHARES.len()]);
    share(0) + share(1) + share(2) + share(3) + share(4) == WHOLE_SHARE
}

/// All codes of a complete code together, in shares of 7 bits.
const WHOLE_SHARE: u32 = 1 << 7;

/// For four lengths of 3 bits, the share of all bits that codes of these lengths take: 2^-length each. More than fits is too much
/// in any case.
static PRECODE_SHARES: [u8; 1 << (4 * PRECODE_LEN_BITS)] = {
    let mut shares = [0; 1 << (4 * PRECODE_LEN_BITS)];
    let mut lens = 0;
    while lens < shares.len() {
        let mut share = 0;
        let mut rest = lens;
        while rest > 0 {
            if rest % 8 > 0 {
                share += WHOLE_SHARE >> (rest % 8);
            }
            rest /= 8;
        }
        shares[lens] = if share < 256 { share as u8 } else { 255 };
        lens += 1;
    }
    shares
};

/// Reads the head of a block with dynamic codes.
fn is_dynamic(input: &[u8], bit: u64, lengths: &mut CodeLengths) -> Result<(), Damage> {
    let at = (bit / 8) as usize;
    let held = HeldBits::of_byte(input[at], (bit % 8) as u32);
    let mut reader = BitReader::new(held, &input[at + 1..]);
    if !reader.has(3) {
        return Err(Damage::BlockType);
    }
    reader.consume(3);
    lengths.restart();
    let lens = lengths.read(&mut reader)?.ok_or(Damage::CodeCounts)?;
    CanonicalCode::<LITLEN_SYMBOLS>::new(lens.litlens, Rule::Complete, Damage::LitlenCode)?;
    CanonicalCode::<DISTANCE_SYMBOLS>::new(lens.distances, Rule::CompleteOrTrivial, Damage::DistanceCode)?;
    Ok(())
}

/// Finds a stored block that is not the last one, by the complement behind its length and the 3 bits of its head.
fn find_stored(input: &[u8], from_bit: u64, until_bit: u64) -> Option<u64> {
    /// Places that one word tells about: the eighth one needs a byte of the next.
    const STEP: usize = 7;
    let mut at = from_bit.div_ceil(8).max(1) as usize;
    while (8 * at as u64) < until_bit {
        // A byte is 0 where it is the complement of the byte two places behind.
        let differing = !(word(input, at) ^ word(input, at + 2));
        let complements = differing.wrapping_sub(0x0101_0101_0101_0101) & !differing & 0x8080_8080_8080_8080;
        if complements & complements >> 8 != 0 {
            let found = (at..at + STEP).find(|at| (8 * *at as u64) < until_bit && is_stored(input, *at));
            if let Some(at) = found {
                return Some(8 * at as u64);
            }
        }
        at += STEP;
    }
    None
}

fn is_stored(input: &[u8], at: usize) -> bool {
    let [low, high, not_low, not_high] = (word(input, at) as u32).to_le_bytes();
    low == !not_low && high == !not_high && input[at - 1] >> 5 == 0
}

/// At least 57 bits of the input.
fn bits(input: &[u8], bit: u64) -> u64 {
    word(input, (bit / 8) as usize) >> (bit % 8)
}

/// 8 bytes of the input, the first one lowest.
fn word(input: &[u8], at: usize) -> u64 {
    let bytes = input[at..].first_chunk().expect("the tail of the input is left out");
    u64::from_le_bytes(*bytes)
}
