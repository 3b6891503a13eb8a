//! Escapes where there are no quotes, as MySQL and Hive write text: `x\,y` is one field, and a line end behind a backslash is a part of one.
//!
//! Fields that have an escape become fields in quotes, in which escapes mean the same.

use crate::scanner::Delim;
use crate::scanner::record::{Dialect, Escapes};

/// What MySQL, Hive and PostgreSQL write for a missing value: no text, so not one in quotes.
const NULL: &[u8] = b"\\N";

/// Puts quotes around fields with escapes, chunk by chunk.
#[derive(Debug, Clone)]
pub(super) struct BareEscapes {
    delim: Delim,
    quote: u8,
    escape: u8,
    comment: Option<u8>,
    /// Whether there are fields in quotes, too.
    has_quotes: bool,
    /// The field at hand, as it stands there.
    field: Vec<u8>,
    /// The same, as it stands between quotes.
    quoted: Vec<u8>,
    /// Where in the field the delimiter may begin that ends it: behind the last byte that an escape makes literal.
    free_from: usize,
    has_escapes: bool,
    place: Place,
    /// Whether the field is the first one of a line.
    at_line: bool,
}

/// Where the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In a field without quotes, or at its start.
    Bare,
    /// Behind an escape there.
    Escaped,
    /// Behind a `\r` that an escape makes literal, and with it a `\n` behind it.
    EscapedReturn,
    /// In quotes.
    Quoted,
    /// Behind an escape there.
    QuotedEscaped,
    /// In a comment.
    Comment,
}

impl BareEscapes {
    /// `None` if escapes mean something in quotes only.
    pub(super) fn of(dialect: &Dialect) -> Option<Self> {
        if dialect.escapes == Escapes::InQuotes {
            return None;
        }
        let (quote, escape) = dialect.quote.zip(dialect.escape)?;
        Some(Self {
            delim: dialect.delim,
            quote,
            escape,
            comment: dialect.comment,
            has_quotes: dialect.escapes == Escapes::Everywhere,
            field: Vec::new(),
            quoted: Vec::new(),
            free_from: 0,
            has_escapes: false,
            place: Place::Bare,
            at_line: true,
        })
    }

    pub(super) fn pass_gap(&mut self) {
        self.forget_field();
        self.place = Place::Bare;
    }

    pub(super) fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        out.reserve(bytes.len());
        for byte in bytes {
            self.write_byte(*byte, out);
        }
    }

    /// Appends what is left at the end of the text.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        if self.place == Place::Escaped {
            // There is nothing that it could make literal: it is a byte like others.
            self.quoted.push(self.escape);
        }
        self.end_field(self.field.len(), out);
        self.place = Place::Bare;
    }

    #[inline]
    fn write_byte(&mut self, byte: u8, out: &mut Vec<u8>) {
        let ends_line = matches!(byte, b'\n' | b'\r');
        match self.place {
            Place::Escaped => {
                self.push_literal(byte);
                self.place = if byte == b'\r' { Place::EscapedReturn } else { Place::Bare };
                return;
            }
            Place::EscapedReturn if byte == b'\n' => {
                self.push_literal(byte);
                self.place = Place::Bare;
                return;
            }
            Place::Comment if !ends_line => return out.push(byte),
            Place::Quoted | Place::QuotedEscaped => {
                self.place = match self.place {
                    Place::Quoted if byte == self.escape => Place::QuotedEscaped,
                    // What stands behind it is no more than a field without quotes.
                    Place::Quoted if byte == self.quote => Place::Bare,
                    _ => Place::Quoted,
                };
                return out.push(byte);
            }
            _ => self.place = Place::Bare,
        }
        let is_start = self.field.is_empty();
        if ends_line {
            self.end_field(self.field.len(), out);
            out.push(byte);
            self.at_line = true;
        } else if Some(byte) == self.comment && self.at_line && is_start {
            out.push(byte);
            self.place = Place::Comment;
        } else if byte == self.quote && self.has_quotes && is_start {
            out.push(byte);
            (self.place, self.at_line) = (Place::Quoted, false);
        } else if byte == self.escape {
            self.field.push(byte);
            self.quoted.push(byte);
            (self.has_escapes, self.place) = (true, Place::Escaped);
        } else {
            self.field.push(byte);
            self.quoted.extend((byte == self.quote).then_some(self.escape));
            self.quoted.push(byte);
            // Without quotes around it, it would open some.
            self.has_escapes |= byte == self.quote && is_start;
            if self.field[self.free_from..].ends_with(self.delim.as_bytes()) {
                self.end_field(self.field.len() - self.delim.len_bytes(), out);
                out.extend_from_slice(self.delim.as_bytes());
            }
        }
    }

    /// Adds a byte that an escape makes literal.
    fn push_literal(&mut self, byte: u8) {
        self.field.push(byte);
        self.quoted.push(byte);
        self.free_from = self.field.len();
    }

    /// The field ends with so many bytes of those at hand.
    fn end_field(&mut self, len: usize, out: &mut Vec<u8>) {
        if self.has_escapes && self.field[..len] != *NULL {
            let behind = self.field.len() - len;
            out.push(self.quote);
            out.extend_from_slice(&self.quoted[..self.quoted.len() - behind]);
            out.push(self.quote);
        } else {
            out.extend_from_slice(&self.field[..len]);
        }
        self.forget_field();
    }

    fn forget_field(&mut self) {
        self.field.clear();
        self.quoted.clear();
        (self.free_from, self.has_escapes, self.at_line) = (0, false, false);
    }
}

#[cfg(test)]
mod tests {
    use super::super::rewritten;
    use super::*;

    #[test]
    fn fields_with_escapes_become_quoted_ones() {
        let usual = Dialect { escape: Some(b'\\'), escapes: Escapes::WithoutQuotes, ..Dialect::RFC4180 };
        let long = Dialect { delim: Delim::new("||").unwrap(), ..usual.clone() };
        let mixed = Dialect { escapes: Escapes::Everywhere, ..usual.clone() };
        let commented = Dialect { comment: Some(b'#'), ..usual.clone() };
        for (text, dialect, expected) in [
            ("a,b\nx\\,y,1\n", &usual, "a,b\n\"x\\,y\",1\n"),
            ("x\\\ny,2\r\n\\\\,\\\r\n3\n", &usual, "\"x\\\ny\",2\r\n\"\\\\\",\"\\\r\n3\"\n"),
            ("\\N,\\N\n\\Nx,,\n", &usual, "\\N,\\N\n\"\\Nx\",,\n"),
            ("\"a\",b\"\n", &usual, "\"\\\"a\\\"\",b\"\n"),
            (
                "\"a\\\",\\\\\",\\\"b\",c\"d\\,\n\"x\ny\",z\n",
                &mixed,
                "\"a\\\",\\\\\",\"\\\"b\\\"\",\"c\\\"d\\,\"\n\"x\ny\",z\n",
            ),
            ("a,b\\", &usual, "a,\"b\\\\\""),
            ("a\\|||b|||\n", &long, "\"a\\|\"||b|||\n"),
            ("# a\\\n#,\\#\na,#\n", &commented, "# a\\\n#,\\#\na,#\n"),
        ] {
            assert_eq!(rewritten(text, dialect, 0), expected, "{text:?}");
        }
    }
}
