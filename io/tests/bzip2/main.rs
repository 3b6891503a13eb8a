//! The bzip2 decoder against libbz2: the same text, or both an error.
#![allow(clippy::unwrap_used, reason = "helpers of tests, too")]

mod craft;

use std::io::{Read, Write};

use bzip2::Compression;
use bzip2::read::MultiBzDecoder;
use bzip2::write::BzEncoder;
use proptest::prelude::*;
use swath_io::codec::bzip2::{
    BlockDecoder, BlockEnd, BlockError, Damage, Finder, Instructions, Marker, MarkerKind, StreamDecoder,
    StreamEnd, StreamError, combine_crc, stream_level,
};

use crate::craft::{Bits, Block, end_stream, stream_head, stream_of};

fn compressed(text: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = BzEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// What libbz2 makes of it, if it is no error.
fn by_libbz2(input: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    MultiBzDecoder::new(input).read_to_end(&mut text).ok().map(|_| text)
}

/// The whole text, read in pieces of this length. What follows the last stream is an error here.
fn decoded(input: &[u8], instructions: Instructions, step: usize) -> Result<Vec<u8>, StreamError> {
    let mut decoder = StreamDecoder::with_instructions(input, instructions);
    let (mut text, mut piece) = (Vec::new(), vec![0; step]);
    loop {
        match decoder.read(&mut piece) {
            Ok(0) if decoder.trailing().is_empty() => return Ok(text),
            Ok(0) => return Err(StreamError::NoStream),
            Ok(len) => text.extend_from_slice(&piece[..len]),
            Err(error) => {
                assert_eq!(decoder.read(&mut piece), Err(error), "an error stays");
                return Err(error);
            }
        }
    }
}

/// The text of an input that is right, by all instructions.
fn check(input: &[u8], text: &[u8]) {
    for instructions in Instructions::all() {
        for step in [100, 40_000] {
            // Not `assert_eq`, which would print megabytes.
            assert!(decoded(input, instructions, step).unwrap() == text, "{instructions:?}, step {step}");
        }
    }
}

/// All instructions and libbz2 give the same text, or an error each.
fn check_same(input: &[u8]) {
    let expected = by_libbz2(input);
    for instructions in Instructions::all() {
        let text = decoded(input, instructions, 1000);
        assert!(text.as_ref().ok() == expected.as_ref(), "{instructions:?}: {:?}\n{input:?}", text.err());
    }
}

/// Numbers that look random.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..len).map(|_| next()).collect()
}

/// Lines of a table.
fn lines(len: usize) -> Vec<u8> {
    let line =
        |i: usize| format!("2026,{},{},{},WN,{:05},AUS,HOU\n", i % 12 + 1, i % 28, i % 7, i * i % 100_003);
    let mut text: Vec<u8> = (0..).flat_map(|i| line(i).into_bytes()).take(len).collect();
    text.truncate(len);
    text
}

/// Bytes whose lengths of codes differ as much as they can: each twice as often as the one before.
fn skewed(len: usize) -> Vec<u8> {
    noise(len * 3).chunks(3).map(|bits| bits.iter().map(|byte| byte.leading_zeros() as u8).sum()).collect()
}

#[test]
fn texts_of_all_kinds() {
    let texts = [
        Vec::new(),
        b"a".to_vec(),
        b"aaaa".to_vec(),
        b"banana".to_vec(),
        vec![b'a'; 4 + 255 + 3],
        (0..=255).collect(),
        b"abcdefg".repeat(1000),
        vec![0; 3_000_000],
        noise(300_000),
        lines(1_200_000),
        skewed(400_000),
        [lines(50_000), vec![b' '; 10_000], noise(1000)].concat(),
        noise(50).repeat(3000),
    ];
    for text in &texts {
        for level in [1, 2, 9] {
            check(&compressed(text, level), text);
        }
    }
}

#[test]
fn all_levels() {
    let text = lines(910_000);
    for level in 1..=9 {
        let input = compressed(&text, level);
        assert_eq!(stream_level(&input), Some(level));
        check(&input, &text);
    }
}

