//! Where the fields and records of a chunk end, found 64 bytes at a time.
//!
//! A block becomes bit masks: its delimiters, line ends and quotes. A prefix sum of the quotes modulo two
//! tells what is inside of them; what is left outside ends a field or a record, and is written down as a
//! list of offsets. (G. Langdale and D. Lemire, "Parsing Gigabytes of JSON per Second", 2019, do so with
//! JSON.) Then each field of each record is found by its number.
//!
//! A sum of quotes knows nothing of quotes that mean themselves, as in `5" pipe`. So each quote is looked
//! at: one that opens stands behind a delimiter, a line end or a quote that closes; behind one that closes
//! stands one of these three. Where that holds, the grammar of [`parse_record`](super::record::parse_record)
//! finds the same fields; where it does not, [`Irregular`] is returned and the chunk is read with that.

use super::delim::{Delim, DelimFinder, ManyBytes, OneByte};
use crate::simd::{BLOCK_LEN_BYTES, Block64, InstructionSet, block_at, portable::Portable};

/// The bytes that end fields and records, or keep others from doing so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Between fields.
    pub(crate) delim: Delim,
    /// Around fields, if the chunk has any.
    pub(crate) quote: Option<u8>,
    /// Whether the chunk has carriage returns, which end records where no `\n` follows.
    pub(crate) has_cr: bool,
}

/// The chunk has quotes where the grammar takes them for bytes like others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Irregular;

/// Ends of fields and records, as far as a chunk has been looked at.
#[derive(Debug, Default)]
pub(crate) struct Structure {
    /// Offsets of the last bytes of what ends fields, the first one a stand-in for what ends the record before.
    /// Longer than [`Self::len`]: blocks write whole groups.
    ends: Vec<u32>,
    len: usize,
    records: Vec<Record>,
    /// The place in `ends` of the one before the record that is not whole yet.
    base: u32,
    at: usize,
    quotes: QuoteState,
    delims: ManyBytes,
}

/// The ends of one record, by their places in [`Structure::ends`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record {
    /// The one before its first field.
    pub(crate) base: u32,
    /// That of its last field.
    pub(crate) last: u32,
}

/// What is carried from block to block.
#[derive(Debug, Clone, Copy)]
struct QuoteState {
    /// All ones inside quotes.
    inside: u64,
    /// Bit 0: a quote in the first place of the block may open a field.
    may_open: u64,
    /// Bit 0: the last byte of the block before was a quote that closes.
    closed: u64,
}

impl Default for QuoteState {
    fn default() -> Self {
        Self { inside: 0, may_open: 1, closed: 0 }
    }
}

impl Structure {
    /// Begins anew, at the first byte of a chunk.
    pub(crate) fn clear(&mut self) {
        if self.ends.is_empty() {
            self.ends.push(0);
        }
        // One before the first byte.
        self.ends[0] = u32::MAX;
        self.len = 1;
        self.base = 0;
        self.records.clear();
        self.at = 0;
        self.quotes = QuoteState::default();
        self.delims = ManyBytes::default();
    }

    /// Ends of fields, and what stands in for the one before a record where others were left out: the last byte
    /// of a delimiter or line end. The field behind it begins with the next byte.
    pub(crate) fn ends(&self) -> &[u32] {
        &self.ends[..self.len]
    }

    /// Records that are whole.
    pub(crate) fn records(&self) -> &[Record] {
        &self.records
    }

    /// Where the first of them begins; where none is, the one that is not whole yet.
    pub(crate) fn start(&self) -> usize {
        self.ends[0].wrapping_add(1) as usize
    }

    /// How far the chunk has been looked at.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Forgets the records that are known, keeping what belongs to the one that is not whole yet.
    pub(crate) fn drop_records(&mut self) {
        let keep_from = self.base as usize;
        self.ends.copy_within(keep_from..self.len, 0);
        self.len -= keep_from;
        self.base = 0;
        self.records.clear();
    }

    /// Looks at one record alone, from its start to behind its end. The chunk has no quotes.
    pub(crate) fn add_record(
        &mut self,
        set: InstructionSet,
        data: &[u8],
        start: usize,
        end: usize,
        marks: Marks,
    ) {
        debug_assert!(marks.quote.is_none());
        let known = self.records.len();
        self.make_room();
        self.len = self.base as usize + 1;
        self.ends[self.base as usize] = offset(start).wrapping_sub(1);
        self.at = start;
        self.delims = ManyBytes::default();
        let extended = self.extend(set, data, end, marks);
        debug_assert!(extended.is_ok() && self.records.len() > known);
        // The last block may go on into the records behind it.
        self.records.truncate(known + 1);
        if let Some(record) = self.records.last() {
            // The next one may begin elsewhere: it gets a base of its own.
            self.base = record.last + 1;
            self.len = self.base as usize + 1;
        }
    }

