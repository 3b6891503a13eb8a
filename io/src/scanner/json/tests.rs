use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::scan::tests::{Files, compressed, read};
use crate::scan::{Scan, ScanFormat};
use crate::scanner::ScanRequest;

/// Rows as text, of all columns.
fn rows(files: &Files, options: &JsonOptions, chunk_len: usize, workers: usize) -> Result<Vec<String>> {
    let table = infer_json(&files.sources(), options)?;
    let columns = (0..table.columns().len()).collect();
    let request = ScanRequest { columns, batch_rows: 8192, ..ScanRequest::default() };
    let scan = Scan::new(files.sources(), &ScanFormat::Json(table), request, workers, &Notes::default());
    read(Arc::new(scan.with_chunk_len(chunk_len)), workers)
}

fn rows_of(text: &str) -> Result<Vec<String>> {
    rows(&Files::new(&[text.as_bytes()]), &JsonOptions::default(), 1 << 20, 1)
}

#[test]
fn an_object_a_line() {
    let text = "{\"a\": 1, \"b\": \"x\\ty\"}\r\n\n{\"b\": null, \"a\": 2.5}\n  {\"c\": true}";
    assert_eq!(rows_of(text).unwrap(), ["1.0|x\ty|∅", "2.5|∅|∅", "∅|∅|true"]);
    assert_eq!(rows_of("").unwrap(), [""; 0]);
    // A record that is null has no values.
    assert_eq!(rows_of("null\n{\"a\": 1}\nnull\n{\"a\": 2}").unwrap(), ["∅", "1", "∅", "2"]);
    assert_eq!(rows_of("[null, {\"a\": 1},\n null, {\"a\": 2}, null\n]").unwrap(), ["∅", "1", "∅", "2", "∅"]);
    // Behind the last member or item there may be a comma.
    assert_eq!(rows_of("[{\"a\": 1,},\n{\"b\": [2, ], \"a\": 3},\n]").unwrap(), ["1|∅", "3|[2]"]);
}

#[test]
fn columns_are_declared_without_regard_to_case() {
    let files = Files::new(&[
        b"{\"userId\": 1, \"Url\": \"a\", \"b\": 1}\n{\"userId\": 2, \"url\": \"c\", \"B\": 2}\n",
    ]);
    let of = |names: &[&str]| {
        let declared = |name: &&str| ((*name).to_owned(), JsonType::Scalar(ColumnType::Text));
        Some(names.iter().map(declared).collect::<Vec<_>>())
    };
    let columns = |names: &[&str]| JsonOptions { columns: of(names), ..JsonOptions::default() };
    let read = |options: &JsonOptions| rows(&files, options, 1 << 20, 1).unwrap();
    assert_eq!(read(&columns(&["USERID", "b", "B"])), ["1|1|∅", "2|∅|2"]);
    assert_eq!(read(&columns(&["url"])), ["∅", "c"]);
    // Which of two keys is meant is not known.
    assert_eq!(read(&columns(&["URL"])), ["∅", "∅"]);
    let types = JsonOptions { types: of(&["userid", "x"]).unwrap(), ..JsonOptions::default() };
    let table = infer_json(&files.sources(), &types).unwrap();
    let named: Vec<_> =
        table.columns().iter().map(|column| (column.name.as_str(), column.inferred)).collect();
    assert_eq!(
        named,
        [("userId", false), ("Url", true), ("b", true), ("url", true), ("B", true), ("x", false)]
    );
}

