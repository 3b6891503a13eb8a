//! Scans of damaged files: the records that lie whole between gaps, whoever reads them in whatever pieces.

use std::io::Write;
use std::ops::Range;

use proptest::prelude::*;

use super::tests::{Files, read};
use super::*;
use crate::codec::Codec;
use crate::codec::Compressor;
use crate::codec::bzip2::{BlockDecoder, Finder, MarkerKind};
use crate::options::{ColumnType, CsvOptions, HeaderMode, TextOptions};
use crate::scanner::infer::infer_csv;
use crate::scanner::json::{JsonOptions, infer_json};

/// A text, and where its records are.
struct Text {
    bytes: Vec<u8>,
    records: Vec<Range<usize>>,
}

impl Text {
    fn new(head: &str, count: usize, record: impl Fn(usize) -> String) -> Self {
        let mut text = Self { bytes: head.as_bytes().to_vec(), records: Vec::new() };
        for number in 0..count {
            let start = text.bytes.len();
            text.bytes.extend_from_slice(record(number).as_bytes());
            text.records.push(start..text.bytes.len());
        }
        text
    }

    /// Records of three fields; in many of them is a line end, and what looks like a record.
    fn csv(count: usize) -> Self {
        Self::new("id,name,note\n", count, |number| {
            let noise = number.wrapping_mul(2_654_435_761) % 1_000_003;
            match number % 3 {
                0 => format!("{number},name{noise},plain\n"),
                1 => format!("{number},\"n\n{noise}\",\"some, \"\"quoted\"\"\n{noise}, text\"\n"),
                _ => format!("{number},name {noise},\"\"\n"),
            }
        })
    }

    /// What is whole in the parts of the text that are not lost, and how many bytes of other records there are.
    fn whole(&self, kept: &[Range<usize>]) -> (Vec<usize>, u64) {
        let (mut whole, mut cut) = (Vec::new(), 0);
        for part in kept {
            // Behind a gap nobody knows whether a record begins right there.
            let starts = |record: &Range<usize>| record.start > part.start || part.start == 0;
            let inside = self.records.iter().enumerate();
            let inside: Vec<usize> = inside
                .filter(|(_, record)| starts(record) && record.start < part.end && record.end <= part.end)
                .map(|(number, _)| number)
                .collect();
            let (first, last) = (self.records[inside[0]].start, self.records[inside[inside.len() - 1]].end);
            cut += if part.start == 0 { 0 } else { first - part.start };
            cut += part.end - last;
            whole.extend(inside);
        }
        (whole, cut as u64)
    }

    /// bzip2 with blocks of 100 000 bytes, some of them damaged, and what is left of the text.
    fn damaged_bzip2(&self, lost: &[usize]) -> (Vec<u8>, Vec<Range<usize>>) {
        let mut file = compress(Codec::Bzip2, &self.bytes);
        let markers: Vec<u64> = Finder::new(&file, 0)
            .filter(|marker| marker.kind == MarkerKind::Block)
            .map(|marker| marker.start_bit)
            .collect();
        let mut decoder = BlockDecoder::new();
        let (mut at, mut kept) = (0, Vec::<Range<usize>>::new());
        for (number, start) in markers.iter().enumerate() {
            decoder.decode(&file, *start).unwrap();
            let mut text = vec![0; 1 << 20];
            let len = decoder.read(&mut text).unwrap();
            match kept.last_mut().filter(|last| last.end == at) {
                _ if lost.contains(&number) => {}
                Some(last) => last.end += len,
                None => kept.push(at..at + len),
            }
            at += len;
        }
        for number in lost {
            file[(markers[*number] / 8) as usize + 1000] ^= 1;
        }
        (file, kept)
    }
}

fn compress(codec: Codec, plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let level = (codec == Codec::Bzip2).then_some(1);
    let mut compressor = Compressor::new(codec, level, &mut out).unwrap();
    compressor.write_all(plain).unwrap();
    compressor.finish().unwrap();
    out
}

fn salvaging() -> CsvOptions {
    CsvOptions { salvage: true, ..Default::default() }
}

/// The first field of each row, and the notes.
fn scan(
    files: &Files,
    format: &ScanFormat,
    workers: usize,
    chunk_len: usize,
) -> Result<(Vec<String>, Vec<String>)> {
    let notes = Notes::default();
    let request = ScanRequest { columns: vec![0], batch_rows: 1000, ..Default::default() };
    let scan = Scan::new(files.sources(), format, request, workers, &notes).with_chunk_len(chunk_len);
    let mut rows = read(Arc::new(scan), workers)?;
    if workers > 1 {
        rows.sort_by_key(|row| (row.len(), row.clone()));
    }
    Ok((rows, notes.take()))
}

fn csv(files: &Files, options: &CsvOptions) -> ScanFormat {
    ScanFormat::Csv(infer_csv(&files.sources(), options).unwrap())
}

