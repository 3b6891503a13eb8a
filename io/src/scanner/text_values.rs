//! The values of a column of text: views, as Arrow has them.

#![allow(unsafe_code)]

use arrow_array::StringViewArray;
use arrow_buffer::{Buffer, NullBuffer, ScalarBuffer};

use super::column::taken;
use super::fields::Span;
use super::numbers::load_8;
use crate::chunk::PADDING_LEN_BYTES;
use crate::encoding::Encoding;

/// Longest value that stands in its view.
const MAX_INLINE_LEN_BYTES: usize = 12;

/// Bytes of values in one buffer, unless a single value is longer: buffers grow by doubling, and one that
/// grows is copied.
const BUFFER_LEN_BYTES: usize = 1 << 20;

/// Text that is appended value by value. Arrow's own builder checks each value's length and buffer by more
/// branches than there are bytes in most; a column of airports took twice the time with it.
#[derive(Debug, Default)]
pub(crate) struct TextValues {
    views: Vec<u128>,
    long: LongValues,
}

/// Values that do not stand in their views.
#[derive(Debug, Default)]
struct LongValues {
    open: Vec<u8>,
    full: Vec<Buffer>,
}

/// A chunk that is UTF-8.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CheckedText<'a> {
    /// The chunk, with [`PADDING_LEN_BYTES`] of other bytes behind it.
    padded: &'a [u8],
    len: usize,
    is_ascii: bool,
}

impl<'a> CheckedText<'a> {
    /// Looks at all bytes; nothing if they are no ASCII and, where the encoding is UTF-8 or may be it, not that either.
    pub(crate) fn of(padded: &'a [u8], encoding: Encoding) -> Option<Self> {
        let len = padded.len() - PADDING_LEN_BYTES;
        let bytes = &padded[..len];
        let is_ascii = bytes.is_ascii();
        let may_be_utf8 = matches!(encoding, Encoding::Utf8 | Encoding::Utf8Or(_));
        let is_utf8 = || may_be_utf8 && std::str::from_utf8(bytes).is_ok();
        (is_ascii || is_utf8()).then_some(Self { padded, len, is_ascii })
    }

    /// Whether a value may begin or end at a place: not inside a character.
    #[inline(always)]
    fn is_boundary(&self, at: usize) -> bool {
        // The bytes of a character behind its first one are 0b10xx_xxxx.
        at == self.len || self.padded[at] & 0xc0 != 0x80
    }
}

impl TextValues {
    pub(crate) fn with_capacity(rows: usize) -> Self {
        Self { views: Vec::with_capacity(rows), ..Self::default() }
    }

    /// Appends a value.
    pub(crate) fn push(&mut self, text: &str) {
        if text.len() > MAX_INLINE_LEN_BYTES {
            let view = self.long.push(text.as_bytes());
            self.views.push(view);
            return;
        }
        let mut bytes = [0; 16];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        self.views.push(inline(load_8(&bytes, 0), load_8(&bytes, 4), text.len()));
    }

    /// Appends parts of a chunk, and says how many of them are empty. A short one is loaded with what stands
    /// behind it, and that is cut off.
    ///
    /// # Panics
    /// A part is not inside the chunk, or begins or ends inside a character.
    pub(crate) fn push_parts(&mut self, text: &CheckedText<'_>, spans: &[Span]) -> usize {
        const { assert!(PADDING_LEN_BYTES >= 16, "a value at the very end is loaded whole") };
        let Self { views, long } = self;
        let CheckedText { padded, len: text_len, is_ascii } = *text;
        let mut empty = 0;
        views.extend(spans.iter().map(|span| {
            let (start, end) = (span.start as usize, span.end as usize);
            assert!(start <= end && end <= text_len);
            assert!(is_ascii || text.is_boundary(start) && text.is_boundary(end));
            let len = end - start;
            empty += usize::from(len == 0);
            match len {
                0..=MAX_INLINE_LEN_BYTES => inline(load_8(padded, start), load_8(padded, start + 4), len),
                _ => long.push(&padded[start..end]),
            }
        }));
        empty
    }

    /// Appends a null.
    pub(crate) fn push_null(&mut self) {
        self.views.push(0);
    }

    /// Takes the values out as an array and begins anew.
    pub(crate) fn finish(&mut self, nulls: Option<NullBuffer>) -> StringViewArray {
        self.long.close_buffer();
        let views = ScalarBuffer::from(taken(&mut self.views));
        let buffers = std::mem::take(&mut self.long.full);
        // SAFETY: every view was made by `inline`, of at most 12 bytes, or by `LongValues::push`, of a range of the
        // buffer that it names, with its first four bytes. All values are UTF-8: texts, or parts of
        // a `CheckedText` that begin and end between characters.
        unsafe { StringViewArray::new_unchecked(views, buffers, nulls) }
    }
}

