//! Streams decoded in pieces, as threads would, against the same decoded from the front.

use flate2::{Compress, Compression, FlushCompress};
use proptest::prelude::*;

use super::*;

/// Decodes a stream in pieces that start at every `piece_bits` bits or soon after. Returns also how many of them were
/// decoded before what stands in front of them was known.
fn in_pieces(cpu: Cpu, input: &[u8], piece_bits: u64) -> Result<(Vec<u8>, usize), Damage> {
    let mut out = Vec::new();
    let mut early = 0;
    let mut resolver = Resolver::new(&[]);
    let mut piece = Piece::new(cpu);
    piece.begin(input, first_block(input), Some(&[]));
    let mut stop = piece_bits;
    loop {
        let mut next = Piece::new(cpu);
        let next_stop = stop.saturating_add(piece_bits);
        let found = next.find(input, stop, next_stop, LIMIT_BYTES);
        let target = if found.is_some() { next.start().bit } else { next_stop };
        let end = piece.decode(input, target, LIMIT_BYTES)?;
        let at = out.len();
        out.resize(at + piece.len(), 0);
        let (values, bytes) = out[at..].split_at_mut(piece.values().len());
        resolver.resolve(piece.values(), values)?;
        bytes.copy_from_slice(piece.bytes());
        match end {
            PieceEnd::Stream(_) => return Ok((out, early)),
            PieceEnd::Full | PieceEnd::Input => return Err(Damage::Length),
            PieceEnd::Block(start) => {
                let history = piece.history(&resolver)?;
                assert!(
                    out.ends_with(&history)
                        && (history.len() == HISTORY_LEN_BYTES || history.len() == out.len())
                );
                if found.is_some() && next.start() == start {
                    resolver = Resolver::new(&history);
                    early += 1;
                } else {
                    next.begin(input, start, Some(&history));
                }
                stop = next_stop.max(start.bit + 1);
                piece = next;
            }
        }
    }
}

fn first_block(input: &[u8]) -> BlockStart {
    start_at(input, 0).unwrap()
}

/// A stream that is flushed after each part, as `pigz` does, or begun anew.
fn flushed(parts: &[&[u8]], flush: FlushCompress) -> Vec<u8> {
    let mut encoder = Compress::new(Compression::new(6), false);
    let mut out = Vec::new();
    for (i, part) in parts.iter().enumerate() {
        let flush = if i + 1 < parts.len() { flush } else { FlushCompress::Finish };
        out.reserve(part.len() * 2 + 1000);
        let before = encoder.total_in();
        encoder.compress_vec(part, &mut out, flush).unwrap();
        assert_eq!((encoder.total_in() - before) as usize, part.len());
    }
    out
}

/// Text whose words come again and again, so that markers are copied far.
fn words(len: usize) -> Vec<u8> {
    let words: Vec<String> =
        (1..3000).map(|seed| noise(seed, 6).iter().map(|b| char::from(b'a' + b % 26)).collect()).collect();
    let choice = noise(9, len);
    choice
        .chunks(2)
        .flat_map(|c| [words[usize::from(c[0]) * 11 + usize::from(c[1] % 4)].as_bytes(), b" "].concat())
        .take(len)
        .collect()
}

#[test]
fn pieces_of_any_length_join() {
    let text = words(1_500_000);
    let plain = [&text[..], &vec![7; 300_000], &noise(1, 400_000), &text[..]].concat();
    for level in [2, 6, 9] {
        let packed = deflate(&plain, level);
        for piece_len in [5_000, 50_000, 200_000, 10_000_000] {
            for cpu in cpus() {
                let (out, early) = in_pieces(cpu, &packed, 8 * piece_len).unwrap();
                assert!(out == plain, "level {level} pieces of {piece_len}");
                // Nearly every piece that has room for a block is found.
                let pieces = packed.len() / 200_000;
                assert!(piece_len != 200_000 || early + 1 >= pieces, "{early} of {pieces}");
            }
        }
    }
}

#[test]
fn flushed_streams_join_at_the_flushes() {
    let text = words(1_000_000);
    let parts: Vec<_> = text.chunks(100_000).collect();
    for flush in [FlushCompress::Sync, FlushCompress::Full] {
        let packed = flushed(&parts, flush);
        let (out, early) = in_pieces(Cpu::detect(), &packed, 8 * 20_000).unwrap();

        assert!(out == text && early > 5, "{early}");
    }
}

#[test]
fn what_begins_anew_has_no_markers() {
    let text = words(600_000);
    let parts: Vec<_> = text.chunks(200_000).collect();
    let packed = flushed(&parts, FlushCompress::Full);
    let mut piece = Piece::new(Cpu::detect());
    // The flush is the first stored block, and what follows knows nothing of what is in front.
    let mut flush = first_block(&packed);
    while !flush.stored {
        flush = find_block(&packed, flush.bit + 1, u64::MAX).unwrap();
    }
    piece.begin(&packed, flush, None);
    let end = piece.decode(&packed, u64::MAX, LIMIT_BYTES).unwrap();
    assert!(matches!(end, PieceEnd::Stream(_)));
    assert!(piece.bytes().len() > 200_000 && piece.values().len() < 200_000);
    let mut values = vec![0; piece.values().len()];
    Resolver::new(&[]).resolve(piece.values(), &mut values).unwrap();
    assert!([&values, piece.bytes()].concat() == text[200_000..]);

    let end = piece.find_independent(&packed, 8, 16 * packed.len() as u64, LIMIT_BYTES);
    assert!(matches!(end, Some(PieceEnd::Stream(_))));
    assert!(piece.values().is_empty() && piece.bytes() == &text[200_000..]);
    let second = piece.start();
    let end = piece.find_independent(&packed, second.bit + 1, second.bit + 100, LIMIT_BYTES);
    assert_eq!(end, None, "no other one begins there");
    let end = piece.find_independent(&packed, second.bit, second.bit + 8, LIMIT_BYTES);
    assert!(matches!(end, Some(PieceEnd::Block(third)) if third.stored), "{end:?}");
    assert!(piece.bytes() == &text[200_000..400_000]);
}

