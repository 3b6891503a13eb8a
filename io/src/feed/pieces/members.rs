//! Files of members (streams, frames) that need nothing of each other.
//!
//! Such are BGZF and other block-wise gzip, files put together with `cat`, what pbzip2 and pzstd write, and archives of records
//! that were compressed one by one.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{PieceCodec, PieceDecoder, PieceEnd, fill};
use crate::chunk::Chunk;
use crate::codec::{Codec, Decompressor, find_member};
use crate::error::{Error, Result};
use crate::file_range::FileRange;
use crate::notes::Notes;

/// Compressed bytes behind the first one of a member by which it is known.
const HEAD_LEN_BYTES: u64 = 32;

/// Compressed bytes at the head of a file in which a second member is looked for: fewer than a worker decodes until another one
/// can help, and larger members would be too large to keep until it is their turn.
const LOOK_LEN_BYTES: u64 = 2 << 20;

/// Compressed bytes that are searched at first, then twice as many, and so on: where members are small, the next one is near.
const SEARCH_LEN_BYTES: u64 = 16 << 10;

/// A file of members of a codec.
#[derive(Debug)]
pub(in crate::feed) struct Members {
    path: PathBuf,
    file: Arc<File>,
    codec: Codec,
    notes: Notes,
}

impl Members {
    pub(in crate::feed) fn new(path: &Path, file: File, codec: Codec, notes: &Notes) -> Self {
        Self { path: path.to_owned(), file: Arc::new(file), codec, notes: notes.clone() }
    }

    /// Whether several workers may decode the file: it is long enough for pieces of this length, and has a second member soon.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(in crate::feed) fn are_many(&self, file_len_bytes: u64, piece_len_bytes: u64) -> Result<bool> {
        Ok(file_len_bytes >= 2 * piece_len_bytes && self.find(8, 8 * LOOK_LEN_BYTES)?.is_some())
    }
}

impl PieceCodec for Members {
    type Decoder = MemberDecoder;
    type Sums = ();

    fn decoder(&self) -> MemberDecoder {
        let notes = Notes::default();
        let bytes = Decompressor::nowhere(&self.path, self.codec, &notes);
        MemberDecoder { file: Arc::clone(&self.file), bytes, notes }
    }

    fn find(&self, from_bit: u64, until_bit: u64) -> Result<Option<u64>> {
        let (mut from, until) = (from_bit.div_ceil(8), until_bit.div_ceil(8));
        let mut step = SEARCH_LEN_BYTES;
        let mut bytes = Vec::new();
        while from < until {
            let next = until.min(from + step);
            let read = FileRange::read_all(&self.file, from, next + HEAD_LEN_BYTES, &mut bytes);
            read.map_err(|error| Error::io(&self.path, "read", error))?;
            match find_member(self.codec, &bytes).map(|at| from + at as u64) {
                Some(at) if at < next => return Ok(Some(8 * at)),
                _ => (from, step) = (next, 2 * step),
            }
        }
        Ok(None)
    }

    fn join(&self, (): &mut (), notes: Vec<String>) -> Result<()> {
        notes.into_iter().for_each(|note| self.notes.add(note));
        Ok(())
    }
}

/// Decodes members one after the other.
#[derive(Debug)]
pub(in crate::feed) struct MemberDecoder {
    file: Arc<File>,
    bytes: Decompressor,
    /// What is worth knowing of the piece, if it is one.
    notes: Notes,
}

impl PieceDecoder for MemberDecoder {
    type Rest = Vec<String>;

    fn begin(&mut self, start_bit: u64, stop_bit: u64) {
        let (at, stop) = (start_bit / 8, stop_bit.div_ceil(8));
        self.notes.take();
        self.bytes.go_to(Box::new(FileRange::new(&self.file, at, stop)), at, stop);
    }

    fn decode(&mut self, chunk: &mut Chunk) -> Result<Option<PieceEnd<Vec<String>>>> {
        let ended = fill(chunk, &mut self.bytes)?;
        let next_bit = self.bytes.next_part_offset_bytes().map(|at| 8 * at);
        Ok(ended.then(|| PieceEnd { next_bit, rest: self.notes.take() }))
    }
}
