//! Pieces that are decoded ahead.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use crate::codec::gzip::{BlockStart, Cpu, Piece, PieceEnd};
use crate::file_range::FileRange;

/// Compressed bytes read behind those of a piece: it ends with the first block behind them, and most blocks are shorter.
const BEHIND_LEN_BYTES: usize = 128 << 10;

/// Decoded bytes of a piece, at most. Each takes two bytes of memory as long as it may be unknown.
const MAX_LEN_BYTES: usize = 2 << 20;

/// Which pieces are decoded ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Those alone that need nothing of what is in front of them.
    Independent,
    /// Independent ones where there are any, and others.
    Any,
}

/// Finds pieces and decodes them.
#[derive(Debug)]
pub(super) struct PieceFinder {
    pub(super) piece: Piece,
    kind: Kind,
    input: Vec<u8>,
    /// Where the input begins in the file.
    base_bytes: u64,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// A piece, with the places in the file where it begins and ends, and the byte in which it ends.
    Piece { start: BlockStart, end: PieceEnd, end_byte: u8 },
    /// A piece that is too long to be kept.
    TooLong,
    /// Nothing that can be decoded to its end.
    Nothing,
}

impl PieceFinder {
    pub(super) fn new(kind: Kind) -> Self {
        Self { piece: Piece::new(Cpu::detect()), kind, input: Vec::new(), base_bytes: 0 }
    }

    /// Decodes from the first block between two bits of the file to the first one at or behind the second bit.
    pub(super) fn find(&mut self, file: &Arc<File>, from_bit: u64, stop_bit: u64) -> Found {
        self.base_bytes = from_bit / 8;
        self.input.clear();
        let base_bit = 8 * self.base_bytes;
        let (from, stop) = (from_bit - base_bit, stop_bit - base_bit);
        // Who decodes in order meets an error of reading in its place.
        let Ok(mut more) = self.read(file, stop.div_ceil(8) as usize + BEHIND_LEN_BYTES) else {
            return Found::Nothing;
        };
        let end = self.piece.find_independent(&self.input, from, stop, MAX_LEN_BYTES);
        match self.decode_on(end, file, stop, &mut more) {
            // An independent one ends with a flush, which may be far.
            Found::Nothing | Found::TooLong if self.kind == Kind::Any => {
                let end = self.piece.find(&self.input, from, stop, MAX_LEN_BYTES);
                self.decode_on(end, file, stop, &mut more)
            }
            found => found,
        }
    }

    /// Decodes a piece on until it has come to its end, and reads as much as it needs, if there is `more`.
    fn decode_on(&mut self, end: Option<PieceEnd>, file: &Arc<File>, stop: u64, more: &mut bool) -> Found {
        let base_bit = 8 * self.base_bytes;
        let Some(mut end) = end else { return Found::Nothing };
        while end == PieceEnd::Input && *more {
            let Ok(read) = self.read(file, BEHIND_LEN_BYTES) else { return Found::Nothing };
            *more = read;
            let Ok(next) = self.piece.decode(&self.input, stop, MAX_LEN_BYTES) else { return Found::Nothing };
            end = next;
        }
        let in_file = |start: BlockStart| BlockStart { bit: base_bit + start.bit, ..start };
        let start = in_file(self.piece.start());
        match end {
            PieceEnd::Block(block) => {
                let end_byte = self.input.get((block.bit / 8) as usize).copied().unwrap_or_default();
                Found::Piece { start, end: PieceEnd::Block(in_file(block)), end_byte }
            }
            PieceEnd::Stream(at) => {
                Found::Piece { start, end: PieceEnd::Stream(self.base_bytes as usize + at), end_byte: 0 }
            }
            PieceEnd::Full => Found::TooLong,
            PieceEnd::Input => Found::Nothing,
        }
    }

    /// Reads more behind the input. Returns whether there may be still more.
    fn read(&mut self, file: &Arc<File>, len: usize) -> io::Result<bool> {
        let at = self.base_bytes + self.input.len() as u64;
        let range = FileRange::new(file, at, at + len as u64);
        Ok(range.take(len as u64).read_to_end(&mut self.input)? == len)
    }
}
