//! The lengths of the codes of a block, which stand in front of it (RFC 1951, 3.2.7).

use super::bits::BitReader;
use super::code::{CanonicalCode, Rule};
use super::error::Damage;

/// Symbols of the code that the lengths themselves are written in.
const SYMBOLS: usize = 19;
/// The order in which the lengths of that code are written.
const ORDER: [u8; SYMBOLS] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/// Bits that index its table: the longest code it has.
const TABLE_BITS: u32 = 7;
/// The most literal and length codes, and distance codes, that a block may have.
const MAX_LITLENS: usize = 286;
const MAX_DISTANCES: usize = 30;
/// The place of [`END_OF_BLOCK`](super::tables::END_OF_BLOCK) among the lengths.
const END_OF_BLOCK: usize = 256;

/// Reads the lengths, with a pause wherever the input ends.
#[derive(Debug)]
pub(super) struct CodeLengths {
    litlens: usize,
    distances: usize,
    /// Lengths of the code of lengths that are written.
    written: usize,
    state: State,
    lens: [u8; MAX_LITLENS + MAX_DISTANCES],
    /// For the next 7 bits: a symbol below, the length of its code from bit 5 on.
    table: [u8; 1 << TABLE_BITS],
}

/// Lengths of the codes of a block's symbols, 0 for those without a code.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lens<'a> {
    /// Of literals, the end of the block and lengths: 257 at least.
    pub(super) litlens: &'a [u8],
    pub(super) distances: &'a [u8],
}

#[derive(Debug, Clone, Copy)]
enum State {
    Counts,
    /// So many lengths of the code of lengths are read.
    Code(usize),
    /// So many lengths are read.
    Lens(usize),
}

impl CodeLengths {
    pub(super) fn new() -> Self {
        Self {
            litlens: 0,
            distances: 0,
            written: 0,
            state: State::Counts,
            lens: [0; MAX_LITLENS + MAX_DISTANCES],
            table: [0; 1 << TABLE_BITS],
        }
    }

    /// Begins with the next block.
    pub(super) fn restart(&mut self) {
        self.state = State::Counts;
    }

    /// The lengths, or nothing if more input is needed first.
    ///
    /// # Errors
    /// The lengths are written in a way that zlib refuses.
    pub(super) fn read(&mut self, reader: &mut BitReader<'_>) -> Result<Option<Lens<'_>>, Damage> {
        if matches!(self.state, State::Counts) {
            if !reader.has(14) {
                return Ok(None);
            }
            self.litlens = reader.take(5) as usize + 257;
            self.distances = reader.take(5) as usize + 1;
            self.written = reader.take(4) as usize + 4;
            if self.litlens > MAX_LITLENS || self.distances > MAX_DISTANCES {
                return Err(Damage::CodeCounts);
            }
            self.lens[..SYMBOLS].fill(0);
            self.state = State::Code(0);
        }
        if let State::Code(mut count) = self.state {
            while count < self.written {
                if !reader.has(3) {
                    self.state = State::Code(count);
                    return Ok(None);
                }
                self.lens[usize::from(ORDER[count])] = reader.take(3) as u8;
                count += 1;
            }
            self.build_table()?;
            self.state = State::Lens(0);
        }
        if !self.read_lens(reader)? {
            return Ok(None);
        }
        if self.lens[END_OF_BLOCK] == 0 {
            return Err(Damage::NoEndOfBlock);
        }
        let (litlens, rest) = self.lens.split_at(self.litlens);
        Ok(Some(Lens { litlens, distances: &rest[..self.distances] }))
    }

    fn build_table(&mut self) -> Result<(), Damage> {
        let code =
            CanonicalCode::<SYMBOLS>::new(&self.lens[..SYMBOLS], Rule::Complete, Damage::CodeLengthCode)?;
        for word in code.codewords() {
            for above in 0..1 << (TABLE_BITS - word.len) {
                self.table[usize::from(word.bits | above << word.len)] =
                    (word.symbol as u8) | (word.len as u8) << 5;
            }
        }
        Ok(())
    }

    /// Reads lengths until all are there (`true`) or the input ends.
    fn read_lens(&mut self, reader: &mut BitReader<'_>) -> Result<bool, Damage> {
        let State::Lens(mut count) = self.state else { return Ok(false) };
        let total = self.litlens + self.distances;
        while count < total {
            reader.has(14);
            let entry = self.table[reader.peek_low(TABLE_BITS) as usize];
            let (symbol, len) = (entry & 31, u32::from(entry >> 5));
            let (extra, smallest) = match symbol {
                0..=15 => (0, 1),
                16 => (2, 3),
                17 => (3, 3),
                _ => (7, 11),
            };
            if reader.len() < len + extra {
                self.state = State::Lens(count);
                return Ok(false);
            }
            reader.consume(len);
            let repeat = smallest + reader.take(extra) as usize;
            let value = match symbol {
                0..=15 => symbol,
                16 => *count.checked_sub(1).and_then(|i| self.lens.get(i)).ok_or(Damage::CodeLengthRepeat)?,
                _ => 0,
            };
            let repeated =
                self.lens[..total].get_mut(count..count + repeat).ok_or(Damage::CodeLengthRepeat)?;
            repeated.fill(value);
            count += repeat;
        }
        self.state = State::Lens(count);
        Ok(true)
    }
}
