//! Each codec, in any steps, whole and damaged.

use std::io::Write;

use compression_codecs::core::Level;
use compression_codecs::{BzEncoder, EncodeV2, Lz4Encoder, LzmaEncoder, XzEncoder, ZstdEncoder};
use proptest::prelude::*;

use super::*;
use crate::codec::compress::tests::compressed;
use crate::codec::members::magic;
use crate::error::ErrorKind;

/// One member of the codec with these bytes in it.
fn encode(codec: Codec, plain: &[u8]) -> Vec<u8> {
    let mut encoder: Box<dyn EncodeV2> = match codec {
        Codec::Plain => return plain.to_vec(),
        Codec::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
            encoder.write_all(plain).unwrap();
            return encoder.finish().unwrap();
        }
        Codec::Zlib => {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(6));
            encoder.write_all(plain).unwrap();
            return encoder.finish().unwrap();
        }
        Codec::Lzip => return lzip(plain),
        Codec::Compress => return compressed(plain, 16, usize::MAX),
        Codec::Zip => return archive(&[Packed::new("a.csv", plain)]),
        Codec::Bzip2 => Box::new(BzEncoder::new(Level::Fastest.into(), 0)),
        Codec::Zstd => Box::new(ZstdEncoder::new(3)),
        Codec::Xz => Box::new(XzEncoder::new(Level::Fastest)),
        Codec::Lz4 => Box::new(Lz4Encoder::new(Default::default())),
        Codec::Lzma => Box::new(LzmaEncoder::new(Level::Fastest)),
    };
    let mut out = vec![0; plain.len() * 2 + 4096];
    let mut source = PartialBuffer::new(plain);
    let mut target = WriteBuffer::new_initialized(&mut out);
    while !source.unwritten().is_empty() {
        encoder.encode(&mut source, &mut target).unwrap();
    }
    while !encoder.finish(&mut target).unwrap() {}
    let len = target.written_len();
    out.truncate(len);
    out
}

/// LZMA alone without its head, between the head and the sums of lzip.
fn lzip(plain: &[u8]) -> Vec<u8> {
    let alone = encode(Codec::Lzma, plain);
    let data = &alone[13..];
    let dictionary = u32::from_le_bytes([alone[1], alone[2], alone[3], alone[4]]).ilog2() as u8;
    let member_len = 6 + data.len() as u64 + 20;
    let sums = [&crc32fast::hash(plain).to_le_bytes()[..], &(plain.len() as u64).to_le_bytes()].concat();
    [b"LZIP\x01", &[dictionary][..], data, &sums, &member_len.to_le_bytes()].concat()
}

/// A file of an archive.
struct Packed<'a> {
    name: &'a str,
    plain: &'a [u8],
    is_deflated: bool,
    /// Whether its sums are behind its data, and have a word in front of them.
    sums_behind: Option<bool>,
    flags: u16,
}

impl<'a> Packed<'a> {
    fn new(name: &'a str, plain: &'a [u8]) -> Self {
        Self { name, plain, is_deflated: true, sums_behind: None, flags: 0 }
    }
}

/// A ZIP archive, with as much of its directory as anybody looks at.
fn archive(files: &[Packed<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    for Packed { name, plain, is_deflated, sums_behind, flags } in files {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(6));
        encoder.write_all(plain).unwrap();
        let deflated = encoder.finish().unwrap();
        let data = if *is_deflated { &deflated } else { *plain };
        let sums = [crc32fast::hash(plain), data.len() as u32, plain.len() as u32];
        let sums: Vec<u8> = sums.into_iter().flat_map(u32::to_le_bytes).collect();
        let flags = flags | if sums_behind.is_some() { 8 } else { 0 };
        out.extend_from_slice(b"PK\x03\x04\x14\0");
        out.extend_from_slice(&flags.to_le_bytes());
        out.extend_from_slice(&[if *is_deflated { 8 } else { 0 }, 0, 0, 0, 0, 0]);
        out.extend_from_slice(if sums_behind.is_some() { &[0; 12] } else { &sums });
        out.extend_from_slice(&[(name.len() as u16).to_le_bytes(), [5, 0]].concat());
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"UT\x01\0x");
        out.extend_from_slice(data);
        if let Some(has_word) = sums_behind {
            out.extend_from_slice(if *has_word { b"PK\x07\x08" } else { b"" });
            out.extend_from_slice(&sums);
        }
    }
    out.extend_from_slice(b"PK\x01\x02 the directory PK\x05\x06 its end");
    out
}

