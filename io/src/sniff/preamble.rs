//! Lines above a table: titles, notes, blank lines.

use super::comments::commented_len;
use super::pattern::is_typed;
use crate::rewrite::prepared;
use crate::scanner::Delim;
use crate::scanner::record::{Dialect, Field, Parsed, is_blank_line, line_end, line_ends, parse_record};

/// Records that are looked at, beside lines above them that begin with `#`.
const RECORDS: usize = 300;

/// Records above a table that are as wide as its records, at most.
const LINES_LIKE_RECORDS: usize = 10;

/// Records of the table that must follow, of those that are looked at: 3 of 4.
const TABLE_SHARE: (usize, usize) = (3, 4);

/// The delimiter that the first line says, as spreadsheets understand it (`sep=;`), and the text behind that line.
pub(super) fn said_delim(text: &[u8]) -> Option<(Delim, &[u8])> {
    let end = memchr::memchr2(b'\n', b'\r', text)?;
    let line = &text[..end];
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    let delim = match line {
        [name @ .., delim] if name.eq_ignore_ascii_case(b"sep=") => *delim,
        _ => return None,
    };
    let may_be_one = delim.is_ascii() && !delim.is_ascii_alphanumeric() && !matches!(delim, b'"' | b'\'');
    may_be_one.then(|| (Delim::byte(delim), &text[line_end(text, end, true).unwrap_or(text.len())..]))
}

/// How many lines stand above the table: 0 if it is not plain that they belong to no record of it.
///
/// A record above the table is one of less than half of its fields. One that is but a little shorter may be its
/// header, of which the first name was left out; that is for a person to say.
///
/// Above a table without a header there may be lines of words, if a blank line parts them from it or all of them are phrases, and
/// the table has other values in each record, or is said to have no header.
pub(crate) fn preamble_lines(text: &[u8], whole: bool, dialect: &Dialect, may_be_headed: bool) -> u64 {
    if let Some((delim, rest)) = said_delim(text)
        && delim == dialect.delim
    {
        return 1 + preamble_lines(rest, whole, dialect, may_be_headed);
    }
    let written = text;
    let text = &*prepared(text, dialect);
    let records = records_of(text, whole, dialect);
    if let Some(first) = header_in_comments(text, &records).filter(|_| may_be_headed) {
        return line_ends(&text[..records[first].start]);
    }
    if whole && let Some(first) = header_alone_below(&records) {
        return line_ends(&text[..records[first].start]);
    }
    let Some(width) = commonest_width(&records) else { return 0 };
    let is_parted_by_blanks = dialect.delim.is_run_of_blanks();
    let sentences = || is_parted_by_blanks.then(|| sentences_above(written, &records, width)).flatten();
    let others = other_lines_above(&records, width).or_else(sentences);
    let like_records = || if may_be_headed { lines_like_records_above(&records, width) } else { None };
    if let Some(first) = others.or_else(like_records) {
        return line_ends(&text[..records[first].start]);
    }
    // Below one title there may be others, of any width.
    let is_title = |at: usize| records[at].is_title(width) || at > 0 && !records[at].fits(width);
    let Some(first) = (0..records.len()).find(|at| !is_title(*at)) else { return 0 };
    let (above, table) = records.split_at(first);
    let regular = table.iter().filter(|record| record.width == width).count();
    let is_table = table[0].fits(width) && regular * TABLE_SHARE.1 >= table.len() * TABLE_SHARE.0;
    let has_notes_above = || {
        let is_parted = table[0].is_parted;
        let is_note =
            |record: &Record| record.width == 1 && !record.has_values && (is_parted || record.is_phrase);
        let is_value = |record: &Record| record.width == width && (record.has_values || !may_be_headed);
        above.iter().all(is_note) && table.iter().all(is_value)
    };
    let is_header = may_be_headed && table[0].is_header();
    if above.is_empty() || !is_table || regular < 2 || !(is_header || has_notes_above()) {
        return 0;
    }
    line_ends(&text[..table[0].start])
}

/// Whether the first record is one of words above values, as a header is.
pub(super) fn begins_with_header(text: &[u8], whole: bool, dialect: &Dialect) -> bool {
    let records = records_of(text, whole, dialect);
    records.split_first().is_some_and(|(first, others)| {
        first.is_header() && !others.is_empty() && first.is_above_values(others)
    })
}

