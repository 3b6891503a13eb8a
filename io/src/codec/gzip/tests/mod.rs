//! The whole decoder against zlib-rs: the same bytes, the same refusals, wherever input and output are cut.

use std::io::Write;

use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, Decompress, FlushDecompress, Status};
use proptest::prelude::*;

use super::*;

mod pieces;

/// What became of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    /// Decoded to its end, behind so many bytes of input.
    Whole(Vec<u8>, usize),
    /// Refused, or cut short.
    Bad(Option<Damage>),
}

/// Every set of instructions that this processor has.
fn cpus() -> Vec<Cpu> {
    let mut cpus = vec![Cpu::PORTABLE, Cpu::detect()];
    cpus.dedup();
    cpus
}

/// More than any test decodes to; what decodes to more is taken for damaged, on both sides.
const LIMIT_BYTES: usize = 4 << 20;

fn zlib(input: &[u8]) -> Outcome {
    let mut decoder = Decompress::new(false);
    let mut out = Vec::new();
    loop {
        out.reserve(64 << 10);
        let used = decoder.total_in() as usize;
        match decoder.decompress_vec(&input[used..], &mut out, FlushDecompress::None) {
            Ok(Status::StreamEnd) => return Outcome::Whole(out, decoder.total_in() as usize),
            Ok(Status::Ok) if out.len() < LIMIT_BYTES => {}
            _ => return Outcome::Bad(None),
        }
    }
}

/// Decodes in steps: at most so many bytes of input given, and so many places of output, at once.
fn inflate(cpu: Cpu, input: &[u8], step_in: usize, step_out: usize) -> Outcome {
    let mut inflater = Inflater::new(cpu);
    let mut out = Vec::new();
    let mut buffer = vec![0; HISTORY_LEN_BYTES + step_out.max(1 << 16)];
    let (mut at, mut used) = (0_usize, 0_usize);
    loop {
        let end = input.len().min(used.saturating_add(step_in));
        let room = buffer.len().min(at.saturating_add(step_out));
        let progress = match inflater.inflate(&input[used..end], &mut buffer[..room], at) {
            Ok(progress) => progress,
            Err(error) => return Outcome::Bad(Some(error.damage)),
        };
        out.extend_from_slice(&buffer[at..at + progress.written]);
        at += progress.written;
        used += progress.consumed;
        match progress.state {
            Pause::End => return Outcome::Whole(out, used),
            Pause::NeedsInput if used == input.len() => return Outcome::Bad(None),
            Pause::OutputFull if out.len() > LIMIT_BYTES => return Outcome::Bad(None),
            Pause::NeedsInput | Pause::OutputFull => {}
            Pause::Block | Pause::Checksum => panic!("nobody asked for it"),
        }
        if at == buffer.len() {
            buffer.copy_within(at - HISTORY_LEN_BYTES.., 0);
            at = HISTORY_LEN_BYTES;
        }
    }
}

/// Decodes like zlib, in several steps and with every set of instructions.
fn check(input: &[u8]) -> Outcome {
    let expected = zlib(input);
    let steps = [(usize::MAX, 1 << 16), (1, 1 << 16), (usize::MAX, 1), (7, 300), (700, 3)];
    for cpu in cpus() {
        for (step_in, step_out) in steps {
            let found = inflate(cpu, input, step_in, step_out);
            match (&expected, &found) {
                (Outcome::Bad(_), Outcome::Bad(_)) => {}
                _ => assert!(expected == found, "{cpu:?} {step_in} {step_out}: {input:02x?}"),
            }
        }
    }
    expected
}

fn deflate(plain: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// Bytes at random, always the same ones for a seed (xorshift64).
pub(super) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    })
    .take(len)
    .collect()
}

/// Lines of numbers.
pub(super) fn text(len: usize) -> Vec<u8> {
    (0..).flat_map(|i: usize| format!("{i},{},NA,\n", i * i % 977).into_bytes()).take(len).collect()
}

