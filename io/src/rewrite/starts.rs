//! What stands at the starts of lines and of fields and is no part of them: comments that begin with several bytes, and blanks.

use super::place::{Marks, Place};
use crate::scanner::Delim;
use crate::scanner::record::Dialect;

/// Leaves it out, chunk by chunk. Of a comment the end of its line stays: an empty line is no record.
#[derive(Debug, Clone)]
pub(super) struct Starts {
    /// How comments begin.
    comment: Option<Delim>,
    /// Whether blanks in front of fields go.
    drops_blanks: bool,
    marks: Marks,
    place: Place,
    /// Bytes of a comment's start that stand at the start of the line at hand, and wait for the next one.
    held: usize,
}

impl Starts {
    /// `None` if a dialect has neither.
    pub(super) fn of(dialect: &Dialect) -> Option<Self> {
        let is_needed = dialect.long_comment.is_some() || dialect.skips_initial_blanks;
        is_needed.then(|| Self {
            comment: dialect.long_comment,
            drops_blanks: dialect.skips_initial_blanks,
            marks: Marks::of(dialect),
            place: Place::Line,
            held: 0,
        })
    }

    pub(super) fn pass_gap(&mut self) {
        (self.place, self.held) = (Place::Bare, 0);
        self.marks.forget();
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
        let is_start = self.place.is_start();
        let literal = self.marks.behind_literal(self.place, byte);
        self.place = match (literal, byte) {
            (Some(place), _) => place,
            (None, b'\n' | b'\r') => {
                self.marks.forget();
                Place::Line
            }
            _ if self.place == Place::Comment => return,
            (None, b' ') if is_start && self.drops_blanks && !self.marks.delim.contains(byte) => return,
            (None, _) => self.marks.behind(is_start, byte),
        };
        out.push(byte);
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
