//! Members that are compressed block by block, by several threads.
//!
//! ```text
//! written  | block 0 | block 1 | block 2 | …
//! threads    compress  compress  compress       apart
//! member   | 0 | 1 | 2 | …                      joined in order
//! ```
//!
//! No block looks back on another one, and so what is written can be read by several threads, too. It is one member all the same,
//! as some readers take only the first one of a file; and it has the same bytes whatever the number of threads.

mod bzip2;
mod gzip;
mod workers;

use std::collections::VecDeque;
use std::io::{self, Write};

use workers::{Waiting, Workers};

use super::Codec;

/// How a codec makes blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BlockCodec {
    Gzip { level: u32 },
    Bzip2 { level: u32 },
}

/// A compressed block, and what the member has to know of it.
#[derive(Debug)]
enum Block {
    Gzip(gzip::Block),
    Bzip2(bzip2::Block),
}

/// A member on its way.
#[derive(Debug)]
enum Member {
    Gzip(gzip::Member),
    Bzip2(bzip2::Member),
}

impl BlockCodec {
    /// Plain bytes of a block.
    fn block_len_bytes(self) -> usize {
        match self {
            Self::Gzip { .. } => gzip::BLOCK_LEN_BYTES,
            Self::Bzip2 { level } => bzip2::block_len_bytes(level),
        }
    }

    fn compress(self, plain: &[u8], is_last: bool) -> io::Result<Block> {
        match self {
            Self::Gzip { level } => gzip::compress(plain, level, is_last).map(Block::Gzip),
            Self::Bzip2 { level } => bzip2::compress(plain, level).map(Block::Bzip2),
        }
    }

    fn member(self) -> Member {
        match self {
            Self::Gzip { level } => Member::Gzip(gzip::Member::new(level)),
            Self::Bzip2 { level } => Member::Bzip2(bzip2::Member::new(level)),
        }
    }
}

impl Member {
    fn push(&mut self, block: &Block, out: &mut dyn Write) -> io::Result<()> {
        match (self, block) {
            (Self::Gzip(member), Block::Gzip(block)) => member.push(block, out),
            (Self::Bzip2(member), Block::Bzip2(block)) => member.push(block, out),
            _ => unreachable!("the blocks of a member have its codec"),
        }
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Gzip(member) => member.finish(out),
            Self::Bzip2(member) => member.finish(out),
        }
    }
}

/// Compresses one member. It holds a block for each thread, and two more.
#[derive(Debug)]
pub(super) struct BlockCompressor {
    codec: BlockCodec,
    threads: usize,
    /// Begun with the first block that is not the last one.
    workers: Option<Workers>,
    /// Bytes that are not compressed yet.
    block: Vec<u8>,
    /// Blocks that are being compressed, in order.
    waiting: VecDeque<Waiting>,
    member: Member,
}

impl BlockCompressor {
    /// A member of a codec that has blocks, for a level that it has.
    pub(super) fn new(codec: Codec, level: u32) -> Option<Self> {
        let codec = match codec {
            Codec::Gzip => BlockCodec::Gzip { level },
            Codec::Bzip2 => BlockCodec::Bzip2 { level },
            _ => return None,
        };
        Some(Self {
            codec,
            threads: 1,
            workers: None,
            block: Vec::new(),
            waiting: VecDeque::new(),
            member: codec.member(),
        })
    }

    /// Sets how many threads compress, if there is that much to compress.
    pub(super) fn set_threads(&mut self, threads: usize) {
        self.threads = threads.max(1);
    }

