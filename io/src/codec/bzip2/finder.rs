//! Where blocks and streams may begin or end: the numbers they are marked with, at any bit.
//!
//! Such a number has 48 bits, so wherever it begins, one of four bytes in a row (whose first is at a multiple of
//! four) and the one behind it lie in it whole. So only every fourth pair of bytes is looked at, in
//! a table of a bit for each pair that can come from one of the numbers: 64 of 65 536. That is a quarter
//! of a load for each byte; a decoder spends some 20 ns on it.

use super::header::{BLOCK_MAGIC, END_MAGIC, MAGIC_LEN_BITS};

/// A number that marks a block or the end of a stream, or data that looks the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marker {
    /// The bit at which it begins.
    pub start_bit: u64,
    /// Which number it is.
    pub kind: MarkerKind,
}

/// What a marker stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkerKind {
    /// A block begins.
    Block,
    /// A stream ends.
    StreamEnd,
}

/// Finds markers in a slice, in order.
#[derive(Debug, Clone)]
pub struct Finder<'a> {
    input: &'a [u8],
    /// The bit from which on markers may begin.
    next_bit: u64,
}

impl<'a> Finder<'a> {
    /// Looks for markers that begin at `start_bit` or behind it and lie in the input whole.
    pub fn new(input: &'a [u8], start_bit: u64) -> Self {
        Self { input, next_bit: start_bit }
    }
}

impl Iterator for Finder<'_> {
    type Item = Marker;

    fn next(&mut self) -> Option<Marker> {
        let last_bit = (self.input.len() as u64 * 8).checked_sub(MAGIC_LEN_BITS.into())?;
        while self.next_bit <= last_bit {
            // A marker that begins at this bit has a pair whole that begins here at the latest.
            let pair_at = self.next_bit.div_ceil(STRIDE_BITS) * STRIDE_BITS;
            let Some(pair_at) = next_suspect(self.input, pair_at) else { break };
            let from = self.next_bit.max((pair_at + 1).saturating_sub(STRIDE_BITS));
            for start_bit in from..=pair_at.min(last_bit) {
                if let Some(kind) = marker_at(self.input, start_bit) {
                    self.next_bit = start_bit + 1;
                    return Some(Marker { start_bit, kind });
                }
            }
            self.next_bit = pair_at + 1;
        }
        self.next_bit = u64::MAX;
        None
    }
}

/// Whether the end of a stream begins at a bit.
pub fn is_stream_end(input: &[u8], start_bit: u64) -> bool {
    marker_at(input, start_bit) == Some(MarkerKind::StreamEnd)
}

/// Which marker begins at a bit.
pub(super) fn marker_at(input: &[u8], start_bit: u64) -> Option<MarkerKind> {
    let rest = input.get(usize::try_from(start_bit / 8).ok()?..)?;
    let mut word = [0; 8];
    let len = rest.len().min(8);
    word[..len].copy_from_slice(&rest[..len]);
    // Seven bytes hold a marker at any bit of the first.
    match u64::from_be_bytes(word) << (start_bit % 8) >> (64 - MAGIC_LEN_BITS) {
        BLOCK_MAGIC => Some(MarkerKind::Block),
        END_MAGIC => Some(MarkerKind::StreamEnd),
        _ => None,
    }
}

/// Bits from one pair of bytes that is looked at to the next.
const STRIDE_BITS: u64 = 32;

/// The first pair of bytes from a bit on that may lie in a marker. The bit is a multiple of the stride, as is
/// the result.
fn next_suspect(input: &[u8], pair_at: u64) -> Option<u64> {
    let start = usize::try_from(pair_at / 8).ok()?;
    let words = input.get(start..)?.chunks(STRIDE_BITS as usize / 8);
    let is_suspect = |word: &[u8]| match *word {
        [first, second, ..] => {
            let pair = usize::from(u16::from_be_bytes([first, second]));
            SUSPECTS[pair / 64] >> (pair % 64) & 1 != 0
        }
        _ => false,
    };
    let index = words.into_iter().position(is_suspect)?;
    Some(pair_at + index as u64 * STRIDE_BITS)
}

/// A bit for each pair of bytes: whether it is part of a marker.
static SUSPECTS: [u64; (1 << 16) / 64] = {
    let mut suspects = [0; (1 << 16) / 64];
    let mut offset = 0;
    while offset <= MAGIC_LEN_BITS - 16 {
        let shift = MAGIC_LEN_BITS - 16 - offset;
        let (block, end) = (BLOCK_MAGIC >> shift & 0xffff, END_MAGIC >> shift & 0xffff);
        suspects[block as usize / 64] |= 1 << (block % 64);
        suspects[end as usize / 64] |= 1 << (end % 64);
        offset += 1;
    }
    suspects
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Puts a number of 48 bits at a bit of the data.
    fn put(data: &mut [u8], start_bit: u64, number: u64) {
        for i in 0..48 {
            let (at, mask) = (((start_bit + i) / 8) as usize, 0x80 >> ((start_bit + i) % 8));
            data[at] = if number >> (47 - i) & 1 == 1 { data[at] | mask } else { data[at] & !mask };
        }
    }

    /// Every bit looked at.
    fn by_hand(input: &[u8], start_bit: u64) -> Vec<Marker> {
        (start_bit..(input.len() as u64 * 8).saturating_sub(47))
            .filter_map(|start_bit| Some(Marker { start_bit, kind: marker_at(input, start_bit)? }))
            .collect()
    }

    #[test]
    fn markers_at_all_bits() {
        for len in 0..24 {
            for start_bit in 0..(len as u64 * 8).saturating_sub(47) {
                for (number, kind) in [(BLOCK_MAGIC, MarkerKind::Block), (END_MAGIC, MarkerKind::StreamEnd)] {
                    let mut data = vec![0xa5; len];
                    put(&mut data, start_bit, number);
                    let expected = Marker { start_bit, kind };
                    assert_eq!(Finder::new(&data, 0).collect::<Vec<_>>(), [expected]);
                    assert_eq!(Finder::new(&data, start_bit).next(), Some(expected));
                    assert_eq!(Finder::new(&data, start_bit + 1).next(), None);
                }
            }
        }
    }

    #[test]
    fn the_end_of_the_input_and_beyond() {
        let mut data = [0; 6];
        put(&mut data, 0, BLOCK_MAGIC);
        assert_eq!(Finder::new(&data[..5], 0).next(), None);
        for start_bit in [1, 48, 1 << 50, u64::MAX] {
            assert_eq!(Finder::new(&data, start_bit).next(), None);
        }
    }

    proptest! {
        #[test]
        fn as_by_hand(
            mut data in proptest::collection::vec(any::<u8>(), 100..200),
            places in proptest::collection::vec((0..752u64, any::<bool>()), 0..4),
            start_bit in 0..900u64,
        ) {
            for (place, is_block) in places {
                put(&mut data, place, if is_block { BLOCK_MAGIC } else { END_MAGIC });
            }
            prop_assert_eq!(Finder::new(&data, start_bit).collect::<Vec<_>>(), by_hand(&data, start_bit));
        }
    }
}
