//! The lines of a chunk that are wanted.
//!
//! The pattern is looked for in all lines at once, as ripgrep does: where it is rare, most lines are never looked at
//! one by one.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memrchr};
use swath_io::{Encoding, LineSearch, Lines};

use super::{Context, Found, Grep, Hit, HitPlace};

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
            first_byte: lines.first_byte,
            number: lines.first_line,
            counted: 0,
            found: Found { searched_bytes: lines.bytes.len() as u64, ..Found::default() },
        };
        if let Some(context) = self.grep.context {
            hits.add_with_context(context);
            return hits.found;
        }
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
        let places = found.places.len() * size_of::<HitPlace>() + found.matches.len() * size_of::<u32>();
        found.text.len() + found.ends.len() * size_of::<usize>() + places
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
            let (line, has_return) = without_return(&bytes[start..end]);
            // What was found may be the half of the line end, which the line is without.
            let is_match =
                !has_return || grep.pattern.finder.as_ref().is_none_or(|finder| finder.is_match(line));
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
    first_byte: u64,
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
        let (line, has_return) = without_return(&self.bytes[start..end]);
        let pattern = grep.pattern.shown.as_ref().filter(|_| !grep.invert);
        let byte = self.first_byte + start as u64;
        self.write(&Hit { is_wanted: true, file: self.file, number, byte, line, has_return, pattern });
    }

    fn write(&mut self, hit: &Hit<'_>) {
        (self.search.write)(hit, &mut self.found.text);
        self.found.ends.push(self.found.text.len());
        if self.search.grep.count_matches {
            self.found.matches.push(hit.matches().count() as u32);
        }
    }

    /// Adds the lines that are wanted, those around them, and those that may be around a line that is wanted before
    /// the first of these lines or behind the last.
    fn add_with_context(&mut self, Context { before, after }: Context) {
        let bytes = self.bytes;
        let wanted = self.wanted_lines();
        let pattern = self.search.grep.pattern.shown.as_ref().filter(|_| !self.search.grep.invert);
        let count = memchr_iter(b'\n', bytes).count();
        let mut wanted = wanted.into_iter().peekable();
        let (mut start, mut last) = (0, None);
        for (index, end) in memchr_iter(b'\n', bytes).enumerate() {
            let is_wanted = wanted.next_if_eq(&index).is_some();
            if is_wanted {
                last = Some(index);
            }
            let near = last.is_some_and(|last| index - last <= after)
                || wanted.peek().is_some_and(|next| next - index <= before)
                || index < after
                || count - index <= before;
            if is_wanted || near {
                let number = self.number + index as u64;
                let (line, has_return) = without_return(&bytes[start..end]);
                let pattern = pattern.filter(|_| is_wanted);
                let byte = self.first_byte + start as u64;
                let hit = Hit { is_wanted, file: self.file, number, byte, line, has_return, pattern };
                let column = if self.search.grep.columns { hit.column() } else { None };
                self.write(&hit);
                self.found.places.push(HitPlace { number, byte, column, is_wanted });
            }
            start = end + 1;
        }
    }

    /// The lines that are wanted, counted from 0.
    fn wanted_lines(&self) -> Vec<usize> {
        let (mut matching, mut at, mut index) = (Vec::new(), 0, 0);
        while let Some((start, end)) = self.search.next_match(self.bytes, at) {
            index += memchr_iter(b'\n', &self.bytes[at..start]).count();
            matching.push(index);
            (at, index) = (end + 1, index + 1);
        }
        if !self.search.grep.invert {
            return matching;
        }
        let mut matching = matching.into_iter().peekable();
        let all = 0..memchr_iter(b'\n', self.bytes).count();
        all.filter(|index| matching.next_if_eq(index).is_none()).collect()
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

/// A line without the `\r` of its end, and whether it had one.
fn without_return(line: &[u8]) -> (&[u8], bool) {
    line.strip_suffix(b"\r").map_or((line, false), |line| (line, true))
}
