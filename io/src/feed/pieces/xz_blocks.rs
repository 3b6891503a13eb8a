//! Blocks of xz, where the indexes of the file tell where they are.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{PieceCodec, PieceDecoder, PieceEnd, fill};
use crate::chunk::Chunk;
use crate::codec::{Codec, Decompressor, XzBlocks};
use crate::error::{Error, Result};
use crate::notes::Notes;

/// A file of xz that has several blocks.
#[derive(Debug)]
pub(in crate::feed) struct IndexedBlocks {
    path: PathBuf,
    blocks: Arc<XzBlocks>,
}

impl IndexedBlocks {
    /// Nothing if the file has one block only, or its indexes cannot be read.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(in crate::feed) fn of_file(path: &Path, file: File, file_len_bytes: u64) -> Result<Option<Self>> {
        let blocks = XzBlocks::read(&Arc::new(file), file_len_bytes);
        let blocks = blocks.map_err(|error| Error::io(path, "read", error))?;
        let several = blocks.filter(|blocks| blocks.count() > 1);
        Ok(several.map(|blocks| Self { path: path.to_owned(), blocks: Arc::new(blocks) }))
    }
}

impl PieceCodec for IndexedBlocks {
    type Decoder = IndexedDecoder;
    type Sums = ();

    // Blocks of `xz -T6` are 24 MiB decoded. Two workers have enough to do if half of one may wait.
    const HELD_FACTOR: u64 = 2;

    fn decoder(&self) -> IndexedDecoder {
        let bytes = Decompressor::nowhere(&self.path, Codec::Xz, &Notes::default());
        IndexedDecoder { blocks: Arc::clone(&self.blocks), bytes, next_bit: None }
    }

    fn find(&self, from_bit: u64, until_bit: u64) -> Result<Option<u64>> {
        let start_bytes = self.blocks.start_from(from_bit.div_ceil(8));
        Ok(start_bytes.map(|bytes| 8 * bytes).filter(|bit| *bit < until_bit))
    }

    fn join(&self, (): &mut (), (): ()) -> Result<()> {
        Ok(())
    }
}

/// Decodes blocks one after the other.
#[derive(Debug)]
pub(in crate::feed) struct IndexedDecoder {
    blocks: Arc<XzBlocks>,
    bytes: Decompressor,
    next_bit: Option<u64>,
}

impl PieceDecoder for IndexedDecoder {
    type Rest = ();

    fn begin(&mut self, start_bit: u64, stop_bit: u64) {
        let part = self.blocks.part(start_bit / 8, stop_bit.div_ceil(8));
        self.next_bit = part.next_bytes.map(|bytes| 8 * bytes);
        self.bytes.go_to(part.reader, part.start_bytes, u64::MAX);
    }

    fn decode(&mut self, chunk: &mut Chunk) -> Result<Option<PieceEnd<()>>> {
        let ended = fill(chunk, &mut self.bytes)?;
        Ok(ended.then_some(PieceEnd { next_bit: self.next_bit, rest: () }))
    }
}
