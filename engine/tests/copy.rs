//! `COPY … TO` end to end: what is written can be read back, and what fails leaves everything as it was.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use swath::Session;
use swath::arrow::array::{ArrayRef, RecordBatch};
use swath::arrow::util::display::array_value_to_string;
use tempfile::TempDir;

const CODECS: [&str; 6] = ["", ".gz", ".bz2", ".zst", ".xz", ".lz4"];

/// A scratch folder with a session over it.
struct Scratch {
    dir: TempDir,
    session: Session,
}

impl Scratch {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let session = Session::builder().threads(3).build().unwrap();
        let scratch = Self { dir, session };
        scratch.file("a.csv", "id,name,x\n1,\"a,\"\"b\"\"\nc\",1.5\n2,,\n3,\"\",-2\n4,NA;|,3\n");
        for part in 0..4 {
            let rows: String = (0..500).map(|row| format!("{},{}\n", row * 4 + part, row % 7)).collect();
            scratch.file(&format!("many-{part}.csv"), &format!("id,k\n{rows}"));
        }
        scratch
    }

    fn file(&self, name: &str, text: &str) {
        fs::write(self.dir.path().join(name), text).unwrap();
    }

    /// Names of all files, hidden ones too, without those that were there.
    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.dir.path().join(folder)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| name != "a.csv" && !name.starts_with("many-"));
        names.sort();
        names
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.dir.path().join(name)).unwrap()
    }

    /// `$` in the statement is the folder.
    fn batches(&self, sql: &str) -> Result<Vec<RecordBatch>, swath::Error> {
        self.session.collect_blocking(&sql.replace('$', &self.dir.path().display().to_string()))
    }

    /// Rows as text: fields separated by `|`, null as `~`.
    fn rows(&self, sql: &str) -> Vec<String> {
        rows(&self.batches(sql).unwrap())
    }

    fn error(&self, sql: &str) -> (String, String) {
        let error = self.batches(sql).unwrap_err();
        let mask = |text: String| text.replace(&self.dir.path().display().to_string(), "$");
        (mask(error.to_string()), mask(error.hint().unwrap_or_default()))
    }
}

fn rows(batches: &[RecordBatch]) -> Vec<String> {
    let mut rows = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cell = |column: &ArrayRef| match column.is_null(row) {
                true => "~".to_owned(),
                false => array_value_to_string(column, row).unwrap(),
            };
            rows.push(batch.columns().iter().map(cell).collect::<Vec<_>>().join("|"));
        }
    }
    rows
}

#[test]
fn csv_for_other_programs() {
    let scratch = Scratch::new();
    let copy = |options: &str| {
        let rows = "SELECT id, name, x, DATE '2001-02-03' AS day FROM '$/a.csv' WHERE id > 1";
        scratch.batches(&format!("COPY ({rows}) TO '$/b.csv' ({options})"))
    };
    copy("FORCE_QUOTE (name, X), DELIM ';', DECIMAL_SEPARATOR ',', DATEFORMAT '%d.%m.%Y', LINE_END '\\r\\n', BOM").unwrap();
    let expected = "\u{feff}id;\"name\";\"x\";day\r\n2;;;03.02.2001\r\n3;\"\";\"-2,0\";03.02.2001\r\n4;\"NA;|\";\"3,0\";03.02.2001\r\n";
    assert_eq!(scratch.read("b.csv"), expected);
    let read = "FROM read_csv('$/b.csv', decimal_separator = ',', dateformat = '%d.%m.%Y') WHERE x > 0";
    assert_eq!(scratch.rows(read), ["4|NA;||3.0|2001-02-03"]);
    copy("FORCE_QUOTE *, NULLSTR 'NA'").unwrap();
    assert!(
        scratch
            .read("b.csv")
            .starts_with("\"id\",\"name\",\"x\",\"day\"\n\"2\",NA,NA,\"2001-02-03\"\n\"3\",\"\",")
    );
    let error = copy("FORCE_QUOTE (nme)").unwrap_err();
    assert_eq!(error.to_string(), "option force_quote: no column is named \"nme\"");
    assert_eq!(error.hint().unwrap(), "the columns are: id, name, x, day");
}