    /// Looks at the next blocks of a chunk that consists of whole records, up to `until` or a little
    /// further. The chunk is shorter than 4 GiB.
    pub(crate) fn extend(
        &mut self,
        set: InstructionSet,
        data: &[u8],
        until: usize,
        marks: Marks,
    ) -> Result<(), Irregular> {
        match set {
            InstructionSet::Portable => self.extend_with::<Portable>(data, until, marks),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => avx2::extend(self, data, until, marks),
            #[cfg(not(target_arch = "x86_64"))]
            InstructionSet::Avx2 => self.extend_with::<Portable>(data, until, marks),
        }
    }

    #[inline(always)]
    fn extend_with<B: Block64>(&mut self, data: &[u8], until: usize, marks: Marks) -> Result<(), Irregular> {
        if marks.delim.single().is_some() {
            return self.extend_by::<B, _>(data, until, marks, OneByte);
        }
        let delims = self.delims;
        self.extend_by::<B, _>(data, until, marks, delims)
    }

    #[inline(always)]
    fn extend_by<B: Block64, D: DelimFinder>(
        &mut self,
        data: &[u8],
        until: usize,
        marks: Marks,
        delims: D,
    ) -> Result<(), Irregular> {
        match (marks.quote, marks.has_cr) {
            (None, false) => self.blocks::<B, D, false, false>(data, until, marks, delims),
            (None, true) => self.blocks::<B, D, false, true>(data, until, marks, delims),
            (Some(_), false) => self.blocks::<B, D, true, false>(data, until, marks, delims),
            (Some(_), true) => self.blocks::<B, D, true, true>(data, until, marks, delims),
        }
    }

    #[inline(always)]
    fn blocks<B: Block64, D: DelimFinder, const QUOTES: bool, const CR: bool>(
        &mut self,
        data: &[u8],
        until: usize,
        marks: Marks,
        mut delims: D,
    ) -> Result<(), Irregular> {
        let quote = marks.quote.unwrap_or_default();
        let mut state = self.quotes;
        let mut at = self.at;
        let until = until.min(data.len());
        while at < until {
            let bytes = block_at(data, at);
            let block = B::load(&bytes);
            let mut lines = block.equal(b'\n');
            if CR {
                let next_is_lf = u64::from(data.get(at + BLOCK_LEN_BYTES) == Some(&b'\n'));
                let returns = block.equal(b'\r');
                lines |= returns & !(lines >> 1 | next_is_lf << 63);
            }
            let starts = D::starts(block, data, at, marks.delim);
            let ends = if QUOTES {
                let quotes = block.equal(quote);
                let inside = B::prefix_xor(quotes) ^ state.inside;
                lines &= !inside;
                let delims = delims.separate(starts & !inside, marks.delim);
                let ends = delims.last | lines;
                // A `\r` before a `\n` ends nothing, but may follow a quote that closes.
                let closing = quotes & !inside;
                let returns = if CR { block.equal(b'\r') } else { 0 };
                let may_follow = delims.first | lines | quotes | returns;
                let may_open = ends | closing;
                let opens_badly = quotes & inside & !(may_open << 1 | state.may_open);
                let followed_badly = (closing << 1 | state.closed) & !may_follow & in_data(data.len() - at);
                if opens_badly | followed_badly != 0 {
                    return Err(Irregular);
                }
                state.inside = 0u64.wrapping_sub(inside >> 63);
                state.may_open = may_open >> 63;
                state.closed = closing >> 63;
                ends
            } else {
                delims.separate(starts, marks.delim).last | lines
            };
            self.push_block::<B>(ends, lines, offset(at));
            at += BLOCK_LEN_BYTES;
        }
        self.at = at.min(data.len());
        self.quotes = state;
        self.delims = delims.into();
        // A chunk ends with a record: the last quote opens nothing.
        if QUOTES && self.at == data.len() && state.inside != 0 { Err(Irregular) } else { Ok(()) }
    }

