//! Frames of the reference library, decoded by both.

use std::io::{Read, Write};

use compression_codecs::DecodeV2;
use compression_codecs::core::util::{PartialBuffer, WriteBuffer};
use lz4::liblz4::BlockChecksum;
use lz4::{BlockMode, BlockSize, ContentChecksum};
use proptest::prelude::*;

use super::Lz4Decoder;

/// How a frame is made.
#[derive(Debug, Clone)]
struct Making {
    size: BlockSize,
    independent: bool,
    checksums: bool,
    tells_length: bool,
    level: u32,
}

fn making() -> impl Strategy<Value = Making> {
    let sizes = prop::sample::select(vec![BlockSize::Max64KB, BlockSize::Max256KB, BlockSize::Max4MB]);
    (sizes, any::<bool>(), any::<bool>(), any::<bool>(), prop::sample::select(vec![0, 1, 9])).prop_map(
        |(size, independent, checksums, tells_length, level)| Making {
            size,
            independent,
            checksums,
            tells_length,
            level,
        },
    )
}

fn packed(plain: &[u8], making: &Making) -> Vec<u8> {
    let (block_checksum, checksum) = match making.checksums {
        true => (BlockChecksum::BlockChecksumEnabled, ContentChecksum::ChecksumEnabled),
        false => (BlockChecksum::NoBlockChecksum, ContentChecksum::NoChecksum),
    };
    let mut encoder = lz4::EncoderBuilder::new()
        .block_size(making.size.clone())
        .block_mode(if making.independent { BlockMode::Independent } else { BlockMode::Linked })
        .block_checksum(block_checksum)
        .checksum(checksum)
        .content_size(if making.tells_length { plain.len() as u64 } else { 0 })
        .level(making.level)
        .build(Vec::new())
        .unwrap();
    encoder.write_all(plain).unwrap();
    let (file, ended) = encoder.finish();
    ended.unwrap();
    file
}

/// Text and noise, in runs of which many come again, at distances as far as a match reaches and a little farther.
fn plain() -> impl Strategy<Value = Vec<u8>> {
    let run = (0usize..5, 1usize..40_000, any::<u32>());
    prop::collection::vec(run, 0..12).prop_map(|runs| {
        let mut plain: Vec<u8> = Vec::new();
        for (kind, len, seed) in runs {
            let noise = |i: usize| ((i as u32 ^ seed).wrapping_mul(2_654_435_761) >> 13) as u8;
            match kind {
                0 => plain.extend((0..len).map(noise)),
                1 => plain.extend(std::iter::repeat_n(seed as u8, len)),
                2 => plain.extend((0..len).map(|i| b"UA,SFO\n"[i % 7])),
                3 => (0..len / 20)
                    .for_each(|i| plain.extend(format!("{},{}\n", i + seed as usize, i * i).bytes())),
                _ => {
                    let back = (60_000 + len / 4).min(plain.len());
                    let from = plain.len() - back;
                    plain.extend_from_within(from..from + len.min(back));
                }
            }
        }
        plain
    })
}

/// Decodes in steps of so many bytes of input and of output. What came out, and whether all did.
fn decode(file: &[u8], steps: &[(usize, usize)]) -> (Vec<u8>, Result<bool, String>) {
    let mut decoder = Lz4Decoder::new();
    let mut all = Vec::new();
    let mut left = file;
    for (input, room) in steps.iter().cycle() {
        let mut out = vec![0xa5; *room];
        let mut source = PartialBuffer::new(&left[..left.len().min(*input)]);
        let mut target = WriteBuffer::new_initialized(&mut out);
        let ended = decoder.decode(&mut source, &mut target);
        let (used, written) = (source.written_len(), target.written_len());
        left = &left[used..];
        all.extend_from_slice(&out[..written]);
        match ended {
            Ok(true) => return (all, Ok(true)),
            Ok(false) if left.is_empty() && written == 0 => return (all, Ok(false)),
            Ok(false) => {}
            Err(error) => return (all, Err(error.to_string())),
        }
    }
    unreachable!("there are steps")
}

/// What the reference library makes of it.
fn reference(file: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    let mut decoder = lz4::Decoder::new(file).ok()?;
    decoder.read_to_end(&mut plain).ok()?;
    let (_, ended) = decoder.finish();
    ended.is_ok().then_some(plain)
}

