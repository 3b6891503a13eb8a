//! Walks over the bytes of a CSV file from a place that need not be the start of a record, to find the last
//! end of a record: the sequential step between decoding and scanning.
//!
//! Most chunks need no walk: without quotes every line end outside of them ends a record, and the last one
//! is found from behind. With quotes, a block of 64 bytes is walked at once, in the way of
//! [`structure`](crate::scanner); what has its quotes in odd places, an escape byte or comments is walked
//! byte by byte.

use memchr::{memchr, memchr2, memchr3, memrchr2};

use crate::scanner::Delim;
use crate::scanner::delim::{DelimFinder, DelimMasks, ManyBytes, OneByte};
use crate::scanner::record::{Dialect, Parsed, parse_record};
use crate::simd::{BLOCK_LEN_BYTES, Block64, InstructionSet, block_at, portable::Portable};

/// Where in the grammar a place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// At the start of a record.
    Record,
    /// Behind a delimiter.
    Field,
    /// In a field where quotes are bytes like others, behind so many bytes of a delimiter, which may go on.
    Bare(u8),
    /// Inside quotes.
    Quoted,
    /// Inside quotes, behind a quote: it closes them, or is the first of two.
    QuoteSeen,
    /// Inside quotes, behind an escape byte.
    Escaped,
    /// In a comment.
    Comment,
    /// Behind a `\r` outside quotes: it ends a record, unless `\n` follows, which then does.
    Return,
}

impl State {
    /// Whether line ends are part of a value here.
    pub(crate) fn is_quoted(self) -> bool {
        matches!(self, Self::Quoted | Self::Escaped)
    }

    /// Where a place outside quotes is, going by the byte before it; the delimiter is a byte.
    fn behind_byte(byte: u8, delim: u8) -> Self {
        Self::behind(0, byte, Delim::byte(delim))
    }

    /// Where a place outside quotes is, going by the byte before it, and by how much of a delimiter stands before
    /// that in the field.
    fn behind(matched: u8, byte: u8, delim: Delim) -> Self {
        match byte {
            b'\n' => Self::Record,
            b'\r' => Self::Return,
            byte if matched == 0 && byte != delim.first() => Self::Bare(0),
            byte => match delim.matched_behind(matched.into(), byte) {
                all if all == delim.len_bytes() => Self::Field,
                // It is less than eight.
                matched => Self::Bare(matched as u8),
            },
        }
    }
}

/// What a walk over a chunk found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Walked {
    /// Where the place behind the chunk is.
    pub(crate) state: State,
    /// Behind the last byte of the last record that ends in the chunk; 0 for a record whose last byte, a
    /// `\r`, is the one before the chunk.
    pub(crate) last_end: Option<usize>,
}

/// Walks over a chunk that is not empty. `has_quotes` is whether it has the quote of the dialect.
pub(crate) fn walk(
    state: State,
    data: &[u8],
    dialect: &Dialect,
    has_quotes: bool,
    set: InstructionSet,
) -> Walked {
    let walked = match dialect.quote {
        _ if !has_quotes && !state.is_quoted() => Some(walk_without_quotes(state, data, dialect)),
        Some(quote) if escape_of(dialect).is_none() && dialect.comment.is_none() => {
            walk_blocks(state, data, dialect, quote, set)
        }
        _ => None,
    };
    walked.unwrap_or_else(|| walk_bytes(state, data, dialect))
}

/// Behind the last record of data that begins with one and has loose quotes.
///
/// What a quote is may be known only far behind it, so there is no state to go on with: data that ends within a record
/// is walked over again when there is more of it.
pub(crate) fn last_loose_end(
    data: &[u8],
    dialect: &Dialect,
    has_quotes: bool,
    set: InstructionSet,
) -> Option<usize> {
    let regular = match dialect.quote {
        _ if !has_quotes => Some(walk_without_quotes(State::Record, data, dialect)),
        Some(quote) if escape_of(dialect).is_none() && dialect.comment.is_none() => {
            walk_blocks(State::Record, data, dialect, quote, set)
        }
        _ => None,
    };
    if let Some(Walked { last_end, .. }) = regular {
        return last_end;
    }
    let (mut end, mut fields) = (0, Vec::new());
    loop {
        match parse_record(&data[end..], dialect, false, &mut fields) {
            Parsed::Record { len, .. } | Parsed::Blank { len } | Parsed::Comment { len } => end += len,
            Parsed::Incomplete | Parsed::Unclosed => return (end > 0).then_some(end),
        }
    }
}

