//! Heads of frames and of their blocks.

use std::hash::Hasher;

use twox_hash::XxHash32;

use super::error::Damage;
use super::{MAGIC, WORD_LEN_BYTES};

/// Bytes of a head with which it tells how long it is: its magic and its flags.
pub(super) const FLAGS_END_BYTES: usize = WORD_LEN_BYTES + 1;

/// Bytes of a head at most: with the length of the content, and the number of a dictionary.
pub(super) const MAX_HEAD_LEN_BYTES: usize = 19;

/// Bytes of a head that says no more than it must.
pub(in crate::codec) const LEAST_HEAD_LEN_BYTES: usize = 7;

const VERSION: u8 = 0x40;
const VERSION_AND_RESERVED: u8 = 0xc2;
const INDEPENDENT: u8 = 0x20;
const BLOCK_CHECKSUMS: u8 = 0x10;
const CONTENT_LENGTH: u8 = 8;
const CONTENT_CHECKSUM: u8 = 4;
const DICTIONARY: u8 = 1;

/// A block size of heads that is none of theirs, but of frames of old: 8 MiB.
const LEGACY_BLOCK_SIZE: u8 = 8;
const LEGACY_BLOCK_LEN_BYTES: usize = 8 << 20;

/// Compressed bytes of such a block at most: what cannot be compressed gets longer.
const MAX_LEGACY_BLOCK_LEN_BYTES: usize = LEGACY_BLOCK_LEN_BYTES + LEGACY_BLOCK_LEN_BYTES / 255 + 16;

/// The head of a frame of independent blocks of up to 4 MiB, with a checksum of what is in it.
pub(in crate::codec) const CHECKED_HEAD: FrameHead =
    FrameHead { flags: VERSION | INDEPENDENT | CONTENT_CHECKSUM, block_size: 7, content_len_bytes: None };

/// What the head of a frame says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::codec) struct FrameHead {
    flags: u8,
    /// The largest block, as the head has it: from 4, 64 KiB, to 7, 4 MiB.
    block_size: u8,
    /// Decoded bytes of the frame, if that is said.
    pub(super) content_len_bytes: Option<u64>,
}

impl FrameHead {
    /// Of a frame of old, which says nothing: its blocks are independent, and nothing checks them.
    pub(super) const LEGACY: Self =
        Self { flags: INDEPENDENT, block_size: LEGACY_BLOCK_SIZE, content_len_bytes: None };

    pub(super) fn is_legacy(self) -> bool {
        self.block_size == LEGACY_BLOCK_SIZE
    }

    /// How long the head is that has these flags.
    pub(super) fn len(flags: u8) -> usize {
        let with = |flag, len| if flags & flag != 0 { len } else { 0 };
        LEAST_HEAD_LEN_BYTES + with(CONTENT_LENGTH, 8) + with(DICTIONARY, 4)
    }

    /// Understands a head, from its magic to its checksum.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Damage> {
        let [m0, m1, m2, m3, described @ .., checksum] = bytes else { return Err(Damage::Magic) };
        let &[flags, block_size, ref fields @ ..] = described else { return Err(Damage::Magic) };
        if u32::from_le_bytes([*m0, *m1, *m2, *m3]) != MAGIC {
            return Err(Damage::Magic);
        }
        if head_checksum(described) != *checksum {
            return Err(Damage::HeadChecksum);
        }
        let is_known =
            flags & VERSION_AND_RESERVED == VERSION && matches!(block_size, 0x40 | 0x50 | 0x60 | 0x70);
        let content_len = fields.first_chunk().filter(|_| flags & CONTENT_LENGTH != 0);
        is_known
            .then_some(Self {
                flags,
                block_size: block_size >> 4,
                content_len_bytes: content_len.map(|len| u64::from_le_bytes(*len)),
            })
            .ok_or(Damage::Flags)
    }

    /// The head of a frame of some of the blocks: with nothing said of what they have together.
    pub(super) fn of_some_blocks(self) -> [u8; LEAST_HEAD_LEN_BYTES] {
        Self { flags: VERSION | self.flags & (INDEPENDENT | BLOCK_CHECKSUMS), ..self }.bytes()
    }

    /// Writes a head that says no more than it must.
    pub(in crate::codec) fn bytes(self) -> [u8; LEAST_HEAD_LEN_BYTES] {
        let [m0, m1, m2, m3] = MAGIC.to_le_bytes();
        let described = [self.flags, self.block_size << 4];
        [m0, m1, m2, m3, described[0], described[1], head_checksum(&described)]
    }

    /// Whether blocks do not look back on those in front of them.
    pub(super) fn is_independent(self) -> bool {
        self.flags & INDEPENDENT != 0
    }

    pub(super) fn has_block_checksums(self) -> bool {
        self.flags & BLOCK_CHECKSUMS != 0
    }

    pub(super) fn has_content_checksum(self) -> bool {
        self.flags & CONTENT_CHECKSUM != 0
    }

    pub(super) fn has_dictionary(self) -> bool {
        self.flags & DICTIONARY != 0
    }

    /// Bytes of a block at most, compressed or not.
    pub(super) fn max_block_len_bytes(self) -> usize {
        if self.is_legacy() { LEGACY_BLOCK_LEN_BYTES } else { 1 << (8 + 2 * self.block_size) }
    }

    /// Bytes behind a block.
    pub(super) fn block_foot_len_bytes(self) -> usize {
        if self.has_block_checksums() { WORD_LEN_BYTES } else { 0 }
    }
}

fn head_checksum(described: &[u8]) -> u8 {
    (checksum(described) >> 8) as u8
}

/// The checksum of all that LZ4 checks.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    XxHash32::oneshot(0, bytes)
}

/// A checksum of bytes that come in steps, and how many they were.
#[derive(Debug, Clone, Default)]
pub(in crate::codec) struct Sum(XxHash32);

impl Sum {
    pub(in crate::codec) fn add(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    pub(in crate::codec) fn checksum(&self) -> u32 {
        self.0.finish_32()
    }

    pub(super) fn len_bytes(&self) -> u64 {
        self.0.total_len()
    }
}

/// What stands in front of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BlockHead {
    pub(super) len_bytes: usize,
    /// The bytes are as they are.
    pub(super) is_plain: bool,
}

impl BlockHead {
    /// Understands it; there is none where the blocks of the frame end.
    ///
    /// # Errors
    /// The block would be longer than it may be.
    pub(super) fn parse(bytes: [u8; WORD_LEN_BYTES], frame: FrameHead) -> Result<Option<Self>, Damage> {
        const PLAIN: u32 = 1 << 31;
        let word = u32::from_le_bytes(bytes);
        let len_bytes = (word & !PLAIN) as usize;
        match word {
            0 => Ok(None),
            _ if frame.is_legacy() && word as usize > MAX_LEGACY_BLOCK_LEN_BYTES => Err(Damage::BlockLength),
            _ if frame.is_legacy() => Ok(Some(Self { len_bytes, is_plain: false })),
            _ if len_bytes > frame.max_block_len_bytes() => Err(Damage::BlockLength),
            _ => Ok(Some(Self { len_bytes, is_plain: word & PLAIN != 0 })),
        }
    }
}
