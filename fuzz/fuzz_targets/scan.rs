//! Scans bytes as a CSV file in any dialect, plain or compressed, cut into chunks of any length, by several workers,
//! with and without SIMD, in every mode for records that do not fit: the rows and counts that the grammar gives
//! record by record.
#![no_main]

use std::io::Write;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, RecordBatch};
use libfuzzer_sys::fuzz_target;
use swath_io::scanner::record::{Dialect, table_records};
use swath_io::scanner::values::{is_null_word, parse_i64, trim};
use swath_io::simd::InstructionSet;
use swath_io::{
    Codec, ColumnType, CsvOptions, Delim, Encoding, HeaderMode, JsonType, Notes, OnError, Scan, ScanFormat,
    ScanItem, ScanRequest, Worker,
};

fuzz_target!(|input: &[u8]| {
    let [chunk_len, how, manner, data @ ..] = input else { return };
    let dialect = dialect(how % 9);
    let mode = Mode::of(*manner);
    let workers = usize::from(how / 64) + 1;
    // A byte order mark says that the text is in another encoding.
    if [&b"\xfe\xff"[..], b"\xff\xfe", b"\xef\xbb\xbf", b"\0\0\xfe\xff"]
        .iter()
        .any(|mark| data.starts_with(mark))
    {
        return;
    }
    // An open quote is an error of the whole file.
    let Some(records) = table_records(data, &dialect) else { return };
    let Some(width) = records.first().map(Vec::len).filter(|width| *width > 1) else { return };
    // Columns are declared, so that a delimiter at the end of a record is no field more; an empty field in quotes is one, and looks alike here.
    let has_quoted_empty = dialect.quote.is_some_and(|quote| data.windows(2).any(|two| two == [quote; 2]));
    if has_quoted_empty && records.iter().any(|record| ends_open(record, width)) {
        return;
    }
    let (mut expected, counts) = oracle(records, width, mode);
    let (codec, bytes) =
        if manner & 16 == 0 { (Codec::Plain, data.to_vec()) } else { (Codec::Gzip, gzip(data)) };
    let file = tempfile::NamedTempFile::new().expect("there is room for a small file");
    std::fs::write(file.path(), bytes).expect("there is room for a small file");
    let path = file.path().to_str().expect("temporary files have plain names");
    let options = options(&dialect, mode, codec, width);
    if workers > 1 {
        expected.sort();
    }
    for set in InstructionSet::all() {
        let (mut rows, notes) = scanned(path, &options, width, usize::from(*chunk_len) + 4, workers, *set);
        if workers > 1 {
            rows.sort();
        }
        assert_eq!(rows, expected);
        let count = |word: &str| {
            // Behind the count is a path, in which anything may stand.
            let note = notes
                .iter()
                .find(|note| note.split("; the first").next().is_some_and(|what| what.contains(word)));
            note.map_or(0, |note| note.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or(0))
        };
        assert_eq!(["became null", "filled up", "cut", "skipped", "rejected"].map(count), counts);
    }
});

fn dialect(choice: u8) -> Dialect {
    match choice {
        0 => Dialect::RFC4180,
        1 => Dialect { escape: Some(b'\\'), ..Dialect::RFC4180 },
        2 => Dialect { quote: None, delim: b'\t'.into(), ..Dialect::RFC4180 },
        3 => Dialect { quote: Some(b'\''), delim: b';'.into(), ..Dialect::RFC4180 },
        4 => Dialect { comment: Some(b'#'), ..Dialect::RFC4180 },
        5 => Dialect { comment: Some(b'#'), escape: Some(b'\\'), delim: b'|'.into(), ..Dialect::RFC4180 },
        6 => Dialect { delim: long("||"), ..Dialect::RFC4180 },
        7 => Dialect { loose_quotes: true, ..Dialect::RFC4180 },
        _ => Dialect { delim: long("a,a"), comment: Some(b'#'), ..Dialect::RFC4180 },
    }
}

fn long(delim: &str) -> Delim {
    Delim::new(delim).expect("it has up to four bytes")
}

/// What becomes of records that do not fit.
#[derive(Clone, Copy)]
struct Mode {
    on_error: OnError,
    pad_short: bool,
    cut_long: bool,
}

