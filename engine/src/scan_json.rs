//! JSON files as a frame.

use swath_planner::{SourceCall, SourceFunction};

use crate::error::Result;
use crate::frame::Frame;
use crate::options::OptionValue;
use crate::paths::Paths;
use crate::session::Session;

/// Reads JSON files as a table, by a path or glob, or several: an object on each line, or one array of objects. Keys
/// are columns; objects and lists in them are structs and lists. Typed elements come from
/// [`read_json`](crate::read_json).
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("flights.jsonl");
/// std::fs::write(&path, "{\"dest\": \"SFO\", \"delay\": 12}\n{\"dest\": \"OAK\", \"delay\": 1.5}\n")?;
/// let flights = swath::scan_json(&path)?;
/// assert_eq!(flights.columns()?, ["dest", "delay"]);
/// assert_eq!(flights.sum("delay").as_type::<f64>().get()?, Some(13.5));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// No file, files that cannot be read.
pub fn scan_json(paths: impl Paths) -> Result<Frame> {
    Session::shared()?.scan_json(paths, Vec::new())
}

impl Session {
    /// Like [`scan_json`], in this session, with options by the names that `read_json` has in SQL.
    ///
    /// # Errors
    /// No file, files that cannot be read, wrong options.
    pub fn scan_json(&self, paths: impl Paths, options: Vec<(String, OptionValue)>) -> Result<Frame> {
        let call = SourceCall { function: SourceFunction::ReadJson, paths: paths.into_paths()?, options };
        Ok(Frame::new(self, self.scan(&call)?))
    }
}
