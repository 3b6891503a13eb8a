//! The symbols of a block undone: Huffman codes, runs and move-to-front in one loop.
//!
//! ```text
//!  bits ──look-up──▶ (index, times) ──list──▶ (byte, times) ──▶ rows, counts
//! ```
//!
//! The symbols give the last column of the sorted rotations from top to bottom, as spans: a byte and how
//! often it follows itself. What the inverse of the sort needs of each row is its byte and how many rows
//! above have the same one. Both are known here, so the rows are written as they will be used.
//!
//! A look at the next 11 bits gives a whole span in most cases. What follows from it has no branch that
//! depends on the data, but for spans of more than eight: a run's digit adds to the span at hand, a byte
//! that moves begins the next one, and both are the same few instructions on masks. So the processor
//! guesses the way through the loop right, and works on several look-ups at a time.

use std::marker::PhantomData;

use super::MAX_BLOCK_LEN_BYTES;
use super::bits::{BitReader, REFILL_BITS};
use super::error::{BlockError, Damage};
use super::header::{BlockHeader, GROUP_LEN};
use super::huffman::{AnyEntry, Codes, Entry, LOOKUP_BITS, Lookup};
use super::instructions::Instructions;
use super::mtf::scalar::ScalarList;
use super::mtf::{NEAR_LEN, RecencyList};

/// A row of the last column: its byte in the lowest eight bits, and from bit 12 on how many rows above
/// have the same byte. Bits 8 to 11 are free for those who walk the rows.
pub(super) type Row = u32;

/// Where a row has its number.
pub(super) const NUMBER_SHIFT: u32 = 32 - NUMBER_BITS;

/// Bits of such a number. 2^20 is more than a block has rows.
const NUMBER_BITS: u32 = 20;

/// Rows that are written at once. Only 3 % of the spans of a table of flights are longer, 1 % in text with
/// less repetition.
const SPREAD_LEN: usize = 8;

/// Room for rows: for any number of 20 bits, so that none has to be checked, and for those that are
/// written at once beyond the last.
pub(super) type Rows = [Row; (1 << NUMBER_BITS) + SPREAD_LEN];

/// The last column of the sorted rotations of a block.
#[derive(Debug)]
pub(super) struct Column {
    rows: Box<Rows>,
    /// How often each byte occurs, times 4096.
    counts_4096: [u32; 256],
    len: usize,
    codes: Codes,
}

impl Column {
    /// An empty column with room for any block.
    pub(super) fn new() -> Self {
        let rows: Box<[Row]> = vec![0; size_of::<Rows>() / size_of::<Row>()].into();
        Self {
            rows: rows.try_into().expect("the vector has the length of the array"),
            counts_4096: [0; 256],
            len: 0,
            codes: Codes::new(),
        }
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The rows; what is behind the last of them is garbage.
    pub(super) fn rows_mut(&mut self) -> &mut Rows {
        &mut self.rows
    }

    /// The first row of the rotations that begin with each byte, times 4096.
    pub(super) fn first_rows_4096(&self) -> [u32; 256] {
        let mut sum = 0;
        self.counts_4096.map(|count| {
            sum += count;
            sum - count
        })
    }

    /// Sets the bytes of the rows.
    #[cfg(test)]
    pub(super) fn set(&mut self, bytes: &[u8]) {
        self.counts_4096 = [0; 256];
        self.len = bytes.len();
        for (row, &byte) in self.rows.iter_mut().zip(bytes) {
            let count_4096 = &mut self.counts_4096[usize::from(byte)];
            *row = *count_4096 | u32::from(byte);
            *count_4096 += 1 << NUMBER_SHIFT;
        }
    }

    /// Reads the symbols of the block whose header was read, up to its end.
    ///
    /// # Errors
    /// The input ends, bits are no code, or the block is longer than any can be.
    pub(super) fn read(
        &mut self,
        bits: &mut BitReader<'_>,
        header: &BlockHeader,
        instructions: Instructions,
    ) -> Result<(), BlockError> {
        let alphabet_len = header.alphabet_len();
        for (table, lens) in header.code_lens.iter().enumerate() {
            self.codes.build(table, &lens[..alphabet_len]);
        }
        let source = Source {
            selectors: &header.selectors,
            codes: &self.codes,
            end: alphabet_len as u32 - 1,
            order: &header.bytes,
        };
        let (after, outcome) = match instructions {
            Instructions::Portable => {
                undo::<_, AddEach>(*bits, &source, &mut self.rows, ScalarList::new(source.order))
            }
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2(avx2) => avx2::undo_avx2(avx2, *bits, &source, &mut self.rows),
        };
        *bits = after;
        let undone = outcome.map_err(|damage| BlockError::at(bits, damage))?;
        if bits.overran() {
            // The end was made of zeros that are not there.
            return Err(BlockError::at(bits, Damage::NoEnd));
        }
        self.counts_4096 = undone.counts_4096;
        self.len = undone.len;
        Ok(())
    }
}

/// Where symbols come from.
struct Source<'a> {
    selectors: &'a [u8],
    codes: &'a Codes,
    /// The symbol of the block's end.
    end: u32,
    /// The list of bytes at the start.
    order: &'a [u8; 256],
}

