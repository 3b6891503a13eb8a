//! How far the scans of a session are.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};

use super::PassScan;
use crate::threads::lock;

/// The scans of a session: those that run, and what those that have ended did.
#[derive(Debug, Default)]
pub(crate) struct Scans {
    state: Mutex<State>,
    /// Whether scans remember when they were at work.
    remember_work: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    running: Vec<Weak<PassScan>>,
    ended: Scanned,
}

/// What scans have done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Scanned {
    /// Bytes of files, as they are on disk, that were read.
    pub(crate) read_bytes: u64,
    /// Bytes that are to be read, those that were read among them.
    pub(crate) total_bytes: u64,
    pub(crate) rows: u64,
}

impl Scanned {
    fn add(&mut self, other: Self) {
        self.read_bytes += other.read_bytes;
        self.total_bytes += other.total_bytes;
        self.rows += other.rows;
    }
}

impl Scans {
    /// Lets the scans that begin from now on remember when they were at work.
    pub(crate) fn remember_work(&self) {
        self.remember_work.store(true, Ordering::Relaxed);
    }

    /// Whether scans remember when they were at work.
    pub(super) fn remembers_work(&self) -> bool {
        self.remember_work.load(Ordering::Relaxed)
    }

    /// A scan begins.
    pub(super) fn begin(&self, scan: &Arc<PassScan>) {
        let mut state = lock(&self.state);
        state.running.retain(|scan| scan.strong_count() > 0);
        state.running.push(Arc::downgrade(scan));
    }

    /// A scan has ended: there is no more to read than was read.
    pub(super) fn end(&self, scanned: Scanned) {
        lock(&self.state).ended.add(Scanned { total_bytes: scanned.read_bytes, ..scanned });
    }

    /// What all of them have done.
    pub(crate) fn scanned(&self) -> Scanned {
        let (running, mut scanned) = {
            let state = lock(&self.state);
            (state.running.iter().filter_map(Weak::upgrade).collect::<Vec<_>>(), state.ended)
        };
        // Not under the lock: the last one to have a scan ends it.
        running.iter().for_each(|scan| scanned.add(scan.scanned()));
        scanned
    }
}
