//! Whole texts made into UTF-8: those in which a comma or a line end may be a part of another character.

use std::fmt;

use encoding_rs::{CoderResult, Decoder, DecoderResult};

use super::Encoding;
use crate::codec::Decompressor;
use crate::error::{ErrorKind, Result};

/// Bytes transcoded at once.
pub(super) const RAW_LEN_BYTES: usize = 64 << 10;

/// Makes UTF-8 of a text, chunk by chunk. What is no text is an error, or, in an encoding that is lossy, becomes U+FFFD.
#[derive(Debug)]
pub(super) struct Transcoder {
    encoding: Encoding,
    decoder: AnyDecoder,
    raw: Vec<u8>,
    start: usize,
    end: usize,
    at_end: bool,
    finished: bool,
    /// Bytes that are no text, behind what was handed out last.
    bad: Option<Bad>,
    /// Line ends in what was handed out.
    lines: u64,
}

/// `encoding_rs` has no UTF-32, as browsers do not read it.
enum AnyDecoder {
    Standard(Box<Decoder>),
    Lossy(Box<Decoder>),
    Utf32(Utf32Decoder),
}

/// Bytes that are no text.
#[derive(Debug, Clone, Copy)]
struct Bad {
    len_bytes: usize,
    /// Bytes behind them that were taken, too.
    behind_bytes: usize,
}

/// What became of some bytes.
struct Decoded {
    /// Whether all of them were taken.
    is_all: bool,
    /// How many were.
    used: usize,
    /// How many bytes of UTF-8 were written.
    written: usize,
    bad: Option<Bad>,
}

impl fmt::Debug for AnyDecoder {
    /// `encoding_rs::Decoder` has no `Debug`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standard(decoder) | Self::Lossy(decoder) => f.write_str(decoder.encoding().name()),
            Self::Utf32(decoder) => decoder.fmt(f),
        }
    }
}

impl AnyDecoder {
    fn decode(&mut self, source: &[u8], out: &mut [u8], at_end: bool) -> Decoded {
        match self {
            Self::Standard(decoder) => {
                let (state, used, written) = decoder.decode_to_utf8_without_replacement(source, out, at_end);
                let bad = match state {
                    DecoderResult::Malformed(len, behind) => {
                        Some(Bad { len_bytes: len.into(), behind_bytes: behind.into() })
                    }
                    _ => None,
                };
                Decoded { is_all: state == DecoderResult::InputEmpty, used, written, bad }
            }
            Self::Lossy(decoder) => {
                let (state, used, written, _) = decoder.decode_to_utf8(source, out, at_end);
                Decoded { is_all: state == CoderResult::InputEmpty, used, written, bad: None }
            }
            Self::Utf32(decoder) => decoder.decode(source, out, at_end),
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
            Encoding::OtherLossy(other) if !encoding.is_split_safe() => {
                AnyDecoder::Lossy(Box::new(other.new_decoder_without_bom_handling()))
            }
            _ => return None,
        };
        let mut raw = std::mem::take(read);
        let end = raw.len();
        raw.resize(RAW_LEN_BYTES, 0);
        let (start, at_end, finished, bad, lines) = (0, false, false, None, 0);
        Some(Self { encoding, decoder, raw, start, end, at_end, finished, bad, lines })
    }

    /// Reads the next bytes of UTF-8 into `out`, which has room for a character, and returns how many; 0 only at the end.
    ///
    /// # Errors
    /// Those of the codec; bytes that are no text, after the text in front of them.
    pub(super) fn read(&mut self, bytes: &mut Decompressor, out: &mut [u8]) -> Result<usize> {
        let mut written = 0;
        while written == 0 && !self.finished {
            if let Some(bad) = self.bad {
                return Err(self.no_text(bytes, bad).into());
            }
            if self.start == self.end && !self.at_end {
                match bytes.read(&mut self.raw)? {
                    0 => self.at_end = true,
                    len => (self.start, self.end) = (0, len),
                }
            }
            let decoded = self.decoder.decode(&self.raw[self.start..self.end], out, self.at_end);
            self.start += decoded.used;
            self.bad = decoded.bad;
            written = decoded.written;
            self.finished = self.at_end && decoded.is_all && self.bad.is_none();
        }
        self.lines += memchr::memchr_iter(b'\n', &out[..written]).count() as u64;
        Ok(written)
    }

    /// That bytes in front of those that are to be decoded next are no text.
    fn no_text(&self, bytes: &Decompressor, bad: Bad) -> ErrorKind {
        // A part of them may be in front of what is held.
        let end = self.start.saturating_sub(bad.behind_bytes);
        let start = end.saturating_sub(bad.len_bytes);
        let held_from = bytes.decoded_bytes() - self.end as u64;
        ErrorKind::Undecodable {
            path: bytes.path().to_owned(),
            line: self.lines + 1,
            encoding: self.encoding.to_string(),
            byte_offset: (held_from + end as u64).saturating_sub(bad.len_bytes as u64),
            found: self.raw[start..end].escape_ascii().to_string(),
        }
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

    fn decode(&mut self, source: &[u8], out: &mut [u8], at_end: bool) -> Decoded {
        let (mut used, mut written) = (0, 0);
        let bad = |len_bytes| Some(Bad { len_bytes, behind_bytes: 0 });
        while out.len() - written >= char::MAX.len_utf8() {
            let missing = 4 - self.cut.len();
            let Some(bytes) = source.get(used..used + missing) else {
                self.cut.extend_from_slice(&source[used..]);
                let cut = if at_end && !self.cut.is_empty() { bad(self.cut.len()) } else { None };
                return Decoded { is_all: true, used: source.len(), written, bad: cut };
            };
            self.cut.extend_from_slice(bytes);
            used += missing;
            let code = (self.number)([self.cut[0], self.cut[1], self.cut[2], self.cut[3]]);
            self.cut.clear();
            let Some(character) = char::from_u32(code) else {
                return Decoded { is_all: false, used, written, bad: bad(4) };
            };
            written += character.encode_utf8(&mut out[written..]).len();
        }
        let is_all = used == source.len() && self.cut.is_empty() && !at_end;
        Decoded { is_all, used, written, bad: None }
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
        let whole = bytes.len() - 6;
        for (step, room) in [(1, 4), (3, 5), (4, 4), (7, 64), (64, 4), (64, 64)] {
            let (mut decoder, mut made) = (Utf32Decoder::new(u32::from_be_bytes), Vec::new());
            let mut out = vec![0; room];
            let mut at = 0;
            loop {
                let source = &bytes[at..bytes.len().min(at + step)];
                let decoded = decoder.decode(source, &mut out, source.is_empty());
                made.extend_from_slice(&out[..decoded.written]);
                at += decoded.used;
                if let Some(bad) = decoded.bad {
                    // What is no character, and what is cut.
                    let expected = if at == bytes.len() { 2 } else { 4 };
                    assert_eq!((bad.len_bytes, bad.behind_bytes), (expected, 0), "{step} {room}");
                    assert!(at >= whole + 4, "{step} {room}");
                }
                if source.is_empty() && decoded.is_all {
                    break;
                }
            }
            assert_eq!(String::from_utf8(made).unwrap(), text, "{step} {room}");
        }
    }
}
