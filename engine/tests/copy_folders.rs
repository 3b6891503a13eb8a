//! `COPY … TO 'folder' (PARTITION_BY (…))` end to end: what is written is read back by its folders, whatever memory there is, and what
//! fails leaves everything as it was.
#![allow(clippy::unwrap_used)]

mod scratch;

use std::collections::BTreeMap;
use std::fs;

use scratch::Scratch;
use swath::{FileFormat, Session, WriteOptions};

/// Four rows, two of them without a day.
const FEW: &str = "(SELECT * FROM (VALUES (1, 'a b/c', DATE '2001-02-03'), (2, NULL, NULL), (3, '', DATE '2001-02-03'), \
                   (4, 'x=%é', NULL)) AS v(id, k, day))";

#[track_caller]
fn rows(scratch: &Scratch, sql: &str) -> Vec<String> {
    scratch.rows(sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// What is wrong, and the hint.
fn error(scratch: &Scratch, sql: &str) -> (String, String) {
    let error = scratch.rows(sql).unwrap_err();
    let mask = |text: String| text.replace(&scratch.folder(), "$");
    (mask(error.to_string()), mask(error.hint().unwrap_or_default()))
}

/// Every file below the folder, and what is in it.
fn files(scratch: &Scratch) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![scratch.dir.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(scratch.dir.path()).unwrap().display().to_string();
            match path.is_dir() {
                true => folders.push(path),
                false => drop(files.insert(name, fs::read(path).unwrap())),
            }
        }
    }
    files
}

fn names(scratch: &Scratch) -> Vec<String> {
    files(scratch).into_keys().collect()
}

fn texts(scratch: &Scratch) -> Vec<String> {
    let text = |(name, bytes): (String, Vec<u8>)| format!("{name}: {}", String::from_utf8(bytes).unwrap());
    files(scratch).into_iter().map(text).collect()
}

#[test]
fn columns_name_folders() {
    let scratch = Scratch::with_threads(3);
    assert_eq!(rows(&scratch, &format!("COPY {FEW} TO '$/o' (FORMAT csv, PARTITION_BY (k))")), ["4"]);
    let expected = [
        "o/k=/data_0.csv: id,day\n3,2001-02-03\n",
        "o/k=__HIVE_DEFAULT_PARTITION__/data_0.csv: id,day\n2,\n",
        "o/k=a%20b%2Fc/data_0.csv: id,day\n1,2001-02-03\n",
        "o/k=x%3D%25%C3%A9/data_0.csv: id,day\n4,\n",
    ];
    assert_eq!(texts(&scratch), expected);
    let expected = ["1|2001-02-03|a b/c", "2||", "3|2001-02-03|", "4||x=%é"];
    scratch.check("SELECT id, day, k FROM '$/o/*/*.csv' ORDER BY id", &expected);
    scratch.check("SELECT id FROM '$/o/**' WHERE k IS NULL", &["2"]);
}

#[test]
fn every_way_to_say_it() {
    for (options, expected) in [
        ("(FORMAT csv, PARTITION_BY (day, K))", "o/day=2001-02-03/k=/data_0.csv"),
        ("(FORMAT csv, PARTITION_BY day)", "o/day=2001-02-03/data_0.csv"),
        ("(FORMAT csv, PARTITION_BY 'day', FILENAME_PATTERN 'x_{i}')", "o/day=2001-02-03/x_0.csv"),
        ("(FORMAT csv, COMPRESSION gzip, PARTITION_BY day)", "o/day=2001-02-03/data_0.csv.gz"),
        (
            "(FORMAT csv, PARTITION_BY day, FILE_EXTENSION 'dat', COMPRESSION zstd)",
            "o/day=2001-02-03/data_0.dat.zst",
        ),
        ("(FORMAT parquet, PARTITION_BY day)", "o/day=2001-02-03/data_0.parquet"),
        ("(FORMAT json, PARTITION_BY day)", "o/day=2001-02-03/data_0.json"),
        ("STORED AS jsonl PARTITIONED BY (day)", "o/day=2001-02-03/data_0.jsonl"),
    ] {
        let scratch = Scratch::with_threads(3);
        rows(&scratch, &format!("COPY {FEW} TO '$/o/' {options}"));
        assert_eq!(names(&scratch)[0], expected, "{options}");
        if !options.contains("dat") {
            let read = rows(&scratch, "SELECT id, day FROM '$/o/**' ORDER BY id");
            assert_eq!(read, ["1|2001-02-03", "2|", "3|2001-02-03", "4|"], "{options}");
        }
    }
}

