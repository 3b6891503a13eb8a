//! Text that is not UTF-8.

mod code_pages;
mod transcoder;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

pub use code_pages::CodePage;
use encoding_rs::UTF_8;
use transcoder::{RAW_LEN_BYTES, Transcoder};

use crate::codec::Decompressor;
use crate::error::{Error, Result};
use crate::rewrite::Rewrite;

/// How bytes stand for characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Encoding {
    /// UTF-8; other bytes in a field that is used are an error.
    #[default]
    Utf8,
    /// UTF-8; other bytes become U+FFFD.
    Utf8Lossy,
    /// ISO 8859-1: each byte is the character of that number.
    Latin1,
    /// Any other encoding of the WHATWG standard (windows-1252, utf-16le, shift_jis, …).
    Other(&'static encoding_rs::Encoding),
    /// The same; bytes that are no text become U+FFFD.
    OtherLossy(&'static encoding_rs::Encoding),
    /// One of DOS: `cp437`, `cp850`.
    Dos(&'static CodePage),
    /// UTF-32, the low byte of each character first.
    Utf32Le,
    /// UTF-32, the high byte first.
    Utf32Be,
    /// UTF-8, and each line of a value that is not in an encoding in which each byte is a character: by chance, text in
    /// such a one is hardly ever UTF-8.
    Utf8Or(&'static encoding_rs::Encoding),
}

impl Encoding {
    /// Whether bytes below 0x80 stand for ASCII and for nothing else, so that records can be split
    /// before they are decoded.
    fn is_split_safe(self) -> bool {
        match self {
            Self::Utf8 | Self::Utf8Lossy | Self::Latin1 | Self::Dos(_) | Self::Utf8Or(_) => true,
            Self::Other(encoding) | Self::OtherLossy(encoding) => is_of_bytes(encoding),
            Self::Utf32Le | Self::Utf32Be => false,
        }
    }

    /// Whether fields are decoded one by one from an encoding in which each byte is a character.
    pub(crate) fn is_single_byte(self) -> bool {
        self.is_split_safe() && !matches!(self, Self::Utf8 | Self::Utf8Lossy | Self::Utf8Or(_))
    }

    /// Whether text has the same bytes in this encoding as in UTF-8.
    pub(crate) fn has_bytes_of_utf8(self, text: &[u8]) -> bool {
        self == Self::Utf8 || self.is_split_safe() && text.is_ascii()
    }

    /// Decodes one field. `None` if the bytes are not text in this encoding.
    pub fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Self::Utf8Lossy => Some(String::from_utf8_lossy(bytes)),
            Self::Latin1 => Some(encoding_rs::mem::decode_latin1(bytes)),
            Self::Other(encoding) => encoding.decode_without_bom_handling_and_without_replacement(bytes),
            Self::OtherLossy(encoding) => Some(encoding.decode_without_bom_handling(bytes).0),
            Self::Dos(page) => page.decode(bytes),
            Self::Utf32Le => decode_utf32(bytes, u32::from_le_bytes).map(Cow::Owned),
            Self::Utf32Be => decode_utf32(bytes, u32::from_be_bytes).map(Cow::Owned),
            Self::Utf8Or(other) => match std::str::from_utf8(bytes) {
                Ok(text) => Some(Cow::Borrowed(text)),
                Err(_) => decode_lines(bytes, other).map(Cow::Owned),
            },
        }
    }

    /// Where text is in this encoding as far as that shows, but was ASCII as far as was looked: it may be UTF-8 all the same.
    pub(crate) fn or_utf8(self) -> Self {
        match self {
            Self::Other(encoding) if is_of_bytes(encoding) => Self::Utf8Or(encoding),
            other => other,
        }
    }
}

/// Decodes characters of four bytes.
fn decode_utf32(bytes: &[u8], number: fn([u8; 4]) -> u32) -> Option<String> {
    let (characters, rest) = bytes.as_chunks::<4>();
    let text = characters.iter().map(|bytes| char::from_u32(number(*bytes))).collect();
    if rest.is_empty() { text } else { None }
}

/// Whether each byte is a character, and those of ASCII are as everywhere.
fn is_of_bytes(encoding: &'static encoding_rs::Encoding) -> bool {
    encoding.is_ascii_compatible() && encoding.is_single_byte()
}

/// Decodes each line that is not UTF-8 from another encoding.
fn decode_lines(bytes: &[u8], other: &'static encoding_rs::Encoding) -> Option<String> {
    let mut text = String::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match std::str::from_utf8(line) {
            Ok(line) => text.push_str(line),
            Err(_) => text.push_str(&other.decode_without_bom_handling_and_without_replacement(line)?),
        }
    }
    Some(text)
}

