//! Code tables: what the next bits mean, several symbols at a look.

use super::header::{MAX_ALPHABET, MAX_CODE_LEN, MAX_TABLES};
use super::mtf::NEAR_LEN;

/// Bits that a look-up sees. With 10 more looks are needed, with 12 the tables of a block outgrow the
/// first cache; both cost a few percent.
pub(super) const LOOKUP_BITS: u32 = 11;

/// Digits of a run in one entry at most, so that their value fits eight bits.
const MAX_DIGITS: u32 = 6;

/// The symbols that the next bits hold: at most one that moves a byte to the front, then as many digits of
/// a run as are known whole. So an entry is a byte of the list and how often it comes.
///
/// | bits | what |
/// | --- | --- |
/// | 0 to 5 | bits that the symbols take |
/// | 6 to 10 | index of the byte in the list |
/// | 12 to 19 | how often the byte comes |
/// | 11 to 18 | instead, if the entry begins with a digit: value of the digits |
/// | 24 to 30 | number of symbols, or [`NOT_FAST`] |
/// | 31 | set if the entry begins with a digit |
///
/// The value of digits stands one bit lower because it is multiplied by two for each symbol of the span
/// before it, and the byte that moved is one of those.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry(u32);

/// What an entry counts as its symbols when the bits begin with anything that is not a near byte or a digit:
/// more than a group ever has left.
const NOT_FAST: u32 = 0x7f;

impl Entry {
    const SLOW: Self = Self(NOT_FAST << 24);

    fn near(index: u32, len_bits: u32) -> Self {
        Self(len_bits | index << 6 | 1 << 12 | 1 << 24)
    }

    fn digit(digit: u32, len_bits: u32) -> Self {
        Self(len_bits | digit << 11 | 1 << 24 | 1 << 31)
    }

    /// Bits that the symbols take.
    #[inline(always)]
    pub(super) fn len_bits(self) -> u32 {
        self.0 & 0x3f
    }

    /// Number of symbols above bit 24, bits that they take below bit 6: both that a look-up spends.
    #[inline(always)]
    pub(super) fn cost(self) -> u32 {
        self.0 & 0x7f00_003f
    }

    /// Index of the byte in the list, 0 if none moves. Garbage above bit 4.
    #[inline(always)]
    pub(super) fn index(self) -> u32 {
        self.0 >> 6
    }

    /// How often the byte comes, times 4096.
    #[inline(always)]
    pub(super) fn times_4096(self) -> u32 {
        self.0 & 0xf_f800
    }

    /// All ones if the entry begins with a digit, else zero.
    #[inline(always)]
    pub(super) fn goes_on(self) -> u32 {
        (self.0.cast_signed() >> 31).cast_unsigned()
    }
}

/// What the next bits begin with, whatever it is: some digits of a run, or one other symbol.
///
/// | bits | what |
/// | --- | --- |
/// | 0 to 5 | bits that the symbols take |
/// | 6 to 11 | number of symbols |
/// | 12 to 20 | the symbol; 0 or 1 for digits |
/// | 21 to 31 | value of the digits |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AnyEntry(u32);

impl AnyEntry {
    /// No code, or one longer than [`LOOKUP_BITS`].
    const NONE: Self = Self(0);

    fn new(symbol: u16, len_bits: u32) -> Self {
        let value = if symbol < 2 { u32::from(symbol) + 1 } else { 0 };
        Self(len_bits | 1 << 6 | u32::from(symbol) << 12 | value << 21)
    }

    /// Bits that the symbols take.
    pub(super) fn len_bits(self) -> u32 {
        self.0 & 0x3f
    }

    /// Number of symbols.
    pub(super) fn symbols(self) -> u32 {
        self.0 >> 6 & 0x3f
    }

    /// The symbol; any below 2 stands for digits.
    pub(super) fn symbol(self) -> u32 {
        self.0 >> 12 & 0x1ff
    }

    /// Value of the digits, 0 if there are none.
    pub(super) fn digits(self) -> u32 {
        self.0 >> 21
    }
}

