use std::io::{Cursor, Read, Write};
use std::path::Path;

use compression_codecs::core::util::{PartialBuffer, WriteBuffer};
use compression_codecs::{EncodeV2, XzEncoder};
use compression_core::Level;
use proptest::prelude::*;

use crate::codec::bzip2::{BlockDecoder, Finder, MarkerKind};
use crate::codec::gzip::bgzf_block_len;
use crate::codec::members::magic;
use crate::codec::{Codec, Compressor, Decompressor};
use crate::losses::Loss;
use crate::notes::Notes;

const COMPRESSED: [Codec; 5] = [Codec::Gzip, Codec::Bzip2, Codec::Zstd, Codec::Xz, Codec::Lz4];

/// What came out of a file.
#[derive(Debug, PartialEq, Eq)]
struct Salvaged {
    /// The bytes between gaps.
    pieces: Vec<Vec<u8>>,
    losses: Vec<Loss>,
    notes: Vec<String>,
}

impl Salvaged {
    fn bytes(&self) -> Vec<u8> {
        self.pieces.concat()
    }
}

/// A reader that gives `step` bytes at a time.
struct Drip(Cursor<Vec<u8>>, usize);

impl Read for Drip {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let len = out.len().min(self.1);
        self.0.read(&mut out[..len])
    }
}

fn salvage_steps(codec: Codec, bytes: &[u8], step_in: usize, step_out: usize) -> Salvaged {
    let notes = Notes::default();
    let reader = Box::new(Drip(Cursor::new(bytes.to_vec()), step_in));
    let mut decompressor = Decompressor::salvage(Path::new("a"), reader, Some(codec), &notes).unwrap();
    let mut pieces = vec![Vec::new()];
    let mut out = vec![0; step_out];
    loop {
        match decompressor.read(&mut out).unwrap() {
            0 if decompressor.at_gap() => {
                assert_eq!(decompressor.read(&mut out).unwrap(), 0);
                decompressor.pass_gap();
                pieces.push(Vec::new());
            }
            0 => break,
            len => pieces.last_mut().unwrap().extend_from_slice(&out[..len]),
        }
    }
    let losses = notes.losses().all();
    for loss in &losses {
        assert!(loss.start_bytes <= loss.end_bytes && loss.end_bytes <= bytes.len() as u64, "{loss}");
    }
    notes.losses().take_notes();
    Salvaged { pieces, losses, notes: notes.take() }
}

fn salvage(codec: Codec, bytes: &[u8]) -> Salvaged {
    salvage_steps(codec, bytes, usize::MAX, 100_000)
}

/// Lines that compress to a third or so.
fn text(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let mut text = Vec::with_capacity(len + 100);
    while text.len() < len {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let word = ["alpha", "beta", "gamma", "delta"][(state >> 40) as usize % 4];
        writeln!(text, "{word},{},{}", state >> 44, (state >> 33) % 100).unwrap();
    }
    text.truncate(len);
    text
}

fn member(codec: Codec, plain: &[u8]) -> Vec<u8> {
    let level = match codec {
        Codec::Bzip2 => Some(1),
        Codec::Xz => return xz_stream(plain),
        _ => None,
    };
    let mut out = Vec::new();
    let mut compressor = Compressor::new(codec, level, &mut out).unwrap();
    compressor.write_all(plain).unwrap();
    compressor.finish().unwrap();
    out
}

/// A stream of one block that does not tell its length, as `xz` writes it with one thread.
fn xz_stream(plain: &[u8]) -> Vec<u8> {
    let mut encoder = XzEncoder::new(Level::Fastest);
    let mut stream = vec![0; plain.len() + 1000];
    let mut target = WriteBuffer::new_initialized(&mut stream);
    encoder.encode(&mut PartialBuffer::new(plain), &mut target).unwrap();
    assert!(encoder.finish(&mut target).unwrap());
    let len = target.written_len();
    stream.truncate(len);
    stream
}

/// A member that tells its length, as BGZF has it.
fn bgzf_member(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(plain).unwrap();
    let data = encoder.finish().unwrap();
    let len = u16::try_from(18 + data.len() + 8 - 1).unwrap();
    let head =
        [&[31, 139, 8, 4, 0, 0, 0, 0, 0, 255, 6, 0, b'B', b'C', 2, 0][..], &len.to_le_bytes()].concat();
    let tail = [crc32fast::hash(plain).to_le_bytes(), (plain.len() as u32).to_le_bytes()].concat();
    [head, data, tail].concat()
}

