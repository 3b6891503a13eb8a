//! How much what a dialect makes of a text looks like a table.

use crate::rewrite::prepared;
use crate::scanner::Delim;
use crate::scanner::record::{Dialect, Field, FieldForm, Parsed, is_blank_line, parse_record};
use crate::scanner::values::{
    is_null_word, looks_like_f64, parse_bool, parse_date, parse_i64, parse_timestamp, trim,
};

/// Records that are looked at.
const RECORDS: usize = 300;

/// Fields of a record whose values are looked at.
const FIELDS: usize = 60;

/// What a record of one field is worth: little, but more than nothing, so that a file of one column has a score.
const ONE_FIELD: f64 = 1e-3;

/// What a field that looks like no value is worth.
const NO_VALUE: f64 = 1e-3;

/// The table that a dialect makes of the head of a file.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// How many records there are of which width: ascending.
    widths: Vec<(usize, usize)>,
    /// The width of the first record.
    first_width: usize,
    records: usize,
    fields: usize,
    values: f64,
    /// Fields of another type than text.
    typed: usize,
    /// A quote was closed where no field ends.
    pub(super) odd_quotes: bool,
    /// A field without quotes around it has one inside.
    has_bare_quotes: bool,
    /// A quote stays open up to the end of the file, or of the text if that is no whole record.
    is_open: bool,
}

impl Table {
    pub(super) fn of(text: &[u8], whole: bool, dialect: &Dialect) -> Self {
        let mut table = Self::default();
        let text = &*prepared(text, dialect);
        let (mut at, mut fields) = (0, Vec::new());
        while table.records < RECORDS {
            match parse_record(&text[at..], dialect, whole, &mut fields) {
                Parsed::Record { len, .. } if is_blank_line(&text[at..], &fields) => at += len,
                Parsed::Record { len, .. } => {
                    table.add(&text[at..], &fields, dialect);
                    at += len;
                }
                Parsed::Blank { len } | Parsed::Comment { len } => at += len,
                // A quote that stays open may be one of a file that was cut off: that is for the reader to tell.
                parsed @ (Parsed::Incomplete | Parsed::Unclosed) => {
                    table.is_open = table.records == 0 || matches!(parsed, Parsed::Unclosed);
                    break;
                }
            }
        }
        table
    }

    /// Whether each quote opens a field, closes one, or is doubled inside.
    pub(super) fn has_plain_quotes(&self) -> bool {
        !self.odd_quotes && !self.has_bare_quotes && !self.is_open
    }

    fn add(&mut self, record: &[u8], fields: &[Field], dialect: &Dialect) {
        self.records += 1;
        if self.records == 1 {
            self.first_width = fields.len();
        }
        match self.widths.binary_search_by_key(&fields.len(), |(width, _)| *width) {
            Ok(at) => self.widths[at].1 += 1,
            Err(at) => self.widths.insert(at, (fields.len(), 1)),
        }
        for field in fields.iter().take(FIELDS) {
            self.fields += 1;
            let raw = &record[field.start..field.end];
            let closed = match field.form {
                FieldForm::Bare => true,
                // The field ends with its closing quote, or there are bytes behind it.
                FieldForm::Quoted | FieldForm::Escaped => record.get(field.end).copied() == dialect.quote,
            };
            self.odd_quotes |= !closed;
            self.has_bare_quotes |=
                field.form == FieldForm::Bare && dialect.quote.is_some_and(|quote| raw.contains(&quote));
            let is_value = match field.form {
                FieldForm::Bare => is_value(raw, dialect.delim) && !is_in_other_quotes(raw, dialect.quote),
                FieldForm::Quoted | FieldForm::Escaped => closed,
            };
            self.values += if is_value { 1.0 } else { NO_VALUE };
            self.typed += usize::from(!trim(raw).is_empty() && is_typed(trim(raw)));
        }
    }

    /// The width of the first record.
    pub(super) fn first_width(&self) -> usize {
        self.first_width
    }

    /// The width that most records have, if it is more than one; of two, the greater.
    pub(super) fn width(&self) -> Option<usize> {
        let most = self.widths.iter().max_by_key(|(_, count)| *count)?;
        (most.0 > 1).then_some(most.0)
    }

    /// The share of records that have the width that most have.
    pub(super) fn share_of_width(&self) -> f64 {
        let most = self.widths.iter().map(|(_, count)| *count).max().unwrap_or(0);
        most as f64 / self.records.max(1) as f64
    }

    /// Whether all records, and two or more, have the same width, more than one.
    pub(super) fn is_regular(&self) -> bool {
        matches!(self.widths.as_slice(), [(2.., 2..)])
    }

    /// Whether all records but the first, and two or more, have the same width, and that one field fewer: names, of which that of
    /// the column with the names of rows is left out.
    pub(super) fn has_unnamed_rows(&self) -> bool {
        matches!(self.widths.as_slice(), [(first, 1), (width, 2..)] if first + 1 == *width && *first == self.first_width)
    }

    /// Whether all records, and one or more, have one field.
    pub(super) fn is_one_column(&self) -> bool {
        matches!(self.widths.as_slice(), [(1, _)])
    }

    /// Whether there are as many records as a table has at least, three.
    pub(super) fn has_records(&self) -> bool {
        self.records > 2
    }

    /// Whether there is one record, of several fields that can be names.
    pub(super) fn is_header_alone(&self) -> bool {
        self.records == 1 && self.first_width > 1 && self.typed == 0 && self.values() >= 1.0
    }

