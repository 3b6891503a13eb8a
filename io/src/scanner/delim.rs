//! What stands between fields: one byte, a few in a row, or a run of blanks.

use std::fmt;

use crate::error::{Error, Result};
use crate::simd::{BLOCK_LEN_BYTES, Block64, block_at};

/// Bytes that a delimiter has at most: two characters of UTF-8, or a word as `<--->`.
pub const MAX_DELIM_LEN_BYTES: usize = 8;

/// What stands between fields.
///
/// Of several bytes, the first place at which all of them stand counts: `a|||b` with the delimiter `||` is `a` and
/// `|b`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Delim {
    /// Zeros behind the last one.
    bytes: [u8; MAX_DELIM_LEN_BYTES],
    len: u8,
    /// Any number of blanks: text is made such that there is one, see `blanks.rs`.
    is_run: bool,
}

/// What the option calls [`Delim::BLANKS`]; the first is the one shown. The others are what pandas and Python users write.
const NAMES_OF_BLANKS: [&str; 4] = ["blanks", "whitespace", "\\s+", "\\s*"];

impl Delim {
    /// A delimiter of one byte.
    pub const fn byte(byte: u8) -> Self {
        let mut bytes = [0; MAX_DELIM_LEN_BYTES];
        bytes[0] = byte;
        Self { bytes, len: 1, is_run: false }
    }

    /// Any number of blanks and tabs; those at the start and end of a line are no delimiter.
    pub const BLANKS: Self = Self { is_run: true, ..Self::byte(b' ') };

    /// A delimiter of one to eight bytes, or `blanks`.
    ///
    /// # Errors
    /// There are none, or more, or a line end among them.
    pub fn new(text: &str) -> Result<Self> {
        let problem = match text.as_bytes() {
            _ if NAMES_OF_BLANKS.contains(&text) => return Ok(Self::BLANKS),
            [] => "it is empty".to_owned(),
            bytes if bytes.len() > MAX_DELIM_LEN_BYTES => {
                let len = bytes.len();
                format!("expected at most {MAX_DELIM_LEN_BYTES} bytes, found '{text}', which has {len}")
            }
            bytes if bytes.iter().any(|byte| matches!(byte, b'\n' | b'\r')) => {
                "a line end cannot be used".to_owned()
            }
            found => {
                let mut bytes = [0; MAX_DELIM_LEN_BYTES];
                bytes[..found.len()].copy_from_slice(found);
                return Ok(Self { bytes, len: found.len() as u8, is_run: false });
            }
        };
        Err(Error::bad_option("delim", problem))
    }

    /// Whether it is [`Self::BLANKS`].
    pub fn is_run_of_blanks(self) -> bool {
        self.is_run
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// How many bytes it has.
    #[inline]
    pub(crate) fn len_bytes(self) -> usize {
        usize::from(self.len)
    }

    /// The first byte.
    #[inline]
    pub(crate) fn first(self) -> u8 {
        self.bytes[0]
    }

    /// The byte, if there is only one.
    #[inline]
    pub fn single(self) -> Option<u8> {
        (self.len == 1).then_some(self.bytes[0])
    }

    /// Whether a byte is one of its own.
    pub fn contains(self, byte: u8) -> bool {
        self.as_bytes().contains(&byte)
    }

    /// Whether it stands at the start of data.
    #[inline]
    pub(crate) fn starts(self, data: &[u8]) -> bool {
        // The commonest case in one comparison.
        data.first() == Some(&self.bytes[0]) && (self.len == 1 || data.starts_with(self.as_bytes()))
    }

    /// How many of its first bytes stand behind `matched` of them and one more byte.
    pub(crate) fn matched_behind(self, matched: usize, byte: u8) -> usize {
        let mut seen = self.bytes;
        seen[matched] = byte;
        let seen = &seen[..=matched];
        (1..=seen.len()).rev().find(|len| seen.ends_with(&self.bytes[..*len])).unwrap_or(0)
    }
}

impl From<u8> for Delim {
    fn from(byte: u8) -> Self {
        Self::byte(byte)
    }
}

/// As an option has it: a tab as `\t`, and so a backslash in front of a `t` as two.
impl fmt::Display for Delim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_run {
            return f.write_str(NAMES_OF_BLANKS[0]);
        }
        f.write_str(&String::from_utf8_lossy(self.as_bytes()).replace("\\t", "\\\\t").replace('\t', "\\t"))
    }
}

/// Finds the delimiters of a chunk by masks, block after block.
pub(crate) trait DelimFinder: Copy + Into<ManyBytes> {
    /// Where all bytes of a delimiter stand in a row, those that overlap others included. The block is the one at
    /// `at`.
    fn starts<B: Block64>(block: B, data: &[u8], at: usize, delim: Delim) -> u64;