impl Mode {
    fn of(choice: u8) -> Self {
        let on_error =
            [OnError::Null, OnError::Skip, OnError::Reject, OnError::Null][usize::from(choice & 3)];
        Self { on_error, pad_short: choice & 4 != 0, cut_long: choice & 8 != 0 }
    }
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

/// The first column holds integers, the others texts.
fn options(dialect: &Dialect, mode: Mode, codec: Codec, width: usize) -> CsvOptions {
    let ty = |at| JsonType::Scalar(if at == 0 { ColumnType::Int64 } else { ColumnType::Text });
    CsvOptions {
        header: HeaderMode::Absent,
        delim: Some(dialect.delim),
        quote: dialect.quote.into(),
        escape: dialect.escape.into(),
        comment: dialect.comment.into(),
        loose_quotes: dialect.loose_quotes,
        skip: 0.into(),
        encoding: Encoding::Latin1.into(),
        compression: Some(codec),
        columns: Some((0..width).map(|at| (format!("c{at}"), ty(at))).collect()),
        on_error: mode.on_error,
        pad_short: mode.pad_short,
        cut_long: mode.cut_long,
        ..CsvOptions::default()
    }
}

/// Rows, and how many values became null and records were filled up, cut, skipped and rejected.
fn oracle(records: Vec<Vec<Vec<u8>>>, width: usize, mode: Mode) -> (Vec<Vec<String>>, [u64; 5]) {
    let (mut rows, mut counts) = (Vec::new(), [0; 5]);
    let leaves_out = mode.on_error != OnError::Null;
    let left_out = if mode.on_error == OnError::Skip { 3 } else { 4 };
    for record in records {
        let (short, long) = (record.len() < width, record.len() > width && !ends_open(&record, width));
        let mut cells: Vec<String> = record
            .iter()
            .take(width)
            .map(|field| field.iter().map(|byte| char::from(*byte)).collect())
            .collect();
        cells.resize(width, String::new());
        let first = record[0].as_slice();
        let mut is_bad = false;
        cells[0] = match parse_i64(trim(first)) {
            Some(number) => number.to_string(),
            None => {
                is_bad = !is_null_word(first);
                String::new()
            }
        };
        if leaves_out && (short && !mode.pad_short || long && !mode.cut_long) {
            counts[left_out] += 1;
            continue;
        }
        counts[1] += u64::from(short);
        counts[2] += u64::from(long);
        if leaves_out && is_bad {
            counts[left_out] += 1;
            continue;
        }
        counts[0] += u64::from(is_bad);
        rows.push(cells);
    }
    (rows, counts)
}

/// Whether nothing stands behind the last of a record's delimiters, which is one more than it takes.
fn ends_open(record: &[Vec<u8>], width: usize) -> bool {
    record.len() == width + 1 && record[width].is_empty()
}

fn scanned(
    path: &str,
    options: &CsvOptions,
    width: usize,
    chunk_len: usize,
    workers: usize,
    set: InstructionSet,
) -> (Vec<Vec<String>>, Vec<String>) {
    let files = swath_io::expand(&[path]).expect("the file is there");
    let table = swath_io::infer_csv(&files, options).expect("nothing is looked at");
    let request = ScanRequest { columns: (0..width).collect(), batch_rows: 8192, ..ScanRequest::default() };
    let notes = Notes::default();
    let scan = Scan::new(files, &ScanFormat::Csv(table), request, workers, &notes);
    let scan = Arc::new(scan.with_chunk_len(chunk_len).with_instruction_set(set));
    let rows = thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(|| drive(scan.worker()))).collect();
        handles.into_iter().flat_map(|handle| handle.join().expect("no worker panics")).collect()
    });
    (rows, notes.take())
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn drive(mut worker: Worker) -> Vec<Vec<String>> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut rows = Vec::new();
    loop {
        match worker.poll_next(&Context::from_waker(&waker)) {
            Poll::Ready(None) => return rows,
            Poll::Pending => thread::park(),
            Poll::Ready(Some(item)) => {
                let ScanItem::Batch { batch, .. } = item.expect("all records are rows or left out") else {
                    continue;
                };
                rows.extend((0..batch.num_rows()).map(|row| cells(&batch, row)));
            }
        }
    }
}

/// A row as text; what is missing is empty.
fn cells(batch: &RecordBatch, row: usize) -> Vec<String> {
    let cell = |column: &Arc<dyn Array>| match column.as_primitive_opt::<Int64Type>() {
        _ if column.is_null(row) => String::new(),
        Some(numbers) => numbers.value(row).to_string(),
        None => column.as_string_view().value(row).to_owned(),
    };
    batch.columns().iter().map(cell).collect()
}