/// Data that makes every kind of block, and distances and lengths of all sizes.
fn samples() -> Vec<Vec<u8>> {
    let words: Vec<_> = (1..200).map(|seed| noise(seed, 8)).collect();
    vec![
        vec![],
        b"a".to_vec(),
        vec![b'x'; 100_000],
        (0..70_000).map(|i| (i % 7) as u8).collect(),
        (0..=255).cycle().take(70_000).collect(),
        noise(1, 70_000),
        noise(2, 70_000).iter().map(|byte| b'a' + byte % 16).collect(),
        text(1000),
        text(200_000),
        noise(3, 20_000).iter().flat_map(|byte| &words[usize::from(*byte) % words.len()]).copied().collect(),
        [vec![0; 40_000], noise(4, 300), vec![0; 40_000]].concat(),
    ]
}

#[test]
fn every_level_of_every_sample() {
    for plain in samples() {
        for level in 0..=9 {
            let packed = [deflate(&plain, level), b"rest".to_vec()].concat();
            let expected = Outcome::Whole(plain.clone(), packed.len() - 4);
            for cpu in cpus() {
                for (step_in, step_out) in [(usize::MAX, 1 << 16), (1 << 12, 5000), (301, 299)] {
                    let found = inflate(cpu, &packed, step_in, step_out);
                    assert!(found == expected, "level {level} {cpu:?} {step_in} {step_out}");
                }
            }
        }
    }
}

#[test]
fn one_byte_at_a_time_in_and_out() {
    for plain in samples() {
        let plain = &plain[..plain.len().min(3000)];
        for level in [0, 1, 6] {
            assert!(check(&deflate(plain, level)) != Outcome::Bad(None));
        }
    }
}

#[test]
fn a_buffer_of_the_exact_size_is_enough() {
    for plain in samples() {
        let packed = deflate(&plain, 6);
        let mut buffer = vec![0; plain.len()];
        let progress = Inflater::new(Cpu::detect()).inflate(&packed, &mut buffer, 0).unwrap();
        assert_eq!(progress, Progress { consumed: packed.len(), written: plain.len(), state: Pause::End });
        assert!(buffer == plain);
    }
}

/// Writes bits as DEFLATE reads them.
#[derive(Default)]
struct BitWriter {
    bytes: Vec<u8>,
    len: usize,
}

impl BitWriter {
    /// A number, its lowest bit first.
    fn number(mut self, value: u32, len: u32) -> Self {
        for i in 0..len {
            if self.len.is_multiple_of(8) {
                self.bytes.push(0);
            }
            *self.bytes.last_mut().unwrap() |= ((value >> i & 1) as u8) << (self.len % 8);
            self.len += 1;
        }
        self
    }

    /// Zeros enough for whatever is looked for behind a damage.
    fn padding(self) -> Self {
        self.number(0, 32).number(0, 32)
    }

    /// A Huffman code, its highest bit first.
    fn code(self, code: &str) -> Self {
        code.bytes().fold(self, |writer, bit| writer.number(u32::from(bit - b'0'), 1))
    }

    /// The head of the last block, with dynamic codes, and the counts of its codes.
    fn dynamic(litlens: u32, distances: u32, precodes: u32) -> Self {
        Self::default()
            .number(0b101, 3)
            .number(litlens - 257, 5)
            .number(distances - 1, 5)
            .number(precodes - 4, 4)
    }

