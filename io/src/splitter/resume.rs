//! Where records begin again behind a gap in the text.
//!
//! Behind a gap nothing is known of what is in front, so it is not known whether a line end is one of a record or stands inside
//! quotes. Records begin again behind the first line end from which on the next [`RECORDS`] records, or as many as are at hand,
//! have as many fields as the table, and quotes only around fields. A line inside of quotes is hardly ever such: its closing quote
//! stands in the middle of a field. If there is no such line end in the first [`WINDOW_LEN_BYTES`], records begin again behind the first
//! line end, and those that do not fit are dealt with as everywhere in a file.

use memchr::{memchr, memchr2_iter};

use super::Grammar;
use crate::scanner::record::{Dialect, Field, FieldForm, Parsed, line_end, parse_record};

/// Bytes behind a gap that are looked at.
pub(super) const WINDOW_LEN_BYTES: usize = 64 << 10;

/// Records that have to fit.
const RECORDS: usize = 4;

/// Line ends that are tried: with short lines all that are in the window would take long.
const MAX_TRIED: usize = 1000;

/// The first byte of the first record behind a gap; nothing if no record begins in these bytes. `width` is how many fields records
/// have.
pub(super) fn record_start(window: &[u8], grammar: &Grammar, width: usize) -> Option<usize> {
    let dialect = match grammar {
        Grammar::Lines(end) => return memchr(*end, window).map(|at| at + 1),
        Grammar::Csv(dialect) => dialect,
        // How many brackets are open is not known, and cannot be found out.
        Grammar::Documents => return None,
    };
    let is_end = |at: &usize| window[*at] == b'\n' || window.get(at + 1) != Some(&b'\n');
    let starts = || {
        let ends = memchr2_iter(b'\n', b'\r', window).filter(is_end);
        ends.filter_map(|at| line_end(window, at, false))
    };
    let mut fields = Vec::new();
    let fitting = starts().take(MAX_TRIED).find(|at| fits(&window[*at..], dialect, width, &mut fields));
    fitting.or_else(|| starts().next())
}

/// Whether bytes begin with records of this width, as far as they can be told.
fn fits(mut bytes: &[u8], dialect: &Dialect, width: usize, fields: &mut Vec<Field>) -> bool {
    let mut records = 0;
    while records < RECORDS {
        match parse_record(bytes, dialect, false, fields) {
            Parsed::Record { len, .. } => {
                let has_quote = |field: &Field| {
                    field.form == FieldForm::Bare
                        && dialect
                            .quote
                            .is_some_and(|quote| memchr(quote, &bytes[field.start..field.end]).is_some())
                };
                if fields.len() != width || fields.iter().any(has_quote) {
                    return false;
                }
                records += 1;
                bytes = &bytes[len..];
            }
            Parsed::Blank { len } | Parsed::Comment { len } => bytes = &bytes[len..],
            Parsed::Incomplete => return records > 0,
            Parsed::Unclosed => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_begin_again() {
        let csv = Grammar::Csv(Dialect::RFC4180);
        let cases = [
            (&b"1,2\n3,4\n5,6\n"[..], 2, "3,4\n5,6\n"),
            // Inside of quotes: the lines of the value have other widths, or its end is in the middle of a field.
            (b"x\ny,z\nw\",2\n3,4\n5,6\n", 2, "3,4\n5,6\n"),
            (b"x\ny\",2\n3,\"4\n,\"\n5,6\n", 2, "3,\"4\n,\"\n5,6\n"),
            (b"\r\n1,2\r\n3,4\r\n", 2, "1,2\r\n3,4\r\n"),
            // Nothing fits: as if there were no quotes.
            (b"a\n1,2,3\n4,5,6\n", 2, "1,2,3\n4,5,6\n"),
        ];
        for (window, width, rest) in cases {
            let start = record_start(window, &csv, width).unwrap();
            assert_eq!(String::from_utf8_lossy(&window[start..]), rest);
        }
        assert_eq!(record_start(b"1,2", &csv, 2), None);
        assert_eq!(record_start(b"a\"\n\"b\nc", &Grammar::Lines(b'\n'), 1), Some(3));
        assert_eq!(record_start(b"1}\n{\"a\": 2}\n", &Grammar::Documents, 1), None);
    }
}