impl FromStr for Encoding {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let label = name.trim().to_ascii_lowercase().replace('_', "-");
        match label.as_str() {
            // A byte order mark is taken off by any name.
            "utf8" | "utf-8" | "utf-8-sig" | "utf8-sig" => Ok(Self::Utf8),
            // All of it is UTF-8, and what is none of it is an error or more of that; for the standard it is windows-1252.
            "ascii" | "us-ascii" => Ok(Self::Utf8),
            "utf8-lossy" | "utf-8-lossy" => Ok(Self::Utf8Lossy),
            "utf32" | "utf-32" | "utf-32le" | "utf-32-le" | "utf32le" => Ok(Self::Utf32Le),
            "utf-32be" | "utf-32-be" | "utf32be" => Ok(Self::Utf32Be),
            // The WHATWG standard takes these names for windows-1252, which differs in 0x80..0x9f.
            "latin1" | "latin-1" | "iso-8859-1" | "iso8859-1" => Ok(Self::Latin1),
            label => named_otherwise(label).ok_or_else(|| {
                Error::bad_option_hint(
                    "encoding",
                    format!("unknown encoding \"{name}\""),
                    "known encodings: utf8, utf8-lossy, latin1, windows-1252, utf-16le, utf-16be, utf-32le, utf-32be, cp437, cp850 and others of DOS, \
                     the other names of the WHATWG standard, the same with -lossy, and utf8-or-windows-1252 and its like where lines are in either",
                )
            }),
        }
    }
}

/// Encodings whose names are those of a list.
fn named_otherwise(label: &str) -> Option<Encoding> {
    let either = || {
        let other =
            label.strip_prefix("utf8-or-").and_then(known_encoding).filter(|other| is_of_bytes(other));
        other.map(Encoding::Utf8Or)
    };
    let of_dos = || CodePage::named(label).map(Encoding::Dos);
    let lossy = || label.strip_suffix("-lossy").and_then(known_encoding).map(Encoding::OtherLossy);
    known_encoding(label).map(Encoding::Other).or_else(of_dos).or_else(either).or_else(lossy)
}

/// Names that other tools know, without the hyphens that they write or leave out, and those of the standard.
const OTHER_NAMES: [(&str, &str); 12] = [
    ("big5hkscs", "big5-hkscs"),
    ("cp932", "shift_jis"),
    ("cp936", "gbk"),
    ("cp949", "euc-kr"),
    ("cp950", "big5"),
    ("eucjp", "euc-jp"),
    ("euckr", "euc-kr"),
    ("latin9", "iso-8859-15"),
    ("macroman", "macintosh"),
    ("shiftjis", "shift_jis"),
    ("utf16", "utf-16le"),
    ("windows31j", "shift_jis"),
];

