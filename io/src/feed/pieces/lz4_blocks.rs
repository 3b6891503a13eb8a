//! Blocks of LZ4 that are independent of those in front of them.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{PieceCodec, PieceDecoder, PieceEnd, fill};
use crate::chunk::Chunk;
use crate::codec::lz4::{FrameEnd, FrameFailure, FrameSums, Lz4Blocks, Lz4Part};
use crate::codec::{Codec, Decompressor};
use crate::error::{Error, Result};
use crate::file_range::FileRange;
use crate::notes::Notes;

/// A file of LZ4 whose first frame has several blocks.
#[derive(Debug)]
pub(in crate::feed) struct IndependentBlocks {
    path: PathBuf,
    file: Arc<File>,
    blocks: Arc<Lz4Blocks>,
    notes: Notes,
}

impl IndependentBlocks {
    /// Nothing if the first frame has one block only, or each looks back on the one in front.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(in crate::feed) fn of_file(
        path: &Path,
        file: File,
        file_len_bytes: u64,
        notes: &Notes,
    ) -> Result<Option<Self>> {
        let file = Arc::new(file);
        let blocks =
            Lz4Blocks::of_file(&file, file_len_bytes).map_err(|error| Error::io(path, "read", error))?;
        let of_blocks = |blocks| Self {
            path: path.to_owned(),
            file: Arc::clone(&file),
            blocks: Arc::new(blocks),
            notes: notes.clone(),
        };
        Ok(blocks.map(of_blocks))
    }
}

impl PieceCodec for IndependentBlocks {
    type Decoder = IndependentDecoder;
    type Sums = FrameSums;

    fn decoder(&self) -> IndependentDecoder {
        let notes = Notes::default();
        IndependentDecoder {
            path: self.path.clone(),
            file: Arc::clone(&self.file),
            blocks: Arc::clone(&self.blocks),
            bytes: Decompressor::nowhere(&self.path, Codec::Lz4, &notes),
            notes,
            part: Part::Other,
            failed: None,
        }
    }

    fn find(&self, from_bit: u64, until_bit: u64) -> Result<Option<u64>> {
        let found = self.blocks.find(from_bit.div_ceil(8), until_bit.div_ceil(8));
        let start_bytes = found.map_err(|error| Error::io(&self.path, "read", error))?;
        Ok(start_bytes.map(|bytes| 8 * bytes))
    }

    fn pass(&self, sums: &mut FrameSums, bytes: &[u8]) {
        sums.add(bytes);
    }

    fn join(&self, sums: &mut FrameSums, rest: Rest) -> Result<()> {
        rest.notes.into_iter().for_each(|note| self.notes.add(note));
        match rest.part {
            Part::Other => sums.forget(),
            Part::Blocks { next_bytes, end, .. } => {
                self.blocks.pass(next_bytes.unwrap_or(u64::MAX));
                let Some(end) = end else { return Ok(()) };
                sums.end(end).map_err(|failure| self.error(failure, end, rest.decoded_bytes))?;
            }
        }
        Ok(())
    }
}

impl IndependentBlocks {
    fn error(&self, failure: FrameFailure, end: FrameEnd, decoded_bytes: u64) -> Error {
        let (path, offset_bytes) = (&self.path, end.offset_bytes);
        match failure {
            FrameFailure::Truncated => Error::truncated(path, Codec::Lz4, offset_bytes, decoded_bytes),
            FrameFailure::Damaged(source) => {
                Error::corrupt(path, Codec::Lz4, offset_bytes, decoded_bytes, source)
            }
        }
    }
}

/// What is left of a piece.
#[derive(Debug)]
pub(in crate::feed) struct Rest {
    part: Part,
    decoded_bytes: u64,
    notes: Vec<String>,
}

/// What a piece is.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// Some blocks of a frame; whether it begins with them.
    Blocks { is_first: bool, next_bytes: Option<u64>, end: Option<FrameEnd> },
    /// A frame, and whatever may be in front of it.
    Other,
}

/// Decodes blocks one after the other.
#[derive(Debug)]
pub(in crate::feed) struct IndependentDecoder {
    path: PathBuf,
    file: Arc<File>,
    blocks: Arc<Lz4Blocks>,
    bytes: Decompressor,
    /// What is worth knowing of the piece.
    notes: Notes,
    part: Part,
    /// The file could not be read at the start of the piece.
    failed: Option<Error>,
}

impl PieceDecoder for IndependentDecoder {
    type Rest = Rest;

    fn begin(&mut self, start_bit: u64, stop_bit: u64) {
        let (at, stop) = (start_bit / 8, stop_bit.div_ceil(8));
        self.notes.take();
        let part = self.blocks.part(at, stop);
        self.part = Part::Other;
        match part {
            Ok(Lz4Part::Blocks(part)) => {
                self.part =
                    Part::Blocks { is_first: part.is_first, next_bytes: part.next_bytes, end: part.end };
                self.bytes.go_to(part.reader, part.start_bytes, u64::MAX);
            }
            Ok(Lz4Part::Other) => {
                self.bytes.go_to(Box::new(FileRange::to_end(&self.file, at)), at, at + 1);
            }
            Err(error) => self.failed = Some(Error::io(&self.path, "read", error)),
        }
    }

    fn decode(&mut self, chunk: &mut Chunk) -> Result<Option<PieceEnd<Rest>>> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let is_begun = self.bytes.decoded_bytes() > 0;
        let ended = fill(chunk, &mut self.bytes)?;
        let next_bytes = match self.part {
            Part::Blocks { is_first, next_bytes, .. } => {
                // What is in front is checked at the end of the frame, of which the piece may be a part that ends before.
                chunk.set_behind_checked(is_first && !is_begun);
                next_bytes
            }
            Part::Other => self.bytes.next_part_offset_bytes(),
        };
        let rest =
            || Rest { part: self.part, decoded_bytes: self.bytes.decoded_bytes(), notes: self.notes.take() };
        Ok(ended.then(|| PieceEnd { next_bit: next_bytes.map(|bytes| 8 * bytes), rest: rest() }))
    }
}