fn records_of(text: &[u8], whole: bool, dialect: &Dialect) -> Vec<Record> {
    let most = RECORDS + line_ends(&text[..commented_len(text)]) as usize;
    let (mut at, mut fields, mut records) = (0, Vec::new(), Vec::new());
    while records.len() < most {
        let rest = &text[at..];
        match parse_record(rest, dialect, whole, &mut fields) {
            Parsed::Record { len, .. } if is_blank_line(rest, &fields) => at += len,
            Parsed::Record { len, .. } => {
                // Where comments of several bytes stood, there are blank lines now.
                let is_parted = dialect.long_comment.is_none() && is_behind_blank_line(text, at);
                records.push(Record { start: at, is_parted, ..Record::of(rest, &fields) });
                at += len;
            }
            Parsed::Blank { len } | Parsed::Comment { len } => at += len,
            Parsed::Incomplete | Parsed::Unclosed => break,
        }
    }
    records
}

/// How many lines of one field stand above a header, all of which begin with `#`: the last of them has several names, and records below it
/// have no more fields.
fn header_in_comments(text: &[u8], records: &[Record]) -> Option<usize> {
    let commented_len = commented_len(text);
    let at = records.iter().take_while(|record| record.start < commented_len).count().checked_sub(1)?;
    let (above, header, below) = (&records[..at], &records[at], &records[at + 1..]);
    let is_header = header.width > 1 && header.filled == header.width && header.is_header();
    let are_narrower = below.iter().all(|record| record.width <= header.width);
    let most = below.iter().filter(|record| record.width > 1).count();
    let is_table = are_narrower && most > 0 && most * TABLE_SHARE.1 >= below.len() * TABLE_SHARE.0;
    (!above.is_empty() && above.iter().all(|line| line.width == 1) && is_header && is_table).then_some(at)
}

/// How many records stand above a header that no record follows: lines without delimiters, which a blank line parts from it, or all of
/// which are phrases. The names, three or more, have no blanks within.
fn header_alone_below(records: &[Record]) -> Option<usize> {
    let (last, above) = records.split_last()?;
    let is_header = last.width > 2 && last.filled == last.width && last.is_header() && !last.has_phrases;
    let are_lines = above.iter().all(|line| line.width == 1 && !line.has_values);
    let are_above = last.is_parted || above.iter().all(|line| line.is_phrase);
    (!above.is_empty() && is_header && are_lines && are_above).then_some(above.len())
}

/// How many records stand above the table which have delimiters of their own, if the columns show it: they have another width, and below
/// them is a record of words above values, the header, of several unless they are phrases or a blank line parts them from it; or there is none, and a few numbers and words that tell of the table stand above
/// numbers alone, as in `569,30,malignant,benign`.
fn other_lines_above(records: &[Record], width: usize) -> Option<usize> {
    let first = records.iter().position(|record| record.width == width).filter(|first| *first > 0)?;
    let (above, table) = records.split_at(first);
    let is_regular = table.iter().all(|record| record.width == width) && table.len() > 1;
    let are_apart = || table[0].is_parted || above.iter().all(|line| line.width > 1 && line.is_phrase);
    let is_headed =
        || (table.len() > 2 || are_apart()) && table[0].is_header() && table[0].is_above_values(&table[1..]);
    let tells_of_table =
        |record: &Record| 2 * record.width < width && record.has_values && record.is_above_values(table);
    let is_table = || table.iter().all(|record| record.has_values);
    let are_above = is_headed() || is_table() && above.iter().all(tells_of_table);
    (is_regular && are_above).then_some(first)
}

/// How many lines of more words than the table has columns, with a blank between two of them as they are written, stand above numbers
/// alone, in a table that is parted by blanks.
fn sentences_above(written: &[u8], records: &[Record], width: usize) -> Option<usize> {
    let first = records.iter().position(|record| record.width == width).filter(|first| *first > 0)?;
    let (above, table) = records.split_at(first);
    let texts = |record: &Record| record.kinds.iter().filter(|kind| **kind == Kind::Text).count();
    let is_long = |line: &Record| line.width > width + 1 && 2 * texts(line) > line.width;
    let has_run =
        |line: &[u8]| line.trim_ascii().windows(2).any(|pair| matches!(pair, [b' ' | b'\t', b' ' | b'\t']));
    let is_number = |record: &Record| record.width == width && !record.kinds.contains(&Kind::Text);
    let mut lines = written.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty());
    let are_sentences = above.iter().all(is_long) && !lines.by_ref().take(first).any(has_run);
    (are_sentences && table.len() > 2 && table.iter().all(is_number)).then_some(first)
}