#[test]
fn files_of_a_length_come_one_after_the_other() {
    let scratch = Scratch::new();
    scratch.file("long.csv", &format!("n\n{}", (0..100_000).map(|n| format!("{n}\n")).collect::<String>()));
    for (name, options) in [
        ("c", "FORMAT csv, FILE_SIZE_BYTES 100000"),
        ("t", "FORMAT tsv, FILE_SIZE_BYTES '100 kB', FILE_EXTENSION 'tab', PER_THREAD_OUTPUT"),
        ("j", "FORMAT json, FILE_SIZE_BYTES '300kB', ARRAY"),
        ("p", "FORMAT parquet, FILE_SIZE_BYTES 50000, ROW_GROUP_SIZE 10000"),
    ] {
        let written = scratch.rows(&format!(
            "COPY (SELECT n FROM '$/long.csv' ORDER BY n) TO '$/{name}' ({options}, RETURN_FILES)"
        ));
        let names = scratch.names(name);
        assert!((3..20).contains(&names.len()), "{name}: {names:?}");
        let paths: Vec<String> =
            names.iter().map(|file| scratch.dir.path().join(name).join(file).display().to_string()).collect();
        assert_eq!(written, [format!("100000|[{}]", paths.join(", "))]);
        let sorted = scratch.rows(&format!("SELECT n FROM '$/{name}'"));
        assert_eq!(sorted, (0..100_000).map(|n| n.to_string()).collect::<Vec<_>>(), "{name}");
        let shorter = format!("COPY (SELECT n FROM '$/long.csv' LIMIT 1) TO '$/{name}' ({options})");
        let (message, hint) = scratch.error(&shorter);
        assert!(message.contains("would be taken for one of the 1 files"), "{message}");
        assert!(hint.contains("OVERWRITE_OR_IGNORE"), "{hint}");
        let kept = shorter.replace("FORMAT", "OVERWRITE_OR_IGNORE, FORMAT");
        scratch.rows(&kept);
        assert_eq!(scratch.names(name), names);
    }
    let (message, hint) = scratch.error("COPY (SELECT 1) TO '$/x.csv' (FILE_SIZE_BYTES 10)");
    assert_eq!(message, "'$/x.csv' is the name of one file");
    assert!(hint.contains("'x-*.csv'"), "{hint}");
    let (message, _) =
        scratch.error("COPY (SELECT 1 AS a) TO '$/x' (FORMAT csv, FILE_SIZE_BYTES 10, PARTITION_BY a)");
    assert_eq!(message, "option partition_by: file_size_bytes is set, too");
    let (message, _) = scratch.error("COPY (SELECT 1) TO '$/x' (FORMAT csv, FILE_SIZE_BYTES 'big')");
    assert_eq!(
        message,
        "option file_size_bytes: expected a number of bytes, as 100000 or '100 MB', found 'big'"
    );
}

#[test]
fn files_are_told_and_empty_ones_may_be_left_out() {
    let scratch = Scratch::new();
    let written = scratch.rows("COPY (SELECT id FROM '$/a.csv') TO '$/b.csv' (RETURN_FILES)");
    assert_eq!(written, [format!("4|[{}/b.csv]", scratch.dir.path().display())]);
    let folders = "COPY (SELECT k, id FROM '$/many-0.csv' WHERE k < 2) TO '$/f' (FORMAT csv, PARTITION_BY k, RETURN_FILES true)";
    let path = scratch.dir.path().display();
    assert_eq!(scratch.rows(folders), [format!("144|[{path}/f/k=0/data_0.csv, {path}/f/k=1/data_0.csv]")]);
    let none = "COPY (SELECT id FROM '$/a.csv' WHERE id > 9) TO '$/none.csv' (WRITE_EMPTY_FILE false)";
    assert_eq!(scratch.rows(none), ["0"]);
    assert!(!scratch.names("").contains(&"none.csv".to_owned()));
    scratch.rows(&none.replace("false", "true"));
    assert_eq!(scratch.read("none.csv"), "id\n");
}