/// The blocks of bzip2 files: the bits where they begin and end, and their texts.
fn blocks(file: &[u8]) -> Vec<(u64, u64, Vec<u8>)> {
    let mut decoder = BlockDecoder::new();
    let markers = Finder::new(file, 0).filter(|marker| marker.kind == MarkerKind::Block);
    let block = |start: u64| {
        let end = decoder.decode(file, start).unwrap().end_bit;
        let mut text = vec![0; 1 << 20];
        let len = decoder.read(&mut text).unwrap();
        text.truncate(len);
        (start, end, text)
    };
    markers.map(|marker| marker.start_bit).map(block).collect()
}

#[test]
fn whole_files_come_out_whole() {
    let plain = text(1, 400_000);
    for codec in COMPRESSED {
        let one = member(codec, &plain);
        let many = [member(codec, &plain[..100_000]), vec![0; 12], member(codec, &plain[100_000..])].concat();
        for file in [one, many] {
            for (step_in, step_out) in [(usize::MAX, 1 << 20), (7, 4000), (100_000, 10_001)] {
                let salvaged = salvage_steps(codec, &file, step_in, step_out);
                assert_eq!(salvaged, Salvaged { pieces: vec![plain.clone()], losses: vec![], notes: vec![] });
            }
        }
        let with_garbage = [member(codec, &plain), b"garbage that is no member".to_vec()].concat();
        let salvaged = salvage(codec, &with_garbage);
        assert!(salvaged.bytes() == plain && salvaged.losses.is_empty(), "{codec}");
        assert!(salvaged.notes[0].starts_with("a: something follows the "), "{:?}", salvaged.notes);
    }
    let bgzf: Vec<u8> = plain.chunks(50_000).flat_map(bgzf_member).collect();
    assert_eq!(salvage(Codec::Gzip, &bgzf).pieces, [plain]);
    assert_eq!(salvage(Codec::Gzip, b"").pieces, [b""]);
}

#[test]
fn heads_that_are_known_by_a_name_alone() {
    // LZMA alone with a dictionary of 4 KiB.
    let lzma = b"]\0\x10\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\x34\x19\x49\xee\x8d\xdd\x3d\x3a\xdf\xff\xff\xdd\x12\0\0";
    let whole = Salvaged { pieces: vec![b"hello\n".to_vec()], losses: vec![], notes: vec![] };
    assert_eq!(salvage(Codec::Lzma, lzma), whole);
    let cut = salvage(Codec::Lzma, &lzma[..20]);
    assert!(cut.losses.len() == 1 && b"hello\n".starts_with(&cut.bytes()), "{cut:?}");
    // zlib that is not packed: its head tells little.
    let zlib = b"\x78\x01\x01\x02\0\xfd\xffhi\x01\x3b\0\xd2";
    let whole = Salvaged { pieces: vec![b"hi".to_vec()], losses: vec![], notes: vec![] };
    assert_eq!(salvage(Codec::Zlib, zlib), whole);
}

#[test]
fn a_name_tells_the_codec_if_the_head_is_damaged() {
    let plain = text(8, 250_000);
    let open = |name: &str, bytes: &[u8]| {
        let notes = Notes::default();
        let reader = Box::new(Cursor::new(bytes.to_vec()));
        let mut decompressor = Decompressor::salvage(Path::new(name), reader, None, &notes).unwrap();
        let mut out = vec![0; 1 << 20];
        decompressor.pass_gap();
        let len = decompressor.read(&mut out[..1]).unwrap();
        (decompressor.codec(), len, decompressor.at_gap(), notes.take())
    };
    let mut file = member(Codec::Bzip2, &plain);
    file[0] ^= 1;
    let (codec, len, at_gap, notes) = open("a.csv.bz2", &file);
    assert_eq!((codec, len, at_gap), (Codec::Bzip2, 0, true));
    assert!(notes[0].contains("bzip2 block 1 is damaged: compressed bytes 0 to 4 are lost"), "{notes:?}");
    // Text is text whatever its name says, and what has another head is what that says.
    let (codec, len, _, notes) = open("a.csv.gz", &plain);
    assert_eq!((codec, len, notes.len()), (Codec::Plain, 1, 1));
    let (codec, ..) = open("a.csv.gz", &member(Codec::Zstd, &plain));
    assert_eq!(codec, Codec::Zstd);
}

