//! The bzip2 decoder on one core, step by step and beside libbz2: bytes of text a second.
#![allow(missing_docs)]
#![allow(clippy::unwrap_used, reason = "the data is right")]

use std::fmt::Write as _;
use std::io::{Read, Write};

use bzip2::Compression;
use bzip2::read::MultiBzDecoder;
use bzip2::write::BzEncoder;
use divan::Bencher;
use divan::counter::BytesCount;
use swath_io::codec::bzip2::{BlockDecoder, Finder, Instructions, MarkerKind, StreamDecoder};

/// What is decoded. Each has another worst step.
const KINDS: [&str; 3] = ["table", "words", "noise"];

/// Some blocks of text, at level 9.
const LEN_BYTES: usize = 3_600_000;

fn main() {
    divan::main();
}

/// Everything with the fastest instructions, and without any that not every processor has.
#[divan::bench(args = KINDS)]
fn whole(bencher: Bencher, kind: &str) {
    let (text, input) = sample(kind);
    decode(bencher, &text, &input, Instructions::detect());
}

#[divan::bench(args = KINDS)]
fn whole_portable(bencher: Bencher, kind: &str) {
    let (text, input) = sample(kind);
    decode(bencher, &text, &input, Instructions::Portable);
}

fn decode(bencher: Bencher, text: &[u8], input: &[u8], instructions: Instructions) {
    let mut out = vec![0; text.len() + 1];
    bencher.counter(BytesCount::new(text.len())).bench_local(|| {
        let mut decoder = StreamDecoder::with_instructions(input, instructions);
        let mut len = 0;
        loop {
            match decoder.read(&mut out[len..]).unwrap() {
                0 => break,
                written => len += written,
            }
        }
        assert_eq!(len, text.len());
    });
}

/// All but the text's last step: symbols and rows.
#[divan::bench(args = KINDS)]
fn blocks_without_text(bencher: Bencher, kind: &str) {
    let (text, input) = sample(kind);
    let markers: Vec<_> = Finder::new(&input, 0).filter(|marker| marker.kind == MarkerKind::Block).collect();
    let mut decoder = BlockDecoder::new();
    bencher.counter(BytesCount::new(text.len())).bench_local(|| {
        for marker in &markers {
            decoder.decode(&input, marker.start_bit).unwrap();
        }
    });
}

/// Markers looked for. The bytes counted are those of the text, as everywhere here.
#[divan::bench(args = KINDS)]
fn markers(bencher: Bencher, kind: &str) {
    let (text, input) = sample(kind);
    bencher.counter(BytesCount::new(text.len())).bench_local(|| Finder::new(&input, 0).count());
}

#[divan::bench(args = KINDS)]
fn libbz2(bencher: Bencher, kind: &str) {
    let (text, input) = sample(kind);
    let mut out = vec![0; text.len()];
    bencher.counter(BytesCount::new(text.len())).bench_local(|| {
        MultiBzDecoder::new(&*input).read_exact(&mut out).unwrap();
    });
}

/// A text and what it is compressed to.
fn sample(kind: &str) -> (Vec<u8>, Vec<u8>) {
    let mut random = Random(1);
    let mut text = match kind {
        "table" => table(&mut random).into_bytes(),
        "words" => words(&mut random).into_bytes(),
        _ => (0..LEN_BYTES).map(|_| random.below(256) as u8).collect(),
    };
    text.truncate(LEN_BYTES);
    let mut encoder = BzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&text).unwrap();
    (text, encoder.finish().unwrap())
}

/// Lines like those of flights.
fn table(random: &mut Random) -> String {
    let mut text = String::new();
    for line in 0.. {
        if text.len() >= LEN_BYTES {
            break;
        }
        let (day, carrier) = (line / 20_000, ["WN", "AA", "DL", "UA"][random.below(4) as usize]);
        let (from, to) = (AIRPORTS[random.skewed(20)], AIRPORTS[random.skewed(20)]);
        let (number, time, delay) = (random.below(4000), random.below(1440), random.skewed(120));
        writeln!(text, "2008,1,{day},{time},{},{carrier},{number},{delay},{from},{to},NA,0", time + 90)
            .unwrap();
    }
    text
}

const AIRPORTS: [&str; 20] = [
    "ATL", "ORD", "DFW", "DEN", "LAX", "PHX", "IAH", "LAS", "DTW", "SFO", "SLC", "EWR", "MCO", "MSP", "CLT",
    "BOS", "JFK", "BWI", "SEA", "LGA",
];

/// Made-up words, some of them often.
fn words(random: &mut Random) -> String {
    let syllables =
        ["the", "an", "ing", "er", "con", "st", "ra", "lo", "mi", "tion", "ar", "de", "qu", "est", "o", "y"];
    let word =
        |random: &mut Random| (0..1 + random.skewed(3)).map(|_| syllables[random.skewed(16)]).collect();
    let words: Vec<String> = (0..5000).map(|_| word(random)).collect();
    let mut text = String::new();
    while text.len() < LEN_BYTES {
        text += &words[random.skewed(5000)];
        text.push(if random.below(12) == 0 { '\n' } else { ' ' });
    }
    text
}

/// Numbers that look random, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    /// Below the bound, and small more often.
    fn skewed(&mut self, bound: u64) -> usize {
        let upper = self.below(bound) + 1;
        let upper = self.below(upper) + 1;
        self.below(upper) as usize
    }
}