    /// Whether no width is that of at least half of the records.
    pub(super) fn is_ragged(&self) -> bool {
        self.widths.iter().all(|(_, count)| 2 * count < self.records)
    }

    /// The share of fields that look like values.
    pub(super) fn values(&self) -> f64 {
        if self.fields == 0 { 0.0 } else { self.values / self.fields as f64 }
    }

    /// Whether records have a field of another type than text, most of them: words alone may be a sentence.
    pub(super) fn has_types(&self) -> bool {
        2 * self.typed >= self.records
    }

    /// The more records, the fewer widths, the more fields and values, the better.
    pub(super) fn score(&self) -> f64 {
        let weight = |(width, count): &(usize, usize)| {
            let (width, count) = (*width as f64, *count as f64);
            count * (width - 1.0).max(ONE_FIELD) / width
        };
        let pattern: f64 = self.widths.iter().map(weight).sum();
        pattern / self.widths.len().max(1) as f64 * self.values()
    }
}

/// Whether a field without quotes looks like a value: a number, a date, a word, a phrase.
fn is_value(field: &[u8], delim: Delim) -> bool {
    let field = trim(field);
    is_typed(field) || is_phrase(field, delim)
}

/// Whether what a dialect takes for bare is written as if its quote were another one.
fn is_in_other_quotes(field: &[u8], quote: Option<u8>) -> bool {
    quote != Some(b'\'') && matches!(trim(field), [b'\'', .., b'\''])
}

/// Whether a field is missing, or a value of another type than text.
pub(super) fn is_typed(field: &[u8]) -> bool {
    is_null_word(field)
        || parse_i64(field).is_some()
        || looks_like_f64(field)
        || is_amount(field)
        || parse_bool(field).is_some()
        || parse_date(field).is_some()
        || parse_timestamp(field).is_some()
}

/// A number as people write it: `1.234,50`, `12,5 %`, `$3`.
fn is_amount(field: &[u8]) -> bool {
    let marks = |byte: &u8| matches!(byte, b'.' | b',' | b'+' | b'-' | b'%' | b'$' | b' ' | b'\'');
    !has_numbers_between_blanks(field)
        && field.iter().any(u8::is_ascii_digit)
        && field.iter().all(|byte| byte.is_ascii_digit() || marks(byte))
        && !field.starts_with(b",")
        && !field.ends_with(b",")
}

/// Whether blanks stand between numbers, and not within one, between its groups of three digits or those of a number of a telephone.
fn has_numbers_between_blanks(field: &[u8]) -> bool {
    let parts: Vec<&[u8]> = field.split(|byte| *byte == b' ').collect();
    let digits = |part: &[u8]| part.iter().take_while(|byte| byte.is_ascii_digit()).count();
    // What has a fraction has no further groups of digits.
    let goes_on = |part: &[u8], next: &[u8]| match digits(next) {
        0 => true,
        3 => !part.contains(&b'.') && !part.contains(&b','),
        _ => false,
    };
    let ends_number =
        |part: &[u8]| part.strip_suffix(b".").unwrap_or(part).last().is_some_and(u8::is_ascii_digit);
    let is_between =
        |pair: &[&[u8]]| pair[0].is_empty() || ends_number(pair[0]) && !goes_on(pair[0], pair[1]);
    !field.starts_with(b"+") && parts.windows(2).any(is_between)
}

/// Words, in which what separates fields elsewhere stands only as it does in a sentence.
fn is_phrase(field: &[u8], delim: Delim) -> bool {
    let odd = |(at, byte): (usize, &u8)| match byte {
        _ if delim.contains(*byte) => false,
        // Between tabs, which hardly stand within texts, it parts what is one value, as `gi|160|ref|`; or it stands beside the tab.
        b'|' if delim == b'\t'.into() => at == 0,
        b'\t' | b'|' | b'"' | 0x1f | 1 => true,
        // Before a blank or at the end they are punctuation.
        b',' | b';' => !matches!(field.get(at + 1), None | Some(b' ')),
        _ => false,
    };
    !field.iter().enumerate().any(odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_and_amounts_are_values() {
        for amount in ["1 234 567,50", "$ 3", "12 %", "- 5", "+41 44 123 45 67"] {
            assert!(is_amount(amount.as_bytes()), "{amount}");
        }
        for numbers in ["1 2", "1   2.50", "100 20 300", "10.4 272.2", "25. 1.0 .5"] {
            assert!(!is_amount(numbers.as_bytes()), "{numbers}");
        }
        for value in ["12,5", "1.234,50", "2001-01-01 10:00", "Hello, world; again", "N/A", "", "x-1"] {
            assert!(is_value(value.as_bytes(), b'\t'.into()), "{value}");
        }
        for part in ["a;b", "a,b", "\"x", "|b"] {
            assert!(!is_value(part.as_bytes(), b'\t'.into()), "{part}");
        }
        assert!(is_value(b"a|b|", b'\t'.into()) && !is_value(b"a|b", b','.into()));
    }

    #[test]
    fn fewer_widths_are_better() {
        let score = |text: &str| Table::of(text.as_bytes(), true, &Dialect::RFC4180).score();
        assert!(score("a,b\n1,2\n3,4\n") > score("a,b\n1,2,3\n3,4\n"));
        assert!(score("a,b\n1,2\n") > score("a\n1\n"));
        assert!(score("a\n1\n") > 0.0);
    }
}