    pub(super) fn write(&mut self, mut bytes: &[u8], out: &mut dyn Write) -> io::Result<()> {
        let block_len = self.codec.block_len_bytes();
        while !bytes.is_empty() {
            // The last block has its own end: a full one waits until it is known not to be the last.
            if self.block.len() == block_len {
                self.compress_block(out)?;
            }
            let (now, later) = bytes.split_at(bytes.len().min(block_len - self.block.len()));
            self.block.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    /// Hands on the blocks that are compressed.
    pub(super) fn flush(&mut self, out: &mut dyn Write) -> io::Result<()> {
        while let Some(block) = self.waiting.front_mut().and_then(Waiting::take_ready) {
            self.waiting.pop_front();
            self.member.push(&block?, out)?;
        }
        Ok(())
    }

    /// Ends the member.
    pub(super) fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let last = match &self.block[..] {
            // Bzip2 has no empty blocks, and needs none.
            [] if matches!(self.codec, BlockCodec::Bzip2 { .. }) => None,
            last => Some(self.codec.compress(last, true)?),
        };
        self.push_waiting(0, out)?;
        last.map_or(Ok(()), |last| self.member.push(&last, out))?;
        self.member.finish(out)
    }

    /// Compresses the block at hand, which is not the last one.
    fn compress_block(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.threads > 1 && self.workers.is_none() {
            match Workers::new(self.threads) {
                Ok(workers) => self.workers = Some(workers),
                // It has to do without them.
                Err(_) => self.threads = 1,
            }
        }
        let Some(workers) = &self.workers else {
            let block = self.codec.compress(&self.block, false)?;
            self.block.clear();
            return self.member.push(&block, out);
        };
        let plain = std::mem::replace(&mut self.block, workers.buffer());
        self.waiting.push_back(workers.compress(self.codec, plain));
        self.push_waiting(self.threads + 1, out)
    }

    /// Puts blocks into the member until so many wait.
    fn push_waiting(&mut self, most: usize, out: &mut dyn Write) -> io::Result<()> {
        while self.waiting.len() > most
            && let Some(waiting) = self.waiting.pop_front()
        {
            self.member.push(&waiting.take()?, out)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::codec::Compressor;

    const CODECS: [Codec; 2] = [Codec::Gzip, Codec::Bzip2];

    fn compressed(codec: Codec, level: u32, threads: usize, plain: &[u8]) -> Vec<u8> {
        let mut compressor = Compressor::new(codec, Some(level), Vec::new()).unwrap();
        compressor.set_threads(threads);
        for part in plain.chunks(100_001) {
            compressor.write_all(part).unwrap();
        }
        compressor.finish().unwrap()
    }

    /// The first member of a file, as other programs read it.
    fn first_member(codec: Codec, bytes: &[u8]) -> Vec<u8> {
        let mut plain = Vec::new();
        match codec {
            Codec::Gzip => flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).unwrap(),
            _ => ::bzip2::read::BzDecoder::new(bytes).read_to_end(&mut plain).unwrap(),
        };
        plain
    }

    fn noise(len: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        std::iter::repeat_with(next).take(len).collect()
    }

    #[test]
    fn one_member_with_the_same_bytes_for_any_number_of_threads() {
        for codec in CODECS {
            let block_len = match codec {
                Codec::Gzip => gzip::BLOCK_LEN_BYTES,
                _ => bzip2::block_len_bytes(1),
            };
            for len in [0, 1, block_len - 1, block_len, block_len + 1, 3 * block_len + 12_345] {
                let periodic = || b"a line of text\n".iter().copied().cycle().take(len).collect();
                for plain in [noise(len), vec![b'a'; len], periodic()] {
                    let expected = compressed(codec, 1, 1, &plain);
                    assert!(first_member(codec, &expected) == plain, "{codec}, {len} bytes");
                    for threads in [2, 5] {
                        let bytes = compressed(codec, 1, threads, &plain);
                        assert!(bytes == expected, "{codec}, {len} bytes, {threads} threads");
                    }
                }
            }
        }
    }

    #[test]
    fn the_worst_runs_fill_no_second_block_of_bzip2() {
        for level in [1, 9] {
            let runs = (0..=255).cycle().flat_map(|byte: u8| [byte; 4]);
            let plain: Vec<u8> = runs.take(2 * bzip2::block_len_bytes(level)).collect();
            assert!(first_member(Codec::Bzip2, &compressed(Codec::Bzip2, level, 2, &plain)) == plain);
        }
    }

    #[test]
    fn every_level_is_told_in_the_head() {
        for codec in CODECS {
            for level in codec.levels().unwrap() {
                let bytes = compressed(codec, level, 1, b"hello");
                assert_eq!(first_member(codec, &bytes), b"hello");
                let mut usual = Vec::new();
                match codec {
                    Codec::Gzip => {
                        let level = flate2::Compression::new(level);
                        flate2::read::GzEncoder::new(&b"hello"[..], level).read_to_end(&mut usual).unwrap()
                    }
                    _ => ::bzip2::read::BzEncoder::new(&b"hello"[..], ::bzip2::Compression::new(level))
                        .read_to_end(&mut usual)
                        .unwrap(),
                };
                assert_eq!(bytes, usual, "{codec} {level}");
            }
        }
    }

    #[test]
    fn what_cannot_be_written_is_an_error_and_dropping_it_ends_the_threads() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        for codec in CODECS {
            let mut compressor = Compressor::new(codec, Some(1), Full).unwrap();
            compressor.set_threads(2);
            let plain = noise(1 << 20);
            let error = (0..20).find_map(|_| compressor.write_all(&plain).err()).unwrap();
            assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        }
        let mut compressor = BlockCompressor::new(Codec::Gzip, 1).unwrap();
        compressor.set_threads(2);
        compressor.write(&noise(3 << 20), &mut io::sink()).unwrap();
        let shared = std::sync::Arc::downgrade(compressor.workers.as_ref().unwrap().shared());
        drop(compressor);
        while shared.strong_count() > 0 {
            std::thread::yield_now();
        }
    }
}
