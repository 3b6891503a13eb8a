//! The lines of a chunk that are wanted.
//!
//! The pattern is looked for in all lines at once, as ripgrep does: where it is rare, most lines are never looked at
//! one by one.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memrchr};
use swath_io::{Encoding, LineSearch, Lines};

use super::{Found, Grep, Hit};

/// Searches and writes.
pub(super) struct HitSearch<'a, W> {
    pub(super) grep: &'a Grep,
    pub(super) write: W,
}

impl<W: Fn(&Hit<'_>, &mut Vec<u8>) + Sync> LineSearch for HitSearch<'_, W> {
    type Found = Found;

    fn search(&self, lines: &Lines<'_>) -> Found {
        let bytes = in_utf8(lines);
        let mut hits = Hits {
            search: self,
            bytes: &bytes,
            file: lines.file,
            number: lines.first_line,
            counted: 0,
            found: Found::default(),
        };
        let mut at = 0;
        while let Some((start, end)) = self.next_match(&bytes, at) {
            if self.grep.invert {
                hits.add_all(at, start);
            } else {
                hits.add(start, end);
            }
            at = end + 1;
        }
        if self.grep.invert {
            hits.add_all(at, bytes.len());
        }
        hits.found
    }

    fn len_bytes(found: &Found) -> usize {
        found.text.len() + found.ends.len() * size_of::<usize>()
    }
}

impl<W> HitSearch<'_, W> {
    /// Where the next line begins and ends that matches, from a line on.
    fn next_match(&self, bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
        let grep = self.grep;
        // The last byte ends the last line. Behind it is no line that an empty match could stand in.
        let last = bytes.len().checked_sub(1)?;
        while at <= last {
            let found = match &grep.pattern.finder {
                Some(finder) => at + finder.find(&bytes[at..last])?.start(),
                None => at,
            };
            let start = memrchr(b'\n', &bytes[at..found]).map_or(at, |feed| at + feed + 1);
            let end = memchr(b'\n', &bytes[found..]).map_or(last, |len| found + len);
            let line = without_return(&bytes[start..end]);
            // What was found may be the half of the line end, which the line is without.
            let is_match = start + line.len() == end
                || grep.pattern.finder.as_ref().is_none_or(|finder| finder.is_match(line));
            if is_match && grep.fields_hold(line) {
                return Some((start, end));
            }
            at = end + 1;
        }
        None
    }
}

/// Hits on their way out.
struct Hits<'a, 'b, W> {
    search: &'a HitSearch<'b, W>,
    bytes: &'a [u8],
    file: usize,
    /// The number of the line that begins at `counted`.
    number: u64,
    counted: usize,
    found: Found,
}

impl<W: Fn(&Hit<'_>, &mut Vec<u8>)> Hits<'_, '_, W> {
    /// Adds a line.
    fn add(&mut self, start: usize, end: usize) {
        let grep = self.search.grep;
        let mut number = 0;
        if grep.line_numbers {
            self.number += memchr_iter(b'\n', &self.bytes[self.counted..start]).count() as u64;
            self.counted = start;
            number = self.number;
        }
        let line = without_return(&self.bytes[start..end]);
        let pattern = grep.pattern.shown.as_ref().filter(|_| !grep.invert);
        let hit = Hit { file: self.file, number, line, pattern };
        (self.search.write)(&hit, &mut self.found.text);
        self.found.ends.push(self.found.text.len());
    }

    /// Adds all lines of a range.
    fn add_all(&mut self, mut start: usize, end: usize) {
        while start < end {
            let feed = memchr(b'\n', &self.bytes[start..end]).map_or(end, |len| start + len);
            self.add(start, feed);
            start = feed + 1;
        }
    }
}

impl Grep {
    fn fields_hold(&self, line: &[u8]) -> bool {
        self.fields.iter().all(|test| test.holds(line, self.delim))
    }
}

/// Lines in UTF-8. What is no text in the encoding stays as it is.
fn in_utf8<'a>(lines: &Lines<'a>) -> Cow<'a, [u8]> {
    match lines.encoding {
        Encoding::Utf8 | Encoding::Utf8Lossy => Cow::Borrowed(lines.bytes),
        encoding => match encoding.decode(lines.bytes) {
            Some(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
            Some(Cow::Borrowed(text)) => Cow::Borrowed(text.as_bytes()),
            None => Cow::Borrowed(lines.bytes),
        },
    }
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}