#[test]
fn columns_of_folders_may_be_in_the_files_too() {
    let scratch = Scratch::with_threads(3);
    rows(
        &scratch,
        &format!("COPY {FEW} TO '$/o' (FORMAT csv, PARTITION_BY (day, id, k), WRITE_PARTITION_COLUMNS)"),
    );
    assert_eq!(
        texts(&scratch)[0],
        "o/day=2001-02-03/id=1/k=a%20b%2Fc/data_0.csv: id,k,day\n1,a b/c,2001-02-03\n"
    );
    let (message, hint) =
        error(&scratch, &format!("COPY {FEW} TO '$/p' (FORMAT csv, PARTITION_BY (day, id, k))"));
    assert_eq!(
        message,
        "option partition_by: all columns are in the names of folders, and none is left to write"
    );
    assert!(hint.contains("WRITE_PARTITION_COLUMNS"), "{hint}");
}

#[test]
fn text_is_the_column_that_is_left() {
    let scratch = Scratch::with_threads(3);
    rows(&scratch, &format!("COPY (SELECT id, day FROM {FEW}) TO '$/o' (FORMAT text, PARTITION_BY day)"));
    assert_eq!(texts(&scratch)[0], "o/day=2001-02-03/data_0.txt: 1\n3\n");
}

#[test]
fn files_of_an_earlier_write_stay_unless_it_is_said() {
    let scratch = Scratch::with_threads(3);
    let copy = |columns: &str, options: &str| {
        scratch.rows(&format!("COPY {FEW} TO '$/o' (FORMAT csv, PARTITION_BY ({columns}){options})"))
    };
    copy("day", "").unwrap();
    let first = names(&scratch);
    let (message, hint) = error(&scratch, &format!("COPY {FEW} TO '$/o' (FORMAT csv, PARTITION_BY (k))"));
    assert_eq!(message, "'$/o' is not empty: day=2001-02-03/data_0.csv is in it");
    assert!(hint.contains("OVERWRITE_OR_IGNORE"), "{hint}");
    assert_eq!(names(&scratch), first);
    // One name, and others that stay.
    copy("day, id", ", OVERWRITE_OR_IGNORE").unwrap();
    copy("day", ", OVERWRITE_OR_IGNORE true, HEADER false").unwrap();
    assert_eq!(names(&scratch).len(), 6);
    assert_eq!(texts(&scratch)[0], "o/day=2001-02-03/data_0.csv: 1,a b/c\n3,\"\"\n");
    // Files that are added have names of their own.
    copy("day", ", APPEND").unwrap();
    copy("day", ", APPEND true, FILENAME_PATTERN 'x{uuidv7}'").unwrap();
    assert_eq!(names(&scratch).len(), 10);
    assert_eq!(names(&scratch).iter().filter(|name| name.contains("/x")).count(), 2);
    // All go, with their folders.
    fs::create_dir(scratch.dir.path().join("o/empty")).unwrap();
    copy("k", ", OVERWRITE").unwrap();
    assert_eq!(names(&scratch).len(), 4);
    assert!(names(&scratch).iter().all(|name| name.starts_with("o/k=")));
    assert!(!scratch.dir.path().join("o/day=2001-02-03").exists());
}

#[test]
fn what_is_not_of_a_write_is_not_overwritten() {
    for other in ["notes.md", "day=2001-02-03/notes", "sub/a.csv"] {
        let scratch = Scratch::with_threads(3);
        let path = scratch.dir.path().join("o").join(other);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "mine").unwrap();
        let (message, hint) =
            error(&scratch, &format!("COPY {FEW} TO '$/o' (FORMAT csv, PARTITION_BY k, OVERWRITE)"));
        assert_eq!(message, format!("'$/o' is not overwritten: {other} is not of an earlier write"));
        assert!(hint.contains("remove this one first"), "{hint}");
        assert_eq!(names(&scratch).len(), 1);
    }
}

#[test]
fn a_folder_can_be_read_and_overwritten_at_once() {
    let scratch = Scratch::with_threads(3);
    rows(&scratch, &format!("COPY {FEW} TO '$/o' (FORMAT csv, PARTITION_BY (day))"));
    rows(
        &scratch,
        "COPY (SELECT * FROM '$/o/**' WHERE id > 1) TO '$/o' (FORMAT csv, PARTITION_BY (day), OVERWRITE)",
    );
    assert_eq!(rows(&scratch, "SELECT id, day FROM '$/o/**' ORDER BY id"), ["2|", "3|2001-02-03", "4|"]);
}