const WHOLE: [(usize, usize); 1] = [(usize::MAX, 1 << 20)];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_same_bytes_in_any_steps(
        plain in plain(),
        making in making(),
        steps in prop::collection::vec((1usize..70_000, 1usize..200_000), 1..6),
    ) {
        let file = packed(&plain, &making);
        for steps in [&WHOLE[..], &steps] {
            let (decoded, ended) = decode(&file, steps);
            prop_assert!(decoded == plain, "{} of {}", decoded.len(), plain.len());
            prop_assert_eq!(ended, Ok(true));
        }
    }

    #[test]
    fn byte_by_byte(plain in plain(), making in making()) {
        let plain = &plain[..plain.len().min(3000)];
        let (decoded, ended) = decode(&packed(plain, &making), &[(1, 1)]);
        prop_assert!(decoded == plain);
        prop_assert_eq!(ended, Ok(true));
    }

    /// Damaged frames are refused where the reference library refuses them, and what is in front comes out in any steps.
    #[test]
    fn damage_is_noticed(
        plain in plain(),
        making in making(),
        places in prop::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..3),
        cut in prop::option::of(any::<prop::sample::Index>()),
        steps in prop::collection::vec((1usize..5000, 1usize..9000), 1..4),
    ) {
        let mut file = packed(&plain, &making);
        if let Some(cut) = cut {
            file.truncate(cut.index(file.len()));
        }
        for (place, change) in places {
            if !file.is_empty() && cut.is_none() {
                let place = place.index(file.len());
                file[place] ^= change;
            }
        }
        let (decoded, ended) = decode(&file, &WHOLE);
        let (in_steps, ended_in_steps) = decode(&file, &steps);
        prop_assert!(decoded == in_steps);
        prop_assert_eq!(&ended, &ended_in_steps);
        match reference(&file) {
            Some(expected) if ended == Ok(true) => prop_assert!(decoded == expected),
            // A magic that is that of a frame to be skipped, and bytes behind a frame, are dealt with in another place.
            _ if !file.starts_with(&super::MAGIC.to_le_bytes()) => {}
            // The reference lets a match be a copy of itself, which the format's description forbids.
            Some(_) => prop_assert!(ended == Err("a match has the distance 0".into()), "{ended:?}"),
            None => prop_assert!(ended != Ok(true)),
        }
    }

    #[test]
    fn random_bytes_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        flags in prop::sample::select(vec![0x40u8, 0x60, 0x61, 0x68, 0x64, 0x74]),
    ) {
        let described = [flags, 0x40];
        let checksum = (super::frame::checksum(&described) >> 8) as u8;
        let block = (bytes.len() as u32).to_le_bytes();
        let head = [&super::MAGIC.to_le_bytes()[..], &described, &[checksum]].concat();
        for file in [bytes.clone(), [&head[..], &bytes].concat(), [&head[..], &block, &bytes, &[0; 4]].concat()] {
            let (decoded, ended) = decode(&file, &WHOLE);
            prop_assert_eq!((decoded, ended), decode(&file, &[(3, 7)]));
        }
    }
}

/// A frame without checksums that has one block.
fn frame_of(block: &[u8]) -> Vec<u8> {
    let described = [0x60, 0x40];
    let checksum = (super::frame::checksum(&described) >> 8) as u8;
    let len = (block.len() as u32).to_le_bytes();
    [&super::MAGIC.to_le_bytes()[..], &described, &[checksum], &len, block, &[0; 4]].concat()
}

#[test]
fn blocks_that_are_wrong_say_what_is() {
    let cases: [(&[u8], &str); 7] = [
        // A literal, and a match of four bytes at distance 0.
        (&[0x10, b'a', 0, 0, 0], "a match has the distance 0"),
        (&[0x10, b'a', 2, 0, 0], "a match reaches before the first byte"),
        // It ends with a match, in a distance, in literals, and in their length.
        (&[0x10, b'a', 1, 0], "a block ends inside a sequence"),
        (&[0x10, b'a', 1], "a block ends inside a sequence"),
        (&[0x30, b'a'], "a block ends inside a sequence"),
        (&[0xf0, 255, 255], "a block ends inside a sequence"),
        // A match of more than 64 KiB.
        (&[&[0x1f, b'a', 1, 0], &[255; 300][..], &[0, 0]].concat(), "a block is longer than it may be"),
    ];
    for (block, expected) in cases {
        for steps in [&WHOLE[..], &[(1, 1)]] {
            assert_eq!(decode(&frame_of(block), steps).1, Err(expected.to_owned()), "{block:?}");
        }
    }
    assert_eq!(decode(&frame_of(&[0x14, b'a', 1, 0, 0]), &WHOLE), (b"aaaaaaaaa".to_vec(), Ok(true)));
    let mut too_long = frame_of(b"");
    too_long[7..11].copy_from_slice(&65_537u32.to_le_bytes());
    assert_eq!(decode(&too_long, &WHOLE).1, Err("a block is longer than it may be".to_owned()));
}

#[test]
fn frames_with_a_dictionary_say_so() {
    let described = [0x61, 0x40, 1, 2, 3, 4];
    let checksum = (super::frame::checksum(&described) >> 8) as u8;
    let file = frame_of(&[0x10, b'a', 2, 0, 0]);
    let file = [&super::MAGIC.to_le_bytes()[..], &described, &[checksum], &file[7..]].concat();
    let (_, ended) = decode(&file, &WHOLE);
    assert_eq!(ended, Err("it was compressed with a dictionary, which is not at hand".to_owned()));
}
