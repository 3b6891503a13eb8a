//! Deflate outside of gzip: zlib (RFC 1950), and what ZIP archives hold.

use std::io;

use compression_codecs::DecodeV2;
use compression_codecs::core::util::{PartialBuffer, WriteBuffer};
use flate2::{Decompress, FlushDecompress, Status};

use super::member_decoder::MemberDecoder;

/// Decodes one stream of zlib, with its checksum, or of bare deflate.
#[derive(Debug)]
pub(super) struct Inflate {
    state: Decompress,
    is_zlib: bool,
}

impl Inflate {
    pub(super) fn zlib() -> Self {
        Self { state: Decompress::new(true), is_zlib: true }
    }

    pub(super) fn bare() -> Self {
        Self { state: Decompress::new(false), is_zlib: false }
    }
}

impl MemberDecoder for Inflate {}

impl DecodeV2 for Inflate {
    fn reinit(&mut self) -> io::Result<()> {
        self.state.reset(self.is_zlib);
        Ok(())
    }

    fn decode(&mut self, input: &mut PartialBuffer<&[u8]>, output: &mut WriteBuffer<'_>) -> io::Result<bool> {
        let (in_before, out_before) = (self.state.total_in(), self.state.total_out());
        let target = output.initialize_unwritten();
        let status = self.state.decompress(input.unwritten(), target, FlushDecompress::None);
        input.advance((self.state.total_in() - in_before) as usize);
        output.advance((self.state.total_out() - out_before) as usize);
        match status {
            Ok(Status::StreamEnd) => Ok(true),
            // There is nothing to read, or no room: the caller knows which.
            Ok(Status::Ok | Status::BufError) => Ok(false),
            Err(error) if error.needs_dictionary().is_some() => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "it was compressed with a dictionary, which is not at hand",
            )),
            Err(error) => Err(io::Error::new(io::ErrorKind::InvalidData, error)),
        }
    }

    fn flush(&mut self, _output: &mut WriteBuffer<'_>) -> io::Result<bool> {
        Ok(true)
    }

    fn finish(&mut self, _output: &mut WriteBuffer<'_>) -> io::Result<bool> {
        Ok(true)
    }
}

/// Whether bytes are the head of a stream of zlib, with a window of any size.
pub(super) fn is_zlib_head(bytes: &[u8]) -> bool {
    let Some([method, flags]) = bytes.first_chunk() else { return false };
    method & 0x0f == 8
        && method >> 4 <= 7
        && flags & 0x20 == 0
        && u16::from_be_bytes([*method, *flags]) % 31 == 0
}

/// Whether bytes begin a stream of zlib with the usual window, and are no text: behind its head they can be decoded. The head `x^`
/// may be text, and so may `x` and the byte that Hive puts between fields.
pub(super) fn is_usual_zlib(bytes: &[u8]) -> bool {
    let is_text = |byte: &u8| matches!(byte, 0x01 | b'\t' | b'\n' | b'\r' | b' '..=b'~');
    matches!(bytes, [0x78, 0x01 | 0x9c | 0xda, ..]) && !bytes.iter().all(is_text) && {
        let mut out = [0; TRIED_LEN_BYTES];
        let tried = Decompress::new(true).decompress(bytes, &mut out, FlushDecompress::None);
        tried.is_ok()
    }
}

/// Decoded bytes by which a stream is known.
const TRIED_LEN_BYTES: usize = 256;
