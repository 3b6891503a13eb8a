//! Scans of damaged files that are not salvaged: the damage is told, whatever the records look like that were made of it.

use std::io::Write;
use std::task::{Context, Poll};

use super::tests::{Files, read};
use super::*;
use crate::codec::{Codec, Compressor};
use crate::error::ErrorKind;
use crate::options::{CsvOptions, OnError};
use crate::scanner::infer::infer_csv;
use crate::scanner::json::{JsonOptions, infer_json};

const CODECS: [Codec; 5] = [Codec::Gzip, Codec::Bzip2, Codec::Zstd, Codec::Xz, Codec::Lz4];
const MODES: [OnError; 4] = [OnError::Fail, OnError::Null, OnError::Skip, OnError::Reject];
const WORKERS: [usize; 3] = [1, 2, 5];
const CHUNK_LENS: [usize; 2] = [CHUNK_LEN_BYTES, 5000];

fn record(number: usize) -> String {
    format!("{number},{},{}\n", number.wrapping_mul(2_654_435_761) % 1009, number % 7)
}

/// Numbers in which hardly a byte can be another one, so that damage makes something of another width or type.
fn csv(records: usize) -> Vec<u8> {
    let records: String = (0..records).map(record).collect();
    format!("id,delay,day\n{records}").into_bytes()
}

fn compress(codec: Codec, plain: &[u8]) -> Vec<u8> {
    let level = (codec == Codec::Bzip2).then_some(1);
    let mut compressor = Compressor::new(codec, level, Vec::new()).unwrap();
    compressor.write_all(plain).unwrap();
    compressor.finish().unwrap()
}

/// The rows or the error, the notes, and how many records were rejected.
fn scan(
    files: &Files,
    format: &ScanFormat,
    workers: usize,
    chunk_len: usize,
) -> (Result<Vec<String>>, Vec<String>, usize) {
    let notes = Notes::default();
    let columns = match format {
        ScanFormat::Text(_) => vec![0],
        _ => vec![0, 1, 2],
    };
    let request = ScanRequest { columns, batch_rows: 1000, ..Default::default() };
    let scan = Scan::new(files.sources(), format, request, workers, &notes).with_chunk_len(chunk_len);
    let rows = read(Arc::new(scan), workers);
    (rows, notes.take(), notes.rejects().all().len())
}

/// How a whole file of the same kind is read.
fn csv_format(on_error: OnError, ragged: bool) -> ScanFormat {
    let options = CsvOptions { on_error, cut_long: ragged, pad_short: ragged, ..Default::default() };
    ScanFormat::Csv(infer_csv(&Files::new(&[&csv(1000)]).sources(), &options).unwrap())
}

#[track_caller]
fn assert_damaged(result: &Result<Vec<String>>, codec: Codec, what: &str) {
    let error = result.as_ref().expect_err(what);
    assert!(
        matches!(error.kind(), ErrorKind::Corrupt { codec: of, .. } | ErrorKind::Truncated { codec: of, .. } if *of == codec),
        "{what}: {error}"
    );
}

/// Files that have one bit wrong, at several places.
fn damaged_files(file: &[u8]) -> Vec<Vec<u8>> {
    let flip = |tenth: usize| {
        let mut file = file.to_vec();
        let at = file.len() * tenth / 10;
        file[at] ^= 1 << (tenth % 8);
        file
    };
    [1, 3, 5, 8].map(flip).into()
}

#[test]
fn damage_is_told_and_not_what_it_looks_like() {
    let plain = csv(25_000);
    for codec in CODECS {
        for (which, damaged) in damaged_files(&compress(codec, &plain)).iter().enumerate() {
            let files = Files::new(&[damaged]);
            for (mode, ragged) in MODES.into_iter().map(|mode| (mode, false)).chain([(OnError::Fail, true)]) {
                let format = csv_format(mode, ragged);
                for (workers, chunk_len) in WORKERS.into_iter().flat_map(|w| CHUNK_LENS.map(|c| (w, c))) {
                    let what = format!("{codec} {which}, {mode:?} {ragged}, {workers} workers, {chunk_len}");
                    let (result, notes, rejects) = scan(&files, &format, workers, chunk_len);
                    assert_damaged(&result, codec, &what);
                    // All records are well made: nothing of the damaged ones is counted.
                    assert_eq!((notes, rejects), (vec![], 0), "{what}");
                }
            }
        }
    }
}

/// Several workers decode blocks of LZ4, which a checksum at the end of their frame is for.
#[test]
fn damage_of_blocks_that_are_decoded_apart_is_told() {
    let mut encoder = lz4::EncoderBuilder::new();
    encoder.block_mode(lz4::BlockMode::Independent).block_size(lz4::BlockSize::Max64KB);
    encoder.block_checksum(lz4::liblz4::BlockChecksum::NoBlockChecksum);
    let mut encoder = encoder.build(Vec::new()).unwrap();
    encoder.write_all(&csv(25_000)).unwrap();
    for damaged in damaged_files(&encoder.finish().0) {
        let files = Files::new(&[&damaged]);
        for (workers, chunk_len) in WORKERS.into_iter().flat_map(|w| CHUNK_LENS.map(|c| (w, c))) {
            let (result, ..) = scan(&files, &csv_format(OnError::Fail, false), workers, chunk_len);
            assert_damaged(&result, Codec::Lz4, &format!("{workers} workers, {chunk_len}"));
        }
    }
}

