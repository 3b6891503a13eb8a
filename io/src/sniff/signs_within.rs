//! Signs that separate fields elsewhere, and stand within values here.

use super::pattern::is_typed;
use crate::scanner::time_forms::Forms;
use crate::scanner::values::{parse_date, parse_time};

/// Lines that are looked at.
const LINES: usize = 100;

/// Whether most lines are a value as they are, so that nothing in them should be taken for a delimiter: a number, a date in any form, a
/// time, a path, an address.
pub(super) fn is_column_of_values(text: &[u8]) -> bool {
    let is_value = |line: &[u8]| {
        is_typed(line)
            || parse_time(line).is_some()
            || Forms::default().with(line).kind().is_some()
            || line.split(u8::is_ascii_whitespace).next().is_some_and(is_short_date)
            || line.starts_with(b"/")
            || is_link(line)
            || is_hardware_address(line)
    };
    2 * lines(text).filter(|line| is_value(line.trim_ascii())).count() > lines(text).count()
}

/// What stands in most lines within a time or a date, as in `10:20:30` and `31/12/2001`: no delimiter.
pub(super) fn delim_within_times(text: &[u8]) -> Option<u8> {
    let is_time =
        |word: &[u8]| parse_time(word).is_some() && word.iter().filter(|byte| **byte == b':').count() == 2;
    let is_date = |word: &[u8]| {
        word.contains(&b'/')
            && (parse_date(word).is_some()
                || Forms::default().with(word).kind().is_some()
                || is_short_date(word))
    };
    let has = |line: &[u8], is: &dyn Fn(&[u8]) -> bool| {
        let ends =
            |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'[' | b']' | b',' | b';' | b'(' | b')');
        line.split(ends).any(is)
    };
    let have = |is: &dyn Fn(&[u8]) -> bool| {
        2 * lines(text).filter(|line| has(line, is)).count() > lines(text).count()
    };
    match () {
        () if have(&is_time) => Some(b':'),
        () if have(&is_date) => Some(b'/'),
        () => None,
    }
}

/// Whether all lines have as many parts between runs of two blanks and more, and several: within those a blank parts words.
pub(super) fn has_columns_between_long_runs(text: &[u8]) -> bool {
    let parts = |line: &[u8]| {
        let (mut parts, mut blanks) = (0, 2);
        for byte in line.trim_ascii() {
            let is_blank = matches!(byte, b' ' | b'\t');
            parts += usize::from(!is_blank && blanks >= 2);
            blanks = if is_blank { blanks + 1 } else { 0 };
        }
        parts
    };
    let mut counts = lines(text).map(parts).filter(|parts| *parts > 0);
    let first = counts.next();
    first > Some(1) && counts.all(|parts| Some(parts) == first)
}

/// The first lines that are not empty.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty()).take(LINES)
}

/// Whether it is a date with a year of two digits, as `31/12/01`: too little to read it as one, and enough to leave it whole.
fn is_short_date(word: &[u8]) -> bool {
    let number = |part: &[u8]| std::str::from_utf8(part).ok()?.parse::<u8>().ok();
    let parts: Vec<&[u8]> = word.split(|byte| *byte == b'/').collect();
    match parts[..] {
        [one, other, year] => {
            let is_day = |part| matches!(number(part), Some(1..=31));
            year.len() == 2 && number(year).is_some() && is_day(one) && is_day(other)
        }
        _ => false,
    }
}

/// Whether it is a scheme and what it leads to, as `https://example.com/a`.
fn is_link(line: &[u8]) -> bool {
    let scheme = memchr::memmem::find(line, b"://").map(|at| &line[..at]);
    scheme.is_some_and(|scheme| !scheme.is_empty() && scheme.iter().all(u8::is_ascii_alphanumeric))
        && !line.contains(&b' ')
}

/// Whether it is written as `00:1b:44:11:3a:b7` or `2001:db8:0:0:1:0:0:1`.
fn is_hardware_address(line: &[u8]) -> bool {
    let is_part = |part: &[u8]| part.len() <= 4 && part.iter().all(u8::is_ascii_hexdigit);
    line.split(|byte| *byte == b':').count() >= 4 && line.split(|byte| *byte == b':').all(is_part)
}
