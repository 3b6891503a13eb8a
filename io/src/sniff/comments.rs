//! Lines that begin with `#`: comments, records, or the header.

use super::pattern::Table;
use super::preamble::begins_with_header;
use super::preamble_lines;
use crate::scanner::Delim;
use crate::scanner::record::{Dialect, line_end, line_ends};

/// Lines that begin with `#` are comments if none of them has as many fields as most records, or if there is a table without them
/// and none with them. Those of as many fields behind the first other line are records all the same, and so is the one right above
/// it, as the header, if no other one is like it.
pub(super) fn comment_of(text: &[u8], whole: bool, delim: Delim) -> Option<u8> {
    if delim.contains(b'#') || !starts_a_line(text, b'#') {
        return None;
    }
    let plain = Dialect { delim, ..Dialect::RFC4180 };
    let table = Table::of(text, whole, &plain);
    let without = Table::of(text, whole, &Dialect { comment: Some(b'#'), ..plain });
    let lines = || text.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty());
    let is_comment = |line: &&[u8]| line.starts_with(b"#");
    let width_of = |line: &[u8]| match delim.is_run_of_blanks() {
        true => line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).count(),
        false => memchr::memmem::find_iter(line, delim.as_bytes()).count() + 1,
    };
    if is_header_of(text, whole, &plain, &without) {
        return None;
    }
    if without.is_regular() && !table.is_regular() {
        let mut behind = lines().skip_while(is_comment).filter(is_comment);
        let is_record = behind.any(|line| Some(width_of(line)) == without.width());
        return (!is_record).then_some(b'#');
    }
    // Below comments a header stands alone.
    if whole && without.is_header_alone() && lines().skip_while(is_comment).count() == 1 {
        return (!lines().filter(is_comment).any(|line| Some(width_of(line)) == without.width()))
            .then_some(b'#');
    }
    let width = table.width()?;
    (!lines().filter(is_comment).any(|line| width_of(line) == width)).then_some(b'#')
}

/// Whether the last of the lines with `#` above a table is its header, as in `#code,name`, and the others are lines above it that
/// are passed over without being called comments; no such line is below it, and no other header.
fn is_header_of(text: &[u8], whole: bool, plain: &Dialect, table: &Table) -> bool {
    let mut block_len = 0;
    while text[block_len..].starts_with(b"#") {
        let Some(end) = memchr::memchr2(b'\n', b'\r', &text[block_len..]) else { return false };
        block_len = line_end(text, block_len + end, true).unwrap_or(text.len());
    }
    let (block, below) = text.split_at(block_len);
    let above = line_ends(block).saturating_sub(1);
    let last = block.trim_ascii_end().rsplit(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let name_len = memchr::memmem::find(last, plain.delim.as_bytes()).unwrap_or(last.len());
    above > 0
        && table.width().is_some()
        && name_len > 1
        && !last[..name_len].contains(&b' ')
        && !starts_a_line(below, b'#')
        && preamble_lines(text, whole, plain, true) == above
        && !begins_with_header(below, whole, plain)
}

pub(super) fn starts_a_line(text: &[u8], byte: u8) -> bool {
    text.first() == Some(&byte) || memchr::memmem::find_iter(text, &[b'\n', byte]).next().is_some()
}