#[test]
fn nothing_is_left_of_what_fails() {
    let scratch = Scratch::with_threads(3);
    fs::create_dir(scratch.dir.path().join("there")).unwrap();
    let rows = "SELECT value % 5 AS k, CASE WHEN value = 90000 THEN 'two\nlines' ELSE 'x' END AS line FROM range(100000)";
    for folder in ["o", "there"] {
        let (message, _) =
            error(&scratch, &format!("COPY ({rows}) TO '$/{folder}' (FORMAT text, PARTITION_BY k)"));
        assert!(
            message.starts_with(&format!("$/{folder}/k=0/data_0.txt: cannot write: the value of row ")),
            "{message}"
        );
        let late = "SELECT value % 5 AS k, CASE WHEN value = 90000 THEN 'x' ELSE '1' END::int AS n FROM range(100000)";
        error(&scratch, &format!("COPY ({late}) TO '$/{folder}' (FORMAT csv, PARTITION_BY k)"));
    }
    let names: Vec<_> =
        fs::read_dir(scratch.dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["there"]);
    assert_eq!(fs::read_dir(scratch.dir.path().join("there")).unwrap().count(), 0);
}

#[test]
fn without_rows_there_is_an_empty_folder() {
    let scratch = Scratch::with_threads(3);
    assert_eq!(
        rows(
            &scratch,
            &format!("COPY (SELECT * FROM {FEW} WHERE id > 9) TO '$/o' (FORMAT csv, PARTITION_BY k)")
        ),
        ["0"]
    );
    assert_eq!(fs::read_dir(scratch.dir.path().join("o")).unwrap().count(), 0);
}

/// Rows of so many folders, which come in turn, or one folder after the other.
fn many(folders: usize, in_order: bool) -> String {
    let k =
        if in_order { format!("value * {folders} // 60000") } else { format!("(value * 7919) % {folders}") };
    format!("SELECT value AS id, {k} AS k, repeat('x', value % 30) AS text FROM range(60000)")
}

#[test]
fn more_folders_than_files_can_be_open() {
    for (in_order, most_files) in [(false, 1), (true, 2)] {
        for format in ["csv", "parquet"] {
            let scratch = Scratch::with_threads(3);
            let sql = many(750, in_order);
            let copied = rows(
                &scratch,
                &format!("COPY ({sql} ORDER BY id) TO '$/o' (FORMAT {format}, PARTITION_BY k)"),
            );
            assert_eq!(copied, ["60000"]);
            let files = names(&scratch);
            assert!((750..=750 * most_files).contains(&files.len()), "{}", files.len());
            let sums = "SELECT count(*), sum(id), sum(k), sum(length(text)), count(DISTINCT k)";
            assert_eq!(
                rows(&scratch, &format!("{sums} FROM '$/o/**'")),
                rows(&scratch, &format!("{sums} FROM ({sql})"))
            );
            // Each row is where its folder says, and in the order in which it came.
            assert_eq!(
                rows(&scratch, &format!("SELECT count(*) FROM '$/o/**' JOIN ({sql}) AS s USING (id, k)")),
                ["60000"]
            );
            let of_one = rows(&scratch, &format!("SELECT id FROM '$/o/k=240/*.{format}'"));
            assert!(of_one.len() == 80);
            assert!(of_one.is_sorted_by_key(|id| id.parse::<u64>().unwrap()), "{of_one:?}");
        }
    }
}

#[test]
fn folders_are_the_same_with_little_memory_and_any_number_of_threads() {
    let session = |threads, megabytes: u64| {
        Session::builder().threads(threads).memory_limit((megabytes << 20) as usize).build().unwrap()
    };
    for format in ["csv", "jsonl", "csv.gz", "csv.bz2"] {
        let (format, codec) = format.split_once('.').unwrap_or((format, "none"));
        let codec = match codec {
            "gz" => "gzip",
            "bz2" => "bzip2",
            other => other,
        };
        let copy = format!(
            "COPY ({} ORDER BY id) TO '$/o' (FORMAT {format}, COMPRESSION {codec}, PARTITION_BY k)",
            many(40, false)
        );
        let written = [session(1, 1 << 10), session(4, 1 << 10), session(4, 16)].map(|session| {
            let scratch = Scratch { dir: tempfile::tempdir().unwrap(), session };
            rows(&scratch, &copy);
            files(&scratch)
        });
        assert_eq!(written[0].len(), 40);
        assert!(written[0] == written[1] && written[0] == written[2], "{format} {codec}");
    }
}

