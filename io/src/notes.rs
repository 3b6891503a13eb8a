//! Things that a person should know of although nothing failed.

use std::sync::{Arc, Mutex, PoisonError};

/// A shared list of notes ("the file is named .gz and holds bzip2 data"), each kept once.
///
/// Cloning shares the list. Notes never change a result: what changes a result is an error.
#[derive(Debug, Clone, Default)]
pub struct Notes(Arc<Mutex<Vec<String>>>);

/// More notes than this are counted, not kept: ten thousand files must not fill the screen.
const MAX_KEPT: usize = 100;

impl Notes {
    /// Adds a note, unless it is there already.
    pub fn add(&self, note: String) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.len() < MAX_KEPT && !notes.contains(&note) {
            notes.push(note);
        }
    }

    /// Takes all notes out, in the order in which they came.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