/// An entry that digits can be put behind.
trait Grow: Copy {
    fn len_bits(self) -> u32;
    fn digit_count(self) -> u32;
    /// The entry with one more digit, 1 or 2.
    fn with_digit(self, digit: u32, len_bits: u32) -> Self;
}

impl Grow for Entry {
    fn len_bits(self) -> u32 {
        Self::len_bits(self)
    }

    fn digit_count(self) -> u32 {
        (self.0 >> 24 & 0x7f) - u32::from(self.goes_on() == 0)
    }

    fn with_digit(self, digit: u32, len_bits: u32) -> Self {
        let place = if self.goes_on() == 0 { 12 } else { 11 } + self.digit_count();
        Self(self.0 + (len_bits | digit << place | 1 << 24))
    }
}

impl Grow for AnyEntry {
    fn len_bits(self) -> u32 {
        Self::len_bits(self)
    }

    fn digit_count(self) -> u32 {
        self.symbols()
    }

    fn with_digit(self, digit: u32, len_bits: u32) -> Self {
        Self(self.0 + (len_bits | 1 << 6 | digit << (21 + self.digit_count())))
    }
}

/// Entries by the next [`LOOKUP_BITS`] bits.
pub(super) type Lookup<E> = [E; 1 << LOOKUP_BITS];

/// The codes of a block's tables.
#[derive(Debug)]
pub(super) struct Codes {
    entries: Box<[Lookup<Entry>; MAX_TABLES]>,
    any_entries: Box<[Lookup<AnyEntry>; MAX_TABLES]>,
    codes: [Code; MAX_TABLES],
}

impl Codes {
    /// Tables without codes.
    pub(super) fn new() -> Self {
        Self {
            entries: Box::new([[Entry::SLOW; 1 << LOOKUP_BITS]; MAX_TABLES]),
            any_entries: Box::new([[AnyEntry::NONE; 1 << LOOKUP_BITS]; MAX_TABLES]),
            codes: [Code::EMPTY; MAX_TABLES],
        }
    }

    /// Makes a table for codes of these lengths, of which the last is that of the block's end.
    pub(super) fn build(&mut self, table: usize, lens: &[u8]) {
        let (entries, any_entries) = (&mut self.entries[table], &mut self.any_entries[table]);
        entries.fill(Entry::SLOW);
        any_entries.fill(AnyEntry::NONE);
        let code = Code::new(lens);
        let digits = code.digits();
        let end = lens.len() as u16 - 1;
        for Short { symbol, first, len_bits } in code.short() {
            let any = AnyEntry::new(symbol, len_bits);
            match symbol {
                0 | 1 => {
                    fill(any_entries, first, any, &digits);
                    fill(entries, first, Entry::digit(u32::from(symbol) + 1, len_bits), &digits);
                }
                _ => {
                    fill(any_entries, first, any, &[]);
                    if symbol != end && usize::from(symbol) <= NEAR_LEN {
                        fill(entries, first, Entry::near(u32::from(symbol) - 1, len_bits), &digits);
                    }
                }
            }
        }
        self.codes[table] = code;
    }

    /// The entries of each table.
    #[inline(always)]
    pub(super) fn entries(&self) -> &[Lookup<Entry>; MAX_TABLES] {
        &self.entries
    }

    /// What the bits at the top of a window begin with, if it is a code of at most [`LOOKUP_BITS`] bits.
    pub(super) fn look_up_any(&self, table: usize, window: u64) -> Option<AnyEntry> {
        let entry = self.any_entries[table][(window >> (64 - LOOKUP_BITS)) as usize];
        (entry != AnyEntry::NONE).then_some(entry)
    }

    /// The first symbol of the bits at the top of a window, if they begin with a code.
    pub(super) fn look_up_one(&self, table: usize, window: u64) -> Option<AnyEntry> {
        self.codes[table].decode(window)
    }
}

/// A code of at most [`LOOKUP_BITS`] bits.
#[derive(Debug, Clone, Copy)]
struct Short {
    symbol: u16,
    /// The code, with zeros behind it up to [`LOOKUP_BITS`] bits.
    first: u32,
    len_bits: u32,
}