#[test]
fn delimiters_of_several_characters_and_escapes_come_back() {
    let scratch = Scratch::new();
    let expected = scratch.rows("SELECT * FROM '$/a.csv' ORDER BY id");
    scratch.rows("COPY (SELECT * FROM '$/a.csv' ORDER BY id) TO '$/b.csv' (DELIM '||', ESCAPE '\\', USE_TMP_FILE true)");
    assert_eq!(
        scratch.read("b.csv"),
        "id||name||x\n1||\"a,\\\"b\\\"\nc\"||1.5\n2||||\n3||\"\"||-2.0\n4||\"NA;|\"||3.0\n"
    );
    assert_eq!(scratch.rows("SELECT * FROM read_csv('$/b.csv', delim = '||', escape = '\\')"), expected);
    let error = |options: &str| scratch.error(&format!("COPY '$/a.csv' TO '$/b.csv' ({options})")).0;
    assert_eq!(error("DELIM '\"x'"), "option delim: it is the same as quote");
    assert_eq!(error("DELIM 'x\\', ESCAPE '\\'"), "option escape: it is a part of delim");
    assert_eq!(error("DELIM 'blanks'"), "option delim: expected one to eight bytes of text");
    assert_eq!(
        scratch.error("COPY '$/a.csv' TO '$/b.json' (ESCAPE '\\')").0,
        "option escape: json has no such option"
    );
}

#[test]
fn csv_and_tsv_come_back_through_every_codec() {
    let scratch = Scratch::new();
    let expected = scratch.rows("SELECT * FROM '$/a.csv' ORDER BY id");
    for codec in CODECS {
        for ending in ["csv", "tsv"] {
            let file = format!("$/out.{ending}{codec}");
            let count = scratch.rows(&format!("COPY (SELECT * FROM '$/a.csv') TO '{file}'"));
            assert_eq!(count, ["4"], "{file}");
            assert_eq!(scratch.rows(&format!("SELECT * FROM '{file}' ORDER BY id")), expected, "{file}");
        }
    }
    assert_eq!(scratch.session.take_notes(), [""; 0]);
    assert_eq!(scratch.read("out.csv").lines().next(), Some("id,name,x"));
}

#[test]
fn lines_come_back_through_every_codec() {
    let scratch = Scratch::new();
    scratch.file("t.txt", "one\n\ntwo, \"three\"\n");
    for codec in CODECS {
        let file = format!("$/out.txt{codec}");
        assert_eq!(scratch.rows(&format!("COPY read_text('$/t.txt') TO '{file}'")), ["3"]);
        let lines = scratch.rows(&format!("SELECT * FROM read_text('{file}')"));
        assert_eq!(lines, ["one", "", "two, \"three\""]);
    }
    let (message, hint) = scratch.error("COPY '$/a.csv' TO '$/b.txt'");
    assert_eq!(message, "text has one value a line, and the rows have 3 columns: id, name, x");
    assert!(hint.contains("one column"));
    let (message, _) = scratch.error("COPY (SELECT name FROM '$/a.csv' WHERE id = 2) TO '$/b.txt'");
    assert!(message.starts_with("$/b.txt: cannot write: the value of row 1 is null"), "{message}");
}

