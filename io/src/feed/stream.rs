//! Chunks of a file that is decoded from its start to its end, by one worker at a time.

use std::cell::Cell;
use std::fmt;
use std::sync::{Mutex, PoisonError, TryLockError};

use super::order::Damage;
use super::{Chunks, Given, Look, Next, Progress, Room, summarize};
use crate::chunk::ChunkPool;
use crate::encoding::TextStream;
use crate::error::Result;
use crate::pipe::Waiting;
use crate::scanner::infer::SAMPLE_LEN_BYTES;

#[derive(Debug)]
pub(super) struct Stream(Mutex<State>);

/// Looks at the head of a pipe once more, of which less was looked at, as its writer paused.
pub(super) struct HeadCheck(pub(super) Box<dyn FnOnce() -> Result<()> + Send>);

impl fmt::Debug for HeadCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HeadCheck")
    }
}

#[derive(Debug)]
struct State {
    bytes: TextStream,
    /// What the bytes come from, if it may keep one waiting.
    pipe: Option<Waiting>,
    /// To be asked when as much has come as is looked at of a file.
    check: Option<HeadCheck>,
    /// The number of the next chunk.
    next: u64,
    compressed_bytes: u64,
    /// Whether the next chunk is behind a gap.
    behind_gap: bool,
    ended: bool,
}

impl Stream {
    pub(super) fn new(bytes: TextStream) -> Self {
        Self::of(bytes, None, None)
    }

    /// Of a pipe: where more has to be waited for, a chunk is what has come so far.
    pub(super) fn of_pipe(bytes: TextStream, pipe: Waiting, check: Option<HeadCheck>) -> Self {
        Self::of(bytes, Some(pipe), check)
    }

    fn of(bytes: TextStream, pipe: Option<Waiting>, check: Option<HeadCheck>) -> Self {
        let (next, compressed_bytes, behind_gap, ended) = (0, 0, false, false);
        Self(Mutex::new(State { bytes, pipe, check, next, compressed_bytes, behind_gap, ended }))
    }
}

impl Chunks for Stream {
    /// Decodes the next chunk, unless another worker is decoding.
    fn next(&self, room: Room, pool: &ChunkPool, look: Option<Look>) -> Next {
        let mut state = match self.0.try_lock() {
            Ok(state) => state,
            Err(TryLockError::WouldBlock) => return Err(Progress::Busy),
            Err(TryLockError::Poisoned(poisoned)) => PoisonError::into_inner(poisoned),
        };
        if state.ended {
            return Err(Progress::Ended);
        }
        if state.next >= room.first_unwanted {
            return Err(Progress::Busy);
        }
        let number = state.next;
        state.next += 1;
        let mut chunk = pool.chunk();
        if std::mem::take(&mut state.behind_gap) {
            chunk.set_behind_gap();
        }
        let State { bytes, pipe, .. } = &mut *state;
        let before_bytes = bytes.decompressor().decoded_bytes();
        let used_bytes = Cell::new(0);
        let read = |buffer: &mut [u8], at| {
            let read = bytes.read_behind(buffer, at);
            used_bytes.set(bytes.decompressor().compressed_offset_bytes());
            read
        };
        let go_on = || pipe.as_ref().is_none_or(|pipe| pipe.has_more(used_bytes.get()));
        let mut decoded = chunk.fill_while(read, go_on);
        let is_whole_head = used_bytes.get() >= SAMPLE_LEN_BYTES as u64 || matches!(decoded, Ok(true));
        if let Some(HeadCheck(check)) = state.check.take_if(|_| is_whole_head) {
            decoded = decoded.and_then(|ended| check().map(|()| ended));
        }
        chunk.set_behind_checked(state.bytes.decompressor().checked_bytes() >= before_bytes);
        summarize(&mut chunk, look);
        if state.bytes.at_gap() && decoded.is_ok() {
            state.bytes.pass_gap();
            (state.behind_gap, decoded) = (true, Ok(false));
        }
        state.ended = !matches!(decoded, Ok(false));
        let before = state.compressed_bytes;
        state.compressed_bytes = state.bytes.decompressor().compressed_offset_bytes();
        let chunks = vec![(number, Damage::of_filled(chunk, decoded))];
        Ok(Given { chunks, compressed_bytes: state.compressed_bytes - before })
    }

    fn is_splittable(&self) -> bool {
        false
    }
}
