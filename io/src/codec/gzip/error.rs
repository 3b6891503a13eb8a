//! What can be wrong with compressed bytes.

use std::fmt;

/// Why DEFLATE data, or the gzip member around it, is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// A block of the type that is not defined.
    #[error("unknown type of block")]
    BlockType,
    /// A stored block whose length does not agree with its complement.
    #[error("the length of a stored block does not agree with its check")]
    StoredLength,
    /// A block that claims more than 286 literal and length codes or more than 30 distance codes.
    #[error("too many length or distance codes")]
    CodeCounts,
    /// The code of code lengths is over-subscribed or incomplete.
    #[error("the code of code lengths is not a code")]
    CodeLengthCode,
    /// A repeat of code lengths that has nothing to repeat or goes too far.
    #[error("a repeated code length does not fit")]
    CodeLengthRepeat,
    /// A block that cannot end.
    #[error("a block has no code for its end")]
    NoEndOfBlock,
    /// The code of literals and lengths is over-subscribed or incomplete.
    #[error("the code of literals and lengths is not a code")]
    LitlenCode,
    /// The code of distances is over-subscribed or incomplete.
    #[error("the code of distances is not a code")]
    DistanceCode,
    /// Bits that are no literal and no length.
    #[error("bits that are no literal and no length")]
    Litlen,
    /// Bits that are no distance.
    #[error("bits that are no distance")]
    Distance,
    /// A distance that reaches before the first byte.
    #[error("a match reaches before the first byte")]
    DistanceTooFar,
    /// Bytes that do not begin a member.
    #[error("not the first bytes of a gzip member")]
    Magic,
    /// Flags in a member's header that the format does not define.
    #[error("unknown flags in the header")]
    Flags,
    /// The checksum of a member's header.
    #[error("the checksum of the header does not match")]
    HeaderChecksum,
    /// The checksum of the decoded bytes.
    #[error("the checksum does not match")]
    Checksum,
    /// The count of decoded bytes.
    #[error("the length does not match")]
    Length,
}

/// A stream of members that cannot be decoded further. What came out before it is good as far as it can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GzipError {
    /// What is wrong; nothing if the input ends in the middle of a member.
    pub damage: Option<Damage>,
    /// Compressed bytes used when it was noticed.
    pub offset_bytes: u64,
    /// Decoded bytes before it.
    pub decoded_bytes: u64,
}

impl fmt::Display for GzipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.damage {
            Some(damage) => write!(f, "{damage}, at compressed byte {}", self.offset_bytes),
            None => write!(f, "the data ends inside a member, at compressed byte {}", self.offset_bytes),
        }
    }
}

impl std::error::Error for GzipError {}
