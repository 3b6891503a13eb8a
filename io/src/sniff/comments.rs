//! Lines that begin with `#`: comments, records, or the header.

use std::collections::HashSet;

use super::pattern::{Table, is_typed};
use super::preamble::begins_with_header;
use super::preamble_lines;
use crate::scanner::Delim;
use crate::scanner::record::{Dialect, line_end, line_ends};

/// Comments that are looked at above a table.
const LAST_COMMENTS: usize = 20;

/// Words of sentences, which are hardly names of columns.
const SENTENCE_WORDS: [&str; 14] =
    ["and", "are", "as", "at", "by", "for", "from", "in", "is", "of", "on", "the", "to", "with"];

/// Lines that begin with `#` are comments if none of them has as many fields as most records, or if there is a table without them
/// and none with them. Those of as many fields behind the first other line are records all the same, unless a blank follows the
/// `#`, and so is the one right above it, as the header, if no other one is like it.
pub(super) fn comment_of(text: &[u8], whole: bool, delim: Delim) -> Option<u8> {
    if delim.contains(b'#') || !starts_a_line(text, b'#') {
        return None;
    }
    let plain = Dialect { delim, ..Dialect::RFC4180 };
    let table = Table::of(text, whole, &plain);
    let without = Table::of(text, whole, &Dialect { comment: Some(b'#'), ..plain });
    let width_of = |line: &[u8]| match delim.is_run_of_blanks() {
        true => line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).count(),
        false => memchr::memmem::find_iter(line, delim.as_bytes()).count() + 1,
    };
    if is_header_of(text, whole, &plain, &without) {
        return None;
    }
    let fits = |line: &[u8], width: usize| width_of(line) == width;
    // Where others are comments, lines with a blank behind the `#` are records that were taken out.
    let is_record = |line: &[u8], width: usize| {
        let are_others = || lines(text).filter(is_comment).any(|other| !fits(other, width));
        fits(line, width) && !(line.starts_with(b"# ") && are_others())
    };
    let has_records_behind = |width: usize| {
        lines(text).skip_while(is_comment).filter(is_comment).any(|line| is_record(line, width))
    };
    if without.is_regular() && !table.is_regular() {
        return (!without.width().is_some_and(has_records_behind)).then_some(b'#');
    }
    // Below comments a header stands alone.
    if whole && without.is_header_alone() && lines(text).skip_while(is_comment).count() == 1 {
        let is_like_header = |line: &[u8]| Some(width_of(line)) == without.width();
        return (!lines(text).filter(is_comment).any(is_like_header)).then_some(b'#');
    }
    // Lines of one field have comments above them of which some have delimiters.
    let is_below = || !lines(text).skip_while(is_comment).any(|line| is_comment(&line));
    if without.is_one_column() && !table.is_one_column() && is_below() {
        return Some(b'#');
    }
    // Where most lines are comments, the others tell how wide records are.
    let width = table.width().or_else(|| without.width().filter(|_| without.has_records()))?;
    let last = lines(text).take_while(is_comment).last();
    let is_header = last.is_some_and(|line| fits(line, width));
    (!is_header && !has_records_behind(width)).then_some(b'#')
}

/// Whether the last of the lines with `#` above a table is its header, as in `#code,name`, and the others are lines above it that
/// are passed over without being called comments; no such line is below it, and no other header. A first name of several words may be
/// a sentence, unless a tab follows it.
fn is_header_of(text: &[u8], whole: bool, plain: &Dialect, table: &Table) -> bool {
    let (block, below) = text.split_at(commented_len(text));
    let above = line_ends(block).saturating_sub(1);
    let last = last_line(block);
    let name_len = memchr::memmem::find(last, plain.delim.as_bytes()).unwrap_or(last.len());
    let is_name = !last[..name_len].contains(&b' ') || plain.delim == b'\t'.into() && name_len < last.len();
    above > 0
        && table.width().is_some()
        && name_len > 1
        && is_name
        && !starts_a_line(below, b'#')
        && preamble_lines(text, whole, plain, true) == above
        && !begins_with_header(below, whole, plain)
}