/// The end that a `\r` before the chunk makes, if nothing in the chunk makes one.
fn end_of_return(state: State, data: &[u8]) -> Option<usize> {
    (state == State::Return && data[0] != b'\n').then_some(0)
}

fn walk_without_quotes(state: State, data: &[u8], dialect: &Dialect) -> Walked {
    let (last, before) = data.split_last().expect("a chunk is not empty");
    // A `\r` in the last place may be half of a line end.
    let searched = if *last == b'\r' { before } else { data };
    let last_end = memrchr2(b'\n', b'\r', searched).map(|at| at + 1).or(end_of_return(state, data));
    let Some(delim) = dialect.delim.single() else {
        // The last byte alone does not tell how much of a delimiter there is.
        let (state, rest) = last_end.map_or((state, data), |end| (State::Record, &data[end..]));
        return Walked { state: state_behind(state, rest, dialect), last_end };
    };
    let first = match (last_end, state) {
        (Some(end), _) => data.get(end),
        (None, State::Record) => data.first(),
        (None, State::Comment) => return Walked { state: comment_state(*last), last_end },
        (None, _) => None,
    };
    let state = match first {
        Some(first) if Some(*first) == dialect.comment => comment_state(*last),
        _ => State::behind_byte(*last, delim),
    };
    Walked { state, last_end }
}

/// The state behind a part of a field, byte by byte.
fn state_behind(state: State, rest: &[u8], dialect: &Dialect) -> State {
    if rest.is_empty() { state } else { walk_bytes(state, rest, dialect).state }
}

fn comment_state(last: u8) -> State {
    if last == b'\r' { State::Return } else { State::Comment }
}

/// Walks over blocks; nothing if a quote stands in an odd place.
fn walk_blocks(
    mut state: State,
    data: &[u8],
    dialect: &Dialect,
    quote: u8,
    set: InstructionSet,
) -> Option<Walked> {
    if dialect.delim.contains(quote) {
        return None;
    }
    // Out of the delimiter that the chunk before ends in.
    let (mut at, mut known_end) = (0, None);
    while let State::Bare(1..) = state
        && at < data.len()
    {
        let walked = walk_bytes(state, &data[at..=at], dialect);
        known_end = walked.last_end.map(|end| at + end).or(known_end);
        state = walked.state;
        at += 1;
    }
    if at == data.len() {
        return Some(Walked { state, last_end: known_end });
    }
    let data = &data[at..];
    let walked = match set {
        InstructionSet::Portable => walk_blocks_with::<Portable>(state, data, dialect, quote),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => avx2::walk_blocks(state, data, dialect, quote),
        #[cfg(not(target_arch = "x86_64"))]
        InstructionSet::Avx2 => walk_blocks_with::<Portable>(state, data, dialect, quote),
    }?;
    Some(Walked { last_end: walked.last_end.map(|end| at + end).or(known_end), ..walked })
}

#[inline(always)]
fn walk_blocks_with<B: Block64>(state: State, data: &[u8], dialect: &Dialect, quote: u8) -> Option<Walked> {
    match dialect.delim.single() {
        Some(_) => walk_blocks_by::<B, _>(state, data, dialect, quote, OneByte),
        None => walk_blocks_by::<B, _>(state, data, dialect, quote, ManyBytes::default()),
    }
}