    /// The delimiters among these places: of two that overlap the first counts. Each block is asked for once, in
    /// their order.
    fn separate(&mut self, starts: u64, delim: Delim) -> DelimMasks;
}

/// Delimiters in a block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DelimMasks {
    /// Their first bytes: those in the block.
    pub(crate) first: u64,
    /// Their last bytes: of the last delimiter it may be in the next block, of one in the block before it may be here.
    pub(crate) last: u64,
}

/// For a delimiter of one byte.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OneByte;

impl From<OneByte> for ManyBytes {
    fn from(_: OneByte) -> Self {
        Self::default()
    }
}

impl DelimFinder for OneByte {
    #[inline(always)]
    fn starts<B: Block64>(block: B, _data: &[u8], _at: usize, delim: Delim) -> u64 {
        block.equal(delim.first())
    }

    #[inline(always)]
    fn separate(&mut self, starts: u64, _delim: Delim) -> DelimMasks {
        DelimMasks { first: starts, last: starts }
    }
}

/// For one of several bytes: what the block before leaves.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ManyBytes {
    /// The last bytes of its delimiters that stand in the next block.
    last: u64,
    /// Bytes at the start of the next block that belong to its last delimiter.
    taken: u32,
}

impl DelimFinder for ManyBytes {
    #[inline(always)]
    fn starts<B: Block64>(block: B, data: &[u8], at: usize, delim: Delim) -> u64 {
        let (first, others) = delim.as_bytes().split_first().expect("there is one at least");
        others.iter().zip(1..).fold(block.equal(*first), |starts, (byte, ahead)| {
            let shifted = B::load(&block_at(data, (at + ahead).min(data.len())));
            starts & shifted.equal(*byte)
        })
    }

    #[inline(always)]
    fn separate(&mut self, starts: u64, delim: Delim) -> DelimMasks {
        let len = u32::from(delim.len);
        let mut first = starts & u64::MAX << self.taken;
        let too_near = (1..len).fold(0, |near, distance| near | first & first << distance);
        if too_near != 0 {
            let (mut left, all) = (first, (1 << len) - 1);
            first = 0;
            while left != 0 {
                let at = left.trailing_zeros();
                first |= 1 << at;
                left &= !(all << at);
            }
        }
        let behind_last = u64::BITS - first.leading_zeros() + len - 1;
        let last = first << (len - 1) | self.last;
        self.taken = behind_last.saturating_sub(BLOCK_LEN_BYTES as u32);
        self.last = first >> (u64::BITS + 1 - len);
        DelimMasks { first, last }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_to_eight_bytes() {
        assert_eq!(Delim::new(";").unwrap(), Delim::byte(b';'));
        assert_eq!(Delim::new("||").unwrap().as_bytes(), b"||");
        assert_eq!(Delim::new("\t|").unwrap().to_string(), "\\t|");
        assert_eq!(Delim::new("\\t").unwrap().to_string(), "\\\\t");
        assert_eq!(Delim::new("\\").unwrap().to_string(), "\\");
        assert_eq!(Delim::new("¦").unwrap().single(), None);
        for name in NAMES_OF_BLANKS {
            assert_eq!(Delim::new(name).unwrap(), Delim::BLANKS);
        }
        assert_eq!(Delim::BLANKS.to_string(), "blanks");
        assert_ne!(Delim::BLANKS, Delim::byte(b' '));
        for (text, problem) in [
            ("", "it is empty"),
            ("|||||||||", "expected at most 8 bytes, found '|||||||||', which has 9"),
            ("¦|¦|¦|", "expected at most 8 bytes, found '¦|¦|¦|', which has 9"),
            (",\n", "a line end cannot be used"),
        ] {
            assert_eq!(Delim::new(text).unwrap_err().to_string(), format!("option delim: {problem}"));
        }
    }

    proptest! {
        /// Byte by byte, the same ends as by looking at each place.
        #[test]
        fn matches_byte_by_byte(delim in "[ab]{1,8}", text in "[abc]{0,40}") {
            let (delim, text) = (Delim::new(&delim).unwrap(), text.as_bytes());
            let (mut by_place, mut at) = (Vec::new(), 0);
            while at < text.len() {
                if delim.starts(&text[at..]) {
                    at += delim.len_bytes();
                    by_place.push(at);
                } else {
                    at += 1;
                }
            }
            let (mut by_byte, mut matched) = (Vec::new(), 0);
            for (at, byte) in text.iter().enumerate() {
                matched = delim.matched_behind(matched, *byte);
                if matched == delim.len_bytes() {
                    by_byte.push(at + 1);
                    matched = 0;
                }
            }
            prop_assert_eq!(by_byte, by_place);
        }
    }
}
