//! Tables written by the reference writer, and read by any number of workers.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{
    Array, ArrayRef, DictionaryArray, FixedSizeListArray, Float64Array, Int32Array, Int64Array,
    LargeListArray, ListArray, RecordBatch, StringArray, StructArray,
};
use arrow_buffer::OffsetBuffer;
use arrow_cast::display::array_value_to_string;
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::data_type::{ByteArray, FixedLenByteArray, FixedLenByteArrayType};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;

use super::*;
use crate::notes::Notes;
use crate::scan::{Place, Scan, ScanFormat, ScanItem};
use crate::scanner::ScanRequest;
use crate::scanner::filter::{GroupBounds, GroupFilter, ScanFilter};

const ROWS: i64 = 1000;

fn write(path: &Path, columns: Vec<(&str, ArrayRef)>, codec: Compression) {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties =
        WriterProperties::builder().set_max_row_group_row_count(Some(300)).set_compression(codec).build();
    let file = fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn numbers(from: i64) -> ArrayRef {
    Arc::new(Int64Array::from_iter((from..from + ROWS).map(|number| (number % 7 > 0).then_some(number))))
}

fn texts() -> ArrayRef {
    Arc::new(StringArray::from_iter_values((0..ROWS).map(|number| format!("text number {number}"))))
}

fn file(path: &Path) -> SourceFile {
    crate::expand(&[path.to_str().unwrap()]).unwrap().remove(0)
}

/// All rows as text, with the places of their batches.
fn read(files: &[SourceFile], columns: &[usize], workers: usize) -> Result<Vec<(Place, String)>> {
    read_filtered(files, columns, workers, None)
}

fn read_filtered(
    files: &[SourceFile],
    columns: &[usize],
    workers: usize,
    groups: Option<Arc<dyn GroupFilter>>,
) -> Result<Vec<(Place, String)>> {
    let table = infer_parquet(files)?;
    let filter = ScanFilter { groups, ..ScanFilter::default() };
    let request = ScanRequest { columns: columns.to_vec(), batch_rows: 100, filter };
    let format = ScanFormat::Parquet(table);
    let scan = Arc::new(Scan::new(files.to_vec(), &format, request, workers, &Notes::default()));
    let mut open: Vec<_> = (0..workers).map(|_| scan.worker()).collect();
    let mut rows = Vec::new();
    let context = Context::from_waker(Waker::noop());
    while !open.is_empty() {
        // By turns, so that all of them have something to do.
        let mut next = Vec::new();
        for mut worker in open {
            match worker.poll_next(&context) {
                Poll::Ready(Some(Ok(ScanItem::Batch { batch, place }))) => {
                    assert_eq!(batch.schema(), worker.schema());
                    rows.extend((0..batch.num_rows()).map(|row| (place, line(&batch, row))));
                    next.push(worker);
                }
                Poll::Ready(Some(Ok(item))) => panic!("{item:?}"),
                Poll::Ready(Some(Err(error))) => return Err(error),
                Poll::Ready(None) => {}
                Poll::Pending => next.push(worker),
            }
        }
        open = next;
    }
    assert_eq!(scan.compressed_bytes(), scan.total_bytes());
    assert_eq!(scan.opened_files(), files.len() as u64);
    rows.sort_by_key(|(place, _)| *place);
    Ok(rows)
}

fn line(batch: &RecordBatch, row: usize) -> String {
    let value = |column: &ArrayRef| match column.is_null(row) {
        true => "null".to_owned(),
        false => array_value_to_string(column, row).unwrap(),
    };
    batch.columns().iter().map(value).collect::<Vec<_>>().join(",")
}

#[test]
fn rows_are_read_by_any_number_of_workers_and_codec() {
    let dir = tempfile::tempdir().unwrap();
    let codecs = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(Default::default()),
        Compression::LZ4_RAW,
        Compression::ZSTD(Default::default()),
    ];
    let mut files = Vec::new();
    let mut expected = Vec::new();
    for (number, codec) in (0..).zip(codecs) {
        let path = dir.path().join(format!("{number}.parquet"));
        write(&path, vec![("n", numbers(number * ROWS)), ("t", texts())], codec);
        files.push(file(&path));
        expected.extend((0..ROWS).map(|row| match (number * ROWS + row) % 7 {
            0 => format!("text number {row},null"),
            _ => format!("text number {row},{}", number * ROWS + row),
        }));
    }
    for workers in [1, 2, 5] {
        let rows = read(&files, &[1, 0], workers).unwrap();
        assert_eq!(rows.into_iter().map(|(_, row)| row).collect::<Vec<_>>(), expected);
    }
    assert_eq!(read(&files, &[], 2).unwrap().len(), expected.len());
    let table = infer_parquet(&files).unwrap();
    assert_eq!(table.rows(), expected.len() as u64);
    assert!(table.bytes_of(&files, &[0]) > 0 && table.bytes_of(&files, &[]) == 0);
    assert!(table.notes().is_empty());
}