#[test]
fn streams_in_a_row() {
    let empty = compressed(b"", 9);
    let input = [compressed(b"one ", 1), empty.clone(), compressed(b"two", 9), empty.clone(), empty].concat();
    check(&input, b"one two");
    // What follows the last stream is left.
    for rest in [&b"\0"[..], b"rest", b"BZh0", b"BZg", &[0; 1000]] {
        let input = [&input, rest].concat();
        let mut decoder = StreamDecoder::new(&input);
        let mut text = Vec::new();
        decoder.read_to_end(&mut text).unwrap();
        assert_eq!((text.as_slice(), decoder.trailing()), (&b"one two"[..], rest));
    }
    for (input, error) in [
        (&b""[..], StreamError::NoStream),
        (b"BZ", StreamError::NoStream),
        (b"BZh0", StreamError::NoStream),
        (b"BZh9", StreamError::Block(BlockError::Truncated { bit: 32 })),
        (b"BZh9\x17\x72\x45\x38\x50\x90\0\0\0", StreamError::Block(BlockError::Truncated { bit: 104 })),
        (b"BZh9\x17\x72\x45\x38\x50\x90\0\0\0\x01", StreamError::Checksum { stored: 1, computed: 0 }),
    ] {
        assert_eq!(decoded(input, Instructions::detect(), 100), Err(error));
    }
}

#[test]
fn runs_that_grow_to_many_times_the_block() {
    // As much as libbz2 puts into a block: 5 bytes stand for 255, and 19 bytes stay free.
    let text = vec![0; 45_899_235];
    let input = compressed(&text, 9);
    assert!(input.len() < 100);
    let mut decoder = BlockDecoder::new();
    decoder.decode(&input, 32).unwrap();
    let (mut piece, mut len) = (vec![1; 100_001], 0);
    loop {
        let written = decoder.read(&mut piece).unwrap();
        len += written;
        assert!(piece[..written].iter().all(|&byte| byte == 0));
        if written < piece.len() {
            break;
        }
    }
    assert_eq!(len, text.len());
}

#[test]
fn the_next_block_forgets_what_is_left_of_the_last_one() {
    let text = lines(1_000_000);
    let input = compressed(&text, 9);
    let mut decoder = BlockDecoder::new();
    let first = decoder.decode(&input, 32).unwrap();
    assert_eq!(decoder.read(&mut [0; 1000]), Ok(1000));
    let last = decoder.decode(&input, first.end_bit).unwrap();
    let mut out = vec![0; text.len()];
    let len = decoder.read(&mut out).unwrap();
    assert!(text.ends_with(&out[..len]));
    assert!(len <= last.len_bytes as usize, "there are no long runs");
    assert_eq!(decoder.read(&mut out), Ok(0));
    // A block that cannot be decoded has no text.
    decoder.decode(&input, 33).unwrap_err();
    assert_eq!(decoder.read(&mut out), Ok(0));
}

#[test]
fn every_cut_is_told_from_damage() {
    for text in [&b"banana"[..], &(0..=255).collect::<Vec<_>>(), &lines(2500), &skewed(1000)] {
        let input = compressed(text, 9);
        for instructions in Instructions::all() {
            let mut decoder = BlockDecoder::with_instructions(instructions);
            let end_bit = decoder.decode(&input, 32).unwrap().end_bit;
            let end_byte = end_bit.div_ceil(8) as usize;
            for len in 0..end_byte {
                let outcome = decoder.decode(&input[..len], 32);
                assert_eq!(outcome, Err(BlockError::Truncated { bit: len as u64 * 8 }), "{instructions:?}");
            }
            assert_eq!(decoder.decode(&input[..end_byte], 32).unwrap().end_bit, end_bit);
        }
        for len in 4..input.len() {
            let error = decoded(&input[..len], Instructions::detect(), 1000).unwrap_err();
            assert_eq!(error, StreamError::Block(BlockError::Truncated { bit: len as u64 * 8 }));
        }
    }
}