    #[inline(always)]
    fn push_block<B: Block64>(&mut self, ends: u64, mut lines: u64, base: u32) {
        while lines != 0 {
            let before = ends & lines.wrapping_sub(1) & !lines;
            let last = offset(self.len) + before.count_ones();
            self.records.push(Record { base: self.base, last });
            self.base = last;
            lines &= lines - 1;
        }
        self.make_room();
        let room = &mut self.ends[self.len..self.len + ROOM];
        let mut written = 0;
        for group in 0..8 {
            // Eight offsets are written for every eight bytes, whatever the number of bits: what is too much
            // is written over by the next group. Bit by bit, each waits for the one before, and a branch for
            // each would be guessed wrong at every other block: that took twice the time for all of a scan.
            let bits = (ends >> (8 * group)) as u8;
            let base = base + 8 * group;
            let group = (&mut room[written..written + 8]).try_into().expect("eight offsets");
            B::write_offsets(&BIT_PLACES[usize::from(bits)], base, group);
            written += bits.count_ones() as usize;
        }
        self.len += written;
    }

    #[inline(always)]
    fn make_room(&mut self) {
        if self.ends.len() < self.len + ROOM {
            self.ends.resize(2 * self.len + ROOM, 0);
        }
    }
}

/// Room for the ends of a block, and for what is written too much behind the last one.
const ROOM: usize = BLOCK_LEN_BYTES + 8;

/// For each byte, the places of the bits that are set.
static BIT_PLACES: [[u8; 8]; 256] = {
    let mut places = [[0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut bit, mut count) = (0, 0);
        while bit < 8 {
            if byte & 1 << bit != 0 {
                places[byte][count] = bit;
                count += 1;
            }
            bit += 1;
        }
        byte += 1;
    }
    places
};

/// The bits of a block that stand for bytes, if there are so many from its first one on.
#[inline(always)]
fn in_data(rest: usize) -> u64 {
    if rest >= BLOCK_LEN_BYTES { u64::MAX } else { (1 << rest) - 1 }
}