#[test]
fn threads_read_row_groups_of_one_file_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.parquet");
    write(&path, vec![("n", numbers(0)), ("t", texts())], Compression::SNAPPY);
    let files = vec![file(&path)];
    for _ in 0..50 {
        let format = ScanFormat::Parquet(infer_parquet(&files).unwrap());
        let request = ScanRequest { columns: vec![1, 0], batch_rows: 20, ..ScanRequest::default() };
        let scan = Arc::new(Scan::new(files.clone(), &format, request, 4, &Notes::default()));
        let count = || {
            let mut worker = scan.worker();
            let mut rows = 0;
            while let Poll::Ready(Some(item)) = worker.poll_next(&Context::from_waker(Waker::noop())) {
                let ScanItem::Batch { batch, .. } = item.unwrap() else { panic!("no value is wrong") };
                rows += batch.num_rows();
            }
            rows
        };
        let rows: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(count)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(rows, ROWS as usize);
    }
}

#[test]
fn no_more_read_at_once_than_memory_allows() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.parquet");
    write(&path, vec![("n", numbers(0)), ("t", texts())], Compression::SNAPPY);
    let files = vec![file(&path)];
    for (bytes, expected) in [(0, 1), (9 << 20, 2), (1 << 30, 4)] {
        let format = ScanFormat::Parquet(infer_parquet(&files).unwrap());
        let request = ScanRequest { columns: vec![0, 1], batch_rows: 100, ..ScanRequest::default() };
        let scan = Scan::new(files.clone(), &format, request, 4, &Notes::default()).within_memory(bytes);
        let scan = Arc::new(scan);
        let mut workers: Vec<_> = (0..4).map(|_| scan.worker()).collect();
        let context = Context::from_waker(Waker::noop());
        let mut rows = 0;
        let mut reads = |worker: &mut crate::scan::Worker| match worker.poll_next(&context) {
            Poll::Ready(Some(Ok(ScanItem::Batch { batch, .. }))) => {
                // Texts of a batch hold no page.
                assert!(batch.get_array_memory_size() < 20_000, "{}", batch.get_array_memory_size());
                rows += batch.num_rows();
                true
            }
            _ => false,
        };
        assert_eq!(workers.iter_mut().filter_map(|worker| reads(worker).then_some(())).count(), expected);
        workers.iter_mut().for_each(|worker| while reads(worker) {});
        assert_eq!(rows, ROWS as usize);
    }
}

#[test]
fn batches_of_wide_rows_are_short() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.parquet");
    let wide: ArrayRef = Arc::new(StringArray::from_iter_values((0..400).map(|row| format!("{row:05000}"))));
    write(&path, vec![("t", wide)], Compression::SNAPPY);
    let files = vec![file(&path)];
    for (bytes, expected) in [(0, 104), (32 << 20, 300)] {
        let format = ScanFormat::Parquet(infer_parquet(&files).unwrap());
        let request = ScanRequest { columns: vec![0], batch_rows: 8192, ..ScanRequest::default() };
        let scan = Scan::new(files.clone(), &format, request, 1, &Notes::default()).within_memory(bytes);
        let (mut worker, mut lens) = (Arc::new(scan).worker(), Vec::new());
        while let Poll::Ready(Some(item)) = worker.poll_next(&Context::from_waker(Waker::noop())) {
            let ScanItem::Batch { batch, .. } = item.unwrap() else { panic!("no value is wrong") };
            lens.push(batch.num_rows());
        }
        assert_eq!((lens.iter().sum::<usize>(), lens[0]), (400, expected), "{lens:?}");
    }
}

