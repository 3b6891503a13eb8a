//! LZMA outside of xz: files of LZMA alone, as `lzma` and `xz --format=lzma` write, and lzip.
//!
//! LZMA alone has no magic and no checksum: properties, the size of the dictionary, and the length of what is decoded if it is
//! known. As `xz` does, bytes are taken for such a head if the dictionary has a size that encoders write, and the length is none or
//! below 256 GiB.

use compression_codecs::Xz2Decoder;
use compression_codecs::lzma::params::LzmaDecoderParams;

use super::xz::MAX_MEMORY_LEN_BYTES;

/// Bytes of the head of LZMA alone.
pub(super) const HEAD_LEN_BYTES: usize = 13;

/// How all files begin that are written with the usual properties, and a dictionary of 64 KiB or more.
pub(super) const USUAL_HEAD: &[u8] = &[0x5d, 0, 0];

/// The largest byte of properties.
const MAX_PROPERTIES: u8 = (4 * 5 + 4) * 9 + 8;

/// Lengths are below this, or not known.
const MAX_LEN_BYTES: u64 = 256 << 30;

/// A decoder of LZMA alone.
pub(super) fn lzma_decoder() -> Xz2Decoder {
    decoder(LzmaDecoderParams::Lzma { mem_limit: MAX_MEMORY_LEN_BYTES })
}

/// A decoder of one member of lzip.
pub(super) fn lzip_decoder() -> Xz2Decoder {
    decoder(LzmaDecoderParams::Lzip { mem_limit: MAX_MEMORY_LEN_BYTES, flags: 0 })
}

fn decoder(params: LzmaDecoderParams) -> Xz2Decoder {
    Xz2Decoder::try_from(params).expect("liblzma has these decoders, and memory for their state")
}

/// Whether bytes may be the head of LZMA alone, whatever its properties are.
pub(super) fn is_head(bytes: &[u8]) -> bool {
    let Some([properties, fields @ ..]) = bytes.first_chunk::<HEAD_LEN_BYTES>() else { return false };
    let [d0, d1, d2, d3, len @ ..] = *fields;
    let dictionary = u32::from_le_bytes([d0, d1, d2, d3]);
    // A power of two, or the sum of two of them in a row.
    let is_usual =
        |size: u32| size.is_power_of_two() || size.is_multiple_of(3) && (size / 3).is_power_of_two();
    let len = u64::from_le_bytes(len);
    *properties <= MAX_PROPERTIES
        && (dictionary == u32::MAX || is_usual(dictionary))
        && (len == u64::MAX || len < MAX_LEN_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_lzma_alone() {
        let head = |properties: u8, dictionary: u32, len: u64| {
            is_head(&[&[properties][..], &dictionary.to_le_bytes(), &len.to_le_bytes()].concat())
        };
        assert!(head(0x5d, 1 << 23, u64::MAX) && head(0, 3 << 20, 5) && head(224, u32::MAX, 0));
        assert!(!head(225, 1 << 23, 5) && !head(0x5d, 5 << 20, 5) && !head(0x5d, 1 << 23, 1 << 40));
        assert!(!is_head(b"]\0\0"));
    }
}