/// What there is besides the rows.
struct Undone {
    counts_4096: [u32; 256],
    len: usize,
}

/// Undoes the symbols up to the block's end. Gives the reader behind them back, or where it failed.
#[inline(always)]
fn undo<'a, L: RecencyList, S: Spread>(
    bits: BitReader<'a>,
    source: &Source<'_>,
    rows: &mut Rows,
    mut list: L,
) -> (BitReader<'a>, Result<Undone, Damage>) {
    let mut counts_4096 = [0; 256];
    let target = Target { rows, counts_4096: &mut counts_4096, len_4096: 0, spread: PhantomData::<S> };
    let mut undoing = Undoing { bits, byte: list.near(0), list, target, symbols: 1, left: 0 };
    let outcome = undoing.all(source);
    let len = undoing.target.len();
    (undoing.bits, outcome.map(|()| Undone { counts_4096, len }))
}

/// Symbols while they are undone.
struct Undoing<'a, 'r, L, S> {
    bits: BitReader<'a>,
    list: L,
    target: Target<'r, S>,
    /// The byte at the front of the list.
    byte: u8,
    /// Symbols since the last byte that moved, itself among them.
    symbols: u32,
    /// Symbols left in the group.
    left: u32,
}

/// Why the fast path stopped.
enum Stop {
    /// The bits that were in the window are used up.
    Bits,
    /// A span is longer than what was written of it. It has this length, times 4096.
    Long(u64),
    /// The group is at its end, or something comes that the fast path does not know.
    Slow,
}

/// Look-ups that one refill of the bits is good for.
const LOOKUPS: u32 = REFILL_BITS / LOOKUP_BITS;

impl<L: RecencyList, S: Spread> Undoing<'_, '_, L, S> {
    /// Takes symbols up to the end.
    #[inline(always)]
    fn all(&mut self, source: &Source<'_>) -> Result<(), Damage> {
        let entries = source.codes.entries();
        for &table in source.selectors {
            let table = usize::from(table);
            self.left = GROUP_LEN;
            loop {
                match self.take_fast(&entries[table]) {
                    Stop::Bits => {}
                    Stop::Long(times_4096) => self.target.finish_long(self.byte, times_4096)?,
                    Stop::Slow if self.left == 0 => break,
                    Stop::Slow => {
                        let entry = self.next_entry(source.codes, table)?;
                        if entry.symbol() == source.end {
                            return self.target.check_len();
                        }
                        self.take(entry)?;
                    }
                }
            }
            if self.bits.overran() {
                break;
            }
            self.target.check_len()?;
        }
        Err(Damage::NoEnd)
    }