/// The names of columns in one of the lines with `#` above a table of values without a header, as in `# time flux`: as many as its records
/// have fields, which no other of those lines has.
pub(crate) fn names_in_comment(text: &[u8], whole: bool, dialect: &Dialect) -> Option<Vec<String>> {
    if dialect.comment != Some(b'#') {
        return None;
    }
    let (block, below) = text.split_at(commented_len(text));
    let table = Table::of(below, whole, dialect);
    let width = table.width().filter(|_| table.is_regular())?;
    let found = lines(block).filter_map(|line| names_of(line, dialect.delim));
    let mut found = found.filter(|names| names.len() == width);
    let names = found.next()?;
    (found.next().is_none() && !begins_with_header(below, whole, dialect)).then_some(names)
}

/// The names that a comment has, if it can be different ones, and no sentence. The first may be the `#` itself.
fn names_of(line: &[u8], delim: Delim) -> Option<Vec<String>> {
    let marks = line.iter().take_while(|byte| **byte == b'#').count();
    let line = &line[marks..];
    let words = || line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
    let mut fields: Vec<&[u8]> = match delim.single() {
        Some(delim) if delim != b' ' => line.split(|byte| *byte == delim).map(<[u8]>::trim_ascii).collect(),
        _ => words(),
    };
    let is_marked = fields.first().is_some_and(|first| first.is_empty());
    if is_marked {
        fields[0] = b"#";
    }
    let names: Vec<String> = fields.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    let mut met = HashSet::new();
    let mut is_name = |name: &String| {
        let folded = name.to_lowercase();
        !is_typed(name.as_bytes())
            && name.starts_with(|first: char| first.is_alphanumeric() || first == '_')
            && name.contains(char::is_alphabetic)
            && !name.ends_with([',', ':', '.', ';'])
            && !SENTENCE_WORDS.contains(&folded.as_str())
            && met.insert(folded)
    };
    names.iter().skip(usize::from(is_marked)).all(&mut is_name).then_some(names)
}

/// How long the lines are with which a text begins that begin with `#`.
pub(super) fn commented_len(text: &[u8]) -> usize {
    let mut len = 0;
    while text[len..].starts_with(b"#") {
        let Some(end) = memchr::memchr2(b'\n', b'\r', &text[len..]) else { return text.len() };
        len = line_end(text, len + end, true).unwrap_or(text.len());
    }
    len
}

/// How long the lines are with which a text begins that begin with `#`, but for the last ones, which may show the header.
pub(super) fn long_comments_len(text: &[u8]) -> usize {
    let block = &text[..commented_len(text)];
    let mut ends = memchr::memrchr2_iter(b'\n', b'\r', block.trim_ascii_end());
    ends.nth(LAST_COMMENTS).map_or(0, |at| at + 1)
}

fn last_line(block: &[u8]) -> &[u8] {
    block.trim_ascii_end().rsplit(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default()
}

/// The lines that are not empty.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty())
}

fn is_comment(line: &&[u8]) -> bool {
    line.starts_with(b"#")
}

pub(super) fn starts_a_line(text: &[u8], byte: u8) -> bool {
    text.first() == Some(&byte) || memchr::memmem::find_iter(text, &[b'\n', byte]).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_comments() {
        let named = |text: &str, delim: Delim| {
            let dialect = Dialect { delim, comment: Some(b'#'), ..Dialect::RFC4180 };
            names_in_comment(text.as_bytes(), true, &dialect).map(|names| names.join("|"))
        };
        let blanks = Delim::BLANKS;
        for (text, delim, names) in [
            ("# time flux\n1 2\n3 4\n", blanks, "time|flux"),
            ("## made by hand\n#  time  flux  error\n# -\n1 2 3\n3 4 5\n", blanks, "time|flux|error"),
            ("# by hand\n# sun set; height\n1;2\n3;4\n", b';'.into(), "sun set|height"),
            ("# by hand\n#\tK&D\tOHM\n#\nA\t2\t3\nC\t4\t5\n", b'\t'.into(), "#|K&D|OHM"),
        ] {
            assert_eq!(named(text, delim).as_deref(), Some(names), "{text:?}");
        }
        // Sentences, values, more than one line that may be it, none that is as wide, a header below, a ragged table.
        for text in [
            "# made by hand\n1 2 3\n3 4 5\n",
            "# name: x\n1 2\n3 4\n",
            "# 1 2\n1 2\n3 4\n",
            "# time flux\n# one more\n1 2\n3 4\n",
            "# time flux error\n1 2\n3 4\n",
            "# one two\ntime flux\n1 2\n3 4\n",
            "# time flux\n1 2\n3\n",
            "# time time\n1 2\n3 4\n",
            "1 2\n3 4\n",
        ] {
            assert_eq!(named(text, blanks), None, "{text:?}");
        }
    }
}
