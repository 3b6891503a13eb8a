//! Damaged files, read past their damage: no panic, the same bytes however they are taken, nothing lost of whole files, and of bzip2 no
//! byte that is not one of a whole block.
#![no_main]

use std::io::{Cursor, Write};
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use swath_io::codec::bzip2::{BlockDecoder, Finder, MarkerKind};
use swath_io::{Codec, Compressor, Decompressor, Loss, Notes};

/// Decoded bytes after which a decompression bomb is left alone.
const LIMIT_BYTES: usize = 1 << 20;

fuzz_target!(|input: &[u8]| {
    let Some(([how, times, cut, step], data)) = input.split_first_chunk() else { return };
    let codec = Codec::WRITTEN[1 + usize::from(*how) % (Codec::WRITTEN.len() - 1)];
    let step = 1 + usize::from(*step) * 37;
    if how & 0x80 != 0 {
        check(codec, data, step);
        return;
    }
    // What is compressed is seldom met by chance: make some, of two members, and then damage it.
    let (data, harm) = data.split_at(data.len().saturating_sub(usize::from(*cut) % 16));
    let plain = data.repeat(1 + usize::from(*times) * usize::from(*times));
    if plain.len() > LIMIT_BYTES / 2 {
        return;
    }
    let (front, back) = plain.split_at(plain.len() / 3);
    let mut file = [compress(codec, front), compress(codec, back)].concat();
    let whole = file.clone();
    assert_eq!(salvage(codec, &file, step), (plain.clone(), vec![]), "{codec}: an undamaged file");
    for harm in harm.chunks_exact(4) {
        let at = usize::from(u16::from_le_bytes([harm[0], harm[1]])) * 7 % file.len().max(1);
        match harm[3] % 4 {
            0 if at < file.len() => file[at] ^= 1 << (harm[2] % 8),
            1 => file.truncate(at),
            2 => file.drain(at..(at + usize::from(harm[2])).min(file.len())).for_each(drop),
            _ => file.iter_mut().skip(at).take(16 * usize::from(harm[2])).for_each(|byte| *byte = harm[3]),
        }
    }
    let out = check(codec, &file, step);
    if codec == Codec::Bzip2 {
        // A block may begin like the one before it: what is left behind each may have been given or lost.
        let blocks = blocks(&whole);
        let mut rests = vec![&out[..]];
        for block in &blocks {
            let given: Vec<&[u8]> = rests.iter().filter_map(|rest| rest.strip_prefix(&block[..])).collect();
            rests.extend(given);
        }
        assert!(rests.iter().any(|rest| rest.is_empty()), "of {} bytes some are made up", out.len());
    }
});

/// The bytes that come out, however they are taken.
fn check(codec: Codec, file: &[u8], step: usize) -> Vec<u8> {
    let (out, losses) = salvage(codec, file, 1 << 16);
    if out.len() < LIMIT_BYTES {
        assert_eq!(salvage(codec, file, step), (out.clone(), losses), "{codec}");
    }
    out
}

fn salvage(codec: Codec, file: &[u8], step: usize) -> (Vec<u8>, Vec<Loss>) {
    let notes = Notes::default();
    let reader = Box::new(Cursor::new(file.to_vec()));
    let mut decompressor =
        Decompressor::salvage(Path::new("input"), reader, Some(codec), &notes).expect("memory is read");
    let (mut out, mut piece) = (Vec::new(), vec![0; step]);
    while out.len() < LIMIT_BYTES {
        match decompressor.read(&mut piece).expect("memory is read") {
            0 if decompressor.at_gap() => decompressor.pass_gap(),
            0 => break,
            len => out.extend_from_slice(&piece[..len]),
        }
    }
    let losses = notes.losses().all();
    for loss in &losses {
        assert!(loss.start_bytes <= loss.end_bytes && loss.end_bytes <= file.len() as u64, "{loss}");
    }
    (out, losses)
}

fn compress(codec: Codec, plain: &[u8]) -> Vec<u8> {
    let mut compressor = Compressor::new(codec, Some(1), Vec::new()).expect("there is such a level");
    compressor.write_all(plain).expect("memory takes what it is given");
    compressor.finish().expect("memory takes what it is given")
}

/// The texts of the blocks of a whole file.
fn blocks(file: &[u8]) -> Vec<Vec<u8>> {
    let mut decoder = BlockDecoder::new();
    let markers = Finder::new(file, 0).filter(|marker| marker.kind == MarkerKind::Block);
    let block = |start: u64| {
        decoder.decode(file, start).ok()?;
        let mut text = vec![0; LIMIT_BYTES];
        let len = decoder.read(&mut text).ok()?;
        text.truncate(len);
        Some(text)
    };
    markers.map(|marker| marker.start_bit).filter_map(block).collect()
}
