//! Decoded bytes on their way from a codec to a scanner.

use std::sync::{Mutex, PoisonError};

use crate::codec::gzip::HISTORY_LEN_BYTES;
use crate::error::Result;
use crate::simd::{BLOCK_LEN_BYTES, Block64, InstructionSet, block_at, portable::Portable};

/// Decoded bytes of a chunk. Large enough for thousands of records, so that what is done once a chunk costs
/// nothing beside them; small enough to stay in a core's own cache until it is scanned: plain files took 1.7 times as
/// long with 512 KiB.
pub(crate) const CHUNK_LEN_BYTES: usize = 256 << 10;

/// Room in front of a chunk: for the seam, and before that for the history that a decoder looks back on.
pub(crate) const FRONT_LEN_BYTES: usize = 64 << 10;

/// Bytes behind a chunk that may be read, whatever they are: values are loaded 16 bytes at a time.
pub(crate) const PADDING_LEN_BYTES: usize = 16;

/// Bytes that whoever fills a chunk wants to have room for: transcoders do not cut characters.
const MIN_ROOM_BYTES: usize = 4;

// What decoders look back on has room.
const _: () = assert!(FRONT_LEN_BYTES >= HISTORY_LEN_BYTES);

/// Decoded bytes of a file, with room in front and padding behind.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    summary: Summary,
    /// Whether something of the file is lost in front of the bytes.
    behind_gap: bool,
    /// Whether the codec has checked all that the file has in front of the bytes.
    behind_checked: bool,
}

impl Chunk {
    /// A chunk of these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut chunk = Self::default();
        chunk.rebuild(&[], bytes);
        chunk
    }

    /// An empty chunk with room for `len` bytes, in a buffer that may have been used before.
    fn with_room(mut buffer: Vec<u8>, len: usize) -> Self {
        buffer.resize(FRONT_LEN_BYTES + len + PADDING_LEN_BYTES, 0);
        Self { buffer, start: FRONT_LEN_BYTES, end: FRONT_LEN_BYTES, ..Self::default() }
    }

    /// Whether something of the file is lost in front of the bytes.
    pub(crate) fn is_behind_gap(&self) -> bool {
        self.behind_gap
    }

    /// Something of the file is lost in front of the bytes.
    pub(crate) fn set_behind_gap(&mut self) {
        self.behind_gap = true;
    }

    /// Whether the codec has checked all that the file has in front of the bytes.
    pub(crate) fn is_behind_checked(&self) -> bool {
        self.behind_checked
    }

    /// Says whether the codec has checked all that the file has in front of the bytes.
    pub(crate) fn set_behind_checked(&mut self, behind_checked: bool) {
        self.behind_checked = behind_checked;
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// The bytes and the padding behind them.
    pub(crate) fn padded(&self) -> &[u8] {
        &self.buffer[self.start..self.end + PADDING_LEN_BYTES]
    }

    /// Where the next bytes go.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        let end = self.buffer.len() - PADDING_LEN_BYTES;
        &mut self.buffer[self.end..end]
    }

    /// Fills the room: `read` is given a buffer and where in it to write, and says how many bytes it wrote, 0 at the end. Returns
    /// whether the end was met.
    ///
    /// The 32 KiB in front of where it writes are for `read` to use, but what it wrote before must stay.
    pub(crate) fn fill(&mut self, read: impl FnMut(&mut [u8], usize) -> Result<usize>) -> Result<bool> {
        self.fill_while(read, || true)
    }

    /// Like [`Self::fill`], but not the whole room once something is in it and `go_on` says no.
    pub(crate) fn fill_while(
        &mut self,
        mut read: impl FnMut(&mut [u8], usize) -> Result<usize>,
        mut go_on: impl FnMut() -> bool,
    ) -> Result<bool> {
        let end = self.buffer.len() - PADDING_LEN_BYTES;
        while end - self.end >= MIN_ROOM_BYTES {
            match read(&mut self.buffer[..end], self.end)? {
                0 => return Ok(true),
                len => self.grow(len),
            }
            if !go_on() {
                break;
            }
        }
        Ok(false)
    }

    /// So many bytes were put into [`Self::room`].
    pub(crate) fn grow(&mut self, len: usize) {
        self.end += len;
        debug_assert!(self.end + PADDING_LEN_BYTES <= self.buffer.len());
    }

    /// What the bytes have in common, as [`Self::summarize`] found it.
    pub(crate) fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Looks at all bytes.
    pub(crate) fn summarize(&mut self, quote: Option<u8>, set: InstructionSet) {
        self.summary = Summary::of(self.bytes(), quote, set);
    }

    /// Keeps the first `len` bytes. The summary still speaks of all.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.end = self.end.min(self.start + len);
    }

    /// Drops the first `len` bytes. The summary still speaks of all.
    pub(crate) fn advance(&mut self, len: usize) {
        self.start = self.end.min(self.start + len);
    }

    /// Puts bytes in front. The summary speaks of them, too, where it says what there is.
    pub(crate) fn prepend(&mut self, bytes: &[u8], summary: &Summary) {
        self.summary.join(summary);
        if bytes.len() <= self.start {
            let start = self.start - bytes.len();
            self.buffer[start..self.start].copy_from_slice(bytes);
            self.start = start;
        } else {
            let own = std::mem::take(&mut self.buffer);
            self.rebuild(bytes, &own[self.start..self.end]);
        }
    }

    /// Puts a byte behind the last one. The summary does not speak of it.
    pub(crate) fn push(&mut self, byte: u8) {
        if self.end + PADDING_LEN_BYTES == self.buffer.len() {
            self.buffer.push(0);
        }
        self.buffer[self.end] = byte;
        self.end += 1;
    }

    fn rebuild(&mut self, front: &[u8], back: &[u8]) {
        self.start = 0;
        self.end = front.len() + back.len();
        self.buffer = Vec::with_capacity(self.end + 1 + PADDING_LEN_BYTES);
        self.buffer.extend_from_slice(front);
        self.buffer.extend_from_slice(back);
        self.buffer.resize(self.end + 1 + PADDING_LEN_BYTES, 0);
    }
}

