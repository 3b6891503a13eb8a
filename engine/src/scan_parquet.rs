//! Parquet files as a frame.

use swath_planner::{SourceCall, SourceFunction};

use crate::error::Result;
use crate::frame::Frame;
use crate::options::OptionValue;
use crate::paths::Paths;
use crate::session::Session;

/// Reads Parquet files as a table, by a path or glob, or several. Only the columns that are asked for are read. Columns
/// of several files belong together by name.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("flights.csv");
/// # std::fs::write(&path, "dest,delay\nSFO,12\nOAK,3\n")?;
/// # let parquet = dir.path().join("flights.parquet");
/// let flights = swath::read_csv(&path).scan()?;
/// swath::compute(flights.to_parquet(&parquet))?;
/// assert_eq!(swath::scan_parquet(&parquet)?.max("delay").get()?, Some(12.0));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// No file, files that are not Parquet, a column whose types in two files do not go together.
pub fn scan_parquet(paths: impl Paths) -> Result<Frame> {
    Session::shared()?.scan_parquet(paths, Vec::new())
}

impl Session {
    /// Like [`scan_parquet`], in this session, with options by the names that `read_parquet` has in SQL.
    ///
    /// # Errors
    /// No file, files that are not Parquet, wrong options.
    pub fn scan_parquet(&self, paths: impl Paths, options: Vec<(String, OptionValue)>) -> Result<Frame> {
        let call = SourceCall { function: SourceFunction::ReadParquet, paths: paths.into_paths()?, options };
        Ok(Frame::new(self, self.scan(&call)?))
    }
}