#[test]
fn what_looks_back_is_not_independent() {
    let text = words(300_000);
    let parts: Vec<_> = text.chunks(100_000).collect();
    let packed = flushed(&parts, FlushCompress::Sync);
    let mut piece = Piece::new(Cpu::detect());
    assert_eq!(piece.find_independent(&packed, 8, u64::MAX, LIMIT_BYTES), None);
}

#[test]
fn what_is_in_front_of_a_short_independent_piece_is_history_of_what_follows() {
    let text = words(80_000);
    let parts = [&text[..60_000], &text[60_000..70_000], &text[70_000..]];
    let packed = flushed(&parts, FlushCompress::Full);
    let mut piece = Piece::new(Cpu::detect());
    let first = piece.find_independent(&packed, 8, 16, LIMIT_BYTES);
    assert_eq!(first, None);
    let found = piece.find_independent(&packed, 8, 8 * packed.len() as u64, LIMIT_BYTES);
    assert!(found.is_some(), "the first flush");
    let start = piece.start();
    piece.find_independent(&packed, start.bit, start.bit + 8, LIMIT_BYTES).unwrap();
    assert!(piece.bytes() == &text[60_000..70_000]);
    let before = Resolver::new(&text[60_000 - HISTORY_LEN_BYTES..60_000]);
    assert!(piece.history(&before).unwrap() == text[70_000 - HISTORY_LEN_BYTES..70_000]);
}

#[test]
fn a_piece_stops_at_its_limit_and_goes_on() {
    let plain = vec![b'x'; 3_000_000];
    let packed = deflate(&plain, 6);
    let mut piece = Piece::new(Cpu::detect());
    piece.begin(&packed, first_block(&packed), Some(&[]));
    let mut limit = 100_000;
    while piece.decode(&packed, u64::MAX, limit).unwrap() == PieceEnd::Full {
        assert!(piece.len() >= limit && piece.len() < limit + 200_000);
        limit += 500_000;
    }
    assert!(piece.bytes() == plain);
}

#[test]
fn a_piece_waits_for_input() {
    let plain = words(500_000);
    let packed = deflate(&plain, 6);
    let mut piece = Piece::new(Cpu::detect());
    piece.begin(&packed, first_block(&packed), Some(&[]));
    for len in (0..packed.len()).step_by(997) {
        assert_eq!(piece.decode(&packed[..len], u64::MAX, LIMIT_BYTES), Ok(PieceEnd::Input));
    }
    assert_eq!(piece.decode(&packed, u64::MAX, LIMIT_BYTES), Ok(PieceEnd::Stream(packed.len())));
    assert!(piece.bytes() == plain);
}

#[test]
fn damage_is_never_decoded_to_something_else() {
    let plain = words(300_000);
    let packed = deflate(&plain, 6);
    for bit in (0..packed.len() * 8).step_by(40_009) {
        let mut packed = packed.clone();
        packed[bit / 8] ^= 1 << (bit % 8);
        let whole = inflate(Cpu::detect(), &packed, usize::MAX, 1 << 16);
        let pieces = in_pieces(Cpu::detect(), &packed, 8 * 9_000);
        match (whole, pieces) {
            (Outcome::Whole(whole, _), Ok((pieces, _))) => assert!(whole == pieces, "bit {bit}"),
            (Outcome::Bad(_), Err(_)) => {}
            (whole, pieces) => {
                panic!("bit {bit}: {:?} and {:?}", whole == Outcome::Bad(None), pieces.is_ok())
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn starts_are_never_missed_by_more_than_a_block(seed in 1..1000_u64, level in 1..10_u32, piece_len in 500..30_000_u64) {
        let plain: Vec<u8> = words(200_000).into_iter().zip(noise(seed, 200_000)).map(|(a, b)| if b < 16 { b } else { a }).collect();
        let packed = deflate(&plain, level);
        let (out, _) = in_pieces(Cpu::detect(), &packed, 8 * piece_len).unwrap();
        prop_assert!(out == plain);
    }
}

/// All blocks of a stream but the first one and the last.
fn blocks(input: &[u8]) -> Vec<BlockStart> {
    let mut piece = Piece::new(Cpu::detect());
    let mut start = first_block(input);
    piece.begin(input, start, Some(&[]));
    let mut blocks = Vec::new();
    while let PieceEnd::Block(next) = piece.decode(input, start.bit + 1, usize::MAX).unwrap() {
        blocks.push(next);
        start = next;
    }
    blocks.pop();
    blocks
}

#[test]
fn every_block_is_found() {
    let text = words(1_500_000);
    let plain = [&text[..], &noise(1, 400_000), &text[..]].concat();
    for level in [2, 6, 9] {
        let packed = deflate(&plain, level);
        let blocks = blocks(&packed);
        assert!(blocks.len() > 20);
        for block in blocks {
            assert_eq!(find_block(&packed, block.bit, block.bit + 1), Some(block), "level {level}");
        }
    }
}
