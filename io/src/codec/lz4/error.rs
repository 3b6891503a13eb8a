//! What can be wrong with compressed bytes.

use std::io;

/// Why a frame is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Damage {
    /// Bytes that do not begin a frame.
    #[error("not the first bytes of a frame")]
    Magic,
    /// A version of the format, or flags, that it does not define.
    #[error("the head of the frame has a version or flags that are not known")]
    Flags,
    /// The checksum of a frame's head.
    #[error("the checksum of the head of the frame does not match")]
    HeadChecksum,
    /// A block that is longer than the head of the frame allows.
    #[error("a block is longer than it may be")]
    BlockLength,
    /// A block whose end is not that of a sequence.
    #[error("a block ends inside a sequence")]
    BlockEnd,
    /// A match that begins where it stands.
    #[error("a match has the distance 0")]
    NoDistance,
    /// A match that begins before the first byte that it may look back on.
    #[error("a match reaches before the first byte")]
    TooFar,
    /// The same, where a dictionary may be in front.
    #[error("it was compressed with a dictionary, which is not at hand")]
    Dictionary,
    /// The checksum of the compressed bytes of a block.
    #[error("the checksum of a block does not match")]
    BlockChecksum,
    /// The checksum of the decoded bytes of a frame.
    #[error("the checksum does not match")]
    Checksum,
    /// The count of decoded bytes of a frame.
    #[error("the length does not match")]
    Length,
}

impl From<Damage> for io::Error {
    fn from(damage: Damage) -> Self {
        Self::new(io::ErrorKind::InvalidData, damage)
    }
}