/// A reader that gives `step` bytes at a time.
struct Drip(io::Cursor<Vec<u8>>, usize);

impl Read for Drip {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let len = out.len().min(self.1);
        self.0.read(&mut out[..len])
    }
}

fn decode_steps(
    codec: Option<Codec>,
    bytes: &[u8],
    step_in: usize,
    step_out: usize,
) -> Result<(Vec<u8>, Vec<String>)> {
    let notes = Notes::default();
    let reader = Box::new(Drip(io::Cursor::new(bytes.to_vec()), step_in));
    let mut decompressor = Decompressor::new(Path::new("a"), reader, codec, &notes)?;
    let mut out = Vec::new();
    let mut piece = vec![0; step_out];
    loop {
        match decompressor.read(&mut piece)? {
            0 => return Ok((out, notes.take())),
            len => out.extend_from_slice(&piece[..len]),
        }
    }
}

fn decode(bytes: &[u8]) -> Result<(Vec<u8>, Vec<String>)> {
    decode_steps(None, bytes, usize::MAX, 1000)
}

/// Those whose files may have several members, each of which tells its end.
const COMPRESSED: [Codec; 7] =
    [Codec::Gzip, Codec::Bzip2, Codec::Zstd, Codec::Xz, Codec::Lz4, Codec::Lzip, Codec::Zlib];

fn sample() -> Vec<u8> {
    (0..3000).flat_map(|i| format!("{i},{},NA\n", i * i % 97).into_bytes()).collect()
}

#[test]
fn one_member_two_members_and_none() {
    for codec in [Codec::Plain].into_iter().chain(COMPRESSED) {
        let plain = sample();
        let one = encode(codec, &plain);
        assert_eq!(decode(&one).unwrap(), (plain.clone(), vec![]), "{codec}");
        let two = [one.clone(), one.clone()].concat();
        assert_eq!(decode(&two).unwrap().0, [plain.clone(), plain].concat(), "{codec}");
        assert_eq!(decode(&encode(codec, b"")).unwrap().0, b"", "{codec}");
        let around = [encode(codec, b""), encode(codec, b"x"), encode(codec, b"")].concat();
        assert_eq!(decode(&around).unwrap().0, b"x", "{codec}");
    }
    assert_eq!(decode(b"").unwrap().0, b"");
}

#[test]
fn any_cut_of_input_and_output() {
    for codec in Codec::ALL {
        let plain = &sample()[..2000];
        let count = if matches!(codec, Codec::Compress | Codec::Zip) { 1 } else { 2 };
        let (bytes, plain) = (encode(codec, plain).repeat(count), plain.repeat(count));
        for (step_in, step_out) in [(1, 1), (1, 5000), (7, 3), (5000, 1)] {
            let (out, notes) = decode_steps(None, &bytes, step_in, step_out).unwrap();
            assert_eq!(out, plain, "{codec} {step_in} {step_out}");
            assert!(notes.is_empty(), "{codec}: {notes:?}");
        }
    }
}

#[test]
fn every_truncation_is_an_error() {
    for codec in COMPRESSED {
        let one = encode(codec, &sample()[..600]);
        for len in 1..one.len() {
            let result = decode_steps(Some(codec), &one[..len], usize::MAX, 64);
            let error = result.expect_err(&format!("{codec} cut at {len} of {}", one.len()));
            assert!(matches!(error.kind(), ErrorKind::Truncated { .. }), "{codec} {len}: {error}");
        }
        // A second member that is cut after its magic.
        let cut = [one.clone(), one[..one.len() / 2].to_vec()].concat();
        assert!(decode(&cut).is_err(), "{codec}");
    }
}

