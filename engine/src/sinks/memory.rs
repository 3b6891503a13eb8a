//! Memory of files that hold rows until they have many, as Parquet does.

use std::sync::Arc;

use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};

/// Of the limit, all files of a write may take this part: a quarter.
const SHARE: usize = 4;

/// And each of them that much in any case, 1 / 64: with less it would write hardly more than it has to say of it.
const LEAST_SHARE: usize = 64;

/// The memory of one file.
#[derive(Debug)]
pub(crate) struct WriterMemory {
    reservation: MemoryReservation,
    least_bytes: usize,
    most_bytes: usize,
}

impl WriterMemory {
    /// Memory for one of so many files that are written at the same time.
    pub(crate) fn new(pool: &Arc<dyn MemoryPool>, files: usize) -> Self {
        let limit_bytes = match pool.memory_limit() {
            MemoryLimit::Finite(bytes) => bytes,
            _ => usize::MAX,
        };
        let least_bytes = limit_bytes / LEAST_SHARE / files.max(1);
        let most_bytes = limit_bytes / SHARE / files.max(1);
        let reservation = MemoryConsumer::new("rows of a file").with_can_spill(true).register(pool);
        Self { reservation, least_bytes, most_bytes }
    }

    /// Takes as much as the file holds now; `false` where that is too much, and it has to write.
    pub(crate) fn take(&self, bytes: usize) -> bool {
        if bytes <= self.least_bytes {
            self.reservation.resize(bytes);
            return true;
        }
        bytes <= self.most_bytes && self.reservation.try_resize(bytes).is_ok()
    }

    /// Gives it back: the file holds nothing any more.
    pub(crate) fn give_back(&self) {
        self.reservation.free();
    }
}
