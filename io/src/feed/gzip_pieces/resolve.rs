//! Chunks of pieces whose history is known.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::find::PieceFinder;
use crate::chunk::Chunk;
use crate::codec::gzip::{Damage, PieceChecksum, Resolver};

/// A piece that the front has gone past.
#[derive(Debug)]
pub(super) struct KnownPiece {
    finder: Box<PieceFinder>,
    resolver: Resolver,
    /// The checksums of its chunks, and how many of them there are yet.
    sums: Mutex<(Vec<Option<crc32fast::Hasher>>, usize)>,
    /// That of all of it, once it is known.
    checksum: PieceChecksum,
}

/// A chunk of a piece, to be resolved.
#[derive(Debug)]
pub(super) struct Job {
    /// The number of the chunk among all of the file.
    pub(super) number: u64,
    pub(super) piece: Arc<KnownPiece>,
    /// The number of the chunk in the piece, and its decoded bytes there.
    part: usize,
    range: Range<usize>,
}

impl KnownPiece {
    pub(super) fn new(finder: Box<PieceFinder>, resolver: Resolver, checksum: PieceChecksum) -> Self {
        Self { finder, resolver, sums: Mutex::default(), checksum }
    }

    /// Its chunks of this length, numbered from a number on.
    pub(super) fn jobs(self, first_number: u64, chunk_len: usize) -> Vec<Job> {
        let len = self.finder.piece.len();
        let starts = (0..len).step_by(chunk_len);
        self.lock().0 = vec![None; starts.len()];
        if len == 0 {
            // Nobody would set it.
            let _ = self.checksum.set(crc32fast::Hasher::new());
        }
        let piece = Arc::new(self);
        let job = |(part, start): (usize, usize)| Job {
            number: first_number + part as u64,
            piece: Arc::clone(&piece),
            part,
            range: start..len.min(start + chunk_len),
        };
        starts.enumerate().map(job).collect()
    }

    /// What the piece was decoded with, to be used again.
    pub(super) fn into_finder(self) -> Box<PieceFinder> {
        self.finder
    }

    fn lock(&self) -> MutexGuard<'_, (Vec<Option<crc32fast::Hasher>>, usize)> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add_sum(&self, part: usize, sum: crc32fast::Hasher) {
        let mut sums = self.lock();
        let (parts, known) = &mut *sums;
        parts[part] = Some(sum);
        *known += 1;
        if *known == parts.len() {
            let mut all = crc32fast::Hasher::new();
            parts.iter().flatten().for_each(|part| all.combine(part));
            let _ = self.checksum.set(all);
        }
    }
}

impl Job {
    /// Writes the bytes into an empty chunk.
    ///
    /// # Errors
    /// Bytes in front of the history would be needed: ruled out where that is as long as a match may reach.
    pub(super) fn resolve(&self, chunk: &mut Chunk) -> Result<(), Damage> {
        let piece = &self.piece.finder.piece;
        let out = &mut chunk.room()[..self.range.len()];
        let values_len = piece.values().len();
        let values = self.range.start.min(values_len)..self.range.end.min(values_len);
        let bytes =
            self.range.start.max(values_len) - values_len..self.range.end.max(values_len) - values_len;
        let (resolved, copied) = out.split_at_mut(values.len());
        self.piece.resolver.resolve(&piece.values()[values], resolved)?;
        copied.copy_from_slice(&piece.bytes()[bytes]);
        let mut sum = crc32fast::Hasher::new();
        sum.update(out);
        self.piece.add_sum(self.part, sum);
        chunk.grow(self.range.len());
        Ok(())
    }
}
