//! The table G1 of the database-like operations benchmark (db-benchmark) for questions of groups.
//!
//! ```text
//! id1,id2,id3,id4,id5,id6,v1,v2,v3
//! id016,id016,id0000042202,15,24,5971,5,11,37.211254
//! ```
//!
//! With `n` rows and `k` groups, `id1`, `id2`, `id4` and `id5` have `k` values each, `id3` and `id6` have `n / k`, all
//! equally likely. The benchmark's own data come from R; these have the same distributions, not the same rows.

use std::io;

use crate::dataset::{Dataset, Emit, split};
use crate::error::{Error, Result};
use crate::random::Random;
use crate::text::push_uint;

/// What to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Rows of all files together.
    pub rows: u64,
    /// How many values the small keys have.
    pub groups: u64,
    /// Files, `groups-00000.csv` and on.
    pub files: usize,
    /// Other seeds, other rows.
    pub seed: u64,
}

/// A table with keys of few and of many values.
#[derive(Debug, Clone)]
pub struct Groups(Options);

impl Groups {
    /// Checks the options.
    ///
    /// # Errors
    ///
    /// If there is no file, more than five digits can number, or no group.
    pub fn new(options: Options) -> Result<Self> {
        if !(1..=100_000).contains(&options.files) {
            return Err(Error::Options(format!("expected 1 to 100000 files, found {}", options.files)));
        }
        if options.groups == 0 {
            return Err(Error::Options("expected 1 group or more, found 0".to_owned()));
        }
        Ok(Self(options))
    }
}

impl Dataset for Groups {
    fn files(&self) -> usize {
        self.0.files
    }

    fn rows(&self) -> u64 {
        self.0.rows
    }

    fn name(&self, file: usize) -> String {
        format!("groups-{file:05}.csv")
    }

    fn generate(&self, file: usize, emit: &mut Emit<'_>) -> io::Result<()> {
        let Options { rows, groups, files, seed } = self.0;
        let many = (rows / groups).max(1);
        let mut random = Random::new(&[seed, file as u64]);
        let mut text = Vec::with_capacity(CHUNK_LEN_BYTES + 1024);
        text.extend_from_slice(b"id1,id2,id3,id4,id5,id6,v1,v2,v3\n");
        let mut unsent = 0;
        for _ in 0..split(rows, files as u64, file as u64) {
            push_row(&mut text, groups, many, &mut random);
            unsent += 1;
            if text.len() >= CHUNK_LEN_BYTES {
                emit(&text, unsent)?;
                text.clear();
                unsent = 0;
            }
        }
        emit(&text, unsent)
    }
}

/// Text that is gathered before it is handed on.
const CHUNK_LEN_BYTES: usize = 256 * 1024;

fn push_row(text: &mut Vec<u8>, few: u64, many: u64, random: &mut Random) {
    for (count, width) in [(few, 3), (few, 3), (many, 10)] {
        text.extend_from_slice(b"id");
        push_padded(text, 1 + random.below(count), width);
        text.push(b',');
    }
    for count in [few, few, many, 5, 15] {
        push_uint(text, 1 + random.below(count));
        text.push(b',');
    }
    push_uint(text, random.below(100));
    text.push(b'.');
    push_padded(text, random.below(1_000_000), 6);
    text.push(b'\n');
}

/// Appends a number with zeros in front.
fn push_padded(text: &mut Vec<u8>, value: u64, width: u32) {
    let zeros = (1..width).rev().take_while(|place| value < 10_u64.pow(*place)).count();
    text.extend(std::iter::repeat_n(b'0', zeros));
    push_uint(text, value);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn text(rows: u64, files: usize, file: usize) -> String {
        let groups = Groups::new(Options { rows, groups: 4, files, seed: 1 }).unwrap();
        let mut text = Vec::new();
        let mut write = |lines: &[u8], _| {
            text.extend_from_slice(lines);
            Ok(())
        };
        groups.generate(file, &mut write).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn keys_have_as_many_values_as_told() {
        let text = text(20_000, 2, 1);
        let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
        assert_eq!(rows.len(), 10_000);
        let values = |column: usize| rows.iter().map(|row| row[column]).collect::<BTreeSet<_>>();
        assert_eq!(values(0), BTreeSet::from(["id001", "id002", "id003", "id004"]));
        assert_eq!((values(3).len(), values(6).len(), values(7).len()), (4, 5, 15));
        // Of 5000 values, each is missed by a seventh of the files.
        assert!((4200..4450).contains(&values(2).len()), "{}", values(2).len());
        assert!(values(2).iter().all(|id| id.len() == 12));
        assert!(values(8).iter().all(|v| v.split_once('.').is_some_and(|(_, after)| after.len() == 6)));
    }

    #[test]
    fn numbers_are_padded() {
        for (value, width, expected) in
            [(7, 3, "007"), (42, 3, "042"), (100, 3, "100"), (1000, 3, "1000"), (0, 6, "000000")]
        {
            let mut text = Vec::new();
            push_padded(&mut text, value, width);
            assert_eq!(text, expected.as_bytes());
        }
    }
}