#[test]
fn json_lines_and_arrays() {
    let scratch = Scratch::new();
    let sql = "COPY (SELECT id, name, [id, NULL] AS l FROM '$/a.csv' WHERE id < 3 ORDER BY id) TO ";
    let first = r#"{"id":1,"name":"a,\"b\"\nc","l":[1,null]}"#;
    let second = r#"{"id":2,"name":null,"l":[2,null]}"#;
    scratch.rows(&format!("{sql} '$/o.jsonl'"));
    assert_eq!(scratch.read("o.jsonl"), format!("{first}\n{second}\n"));
    scratch.rows(&format!("{sql} '$/o.json'"));
    assert_eq!(scratch.read("o.json"), format!("[\n  {first},\n  {second}\n]\n"));
    scratch.rows(&format!("{sql} '$/o.json' (ARRAY false)"));
    assert_eq!(scratch.read("o.json"), format!("{first}\n{second}\n"));
    scratch.rows(&format!("{sql} '$/o.ndjson' (FORMAT json)"));
    assert_eq!(scratch.read("o.ndjson"), format!("{first}\n{second}\n"));
    let times = "SELECT DATE '2001-02-03' AS d, TIMESTAMP '2001-02-03 04:05:06' AS t";
    scratch.rows(&format!("COPY ({times}) TO '$/t.jsonl' (DATEFORMAT '%d.%m.%Y', TIMESTAMPFORMAT '%H:%M')"));
    assert_eq!(scratch.read("t.jsonl"), "{\"d\":\"03.02.2001\",\"t\":\"04:05\"}\n");
    for codec in &CODECS[1..] {
        scratch.rows(&format!("{sql} '$/o.ndjson{codec}'"));
        assert_eq!(
            scratch.rows(&format!("SELECT * FROM read_text('$/o.ndjson{codec}')")),
            [first, second],
            "{codec}"
        );
    }
}

#[test]
fn parquet_comes_back() {
    let scratch = Scratch::new();
    let sql = "SELECT *, id > 2 AS b, DATE '2024-02-29' AS d, TIMESTAMP '2024-02-29 12:00:01' AS t, \
               [id] AS l FROM '$/a.csv' ORDER BY id";
    let expected = scratch.rows(sql);
    for options in [
        "",
        "(COMPRESSION none)",
        "(COMPRESSION zstd, LEVEL 19, ROW_GROUP_SIZE 3)",
        "(COMPRESSION snappy)",
        "(CODEC gzip, LEVEL 9)",
        "(COMPRESSION lz4_raw)",
    ] {
        assert_eq!(scratch.rows(&format!("COPY ({sql}) TO '$/o.parquet' {options}")), ["4"]);
        let file = fs::File::open(scratch.dir.path().join("o.parquet")).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let groups = if options.contains("ROW_GROUP") { 2 } else { 1 };
        assert_eq!(reader.metadata().num_row_groups(), groups);
        let batches: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
        assert_eq!(rows(&batches), expected);
    }
}

