//! Canonical Huffman codes, given by the length of each symbol's code (RFC 1951, 3.2.2).

use super::error::Damage;

/// The longest code of literals, lengths and distances.
pub(super) const MAX_CODE_LEN: usize = 15;

/// A code over at most `N` symbols.
///
/// Codes of one length are consecutive numbers, in the order of their symbols, and go on where those one bit
/// shorter ended. So for each length the end of its codes tells whether some bits begin with a code that is no longer.
#[derive(Debug, Clone)]
pub(super) struct CanonicalCode<const N: usize> {
    /// Count of codes by length.
    counts: [u16; MAX_CODE_LEN + 1],
    /// Behind the last code of each length, with zeros below it up to 16 bits.
    ends: [u32; MAX_CODE_LEN + 1],
    /// What to add, modulo 2^16, to a code of each length for its index in `symbols`.
    bases: [u16; MAX_CODE_LEN + 1],
    /// Symbols that have a code, by length of code, then by number.
    symbols: [u16; N],
}

/// A symbol and its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Codeword {
    pub(super) symbol: u16,
    /// The code as it is met in the stream: its first bit lowest.
    pub(super) bits: u16,
    pub(super) len: u32,
}

/// Which codes are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Every sequence of bits must be a code.
    Complete,
    /// Besides, a single code of one bit and no code at all will do, as in zlib: a block without matches has no
    /// need of distances.
    CompleteOrTrivial,
}

impl<const N: usize> CanonicalCode<N> {
    pub(super) const EMPTY: Self = Self {
        counts: [0; MAX_CODE_LEN + 1],
        ends: [0; MAX_CODE_LEN + 1],
        bases: [0; MAX_CODE_LEN + 1],
        symbols: [0; N],
    };

    /// The code in which symbol `i` has `lens[i]` bits, none if 0.
    ///
    /// # Errors
    /// `damage`, if there are more codes than bits can tell apart, or fewer and the rule forbids it.
    pub(super) fn new(lens: &[u8], rule: Rule, damage: Damage) -> Result<Self, Damage> {
        let mut code = Self::EMPTY;
        for &len in lens {
            code.counts[usize::from(len)] += 1;
        }
        code.counts[0] = 0;
        let mut next = [0u16; MAX_CODE_LEN + 2];
        let mut end = 0u32;
        for len in 1..=MAX_CODE_LEN {
            let first = end >> (16 - len);
            let count = code.counts[len];
            end += u32::from(count) << (16 - len);
            if end > 1 << 16 {
                return Err(damage);
            }
            code.ends[len] = end;
            code.bases[len] = next[len].wrapping_sub(first as u16);
            next[len + 1] = next[len] + count;
        }
        let trivial = next[MAX_CODE_LEN + 1] == code.counts[1] && code.counts[1] <= 1;
        if end < 1 << 16 && !(rule == Rule::CompleteOrTrivial && trivial) {
            return Err(damage);
        }
        for (symbol, &len) in lens.iter().enumerate() {
            if len > 0 {
                let index = &mut next[usize::from(len)];
                code.symbols[usize::from(*index)] = symbol as u16;
                *index += 1;
            }
        }
        Ok(code)
    }

    /// The symbol whose code the bits begin with, and the length of the code, if it has at least `min_len` bits.
    ///
    /// `None` where the bits begin with no code. A code of fewer than `min_len` bits must have been ruled out.
    pub(super) fn find(&self, bits: u64, min_len: u32) -> Option<(u16, u32)> {
        let code = u32::from((bits as u16).reverse_bits());
        (min_len..=MAX_CODE_LEN as u32).find(|&len| code < self.ends[len as usize]).map(|len| {
            let index = self.bases[len as usize].wrapping_add((code >> (16 - len)) as u16);
            (self.symbols[usize::from(index)], len)
        })
    }

    /// All codes, the short ones first.
    pub(super) fn codewords(&self) -> impl Iterator<Item = Codeword> + '_ {
        let mut len = 1;
        let mut left = self.counts[1];
        let mut bits = 0u16;
        let count: u16 = self.counts.iter().sum();
        self.symbols[..usize::from(count)].iter().map(move |&symbol| {
            while left == 0 {
                len += 1;
                left = self.counts[len as usize];
            }
            left -= 1;
            let codeword = Codeword { symbol, bits, len };
            bits = successor(bits, len);
            codeword
        })
    }
}

/// The code after `bits` among those of the same length, both with the first bit lowest; 0 after the last one.
///
/// Counting up in this order flips the bits from the last one down to the last that is 0. A longer code goes on with
/// zeros behind, so that the same value serves for it.
fn successor(bits: u16, len: u32) -> u16 {
    let zeros = !bits & ((1u32 << len) - 1) as u16;
    let Some(last_zero) = zeros.checked_ilog2() else { return 0 };
    bits & ((1 << last_zero) - 1) | 1 << last_zero
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(lens: &[u8], rule: Rule) -> Option<CanonicalCode<32>> {
        CanonicalCode::new(lens, rule, Damage::DistanceCode).ok()
    }

    #[test]
    fn the_example_of_the_standard() {
        // RFC 1951, 3.2.2: symbols A to H.
        let code = code(&[3, 3, 3, 3, 3, 2, 4, 4], Rule::Complete).unwrap();
        let words: Vec<_> = code.codewords().map(|word| (word.symbol, word.bits, word.len)).collect();
        let expected = [
            (5, 0b00, 2),
            (0, 0b010, 3),
            (1, 0b110, 3),
            (2, 0b001, 3),
            (3, 0b101, 3),
            (4, 0b011, 3),
            (6, 0b0111, 4),
            (7, 0b1111, 4),
        ];
        assert_eq!(words, expected);
        for (symbol, bits, len) in words {
            assert_eq!(code.find(u64::from(bits) | !0 << len, 1), Some((symbol, len)));
            assert_eq!(code.find(u64::from(bits), 1), Some((symbol, len)));
        }
    }

    #[test]
    fn what_is_refused_and_what_is_not() {
        let cases: &[(&[u8], bool, bool)] = &[
            (&[1, 1], true, true),
            (&[1, 2, 2], true, true),
            (&[1, 1, 1], false, false),
            (&[1, 2], false, false),
            (&[2, 2, 2], false, false),
            (&[0, 1, 0], false, true),
            (&[0, 2, 0], false, false),
            (&[0, 0, 0], false, true),
            (&[15, 15], false, false),
        ];
        for (lens, complete, trivial) in cases {
            assert_eq!(code(lens, Rule::Complete).is_some(), *complete, "{lens:?}");
            assert_eq!(code(lens, Rule::CompleteOrTrivial).is_some(), *trivial, "{lens:?}");
        }
    }

    #[test]
    fn bits_outside_a_trivial_code_are_no_symbol() {
        let code = code(&[0, 1], Rule::CompleteOrTrivial).unwrap();
        assert_eq!(code.find(0b0, 1), Some((1, 1)));
        assert_eq!(code.find(0b1, 1), None);
        assert_eq!(CanonicalCode::<4>::EMPTY.find(0, 1), None);
    }
}
