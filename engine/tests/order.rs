//! Results without ORDER BY that are rows as they stand in files come in the order of the files.
#![allow(clippy::unwrap_used, reason = "helpers of tests, too")]

use std::io::Write;
use std::path::Path;

use swath::arrow::array::{AsArray, RecordBatch};
use swath::arrow::datatypes::Int64Type;
use swath::arrow::util::pretty::pretty_format_batches;
use swath::{Codec, Session};
use swath_io::Compressor;

const ROWS: i64 = 56_000;

/// Files of unequal lengths, with a number that counts through all of them and a text that makes them large.
fn folder(codec: Codec) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut from = 0;
    for (file, share) in [7, 1, 4, 2].into_iter().enumerate() {
        let until = from + ROWS * share / 14;
        let mut text = String::from("n,t\n");
        (from..until).for_each(|row| text.push_str(&format!("{row},{}\n", "text ".repeat(6))));
        let path = folder.path().join(format!("{file}.csv"));
        let mut compressor = Compressor::new(codec, None, std::fs::File::create(path).unwrap()).unwrap();
        compressor.write_all(text.as_bytes()).unwrap();
        compressor.finish().unwrap();
        from = until;
    }
    folder
}

fn numbers(session: &Session, sql: &str, folder: &Path) -> Vec<i64> {
    let sql = sql.replace("'F'", &format!("'{}/*.csv'", folder.display()));
    let batches = session.collect_blocking(&sql).unwrap();
    batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec()).collect()
}

#[test]
fn rows_come_in_the_order_of_the_files() {
    let all = || 0..ROWS;
    for codec in [Codec::Plain, Codec::Gzip] {
        let folder = folder(codec);
        for threads in [1, 2, 5] {
            let session = Session::builder().threads(threads).build().unwrap();
            let numbers = |sql: &str| numbers(&session, sql, folder.path());
            let check = |sql: &str, expected: Vec<i64>| {
                let found = numbers(sql);
                let wrong = found.iter().zip(&expected).position(|(found, expected)| found != expected);
                assert_eq!(
                    (wrong, found.len()),
                    (None, expected.len()),
                    "{sql} of {codec}, {threads} threads"
                );
            };
            check("SELECT n FROM 'F'", all().collect());
            let third: Vec<i64> = all().filter(|n| n % 3 == 0).collect();
            check("SELECT n FROM 'F' WHERE n % 3 = 0 AND t LIKE 'text%'", third);
            let few: Vec<i64> = all().filter(|n| n % 10_000 == 7).map(|n| 2 * n).collect();
            check("SELECT 2 * n FROM (SELECT n FROM 'F' WHERE n % 10000 = 7)", few);
            assert_eq!(
                numbers("SELECT n FROM 'F' WHERE n % 2 = 1 LIMIT 5 OFFSET 20000"),
                [40_001, 40_003, 40_005, 40_007, 40_009]
            );
            check("SELECT n FROM 'F' WHERE n < 0", vec![]);
            let twice: Vec<i64> = all().flat_map(|n| [n, -n]).collect();
            check("SELECT unnest([n, -n]) FROM 'F'", twice);
            let odd: Vec<i64> = all().filter(|n| n % 2 == 1).map(|n| -n).collect();
            check("SELECT u FROM (SELECT n, unnest([n, -n]) AS u FROM 'F') WHERE u < 0 AND n % 2 = 1", odd);
        }
    }
}

