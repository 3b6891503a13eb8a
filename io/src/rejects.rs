//! Records that do not fit: how many there were, and the first of them in full.

use std::collections::BTreeMap;
use std::fmt;
use std::mem::take;
use std::ops::Bound;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::BEHIND_GAP;
use crate::options::{ColumnType, CsvOptions};
use crate::scanner::infer::{ColumnValues, ValuesByColumn, add_values};

/// A value or a record that could not be read and was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// The line on which the record starts, as in [`Location::line`](crate::Location::line).
    pub line: u64,
    /// The name of the column; `None` if it is the record as a whole.
    pub column: Option<String>,
    /// What was expected: "an integer", "3 fields".
    pub expected: String,
    /// The value, or how many fields there are: shortened if long.
    pub found: String,
    /// The record as it stands in the file, without its end: shortened if long.
    pub record: String,
}

impl Reject {
    /// The line on which the record starts, counted from 1 in the decoded text; `None` behind a part of the file that is lost.
    pub fn known_line(&self) -> Option<u64> {
        (self.line & BEHIND_GAP == 0).then_some(self.line)
    }
}

/// Where a reject stands: by file, the record's byte offset in the decoded text, and the column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RejectPlace {
    /// The file, as the user named it.
    pub path: PathBuf,
    /// The byte offset of the record, counted from 0.
    pub byte_offset: u64,
    /// The column's number; 0 if it is the record as a whole.
    pub column: usize,
}

/// What was rejected of files, by place: the last read of each file counts. Cloning shares it.
///
/// Memory is bounded: when more come than are to be kept, those that stand last are forgotten, so that what is
/// kept does not depend on who read what when.
#[derive(Debug, Clone, Default)]
pub struct Rejects(Arc<Mutex<BTreeMap<RejectPlace, Reject>>>);

impl Rejects {
    /// Everything that is kept, by place.
    pub fn all(&self) -> Vec<(RejectPlace, Reject)> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().map(|(place, reject)| (place.clone(), reject.clone())).collect()
    }

    /// Adds some, and forgets the last ones beyond `limit`.
    pub(crate) fn add(&self, rejects: Vec<(RejectPlace, Reject)>, limit: usize) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(rejects);
        while kept.len() > limit {
            kept.pop_last();
        }
    }

    /// Forgets what was rejected of files: they are read anew.
    pub(crate) fn forget<'a>(&self, paths: impl Iterator<Item = &'a PathBuf>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_empty() {
            return;
        }
        for path in paths {
            let first = RejectPlace { path: path.clone(), byte_offset: 0, column: 0 };
            let of_file = kept.range((Bound::Included(first), Bound::Unbounded));
            let of_file = of_file.map(|(place, _)| place.clone());
            let gone: Vec<_> = of_file.take_while(|place| place.path == *path).collect();
            gone.iter().for_each(|place| drop(kept.remove(place)));
        }
    }
}

/// What became of a value or a record that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    /// A null stands in place of the value.
    Nulled,
    /// Nulls stand in place of the record's missing fields.
    Padded,
    /// The record's last fields were left out.
    Cut,
    /// The record was left out.
    Skipped,
    /// The record was left out, and kept in [`Rejects`].
    Rejected,
    /// The line is one of several of a record that was left out, as a quote in it runs to the end of the file.
    InQuotes,
}

/// How often something became of values or records, and the first of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Count {
    pub(crate) count: u64,
    /// Number of the file, byte offset of the record, and what is wrong with it.
    pub(crate) first: Option<(usize, u64, String)>,
}

impl Count {
    pub(crate) fn add(&mut self, other: Self) {
        self.count += other.count;
        if let Some(first) = other.first
            && self.first.as_ref().is_none_or(|known| (first.0, first.1) < (known.0, known.1))
        {
            self.first = Some(first);
        }
    }
}

/// What a scan counts while it runs. Cloning shares it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    counted: BTreeMap<Fate, Count>,
    /// What columns hold of which the heads of the files have no value.
    first_values: ValuesByColumn,
    /// Nothing is counted.
    void: bool,
}