/// What is known of bytes without knowing where in the grammar they stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    /// `\n`.
    pub(crate) feeds: u64,
    /// Line ends: `\n`, `\r\n` or `\r`; a `\r` in the last place is one.
    pub(crate) line_ends: u64,
    /// Whether there are carriage returns.
    pub(crate) has_returns: bool,
    /// Whether there are quotes.
    pub(crate) has_quotes: bool,
}

impl Summary {
    pub(crate) fn of(bytes: &[u8], quote: Option<u8>, set: InstructionSet) -> Self {
        match set {
            InstructionSet::Portable => Self::with::<Portable>(bytes, quote),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => avx2::summary(bytes, quote),
            #[cfg(not(target_arch = "x86_64"))]
            InstructionSet::Avx2 => Self::with::<Portable>(bytes, quote),
        }
    }

    #[inline(always)]
    fn with<B: Block64>(bytes: &[u8], quote: Option<u8>) -> Self {
        let (mut feeds, mut returns, mut quotes) = (0, 0, 0);
        let quoting = if quote.is_some() { u64::MAX } else { 0 };
        let quote = quote.unwrap_or_default();
        for at in (0..bytes.len()).step_by(BLOCK_LEN_BYTES) {
            let block = B::load(&block_at(bytes, at));
            feeds += u64::from(block.equal(b'\n').count_ones());
            returns |= block.equal(b'\r');
            quotes |= block.equal(quote) & quoting;
        }
        let lone = |at: &usize| bytes.get(at + 1) != Some(&b'\n');
        let lone_returns =
            if returns == 0 { 0 } else { memchr::memchr_iter(b'\r', bytes).filter(lone).count() };
        Self {
            feeds,
            line_ends: feeds + lone_returns as u64,
            has_returns: returns != 0,
            has_quotes: quotes != 0,
        }
    }

    fn join(&mut self, other: &Self) {
        self.feeds += other.feeds;
        self.line_ends += other.line_ends;
        self.has_returns |= other.has_returns;
        self.has_quotes |= other.has_quotes;
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    #![allow(unsafe_code)]

    use super::Summary;
    use crate::simd::avx2::Avx2;

    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt,pclmulqdq")]
    fn with_features(bytes: &[u8], quote: Option<u8>) -> Summary {
        Summary::with::<Avx2>(bytes, quote)
    }

    pub(super) fn summary(bytes: &[u8], quote: Option<u8>) -> Summary {
        // SAFETY: `InstructionSet::Avx2` is chosen only where the processor has these features.
        unsafe { with_features(bytes, quote) }
    }
}

/// Buffers of chunks that were scanned, for the next ones: memory that was used before is mapped already.
#[derive(Debug)]
pub(crate) struct ChunkPool {
    chunk_len: usize,
    free: Mutex<Vec<Vec<u8>>>,
}

/// Buffers kept, at most: more are in flight only where records are very long.
const KEPT_BUFFERS: usize = 64;

impl ChunkPool {
    /// Chunks of so many bytes.
    pub(crate) fn new(chunk_len: usize) -> Self {
        Self { chunk_len: chunk_len.max(1), free: Mutex::default() }
    }

    /// Bytes of a chunk.
    pub(crate) fn chunk_len(&self) -> usize {
        self.chunk_len
    }

    /// An empty chunk.
    pub(crate) fn chunk(&self) -> Chunk {
        let buffer = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Chunk::with_room(buffer.unwrap_or_default(), self.chunk_len)
    }

    /// Takes the buffer of a chunk that nobody needs any more.
    pub(crate) fn give_back(&self, chunk: Chunk) {
        let buffer = chunk.buffer;
        let usual = FRONT_LEN_BYTES..=FRONT_LEN_BYTES + 4 * self.chunk_len;
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < KEPT_BUFFERS && usual.contains(&buffer.len()) {
            free.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn summaries(bytes in prop::collection::vec(prop::sample::select(b"aaaa\"\n\r\xc3".to_vec()), 0..300)) {
            let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
            let expected = Summary {
                feeds: bytes.iter().filter(|b| **b == b'\n').count() as u64,
                line_ends: text.matches(['\n', '\r']).count() as u64,
                has_returns: bytes.contains(&b'\r'),
                has_quotes: bytes.contains(&b'"'),
            };
            for set in InstructionSet::all() {
                prop_assert_eq!(Summary::of(&bytes, Some(b'"'), *set), expected);
                let unquoted = Summary { has_quotes: false, ..expected };
                prop_assert_eq!(Summary::of(&bytes, None, *set), unquoted);
            }
        }
    }

    #[test]
    fn a_chunk_grows_at_both_ends() {
        let pool = ChunkPool::new(3);
        for front_len in [0, 5, FRONT_LEN_BYTES, FRONT_LEN_BYTES + 1] {
            let mut chunk = pool.chunk();
            chunk.room()[..3].copy_from_slice(b"xyz");
            chunk.grow(3);
            chunk.prepend(&vec![b'a'; front_len], &Summary::default());
            chunk.push(b'\n');
            chunk.truncate(front_len + 3);
            chunk.push(b'\r');
            assert_eq!(chunk.bytes(), [vec![b'a'; front_len], b"xyz\r".to_vec()].concat());
            assert_eq!(chunk.padded().len(), chunk.bytes().len() + PADDING_LEN_BYTES);
            pool.give_back(chunk);
        }
    }
}