#[test]
fn damage_of_json_is_told() {
    let object =
        |number: usize| format!("{{\"a\":{number},\"b\":\"x{}\",\"c\":{}}}\n", number % 1009, number % 7);
    let plain: String = (0..40_000).map(object).collect();
    let whole = Files::new(&[plain.as_bytes()]);
    let format = ScanFormat::Json(infer_json(&whole.sources(), &JsonOptions::default()).unwrap());
    for codec in CODECS {
        for damaged in damaged_files(&compress(codec, plain.as_bytes())) {
            let files = Files::new(&[&damaged]);
            for workers in WORKERS {
                let (result, ..) = scan(&files, &format, workers, CHUNK_LEN_BYTES);
                assert_damaged(&result, codec, &format!("{codec}, {workers} workers"));
            }
        }
    }
}

#[test]
fn damage_of_lines_is_told() {
    let format = ScanFormat::Text(TextOptions::default());
    for codec in CODECS {
        for damaged in damaged_files(&compress(codec, &csv(25_000))) {
            for workers in WORKERS {
                let (result, ..) = scan(&Files::new(&[&damaged]), &format, workers, CHUNK_LEN_BYTES);
                assert_damaged(&result, codec, &format!("{codec}, {workers} workers"));
            }
        }
    }
}

/// What is wrong with records of a whole file is told as ever, with its line, and the first of it.
#[test]
fn errors_of_whole_files_are_those_of_their_records() {
    let mut plain = csv(10_000);
    plain.extend_from_slice(b"10000,1\n");
    plain.extend((10_001..25_000).flat_map(|number| record(number).into_bytes()));
    plain.extend_from_slice(b"x,1,2\n");
    let bad = "line 10002: expected 3 fields, found 2";
    for codec in CODECS.into_iter().chain([Codec::Plain]) {
        let file = if codec == Codec::Plain { plain.clone() } else { compress(codec, &plain) };
        let files = Files::new(&[&file]);
        for (workers, chunk_len) in WORKERS.into_iter().flat_map(|w| CHUNK_LENS.map(|c| (w, c))) {
            let what = format!("{codec}, {workers} workers, {chunk_len}");
            let (result, notes, _) = scan(&files, &csv_format(OnError::Fail, false), workers, chunk_len);
            assert!(result.unwrap_err().to_string().ends_with(bad), "{what}");
            assert_eq!(notes, [""; 0], "{what}");
            let (result, notes, _) = scan(&files, &csv_format(OnError::Null, true), workers, chunk_len);
            assert_eq!(result.unwrap().len(), 25_001, "{what}");
            assert_eq!(notes.len(), 2, "{what}: {notes:?}");
            let (result, notes, rejects) =
                scan(&files, &csv_format(OnError::Reject, false), workers, chunk_len);
            assert_eq!(result.unwrap().len(), 24_999, "{what}");
            assert!(notes[0].starts_with("2 records were rejected") && notes[0].ends_with(bad), "{notes:?}");
            assert_eq!(rejects, 2, "{what}");
        }
    }
}

/// Behind blocks and members that are whole, what is wrong with them is known for sure.
#[test]
fn an_error_in_front_of_damage_is_told_if_its_bytes_are_checked() {
    let mut plain = csv(10_000);
    plain.extend_from_slice(b"x,1,2\n");
    plain.extend((10_001..20_000).flat_map(|number| record(number).into_bytes()));
    let rest: Vec<u8> = (20_000..40_000).flat_map(|number| record(number).into_bytes()).collect();
    for codec in CODECS {
        // Both in a member of their own; and in one, of which bzip2 has several blocks.
        let two = [compress(codec, &plain), compress(codec, &rest)].concat();
        let one = compress(codec, &[&plain[..], &rest].concat());
        for (file, is_checked) in [(two, true), (one, codec == Codec::Bzip2)] {
            let mut file = file;
            let at = file.len() * 9 / 10;
            file[at] ^= 4;
            for workers in WORKERS {
                let what = format!("{codec}, {workers} workers, {is_checked}");
                let format = csv_format(OnError::Fail, false);
                let (result, ..) = scan(&Files::new(&[&file]), &format, workers, 5000);
                if is_checked {
                    let error = result.expect_err(&what).to_string();
                    assert!(error.contains("line 10002, column \"id\""), "{what}: {error}");
                } else {
                    assert_damaged(&result, codec, &what);
                }
            }
        }
    }
}

#[test]
fn the_head_of_damaged_bzip2_is_not_taken_for_what_it_looks_like() {
    let mut file = compress(Codec::Bzip2, &csv(25_000));
    file[100] ^= 1;
    let files = Files::new(&[&file]);
    let error = infer_csv(&files.sources(), &CsvOptions::default()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Corrupt { .. }), "{error}");
    let error = infer_json(&files.sources(), &JsonOptions::default()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Corrupt { .. }), "{error}");
}

/// Who reads no more than the first rows is told of what was left out in front of them.
#[test]
fn what_was_left_out_is_told_by_those_who_stop() {
    let mut plain = csv(10);
    plain.extend_from_slice(b"x,1,2\n");
    plain.extend((11..200_000).flat_map(|number| record(number).into_bytes()));
    for codec in CODECS {
        let files = Files::new(&[&compress(codec, &plain)]);
        let notes = Notes::default();
        let request = ScanRequest { columns: vec![0], batch_rows: 1000, ..Default::default() };
        let scan = Scan::new(files.sources(), &csv_format(OnError::Reject, false), request, 1, &notes);
        let mut worker = Arc::new(scan).worker();
        let next = worker.poll_next(&Context::from_waker(Waker::noop()));
        assert!(matches!(next, Poll::Ready(Some(Ok(_)))), "{codec}");
        drop(worker);
        assert!(notes.take()[0].starts_with("1 record was rejected"), "{codec}");
        assert_eq!(notes.rejects().all().len(), 1, "{codec}");
    }
}
