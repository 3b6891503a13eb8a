use std::fs;
use std::path::PathBuf;
use std::task::{Context, Poll, Waker};
use std::thread;

use arrow_array::{Array, ArrayRef};
use arrow_cast::display::array_value_to_string;
use proptest::prelude::*;

use super::*;
use crate::codec::Codec;
use crate::encoding::Encoding;
use crate::options::{ColumnType, CsvOptions, HeaderMode, Setting};
use crate::scanner::filter::{RawFilter, RowFilter, ScanFilter};
use crate::scanner::infer::{SAMPLE_LEN_BYTES, infer_csv};

/// Files in a folder of their own.
pub(crate) struct Files(tempfile::TempDir);

impl Files {
    pub(crate) fn new(texts: &[&[u8]]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (index, text) in texts.iter().enumerate() {
            fs::write(dir.path().join(format!("{index:02}.csv")), text).unwrap();
        }
        Self(dir)
    }

    pub(crate) fn sources(&self) -> Vec<SourceFile> {
        crate::source::expand(&[format!("{}/*", self.0.path().display())]).unwrap()
    }

    pub(crate) fn csv(&self, options: &CsvOptions) -> Result<(CsvTable, ScanRequest)> {
        let table = infer_csv(&self.sources(), options)?;
        let columns = (0..table.columns().len()).collect();
        Ok((table, ScanRequest { columns, batch_rows: 2, ..Default::default() }))
    }

    /// All rows of all files as text, nulls as "∅", read by one worker.
    pub(crate) fn rows(&self, options: &CsvOptions) -> Result<Vec<String>> {
        let (table, request) = self.csv(options)?;
        let scan = Scan::new(self.sources(), &ScanFormat::Csv(table), request, 1, &Notes::default());
        read(Arc::new(scan), 1)
    }
}

fn row_text(batch: &RecordBatch, row: usize) -> String {
    let cell = |column: &ArrayRef| match column.is_null(row) {
        true => "∅".to_owned(),
        false => array_value_to_string(column, row).unwrap(),
    };
    batch.columns().iter().map(cell).collect::<Vec<_>>().join("|")
}

/// Drives one worker to its end; a thread waits where a task would.
fn drive(mut worker: Worker) -> Result<Vec<ScanItem>> {
    struct Unpark(thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut items = Vec::new();
    loop {
        match worker.poll_next(&Context::from_waker(&waker)) {
            Poll::Ready(Some(item)) => items.push(item?),
            Poll::Ready(None) => return Ok(items),
            Poll::Pending => thread::park(),
        }
    }
}

fn items(scan: &Arc<Scan>, workers: usize) -> Result<Vec<ScanItem>> {
    let results: Vec<Result<Vec<ScanItem>>> = thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(|| drive(scan.worker()))).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    let mut items = Vec::new();
    for result in results {
        items.extend(result?);
    }
    Ok(items)
}

/// What each worker gives, one after the other.
fn read_by_worker(scan: &Arc<Scan>, workers: usize) -> Vec<Vec<(Place, String)>> {
    let rows = |item: ScanItem| {
        let ScanItem::Batch { batch, place } = item else { panic!("no column is forgone") };
        (0..batch.num_rows()).map(move |row| (place, row_text(&batch, row))).collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(|| drive(scan.worker()))).collect();
        let items = handles.into_iter().map(|handle| handle.join().unwrap().unwrap());
        items.map(|items| items.into_iter().flat_map(rows).collect()).collect()
    })
}

pub(crate) fn read(scan: Arc<Scan>, workers: usize) -> Result<Vec<String>> {
    let mut rows = Vec::new();
    for item in items(&scan, workers)? {
        let ScanItem::Batch { batch, .. } = item else { panic!("no column is forgone") };
        assert!(batch.num_rows() <= scan.request.batch_rows);
        rows.extend((0..batch.num_rows()).map(|row| row_text(&batch, row)));
    }
    Ok(rows)
}

fn rows(texts: &[&str]) -> Result<Vec<String>> {
    let texts: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
    Files::new(&texts).rows(&CsvOptions::default())
}

fn error(texts: &[&str]) -> (String, Option<String>) {
    let error = rows(texts).unwrap_err();
    let message = error.to_string();
    let file = message.find(".csv").map_or(0, |at| at - 2);
    (message[file..].to_owned(), error.hint())
}