/// An encoding of the WHATWG standard by a name in lower case, its underlines written as hyphens.
fn known_encoding(label: &str) -> Option<&'static encoding_rs::Encoding> {
    let plain = |label: &str| label.replace('-', "");
    let other = OTHER_NAMES.iter().find(|(name, _)| *name == plain(label)).map(|(_, known)| *known);
    let of_label = |label: &str| encoding_rs::Encoding::for_label_no_replacement(label.as_bytes());
    // Some names of the standard have underlines; "windows1252" and "utf-16-le" lack a hyphen or have one too many.
    other
        .and_then(of_label)
        .or_else(|| of_label(label))
        .or_else(|| of_label(&label.replace('-', "_")))
        .or_else(|| of_label(&label.replacen("windows", "windows-", 1)))
        .or_else(|| of_label(&label.replacen("utf-16-", "utf-16", 1)))
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utf8 => f.write_str("utf8"),
            Self::Utf8Lossy => f.write_str("utf8-lossy"),
            Self::Latin1 => f.write_str("latin1"),
            Self::Other(encoding) => f.write_str(encoding.name()),
            Self::OtherLossy(encoding) => write!(f, "{}-lossy", encoding.name()),
            Self::Dos(page) => page.fmt(f),
            Self::Utf32Le => f.write_str("utf-32le"),
            Self::Utf32Be => f.write_str("utf-32be"),
            Self::Utf8Or(other) => write!(f, "utf8-or-{}", other.name()),
        }
    }
}

/// The decoded bytes of a file in an encoding that records can be split in.
///
/// A byte order mark is taken off; one of UTF-16 or UTF-32 decides the encoding. Encodings in which a comma
/// or a line end may be part of another character are transcoded to UTF-8 here, the whole stream.
#[derive(Debug)]
pub struct TextStream {
    bytes: Decompressor,
    encoding: Encoding,
    transcoder: Option<Transcoder>,
    rewritten: Option<Rewritten>,
    /// Bytes read to look for a byte order mark and not handed out yet.
    head: Vec<u8>,
}

/// Text that is written anew.
#[derive(Debug)]
struct Rewritten {
    rewrite: Rewrite,
    raw: Vec<u8>,
    /// Whether all of it was.
    at_end: bool,
    written: Vec<u8>,
    /// Bytes of it that were handed out.
    taken: usize,
}

/// Byte order marks that `encoding_rs` does not know; the first one would be one of UTF-16, and a NUL.
const UTF_32_MARKS: [(&[u8], Encoding); 2] =
    [(b"\xff\xfe\0\0", Encoding::Utf32Le), (b"\0\0\xfe\xff", Encoding::Utf32Be)];

impl TextStream {
    /// Wraps the decoded bytes of a file.
    ///
    /// # Errors
    /// Those of reading the first bytes; an encoding that cannot be salvaged.
    pub fn new(mut bytes: Decompressor, encoding: Encoding) -> Result<Self> {
        let mut head = vec![0; 4];
        let mut len = 0;
        while len < head.len() {
            match bytes.read(&mut head[len..])? {
                0 => break,
                more => len += more,
            }
        }
        head.truncate(len);
        let encoding = take_mark(&mut head, encoding);
        let transcoder = Transcoder::of(encoding, &mut head);
        if transcoder.is_some() && bytes.is_salvage() {
            let problem = format!("where a character begins behind a gap is not known in {encoding}");
            let hint = "write what is whole with swath decompress --salvage, and read that";
            return Err(Error::bad_option_hint("salvage", problem, hint));
        }
        let encoding = if transcoder.is_some() { Encoding::Utf8 } else { encoding };
        Ok(Self { bytes, encoding, transcoder, rewritten: None, head })
    }

    /// The bytes as they are, whatever they mean.
    pub(crate) fn raw(bytes: Decompressor) -> Self {
        Self { bytes, encoding: Encoding::Utf8, transcoder: None, rewritten: None, head: Vec::new() }
    }

    /// The text as it is written anew, if it is.
    pub(crate) fn rewritten(mut self, rewrite: Option<Rewrite>) -> Self {
        let rewritten = |rewrite| Rewritten {
            rewrite,
            raw: vec![0; RAW_LEN_BYTES],
            at_end: false,
            written: Vec::new(),
            taken: 0,
        };
        self.rewritten = rewrite.map(rewritten);
        self
    }

