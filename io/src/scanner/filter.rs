//! Rows that are not wanted, found before they are read.
//!
//! A [`RawFilter`] looks at bytes: a record that has none of its literals cannot be wanted, and is not even cut
//! into fields. A [`RowFilter`] looks at the values of some columns: of rows that it does not keep, the others
//! are not converted. Neither has to be exact, as long as it never drops a row that is wanted: whoever asked
//! judges the rows that come once more.

use std::fmt;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};
use arrow_array::{ArrayRef, BooleanArray};
use memchr::memmem::Finder;

use crate::encoding::Encoding;
use crate::error::{Error, Result};

/// A test of a record's bytes: one of the literals must stand in it.
///
/// Literals are UTF-8; none of them is empty. In files of another encoding the filter is left out where it could
/// not tell.
#[derive(Clone)]
pub struct RawFilter {
    literals: Vec<Vec<u8>>,
    searcher: Searcher,
}

#[derive(Clone)]
enum Searcher {
    One(Box<Finder<'static>>),
    Many(AhoCorasick),
}

impl RawFilter {
    /// A filter for records with one of the literals.
    ///
    /// # Errors
    /// There is no literal, one of them is empty, or there are more than a search can take.
    pub fn new(mut literals: Vec<Vec<u8>>) -> Result<Self> {
        literals.sort();
        literals.dedup();
        if literals.is_empty() || literals.iter().any(Vec::is_empty) {
            return Err(Error::bad_option("raw filter", "it needs literals that are not empty"));
        }
        let searcher = match literals.as_slice() {
            [literal] => Searcher::One(Box::new(Finder::new(literal).into_owned())),
            literals => {
                let searcher = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(literals);
                Searcher::Many(searcher.map_err(|error| Error::bad_option("raw filter", error.to_string()))?)
            }
        };
        Ok(Self { literals, searcher })
    }

    /// The literals, sorted.
    pub fn literals(&self) -> &[Vec<u8>] {
        &self.literals
    }

    /// Whether the literals, which are UTF-8, stand for themselves in text of an encoding.
    pub(crate) fn serves(&self, encoding: Encoding) -> bool {
        self.literals.iter().all(|literal| encoding.has_bytes_of_utf8(literal))
    }

    /// Where the first literal begins.
    pub(crate) fn find(&self, data: &[u8]) -> Option<usize> {
        match &self.searcher {
            Searcher::One(finder) => finder.find(data),
            Searcher::Many(searcher) => searcher.find(data).map(|found| found.start()),
        }
    }
}

impl fmt::Debug for RawFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let literals: Vec<_> =
            self.literals.iter().map(|literal| literal.escape_ascii().to_string()).collect();
        f.debug_tuple("RawFilter").field(&literals).finish()
    }
}

impl PartialEq for RawFilter {
    fn eq(&self, other: &Self) -> bool {
        self.literals == other.literals
    }
}

impl Eq for RawFilter {}

/// A test of the values of some columns.
pub trait RowFilter: fmt::Debug + Send + Sync {
    /// The columns that it looks at, by their places among those that are asked for.
    fn columns(&self) -> &[usize];

    /// Whether it can leave anything out yet: a condition may become known only while files are read.
    fn is_ready(&self) -> bool {
        true
    }

    /// Which rows to keep, going by the values of the columns, in their order. `None`: all of them.
    fn keep(&self, columns: &[ArrayRef]) -> Option<BooleanArray>;
}

/// What a file tells of many rows together.
#[derive(Debug, Clone)]
pub struct GroupBounds {
    /// How many rows there are.
    pub rows: u64,
    /// What is known of their values in some columns, by the columns' numbers in the table.
    pub columns: Vec<(usize, ColumnBounds)>,
}

/// What is known of the values of a column. The arrays have one value, which is null where nothing is known.
#[derive(Debug, Clone)]
pub struct ColumnBounds {
    /// No value is less.
    pub least: ArrayRef,
    /// No value is greater.
    pub greatest: ArrayRef,
    /// How many are null, if that is known.
    pub nulls: Option<u64>,
}

/// A test of what a file tells of many rows, as Parquet does of row groups.
pub trait GroupFilter: fmt::Debug + Send + Sync {
    /// The columns of the table that it wants to know of.
    fn columns(&self) -> &[usize];

    /// Whether any of the rows may be wanted.
    fn may_keep(&self, bounds: &GroupBounds) -> bool;
}

/// What is known of the rows that are wanted.
#[derive(Debug, Clone, Default)]
pub struct ScanFilter {
    /// By their bytes.
    pub raw: Option<RawFilter>,
    /// By their values.
    pub rows: Option<Arc<dyn RowFilter>>,
    /// Many together, by what their file tells of them.
    pub groups: Option<Arc<dyn GroupFilter>>,
}

/// Whether a filter is worth its while, going by what it has done so far.
#[derive(Debug, Default)]
pub struct Usefulness {
    seen: u64,
    kept: u64,
    /// Chunks for which the filter is left out.
    pauses: u32,
}

/// A raw filter is left out if it keeps more than one byte in so many: a record by itself takes about four times
/// as long as one among all.
pub(crate) const RAW_FILTER_WORTH: u64 = 5;

/// Chunks for which a filter is left out that keeps too much: data changes, so it is tried again.
const PAUSE_CHUNKS: u32 = 64;

impl Usefulness {
    /// Whether to use the filter for the next chunk.
    pub fn next_chunk(&mut self) -> bool {
        self.pauses = self.pauses.saturating_sub(1);
        self.pauses == 0
    }

    /// Notes what the filter kept of a chunk; it pauses if that is more than one in `worth`.
    pub fn note(&mut self, kept: usize, seen: usize, worth: u64) {
        // What was seen long ago counts less.
        self.seen = self.seen / 2 + seen as u64;
        self.kept = self.kept / 2 + kept as u64;
        if self.kept * worth > self.seen {
            *self = Self { pauses: PAUSE_CHUNKS, ..Self::default() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_several_literals_is_found() {
        let one = RawFilter::new(vec![b"Obama".to_vec()]).unwrap();
        assert_eq!(one.find(b"en Barack_Obama 1"), Some(10));
        assert_eq!(one.find(b"Obam"), None);
        let many = RawFilter::new(vec![b"b".to_vec(), b"abc".to_vec(), b"b".to_vec()]).unwrap();
        assert_eq!(many.literals(), [b"abc".to_vec(), b"b".to_vec()]);
        assert_eq!(many.find(b"xxabc"), Some(2));
        assert_eq!(many.find(b"xxac"), None);
        assert!(RawFilter::new(vec![]).is_err());
        assert!(RawFilter::new(vec![vec![]]).is_err());
    }

    #[test]
    fn a_filter_that_keeps_too_much_pauses() {
        let mut usefulness = Usefulness::default();
        assert!(usefulness.next_chunk());
        usefulness.note(10, 1000, 5);
        assert!(usefulness.next_chunk());
        usefulness.note(900, 1000, 5);
        assert_eq!((0..100).filter(|_| !usefulness.next_chunk()).count(), PAUSE_CHUNKS as usize - 1);
    }
}
