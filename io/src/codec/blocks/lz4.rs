//! LZ4: one frame of blocks that do not look back, each of which was compressed as a frame of its own.

use std::io::{self, Write};

use compression_codecs::Lz4Encoder;
use compression_codecs::lz4::params::{BlockSize, EncoderParams};
use compression_core::Level;

use super::encoded;
use crate::codec::lz4::{CHECKED_HEAD, HEAD_LEN_BYTES, Sum, WORD_LEN_BYTES};

/// Plain bytes of a block: the most that one may have, as the codec's own program has it.
pub(super) const BLOCK_LEN_BYTES: usize = 4 << 20;

/// What the encoder needs: it keeps a block, too.
pub(super) const ENCODER_LEN_BYTES: usize = 2 * BLOCK_LEN_BYTES;

/// What stands in the place of a block behind the last one.
const END: [u8; WORD_LEN_BYTES] = [0; WORD_LEN_BYTES];

/// Compresses one block, with its length in front.
pub(super) fn compress(plain: &[u8], level: u32) -> io::Result<Vec<u8>> {
    let level = Level::Precise(level.cast_signed());
    let parameters = EncoderParams::default().level(level).block_size(BlockSize::Max4MB);
    let mut frame = encoded(&mut Lz4Encoder::new(parameters), plain)?;
    let block_len = frame.get(HEAD_LEN_BYTES..).and_then(|rest| rest.first_chunk()).map(|len| {
        // The highest bit says that the block is stored as it is.
        WORD_LEN_BYTES + (u32::from_le_bytes(*len) & 0x7fff_ffff) as usize
    });
    if block_len.is_none_or(|len| HEAD_LEN_BYTES + len + END.len() != frame.len()) || !frame.ends_with(&END) {
        return Err(io::Error::other("liblz4 wrote something else than one block"));
    }
    frame.truncate(frame.len() - END.len());
    frame.drain(..HEAD_LEN_BYTES);
    Ok(frame)
}

#[derive(Debug, Default)]
pub(super) struct Member {
    has_head: bool,
    /// Of all plain bytes.
    sum: Sum,
}

impl Member {
    /// Adds plain bytes to the checksum: those of blocks cannot be put together.
    pub(super) fn check(&mut self, plain: &[u8]) {
        self.sum.add(plain);
    }

    pub(super) fn push(&mut self, block: &[u8], out: &mut dyn Write) -> io::Result<()> {
        self.write_head(out)?;
        out.write_all(block)
    }

    pub(super) fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.write_head(out)?;
        out.write_all(&END)?;
        out.write_all(&self.sum.checksum().to_le_bytes())
    }

    fn write_head(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if std::mem::replace(&mut self.has_head, true) {
            return Ok(());
        }
        out.write_all(&CHECKED_HEAD.bytes())
    }
}
