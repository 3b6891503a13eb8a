//! Decodes arbitrary bytes with every codec: no panic, and the same result however they are read.
#![no_main]

use std::io::{Cursor, Read};
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use swath_io::{Codec, Decompressor, Notes};

/// Decoded bytes after which a decompression bomb is left alone.
const LIMIT_BYTES: usize = 1 << 20;

fuzz_target!(|input: &[u8]| {
    let Some((choice, data)) = input.split_first() else { return };
    let codec = Codec::ALL[usize::from(*choice) % Codec::ALL.len()];
    let whole = decode(codec, data, usize::MAX, 4096);
    let pieces = decode(codec, data, 7, 13);
    if whole.0.len() >= LIMIT_BYTES || pieces.0.len() >= LIMIT_BYTES {
        return;
    }
    assert_eq!(whole.1, pieces.1, "{codec}");
    // How much comes out before damage is met depends on the pieces.
    if whole.1 {
        assert_eq!(whole.0, pieces.0, "{codec}");
    }
});

/// The decoded bytes, and whether they ended well.
fn decode(codec: Codec, data: &[u8], step_in: usize, step_out: usize) -> (Vec<u8>, bool) {
    let reader = Box::new(Drip(Cursor::new(data.to_vec()), step_in));
    let mut out = Vec::new();
    let Ok(mut decompressor) = Decompressor::new(Path::new("input"), reader, Some(codec), &Notes::default())
    else {
        return (out, false);
    };
    let mut piece = vec![0; step_out];
    while out.len() < LIMIT_BYTES {
        match decompressor.read(&mut piece) {
            Ok(0) => return (out, true),
            Ok(len) => out.extend_from_slice(&piece[..len]),
            Err(_) => return (out, false),
        }
    }
    (out, true)
}

/// A reader that gives a few bytes at a time.
struct Drip(Cursor<Vec<u8>>, usize);

impl Read for Drip {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let len = out.len().min(self.1);
        self.0.read(&mut out[..len])
    }
}
