//! A gzip file, decoded in order past pieces that were decoded elsewhere.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Codec;
use super::gzip::{BlockStart, HISTORY_LEN_BYTES, PieceEnd, SkippedPiece, start_at};
use super::gzip_stream::GzipStream;
use super::input::Input;
use super::trailing::pass_trailing;
use crate::chunk::Chunk;
use crate::error::{Error, Result};
use crate::file_range::FileRange;
use crate::notes::Notes;

/// Decodes a file from its start to its end, and can go past what others have decoded: so headers, checksums, members and what
/// follows them are dealt with in one place, as is damage.
#[derive(Debug)]
pub(crate) struct GzipFront {
    path: PathBuf,
    file: Arc<File>,
    input: Input,
    stream: GzipStream,
    notes: Notes,
    noted: bool,
}

impl GzipFront {
    pub(crate) fn new(path: &Path, file: &Arc<File>, notes: &Notes) -> Self {
        Self {
            path: path.to_owned(),
            file: Arc::clone(file),
            input: Input::new(Box::new(FileRange::to_end(file, 0))),
            stream: GzipStream::new(),
            notes: notes.clone(),
            noted: false,
        }
    }

    /// Compressed bytes used so far.
    pub(crate) fn offset_bytes(&self) -> u64 {
        self.input.offset_bytes()
    }

    /// Fills a chunk, up to the first block that begins at or behind a bit of the file, to the end of the file, or to
    /// that of a member whose checksum is not known yet. Returns whether the file has ended.
    ///
    /// # Errors
    /// The file cannot be read, or is damaged.
    pub(crate) fn fill(&mut self, chunk: &mut Chunk, pause_bit: u64) -> Result<bool> {
        self.stream.pause_at(pause_bit);
        let before_bytes = self.stream.decoded_bytes();
        let filled = chunk.fill(|buffer, at| {
            let read = self.stream.read_behind(&mut self.input, buffer, at);
            read.map_err(|failure| failure.into_error(&self.path))
        })?;
        chunk.set_behind_checked(self.stream.checked_bytes() >= before_bytes);
        let Some(trailing) = self.stream.end().filter(|_| filled) else { return Ok(false) };
        if let (Some(offset_bytes), false) = (trailing, self.noted) {
            self.noted = true;
            let decoded_bytes = self.stream.decoded_bytes();
            let (path, input) = (&self.path, &mut self.input);
            pass_trailing(path, Codec::Gzip, offset_bytes, decoded_bytes, input, &self.notes)?;
        }
        Ok(true)
    }

    /// The block that comes next, if one does.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn block(&self) -> Result<Option<BlockStart>> {
        let Some(bit) = self.stream.block_bit() else { return Ok(None) };
        let byte = bit / 8;
        let mut head = [0; 2];
        let len = self.file.read_at(&mut head, byte).map_err(|error| Error::io(&self.path, "read", error))?;
        let start = start_at(&head[..len], bit % 8);
        Ok(start.map(|start| BlockStart { bit: 8 * byte + start.bit, ..start }))
    }

    /// The 32 KiB in front of what comes next, unless the member has fewer.
    pub(crate) fn history(&self) -> Option<&[u8]> {
        Some(self.stream.history()).filter(|history| history.len() == HISTORY_LEN_BYTES)
    }

    /// Goes past a piece that begins with the block that comes next, given its last 32 KiB.
    pub(crate) fn skip(&mut self, piece: &SkippedPiece, history: &[u8]) {
        self.stream.skip(piece, history);
        let at = match piece.end {
            PieceEnd::Block(start) => start.bit.div_ceil(8),
            PieceEnd::Stream(offset) => offset as u64,
            PieceEnd::Full | PieceEnd::Input => unreachable!("only whole pieces are skipped"),
        };
        self.input.restart(Box::new(FileRange::to_end(&self.file, at)), at);
    }
}
