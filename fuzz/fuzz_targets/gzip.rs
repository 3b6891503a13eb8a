//! The gzip decoder against zlib-rs: the same bytes, or both refuse, however input and output are cut; and files that scans decode in
//! pieces, each before what stands in front of it is known, against the same from the front.
#![no_main]

use std::io::Write;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use flate2::write::DeflateEncoder;
use flate2::{Compression, Decompress, FlushDecompress, Status};
use libfuzzer_sys::fuzz_target;
use swath_io::codec::gzip::{Cpu, GzipDecoder, HISTORY_LEN_BYTES, Inflater, Pause};
use swath_io::{Codec, Encoding, Notes, Scan, ScanFormat, ScanItem, ScanRequest, TextOptions, Worker};

/// Decoded bytes after which a decompression bomb is left alone.
const LIMIT_BYTES: usize = 1 << 20;

/// What became of bytes: decoded, with so many bytes used; refused, or cut short; or too many to tell.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Whole(Vec<u8>, usize),
    Bad,
    Huge,
}

fuzz_target!(|input: &[u8]| {
    let Some(([how, step_in, step_out, level], data)) = input.split_first_chunk() else { return };
    let cpu = if how & 1 == 0 { Cpu::detect() } else { Cpu::PORTABLE };
    let (step_in, step_out) = (1 + usize::from(*step_in), 1 + usize::from(*step_out));
    if how & 2 == 0 {
        check(cpu, data, step_in, step_out);
        return;
    }
    // Compressed data is seldom met by chance: make some, repeated so that it has several blocks, and perhaps damage it.
    let plain = data.repeat(1 + usize::from(*level >> 4) * usize::from(*level >> 4) * 16);
    if plain.len() > LIMIT_BYTES / 2 {
        return;
    }
    let mut packed = compress(&plain, u32::from(*level % 10), data.len().max(1) * 7);
    if how & 4 != 0 && !packed.is_empty() {
        let at = step_in * 257 % packed.len();
        packed[at] ^= 1 << (how >> 5);
    }
    check(cpu, &packed, 1 + step_in * 97, 1 + step_out * 311);
});

fn check(cpu: Cpu, data: &[u8], step_in: usize, step_out: usize) {
    let expected = zlib(data);
    if expected == Outcome::Huge {
        return;
    }
    assert_eq!(inflate(cpu, data, step_in, step_out), expected, "in steps");
    assert_eq!(inflate(cpu, data, usize::MAX, 1 << 16), expected, "at once");
    let (piece_len, order) = (step_in.max(64), &data[data.len().saturating_sub(40)..]);
    let Outcome::Whole(plain, used) = expected else {
        check_pieces(&member(data, b""), piece_len, order);
        return;
    };
    check_pieces(&member(&data[..used], &plain), piece_len, order);
    check_member(cpu, &data[..used], &plain);
}

/// One block after another is flushed, as logs are, so that there are stored blocks, too.
fn compress(plain: &[u8], level: u32, flush_len: usize) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(level));
    for part in plain.chunks(flush_len.max(plain.len() / 50)) {
        encoder.write_all(part).expect("memory takes what it is given");
        encoder.flush().expect("memory takes what it is given");
    }
    encoder.finish().expect("memory takes what it is given")
}

fn zlib(input: &[u8]) -> Outcome {
    let mut decoder = Decompress::new(false);
    let mut out = Vec::new();
    loop {
        out.reserve(64 << 10);
        let used = decoder.total_in() as usize;
        match decoder.decompress_vec(&input[used..], &mut out, FlushDecompress::None) {
            Ok(Status::StreamEnd) => return Outcome::Whole(out, decoder.total_in() as usize),
            Ok(Status::Ok) if out.len() < LIMIT_BYTES => {}
            Ok(Status::Ok) => return Outcome::Huge,
            _ => return Outcome::Bad,
        }
    }
}

fn inflate(cpu: Cpu, input: &[u8], step_in: usize, step_out: usize) -> Outcome {
    let mut inflater = Inflater::new(cpu);
    let mut buffer = vec![0; HISTORY_LEN_BYTES + step_out.max(1 << 16)];
    let (mut out, mut at, mut used) = (Vec::new(), 0_usize, 0_usize);
    loop {
        let end = input.len().min(used.saturating_add(step_in));
        let room = buffer.len().min(at.saturating_add(step_out));
        let Ok(progress) = inflater.inflate(&input[used..end], &mut buffer[..room], at) else {
            return Outcome::Bad;
        };
        out.extend_from_slice(&buffer[at..at + progress.written]);
        at += progress.written;
        used += progress.consumed;
        match progress.state {
            Pause::End => return Outcome::Whole(out, used),
            Pause::NeedsInput if used == input.len() => return Outcome::Bad,
            _ => {}
        }
        if at == buffer.len() {
            buffer.copy_within(at - HISTORY_LEN_BYTES.., 0);
            at = HISTORY_LEN_BYTES;
        }
    }
}