    /// The encoding of the bytes that [`TextStream::read`] gives.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Where in the decoded bytes the text begins, if the stream gives them as they are: behind a byte order
    /// mark. To be asked before anything is read.
    pub(crate) fn plain_start(&self) -> Option<u64> {
        let read = self.bytes.decoded_bytes();
        (self.transcoder.is_none() && self.rewritten.is_none()).then_some(read - self.head.len() as u64)
    }

    /// The compressed bytes below.
    pub fn decompressor(&self) -> &Decompressor {
        &self.bytes
    }

    /// Whether reading has come to a place where something is lost, behind which it goes on once it is told to.
    pub(crate) fn at_gap(&self) -> bool {
        let is_taken = self.rewritten.as_ref().is_none_or(|text| text.taken == text.written.len());
        self.head.is_empty() && is_taken && self.bytes.at_gap()
    }

    /// Goes on behind a gap.
    pub(crate) fn pass_gap(&mut self) {
        if let Some(text) = &mut self.rewritten {
            text.rewrite.pass_gap();
        }
        self.bytes.pass_gap();
    }

    /// Reads the next bytes into `out` and returns how many; 0 only at the end, and at a gap. `out` has room for
    /// at least 4 bytes.
    ///
    /// # Errors
    /// Those of the codec; of a text that is made into UTF-8 here, bytes that are no text.
    pub fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        let Some(mut rewritten) = self.rewritten.take() else { return self.read_text(out) };
        let read = rewritten.read(out, |raw| {
            let len = self.read_text(raw)?;
            Ok((len, len == 0 && !self.bytes.at_gap()))
        });
        self.rewritten = Some(rewritten);
        read
    }

    /// Reads the next bytes as they stand in the file.
    fn read_text(&mut self, out: &mut [u8]) -> Result<usize> {
        if !self.head.is_empty() {
            let len = self.head.len().min(out.len());
            out[..len].copy_from_slice(&self.head[..len]);
            self.head.drain(..len);
            return Ok(len);
        }
        match &mut self.transcoder {
            None => self.bytes.read(out),
            Some(transcoder) => transcoder.read(&mut self.bytes, out),
        }
    }

    /// Like [`TextStream::read`], into `buffer` from `at` on. The 32 KiB in front are for the decoder to use; of what it
    /// has put there, what the stream gave before stays the same.
    ///
    /// # Errors
    /// Those of the codec.
    pub(crate) fn read_behind(&mut self, buffer: &mut [u8], at: usize) -> Result<usize> {
        if self.head.is_empty() && self.transcoder.is_none() && self.rewritten.is_none() {
            self.bytes.read_behind(buffer, at)
        } else {
            self.read(&mut buffer[at..])
        }
    }
}

/// Takes a byte order mark off, which says in which encoding a text is; without one it is the given one.
fn take_mark(head: &mut Vec<u8>, encoding: Encoding) -> Encoding {
    if let Some((mark, encoding)) = UTF_32_MARKS.iter().find(|(mark, _)| head.starts_with(mark)) {
        head.drain(..mark.len());
        return *encoding;
    }
    let Some((found, len)) = encoding_rs::Encoding::for_bom(head) else { return encoding };
    head.drain(..len);
    match encoding {
        Encoding::Utf8Lossy if found == UTF_8 => encoding,
        Encoding::OtherLossy(given) if found == given => encoding,
        _ if found == UTF_8 => Encoding::Utf8,
        _ => Encoding::Other(found),
    }
}