/// Blocks that no damaged byte lies in come out, each gap in its place, and nothing else.
fn check_bzip2(file: &[u8], damaged: std::ops::Range<usize>, change: impl Fn(&mut [u8])) -> Salvaged {
    let mut broken = file.to_vec();
    change(&mut broken[damaged.clone()]);
    let mut pieces = vec![Vec::new()];
    let mut in_gap = false;
    for (start, end, text) in blocks(file) {
        // A byte at either end may belong to two blocks: the checked bits say to which.
        let touched = (start / 8) as usize..end.div_ceil(8) as usize;
        let same = file[touched.clone()] == broken[touched.clone()] || {
            let mut decoder = BlockDecoder::new();
            let mut out = vec![0; 1 << 20];
            decoder.decode(&broken, start).is_ok_and(|again| {
                again.end_bit == end && decoder.read(&mut out).is_ok_and(|len| out[..len] == text[..])
            })
        };
        if !same {
            in_gap = true;
            continue;
        }
        if std::mem::take(&mut in_gap) {
            pieces.push(Vec::new());
        }
        pieces.last_mut().unwrap().extend_from_slice(&text);
    }
    let salvaged = salvage(Codec::Bzip2, &broken);
    // Damage between blocks makes gaps in which nothing is lost.
    assert!(salvaged.bytes() == pieces.concat(), "damage at {damaged:?}: {:#?}", salvaged.losses);
    for piece in &pieces {
        assert!(pieces.len() == 1 || piece.is_empty() || salvaged.pieces.iter().any(|own| own == piece));
    }
    assert!(!salvaged.losses.is_empty() || broken == file, "damage at {damaged:?} is not told");
    salvaged
}

#[test]
fn of_bzip2_blocks_are_lost_alone() {
    let plain = text(2, 700_000);
    let file = [member(Codec::Bzip2, &plain[..450_000]), member(Codec::Bzip2, &plain[450_000..])].concat();
    let borders = blocks(&file);
    assert!(borders.len() >= 8);
    for at in (0..file.len()).step_by(file.len() / 40) {
        check_bzip2(&file, at..at + 1, |bytes| bytes[0] ^= 4);
        check_bzip2(&file, at..(at + 4096).min(file.len()), |bytes| bytes.fill(0));
    }
    // Borders, and what is between the streams.
    for (start, end, _) in &borders {
        for at in [start / 8, end / 8, end / 8 + 4, end / 8 + 9] {
            check_bzip2(&file, at as usize..at as usize + 1, |bytes| bytes[0] ^= 0x81);
        }
    }
    let (start, end, lost) = &borders[2];
    let middle = ((start + end) / 16) as usize;
    let salvaged = check_bzip2(&file, middle..middle + 1, |bytes| bytes[0] ^= 1);
    let before: usize = borders[..2].iter().map(|(_, _, text)| text.len()).sum();
    assert_eq!(salvaged.pieces.len(), 2);
    let [loss] = &salvaged.losses[..] else { panic!("{:#?}", salvaged.losses) };
    assert_eq!((loss.first_unit, loss.last_unit), (3, 3));
    assert_eq!((loss.start_bytes, loss.end_bytes), (start / 8, end / 8));
    assert_eq!((loss.decoded_bytes, loss.lost_bytes), (before as u64, None));
    assert_eq!(salvaged.bytes().len() + lost.len(), plain.len());
}