#[test]
fn parquet_is_read_as_csv_is() {
    let scratch = Scratch::new();
    scratch.rows("COPY (SELECT id, name, x, DATE '2024-01-31' + id::int AS day, [id, 7] AS l FROM '$/a.csv') TO '$/o.parquet'");
    let read = scratch.rows("SELECT * FROM '$/o.parquet' ORDER BY id");
    let expected = [
        "1|a,\"b\"\nc|1.5|2024-02-01|[1, 7]",
        "2|~|~|2024-02-02|[2, 7]",
        "3||-2.0|2024-02-03|[3, 7]",
        "4|NA;||3.0|2024-02-04|[4, 7]",
    ];
    assert_eq!(read, expected);
    // Names in any case, conditions, joins with CSV, and no columns at all.
    assert_eq!(scratch.rows("SELECT Name FROM read_parquet('$/o.parquet') WHERE ID > 1 AND x > 0"), ["NA;|"]);
    assert_eq!(scratch.rows("SELECT count(*) FROM '$/o.parquet'"), ["4"]);
    let joined = "SELECT p.id, m.k FROM '$/o.parquet' AS p JOIN '$/many-*.csv' AS m USING (id) ORDER BY id";
    assert_eq!(scratch.rows(joined), ["1|0", "2|0", "3|0", "4|1"]);
    // Several files: by name, with what stands in their paths.
    for year in ["year=2024", "year=2025"] {
        fs::create_dir(scratch.dir.path().join(year)).unwrap();
    }
    scratch.rows(
        "COPY (SELECT id + 0.5 AS id, 'new' AS extra FROM '$/a.csv' LIMIT 1) TO '$/year=2025/p.parquet'",
    );
    scratch.rows("COPY (SELECT id FROM '$/a.csv' LIMIT 1) TO '$/year=2024/p.parquet'");
    let both = "FROM read_parquet('$/year=*/*.parquet', filename = true) SELECT id, extra, year, filename LIKE '%2025%' ORDER BY id";
    assert_eq!(scratch.rows(both), ["1.0|~|2024|false", "1.5|new|2025|true"]);
    assert_eq!(scratch.rows("SELECT sum(id) FROM '$/year=*/*.parquet' WHERE year = 2024"), ["1.0"]);
    // In the order of the file, and by several questions in one pass.
    scratch.rows("COPY (SELECT id FROM '$/many-*.csv' ORDER BY id) TO '$/many.parquet'");
    assert_eq!(scratch.rows("SELECT id FROM '$/many.parquet' LIMIT 3"), ["0", "1", "2"]);
    let plan = rows(
        &scratch
            .batches("EXPLAIN SELECT max(id), (SELECT min(id) FROM '$/many.parquet') FROM '$/many.parquet'")
            .unwrap(),
    );
    assert_eq!(plan.iter().filter(|line| line.starts_with("pass ")).count(), 1, "{plan:?}");
    // Row groups that a condition rules out are not read, however it is written.
    scratch.rows("COPY (SELECT * FROM range(0, 3000000) AS t(n)) TO '$/long.parquet'");
    for (condition, expected) in [
        ("n = 5", "1"),
        ("n > 2999990 AND n IS NOT NULL", "9"),
        ("n IN (1, 2999999)", "2"),
        ("n BETWEEN 10 AND 12 OR n < 0", "3"),
        ("n IS NULL", "0"),
        ("n % 1000000 = 7", "3"),
    ] {
        assert_eq!(
            scratch.rows(&format!("SELECT count(*) FROM '$/long.parquet' WHERE {condition}")),
            [expected],
            "{condition}"
        );
    }
    let both = scratch.rows("SELECT (SELECT max(n) FROM '$/long.parquet' WHERE n < 9), (SELECT min(n) FROM '$/long.parquet' WHERE n > 2999990)");
    assert_eq!(both, ["8|2999991"]);
    let analyzed =
        rows(&scratch.batches("EXPLAIN ANALYZE SELECT count(*) FROM '$/long.parquet' WHERE n < 9").unwrap());
    let rows_read = |line: &&String| line.contains("rows") && line.contains("opened");
    assert!(analyzed.iter().any(|line| rows_read(&line) && !line.contains("3000000")), "{analyzed:?}");
    let told = |sql: &str, message: &str| {
        let error = scratch.batches(sql).unwrap_err();
        let said = format!("{error} {}", error.hint().unwrap_or_default());
        assert!(said.contains(message), "{said}");
    };
    told("SELECT 1 FROM read_parquet('$/o.parquet', delim = ';')", "read_parquet has no such option");
    told("SELECT 1 FROM read_parquet('$/a.csv')", "expected Parquet, found something else");
    told("SELECT 1 FROM read_csv('$/o.parquet')", "read_parquet('…') reads it");
    let whole = fs::read(scratch.dir.path().join("o.parquet")).unwrap();
    fs::write(scratch.dir.path().join("cut.parquet"), &whole[..whole.len() - 3]).unwrap();
    told("SELECT 1 FROM '$/cut.parquet'", "cut.parquet: the footer cannot be read");
}

