//! Messages for people, on standard error.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, IsTerminal};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use unicode_width::UnicodeWidthStr;

use crate::exit_codes::{FAILED, TIMED_OUT};
use crate::flag_names::as_flags;
use crate::format::text::{shorten, wrapped};
use crate::progress;
use crate::screen;
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
/// What is in front of excerpts.
const EXCERPT_MARGIN: &str = "  ";
/// What is in front of the second and further lines of a long message.
const MARGIN: &str = "    ";

impl Excerpt {
    fn new(text: &str, place: Range<usize>) -> Self {
        let screen = screen_width().map_or(EXCERPT_WIDTH, |width| width.saturating_sub(EXCERPT_MARGIN.len()));
        Self::within(text, place, screen.min(EXCERPT_WIDTH))
    }

    /// An excerpt that is no wider than asked for.
    fn within(text: &str, place: Range<usize>, most: usize) -> Self {
        let start = text[..place.start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[place.start..].find('\n').map_or(text.len(), |len| place.start + len);
        let shown = |text: &str| text.replace(|char: char| char.is_control(), " ");
        let before = shown(&text[start..place.start]);
        let wrong = shown(&text[place.start..place.end.min(end)]);
        let after = shown(&text[place.end.min(end)..end]);
        let mut before = before.trim_start();
        let mut dots = "";
        let long = before.width() + wrong.width() + after.width() > most;
        // In a long line, more is shown before the place than behind it.
        let most_before = most * 3 / 5;
        if long && before.width() > most_before {
            let from = before.char_indices().find(|(at, _)| before[*at..].width() <= most_before);
            before = &before[from.map_or(before.len(), |(at, _)| at)..];
            dots = "…";
        }
        let column = dots.width() + before.width();
        let line = format!("{dots}{before}{wrong}{after}");
        let line = shorten(line.trim_end(), most).into_owned();
        let marked = column..(column + wrong.width().max(1)).min(most.max(column + 1));
        Self { line, marked }
    }
}

impl Report {
    /// The hint, in the words of the command line if there is no statement.
    fn shown_hint(&self) -> Option<Cow<'_, str>> {
        let hint = self.hint.as_deref()?;
        Some(match NAMES_FLAGS.load(Ordering::Relaxed) {
            true => Cow::Owned(as_flags(hint)),
            false => Cow::Borrowed(hint),
        })
    }

    /// The text, in a style, and for a screen of a width if there is one.
    fn styled(&self, style: Style, width: Option<usize>) -> String {
        let mut text = paragraph("", "error:", Tone::Red, &self.message, style, width);
        if let Some(Excerpt { line, marked }) = &self.excerpt {
            let marks = style.paint(Tone::Red, &"^".repeat(marked.len()));
            let before = " ".repeat(marked.start);
            text.push_str(&format!("\n{EXCERPT_MARGIN}{line}\n{EXCERPT_MARGIN}{before}{marks}"));
        }
        let detail = self.detail.as_deref().map(Cow::Borrowed);
        for (name, part) in [("detail:", detail), ("hint:", self.shown_hint())] {
            if let Some(part) = &part {
                text.push('\n');
                text.push_str(&paragraph("  ", name, Tone::Cyan, part, style, width));
            }
        }
        text
    }
}

/// A name and what it says, in lines that fit the screen if there is one.
fn paragraph(margin: &str, name: &str, tone: Tone, text: &str, style: Style, width: Option<usize>) -> String {
    let name_len = margin.len() + name.len() + 1;
    let text = width.map_or(text.into(), |width| wrapped(text, name_len, MARGIN, width));
    format!("{margin}{} {text}", style.paint(tone, name))
}

/// How wide the screen is on which messages are read; nothing in pipes and files, where lines stay whole.
fn screen_width() -> Option<usize> {
    io::stderr().is_terminal().then(screen::width)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.styled(Style::PLAIN, None))
    }
}

/// Whether hints name options as flags of the command line.
static NAMES_FLAGS: AtomicBool = AtomicBool::new(false);

/// From now on hints name options as flags of the command line: there is no statement to write them in.
pub fn name_flags() {
    NAMES_FLAGS.store(true, Ordering::Relaxed);
}

/// Shows an error.
pub fn error(report: &Report) {
    progress::erase();
    eprintln!("{}", report.styled(Style::stderr(), screen_width()));
}

/// Shows what is worth knowing although nothing failed.
pub fn notes(notes: &[String]) {
    progress::erase();
    for note in notes {
        eprintln!("{}", paragraph("", "note:", Tone::Cyan, note, Style::stderr(), screen_width()));
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
        for most in [EXCERPT_WIDTH, 40] {
            let Excerpt { line, marked } = Excerpt::within(&text, start..start + 5, most);
            assert_eq!(&line.chars().skip(marked.start).take(5).collect::<String>(), "wrong");
            assert!(line.width() <= most && line.starts_with("…aaa") && line.ends_with("bbb…"), "{line}");
        }
    }

    #[test]
    fn messages_are_broken_at_the_width_of_the_screen() {
        let excerpt = Some(Excerpt::new("SELECT something FROM elsewhere", 7..16));
        let report = Report { excerpt, ..Report::with_hint("there is no 'such thing'", "say it in words") };
        let expected = "\
error: there is no
    'such thing'
  SELECT something FROM elsewhere
         ^^^^^^^^^
  hint: say it in
    words";
        assert_eq!(report.styled(Style::PLAIN, Some(20)), expected);
    }

    #[test]
    fn what_is_missing_at_the_end_is_marked_there() {
        let excerpt = Excerpt::within("SELECT 1 +", 10..10, EXCERPT_WIDTH);
        assert_eq!(excerpt, Excerpt { line: "SELECT 1 +".into(), marked: 10..11 });
    }
}
