//! Zstandard: a frame for each block (RFC 8878), as pzstd writes them. The format has no blocks that stand alone within a frame.

use std::io;

use compression_codecs::ZstdEncoder;
use compression_codecs::zstd::params::CParameter;

use super::encoded;

/// Plain bytes of a frame, by the level: at the usual ones the matches that are lost at its start cost less than 1.2 % of airline data,
/// up to level 19 less than 2 %. Higher levels look back as far as they can.
pub(super) fn block_len_bytes(level: u32) -> usize {
    match level {
        ..10 => 4 << 20,
        10..20 => 8 << 20,
        20.. => 32 << 20,
    }
}

/// What the encoder needs, in the library's own estimate for streams, where windows are no longer than frames.
pub(super) fn encoder_len_bytes(level: u32) -> usize {
    match level {
        ..6 => 8 << 20,
        6..10 => 24 << 20,
        10..16 => 80 << 20,
        16..20 => 128 << 20,
        20.. => 400 << 20,
    }
}

/// Compresses one frame. Its checksum is on, as in that of the codec's own program.
pub(super) fn compress(plain: &[u8], level: u32) -> io::Result<Vec<u8>> {
    let mut parameters = vec![CParameter::checksum_flag(true)];
    if level >= 20 {
        // What is longer than the frame would only take memory, here and where it is read.
        parameters.push(CParameter::window_log(block_len_bytes(level).ilog2()));
    }
    encoded(&mut ZstdEncoder::new_with_params(level.cast_signed(), &parameters), plain)
}
