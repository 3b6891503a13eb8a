//! Some rows by chance.

use super::Frame;
use super::sort::kept_in_order;
use crate::error::Error;
use crate::operators::Operator;
use crate::operators::sample::{Sample, SampleSize};

impl Frame {
    /// Each row with a chance of `fraction`, from 0 to 1, independently of the others; so about, not
    /// exactly, that share of them.
    ///
    /// The same seed takes the same rows of the same files, whatever the number of threads: whether a row is
    /// taken depends on the seed and on how many rows are before it. Rows that have no order of their own, as
    /// those of groups and joins, need to be [sorted](Frame::sort) first.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a\n1\n3\n2\n").unwrap();
    /// let frame = swath::read_csv(&path).scan()?;
    /// assert_eq!(frame.sample(1.0, 7).count().get()?, 3);
    /// assert_eq!(frame.sample(0.5, 7).collect()?, frame.sample(0.5, 7).collect()?);
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn sample(&self, fraction: f64, seed: u64) -> Self {
        self.step(|plan| {
            if !(0.0..=1.0).contains(&fraction) {
                return Err(Error::query(
                    format!("a sample is a share from 0 to 1 of the rows, not {fraction}"),
                    "for a tenth: sample(0.1, seed); for a number of rows: sample_rows(n, seed)".to_owned(),
                ));
            }
            Ok(Sample { size: SampleSize::share(fraction), seed }.over(kept_in_order(plan)?))
        })
    }

    /// So many rows by chance, each with the same one, in their order; all of them if there are no more.
    ///
    /// All rows are read, and those that are taken are kept in memory. The same seed takes the same rows, as of
    /// [`Frame::sample`].
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a\n1\n3\n2\n").unwrap();
    /// let frame = swath::read_csv(&path).scan()?;
    /// assert_eq!(frame.sample_rows(2, 7).count().get()?, 2);
    /// assert_eq!(frame.sample_rows(2, 7).collect()?, frame.sample_rows(2, 7).collect()?);
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn sample_rows(&self, count: usize, seed: u64) -> Self {
        self.step(|plan| Ok(Sample { size: SampleSize::Rows(count), seed }.over(kept_in_order(plan)?)))
    }

    /// Parts of all rows by chance, each row in one of them: about so large as the shares say, which add up to 1.
    ///
    /// The same seed gives the same parts, as of [`Frame::sample`]. Computed together, they share one read.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a\n1\n3\n2\n").unwrap();
    /// let frame = swath::read_csv(&path).scan()?;
    /// let [train, test] = frame.random_split([0.8, 0.2], 7);
    /// let (train, test) = swath::compute((train.count(), test.count()))?;
    /// assert_eq!(train + test, 3);
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn random_split<const N: usize>(&self, shares: [f64; N], seed: u64) -> [Self; N] {
        let sum: f64 = shares.iter().sum();
        let is_whole = shares.iter().all(|share| (0.0..=1.0).contains(share)) && (sum - 1.0).abs() < 1e-9;
        let mut from = 0.0;
        let mut number = 0;
        shares.map(|share| {
            number += 1;
            let start = from;
            // The last one takes what rounding leaves.
            from = if number == N { 1.0 } else { start + share };
            let end = from;
            self.step(|plan| {
                if !is_whole {
                    return Err(Error::query(
                        format!("shares of all rows are from 0 to 1 and add up to 1, and these to {sum}"),
                        "as in random_split([0.8, 0.2], seed)".to_owned(),
                    ));
                }
                Ok(Sample { size: SampleSize::between(start, end), seed }.over(kept_in_order(plan)?))
            })
        })
    }
}
