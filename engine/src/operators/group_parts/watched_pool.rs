//! Memory for a table that is told when there is no more, and stops by itself.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use datafusion::error::Result;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};

/// Of the limit, a table has at least this part, 1 / 64, before it goes to disk: writing few groups does not make room.
const LEAST_SHARE: usize = 64;

/// A pool that refuses nothing, and says when the one behind it does.
#[derive(Debug)]
pub(super) struct WatchedPool {
    pool: Arc<dyn MemoryPool>,
    is_short: Arc<AtomicBool>,
    least_bytes: usize,
}

impl WatchedPool {
    /// A pool before another one, and what becomes true when that refuses.
    pub(super) fn new(pool: &Arc<dyn MemoryPool>) -> (Self, Arc<AtomicBool>) {
        let least_bytes = match pool.memory_limit() {
            MemoryLimit::Finite(limit_bytes) => limit_bytes / LEAST_SHARE,
            _ => 0,
        };
        let is_short = Arc::new(AtomicBool::new(false));
        (Self { pool: Arc::clone(pool), is_short: Arc::clone(&is_short), least_bytes }, is_short)
    }
}

impl MemoryPool for WatchedPool {
    fn name(&self) -> &str {
        "watched"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.pool.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.pool.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.pool.grow(reservation, additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, len_bytes: usize) {
        self.pool.shrink(reservation, len_bytes);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        if self.pool.try_grow(reservation, additional).is_err() {
            // It is in use already: tables grow, and then ask.
            self.pool.grow(reservation, additional);
            let is_enough = reservation.size() + additional > self.least_bytes;
            self.is_short.fetch_or(is_enough, Ordering::Relaxed);
        }
        Ok(())
    }

    fn reserved(&self) -> usize {
        self.pool.reserved()
    }

    /// With a limit, the relational core would write to disk by itself.
    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Infinite
    }
}

impl fmt::Display for WatchedPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pool.fmt(f)
    }
}
