//! What stands at the starts of lines and of fields and is no part of them: comments that begin with several bytes, and blanks.

use crate::scanner::Delim;
use crate::scanner::record::{Dialect, Escapes};

/// Leaves it out, chunk by chunk. Of a comment the end of its line stays: an empty line is no record.
#[derive(Debug, Clone)]
pub(super) struct Starts {
    /// How comments begin.
    comment: Option<Delim>,
    /// Whether blanks in front of fields go.
    drops_blanks: bool,
    delim: Delim,
    quote: Option<u8>,
    escape: Option<u8>,
    /// Whether the escape byte makes the next one literal outside of quotes, too.
    has_bare_escapes: bool,
    place: Place,
    /// Bytes of a comment's start that stand at the start of the line at hand, and wait for the next one.
    held: usize,
    /// How many bytes of the delimiter stand before the next byte.
    matched: usize,
}

/// Where in a line a byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the start of a line.
    Line,
    /// At the start of another field.
    Field,
    /// In a field, where quotes are bytes like others.
    Bare,
    /// Behind an escape byte there.
    BareEscaped,
    Quoted,
    /// Behind a quote inside quotes: it closes them, or is the first of two.
    QuoteSeen,
    /// Behind an escape byte inside quotes.
    Escaped,
    Comment,
}

impl Starts {
    /// `None` if a dialect has neither.
    pub(super) fn of(dialect: &Dialect) -> Option<Self> {
        let is_needed = dialect.long_comment.is_some() || dialect.skips_initial_blanks;
        is_needed.then(|| Self {
            comment: dialect.long_comment,
            drops_blanks: dialect.skips_initial_blanks,
            delim: dialect.delim,
            quote: dialect.said_quote(),
            escape: dialect.escape.filter(|escape| Some(*escape) != dialect.quote),
            has_bare_escapes: dialect.escapes != Escapes::InQuotes,
            place: Place::Line,
            held: 0,
            matched: 0,
        })
    }

    pub(super) fn pass_gap(&mut self) {
        (self.place, self.held, self.matched) = (Place::Bare, 0, 0);
    }

    pub(super) fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        out.reserve(bytes.len());
        for byte in bytes {
            self.write_byte(*byte, out);
        }
    }

    /// Appends what is left at the end of the text.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        self.release(out);
    }

    #[inline]
    fn write_byte(&mut self, byte: u8, out: &mut Vec<u8>) {
        if let (Place::Line, Some(comment)) = (self.place, self.comment) {
            let comment = comment.as_bytes();
            if comment[self.held] == byte {
                self.held += 1;
                if self.held == comment.len() {
                    (self.place, self.held) = (Place::Comment, 0);
                }
                return;
            }
            self.release(out);
        }
        self.put(byte, out);
    }

    /// What looked like the start of a comment is none.
    fn release(&mut self, out: &mut Vec<u8>) {
        let held = std::mem::take(&mut self.held);
        if let Some(comment) = self.comment {
            comment.as_bytes()[..held].iter().for_each(|byte| self.put(*byte, out));
        }
    }

    fn put(&mut self, byte: u8, out: &mut Vec<u8>) {
        let ends_line = matches!(byte, b'\n' | b'\r');
        let is_start = matches!(self.place, Place::Line | Place::Field);
        let place = self.place;
        self.place = match place {
            Place::Quoted if Some(byte) == self.escape => Place::Escaped,
            Place::Quoted if Some(byte) == self.quote => Place::QuoteSeen,
            Place::Quoted | Place::Escaped => Place::Quoted,
            Place::QuoteSeen if Some(byte) == self.quote && self.escape.is_none() => Place::Quoted,
            Place::BareEscaped => Place::Bare,
            _ if ends_line => {
                self.matched = 0;
                Place::Line
            }
            Place::Comment => return,
            _ if is_start && byte == b' ' && self.drops_blanks && !self.delim.contains(byte) => return,
            _ if is_start && Some(byte) == self.quote => Place::Quoted,
            _ if self.has_bare_escapes && Some(byte) == self.escape => {
                self.matched = 0;
                Place::BareEscaped
            }
            _ if self.ends_delim(byte) => Place::Field,
            _ => Place::Bare,
        };
        out.push(byte);
    }

    /// Whether a byte ends a delimiter.
    fn ends_delim(&mut self, byte: u8) -> bool {
        if self.delim.is_run_of_blanks() {
            return matches!(byte, b' ' | b'\t');
        }
        self.matched = self.delim.matched_behind(self.matched, byte);
        let ends = self.matched == self.delim.as_bytes().len();
        if ends {
            self.matched = 0;
        }
        ends
    }
}

#[cfg(test)]
mod tests {
    use super::super::rewritten;
    use super::*;

    #[test]
    fn comments_of_several_bytes_leave_empty_lines() {
        let slashes = Dialect { long_comment: Some(Delim::new("//").unwrap()), ..Dialect::RFC4180 };
        let escaped = Dialect { escape: Some(b'\\'), ..slashes.clone() };
        for (text, dialect, expected) in [
            ("// a\na,/b\r\n//\r\n/1,//2\n/", &slashes, "\na,/b\r\n\r\n/1,//2\n/"),
            ("\"x\n// y\",\"\"\"\n//\"\n//z", &slashes, "\"x\n// y\",\"\"\"\n//\"\n"),
            ("\"\\\"\n//\"\n//z\n", &escaped, "\"\\\"\n//\"\n\n"),
            ("x//y\n ///\n", &slashes, "x//y\n ///\n"),
        ] {
            assert_eq!(rewritten(text, dialect, 0), expected, "{text:?}");
        }
    }

    #[test]
    fn blanks_in_front_of_fields_go() {
        let usual = Dialect { skips_initial_blanks: true, ..Dialect::RFC4180 };
        let long = Dialect { delim: Delim::new("||").unwrap(), ..usual.clone() };
        let both = Dialect { long_comment: Some(Delim::new("--").unwrap()), ..usual.clone() };
        for (text, dialect, expected) in [
            ("  a, \"b, c\" , d e \n \n, \n", &usual, "a,\"b, c\" ,d e \n\n,\n"),
            ("a| |  b||  \"c||  d\"\n", &long, "a| |  b||\"c||  d\"\n"),
            (" --a\n--b\n", &both, "\n\n"),
        ] {
            assert_eq!(rewritten(text, dialect, 0), expected, "{text:?}");
        }
    }
}