#[test]
fn files_of_one_glob_are_written_in_different_ways() {
    let files = Files::new(&[
        "a,b\n1,\"x, y\"\n".as_bytes(),
        b"b;a\nM\xfcller;2\nAnna;3\n",
        "# by hand\na\tb\n4\tÆnk\n5\t'z\t'\n6\t'u'\n".as_bytes(),
        "\u{feff}a|b\n7|\"\\\"q\\\"|\"\n8|ü\n".as_bytes(),
    ]);
    let expected = ["1|x, y", "2|Müller", "3|Anna", "4|Ænk", "5|z\t", "6|u", "7|\"q\"|", "8|ü"];
    assert_eq!(files.rows(&CsvOptions::default()).unwrap(), expected);
    // The same worker goes from one to the other, and several share them.
    let (table, request) = files.csv(&CsvOptions::default()).unwrap();
    for workers in 1..4 {
        let format = ScanFormat::Csv(table.clone());
        let scan = Scan::new(files.sources(), &format, request.clone(), workers, &Notes::default());
        let mut rows = read(Arc::new(scan.with_chunk_len(4)), workers).unwrap();
        rows.sort();
        assert_eq!(rows, expected);
    }
    // What is set is set for all.
    let comma = CsvOptions { delim: Some(b','.into()), ..CsvOptions::default() };
    assert_eq!(files.csv(&comma).unwrap().0.delim(), Some(b','.into()));
    let utf8 = CsvOptions { encoding: Encoding::Utf8.into(), ..CsvOptions::default() };
    assert!(files.rows(&utf8).unwrap_err().to_string().contains("01.csv"));
}

#[test]
fn reads_what_is_there() {
    assert_eq!(rows(&["a,b\n1,x\nNA,\n3,\"\"\n"]).unwrap(), ["1|x", "∅|∅", "3|"]);
    assert_eq!(rows(&["a,b\r\n1,\"x\r\ny\"\r\n\r\n2,z"]).unwrap(), ["1|x\r\ny", "2|z"]);
    assert_eq!(rows(&["a,b\n", ""]).unwrap(), [""; 0]);
    assert_eq!(rows(&["a\n1\n\n3\n"]).unwrap(), ["1", "∅", "3"]);
    assert_eq!(rows(&["a\n\"x\"y\n\n\"z\"\n"]).unwrap(), ["xy", "∅", "z"]);
    assert_eq!(rows(&["a,b\n1,x,\n3,y,\n", "b\nz\n"]).unwrap(), ["1|x|∅", "3|y|∅", "∅|z|∅"]);
    assert_eq!(rows(&["a,b\nr1,1,x\nr2,3,y\n"]).unwrap(), ["r1|1|x", "r2|3|y"]);
    assert_eq!(rows(&["a,b\r1,x\r2,\"y\"\r"]).unwrap(), ["1|x", "2|y"]);
}

#[test]
fn files_with_other_columns_are_joined_by_name() {
    assert_eq!(rows(&["a,b\n1,2\n", "b,c\n3,4\n"]).unwrap(), ["1|2|∅", "∅|3|4"]);
    assert_eq!(rows(&["a,b\n1,x\n", "2,y\n"]).unwrap(), ["1|x", "2|y"]);
}

#[test]
fn files_with_other_columns_are_joined_by_place_where_that_is_asked() {
    let by_place = CsvOptions { union_by_name: false, ..Default::default() };
    let files = Files::new(&[b"a,b\n1,2\n", b"b,c\n3,4\n", b"5,6\n"]);
    assert_eq!(files.rows(&by_place).unwrap(), ["1|2", "3|4", "5|6"]);
    let error = Files::new(&[b"a,b\n1,2\n", b"b\n3\n"]).rows(&by_place).unwrap_err().to_string();
    assert!(error.ends_with("01.csv: line 1: expected 2 fields, found 1"), "{error}");
}

#[test]
fn errors_name_file_line_column_and_value() {
    // The head is all integers; the bad value lies beyond it.
    let mut text = String::from("a,b\n");
    for row in 0..100_000 {
        text.push_str(&format!("{row},1234\n"));
    }
    text.push_str("7,\"12,50\"\n");
    let (message, hint) = error(&[&text]);
    assert_eq!(message, "00.csv: line 100002, column \"b\": expected an integer, found \"12,50\"");
    assert!(hint.unwrap().contains("types = {'b': 'text'}"));
}

