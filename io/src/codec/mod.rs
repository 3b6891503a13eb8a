//! Compression schemes: which one a file has, how it is undone, and how files are compressed.

mod blocks;
pub mod bzip2;
mod bzip2_stream;
mod compress;
mod compressor;
mod copy;
mod decompressor;
pub mod gzip;
mod gzip_front;
mod gzip_stream;
mod inflate;
mod input;
pub(crate) mod lz4;
mod lzma;
mod member_decoder;
mod members;
mod salvage;
mod trailing;
pub(crate) mod xz;
mod zip;
mod zip_directory;
mod zstd;

use std::fmt;
use std::ops::RangeInclusive;
use std::path::Path;
use std::str::FromStr;

pub use blocks::CompressionLimits;
pub(crate) use bzip2_stream::{Bzip2End, Bzip2Stream, MOST_BLOCKS_LEN_BYTES, Part, Sums};
pub use compressor::Compressor;
pub use decompressor::Decompressor;
pub(crate) use gzip_front::GzipFront;
pub(crate) use input::Input;
use member_decoder::MemberDecoder;
pub(crate) use members::find_member;
use members::is_skippable;
pub(crate) use trailing::pass_trailing;
pub(crate) use xz::XzBlocks;
pub(crate) use zip_directory::{Member, members};

use crate::error::{Error, Result};

/// A compression scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// Not compressed.
    Plain,
    /// gzip (RFC 1952), with any number of members; BGZF is such a file.
    Gzip,
    /// bzip2, with any number of streams.
    Bzip2,
    /// Zstandard (RFC 8878), with any number of frames, skippable ones too.
    Zstd,
    /// xz, with any number of streams and padding.
    Xz,
    /// LZ4 frames, with any number of them, also those of old (`lz4 -l`).
    Lz4,
    /// LZMA alone, as it was before xz; only read.
    Lzma,
    /// lzip, with any number of members; only read.
    Lzip,
    /// LZW, as `compress` writes it; only read.
    Compress,
    /// zlib (RFC 1950); only read.
    Zlib,
    /// A ZIP archive of one file; only read.
    Zip,
}

/// Bytes that [`Codec::of_magic`] looks at.
pub const MAGIC_LEN_BYTES: usize = lzma::HEAD_LEN_BYTES;

impl Codec {
    /// Every codec, the plain one included.
    pub const ALL: [Self; 11] = [
        Self::Plain,
        Self::Gzip,
        Self::Bzip2,
        Self::Zstd,
        Self::Xz,
        Self::Lz4,
        Self::Lzma,
        Self::Lzip,
        Self::Compress,
        Self::Zlib,
        Self::Zip,
    ];

    /// Those that files can be written in.
    pub const WRITTEN: [Self; 6] = [Self::Plain, Self::Gzip, Self::Bzip2, Self::Zstd, Self::Xz, Self::Lz4];