#[test]
fn of_cut_files_comes_what_is_in_front() {
    let plain = text(3, 300_000);
    let file = member(Codec::Bzip2, &plain);
    let borders = blocks(&file);
    for len in (0..file.len()).step_by(file.len() / 50) {
        let whole = borders.iter().filter(|(_, end, _)| end.div_ceil(8) as usize <= len);
        let expected: Vec<u8> = whole.flat_map(|(_, _, text)| text.clone()).collect();
        let salvaged = salvage(Codec::Bzip2, &file[..len]);
        assert!(salvaged.bytes() == expected, "{len}");
        assert_eq!(salvaged.losses.len(), usize::from(len > 0), "{len}");
    }
    for codec in COMPRESSED {
        let file = member(codec, &plain);
        let salvaged = salvage(codec, &file[..file.len() * 3 / 4]);
        let out = salvaged.bytes();
        assert!(plain.starts_with(&out), "{codec}");
        // LZMA holds back what one piece of its own needs.
        assert!(out.len() > 130_000 || codec == Codec::Xz, "{codec}: {}", out.len());
        let [loss] = &salvaged.losses[..] else { panic!("{codec}: {:#?}", salvaged.losses) };
        assert!(loss.at_end && loss.end_bytes == file.len() as u64 * 3 / 4, "{codec}: {loss}");
        assert_eq!(loss.decoded_bytes, out.len() as u64);
    }
}

/// A block is missing, and the bits behind it are moved to its place: each block is right, and the whole is not.
#[test]
fn a_missing_block_is_told() {
    let plain = text(4, 400_000);
    let file = member(Codec::Bzip2, &plain);
    let borders = blocks(&file);
    let (start, end, lost) = &borders[1];
    let bit = |at: u64| file[(at / 8) as usize] >> (7 - at % 8) & 1;
    let bits: Vec<u8> = (0..*start).chain(*end..8 * file.len() as u64).map(bit).collect();
    let byte = |bits: &[u8]| bits.iter().enumerate().fold(0, |byte, (at, bit)| byte | bit << (7 - at));
    let without: Vec<u8> = bits.chunks(8).map(byte).collect();
    let salvaged = salvage(Codec::Bzip2, &without);
    let before = borders[0].2.len();
    assert!(salvaged.bytes() == [&plain[..before], &plain[before + lost.len()..]].concat());
    assert!(salvaged.losses[0].what.ends_with("one may be missing"), "{}", salvaged.losses[0]);
    // The bytes of a block are missing: what is behind them begins at another bit, and is found.
    let (from, to) = (start.div_ceil(8) as usize, (end / 8) as usize);
    let salvaged = salvage(Codec::Bzip2, &[&file[..from], &file[to..]].concat());
    assert!(salvaged.bytes().starts_with(&plain[..before]));
    assert!(salvaged.bytes().ends_with(&borders.last().unwrap().2));
    assert!(!salvaged.losses.is_empty());
}

#[test]
fn members_behind_a_damaged_one_are_found() {
    let parts: Vec<Vec<u8>> = (0..5).map(|seed| text(seed + 10, 150_000)).collect();
    for codec in [Codec::Gzip, Codec::Zstd, Codec::Xz, Codec::Lz4] {
        let members: Vec<Vec<u8>> = parts.iter().map(|part| member(codec, part)).collect();
        let before = members[0].len() + members[1].len();
        let file = members.concat();
        let behind = [&parts[3][..], &parts[4]].concat();
        for at in (16..members[2].len() - 16).step_by(members[2].len() / 9) {
            for zeros in [0, 4096] {
                let mut broken = file.clone();
                match zeros {
                    0 => broken[before + at] ^= 0x10,
                    zeros => broken[before + at..before + (at + zeros).min(members[2].len())].fill(0),
                }
                if broken == file {
                    continue;
                }
                let salvaged = salvage(codec, &broken);
                let out = salvaged.bytes();
                assert!(out.starts_with(&[&parts[0][..], &parts[1]].concat()), "{codec} {at}");
                assert!(out.ends_with(&behind), "{codec} {at} {zeros}: {:#?}", salvaged.losses);
                let loss = &salvaged.losses[0];
                assert_eq!(loss.first_unit, 3, "{loss}");
                assert_eq!(
                    loss.unchecked_bytes,
                    (out.len() - 300_000 - behind.len()) as u64,
                    "{codec} {at}: {loss}"
                );
                assert_eq!(salvaged.losses.last().unwrap().end_bytes, (before + members[2].len()) as u64);
            }
        }
        // A head that is no head any more.
        let mut broken = file.clone();
        broken[before] ^= 1;
        let salvaged = salvage(codec, &broken);
        assert!(salvaged.bytes() == [&parts[0][..], &parts[1], &behind].concat(), "{codec}");
        assert_eq!((salvaged.pieces.len(), salvaged.losses.len()), (2, 1));
    }
}

