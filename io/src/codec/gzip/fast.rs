//! The hot loop: decodes symbols while there is ample input and ample room.
//!
//! What makes it fast:
//!
//! - One check an iteration that the input has [`INPUT_SLACK`] more bytes and the output [`OUTPUT_SLACK`] more places
//!   stands for all that an iteration reads and writes.
//! - An iteration ends at a match nearly always (see [`tables`](super::tables)).
//! - What bounds the speed is the chain from bits to entry to the bits behind it, two table look-ups a match. It
//!   is kept at a mask, a load and a shift each: entries are shift amounts as they are; bits stand 2 places up, so that a
//!   masked value is the byte offset of an entry (an addressing mode with a scale takes a cycle more); the next entry
//!   is looked up before the refill, which always leaves enough bits for it, and before the copy.
//! - The refill has no branch: 8 bytes are read and put behind the bits at hand, and as many whole bytes counted
//!   as fit. The same bits may be put there twice, which changes nothing.
#![allow(unsafe_code)]

use super::super::copy::{OVERSHOOT_BYTES, copy_match};
use super::bits::BitReader;
use super::cpu::Cpu;
use super::entries::{DistanceEntry, LitlenEntry, MAX_MATCH_LEN};
use super::error::Damage;
use super::tables::{DISTANCE_BITS, LITLEN_BITS, Litlen, Tables};

/// Bytes of input that one iteration may look at: three refills, each of which reads 8 bytes and uses up to 7.
const INPUT_SLACK: usize = 24;

/// Places of output that one iteration may write: two literals, a match, and what its copy writes too much.
const OUTPUT_SLACK: usize = 6 + MAX_MATCH_LEN + OVERSHOOT_BYTES;

/// A decoded byte.
///
/// # Safety
/// Any bytes of the size of the type must be a value of it: matches are copied as bytes.
pub(super) unsafe trait Decoded: Copy {
    /// A literal as it is decoded.
    fn literal(byte: u8) -> Self;

    /// Two literals, the first one in the low byte; what stands above the second one is left out.
    fn pair(literals: u32) -> [Self; 2] {
        [Self::literal(literals as u8), Self::literal((literals >> 8) as u8)]
    }
}

// SAFETY: any byte is one.
unsafe impl Decoded for u8 {
    fn literal(byte: u8) -> Self {
        byte
    }
}

/// Decoded bytes, in a buffer that begins with those decoded before.
#[derive(Debug)]
pub(super) struct Output<'a, T> {
    pub(super) buffer: &'a mut [T],
    /// Where the next one goes.
    pub(super) at: usize,
    /// The first one that a match may copy; at most `at`.
    pub(super) floor: usize,
    /// Where decoding may pause although there is room.
    pub(super) pause: usize,
}

/// Why the loop was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// Little input or little room is left, or the output has come to its pause.
    Slack,
    /// The block has ended.
    EndOfBlock,
}

/// Decodes symbols of a block as long as input and room are ample.
///
/// # Errors
/// Bits that are no symbol, and distances that reach too far; what was decoded before is in the output.
pub(super) fn decode<T: Decoded>(
    cpu: Cpu,
    tables: &Tables,
    reader: &mut BitReader<'_>,
    output: &mut Output<'_, T>,
) -> Result<Exit, Damage> {
    #[cfg(target_arch = "x86_64")]
    if cpu.wide() {
        // SAFETY: `Cpu` says that the processor has these instructions.
        return unsafe { decode_wide(tables, reader, output) };
    }
    let _ = cpu;
    decode_with(tables, reader, output)
}

/// [`decode_with`], compiled for BMI and AVX2.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "bmi1,bmi2,avx2")]
fn decode_wide<T: Decoded>(
    tables: &Tables,
    reader: &mut BitReader<'_>,
    output: &mut Output<'_, T>,
) -> Result<Exit, Damage> {
    decode_with(tables, reader, output)
}

#[inline(always)]
fn decode_with<T: Decoded>(
    tables: &Tables,
    reader: &mut BitReader<'_>,
    output: &mut Output<'_, T>,
) -> Result<Exit, Damage> {
    let (input, pos, bits, len) = reader.split();
    let Some(input_stop) = input.len().checked_sub(INPUT_SLACK) else { return Ok(Exit::Slack) };
    let Some(output_stop) = output.buffer.len().checked_sub(OUTPUT_SLACK) else { return Ok(Exit::Slack) };
    let output_stop = output_stop.min(output.pause);
    assert!(output.floor <= output.at && output.at <= output.buffer.len());
    if pos > input_stop || output.at > output_stop {
        return Ok(Exit::Slack);
    }
    let input_start = input.as_ptr();
    let output_start = output.buffer.as_mut_ptr();
    // SAFETY: `input_stop` and `output_stop` lie inside the slices, with the slack behind them; positions and the floor
    // were compared with them above.
    unsafe {
        let mut bits = FastBits::new(input_start.add(pos), bits, len);
        let mut target = output_start.add(output.at);
        let exit = run(
            tables,
            &mut bits,
            input_start.add(input_stop),
            &mut target,
            output_start.add(output_stop),
            output_start.add(output.floor),
        );
        let (next, bits, len) = bits.finish();
        reader.join(next.offset_from_unsigned(input_start), bits, len);
        output.at = target.offset_from_unsigned(output_start);
        exit
    }
}

