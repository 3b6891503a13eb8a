//! Comments behind values: what stands from a comment byte on to the end of its line goes, and the blanks in front of it.

use crate::scanner::Delim;
use crate::scanner::record::{Dialect, Escapes};

/// Leaves comments out, chunk by chunk. Lines that are comments as a whole stay.
#[derive(Debug, Clone)]
pub(super) struct InlineComments {
    comment: u8,
    delim: Delim,
    quote: Option<u8>,
    escape: Option<u8>,
    /// Whether the escape byte makes the next one literal outside of quotes, too.
    has_bare_escapes: bool,
    place: Place,
    /// The bytes before the next one, as far as they may be a part of a delimiter.
    tail: Vec<u8>,
    /// Blanks that are left out if a comment follows.
    blanks: Vec<u8>,
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
    /// In a line that is a comment.
    CommentLine,
    /// In what is left out.
    Comment,
}

impl InlineComments {
    /// `None` if comments are lines of their own in a dialect.
    pub(super) fn of(dialect: &Dialect) -> Option<Self> {
        let comment = dialect.comment.filter(|_| dialect.inline_comments)?;
        Some(Self {
            comment,
            delim: dialect.delim,
            quote: dialect.said_quote(),
            escape: dialect.escape.filter(|escape| Some(*escape) != dialect.quote),
            has_bare_escapes: dialect.escapes != Escapes::InQuotes,
            place: Place::Line,
            tail: Vec::new(),
            blanks: Vec::new(),
        })
    }

    pub(super) fn pass_gap(&mut self) {
        self.place = Place::Bare;
        self.tail.clear();
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
        self.place = match self.place {
            Place::Quoted if Some(byte) == self.escape => Place::Escaped,
            Place::Quoted if Some(byte) == self.quote => Place::QuoteSeen,
            Place::Quoted | Place::Escaped => Place::Quoted,
            Place::QuoteSeen if Some(byte) == self.quote && self.escape.is_none() => Place::Quoted,
            Place::BareEscaped => Place::Bare,
            _ if ends_line => {
                self.tail.clear();
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
                let starts_field = matches!(place, Place::Line | Place::Field) && self.blanks.is_empty();
                out.append(&mut self.blanks);
                if starts_field && Some(byte) == self.quote {
                    self.tail.clear();
                    Place::Quoted
                } else if self.has_bare_escapes && Some(byte) == self.escape {
                    self.tail.clear();
                    Place::BareEscaped
                } else if self.ends_delim(byte) {
                    Place::Field
                } else {
                    Place::Bare
                }
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
        let is_run = self.delim.is_run_of_blanks();
        let is_delim = self.delim.contains(byte) || is_run;
        matches!(byte, b' ' | b'\t') && (!is_delim || is_run && place == Place::Line)
    }

    /// Whether a byte ends a delimiter.
    fn ends_delim(&mut self, byte: u8) -> bool {
        if self.delim.is_run_of_blanks() {
            return matches!(byte, b' ' | b'\t');
        }
        let delim = self.delim.as_bytes();
        self.tail.push(byte);
        if self.tail.len() > delim.len() {
            self.tail.remove(0);
        }
        let ends = self.tail == delim;
        if ends {
            self.tail.clear();
        }
        ends
    }
}

#[cfg(test)]
mod tests {
    use super::super::rewritten;
    use super::*;

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
