//! What the decoding tables say: entries for literals and lengths, and for distances.

use super::code::Codeword;

/// Symbols of literals and lengths, with the two that may not occur.
pub(super) const LITLEN_SYMBOLS: usize = 288;
/// Symbols of distances, with the two that may not occur.
pub(super) const DISTANCE_SYMBOLS: usize = 32;
/// The symbol that ends a block.
pub(super) const END_OF_BLOCK: usize = 256;
/// The longest match.
pub(super) const MAX_MATCH_LEN: usize = 258;

/// Lengths by symbol from 257 on: the smallest one, and the count of extra bits (RFC 1951, 3.2.5).
#[rustfmt::skip]
pub(super) const LENGTHS: [(u16, u8); 29] = [
    (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (9, 0), (10, 0), (11, 1), (13, 1), (15, 1), (17, 1), (19, 2),
    (23, 2), (27, 2), (31, 2), (35, 3), (43, 3), (51, 3), (59, 3), (67, 4), (83, 4), (99, 4), (115, 4), (131, 5),
    (163, 5), (195, 5), (227, 5), (258, 0),
];

/// Distances by symbol: the smallest one, and the count of extra bits (RFC 1951, 3.2.5).
#[rustfmt::skip]
pub(super) const DISTANCES: [(u16, u8); 30] = [
    (1, 0), (2, 0), (3, 0), (4, 0), (5, 1), (7, 1), (9, 2), (13, 2), (17, 3), (25, 3), (33, 4), (49, 4), (65, 5),
    (97, 5), (129, 6), (193, 6), (257, 7), (385, 7), (513, 8), (769, 8), (1025, 9), (1537, 9), (2049, 10), (3073, 10),
    (4097, 11), (6145, 11), (8193, 12), (12289, 12), (16385, 13), (24577, 13),
];

/// What some bits say: up to two literals, then a match length if there is one.
///
/// The low 6 bits are the count of bits used, so that the entry itself serves as the amount of a shift; then 16 bits of
/// literals, 2 bits of their count, and 8 bits of the length less 2, or 0 if there is no match. All is 0 if the bits must be looked up
/// in the code instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct LitlenEntry(u32);

/// What some bits say: a distance and the bits used, with those that its exact value is read from.
///
/// The low 6 bits are the count of bits used, then 6 bits of the length of the code and 4 of the count of extra bits; the
/// upper 16 bits are the smallest distance. All is 0 if the bits must be looked up in the code instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct DistanceEntry(u32);

impl LitlenEntry {
    pub(super) const OTHER: Self = Self(0);
    const ONE_LITERAL: u32 = 1 << 22;
    const SMALLEST_MATCH: u32 = 1 << 24;

    /// The entry of a literal.
    pub(super) fn literal(byte: u8, used: u32) -> Self {
        Self(used | u32::from(byte) << 6 | Self::ONE_LITERAL)
    }

    /// The entry of a match, or of something else if its length does not fit.
    pub(super) fn of_match(length: u16, used: u32) -> Self {
        match u8::try_from(length - 2) {
            Ok(length) => Self(used | u32::from(length) << 24),
            Err(_) => Self::OTHER,
        }
    }

    /// Two entries, of which the first one is a literal, as one.
    pub(super) fn pair(self, second: Self) -> Self {
        Self(self.0 + (second.0 & 0xffc0_003f) + ((second.0 & 0x3fc0) << 8))
    }

    /// The entry itself, whose low 6 bits are the count of bits used.
    pub(super) fn raw(self) -> u32 {
        self.0
    }

    pub(super) fn used(self) -> u32 {
        self.0 & 63
    }

    /// In the low 16 bits two literals, of which [`LitlenEntry::literal_count`] count.
    pub(super) fn literals(self) -> u32 {
        self.0 >> 6
    }

    pub(super) fn literal_count(self) -> usize {
        (self.0 >> 22 & 3) as usize
    }

    /// Whether there is a match, with literals in front or not.
    pub(super) fn is_match(self) -> bool {
        self.0 >= Self::SMALLEST_MATCH
    }

    /// Whether there are literals, and no match behind them.
    pub(super) fn is_literals(self) -> bool {
        (Self::ONE_LITERAL..Self::SMALLEST_MATCH).contains(&self.0)
    }

    /// The length of the match.
    pub(super) fn length(self) -> usize {
        (self.0 >> 24) as usize + 2
    }
}

impl DistanceEntry {
    pub(super) const OTHER: Self = Self(0);

    /// The entry of a code for a distance, or of something else if it is for none.
    pub(super) fn new(word: Codeword) -> Self {
        let Some(&(smallest, extra)) = DISTANCES.get(usize::from(word.symbol)) else { return Self::OTHER };
        let extra = u32::from(extra);
        Self((word.len + extra) | word.len << 6 | extra << 12 | u32::from(smallest) << 16)
    }

    /// The entry itself, whose low 6 bits are the count of bits used.
    pub(super) fn raw(self) -> u32 {
        self.0
    }

    pub(super) fn used(self) -> u32 {
        self.0 & 63
    }

    /// The distance, from the bits that index the table and those behind them.
    #[inline(always)]
    pub(super) fn distance(self, bits: u64) -> usize {
        let extra = bits >> (self.0 >> 6 & 63) & !(!0 << (self.0 >> 12 & 15));
        (self.0 >> 16) as usize + extra as usize
    }
}
