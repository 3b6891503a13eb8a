//! Lines above a table: titles, notes, blank lines.

use super::pattern::is_typed;
use crate::blanks::prepared;
use crate::scanner::record::{Dialect, Parsed, line_ends, parse_record};

/// Records that are looked at.
const RECORDS: usize = 300;

/// Records of the table that must follow, of those that are looked at: 3 of 4.
const TABLE_SHARE: (usize, usize) = (3, 4);

/// How many lines stand above the table: 0 if it is not plain that they belong to no record of it.
///
/// A record above the table is one of less than half of its fields. One that is but a little shorter may be its
/// header, of which the first name was left out; that is for a person to say.
pub(crate) fn preamble_lines(text: &[u8], whole: bool, dialect: &Dialect) -> u64 {
    let text = &*prepared(text, dialect);
    let (mut at, mut fields, mut records) = (0, Vec::new(), Vec::new());
    while records.len() < RECORDS {
        let rest = &text[at..];
        match parse_record(rest, dialect, whole, &mut fields) {
            Parsed::Record { len, .. } => {
                let values = fields.iter().map(|field| rest[field.start..field.end].trim_ascii());
                let filled = || values.clone().filter(|value| !value.is_empty());
                let (has_values, filled) = (filled().any(is_typed), filled().count());
                records.push(Record { start: at, width: fields.len(), filled, has_values });
                at += len;
            }
            Parsed::Blank { len } | Parsed::Comment { len } => at += len,
            Parsed::Incomplete | Parsed::Unclosed => break,
        }
    }
    let Some(width) = commonest_width(&records) else { return 0 };
    // Below one title there may be others, of any width.
    let is_title = |at: usize| records[at].is_title(width) || at > 0 && records[at].width != width;
    let Some(first) = (0..records.len()).find(|at| !is_title(*at)) else { return 0 };
    let (above, table) = records.split_at(first);
    let regular = table.iter().filter(|record| record.width == width).count();
    let is_table = table[0].width == width && regular * TABLE_SHARE.1 >= table.len() * TABLE_SHARE.0;
    if above.is_empty() || !is_table || regular < 2 || !table[0].is_header() {
        return 0;
    }
    line_ends(&text[..table[0].start])
}

struct Record {
    start: usize,
    width: usize,
    /// Fields that are not blank.
    filled: usize,
    /// Whether one of them is a value of another type than text.
    has_values: bool,
}

impl Record {
    /// Whether it can be one above a table of some width. Spreadsheets fill titles up with empty fields.
    fn is_title(&self, width: usize) -> bool {
        2 * self.width < width || self.width == 1 || width > 2 && self.filled <= 1
    }

    /// Whether it can be names. Without a header, what is above the table may be a record that is cut short.
    fn is_header(&self) -> bool {
        !self.has_values && 2 * self.filled >= self.width
    }
}

/// The width that most records have, if it is more than one; of two, the greater.
fn commonest_width(records: &[Record]) -> Option<usize> {
    let count = |width: usize| records.iter().filter(|record| record.width == width).count();
    let width = records.iter().map(|record| record.width).max_by_key(|width| (count(*width), *width))?;
    (width > 1).then_some(width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_above_a_table_are_counted() {
        let cases = [
            ("a,b\n1,2\n3,4\n", 0),
            ("Report of 2008\n\nmade by hand\na,b\n1,2\n3,4\n", 3),
            ("Report,,\n,,\na,b,c\n1,2,3\n4,5,6\n", 2),
            ("\"a title\nof two lines\"\na,b\n1,2\n3,4\n", 2),
            ("Source: x, y\r\na,b,c,d,e\r\n1,2,3,4,5\r\n1,2,3,4,5\r\n", 1),
            ("some notes\nmore notes, and others\na,b,c\n1,2,3\n4,5,6\n", 2),
            // The header lacks the name of the row numbers.
            ("a,b\n1,2,3\n4,5,6\n", 0),
            ("title\na,b\n1,2,3\n4,5,6\n", 0),
            ("1\n1,2,3\n4,5,6\n", 0),
            (",,5\n1,2,3\n4,5,6\n", 0),
            ("title\nx\ny\n", 0),
            ("x\ny\nz\n1,2\n", 0),
            ("", 0),
        ];
        for (text, lines) in cases {
            assert_eq!(preamble_lines(text.as_bytes(), true, &Dialect::RFC4180), lines, "{text:?}");
        }
    }
}
