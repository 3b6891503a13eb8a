//! Decoding alone, one thread: bytes of output a second, by codec.
#![allow(missing_docs)]

use std::io::{Cursor, Write};
use std::path::Path;

use divan::Bencher;
use divan::counter::BytesCount;
use swath_datasets::airline::{Airline, Options};
use swath_datasets::{Codec, Dataset};
use swath_io::{Decompressor, Notes};

fn main() {
    divan::main();
}

/// About 5 MB of airline CSV.
fn text() -> Vec<u8> {
    let options = Options { rows: 50_000, files: 1, seed: 1, latin1: false };
    let airline = Airline::new(options).expect("the options fit");
    let mut text = Vec::new();
    airline
        .generate(0, &mut |lines, _| {
            text.extend_from_slice(lines);
            Ok(())
        })
        .expect("memory takes what it is given");
    text
}

#[divan::bench(args = ["plain", "gz", "bz2", "zst", "xz", "lz4"], sample_count = 10)]
fn decode(bencher: Bencher, name: &str) {
    let codec = Codec::ALL.into_iter().find(|codec| codec.suffix().trim_start_matches('.') == name);
    let codec = codec.unwrap_or(Codec::Plain);
    let text = text();
    let mut encoder = codec.encoder(Vec::new(), None).expect("memory takes what it is given");
    encoder.write_all(&text).expect("memory takes what it is given");
    let bytes = encoder.finish().expect("memory takes what it is given");
    let mut out = vec![0; 256 << 10];
    bencher.counter(BytesCount::new(text.len())).bench_local(|| {
        let reader = Box::new(Cursor::new(bytes.clone()));
        let mut decompressor = Decompressor::new(Path::new("bench"), reader, None, &Notes::default())
            .expect("the bytes are whole");
        let mut total = 0;
        loop {
            match decompressor.read(&mut out).expect("the bytes are whole") {
                0 => break,
                len => total += len,
            }
        }
        assert_eq!(total, text.len());
    });
}
