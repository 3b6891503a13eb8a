//! Decoding gzip in memory, one thread: decoded bytes a second, by kind of data and level of compression.
#![allow(missing_docs)]

use std::fmt;
use std::io::{Read, Write};

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use swath_datasets::Dataset;
use swath_datasets::airline::{self, Airline};
use swath_datasets::wiki::{self, Wiki};
use swath_io::codec::gzip::{Cpu, GzipDecoder, HISTORY_LEN_BYTES, Pause};

fn main() {
    divan::main();
}

/// Decoded bytes that go into a chunk.
const CHUNK_LEN_BYTES: usize = 256 << 10;

const INPUTS: [Input; 7] = [
    Input { data: Data::Flights, level: 1 },
    Input { data: Data::Flights, level: 6 },
    Input { data: Data::Flights, level: 9 },
    Input { data: Data::PageCounts, level: 6 },
    Input { data: Data::Base64, level: 6 },
    Input { data: Data::Noise, level: 6 },
    Input { data: Data::Runs, level: 6 },
];

#[derive(Clone, Copy)]
struct Input {
    data: Data,
    level: u32,
}

#[derive(Debug, Clone, Copy)]
enum Data {
    /// CSV of numbers and short codes: matches of about 12 bytes, every other one behind a literal.
    Flights,
    /// Lines of words and numbers.
    PageCounts,
    /// Letters at random: literals and hardly a match.
    Base64,
    /// Bytes at random, which are stored.
    Noise,
    /// Long runs of one byte.
    Runs,
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} -{}", self.data, self.level)
    }
}

impl Input {
    /// About 8 MB of text, and the same as one gzip member.
    fn make(self) -> (Vec<u8>, Vec<u8>) {
        let plain = match self.data {
            Data::Flights => text(&flights()),
            Data::PageCounts => text(&page_counts()),
            Data::Base64 => noise().map(|byte| b'0' + byte % 64).collect(),
            Data::Noise => noise().collect(),
            Data::Runs => noise().step_by(1000).flat_map(|byte| [byte; 1000]).collect(),
        };
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(self.level));
        encoder.write_all(&plain).expect("memory takes what it is given");
        (plain, encoder.finish().expect("memory takes what it is given"))
    }
}

fn flights() -> Airline {
    let options = airline::Options { rows: 90_000, files: 1, seed: 1, latin1: false };
    Airline::new(options).expect("the options fit")
}

fn page_counts() -> Wiki {
    Wiki::new(wiki::Options { rows: 150_000, files: 1, seed: 1 }).expect("the options fit")
}

fn text(dataset: &dyn Dataset) -> Vec<u8> {
    let mut text = Vec::new();
    dataset
        .generate(0, &mut |lines, _| {
            text.extend_from_slice(lines);
            Ok(())
        })
        .expect("memory takes what it is given");
    text
}

/// Bytes at random, always the same ones (xorshift64).
fn noise() -> impl Iterator<Item = u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    })
    .take(8_000_000)
}

/// What the tree decodes gzip with otherwise.
#[divan::bench(args = INPUTS)]
fn zlib_rs(bencher: Bencher, input: &Input) {
    let (plain, packed) = input.make();
    let mut chunk = vec![0; CHUNK_LEN_BYTES];
    bencher.counter(BytesCount::new(plain.len())).bench_local(|| {
        let mut decoder = flate2::bufread::GzDecoder::new(&packed[..]);
        let mut total = 0;
        loop {
            match decoder.read(&mut chunk).expect("the bytes are whole") {
                0 => break,
                len => total += black_box(&chunk[..len]).len(),
            }
        }
        assert_eq!(total, plain.len());
    });
}

/// The decoder of this crate, with all that the processor has.
#[divan::bench(args = INPUTS)]
fn gzip(bencher: Bencher, input: &Input) {
    bench_members(bencher, *input, Cpu::detect());
}

/// The same without instructions that not every processor of the target has.
#[divan::bench(args = INPUTS)]
fn gzip_portable(bencher: Bencher, input: &Input) {
    bench_members(bencher, *input, Cpu::PORTABLE);
}

fn bench_members(bencher: Bencher, input: Input, cpu: Cpu) {
    let (plain, packed) = input.make();
    let mut buffer = vec![0; HISTORY_LEN_BYTES + CHUNK_LEN_BYTES];
    bencher.counter(BytesCount::new(plain.len())).bench_local(|| {
        let mut decoder = GzipDecoder::new(cpu);
        let (mut at, mut used) = (0, 0);
        loop {
            let progress =
                decoder.decode(&packed[used..], true, &mut buffer, at).expect("the bytes are whole");
            used += progress.consumed;
            at += black_box(&buffer[at..at + progress.written]).len();
            if progress.state == Pause::End {
                break;
            }
            buffer.copy_within(at - HISTORY_LEN_BYTES..at, 0);
            at = HISTORY_LEN_BYTES;
        }
        assert_eq!(decoder.decoded_bytes(), plain.len() as u64);
    });
}