#[test]
fn the_first_error_of_a_file_is_told_whoever_meets_it() {
    let good = "1,2\n".repeat(200_000);
    let text = format!("a,b\n{good}1,x\n{good}y,2\n{good}1\n");
    let files = Files::new(&[text.as_bytes()]);
    let (table, request) = files.csv(&CsvOptions::default()).unwrap();
    for workers in 1..5 {
        let format = ScanFormat::Csv(table.clone());
        let scan = Scan::new(files.sources(), &format, request.clone(), workers, &Notes::default());
        let error = items(&Arc::new(scan.with_chunk_len(100_000)), workers).unwrap_err().to_string();
        assert!(error.ends_with("line 200002, column \"b\": expected an integer, found \"x\""), "{error}");
    }
}

#[test]
fn wrong_widths_are_errors() {
    let (message, _) = error(&["a,b\n1,2\n\n3\n"]);
    assert_eq!(message, "00.csv: line 4: expected 2 fields, found 1");
    let (message, hint) = error(&["a,b\n\"1\n\",2\n3,4,5\n"]);
    assert_eq!(message, "00.csv: line 4: expected 2 fields, found 3");
    assert!(hint.unwrap().contains("quoted"));
    let (message, _) = error(&["a,b\n1,x\n", "2,y,z\n"]);
    assert_eq!(message, "01.csv: line 1: expected 2 fields, found 3");
    let (message, _) = error(&["a,b\n1,x\"y\"\n2\n"]);
    assert_eq!(message, "00.csv: line 3: expected 2 fields, found 1");
}

#[test]
fn columns_between_runs_of_blanks() {
    let text = "by hand, \"yesterday\n name   age \n \"van  Gogh\"   37 \r\nUtrillo\t 71\n\n    Manet 51";
    let files = Files::new(&[text.as_bytes()]);
    let expected = ["van  Gogh|37", "Utrillo|71", "Manet|51"];
    let delim = Some(crate::scanner::Delim::BLANKS);
    let given = CsvOptions { delim, skip: 1.into(), ..CsvOptions::default() };
    assert_eq!(files.rows(&given).unwrap(), expected);
    let listing = Files::new(&[text.split_once('\n').unwrap().1.as_bytes()]);
    assert_eq!(listing.rows(&CsvOptions::default()).unwrap(), expected);
    // However it is cut.
    let (table, request) = files.csv(&given).unwrap();
    for len in 1..20 {
        let format = ScanFormat::Csv(table.clone());
        let scan = Scan::new(files.sources(), &format, request.clone(), 2, &Notes::default());
        let mut rows = read(Arc::new(scan.with_chunk_len(len)), 2).unwrap();
        rows.sort_by_key(|row| expected.iter().position(|known| known == row));
        assert_eq!(rows, expected);
    }
    let bad = Files::new(&[b" a   b\n 1   2\n10  20\n 3\n" as &[u8]])
        .rows(&CsvOptions { delim, ..CsvOptions::default() });
    assert!(bad.unwrap_err().to_string().ends_with("line 4: expected 2 fields, found 1"));
    let loose = CsvOptions { loose_quotes: true, delim, ..CsvOptions::default() };
    assert!(files.csv(&loose).unwrap_err().to_string().contains("loose_quotes"));
}

#[test]
fn an_open_quote_is_an_error() {
    let (message, hint) = error(&["a,b\n1,2\n3,\"x\n4,5\n"]);
    assert_eq!(message, "00.csv: line 3: a quoted field is not closed before the end of the file");
    assert!(hint.unwrap().contains("quote = ''"));
}

