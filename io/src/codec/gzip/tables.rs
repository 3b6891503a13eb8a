//! Decoding tables, made anew for each block from the lengths of its codes.
//!
//! The table of literals and lengths answers with everything that the next [`LITLEN_BITS`] bits say: up to two
//! literals, and behind them a match length with its extra bits. In text, where zero to two literals stand before
//! a match, 9 of 10 look-ups so come out at a match, and the branch between literals and matches, which no
//! processor predicts well in a decoder of single symbols, is nearly always the same. Several symbols an entry is
//! the idea of ISA-L (igzip). Entries here leave out its third literal, so that a ready length fits their 32 bits.
//!
//! What does not fit an entry (codes longer than the index, the end of the block, bits that are no code) has an
//! entry without symbol and is looked up in the [`CanonicalCode`]. A code longer than 12 bits is met less than once
//! in some 1,000 symbols, so second-level tables would gain nothing that could be measured.

use super::code::{CanonicalCode, Rule};
use super::code_lengths::Lens;
use super::entries::{
    DISTANCE_SYMBOLS, DISTANCES, DistanceEntry, END_OF_BLOCK, LENGTHS, LITLEN_SYMBOLS, LitlenEntry,
    MAX_MATCH_LEN,
};
use super::error::Damage;

/// Bits that index the table of literals and lengths, of 16 KiB. With 11 bits airline CSV decodes 2 % faster, as table and history
/// together are nearer to the 32 KiB of a first-level cache, but page counts 5 % and base64 35 % slower: two of its codes have 12 bits. With 10
/// bits all but base64 are 7 to 10 % slower.
pub(super) const LITLEN_BITS: u32 = 12;

/// Bits that index the table of distances, of 2 KiB: enough for 99 % of the distances in text. 8 and 10 bits are no faster.
pub(super) const DISTANCE_BITS: u32 = 9;

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
        fill_litlen(&mut self.litlen, &self.litlen_code);
        fill_distance(&mut self.distance, &self.distance_code);
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
            entry => Some((entry.distance(bits), entry.used())),
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
}

/// Fills a table that is indexed by the next bits, so that each code has the entries of all indices that begin with it.
///
/// `enter` enters the codes of each length, from 1 bit up, in a table of as many bits, which is then doubled for the next longer ones: each
/// code is written once, and the rest is copying. Indices that begin with a longer code or none get the entry of all zeros.
fn fill<E: Copy + Default>(table: &mut [E], mut enter: impl FnMut(&mut [E], u32)) {
    table[0] = E::default();
    for len in 1..=table.len().ilog2() {
        let half = 1 << (len - 1);
        table.copy_within(..half, half);
        enter(&mut table[..2 * half], len);
    }
}

fn fill_distance(table: &mut [DistanceEntry], code: &CanonicalCode<DISTANCE_SYMBOLS>) {
    let mut words = code.codewords().peekable();
    fill(table, |table, len| {
        while let Some(word) = words.next_if(|word| word.len == len) {
            table[usize::from(word.bits)] = DistanceEntry::new(word);
        }
    });
}

fn fill_litlen(table: &mut [LitlenEntry], code: &CanonicalCode<LITLEN_SYMBOLS>) {
    let leaves = Leaves::new(code);
    fill(table, |table, len| {
        for leaf in leaves.of_len(len) {
            table[usize::from(leaf.bits)] = leaf.entry;
        }
        // Two codes that have this length together.
        for first_len in 1..len {
            for first in leaves.literals_of_len(first_len) {
                for second in leaves.of_len(len - first_len) {
                    let bits = first.bits | second.bits << first_len;
                    table[usize::from(bits)] = first.entry.pair(second.entry);
                }
            }
        }
    });
}

/// Single symbols that fit an entry, sorted by the bits they use: literals, then matches with each value of the extra bits.
struct Leaves {
    leaves: [Leaf; Self::MAX],
    /// Where the leaves of each kind begin: at twice a length its literals, then its matches.
    starts: [u16; 2 * LITLEN_BITS as usize + 3],
}

#[derive(Clone, Copy)]
struct Leaf {
    bits: u16,
    entry: LitlenEntry,
}

impl Leaves {
    /// All literals and all lengths of a match; 258 has two codes.
    const MAX: usize = 256 + MAX_MATCH_LEN;

    fn new(code: &CanonicalCode<LITLEN_SYMBOLS>) -> Self {
        let mut starts = [0; 2 * LITLEN_BITS as usize + 3];
        for_each_leaf(code, |kind, _| starts[kind + 1] += 1);
        for kind in 1..starts.len() {
            starts[kind] += starts[kind - 1];
        }
        let mut next = starts;
        let mut leaves = [Leaf { bits: 0, entry: LitlenEntry::OTHER }; Self::MAX];
        for_each_leaf(code, |kind, leaf| {
            leaves[usize::from(next[kind])] = leaf;
            next[kind] += 1;
        });
        Self { leaves, starts }
    }

