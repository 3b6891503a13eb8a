//! Blocks in plain words of 64 bits.

use super::{BLOCK_LEN_BYTES, Block64};

#[derive(Clone, Copy)]
pub(crate) struct Portable([u64; 8]);

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The high bits of the bytes of a word, as its eight lowest bits.
fn gather(word: u64) -> u64 {
    // Each product moves one of the bits to its place in the highest byte; no two meet.
    (word & HIGH).wrapping_mul(0x0002_0408_1020_4081) >> 56
}

impl Portable {
    fn mask(self, of: impl Fn(u64) -> u64) -> u64 {
        self.0.iter().enumerate().fold(0, |mask, (index, word)| mask | gather(of(*word)) << (8 * index))
    }
}

impl Block64 for Portable {
    #[inline(always)]
    fn load(bytes: &[u8; BLOCK_LEN_BYTES]) -> Self {
        let word = |index: usize| {
            u64::from_le_bytes(bytes[8 * index..8 * index + 8].try_into().expect("eight bytes"))
        };
        Self(std::array::from_fn(word))
    }

    #[inline(always)]
    fn equal(self, byte: u8) -> u64 {
        self.mask(|word| {
            let different = word ^ (LOW * u64::from(byte));
            // The high bit of a byte is set if the byte is zero: exact, without borrows between bytes.
            !(((different & !HIGH) + !HIGH) | different)
        })
    }

    #[inline(always)]
    fn prefix_xor(mask: u64) -> u64 {
        (0..6).fold(mask, |mask, power| mask ^ (mask << (1 << power)))
    }

    #[inline(always)]
    fn write_offsets(places: &[u8; 8], base: u32, out: &mut [u32; 8]) {
        *out = places.map(|place| base.wrapping_add(u32::from(place)));
    }
}