#[test]
fn a_flipped_bit_in_the_data_is_an_error() {
    for codec in COMPRESSED {
        let plain = sample();
        let one = encode(codec, &plain);
        for at in [one.len() / 3, one.len() / 2, one.len() * 2 / 3] {
            let mut bytes = one.clone();
            bytes[at] ^= 0x10;
            match decode_steps(Some(codec), &bytes, usize::MAX, 4096) {
                Err(error) => assert!(error.to_string().contains(&codec.to_string()), "{error}"),
                // The encoder writes no checksum of the content: then the bytes must differ.
                Ok((out, _)) => {
                    assert!(matches!(codec, Codec::Lz4 | Codec::Zstd) && out != plain, "{codec}")
                }
            }
        }
    }
}

#[test]
fn padding_is_skipped_and_garbage_is_noted() {
    for codec in COMPRESSED {
        let one = encode(codec, b"a,b\n1,2\n");
        let padded = [one.clone(), vec![0; 512]].concat();
        assert_eq!(decode(&padded).unwrap(), (b"a,b\n1,2\n".to_vec(), vec![]), "{codec}");
        let between = [one.clone(), vec![0; 8], one.clone()].concat();
        assert_eq!(decode(&between).unwrap().0, b"a,b\n1,2\na,b\n1,2\n", "{codec}");
        let garbage = [one.clone(), b"garbage".to_vec()].concat();
        let (out, notes) = decode(&garbage).unwrap();
        assert_eq!(out, b"a,b\n1,2\n", "{codec}");
        assert!(notes[0].contains(&format!("compressed byte {}", one.len())), "{notes:?}");
    }
}

#[test]
fn checks_of_xz_that_are_not_known_are_noted() {
    let mut stream = encode(Codec::Xz, b"a,b\n");
    let foot = stream.len() - 12;
    // As long as the usual one: 8 bytes.
    let kind = 5;
    (stream[7], stream[foot + 9]) = (kind, kind);
    let head_crc = crc32fast::hash(&stream[6..8]).to_le_bytes();
    stream[8..12].copy_from_slice(&head_crc);
    let foot_crc = crc32fast::hash(&stream[foot + 4..foot + 10]).to_le_bytes();
    stream[foot..foot + 4].copy_from_slice(&foot_crc);
    let (text, notes) = decode(&stream).unwrap();
    assert_eq!(text, b"a,b\n");
    assert_eq!(
        notes,
        ["a: the checks of the xz data are of an unknown kind (5): what is read is not checked"]
    );
    assert!(decode(&encode(Codec::Xz, b"a,b\n")).unwrap().1.is_empty());
}

#[test]
fn a_dictionary_of_xz_may_be_large_but_not_of_any_size() {
    let with_dictionary = |size: u8| {
        let mut stream = encode(Codec::Xz, b"a,b\n");
        let header_len = 4 * (usize::from(stream[12]) + 1);
        let header = &mut stream[12..12 + header_len];
        let filter = header.windows(2).position(|pair| pair == [0x21, 1]).unwrap();
        header[filter + 2] = size;
        let crc = crc32fast::hash(&header[..header_len - 4]).to_le_bytes();
        header[header_len - 4..].copy_from_slice(&crc);
        decode(&stream)
    };
    // 1.5 GiB, and the largest of the format.
    assert_eq!(with_dictionary(37).unwrap().0, b"a,b\n");
    let error = with_dictionary(40).unwrap_err();
    assert!(error.to_string().contains("cannot be decoded"), "{error}");
    assert!(error.hint().unwrap().contains("more than 1.5 GiB"), "{error}");
}

#[test]
fn windows_of_zstandard_may_be_larger_than_usual() {
    // One block as it is, in a frame with a window of 256 MiB, and of more than there can be.
    let frame = |log: u8| {
        let head = [0x28, 0xb5, 0x2f, 0xfd, 0, (log - 10) << 3];
        [&head[..], &[4 << 3 | 1, 0, 0], b"a,b\n"].concat()
    };
    assert_eq!(decode(&frame(27)).unwrap().0, b"a,b\n");
    if crate::memory::available_bytes() / std::thread::available_parallelism().unwrap() > 1 << 30 {
        assert_eq!(decode(&frame(28)).unwrap().0, b"a,b\n");
    }
    let error = decode(&frame(41)).unwrap_err();
    assert!(error.to_string().contains("cannot be decoded"), "{error}");
    assert!(error.hint().unwrap().contains("--long=31"));
}