#[test]
fn bytes_that_are_no_text_matter_only_where_they_are_read() {
    let files = Files::new(&[b"a,b\n1,\xc6NK\n"]);
    let utf8 = CsvOptions { encoding: Encoding::Utf8.into(), ..Default::default() };
    let message = files.rows(&utf8).unwrap_err().to_string();
    assert!(message.ends_with("line 2, column \"b\": expected UTF-8 text, found \"\\xc6NK\""), "{message}");
    let latin1 = CsvOptions { encoding: Encoding::Latin1.into(), ..Default::default() };
    assert_eq!(files.rows(&latin1).unwrap(), ["1|ÆNK"]);
    assert_eq!(files.rows(&CsvOptions::default()).unwrap(), ["1|ÆNK"]);
    let either = CsvOptions { encoding: Setting::Is("utf8-or-cp1252".parse().unwrap()), ..utf8.clone() };
    let mixed = Files::new(&[b"a,b\n1,\xc6NK\n\xc3\x86,\"\xc3\x86\"\"\"\n\x80,x\n"]);
    assert_eq!(mixed.rows(&either).unwrap(), ["1|ÆNK", "Æ|Æ\"", "€|x"]);

    let (table, _) = files.csv(&utf8).unwrap();
    let request = ScanRequest { columns: vec![0], batch_rows: 10, ..Default::default() };
    let scan = Scan::new(files.sources(), &ScanFormat::Csv(table), request, 1, &Notes::default());
    assert_eq!(read(Arc::new(scan), 1).unwrap(), ["1"]);
}

#[test]
fn texts_that_are_null_in_one_column() {
    let files = Files::new(&[b"a,b,c\n-,-,1\nx,x,-\n\"-\",,3\n", b"b,a\n-,x\n"]);
    let nullstr_of = vec![("A".to_owned(), vec!["-".to_owned()]), ("b".to_owned(), vec!["x".to_owned()])];
    let options = CsvOptions { nullstr_of, ..CsvOptions::default() };
    assert_eq!(files.rows(&options).unwrap(), ["∅|-|1", "x|∅|∅", "∅|∅|3", "x|-|∅"]);
    let bare = CsvOptions { nulls_in_quotes: false, ..options };
    assert_eq!(files.rows(&bare).unwrap()[2], "-|∅|3");
}

#[test]
fn a_column_is_forgone_where_the_rule_allows_it() {
    let files = Files::new(&[b"a,b,c\n1,2,3\n", b"a,b,c\n4,x,y\n5,6,7\n"]);
    let integer = |name: &str| (name.to_owned(), ColumnType::Int64.into());
    let types = vec![integer("a"), integer("b"), integer("c")];
    let (table, request) = files.csv(&CsvOptions { types, ..Default::default() }).unwrap();
    let scan = |rule: Box<ForgoRule>| {
        let format = ScanFormat::Csv(table.clone());
        Arc::new(
            Scan::new(files.sources(), &format, request.clone(), 1, &Notes::default()).with_forgo_rule(rule),
        )
    };
    let found: Vec<String> = items(&scan(Box::new(|column, _| column > 0)), 1)
        .unwrap()
        .iter()
        .map(|item| match item {
            ScanItem::Batch { batch, place } => {
                let rows: Vec<_> = (0..batch.num_rows()).map(|row| row_text(batch, row)).collect();
                format!("{}: {}", place.file, rows.join(" "))
            }
            ScanItem::ColumnForgone { column, error, is_checked } => {
                assert!(is_checked, "plain bytes are what they are");
                format!("no {column}: {}", error.to_string().rsplit_once(": ").unwrap().1)
            }
        })
        .collect();
    let expected = [
        "0: 1|2|3",
        "no 1: expected an integer, found \"x\"",
        "no 2: expected an integer, found \"y\"",
        "1: 4|∅|∅ 5|∅|∅",
    ];
    assert_eq!(found, expected);
    let error = items(&scan(Box::new(|_, forgone| forgone.is_empty())), 1).unwrap_err();
    assert!(error.to_string().contains("column \"c\""), "{error}");
}

#[test]
fn rows_can_be_counted_without_columns() {
    let files = Files::new(&[b"a,b\n1,2\n3,4\n"]);
    let (table, _) = files.csv(&CsvOptions::default()).unwrap();
    let request = ScanRequest { columns: vec![], batch_rows: 10, ..Default::default() };
    let scan = Scan::new(files.sources(), &ScanFormat::Csv(table), request, 1, &Notes::default());
    assert_eq!(read(Arc::new(scan), 1).unwrap().len(), 2);
}