    /// Lengths of codes for the lengths 0 to 15 and the repeats 16 to 18, all 19 of them.
    fn precode(self, lens: [u32; 19]) -> Self {
        [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
            .into_iter()
            .fold(self, |writer, symbol: usize| writer.number(lens[symbol], 3))
    }

    fn repeat(self, count: usize, code: &str) -> Self {
        (0..count).fold(self, |writer, _| writer.code(code))
    }
}

/// Codes of two bits for the lengths 0, 1, 2 and for 18, which repeats the length 0.
const SMALL_PRECODE: [u32; 19] = [2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];

/// The last block with dynamic codes, in which all symbols below 254 have no code.
fn behind_253_zeros(litlens: u32, distances: u32) -> BitWriter {
    BitWriter::dynamic(litlens, distances, 19)
        .precode(SMALL_PRECODE)
        .code("11")
        .number(138 - 11, 7)
        .code("11")
        .number(116 - 11, 7)
}

/// A name, a stream, and what becomes of it.
type Crafted = (&'static str, BitWriter, Result<&'static [u8], Option<Damage>>);

/// Streams made by hand.
fn crafted() -> Vec<Crafted> {
    let fixed = || BitWriter::default().number(0b011, 3);
    // In the fixed code 'a' is 10010001, 256 is 0000000, 257 (a length of 3) is 0000001.
    vec![
        ("empty fixed block", fixed().code("0000000"), Ok(b"")),
        ("one literal", fixed().code("10010001").code("0000000"), Ok(b"a")),
        (
            "run of a literal",
            fixed().code("10010001").code("0000001").code("00000").code("0000000"),
            Ok(b"aaaa"),
        ),
        (
            "longest match by the code for 258",
            fixed().code("10010001").code("11000101").code("00000").code("0000000"),
            Ok(&[b'a'; 259]),
        ),
        (
            "longest match by extra bits, which zlib takes",
            fixed().code("10010001").code("11000100").number(31, 5).code("00000").code("0000000"),
            Ok(&[b'a'; 259]),
        ),
        (
            "match of 257",
            fixed().code("10010001").code("11000100").number(30, 5).code("00000").code("0000000"),
            Ok(&[b'a'; 258]),
        ),
        ("type of block", BitWriter::default().number(0b111, 3).number(0, 32), Err(Some(Damage::BlockType))),
        ("nothing", BitWriter::default(), Err(None)),
        (
            "stored",
            BitWriter::default().number(1, 8).number(2, 16).number(!2 & 0xffff, 16).number(0x6261, 16),
            Ok(b"ab"),
        ),
        ("empty stored", BitWriter::default().number(1, 8).number(0, 16).number(0xffff, 16), Ok(b"")),
        (
            "stored with a wrong check",
            BitWriter::default().number(1, 8).number(2, 16).number(!3 & 0xffff, 16),
            Err(Some(Damage::StoredLength)),
        ),
        (
            "distance before the first byte",
            fixed().code("10010001").code("0000001").code("00001").padding(),
            Err(Some(Damage::DistanceTooFar)),
        ),
        ("length symbol 286", fixed().code("11000110").padding(), Err(Some(Damage::Litlen))),
        ("length symbol 287", fixed().code("11000111").padding(), Err(Some(Damage::Litlen))),
        (
            "distance symbol 30",
            fixed().code("10010001").code("0000001").code("11110").padding(),
            Err(Some(Damage::Distance)),
        ),
        (
            "distance symbol 31",
            fixed().code("10010001").code("0000001").code("11111").padding(),
            Err(Some(Damage::Distance)),
        ),
        (
            "287 literal and length codes",
            BitWriter::dynamic(287, 1, 19).padding(),
            Err(Some(Damage::CodeCounts)),
        ),
        ("31 distance codes", BitWriter::dynamic(257, 31, 19).padding(), Err(Some(Damage::CodeCounts))),
        ("no code of lengths", BitWriter::dynamic(257, 1, 19).padding(), Err(Some(Damage::CodeLengthCode))),
        (
            "incomplete code of lengths",
            BitWriter::dynamic(257, 1, 19)
                .precode([1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
                .padding(),
            Err(Some(Damage::CodeLengthCode)),
        ),
        (
            "over-subscribed code of lengths",
            BitWriter::dynamic(257, 1, 19)
                .precode([1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
                .padding(),
            Err(Some(Damage::CodeLengthCode)),
        ),
        (
            "a repeat with nothing in front",
            BitWriter::dynamic(257, 1, 19)
                .precode([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0])
                .code("1")
                .padding(),
            Err(Some(Damage::CodeLengthRepeat)),
        ),
        (
            "a repeat beyond the last length",
            BitWriter::dynamic(257, 1, 19)
                .precode(SMALL_PRECODE)
                .code("11")
                .number(127, 7)
                .code("11")
                .number(127, 7)
                .padding(),
            Err(Some(Damage::CodeLengthRepeat)),
        ),
        // 0 is 00, 1 is 01, 2 is 10, 18 is 11. Lengths of 254, 255, 256, then of the distances.
        (
            "no end of block",
            behind_253_zeros(257, 1).code("01").code("01").code("00").code("00").padding(),
            Err(Some(Damage::NoEndOfBlock)),
        ),
        (
            "over-subscribed literals",
            behind_253_zeros(257, 1).repeat(3, "01").code("01").padding(),
            Err(Some(Damage::LitlenCode)),
        ),
        (
            "incomplete literals",
            behind_253_zeros(257, 1).code("00").code("10").code("10").code("01").padding(),
            Err(Some(Damage::LitlenCode)),
        ),
        (
            "only the end of the block, with a code of one bit",
            behind_253_zeros(257, 1).code("00").code("00").code("01").code("00").code("0"),
            Ok(b""),
        ),
        (
            "the other half of that code",
            behind_253_zeros(257, 1).code("00").code("00").code("01").code("00").code("1").padding(),
            Err(Some(Damage::Litlen)),
        ),
        (
            "no distance code, and no match",
            behind_253_zeros(257, 1).code("00").code("01").code("01").code("00").code("01"),
            Ok(&[255]),
        ),
        (
            "no distance code, but a match",
            behind_253_zeros(258, 1)
                .code("00")
                .code("10")
                .code("10")
                .code("01")
                .code("00")
                .code("10")
                .code("0")
                .padding(),
            Err(Some(Damage::Distance)),
        ),
        (
            "one distance code of one bit",
            behind_253_zeros(258, 1)
                .code("00")
                .code("10")
                .code("10")
                .code("01")
                .code("01")
                .code("10")
                .code("0")
                .code("0")
                .code("11"),
            Ok(&[255; 4]),
        ),
        (
            "the other half of that code",
            behind_253_zeros(258, 1)
                .code("00")
                .code("10")
                .code("10")
                .code("01")
                .code("01")
                .code("10")
                .code("0")
                .code("1")
                .padding(),
            Err(Some(Damage::Distance)),
        ),
        (
            "one distance code of two bits",
            behind_253_zeros(258, 1).code("00").code("10").code("10").code("01").code("10").padding(),
            Err(Some(Damage::DistanceCode)),
        ),
        (
            "over-subscribed distances",
            behind_253_zeros(257, 3).code("00").code("01").code("01").repeat(3, "01").padding(),
            Err(Some(Damage::DistanceCode)),
        ),
    ]
}

#[test]
fn crafted_streams_are_taken_and_refused_as_by_zlib() {
    for (name, writer, expected) in crafted() {
        let found = check(&writer.bytes);
        match (found, expected) {
            (Outcome::Whole(out, _), Ok(plain)) => assert_eq!(out, plain, "{name}"),
            (Outcome::Bad(_), Err(_)) => {}
            (found, expected) => panic!("{name}: expected {expected:?}, found {found:?}"),
        }
        if let Err(damage) = expected {
            assert_eq!(
                inflate(Cpu::detect(), &writer.bytes, usize::MAX, 1000),
                Outcome::Bad(damage),
                "{name}"
            );
        }
    }
}

#[test]
fn damage_tells_how_far_decoding_came() {
    let mut packed = deflate(&text(100_000), 6);
    let len = packed.len() / 2;
    packed.truncate(len);
    packed.extend_from_slice(&[0xff; 1000]);
    for cpu in cpus() {
        let mut buffer = vec![0; 200_000];
        let error = Inflater::new(cpu).inflate(&packed, &mut buffer, 0).unwrap_err();
        assert!(error.consumed > len / 2 && error.written > 10_000, "{error:?}");
        assert!(buffer[..error.written.min(20_000)] == text(100_000)[..error.written.min(20_000)]);
    }
}

/// All members of a file, decoded in steps, with the place of what is no member.
fn members(
    cpu: Cpu,
    input: &[u8],
    step_in: usize,
    step_out: usize,
) -> Result<(Vec<u8>, Option<u64>), GzipError> {
    let mut decoder = GzipDecoder::new(cpu);
    let mut out = Vec::new();
    let mut buffer = vec![0; HISTORY_LEN_BYTES + step_out.max(1 << 16)];
    let (mut at, mut used) = (0_usize, 0_usize);
    loop {
        let end = input.len().min(used.saturating_add(step_in));
        let room = buffer.len().min(at.saturating_add(step_out));
        let progress = decoder.decode(&input[used..end], end == input.len(), &mut buffer[..room], at)?;
        out.extend_from_slice(&buffer[at..at + progress.written]);
        at += progress.written;
        used += progress.consumed;
        assert_eq!((decoder.offset_bytes(), decoder.decoded_bytes()), (used as u64, out.len() as u64));
        if progress.state == Pause::End {
            return Ok((out, decoder.trailing_offset_bytes()));
        }
        if at == buffer.len() {
            buffer.copy_within(at - HISTORY_LEN_BYTES.., 0);
            at = HISTORY_LEN_BYTES;
        }
    }
}

/// The same result in several steps and with every set of instructions.
fn check_members(input: &[u8]) -> Result<(Vec<u8>, Option<u64>), GzipError> {
    let expected = members(Cpu::PORTABLE, input, usize::MAX, 1 << 16);
    for cpu in cpus() {
        for (step_in, step_out) in [(1, 1 << 16), (7, 3), (300, 1)] {
            let found = members(cpu, input, step_in, step_out);
            match (&expected, &found) {
                // How far decoding came before damage depends on the steps.
                (Err(expected), Err(found)) => assert_eq!(expected.damage, found.damage),
                _ => assert!(expected == found, "{cpu:?} {step_in} {step_out}"),
            }
        }
    }
    expected
}

#[test]
fn members_padding_and_what_is_neither() {
    let plain = text(5000);
    let one = gzip(&plain);
    let two = [plain.clone(), plain.clone()].concat();
    assert_eq!(check_members(b""), Ok((vec![], None)));
    assert_eq!(check_members(&one), Ok((plain.clone(), None)));
    assert_eq!(check_members(&[one.clone(), one.clone()].concat()), Ok((two.clone(), None)));
    assert_eq!(check_members(&[one.clone(), vec![0; 512]].concat()), Ok((plain.clone(), None)));
    assert_eq!(check_members(&[one.clone(), vec![0; 8], one.clone()].concat()), Ok((two, None)));
    let len = one.len() as u64;
    for garbage in [&b"garbage"[..], b"\x1f", b"\x1f\x8b\x07", b"\x1fx", b"x"] {
        let found = check_members(&[&one[..], &[0, 0], garbage, b"more"].concat());
        assert_eq!(found, Ok((plain.clone(), Some(len + 2))), "{garbage:?}");
    }
    let empty = gzip(b"");
    assert_eq!(check_members(&[empty.clone(), gzip(b"x"), empty].concat()), Ok((b"x".to_vec(), None)));
}

#[test]
fn the_history_of_a_member_is_not_that_of_the_next() {
    let first = gzip(&text(1000));
    // A match as the first symbol of the second member.
    let raw = BitWriter::default().number(0b011, 3).code("0000001").code("00000").padding().bytes;
    let second = [&first[..10], &raw].concat();
    let found = check_members(&[first, second].concat()).unwrap_err();
    assert_eq!(found.damage, Some(Damage::DistanceTooFar));
}

#[test]
fn every_truncation_and_every_flipped_bit_of_a_member_is_an_error() {
    let plain = text(600);
    let one = gzip(&plain);
    for len in 1..one.len() {
        let error = check_members(&one[..len]).unwrap_err();
        assert_eq!((error.damage, error.offset_bytes), (None, len as u64));
        let two = [&one[..], &one[..len]].concat();
        assert_eq!(check_members(&two).unwrap_err().damage, None);
    }
    for bit in 0..one.len() * 8 {
        let mut bytes = one.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        match members(Cpu::detect(), &bytes, usize::MAX, 1 << 16) {
            Err(_) => {}
            // Flags for text, time, extra flags and operating system say nothing about the data.
            Ok((out, _)) => assert!(out == plain && (bit == 24 || (32..80).contains(&bit)), "bit {bit}"),
        }
    }
}

#[test]
fn checks_of_the_trailer() {
    let one = gzip(b"some text");
    let damage = |at: usize| {
        let mut bytes = one.clone();
        let at = bytes.len() - at;
        bytes[at] ^= 1;
        let error = check_members(&bytes).unwrap_err();
        assert_eq!((error.offset_bytes, error.decoded_bytes), (one.len() as u64, 9));
        error.damage
    };
    assert_eq!(damage(8), Some(Damage::Checksum));
    assert_eq!(damage(4), Some(Damage::Length));
    assert_eq!(check_members(b"no member").unwrap_err().damage, Some(Damage::Magic));
    assert_eq!(check_members(&[0; 20]).unwrap_err().damage, Some(Damage::Magic));
}

#[test]
fn decoding_stops_at_the_end_of_a_member() {
    let member = gzip(&text(1000));
    let one = [&member[..], &[0; 3]].concat();
    let three = [&one[..], &one, &member].concat();
    let len = one.len();
    for (start, stop, count) in [
        (0, 0, 1),
        (0, 1, 1),
        (0, len, 1),
        (0, len + 1, 2),
        (0, usize::MAX, 3),
        (1, len + 1, 1),
        (1, 2 * len + 1, 2),
    ] {
        // The second part begins behind the first member, which has an end as any other one has.
        let start = start * len;
        let mut decoder = GzipDecoder::new(Cpu::detect());
        decoder.go_to(start as u64, stop as u64);
        let mut buffer = vec![0; 4000];
        let progress = decoder.decode(&three[start..], true, &mut buffer, 0).unwrap();
        let end = three.len().min(start + count * len);
        let expected = Progress { consumed: end - start, written: count * 1000, state: Pause::End };
        assert_eq!(progress, expected, "start {start} stop {stop}");
        assert_eq!(decoder.offset_bytes(), end as u64);
        assert_eq!(decoder.is_stopped(), end < three.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check(&bytes);
    }

    #[test]
    fn random_bytes_as_dynamic_block(bytes in prop::collection::vec(any::<u8>(), 20..300)) {
        let mut bytes = bytes;
        bytes[0] = bytes[0] & !7 | 0b101;
        check(&bytes);
    }

    #[test]
    fn damaged_streams(
        seed in 0..8_usize,
        level in 1..10_u32,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let plain = &samples()[seed + 2][..2000.min(samples()[seed + 2].len())];
        let mut packed = deflate(plain, level);
        for (at, value) in damage {
            let at = at.index(packed.len());
            packed[at] = value;
        }
        check(&packed);
    }

    #[test]
    fn any_steps(
        plain in prop::collection::vec(0..20_u8, 0..5000),
        level in 0..10_u32,
        step_in in 1..600_usize,
        step_out in 1..600_usize,
    ) {
        let packed = deflate(&plain, level);
        for cpu in cpus() {
            prop_assert_eq!(inflate(cpu, &packed, step_in, step_out), Outcome::Whole(plain.clone(), packed.len()));
        }
    }
}
