//! What a data set must offer to be written to files.

use std::io;

/// Text to be made, in files that are independent of each other.
pub trait Dataset: Sync {
    /// Returns the number of files.
    fn files(&self) -> usize;

    /// Returns the lines of all files together, headers not counted.
    fn rows(&self) -> u64;

    /// Returns the name of a file before the codec adds its own ending.
    fn name(&self, file: usize) -> String;

    /// Makes the text of one file and hands it on piece by piece.
    ///
    /// What is made follows from the data set and `file` alone.
    ///
    /// # Errors
    ///
    /// Those of `emit`, which also end the work.
    fn generate(&self, file: usize, emit: &mut Emit<'_>) -> io::Result<()>;
}

/// Takes a run of whole lines and the number of rows in it.
pub type Emit<'a> = dyn FnMut(&[u8], u64) -> io::Result<()> + 'a;

/// Returns the part of `rows` that goes to the file at `index` of `files`.
pub(crate) fn split(rows: u64, files: u64, index: u64) -> u64 {
    let upto = |index: u64| (u128::from(rows) * u128::from(index) / u128::from(files)) as u64;
    upto(index + 1) - upto(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up() {
        for (rows, files) in [(0, 3), (1, 3), (10, 3), (u64::MAX, 7)] {
            let parts: Vec<u64> = (0..files).map(|index| split(rows, files, index)).collect();
            assert_eq!(parts.iter().sum::<u64>(), rows);
            assert!(parts.iter().max().unwrap() - parts.iter().min().unwrap() <= 1);
        }
    }
}