#[test]
fn results_without_rows() {
    let scratch = Scratch::new();
    let sql = "COPY (SELECT * FROM '$/a.csv' WHERE id > 9)";
    for (name, expected) in [("o.csv", "id,name,x\n"), ("o.jsonl", ""), ("o.json", "[]\n")] {
        assert_eq!(scratch.rows(&format!("{sql} TO '$/{name}'")), ["0"]);
        assert_eq!(scratch.read(name), expected);
    }
    scratch.rows(&format!("{sql} TO '$/o.csv.gz'"));
    assert_eq!(scratch.rows("SELECT count(*) FROM read_csv('$/o.csv.gz', header = true)"), ["0"]);
    scratch.rows(&format!("{sql} TO '$/o.parquet'"));
    let file = fs::File::open(scratch.dir.path().join("o.parquet")).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    assert_eq!(reader.schema().fields().len(), 3);
    assert_eq!(reader.build().unwrap().count(), 0);
}

#[test]
fn options_of_csv() {
    let scratch = Scratch::new();
    scratch.rows("COPY (SELECT * FROM '$/a.csv' ORDER BY id) TO '$/o.dat' (FORMAT csv, DELIMITER ';', HEADER false, NULLSTR 'NULL')");
    let text = "1;\"a,\"\"b\"\"\nc\";1.5\n2;NULL;NULL\n3;\"\";-2.0\n4;\"NA;|\";3.0\n";
    assert_eq!(scratch.read("o.dat"), text);
    scratch.rows("COPY (SELECT id, name FROM '$/a.csv' WHERE id = 4) TO '$/o.dat' STORED AS CSV OPTIONS (delim '|', quote '''', compression gzip)");
    assert_eq!(
        scratch.rows("SELECT * FROM read_csv('$/o.dat', delim = '|', quote = '''', header = true)"),
        ["4|NA;|"]
    );
}

#[test]
fn an_order_is_kept() {
    let scratch = Scratch::new();
    for sql in [
        "SELECT id FROM '$/many-*.csv' ORDER BY id DESC",
        "SELECT id + 0 AS id FROM '$/many-*.csv' ORDER BY k DESC, id DESC",
        "SELECT id FROM (SELECT id, k FROM '$/many-*.csv') ORDER BY k, id LIMIT 1500",
    ] {
        let expected = scratch.rows(sql);
        for target in ["o.csv", "o-*.csv"] {
            scratch.rows(&format!("COPY ({sql}) TO '$/{target}'"));
        }
        for name in ["o.csv", "o-0000.csv"] {
            let text = scratch.read(name);
            assert_eq!(text.lines().skip(1).collect::<Vec<_>>(), expected, "{sql}");
        }
        assert_eq!(scratch.names(""), ["o-0000.csv", "o.csv"]);
    }
}

#[test]
fn a_file_is_the_same_for_any_number_of_threads() {
    let scratch = Scratch::new();
    let few = Session::builder().threads(1).build().unwrap();
    let tight = Session::builder().threads(4).memory_limit(16 << 20).build().unwrap();
    let numbers = "SELECT value AS id, repeat('x', value % 50) AS text, value / 7 AS part FROM range(100000)";
    for name in ["n.csv", "n.csv.gz", "n.csv.bz2", "n.csv.zst", "n.jsonl.gz", "n.json", "n.txt.gz"] {
        let columns = if name.contains("txt") { "id" } else { "*" };
        let path = scratch.dir.path().join(name);
        let copy = format!("COPY (SELECT {columns} FROM ({numbers}) ORDER BY id) TO '{}'", path.display());
        let written = [&scratch.session, &few, &tight].map(|session| {
            session.collect_blocking(&copy).unwrap();
            fs::read(&path).unwrap()
        });
        assert!(written[0] == written[1] && written[0] == written[2], "{name}");
        let columns = if name.contains("txt") { "column0" } else { "id" };
        let in_order =
            format!("SELECT count(*), sum({columns}), min({columns}), max({columns}) FROM '$/{name}'");
        assert_eq!(scratch.rows(&in_order), ["100000|4999950000|0|99999"], "{name}");
    }
}

