//! Columns with runs of blanks between them: made into a text with one blank between fields.
//!
//! What `column -t`, `write.table`, `ls -l` and listings of Fortran print has any number of blanks and tabs between fields, and
//! some in front of the first and behind the last one. None of these is a field. Instead of a grammar of its own for all
//! who cut text into fields, such a text is written anew before it is cut: outside of quotes each run becomes one blank, and those
//! at both ends of a line go. Lines keep their numbers; offsets of bytes are those of the new text.

use std::borrow::Cow;

use crate::scanner::record::Dialect;

/// Writes a text anew, chunk by chunk.
#[derive(Debug, Clone)]
pub(crate) struct BlankRuns {
    quote: Option<u8>,
    escape: Option<u8>,
    comment: Option<u8>,
    /// Lines that are still to be passed over, whatever they hold: a quote in them opens no field.
    skip: u64,
    /// Whether the last byte of those lines was a `\r`, which a `\n` may follow.
    after_return: bool,
    place: Place,
}

/// Where in a line a byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the first field.
    Start,
    /// Behind a field and a blank, before the next one.
    Between,
    /// In a field, where quotes are bytes like others.
    Bare,
    Quoted,
    /// Behind a quote inside quotes: it closes them, or is the first of two.
    QuoteSeen,
    /// Behind an escape byte inside quotes.
    Escaped,
    Comment,
}

impl BlankRuns {
    /// For files of a dialect, behind some lines; `None` if one blank is one delimiter there.
    pub(crate) fn of(dialect: &Dialect, skip: u64) -> Option<Self> {
        dialect.delim.is_run_of_blanks().then(|| Self {
            quote: dialect.quote,
            escape: dialect.escape.filter(|escape| Some(*escape) != dialect.quote),
            comment: dialect.comment,
            skip,
            after_return: false,
            place: Place::Start,
        })
    }

    /// Something is lost in front of what comes next, which need not be the start of a line.
    pub(crate) fn pass_gap(&mut self) {
        self.place = Place::Bare;
    }

    /// Appends what becomes of the next bytes to `out`: one byte more than they are at most.
    pub(crate) fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        out.reserve(bytes.len() + 1);
        let passed = self.pass_lines(bytes);
        out.extend_from_slice(&bytes[..passed]);
        for byte in &bytes[passed..] {
            self.write_byte(*byte, out);
        }
    }

    /// How many bytes belong to lines that are passed over.
    fn pass_lines(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        while at < bytes.len() && (self.skip > 0 || self.after_return) {
            if std::mem::take(&mut self.after_return) && bytes[at] == b'\n' {
                at += 1;
                continue;
            }
            if self.skip == 0 {
                break;
            }
            let Some(len) = memchr::memchr2(b'\n', b'\r', &bytes[at..]) else { return bytes.len() };
            at += len + 1;
            self.after_return = bytes[at - 1] == b'\r';
            self.skip -= 1;
        }
        at
    }

    #[inline]
    fn write_byte(&mut self, byte: u8, out: &mut Vec<u8>) {
        let is_blank = matches!(byte, b' ' | b'\t');
        let ends_line = matches!(byte, b'\n' | b'\r');
        self.place = match self.place {
            Place::Quoted if Some(byte) == self.escape => Place::Escaped,
            Place::Quoted if Some(byte) == self.quote => Place::QuoteSeen,
            Place::Quoted | Place::Escaped => Place::Quoted,
            Place::QuoteSeen if Some(byte) == self.quote && self.escape.is_none() => Place::Quoted,
            _ if ends_line => Place::Start,
            Place::Comment => Place::Comment,
            Place::Start | Place::Between if is_blank => return,
            Place::Bare | Place::QuoteSeen if is_blank => {
                self.place = Place::Between;
                return;
            }
            Place::Start if Some(byte) == self.comment => Place::Comment,
            place => {
                if place == Place::Between {
                    out.push(b' ');
                }
                let opens = matches!(place, Place::Start | Place::Between) && Some(byte) == self.quote;
                if opens { Place::Quoted } else { Place::Bare }
            }
        };
        out.push(byte);
    }
}

/// A text of whole lines as a dialect is to cut it.
pub(crate) fn prepared<'a>(text: &'a [u8], dialect: &Dialect) -> Cow<'a, [u8]> {
    match BlankRuns::of(dialect, 0) {
        None => Cow::Borrowed(text),
        Some(mut runs) => {
            let mut out = Vec::with_capacity(text.len());
            runs.write(text, &mut out);
            Cow::Owned(out)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scanner::Delim;

    fn blanks() -> Dialect {
        Dialect { delim: Delim::BLANKS, ..Dialect::RFC4180 }
    }

    #[test]
    fn runs_become_one_blank() {
        let escaped = Dialect { escape: Some(b'\\'), ..blanks() };
        let commented = Dialect { comment: Some(b'#'), ..blanks() };
        for (text, dialect, expected) in [
            ("  a \t b\n1  2  \r\n\t\n", blanks(), "a b\n1 2\r\n\n"),
            ("a \"b  c\"   d\"  e\"  \n", blanks(), "a \"b  c\" d\" e\"\n"),
            (" \"a \"\"  b\"  c\n\"x  \n y\"  z", blanks(), "\"a \"\"  b\" c\n\"x  \n y\" z"),
            ("\"a \\\"  b\"  c\n", escaped, "\"a \\\"  b\" c\n"),
            ("  # it's  \"a\n x  y\n", commented, "# it's  \"a\nx y\n"),
            ("a  b", Dialect { delim: b' '.into(), ..blanks() }, "a  b"),
        ] {
            assert_eq!(String::from_utf8_lossy(&prepared(text.as_bytes(), &dialect)), expected, "{text:?}");
            // However it is cut.
            let Some(runs) = BlankRuns::of(&dialect, 0) else { continue };
            for len in 1..text.len() {
                let (mut runs, mut out) = (runs.clone(), Vec::new());
                text.as_bytes().chunks(len).for_each(|chunk| runs.write(chunk, &mut out));
                assert_eq!(String::from_utf8_lossy(&out), expected, "{text:?}");
            }
        }
    }

    #[test]
    fn lines_that_are_passed_over_stay() {
        let text = b"a  \"b\r\nc  d\re  f\n";
        for len in 1..text.len() {
            let (mut runs, mut out) = (BlankRuns::of(&blanks(), 2).unwrap(), Vec::new());
            text.chunks(len).for_each(|chunk| runs.write(chunk, &mut out));
            assert_eq!(out, b"a  \"b\r\nc  d\re f\n");
        }
    }
}