/// How many records stand above the table though they are as wide as its records, as titles above one of two columns: below them is
/// a header above values, all of that width, and a blank line parts them from it, or none of them has more than one field that is
/// filled. Lines that are a table themselves are none, nor are those that can be names of columns: a blank line may stand below a header.
fn lines_like_records_above(records: &[Record], width: usize) -> Option<usize> {
    let most = records.len().min(LINES_LIKE_RECORDS + 1);
    let is_first_of_table = |first: &usize| {
        let (above, table) = records.split_at(*first);
        let are_titles = || above.iter().all(|record| record.filled <= 1);
        let are_labelled = || above.iter().all(|record| record.is_labelled);
        let is_told = |record: &Record| {
            record.has_phrases || record.has_values || record.is_labelled || record.filled <= 1
        };
        let is_table_above =
            || above[0].is_header() && above[0].is_above_values(&above[1..]) && !are_labelled();
        table.len() > above.len().max(2)
            && table.iter().all(|record| record.width == width)
            && table[0].is_header()
            && table[0].is_above_values(&table[1..])
            && (are_titles()
                || table[0].is_parted && above.iter().all(is_told) && (above.len() == 1 || !is_table_above()))
    };
    (1..most).find(is_first_of_table)
}

struct Record {
    start: usize,
    /// Whether blank lines stand in front of it.
    is_parted: bool,
    width: usize,
    /// Fields that are not blank.
    filled: usize,
    /// Whether one of them is a value of another type than text.
    has_values: bool,
    /// Whether blanks stand within all of them.
    is_phrase: bool,
    /// Whether they do within one of them.
    has_phrases: bool,
    /// Whether the first one ends with a colon.
    is_labelled: bool,
    kinds: Vec<Kind>,
}

/// What a field is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Blank,
    Value,
    Text,
}

impl Record {
    fn of(text: &[u8], fields: &[Field]) -> Self {
        let values = || fields.iter().map(|field| text[field.start..field.end].trim_ascii());
        let kind = |value: &[u8]| match value {
            [] => Kind::Blank,
            value if is_typed(value) => Kind::Value,
            _ => Kind::Text,
        };
        let kinds: Vec<Kind> = values().map(kind).collect();
        Self {
            start: 0,
            is_parted: false,
            width: fields.len(),
            filled: kinds.iter().filter(|kind| **kind != Kind::Blank).count(),
            has_values: kinds.contains(&Kind::Value),
            is_phrase: values().all(|value| value.contains(&b' ')),
            has_phrases: values().any(|value| value.contains(&b' ')),
            is_labelled: values().next().is_some_and(|value| value.ends_with(b":")),
            kinds,
        }
    }

    /// Whether one of its words stands where all of the others have a value.
    fn is_above_values(&self, others: &[Self]) -> bool {
        let is_above = |(at, kind): (usize, &Kind)| {
            *kind == Kind::Text && others.iter().all(|other| other.kinds.get(at) == Some(&Kind::Value))
        };
        self.kinds.iter().enumerate().any(is_above)
    }

    /// Whether it can be one above a table of some width. Spreadsheets fill titles up with empty fields.
    fn is_title(&self, width: usize) -> bool {
        2 * self.width < width || self.width == 1 || width > 2 && self.filled <= 1
    }

    /// Whether it has a width, or is a header that ends with a delimiter more than the records below it.
    fn fits(&self, width: usize) -> bool {
        let ends_open = || self.kinds.last() == Some(&Kind::Blank);
        self.width == width || self.width == width + 1 && ends_open() && self.is_header()
    }

    /// Whether it can be names. Without a header, what is above the table may be a record that is cut short.
    fn is_header(&self) -> bool {
        !self.has_values && 2 * self.filled >= self.width
    }
}

