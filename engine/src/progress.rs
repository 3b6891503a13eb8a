//! How far queries are, while they run.

use std::convert::Infallible;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::session::Session;
use crate::threads::spawn;

/// What the queries of a session have done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes of files that were read, compressed as they are.
    pub read_bytes: u64,
    /// Bytes of all files that are to be read by the queries that have begun, those that were read among them.
    /// Standard input and pipes have no length, and count nothing.
    pub total_bytes: u64,
    /// Rows read.
    pub rows: u64,
    /// Bytes written to disk because they did not fit into memory.
    pub spilled_bytes: u64,
    /// Time since the session, or the watch, began.
    pub elapsed: Duration,
}

impl Progress {
    /// The part of what is to be read that was read, from 0 to 1; `None` if nothing is known of it. The time that a
    /// query takes goes into reading most often, so that this is about how far it is.
    pub fn fraction(&self) -> Option<f64> {
        (self.total_bytes > 0).then(|| (self.read_bytes as f64 / self.total_bytes as f64).min(1.0))
    }

    /// How long the rest will take, if it takes as long a byte as what was read; `None` if nothing is known of it.
    pub fn remaining(&self) -> Option<Duration> {
        let fraction = self.fraction().filter(|fraction| *fraction > 0.0)?;
        Duration::try_from_secs_f64(self.elapsed.as_secs_f64() * (1.0 - fraction) / fraction).ok()
    }

    /// What was done after `earlier`.
    fn since(&self, earlier: &Self) -> Self {
        Self {
            read_bytes: self.read_bytes.saturating_sub(earlier.read_bytes),
            // What ran then and was given up since was to read more.
            total_bytes: self.total_bytes.saturating_sub(earlier.read_bytes),
            rows: self.rows.saturating_sub(earlier.rows),
            spilled_bytes: self.spilled_bytes.saturating_sub(earlier.spilled_bytes),
            elapsed: self.elapsed.saturating_sub(earlier.elapsed),
        }
    }
}

/// Tells the progress of a session until it is dropped.
#[derive(Debug)]
pub struct ProgressWatch {
    stop: Option<Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for ProgressWatch {
    /// Waits until a call that is under way has ended: after this there is none.
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the function was told by the thread.
            let _ = thread.join();
        }
    }
}

impl Session {
    /// What the queries of this session have done since it was made.
    pub fn progress(&self) -> Progress {
        let scanned = self.pass_space().scans().scanned();
        Progress {
            read_bytes: scanned.read_bytes,
            total_bytes: scanned.total_bytes,
            rows: scanned.rows,
            spilled_bytes: self.resource_usage().spilled_bytes,
            elapsed: self.begun().elapsed(),
        }
    }

    /// Calls a function with what was done since now, again and again, `every` so often, on a thread of its own.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("a.csv");
    /// # std::fs::write(&path, "id\n1\n2\n")?;
    /// use std::time::Duration;
    ///
    /// let session = swath::Session::new()?;
    /// let watch = session.watch_progress(Duration::from_millis(500), |progress| {
    ///     eprintln!("{} of {} bytes", progress.read_bytes, progress.total_bytes);
    /// })?;
    /// session.collect_blocking(&format!("SELECT max(id) FROM '{}'", path.display()))?;
    /// drop(watch);
    /// assert_eq!(session.progress().rows, 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The operating system gives no thread.
    pub fn watch_progress(
        &self,
        every: Duration,
        mut tell: impl FnMut(&Progress) + Send + 'static,
    ) -> Result<ProgressWatch> {
        let (stop, stopped) = mpsc::channel::<Infallible>();
        let (session, before, begun) = (self.clone(), self.progress(), Instant::now());
        let watch = move || {
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                tell(&Progress { elapsed: begun.elapsed(), ..session.progress().since(&before) });
            }
        };
        let thread = spawn("swath-progress", "watch the progress", watch)?;
        Ok(ProgressWatch { stop: Some(stop), thread: Some(thread) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_takes_as_long_a_byte() {
        let elapsed = Duration::from_secs(10);
        let progress = Progress { read_bytes: 25, total_bytes: 100, elapsed, ..Progress::default() };
        assert_eq!(progress.fraction(), Some(0.25));
        assert_eq!(progress.remaining(), Some(Duration::from_secs(30)));
        let nothing = Progress { elapsed, ..Progress::default() };
        assert_eq!((nothing.fraction(), nothing.remaining()), (None, None));
        let earlier = Progress { read_bytes: 20, total_bytes: 90, ..Progress::default() };
        assert_eq!(progress.since(&earlier).total_bytes, 80);
    }
}
