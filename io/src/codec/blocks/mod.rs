//! Members that are compressed block by block, by several threads.
//!
//! ```text
//! written  | block 0 | block 1 | block 2 | …
//! threads    compress  compress  compress       apart
//! member   | 0 | 1 | 2 | …                      joined in order
//! ```
//!
//! No block looks back on another one, and so what is written can be read by several threads, too. It is one member all the same,
//! as some readers take only the first one of a file, but for Zstandard, where each block is a member (a frame); and it has the same
//! bytes whatever the number of threads.

mod bzip2;
mod gzip;
mod lz4;
mod workers;
mod xz;
mod zstd;

use std::collections::VecDeque;
use std::io::{self, Write};

use compression_codecs::EncodeV2;
use compression_codecs::core::util::{PartialBuffer, WriteBuffer};
use workers::{Waiting, Workers};

use super::Codec;

/// What compressing may take of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompressionLimits {
    /// Threads that may compress.
    pub threads: usize,
    /// Memory that they may need together: fewer compress where it is not enough for all of them, and one in any case.
    pub memory_len_bytes: usize,
}

impl CompressionLimits {
    /// The part of each of so many files that are written at the same time.
    pub fn of_each(self, files: usize) -> Self {
        let files = files.max(1);
        Self { threads: self.threads.div_ceil(files), memory_len_bytes: self.memory_len_bytes / files }
    }
}

/// How a codec makes blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BlockCodec {
    Gzip { level: u32 },
    Bzip2 { level: u32 },
    Xz { level: u32 },
    Lz4 { level: u32 },
    Zstd { level: u32 },
}

/// A compressed block, and what the member has to know of it.
#[derive(Debug)]
enum Block {
    Gzip(gzip::Block),
    Bzip2(bzip2::Block),
    Xz(xz::Block),
    Lz4(Vec<u8>),
    Zstd(Vec<u8>),
}

/// A member on its way.
#[derive(Debug)]
enum Member {
    Gzip(gzip::Member),
    Bzip2(bzip2::Member),
    Xz(xz::Member),
    Lz4(lz4::Member),
    /// A frame for each block: there is nothing around them.
    Zstd,
}

impl BlockCodec {
    /// How a codec that has blocks makes them at a level that it has.
    fn new(codec: Codec, level: u32) -> Option<Self> {
        match codec {
            Codec::Gzip => Some(Self::Gzip { level }),
            Codec::Bzip2 => Some(Self::Bzip2 { level }),
            Codec::Xz => Some(Self::Xz { level }),
            Codec::Lz4 => Some(Self::Lz4 { level }),
            Codec::Zstd => Some(Self::Zstd { level }),
            Codec::Plain | Codec::Lzma | Codec::Lzip | Codec::Compress | Codec::Zlib | Codec::Zip => None,
        }
    }

    /// Plain bytes of a block.
    fn block_len_bytes(self) -> usize {
        match self {
            Self::Gzip { .. } => gzip::BLOCK_LEN_BYTES,
            Self::Bzip2 { level } => bzip2::block_len_bytes(level),
            Self::Xz { level } => xz::block_len_bytes(level),
            Self::Lz4 { .. } => lz4::BLOCK_LEN_BYTES,
            Self::Zstd { level } => zstd::block_len_bytes(level),
        }
    }

    /// Memory of a thread that compresses: its encoder, its block and what becomes of that.
    fn thread_len_bytes(self) -> usize {
        let encoder_len_bytes = match self {
            Self::Gzip { .. } => gzip::ENCODER_LEN_BYTES,
            Self::Bzip2 { .. } => bzip2::ENCODER_LEN_BYTES,
            Self::Xz { level } => xz::encoder_len_bytes(level),
            Self::Lz4 { .. } => lz4::ENCODER_LEN_BYTES,
            Self::Zstd { level } => zstd::encoder_len_bytes(level),
        };
        encoder_len_bytes + 2 * self.block_len_bytes()
    }

    fn compress(self, plain: &[u8], is_last: bool) -> io::Result<Block> {
        match self {
            Self::Gzip { level } => gzip::compress(plain, level, is_last).map(Block::Gzip),
            Self::Bzip2 { level } => bzip2::compress(plain, level).map(Block::Bzip2),
            Self::Xz { level } => xz::compress(plain, level).map(Block::Xz),
            Self::Lz4 { level } => lz4::compress(plain, level).map(Block::Lz4),
            Self::Zstd { level } => zstd::compress(plain, level).map(Block::Zstd),
        }
    }

