//! The checksum of a member of which pieces are decoded elsewhere.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

/// The checksum of a piece, once all of it has been resolved.
pub type PieceChecksum = Arc<OnceLock<crc32fast::Hasher>>;

/// Sums the bytes of a member in order, some of them later than those behind them.
#[derive(Debug, Default)]
pub(super) struct MemberChecksum {
    /// Of the bytes in front of all that is outstanding.
    known: crc32fast::Hasher,
    /// Of each piece that was skipped, and of the bytes from there to the next one.
    outstanding: VecDeque<(PieceChecksum, crc32fast::Hasher)>,
}

impl MemberChecksum {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self.outstanding.back_mut() {
            Some((_, behind)) => behind.update(bytes),
            None => self.known.update(bytes),
        }
    }

    /// Goes past a piece that is summed elsewhere.
    pub(super) fn skip(&mut self, piece: PieceChecksum) {
        self.take_known();
        self.outstanding.push_back((piece, crc32fast::Hasher::new()));
    }

    /// The checksum of all bytes, unless that of a piece is outstanding.
    pub(super) fn finish(&mut self) -> Option<u32> {
        self.take_known();
        self.outstanding.is_empty().then(|| self.known.clone().finalize())
    }

    fn take_known(&mut self) {
        while let Some((piece, behind)) = self.outstanding.front() {
            let Some(piece) = piece.get() else { break };
            self.known.combine(piece);
            self.known.combine(behind);
            self.outstanding.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_summed_whenever_they_come() {
        let mut checksum = MemberChecksum::default();
        let [first, second] = [PieceChecksum::default(), PieceChecksum::default()];
        checksum.update(b"one");
        checksum.skip(Arc::clone(&first));
        checksum.skip(Arc::clone(&second));
        checksum.update(b"four");
        assert_eq!(checksum.finish(), None);
        let sum = |bytes: &[u8]| {
            let mut hasher = crc32fast::Hasher::new();
            hasher.update(bytes);
            hasher
        };
        second.set(sum(b"three")).unwrap();
        assert_eq!(checksum.finish(), None);
        first.set(sum(b"two")).unwrap();
        assert_eq!(checksum.finish(), Some(crc32fast::hash(b"onetwothreefour")));
    }
}