#[test]
fn blocks_of_xz_are_known_without_the_head_of_their_stream() {
    let parts = [text(1, 50_000), text(2, 60_000)];
    let mut compressor = Compressor::new(Codec::Xz, None, Vec::new()).unwrap();
    compressor.write_all(&parts[1]).unwrap();
    let (first, mut second) = (member(Codec::Xz, &parts[0]), compressor.finish().unwrap());
    second[0] ^= 1;
    let salvaged = salvage(Codec::Xz, &[first, second].concat());
    assert_eq!(salvaged.pieces, parts);
    let [loss] = &salvaged.losses[..] else { panic!("{:#?}", salvaged.losses) };
    assert_eq!(loss.end_bytes - loss.start_bytes, 12);
}

#[test]
fn a_wrong_checksum_of_a_gzip_member_leaves_its_bytes() {
    let (one, two) = (text(20, 50_000), text(21, 60_000));
    let first = member(Codec::Gzip, &one);
    let mut file = [&first[..], &member(Codec::Gzip, &two)].concat();
    file[first.len() - 6] ^= 1;
    let salvaged = salvage(Codec::Gzip, &file);
    assert_eq!(salvaged.pieces, [[one, two].concat()]);
    assert_eq!(
        salvaged.losses[0].to_string(),
        format!(
            "a: gzip member 1, which ends at compressed byte {}: the checksum does not match; the 50000 bytes in front of it are not checked",
            first.len()
        )
    );
}

/// Which members were changed, and whether all that is told of them is right.
#[test]
fn of_bgzf_members_are_lost_alone() {
    let plain = text(5, 300_000);
    let parts: Vec<&[u8]> = plain.chunks(30_000).collect();
    let members: Vec<Vec<u8>> = parts.iter().map(|part| bgzf_member(part)).collect();
    let file = members.concat();
    let ends: Vec<usize> = members
        .iter()
        .scan(0, |end, member| {
            *end += member.len();
            Some(*end)
        })
        .collect();
    for at in (0..file.len()).step_by(file.len() / 97) {
        for len in [1, 4096] {
            let mut broken = file.clone();
            broken[at..(at + len).min(file.len())].iter_mut().for_each(|byte| *byte ^= 0x40);
            let touched = |part: usize| ends[part] > at && ends[part] - members[part].len() < at + len;
            let expected: Vec<u8> =
                (0..10).filter(|part| !touched(*part)).flat_map(|part| parts[part].to_vec()).collect();
            let salvaged = salvage(Codec::Gzip, &broken);
            let out = salvaged.bytes();
            // Some bytes of a header say nothing that matters, as the time.
            assert!(out == expected || out == plain, "{at} {len}: {:#?}", salvaged.losses);
            if let ([loss], 1, false) = (&salvaged.losses[..], len, out == plain) {
                let part = (0..10).find(|part| touched(*part)).unwrap();
                assert_eq!(loss.end_bytes, ends[part] as u64);
                assert!(loss.lost_bytes.is_none_or(|lost| lost == 30_000 || at + 4 >= ends[part]), "{loss}");
            }
        }
    }
}