/// A file of one member around these bytes.
fn member(data: &[u8], plain: &[u8]) -> Vec<u8> {
    let header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut checksum = flate2::Crc::new();
    checksum.update(plain);
    let trailer = [checksum.sum().to_le_bytes(), checksum.amount().to_le_bytes()].concat();
    [&header[..], data, &trailer].concat()
}

/// Decodes a file in pieces and from the front, as scans do: the same lines, or the same error.
fn check_pieces(file: &[u8], piece_len: usize, order: &[u8]) {
    // A file is worth pieces if it has more than four of them.
    if file.len() > 4 * piece_len {
        let alone = lines(file, piece_len, 1, &[]);
        let pieces = lines(file, piece_len, WORKERS, order);
        assert!(
            alone == pieces,
            "{:?} and {:?}",
            alone.as_ref().map(Vec::len),
            pieces.as_ref().map(Vec::len)
        );
    }
}

/// Workers from which on members are decoded in pieces.
const WORKERS: usize = 4;

/// The lines of a file, by so many workers, who take turns in this order. Pieces have the length of chunks.
fn lines(file: &[u8], chunk_len: usize, workers: usize, order: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let mut on_disk = tempfile::Builder::new().suffix(".gz").tempfile().expect("there is a folder for it");
    on_disk.write_all(file).expect("there is room for it");
    let files =
        swath_io::expand(&[on_disk.path().to_str().expect("a name in ASCII")]).expect("the file is there");
    let options =
        TextOptions { encoding: Encoding::Latin1, compression: Some(Codec::Gzip), ..Default::default() };
    let request = ScanRequest { columns: vec![0], batch_rows: 1 << 20, ..Default::default() };
    let scan = Scan::new(files, &ScanFormat::Text(options), request, workers, &Notes::default());
    let scan = Arc::new(scan.with_chunk_len(chunk_len));
    let mut workers: Vec<Worker> = (0..workers).map(|_| scan.worker()).collect();
    let mut order = order.iter().cycle();
    let (mut batches, mut idle) = (Vec::new(), 0);
    while !workers.is_empty() {
        let turn = usize::from(*order.next().unwrap_or(&0)) % workers.len();
        match workers[turn].poll_next(&Context::from_waker(Waker::noop())) {
            Poll::Ready(None) => drop(workers.swap_remove(turn)),
            Poll::Ready(Some(Err(error))) => {
                let error = error.to_string();
                let what = error.split_once(": ").map_or("", |(_, what)| what);
                // Where it is noticed, at or before a byte, may be another byte.
                return Err(what.replace(|char: char| char.is_ascii_digit(), ""));
            }
            Poll::Ready(Some(Ok(ScanItem::Batch { batch, place }))) => batches.push((place, batch)),
            Poll::Ready(Some(Ok(ScanItem::ColumnForgone { .. }))) => panic!("no column may be forgone"),
            Poll::Pending => {
                // Those who are never asked may have what all wait for.
                idle += 1;
                workers.rotate_left(usize::from(idle % 3 == 0));
                continue;
            }
        }
        idle = 0;
    }
    batches.sort_by_key(|(place, _)| *place);
    let values = |batch: &RecordBatch| {
        let lines = batch.column(0).as_string_view();
        (0..lines.len()).map(|row| lines.value(row).as_bytes().to_vec()).collect::<Vec<_>>()
    };
    Ok(batches.iter().flat_map(|(_, batch)| values(batch)).collect())
}

/// The same as two members: the checksum, and parts of the file.
fn check_member(cpu: Cpu, data: &[u8], plain: &[u8]) {
    let member = member(data, plain);
    let file = [&member[..], &member].concat();
    for start in [0, member.len()] {
        let mut decoder = GzipDecoder::new(cpu);
        decoder.go_to(start as u64, start as u64 + 1);
        let mut out = vec![0; plain.len() + 1];
        let progress = decoder.decode(&file[start..], true, &mut out, 0).expect("the member is whole");
        assert_eq!((progress.written, progress.state), (plain.len(), Pause::End));
        assert_eq!((&out[..plain.len()], decoder.offset_bytes()), (plain, (start + member.len()) as u64));
        assert_eq!(decoder.is_stopped(), start == 0);
    }
}
