//! Finds the fields of one CSV record. No reading, no allocation: a slice goes in, positions come out.
//!
//! The grammar is RFC 4180 read leniently, as the `csv` crate and Python do:
//!
//! * a quote opens a quoted field only as the field's first byte; elsewhere it is a byte like others;
//! * in a quoted field a doubled quote is one quote, or, if there is an escape byte, that byte makes
//!   the next one literal;
//! * bytes between a closing quote and the next delimiter are kept, unless they are spaces alone; where a quote ends these bytes, it is the
//!   closing one, and those before it are bytes of the value;
//! * `\n`, `\r\n` and `\r` end a record outside quotes.
//!
//! With [`Dialect::loose_quotes`], for writers that forgot to double quotes, or left some over:
//!
//! * a quote closes a field only in front of a delimiter, a line end or the end of the data; others within are bytes
//!   of the value;
//! * where, instead, the next one that is no byte of the value seems to open a field itself, as it stands behind a
//!   delimiter or a line end, or where there is none, the field ends with the first doubled quote in front of a
//!   delimiter or a line end, of which the second closes it;
//! * if there is no such either, the quote at its start is a byte like others.
//!
//! Where quotes stand as they should, both give the same.

use memchr::{memchr2, memchr2_iter};

use super::Delim;

/// The special bytes of a CSV file, ready for parsing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    /// Between fields.
    pub delim: Delim,
    /// Around fields; `None`: no quoting.
    pub quote: Option<u8>,
    /// Before a quote in a quoted field; `None`: quotes are doubled.
    pub escape: Option<u8>,
    /// At the start of a line that is no record.
    pub comment: Option<u8>,
    /// Whether quotes that are not doubled may stand within fields, and one may be left over.
    pub loose_quotes: bool,
    /// Whether a comment may stand behind values, up to the end of its line. Texts are written without them before they are parsed.
    pub inline_comments: bool,
    /// Where the escape means something.
    pub escapes: Escapes,
    /// At the start of a line that is no record, if it has several bytes. Texts are written without these lines before they are parsed.
    pub long_comment: Option<Delim>,
    /// Whether blanks in front of a field are no part of it. Texts are written without them before they are parsed.
    pub skips_initial_blanks: bool,
}

/// Where an escape makes the byte behind it a part of the value. Texts in which it does so outside of quotes are written with quotes around
/// these fields before they are parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Escapes {
    /// In quotes.
    #[default]
    InQuotes,
    /// In fields without quotes, too.
    Everywhere,
    /// Everywhere, and there are no quotes.
    WithoutQuotes,
}

/// A field, as a range of the slice that was parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// First byte, after an opening quote.
    pub start: usize,
    /// One past the last byte, before a closing quote.
    pub end: usize,
    /// How the bytes stand for the value.
    pub form: FieldForm,
}

/// How a field is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldForm {
    /// Without quotes.
    Bare,
    /// In quotes, and the bytes are the value.
    Quoted,
    /// In quotes, and [`unescape`] gives the value.
    Escaped,
}

/// What stands at the start of the slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parsed {
    /// A record of `len` bytes, its end included, in which `lines` lines end.
    Record {
        /// Bytes.
        len: usize,
        /// Line ends.
        lines: u64,
    },
    /// An empty line.
    Blank {
        /// Bytes.
        len: usize,
    },
    /// A comment line.
    Comment {
        /// Bytes.
        len: usize,
    },
    /// The slice ends before the record does.
    Incomplete,
    /// The data ends inside a quoted field. With [`Dialect::loose_quotes`] there is no such field.
    Unclosed,
}

impl Dialect {
    /// The byte around fields, as the files have it.
    pub(crate) fn said_quote(&self) -> Option<u8> {
        self.quote.filter(|_| self.escapes != Escapes::WithoutQuotes)
    }

    /// Comma, double quote, no escape, no comments.
    pub const RFC4180: Self = Self {
        delim: Delim::byte(b','),
        quote: Some(b'"'),
        escape: None,
        comment: None,
        loose_quotes: false,
        inline_comments: false,
        escapes: Escapes::InQuotes,
        long_comment: None,
        skips_initial_blanks: false,
    };
}