#[test]
fn every_bit_flipped_is_what_libbz2_makes_of_it() {
    let randomised = stream_of(1, &Block::randomised(&lines(700), |bytes| bytes[617] ^= 1));
    let mut inputs = vec![randomised];
    for text in [&b"banana"[..], b"aaaaaaaaaaaaab", &noise(60), &lines(150)] {
        inputs.push([compressed(text, 1), compressed(b"x", 9)].concat());
        inputs.push(stream_of(2, &Block::new(text)));
    }
    for mut input in inputs {
        assert!(by_libbz2(&input).is_some());
        for bit in 32..input.len() * 8 {
            let mask = 0x80 >> (bit % 8);
            input[bit / 8] ^= mask;
            check_same(&input);
            input[bit / 8] ^= mask;
        }
    }
}

#[test]
fn blocks_of_old_versions_that_were_randomised() {
    let text = lines(1400);
    // The bytes that bzip2 0.9.0 changed: of gaps of 619 and 720 bytes the last but one.
    let block = Block::randomised(&text, |bytes| {
        bytes[617] ^= 1;
        bytes[619 + 718] ^= 1;
    });
    let input = stream_of(9, &block);
    check(&input, &text);
    assert_eq!(by_libbz2(&input), Some(text));
}

/// How a block is changed, and what that gives.
type Case = (&'static str, fn(&mut Block), Result<(), Damage>);

#[test]
fn fields_at_their_bounds() {
    let text = b"she sells sea shells on the sea shore";
    let cases: &[Case] = &[
        ("as it is", |_| {}, Ok(())),
        ("magic", |block| block.magic ^= 1, Err(Damage::NoBlock)),
        ("last row", |block| block.origin = 36, Err(Damage::Checksum { stored: 0, computed: 0 })),
        ("origin", |block| block.origin = 37, Err(Damage::Origin { origin: 37, len_bytes: 37 })),
        ("far", |block| block.origin = 0xff_ffff, Err(Damage::Origin { origin: 0xff_ffff, len_bytes: 37 })),
        ("no bytes", |block| block.used.clear(), Err(Damage::NoBytes)),
        ("no tables", |block| block.table_count = 0, Err(Damage::TableCount(0))),
        ("one table", |block| block.table_count = 1, Err(Damage::TableCount(1))),
        ("seven tables", |block| block.table_count = 7, Err(Damage::TableCount(7))),
        ("six tables", |block| set_tables(block, 6), Ok(())),
        ("no selectors", |block| set_selectors(block, 0, 0), Err(Damage::NoSelectors)),
        ("a selector more", |block| set_selectors(block, 2, 2), Ok(())),
        ("the most that are used", |block| set_selectors(block, 18_002, 18_002), Ok(())),
        ("more than are used", |block| set_selectors(block, 32_767, 32_767), Ok(())),
        ("selector", |block| block.selectors[0] = 2, Err(Damage::Selector)),
        ("too few selectors", |block| block.symbols.splice(..0, [2; 50]).for_each(drop), Err(Damage::NoEnd)),
        ("long codes", |block| block.tables[0].fill(20), Ok(())),
        ("longer codes", |block| block.tables[0].fill(21), Err(Damage::CodeLen(21))),
        ("no code", |block| block.tables[0][0] = 0, Err(Damage::CodeLen(0))),
        ("table that is not used", |block| block.tables[1].fill(1), Ok(())),
        ("longer than a block", |block| too_long(block, 23), Err(Damage::TooLong)),
        ("much longer than a block", |block| too_long(block, 49), Err(Damage::TooLong)),
        ("checksum", |block| block.crc ^= 1, Err(Damage::Checksum { stored: 0, computed: 0 })),
    ];
    for (name, change, expected) in cases {
        let mut block = Block::new(text);
        change(&mut block);
        let input = stream_of(9, &block);
        let outcome = match decoded(&input, Instructions::detect(), 100) {
            Ok(decoded) if decoded == text => Ok(()),
            Ok(decoded) => panic!("{name}: {decoded:?}"),
            Err(StreamError::Block(BlockError::Damaged { damage, .. })) => Err(damage),
            Err(other) => panic!("{name}: {other}"),
        };
        match (outcome, expected) {
            (Err(Damage::Checksum { .. }), Err(Damage::Checksum { .. })) => {}
            _ => assert_eq!(outcome, *expected, "{name}"),
        }
        check_same(&input);
    }
}

fn set_tables(block: &mut Block, count: u32) {
    block.table_count = count;
    block.tables = vec![block.tables[0].clone(); count as usize];
}

fn set_selectors(block: &mut Block, count: u32, written: usize) {
    block.selector_count = count;
    block.selectors = vec![0; written];
}

/// A run of so many digits.
fn too_long(block: &mut Block, digits: usize) {
    block.symbols = vec![1; digits];
    block.symbols.push(block.tables[0].len() as u16 - 1);
}

#[test]
fn codes_that_ask_for_too_much_or_leave_gaps() {
    let block = Block::new(b"she sells sea shells on the sea shore");
    let alphabet_len = block.tables[0].len();
    for change in [
        |lens: &mut [u8]| lens.fill(3),
        |lens: &mut [u8]| lens.fill(1),
        |lens: &mut [u8]| lens[..6].copy_from_slice(&[1, 2, 3, 4, 5, 6]),
        |lens: &mut [u8]| lens.iter_mut().zip(1..).for_each(|(len, i)| *len = i),
        |lens: &mut [u8]| lens.iter_mut().zip(9..).for_each(|(len, i)| *len = i),
        |lens: &mut [u8]| lens[..3].copy_from_slice(&[19, 20, 1]),
    ] {
        let mut block = block.clone();
        change(&mut block.tables[0][..alphabet_len]);
        check_same(&stream_of(9, &block));
    }
}

#[test]
fn a_text_that_is_no_single_circle() {
    // Two circles of rows, of which only that of the origin is the text, twice.
    for text in [&b"abab"[..], b"abcabcabc", b"aaa"] {
        let input = stream_of(1, &Block::new(text));
        check(&input, text);
        assert_eq!(by_libbz2(&input).as_deref(), Some(text));
    }
}

#[test]
fn a_block_that_ends_within_a_run() {
    for (bytes, text, damage) in [
        (&b"baaaa\0"[..], &b"baaaa"[..], None),
        (b"baaa", b"baaa", None),
        (b"baaaa", b"baaaa", Some(Damage::OpenRun)),
    ] {
        let input = stream_of(1, &Block::sorted(text, bytes));
        let outcome = decoded(&input, Instructions::detect(), 100);
        match damage {
            None => assert_eq!(outcome.as_deref(), Ok(text)),
            Some(damage) => assert!(
                matches!(outcome, Err(StreamError::Block(BlockError::Damaged { damage: found, .. })) if found == damage)
            ),
        }
        check_same(&input);
    }
}

/// A stream with a marker within a block, in selectors that mean nothing.
fn false_marker(text: &[u8]) -> Vec<u8> {
    let mut block = Block::new(text);
    let magic = 0x3141_5926_5359u64;
    let mut ones = 0;
    let mut places = vec![0; 18_002];
    for bit in (0..48).rev().map(|i| magic >> i & 1).chain([0]) {
        if bit == 1 {
            ones += 1;
        } else {
            places.push(ones);
            ones = 0;
        }
    }
    set_tables(&mut block, 6);
    set_selectors(&mut block, places.len() as u32, 0);
    block.selectors = places;
    let mut bits = stream_head(9);
    block.write(&mut bits);
    let next = Block::new(b"second");
    next.write(&mut bits);
    end_stream(&mut bits, combine_crc(block.crc, next.crc));
    bits.bytes()
}

/// What a decoder in parallel does, block by block: everything is decoded from markers, and counts only if the
/// block before ends there.
fn by_markers(input: &[u8]) -> Vec<u8> {
    let mut decoder = BlockDecoder::new();
    let markers: Vec<Marker> = Finder::new(input, 0).collect();
    let (mut text, mut crc, mut next_bit) = (Vec::new(), 0, 32);
    for (index, marker) in markers.iter().enumerate() {
        if marker.kind == MarkerKind::StreamEnd {
            if marker.start_bit == next_bit {
                let end = StreamEnd::read(input, next_bit).unwrap();
                assert_eq!(end.crc, crc);
                if end.end_byte < input.len() {
                    assert!(stream_level(&input[end.end_byte..]).is_some());
                    (crc, next_bit) = (0, end.end_byte as u64 * 8 + 32);
                }
            }
            continue;
        }
        // The input ends where the next block seems to begin, and further on if that was wrong.
        let ends = markers[index + 1..].iter().map(|next| next.start_bit.div_ceil(8) as usize);
        let decoded = ends.chain([input.len()]).map(|end| decoder.decode(&input[..end], marker.start_bit));
        let block = decoded.into_iter().find(|outcome| !matches!(outcome, Err(BlockError::Truncated { .. })));
        if marker.start_bit == next_bit {
            let BlockEnd { end_bit, crc: block_crc, .. } = block.unwrap().unwrap();
            let mut piece = vec![0; 10_000];
            let mut written = piece.len();
            while written == piece.len() {
                written = decoder.read(&mut piece).unwrap();
                text.extend_from_slice(&piece[..written]);
            }
            (crc, next_bit) = (combine_crc(crc, block_crc), end_bit);
        }
    }
    text
}

#[test]
fn blocks_from_markers_make_the_streams() {
    let text = lines(1_000_000);
    let one = compressed(&text, 1);
    assert_eq!(Finder::new(&one, 0).count(), 11 + 1);
    assert!(by_markers(&one) == text);
    let many = [compressed(b"one", 9), compressed(b"", 9), one, compressed(&text, 3)].concat();
    assert!(by_markers(&many) == [b"one", &*text, &*text].concat());
}

#[test]
fn a_marker_within_a_block() {
    let input = false_marker(b"first ");
    assert_eq!(Finder::new(&input, 0).count(), 4);
    check(&input, b"first second");
    assert_eq!(by_libbz2(&input).as_deref(), Some(&b"first second"[..]));
    assert_eq!(by_markers(&input), b"first second");
    // Decoded alone it is no block; cut off at it, the block before is told to be cut off.
    let markers: Vec<Marker> = Finder::new(&input, 0).collect();
    let mut decoder = BlockDecoder::new();
    assert!(matches!(decoder.decode(&input, markers[1].start_bit), Err(BlockError::Damaged { .. })));
    let end = markers[1].start_bit / 8;
    assert_eq!(decoder.decode(&input[..end as usize], 32), Err(BlockError::Truncated { bit: end * 8 }));
}

#[test]
fn blocks_beyond_the_level_of_their_stream() {
    let mut bits: Bits = stream_head(1);
    let start_bit = bits.len();
    let mut block = Block::new(b"ab");
    // 100 001 times the same byte.
    block.symbols = (0..17).map(|i| u16::from((100_001 + 1) >> i & 1 == 1)).take(16).collect();
    block.symbols.push(3);
    block.write(&mut bits);
    end_stream(&mut bits, block.crc);
    let input = bits.bytes();
    let end = BlockDecoder::new().decode(&input, start_bit).unwrap();
    assert_eq!(end.len_bytes, 100_001);
    let error = decoded(&input, Instructions::detect(), 100).unwrap_err();
    assert!(matches!(error, StreamError::Block(BlockError::Damaged { damage: Damage::TooLong, .. })));
    check_same(&input);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_text(
        letters in 1..=255u8,
        text in proptest::collection::vec(any::<u8>(), 0..3000),
        times in 1..20usize,
        level in 1..=9u32,
    ) {
        let text: Vec<u8> = text.iter().map(|byte| byte % letters).collect::<Vec<_>>().repeat(times);
        check(&compressed(&text, level), &text);
    }

    #[test]
    fn any_runs(runs in proptest::collection::vec((any::<u8>(), 1..1200usize), 0..200)) {
        let text: Vec<u8> = runs.iter().flat_map(|&(byte, len)| vec![byte; len]).collect();
        check(&compressed(&text, 1), &text);
    }

    #[test]
    fn any_damage(
        text in proptest::collection::vec(0..40u8, 0..3000),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut input = compressed(&text, 1);
        for (at, byte) in changes {
            let at = at.index(input.len() - 4) + 4;
            input[at] = byte;
        }
        check_same(&input);
    }
}
