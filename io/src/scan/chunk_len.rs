//! How long chunks are, and how many of them may be on their way.

use crate::chunk::CHUNK_LEN_BYTES;
use crate::feed::HELD_FACTOR;

/// Chunks of a file that may be on their way for each worker. Alone it never has more than one; where one
/// decodes for another, the other is woken when half of them wait: to be woken takes as long as to decode a
/// part of a chunk.
const CHUNKS_PER_WORKER: u64 = 4;

/// The same of chunks that are longer than usual.
const LONG_CHUNKS_PER_WORKER: u64 = 2;

/// Decoded bytes for each column that is asked for, where these are so many that chunks are longer than usual.
const LEN_BYTES_PER_COLUMN: usize = 512;

/// Decoded bytes of a chunk, at most.
const MAX_LEN_BYTES: usize = 8 << 20;

/// Decoded bytes of a chunk of records of which so many columns are asked for.
///
/// Each chunk becomes a batch. What a column costs there, as much as dozens of its values, is for many rows then, also where these are
/// long: to read all of ten thousand columns, 58 KB a row, took six times as long with chunks of 256 KiB.
pub(super) fn for_columns(columns: usize) -> usize {
    columns.saturating_mul(LEN_BYTES_PER_COLUMN).clamp(CHUNK_LEN_BYTES, MAX_LEN_BYTES)
}

/// Decoded bytes of a chunk, at most, where all chunks of a file have so many bytes. Chunks of the usual length are small in any case.
pub(super) fn within_memory(bytes: usize, workers: usize) -> usize {
    let chunks = workers as u64 * LONG_CHUNKS_PER_WORKER * (1 + HELD_FACTOR);
    (bytes / chunks as usize).max(CHUNK_LEN_BYTES)
}

/// Chunks of a file that may be on their way for so many workers.
pub(super) fn on_their_way(workers: usize, chunk_len: usize) -> u64 {
    let each = if chunk_len > CHUNK_LEN_BYTES { LONG_CHUNKS_PER_WORKER } else { CHUNKS_PER_WORKER };
    workers as u64 * each
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_longer_where_many_columns_are_asked_for() {
        assert_eq!([0, 3, 512].map(for_columns), [CHUNK_LEN_BYTES; 3]);
        assert_eq!([10_000, usize::MAX].map(for_columns), [5_120_000, MAX_LEN_BYTES]);
        assert_eq!([CHUNK_LEN_BYTES, 5_120_000].map(|len| on_their_way(3, len)), [12, 6]);
    }

    #[test]
    fn long_chunks_have_room() {
        let bytes = 16 << 20;
        for workers in [1, 2, 16] {
            let longest = within_memory(bytes, workers);
            assert!(longest == CHUNK_LEN_BYTES || longest * 10 * workers <= bytes, "{workers}");
        }
    }
}
