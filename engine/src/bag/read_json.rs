//! Lines of JSON as a bag of typed values.

use std::any::type_name;

use serde::de::DeserializeOwned;

use super::Bag;
use super::read_text::{ReadText, read_text};
use super::sink::MORE;
use super::site::{failure, shown};
use crate::paths::Paths;
use crate::session::Session;

/// The values of files of JSON, plain or compressed, one value a line; blank lines are passed over.
///
/// A line that is not such a value is an error of the computation that shows the line.
///
/// ```
/// use std::collections::HashMap;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("flights.jsonl");
/// std::fs::write(&path, "{\"delay\": 12}\n{\"delay\": 30}\n")?;
/// let flights = swath::read_json::<HashMap<String, i64>>(&path);
/// assert_eq!(flights.map(|flight| flight["delay"]).max().get()?, Some(30));
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn read_json<T: DeserializeOwned + 'static>(paths: impl Paths) -> Bag<T> {
    parse(&read_text(paths))
}

impl Session {
    /// Like [`read_json`], in this session.
    #[track_caller]
    pub fn read_json<T: DeserializeOwned + 'static>(&self, paths: impl Paths) -> Bag<T> {
        parse(&self.read_text(paths))
    }
}

#[track_caller]
fn parse<T: DeserializeOwned + 'static>(lines: &ReadText) -> Bag<T> {
    lines.each("read_json", |_, line, sink| {
        if line.trim().is_empty() {
            return Ok(MORE);
        }
        match serde_json::from_str::<T>(line) {
            Ok(value) => sink.push(&value),
            Err(error) => {
                let message = format!("not a {} in JSON: {error}: {}", type_name::<T>(), shown(line));
                let hint = "each line must be one value; for others use read_text and filter_map, for one array of objects scan_json and to_bag".to_owned();
                Err(failure(message, hint))
            }
        }
    })
}
