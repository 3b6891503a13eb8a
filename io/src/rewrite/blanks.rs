//! Columns with runs of blanks between them: made into a text with one blank between fields.
//!
//! What `column -t`, `write.table`, `ls -l` and listings of Fortran print has any number of blanks and tabs between fields, and
//! some in front of the first and behind the last one. None of these is a field: outside of quotes each run becomes one blank, and
//! those at both ends of a line go.

use crate::scanner::record::Dialect;

/// Writes a text anew, chunk by chunk.
#[derive(Debug, Clone)]
pub(super) struct BlankRuns {
    quote: Option<u8>,
    escape: Option<u8>,
    comment: Option<u8>,
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
    /// `None` if one blank is one delimiter in a dialect.
    pub(super) fn of(dialect: &Dialect) -> Option<Self> {
        dialect.delim.is_run_of_blanks().then(|| Self {
            quote: dialect.quote,
            escape: dialect.escape.filter(|escape| Some(*escape) != dialect.quote),
            comment: dialect.comment,
            place: Place::Start,
        })
    }

    /// Something is lost in front of what comes next, which need not be the start of a line.
    pub(super) fn pass_gap(&mut self) {
        self.place = Place::Bare;
    }

    /// Appends what becomes of the next bytes to `out`: one byte more than they are at most.
    pub(super) fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        out.reserve(bytes.len() + 1);
        for byte in bytes {
            self.write_byte(*byte, out);
        }
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

#[cfg(test)]
mod tests {
    use super::super::{Rewrite, rewritten};
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
            match Rewrite::of(&dialect, 0, 0) {
                Some(_) => assert_eq!(rewritten(text, &dialect, 0), expected, "{text:?}"),
                None => assert_eq!(text, expected),
            }
        }
    }
}