#[test]
fn windows_and_aggregates_of_all_rows_take_them_in_order() {
    let folder = folder(Codec::Gzip);
    for threads in [1, 2, 5] {
        let session = Session::builder().threads(threads).build().unwrap();
        let numbers = |sql: &str| numbers(&session, sql, folder.path());
        assert!(numbers("SELECT row_number() OVER () - 1 FROM 'F'") == (0..ROWS).collect::<Vec<_>>());
        for sql in [
            "SELECT count(*) FROM (SELECT n, row_number() OVER () AS r FROM 'F') WHERE r <> n + 1",
            "SELECT count(*) FROM (SELECT n, lag(n) OVER () AS before FROM 'F') WHERE before <> n - 1",
            "SELECT count(*) FROM (SELECT n, sum(1) OVER (ROWS UNBOUNDED PRECEDING) AS r FROM 'F') WHERE r <> n + 1",
            "SELECT count(*) FROM (SELECT n, row_number() OVER () AS r FROM (SELECT n FROM 'F' UNION ALL SELECT n FROM 'F')) \
             WHERE n <> (r - 1) % 56000",
            "SELECT count(*) FROM (SELECT n, row_number() OVER () AS r, count(*) OVER (PARTITION BY n % 5), row_number() OVER (ORDER BY -n) \
             FROM 'F') WHERE r <> n + 1",
        ] {
            assert_eq!(numbers(sql), [0], "{sql}, {threads} threads");
        }
        let sorted = format!(
            "SELECT list(n) = list(n ORDER BY n), first(n), last(n) FROM '{}/*.csv'",
            folder.path().display()
        );
        let batches = session.collect_blocking(&sorted).unwrap();
        assert!(batches[0].column(0).as_boolean().value(0), "{threads} threads");
        assert_eq!(numbers("SELECT first(n) FROM 'F'"), [0]);
        assert_eq!(numbers("SELECT last(n) FROM 'F'"), [ROWS - 1]);
    }
}

#[test]
fn queries_of_a_union_come_as_they_are_written() {
    let folder = folder(Codec::Gzip);
    let all = || 0..ROWS;
    for (threads, pass_memory_bytes) in [(1, 1 << 20), (2, 10_000), (5, 1 << 20)] {
        let session =
            Session::builder().threads(threads).pass_memory_bytes(pass_memory_bytes).build().unwrap();
        let numbers = |sql: &str| numbers(&session, sql, folder.path());
        let check = |sql: &str, expected: Vec<i64>| {
            assert!(numbers(sql) == expected, "{sql}, {threads} threads");
        };
        check(
            "SELECT max(n) FROM 'F' UNION ALL SELECT 7 UNION ALL SELECT min(n) FROM 'F'",
            vec![ROWS - 1, 7, 0],
        );
        check("SELECT n FROM 'F' UNION ALL SELECT -1 UNION ALL SELECT n FROM 'F' WHERE n % 2 = 0", {
            all().chain([-1]).chain(all().filter(|n| n % 2 == 0)).collect()
        });
        check(
            "SELECT 2 * n FROM (SELECT count(*) AS n FROM 'F' UNION ALL SELECT n FROM 'F') WHERE n > 55998",
            vec![2 * ROWS, 2 * (ROWS - 1)],
        );
        check("(SELECT n FROM 'F' ORDER BY n DESC LIMIT 2) UNION ALL (SELECT n FROM 'F' LIMIT 2) LIMIT 3", {
            vec![ROWS - 1, ROWS - 2, 0]
        });
        check("SELECT n FROM 'F' UNION ALL SELECT n FROM 'F' LIMIT 3 OFFSET 55999", vec![ROWS - 1, 0, 1]);
        let many = vec!["SELECT count(*) FROM 'F'"; 60].join(" UNION ALL ");
        check(&many, vec![ROWS; 60]);
    }
}

#[test]
fn rows_come_in_order_among_other_results() {
    let folder = folder(Codec::Gzip);
    let session = Session::builder().threads(3).pass_memory_bytes(10_000).build().unwrap();
    let script = format!(
        "SELECT max(n) FROM '{0}/*.csv'; SELECT n FROM '{0}/*.csv'; SELECT t, count(*) FROM '{0}/*.csv' GROUP BY t; \
         SELECT n FROM '{0}/*.csv' WHERE n % 7 = 3",
        folder.path().display()
    );
    let outputs = futures::executor::block_on(session.run_together(session.parse(&script).unwrap()));
    let mut results = Vec::new();
    for output in outputs {
        results.push(futures::executor::block_on(output.unwrap().collect()).unwrap());
    }
    let column = |batches: &[RecordBatch]| -> Vec<i64> {
        let column = |batch: &RecordBatch| batch.column(0).as_primitive::<Int64Type>().values().to_vec();
        batches.iter().flat_map(column).collect()
    };
    assert!(column(&results[1]) == (0..ROWS).collect::<Vec<_>>(), "rows are out of order or missing");
    let seventh: Vec<i64> = (0..ROWS).filter(|n| n % 7 == 3).collect();
    assert!(column(&results[3]) == seventh, "rows are out of order or missing");
}

