//! Chunks of a plain file: any range can be read by itself.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::order::Damage;
use super::{Chunks, Given, Look, Next, Progress, Room, became_shorter, summarize};
use crate::chunk::{Chunk, ChunkPool};
use crate::error::{Error, Result};

#[derive(Debug)]
pub(super) struct Ranges {
    path: PathBuf,
    file: File,
    /// The first byte that is read.
    start: u64,
    /// Length of the file when it was opened.
    len_bytes: u64,
    /// The number of the next chunk.
    next: AtomicU64,
}

impl Ranges {
    /// Reads a file from a byte on, up to the length that it has now.
    pub(super) fn new(path: &Path, file: File, start: u64) -> io::Result<Self> {
        let len_bytes = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file, start, len_bytes, next: AtomicU64::new(0) })
    }

    fn read(&self, offset: u64, len: usize, chunk: &mut Chunk) -> Result<()> {
        let read = self.file.read_exact_at(&mut chunk.room()[..len], offset);
        read.map_err(|error| {
            let error = match error.kind() {
                io::ErrorKind::UnexpectedEof => became_shorter(),
                _ => error,
            };
            Error::io(&self.path, "read", error)
        })?;
        chunk.grow(len);
        Ok(())
    }
}

impl Chunks for Ranges {
    fn next(&self, room: Room, pool: &ChunkPool, look: Option<Look>) -> Next {
        let chunk_len = pool.chunk_len() as u64;
        let content = self.len_bytes.saturating_sub(self.start);
        // An empty file has one empty chunk.
        let count = content.div_ceil(chunk_len).max(1);
        let claim = |next| (next < room.first_unwanted.min(count)).then_some(next + 1);
        let number = match self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, claim) {
            Ok(number) => number,
            Err(next) if next >= count => return Err(Progress::Ended),
            Err(_) => return Err(Progress::Busy),
        };
        let offset = number * chunk_len;
        let len = (content - offset).min(chunk_len);
        let mut chunk = pool.chunk();
        let read = self.read(self.start + offset, len as usize, &mut chunk);
        summarize(&mut chunk, look);
        let chunks = vec![(number, read.map(|()| (chunk, number + 1 == count)).map_err(Damage::from))];
        Ok(Given { chunks, compressed_bytes: len })
    }

    fn is_splittable(&self) -> bool {
        true
    }
}
