//! The most frequent values: Misra and Gries, "Finding repeated elements" (1982).
//!
//! So many values are counted at a time. One that has no place takes one from the count of each, and those at zero lose
//! theirs. What is left was seen at least as often as its count says, and at most as often more as was taken from it.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef};
use arrow::util::display::ArrayFormatter;
use datafusion::error::Result;

use super::TopValue;
use crate::sinks::format::AS_CELLS;

/// Values that are counted at a time: those that are more than one in 512 are found for sure.
const PLACES: usize = 512;

/// Values that are shown.
const SHOWN: usize = 5;

/// Characters of a value that are shown.
const SHOWN_CHARS: usize = 40;

/// Counts of values, by their hashes.
#[derive(Debug, Default)]
pub(super) struct TopValues {
    places: HashMap<u64, Place>,
    /// How much was taken from all counts.
    taken: u64,
}

#[derive(Debug)]
struct Place {
    count: u64,
    value: Value,
}

#[derive(Debug)]
enum Value {
    /// In a row of the batch that is looked at.
    Row(usize),
    Text(String),
}

impl TopValues {
    /// Counts the values of a batch that are not null.
    pub(super) fn push(&mut self, values: &ArrayRef, hashes: &[u64]) -> Result<()> {
        let nulls = values.logical_nulls();
        for (row, hash) in hashes.iter().enumerate() {
            if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
                self.add(*hash, 1, || Value::Row(row));
            }
        }
        // Most values lose their places before they have to be made texts.
        let formatter = ArrayFormatter::try_new(values, &AS_CELLS)?;
        for place in self.places.values_mut() {
            if let Value::Row(row) = place.value {
                place.value = Value::Text(shortened(&formatter.value(row).try_to_string()?));
            }
        }
        Ok(())
    }

    fn add(&mut self, hash: u64, count: u64, value: impl FnOnce() -> Value) {
        if let Some(place) = self.places.get_mut(&hash) {
            place.count += count;
        } else if self.places.len() < PLACES {
            self.places.insert(hash, Place { count, value: value() });
        } else {
            // Counts come with their values one by one, or from another partition.
            let least = self.places.values().map(|place| place.count).min().unwrap_or(0).min(count);
            self.taken += least;
            self.places.retain(|_, place| {
                place.count -= least;
                place.count > 0
            });
            if count > least {
                self.add(hash, count - least, value);
            }
        }
    }

    pub(super) fn join(&mut self, other: Self) {
        self.taken += other.taken;
        for (hash, place) in other.places {
            self.add(hash, place.count, || place.value);
        }
    }

    /// All values with their counts, if none lost its place.
    pub(super) fn all(&self) -> Option<impl Iterator<Item = (&str, u64)>> {
        let counted = self.places.values().filter_map(|place| match &place.value {
            Value::Text(value) => Some((value.as_str(), place.count)),
            Value::Row(_) => None,
        });
        (self.taken == 0).then_some(counted)
    }

    /// The most frequent values, if they are more frequent than chance has it.
    pub(super) fn top(&self) -> Vec<TopValue> {
        let is_exact = self.taken == 0;
        let sure = |place: &&Place| {
            place.count > self.taken && (place.count > 1 || is_exact && self.places.len() <= SHOWN)
        };
        let value = |place: &Place| {
            let Value::Text(value) = &place.value else { return None };
            Some(TopValue { value: value.clone(), count: place.count, is_exact })
        };
        let mut top: Vec<TopValue> = self.places.values().filter(sure).filter_map(value).collect();
        top.sort_by(|left, right| right.count.cmp(&left.count).then_with(|| left.value.cmp(&right.value)));
        top.truncate(SHOWN);
        top
    }
}

/// The beginning of a long value.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS) {
        None => text.to_owned(),
        Some(_) => text.chars().take(SHOWN_CHARS - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::Int64Array;

    use super::*;

    fn pushed(numbers: impl Iterator<Item = i64>) -> TopValues {
        let numbers: Vec<i64> = numbers.collect();
        let hashes: Vec<u64> = numbers.iter().map(|number| *number as u64).collect();
        let mut top = TopValues::default();
        let array: ArrayRef = Arc::new(Int64Array::from(numbers));
        top.push(&array, &hashes).unwrap();
        top
    }

    #[test]
    fn frequent_values_are_found_among_many() {
        // 7 is every third value, 8 every sixth, the others are all different.
        let mixed = |from: i64| {
            (from..from + 60_000).map(|row| match row % 6 {
                0 | 3 => 7,
                1 => 8,
                _ => row + 100,
            })
        };
        let mut top = pushed(mixed(0));
        top.join(pushed(mixed(60_000)));
        let found = top.top();
        assert_eq!(found[0].value, "7");
        assert_eq!(found[1].value, "8");
        assert_eq!(found.len(), 2);
        assert!(found[0].count <= 40_000 && found[0].count > 39_000 && !found[0].is_exact, "{found:?}");
    }

    #[test]
    fn few_values_are_counted_exactly() {
        let mut top = pushed((0..100).map(|row| row % 3));
        top.join(pushed([0, 0].into_iter()));
        let found: Vec<_> = top.top().into_iter().map(|top| (top.value, top.count, top.is_exact)).collect();
        assert_eq!(found, [("0".into(), 36, true), ("1".into(), 33, true), ("2".into(), 33, true)]);
        assert!(pushed(0..400).top().is_empty());
        assert_eq!(pushed(0..2).top().len(), 2);
    }

    #[test]
    fn long_values_are_shortened() {
        assert_eq!(shortened(&"ä".repeat(40)), "ä".repeat(40));
        assert_eq!(shortened(&"ä".repeat(41)), "ä".repeat(39) + "…");
    }
}
