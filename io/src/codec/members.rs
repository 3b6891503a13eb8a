//! Where the members (streams, frames) of a file begin.

use memchr::memmem;

use super::gzip::find_member as find_gzip_member;
use super::{Codec, compress, lzma, zip};

/// Finds the first place where a member may begin, by its first bytes. They may be there by chance: once in 4 GB or less often.
pub(crate) fn find_member(codec: Codec, bytes: &[u8]) -> Option<usize> {
    let places = |magic| memmem::find_iter(bytes, magic);
    let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
    match codec {
        // Streams of bzip2 need not be found, as their blocks are; of the others there is one, or it begins as anything may.
        Codec::Plain | Codec::Bzip2 | Codec::Lzma | Codec::Compress | Codec::Zlib | Codec::Zip => None,
        // The size of the dictionary.
        Codec::Lzip => places(magic(codec)).find(|at| matches!(byte(at + 5) & 0x1f, 12..=29)),
        Codec::Gzip => find_gzip_member(bytes, 0),
        // The reserved bit of the frame's header is zero.
        Codec::Zstd => places(magic(codec)).find(|at| byte(at + 4) & 8 == 0).map(|at| {
            match at.checked_sub(PZSTD_HEAD_LEN_BYTES) {
                Some(front) if matches!(bytes[front..], [0x50..=0x5f, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, ..]) => {
                    front
                }
                _ => at,
            }
        }),
        // The flags of the stream: a reserved byte, and the kind of checksum.
        Codec::Xz => places(magic(codec)).find(|at| byte(at + 6) == 0 && byte(at + 7) < 16),
        // The version of the format, and a reserved bit.
        Codec::Lz4 => places(magic(codec)).find(|at| byte(at + 4) & 0xc2 == 0x40),
    }
}

/// Bytes of the skippable frame with which pzstd tells the length of the frame behind it.
const PZSTD_HEAD_LEN_BYTES: usize = 12;

/// Whether a frame begins that Zstandard and LZ4 skip.
pub(super) fn is_skippable(head: &[u8]) -> bool {
    matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// Whether the bytes after a member begin another member of the same codec.
pub(super) fn starts_member(codec: Codec, head: &[u8]) -> bool {
    match codec {
        Codec::Plain => false,
        Codec::Zstd | Codec::Lz4 if is_skippable(head) => true,
        // Shorter than a magic: the beginning of a member that was cut, which must be an error.
        _ if head.len() < 3 => magic(codec).starts_with(head),
        Codec::Lzma | Codec::Zlib => Codec::of_magic(head) == codec,
        _ => Codec::of_magic(head) == codec || magic(codec).starts_with(head),
    }
}

/// The first bytes of a member, as far as they are always the same.
pub(super) fn magic(codec: Codec) -> &'static [u8] {
    match codec {
        Codec::Plain => b"",
        Codec::Gzip => &[0x1f, 0x8b, 8],
        Codec::Bzip2 => b"BZh",
        Codec::Zstd => &[0x28, 0xb5, 0x2f, 0xfd],
        Codec::Xz => &[0xfd, b'7', b'z', b'X', b'Z', 0],
        Codec::Lz4 => &[0x04, 0x22, 0x4d, 0x18],
        Codec::Lzma => lzma::USUAL_HEAD,
        Codec::Lzip => b"LZIP\x01",
        Codec::Compress => compress::MAGIC,
        Codec::Zlib => &[0x78, 0x9c],
        Codec::Zip => zip::MAGIC,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found() {
        let heads: [(Codec, &[u8]); 6] = [
            (Codec::Lzip, b"LZIP\x01\x14"),
            (Codec::Gzip, &[0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 0, 3]),
            (Codec::Zstd, &[0x28, 0xb5, 0x2f, 0xfd, 4, 0]),
            (Codec::Zstd, &[0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 9, 9, 9, 9, 0x28, 0xb5, 0x2f, 0xfd, 4]),
            (Codec::Xz, &[0xfd, b'7', b'z', b'X', b'Z', 0, 0, 4]),
            (Codec::Lz4, &[4, 0x22, 0x4d, 0x18, 0x64, 0x40]),
        ];
        for (codec, head) in heads {
            for front in 1..20 {
                // The magic alone does not make a member.
                let bytes = [magic(codec), &vec![b'?'; front], head, head].concat();
                assert_eq!(find_member(codec, &bytes), Some(magic(codec).len() + front), "{codec} {front}");
            }
            assert_eq!(find_member(codec, &head[..2]), None, "{codec}");
        }
        assert_eq!(find_member(Codec::Plain, b"a,b"), None);
    }
}
