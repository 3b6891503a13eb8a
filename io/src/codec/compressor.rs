//! Bytes on their way into a compressed file.

use std::fmt;
use std::io::{self, Write};

use super::Codec;
use super::blocks::{BlockCompressor, CompressionLimits};

/// Compresses what is written to it, in constant memory.
///
/// The file is whole only after [`Compressor::finish`]. What is written goes through unchanged when
/// the codec is [`Codec::Plain`]. Others compress blocks that stand alone, of about 1 MB (gzip, bzip2) or some more, so that several
/// threads can compress and decompress them.
pub struct Compressor<W> {
    /// None where nothing is compressed.
    blocks: Option<BlockCompressor>,
    writer: W,
}

impl<W: Write> Compressor<W> {
    /// Begins a member. Without a level the codec's usual one is used.
    ///
    /// # Errors
    /// The codec has no such level.
    pub fn new(codec: Codec, level: Option<u32>, writer: W) -> crate::Result<Self> {
        codec.check_level(level)?;
        let level = level.unwrap_or_else(|| codec.usual_level());
        Ok(Self { blocks: BlockCompressor::new(codec, level), writer })
    }

    /// What one holds that compresses with one thread, by estimate: with more, each holds as much.
    pub fn len_bytes(codec: Codec, level: Option<u32>) -> usize {
        BlockCompressor::len_bytes(codec, level.unwrap_or_else(|| codec.usual_level()))
    }

    /// Lets several threads compress. They begin when there is more than one block; what is written is the same whatever their
    /// number. It holds one block for each, and two more.
    pub fn set_limits(&mut self, limits: CompressionLimits) {
        if let Some(blocks) = &mut self.blocks {
            blocks.set_limits(limits);
        }
    }

    /// What it writes to. What it holds back for a better block is not there yet.
    pub fn destination(&self) -> &W {
        &self.writer
    }

    /// Ends the member and returns what it was written to.
    ///
    /// # Errors
    /// The last bytes cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        if let Some(blocks) = &mut self.blocks {
            blocks.finish(&mut self.writer)?;
        }
        Ok(self.writer)
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.blocks {
            None => self.writer.write(bytes),
            Some(blocks) => {
                blocks.write(bytes, &mut self.writer)?;
                Ok(bytes.len())
            }
        }
    }

    /// Hands on what has been compressed so far; what the codec holds back for a better block stays.
    fn flush(&mut self) -> io::Result<()> {
        if let Some(blocks) = &mut self.blocks {
            blocks.flush(&mut self.writer)?;
        }
        self.writer.flush()
    }
}

impl<W> fmt::Debug for Compressor<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compressor").field("plain", &self.blocks.is_none()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::codec::Decompressor;
    use crate::notes::Notes;

    fn compress(codec: Codec, level: Option<u32>, pieces: &[&[u8]]) -> Vec<u8> {
        let mut compressor = Compressor::new(codec, level, Vec::new()).unwrap();
        for piece in pieces {
            compressor.write_all(piece).unwrap();
        }
        compressor.finish().unwrap()
    }

    fn decompress(bytes: Vec<u8>, codec: Codec) -> Vec<u8> {
        let reader = Box::new(Cursor::new(bytes));
        let mut decompressor =
            Decompressor::new(Path::new("test"), reader, Some(codec), &Notes::default()).unwrap();
        let (mut plain, mut buffer) = (Vec::new(), vec![0; 1000]);
        loop {
            match decompressor.read(&mut buffer).unwrap() {
                0 => return plain,
                len => plain.extend_from_slice(&buffer[..len]),
            }
        }
    }

    #[test]
    fn an_empty_member_is_whole_and_known_by_its_magic() {
        for codec in Codec::WRITTEN {
            let bytes = compress(codec, None, &[]);
            assert_eq!(Codec::of_magic(&bytes), codec);
            assert_eq!(decompress(bytes, codec), b"");
        }
    }

    #[test]
    fn more_than_every_buffer_at_every_level() {
        let mut state = 1_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(1 << 20)
        .collect();
        for codec in Codec::WRITTEN {
            let levels = codec.levels().map_or(vec![None], |levels| vec![None, Some(*levels.start())]);
            for level in levels {
                let bytes = compress(codec, level, &[&noise, b"", &noise[..7]]);
                assert_eq!(decompress(bytes, codec), [&noise[..], &noise[..7]].concat(), "{codec} {level:?}");
            }
        }
    }

    #[test]
    fn a_level_that_is_not_there() {
        let error = |codec| Compressor::new(codec, Some(40), Vec::new()).unwrap_err().to_string();
        assert_eq!(error(Codec::Gzip), "option compression_level: gzip has the levels 0 to 9, found 40");
        assert_eq!(error(Codec::Plain), "option compression_level: nothing is compressed");
    }

    #[test]
    fn a_full_disk_is_an_error() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        for codec in &Codec::WRITTEN[1..] {
            let mut compressor = Compressor::new(*codec, None, Full).unwrap();
            let written = compressor.write_all(b"hello").and_then(|()| compressor.finish().map(|_| ()));
            assert_eq!(written.unwrap_err().kind(), io::ErrorKind::StorageFull, "{codec}");
        }
    }

    proptest! {
        #[test]
        fn round_trip(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..3000), 0..5),
            codec in prop::sample::select(&Codec::WRITTEN[..]),
        ) {
            let slices: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            prop_assert_eq!(decompress(compress(codec, None, &slices), codec), pieces.concat());
        }
    }
}