/// Puts an entry wherever its symbols are what the bits begin with, and longer ones where digits follow.
fn fill<E: Grow>(entries: &mut Lookup<E>, first: u32, entry: E, digits: &[Short]) {
    let free_bits = LOOKUP_BITS - entry.len_bits();
    entries[first as usize..][..1 << free_bits].fill(entry);
    if entry.digit_count() == MAX_DIGITS {
        return;
    }
    for digit in digits.iter().filter(|digit| digit.len_bits <= free_bits) {
        let longer = entry.with_digit(u32::from(digit.symbol) + 1, digit.len_bits);
        fill(entries, first | digit.first >> entry.len_bits(), longer, digits);
    }
}

/// The code of one table of a block: canonical, shorter codes first, equal lengths in the order of the
/// symbols.
///
/// Lengths that leave patterns of bits without meaning are taken as bzip2 takes them: only who meets such
/// bits fails. So are lengths that ask for more codes than there are: what does not fit has none.
#[derive(Debug, Clone, Copy)]
struct Code {
    /// The symbols in the order of their codes.
    symbols: [u16; MAX_ALPHABET],
    /// For each length of code.
    ranges: [Range; MAX_CODE_LEN as usize + 1],
}

/// The codes of one length.
#[derive(Debug, Clone, Copy)]
struct Range {
    /// The first code, with zeros behind it up to [`MAX_CODE_LEN`] bits.
    first: u32,
    /// What follows the last code, likewise; at most the number of all patterns.
    end: u32,
    /// Place of its first symbol among the symbols.
    symbols_before: u32,
}

impl Code {
    const EMPTY: Self = Self {
        symbols: [0; MAX_ALPHABET],
        ranges: [Range { first: 0, end: 0, symbols_before: 0 }; MAX_CODE_LEN as usize + 1],
    };

    /// The code for these lengths, from 1 to [`MAX_CODE_LEN`].
    fn new(lens: &[u8]) -> Self {
        let mut counts = [0; MAX_CODE_LEN as usize + 1];
        for &len in lens {
            counts[usize::from(len)] += 1;
        }
        let mut code = Self::EMPTY;
        let mut next = [0; MAX_CODE_LEN as usize + 1];
        let (mut first, mut symbols_before) = (0u32, 0);
        for len in 1..=MAX_CODE_LEN as usize {
            let end = (first + (counts[len] << (MAX_CODE_LEN as usize - len))).min(1 << MAX_CODE_LEN);
            code.ranges[len] = Range { first, end, symbols_before };
            next[len] = symbols_before as usize;
            symbols_before += counts[len];
            first = end;
        }
        for (symbol, &len) in (0..).zip(lens) {
            let place = &mut next[usize::from(len)];
            code.symbols[*place] = symbol;
            *place += 1;
        }
        code
    }