#[test]
fn a_wrong_name_is_noted_and_a_damaged_head_is_an_error() {
    let open = |name: &str, bytes: &[u8]| {
        let notes = Notes::default();
        let reader = Box::new(io::Cursor::new(bytes.to_vec()));
        Decompressor::new(Path::new(name), reader, None, &notes).map(|d| (d.codec(), notes.take()))
    };
    let (codec, notes) = open("a.gz", &encode(Codec::Bzip2, b"x")).unwrap();
    assert_eq!(codec, Codec::Bzip2);
    assert_eq!(notes, ["a.gz: named as gzip, read as bzip2, as its first bytes show"]);
    let (codec, notes) = open("a.bz2", b"a,b\n1,2\n").unwrap();
    assert_eq!((codec, notes.len()), (Codec::Plain, 1));
    let other_level = [b"BZh0", &encode(Codec::Bzip2, b"x")[4..]].concat();
    for (name, head) in [("a.gz", &[0, 1, 2, 3, 4, 5, 6][..]), ("a.bz2", &other_level)] {
        let error = open(name, head).unwrap_err().to_string();
        assert!(error.contains("not those of such a file"), "{error}");
    }
    assert_eq!(open("a.zst", b"").unwrap().0, Codec::Plain);
}

#[test]
fn what_ends_within_its_first_word_is_cut_short() {
    let open = |name: &str, bytes: &[u8]| {
        let reader = Box::new(io::Cursor::new(bytes.to_vec()));
        Decompressor::new(Path::new(name), reader, None, &Notes::default()).map(|d| d.codec())
    };
    for codec in Codec::WRITTEN.into_iter().filter(|codec| *codec != Codec::Plain) {
        let name = format!("a.{}", codec.extension());
        for len in 1..magic(codec).len() {
            let error = open(&name, &magic(codec)[..len]).unwrap_err().to_string();
            assert!(error.contains("ends in the middle"), "{error}");
        }
    }
    assert_eq!(open("a.bz2", b"Bo").unwrap(), Codec::Plain);
    assert_eq!(open("a.txt", b"B").unwrap(), Codec::Plain);
}

#[test]
fn frames_to_be_skipped_are_those_of_the_name() {
    let skipped = [&b"\x50\x2a\x4d\x18\x03\0\0\0abc"[..], &encode(Codec::Lz4, b"x,y\n")].concat();
    let read = |name: &str, bytes: &[u8]| {
        let reader = Box::new(io::Cursor::new(bytes.to_vec()));
        let mut decompressor = Decompressor::new(Path::new(name), reader, None, &Notes::default())?;
        let mut out = vec![0; 100];
        let len = decompressor.read(&mut out)?;
        Ok::<_, Error>(out[..len].to_vec())
    };
    assert_eq!(read("a.lz4", &skipped).unwrap(), b"x,y\n");
    // Nothing but its first bytes.
    for head in [&b"B"[..], b"BZ", b"BZh"] {
        let error = read("a.bz2", head).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Truncated { .. }), "{error}");
    }
    assert_eq!(read("a.csv", b"BZh").unwrap(), b"BZh");
}

#[test]
fn data_of_other_codecs_is_no_text() {
    let head = b"\xff\x06\0\0sNaPpY";
    let error = decode(head).unwrap_err();
    assert_eq!(error.to_string(), "a: expected text, found data compressed with Snappy");
    assert_eq!(decode_steps(Some(Codec::Plain), head, 10, 10).unwrap().0, head);
}

