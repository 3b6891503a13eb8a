//! The compression schemes a file can be written in.

use std::io::{self, Write};

use bzip2::write::BzEncoder;
use flate2::write::GzEncoder;
use liblzma::write::XzEncoder;

/// A compression scheme, named as on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Codec {
    /// Text as it is.
    Plain,
    /// gzip, levels 0 to 9, 6 unless told.
    Gz,
    /// bzip2, levels 1 to 9 (block size in 100 kB), 9 unless told.
    Bz2,
    /// Zstandard, levels 1 to 22, 3 unless told.
    Zst,
    /// xz, levels 0 to 9, 6 unless told.
    Xz,
    /// LZ4 frames, levels 1 to 12, 1 unless told.
    Lz4,
}

impl Codec {
    /// Every codec, in the order of the documentation.
    pub const ALL: [Self; 6] = [Self::Plain, Self::Gz, Self::Bz2, Self::Zst, Self::Xz, Self::Lz4];

    /// Returns what the codec adds to a file's name, dot included.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Gz => ".gz",
            Self::Bz2 => ".bz2",
            Self::Zst => ".zst",
            Self::Xz => ".xz",
            Self::Lz4 => ".lz4",
        }
    }

    /// Returns the first and last level and the one the usual tool takes, if the codec
    /// has levels at all.
    pub fn levels(self) -> Option<Levels> {
        let (first, last, default) = match self {
            Self::Plain => return None,
            Self::Gz => (0, 9, 6),
            Self::Bz2 => (1, 9, 9),
            Self::Zst => (1, 22, 3),
            Self::Xz => (0, 9, 6),
            Self::Lz4 => (1, 12, 1),
        };
        Some(Levels { first, last, default })
    }

    /// Starts compressing into `out`, at the codec's default level unless told.
    ///
    /// The level is one of [`Codec::levels`]; what lies outside is moved to the nearest.
    /// The result is one stream, as the usual tool writes it, without names and times.
    ///
    /// # Errors
    ///
    /// If the library refuses to start or `out` does not take the first bytes.
    pub fn encoder<W: Write>(self, out: W, level: Option<u32>) -> io::Result<Encoder<W>> {
        let level = self.levels().map_or(0, |levels| {
            let level = level.unwrap_or(levels.default);
            level.clamp(levels.first, levels.last)
        });
        Ok(match self {
            Self::Plain => Encoder::Plain(out),
            Self::Gz => Encoder::Gz(GzEncoder::new(out, flate2::Compression::new(level))),
            Self::Bz2 => Encoder::Bz2(BzEncoder::new(out, bzip2::Compression::new(level))),
            Self::Zst => {
                let mut encoder = zstd::Encoder::new(out, level as i32)?;
                encoder.include_checksum(true)?; // as the tool does
                Encoder::Zst(encoder)
            }
            Self::Xz => Encoder::Xz(XzEncoder::new(out, level)),
            Self::Lz4 => Encoder::Lz4(lz4::EncoderBuilder::new().level(level).build(out)?),
        })
    }
}

/// The levels of one codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Levels {
    /// Fastest.
    pub first: u32,
    /// Smallest.
    pub last: u32,
    /// What the usual tool takes when not told.
    pub default: u32,
}

/// A writer that compresses; the file is whole only after [`Encoder::finish`].
// One exists per open file, so that the size of its variants does not matter.
#[allow(clippy::large_enum_variant, missing_debug_implementations)]
pub enum Encoder<W: Write> {
    /// See [`Codec::Plain`].
    Plain(W),
    /// See [`Codec::Gz`].
    Gz(GzEncoder<W>),
    /// See [`Codec::Bz2`].
    Bz2(BzEncoder<W>),
    /// See [`Codec::Zst`].
    Zst(zstd::Encoder<'static, W>),
    /// See [`Codec::Xz`].
    Xz(XzEncoder<W>),
    /// See [`Codec::Lz4`].
    Lz4(lz4::Encoder<W>),
}

impl<W: Write> Encoder<W> {
    /// Writes the end of the stream and hands the inner writer back.
    ///
    /// # Errors
    ///
    /// If the inner writer does not take the last bytes.
    pub fn finish(self) -> io::Result<W> {
        match self {
            Self::Plain(out) => Ok(out),
            Self::Gz(encoder) => encoder.finish(),
            Self::Bz2(encoder) => encoder.finish(),
            Self::Zst(encoder) => encoder.finish(),
            Self::Xz(encoder) => encoder.finish(),
            Self::Lz4(encoder) => {
                let (out, result) = encoder.finish();
                result.map(|()| out)
            }
        }
    }

    fn inner(&mut self) -> &mut dyn Write {
        match self {
            Self::Plain(out) => out,
            Self::Gz(encoder) => encoder,
            Self::Bz2(encoder) => encoder,
            Self::Zst(encoder) => encoder,
            Self::Xz(encoder) => encoder,
            Self::Lz4(encoder) => encoder,
        }
    }
}

impl<W: Write> Write for Encoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn decode(codec: Codec, bytes: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        match codec {
            Codec::Plain => text.extend_from_slice(bytes),
            Codec::Gz => _ = flate2::read::GzDecoder::new(bytes).read_to_end(&mut text).unwrap(),
            Codec::Bz2 => _ = bzip2::read::BzDecoder::new(bytes).read_to_end(&mut text).unwrap(),
            Codec::Zst => text = zstd::decode_all(bytes).unwrap(),
            Codec::Xz => _ = liblzma::read::XzDecoder::new(bytes).read_to_end(&mut text).unwrap(),
            Codec::Lz4 => {
                _ = lz4::Decoder::new(bytes).unwrap().read_to_end(&mut text).unwrap();
            }
        }
        text
    }

    #[test]
    fn what_is_written_can_be_read_back_at_every_level() {
        let text: Vec<u8> = (0..20_000u32).flat_map(|n| (n * n % 997).to_string().into_bytes()).collect();
        for codec in Codec::ALL {
            let levels = codec.levels();
            let ends = levels.map_or(vec![None], |l| vec![None, Some(l.first), Some(l.last.min(19))]);
            for level in ends {
                let mut encoder = codec.encoder(Vec::new(), level).unwrap();
                for piece in text.chunks(1000) {
                    encoder.write_all(piece).unwrap();
                }
                let bytes = encoder.finish().unwrap();
                assert!(decode(codec, &bytes) == text, "{codec:?} at {level:?}");
            }
        }
    }

    #[test]
    fn nothing_makes_a_whole_stream_too() {
        for codec in Codec::ALL {
            let bytes = codec.encoder(Vec::new(), None).unwrap().finish().unwrap();
            assert_eq!(decode(codec, &bytes), b"", "{codec:?}");
        }
    }
}
