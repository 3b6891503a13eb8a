//! xz: one stream of blocks, each of which was compressed as a stream of its own (The .xz File Format, 1.2.1), as `xz -T` writes it.

use std::io::{self, Write};

use compression_codecs::XzEncoder;
use compression_core::Level;

use super::encoded;
use crate::codec::xz::{BlockLens, STREAM_HEAD_LEN_BYTES, end_of_stream, only_block, stream_head};

/// The length of the dictionary at each level, as a power of two.
const DICTIONARY_LOG: [u32; 10] = [18, 20, 21, 22, 22, 23, 23, 24, 25, 26];

/// What the encoder needs at each level, in MiB, as the manual of `xz` has it.
const ENCODER_LEN_MIB: [usize; 10] = [3, 9, 17, 32, 48, 94, 94, 186, 370, 674];

/// Blocks are at least that long, where the dictionary is short.
const LEAST_BLOCK_LEN_BYTES: usize = 4 << 20;

/// Plain bytes of a block: two dictionaries, which makes airline data less than 1 % longer than one block for all.
pub(super) fn block_len_bytes(level: u32) -> usize {
    LEAST_BLOCK_LEN_BYTES.max(2 << DICTIONARY_LOG[level as usize])
}

pub(super) fn encoder_len_bytes(level: u32) -> usize {
    ENCODER_LEN_MIB[level as usize] << 20
}

#[derive(Debug)]
pub(super) struct Block {
    /// From its header to its check, at a multiple of four.
    bytes: Vec<u8>,
    lens: BlockLens,
    /// The head of its stream.
    head: [u8; STREAM_HEAD_LEN_BYTES],
}

/// Compresses one block.
pub(super) fn compress(plain: &[u8], level: u32) -> io::Result<Block> {
    let stream = encoded(&mut XzEncoder::new(Level::Precise(level.cast_signed())), plain)?;
    let block = stream_head(&stream).zip(only_block(&stream));
    let (head, (bytes, lens)) =
        block.ok_or_else(|| io::Error::other("liblzma wrote something else than one block"))?;
    Ok(Block { bytes, lens, head })
}

#[derive(Debug)]
pub(super) struct Member {
    level: u32,
    /// Written in front of the first block.
    head: Option<[u8; STREAM_HEAD_LEN_BYTES]>,
    blocks: Vec<BlockLens>,
}

impl Member {
    pub(super) fn new(level: u32) -> Self {
        Self { level, head: None, blocks: Vec::new() }
    }

    pub(super) fn push(&mut self, block: &Block, out: &mut dyn Write) -> io::Result<()> {
        if self.head.is_none() {
            out.write_all(self.head.insert(block.head))?;
        }
        self.blocks.push(block.lens);
        out.write_all(&block.bytes)
    }

    pub(super) fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let Some(head) = self.head else {
            return out
                .write_all(&encoded(&mut XzEncoder::new(Level::Precise(self.level.cast_signed())), b"")?);
        };
        out.write_all(&end_of_stream(&head, &self.blocks))
    }
}
