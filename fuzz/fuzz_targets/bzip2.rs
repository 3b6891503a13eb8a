//! Decodes arbitrary bytes as bzip2, by all instructions: the text that libbz2 gives, or an error where it
//! gives one.
//!
//! Checksums are of no use to a fuzzer, which hardly ever gets them right: where only one is wrong, it is made right
//! and the input is tried again.
#![no_main]

use std::io::Read;

use bzip2::read::MultiBzDecoder;
use libfuzzer_sys::fuzz_target;
use swath_io::codec::bzip2::{
    BlockDecoder, BlockError, Damage, Finder, Instructions, MarkerKind, StreamDecoder, StreamError,
};

/// Decoded bytes after which a decompression bomb is left alone.
const LIMIT_BYTES: usize = 1 << 20;

fuzz_target!(|input: &[u8]| {
    if input.is_empty() {
        // No stream at all, where libbz2 sees the end of none.
        return;
    }
    let mut input = input.to_vec();
    for _ in 0..8 {
        let outcomes: Vec<_> =
            Instructions::all().into_iter().map(|set| decoded(&input, set, 1000)).collect();
        for outcome in &outcomes {
            assert_eq!(*outcome, outcomes[0]);
        }
        let expected = by_libbz2(&input);
        match (&outcomes[0], &expected) {
            (Ok(text), Some(expected)) => assert!(text == expected),
            (Err(_), None) => {}
            (outcome, expected) => panic!("{outcome:?}, but libbz2: {expected:?}"),
        }
        if !repair(&mut input, &outcomes[0]) {
            break;
        }
    }
    let mut decoder = BlockDecoder::new();
    for marker in Finder::new(&input, 0).filter(|marker| marker.kind == MarkerKind::Block).take(3) {
        if decoder.decode(&input, marker.start_bit).is_ok() {
            let _ = decoder.read(&mut [0; 5000]);
        }
    }
});

/// Makes a wrong checksum right. Whether there was one.
fn repair(input: &mut [u8], outcome: &Result<Vec<u8>, StreamError>) -> bool {
    let (wrong, right) = match *outcome {
        Err(StreamError::Checksum { stored, computed })
        | Err(StreamError::Block(BlockError::Damaged {
            damage: Damage::Checksum { stored, computed },
            ..
        })) => (stored, computed),
        _ => return false,
    };
    let mut after_marker = Finder::new(input, 0).map(|marker| marker.start_bit + 48);
    let Some(start_bit) = after_marker.find(|&start| number_at(input, start) == Some(wrong)) else {
        return false;
    };
    for i in 0..32 {
        let (byte, mask) = ((start_bit + i) as usize / 8, 0x80 >> ((start_bit + i) % 8));
        let is_set = right >> (31 - i) & 1 == 1;
        input[byte] = if is_set { input[byte] | mask } else { input[byte] & !mask };
    }
    true
}

/// The 32 bits from a bit on.
fn number_at(input: &[u8], start_bit: u64) -> Option<u32> {
    let bytes: [u8; 5] = input.get(start_bit as usize / 8..)?.get(..5)?.try_into().ok()?;
    let number = bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte));
    Some((number >> (8 - start_bit % 8)) as u32)
}

/// The text, if nothing follows it and it is not too long.
fn decoded(input: &[u8], instructions: Instructions, step: usize) -> Result<Vec<u8>, StreamError> {
    let mut decoder = StreamDecoder::with_instructions(input, instructions);
    let (mut text, mut piece) = (Vec::new(), vec![0; step]);
    while text.len() < LIMIT_BYTES {
        match decoder.read(&mut piece)? {
            0 if decoder.trailing().is_empty() => break,
            0 => return Err(StreamError::NoStream),
            len => text.extend_from_slice(&piece[..len]),
        }
    }
    text.truncate(LIMIT_BYTES);
    Ok(text)
}

/// The text that libbz2 gives, cut off at the same length.
fn by_libbz2(input: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let mut decoder = MultiBzDecoder::new(input);
    // Not `take`, which would not look at what follows the text.
    let mut piece = vec![0; 1000];
    while text.len() < LIMIT_BYTES {
        match decoder.read(&mut piece) {
            Ok(0) => break,
            Ok(len) => text.extend_from_slice(&piece[..len]),
            Err(_) => return None,
        }
    }
    text.truncate(LIMIT_BYTES);
    Some(text)
}
