//! Bags of texts into files of lines.

use std::path::Path;

use serde::Serialize;

use super::Bag;
use super::to_frame::Columns;
use crate::error::Result;
use crate::sinks::Sink;

/// The name of the column in which the lines travel.
const LINE: &str = "line";

impl<T> Bag<T>
where
    T: ?Sized + ToOwned + Columns + 'static,
    T::Owned: Serialize + Send,
{
    /// Writes each text as a line; the codec follows from the name, and a folder or a name with `*` gets one
    /// file a partition. Nothing is written until the [`Sink`] is computed, alone or with other results.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let dir = tempfile::tempdir()?;
    /// let words = swath::bag::from_iter(["a", "bcd", "ef"], 1);
    /// let long = words.filter(|word| word.len() > 1).map(|word| word.to_string());
    /// assert_eq!(long.to_text_files(dir.path().join("long.txt.gz"))?.run()?, 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What shows when the bag's files are opened. Later: a bag of something else than texts, a text with a
    /// line end in it.
    #[doc(alias = "to_textfiles")]
    #[track_caller]
    pub fn to_text_files(&self, path: impl AsRef<Path>) -> Result<Sink> {
        Ok(self.to_frame([LINE])?.to_text(path))
    }
}