/// The view of a short value: its length, of four bytes, and its bytes, of which the eight from the first one and from the fifth one
/// on are given, with others behind. Shifts from one half to the other, or of all 128 bits, are slow on some processors.
#[inline(always)]
fn inline(first: u64, fifth: u64, len: usize) -> u128 {
    let [of_low, of_high] = MASKS[len];
    let (low, high) = (first << 32 & of_low | len as u64, fifth & of_high);
    u128::from(high) << 64 | u128::from(low)
}

/// For each length of a short value, the bits of the two halves of its view that its bytes take.
static MASKS: [[u64; 2]; MAX_INLINE_LEN_BYTES + 1] = {
    let mut masks = [[0; 2]; MAX_INLINE_LEN_BYTES + 1];
    let mut len = 0;
    while len <= MAX_INLINE_LEN_BYTES {
        let mask = ((1u128 << (8 * len)) - 1) << 32;
        masks[len] = [mask as u64, (mask >> 64) as u64];
        len += 1;
    }
    masks
};

impl LongValues {
    /// Appends a value and gives its view.
    fn push(&mut self, bytes: &[u8]) -> u128 {
        if self.open.len() + bytes.len() > BUFFER_LEN_BYTES {
            self.close_buffer();
        }
        // Both are bounded by the longest record, which is shorter than 4 GiB.
        let (len, offset) = (bytes.len() as u128, self.open.len() as u128);
        let prefix = u128::from(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
        self.open.extend_from_slice(bytes);
        offset << 96 | (self.full.len() as u128) << 64 | prefix << 32 | len
    }

    fn close_buffer(&mut self) {
        if !self.open.is_empty() {
            self.full.push(Buffer::from_vec(std::mem::take(&mut self.open)));
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;

    use super::*;

    #[test]
    fn values_of_every_length_come_back() {
        let texts: Vec<String> = (0..40)
            .chain([BUFFER_LEN_BYTES - 1, 13, BUFFER_LEN_BYTES + 1, 20])
            .map(|len| "abcdefghijklmnopqrstuvwxyz".chars().cycle().take(len).collect())
            .collect();
        for padded in [false, true] {
            let mut values = TextValues::default();
            for text in &texts {
                if padded {
                    let data = [text.as_bytes(), &[b'#'; PADDING_LEN_BYTES]].concat();
                    let checked = CheckedText::of(&data, Encoding::Utf8).unwrap();
                    let span = Span { start: 0, end: u32::try_from(text.len()).unwrap() };
                    assert_eq!(values.push_parts(&checked, &[span]), usize::from(text.is_empty()));
                } else {
                    values.push(text);
                }
            }
            values.push_null();
            let nulls = NullBuffer::from_iter((0..=texts.len()).map(|row| row < texts.len()));
            let array = values.finish(Some(nulls));
            let (views, buffers, nulls) = array.clone().into_parts();
            StringViewArray::try_new(views, buffers, nulls).unwrap();
            let found: Vec<Option<&str>> = array.iter().collect();
            let expected: Vec<_> = texts.iter().map(|text| Some(text.as_str())).chain([None]).collect();
            assert_eq!(found, expected);
            assert_eq!(values.finish(None).len(), 0);
        }
    }

    #[test]
    fn what_is_no_text_is_not_taken() {
        let padded = |bytes: &[u8]| [bytes, &[0xff; PADDING_LEN_BYTES]].concat();
        assert!(CheckedText::of(&padded("ä".as_bytes()), Encoding::Utf8).is_some());
        assert!(CheckedText::of(&padded("ä".as_bytes()), Encoding::Latin1).is_none());
        assert!(CheckedText::of(&padded(b"a\xe4"), Encoding::Utf8).is_none());
        assert!(CheckedText::of(&padded(b"a"), Encoding::Latin1).is_some());
    }

    #[test]
    #[should_panic(expected = "is_boundary")]
    fn half_a_character_is_not_taken() {
        let data = ["ä".as_bytes(), &[0; PADDING_LEN_BYTES]].concat();
        let text = CheckedText::of(&data, Encoding::Utf8).unwrap();
        TextValues::default().push_parts(&text, &[Span { start: 0, end: 1 }]);
    }
}
