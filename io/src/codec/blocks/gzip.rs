//! Gzip: one member whose blocks stand at byte boundaries, as `pigz -i` writes it (RFC 1951, RFC 1952; M. Adler, pigz, 2007).

use std::io::{self, Write};

use crc32fast::Hasher;
use flate2::{Compress, Compression, FlushCompress, Status};

/// Plain bytes of a block: 32 KiB of history are missing at its start, which costs less than one byte in a hundred.
pub(super) const BLOCK_LEN_BYTES: usize = 1 << 20;

/// What the encoder needs.
pub(super) const ENCODER_LEN_BYTES: usize = 1 << 20;

/// The last two bytes of the head for the extreme levels, as gzip writes them.
const SLOWEST: u8 = 2;
const FASTEST: u8 = 4;

#[derive(Debug)]
pub(super) struct Block {
    bytes: Vec<u8>,
    checksum: Hasher,
    plain_len: u32,
}

/// Compresses a block; one that is not the last ends with an empty stored block, at a byte boundary.
pub(super) fn compress(plain: &[u8], level: u32, is_last: bool) -> io::Result<Block> {
    let mut deflate = Compress::new(Compression::new(level), false);
    let mut bytes = Vec::with_capacity(plain.len() / 2 + 64);
    let flush = if is_last { FlushCompress::Finish } else { FlushCompress::Sync };
    loop {
        let unread = &plain[deflate.total_in() as usize..];
        let status = deflate.compress_vec(unread, &mut bytes, flush).map_err(io::Error::other)?;
        let is_done = match status {
            Status::StreamEnd => true,
            // A flush has ended where there is room left.
            _ => !is_last && deflate.total_in() as usize == plain.len() && bytes.len() < bytes.capacity(),
        };
        if is_done {
            break;
        }
        bytes.reserve(bytes.capacity().max(64));
    }
    let mut checksum = Hasher::new();
    checksum.update(plain);
    // The length in the file is one of 32 bits, whatever the member's.
    Ok(Block { bytes, checksum, plain_len: plain.len() as u32 })
}

#[derive(Debug)]
pub(super) struct Member {
    level: u32,
    has_head: bool,
    checksum: Hasher,
    plain_len: u32,
}

impl Member {
    pub(super) fn new(level: u32) -> Self {
        Self { level, has_head: false, checksum: Hasher::new(), plain_len: 0 }
    }

    pub(super) fn push(&mut self, block: &Block, out: &mut dyn Write) -> io::Result<()> {
        self.write_head(out)?;
        self.checksum.combine(&block.checksum);
        self.plain_len = self.plain_len.wrapping_add(block.plain_len);
        out.write_all(&block.bytes)
    }

    pub(super) fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let [checksum, plain_len] = [self.checksum.clone().finalize(), self.plain_len].map(u32::to_le_bytes);
        out.write_all(&checksum)?;
        out.write_all(&plain_len)
    }

    /// Magic, deflate, no flags, no time, and a system that is not told.
    fn write_head(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if std::mem::replace(&mut self.has_head, true) {
            return Ok(());
        }
        let extra = match self.level {
            9 => SLOWEST,
            0 | 1 => FASTEST,
            _ => 0,
        };
        out.write_all(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, extra, 255])
    }
}