    /// The codec that the first bytes of a file show. Anything unknown is plain.
    pub fn of_magic(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Self::Bzip2,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [0x04, 0x22, 0x4d, 0x18, ..] | [0x02, 0x21, 0x4c, 0x18, ..] => Self::Lz4,
            [b'L', b'Z', b'I', b'P', 1, ..] => Self::Lzip,
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, 0, 0, ..] => Self::Zip,
            head if head.starts_with(compress::MAGIC) => Self::Compress,
            head if head.starts_with(lzma::USUAL_HEAD) && lzma::is_head(head) => Self::Lzma,
            head if inflate::is_usual_zlib(head) => Self::Zlib,
            // A skippable frame, which both Zstandard and LZ4 may begin with: Zstandard's
            // seekable format and pzstd write them, LZ4 tools hardly ever.
            head if is_skippable(head) => Self::Zstd,
            _ => Self::Plain,
        }
    }

    /// The codec that a file's name promises, if its ending is a known one.
    pub fn of_name(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "gz" | "gzip" | "bgz" => Some(Self::Gzip),
            "bz2" | "bzip2" | "bz" => Some(Self::Bzip2),
            "zst" | "zstd" => Some(Self::Zstd),
            "xz" => Some(Self::Xz),
            "lz4" => Some(Self::Lz4),
            "lzma" => Some(Self::Lzma),
            "lz" => Some(Self::Lzip),
            "z" => Some(Self::Compress),
            "zz" | "zlib" => Some(Self::Zlib),
            "zip" => Some(Self::Zip),
            _ => None,
        }
    }

    /// Whether bytes may begin a file that is named as one of this codec, though not every file that begins so is one.
    fn may_begin(self, head: &[u8]) -> bool {
        match self {
            Self::Lzma => lzma::is_head(head),
            Self::Zlib => inflate::is_zlib_head(head),
            _ => false,
        }
    }

    /// Whether bytes are all of a file that ends within the head of one of this codec, by which it would be known.
    fn is_cut(self, bytes: &[u8]) -> bool {
        self == Self::Lzma && bytes.starts_with(lzma::USUAL_HEAD) && bytes.len() < lzma::HEAD_LEN_BYTES
    }

    /// What a compressed file holds, by its name: that without the ending of the codec, and without folders. Other paths are
    /// as they were.
    pub fn name_inside(path: &Path) -> &Path {
        Self::of_name(path).and_then(|_| path.file_stem()).map_or(path, Path::new)
    }

    /// The ending of names of such files, without a dot; empty for plain ones.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Gzip => "gz",
            Self::Bzip2 => "bz2",
            Self::Zstd => "zst",
            Self::Xz => "xz",
            Self::Lz4 => "lz4",
            Self::Lzma => "lzma",
            Self::Lzip => "lz",
            Self::Compress => "Z",
            Self::Zlib => "zz",
            Self::Zip => "zip",
        }
    }

    /// A fresh decoder for one member, if one member is all that it decodes.
    fn decoder(self) -> Option<Box<dyn MemberDecoder>> {
        match self {
            Self::Plain | Self::Gzip | Self::Bzip2 => None,
            Self::Zstd => Some(Box::new(zstd::FrameDecoder::new())),
            Self::Xz => Some(Box::new(xz::decoder())),
            Self::Lz4 => Some(Box::new(lz4::Lz4Decoder::new())),
            Self::Lzma => Some(Box::new(lzma::lzma_decoder())),
            Self::Lzip => Some(Box::new(lzma::lzip_decoder())),
            Self::Compress => Some(Box::new(compress::LzwDecoder::new())),
            Self::Zlib => Some(Box::new(inflate::Inflate::zlib())),
            Self::Zip => Some(Box::new(zip::ZipDecoder::new())),
        }
    }

    /// Whether files can be written in it.
    pub fn is_written(self) -> bool {
        Self::WRITTEN.contains(&self)
    }

    /// The levels of compression, from the fastest to the smallest; none for plain files, and those that are only read.
    pub fn levels(self) -> Option<RangeInclusive<u32>> {
        match self {
            Self::Plain | Self::Lzma | Self::Lzip | Self::Compress | Self::Zlib | Self::Zip => None,
            Self::Gzip => Some(0..=9),
            Self::Bzip2 => Some(1..=9),
            Self::Zstd => Some(1..=22),
            Self::Xz => Some(0..=9),
            Self::Lz4 => Some(0..=12),
        }
    }

    /// The level that the codec's own program uses when none is said.
    fn usual_level(self) -> u32 {
        match self {
            Self::Gzip | Self::Xz => 6,
            Self::Bzip2 => 9,
            Self::Zstd => 3,
            _ => 0,
        }
    }

    /// Whether files can be written in it, and with such a level.
    ///
    /// # Errors
    /// They cannot; the levels that there are are told.
    pub fn check_level(self, level: Option<u32>) -> Result<()> {
        if !self.is_written() {
            return Err(Error::bad_option_hint(
                "compression",
                format!("{self} is read, but not written"),
                "gzip, bzip2, zstd, xz and lz4 are, by their names too: 'out.csv.gz'",
            ));
        }
        let problem = match (level, self.levels()) {
            (None, _) => return Ok(()),
            (Some(level), Some(levels)) if levels.contains(&level) => return Ok(()),
            (Some(level), Some(levels)) => {
                format!("{self} has the levels {} to {}, found {level}", levels.start(), levels.end())
            }
            (Some(_), None) => "nothing is compressed".to_owned(),
        };
        Err(Error::bad_option("compression_level", problem))
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "plain",
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
            Self::Lz4 => "lz4",
            Self::Lzma => "lzma",
            Self::Lzip => "lzip",
            Self::Compress => "compress",
            Self::Zlib => "zlib",
            Self::Zip => "zip",
        })
    }
}

impl FromStr for Codec {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let wanted = name.to_ascii_lowercase();
        let known = |codec: &Self| {
            wanted == codec.to_string()
                || (*codec != Self::Plain && wanted == codec.extension().to_ascii_lowercase())
        };
        match Self::ALL.into_iter().find(known) {
            Some(codec) => Ok(codec),
            None if wanted == "none" || wanted == "uncompressed" => Ok(Self::Plain),
            None => Err(Error::bad_option_hint(
                "compression",
                format!("unknown codec \"{name}\""),
                "known codecs: auto, none, gzip, bzip2, zstd, xz, lz4, lzma, lzip, compress, zlib, zip",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for codec in Codec::ALL {
            assert_eq!(codec.to_string().parse::<Codec>().unwrap(), codec);
            let path = format!("a.csv.{}", codec.extension());
            let named = Codec::of_name(Path::new(&path)).unwrap_or(Codec::Plain);
            assert_eq!(named, codec);
        }
        assert!("rar".parse::<Codec>().unwrap_err().hint().unwrap().contains("bzip2"));
    }

    #[test]
    fn short_heads_are_plain() {
        for head in [&b""[..], b"\x1f", b"BZ", b"BZh0", b"\xfd7zXZ", b"Year,Month"] {
            assert_eq!(Codec::of_magic(head), Codec::Plain);
        }
    }
}
