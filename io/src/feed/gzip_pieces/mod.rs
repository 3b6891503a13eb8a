//! Chunks of a gzip file whose members are too large to wait for: pieces of a member are decoded before what stands in front of them
//! is known.
//!
//! ```text
//! file      | front …   | piece 1         | piece 2         | piece 3        …
//! worker 1    decode      resolve 1.0, 1.1 …
//! worker 2    find, decode 1                 resolve 2.0 …
//! worker 3    find, decode 2                 find, decode 3
//! ```
//!
//! A [`GzipFront`] decodes in order. Where it comes to a block that a piece begins with, it goes past that piece: from then on the
//! 32 KiB in front of the piece are known, and so its bytes and the 32 KiB in front of the next one. Any worker resolves a chunk of it.
//! A piece that begins with what is no block is never come to, and is thrown away. So a wrong guess costs time, never bytes, and
//! damage is met by the front, which decodes what no piece could.

mod find;
mod resolve;
mod state;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use find::{Found, Kind, PieceFinder};
use resolve::Job;
use state::{State, Task};

use super::{Chunks, Given, Look, Next, Room, summarize};
use crate::chunk::ChunkPool;
use crate::codec::{Codec, GzipFront};
use crate::error::Error;
use crate::notes::Notes;

/// Workers from which on any pieces pay: a byte costs twice the time that it costs in order, and somebody has to scan it. With fewer only
/// independent ones do, a byte of which costs about as much.
const WORKERS_FOR_ANY: usize = 4;

/// Compressed bytes that are decoded to see whether a file has independent pieces.
const PROBE_LEN_BYTES: u64 = 32 << 10;

/// A gzip file that is decoded in pieces.
#[derive(Debug)]
pub(super) struct GzipPieces {
    path: PathBuf,
    file: Arc<File>,
    state: Mutex<State>,
}

impl GzipPieces {
    /// A file from its start on, but for the first `skip` of the decoded bytes, for so many workers. Pieces have this many compressed
    /// bytes. Nothing if they would not pay.
    pub(super) fn of_file(
        path: &Path,
        file: File,
        workers: usize,
        piece_len_bytes: u64,
        skip: u64,
        notes: &Notes,
    ) -> io::Result<Option<Self>> {
        let file_len_bytes = file.metadata()?.len();
        if file_len_bytes <= 4 * piece_len_bytes {
            return Ok(None);
        }
        let file = Arc::new(file);
        let kind = match workers >= WORKERS_FOR_ANY {
            true => Kind::Any,
            false if has_independent_pieces(&file, piece_len_bytes) => Kind::Independent,
            false => return Ok(None),
        };
        Ok(Some(Self::new(path, file, kind, file_len_bytes, piece_len_bytes, skip, notes)))
    }

    fn new(
        path: &Path,
        file: Arc<File>,
        kind: Kind,
        file_len_bytes: u64,
        piece_len_bytes: u64,
        skip: u64,
        notes: &Notes,
    ) -> Self {
        let front = GzipFront::new(path, &file, notes);
        let state = State::new(front, kind, 8 * file_len_bytes, 8 * piece_len_bytes.max(1), skip);
        Self { path: path.to_owned(), file, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, task: Task, pool: &ChunkPool, look: Option<Look>) -> Given {
        match task {
            Task::Front(front, pause_bit) => self.decode_front(*front, pause_bit, pool, look),
            Task::Find { number, finder, from_bit, stop_bit } => {
                self.find(number, finder, from_bit, stop_bit)
            }
            Task::Resolve(job) => self.resolve(job, pool, look),
        }
    }

    /// Decodes in order, up to where a piece begins.
    fn decode_front(
        &self,
        mut front: GzipFront,
        pause_bit: u64,
        pool: &ChunkPool,
        look: Option<Look>,
    ) -> Given {
        let mut chunk = pool.chunk();
        let filled = front.fill(&mut chunk, pause_bit);
        summarize(&mut chunk, look);
        self.state().put_front(front, chunk, filled, pool)
    }

    /// Decodes a piece ahead of the front.
    fn find(&self, number: u64, mut finder: Box<PieceFinder>, from_bit: u64, stop_bit: u64) -> Given {
        let found = finder.find(&self.file, from_bit, stop_bit);
        self.state().put_piece(number, finder, found)
    }

    /// Makes a chunk of a piece whose history is known.
    fn resolve(&self, job: Job, pool: &ChunkPool, look: Option<Look>) -> Given {
        let mut chunk = pool.chunk();
        let resolved = job.resolve(&mut chunk).map_err(|damage| {
            let source = io::Error::new(io::ErrorKind::InvalidData, damage);
            Error::corrupt(&self.path, Codec::Gzip, 0, 0, source)
        });
        summarize(&mut chunk, look);
        self.state().put_chunk(job, resolved.map(|()| chunk))
    }
}

/// Whether an independent piece begins behind this many bytes of a file: then others do, too.
fn has_independent_pieces(file: &Arc<File>, behind_bytes: u64) -> bool {
    let from_bit = 8 * behind_bytes;
    let found = PieceFinder::new(Kind::Independent).find(file, from_bit, from_bit + 8 * PROBE_LEN_BYTES);
    matches!(found, Found::Piece { .. } | Found::TooLong)
}

impl Chunks for GzipPieces {
    fn next(&self, room: Room, pool: &ChunkPool, look: Option<Look>) -> Next {
        let task = self.state().claim(room)?;
        Ok(self.run(task, pool, look))
    }

    fn is_splittable(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