#[test]
fn frames_of_lz4_of_old_end_with_the_file() {
    let block = |text: &[u8]| {
        let literals = [&[(text.len() as u8) << 4][..], text].concat();
        [&(literals.len() as u32).to_le_bytes()[..], &literals].concat()
    };
    let frame = [&b"\x02\x21\x4c\x18"[..], &block(b"a,b\n"), &block(b"1,2\n")].concat();
    assert_eq!(decode(&frame).unwrap(), (b"a,b\n1,2\n".to_vec(), vec![]));
    let others = [&frame[..], &encode(Codec::Lz4, b"x\n"), &frame[..13], &frame].concat();
    for step in [1, 3, 1000] {
        let (text, notes) = decode_steps(None, &others, step, 5).unwrap();
        assert_eq!((text.as_slice(), notes.len()), (&b"a,b\n1,2\nx\na,b\na,b\n1,2\n"[..], 0));
    }
    for cut in [5, 10, 14, 19] {
        let error = decode(&frame[..cut]).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Truncated { .. }), "{cut}: {error}");
    }
    let damaged = [&frame[..], b"\xff\xff\xff\0"].concat();
    assert!(decode(&damaged).unwrap_err().to_string().contains("a block is longer than it may be"));
}

#[test]
fn lzma_alone_is_known_by_its_head_or_its_name() {
    let open = |name: &str, bytes: &[u8]| {
        let reader = Box::new(io::Cursor::new(bytes.to_vec()));
        let mut decompressor = Decompressor::new(Path::new(name), reader, None, &Notes::default())?;
        let (mut out, mut piece) = (Vec::new(), [0; 100]);
        loop {
            match decompressor.read(&mut piece)? {
                0 => return Ok::<_, Error>((decompressor.codec(), out)),
                len => out.extend_from_slice(&piece[..len]),
            }
        }
    };
    let one = encode(Codec::Lzma, b"a,b\n1,2\n");
    assert_eq!(open("x", &one).unwrap(), (Codec::Lzma, b"a,b\n1,2\n".to_vec()));
    // The length instead of a mark at the end: the mark may be there all the same.
    let mut with_len = one.clone();
    with_len[5..13].copy_from_slice(&8u64.to_le_bytes());
    assert_eq!(open("x", &with_len).unwrap().1, b"a,b\n1,2\n");
    for len in 1..one.len() {
        let error = open("x.lzma", &one[..len]).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Truncated { .. }), "{len}: {error}");
    }
    // A dictionary of 4 GiB, and other properties.
    let mut huge = one.clone();
    huge[1..5].copy_from_slice(&u32::MAX.to_le_bytes());
    let error = open("x.lzma", &huge).unwrap_err();
    assert!(error.hint().unwrap().contains("more than 1.5 GiB"), "{error}");
    let mut other = one;
    other[0] = 0;
    assert_eq!(Codec::of_magic(&other), Codec::Plain);
    let decoded = open("x.lzma", &other);
    assert!(decoded.as_ref().map_or(true, |(codec, _)| *codec == Codec::Lzma), "{decoded:?}");
    assert_eq!(open("x.lzma", b"]\0\0\x80\0").map_err(|error| error.to_string()).unwrap_err(), {
        "x.lzma: the lzma data ends in the middle, at compressed byte 5"
    });
}

#[test]
fn lzip_and_zlib_check_what_they_hold() {
    for codec in [Codec::Lzip, Codec::Zlib] {
        let mut bytes = encode(codec, &sample());
        // The checksum: in front of two lengths, or at the end.
        let at = if codec == Codec::Lzip { bytes.len() - 20 } else { bytes.len() - 1 };
        bytes[at] ^= 1;
        assert!(matches!(decode(&bytes).unwrap_err().kind(), ErrorKind::Corrupt { .. }), "{codec}");
    }
    // A window that is not the usual one: `x^` may be text, and is compressed only by its name.
    assert_eq!(Codec::of_magic(b"x^2,y\n1,2\n"), Codec::Plain);
    assert_eq!(Codec::of_magic(b"x\x01,y\n1,2\n"), Codec::Plain);
    assert_eq!(Codec::of_magic(b"x\x9cuvre;b\n1;"), Codec::Plain);
}