/// Parses the record at the start of `data` and puts its fields into `fields`.
///
/// `at_end` says that nothing comes behind `data`: then its end ends a record. Empty data is
/// [`Parsed::Incomplete`]. Time is linear in the record's length.
pub fn parse_record(data: &[u8], dialect: &Dialect, at_end: bool, fields: &mut Vec<Field>) -> Parsed {
    fields.clear();
    match data.first() {
        None => return Parsed::Incomplete,
        Some(b'\n' | b'\r') => {
            return line_end(data, 0, at_end).map_or(Parsed::Incomplete, |len| Parsed::Blank { len });
        }
        Some(first) if Some(*first) == dialect.comment => {
            return match memchr2(b'\n', b'\r', data) {
                Some(at) => {
                    line_end(data, at, at_end).map_or(Parsed::Incomplete, |len| Parsed::Comment { len })
                }
                None if at_end => Parsed::Comment { len: data.len() },
                None => Parsed::Incomplete,
            };
        }
        Some(_) => {}
    }
    let mut at = 0;
    let mut lines = 0;
    loop {
        let end = match data.get(at) {
            Some(byte) if Some(*byte) == dialect.quote => match quoted_field(data, at, dialect, at_end) {
                Quoted::Field(field, end) => {
                    lines += line_ends(&data[field.start..field.end]);
                    fields.push(field);
                    end
                }
                Quoted::NotOpened => {
                    let end = bare_end(data, at, dialect.delim);
                    fields.push(Field { start: at, end, form: FieldForm::Bare });
                    end
                }
                Quoted::Incomplete => return Parsed::Incomplete,
                Quoted::Unclosed => return Parsed::Unclosed,
            },
            _ => {
                let end = bare_end(data, at, dialect.delim);
                fields.push(Field { start: at, end, form: FieldForm::Bare });
                end
            }
        };
        match data.get(end) {
            None if at_end => return Parsed::Record { len: end, lines: lines + 1 },
            None => return Parsed::Incomplete,
            Some(_) if dialect.delim.starts(&data[end..]) => at = end + dialect.delim.len_bytes(),
            Some(_) => {
                return line_end(data, end, at_end)
                    .map_or(Parsed::Incomplete, |len| Parsed::Record { len, lines: lines + 1 });
            }
        }
    }
}

/// The position behind the line end at `at`; `None` if a `\r` might be half of one.
pub(crate) fn line_end(data: &[u8], at: usize, at_end: bool) -> Option<usize> {
    match (data[at], data.get(at + 1)) {
        (b'\r', Some(b'\n')) => Some(at + 2),
        (b'\r', None) if !at_end => None,
        _ => Some(at + 1),
    }
}

/// Whether a record is a line of blanks alone: no record, where these have several fields.
pub(crate) fn is_blank_line(data: &[u8], fields: &[Field]) -> bool {
    matches!(fields, [field] if field.form == FieldForm::Bare && is_blank(&data[field.start..field.end]))
}

/// Whether a line has nothing but blanks, and perhaps a part of its end, or the sign with which programs of DOS end a text.
pub(crate) fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | 0x1a | 0))
}

/// How many lines end in a value: with `\n`, `\r\n` or `\r`.
pub(crate) fn line_ends(value: &[u8]) -> u64 {
    let ends_line = |at: &usize| value[*at] == b'\n' || value.get(at + 1) != Some(&b'\n');
    memchr2_iter(b'\n', b'\r', value).filter(ends_line).count() as u64
}

/// The end of a field without quotes that starts at `at`.
#[inline]
fn bare_end(data: &[u8], at: usize, delim: Delim) -> usize {
    // Fields are short: a plain loop beats a search routine's set-up.
    let (first, mut at) = (delim.first(), at);
    let ends = |byte: &u8| *byte == first || *byte == b'\n' || *byte == b'\r';
    loop {
        let Some(len) = data[at..].iter().position(ends) else { return data.len() };
        at += len;
        if data[at] != first || delim.starts(&data[at..]) {
            return at;
        }
        at += 1;
    }
}

enum Quoted {
    /// The field, and the position of what ends it.
    Field(Field, usize),
    Incomplete,
    Unclosed,
    /// The quote at its start is a byte like others.
    NotOpened,
}

