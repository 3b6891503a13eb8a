//! Chunks of a file that is decoded from its start to its end, by one worker at a time.

use std::sync::{Mutex, PoisonError, TryLockError};

use super::{Next, Progress};
use crate::chunk::{Chunk, ChunkPool, FRONT_LEN_BYTES};
use crate::codec::gzip::HISTORY_LEN_BYTES;
use crate::encoding::TextStream;
use crate::error::Result;

#[derive(Debug)]
pub(super) struct Stream(Mutex<State>);

#[derive(Debug)]
struct State {
    bytes: TextStream,
    /// The number of the next chunk.
    next: u64,
    compressed_bytes: u64,
    ended: bool,
}

impl Stream {
    pub(super) fn new(bytes: TextStream) -> Self {
        Self(Mutex::new(State { bytes, next: 0, compressed_bytes: 0, ended: false }))
    }

    /// Decodes the next chunk, unless its number is `limit` or another worker is decoding.
    pub(super) fn next(&self, limit: u64, pool: &ChunkPool) -> Next {
        let mut state = match self.0.try_lock() {
            Ok(state) => state,
            Err(TryLockError::WouldBlock) => return Err(Progress::Busy),
            Err(TryLockError::Poisoned(poisoned)) => PoisonError::into_inner(poisoned),
        };
        if state.ended {
            return Err(Progress::Ended);
        }
        if state.next >= limit {
            return Err(Progress::Busy);
        }
        let number = state.next;
        state.next += 1;
        let mut chunk = pool.chunk();
        let decoded = fill(&mut state.bytes, &mut chunk);
        state.ended = !matches!(decoded, Ok(false));
        let before = state.compressed_bytes;
        state.compressed_bytes = state.bytes.decompressor().compressed_offset_bytes();
        Ok((number, decoded.map(|is_last| (chunk, is_last)), state.compressed_bytes - before))
    }
}

// Room in front of a chunk is enough for what a decoder looks back on.
const _: () = assert!(FRONT_LEN_BYTES >= HISTORY_LEN_BYTES);

/// Bytes that a stream wants to have room for.
const MIN_ROOM_BYTES: usize = 4;

/// Fills a chunk; whether the stream ends with it.
fn fill(bytes: &mut TextStream, chunk: &mut Chunk) -> Result<bool> {
    // A stream needs room for a character.
    loop {
        let (buffer, at) = chunk.room_with_front();
        if buffer.len() - at < MIN_ROOM_BYTES {
            return Ok(false);
        }
        match bytes.read_behind(buffer, at)? {
            0 => return Ok(true),
            len => chunk.grow(len),
        }
    }
}
