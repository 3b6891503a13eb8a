//! What a search took, and what came of it.

use std::time::{Duration, Instant};

use serde_derive::Serialize;

/// What a search took, of one file or of all. The names are those of ripgrep.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Stats {
    elapsed: Elapsed,
    /// Files.
    searches: u64,
    searches_with_match: u64,
    /// Of decoded text.
    bytes_searched: u64,
    bytes_printed: u64,
    matched_lines: u64,
    /// No matches are counted where lines are wanted that do not match.
    matches: u64,
}

/// A length of time, as ripgrep tells it.
#[derive(Debug, Clone, Default, Copy)]
pub(super) struct Elapsed(Duration);

impl serde::Serialize for Elapsed {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut fields = serializer.serialize_struct("Elapsed", 3)?;
        fields.serialize_field("secs", &self.0.as_secs())?;
        fields.serialize_field("nanos", &self.0.subsec_nanos())?;
        fields.serialize_field("human", &format!("{:.6}s", self.0.as_secs_f64()))?;
        fields.end()
    }
}

/// Counts while files are searched, one after the other.
#[derive(Debug)]
pub(super) struct Counter {
    begun: Instant,
    file_begun: Instant,
    pub(super) file: Stats,
    all: Stats,
}

impl Counter {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self { begun: now, file_begun: now, file: Stats::default(), all: Stats::default() }
    }

    /// Some lines of the file at hand.
    pub(super) fn searched(&mut self, bytes: u64) {
        self.file.bytes_searched += bytes;
    }

    pub(super) fn printed(&mut self, bytes: usize) {
        self.file.bytes_printed += bytes as u64;
    }

    /// A line that is wanted, and how often the pattern matches in it.
    pub(super) fn hit(&mut self, matches: u32) {
        self.file.matched_lines += 1;
        self.file.matches += u64::from(matches);
    }

    /// The file at hand has ended: what it took.
    pub(super) fn end_file(&mut self) -> Stats {
        let file = &mut self.file;
        file.elapsed = Elapsed(self.file_begun.elapsed());
        file.searches = 1;
        file.searches_with_match = u64::from(file.matched_lines > 0);
        self.file_begun = Instant::now();
        let file = std::mem::take(file);
        let all = &mut self.all;
        all.searches += file.searches;
        all.searches_with_match += file.searches_with_match;
        all.bytes_searched += file.bytes_searched;
        all.bytes_printed += file.bytes_printed;
        all.matched_lines += file.matched_lines;
        all.matches += file.matches;
        file
    }

    /// What all files took, and the time since the search began.
    pub(super) fn total(&self) -> (Stats, Elapsed) {
        let elapsed = Elapsed(self.begun.elapsed());
        (Stats { elapsed, ..self.all }, elapsed)
    }
}

impl Stats {
    /// Some lines for people.
    pub(super) fn to_text(self) -> String {
        format!(
            "\n{} matches\n{} matched lines\n{} files contained matches\n{} files searched\n{} bytes printed\n{} bytes searched\n{:.6} seconds",
            self.matches,
            self.matched_lines,
            self.searches_with_match,
            self.searches,
            self.bytes_printed,
            self.bytes_searched,
            self.elapsed.0.as_secs_f64()
        )
    }
}
