//! The gzip decoder against zlib-rs: the same bytes, or both refuse, however input and output are cut; and in pieces, each before what
//! stands in front of it is known, against the same from the front.
#![no_main]

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Decompress, FlushDecompress, Status};
use libfuzzer_sys::fuzz_target;
use swath_io::codec::gzip::{
    BlockStart, Cpu, Damage, GzipDecoder, HISTORY_LEN_BYTES, Inflater, Pause, Piece, PieceEnd, Resolver,
};

/// Decoded bytes after which a decompression bomb is left alone.
const LIMIT_BYTES: usize = 1 << 20;

/// What became of bytes: decoded, with so many bytes used; refused, or cut short; or too many to tell.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Whole(Vec<u8>, usize),
    Bad,
    Huge,
}

fuzz_target!(|input: &[u8]| {
    let Some(([how, step_in, step_out, level], data)) = input.split_first_chunk() else { return };
    let cpu = if how & 1 == 0 { Cpu::detect() } else { Cpu::PORTABLE };
    let (step_in, step_out) = (1 + usize::from(*step_in), 1 + usize::from(*step_out));
    if how & 2 == 0 {
        check(cpu, data, step_in, step_out);
        return;
    }
    // Compressed data is seldom met by chance: make some, repeated so that it has several blocks, and perhaps damage it.
    let plain = data.repeat(1 + usize::from(*level >> 4) * usize::from(*level >> 4) * 16);
    if plain.len() > LIMIT_BYTES / 2 {
        return;
    }
    let mut packed = compress(&plain, u32::from(*level % 10), data.len().max(1) * 7);
    if how & 4 != 0 && !packed.is_empty() {
        let at = step_in * 257 % packed.len();
        packed[at] ^= 1 << (how >> 5);
    }
    check(cpu, &packed, 1 + step_in * 97, 1 + step_out * 311);
});

fn check(cpu: Cpu, data: &[u8], step_in: usize, step_out: usize) {
    let expected = zlib(data);
    if expected == Outcome::Huge {
        return;
    }
    assert_eq!(inflate(cpu, data, step_in, step_out), expected, "in steps");
    assert_eq!(inflate(cpu, data, usize::MAX, 1 << 16), expected, "at once");
    let Outcome::Whole(plain, used) = expected else {
        let _ = in_pieces(cpu, data, step_in as u64 * 64);
        return;
    };
    assert_eq!(in_pieces(cpu, data, step_in as u64 * 64).as_ref(), Ok(&plain), "in pieces");
    check_member(cpu, &data[..used], &plain);
}

/// One block after another is flushed, as logs are, so that there are stored blocks, too.
fn compress(plain: &[u8], level: u32, flush_len: usize) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(level));
    for part in plain.chunks(flush_len.max(plain.len() / 50)) {
        encoder.write_all(part).expect("memory takes what it is given");
        encoder.flush().expect("memory takes what it is given");
    }
    encoder.finish().expect("memory takes what it is given")
}

fn zlib(input: &[u8]) -> Outcome {
    let mut decoder = Decompress::new(false);
    let mut out = Vec::new();
    loop {
        out.reserve(64 << 10);
        let used = decoder.total_in() as usize;
        match decoder.decompress_vec(&input[used..], &mut out, FlushDecompress::None) {
            Ok(Status::StreamEnd) => return Outcome::Whole(out, decoder.total_in() as usize),
            Ok(Status::Ok) if out.len() < LIMIT_BYTES => {}
            Ok(Status::Ok) => return Outcome::Huge,
            _ => return Outcome::Bad,
        }
    }
}

fn inflate(cpu: Cpu, input: &[u8], step_in: usize, step_out: usize) -> Outcome {
    let mut inflater = Inflater::new(cpu);
    let mut buffer = vec![0; HISTORY_LEN_BYTES + step_out.max(1 << 16)];
    let (mut out, mut at, mut used) = (Vec::new(), 0_usize, 0_usize);
    loop {
        let end = input.len().min(used.saturating_add(step_in));
        let room = buffer.len().min(at.saturating_add(step_out));
        let Ok(progress) = inflater.inflate(&input[used..end], &mut buffer[..room], at) else {
            return Outcome::Bad;
        };
        out.extend_from_slice(&buffer[at..at + progress.written]);
        at += progress.written;
        used += progress.consumed;
        match progress.state {
            Pause::End => return Outcome::Whole(out, used),
            Pause::NeedsInput if used == input.len() => return Outcome::Bad,
            _ => {}
        }
        if at == buffer.len() {
            buffer.copy_within(at - HISTORY_LEN_BYTES.., 0);
            at = HISTORY_LEN_BYTES;
        }
    }
}

/// Decodes in pieces that start at every `piece_bits` bits or soon after.
fn in_pieces(cpu: Cpu, input: &[u8], piece_bits: u64) -> Result<Vec<u8>, Damage> {
    let mut out = Vec::new();
    let mut resolver = Resolver::new(&[]);
    let mut piece = Piece::new(cpu);
    let stored = input.first().is_some_and(|byte| byte & 7 == 0);
    piece.begin(input, BlockStart { bit: if stored { 8 } else { 0 }, stored }, Some(&[]));
    let mut stop = piece_bits;
    loop {
        let mut next = Piece::new(cpu);
        let next_stop = stop.saturating_add(piece_bits);
        let found = next.find(input, stop, next_stop, LIMIT_BYTES);
        let target = if found.is_some() { next.start().bit } else { next_stop };
        let end = piece.decode(input, target, 2 * LIMIT_BYTES)?;
        let at = out.len();
        out.resize(at + piece.len(), 0);
        let (values, bytes) = out[at..].split_at_mut(piece.values().len());
        resolver.resolve(piece.values(), values)?;
        bytes.copy_from_slice(piece.bytes());
        match end {
            PieceEnd::Stream(_) => return Ok(out),
            PieceEnd::Full | PieceEnd::Input => return Err(Damage::Length),
            PieceEnd::Block(start) => {
                let history = piece.history(&resolver)?;
                if found.is_some() && next.start() == start {
                    resolver = Resolver::new(&history);
                } else {
                    next.begin(input, start, Some(&history));
                }
                stop = next_stop.max(start.bit + 1);
                piece = next;
            }
        }
    }
}

/// The same as two members: the checksum, and parts of the file.
fn check_member(cpu: Cpu, data: &[u8], plain: &[u8]) {
    let header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut checksum = flate2::Crc::new();
    checksum.update(plain);
    let trailer = [checksum.sum().to_le_bytes(), checksum.amount().to_le_bytes()].concat();
    let member = [&header[..], data, &trailer].concat();
    let file = [&member[..], &member].concat();
    for start in [0, member.len()] {
        let mut decoder = GzipDecoder::new(cpu);
        decoder.go_to(start as u64, start as u64 + 1);
        let mut out = vec![0; plain.len() + 1];
        let progress = decoder.decode(&file[start..], true, &mut out, 0).expect("the member is whole");
        assert_eq!((progress.written, progress.state), (plain.len(), Pause::End));
        assert_eq!((&out[..plain.len()], decoder.offset_bytes()), (plain, (start + member.len()) as u64));
        assert_eq!(decoder.is_stopped(), start == 0);
    }
}