/// A number of xz, seven bits a byte.
fn xz_number(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// Bytes with zeros and a checksum behind them.
fn xz_summed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

/// A stream of blocks that tell their lengths, as `xz -T` writes it, and where the blocks end.
fn xz_blocks(parts: &[&[u8]]) -> (Vec<u8>, Vec<usize>) {
    let mut stream = member(Codec::Xz, b"")[..12].to_vec();
    let mut records = Vec::new();
    let mut ends = Vec::new();
    for part in parts {
        let alone = member(Codec::Xz, part);
        // One block, with a header of 12 bytes that tells no length, and a check of 8 bytes.
        assert_eq!((alone[12], alone[13], alone[7]), (2, 0, 4));
        let foot = &alone[alone.len() - 12..];
        let index_len = (u32::from_le_bytes(foot[4..8].try_into().unwrap()) as usize + 1) * 4;
        let block = &alone[24..alone.len() - 12 - index_len];
        let mut index = &alone[alone.len() - 12 - index_len + 2..];
        let unpadded = index.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
        let unpadded = index.split_off(..unpadded).unwrap();
        let unpadded = unpadded.iter().rev().fold(0, |value, byte| value << 7 | usize::from(byte & 0x7f));
        let data_len = unpadded - 12 - 8;
        let lengths = [xz_number(data_len), xz_number(part.len())].concat();
        let mut header = [&[0, 0xc0][..], &lengths, &alone[14..17]].concat();
        header[0] = header.len().div_ceil(4) as u8;
        let header = xz_summed(header);
        records.extend([xz_number(header.len() + data_len + 8), xz_number(part.len())].concat());
        stream.extend([&header[..], block].concat());
        ends.push(stream.len());
    }
    let index = xz_summed([vec![0], xz_number(parts.len()), records].concat());
    let foot = [&(index.len() as u32 / 4 - 1).to_le_bytes()[..], &stream[6..8]].concat();
    let end = [&crc32fast::hash(&foot).to_le_bytes()[..], &foot, b"YZ"].concat();
    stream.extend([index, end].concat());
    (stream, ends)
}

#[test]
fn of_xz_blocks_are_lost_alone_if_they_tell_their_lengths() {
    let plain = text(7, 400_000);
    let parts: Vec<&[u8]> = plain.chunks(100_000).collect();
    let (stream, ends) = xz_blocks(&parts);
    assert_eq!(salvage(Codec::Xz, &stream).pieces, [&plain[..]]);
    let file = [&stream[..], &member(Codec::Xz, b"behind\n")].concat();
    for lost in 0..4 {
        let start = if lost == 0 { 12 } else { ends[lost - 1] };
        for at in (start + 40..ends[lost]).step_by((ends[lost] - start) / 9) {
            let mut broken = file.clone();
            broken[at] ^= 1;
            let salvaged = salvage(Codec::Xz, &broken);
            let out = salvaged.bytes();
            let behind = [&plain[(lost + 1) * 100_000..], b"behind\n"].concat();
            assert!(out.starts_with(&plain[..lost * 100_000]), "{lost} {at}");
            assert!(out.ends_with(&behind), "{lost} {at}: {:#?}", salvaged.losses);
            let [loss] = &salvaged.losses[..] else { panic!("{lost} {at}: {:#?}", salvaged.losses) };
            assert_eq!(
                (loss.first_unit, loss.end_bytes),
                (1, if lost == 3 { stream.len() } else { ends[lost] } as u64)
            );
            assert_eq!(loss.unchecked_bytes as usize, out.len() - behind.len() - lost * 100_000);
        }
    }
}

#[test]
fn what_looks_like_a_member_is_none() {
    // Of other letters than what is damaged: the codes of one text fit the other, and damage would not be noticed.
    let plain: Vec<u8> = (0..100_000_usize).map(|at| b'A' + ((at * at) >> 3) as u8 % 23).collect();
    let whole = member(Codec::Gzip, &plain);
    let broken = member(Codec::Gzip, &text(6, 100_000));
    // Behind the damage a head, and nothing that can be decoded.
    let fake = [&[31, 139, 8, 0, 0, 0, 0, 0, 0, 3][..], &[0xff; 300]].concat();
    let file = [&broken[..broken.len() / 2], &[0xff; 200], &fake, &whole].concat();
    let salvaged = salvage(Codec::Gzip, &file);
    assert!(salvaged.bytes().ends_with(&plain), "{:#?}", salvaged.losses);
    assert_eq!(salvaged.pieces.len(), 2);
    assert_eq!(salvaged.losses[0].end_bytes, (file.len() - whole.len()) as u64);
}

#[test]
fn bombs_stay_inside_the_memory() {
    // Blocks of one long run, the second one damaged; a frame and a member of zeros.
    let zeros = vec![0; 12_000_000];
    let file = member(Codec::Bzip2, &zeros);
    let borders = blocks_of_zeros(&file);
    assert!(borders.len() > 1);
    let mut broken = file.clone();
    broken[(borders[1] / 8) as usize + 8] ^= 1;
    let salvaged = salvage(Codec::Bzip2, &broken);
    assert!(salvaged.bytes().iter().all(|byte| *byte == 0) && salvaged.bytes().len() < zeros.len());
    for codec in COMPRESSED {
        assert!(salvage(codec, &member(codec, &zeros)).bytes() == zeros);
    }
}

fn blocks_of_zeros(file: &[u8]) -> Vec<u64> {
    let markers = Finder::new(file, 0).filter(|marker| marker.kind == MarkerKind::Block);
    markers.map(|marker| marker.start_bit).collect()
}

/// Something that happens to a file.
#[derive(Debug, Clone)]
enum Harm {
    Flip(usize, u8),
    Fill(usize, usize, u8),
    Remove(usize, usize),
    Cut(usize),
}

impl Harm {
    fn any() -> impl Strategy<Value = Self> {
        let at = 0..1_000_000_usize;
        prop_oneof![
            4 => (at.clone(), 0..8_u8).prop_map(|(at, bit)| Self::Flip(at, bit)),
            2 => (at.clone(), 1..5000_usize, any::<u8>()).prop_map(|(at, len, byte)| Self::Fill(at, len, byte)),
            2 => (at.clone(), 1..20_000_usize).prop_map(|(at, len)| Self::Remove(at, len)),
            1 => at.prop_map(Self::Cut),
        ]
    }

    fn apply(&self, file: &mut Vec<u8>) {
        let len = file.len().max(1);
        match *self {
            _ if file.is_empty() => {}
            Self::Flip(at, bit) => file[at % len] ^= 1 << bit,
            Self::Fill(at, count, byte) => {
                let at = at % len;
                file[at..(at + count).min(len)].fill(byte);
            }
            Self::Remove(at, count) => {
                let at = at % len;
                file.drain(at..(at + count).min(len));
            }
            Self::Cut(at) => file.truncate(at % len),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_damage_is_told_and_blocks_are_never_made_up(
        codec in prop::sample::select(&COMPRESSED[..]),
        bgzf in any::<bool>(),
        harms in prop::collection::vec(Harm::any(), 1..4),
        seed in 1..50_u64,
        steps in (1000..300_000_usize, 4..100_000_usize),
    ) {
        let plain = text(seed, 350_000);
        let parts: Vec<&[u8]> = plain.chunks(60_000).collect();
        let bgzf = bgzf && codec == Codec::Gzip;
        let members = parts.iter().map(|part| if bgzf { bgzf_member(part) } else { member(codec, part) });
        let file = match codec {
            // Several blocks in each of two streams.
            Codec::Bzip2 => [member(codec, &plain[..240_000]), member(codec, &plain[240_000..])].concat(),
            _ => members.collect::<Vec<_>>().concat(),
        };
        let mut broken = file.clone();
        harms.iter().for_each(|harm| harm.apply(&mut broken));
        let salvaged = salvage(codec, &broken);
        let out = salvaged.bytes();
        if out != plain {
            // A file that is empty, and whole members that are missing, are nothing that one could see.
            let unseen = broken.is_empty() || harms.iter().any(|harm| matches!(harm, Harm::Cut(_) | Harm::Remove(..) | Harm::Fill(_, _, 0)));
            prop_assert!(!salvaged.losses.is_empty() || !salvaged.notes.is_empty() || unseen, "{:?}", harms);
        }
        // A member that has lost its mark is one like others, of which comes out what can be decoded.
        let mut heads = memchr::memmem::find_iter(&broken, magic(Codec::Gzip));
        let all_marked = bgzf && heads.all(|at| bgzf_block_len(&broken[at..]).is_some());
        if codec == Codec::Bzip2 || all_marked {
            let units: Vec<Vec<u8>> = match codec {
                Codec::Bzip2 => blocks(&file).into_iter().map(|(_, _, text)| text).collect(),
                _ => parts.iter().map(|part| part.to_vec()).collect(),
            };
            let mut rest = &out[..];
            for unit in &units {
                rest = rest.strip_prefix(&unit[..]).unwrap_or(rest);
            }
            prop_assert!(rest.is_empty(), "{} bytes are made up", rest.len());
        }
        // However it is read, it is the same.
        let (step_in, step_out) = steps;
        prop_assert_eq!(salvage_steps(codec, &broken, usize::MAX, step_out), salvage(codec, &broken));
        prop_assert!(salvage_steps(codec, &broken, step_in, step_out).bytes() == out, "{}", step_in);
    }

    #[test]
    fn random_bytes_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..2000),
        codec in prop::sample::select(&COMPRESSED[..]),
    ) {
        salvage_steps(codec, &bytes, 100, 100);
        let head = member(codec, b"x");
        salvage(codec, &[&head[..head.len() / 2], &bytes[..], &head].concat());
    }
}