/// The loop itself.
///
/// # Safety
/// - Bits are read from a slice that goes on for [`INPUT_SLACK`] bytes behind `source_stop`,
/// - `target` lies in a slice of output, at or behind `floor`, which goes on for [`OUTPUT_SLACK`] places behind
///   `target_stop`, and `floor` lies in it.
#[inline(always)]
unsafe fn run<T: Decoded>(
    tables: &Tables,
    bits: &mut FastBits,
    source_stop: *const u8,
    target: &mut *mut T,
    target_stop: *mut T,
    floor: *mut T,
) -> Result<Exit, Damage> {
    // SAFETY (all of the function): an iteration begins with the slack ahead. It refills at most three times, writes at most
    // two literals or one, and then at most one match whose distance was compared with what stands in front of it.
    unsafe {
        bits.refill();
        let mut entry = bits.litlen(tables);
        while bits.source <= source_stop && *target <= target_stop {
            let length;
            if entry.is_match() {
                length = entry.length();
                bits.consume(entry.raw());
                target.cast::<[T; 2]>().write_unaligned(T::pair(entry.literals()));
                *target = target.add(entry.literal_count());
            } else if entry.is_literals() {
                for _ in 0..3 {
                    bits.consume(entry.raw());
                    target.cast::<[T; 2]>().write_unaligned(T::pair(entry.literals()));
                    *target = target.add(entry.literal_count());
                    entry = bits.litlen(tables);
                    if !entry.is_literals() {
                        break;
                    }
                }
                bits.refill();
                continue;
            } else {
                let (symbol, used) = tables.other_symbol(bits.all()).ok_or(Damage::Litlen)?;
                bits.consume(used);
                bits.refill();
                match symbol {
                    Litlen::Literal(byte) => {
                        target.write(T::literal(byte));
                        *target = target.add(1);
                        entry = bits.litlen(tables);
                        continue;
                    }
                    Litlen::Length(long) => length = long,
                    Litlen::EndOfBlock => return Ok(Exit::EndOfBlock),
                }
            }
            let (distance, used) = match bits.distance(tables) {
                DistanceEntry::OTHER => tables.other_distance(bits.all()).ok_or(Damage::Distance)?,
                near => (near.distance(bits.all()), near.raw()),
            };
            if distance > target.offset_from_unsigned(floor) {
                return Err(Damage::DistanceTooFar);
            }
            bits.consume(used);
            entry = bits.litlen(tables);
            bits.refill();
            copy_match(target.cast(), distance * size_of::<T>(), length * size_of::<T>());
            *target = target.add(length);
        }
        Ok(Exit::Slack)
    }
}

/// Bits at hand, with two others below them.
struct FastBits {
    /// Where the input goes on.
    source: *const u8,
    /// The bits at hand, the first one at bit 2.
    bits: u64,
    /// In the low 6 bits, how many bits of `bits` count, the lowest two included. What stands above has no meaning, so that
    /// whole entries can be taken away from it.
    len: u32,
}

impl FastBits {
    /// At most 56 bits.
    fn new(source: *const u8, bits: u64, len: u32) -> Self {
        Self { source, bits: bits << 2, len: len + 2 }
    }

    /// Reads on until at least 54 bits are at hand: enough for a length of 12 bits, a distance of 28, and 12 bits to look
    /// up what follows.
    ///
    /// # Safety
    /// 8 bytes can be read at `source`.
    #[inline(always)]
    unsafe fn refill(&mut self) {
        // SAFETY: at most 7 of the 8 bytes are counted.
        unsafe {
            let word = u64::from_le(self.source.cast::<u64>().read_unaligned());
            self.bits |= word << (self.len & 63);
            self.source = self.source.add(7 - (self.len >> 3 & 7) as usize);
            self.len |= 56;
        }
    }

    /// Steps over the count of bits that stands in the low 6 bits of `used`.
    #[inline(always)]
    fn consume(&mut self, used: u32) {
        self.bits >>= used & 63;
        self.len = self.len.wrapping_sub(used);
    }

    /// All bits at hand, the first one lowest.
    #[inline(always)]
    fn all(&self) -> u64 {
        self.bits >> 2
    }

    /// The entry for the next bits in the table of literals and lengths.
    #[inline(always)]
    fn litlen(&self, tables: &Tables) -> LitlenEntry {
        let offset = self.bits & (((1 << LITLEN_BITS) - 1) << 2);
        // SAFETY: the offset is a multiple of 4 below the size of the table, whose entries have 4 bytes.
        unsafe { tables.litlen.as_ptr().byte_add(offset as usize).read() }
    }

    /// The entry for the next bits in the table of distances.
    #[inline(always)]
    fn distance(&self, tables: &Tables) -> DistanceEntry {
        let offset = self.bits & (((1 << DISTANCE_BITS) - 1) << 2);
        // SAFETY: as in `litlen`.
        unsafe { tables.distance.as_ptr().byte_add(offset as usize).read() }
    }

    /// Where the input goes on, and the bits at hand.
    fn finish(self) -> (*const u8, u64, u32) {
        (self.source, self.all(), (self.len & 63) - 2)
    }
}