#[test]
fn options_are_obeyed() {
    let text = b"junk\nmore \"junk\n# note\na;'b'\n1;'x;''y'\n# note\nNIL;NIL\n";
    let options = CsvOptions {
        skip: 2.into(),
        comment: Some(b'#').into(),
        delim: Some(b';'.into()),
        quote: Some(b'\'').into(),
        nullstr: vec!["NIL".into()],
        ..Default::default()
    };
    assert_eq!(Files::new(&[text]).rows(&options).unwrap(), ["1|x;'y", "∅|∅"]);
    let columns = Some(vec![("x".to_owned(), ColumnType::Int8.into())]);
    let options = CsvOptions { header: HeaderMode::Present, columns, ..Default::default() };
    assert_eq!(Files::new(&[b"a\n1\n"]).rows(&options).unwrap(), ["1"]);
    let escape = CsvOptions { escape: Some(b'\\').into(), ..Default::default() };
    assert_eq!(Files::new(&[b"a,b\n1,\"x\\\"\\\\\"\n"]).rows(&escape).unwrap(), ["1|x\"\\"]);
}

#[test]
fn records_behind_the_header_are_left_out() {
    let text = "name,len\n# note\n\"a\nb\",cm\n\n,\nx,1\ny,2\n";
    let options = CsvOptions {
        header: HeaderMode::Present,
        skip_after_header: 2,
        comment: Some(b'#').into(),
        ..Default::default()
    };
    let read_by = |text: &str, chunk_len| {
        let files = Files::new(&[text.as_bytes(), text.as_bytes()]);
        let (table, request) = files.csv(&options).unwrap();
        assert_eq!(table.columns()[1].ty, ColumnType::Int64);
        let scan = Scan::new(files.sources(), &ScanFormat::Csv(table), request, 1, &Notes::default());
        read(Arc::new(scan.with_chunk_len(chunk_len)), 1)
    };
    let long = "z,3\n".repeat(SAMPLE_LEN_BYTES / 4);
    for chunk_len in (1..50).chain([1 << 20]) {
        assert_eq!(read_by(text, chunk_len).unwrap(), ["x|1", "y|2", "x|1", "y|2"]);
    }
    let error = read_by(&format!("{text}{long}x,y\n"), 1 << 16).unwrap_err().to_string();
    assert!(error.contains(&format!(": line {}, column \"len\"", 9 + SAMPLE_LEN_BYTES / 4)), "{error}");
    let whole = CsvOptions { whole_files: true, ..options.clone() };
    let files = Files::new(&[format!("{text}{long}x,\n").as_bytes()]);
    assert_eq!(files.csv(&whole).unwrap().0.columns()[1].ty, ColumnType::Int64);
    // A file that ends before.
    assert!(Files::new(&[b"name,len\na,b\n"]).rows(&options).unwrap().is_empty());
}

#[test]
fn long_records_are_bounded() {
    let long = format!("a,b\n1,{}\n", "x".repeat(3 << 20));
    let bounded = CsvOptions { max_record_bytes: 1 << 20, ..Default::default() };
    let error = Files::new(&[long.as_bytes()]).rows(&bounded).unwrap_err();
    assert!(error.to_string().contains("line 2: the record is longer than 1048576 bytes"), "{error}");
    assert_eq!(Files::new(&[long.as_bytes()]).rows(&CsvOptions::default()).unwrap().len(), 1);
}

#[test]
fn missing_file_is_an_error() {
    let file = SourceFile { path: PathBuf::from("no/such.csv"), len_bytes: 0, modified: None };
    let error = infer_csv(std::slice::from_ref(&file), &CsvOptions::default()).unwrap_err();
    assert!(error.to_string().starts_with("no/such.csv: cannot open"), "{error}");
    let request = ScanRequest { columns: vec![], batch_rows: 10, ..Default::default() };
    let format = ScanFormat::Text(TextOptions::default());
    let scan = Arc::new(Scan::new(vec![file], &format, request, 2, &Notes::default()));
    assert!(items(&scan, 2).unwrap_err().to_string().starts_with("no/such.csv: cannot open"));
}

fn lines(bytes: &[u8], columns: Vec<usize>, options: TextOptions) -> Result<Vec<String>> {
    let files = Files::new(&[bytes]);
    let request = ScanRequest { columns, batch_rows: 3, ..Default::default() };
    let scan = Scan::new(files.sources(), &ScanFormat::Text(options), request, 1, &Notes::default());
    read(Arc::new(scan), 1)
}

#[test]
fn line_ends() {
    let lines = |bytes| lines(bytes, vec![0], TextOptions::default()).unwrap();
    assert_eq!(lines(b""), [""; 0]);
    assert_eq!(lines(b"\n"), [""]);
    assert_eq!(lines(b"a\r\n\r\nb\rc\nd"), ["a", "", "b\rc", "d"]);
}