impl Rewritten {
    /// Gives the next bytes of what is made of a text; 0 where that has no more. `more` gives bytes of the text, and whether it has ended.
    fn read(
        &mut self,
        out: &mut [u8],
        mut more: impl FnMut(&mut [u8]) -> Result<(usize, bool)>,
    ) -> Result<usize> {
        while self.taken == self.written.len() {
            self.written.clear();
            self.taken = 0;
            let (len, at_end) = if self.at_end { (0, true) } else { more(&mut self.raw)? };
            self.rewrite.write(&self.raw[..len], &mut self.written);
            if at_end && !self.at_end {
                self.at_end = true;
                self.rewrite.finish(&mut self.written);
            }
            if len == 0 && self.written.is_empty() {
                return Ok(0);
            }
        }
        let len = out.len().min(self.written.len() - self.taken);
        out[..len].copy_from_slice(&self.written[self.taken..self.taken + len]);
        self.taken += len;
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::path::Path;

    use super::*;
    use crate::notes::Notes;

    fn read_all(bytes: &[u8], encoding: Encoding) -> (Vec<u8>, Encoding) {
        let reader = Box::new(Cursor::new(bytes.to_vec()));
        let bytes = Decompressor::new(Path::new("a"), reader, None, &Notes::default()).unwrap();
        let mut stream = TextStream::new(bytes, encoding).unwrap();
        let mut out = Vec::new();
        let mut piece = [0; 4];
        loop {
            match stream.read(&mut piece).unwrap() {
                0 => return (out, stream.encoding()),
                len => out.extend_from_slice(&piece[..len]),
            }
        }
    }

    fn utf16le(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn encodings_have_many_names() {
        for (name, expected) in [
            ("UTF_8", "utf8"),
            ("utf-8-sig", "utf8"),
            ("iso8859_1", "latin1"),
            ("cp1252", "windows-1252"),
            ("Windows1251", "windows-1251"),
            ("utf_16", "UTF-16LE"),
            ("utf-16-be", "UTF-16BE"),
            ("shift_jis", "Shift_JIS"),
            ("ShiftJIS", "Shift_JIS"),
            ("cp932", "Shift_JIS"),
            ("EUC_JP", "EUC-JP"),
            ("gb2312", "GBK"),
            ("iso_8859-15", "ISO-8859-15"),
            ("mac_roman", "macintosh"),
            ("utf-16-lossy", "UTF-16LE-lossy"),
            ("utf8-or-cp1252", "utf8-or-windows-1252"),
            ("UTF8_or_koi8-r", "utf8-or-KOI8-R"),
        ] {
            assert_eq!(name.parse::<Encoding>().unwrap().to_string(), expected, "{name}");
        }
        for name in ["ebcdic", "utf8-or-ebcdic", "utf8-or-utf-16le", "utf8-or-shift_jis"] {
            assert!(name.parse::<Encoding>().is_err(), "{name}");
        }
    }

    #[test]
    fn byte_order_marks_are_taken_off() {
        assert_eq!(read_all(b"\xef\xbb\xbfa,b", Encoding::Utf8).0, b"a,b");
        assert_eq!(read_all(b"\xef\xbb\xbf", Encoding::Latin1), (vec![], Encoding::Utf8));
        let utf16 = [&b"\xff\xfe"[..], &utf16le("ä,\u{1F600}\n")].concat();
        assert_eq!(read_all(&utf16, Encoding::Utf8).0, "ä,\u{1F600}\n".as_bytes());
    }

    #[test]
    fn utf32_has_marks_too() {
        let text = "ä,\u{1F600}\n";
        let bytes = |bytes: fn(u32) -> [u8; 4]| text.chars().flat_map(move |c| bytes(u32::from(c)));
        let little: Vec<u8> = bytes(u32::to_le_bytes).collect();
        let big: Vec<u8> = bytes(u32::to_be_bytes).collect();
        let marked = [b"\xff\xfe\0\0".as_slice(), &little].concat();
        assert_eq!(read_all(&marked, Encoding::Utf8), (text.into(), Encoding::Utf8));
        assert_eq!(read_all(&[b"\0\0\xfe\xff".as_slice(), &big].concat(), Encoding::Utf8).0, text.as_bytes());
        assert_eq!(read_all(&little, "UTF_32".parse().unwrap()).0, text.as_bytes());
        assert_eq!(read_all(&big, "utf-32-be".parse().unwrap()).0, text.as_bytes());
        assert_eq!(Encoding::Utf32Be.decode(&big).unwrap(), text);
        assert_eq!(Encoding::Utf32Be.decode(&big[1..]), None);
    }

    #[test]
    fn utf16_without_mark_when_told() {
        let encoding = "utf-16".parse().unwrap();
        assert_eq!(read_all(&utf16le("x\ny"), encoding).0, b"x\ny");
        assert_eq!(read_all(b"", encoding).0, b"");
    }

    #[test]
    fn bytes_that_are_no_text_are_an_error_unless_they_may_be_replaced() {
        let error = |bytes: &[u8], encoding: &str| {
            let reader = Box::new(Cursor::new(bytes.to_vec()));
            let bytes = Decompressor::new(Path::new("a"), reader, None, &Notes::default()).unwrap();
            let mut stream = TextStream::new(bytes, encoding.parse().unwrap()).unwrap();
            let (mut text, mut piece) = (Vec::new(), [0; 4]);
            loop {
                match stream.read(&mut piece) {
                    Ok(0) => panic!("{encoding}: no error"),
                    Ok(len) => text.extend_from_slice(&piece[..len]),
                    Err(error) => return (String::from_utf8(text).unwrap(), error.to_string()),
                }
            }
        };
        let message = |line, encoding: &str, found: &str| {
            format!("a: line {line}: expected text in {encoding}, found \"{found}\"")
        };
        // Half a character at the end, half a pair, two bytes of which the second is none.
        assert_eq!(error(b"\xff\xfex\0\n\0y", "utf8"), ("x\n".into(), message(2, "UTF-16LE", "y")));
        assert_eq!(error(b"x\0\x3d\xd8y\0", "utf-16").0, "x");
        assert_eq!(error(b"x,\x81\xff\n", "cp932"), ("x,".into(), message(1, "Shift_JIS", "\\x81\\xff")));
        assert_eq!(error(b"x\0\0\0\0\xd8\0\0", "utf-32").1, message(1, "utf-32le", "\\x00\\xd8\\x00\\x00"));
        let lossy = |bytes: &[u8], encoding: &str| read_all(bytes, encoding.parse().unwrap()).0;
        assert_eq!(lossy(b"x\0y", "utf-16-lossy"), "x\u{FFFD}".as_bytes());
        assert_eq!(lossy(b"\xff\xfex\0y", "utf-16le-lossy"), "x\u{FFFD}".as_bytes());
        assert_eq!(lossy(b"x,\x81\xff\n", "shift_jis_lossy"), "x,\u{FFFD}\n".as_bytes());
    }

    #[test]
    fn single_bytes_are_decoded_in_the_field() {
        let latin1: Encoding = "latin1".parse().unwrap();
        assert_eq!(read_all(b"\xc6,\x80", latin1), (b"\xc6,\x80".to_vec(), latin1));
        assert_eq!(latin1.decode(b"\xc6NK\x80").unwrap(), "\u{c6}NK\u{80}");
        let windows: Encoding = "windows-1252".parse().unwrap();
        assert_eq!(windows.decode(b"\x80").unwrap(), "€");
        assert_eq!(Encoding::Utf8.decode(b"\xc6"), None);
        assert_eq!(Encoding::Utf8Lossy.decode(b"\xc6").unwrap(), "\u{FFFD}");
    }

    #[test]
    fn lines_of_either_encoding() {
        let either: Encoding = "utf8-or-windows-1252".parse().unwrap();
        assert_eq!(either.decode("Zoë".as_bytes()).unwrap(), "Zoë");
        assert_eq!(either.decode(b"Zo\xeb").unwrap(), "Zoë");
        assert_eq!(either.decode(b"Zo\xc3\xab\nZo\xeb\n\x80").unwrap(), "Zoë\nZoë\n€");
        assert_eq!(read_all(b"\xc3\xab,\xeb", either), (b"\xc3\xab,\xeb".to_vec(), either));
    }

    #[test]
    fn unknown_encoding_is_an_error() {
        assert!("klingon".parse::<Encoding>().unwrap_err().hint().unwrap().contains("latin1"));
    }
}
