//! Things that a person should know of although nothing failed.

use std::sync::{Arc, Mutex, PoisonError};

use crate::losses::Losses;
use crate::rejects::{Rejects, Tally};

/// A shared list of notes ("the file is named .gz and holds bzip2 data"), each kept once, with what scans count
/// while they run.
///
/// Cloning shares the list. Notes never change a result: what changes a result was asked for, or is an error.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    texts: Arc<Mutex<Vec<String>>>,
    tallies: Arc<Mutex<Vec<Tally>>>,
    rejects: Rejects,
    losses: Losses,
}

/// More notes than this are counted, not kept: ten thousand files must not fill the screen.
const MAX_KEPT: usize = 100;

impl Notes {
    /// Adds a note, unless it is there already.
    pub fn add(&self, note: String) {
        let mut notes = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.len() < MAX_KEPT && !notes.contains(&note) {
            notes.push(note);
        }
    }

    /// Takes all notes out, in the order in which they came; at the end, what was lost of damaged files, and what scans have counted
    /// so far.
    pub fn take(&self) -> Vec<String> {
        let mut notes = std::mem::take(&mut *self.texts.lock().unwrap_or_else(PoisonError::into_inner));
        notes.extend(self.losses.take_notes());
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        for note in tallies.iter().flat_map(Tally::take_notes) {
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        tallies.retain(Tally::is_shared);
        notes
    }

    /// What was rejected.
    pub fn rejects(&self) -> &Rejects {
        &self.rejects
    }

    /// What was lost of damaged files that were salvaged.
    pub fn losses(&self) -> &Losses {
        &self.losses
    }

    /// Counts are told with the notes: those that have been counted by the time they are taken.
    pub(crate) fn add_tally(&self, tally: &Tally) {
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        tallies.retain(|tally| tally.is_shared() || !tally.is_empty());
        tallies.push(tally.clone());
    }
}
