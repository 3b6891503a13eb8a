//! Blocks of bzip2, which begin at any bit.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{PieceCodec, PieceDecoder, PieceEnd};
use crate::chunk::Chunk;
use crate::codec::bzip2::{Finder, MarkerKind};
use crate::codec::{Bzip2End, Bzip2Stream, Codec, Input, MOST_BLOCKS_LEN_BYTES, Part, Sums, pass_trailing};
use crate::error::{Error, Result};
use crate::file_range::FileRange;
use crate::notes::Notes;

/// Compressed bytes that are searched at once: most blocks are longer.
const SEARCH_STEP_BYTES: u64 = 64 << 10;

/// The number that a block is marked with may begin in the last byte that is searched, at its last bit.
const MARKER_REST_BYTES: u64 = 6;

/// A file of bzip2.
#[derive(Debug)]
pub(in crate::feed) struct Blocks {
    path: PathBuf,
    file: Arc<File>,
    notes: Notes,
}

impl Blocks {
    pub(in crate::feed) fn new(path: &Path, file: File, notes: &Notes) -> Self {
        Self { path: path.to_owned(), file: Arc::new(file), notes: notes.clone() }
    }
}

impl PieceCodec for Blocks {
    type Decoder = BlocksDecoder;
    type Sums = Sums;

    fn decoder(&self) -> BlocksDecoder {
        BlocksDecoder {
            path: self.path.clone(),
            file: Arc::clone(&self.file),
            input: Input::new(Box::new(io::empty())),
            stream: Bzip2Stream::new(),
            parts: Vec::new(),
        }
    }

    fn find(&self, from_bit: u64, until_bit: u64) -> Result<Option<u64>> {
        let mut bytes = Vec::new();
        let mut byte = from_bit / 8;
        while 8 * byte < until_bit {
            let end = byte + SEARCH_STEP_BYTES + MARKER_REST_BYTES;
            let read = FileRange::read_all(&self.file, byte, end, &mut bytes);
            read.map_err(|error| Error::io(&self.path, "read", error))?;
            let mut markers = Finder::new(&bytes, from_bit.saturating_sub(8 * byte));
            if let Some(marker) = markers.find(|marker| marker.kind == MarkerKind::Block) {
                return Ok(Some(8 * byte + marker.start_bit).filter(|bit| *bit < until_bit));
            }
            byte += SEARCH_STEP_BYTES;
        }
        Ok(None)
    }

    fn join(&self, sums: &mut Sums, rest: Rest) -> Result<()> {
        for part in rest.parts {
            // Bytes of earlier pieces are counted by the caller.
            sums.add(part).map_err(|failure| failure.into_error(&self.path, rest.decoded_bytes))?;
        }
        if let Some(offset_bytes) = rest.trailing_offset_bytes {
            let mut input = Input::new(Box::new(io::empty()));
            input.restart(Box::new(FileRange::to_end(&self.file, offset_bytes)), offset_bytes);
            // Bytes of earlier pieces are counted by the caller.
            pass_trailing(
                &self.path,
                Codec::Bzip2,
                offset_bytes,
                rest.decoded_bytes,
                &mut input,
                &self.notes,
            )?;
        }
        Ok(())
    }
}

/// What is left of a piece.
#[derive(Debug)]
pub(in crate::feed) struct Rest {
    parts: Vec<Part>,
    decoded_bytes: u64,
    /// Where something follows the last stream and is none.
    trailing_offset_bytes: Option<u64>,
}

/// Decodes blocks one after the other.
#[derive(Debug)]
pub(in crate::feed) struct BlocksDecoder {
    path: PathBuf,
    file: Arc<File>,
    input: Input,
    stream: Bzip2Stream,
    parts: Vec<Part>,
}

impl PieceDecoder for BlocksDecoder {
    type Rest = Rest;

    fn begin(&mut self, start_bit: u64, stop_bit: u64) {
        let at = start_bit / 8;
        let range = FileRange::new(&self.file, at, at + MOST_BLOCKS_LEN_BYTES as u64);
        self.input.restart(Box::new(range), at);
        self.stream.go_to(start_bit, stop_bit);
        self.parts.clear();
    }

    fn decode(&mut self, chunk: &mut Chunk) -> Result<Option<PieceEnd<Rest>>> {
        let before_bytes = self.stream.decoded_bytes();
        let ended = chunk.fill(|buffer, at| {
            let read = self.stream.read(&mut self.input, &mut buffer[at..]);
            read.map_err(|failure| failure.into_error(&self.path, self.stream.decoded_bytes()))
        })?;
        chunk.set_behind_checked(self.stream.checked_bytes() >= before_bytes);
        self.parts.extend(self.stream.take_parts());
        Ok(self.stream.end().filter(|_| ended).map(|end| {
            let (next_bit, trailing_offset_bytes) = match end {
                Bzip2End::Stop { next_bit } => (Some(next_bit), None),
                Bzip2End::File { trailing_offset_bytes } => (None, trailing_offset_bytes),
            };
            PieceEnd {
                next_bit,
                rest: Rest {
                    parts: std::mem::take(&mut self.parts),
                    decoded_bytes: self.stream.decoded_bytes(),
                    trailing_offset_bytes,
                },
            }
        }))
    }
}
