//! Messages for people, on standard error.

use std::fmt;
use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use crate::exit_codes::{FAILED, TIMED_OUT};
use crate::progress;
use crate::style::{Style, Tone};

/// An error as it is shown: a message, where in the statement it is, and what helps with it.
#[derive(Debug)]
pub struct Report {
    /// One line.
    pub message: String,
    /// The line of the statement that is wrong.
    pub excerpt: Option<Excerpt>,
    /// More about the place.
    pub detail: Option<String>,
    /// What to try.
    pub hint: Option<String>,
    /// What the command says to the shell if it ends by this.
    pub code: u8,
}

/// A line of a statement, and the part of it that is wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The line, or a part of a long one.
    line: String,
    /// The part, as columns of the terminal.
    marked: Range<usize>,
}

impl Report {
    /// A report with a hint.
    pub fn with_hint(message: impl Into<String>, hint: impl Into<String>) -> Self {
        let (message, hint) = (message.into(), Some(hint.into()));
        Self { message, excerpt: None, detail: None, hint, code: FAILED }
    }

    /// An error of a statement, which is a range of a text.
    pub fn of_statement(error: swath::Error, text: &str, statement: Range<usize>) -> Self {
        let excerpt = error.place_in(text, statement).map(|place| Excerpt::new(text, place));
        Self { excerpt, ..Self::from(error) }
    }
}

impl From<swath::Error> for Report {
    fn from(error: swath::Error) -> Self {
        let code = if error.is_timeout() { TIMED_OUT } else { FAILED };
        Self { message: error.to_string(), excerpt: None, detail: error.detail(), hint: error.hint(), code }
    }
}

/// Longer lines are cut around the place: they would fold, and the mark stand under something else.
const EXCERPT_WIDTH: usize = 100;
/// What is shown before the place in a long line.
const BEFORE_WIDTH: usize = 60;

impl Excerpt {
    fn new(text: &str, place: Range<usize>) -> Self {
        let start = text[..place.start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[place.start..].find('\n').map_or(text.len(), |len| place.start + len);
        let shown = |text: &str| text.replace(|char: char| char.is_control(), " ");
        let before = shown(&text[start..place.start]);
        let wrong = shown(&text[place.start..place.end.min(end)]);
        let after = shown(&text[place.end.min(end)..end]);
        let mut before = before.trim_start();
        let mut dots = "";
        let long = before.width() + wrong.width() + after.width() > EXCERPT_WIDTH;
        if long && before.width() > BEFORE_WIDTH {
            let from = before.char_indices().find(|(at, _)| before[*at..].width() <= BEFORE_WIDTH);
            before = &before[from.map_or(before.len(), |(at, _)| at)..];
            dots = "…";
        }
        let column = dots.width() + before.width();
        let line = format!("{dots}{before}{wrong}{after}");
        let line = crate::format::text::shorten(line.trim_end(), EXCERPT_WIDTH).into_owned();
        let marked = column..(column + wrong.width().max(1)).min(EXCERPT_WIDTH.max(column + 1));
        Self { line, marked }
    }
}

impl Report {
    /// The text, in a style.
    fn styled(&self, style: Style) -> String {
        let mut text = format!("{} {}", style.paint(Tone::Red, "error:"), self.message);
        if let Some(Excerpt { line, marked }) = &self.excerpt {
            let marks = style.paint(Tone::Red, &"^".repeat(marked.len()));
            text.push_str(&format!("\n  {line}\n  {}{marks}", " ".repeat(marked.start)));
        }
        for (name, part) in [("detail:", &self.detail), ("hint:", &self.hint)] {
            if let Some(part) = part {
                text.push_str(&format!("\n  {} {part}", style.paint(Tone::Cyan, name)));
            }
        }
        text
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.styled(Style::PLAIN))
    }
}

/// Shows an error.
pub fn error(report: &Report) {
    progress::erase();
    eprintln!("{}", report.styled(Style::stderr()));
}

/// Shows what is worth knowing although nothing failed.
pub fn notes(notes: &[String]) {
    progress::erase();
    for note in notes {
        eprintln!("{} {note}", Style::stderr().paint(Tone::Cyan, "note:"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, wrong: &str, expected: &str) {
        let start = text.find(wrong).unwrap();
        let excerpt = Some(Excerpt::new(text, start..start + wrong.len()));
        let report = Report { excerpt, ..Report::with_hint("m", "h") };
        assert_eq!(report.to_string(), expected);
    }

    #[test]
    fn the_mark_stands_under_the_place() {
        check("SELECT 日, x", "x", "error: m\n  SELECT 日, x\n             ^\n  hint: h");
        check("SELECT 1,\n    abc\nFROM t", "abc", "error: m\n  abc\n  ^^^\n  hint: h");
        check("SELECT 'a\nb' FROM t", "'a\nb'", "error: m\n  SELECT 'a\n         ^^\n  hint: h");
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let text = format!("SELECT {}, wrong, {}", "a".repeat(200), "b".repeat(200));
        let start = text.find("wrong").unwrap();
        let Excerpt { line, marked } = Excerpt::new(&text, start..start + 5);
        assert_eq!(&line.chars().skip(marked.start).take(5).collect::<String>(), "wrong");
        assert!(
            line.width() <= EXCERPT_WIDTH && line.starts_with("…aaa") && line.ends_with("bbb…"),
            "{line}"
        );
    }

    #[test]
    fn what_is_missing_at_the_end_is_marked_there() {
        let excerpt = Excerpt::new("SELECT 1 +", 10..10);
        assert_eq!(excerpt, Excerpt { line: "SELECT 1 +".into(), marked: 10..11 });
    }
}