    /// Takes some symbols, as long as they are near bytes and digits.
    #[inline(always)]
    fn take_fast(&mut self, entries: &Lookup<Entry>) -> Stop {
        self.bits.refill();
        let mut window = self.bits.window;
        // Symbols left above bit 24, valid bits in the lowest eight: what look-ups spend.
        let mut budget = self.left << 24 | self.bits.valid;
        let mut stop = Stop::Bits;
        for _ in 0..LOOKUPS {
            let entry = entries[(window >> (64 - LOOKUP_BITS)) as usize];
            let rest = budget.wrapping_sub(entry.cost());
            if rest.cast_signed() < 0 {
                stop = Stop::Slow;
                break;
            }
            budget = rest;
            window <<= entry.len_bits();
            self.byte = self.list.near(entry.index());
            let place = self.symbols & entry.goes_on();
            self.symbols = place + (entry.cost() >> 24);
            // A place above 21 would give a span that is too long, which ends the block.
            let times_4096 = u64::from(entry.times_4096()) << (place & 63);
            if self.target.push(self.byte, times_4096) {
                stop = Stop::Long(times_4096);
                break;
            }
        }
        self.bits.window = window;
        self.bits.valid = budget & 0xff;
        self.left = budget >> 24;
        stop
    }

    /// What comes next, whatever it is.
    #[inline(always)]
    fn next_entry(&mut self, codes: &Codes, table: usize) -> Result<AnyEntry, Damage> {
        self.bits.refill();
        let entry = match codes.look_up_any(table, self.bits.window) {
            Some(entry) if entry.symbols() <= self.left => entry,
            _ => codes.look_up_one(table, self.bits.window).ok_or_else(|| {
                // Only 20 bits show that there is no such code. Fewer may be one that is cut off.
                self.bits.consume(super::header::MAX_CODE_LEN);
                Damage::Code
            })?,
        };
        self.bits.consume(entry.len_bits());
        self.left -= entry.symbols();
        Ok(entry)
    }

    /// Takes the symbols of an entry that is not the end.
    #[inline(always)]
    fn take(&mut self, entry: AnyEntry) -> Result<(), Damage> {
        let times_4096 = if entry.symbol() < 2 {
            let times_4096 = u64::from(entry.digits()) << (NUMBER_SHIFT - 1) << (self.symbols & 63);
            self.symbols += entry.symbols();
            times_4096
        } else {
            let index = entry.symbol() - 1;
            let near = index < NEAR_LEN as u32;
            self.byte = if near { self.list.near(index) } else { self.list.far(index as usize) };
            self.symbols = 1;
            1 << NUMBER_SHIFT
        };
        match self.target.push(self.byte, times_4096) {
            true => self.target.finish_long(self.byte, times_4096),
            false => Ok(()),
        }
    }
}

/// Where rows go.
struct Target<'a, S> {
    rows: &'a mut Rows,
    /// How often each byte occurs so far, times 4096.
    counts_4096: &'a mut [u32; 256],
    /// Number of rows, times 4096.
    len_4096: u64,
    spread: PhantomData<S>,
}

impl<S: Spread> Target<'_, S> {
    /// Appends a span. Whether it is longer than what was written of its rows.
    #[inline(always)]
    fn push(&mut self, byte: u8, times_4096: u64) -> bool {
        let count_4096 = &mut self.counts_4096[usize::from(byte)];
        let row = *count_4096 | u32::from(byte);
        let start = (self.len_4096 as u32 >> NUMBER_SHIFT) as usize;
        // A count wraps only where the span is too long, which ends the block.
        *count_4096 = count_4096.wrapping_add(times_4096 as u32);
        self.len_4096 += times_4096;
        if let Some(rows) = self.rows[start..].first_chunk_mut::<SPREAD_LEN>() {
            S::spread(row, rows);
        }
        times_4096 > (SPREAD_LEN as u64) << NUMBER_SHIFT
    }

    /// Writes the other rows of the last span.
    #[inline(always)]
    fn finish_long(&mut self, byte: u8, times_4096: u64) -> Result<(), Damage> {
        self.check_len()?;
        let end = self.len();
        let start = end - (times_4096 >> NUMBER_SHIFT) as usize;
        let count_4096 = self.counts_4096[usize::from(byte)] - times_4096 as u32;
        let whole = (end - start).next_multiple_of(SPREAD_LEN);
        S::spread_rest(count_4096 | u32::from(byte), self.rows[start..start + whole].as_chunks_mut().0);
        Ok(())
    }

    #[inline(always)]
    fn len(&self) -> usize {
        (self.len_4096 >> NUMBER_SHIFT) as usize
    }

    /// Called once in each group and for each long span, so that short ones cannot add up to more than
    /// 400 rows beyond what is allowed.
    #[inline(always)]
    fn check_len(&self) -> Result<(), Damage> {
        if self.len() <= MAX_BLOCK_LEN_BYTES { Ok(()) } else { Err(Damage::TooLong) }
    }
}