#[inline(always)]
fn walk_blocks_by<B: Block64, D: DelimFinder>(
    state: State,
    data: &[u8],
    dialect: &Dialect,
    quote: u8,
    mut delims: D,
) -> Option<Walked> {
    let delim = dialect.delim;
    // Behind the last end of a field or line.
    let mut last_mark = None;
    let mut inside = if state.is_quoted() { u64::MAX } else { 0 };
    let mut closed = u64::from(state == State::QuoteSeen);
    let mut may_open = u64::from(!matches!(state, State::Bare(_) | State::Comment));
    let mut last_end = end_of_return(state, data);
    let mut at = 0;
    while at < data.len() {
        let block = B::load(&block_at(data, at));
        let rest = data.len() - at;
        let in_data = if rest >= BLOCK_LEN_BYTES { u64::MAX } else { (1 << rest) - 1 };
        let quotes = block.equal(quote);
        let feeds = block.equal(b'\n');
        let returns = block.equal(b'\r');
        // A `\r` in the last place of the chunk may be half of a line end; in that of a block, the next
        // byte tells.
        let next_is_feed = match data.get(at + BLOCK_LEN_BYTES) {
            Some(byte) => u64::from(*byte == b'\n') << 63,
            None => 1 << (rest - 1),
        };
        let lines = feeds | (returns & !(feeds >> 1 | next_is_feed));
        let is_inside = B::prefix_xor(quotes) ^ inside;
        let starts = D::starts(block, data, at, delim) & !is_inside;
        let DelimMasks { first, last } = delims.separate(starts, delim);
        let line_ends = (feeds | returns) & !is_inside;
        let ends = last | line_ends;
        let closing = quotes & !is_inside;
        let opens_badly = quotes & is_inside & !((ends | closing) << 1 | may_open);
        let followed_badly = (closing << 1 | closed) & !(first | line_ends | quotes) & in_data;
        if opens_badly | followed_badly != 0 {
            return None;
        }
        let lines = lines & !is_inside;
        if lines != 0 {
            last_end = Some(at + BLOCK_LEN_BYTES - lines.leading_zeros() as usize);
        }
        if ends != 0 {
            last_mark = Some(at + BLOCK_LEN_BYTES - ends.leading_zeros() as usize);
        }
        inside = 0u64.wrapping_sub(is_inside >> 63);
        may_open = (ends | closing) >> 63;
        closed = closing >> 63;
        if rest < BLOCK_LEN_BYTES {
            // The zeros that fill the block are as inside as its last byte.
            closed = closing >> (rest - 1);
        }
        at += BLOCK_LEN_BYTES;
    }
    let state = match last_mark {
        _ if inside != 0 => State::Quoted,
        _ if closed != 0 => State::QuoteSeen,
        // Behind the mark there may be a part of a delimiter.
        Some(mark) => {
            let marked = match data[mark - 1] {
                b'\n' => State::Record,
                b'\r' => State::Return,
                _ => State::Field,
            };
            state_behind(marked, &data[mark..], dialect)
        }
        None => state_behind(state, data, dialect),
    };
    Some(Walked { state, last_end })
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    #![allow(unsafe_code)]

    use super::{Dialect, State, Walked, walk_blocks_with};
    use crate::simd::avx2::Avx2;

    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt,pclmulqdq")]
    fn with_features(state: State, data: &[u8], dialect: &Dialect, quote: u8) -> Option<Walked> {
        walk_blocks_with::<Avx2>(state, data, dialect, quote)
    }

    pub(super) fn walk_blocks(state: State, data: &[u8], dialect: &Dialect, quote: u8) -> Option<Walked> {
        // SAFETY: `InstructionSet::Avx2` is chosen only where the processor has these features.
        unsafe { with_features(state, data, dialect, quote) }
    }
}

/// Walks from byte to byte that means something: the definition, and the way for all that is rare.
fn walk_bytes(mut state: State, data: &[u8], dialect: &Dialect) -> Walked {
    let mut last_end = end_of_return(state, data);
    let mut at = 0;
    while let Some(byte) = data.get(at) {
        match state {
            State::Quoted => match find_in_quotes(&data[at..], dialect) {
                Some(skip) => {
                    at += skip;
                    state =
                        if Some(data[at]) == escape_of(dialect) { State::Escaped } else { State::QuoteSeen };
                }
                None => break,
            },
            State::Escaped => state = State::Quoted,
            State::QuoteSeen if Some(*byte) == dialect.quote && escape_of(dialect).is_none() => {
                state = State::Quoted;
            }
            State::Record if Some(*byte) == dialect.comment => state = State::Comment,
            State::Return if *byte == b'\n' => {
                state = State::Record;
                last_end = Some(at + 1);
            }
            State::Return => {
                // The `\r` before ended the record; this byte is looked at again.
                last_end = Some(at);
                state = State::Record;
                continue;
            }
            State::Record | State::Field if Some(*byte) == dialect.quote => state = State::Quoted,
            State::Comment => match memchr2(b'\n', b'\r', &data[at..]) {
                Some(skip) => {
                    at += skip;
                    state = State::behind(0, data[at], dialect.delim);
                }
                None => break,
            },
            State::Bare(0) => match memchr3(b'\n', b'\r', dialect.delim.first(), &data[at..]) {
                Some(skip) => {
                    at += skip;
                    state = State::behind(0, data[at], dialect.delim);
                }
                None => break,
            },
            State::Bare(matched) => state = State::behind(matched, *byte, dialect.delim),
            State::Record | State::Field | State::QuoteSeen => {
                state = State::behind(0, *byte, dialect.delim);
            }
        }
        at += 1;
        if state == State::Record {
            last_end = Some(at);
        }
    }
    Walked { state, last_end }
}