#[test]
fn words_and_halves_of_characters() {
    let files = Files::new(&[br#"{"a": "true", "b": "x\ud83d"}"#, br#"{"a": false, "b": "\ud83d\ude00"}"#]);
    let types = vec![("a".to_owned(), JsonType::Scalar(ColumnType::Boolean))];
    let mut options = JsonOptions { types, ..JsonOptions::default() };
    let error = rows(&files, &options, 1 << 20, 1).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("column \"b\": expected a text with escapes of JSON, found \"x\\\\ud83d\""),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("utf8-lossy"));
    options.text.encoding = Encoding::Utf8Lossy;
    for chunk_len in [7, 1 << 20] {
        assert_eq!(rows(&files, &options, chunk_len, 1).unwrap(), ["true|x\u{fffd}", "false|😀"]);
    }
    options.on_error = OnError::Skip;
    assert_eq!(rows(&files, &options, 1 << 20, 1).unwrap(), ["true|x\u{fffd}", "false|😀"]);
}

#[test]
fn an_object_may_be_longer_than_what_is_looked_at() {
    let item = "  {\n    \"code\": \"aaa\"\n  },\n";
    let items = item.repeat(2 * SAMPLE_LEN_BYTES / item.len());
    let text = format!("{{\"list\": [\n{items}  {{}}\n],\n\"n\": 7}}\n");
    let table = infer_json(&Files::new(&[text.as_bytes()]).sources(), &JsonOptions::default()).unwrap();
    assert_eq!(table.columns().iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["list", "n"]);
    // What is wrong on the first line is no reason to look at all of them.
    let text = "{\"a\": 1,\n".to_owned() + &"{\"a\": 1}\n".repeat(SAMPLE_LEN_BYTES / 4);
    let error = rows_of(&text).unwrap_err().to_string();
    assert!(error.contains("line 1: expected"), "{error}");
}

#[test]
fn what_begins_with_no_object_is_told() {
    for (text, line, found) in [
        ("garbage\n{\"a\":1}\n", 1, "garbage"),
        ("\n true\n{\"a\":1}\n", 2, "true"),
        ("// header\n{\"a\":1}\n", 1, "// header"),
        ("[1, {}]", 1, "1, {}]"),
        ("1\n{}\n", 1, "1"),
        ("1 2\n", 1, "1 2"),
    ] {
        let error = rows_of(text).unwrap_err().to_string();
        assert!(error.ends_with(&format!("line {line}: expected an object, found \"{found}\"")), "{error}");
    }
    for (text, expected) in
        [("{'a': 1}\n", "a key in quotes"), ("{\"a\": 1,\n{\"a\": 2}\n", "a key in quotes")]
    {
        let files = Files::new(&[text.as_bytes()]);
        let error = infer_json(&files.sources(), &JsonOptions::default()).unwrap_err().to_string();
        assert!(error.contains(&format!("line 1: expected {expected}, found")), "{error}");
    }
    for text in ["{}\n{}\n", "[]", " \n", "[{}]"] {
        rows_of(text).unwrap();
    }
}

#[test]
fn objects_in_an_array_or_on_many_lines() {
    let expected = ["1|[x, ],]", "2|∅"];
    for text in [
        "[{\"a\": 1, \"b\": [\"x\", \"],\"]}, {\"a\": 2}]",
        "[\n  {\n    \"a\": 1,\n    \"b\": [\"x\", \"],\"]\n  },\n  {\"a\": 2}\n]\n",
        "{\n\"a\": 1, \"b\": [\"x\", \"],\"]}\n{\"a\": 2}",
    ] {
        for chunk_len in [4, 5, 7, 64, 1 << 20] {
            let found = rows(&Files::new(&[text.as_bytes()]), &JsonOptions::default(), chunk_len, 1);
            assert_eq!(found.unwrap(), expected, "{text} {chunk_len}");
        }
    }
}

#[test]
fn nested_values_and_values_of_several_types() {
    let text = "{\"s\": {\"x\": 1, \"y\": [{\"z\": 2}]}, \"m\": 1}\n{\"s\": {\"y\": []}, \"m\": {\"k\": [1]}}\n{\"m\": \"t\"}\n";
    assert_eq!(rows_of(text).unwrap(), ["{x: 1, y: [{z: 2}]}|1", "{x: , y: []}|{\"k\": [1]}", "∅|t"]);
}

#[test]
fn errors_have_their_place() {
    let ints = "{\"a\": 1, \"b\": \"2001-02-03\"}\n".repeat(30_000);
    let error = |last: &str| {
        let error = rows_of(&format!("{ints}{last}\n")).unwrap_err().to_string();
        error[error.find("line").unwrap()..].to_owned()
    };
    assert_eq!(error("{\"a\": 1.5}"), "line 30001, column \"a\": expected an integer, found \"1.5\"");
    assert_eq!(
        error("{\"b\": \"2001-02-03 04:05\"}"),
        "line 30001, column \"b\": expected a date (YYYY-MM-DD), found \"2001-02-03 04:05\""
    );
    assert_eq!(error("{\"a\": \"x\"}"), "line 30001, column \"a\": expected an integer, found \"x\"");
    assert_eq!(error("{\"a\": [1]}"), "line 30001, column \"a\": expected an integer, found \"[1]\"");
    assert_eq!(error("{\"a\": 1"), "line 30001: expected \",\" or \"}\", found \"{\\\"a\\\": 1\"");
    assert_eq!(error("{\"a\": 1} {}"), "line 30001: expected one object a line, found \"{\\\"a\\\": 1} {}\"");
    assert_eq!(
        error("{\"a\": 1, \"a\": 2}"),
        "line 30001: expected each key once, found \"{\\\"a\\\": 1, \\\"a\\\": 2}\""
    );
    assert_eq!(error("7"), "line 30001: expected an object, found \"7\"");
    let open = rows_of("[{\"a\": 1},\n{\"a\": 2}").unwrap_err().to_string();
    assert!(
        open.ends_with(
            "expected a value that is closed before the end of the file, found \"{\\\"a\\\": 2}\""
        ),
        "{open}"
    );
}

#[test]
fn numbers_that_are_none_in_json() {
    let text = "{\"a\": 1, \"b\": NaN}\n{\"a\": NaN, \"b\": -Infinity}\n{\"a\": 3, \"b\": Infinity, \"c\": [NaN, 1]}\n";
    assert_eq!(rows_of(text).unwrap(), ["1|∅|∅", "∅|-inf|∅", "3|inf|[, 1]"]);
}

#[test]
fn dates_are_written_as_is_said() {
    let text = "{\"d\": \"31/12/2001\", \"t\": \"1/2/2001 10:30\", \"i\": \"2001-02-03\"}\n{\"d\": \"1/2/2002\", \"s\": {\"d\": \"1/2/2003\"}}";
    let formats = |text: &str| vec![crate::scanner::TimeFormat::of_option("dateformat", text).unwrap()];
    let times = TimeFormats { dates: formats("%d/%m/%Y"), timestamps: formats("%d/%m/%Y %H:%M") };
    let options = JsonOptions { times, ..JsonOptions::default() };
    let found = rows(&Files::new(&[text.as_bytes()]), &options, 99, 1).unwrap();
    assert_eq!(found[0], "2001-12-31|2001-02-01T10:30:00|2001-02-03|∅");
    assert!(found[1].starts_with("2002-02-01|∅|∅|"), "{found:?}");
    // A later value that does not fit is told.
    let late = format!("{text}\n{{\"d\": \"2001-12-31\"}}");
    let types = vec![("d".to_owned(), ColumnType::Date.into())];
    let options = JsonOptions { types, ..options };
    assert!(rows(&Files::new(&[late.as_bytes()]), &options, 99, 1).is_err());
}

#[test]
fn types_that_are_given() {
    let types = vec![("a".to_owned(), ColumnType::Text.into()), ("z".to_owned(), ColumnType::Int8.into())];
    let files = Files::new(&[b"{\"a\": {\"b\": 1.50}, \"z\": 7}\n{\"z\": null}\n"]);
    assert_eq!(
        rows(&files, &JsonOptions { types, ..JsonOptions::default() }, 99, 1).unwrap(),
        ["{\"b\": 1.50}|7", "∅|∅"]
    );
    let columns = Some(vec![("z".to_owned(), ColumnType::Float64.into())]);
    assert_eq!(
        rows(&files, &JsonOptions { columns, ..JsonOptions::default() }, 99, 1).unwrap(),
        ["7.0", "∅"]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn the_same_rows_however_the_text_is_cut(
        values in prop::collection::vec((any::<i32>(), "[a-z\\\\\",\\[\\]{}é]{0,9}"), 0..60),
        chunk_len in 4usize..200,
        workers in 1usize..5,
        form in 0..3,
        codec in prop::sample::select(vec![crate::Codec::Plain, crate::Codec::Gzip, crate::Codec::Bzip2, crate::Codec::Zstd]),
    ) {
        let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let object = |(a, b): &(i32, String)| format!("{{\"a\": {a}, \"b\": {}}}", quoted(b));
        let objects: Vec<String> = values.iter().map(object).collect();
        let text = match form {
            0 => objects.iter().map(|object| format!("{object}\n")).collect(),
            1 => format!("[{}]", objects.join(",")),
            _ => format!("[\n{}\n]\n", objects.join(",\n ")),
        };
        let columns = Some(vec![("a".to_owned(), ColumnType::Int64.into()), ("b".to_owned(), ColumnType::Text.into())]);
        let options = JsonOptions { columns, ..JsonOptions::default() };
        let files = Files::new(&[&compressed(text.as_bytes(), codec)]);
        let mut expected: Vec<String> = values.iter().map(|(a, b)| format!("{a}|{b}")).collect();
        let mut found = rows(&files, &options, chunk_len, workers).unwrap();
        if workers > 1 {
            expected.sort();
            found.sort();
        }
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn records_may_be_values_of_one_column() {
    let whole = |options: JsonOptions| JsonOptions { max_depth: Some(0), ..options };
    let values = |options: JsonOptions| JsonOptions { is_bare: true, ..options };
    let read = |text: &str, chunk_len: usize, options: &JsonOptions| {
        rows(&Files::new(&[text.as_bytes()]), options, chunk_len, 1)
    };
    for chunk_len in [3, 1 << 20] {
        for (text, as_written, as_values) in [
            (
                "{\"a\": 1}\n\n{\"a\":2.5, \"b\":[ 1 ]}\n",
                &["{\"a\": 1}", "{\"a\":2.5, \"b\":[ 1 ]}"][..],
                &["{a: 1.0, b: }", "{a: 2.5, b: [1]}"][..],
            ),
            ("[{\"a\": 1},\n {\"a\": \"x\"}]", &["{\"a\": 1}", "{\"a\": \"x\"}"], &["{a: 1}", "{a: x}"]),
            (
                "{\"a\":\n1}\n{\"a\": 2} {\"a\":3}",
                &["{\"a\":\n1}", "{\"a\": 2}", "{\"a\":3}"],
                &["{a: 1}", "{a: 2}", "{a: 3}"],
            ),
            ("\"x\"\nnull\n[1]\n{}\n", &["\"x\"", "null", "[1]", "{}"], &["x", "∅", "[1]", "{}"]),
            ("[1, 2]", &["1", "2"], &["1", "2"]),
        ] {
            let usual = JsonOptions::default;
            assert_eq!(read(text, chunk_len, &whole(usual())).unwrap(), as_written, "{text}");
            assert_eq!(read(text, chunk_len, &values(usual())).unwrap(), as_values, "{text}");
            for on_error in [OnError::Skip, OnError::Null] {
                let lenient = || JsonOptions { on_error, ..usual() };
                assert_eq!(read(text, chunk_len, &whole(lenient())).unwrap(), as_written, "{text}");
                assert_eq!(read(text, chunk_len, &values(lenient())).unwrap(), as_values, "{text}");
            }
        }
    }
    let bad = "{\"a\": 1}\n{\"a\"\n{\"a\": 3}\n";
    let error = read(bad, 1 << 20, &whole(JsonOptions::default())).unwrap_err().to_string();
    assert!(error.contains("line 2: expected \":\""), "{error}");
    let skipped = JsonOptions { on_error: OnError::Skip, ..JsonOptions::default() };
    assert_eq!(read(bad, 1 << 20, &whole(skipped)).unwrap(), ["{\"a\": 1}", "{\"a\": 3}"]);
    let nulled = JsonOptions { on_error: OnError::Null, ..JsonOptions::default() };
    assert_eq!(read(bad, 1 << 20, &whole(nulled)).unwrap(), ["{\"a\": 1}", "∅", "{\"a\": 3}"]);
    let column = |name: &str| (name.to_owned(), JsonType::Scalar(ColumnType::Text));
    let named = JsonOptions { columns: Some(vec![column("x")]), ..JsonOptions::default() };
    assert_eq!(read("{\"a\": 1}", 99, &values(named)).unwrap(), ["{\"a\": 1}"]);
    let several = JsonOptions { columns: Some(vec![column("x"), column("y")]), ..JsonOptions::default() };
    let error = read("{}", 99, &values(several)).unwrap_err();
    assert_eq!(error.to_string(), "option records: whole records are values of one column, and not of x, y");
}

#[test]
fn types_are_found_as_deep_as_is_said() {
    let text = "{\"a\": 1, \"b\": [1, {\"c\": 2}], \"d\": {\"e\": [3]}}\n";
    let types = |depth: usize| {
        let options = JsonOptions { max_depth: Some(depth), ..JsonOptions::default() };
        let table = infer_json(&Files::new(&[text.as_bytes()]).sources(), &options).unwrap();
        table.columns().iter().map(|column| column.ty.data_type().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(types(1), ["Utf8View", "Utf8View", "Utf8View"]);
    assert_eq!(types(2), ["Int64", "List(Utf8View)", "Struct(\"e\": Utf8View)"]);
    assert_eq!(types(3)[2], "Struct(\"e\": List(Utf8View))");
    let options = JsonOptions { max_depth: Some(1), ..JsonOptions::default() };
    let found = rows(&Files::new(&[text.as_bytes()]), &options, 99, 1).unwrap();
    assert_eq!(found, ["1|[1, {\"c\": 2}]|{\"e\": [3]}"]);
}

#[test]
fn values_that_are_no_objects_are_one_column() {
    for (text, expected) in [
        ("1\n\n2\n", &["1", "2"][..]),
        ("1\n\"a, b\"\nnull\n[1,2]", &["1", "a, b", "∅", "[1,2]"]),
        ("[1, 2.5,\n null]\n", &["1.0", "2.5", "∅"]),
        ("[\"x\", \"y,]\"]", &["x", "y,]"]),
        ("[\"2001-02-03\"]", &["2001-02-03"]),
        ("[[1, 2], [3],\n[]]", &["[1, 2]", "[3]", "[]"]),
        ("[[1], 2]", &["[1]", "2"]),
        ("[1, 2]\n[3]\n\n[]", &["[1, 2]", "[3]", "[]"]),
        ("[\n1,\n[2]\n]", &["1", "[2]"]),
        ("[[[1]], [[2, 3]]]", &["[[1]]", "[[2, 3]]"]),
        ("[[\"a]\", null]]", &["[a], ]"]),
    ] {
        for chunk_len in [3, 1 << 20] {
            let files = Files::new(&[text.as_bytes()]);
            assert_eq!(rows(&files, &JsonOptions::default(), chunk_len, 1).unwrap(), expected, "{text}");
        }
    }
    let types = vec![("json".to_owned(), ColumnType::Float64.into())];
    let files = Files::new(&[b"[1, 2]"]);
    let options = JsonOptions { types, ..JsonOptions::default() };
    assert_eq!(rows(&files, &options, 1 << 20, 1).unwrap(), ["1.0", "2.0"]);
    let long = "7\n".repeat(SAMPLE_LEN_BYTES);
    for (late, expected) in
        [("{}", "expected an integer, found \"{}\""), ("8 9", "expected one value a line, found \"8 9\"")]
    {
        let error = rows_of(&format!("{long}{late}\n")).unwrap_err().to_string();
        assert!(error.ends_with(expected), "{error}");
    }
    let long = format!("[{}", "7,".repeat(SAMPLE_LEN_BYTES));
    let error = rows_of(&format!("{long}{{}}]")).unwrap_err().to_string();
    assert!(error.ends_with("expected a scalar or a list, as before it, found \"{}]\""), "{error}");
    let error = rows_of(&format!("{long}[8]]")).unwrap_err().to_string();
    assert!(error.ends_with("expected an integer, found \"[8]\""), "{error}");
    assert_eq!(rows_of(&format!("{long}8]")).unwrap().len(), SAMPLE_LEN_BYTES + 1);
}

#[test]
fn lists_and_objects_have_the_types_that_are_given() {
    let ty = |name: &str, ty: &str| (name.to_owned(), ty.parse().unwrap());
    let types = vec![ty("l", "double[]"), ty("s", "struct(x int, d date)")];
    let options = JsonOptions { types, ..JsonOptions::default() };
    let files = Files::new(&[b"{\"l\": [1], \"s\": {\"x\": 1, \"d\": \"2001-02-03\", \"z\": 2}}\n"]);
    assert_eq!(rows(&files, &options, 1 << 20, 1).unwrap(), ["[1.0]|{x: 1, d: 2001-02-03}"]);
    let files = Files::new(&[b"{\"l\": [\"a\"]}\n"]);
    let error = rows(&files, &options, 1 << 20, 1).unwrap_err().to_string();
    assert!(error.contains("column \"l\": expected a number, found"), "{error}");
}

#[test]
fn utf16_without_a_mark_is_found() {
    let text = "{\"a\": 1, \"b\": \"Æ\"}\n{\"a\": 2, \"b\": \"x\"}\n";
    let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let files = Files::new(&[text.as_bytes(), &utf16(u16::to_le_bytes), &utf16(u16::to_be_bytes)]);
    let expected = ["1|Æ", "2|x"].repeat(3);
    assert_eq!(rows(&files, &JsonOptions::default(), 1 << 20, 1).unwrap(), expected);
    assert!(begins_as_json(&files.sources()[1..], &TextOptions::default()));
}

#[test]
fn members_inside_widen_like_columns() {
    let head = "{\"s\": {\"x.y\": [{\"z\": 1}], \"i\": 2}, \"l\": [1]}\n".repeat(30_000);
    for (last, column) in [
        ("{\"s\": {\"x.y\": [{\"z\": 1}, {\"z\": 2.5}]}}", "s.x.y.z"),
        ("{\"s\": {\"i\": 0.5}}", "s.i"),
        ("{\"l\": [1, 2.5]}", "l"),
    ] {
        let files = Files::new(&[(head.clone() + last).as_bytes()]);
        let error = rows(&files, &JsonOptions::default(), 1 << 20, 1).unwrap_err();
        let wider = error.wider_values();
        assert_eq!((wider.len(), wider[0].column.as_str(), wider[0].fits), (1, column, ColumnType::Float64));
        let table = infer_json(&files.sources(), &JsonOptions::default()).unwrap();
        let table = table.widened(column, ColumnType::Float64).unwrap();
        assert_eq!(table.widened(column, ColumnType::Float64), None);
        let columns = (0..table.columns().len()).collect();
        let request = ScanRequest { columns, batch_rows: 8192, ..ScanRequest::default() };
        let scan = Scan::new(files.sources(), &ScanFormat::Json(table), request, 1, &Notes::default());
        assert!(read(Arc::new(scan), 1).unwrap().last().unwrap().contains(".5"));
    }
    // Nothing is wider than what is no number: that is said of the column.
    let files = Files::new(&[(head + "{\"s\": {\"i\": true}}").as_bytes()]);
    let error = rows(&files, &JsonOptions::default(), 1 << 20, 1).unwrap_err();
    assert!(error.to_string().ends_with("column \"s\": expected an integer, found \"true\""), "{error}");
}

#[test]
fn a_list_that_is_not_closed_is_told_where_its_last_value_begins() {
    let error = rows_of("[\n{\"a\": 1},\n\n  {\"a\": 2}\n").unwrap_err();
    let expected = "line 4: expected a value that is closed before the end of the file, found \"{\"a\": 2}\"";
    assert!(error.to_string().replace('\\', "").ends_with(expected), "{error}");
}

#[test]
fn a_long_line_is_no_open_quote() {
    let mut options = JsonOptions::default();
    options.text.max_record_bytes = 1000;
    let long = format!("{{\"a\": 1}}\n{{\"a\": \"{}\"}}\n", "x".repeat(2000));
    let error = rows(&Files::new(&[long.as_bytes()]), &options, 1 << 20, 1).unwrap_err();
    assert!(error.to_string().ends_with("line 2: the record is longer than 1000 bytes"), "{error}");
    assert!(!error.hint().unwrap().contains("quote"));
}

#[test]
fn one_line_may_be_an_array_longer_than_any_object() {
    let mut options = JsonOptions::default();
    options.text.max_record_bytes = 1000;
    let text = format!("[{}{{\"a\": 1, \"b\": 2}}]", "{\"a\": 1},".repeat(300_000));
    let files = Files::new(&[text.as_bytes()]);
    let table = infer_json(&files.sources(), &options).unwrap();
    assert_eq!(table.columns().len(), 1);
    assert_eq!(rows(&files, &options, 1 << 18, 1).unwrap().len(), 300_001);
}

const FEATURE: &str = r#"{"type": "Feature", "id": 7, "properties": {"a": 1, "id": "x"}, "geometry": {"type": "Point", "coordinates": [1, 2]}}"#;
const ANOTHER: &str =
    r#"{"type": "Feature", "geometry": null, "bbox": [1, 2.5], "properties": {"Geometry": "é ]", "a": 2.5}}"#;
const UNKNOWN: &str = r#"{"properties": null, "geometry": null, "type": "Feature"}"#;

fn collection(features: &[&str]) -> String {
    let features = features.join(",\n");
    format!(
        "{{\"name\": \"é\", \"type\": \"FeatureCollection\",\n\"features\": [{features}], \"crs\": {{\"a\": [\"]\"]}}\n}}\n"
    )
}

#[test]
fn features_of_geojson_are_records() {
    let options = JsonOptions { features: Some(true), ..JsonOptions::default() };
    let point = r#"{"type": "Point", "coordinates": [1, 2]}"#;
    let expected =
        [format!("{point}|7|∅|1.0|x|∅"), "∅|∅|[1.0, 2.5]|2.5|∅|é ]".to_owned(), "∅|∅|∅|∅|∅|∅".to_owned()];
    let all = [FEATURE, ANOTHER, UNKNOWN];
    for text in [collection(&all), all.join("\n"), format!("[{}]", all.join(",\n"))] {
        let files = Files::new(&[text.as_bytes()]);
        let table = infer_json(&files.sources(), &options).unwrap();
        let names: Vec<_> = table.columns().iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["geometry", "id", "bbox", "a", "id_1", "Geometry_1"]);
        for on_error in [OnError::Fail, OnError::Skip] {
            for chunk_len in [7, 64, 1 << 20] {
                let options = JsonOptions { on_error, ..options.clone() };
                assert_eq!(rows(&files, &options, chunk_len, 1).unwrap(), expected, "{text}");
            }
        }
    }
    // Only some say what they are, or are in a collection.
    let files = Files::new(&[collection(&[FEATURE]).as_bytes(), FEATURE.as_bytes()]);
    assert_eq!(rows(&files, &options, 64, 1).unwrap(), [format!("{point}|7|1|x"), format!("{point}|7|1|x")]);
    let none = Files::new(&[collection(&[]).as_bytes()]);
    assert_eq!(rows(&none, &options, 64, 1).unwrap(), [""; 0]);
}

#[test]
fn columns_of_features_are_known_by_name() {
    let files = Files::new(&[collection(&[FEATURE, ANOTHER]).as_bytes()]);
    let of = |names: &[&str]| {
        let declared = |name: &&str| ((*name).to_owned(), JsonType::Scalar(ColumnType::Text));
        names.iter().map(declared).collect::<Vec<_>>()
    };
    let features = JsonOptions { features: Some(true), ..JsonOptions::default() };
    let options = JsonOptions { columns: Some(of(&["ID_1", "a", "id", "late"])), ..features.clone() };
    assert_eq!(rows(&files, &options, 64, 1).unwrap(), ["x|1|7|∅", "∅|2.5|∅|∅"]);
    let options = JsonOptions { types: of(&["a", "id_1"]), ..features.clone() };
    let table = infer_json(&files.sources(), &options).unwrap();
    let guessed: Vec<_> = table.columns().iter().filter(|column| column.inferred).collect();
    assert_eq!((table.columns().len(), guessed.len()), (6, 4));
    // A value of a property is told with its line.
    let late = ANOTHER.replace("2.5}}", "true}}");
    let long = Files::new(&[collection(&[&vec![FEATURE; 9000].join(",\n"), &late]).as_bytes()]);
    let error = rows(&long, &features, 1 << 16, 1).map(|rows| rows.len()).unwrap_err().to_string();
    assert!(error.contains("line 9002, column \"a\""), "{error}");
    let whole = JsonOptions { whole_files: true, ..features };
    assert_eq!(rows(&long, &whole, 1 << 16, 1).unwrap().len(), 9001);
}

#[test]
fn what_is_no_geojson_stays() {
    let options = JsonOptions { features: Some(true), ..JsonOptions::default() };
    for text in [
        r#"{"type": "Inventory", "features": [{"a": 1}]}"#,
        r#"{"features": 1, "type": "FeatureCollection"}"#,
        r#"{"type": "Point", "coordinates": [1, 2]}"#,
    ] {
        let files = Files::new(&[text.as_bytes()]);
        let usual = rows(&files, &JsonOptions::default(), 64, 1).unwrap();
        assert_eq!(rows(&files, &options, 64, 1).unwrap(), usual);
    }
}

#[test]
fn objects_whose_keys_are_values_are_maps() {
    // The head ends within a record, and not all keys are in it.
    let record =
        |at: usize| format!("{{\"id\": {at}, \"m\": {{\"é{at}\": {at}, \"\\u00e9 {at}\": null}}}}\n");
    let records = SAMPLE_LEN_BYTES / 30;
    let text: String = (0..records).map(record).collect();
    let files = Files::new(&[text.as_bytes()]);
    let table = infer_json(&files.sources(), &JsonOptions::default()).unwrap();
    assert_eq!(table.columns()[1].ty.to_string(), "map(text, bigint)");
    let found = rows(&files, &JsonOptions::default(), 1 << 16, 1).unwrap();
    let last = records - 1;
    assert_eq!((found.len(), &found[last]), (records, &format!("{last}|{{é{last}: {last}, é {last}: }}")));
    // A value of another type is told with its key, and such a type is taken.
    let late = format!("{text}{{\"m\": {{\"x.y\": 1.5}}}}\n");
    let late = Files::new(&[late.as_bytes()]);
    let error =
        rows(&late, &JsonOptions::default(), 1 << 16, 1).map(|rows| rows.len()).unwrap_err().to_string();
    assert!(error.contains("column \"m.x.y\""), "{error}");
    let wider = table.widened("m.x.y", ColumnType::Float64).unwrap();
    assert_eq!(wider.columns()[1].ty.to_string(), "map(text, double)");
    let twice = rows_of(&format!("{text}{{\"m\": {{\"x\": 1, \"x\": 1}}}}\n")).map(|rows| rows.len());
    assert!(twice.unwrap_err().to_string().contains("each key once"));
}
