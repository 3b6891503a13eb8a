//! Lines that are found as messages of JSON, one a line, in the form of `rg --json`, which editors read.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_derive::Serialize;
use swath::grep::Hit;

use super::stats::{Elapsed, Stats};

#[derive(Serialize)]
#[serde(tag = "type", content = "data", rename_all = "lowercase")]
enum Message<'a> {
    Begin {
        path: Text<'a>,
    },
    Match(Line<'a>),
    Context(Line<'a>),
    End {
        path: Text<'a>,
        /// Where something was that is no text: everything is searched, so that there is none.
        binary_offset: Option<u64>,
        stats: Stats,
    },
    Summary {
        elapsed_total: Elapsed,
        stats: Stats,
    },
}

/// A text, or in base64 bytes that are no UTF-8.
#[derive(Serialize)]
#[serde(untagged)]
enum Text<'a> {
    Text { text: &'a str },
    Bytes { bytes: String },
}

impl<'a> From<&'a [u8]> for Text<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        match str::from_utf8(bytes) {
            Ok(text) => Self::Text { text },
            Err(_) => Self::Bytes { bytes: BASE64_STANDARD.encode(bytes) },
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    path: Text<'a>,
    /// With its end.
    lines: Text<'a>,
    line_number: u64,
    absolute_offset: u64,
    submatches: Vec<SubMatch<'a>>,
}

#[derive(Serialize)]
struct SubMatch<'a> {
    #[serde(rename = "match")]
    matched: Text<'a>,
    start: usize,
    end: usize,
}

/// The first lines of a file are found.
pub(super) fn begin(name: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    write(&Message::Begin { path: name.into() }, &mut text);
    text
}

/// A line that is found, or one around it.
pub(super) fn line(name: &[u8], hit: &Hit<'_>, text: &mut Vec<u8>) {
    let end: &[u8] = if hit.has_return { b"\r\n" } else { b"\n" };
    let with_end = [hit.line, end].concat();
    let submatch = |range: std::ops::Range<usize>| SubMatch {
        matched: hit.line[range.clone()].into(),
        start: range.start,
        end: range.end,
    };
    let line = Line {
        path: name.into(),
        lines: with_end.as_slice().into(),
        line_number: hit.number,
        absolute_offset: hit.byte,
        submatches: hit.matches().map(submatch).collect(),
    };
    write(&if hit.is_wanted { Message::Match(line) } else { Message::Context(line) }, text);
}

/// The message of a line as that of one that is only around others.
pub(super) fn as_context(line: &[u8]) -> Vec<u8> {
    const BEGINNINGS: [&[u8]; 2] = [b"{\"type\":\"match\"", b"{\"type\":\"context\""];
    match line.strip_prefix(BEGINNINGS[0]) {
        Some(rest) => [BEGINNINGS[1], rest].concat(),
        None => line.to_vec(),
    }
}

/// A file of which lines were found has ended.
pub(super) fn end(name: &[u8], stats: Stats) -> Vec<u8> {
    let mut text = Vec::new();
    write(&Message::End { path: name.into(), binary_offset: None, stats }, &mut text);
    text
}

/// All files have ended.
pub(super) fn summary((stats, elapsed_total): (Stats, Elapsed)) -> Vec<u8> {
    let mut text = Vec::new();
    write(&Message::Summary { elapsed_total, stats }, &mut text);
    text
}

fn write(message: &Message<'_>, text: &mut Vec<u8>) {
    // Texts, numbers and lists can always be written into memory.
    serde_json::to_writer(&mut *text, message).expect("the message is of texts and numbers");
    text.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_base64() {
        assert_eq!(begin(b"a\"b"), b"{\"type\":\"begin\",\"data\":{\"path\":{\"text\":\"a\\\"b\"}}}\n");
        assert_eq!(begin(b"a\xff"), b"{\"type\":\"begin\",\"data\":{\"path\":{\"bytes\":\"Yf8=\"}}}\n");
    }
}