#[test]
fn a_value_that_cannot_be_written_is_told_by_its_row() {
    let scratch = Scratch::new();
    let copy = "COPY (SELECT CASE value WHEN 50000 THEN NULL ELSE 'x' END FROM range(60000) ORDER BY value) TO '$/n.txt'";
    let (message, _) = scratch.error(copy);
    assert!(message.contains("the value of row 50001 is null"), "{message}");
    assert_eq!(scratch.names(""), [""; 0]);
}

#[test]
fn one_file_a_partition() {
    let scratch = Scratch::new();
    let sql = "COPY (SELECT * FROM '$/many-*.csv' WHERE k < 6)";
    let expected = scratch.rows("SELECT count(*), sum(id) FROM '$/many-*.csv' WHERE k < 6");
    for (target, read, names) in [
        ("out/' (FORMAT csv, COMPRESSION gzip)", "out/*", "out/part-000N.csv.gz"),
        ("dir' (FORMAT tsv, PER_PARTITION)", "dir/*", "dir/part-000N.tsv"),
        ("p-{}.csv.zst'", "p-*", "p-000N.csv.zst"),
        ("q*.csv' (PER_PARTITION true)", "q*.csv", "q000N.csv"),
    ] {
        for _again in 0..2 {
            assert_eq!(
                scratch.rows(&format!("{sql} TO '$/{target}")),
                expected[0].split('|').next().into_iter().collect::<Vec<_>>()
            );
        }
        assert_eq!(scratch.rows(&format!("SELECT count(*), sum(id) FROM '$/{read}'")), expected);
        for number in 0..3 {
            let name = names.replace('N', &number.to_string());
            assert!(scratch.dir.path().join(&name).is_file(), "{name}");
        }
        assert!(!scratch.dir.path().join(names.replace('N', "3")).exists());
    }
    // Fewer partitions than before would leave old files among the new ones.
    let (message, hint) = scratch.error("COPY (SELECT 1 AS a) TO '$/p-*.csv.zst'");
    assert_eq!(message, "$/p-0001.csv.zst would be taken for one of the 1 files that are written");
    assert!(hint.contains("another folder"));
}

#[test]
fn a_failing_query_leaves_what_was_there() {
    let scratch = Scratch::new();
    let bad: String = (0..200_000).map(|row| format!("{row},1\n")).collect();
    scratch.file("bad.csv", &format!("id,k\n{bad}oops,1\n"));
    scratch.file("o.csv", "old");
    for target in ["o.csv", "o.csv.gz", "o.parquet", "p-*.csv", "new/' (FORMAT csv) --"] {
        let (message, _) = scratch.error(&format!("COPY (SELECT * FROM '$/bad.csv') TO '$/{target}'"));
        assert!(message.starts_with("$/bad.csv: line 200002"), "{message}");
    }
    assert_eq!(scratch.names(""), ["bad.csv", "o.csv"]);
    assert_eq!(scratch.read("o.csv"), "old");
}

#[test]
fn a_file_can_be_written_over_while_it_is_read() {
    let scratch = Scratch::new();
    let expected = scratch.rows("SELECT * FROM '$/a.csv' WHERE id > 1 ORDER BY id");
    scratch.rows("COPY (SELECT * FROM '$/a.csv' WHERE id > 1) TO '$/a.csv'");
    assert_eq!(scratch.rows("SELECT * FROM '$/a.csv' ORDER BY id"), expected);
}

