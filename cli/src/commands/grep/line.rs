//! What is printed of a line.

use std::borrow::Cow;
use std::ops::Range;

use swath::grep::Hit;

use super::style::{RED_BOLD, colored};

/// How lines and matches are printed.
pub(super) struct LineStyle {
    pub(super) color: bool,
    /// Without blanks in front.
    pub(super) trim: bool,
    /// Longer lines are left out.
    pub(super) max_len_bytes: Option<usize>,
    /// Of these, it is shown how they begin.
    pub(super) preview: bool,
    /// What stands in the place of matches.
    pub(super) replacement: Option<String>,
}

impl LineStyle {
    /// Writes a line, with its end.
    pub(super) fn write(&self, hit: &Hit<'_>, text: &mut Vec<u8>) {
        let (line, mut matches) = self.replaced(hit);
        let blanks =
            if self.trim { line.iter().take_while(|byte| byte.is_ascii_whitespace()).count() } else { 0 };
        let line = &line[blanks..];
        for range in &mut matches {
            *range = range.start.saturating_sub(blanks)..range.end.saturating_sub(blanks);
        }
        match self.max_len_bytes.filter(|max| line.len() > *max) {
            Some(max) if self.preview => {
                self.write_matches(&line[..whole_chars(line, max)], &matches, text);
                text.extend_from_slice(b" [... omitted end of long line]");
            }
            Some(_) => text.extend_from_slice(
                omitted(hit, self.replacement.is_some().then_some(matches.len())).as_bytes(),
            ),
            None => self.write_matches(line, &matches, text),
        }
        text.extend_from_slice(if hit.has_return { b"\r\n" } else { b"\n" });
    }

    /// Gives for each match where it begins, and what is printed of it.
    pub(super) fn matches(&self, hit: &Hit<'_>, mut give: impl FnMut(usize, &[u8])) {
        let mut shown = Vec::new();
        let mut give = |start: usize, matched: &[u8]| {
            shown.clear();
            match self.max_len_bytes.filter(|max| matched.len() > *max) {
                Some(_) => shown.extend_from_slice(omitted(hit, None).as_bytes()),
                None if self.color => colored(RED_BOLD, matched, &mut shown),
                None => shown.extend_from_slice(matched),
            }
            give(start, &shown);
        };
        match &self.replacement {
            Some(replacement) => {
                for (range, replaced) in hit.replacements(replacement).filter(|(range, _)| !range.is_empty())
                {
                    give(range.start, &replaced);
                }
            }
            None => hit.matches().for_each(|range| give(range.start, &hit.line[range])),
        }
    }

    /// The line with what stands in the place of matches, and where these are, as far as that is wanted.
    fn replaced<'h>(&self, hit: &'h Hit<'_>) -> (Cow<'h, [u8]>, Vec<Range<usize>>) {
        let Some(replacement) = &self.replacement else {
            let matches = if self.color { hit.matches().collect() } else { Vec::new() };
            return (Cow::Borrowed(hit.line), matches);
        };
        let (mut line, mut matches, mut at) = (Vec::new(), Vec::new(), 0);
        for (range, replaced) in hit.replacements(replacement) {
            line.extend_from_slice(&hit.line[at..range.start]);
            matches.push(line.len()..line.len() + replaced.len());
            line.extend_from_slice(&replaced);
            at = range.end;
        }
        line.extend_from_slice(&hit.line[at..]);
        (Cow::Owned(line), matches)
    }

    /// Writes a line, or how it begins, with colours for matches.
    fn write_matches(&self, line: &[u8], matches: &[Range<usize>], text: &mut Vec<u8>) {
        let mut at = 0;
        for range in matches.iter().filter(|_| self.color) {
            let range = range.start.min(line.len())..range.end.min(line.len());
            text.extend_from_slice(&line[at..range.start]);
            at = range.end;
            if !range.is_empty() {
                colored(RED_BOLD, &line[range], text);
            }
        }
        text.extend_from_slice(&line[at..]);
    }
}

/// What stands in the place of a line that is too long.
fn omitted(hit: &Hit<'_>, matches: Option<usize>) -> String {
    match matches {
        _ if !hit.is_wanted => "[Omitted long context line]".to_owned(),
        Some(count) => format!("[Omitted long line with {count} matches]"),
        None => "[Omitted long matching line]".to_owned(),
    }
}

/// So many bytes of a line, or a few less, so that none of its characters is cut.
fn whole_chars(line: &[u8], len: usize) -> usize {
    (len.saturating_sub(3)..=len)
        .rev()
        .find(|at| line.get(*at).is_none_or(|byte| byte & 0xc0 != 0x80))
        .unwrap_or(len)
}
