//! Whole texts made into UTF-8: those in which a comma or a line end may be a part of another character.

use std::fmt;

use encoding_rs::{CoderResult, Decoder};

use super::Encoding;
use crate::codec::Decompressor;
use crate::error::Result;

/// Bytes transcoded at once.
pub(super) const RAW_LEN_BYTES: usize = 64 << 10;

/// Makes UTF-8 of a text, chunk by chunk. What is no text becomes U+FFFD.
#[derive(Debug)]
pub(super) struct Transcoder {
    decoder: AnyDecoder,
    raw: Vec<u8>,
    start: usize,
    end: usize,
    at_end: bool,
    finished: bool,
}

/// `encoding_rs` has no UTF-32, as browsers do not read it.
enum AnyDecoder {
    Standard(Box<Decoder>),
    Utf32(Utf32Decoder),
}

impl fmt::Debug for AnyDecoder {
    /// `encoding_rs::Decoder` has no `Debug`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standard(decoder) => f.write_str(decoder.encoding().name()),
            Self::Utf32(decoder) => decoder.fmt(f),
        }
    }
}

impl Transcoder {
    /// For texts in an encoding, of which some bytes were read; `None` if it is one in which records can be split. A byte order mark
    /// is not looked for.
    pub(super) fn of(encoding: Encoding, read: &mut Vec<u8>) -> Option<Self> {
        let decoder = match encoding {
            Encoding::Utf32Le => AnyDecoder::Utf32(Utf32Decoder::new(u32::from_le_bytes)),
            Encoding::Utf32Be => AnyDecoder::Utf32(Utf32Decoder::new(u32::from_be_bytes)),
            Encoding::Other(other) if !encoding.is_split_safe() => {
                AnyDecoder::Standard(Box::new(other.new_decoder_without_bom_handling()))
            }
            _ => return None,
        };
        let mut raw = std::mem::take(read);
        let end = raw.len();
        raw.resize(RAW_LEN_BYTES, 0);
        Some(Self { decoder, raw, start: 0, end, at_end: false, finished: false })
    }

    /// Reads the next bytes of UTF-8 into `out`, which has room for a character, and returns how many; 0 only at the end.
    pub(super) fn read(&mut self, bytes: &mut Decompressor, out: &mut [u8]) -> Result<usize> {
        let mut written = 0;
        while written == 0 && !self.finished {
            if self.start == self.end && !self.at_end {
                (self.start, self.end) = (0, bytes.read(&mut self.raw)?);
                self.at_end = self.end == 0;
            }
            let source = &self.raw[self.start..self.end];
            let (is_all, used, len) = match &mut self.decoder {
                AnyDecoder::Standard(decoder) => {
                    let (state, used, len, _) = decoder.decode_to_utf8(source, out, self.at_end);
                    (state == CoderResult::InputEmpty, used, len)
                }
                AnyDecoder::Utf32(decoder) => decoder.decode(source, out, self.at_end),
            };
            self.start += used;
            written = len;
            self.finished = self.at_end && is_all;
        }
        Ok(written)
    }
}

/// Makes UTF-8 of UTF-32.
#[derive(Debug)]
struct Utf32Decoder {
    number: fn([u8; 4]) -> u32,
    /// Bytes of a character that is cut.
    cut: Vec<u8>,
}

impl Utf32Decoder {
    fn new(number: fn([u8; 4]) -> u32) -> Self {
        Self { number, cut: Vec::new() }
    }

    /// Whether all of the source was taken, how much of it, and how many bytes were written.
    fn decode(&mut self, source: &[u8], out: &mut [u8], at_end: bool) -> (bool, usize, usize) {
        let (mut used, mut written) = (0, 0);
        while out.len() - written >= char::MAX.len_utf8() {
            let missing = 4 - self.cut.len();
            let Some(bytes) = source.get(used..used + missing) else {
                self.cut.extend_from_slice(&source[used..]);
                used = source.len();
                let is_cut = at_end && !self.cut.is_empty();
                if is_cut {
                    self.cut.clear();
                    written += char::REPLACEMENT_CHARACTER.encode_utf8(&mut out[written..]).len();
                }
                return (true, used, written);
            };
            self.cut.extend_from_slice(bytes);
            used += missing;
            let code = (self.number)([self.cut[0], self.cut[1], self.cut[2], self.cut[3]]);
            self.cut.clear();
            let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            written += character.encode_utf8(&mut out[written..]).len();
        }
        (used == source.len() && self.cut.is_empty() && !at_end, used, written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf32_is_the_same_however_it_is_cut() {
        let text = "a,ä\n\u{1F600}x";
        let mut bytes: Vec<u8> =
            text.chars().flat_map(|character| u32::from(character).to_be_bytes()).collect();
        bytes.extend_from_slice(&[0, 0x11, 0, 0, 0, 0]);
        for (step, room) in [(1, 4), (3, 5), (4, 4), (7, 64), (64, 4), (64, 64)] {
            let (mut decoder, mut made) = (Utf32Decoder::new(u32::from_be_bytes), Vec::new());
            let mut out = vec![0; room];
            let mut at = 0;
            loop {
                let source = &bytes[at..bytes.len().min(at + step)];
                let (is_all, used, written) = decoder.decode(source, &mut out, source.is_empty());
                made.extend_from_slice(&out[..written]);
                at += used;
                if source.is_empty() && is_all {
                    break;
                }
            }
            // What is no character, and what is cut.
            assert_eq!(String::from_utf8(made).unwrap(), format!("{text}\u{FFFD}\u{FFFD}"), "{step} {room}");
        }
    }
}