#[test]
fn days_and_lists_of_one_length_are_read_as_others() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.parquet");
    let days: ArrayRef = Arc::new(arrow_array::Date64Array::from(vec![Some(86_400_000), None]));
    let item = Arc::new(Field::new("item", DataType::Int64, true));
    let values: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3, 4]));
    let pairs = FixedSizeListArray::new(item, 2, values, None);
    write(&path, vec![("d", days), ("p", Arc::new(pairs))], Compression::SNAPPY);
    let files = [file(&path)];
    let types: Vec<_> = infer_parquet(&files)
        .unwrap()
        .schema()
        .fields()
        .iter()
        .map(|field| field.data_type().to_string())
        .collect();
    assert_eq!(types, ["Date32", "List(Int64)"]);
    let rows: Vec<_> = read(&files, &[0, 1], 1).unwrap().into_iter().map(|(_, row)| row).collect();
    assert_eq!(rows, ["1970-01-02,[1, 2]", "null,[3, 4]"]);
}

#[test]
fn lists_of_structs_that_differ_are_read_together() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| -> PathBuf { dir.path().join(name) };
    let structs = |names: &[&str]| -> ArrayRef {
        let member = |name: &&str| {
            let values: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
            (Arc::new(Field::new(*name, DataType::Int64, true)), values)
        };
        Arc::new(StructArray::from(names.iter().map(member).collect::<Vec<_>>()))
    };
    let item = |values: &ArrayRef| Arc::new(Field::new("item", values.data_type().clone(), true));
    let (a, b, c) = (structs(&["x"]), structs(&["x", "y"]), structs(&["y"]));
    let long = LargeListArray::new(item(&a), OffsetBuffer::from_lengths([2]), a, None);
    let plain = ListArray::new(item(&b), OffsetBuffer::from_lengths([2]), b, None);
    let pairs = FixedSizeListArray::new(item(&c), 2, c, None);
    for (name, list) in [("a", Arc::new(long) as ArrayRef), ("b", Arc::new(plain)), ("c", Arc::new(pairs))] {
        write(&path(name), vec![("l", list)], Compression::SNAPPY);
    }
    let rows = |names: &[&str]| -> Vec<String> {
        let files: Vec<_> = names.iter().map(|name| file(&path(name))).collect();
        read(&files, &[0], 1).unwrap().into_iter().map(|(_, row)| row).collect()
    };
    assert_eq!(rows(&["a", "b"]), ["[{x: 1, y: }, {x: 2, y: }]", "[{x: 1, y: 1}, {x: 2, y: 2}]"]);
    assert_eq!(rows(&["b", "c"]), ["[{x: 1, y: 1}, {x: 2, y: 2}]", "[{x: , y: 1}, {x: , y: 2}]"]);
    assert_eq!(rows(&["c", "a"]), ["[{y: 1, x: }, {y: 2, x: }]", "[{y: , x: 1}, {y: , x: 2}]"]);
}

