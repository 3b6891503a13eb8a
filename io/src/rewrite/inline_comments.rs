//! Comments behind values: what stands from a comment byte on to the end of its line goes, and the blanks in front of it.

use super::place::{Marks, Place};
use crate::scanner::record::Dialect;

/// Leaves comments out, chunk by chunk. Lines that are comments as a whole stay.
#[derive(Debug, Clone)]
pub(super) struct InlineComments {
    comment: u8,
    marks: Marks,
    place: Place,
    /// Blanks that are left out if a comment follows.
    blanks: Vec<u8>,
}

impl InlineComments {
    /// `None` if comments are lines of their own in a dialect.
    pub(super) fn of(dialect: &Dialect) -> Option<Self> {
        let comment = dialect.comment.filter(|_| dialect.inline_comments)?;
        Some(Self { comment, marks: Marks::of(dialect), place: Place::Line, blanks: Vec::new() })
    }

    pub(super) fn pass_gap(&mut self) {
        self.place = Place::Bare;
        self.marks.forget();
        self.blanks.clear();
    }

    pub(super) fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        out.reserve(bytes.len() + self.blanks.len());
        for byte in bytes {
            self.write_byte(*byte, out);
        }
    }

    #[inline]
    fn write_byte(&mut self, byte: u8, out: &mut Vec<u8>) {
        let ends_line = matches!(byte, b'\n' | b'\r');
        if let Some(place) = self.marks.behind_literal(self.place, byte) {
            self.place = place;
            out.push(byte);
            return;
        }
        self.place = match self.place {
            _ if ends_line => {
                self.marks.forget();
                // Blanks in front of the end of a line are a part of the last field, those in front of a comment are none.
                if self.place != Place::Comment {
                    out.append(&mut self.blanks);
                }
                self.blanks.clear();
                Place::Line
            }
            Place::CommentLine => Place::CommentLine,
            Place::Comment => return,
            Place::Line if byte == self.comment => {
                self.blanks.clear();
                Place::CommentLine
            }
            _ if byte == self.comment => {
                self.place = Place::Comment;
                return;
            }
            place => {
                if self.is_held(byte, place) {
                    // A quote behind them opens no field.
                    self.place = if place == Place::Line { Place::Line } else { Place::Bare };
                    self.blanks.push(byte);
                    return;
                }
                let is_start = place.is_start() && self.blanks.is_empty();
                out.append(&mut self.blanks);
                self.marks.behind(is_start, byte)
            }
        };
        out.push(byte);
    }

    /// Appends what is left at the end of the text.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        if self.place != Place::Comment {
            out.append(&mut self.blanks);
        }
        self.blanks.clear();
    }

    /// Whether a byte is a blank that is no delimiter: it goes if a comment follows.
    fn is_held(&self, byte: u8, place: Place) -> bool {
        let is_run = self.marks.delim.is_run_of_blanks();
        let is_delim = self.marks.delim.contains(byte) || is_run;
        matches!(byte, b' ' | b'\t') && (!is_delim || is_run && place == Place::Line)
    }
}

#[cfg(test)]
mod tests {
    use super::super::rewritten;
    use super::*;
    use crate::scanner::Delim;

    #[test]
    fn comments_behind_values_go() {
        let usual = Dialect { comment: Some(b'#'), inline_comments: true, ..Dialect::RFC4180 };
        let escaped = Dialect { escape: Some(b'\\'), ..usual.clone() };
        let long = Dialect { delim: Delim::new("; ").unwrap(), ..usual.clone() };
        let no_quote = Dialect { quote: None, ..usual.clone() };
        for (text, dialect, expected) in [
            ("a,b#c,d\n1,3 # it's \"so\r\n6,7\n", &usual, "a,b\n1,3\r\n6,7\n"),
            ("\"3\"#x\n\"7#\"\"8\"\"#9\",#\n", &usual, "\"3\"\n\"7#\"\"8\"\"#9\",\n"),
            ("# all\n  \t# of it\r1 2 , 3 \n", &usual, "# all\n# of it\r1 2 , 3 \n"),
            (" \"a#b\",c", &usual, " \"a"),
            ("a ", &usual, "a "),
            ("a #", &usual, "a"),
            ("\"a\\\"#\"#b\n", &escaped, "\"a\\\"#\"\n"),
            ("\"a#\"; \"b#\";\"c#\"\n", &long, "\"a#\"; \"b#\";\"c\n"),
            ("\"a#\"\n", &no_quote, "\"a\n"),
        ] {
            assert_eq!(rewritten(text, dialect, 0), expected, "{text:?}");
        }
    }
}