#[test]
fn counting_needs_no_text() {
    assert_eq!(lines(b"\xff\n\xfe\nx\ny", vec![], TextOptions::default()).unwrap().len(), 4);
}

#[test]
fn wrong_bytes_name_the_line() {
    let error = lines(b"a\nb\xffc\n", vec![0], TextOptions::default()).unwrap_err().to_string();
    assert!(error.ends_with("line 2, column \"line\": expected UTF-8 text, found \"b\\xffc\""), "{error}");
}

#[test]
fn long_lines_are_bounded() {
    let options = TextOptions { max_record_bytes: 1 << 20, ..Default::default() };
    let error = lines(&vec![b'x'; 3 << 20], vec![0], options).unwrap_err();
    assert!(error.to_string().contains("line 1: the record is longer"), "{error}");
}

/// Keeps rows whose first column is at least a number.
#[derive(Debug)]
struct AtLeast(i64);

impl RowFilter for AtLeast {
    fn columns(&self) -> &[usize] {
        &[0]
    }

    fn keep(&self, columns: &[ArrayRef]) -> Option<arrow_array::BooleanArray> {
        let numbers = arrow_array::cast::AsArray::as_primitive::<arrow_array::types::Int64Type>(&columns[0]);
        Some(numbers.iter().map(|number| number.map(|number| number >= self.0)).collect())
    }
}

#[test]
fn what_is_left_out_is_not_converted() {
    let files = Files::new(&[b"n,t\n1,x\n2,\xff\n30,y\n4,\xff\n"]);
    let types = vec![("n".to_owned(), ColumnType::Int64.into()), ("t".to_owned(), ColumnType::Text.into())];
    let (table, request) = files.csv(&CsvOptions { types, ..rfc4180() }).unwrap();
    let with = |filter: ScanFilter| {
        let (format, request) = (ScanFormat::Csv(table.clone()), ScanRequest { filter, ..request.clone() });
        read(Arc::new(Scan::new(files.sources(), &format, request, 1, &Notes::default())), 1)
    };
    assert!(with(ScanFilter::default()).is_err());
    let rows: Option<Arc<dyn RowFilter>> = Some(Arc::new(AtLeast(10)));
    assert_eq!(with(ScanFilter { rows, ..ScanFilter::default() }).unwrap(), ["30|y"]);
    let raw = Some(RawFilter::new(vec![b"y".to_vec(), b"1,".to_vec()]).unwrap());
    assert_eq!(with(ScanFilter { raw, ..ScanFilter::default() }).unwrap(), ["1|x", "30|y"]);
}

/// The plain dialect, with nothing left to guess.
pub(super) fn rfc4180() -> CsvOptions {
    CsvOptions {
        delim: Some(b','.into()),
        quote: Some(b'"').into(),
        escape: None.into(),
        comment: None.into(),
        skip: 0.into(),
        encoding: Encoding::Utf8.into(),
        ..Default::default()
    }
}

/// A file of every codec: each takes another way from disk to chunks.
pub(crate) fn compressed(bytes: &[u8], codec: Codec) -> Vec<u8> {
    let mut compressor = crate::Compressor::new(codec, None, Vec::new()).unwrap();
    std::io::Write::write_all(&mut compressor, bytes).unwrap();
    compressor.finish().unwrap()
}

/// Tables with values of two columns that need quotes now and then.
fn csv_text() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        3 => "[a-c]{0,3}",
        1 => "[a-c]{12,30}",
        1 => "\"([a-c,\n]|\"\"|\r\n){0,9}\"",
        1 => prop::sample::select(vec!["\"a\"b", "a\"", "ä", "\"ä\r\"", "\"\""]).prop_map(str::to_owned),
    ];
    let number = prop_oneof![4 => "-?[0-9]{1,9}", 1 => "NA|\"7\"| 8"];
    let end = prop::sample::select(vec!["\n", "\n", "\r\n", "\r", "\n\n"]);
    let row = (number, text, end).prop_map(|(number, text, end)| format!("{number},{text}{end}"));
    prop::collection::vec(row, 0..60).prop_map(|rows| format!("n,t\n{}", rows.concat()))
}

