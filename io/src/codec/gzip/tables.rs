//! Decoding tables, made anew for each block from the lengths of its codes.
//!
//! The table of literals and lengths answers with everything that the next [`LITLEN_BITS`] bits say: up to two
//! literals, and behind them a match length with its extra bits. In text, where zero to two literals stand before
//! a match, 9 of 10 look-ups so come out at a match, and the branch between literals and matches, which no
//! processor predicts well in a decoder of single symbols, is nearly always the same. Several symbols an entry is
//! the idea of ISA-L (igzip). Entries here leave out its third literal: so they fit 32 bits with a ready length, and the
//! table is half the size of ISA-L's, so that it stays in the first-level cache beside the 32 KiB of history.
//!
//! What does not fit an entry (codes longer than the index, the end of the block, bits that are no code) has an
//! entry without symbol and is looked up in the [`CanonicalCode`]. A code longer than 11 bits is met less than once
//! in 2,000 symbols, so second-level tables would gain nothing that could be measured.

use super::code::{CanonicalCode, Rule};
use super::code_lengths::Lens;
use super::error::Damage;

/// Bits that index the table of literals and lengths. With 12 bits 2 % fewer look-ups end without a match, but airline
/// CSV decodes 5 % slower, as tables and history no longer fit 32 KiB together; with 10 bits it is 10 % slower.
pub(super) const LITLEN_BITS: u32 = 11;