impl Tally {
    pub(crate) fn add(&self, counts: BTreeMap<Fate, Count>, first_values: ValuesByColumn) {
        let mut known = self.lock();
        if known.void {
            return;
        }
        counts.into_iter().for_each(|(fate, new)| known.counted.entry(fate).or_default().add(new));
        add_values(&mut known.first_values, first_values);
    }

    /// Forgets all, for good: the files are to be read again in another way.
    pub(crate) fn void(&self) {
        *self.lock() = Counts { void: true, ..Counts::default() };
    }

    /// Whether somebody else has it, too.
    pub(crate) fn is_shared(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    pub(crate) fn is_empty(&self) -> bool {
        let counts = self.lock();
        counts.counted.is_empty() && counts.first_values.is_empty()
    }

    /// What was counted since it was last asked for, in words.
    pub(crate) fn take_notes(&self) -> Vec<String> {
        let mut counts = self.lock();
        let (counted, first_values) = (take(&mut counts.counted), take(&mut counts.first_values));
        drop(counts);
        let note = |(fate, Count { count, first }): (Fate, Count)| {
            let first = first.map(|(_, _, what)| format!("; the first: {what}")).unwrap_or_default();
            format!("{}{first}", Told(fate, count))
        };
        let read_as_text =
            first_values.into_iter().filter_map(|(column, values)| read_as_text(&column, values));
        counted.into_iter().map(note).chain(read_as_text).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// That a column is read as text, as nothing was known of it, though its values are of another type.
fn read_as_text(column: &str, values: ColumnValues) -> Option<String> {
    let ty = values.column_type(&CsvOptions::default());
    (ty != ColumnType::Text).then(|| {
        format!(
            "column \"{column}\" is read as text, as the heads of the files have no value of it, and all it has further on \
             are {ty}; types = {{'{column}': '{ty}'}} reads them so"
        )
    })
}

/// How many shared what fate.
struct Told(Fate, u64);

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(fate, count) = self;
        let (one, many) = match fate {
            Fate::Nulled => ("value that does not fit became null", "values that do not fit became null"),
            Fate::Padded => {
                ("short record was filled up with nulls", "short records were filled up with nulls")
            }
            Fate::Cut => ("long record was cut", "long records were cut"),
            Fate::Skipped => ("record was skipped", "records were skipped"),
            Fate::Rejected => (
                "record was rejected: SELECT * FROM rejects() tells why",
                "records were rejected: SELECT * FROM rejects() tells why",
            ),
            Fate::InQuotes => {
                ("", "lines were left out with a quote that nothing closes: loose_quotes = true reads them")
            }
        };
        write!(f, "{count} {}", if *count == 1 { one } else { many })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reject(path: &str, byte_offset: u64) -> (RejectPlace, Reject) {
        let place = RejectPlace { path: path.into(), byte_offset, column: 0 };
        let text = String::new;
        (place, Reject { line: 1, column: None, expected: text(), found: text(), record: text() })
    }

    fn offsets(rejects: &Rejects) -> Vec<(String, u64)> {
        let place = |(place, _): (RejectPlace, _)| (place.path.display().to_string(), place.byte_offset);
        rejects.all().into_iter().map(place).collect()
    }

    #[test]
    fn the_first_ones_are_kept_whatever_their_order() {
        let all = [reject("b", 1), reject("a", 9), reject("a", 3), reject("c", 0)];
        for turn in 0..4 {
            let rejects = Rejects::default();
            (0..4).for_each(|at| rejects.add(vec![all[(at + turn) % 4].clone()], 2));
            assert_eq!(offsets(&rejects), [("a".into(), 3), ("a".into(), 9)]);
        }
    }

    #[test]
    fn a_file_that_is_read_anew_begins_anew() {
        let rejects = Rejects::default();
        rejects.add(vec![reject("a", 1), reject("b", 2), reject("bc", 3)], 10);
        rejects.forget([PathBuf::from("b")].iter());
        assert_eq!(offsets(&rejects), [("a".into(), 1), ("bc".into(), 3)]);
    }
}