#[test]
fn explain_writes_nothing_and_analyze_writes() {
    let scratch = Scratch::new();
    let plan = scratch.rows("EXPLAIN COPY '$/a.csv' TO '$/o.csv.gz' (HEADER false)").join("\n");
    assert!(plan.contains("Write") && plan.contains("o.csv.gz', csv, gzip"), "{plan}");
    assert_eq!(scratch.names(""), [""; 0]);
    let plan = scratch.rows("EXPLAIN ANALYZE COPY '$/a.csv' TO '$/o.csv.gz'").join("\n");
    assert!(plan.contains("WriteExec"), "{plan}");
    assert_eq!(scratch.rows("SELECT count(*) FROM '$/o.csv.gz'"), ["4"]);
}

#[test]
fn views_names_and_ctes_in_copy() {
    let scratch = Scratch::new();
    scratch.rows("CREATE VIEW V AS SELECT ID AS Number FROM '$/a.csv'");
    scratch.rows("COPY v TO '$/o.csv'");
    assert_eq!(scratch.read("o.csv").lines().next(), Some("Number"));
    scratch.rows("COPY (WITH w AS (SELECT max(number) FROM v) SELECT * FROM w) TO '$/o.csv'");
    assert_eq!(scratch.read("o.csv"), "max(Number)\n4\n");
}

#[test]
fn what_cannot_be_done_is_told() {
    let scratch = Scratch::new();
    let copy = |rest: &str| scratch.error(&format!("COPY '$/a.csv' TO {rest}"));
    let told = |rest: &str, message: &str, hint: &str| {
        let (found_message, found_hint) = copy(rest);
        assert_eq!(found_message, message, "{rest}");
        assert!(found_hint.contains(hint), "{rest}: {found_hint}");
    };
    told("'$/o.xlsx'", "cannot tell a format from the name '$/o.xlsx'", "option format");
    told("'$/o' (FORMAT parkuet)", "option format: unknown format \"parkuet\"", "did you mean parquet?");
    told(
        "'$/o.csv' (HEADR)",
        "option headr: there is no such option for writing files",
        "did you mean header?",
    );
    told("'$/o.parquet' (HEADER)", "option header: parquet has no such option", "csv");
    told("'$/o.csv' (COMPRESSION zip)", "option compression: zip is read, but not written", "gzip");
    told("'$/o.csv' (COMPRESSION snappy)", "option compression: csv is not compressed with snappy", "zstd");
    told(
        "'$/o.parquet' (COMPRESSION snappy, LEVEL 3)",
        "option compression_level: this codec of columns has no levels",
        "",
    );
    told(
        "'$/o.parquet' (COMPRESSION xz)",
        "option compression: columns of Parquet cannot be compressed with xz",
        "snappy",
    );
    told("'$/o.csv' (COMPRESSION rar)", "option compression: unknown codec \"rar\"", "gzip");
    told(
        "'$/none/o.csv'",
        "$/none/o.csv: cannot create: No such file or directory (os error 2)",
        "make it first",
    );
    told(
        "'$/none/out/' (FORMAT csv)",
        "$/none/out/: cannot create: No such file or directory (os error 2)",
        "make it first",
    );
    told("'$' (PER_PARTITION false, FORMAT csv)", "'$' is a folder", "name a file");
    let (message, hint) = scratch.error("COPY nothing TO '$/o.csv'");
    assert!(message.contains("no table \"nothing\""), "{message} {hint}");
    assert_eq!(scratch.names(""), [""; 0]);
}

#[cfg(target_os = "linux")]
#[test]
fn devices_full_disks_and_locked_folders() {
    let scratch = Scratch::new();
    assert_eq!(scratch.rows("COPY '$/a.csv' TO '/dev/null' (FORMAT csv)"), ["4"]);
    assert!(!Path::new("/dev/null").metadata().unwrap().is_file());
    for format in ["csv", "json", "parquet"] {
        let (message, hint) = scratch.error(&format!("COPY '$/many-*.csv' TO '/dev/full' (FORMAT {format})"));
        assert_eq!(message, "/dev/full: cannot write: No space left on device (os error 28)");
        assert!(hint.contains("room"));
    }
}