/// The escape byte, if it is another one than the quote: a quote that escapes quotes is one that is doubled.
fn escape_of(dialect: &Dialect) -> Option<u8> {
    dialect.escape.filter(|escape| Some(*escape) != dialect.quote)
}

fn find_in_quotes(data: &[u8], dialect: &Dialect) -> Option<usize> {
    let quote = dialect.quote?;
    match escape_of(dialect) {
        Some(escape) => memchr2(quote, escape, data),
        None => memchr(quote, data),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The ends of the records of the data, by the grammar; the last one is left out if the data may go on.
    fn ends(data: &[u8], dialect: &Dialect) -> Vec<usize> {
        let (mut at, mut fields, mut ends) = (0, Vec::new(), Vec::new());
        loop {
            match parse_record(&data[at..], dialect, false, &mut fields) {
                Parsed::Record { len, .. } | Parsed::Blank { len } | Parsed::Comment { len } => at += len,
                Parsed::Incomplete | Parsed::Unclosed => return ends,
            }
            ends.push(at);
        }
    }

    fn dialects() -> impl Strategy<Value = Dialect> {
        let comma = Dialect::RFC4180;
        prop::sample::select(vec![
            comma.clone(),
            comma.clone(),
            Dialect { escape: Some(b'\\'), ..comma.clone() },
            Dialect { quote: None, ..comma.clone() },
            Dialect { comment: Some(b'#'), ..comma.clone() },
            Dialect { delim: Delim::new(",,").unwrap(), ..comma.clone() },
            Dialect { delim: Delim::new("aab").unwrap(), quote: None, ..comma.clone() },
            Dialect { delim: Delim::new(",a,").unwrap(), escape: Some(b'\\'), ..comma },
        ])
    }

    fn csv_like() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop::sample::select(b"aaaab\"\"\",,,\\#\n\n\r".to_vec());
        let regular = prop::sample::select(vec![
            "\"a,\n\"\"b\",",
            "\"\"\n",
            "abc,",
            "xx\r\n",
            "\"c\"\r",
            ",",
            "\"a\",,",
            "\"b\"aab",
            "c,a,",
        ]);
        prop_oneof![
            prop::collection::vec(byte, 1..200),
            prop::collection::vec(regular, 1..40).prop_map(|pieces| pieces.concat().into_bytes()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]

        #[test]
        fn the_same_ends_with_loose_quotes(data in csv_like(), dialect in dialects(), cut in 1usize..200) {
            let dialect = Dialect { loose_quotes: true, ..dialect };
            for data in [&data[..cut.min(data.len())], &data] {
                let has_quotes = dialect.quote.is_some_and(|quote| data.contains(&quote));
                for set in InstructionSet::all() {
                    let found = last_loose_end(data, &dialect, has_quotes, *set);
                    prop_assert_eq!(found, ends(data, &dialect).last().copied(), "{:?}", String::from_utf8_lossy(data));
                }
            }
        }

        #[test]
        fn the_same_ends_however_the_data_is_cut(
            data in csv_like(),
            dialect in dialects(),
            steps in prop::collection::vec(1usize..150, 1..20),
        ) {
            let expected = ends(&data, &dialect);
            for set in InstructionSet::all() {
                let mut state = State::Record;
                let mut at = 0;
                let mut last = None;
                for step in steps.iter().cycle() {
                    let chunk = &data[at..data.len().min(at + step)];
                    let has_quotes = dialect.quote.is_some_and(|quote| chunk.contains(&quote));
                    let walked = walk(state, chunk, &dialect, has_quotes, *set);
                    last = walked.last_end.map(|end| at + end).or(last);
                    state = walked.state;
                    at += chunk.len();
                    // What the grammar says of the same prefix.
                    let known = ends(&data[..at], &dialect).last().copied();
                    prop_assert_eq!(last, known, "{:?}", String::from_utf8_lossy(&data[..at]));
                    if at == data.len() {
                        break;
                    }
                }
                prop_assert_eq!(last, expected.last().copied());
            }
        }
    }
}