#[test]
fn columns_of_files_belong_together_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| -> PathBuf { dir.path().join(name) };
    let plain = Compression::UNCOMPRESSED;
    let ints: ArrayRef = Arc::new(Int32Array::from(vec![1, 2]));
    let doubles: ArrayRef = Arc::new(Float64Array::from(vec![0.5, 1.5]));
    let kinds: DictionaryArray<arrow_array::types::Int8Type> = vec!["x", "y"].into_iter().collect();
    let inner: ArrayRef = Arc::new(StringArray::from(vec!["in", "out"]));
    let parts = StructArray::from(vec![(Arc::new(Field::new("a", DataType::Utf8, false)), inner)]);
    write(&path("a"), vec![("n", ints), ("kind", Arc::new(kinds)), ("part", Arc::new(parts))], plain);
    write(&path("b"), vec![("other", texts().slice(0, 2)), ("N", doubles)], plain);
    let files = [file(&path("a")), file(&path("b"))];
    let table = infer_parquet(&files).unwrap();
    let types: Vec<_> = table.schema().fields().iter().map(|field| field.data_type().to_string()).collect();
    assert_eq!(types, ["Float64", "Utf8View", "Struct(\"a\": Utf8View)", "Utf8View"]);
    assert!(table.notes()[0].ends_with("a has no \"other\""), "{:?}", table.notes());
    let rows: Vec<_> = read(&files, &[0, 1, 2, 3], 1).unwrap().into_iter().map(|(_, row)| row).collect();
    let expected = [
        "1.0,x,{a: in},null",
        "2.0,y,{a: out},null",
        "0.5,null,null,text number 0",
        "1.5,null,null,text number 1",
    ];
    assert_eq!(rows, expected);
    // A number and a text have no type in common.
    write(&path("c"), vec![("n", texts())], plain);
    let error = infer_parquet(&[file(&path("a")), file(&path("c"))]).unwrap_err();
    let told =
        format!("column \"n\" is of the type text, and of the type integer in {}", path("a").display());
    assert!(error.to_string().ends_with(&told), "{error}");
}

#[test]
fn parts_of_columns_belong_together_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| -> PathBuf { dir.path().join(name) };
    let member = |name: &str, ty| Arc::new(Field::new(name, ty, true));
    let ints = |values: Vec<i32>| -> ArrayRef { Arc::new(Int32Array::from(values)) };
    let of_one = StructArray::from(vec![(member("a", DataType::Int32), ints(vec![1]))]);
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
    let doubles: ArrayRef = Arc::new(Float64Array::from(vec![2.5]));
    let of_both = StructArray::from(vec![
        (member("b", DataType::Utf8), texts),
        (member("a", DataType::Float64), doubles),
    ]);
    let list = |values: StructArray| -> ArrayRef {
        let offsets = OffsetBuffer::from_lengths([1]);
        let item = Arc::new(Field::new("item", values.data_type().clone(), true));
        Arc::new(ListArray::new(item, offsets, Arc::new(values), None))
    };
    write(&path("a"), vec![("l", list(of_one))], Compression::UNCOMPRESSED);
    write(&path("b"), vec![("l", list(of_both))], Compression::UNCOMPRESSED);
    let rows: Vec<_> = read(&[file(&path("a")), file(&path("b"))], &[0], 1).unwrap();
    let rows: Vec<_> = rows.into_iter().map(|(_, row)| row).collect();
    assert_eq!(rows, ["[{a: 1.0, b: }]", "[{a: 2.5, b: x}]"]);
}

/// Keeps row groups that may have a number in the first column.
#[derive(Debug)]
struct Has(i64);

impl GroupFilter for Has {
    fn columns(&self) -> &[usize] {
        &[0, 1]
    }

    fn may_keep(&self, bounds: &GroupBounds) -> bool {
        let [(0, bounds)] = bounds.columns.as_slice() else { panic!("{bounds:?}") };
        let value = |bound: &ArrayRef| bound.as_primitive::<Int64Type>().value(0);
        assert!(bounds.nulls > Some(0));
        (value(&bounds.least)..=value(&bounds.greatest)).contains(&self.0)
    }
}