const WAYS: [(usize, usize); 8] =
    [(1, 1 << 20), (1, 64), (2, 1000), (3, 70_000), (4, 65_537), (5, 4096), (8, 256 << 10), (8, 333)];

fn texts(numbers: &[usize]) -> Vec<String> {
    numbers.iter().map(usize::to_string).collect()
}

#[test]
fn whole_records_between_gaps_are_read() {
    let text = Text::csv(20_000);
    for lost in [&[][..], &[2], &[1, 2], &[1, 3], &[4], &[1, 2, 3, 4, 5]] {
        let (file, kept) = text.damaged_bzip2(lost);
        let files = Files::new(&[&file]);
        let (whole, cut) = text.whole(&kept);
        for (workers, chunk_len) in WAYS {
            let (rows, notes) = scan(&files, &csv(&files, &salvaging()), workers, chunk_len).unwrap();
            assert!(
                rows == texts(&whole),
                "{lost:?} lost, {workers} workers, {chunk_len}: {} of {}",
                rows.len(),
                whole.len()
            );
            match lost {
                [] => assert_eq!(notes, [""; 0]),
                _ => {
                    let summary = notes.last().unwrap();
                    assert!(
                        summary.ends_with(&format!("; {cut} bytes of records that gaps cut left out")),
                        "{cut}: {notes:?}"
                    );
                }
            }
        }
        // Without, as ever.
        if !lost.is_empty() {
            let error = match infer_csv(&files.sources(), &CsvOptions::default()) {
                Ok(table) => scan(&files, &ScanFormat::Csv(table), 2, 1000).unwrap_err(),
                Err(error) => error,
            };
            assert!(error.to_string().contains("the bzip2 data is damaged"), "{error}");
        }
    }
}

#[test]
fn lines_and_objects_begin_again_behind_a_line_end() {
    let lines = Text::new("", 40_000, |number| format!("{number}\n"));
    let objects = Text::new("", 12_000, |number| format!("{{\"id\": {number}, \"text\": \"[{{\\\"\"}}\n"));
    let options = TextOptions { salvage: true, ..Default::default() };
    for (text, is_json) in [(&lines, false), (&objects, true)] {
        let (file, kept) = text.damaged_bzip2(&[1]);
        let files = Files::new(&[&file]);
        let format = match is_json {
            true => {
                let options = JsonOptions { text: options.clone(), ..Default::default() };
                ScanFormat::Json(infer_json(&files.sources(), &options).unwrap())
            }
            false => ScanFormat::Text(options.clone()),
        };
        let (whole, _) = text.whole(&kept);
        for (workers, chunk_len) in WAYS {
            let (rows, notes) = scan(&files, &format, workers, chunk_len).unwrap();
            assert!(rows == texts(&whole), "json {is_json}, {workers} workers, {chunk_len}");
            assert_eq!(notes.len(), 2);
        }
    }
}

/// What a file of one array has behind a gap cannot be known.
#[test]
fn behind_a_gap_of_an_array_nothing_is_read() {
    let text = Text::new("[\n", 12_000, |number| format!("{{\"id\":\n {number}, \"text\": \"some\"}},\n"));
    let (file, kept) = text.damaged_bzip2(&[1]);
    let files = Files::new(&[&file]);
    let options =
        JsonOptions { text: TextOptions { salvage: true, ..Default::default() }, ..Default::default() };
    let format = ScanFormat::Json(infer_json(&files.sources(), &options).unwrap());
    let (whole, _) = text.whole(&kept[..1]);
    for (workers, chunk_len) in WAYS {
        let (rows, _) = scan(&files, &format, workers, chunk_len).unwrap();
        assert!(rows == texts(&whole), "{workers} workers, {chunk_len}: {} of {}", rows.len(), whole.len());
    }
}

#[test]
fn a_cut_file_ends_with_its_last_whole_record() {
    let text = Text::csv(20_000);
    for codec in [Codec::Gzip, Codec::Bzip2, Codec::Zstd] {
        let file = compress(codec, &text.bytes);
        let files = Files::new(&[&file[..file.len() / 2]]);
        let (rows, notes) = scan(&files, &csv(&files, &salvaging()), 1, 1000).unwrap();
        assert!(
            rows.len() > 5000 && rows == texts(&(0..rows.len()).collect::<Vec<_>>()),
            "{codec}: {}",
            rows.len()
        );
        assert_eq!(notes.len(), 2, "{notes:?}");
        for (workers, chunk_len) in WAYS {
            assert_eq!(
                scan(&files, &csv(&files, &salvaging()), workers, chunk_len).unwrap(),
                (rows.clone(), notes.clone())
            );
        }
    }
}

