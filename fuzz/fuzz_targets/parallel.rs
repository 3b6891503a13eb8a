//! Lines of compressed files of several members or blocks, whole and damaged, decoded by several workers: what one decoder gives
//! from the start to the end.
#![no_main]

use std::io::{Cursor, Write};
use std::path::Path;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use arrow_array::cast::AsArray;
use libfuzzer_sys::fuzz_target;
use swath_io::{
    Codec, Compressor, Decompressor, Notes, Place, Scan, ScanFormat, ScanItem, ScanRequest, TextOptions,
    Worker,
};

/// Decoded bytes after which a decompression bomb is left alone.
const LIMIT_BYTES: usize = 1 << 20;

fuzz_target!(|input: &[u8]| {
    let Some(([how, times, harmful, chunk_len], data)) = input.split_first_chunk() else { return };
    let codec = Codec::WRITTEN[1 + usize::from(*how) % (Codec::WRITTEN.len() - 1)];
    let workers = 1 + usize::from(how / 64);
    let (data, harm) = data.split_at(data.len().saturating_sub(4 * usize::from(*harmful % 4)));
    // Lines, as what is not text is refused in another way.
    let plain = String::from_utf8_lossy(data)
        .replace('\r', "\n")
        .repeat(1 + usize::from(*times) * usize::from(*times));
    if plain.is_empty() || plain.len() > LIMIT_BYTES / 2 {
        return;
    }
    let part_len = plain.len().div_ceil(1 + usize::from(*times) % 9);
    let parts: Vec<&[u8]> = plain.as_bytes().chunks(part_len).collect();
    let mut file = if how & 32 == 0 || codec != Codec::Lz4 {
        parts.iter().flat_map(|part| compress(codec, part)).collect()
    } else {
        blocks(&parts, how & 16 == 0)
    };
    for harm in harm.chunks_exact(4) {
        let at = usize::from(u16::from_le_bytes([harm[0], harm[1]])) * 7 % file.len().max(1);
        match harm[3] % 4 {
            0 if at < file.len() => file[at] ^= 1 << (harm[2] % 8),
            1 => file.truncate(at),
            2 => file.drain(at..(at + usize::from(harm[2])).min(file.len())).for_each(drop),
            _ => file.iter_mut().skip(at).take(16 * usize::from(harm[2])).for_each(|byte| *byte = harm[3]),
        }
    }
    let expected = decode(codec, &file);
    let found = scanned(codec, &file, 4 + 16 * usize::from(*chunk_len), workers);
    match (expected, found) {
        (Ok(text), Ok(lines)) => assert_eq!(lines, lines_of(&text), "{codec}"),
        (Err(()), Err(_)) => {}
        // What comes out before a checksum does not hold need not be text.
        (Ok(text), Err(error)) => assert!(std::str::from_utf8(&text).is_err(), "{codec}: {error}"),
        (Err(()), Ok(_)) => panic!("{codec}: the damage was not noticed"),
    }
});

fn lines_of(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    text.lines().map(str::to_owned).collect()
}

fn compress(codec: Codec, plain: &[u8]) -> Vec<u8> {
    let mut compressor = Compressor::new(codec, Some(1), Vec::new()).expect("there is such a level");
    compressor.write_all(plain).expect("memory takes what it is given");
    compressor.finish().expect("memory takes what it is given")
}

/// A frame of LZ4 whose blocks are these, independent of each other.
fn blocks(parts: &[&[u8]], checksum: bool) -> Vec<u8> {
    let mut encoder = lz4::EncoderBuilder::new();
    encoder.auto_flush(true).block_mode(lz4::BlockMode::Independent);
    if !checksum {
        encoder.checksum(lz4::ContentChecksum::NoChecksum);
        encoder.block_checksum(lz4::liblz4::BlockChecksum::NoBlockChecksum);
    }
    let mut encoder = encoder.build(Vec::new()).expect("memory takes what it is given");
    for part in parts {
        encoder.write_all(part).expect("memory takes what it is given");
    }
    let (file, ended) = encoder.finish();
    ended.expect("memory takes what it is given");
    file
}

fn decode(codec: Codec, file: &[u8]) -> Result<Vec<u8>, ()> {
    let reader = Box::new(Cursor::new(file.to_vec()));
    let notes = Notes::default();
    let mut decompressor =
        Decompressor::new(Path::new("input"), reader, Some(codec), &notes).map_err(drop)?;
    let (mut out, mut piece) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        match decompressor.read(&mut piece).map_err(drop)? {
            0 => return Ok(out),
            len => out.extend_from_slice(&piece[..len]),
        }
        assert!(out.len() <= 64 * LIMIT_BYTES, "a file of a few lines became a bomb");
    }
}

fn scanned(codec: Codec, file: &[u8], chunk_len: usize, workers: usize) -> Result<Vec<String>, String> {
    let written = tempfile::NamedTempFile::new().expect("there is room for a small file");
    std::fs::write(written.path(), file).expect("there is room for a small file");
    let path = written.path().to_str().expect("temporary files have plain names");
    let files = swath_io::expand(&[path]).expect("the file is there");
    let options = TextOptions { compression: Some(codec), ..TextOptions::default() };
    let request = ScanRequest { columns: vec![0], batch_rows: 8192, ..ScanRequest::default() };
    let scan = Scan::new(files, &ScanFormat::Text(options), request, workers, &Notes::default());
    let scan = Arc::new(scan.with_chunk_len(chunk_len));
    let mut batches = thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(|| drive(scan.worker()))).collect();
        let all: Result<Vec<_>, _> =
            handles.into_iter().map(|handle| handle.join().expect("no worker panics")).collect();
        all.map(|all| all.into_iter().flatten().collect::<Vec<_>>())
    })?;
    batches.sort_by_key(|(place, _)| *place);
    Ok(batches.into_iter().flat_map(|(_, lines)| lines).collect())
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Lines and their places.
fn drive(mut worker: Worker) -> Result<Vec<(Place, Vec<String>)>, String> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut all = Vec::new();
    loop {
        match worker.poll_next(&Context::from_waker(&waker)) {
            Poll::Ready(None) => return Ok(all),
            Poll::Pending => thread::park(),
            Poll::Ready(Some(Err(error))) => return Err(error.to_string()),
            Poll::Ready(Some(Ok(ScanItem::Batch { batch, place, .. }))) => {
                let lines = batch.column(0).as_string_view();
                all.push((place, lines.iter().flatten().map(str::to_owned).collect()));
            }
            Poll::Ready(Some(Ok(_))) => {}
        }
    }
}