/// The same by the `csv` crate, which knows no `\r` alone among the line ends it counts but ends records
/// there, too.
fn csv_oracle(text: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let row = |record: csv::StringRecord| {
        let number = record[0].trim();
        let number =
            if number == "NA" { "∅".to_owned() } else { number.parse::<i64>().unwrap().to_string() };
        format!("{number}|{}", &record[1])
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn the_same_rows_however_chunks_are_cut(
        text in csv_text(),
        chunk_len in 4usize..300,
        workers in 1usize..5,
        codec in prop::sample::select(Codec::WRITTEN.to_vec()),
    ) {
        let files = Files::new(&[&compressed(text.as_bytes(), codec)]);
        let types = vec![("n".to_owned(), ColumnType::Int64.into()), ("t".to_owned(), ColumnType::Text.into())];
        let options = CsvOptions { types, header: HeaderMode::Present, delim: Some(b','.into()), ..rfc4180() };
        let (table, request) = files.csv(&options).unwrap();
        let mut expected: Vec<String> = csv_oracle(&text);
        for set in InstructionSet::all() {
            let format = ScanFormat::Csv(table.clone());
            let scan = Scan::new(files.sources(), &format, request.clone(), workers, &Notes::default());
            let scan = scan.with_chunk_len(chunk_len).with_instruction_set(*set);
            let mut found = read(Arc::new(scan), workers).unwrap();
            // Null and the empty text are the same to the oracle.
            found.iter_mut().for_each(|row| if row.ends_with("|∅") { row.truncate(row.len() - "∅".len()) });
            if workers > 1 {
                found.sort();
                expected.sort();
            }
            prop_assert_eq!(found, expected.clone());
        }
    }

    #[test]
    fn filters_leave_out_no_row_that_is_wanted(
        text in csv_text(),
        chunk_len in 4usize..2000,
        workers in 1usize..3,
        least in 0i64..100_000,
        literals in prop::collection::vec("[ab]{1,2}|ä", 0..3),
        by_number in any::<bool>(),
    ) {
        let files = Files::new(&[text.as_bytes()]);
        let types = vec![("n".to_owned(), ColumnType::Int64.into()), ("t".to_owned(), ColumnType::Text.into())];
        let options = CsvOptions { types, header: HeaderMode::Present, delim: Some(b','.into()), ..rfc4180() };
        let (table, mut request) = files.csv(&options).unwrap();
        let all = files.rows(&options).unwrap();
        request.filter = ScanFilter {
            raw: RawFilter::new(literals.iter().map(|literal| literal.clone().into_bytes()).collect()).ok(),
            rows: by_number.then(|| Arc::new(AtLeast(least)) as Arc<dyn RowFilter>),
            groups: None,
        };
        let format = ScanFormat::Csv(table);
        let scan = Scan::new(files.sources(), &format, request, workers, &Notes::default());
        let found = read(Arc::new(scan.with_chunk_len(chunk_len)), workers).unwrap();
        let is_wanted = |row: &&String| {
            let (number, text) = row.split_once('|').unwrap();
            (!by_number || number.parse().is_ok_and(|number: i64| number >= least))
                && (literals.is_empty() || literals.iter().any(|literal| text.contains(literal)))
        };
        let wanted = |rows: &[String]| {
            let mut rows: Vec<String> = rows.iter().filter(is_wanted).cloned().collect();
            rows.sort();
            rows
        };
        prop_assert_eq!(wanted(&found), wanted(&all));
        prop_assert!(found.len() <= all.len());
    }

    #[test]
    fn a_filter_of_lines_leaves_out_no_line_that_is_wanted(
        lines in prop::collection::vec("[a-d]{0,30}", 0..200),
        chunk_len in 4usize..2000,
    ) {
        let files = Files::new(&[lines.join("\r\n").as_bytes()]);
        let filter = ScanFilter { raw: Some(RawFilter::new(vec![b"abc".to_vec()]).unwrap()), ..ScanFilter::default() };
        let request = ScanRequest { columns: vec![0], batch_rows: 3, filter };
        let format = ScanFormat::Text(TextOptions::default());
        let scan = Scan::new(files.sources(), &format, request, 1, &Notes::default());
        let found = read(Arc::new(scan.with_chunk_len(chunk_len)), 1).unwrap();
        let wanted = |line: &&String| line.contains("abc");
        prop_assert_eq!(found.iter().filter(wanted).count(), lines.iter().filter(wanted).count());
    }

    #[test]
    fn what_workers_give_in_order_can_be_merged(
        lengths in prop::collection::vec(0usize..300, 1..6),
        chunk_len in 4usize..100,
        workers in 1usize..6,
        codec in prop::sample::select(vec![Codec::Plain, Codec::Gzip]),
    ) {
        let mut expected = Vec::new();
        let texts: Vec<Vec<u8>> = lengths.iter().enumerate().map(|(file, len)| {
            let lines: Vec<String> = (0..*len).map(|line| format!("{file} {line}")).collect();
            expected.extend(lines.clone());
            compressed(lines.join("\n").as_bytes(), codec)
        }).collect();
        let files = Files::new(&texts.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let request = ScanRequest { columns: vec![0], batch_rows: 3, ..Default::default() };
        let format = ScanFormat::Text(TextOptions::default());
        let scan = Scan::new(files.sources(), &format, request, workers, &Notes::default());
        let given = read_by_worker(&Arc::new(scan.with_chunk_len(chunk_len).in_order()), workers);
        for rows in &given {
            prop_assert!(rows.is_sorted_by_key(|(place, _)| *place));
        }
        let mut merged = given.concat();
        merged.sort_by_key(|(place, _)| *place);
        let rows: Vec<String> = merged.into_iter().map(|(_, row)| row).collect();
        prop_assert_eq!(rows, expected);
    }

    #[test]
    fn lines_as_the_standard_library(text in "[a\r\nä]{0,200}", chunk_len in 4usize..100, workers in 1usize..5) {
        let files = Files::new(&[text.as_bytes()]);
        let request = ScanRequest { columns: vec![0], batch_rows: 3, ..Default::default() };
        let format = ScanFormat::Text(TextOptions::default());
        let scan = Scan::new(files.sources(), &format, request, workers, &Notes::default());
        let mut found = read(Arc::new(scan.with_chunk_len(chunk_len)), workers).unwrap();
        // A `\r` that ends the file ends its line.
        let whole = if text.ends_with('\r') { format!("{text}\n") } else { text };
        let mut expected: Vec<String> = whole.lines().map(str::to_owned).collect();
        if workers > 1 {
            found.sort();
            expected.sort();
        }
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn lines_that_another_byte_ends(
        text in "[a;\r\nä]{0,200}",
        end in prop::sample::select(vec![";", "\r", "a"]),
        (chunk_len, workers) in (4usize..100, 1usize..5),
    ) {
        let files = Files::new(&[text.as_bytes()]);
        let format = ScanFormat::Text(TextOptions { line_end: end.as_bytes()[0], ..TextOptions::default() });
        let scan = |columns| {
            let request = ScanRequest { columns, batch_rows: 3, ..Default::default() };
            let scan = Scan::new(files.sources(), &format, request, workers, &Notes::default());
            Arc::new(scan.with_chunk_len(chunk_len))
        };
        let mut found = read(scan(vec![0]), workers).unwrap();
        let mut expected: Vec<String> = text.split_terminator(end).map(str::to_owned).collect();
        prop_assert_eq!(read(scan(vec![]), workers).unwrap().len(), expected.len());
        if workers > 1 {
            found.sort();
            expected.sort();
        }
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn a_worker_that_leaves_leaves_its_file_to_the_others() {
    let text = "x\n".repeat(100_000);
    let files = Files::new(&[text.as_bytes(); 3]);
    for ordered in [false, true] {
        let request = ScanRequest { columns: vec![], batch_rows: 8192, ..Default::default() };
        let format = ScanFormat::Text(TextOptions::default());
        let mut scan =
            Scan::new(files.sources(), &format, request, 2, &Notes::default()).with_chunk_len(1000);
        if ordered {
            scan = scan.in_order();
        }
        let scan = Arc::new(scan);
        let mut leaving = scan.worker();
        let Poll::Ready(Some(Ok(ScanItem::Batch { batch, .. }))) =
            leaving.poll_next(&Context::from_waker(Waker::noop()))
        else {
            panic!("it is alone yet")
        };
        let mut rows = batch.num_rows();
        let staying = scan.worker();
        thread::scope(|scope| {
            let rest = scope.spawn(|| drive(staying).unwrap());
            thread::sleep(std::time::Duration::from_millis(20));
            drop(leaving);
            for item in rest.join().unwrap() {
                let ScanItem::Batch { batch, .. } = item else { panic!("no column is forgone") };
                rows += batch.num_rows();
            }
        });
        assert_eq!(rows, 300_000);
    }
}