#[test]
fn a_lost_header_is_an_error_and_lost_records_are_not() {
    let text = Text::csv(20_000);
    let (file, kept) = text.damaged_bzip2(&[0]);
    let files = Files::new(&[&file]);
    let error = infer_csv(&files.sources(), &salvaging()).unwrap_err();
    assert!(error.to_string().ends_with("the header is lost with the damaged start of the file"), "{error}");
    // Beside a whole file.
    let both = Files::new(&[&text.bytes, &file]);
    let error = infer_csv(&both.sources(), &salvaging()).unwrap_err();
    assert!(error.hint().unwrap().contains("header = false"), "{error}");
    let named = |name: &str, ty: ColumnType| (name.to_owned(), ty.into());
    let columns =
        [named("id", ColumnType::Int64), named("name", ColumnType::Text), named("note", ColumnType::Text)];
    let options = CsvOptions {
        header: HeaderMode::Absent,
        columns: Some(columns.to_vec()),
        skip: 0.into(),
        ..salvaging()
    };
    let (whole, _) = text.whole(&kept);
    for (workers, chunk_len) in WAYS {
        let (rows, _) = scan(&files, &csv(&files, &options), workers, chunk_len).unwrap();
        assert!(rows == texts(&whole), "{workers} workers, {chunk_len}");
    }
    // Types are found behind the gap, too.
    let found = infer_csv(&files.sources(), &CsvOptions { columns: None, ..options }).unwrap();
    assert_eq!(found.columns()[0].ty, ColumnType::Int64);
}

#[test]
fn lines_behind_a_gap_are_counted_from_there() {
    let mut text = Text::csv(20_000);
    let bad = text.records[15_000].clone();
    let record = String::from_utf8(text.bytes[bad.clone()].to_vec()).unwrap().replacen("15000", "15x00", 1);
    text.bytes[bad.clone()].copy_from_slice(record.as_bytes());
    let (file, kept) = text.damaged_bzip2(&[1]);
    let files = Files::new(&[&file]);
    let behind = text.records.iter().find(|record| record.start > kept[1].start).unwrap();
    let line = 1 + text.bytes[behind.start..bad.start].iter().filter(|byte| **byte == b'\n').count();
    let offset = bad.start - (kept[1].start - kept[0].end);
    for (workers, chunk_len) in WAYS {
        let error = scan(&files, &csv(&files, &salvaging()), workers, chunk_len).unwrap_err();
        let expected =
            format!("line {line} behind a gap, column \"id\": expected an integer, found \"15x00\"");
        assert!(error.to_string().ends_with(&expected), "{error}");
        assert!(
            error
                .detail()
                .unwrap()
                .starts_with(&format!("the record starts at byte {offset} of the decoded text, behind"))
        );
    }
}

#[test]
fn what_is_lost_is_told_once_for_each_read() {
    let text = Text::csv(20_000);
    let (file, _) = text.damaged_bzip2(&[1]);
    let files = Files::new(&[&file]);
    let format = csv(&files, &salvaging());
    let first = scan(&files, &format, 3, 1000).unwrap();
    assert_eq!(scan(&files, &format, 2, 5000).unwrap(), first);
    assert!(first.1[0].contains("bzip2 block 2 is damaged: compressed bytes "), "{:?}", first.1);
    assert!(first.1[1].starts_with("salvaged with 1 damaged place in 1 file: "), "{:?}", first.1);
}

#[test]
fn utf16_is_not_salvaged() {
    let utf16: Vec<u8> = "\u{feff}a,b\n1,2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let files = Files::new(&[&compress(Codec::Gzip, &utf16)]);
    let error = infer_csv(&files.sources(), &salvaging()).unwrap_err();
    assert!(error.to_string().contains("where a character begins behind a gap is not known"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_same_for_all_workers_and_chunks(
        codec in prop::sample::select(vec![Codec::Gzip, Codec::Bzip2, Codec::Zstd, Codec::Xz, Codec::Lz4]),
        damage in prop::collection::vec((0..1_000_000_usize, 1..6000_usize, any::<u8>()), 1..4),
        (workers, chunk_len) in prop::sample::select(WAYS.to_vec()),
    ) {
        let text = Text::csv(9000);
        let parts = [&text.bytes[..120_000], &text.bytes[120_000..260_000], &text.bytes[260_000..]];
        let mut file: Vec<u8> = parts.iter().flat_map(|part| compress(codec, part)).collect();
        for (at, len, byte) in damage {
            // The header is left as it is.
            let at = 12_000 + at % (file.len() - 12_000);
            let end = file.len().min(at + len);
            file[at..end].fill(byte);
        }
        let files = Files::new(&[&file]);
        let options = CsvOptions { all_varchar: true, pad_short: true, cut_long: true, ..salvaging() };
        let Ok(table) = infer_csv(&files.sources(), &options) else { return Ok(()) };
        let format = ScanFormat::Csv(table);
        let sorted = |(mut rows, notes): (Vec<String>, Vec<String>)| { rows.sort(); (rows, notes) };
        let one = scan(&files, &format, 1, 1 << 20).map(sorted).map_err(|error| error.to_string());
        let other = scan(&files, &format, workers, chunk_len).map(sorted).map_err(|error| error.to_string());
        prop_assert_eq!(one, other);
    }
}
