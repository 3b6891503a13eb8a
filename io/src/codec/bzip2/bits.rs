//! Bits of a slice, read from the most significant bit of each byte down, as bzip2 writes them.

/// A position in a slice of bytes, counted in bits, and the bits that follow it.
///
/// Reading past the end gives zeros; [`BitReader::overran`] tells that it happened. So the loops that
/// read need no test for the end at each bit, only one now and then.
#[derive(Debug, Clone, Copy)]
pub(super) struct BitReader<'a> {
    input: &'a [u8],
    /// The byte that the next refill starts with; beyond the end of the input once zeros were read.
    next: usize,
    /// The bits that follow, from the top down.
    pub(super) window: u64,
    /// How many bits of the window are sure to be there. Those below may be, too.
    pub(super) valid: u32,
}

/// Bits that may be read after a refill before the next one is needed.
pub(super) const REFILL_BITS: u32 = 56;

impl<'a> BitReader<'a> {
    /// A reader that begins at a bit of the input.
    pub(super) fn new(input: &'a [u8], start_bit: u64) -> Self {
        let next = usize::try_from(start_bit / 8).unwrap_or(usize::MAX).min(input.len());
        let mut reader = Self { input, next, window: 0, valid: 0 };
        reader.refill();
        reader.consume((start_bit % 8) as u32);
        reader.refill();
        reader
    }

    /// Makes sure that [`REFILL_BITS`] bits are in the window.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        let word = match self.input.get(self.next..).and_then(|rest| rest.first_chunk()) {
            Some(bytes) => u64::from_be_bytes(*bytes),
            None => last_word(self.input, self.next),
        };
        // Bits below the valid ones may be set already: they are those that the same bytes put there
        // before.
        self.window |= word >> self.valid;
        self.next += (63 - self.valid as usize) / 8;
        self.valid |= REFILL_BITS;
    }

    /// Steps over `len` bits, at most those that the last refill gave.
    #[inline(always)]
    pub(super) fn consume(&mut self, len: u32) {
        debug_assert!(len <= self.valid);
        self.window <<= len;
        self.valid -= len;
    }

    /// Reads a number of `len` bits, from 1 to 32.
    pub(super) fn read(&mut self, len: u32) -> u32 {
        debug_assert!((1..=32).contains(&len));
        self.refill();
        let value = self.window >> (64 - len);
        self.consume(len);
        value as u32
    }

    /// Reads one bit.
    pub(super) fn read_bit(&mut self) -> bool {
        self.read(1) == 1
    }

    /// The bit that is read next, counted from the start of the input.
    pub(super) fn position(&self) -> u64 {
        self.next as u64 * 8 - u64::from(self.valid)
    }

    /// Length of the input in bits.
    pub(super) fn input_len_bits(&self) -> u64 {
        self.input.len() as u64 * 8
    }

    /// Whether bits beyond the end of the input were consumed.
    pub(super) fn overran(&self) -> bool {
        self.position() > self.input_len_bits()
    }
}

/// The bytes that are left when they are fewer than eight, with zeros behind them. Not a method, as taking
/// the address of a reader would keep it out of registers.
#[cold]
fn last_word(input: &[u8], next: usize) -> u64 {
    let mut word = [0; 8];
    let rest = input.get(next..).unwrap_or(&[]);
    word[..rest.len()].copy_from_slice(rest);
    u64::from_be_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bits of a slice as ones and zeros, with zeros behind the end.
    fn bit(input: &[u8], at: u64) -> u32 {
        let byte = input.get(at as usize / 8).copied().unwrap_or(0);
        u32::from(byte >> (7 - at % 8) & 1)
    }

    #[test]
    fn numbers_of_all_lengths_from_all_starts() {
        let input: Vec<u8> = (0..40u8).map(|i| i.wrapping_mul(151).wrapping_add(17)).collect();
        for start in 0..input.len() as u64 * 8 {
            for len in [1, 2, 3, 7, 8, 15, 16, 24, 31, 32] {
                let mut bits = BitReader::new(&input, start);
                let mut at = start;
                while at < input.len() as u64 * 8 + 70 {
                    assert_eq!(bits.position(), at);
                    assert_eq!(bits.overran(), at > bits.input_len_bits());
                    let expected = (0..u64::from(len)).fold(0, |n: u32, i| n << 1 | bit(&input, at + i));
                    assert_eq!(bits.read(len), expected, "{len} bits from {at}, begun at {start}");
                    at += u64::from(len);
                }
            }
        }
    }

    #[test]
    fn a_start_behind_the_end_has_overrun_with_the_first_bit() {
        for (input, start) in [(&b""[..], 0), (b"ab", 16), (b"ab", 1 << 40), (b"ab", u64::MAX)] {
            let mut bits = BitReader::new(input, start);
            bits.read_bit();
            assert!(bits.overran(), "{start}");
        }
    }
}
