//! Page-count logs: lines of `date time lang title count bytes`, separated by spaces.
//!
//! ```text
//! 20081113 100000 en Image:Flickr_Obama_Springfield_01.jpg 25 306083
//! ```
//!
//! A file is a run of hours; the files follow each other without a gap from 13 November
//! 2008, 10 o'clock. An hour lists pages once each, ordered by language and title, as
//! the real logs do. Which pages there are is decided once (`pages.rs`); an hour takes
//! some, popular ones more often, and counts their views.

use std::io;

use crate::calendar::Date;
use crate::dataset::{Dataset, Emit, split};
use crate::error::{Error, Result};
use crate::random::Random;
use crate::text::push_uint;

use pages::{Page, Pages};

mod pages;
mod words;

/// What to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Lines of all files together, malformed ones included.
    pub rows: u64,
    /// Files, `part-00000` and on.
    pub files: usize,
    /// Other seeds, other pages and views.
    pub seed: u64,
}

/// The page counts of some hours.
#[derive(Debug, Clone)]
pub struct Wiki {
    options: Options,
    pages: Pages,
}

impl Wiki {
    /// Checks the options and makes the pages that are viewed, which takes some tenths of
    /// a second and some 30 MB for large data.
    ///
    /// # Errors
    ///
    /// If there is no file, or more than five digits can number.
    pub fn new(options: Options) -> Result<Self> {
        if !(1..=100_000).contains(&options.files) {
            return Err(Error::Options(format!("expected 1 to 100000 files, found {}", options.files)));
        }
        let per_hour = options.rows.div_ceil(options.files as u64).min(HOUR_ROWS);
        let count = (per_hour * PAGES_PER_ROW).max(LEAST_PAGES) as usize;
        Ok(Self { options, pages: Pages::new(options.seed, count) })
    }

    fn hours_per_file(&self) -> u64 {
        self.options.rows.div_ceil(self.options.files as u64).div_ceil(HOUR_ROWS).max(1)
    }
}

impl Dataset for Wiki {
    fn files(&self) -> usize {
        self.options.files
    }

    fn rows(&self) -> u64 {
        self.options.rows
    }

    fn name(&self, file: usize) -> String {
        format!("part-{file:05}")
    }

    fn generate(&self, file: usize, emit: &mut Emit<'_>) -> io::Result<()> {
        let Options { rows, files, seed } = self.options;
        let rows = split(rows, files as u64, file as u64);
        let hours = self.hours_per_file();
        let mut text = Vec::with_capacity(CHUNK_LEN_BYTES + 1024);
        for hour in 0..hours {
            let number = file as u64 * hours + hour;
            let mut choice = Random::new(&[seed, number, CHOICE]);
            let mut random = Random::new(&[seed, number, VIEWS]);
            let stamp = stamp(number);
            let rows = split(rows, hours, hour);
            let mut unsent = 0;
            for line in hour_lines(&self.pages, rows, &mut choice) {
                push_line(&mut text, stamp.as_bytes(), &line, &mut random);
                unsent += 1;
                if text.len() >= CHUNK_LEN_BYTES {
                    emit(&text, unsent)?;
                    text.clear();
                    unsent = 0;
                }
            }
            emit(&text, unsent)?;
            text.clear();
        }
        Ok(())
    }
}

/// Lines of an hour; the real logs have some millions.
const HOUR_ROWS: u64 = 200_000;

/// Pages that exist for each line of an hour.
const PAGES_PER_ROW: u64 = 4;

/// Pages that exist however few lines are asked for.
const LEAST_PAGES: u64 = 20_000;

/// One line in so many has `Obama` in its title, about half of them in English.
const OBAMA_EVERY: u64 = 30_000;

/// One line in so many has fewer than six fields.
const MALFORMED_EVERY: u64 = 100_000;

/// Text that is gathered before it is handed on.
const CHUNK_LEN_BYTES: usize = 256 * 1024;

/// Keeps the streams of random numbers apart: which pages, and how often viewed.
const CHOICE: u64 = 0x7061_6765;
const VIEWS: u64 = 0x7669_6577;