/// How the first rows of a span are written.
trait Spread {
    /// Writes rows with the same byte and rising numbers. All of them, also where the span is shorter: the
    /// next one overwrites what is too much.
    fn spread(first: Row, rows: &mut [Row; SPREAD_LEN]);

    /// Writes the rows of a span behind the first chunk, where these are written already. Out of the loop, so that
    /// the loop's state can stay in registers.
    fn spread_rest(first: Row, rows: &mut [[Row; SPREAD_LEN]]);
}

/// What [`Spread::spread_rest`] does.
#[inline(always)]
fn spread_rest<S: Spread>(mut first: Row, rows: &mut [[Row; SPREAD_LEN]]) {
    for chunk in &mut rows[1..] {
        first = first.wrapping_add((SPREAD_LEN as u32) << NUMBER_SHIFT);
        S::spread(first, chunk);
    }
}

/// Row by row.
struct AddEach;

impl Spread for AddEach {
    #[inline(always)]
    fn spread(first: Row, rows: &mut [Row; SPREAD_LEN]) {
        for (to, number) in rows.iter_mut().zip(0..) {
            *to = first.wrapping_add(number << NUMBER_SHIFT);
        }
    }

    #[inline(never)]
    fn spread_rest(first: Row, rows: &mut [[Row; SPREAD_LEN]]) {
        spread_rest::<Self>(first, rows);
    }
}

/// The same loop compiled for AVX2.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod avx2 {
    use std::arch::x86_64::*;

    use super::super::instructions::Avx2;
    use super::super::mtf::avx2::{self, Avx2List};
    use super::{
        BitReader, Damage, NUMBER_SHIFT, Row, Rows, SPREAD_LEN, Source, Spread, Undone, spread_rest, undo,
    };

    pub(super) fn undo_avx2<'a>(
        avx2: Avx2,
        bits: BitReader<'a>,
        source: &Source<'_>,
        rows: &mut Rows,
    ) -> (BitReader<'a>, Result<Undone, Damage>) {
        // SAFETY: `Avx2` proves that the processor has the instructions.
        unsafe { undo_with(avx2, bits, source, rows) }
    }

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
    fn undo_with<'a>(
        avx2: Avx2,
        bits: BitReader<'a>,
        source: &Source<'_>,
        rows: &mut Rows,
    ) -> (BitReader<'a>, Result<Undone, Damage>) {
        let mut list_rows = avx2::Rows::new();
        undo::<_, AddAll>(bits, source, rows, Avx2List::new(avx2, source.order, &mut list_rows))
    }

    /// All rows at once. The compiler makes of [`AddEach`](super::AddEach) a dozen instructions that put
    /// single numbers into a register, one after the other.
    struct AddAll;

    impl Spread for AddAll {
        #[inline(always)]
        fn spread(first: Row, rows: &mut [Row; SPREAD_LEN]) {
            const STEPS: [u32; SPREAD_LEN] = {
                let mut steps = [0; SPREAD_LEN];
                let mut i = 0;
                while i < SPREAD_LEN {
                    steps[i] = (i as u32) << NUMBER_SHIFT;
                    i += 1;
                }
                steps
            };
            // SAFETY: only `undo_with` uses this, where the processor has AVX2; the load and the store are
            // of arrays of 32 bytes.
            unsafe {
                let steps = _mm256_loadu_si256(STEPS.as_ptr().cast());
                let firsts = _mm256_set1_epi32(first.cast_signed());
                _mm256_storeu_si256(rows.as_mut_ptr().cast(), _mm256_add_epi32(firsts, steps));
            }
        }

        #[inline(always)]
        fn spread_rest(first: Row, rows: &mut [[Row; SPREAD_LEN]]) {
            // SAFETY: as above.
            unsafe { spread_rest_with(first, rows) }
        }
    }

    #[target_feature(enable = "avx2")]
    #[inline(never)]
    fn spread_rest_with(first: Row, rows: &mut [[Row; SPREAD_LEN]]) {
        spread_rest::<AddAll>(first, rows);
    }
}
