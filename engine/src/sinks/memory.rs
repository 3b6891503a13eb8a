//! Memory of files that hold rows until they have many, as Parquet does.

use std::sync::Arc;

use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};
use swath_io::CompressionLimits;

/// Of the limit, all files of a write may take this part: a quarter.
const SHARE: usize = 4;

/// And each of them that much in any case, 1 / 64: with less it would write hardly more than it has to say of it.
const LEAST_SHARE: usize = 64;

/// What compressing may take where there are so many threads: all of them, as long as they need no more than a quarter of the limit.
pub(crate) fn compression_limits(pool: &Arc<dyn MemoryPool>, threads: usize) -> CompressionLimits {
    CompressionLimits { threads, memory_len_bytes: limit_bytes(pool) / SHARE }
}

/// So many files that rows are dealt out to are open at once at most, as a process may have a thousand.
const FILES_AT_ONCE: usize = 100;

/// How many files may be open that hold so many bytes each, so that they need no more than a quarter of the limit: one in any case.
pub(crate) fn files_at_once(pool: &Arc<dyn MemoryPool>, file_len_bytes: usize) -> usize {
    (limit_bytes(pool) / SHARE / file_len_bytes.max(1)).clamp(1, FILES_AT_ONCE)
}

fn limit_bytes(pool: &Arc<dyn MemoryPool>) -> usize {
    match pool.memory_limit() {
        MemoryLimit::Finite(bytes) => bytes,
        _ => usize::MAX,
    }
}

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
        let limit_bytes = limit_bytes(pool);
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
