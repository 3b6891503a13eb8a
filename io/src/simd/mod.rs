//! Sixty-four bytes at a time: which of them are equal to a byte, as the bits of a word.
//!
//! Whoever looks for single bytes in a chunk writes one loop over [`Block64`], generic and inlined, and a
//! thin function for each instruction set that runs it; [`InstructionSet`] says which one to call, once a
//! chunk. The portable version is compiled on every target and is the oracle of the others.

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
pub(crate) mod portable;

/// Instructions that a kernel is compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstructionSet {
    /// Whatever the target has for certain.
    Portable,
    /// AVX2, BMI1, BMI2, POPCNT and carry-less multiplication: x86-64 since 2013 (Intel) and 2015 (AMD).
    Avx2,
}

impl InstructionSet {
    /// The best set that this processor has.
    pub fn best() -> Self {
        Self::all().last().copied().unwrap_or(Self::Portable)
    }

    /// All sets that this processor has, the best one last.
    pub fn all() -> &'static [Self] {
        #[cfg(target_arch = "x86_64")]
        if std::is_x86_feature_detected!("avx2")
            && std::is_x86_feature_detected!("bmi1")
            && std::is_x86_feature_detected!("bmi2")
            && std::is_x86_feature_detected!("popcnt")
            && std::is_x86_feature_detected!("pclmulqdq")
        {
            return &[Self::Portable, Self::Avx2];
        }
        &[Self::Portable]
    }
}

/// Bytes of a block.
pub(crate) const BLOCK_LEN_BYTES: usize = 64;

/// Sixty-four bytes. Bit `i` of a mask speaks of byte `i`.
pub(crate) trait Block64: Copy {
    fn load(bytes: &[u8; BLOCK_LEN_BYTES]) -> Self;

    /// Which bytes are equal to `byte`.
    fn equal(self, byte: u8) -> u64;

    /// For each bit, whether the number of bits set up to and with it is odd.
    fn prefix_xor(mask: u64) -> u64;

    /// Writes `base` and each of the places added up.
    fn write_offsets(places: &[u8; 8], base: u32, out: &mut [u32; 8]);
}

/// The blocks of a slice, the last one filled up with zeros.
#[inline(always)]
pub(crate) fn block_at(data: &[u8], at: usize) -> [u8; BLOCK_LEN_BYTES] {
    match data.get(at..at + BLOCK_LEN_BYTES) {
        Some(block) => block.try_into().expect("as long as a block"),
        None => {
            let mut block = [0; BLOCK_LEN_BYTES];
            let rest = &data[at..];
            block[..rest.len()].copy_from_slice(rest);
            block
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::portable::Portable;
    use super::*;

    fn agrees<B: Block64>(bytes: &[u8; BLOCK_LEN_BYTES], byte: u8, mask: u64) {
        let (found, expected) = (B::load(bytes), Portable::load(bytes));
        assert_eq!(found.equal(byte), expected.equal(byte));
        assert_eq!(B::prefix_xor(mask), Portable::prefix_xor(mask));
        let offsets = |write: fn(&[u8; 8], u32, &mut [u32; 8])| {
            let mut out = [0; 8];
            write(&mask.to_le_bytes(), u32::from(byte) << 20, &mut out);
            out
        };
        assert_eq!(offsets(B::write_offsets), offsets(Portable::write_offsets));
    }

    proptest! {
        #[test]
        fn portable_is_what_it_says(bytes in prop::collection::vec(0u8..=255, 64), byte: u8, mask: u64) {
            let bytes: [u8; 64] = bytes.try_into().unwrap();
            let bits = |is: &dyn Fn(u8) -> bool| {
                bytes.iter().enumerate().fold(0, |mask, (i, b)| mask | u64::from(is(*b)) << i)
            };
            let block = Portable::load(&bytes);
            prop_assert_eq!(block.equal(byte), bits(&|b| b == byte));
            prop_assert_eq!(block.equal(bytes[3]), bits(&|b| b == bytes[3]));
            let odd = |i: u32| u64::from((mask << (63 - i)).count_ones() % 2) << i;
            prop_assert_eq!(Portable::prefix_xor(mask), (0..64).fold(0, |all, i| all | odd(i)));
        }

        #[cfg(target_arch = "x86_64")]
        #[test]
        fn avx2_as_portable(bytes in prop::collection::vec(0u8..=255, 64), byte: u8, mask: u64) {
            if InstructionSet::all().contains(&InstructionSet::Avx2) {
                let bytes: [u8; 64] = bytes.try_into().unwrap();
                agrees::<avx2::Avx2>(&bytes, byte, mask);
                agrees::<avx2::Avx2>(&bytes, bytes[17], mask);
            }
        }
    }
}