    /// Whether a member of no bytes has a block: the others have no empty blocks, and need none.
    fn has_empty_block(self) -> bool {
        matches!(self, Self::Gzip { .. } | Self::Zstd { .. })
    }

    fn member(self) -> Member {
        match self {
            Self::Gzip { level } => Member::Gzip(gzip::Member::new(level)),
            Self::Bzip2 { level } => Member::Bzip2(bzip2::Member::new(level)),
            Self::Xz { level } => Member::Xz(xz::Member::new(level)),
            Self::Lz4 { .. } => Member::Lz4(lz4::Member::default()),
            Self::Zstd { .. } => Member::Zstd,
        }
    }
}

impl Member {
    /// Takes note of plain bytes, in their order, before their block comes.
    fn note_plain(&mut self, plain: &[u8]) {
        if let Self::Lz4(member) = self {
            member.check(plain);
        }
    }

    fn push(&mut self, block: &Block, out: &mut dyn Write) -> io::Result<()> {
        match (self, block) {
            (Self::Gzip(member), Block::Gzip(block)) => member.push(block, out),
            (Self::Bzip2(member), Block::Bzip2(block)) => member.push(block, out),
            (Self::Xz(member), Block::Xz(block)) => member.push(block, out),
            (Self::Lz4(member), Block::Lz4(block)) => member.push(block, out),
            (Self::Zstd, Block::Zstd(block)) => out.write_all(block),
            _ => unreachable!("the blocks of a member have its codec"),
        }
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Gzip(member) => member.finish(out),
            Self::Bzip2(member) => member.finish(out),
            Self::Xz(member) => member.finish(out),
            Self::Lz4(member) => member.finish(out),
            Self::Zstd => Ok(()),
        }
    }
}

/// Compressed bytes that an encoder makes at once.
const OUTPUT_LEN_BYTES: usize = 64 << 10;

