//! Lines of files that match a pattern, as `grep` finds them: as they stand in the file, with their numbers, in the
//! order of the files; compressed files like plain ones, and on all threads, also inside one file.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("a.log");
//! std::fs::write(&path, "en Obama 1\nde Obama 2\nen Paris 3\n")?;
//! use swath::grep::{Further, Grep, GrepItem, GrepOptions, ReadLines};
//!
//! let options = GrepOptions { patterns: vec!["Oba.a".into()], fields: vec!["1=en".into()], ..Default::default() };
//! let grep = Grep::new(&options)?;
//! let files = swath::list_files(&path)?;
//! let mut text = Vec::new();
//! grep.run(
//!     &files,
//!     &ReadLines::default(),
//!     |hit, out| out.extend_from_slice(hit.line),
//!     |item| {
//!         if let GrepItem::Found { found, .. } = item {
//!             text.extend(found.text);
//!         }
//!         Further::On
//!     },
//! )?;
//! assert_eq!(text, b"en Obama 1");
//! # Ok(())
//! # }
//! ```

mod field;
mod pattern;
mod search;

use std::num::NonZero;
use std::ops::Range;
use std::thread;

use field::FieldTest;
use pattern::LinePattern;
use regex::bytes::Regex;
use swath_io::{Codec, Notes, SourceFile, TextOptions};

pub use swath_io::Further;

use crate::error::{Error, Result};

/// What is looked for.
#[derive(Debug, Clone, Default)]
pub struct GrepOptions {
    /// Patterns, of which one has to match; none: all lines do.
    pub patterns: Vec<String>,
    /// Conditions on fields, all of which have to hold: `3=en` (the third field is `en`), `4~Obama` (the fourth
    /// has a match of the pattern).
    pub fields: Vec<String>,
    /// What separates fields; nothing: runs of blanks.
    pub delim: Option<u8>,
    /// Letters match in both cases.
    pub ignore_case: bool,
    /// Patterns are plain text.
    pub fixed: bool,
    /// A match begins and ends where a word does.
    pub words: bool,
    /// A match is the whole line.
    pub whole_lines: bool,
    /// The lines that do not match are wanted.
    pub invert: bool,
    /// Lines are numbered.
    pub line_numbers: bool,
    /// With a context, it is told at which column lines match: see [`HitPlace::column`].
    pub columns: bool,
    /// What matches is to be put in another form, which may name the pattern's groups: see [`Hit::replacements`].
    pub groups: bool,
    /// Matches are counted: see [`Found::matches`].
    pub count_matches: bool,
    /// Lines around hits are found, too.
    pub context: Option<Context>,
}

/// How many lines around hits are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Context {
    /// Lines before a hit.
    pub before: usize,
    /// Lines after it.
    pub after: usize,
}

/// How lines are read.
#[derive(Debug, Clone, Default)]
pub struct ReadLines {
    /// The codec of all files; found by looking if there is none.
    pub compression: Option<Codec>,
    /// The encoding, by name; UTF-8 if there is none, in which other bytes are left as they are.
    pub encoding: Option<String>,
    /// Whether damage of compressed files is passed over, and what is lost told. Lines that a gap cuts are left out.
    pub salvage: bool,
    /// Threads; one for each core if it is 0.
    pub threads: usize,
}

/// A line that is wanted, or one around it.
#[derive(Debug)]
pub struct Hit<'a> {
    /// Whether it is wanted itself.
    pub is_wanted: bool,
    /// The file's number among the files.
    pub file: usize,
    /// The line's number, counted from 1; 0 if lines are not numbered.
    pub number: u64,
    /// Where in the decoded text the line begins, in bytes.
    pub byte: u64,
    /// The line, without its end.
    pub line: &'a [u8],
    /// Whether its end is `\r\n`.
    pub has_return: bool,
    pattern: Option<&'a Regex>,
}

