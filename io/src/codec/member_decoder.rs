//! What decodes one member of a file.

use compression_codecs::{DecodeV2, Xz2Decoder, XzDecoder};

/// Decodes one member, which is all that is in its way.
pub(crate) trait MemberDecoder: DecodeV2 + Send {
    /// Whether the member may end here, though nothing in it says so: then the end of the file ends it. Formats of old have no end.
    fn may_end(&self) -> bool {
        false
    }
}

impl MemberDecoder for XzDecoder {}
impl MemberDecoder for Xz2Decoder {}