/// All that an encoder makes of some bytes.
fn encoded(encoder: &mut dyn EncodeV2, plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(plain.len() / 2);
    let mut output = vec![0; OUTPUT_LEN_BYTES];
    let mut source = PartialBuffer::new(plain);
    loop {
        let mut target = WriteBuffer::new_initialized(&mut output[..]);
        let is_done = if source.unwritten().is_empty() {
            encoder.finish(&mut target)?
        } else {
            encoder.encode(&mut source, &mut target)?;
            false
        };
        bytes.extend_from_slice(target.written());
        if is_done {
            return Ok(bytes);
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
        let codec = BlockCodec::new(codec, level)?;
        Some(Self {
            codec,
            threads: 1,
            workers: None,
            block: Vec::new(),
            waiting: VecDeque::new(),
            member: codec.member(),
        })
    }

    /// What one that compresses with one thread holds, by estimate.
    pub(super) fn len_bytes(codec: Codec, level: u32) -> usize {
        BlockCodec::new(codec, level).map_or(0, BlockCodec::thread_len_bytes)
    }

    /// Sets how many threads compress, if there is that much to compress.
    pub(super) fn set_limits(&mut self, limits: CompressionLimits) {
        let enough_for = limits.memory_len_bytes / self.codec.thread_len_bytes();
        self.threads = limits.threads.min(enough_for).max(1);
    }

    pub(super) fn write(&mut self, mut bytes: &[u8], out: &mut dyn Write) -> io::Result<()> {
        let block_len = self.codec.block_len_bytes();
        while !bytes.is_empty() {
            // The last block has its own end: a full one waits until it is known not to be the last.
            if self.block.len() == block_len {
                self.compress_block(out)?;
            }
            let (now, later) = bytes.split_at(bytes.len().min(block_len - self.block.len()));
            self.member.note_plain(now);
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
            [] if !self.codec.has_empty_block() => None,
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

    use compression_codecs::{DecodeV2, XzDecoder, ZstdDecoder};

    use super::*;
    use crate::codec::Compressor;

    const CODECS: [Codec; 5] = [Codec::Gzip, Codec::Bzip2, Codec::Xz, Codec::Lz4, Codec::Zstd];

    fn limits(threads: usize) -> CompressionLimits {
        CompressionLimits { threads, memory_len_bytes: usize::MAX }
    }

    fn compressed(codec: Codec, level: u32, threads: usize, plain: &[u8]) -> Vec<u8> {
        let mut compressor = Compressor::new(codec, Some(level), Vec::new()).unwrap();
        compressor.set_limits(limits(threads));
        for part in plain.chunks(100_001) {
            compressor.write_all(part).unwrap();
        }
        compressor.finish().unwrap()
    }

    /// The first member of a file, as other programs read it; of Zstandard all of them.
    fn first_member(codec: Codec, bytes: &[u8]) -> Vec<u8> {
        let mut plain = Vec::new();
        match codec {
            Codec::Gzip => flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).unwrap(),
            Codec::Bzip2 => ::bzip2::read::BzDecoder::new(bytes).read_to_end(&mut plain).unwrap(),
            Codec::Lz4 => ::lz4::Decoder::new(bytes).unwrap().read_to_end(&mut plain).unwrap(),
            Codec::Xz => return decoded(XzDecoder::new(), bytes),
            _ => return decoded(ZstdDecoder::new(), bytes),
        };
        plain
    }

    fn decoded(mut decoder: impl DecodeV2, bytes: &[u8]) -> Vec<u8> {
        let (mut plain, mut output) = (Vec::new(), vec![0; OUTPUT_LEN_BYTES]);
        let mut source = PartialBuffer::new(bytes);
        loop {
            let mut target = WriteBuffer::new_initialized(&mut output[..]);
            let ended = decoder.decode(&mut source, &mut target).unwrap();
            plain.extend_from_slice(target.written());
            match ended {
                true if source.unwritten().is_empty() => return plain,
                true => decoder.reinit().unwrap(),
                false => assert!(!source.unwritten().is_empty() || !target.written().is_empty(), "no end"),
            }
        }
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
            let block_len = BlockCompressor::new(codec, 1).unwrap().codec.block_len_bytes();
            // Those of long blocks are alike, and take long.
            let is_long = block_len > 1 << 20;
            let lens = [0, 1, block_len - 1, block_len, block_len + 1, 3 * block_len + 12_345];
            for len in if is_long { &lens[3..] } else { &lens } {
                let periodic = b"a line of text\n".iter().copied().cycle().take(*len).collect();
                let others = [noise(*len), vec![b'a'; *len]];
                for plain in others.into_iter().skip(if is_long { 2 } else { 0 }).chain([periodic]) {
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
        for codec in [Codec::Gzip, Codec::Bzip2] {
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
    fn few_threads_compress_where_memory_is_short() {
        let threads = |codec, megabytes: usize| {
            let mut compressor = BlockCompressor::new(codec, Codec::usual_level(codec)).unwrap();
            compressor.set_limits(CompressionLimits { threads: 16, memory_len_bytes: megabytes << 20 });
            compressor.threads
        };
        assert_eq!([1, 16, 64, 1024].map(|megabytes| threads(Codec::Bzip2, megabytes)), [1, 1, 6, 16]);
        assert_eq!([16, 64, 256, 1024].map(|megabytes| threads(Codec::Zstd, megabytes)), [1, 4, 16, 16]);
        assert_eq!([16, 256, 1024, 4096].map(|megabytes| threads(Codec::Xz, megabytes)), [1, 2, 8, 16]);
    }

    #[test]
    fn blocks_of_xz_tell_how_long_they_are() {
        let stream = compressed(Codec::Xz, 0, 1, &noise(10_000));
        let head = crate::codec::xz::stream_head(&stream).unwrap();
        let len = crate::codec::xz::block_len(&head, &stream[head.len()..]).unwrap() as usize;
        let index = &stream[head.len() + len.next_multiple_of(4)..];
        assert_eq!(crate::codec::xz::index_len(index), Some(index.len()));
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
            compressor.set_limits(limits(2));
            let plain = noise(1 << 20);
            let error = (0..40).find_map(|_| compressor.write_all(&plain).err()).unwrap();
            assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        }
        let mut compressor = BlockCompressor::new(Codec::Gzip, 1).unwrap();
        compressor.set_limits(limits(2));
        compressor.write(&noise(3 << 20), &mut io::sink()).unwrap();
        let shared = std::sync::Arc::downgrade(compressor.workers.as_ref().unwrap().shared());
        drop(compressor);
        while shared.strong_count() > 0 {
            std::thread::yield_now();
        }
    }
}
