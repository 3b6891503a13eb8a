//! Decoding gzip in memory, one thread: decoded bytes a second, by kind of data and level of compression.
#![allow(missing_docs)]

use std::fmt;
use std::io::{Read, Write};
use std::sync::Mutex;
use std::thread;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use swath_datasets::Dataset;
use swath_datasets::airline::{self, Airline};
use swath_datasets::wiki::{self, Wiki};
use swath_io::codec::gzip::{
    BlockStart, Cpu, GzipDecoder, HISTORY_LEN_BYTES, Pause, Piece, PieceEnd, Resolver, Trailer, header_len,
};

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

/// One member decoded in pieces, by so many threads. A second round of the same threads looks up the markers and sums the bytes. A
/// driver would keep its threads busy between the rounds; this one shows what a piece costs.
#[divan::bench(args = [1, 2])]
fn pieces(bencher: Bencher, threads: usize) {
    let (plain, packed) = Input { data: Data::Flights, level: 6 }.make();
    let header_len = header_len(&packed).expect("the bytes are whole").expect("the bytes are whole");
    let data = &packed[header_len..];
    let pieces: Vec<_> = (0..).map(|i| i * PIECE_LEN_BYTES).take_while(|at| *at < data.len()).collect();
    let mut pieces: Vec<_> = pieces.into_iter().map(|at| (at, Piece::new(Cpu::detect()))).collect();
    bencher.counter(BytesCount::new(plain.len())).bench_local(|| {
        on_threads(threads, &mut pieces, |(at, piece)| {
            let (from, stop) = (8 * *at as u64, 8 * (*at + PIECE_LEN_BYTES) as u64);
            if *at > 0 {
                piece.find(data, from, stop, usize::MAX).expect("each piece has a block");
            } else {
                piece.begin(data, BlockStart { bit: 0, stored: false }, Some(&[]));
                piece.decode(data, stop, usize::MAX).expect("the bytes are whole");
            }
        });
        let mut joined = join(data, &mut pieces);
        on_threads(threads, &mut joined, |(piece, resolver, bytes, checksum)| {
            bytes.resize(piece.len(), 0);
            let (values, known) = bytes.split_at_mut(piece.values().len());
            resolver.resolve(piece.values(), values).expect("the bytes are whole");
            known.copy_from_slice(piece.bytes());
            checksum.update(bytes);
        });
        let mut checksum = crc32fast::Hasher::new();
        joined.iter().for_each(|(.., of_piece)| checksum.combine(of_piece));
        let trailer = packed.last_chunk().expect("the bytes are whole");
        Trailer::new(*trailer).check(checksum.finalize(), plain.len() as u64).expect("the bytes are whole");
    });
}

/// Compressed bytes that a piece has.
const PIECE_LEN_BYTES: usize = 512 << 10;

type Joined<'a> = (&'a Piece, Resolver, Vec<u8>, crc32fast::Hasher);

/// Confirms that each piece starts where the one in front ended, and finds out the history of each.
fn join<'a>(data: &[u8], pieces: &'a mut [(usize, Piece)]) -> Vec<Joined<'a>> {
    let starts: Vec<_> = pieces.iter().map(|(_, piece)| piece.start()).collect();
    let mut history = Vec::new();
    pieces
        .iter_mut()
        .enumerate()
        .map(|(i, (_, piece))| {
            let stop = starts.get(i + 1).map_or(u64::MAX, |next| next.bit);
            let end = piece.decode(data, stop, usize::MAX).expect("the bytes are whole");
            assert!(starts.get(i + 1).is_none_or(|next| end == PieceEnd::Block(*next)));
            let resolver = Resolver::new(&history);
            history = piece.history(&resolver).expect("the bytes are whole");
            (&*piece, resolver, Vec::new(), crc32fast::Hasher::new())
        })
        .collect()
}

/// Does the work for each item, on the next free of so many threads.
fn on_threads<T: Send>(threads: usize, items: &mut [T], work: impl Fn(&mut T) + Sync) {
    let queue = Mutex::new(items.iter_mut());
    let next = || queue.lock().expect("no thread panics with the lock").next();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(item) = next() {
                    work(item);
                }
            });
        }
    });
}