#[test]
fn several_writes_share_one_pass() {
    let scratch = Scratch::with_threads(3);
    scratch.file("a.csv", "k,x\n1,a\n2,b\n1,c\n");
    let table = swath::read_csv(scratch.dir.path().join("a.csv")).session(&scratch.session).scan().unwrap();
    let options = || WriteOptions::default().partition_by(["K"]);
    let (csv, parquet, rows) = swath::compute((
        table.to_csv(scratch.dir.path().join("c")).options(options().format(FileFormat::Csv)),
        table.to_parquet(scratch.dir.path().join("p")).options(options().filename_pattern("x").overwrite()),
        table.count(),
    ))
    .unwrap();
    assert_eq!((csv, parquet, rows), (3, 3, 3));
    assert_eq!(
        names(&scratch),
        ["a.csv", "c/k=1/data_0.csv", "c/k=2/data_0.csv", "p/k=1/x0.parquet", "p/k=2/x0.parquet"]
    );
    table
        .to_csv(scratch.dir.path().join("c"))
        .options(options().append().write_partition_columns())
        .run()
        .unwrap();
    assert_eq!(names(&scratch).len(), 7);
}

#[test]
fn what_cannot_be_done_is_told() {
    let scratch = Scratch::with_threads(3);
    scratch.file("file", "");
    let told = |target: &str, options: &str, message: &str, hint: &str| {
        let (found_message, found_hint) = error(
            &scratch,
            &format!("COPY (SELECT id, k, day, [id] AS list FROM {FEW}) TO '$/{target}' ({options})"),
        );
        assert_eq!(found_message, message, "{options}");
        assert!(found_hint.contains(hint), "{options}: {found_hint}");
    };
    let csv = |rest: &str| format!("FORMAT csv, {rest}");
    told(
        "o",
        &csv("PARTITION_BY dai"),
        "option partition_by: no column is named \"dai\"",
        "did you mean \"day\"?",
    );
    told("o", &csv("PARTITION_BY (id, ID)"), "option partition_by: \"ID\" stands twice", "");
    told(
        "o",
        &csv("PARTITION_BY list"),
        "option partition_by: the values of \"list\" are of the type List(Int64), which names no folders",
        "name a column",
    );
    told(
        "o",
        &csv("PARTITION_BY id, PER_THREAD_OUTPUT"),
        "option partition_by: per_partition is set, too",
        "leave per_partition away",
    );
    told(
        "o",
        &csv("PARTITION_BY id, OVERWRITE, APPEND"),
        "option append: another of its kind is set",
        "one of",
    );
    told(
        "o",
        &csv("PARTITION_BY id, APPEND, FILENAME_PATTERN 'a{i}'"),
        "option filename_pattern: 'a{i}' may be the name of a file that is there",
        "{uuid}",
    );
    told("o", "PARTITION_BY id", "cannot tell a format from the name '$/o'", "option format");
    told("file", &csv("PARTITION_BY id"), "'$/file' is a file", "give it another name");
    told(
        "a/b",
        &csv("PARTITION_BY id"),
        "$/a/b: cannot create: No such file or directory (os error 2)",
        "make it first",
    );
    told(
        "o.csv",
        "WRITE_PARTITION_COLUMNS",
        "option write_partition_columns: it is for files in folders that columns name",
        "PARTITION_BY",
    );
    told("o.csv", "APPEND", "option append: it is for files in folders that columns name", "PARTITION_BY");
    told(
        "o/",
        &csv("OVERWRITE"),
        "option overwrite: it is for files in folders that columns name",
        "PARTITION_BY",
    );
    assert_eq!(names(&scratch), ["file"]);
    // One file is replaced in any case.
    rows(&scratch, &format!("COPY {FEW} TO '$/o.csv' (OVERWRITE_OR_IGNORE)"));
    assert!(scratch.dir.path().join("o.csv").exists());
}

#[test]
fn explain_shows_the_folders() {
    let scratch = Scratch::with_threads(3);
    let plan =
        rows(&scratch, &format!("EXPLAIN VERBOSE COPY {FEW} TO '$/o' (FORMAT csv, PARTITION_BY (day, k))"))
            .join("\n");
    assert!(plan.contains("/o/day=*/k=*/data_{i}.csv', csv"), "{plan}");
    assert_eq!(names(&scratch), [""; 0]);
}