/// A line of an hour.
struct Line<'a> {
    page: &'a Page,
    /// Ends within its fields, as if the log had been cut.
    malformed: bool,
}

/// Chooses the pages of an hour, in order.
///
/// An hour of some size has at least four lines with `Obama` and two malformed ones, and
/// one more that is both, so that small data has what queries look for.
fn hour_lines<'a>(pages: &'a Pages, rows: u64, random: &mut Random) -> impl Iterator<Item = Line<'a>> {
    // Fewer than 100 lines are too few for any of this.
    let least = |count: u64, least: u64| if rows < 100 { 0 } else { count.max(least) };
    let malformed_count = least(rows / MALFORMED_EVERY, 2);
    let mut obama: Vec<Line<'a>> = take(&pages.obama, least(rows / OBAMA_EVERY, 4) + 1, random)
        .into_iter()
        .map(|page| Line { page, malformed: false })
        .collect();
    if let Some(line) = obama.iter_mut().find(|line| line.page.language() == b"en") {
        line.malformed = malformed_count > 0;
    }
    if malformed_count == 0 {
        obama.clear();
    }
    let others = rows - obama.len() as u64;
    let cut_every = others / malformed_count.max(1) + 1;
    let cut_at = random.below(others % cut_every + 1);
    let others = (0..others).map(move |row| Line {
        page: pages.popular(row, others, random),
        malformed: malformed_count > 0 && row % cut_every == cut_at,
    });
    merge(others, obama.into_iter())
}

/// Chooses `count` of the pages, or all, in order: as many of English as of others.
fn take<'a>(pages: &'a [Page], count: u64, random: &mut Random) -> Vec<&'a Page> {
    let (mut english, mut others): (Vec<_>, Vec<_>) = pages.iter().partition(|page| page.language() == b"en");
    let mut taken = Vec::new();
    for turn in 0..count {
        let from = if turn % 2 == 0 { &mut english } else { &mut others };
        if !from.is_empty() {
            taken.push(from.swap_remove(random.index(from.len())));
        }
    }
    taken.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    taken
}

/// Merges two ordered runs of lines.
fn merge<'a>(
    first: impl Iterator<Item = Line<'a>>,
    second: impl Iterator<Item = Line<'a>>,
) -> impl Iterator<Item = Line<'a>> {
    let (mut first, mut second) = (first.peekable(), second.peekable());
    std::iter::from_fn(move || match (first.peek(), second.peek()) {
        (Some(a), Some(b)) if b.page.name < a.page.name => second.next(),
        (None, _) => second.next(),
        _ => first.next(),
    })
}

/// Appends a line, with views that follow the popularity of the page.
fn push_line(text: &mut Vec<u8>, stamp: &[u8], line: &Line<'_>, random: &mut Random) {
    let page = line.page;
    let start = text.len();
    text.extend_from_slice(stamp);
    text.extend_from_slice(&page.name);
    if line.malformed {
        // Three, four or five fields: cut before the title, after it, or after the count.
        // Those about Obama keep their title, so that only the number of fields tells.
        match random.below(3) {
            0 if !page.is_obama() => {
                text.truncate(start + stamp.len() + page.language().len());
            }
            1 => text.extend_from_slice(b" 1"),
            _ => {}
        }
        return text.push(b'\n');
    }
    let views = 1 + (random.exponential(f64::from(page.popularity))) as u64;
    let bytes = (views as f64 * f64::from(page.len_bytes) * (0.5 + random.unit())) as u64;
    text.push(b' ');
    push_uint(text, views);
    text.push(b' ');
    push_uint(text, bytes);
    text.push(b'\n');
}

/// Returns what the lines of an hour begin with: date and time, a space after each.
fn stamp(hour: u64) -> String {
    const FIRST: Date = Date { year: 2008, month: 11, day: 13 };
    const FIRST_HOUR: u64 = 10;
    let hour = FIRST_HOUR + hour;
    let date = Date::from_day_number(FIRST.day_number() + (hour / 24) as i32);
    format!("{:04}{:02}{:02} {:02}0000 ", date.year, date.month, date.day, hour % 24)
}

#[cfg(test)]
mod tests;