#[test]
fn the_one_file_of_an_archive_is_read() {
    let plain = sample();
    for is_deflated in [true, false] {
        for sums_behind in [None, Some(true), Some(false)] {
            let file = Packed { is_deflated, sums_behind, ..Packed::new("data/a.csv", &plain) };
            let beside = Packed { is_deflated, ..Packed::new("__MACOSX/data/._a.csv", b"of macOS") };
            let folder = Packed { is_deflated: false, ..Packed::new("data/", b"") };
            let bytes = archive(&[folder, file, beside]);
            for (step_in, step_out) in [(1, 7), (1000, 1000)] {
                let decoded = decode_steps(None, &bytes, step_in, step_out);
                match (is_deflated, sums_behind) {
                    (false, Some(_)) => {
                        assert!(decoded.unwrap_err().to_string().contains("does not say how long"))
                    }
                    _ => assert_eq!(decoded.unwrap(), (plain.clone(), vec![])),
                }
            }
        }
    }
    assert_eq!(decode(&[&b"PK\x05\x06"[..], &[0; 18]].concat()).unwrap().0, b"");
    let error = |files: &[Packed<'_>]| decode(&archive(files)).unwrap_err().to_string();
    let files = [Packed::new("a.csv", &plain), Packed::new("b.csv", &plain)];
    assert!(
        error(&files).contains("the archive holds several files, as 'a.csv' and 'b.csv'"),
        "{}",
        error(&files)
    );
    assert!(error(&[Packed { flags: 1, ..Packed::new("a.csv", &plain) }]).contains("is encrypted"));
    // Lengths that are said to be long stand behind the data in eight bytes each.
    let mut long = archive(&[Packed { sums_behind: Some(true), ..Packed::new("a.csv", &plain) }]);
    long[18..26].fill(0xff);
    let sums = memchr::memmem::find(&long, b"PK\x07\x08").unwrap() + 8;
    let lens: Vec<u8> = long.drain(sums..sums + 8).collect();
    let lens = [&lens[..4], &[0; 4], &lens[4..], &[0; 4]].concat();
    long.splice(sums..sums, lens);
    assert_eq!(decode(&long).unwrap(), (plain, vec![]));
}

#[test]
fn damage_of_archives_is_told() {
    let plain = sample();
    let one = archive(&[Packed { sums_behind: Some(true), ..Packed::new("a.csv", &plain) }]);
    let directory = memchr::memmem::find(&one, b"PK\x01\x02").unwrap();
    for len in (1..directory + 4).step_by(7) {
        let error = decode_steps(Some(Codec::Zip), &one[..len], 100, 100).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Truncated { .. }), "{len}: {error}");
    }
    for (at, expected) in
        [(directory - 12, "the checksum"), (directory - 8, "the length"), (directory, "neither")]
    {
        let mut bytes = one.clone();
        bytes[at] ^= 0x20;
        let error = decode(&bytes).unwrap_err().to_string();
        assert!(error.contains(expected), "{at}: {error}");
    }
}

#[test]
fn skippable_frames_are_skipped() {
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    let zstd = encode(Codec::Zstd, b"hello");
    let bytes = [skippable.clone(), zstd.clone(), skippable.clone(), zstd].concat();
    assert_eq!(decode(&bytes).unwrap(), (b"hellohello".to_vec(), vec![]));
    let lz4 = encode(Codec::Lz4, b"hello");
    let bytes = [lz4.clone(), skippable.clone(), lz4.clone()].concat();
    assert_eq!(decode(&bytes).unwrap(), (b"hellohello".to_vec(), vec![]));
    let bytes = [skippable.clone(), skippable.clone(), lz4].concat();
    assert_eq!(decode(&bytes).unwrap(), (b"hello".to_vec(), vec![]));
    assert_eq!(decode(&skippable).unwrap(), (vec![], vec![]));
    // What no codec follows is damage of one of them.
    assert!(
        decode(&[&skippable[..], b"a,b\n"].concat())
            .is_ok_and(|(text, notes)| text.is_empty() && notes.len() == 1)
    );
}

proptest! {
    #[test]
    fn round_trip(plain in prop::collection::vec(any::<u8>(), 0..5000), codec in prop::sample::select(&COMPRESSED[..])) {
        prop_assert_eq!(decode_steps(Some(codec), &encode(codec, &plain), 100, 100).unwrap().0, plain);
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..500), codec in prop::sample::select(&COMPRESSED[..])) {
        let _ = decode_steps(Some(codec), &bytes, 100, 100);
        let with_magic = [magic(codec), &bytes].concat();
        let _ = decode(&with_magic);
    }
}