    /// The codes that a look-up sees whole.
    fn short(&self) -> impl Iterator<Item = Short> + '_ {
        (1..=LOOKUP_BITS).flat_map(move |len_bits| {
            let range = self.ranges[len_bits as usize];
            let codes = (range.first..range.end).step_by(1 << (MAX_CODE_LEN - len_bits));
            let symbols = &self.symbols[range.symbols_before as usize..];
            codes.zip(symbols).map(move |(code, &symbol)| Short {
                symbol,
                first: code >> (MAX_CODE_LEN - LOOKUP_BITS),
                len_bits,
            })
        })
    }

    /// Those of them that are digits of runs.
    fn digits(&self) -> Vec<Short> {
        self.short().filter(|short| short.symbol < 2).collect()
    }

    /// The first symbol of the bits at the top of a window, if they begin with a code.
    fn decode(&self, window: u64) -> Option<AnyEntry> {
        let bits = (window >> (64 - MAX_CODE_LEN)) as u32;
        let len_bits = (1..=MAX_CODE_LEN).find(|&len| bits < self.ranges[len as usize].end)?;
        let range = self.ranges[len_bits as usize];
        let place = range.symbols_before + ((bits - range.first) >> (MAX_CODE_LEN - len_bits));
        Some(AnyEntry::new(self.symbols[place as usize], len_bits))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Symbols one at a time, from the codes as strings of bits.
    fn by_hand(lens: &[u8], window: u64) -> Option<(usize, u32)> {
        let mut order: Vec<usize> = (0..lens.len()).collect();
        order.sort_by_key(|&symbol| lens[symbol]);
        // The lowest window that begins with the code at hand.
        let mut first = 0u128;
        for symbol in order {
            let size = 1u128 << (64 - u32::from(lens[symbol]));
            if (first..first + size).contains(&u128::from(window)) {
                return Some((symbol, lens[symbol].into()));
            }
            first += size;
        }
        None
    }

    /// What both kinds of entries say of a window must be what its symbols are one by one.
    fn check(lens: &[u8], window: u64) {
        let mut codes = Codes::new();
        codes.build(0, lens);
        let one = codes.look_up_one(0, window);
        let expected = by_hand(lens, window);
        assert_eq!(one.map(|entry| (entry.symbol() as usize, entry.len_bits())), expected);

        if let Some(entry) = codes.look_up_any(0, window) {
            let symbols = symbols(lens, window, entry.symbols());
            assert!(entry.symbols() == 1 || symbols.iter().all(|&(symbol, _)| symbol < 2));
            assert_eq!(entry.symbol().min(1), symbols[0].0.min(1) as u32);
            assert_eq!(entry.len_bits(), symbols.iter().map(|&(_, len)| len).sum::<u32>());
            assert_eq!(entry.digits(), digits(&symbols));
        }
        let entry = codes.entries()[0][(window >> (64 - LOOKUP_BITS)) as usize];
        let end = lens.len() - 1;
        match expected {
            Some((symbol, len_bits)) if len_bits <= LOOKUP_BITS && symbol != end && symbol <= NEAR_LEN => {
                let symbols = symbols(lens, window, entry.cost() >> 24);
                assert_eq!(entry.len_bits(), symbols.iter().map(|&(_, len)| len).sum::<u32>());
                let moved = symbol >= 2;
                assert_eq!(entry.goes_on(), if moved { 0 } else { u32::MAX });
                assert_eq!(entry.index() & 0x1f, if moved { symbol as u32 - 1 } else { 0 });
                let times_4096 = match moved {
                    true => (1 + digits(&symbols[1..])) << 12,
                    false => digits(&symbols) << 11,
                };
                assert_eq!(entry.times_4096(), times_4096);
            }
            _ => assert_eq!(entry, Entry::SLOW),
        }
    }

    /// The first symbols of a window.
    fn symbols(lens: &[u8], mut window: u64, count: u32) -> Vec<(usize, u32)> {
        let mut next = || {
            let (symbol, len) = by_hand(lens, window).expect("an entry has whole symbols");
            window <<= len;
            (symbol, len)
        };
        (0..count).map(|_| next()).collect()
    }

    fn digits(symbols: &[(usize, u32)]) -> u32 {
        (0..)
            .zip(symbols)
            .map(|(place, &(symbol, _))| if symbol < 2 { (symbol as u32 + 1) << place } else { 0 })
            .sum()
    }

    proptest! {
        #[test]
        fn any_lengths(
            lens in proptest::collection::vec(1..=20u8, 3..=MAX_ALPHABET),
            windows in proptest::collection::vec(any::<u64>(), 1..20),
        ) {
            windows.into_iter().for_each(|window| check(&lens, window));
        }

        // Digits that are short enough for several in one look.
        #[test]
        fn short_digits(
            digits in [1..=4u8, 1..=4u8],
            others in proptest::collection::vec(4..=13u8, 1..40),
            windows in proptest::collection::vec(any::<u64>(), 1..20),
        ) {
            let lens = [&digits[..], &others].concat();
            windows.into_iter().for_each(|window| check(&lens, window));
        }
    }
}