#[test]
fn row_groups_are_passed_over_by_their_bounds() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.parquet");
    // Bounds of doubles leave out NaN, and are not told.
    let doubles: ArrayRef = Arc::new(Float64Array::from_iter_values((0..ROWS).map(|row| row as f64)));
    write(&path, vec![("n", numbers(0)), ("x", doubles)], Compression::SNAPPY);
    let rows = read_filtered(&[file(&path)], &[1, 0], 2, Some(Arc::new(Has(650)))).unwrap();
    let rows: Vec<_> = rows.into_iter().map(|(_, row)| row).collect();
    assert_eq!((rows.len(), rows[0].as_str()), (300, "600.0,600"));
    assert!(read_filtered(&[file(&path)], &[0], 2, Some(Arc::new(Has(-1)))).unwrap().is_empty());
}

#[test]
fn what_is_no_parquet_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.parquet");
    let told = |text: &[u8]| {
        fs::write(&path, text).unwrap();
        infer_parquet(&[file(&path)]).unwrap_err().to_string()
    };
    assert!(told(b"").ends_with("expected Parquet, found something else"));
    assert!(told(b"a,b\n1,2\n3,4\n5,6\n").ends_with("expected Parquet, found something else"));
    assert!(told(b"PAR1 is no footer PAR1").contains("the footer cannot be read"));
    write(&path, vec![("n", numbers(0))], Compression::UNCOMPRESSED);
    let known = file(&path);
    write(&path, vec![("n", numbers(0)), ("t", texts())], Compression::UNCOMPRESSED);
    let error = infer_parquet(&[known]).unwrap_err();
    assert!(error.to_string().ends_with("has changed since it was looked at"), "{error}");
}

#[test]
fn damage_is_an_error_and_no_panic() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.parquet");
    write(&path, vec![("n", numbers(0)), ("t", texts())], Compression::SNAPPY);
    let whole = fs::read(&path).unwrap();
    for cut in (0..whole.len()).step_by(97) {
        fs::write(&path, &whole[..cut]).unwrap();
        assert!(read(&[file(&path)], &[0, 1], 2).is_err(), "{cut}");
    }
    let mut errors = 0;
    for at in (4..whole.len()).step_by(31) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        fs::write(&path, &bytes).unwrap();
        errors += usize::from(read(&[file(&path)], &[0, 1], 2).is_err());
    }
    assert!(errors > 10, "{errors}");
}

#[test]
fn columns_of_one_name_are_numbered() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.parquet");
    let field = |name| Field::new(name, DataType::Int64, true);
    let schema = Arc::new(Schema::new(vec![field("n"), field("n")]));
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![numbers(0), numbers(5)]).unwrap();
    let mut writer = ArrowWriter::try_new(fs::File::create(&path).unwrap(), schema, None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let table = infer_parquet(&[file(&path)]).unwrap();
    let names: Vec<_> = table.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["n", "n_1"]);
    assert_eq!(read(&[file(&path)], &[1], 1).unwrap()[0].1, "5");
}

#[test]
fn uuids_are_text() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ids.parquet");
    let schema =
        "message m { optional fixed_len_byte_array(16) id (UUID); optional fixed_len_byte_array(16) b; }";
    let schema = Arc::new(parquet::schema::parser::parse_message_type(schema).unwrap());
    let mut writer =
        SerializedFileWriter::new(fs::File::create(&path).unwrap(), schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    while let Some(mut column) = group.next_column().unwrap() {
        let values = [0x8f, 0x01].map(|first| {
            let mut bytes = [0x1f; 16];
            bytes[0] = first;
            FixedLenByteArray::from(ByteArray::from(bytes.to_vec()))
        });
        column.typed::<FixedLenByteArrayType>().write_batch(&values, Some(&[1, 0, 1]), None).unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    let rows = read(&[file(&path)], &[0], 1).unwrap();
    let rows: Vec<&str> = rows.iter().map(|(_, row)| row.as_str()).collect();
    assert_eq!(
        rows,
        ["8f1f1f1f-1f1f-1f1f-1f1f-1f1f1f1f1f1f", "null", "011f1f1f-1f1f-1f1f-1f1f-1f1f1f1f1f1f"]
    );
    assert_eq!(
        infer_parquet(&[file(&path)]).unwrap().schema.field(1).data_type(),
        &DataType::FixedSizeBinary(16)
    );
}