/// What a quote is that stands within a field with loose quotes.
#[derive(PartialEq)]
enum Inner {
    Closing,
    Byte,
    /// One that opens another field, so that the one before opens none.
    Opening,
    /// The data has to go on for it to be known.
    Unknown,
}

/// What the quote at `at` is, which no other one makes literal, in a field whose first byte is at `start`.
fn inner_quote(data: &[u8], start: usize, at: usize, delim: Delim, at_end: bool) -> Inner {
    let (before, behind) = (&data[start..at], &data[at + 1..]);
    match behind.first() {
        None if at_end => Inner::Closing,
        Some(b'\n' | b'\r') => Inner::Closing,
        Some(_) if delim.starts(behind) => Inner::Closing,
        _ if !at_end && delim.as_bytes().starts_with(behind) => Inner::Unknown,
        _ if before.ends_with(delim.as_bytes()) || matches!(before.last(), Some(b'\n' | b'\r')) => {
            Inner::Opening
        }
        _ => Inner::Byte,
    }
}

/// Parses the quoted field whose opening quote is at `open`.
fn quoted_field(data: &[u8], open: usize, dialect: &Dialect, at_end: bool) -> Quoted {
    let quote = data[open];
    let start = open + 1;
    let mut at = start;
    let mut form = FieldForm::Quoted;
    // Behind a doubled quote that may be one of the value and the closing one.
    let mut doubled_end = None;
    let not_closed = |doubled_end: Option<usize>| match doubled_end {
        Some(end) => Quoted::Field(Field { start, end: end - 1, form: FieldForm::Escaped }, end),
        None => Quoted::NotOpened,
    };
    let cut_off = |doubled_end| match at_end {
        false => Quoted::Incomplete,
        true if dialect.loose_quotes => not_closed(doubled_end),
        true => Quoted::Unclosed,
    };
    loop {
        let Some(skip) = memchr2(quote, dialect.escape.unwrap_or(quote), &data[at..]) else {
            return cut_off(doubled_end);
        };
        at += skip;
        let next = data.get(at + 1);
        if next.is_none() && !at_end {
            return Quoted::Incomplete;
        }
        if escapes(data[at], next, quote, dialect.escape) {
            if next.is_none() {
                return cut_off(doubled_end);
            }
            let is_doubled = dialect.loose_quotes && data[at] == quote && doubled_end.is_none();
            let role = |at| inner_quote(data, start, at, dialect.delim, at_end);
            if is_doubled && role(at) == Inner::Byte && role(at + 1) == Inner::Closing {
                doubled_end = Some(at + 2);
            }
            form = FieldForm::Escaped;
            at += 2;
            continue;
        }
        if dialect.loose_quotes {
            match inner_quote(data, start, at, dialect.delim, at_end) {
                Inner::Closing => {}
                Inner::Byte => {
                    form = FieldForm::Escaped;
                    at += 1;
                    continue;
                }
                Inner::Opening => return not_closed(doubled_end),
                Inner::Unknown => return Quoted::Incomplete,
            }
        }
        // The closing quote.
        return match next {
            None => Quoted::Field(Field { start, end: at, form }, at + 1),
            Some(next) if matches!(next, b'\n' | b'\r') || dialect.delim.starts(&data[at + 1..]) => {
                Quoted::Field(Field { start, end: at, form }, at + 1)
            }
            // Bytes behind it: the value is what unescaping makes of all of them.
            Some(_) => {
                let end = bare_end(data, at + 1, dialect.delim);
                Quoted::Field(Field { start, end, form: FieldForm::Escaped }, end)
            }
        };
    }
}

/// Where text stands behind the closing quote of a field of several lines, if there is any in a record. Such a quote is likelier one that
/// opens a field, and the one that opened this one is closed by nothing.
pub(crate) fn text_behind_lines(record: &[u8], fields: &[Field], dialect: &Dialect) -> Option<usize> {
    let quote = dialect.quote.filter(|_| !dialect.loose_quotes)?;
    let behind = |field: &Field| {
        let raw = &record[field.start..field.end];
        let at = closed_before_text(raw, quote, dialect.escape)?;
        (line_ends(&raw[..at]) > 0).then_some(field.start + at + 1)
    };
    fields.iter().filter(|field| field.form == FieldForm::Escaped).find_map(behind)
}

