//! Splitting and scanning plain text, one thread: bytes of input a second.
#![allow(missing_docs)]

use std::fs;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use divan::Bencher;
use divan::counter::BytesCount;
use swath_datasets::Dataset;
use swath_datasets::airline::{Airline, Options as AirlineOptions};
use swath_datasets::wiki::{Options as WikiOptions, Wiki};
use swath_io::scanner::record::{Dialect, Parsed, parse_record};
use swath_io::{CsvOptions, Notes, Scan, ScanFormat, ScanItem, ScanRequest, SourceFile, TextOptions};
use tempfile::TempDir;

fn main() {
    divan::main();
}

fn generate(dataset: &impl Dataset) -> Vec<u8> {
    let mut text = Vec::new();
    dataset
        .generate(0, &mut |lines, _| {
            text.extend_from_slice(lines);
            Ok(())
        })
        .expect("memory takes what it is given");
    text
}

fn airline() -> Vec<u8> {
    generate(
        &Airline::new(AirlineOptions { rows: 100_000, files: 1, seed: 1, latin1: false })
            .expect("the options fit"),
    )
}

fn wiki() -> Vec<u8> {
    generate(&Wiki::new(WikiOptions { rows: 200_000, files: 1, seed: 1 }).expect("the options fit"))
}

fn file(dir: &TempDir, text: &[u8]) -> SourceFile {
    let path = dir.path().join("bench.txt");
    fs::write(&path, text).expect("the scratch folder takes files");
    SourceFile { path, len_bytes: text.len() as u64, modified: None }
}

/// Rows that one worker gives.
fn count_rows(file: &SourceFile, format: &ScanFormat, request: &ScanRequest) -> usize {
    let scan = Scan::new(vec![file.clone()], format, request.clone(), 1, &Notes::default());
    let mut worker = Arc::new(scan).worker();
    let mut rows = 0;
    // A worker that is alone never waits.
    while let Poll::Ready(Some(item)) = worker.poll_next(&Context::from_waker(Waker::noop())) {
        if let ScanItem::Batch { batch, .. } = item.expect("the file is good") {
            rows += batch.num_rows();
        }
    }
    rows
}

#[divan::bench(sample_count = 10)]
fn parse_records(bencher: Bencher) {
    let text = airline();
    let mut fields = Vec::new();
    bencher.counter(BytesCount::new(text.len())).bench_local(|| {
        let mut rest = text.as_slice();
        while let Parsed::Record { len, .. } = parse_record(rest, &Dialect::RFC4180, true, &mut fields) {
            rest = &rest[len..];
        }
        assert!(rest.is_empty());
    });
}

/// One number; the four columns of the group-by; a text; everything.
#[divan::bench(args = ["DepDelay", "UniqueCarrier,Origin,Dest,DepDelay", "TailNum", "", "*"], sample_count = 10)]
fn scan_columns(bencher: Bencher, wanted: &str) {
    let dir = tempfile::tempdir().expect("there is a scratch folder");
    let file = file(&dir, &airline());
    let table =
        swath_io::infer_csv(std::slice::from_ref(&file), &CsvOptions::default()).expect("the file is CSV");
    let is_wanted = |name: &str| wanted == "*" || wanted.split(',').any(|column| column == name);
    let columns =
        (0..table.columns().len()).filter(|index| is_wanted(&table.columns()[*index].name)).collect();
    let request = ScanRequest { columns, batch_rows: 8192, ..Default::default() };
    let format = ScanFormat::Csv(table);
    bencher.counter(BytesCount::new(file.len_bytes)).bench_local(|| count_rows(&file, &format, &request));
}

#[divan::bench(args = [0, 1], sample_count = 10)]
fn scan_lines(bencher: Bencher, columns: usize) {
    let dir = tempfile::tempdir().expect("there is a scratch folder");
    let file = file(&dir, &wiki());
    let request = ScanRequest { columns: vec![0; columns], batch_rows: 8192, ..Default::default() };
    let format = ScanFormat::Text(TextOptions::default());
    bencher.counter(BytesCount::new(file.len_bytes)).bench_local(|| count_rows(&file, &format, &request));
}

#[divan::bench(sample_count = 10)]
fn infer(bencher: Bencher) {
    let dir = tempfile::tempdir().expect("there is a scratch folder");
    let file = file(&dir, &airline());
    bencher.bench_local(|| swath_io::infer_csv(std::slice::from_ref(&file), &CsvOptions::default()));
}