/// Whether blank lines stand in front of a byte.
fn is_behind_blank_line(text: &[u8], at: usize) -> bool {
    let above_len = text[..at].trim_ascii_end().len();
    line_ends(&text[above_len..at]) > 1
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
            // Lines with delimiters of their own.
            ("Report, of today\nid,name,n\n1,a,2\n2,b,3\n", 1),
            ("Report, of, all, days\n\nid,n\n1,2\n2,3\n", 2),
            ("8,2,bad,good\n1,2,3,4,5,6,7,8,9\n1,2,3,4,5,6,7,8,9\n1,2,3,4,5,6,7,8,9\n", 1),
            ("8,x\n1,2,3,4,y\n1,2,3,4,z\n", 1),
            ("8,x\n1,w,3,4,5\n1,y,3,4,5\n", 0),
            ("x,y\n1,2,3,4,5\n1,2,3,4,5\n", 0),
            // The header lacks the name of the row numbers.
            ("a,b\n1,2,3\n4,5,6\n", 0),
            ("title\na,b\n1,2,3\n4,5,6\n", 0),
            ("1\n1,2,3\n4,5,6\n", 0),
            (",,5\n1,2,3\n4,5,6\n", 0),
            ("title\nx\ny\n", 0),
            // No header, but what stands above is plainly none of the records.
            ("made by hand\n1,2\n3,4\n", 1),
            ("junk\nmore\n\n1,2\n3,4\n", 3),
            ("junk\n1,2\n3,4\n", 0),
            ("made by hand\n1,2\n3,4,5\n6,7\n", 0),
            ("   \n1,2\n3,4\n", 0),
            // The last of the lines that begin with `#` is the header, of records that may be shorter.
            ("#made by\n#hand\n#a,b,c\n1,2,3\n4,5\n", 2),
            ("#made by\n#hand\n1,2,3\n4,5\n", 0),
            // Lines that are as wide as the table.
            ("Report, of today\n\nname,n\na,2\nb,3\n", 2),
            ("Report,\n,\nname,n\na,2\nb,3\nc,4\n", 2),
            ("Station:,Bern\nId:,17\nYears:,2001-2009\n\nname,n\na,2\nb,3\nc,4\nd,5\n", 4),
            ("Report, of today\nname,n\na,2\nb,3\n", 0),
            ("name,\na,2\nb,3\nc,4\n", 0),
            ("time,n\ns,K\n1,2\n3,4\n", 0),
            ("a,b\n1,2\n\nc,d\n3,4\n5,6\n", 0),
            ("a,n\n\nx,y\n\nz,4\n", 0),
            ("Bern,2001\n\nname,n\na,2\nb,3\n", 2),
            // Names and records with a blank line behind them.
            ("name,score\n\nAnn,absent\nBob,7\nCid,8\n", 0),
            ("name,score\nAnn,ill\n\nBob,absent\nCid,8\nDan,7\nEve,9\n", 0),
            // The header ends with a delimiter, the records do not.
            ("Id:  5\n\nTitle: x\na,b,\n1,2\n3,4\n5,6\n", 3),
            ("sep=,\na,b\n1,2\n", 1),
            ("\"SEP=,\"\r\nReport\r\na,b\r\n1,2\r\n3,4\r\n", 2),
            ("sep=;\na,b\n1,2\n", 1),
            ("x\ny\nz\n1,2\n", 0),
            // One record below the header, or none.
            ("All lines, made by hand\na,b,c\n1,2,3\n", 1),
            ("Report, of today\n\na,b,c\n1,2,3\n", 2),
            ("Report, of today\na,b,c\n1,2,3\n", 0),
            ("Report\n\na,b,c\n", 2),
            ("made by hand\nmade today\na,b,c\n", 2),
            ("Report\na,b,c\n", 0),
            ("Dear all\n\nyours,Ann\n", 0),
            ("Dear all\n\nwith love,yours truly,Ann\n", 0),
            ("", 0),
        ];
        for (text, lines) in cases {
            assert_eq!(preamble_lines(text.as_bytes(), true, &Dialect::RFC4180, true), lines, "{text:?}");
        }
        let blanks = Dialect { delim: Delim::BLANKS, ..Dialect::RFC4180 };
        for (text, lines) in [
            ("A sun, as seen from here\nMade by hand, and today\n280.0   4.7\n280.5   1.2\n281.0   2\n", 2),
            ("wave flux\n280.0   4.7\n280.5   1.2\n281.0   2\n", 0),
            ("wave flux error\n280.0   4.7\n280.5   1.2\n281.0   2\n", 0),
            ("Name of  a wave\n280.0   4.7\n280.5   1.2\n281.0   2\n", 0),
            ("Made by hand, too\n280.0   x\n280.5   1.2\n281.0   2\n", 0),
        ] {
            assert_eq!(preamble_lines(text.as_bytes(), true, &blanks, true), lines, "{text:?}");
        }
        let slashes = Dialect { long_comment: Delim::new("//").ok(), ..Dialect::RFC4180 };
        let commented = "name,by whom\n// late\nAnn,absent\nBob,7\nCid,8\n";
        assert_eq!(preamble_lines(commented.as_bytes(), true, &slashes, true), 0);
        // Without a header, records with gaps are none above the table.
        for (text, lines) in [
            ("a,,\n,,\nb,c,d\ne,f,g\n", 0),
            ("Report\n\na,b\nc,d\n", 2),
            ("a\nb,c\nd,e\n", 0),
            ("x,\n?,a\n1,b\n2,c\n", 0),
        ] {
            let found = preamble_lines(text.as_bytes(), true, &Dialect::RFC4180, false);
            assert_eq!(found, lines, "{text:?}");
        }
    }
}