/// Whether text stands behind the closing quote of a field of the record at the start of some data.
pub(crate) fn has_odd_quotes(data: &[u8], dialect: &Dialect) -> bool {
    let Some(quote) = dialect.quote.filter(|_| !dialect.loose_quotes) else { return false };
    let mut fields = Vec::new();
    parse_record(data, dialect, true, &mut fields);
    fields
        .iter()
        .filter(|field| field.form == FieldForm::Escaped)
        .any(|field| closed_before_text(&data[field.start..field.end], quote, dialect.escape).is_some())
}

/// Whether `byte` in a quoted field makes the next one literal.
fn escapes(byte: u8, next: Option<&u8>, quote: u8, escape: Option<u8>) -> bool {
    match escape {
        Some(escape) if escape != quote => byte == escape,
        _ => byte == quote && next == Some(&quote),
    }
}

/// Whether the last byte of a field that begins with a quote closes it, with loose quotes: if nothing makes it literal, as
/// one that is doubled ends no other field.
pub(crate) fn is_closed(raw: &[u8], quote: u8, escape: Option<u8>) -> bool {
    let Some(escape) = escape.filter(|escape| *escape != quote) else {
        return raw.len() > 1 && raw.last() == Some(&quote);
    };
    let mut at = 1;
    while at + 1 < raw.len() {
        at += if raw[at] == escape { 2 } else { 1 };
    }
    raw.get(at) == Some(&quote)
}

/// Appends the value of an [`FieldForm::Escaped`] field to `out`; `raw` is its range of the data.
pub fn unescape(raw: &[u8], dialect: &Dialect, out: &mut Vec<u8>) {
    let Some(quote) = dialect.quote else {
        out.extend_from_slice(raw);
        return;
    };
    let mut at = 0;
    while at < raw.len() {
        let byte = raw[at];
        if escapes(byte, raw.get(at + 1), quote, dialect.escape) {
            out.extend(raw.get(at + 1));
            at += 2;
        } else if byte == quote && !dialect.loose_quotes {
            push_behind_closing_quote(&raw[at + 1..], quote, out);
            return;
        } else {
            out.push(byte);
            at += 1;
        }
    }
}

/// Appends what bytes behind a closing quote are of the value.
fn push_behind_closing_quote(rest: &[u8], quote: u8, out: &mut Vec<u8>) {
    let spaces = rest.iter().rev().take_while(|byte| **byte == b' ').count();
    match &rest[..rest.len() - spaces] {
        // Spaces alone fill up a column.
        [] => {}
        // It is the last one that closes the field, and the one before is one that its writer forgot to double.
        [within @ .., last] if *last == quote => {
            out.push(quote);
            out.extend_from_slice(within);
        }
        _ => out.extend_from_slice(rest),
    }
}

/// The closing quote of a field, if text stands behind it; `raw` is what stands behind the opening one.
fn closed_before_text(raw: &[u8], quote: u8, escape: Option<u8>) -> Option<usize> {
    let at = closing_quote(raw, quote, escape)?;
    (!raw[at + 1..].trim_ascii().is_empty()).then_some(at)
}

/// The first quote that nothing makes literal; `raw` is what stands behind an opening one.
fn closing_quote(raw: &[u8], quote: u8, escape: Option<u8>) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr2(quote, escape.unwrap_or(quote), raw.get(at..)?)?;
        if !escapes(raw[at], raw.get(at + 1), quote, escape) {
            return Some(at);
        }
        at += 2;
    }
}

/// All records of the data as values; `None` if a quote stays open, or text stands behind a quoted field of several lines. Allocates for every field: it is for
/// tests and fuzz targets.
#[doc(hidden)]
pub fn all_records(data: &[u8], dialect: &Dialect) -> Option<Vec<Vec<Vec<u8>>>> {
    let (mut rest, mut fields, mut records) = (data, Vec::new(), Vec::new());
    while !rest.is_empty() {
        match parse_record(rest, dialect, true, &mut fields) {
            Parsed::Record { len, .. } => {
                if text_behind_lines(&rest[..len], &fields, dialect).is_some() {
                    return None;
                }
                records.push(fields.iter().map(|field| value(rest, field, dialect)).collect());
                rest = &rest[len..];
            }
            Parsed::Blank { len } | Parsed::Comment { len } => rest = &rest[len..],
            Parsed::Incomplete => unreachable!("at the end of the data every record is complete"),
            Parsed::Unclosed => return None,
        }
    }
    Some(records)
}