/// Bits that index the table of distances: enough for 99 % of the distances in text. With 8 bits airline CSV decodes
/// 5 % slower, with 10 bits no faster.
pub(super) const DISTANCE_BITS: u32 = 9;

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
const LENGTHS: [(u16, u8); 29] = [
    (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (9, 0), (10, 0), (11, 1), (13, 1), (15, 1), (17, 1), (19, 2),
    (23, 2), (27, 2), (31, 2), (35, 3), (43, 3), (51, 3), (59, 3), (67, 4), (83, 4), (99, 4), (115, 4), (131, 5),
    (163, 5), (195, 5), (227, 5), (258, 0),
];

/// Distances by symbol: the smallest one, and the count of extra bits (RFC 1951, 3.2.5).
#[rustfmt::skip]
const DISTANCES: [(u16, u8); 30] = [
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

/// One symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Litlen {
    Literal(u8),
    Length(usize),
    EndOfBlock,
}

/// The tables of one block.
#[derive(Debug)]
pub(super) struct Tables {
    pub(super) litlen: [LitlenEntry; 1 << LITLEN_BITS],
    pub(super) distance: [DistanceEntry; 1 << DISTANCE_BITS],
    litlen_code: CanonicalCode<LITLEN_SYMBOLS>,
    distance_code: CanonicalCode<DISTANCE_SYMBOLS>,
    /// Bits of each literal's code.
    literal_lens: [u8; 256],
    /// Whether the tables are those of the fixed codes, which need not be made again.
    fixed: bool,
}

impl LitlenEntry {
    pub(super) const OTHER: Self = Self(0);
    const ONE_LITERAL: u32 = 1 << 22;
    const SMALLEST_MATCH: u32 = 1 << 24;

    fn literal(byte: u8, used: u32) -> Self {
        Self(used | u32::from(byte) << 6 | Self::ONE_LITERAL)
    }

    /// The smallest length of a symbol, or nothing if no length of it fits.
    fn smallest_match(len: u16, used: u32) -> Self {
        if u32::from(len) < MAX_MATCH_LEN as u32 {
            Self(used | u32::from(len - 2) << 24)
        } else {
            Self::OTHER
        }
    }

    /// Two entries, of which the first one is a literal, as one.
    fn pair(self, second: Self) -> Self {
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

    /// The entry itself, whose low 6 bits are the count of bits used.
    pub(super) fn raw(self) -> u32 {
        self.0
    }

    /// The distance, from the bits that index the table and those behind them.
    #[inline(always)]
    pub(super) fn distance(self, bits: u64) -> usize {
        let extra = bits >> (self.0 >> 6 & 63) & !(!0 << (self.0 >> 12 & 15));
        (self.0 >> 16) as usize + extra as usize
    }
}

impl Tables {
    /// Tables without any code.
    pub(super) fn new() -> Box<Self> {
        Box::new(Self {
            litlen: [LitlenEntry::OTHER; 1 << LITLEN_BITS],
            distance: [DistanceEntry::OTHER; 1 << DISTANCE_BITS],
            litlen_code: CanonicalCode::EMPTY,
            distance_code: CanonicalCode::EMPTY,
            literal_lens: [0; 256],
            fixed: false,
        })
    }

    /// Makes the tables for codes of these lengths.
    ///
    /// # Errors
    /// The lengths are those of no code, by the rules of zlib.
    pub(super) fn build(&mut self, lens: Lens<'_>) -> Result<(), Damage> {
        self.fixed = false;
        self.litlen_code = CanonicalCode::new(lens.litlens, Rule::CompleteOrTrivial, Damage::LitlenCode)?;
        self.distance_code =
            CanonicalCode::new(lens.distances, Rule::CompleteOrTrivial, Damage::DistanceCode)?;
        self.literal_lens.copy_from_slice(&lens.litlens[..256]);
        fill(&mut self.litlen, &self.litlen_code, litlen_entry);
        self.add_extra_bits();
        pair_literals(&mut self.litlen);
        fill(&mut self.distance, &self.distance_code, distance_entry);
        Ok(())
    }

    /// Makes the tables for the fixed codes (RFC 1951, 3.2.6), unless they are here already.
    pub(super) fn build_fixed(&mut self) {
        if self.fixed {
            return;
        }
        let mut lens = [8; LITLEN_SYMBOLS];
        lens[144..256].fill(9);
        lens[256..280].fill(7);
        let lens = Lens { litlens: &lens, distances: &[5; DISTANCE_SYMBOLS] };
        self.build(lens).expect("the fixed codes are complete");
        self.fixed = true;
    }

    /// The first symbol of `bits` and the bits that it uses, extra bits included; nothing if it is no symbol.
    pub(super) fn symbol(&self, bits: u64) -> Option<(Litlen, u32)> {
        let entry = self.litlen[(bits & ((1 << LITLEN_BITS) - 1)) as usize];
        if entry.literal_count() > 0 {
            let literal = entry.literals() as u8;
            return Some((Litlen::Literal(literal), u32::from(self.literal_lens[usize::from(literal)])));
        }
        if entry.is_match() {
            return Some((Litlen::Length(entry.length()), entry.used()));
        }
        self.other_symbol(bits)
    }

    /// Like [`Tables::symbol`] where the table has no symbol.
    #[cold]
    pub(super) fn other_symbol(&self, bits: u64) -> Option<(Litlen, u32)> {
        let (symbol, len) = self.litlen_code.find(bits, 1)?;
        let symbol = usize::from(symbol);
        if let Ok(literal) = u8::try_from(symbol) {
            return Some((Litlen::Literal(literal), len));
        }
        if symbol == END_OF_BLOCK {
            return Some((Litlen::EndOfBlock, len));
        }
        let (smallest, extra) = *LENGTHS.get(symbol - END_OF_BLOCK - 1)?;
        let length = usize::from(smallest) + (bits >> len & ((1 << extra) - 1)) as usize;
        Some((Litlen::Length(length), len + u32::from(extra)))
    }

    /// The distance that `bits` begin with and the bits that it uses, extra bits included; nothing if it is none.
    pub(super) fn distance(&self, bits: u64) -> Option<(usize, u32)> {
        match self.distance[(bits & ((1 << DISTANCE_BITS) - 1)) as usize] {
            DistanceEntry::OTHER => self.other_distance(bits),
            entry => Some((entry.distance(bits), entry.raw() & 63)),
        }
    }

    /// Like [`Tables::distance`] where the table has no distance.
    #[cold]
    pub(super) fn other_distance(&self, bits: u64) -> Option<(usize, u32)> {
        let (symbol, len) = self.distance_code.find(bits, 1)?;
        let (smallest, extra) = *DISTANCES.get(usize::from(symbol))?;
        let distance = usize::from(smallest) + (bits >> len & ((1 << extra) - 1)) as usize;
        Some((distance, len + u32::from(extra)))
    }

    /// Gives the entries of lengths with extra bits, which stand for the smallest length yet, their exact length.
    fn add_extra_bits(&mut self) {
        let extra_lengths = self.litlen_code.codewords().filter(|word| usize::from(word.symbol) > 264);
        for word in extra_lengths {
            let Some(&(smallest, extra)) = LENGTHS.get(usize::from(word.symbol) - END_OF_BLOCK - 1) else {
                continue;
            };
            if word.len + u32::from(extra) > LITLEN_BITS {
                continue;
            }
            let used = word.len + u32::from(extra);
            for above in 0..1 << (LITLEN_BITS - word.len) {
                let length = smallest + (above & ((1 << extra) - 1));
                self.litlen[usize::from(word.bits | above << word.len)] = LitlenEntry::smallest_match(length, used);
            }
        }
    }
}

/// The entry of a code in the table of literals and lengths; of a length with extra bits, for their being 0.
fn litlen_entry(symbol: u16, len: u32) -> LitlenEntry {
    if let Ok(literal) = u8::try_from(symbol) {
        return LitlenEntry::literal(literal, len);
    }
    match LENGTHS.get(usize::from(symbol).wrapping_sub(END_OF_BLOCK + 1)) {
        Some(&(smallest, extra)) if len + u32::from(extra) <= LITLEN_BITS => {
            LitlenEntry::smallest_match(smallest, len + u32::from(extra))
        }
        _ => LitlenEntry::OTHER,
    }
}

fn distance_entry(symbol: u16, len: u32) -> DistanceEntry {
    match DISTANCES.get(usize::from(symbol)) {
        Some(&(smallest, extra)) => DistanceEntry(
            (len + u32::from(extra)) | len << 6 | u32::from(extra) << 12 | u32::from(smallest) << 16,
        ),
        None => DistanceEntry::OTHER,
    }
}

/// Fills a table that is indexed by the next bits, so that each code has the entries of all indices that begin with it.
///
/// Codes are entered in a table of as many bits as they have, which is then doubled for the next longer ones: each code is
/// written once, and the rest is copying. Indices that begin with a longer code or none get the entry of all zeros.
fn fill<E: Copy + Default, const N: usize, const SIZE: usize>(
    table: &mut [E; SIZE],
    code: &CanonicalCode<N>,
    entry: impl Fn(u16, u32) -> E,
) {
    let mut size = 1;
    table[0] = E::default();
    for word in code.codewords() {
        if 1 << word.len > SIZE {
            break;
        }
        while size < 1 << word.len {
            table.copy_within(..size, size);
            size *= 2;
        }
        table[usize::from(word.bits)] = entry(word.symbol, word.len);
    }
    while size < SIZE {
        table.copy_within(..size, size);
        size *= 2;
    }
}

/// Puts behind each literal what the rest of the index says, if all of it is there.
fn pair_literals(table: &mut [LitlenEntry; 1 << LITLEN_BITS]) {
    // From the last index down: the entry for the rest of an index stands at a smaller one and must be single yet.
    for index in (0..table.len()).rev() {
        let first = table[index];
        let second = table[index >> first.used()];
        let fits = first.used() + second.used() <= LITLEN_BITS;
        let is_pair = first.literal_count() == 1 && second != LitlenEntry::OTHER && fits;
        table[index] = if is_pair { first.pair(second) } else { first };
    }
}