    fn of_len(&self, len: u32) -> &[Leaf] {
        self.of_kinds(2 * len as usize, 2)
    }

    fn literals_of_len(&self, len: u32) -> &[Leaf] {
        self.of_kinds(2 * len as usize, 1)
    }

    fn of_kinds(&self, kind: usize, count: usize) -> &[Leaf] {
        &self.leaves[usize::from(self.starts[kind])..usize::from(self.starts[kind + count])]
    }
}

/// Calls `enter` for each leaf, with twice its length, and one more if it is a match.
fn for_each_leaf(code: &CanonicalCode<LITLEN_SYMBOLS>, mut enter: impl FnMut(usize, Leaf)) {
    for word in code.codewords().take_while(|word| word.len <= LITLEN_BITS) {
        if let Ok(literal) = u8::try_from(word.symbol) {
            let entry = LitlenEntry::literal(literal, word.len);
            enter(2 * word.len as usize, Leaf { bits: word.bits, entry });
            continue;
        }
        let Some(&(smallest, extra)) = LENGTHS.get(usize::from(word.symbol).wrapping_sub(END_OF_BLOCK + 1))
        else {
            continue;
        };
        let used = word.len + u32::from(extra);
        if used > LITLEN_BITS {
            continue;
        }
        for more in 0..1 << extra {
            let entry = LitlenEntry::of_match(smallest + more, used);
            enter(2 * used as usize + 1, Leaf { bits: word.bits | more << word.len, entry });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::noise;
    use super::*;

    /// Lengths of a complete code over so many symbols: leaves at random are split until there are enough.
    fn random_lens(seed: u64, symbols: usize, count: usize) -> Vec<u8> {
        let mut random = noise(seed, 8 * count).into_iter().map(usize::from);
        let mut leaves = vec![0u8];
        while leaves.len() < count {
            let at = random.next().unwrap_or(0) * leaves.len() / 256;
            if leaves[at] < 14 {
                leaves[at] += 1;
                leaves.push(leaves[at]);
            } else {
                leaves.rotate_left(1);
            }
        }
        let mut lens = vec![0; symbols];
        for (i, len) in leaves.into_iter().enumerate() {
            lens[i * symbols / count] = len;
        }
        lens
    }

    /// What an entry of the table must say: symbols looked up one by one as long as all of their bits are in the index.
    fn expected(tables: &Tables, index: u64) -> (Vec<u8>, Option<usize>, u32) {
        let (mut literals, mut used) = (Vec::new(), 0);
        while let Some((symbol, more)) = tables.other_symbol(index >> used) {
            if used + more > LITLEN_BITS {
                break;
            }
            match symbol {
                Litlen::Literal(literal) if literals.len() < 2 => literals.push(literal),
                Litlen::Length(length) if length < MAX_MATCH_LEN && literals.len() < 2 => {
                    return (literals, Some(length), used + more);
                }
                _ => break,
            }
            used += more;
        }
        (literals, None, used)
    }

    #[test]
    fn entries_say_what_the_codes_say() {
        let mut tables = Tables::new();
        for seed in 1..60 {
            let litlens = random_lens(seed, 286, 20 + 4 * seed as usize);
            let distances = random_lens(seed, 30, 1 + seed as usize / 2);
            tables.build(Lens { litlens: &litlens, distances: &distances }).unwrap();
            for index in 0..1 << LITLEN_BITS {
                let entry = tables.litlen[index as usize];
                let literals = entry.literals().to_le_bytes()[..entry.literal_count()].to_vec();
                let length = entry.is_match().then(|| entry.length());
                assert_eq!(
                    (literals, length, entry.used()),
                    expected(&tables, index),
                    "seed {seed} index {index:b}"
                );
            }
            for index in 0..1 << DISTANCE_BITS {
                let entry = tables.distance[index as usize];
                let bits = index | 0x5a5a << DISTANCE_BITS;
                match tables.other_distance(bits) {
                    _ if entry == DistanceEntry::OTHER => {}
                    found => assert_eq!(
                        Some((entry.distance(bits), entry.used())),
                        found,
                        "seed {seed} index {index:b}"
                    ),
                }
            }
        }
    }

    #[test]
    fn the_fixed_codes_are_built_once() {
        let mut tables = Tables::new();
        tables.build_fixed();
        assert_eq!(tables.symbol(0), Some((Litlen::EndOfBlock, 7)));
        assert!(tables.fixed);
        tables.build_fixed();
        tables.build(Lens { litlens: &[8; 256], distances: &[] }).unwrap();
        assert!(!tables.fixed);
    }
}