impl Hit<'_> {
    /// The column at which the pattern matches first, in bytes, counted from 1; none if there is no pattern, or the line is wanted
    /// because it does not match.
    pub fn column(&self) -> Option<usize> {
        self.pattern.and_then(|pattern| pattern.find(self.line)).map(|found| found.start() + 1)
    }

    /// Where the pattern matches, from left to right, and what a text becomes there in which `$1` or `$name` stands for a group of the
    /// pattern, `$0` for all that matches, and `$$` for `$`.
    pub fn replacements<'t>(&'t self, text: &'t str) -> impl Iterator<Item = (Range<usize>, Vec<u8>)> + 't {
        let all = self.pattern.into_iter().flat_map(|pattern| pattern.captures_iter(self.line));
        all.filter_map(|groups| {
            let mut replaced = Vec::new();
            groups.expand(text.as_bytes(), &mut replaced);
            Some((groups.get(0)?.range(), replaced))
        })
    }

    /// Where the pattern matches, from left to right; nothing that is empty.
    pub fn matches(&self) -> impl Iterator<Item = Range<usize>> {
        let all = self.pattern.into_iter().flat_map(|pattern| pattern.find_iter(self.line));
        all.map(|found| found.range()).filter(|range| !range.is_empty())
    }
}

/// What was written for some hits that stand together.
#[derive(Debug, Default)]
pub struct Found {
    /// What was written.
    pub text: Vec<u8>,
    /// For each hit, where its text ends.
    pub ends: Vec<usize>,
    /// With a context, what is known of each hit. There are all lines that may be near enough to one that is wanted,
    /// also to one among lines that are looked through elsewhere: which of them are, the numbers tell.
    pub places: Vec<HitPlace>,
    /// For each hit, how often the pattern matches, if that was asked for.
    pub matches: Vec<u32>,
    /// How many bytes of decoded text were looked through.
    pub searched_bytes: u64,
}

/// A line among others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HitPlace {
    /// The line's number, counted from 1.
    pub number: u64,
    /// Where in the decoded text it begins, in bytes.
    pub byte: u64,
    /// The column at which it matches first, as [`Hit::column`] has it, if that was asked for.
    pub column: Option<usize>,
    /// Whether it is wanted, or may stand around one that is.
    pub is_wanted: bool,
}

/// What comes of a run.
#[derive(Debug)]
pub enum GrepItem {
    /// The next hits of a file, perhaps none.
    Found {
        /// The file's number.
        file: usize,
        /// The hits.
        found: Found,
    },
    /// A file has ended, or cannot be read on.
    End {
        /// The file's number.
        file: usize,
        /// Why it cannot be read on.
        error: Option<Error>,
    },
}

/// A search, ready to run.
#[derive(Debug)]
pub struct Grep {
    pattern: LinePattern,
    fields: Vec<FieldTest>,
    delim: Option<u8>,
    invert: bool,
    line_numbers: bool,
    columns: bool,
    count_matches: bool,
    context: Option<Context>,
}

impl Grep {
    /// Compiles the patterns.
    ///
    /// # Errors
    /// A pattern that cannot be understood or spans lines; a condition on a field that is none.
    pub fn new(options: &GrepOptions) -> Result<Self> {
        let fields: Vec<FieldTest> =
            options.fields.iter().map(|test| FieldTest::parse(test, options)).collect::<Result<_>>()?;
        let literal = fields.iter().filter_map(FieldTest::literal).max_by_key(|literal| literal.len());
        Ok(Self {
            pattern: LinePattern::new(options, literal)?,
            fields,
            delim: options.delim,
            invert: options.invert,
            line_numbers: options.line_numbers,
            columns: options.columns,
            count_matches: options.count_matches,
            context: options.context,
        })
    }

    /// Looks through files. `write` writes a hit, on any thread; `take` gets what was written, on this one, in the
    /// order of the files and their lines, and says how to go on. Returns what is worth knowing although nothing
    /// failed.
    ///
    /// # Errors
    /// There is no such encoding. What is wrong with a file comes with its end.
    pub fn run(
        &self,
        files: &[SourceFile],
        read: &ReadLines,
        write: impl Fn(&Hit<'_>, &mut Vec<u8>) + Sync,
        mut take: impl FnMut(GrepItem) -> Further,
    ) -> Result<Vec<String>> {
        let mut options =
            TextOptions { compression: read.compression, salvage: read.salvage, ..TextOptions::default() };
        if let Some(encoding) = &read.encoding {
            options.encoding = encoding.parse()?;
        }
        let threads = match read.threads {
            0 => thread::available_parallelism().map_or(1, NonZero::get),
            threads => threads,
        };
        let notes = Notes::default();
        let what = search::HitSearch { grep: self, write };
        swath_io::search(files, &options, threads, &notes, &what, |item| {
            take(match item {
                swath_io::SearchItem::Found { file, found } => GrepItem::Found { file, found },
                swath_io::SearchItem::End { file, error } => {
                    GrepItem::End { file, error: error.map(Error::from) }
                }
            })
        });
        Ok(notes.take())
    }
}

#[cfg(test)]
mod tests;