/// The same without lines of blanks, if the first other record has several fields: in and above such a table they are no records.
#[doc(hidden)]
pub fn table_records(data: &[u8], dialect: &Dialect) -> Option<Vec<Vec<Vec<u8>>>> {
    let (mut rest, mut fields, mut kept) = (data, Vec::new(), Vec::new());
    while !rest.is_empty() {
        match parse_record(rest, dialect, true, &mut fields) {
            Parsed::Record { len, .. } => {
                kept.push(!is_blank_line(rest, &fields));
                rest = &rest[len..];
            }
            Parsed::Blank { len } | Parsed::Comment { len } => rest = &rest[len..],
            Parsed::Incomplete | Parsed::Unclosed => break,
        }
    }
    let mut records: Vec<_> = all_records(data, dialect)?.into_iter().zip(kept).collect();
    let first = records.iter().find(|(_, is_kept)| *is_kept);
    if first.is_some_and(|(record, _)| record.len() > 1) {
        records.retain(|(_, is_kept)| *is_kept);
    }
    Some(records.into_iter().map(|(record, _)| record).collect())
}

fn value(data: &[u8], field: &Field, dialect: &Dialect) -> Vec<u8> {
    let raw = &data[field.start..field.end];
    let mut out = Vec::new();
    match field.form {
        FieldForm::Escaped => unescape(raw, dialect, &mut out),
        FieldForm::Bare | FieldForm::Quoted => out.extend_from_slice(raw),
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the csv crate makes of it. It knows delimiters of one byte: a longer one is made such, and where it stands
    /// in values made what it was.
    fn oracle(data: &[u8], dialect: &Dialect) -> Vec<Vec<Vec<u8>>> {
        const STAND_IN: u8 = 0x1f;
        if dialect.delim.single().is_none() {
            let delim = dialect.delim.as_bytes();
            let mut replaced = Vec::new();
            let mut rest = data;
            while let Some(at) = memchr::memmem::find(rest, delim) {
                replaced.extend_from_slice(&rest[..at]);
                replaced.push(STAND_IN);
                rest = &rest[at + delim.len()..];
            }
            replaced.extend_from_slice(rest);
            let back = |field: Vec<u8>| -> Vec<u8> {
                let byte = |byte: &u8| if *byte == STAND_IN { delim.to_vec() } else { vec![*byte] };
                field.iter().flat_map(byte).collect()
            };
            let records = oracle(&replaced, &Dialect { delim: STAND_IN.into(), ..dialect.clone() });
            return records.into_iter().map(|record| record.into_iter().map(back).collect()).collect();
        }
        let mut reader = csv::ReaderBuilder::new();
        reader.has_headers(false).flexible(true).comment(dialect.comment);
        reader.delimiter(dialect.delim.single().expect("the crate knows no longer ones"));
        match dialect.quote {
            Some(quote) => reader.quote(quote),
            None => reader.quoting(false),
        };
        if let Some(escape) = dialect.escape {
            reader.escape(Some(escape)).double_quote(false);
        }
        let records = reader.from_reader(data).into_byte_records();
        records.map(|r| r.unwrap().iter().map(<[u8]>::to_vec).collect()).collect()
    }

    #[test]
    fn cases() {
        let cases: &[(&str, &[&[&str]])] = &[
            ("a,b\n1,2\n", &[&["a", "b"], &["1", "2"]]),
            ("a,b\r\n1,2", &[&["a", "b"], &["1", "2"]]),
            ("a\rb", &[&["a"], &["b"]]),
            ("\n\na,\n,\n", &[&["a", ""], &["", ""]]),
            ("\"a,\"\"b\"\"\n\",c\n", &[&["a,\"b\"\n", "c"]]),
            ("a\"b,\"c\"d\"e\n", &[&["a\"b", "cd\"e"]]),
            ("\"\"", &[&[""]]),
            ("\"a\"\"\"\r\nb", &[&["a\""], &["b"]]),
            ("\"a \"  ,\"\" \n\"b\" c ,\"d\"\"\"  ", &[&["a ", ""], &["b c ", "d\""]]),
            // Quotes that were not doubled.
            ("\"5\" pipe\",\"say \"hi\" twice\"\n", &[&["5\" pipe", "say \"hi\" twice"]]),
            ("\"said: \"no.\"\" ,\"a\" \"\n", &[&["said: \"no.\"", "a\" "]]),
        ];
        for (text, expected) in cases {
            let records = all_records(text.as_bytes(), &Dialect::RFC4180).unwrap();
            let expected: Vec<Vec<Vec<u8>>> =
                expected.iter().map(|r| r.iter().map(|f| f.as_bytes().to_vec()).collect()).collect();
            assert_eq!(records, expected, "{text:?}");
        }
        assert_eq!(all_records(b"a,\"b\n", &Dialect::RFC4180), None);
    }

    #[test]
    fn delimiters_of_several_bytes() {
        let bars = Dialect { delim: Delim::new("||").unwrap(), ..Dialect::RFC4180 };
        let cases: &[(&str, &[&[&str]])] = &[
            ("a||b\n1||2\n", &[&["a", "b"], &["1", "2"]]),
            ("a|||b\n", &[&["a", "|b"]]),
            ("a|b||c|\n", &[&["a|b", "c|"]]),
            ("||\n", &[&["", ""]]),
            ("\"a||b\"||\"c\"\r\n", &[&["a||b", "c"]]),
            // What follows a closing quote is part of the value, as ever.
            ("\"a\"|b||c", &[&["a|b", "c"]]),
            ("\"a\"|", &[&["a|"]]),
        ];
        for (text, expected) in cases {
            let records = all_records(text.as_bytes(), &bars).unwrap();
            let expected: Vec<Vec<Vec<u8>>> =
                expected.iter().map(|r| r.iter().map(|f| f.as_bytes().to_vec()).collect()).collect();
            assert_eq!(records, expected, "{text:?}");
        }
    }

    #[test]
    fn loose_quotes() {
        let loose = Dialect { loose_quotes: true, ..Dialect::RFC4180 };
        let cases: &[(&str, &[&[&str]])] = &[
            // As they should be.
            ("\"a,\"\"b\"\"\n\",c,\"\"\n", &[&["a,\"b\"\n", "c", ""]]),
            // Not doubled.
            (
                "\"5\" pipe\",\"say \"hi\", x\"\r\n\"\"x\",1",
                &[&["5\" pipe", "say \"hi", " x\""], &["\"x", "1"]],
            ),
            // Left over: another one opens, a field or a record; nothing closes it.
            ("\"a,b,\"c,d\",e\n1\n", &[&["\"a", "b", "c,d", "e"], &["1"]]),
            ("a,\"\n\"b, c\",d\n", &[&["a", "\""], &["b, c", "d"]]),
            ("a,\"\nb,c", &[&["a", "\""], &["b", "c"]]),
            // Not doubled, and the last of the value.
            (
                "1,\"say \"hi\"\",\"x\"\n\"Round 4\"\"\n5,6\n",
                &[&["1", "say \"hi\"", "x"], &["Round 4\""], &["5", "6"]],
            ),
            ("a,\"x\"\"", &[&["a", "x\""]]),
            ("a,\"b,\"\",\"c\"\n", &[&["a", "\"b", "", "c"]]),
            // A line end within quotes is one of the value where the quote is closed.
            ("\"a\nb\",c", &[&["a\nb", "c"]]),
        ];
        for (text, expected) in cases {
            let records = all_records(text.as_bytes(), &loose).unwrap();
            let expected: Vec<Vec<Vec<u8>>> =
                expected.iter().map(|r| r.iter().map(|f| f.as_bytes().to_vec()).collect()).collect();
            assert_eq!(records, expected, "{text:?}");
        }
        let escaped = Dialect { escape: Some(b'\\'), ..loose };
        assert_eq!(
            all_records(b"\"a\\\",b\"c\",d", &escaped).unwrap(),
            [[b"a\",b\"c".to_vec(), b"d".to_vec()]]
        );
    }

    #[test]
    fn lines_are_counted_inside_quotes() {
        let mut fields = Vec::new();
        let parsed = parse_record(b"\"a\n\nb\",c\r\nd", &Dialect::RFC4180, false, &mut fields);
        assert_eq!(parsed, Parsed::Record { len: 10, lines: 3 });
    }

    fn all_quotes_are_doubled(mut data: &[u8], dialect: &Dialect) -> bool {
        let mut fields = Vec::new();
        while !data.is_empty() {
            match parse_record(data, dialect, true, &mut fields) {
                Parsed::Record { .. } if has_odd_quotes(data, dialect) => return false,
                Parsed::Record { len, .. } | Parsed::Blank { len } | Parsed::Comment { len } => {
                    data = &data[len..]
                }
                Parsed::Incomplete | Parsed::Unclosed => return true,
            }
        }
        true
    }

    /// Values without quotes: of those that are not doubled the crate keeps others.
    fn without_quotes(mut records: Vec<Vec<Vec<u8>>>, dialect: &Dialect) -> Vec<Vec<Vec<u8>>> {
        for value in records.iter_mut().flatten() {
            value.retain(|byte| Some(*byte) != dialect.quote);
        }
        records
    }

    fn dialects() -> impl Strategy<Value = Dialect> {
        let comma = Dialect::RFC4180;
        prop::sample::select(vec![
            Dialect { escape: Some(b'\\'), ..comma.clone() },
            Dialect { quote: None, ..comma.clone() },
            Dialect { comment: Some(b'#'), ..comma.clone() },
            Dialect { delim: b'\t'.into(), quote: Some(b'\''), ..comma.clone() },
            Dialect { delim: Delim::new(",,").unwrap(), ..comma.clone() },
            Dialect { delim: Delim::new("a,").unwrap(), escape: Some(b'\\'), ..comma.clone() },
            Dialect { delim: Delim::new("aab,").unwrap(), quote: None, ..comma.clone() },
            Dialect { loose_quotes: true, ..comma.clone() },
            Dialect { delim: Delim::new(",,").unwrap(), loose_quotes: true, ..comma.clone() },
            Dialect { escape: Some(b'\\'), loose_quotes: true, ..comma.clone() },
            comma,
        ])
    }

    /// Bytes that mean something in some dialect come often.
    fn csv_like() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop::sample::select(b"aab\"\"',,,\t\\#\n\n\r".to_vec());
        prop::collection::vec(byte, 0..60)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]

        #[test]
        fn same_records_as_the_csv_crate(mut data in csv_like(), dialect in dialects()) {
            if dialect.comment.is_some() {
                // The crate takes a comment that ends with the file for a record of one empty field,
                // and no `\r` for its end.
                data.retain(|byte| *byte != b'\r');
                data.push(b'\n');
            }
            // The crate knows no loose quotes.
            let dialect = Dialect { loose_quotes: false, ..dialect };
            if let Some(records) = all_records(&data, &dialect) {
                let found_otherwise = oracle(&data, &dialect);
                let (records, expected) = match all_quotes_are_doubled(&data, &dialect) {
                    true => (records, found_otherwise),
                    false => (without_quotes(records, &dialect), without_quotes(found_otherwise, &dialect)),
                };
                prop_assert_eq!(records, expected, "{:?}", String::from_utf8_lossy(&data));
            }
        }

        /// A record that is whole in a prefix is the same record with all the data at hand.
        #[test]
        fn a_cut_never_changes_a_record(data in csv_like(), dialect in dialects()) {
            let (mut whole, mut cut) = (Vec::new(), Vec::new());
            let parsed = parse_record(&data, &dialect, true, &mut whole);
            for len in 0..data.len() {
                match parse_record(&data[..len], &dialect, false, &mut cut) {
                    Parsed::Incomplete => {}
                    found => {
                        prop_assert_eq!(found, parsed);
                        prop_assert_eq!(&cut, &whole);
                    }
                }
            }
        }
    }
}