#[test]
fn files_are_written_in_order() {
    let (folder, target) = (folder(Codec::Plain), tempfile::tempdir().unwrap());
    let session = Session::builder().threads(4).build().unwrap();
    let path = target.path().join("out.csv");
    let sql = format!("COPY (SELECT n FROM '{}/*.csv') TO '{}'", folder.path().display(), path.display());
    session.collect_blocking(&sql).unwrap();
    let written = std::fs::read_to_string(path).unwrap();
    let expected: String =
        std::iter::once("n\n".to_owned()).chain((0..ROWS).map(|n| format!("{n}\n"))).collect();
    assert!(written == expected, "rows are out of order or missing");
}

#[test]
fn samples_are_the_same_on_any_number_of_threads() {
    for codec in [Codec::Plain, Codec::Gzip] {
        let folder = folder(codec);
        let mut found: Vec<Vec<i64>> = Vec::new();
        for threads in [1, 2, 5] {
            let session = Session::builder().threads(threads).build().unwrap();
            let numbers = |sql: &str| numbers(&session, sql, folder.path());
            let rows = numbers("SELECT n FROM 'F' TABLESAMPLE (500 ROWS) REPEATABLE (42)");
            assert_eq!(rows.len(), 500, "{codec}, {threads} threads");
            assert!(rows.is_sorted(), "{codec}, {threads} threads");
            // Whatever is asked of it, and whichever columns are read.
            let sum =
                "SELECT sum(n), count(t) FROM (SELECT * FROM 'F' TABLESAMPLE (500 ROWS) REPEATABLE (42))";
            assert_eq!(numbers(sum), [rows.iter().sum::<i64>()], "{codec}, {threads} threads");
            let share = "SELECT s.n FROM 'F' s TABLESAMPLE BERNOULLI (1) REPEATABLE (7) WHERE s.n % 2 = 0";
            let share = numbers(share);
            assert!((200..360).contains(&share.len()), "{} of {}", share.len(), ROWS / 2);
            found.push(rows.into_iter().chain(share).collect());
        }
        assert!(found.iter().all(|rows| *rows == found[0]), "{codec}");
        let session = Session::new().unwrap();
        let any = || numbers(&session, "SELECT n FROM 'F' TABLESAMPLE (20 ROWS)", folder.path());
        assert_ne!(any(), any());
    }
}

#[test]
fn first_rows_by_very_many_keys_are_those_of_the_whole_sort() {
    const COLUMNS: usize = 40;
    let folder = tempfile::tempdir().unwrap();
    // Most keys are equal, so that the last ones decide.
    let value = |row: usize, column: usize| match (row * 7 + column * column) % (column + 2) {
        0 => String::new(),
        value if column.is_multiple_of(3) => format!("t{}", value / 8),
        value => (value / 8).to_string(),
    };
    for file in 0..3 {
        let names: Vec<String> = (0..COLUMNS).map(|column| format!("c{column}")).collect();
        let mut text = names.join(",") + "\n";
        for row in 0..4000 {
            let values: Vec<String> = (0..COLUMNS).map(|column| value(file * 4000 + row, column)).collect();
            text.push_str(&(values.join(",") + "\n"));
        }
        std::fs::write(folder.path().join(format!("{file}.csv")), text).unwrap();
    }
    let ways = ["", " DESC", " NULLS FIRST", " DESC NULLS LAST"];
    let keys: Vec<String> = (0..COLUMNS).map(|column| format!("c{column}{}", ways[column % 4])).collect();
    for threads in [1, 3] {
        let session = Session::builder().threads(threads).build().unwrap();
        for keys in ["ALL", &keys.join(", ")] {
            let rows = |limit: &str| {
                let sql =
                    format!("SELECT * FROM '{}/*.csv' ORDER BY {keys} {limit}", folder.path().display());
                let batches = session.collect_blocking(&sql).unwrap();
                let batches: Vec<RecordBatch> =
                    batches.iter().map(|batch| batch.slice(0, 9.min(batch.num_rows()))).collect();
                pretty_format_batches(&batches[..1]).unwrap().to_string()
            };
            assert_eq!(rows("LIMIT 9"), rows(""), "{keys}");
        }
    }
}
