//! Why a block or a stream cannot be decoded.

use super::bits::BitReader;

/// Why a block cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// The input ends within the block. More input may cure it.
    #[error("the block is cut off at bit {bit}, where the input ends")]
    Truncated {
        /// Length of the input in bits.
        bit: u64,
    },
    /// The block cannot have been written so. More input changes nothing.
    #[error("damaged before bit {bit}: {damage}")]
    Damaged {
        /// Bits of the input that were read when it was noticed.
        bit: u64,
        /// What is wrong.
        damage: Damage,
    },
}

impl BlockError {
    /// The error for damage noticed at the reader's position, which is none if the reader had run out
    /// of input by then.
    pub(super) fn at(bits: &BitReader<'_>, damage: Damage) -> Self {
        match bits.overran() {
            true => Self::Truncated { bit: bits.input_len_bits() },
            false => Self::Damaged { bit: bits.position(), damage },
        }
    }
}

/// What is wrong with a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// It does not begin with the number of a block, or of the end of a stream.
    #[error("expected the start of a block or the end of a stream")]
    NoBlock,
    /// No byte occurs in it.
    #[error("no byte is marked as used")]
    NoBytes,
    /// Fewer than two or more than six code tables.
    #[error("expected 2 to 6 code tables, found {0}")]
    TableCount(usize),
    /// No selectors.
    #[error("no selectors of code tables")]
    NoSelectors,
    /// A selector of a table that is not there.
    #[error("a selector names a code table that does not exist")]
    Selector,
    /// A code length beyond 1 to 20.
    #[error("expected code lengths from 1 to 20 bits, found {0}")]
    CodeLen(u32),
    /// Bits that are no code.
    #[error("bits that no symbol has as its code")]
    Code,
    /// More symbols than the selectors cover.
    #[error("no end after the symbols that the selectors cover")]
    NoEnd,
    /// More bytes than a block can have.
    #[error("longer than a block can be")]
    TooLong,
    /// The row of the text lies beyond the block.
    #[error("expected an origin below the block's length of {len_bytes}, found {origin}")]
    Origin {
        /// What the header says.
        origin: u32,
        /// Bytes of the block.
        len_bytes: u32,
    },
    /// Four equal bytes at the end, without the number of those that follow.
    #[error("the block ends within a run")]
    OpenRun,
    /// The checksum of the text is not the one that was stored.
    #[error("expected checksum {stored:08x}, found {computed:08x}")]
    Checksum {
        /// What the block says.
        stored: u32,
        /// What its text has.
        computed: u32,
    },
}

/// Why an input cannot be decoded as streams of bzip2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// It does not begin with the head of a stream.
    #[error("expected \"BZh\" and a level from 1 to 9")]
    NoStream,
    /// A block of it, or the end of a stream.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// The checksums of a stream's blocks do not make that of the stream.
    #[error("expected checksum {stored:08x} of the stream, found {computed:08x}")]
    Checksum {
        /// What the stream says.
        stored: u32,
        /// What its blocks make.
        computed: u32,
    },
}
