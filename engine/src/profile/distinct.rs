//! About how many different values there are: HyperLogLog (Flajolet and others, 2007), with linear counting where there
//! are few.

/// Bits of a hash that choose a register. 4096 registers have a standard error of 1.04 / 64 = 1.6 %.
const INDEX_BITS: u32 = 12;

const REGISTERS: usize = 1 << INDEX_BITS;

/// A sketch of a set of hashes.
#[derive(Debug, Clone)]
pub(super) struct DistinctCount {
    /// The longest run of zeros, plus one, of the hashes of each register.
    registers: Box<[u8; REGISTERS]>,
}

impl Default for DistinctCount {
    fn default() -> Self {
        Self { registers: Box::new([0; REGISTERS]) }
    }
}

impl DistinctCount {
    pub(super) fn add(&mut self, hash: u64) {
        // Hashes for tables need not have their chance in the upper bits.
        let hash = mixed(hash);
        let index = (hash >> (64 - INDEX_BITS)) as usize;
        let rank = ((hash << INDEX_BITS) | 1 << (INDEX_BITS - 1)).leading_zeros() as u8 + 1;
        let register = &mut self.registers[index];
        *register = rank.max(*register);
    }

    pub(super) fn join(&mut self, other: &Self) {
        for (register, other) in self.registers.iter_mut().zip(other.registers.iter()) {
            *register = (*register).max(*other);
        }
    }

    pub(super) fn estimate(&self) -> u64 {
        let count = REGISTERS as f64;
        let sum: f64 = self.registers.iter().map(|rank| (-f64::from(*rank)).exp2()).sum();
        let raw = 0.7213 / (1.0 + 1.079 / count) * count * count / sum;
        let zeros = self.registers.iter().filter(|rank| **rank == 0).count();
        let estimate =
            if raw <= 2.5 * count && zeros > 0 { count * (count / zeros as f64).ln() } else { raw };
        estimate.round() as u64
    }
}

/// A permutation of numbers that looks random (the last steps of splitmix64).
fn mixed(number: u64) -> u64 {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_are_close() {
        for count in [0, 1, 5, 100, 1000, 10_000, 12_000, 300_000] {
            let (mut left, mut right) = (DistinctCount::default(), DistinctCount::default());
            for number in 0..count {
                left.add(number / 2);
                right.add(number);
            }
            left.join(&right);
            let error = left.estimate().abs_diff(count) as f64;
            assert!(error <= count as f64 * 0.05, "{count}: {}", left.estimate());
        }
    }
}