#[inline(always)]
fn offset(at: usize) -> u32 {
    // Chunks are shorter than 4 GiB.
    at as u32
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    #![allow(unsafe_code)]

    use super::{Irregular, Marks, Structure};
    use crate::simd::avx2::Avx2;

    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt,pclmulqdq")]
    fn with_features(
        structure: &mut Structure,
        data: &[u8],
        until: usize,
        marks: Marks,
    ) -> Result<(), Irregular> {
        structure.extend_with::<Avx2>(data, until, marks)
    }

    pub(super) fn extend(
        structure: &mut Structure,
        data: &[u8],
        until: usize,
        marks: Marks,
    ) -> Result<(), Irregular> {
        // SAFETY: `InstructionSet::Avx2` is chosen only where the processor has these features.
        unsafe { with_features(structure, data, until, marks) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::csv::before_end;
    use super::super::record::{Dialect, Field, Parsed, parse_record};
    use super::*;

    /// Records as ranges of fields, by the structure; blank lines left out, `\r` before `\n` taken off.
    fn records(
        set: InstructionSet,
        data: &[u8],
        marks: Marks,
        step: usize,
    ) -> Result<Vec<Vec<(usize, usize)>>, Irregular> {
        let mut structure = Structure::default();
        structure.clear();
        let mut records = Vec::new();
        let mut until = 0;
        while structure.at() < data.len() {
            until += step;
            structure.extend(set, data, until, marks)?;
            for record in structure.records() {
                let ends = &structure.ends()[record.base as usize..=record.last as usize];
                let last = ends.len() - 1;
                let mut fields: Vec<(usize, usize)> = (1..=last)
                    .map(|at| {
                        let end = ends[at] - before_end(at == last, marks.delim);
                        (ends[at - 1].wrapping_add(1) as usize, end as usize)
                    })
                    .collect();
                let (start, end) = fields.last_mut().unwrap();
                if data[*end] == b'\n' && end > start && data[*end - 1] == b'\r' {
                    *end -= 1;
                }
                if fields != [(fields[0].0, fields[0].0)] {
                    records.push(fields);
                }
            }
            structure.drop_records();
        }
        // What ends inside of quotes has no end of a record there.
        let whole = structure.ends().len() == 1 && structure.quotes.inside == 0;
        if whole { Ok(records) } else { Err(Irregular) }
    }

    /// The same by the grammar, quotes included in the ranges.
    fn oracle(data: &[u8], dialect: &Dialect) -> Vec<Vec<(usize, usize)>> {
        let (mut at, mut fields, mut records) = (0, Vec::<Field>::new(), Vec::new());
        while at < data.len() {
            match parse_record(&data[at..], dialect, true, &mut fields) {
                Parsed::Record { len, .. } => {
                    let mut start = at;
                    let mut ranges = Vec::new();
                    for field in &fields {
                        // From the end of the field before, over quotes, to the next mark.
                        let mut end = at + field.end;
                        while end < data.len() && data[end] == b'"' {
                            end += 1;
                        }
                        ranges.push((start, end));
                        start = end + dialect.delim.len_bytes();
                    }
                    records.push(ranges);
                    at += len;
                }
                Parsed::Blank { len } => at += len,
                other => panic!("{other:?}"),
            }
        }
        records
    }

    fn marks(data: &[u8]) -> Marks {
        marks_of(data, b','.into())
    }

    fn marks_of(data: &[u8], delim: Delim) -> Marks {
        Marks { delim, quote: data.contains(&b'"').then_some(b'"'), has_cr: data.contains(&b'\r') }
    }

    #[test]
    fn cases() {
        for set in InstructionSet::all() {
            for (text, expected) in [
                ("", Some(vec![])),
                ("a,b\n", Some(vec![vec![(0, 1), (2, 3)]])),
                ("\n\r\n\ra\r", Some(vec![vec![(4, 5)]])),
                ("\"a,\n\",b\n", Some(vec![vec![(0, 5), (6, 7)]])),
                ("\"\",\"a\"\"b\"\r\n", Some(vec![vec![(0, 2), (3, 9)]])),
                ("a\"b\n", None),
                ("\"a\"b\n\"\"\n", None),
            ] {
                let found = records(*set, text.as_bytes(), marks(text.as_bytes()), 64);
                assert_eq!(found.ok(), expected, "{set:?} {text:?}");
            }
        }
    }

    /// Text with quotes that are mostly where they should be, long enough for several blocks.
    fn csv_like() -> impl Strategy<Value = String> {
        let field = prop_oneof![
            4 => "[a-c]{0,5}",
            2 => "[a-c]{20,70}",
            2 => "\"([a-c,\n\r]|\"\"){0,30}\"",
            1 => prop::sample::select(vec!["\"a\"b", "a\"", "\"", "\"\"\"", "a\rb"]).prop_map(str::to_owned),
        ];
        let end = prop::sample::select(vec![",", ",", ",", "\n", "\n", "\r\n", "\r"]);
        let text = prop::collection::vec((field, end), 0..40);
        text.prop_map(|pieces| pieces.into_iter().map(|(field, end)| field + end).collect::<String>() + "\n")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn single_records_as_among_all(
            lines in prop::collection::vec("([a-c]{0,40},){0,3}[a-c]{0,9}\r?\n", 1..20),
            chosen in prop::collection::vec(any::<bool>(), 20),
        ) {
            let text = lines.concat();
            let data = text.as_bytes();
            let marks = marks(data);
            for set in InstructionSet::all() {
                let (mut all, mut some) = (Structure::default(), Structure::default());
                all.clear();
                all.extend(*set, data, data.len(), marks).unwrap();
                some.clear();
                let mut start = 0;
                let mut expected = Vec::new();
                for (line, (record, chosen)) in lines.iter().zip(all.records().iter().zip(&chosen)) {
                    if *chosen {
                        some.add_record(*set, data, start, start + line.len(), marks);
                        expected.push(all.ends()[record.base as usize..=record.last as usize].to_vec());
                    }
                    start += line.len();
                }
                let ends = |record: &Record| some.ends()[record.base as usize..=record.last as usize].to_vec();
                prop_assert_eq!(some.records().iter().map(ends).collect::<Vec<_>>(), expected);
            }
        }

        #[test]
        fn as_the_grammar(text in csv_like(), step in 1usize..200) {
            let data = text.as_bytes();
            let expected = records(InstructionSet::Portable, data, marks(data), data.len());
            for set in InstructionSet::all() {
                prop_assert_eq!(&records(*set, data, marks(data), step), &expected);
            }
            if let Ok(found) = expected {
                prop_assert_eq!(found, oracle(data, &Dialect::RFC4180));
            }
        }

        #[test]
        fn as_the_grammar_with_longer_delimiters(
            text in csv_like(),
            delim in prop::sample::select(vec![",,", "a,", ",a,", "aaa", "ab,,", ";;"]),
            step in 1usize..200,
        ) {
            // Some of the commas become delimiters.
            for text in [text.replace(',', delim), text] {
                let (data, delim) = (text.as_bytes(), Delim::new(delim).unwrap());
                let marks = marks_of(data, delim);
                let expected = records(InstructionSet::Portable, data, marks, data.len());
                for set in InstructionSet::all() {
                    prop_assert_eq!(&records(*set, data, marks, step), &expected);
                }
                if let Ok(found) = expected {
                    prop_assert_eq!(found, oracle(data, &Dialect { delim, ..Dialect::RFC4180 }));
                }
            }
        }
    }
}
