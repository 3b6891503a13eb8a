//! When threads were at work on a scan.

use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use crate::explain::Work;
use crate::threads::lock;

/// A thread that goes on after a shorter pause is shown as one that made none.
const PAUSE: Duration = Duration::from_micros(100);

/// How far back the last work of a thread is looked for: threads take turns.
const LOOK_BACK: usize = 64;

/// What is remembered at most; more than a viewer shows: 16 MB.
const MAX_WORK: usize = 500_000;

/// Remembers when threads were at work.
#[derive(Debug, Default)]
pub(super) struct WorkLog(Mutex<Vec<Work>>);

impl WorkLog {
    /// Does something and remembers when.
    pub(super) fn time<T>(&self, work: impl FnOnce() -> T) -> T {
        let (begin, start) = (SystemTime::now(), Instant::now());
        let result = work();
        self.add(Work { thread: this_thread(), begin, len: start.elapsed() });
        result
    }

    fn add(&self, work: Work) {
        let mut all = lock(&self.0);
        if let Some(last) = all.iter_mut().rev().take(LOOK_BACK).find(|last| last.thread == work.thread) {
            let pause = work.begin.duration_since(last.begin + last.len).unwrap_or_default();
            if pause < PAUSE {
                last.len += pause + work.len;
                return;
            }
        }
        if all.len() < MAX_WORK {
            all.push(work);
        }
    }

    /// All that is remembered.
    pub(super) fn all(&self) -> Vec<Work> {
        lock(&self.0).clone()
    }
}

/// A number that no other thread has.
fn this_thread() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        static NUMBER: Cell<u64> = const { Cell::new(0) };
    }
    NUMBER.with(|number| {
        if number.get() == 0 {
            number.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        number.get()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_pauses_are_none() {
        let log = WorkLog::default();
        let work = |thread, at_micros, len_micros| Work {
            thread,
            begin: SystemTime::UNIX_EPOCH + Duration::from_micros(at_micros),
            len: Duration::from_micros(len_micros),
        };
        for (thread, at, len) in [(1, 0, 1000), (2, 500, 1000), (1, 1050, 950), (1, 5000, 10)] {
            log.add(work(thread, at, len));
        }
        assert_eq!(log.all(), [work(1, 0, 2000), work(2, 500, 1000), work(1, 5000, 10)]);
        assert_ne!(this_thread(), std::thread::spawn(this_thread).join().unwrap());
    }
}
