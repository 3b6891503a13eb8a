//! Queries that do not fit into their memory: the same answers by way of the disk, or an error that says what would do.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use swath::Session;
use swath::arrow::array::RecordBatch;
use swath::arrow::util::display::array_value_to_string;
use tempfile::TempDir;

const FILES: u64 = 4;
const ROWS_A_FILE: u64 = 40_000;

/// Less than any of the queries below would like to have.
const TINY_BYTES: usize = 16 << 20;

/// Rows with a key of their own each, a key that many share, and some text.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in 0..FILES {
        let mut text = String::from("id,half,few,name\n");
        for row in 0..ROWS_A_FILE {
            let id = (row * FILES + file).wrapping_mul(7_919) % (FILES * ROWS_A_FILE);
            writeln!(
                text,
                "{id},{},{},the name of number {id} which is long enough to take some room",
                id / 2,
                id % 10
            )
            .unwrap();
        }
        fs::write(folder.path().join(format!("rows-{file}.csv")), text).unwrap();
    }
    folder
}

fn session(limit_bytes: usize, temp: &Path) -> Session {
    Session::builder().threads(3).memory_limit(limit_bytes).temp_dir(temp).build().unwrap()
}

fn rows(batches: &[RecordBatch]) -> Vec<String> {
    let row = |batch: &RecordBatch, row| {
        let cells = batch.columns().iter().map(|column| array_value_to_string(column, row).unwrap());
        cells.collect::<Vec<_>>().join("|")
    };
    batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |at| row(batch, at))).collect()
}

/// Runs a query, which must not take for ever.
fn run(session: &Session, sql: &str) -> Result<Vec<String>, swath::Error> {
    let (sender, receiver) = std::sync::mpsc::channel();
    let (session, sql) = (session.clone(), sql.to_owned());
    std::thread::spawn(move || sender.send(session.collect_blocking(&sql).map(|batches| rows(&batches))));
    receiver.recv_timeout(Duration::from_secs(120)).expect("the query hangs")
}

/// Questions whose answers take more memory than [`TINY_BYTES`], but can be had by way of the disk.
const BY_THE_DISK: [&str; 9] = [
    "SELECT id, count(*), max(name) FROM '$/rows-*.csv' GROUP BY id ORDER BY id",
    "SELECT count(*), sum(n) FROM (SELECT name, count(*) AS n FROM '$/rows-*.csv' GROUP BY name)",
    "SELECT name, id FROM '$/rows-*.csv' ORDER BY name DESC",
    "SELECT count(*) FROM (SELECT DISTINCT name, half FROM '$/rows-*.csv')",
    "SELECT few, row_number() OVER (PARTITION BY few ORDER BY id) AS n, name FROM '$/rows-*.csv' ORDER BY few, n",
    "SELECT id, name, sum(id) OVER (PARTITION BY few), max(name) OVER (PARTITION BY few) FROM '$/rows-*.csv' ORDER BY id",
    "SELECT few, count(DISTINCT name) FROM '$/rows-*.csv' GROUP BY few ORDER BY few",
    "SELECT count(DISTINCT name), count(DISTINCT half), count(DISTINCT id), count(*) FROM '$/rows-*.csv'",
    "SELECT count(*), min(name), sum(id) FROM (SELECT name, id FROM '$/rows-*.csv' ORDER BY name DESC LIMIT 120000)",
];

#[test]
fn what_does_not_fit_goes_to_the_disk_and_comes_back() {
    let folder = folder();
    let temp = tempfile::tempdir().unwrap();
    let roomy = session(1 << 30, temp.path());
    for sql in BY_THE_DISK {
        let sql = sql.replace('$', &folder.path().display().to_string());
        let tiny = session(TINY_BYTES, temp.path());
        let expected = run(&roomy, &sql).unwrap();
        let found = run(&tiny, &sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert!(found == expected, "{sql}: {} rows, expected {}", found.len(), expected.len());
        let usage = tiny.resource_usage();
        assert!(usage.spilled_bytes > 0, "{sql}: {usage:?}");
    }
    assert_eq!(roomy.resource_usage().spilled_bytes, 0);
    assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 0, "nothing is left");
}

#[test]
fn many_first_rows_are_sorted_and_few_are_kept() {
    let folder = folder();
    let temp = tempfile::tempdir().unwrap();
    let roomy = session(1 << 30, temp.path());
    for (limit, is_sorted) in [(50_000, false), (50_001, true)] {
        let sql =
            format!("SELECT id FROM '{}/rows-*.csv' ORDER BY id LIMIT {limit}", folder.path().display());
        let plan = run(&roomy, &format!("EXPLAIN {sql}")).unwrap().join("\n");
        assert_eq!(plan.contains("LocalLimitExec"), is_sorted, "{plan}");
        let found = run(&roomy, &sql).unwrap();
        assert!(found == (0..limit).map(|id| id.to_string()).collect::<Vec<_>>());
    }
}

#[test]
fn joins_larger_than_the_memory_are_answered() {
    let folder = folder();
    let temp = tempfile::tempdir().unwrap();
    let sql = "SELECT count(*), sum(a.id), max(b.name) FROM '$/rows-*.csv' a JOIN '$/rows-*.csv' b ON a.id = b.half"
        .replace('$', &folder.path().display().to_string());
    let expected = run(&session(1 << 30, temp.path()), &sql).unwrap();
    for threads in [1, 3] {
        let builder = Session::builder().threads(threads).memory_limit(TINY_BYTES).temp_dir(temp.path());
        let tiny = builder.build().unwrap();
        assert_eq!(run(&tiny, &sql).unwrap(), expected);
    }
}

/// Joins without keys, whose answers the relational core has wrong where their first side does not fit.
#[test]
fn joins_without_keys_that_are_larger_than_the_memory_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    for (name, rows) in [("a", 500_u64), ("b", 700)] {
        for file in 0..3 {
            let mut text = String::from("k,v,t\n");
            for row in (file..rows).step_by(3) {
                let value = row.wrapping_mul(7_919_001) % 1_000_003;
                writeln!(text, "{row},{value},{}", format!("{:06}", row % 1000).repeat(3000)).unwrap();
            }
            fs::write(folder.path().join(format!("{name}-{file}.csv")), text).unwrap();
        }
    }
    let temp = tempfile::tempdir().unwrap();
    let (roomy, tiny) = (session(1 << 30, temp.path()), session(TINY_BYTES / 2, temp.path()));
    let near = "a.v < b.v AND a.v + 4000 > b.v";
    let [a, b] = ["a", "b"].map(|name| format!("'{}/{name}-*.csv'", folder.path().display()));
    let grouped = |files: &str| format!("(SELECT k, max(v) AS v, max(t) AS t FROM {files} GROUP BY k)");
    let values = "SELECT count(*), sum(a.v), sum(b.v), max(a.t), max(b.t) FROM";
    let mut questions: Vec<String> = ["LEFT", "RIGHT", "FULL"]
        .iter()
        .flat_map(|kind| {
            let of_groups = format!("{values} {} a {kind} JOIN {} b ON {near}", grouped(&a), grouped(&b));
            [format!("{values} {a} a {kind} JOIN {b} b ON {near}"), of_groups]
        })
        .collect();
    for exists in ["EXISTS", "NOT EXISTS"] {
        let exists = format!("{exists} (SELECT 1 FROM {b} b WHERE {near})");
        questions.push(format!("SELECT count(*), sum(v), max(t) FROM {a} a WHERE {exists}"));
        questions.push(format!(
            "SELECT e, count(*), max(t) FROM (SELECT t, {exists} AS e FROM {a} a) GROUP BY e ORDER BY e"
        ));
    }
    questions.push(format!(
        "SELECT count(*), max(a.t), max(b.t) FROM {a} a CROSS JOIN (SELECT * FROM {b} LIMIT 650) b"
    ));
    for sql in questions {
        let expected = run(&roomy, &sql).unwrap();
        let found = run(&tiny, &sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert!(found == expected, "{sql}");
    }
    assert!(tiny.resource_usage().spilled_bytes > 0);
}

/// Lists and texts whose values come in an order: the relational core does not count most of what they take.
#[test]
fn values_in_order_go_to_the_disk() {
    let folder = folder();
    let temp = tempfile::tempdir().unwrap();
    let (roomy, tiny) = (session(1 << 30, temp.path()), session(2 * TINY_BYTES, temp.path()));
    for sql in [
        "SELECT half % 1000 AS k, array_agg(name ORDER BY id DESC)[2], count(*) FROM '$/rows-*.csv' GROUP BY k ORDER BY k",
        "SELECT half % 1000 AS k, string_agg(name, '|' ORDER BY few, id) FROM '$/rows-*.csv' GROUP BY k ORDER BY k",
        "SELECT few, array_agg(id ORDER BY name)[1:3], array_agg(half ORDER BY name DESC)[1:3], max(name) FROM '$/rows-*.csv' GROUP BY few ORDER BY few",
        "SELECT few, array_agg(id ORDER BY half, id) FILTER (WHERE id % 1000 = 7), first_value(id ORDER BY half DESC, id) FROM '$/rows-*.csv' GROUP BY few ORDER BY few",
        "SELECT few, array_agg(DISTINCT half % 7 ORDER BY half % 7) FROM '$/rows-*.csv' GROUP BY few ORDER BY few",
        "SELECT id, few, ntile(3) OVER (PARTITION BY half % 1000 ORDER BY id) FROM '$/rows-*.csv' ORDER BY id",
        "SELECT id, last_value(name) OVER (PARTITION BY half % 1000 ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM '$/rows-*.csv' ORDER BY id",
        "SELECT id, sum(id) OVER (), max(name) OVER () FROM '$/rows-*.csv' ORDER BY id",
        "SELECT count(*), max(a.name) FROM '$/rows-*.csv' a WHERE name IN (SELECT name FROM '$/rows-*.csv' WHERE few < 9)",
        "SELECT count(*), max(a.name) FROM '$/rows-*.csv' a JOIN '$/rows-*.csv' b ON a.name = b.name AND a.half = b.half",
    ] {
        let sql = sql.replace('$', &folder.path().display().to_string());
        let expected = run(&roomy, &sql).unwrap();
        let found = run(&tiny, &sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert!(found == expected, "{sql}");
    }
    assert!(tiny.resource_usage().spilled_bytes > 0);
}

/// Windows over one partition of all rows, and over ten long ones.
#[test]
fn partitions_of_windows_go_to_the_disk() {
    let folder = folder();
    let temp = tempfile::tempdir().unwrap();
    let (roomy, tiny) = (session(1 << 30, temp.path()), session(TINY_BYTES / 4, temp.path()));
    for (windows, by) in [
        ("percent_rank() OVER ($W half), cume_dist() OVER ($W half), ntile(7) OVER ($W id)", "half"),
        ("ntile(100000) OVER ($W id DESC), row_number() OVER ($W id DESC), cume_dist() OVER ($W few)", "id"),
        (
            "last_value(name) OVER ($W id ALL), first_value(half) OVER ($W id ALL), nth_value(name, 17) OVER ($W id ALL)",
            "id",
        ),
        (
            "last_value(nullif(half, 79999)) IGNORE NULLS OVER ($W id ALL), nth_value(half, 9000) OVER ($W id ALL)",
            "id",
        ),
        (
            "sum(id) OVER ($W id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING), lead(id) OVER ($W id)",
            "id",
        ),
        (
            "max(name) OVER ($W half RANGE BETWEEN 3 PRECEDING AND UNBOUNDED FOLLOWING), rank() OVER ($W half)",
            "half",
        ),
        ("last_value(id) OVER ($W id ROWS BETWEEN 2 FOLLOWING AND UNBOUNDED FOLLOWING)", "id"),
        ("first_value(id) OVER ($W id ROWS BETWEEN 2 FOLLOWING AND UNBOUNDED FOLLOWING)", "id"),
        (
            "sum(half) FILTER (WHERE id % 3 = 0) OVER ($W id ALL), count(*) FILTER (WHERE half > 7) OVER ()",
            "id",
        ),
        (
            "avg(id) OVER ($W name ALL), sum(id) OVER ($W half), count(DISTINCT half % 5) OVER ($W id ALL)",
            "half",
        ),
    ] {
        for partition in ["", "PARTITION BY few"] {
            let windows = windows
                .replace("ALL", "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING")
                .replace("$W ", &format!("{partition} ORDER BY "));
            let sql = format!(
                "SELECT id, name, {windows} FROM '{}/rows-0.csv' ORDER BY {by}, id",
                folder.path().display()
            );
            let expected = run(&roomy, &sql).unwrap();
            let found = run(&tiny, &sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
            assert!(found == expected, "{sql}");
        }
    }
    assert!(tiny.resource_usage().spilled_bytes > 0);
    // The values have to be in memory.
    let sql = "SELECT max(n) FROM (SELECT count(DISTINCT name) OVER () AS n FROM '$/rows-*.csv')"
        .replace('$', &folder.path().display().to_string());
    let error = run(&tiny, &sql).unwrap_err().to_string();
    assert!(error.contains("one partition of a window (count(DISTINCT"), "{error}");
}

/// The relational core has `NOT IN` with nulls only by hashes, with all rows outside in memory.
#[test]
fn values_that_are_not_in_many_are_found_by_the_disk() {
    let folder = folder();
    let temp = tempfile::tempdir().unwrap();
    let (roomy, tiny) = (session(1 << 30, temp.path()), session(TINY_BYTES / 2, temp.path()));
    let rows = format!("'{}/rows-*.csv'", folder.path().display());
    let count = format!("SELECT count(*), min(name), max(name) FROM {rows} a WHERE");
    for (condition, counted) in [
        (format!("name NOT IN (SELECT name FROM {rows} WHERE few <> 3)"), "16000"),
        // One null among many leaves nothing.
        (
            format!(
                "name NOT IN (SELECT CASE WHEN id = 77 THEN NULL ELSE name END FROM {rows} WHERE few <> 3)"
            ),
            "0",
        ),
        // What is null is in nothing, and not in nothing alone.
        (format!("nullif(id, 13) NOT IN (SELECT id FROM {rows} WHERE few <> 3)"), "15999"),
        (format!("nullif(id, 13) NOT IN (SELECT id FROM {rows} WHERE id < 0)"), "160000"),
        (format!("nullif(id, 13) NOT IN (SELECT half + 1 FROM {rows} b WHERE b.few = a.few)"), ""),
        (
            format!(
                "nullif(id, 13) NOT IN (SELECT nullif(half, 5) FROM {rows} b WHERE b.few = a.few AND b.id > 7000)"
            ),
            "",
        ),
        (format!("(name NOT IN (SELECT name FROM {rows} WHERE few <> 3)) IS NOT FALSE"), "16000"),
    ] {
        let sql = format!("{count} {condition}");
        let expected = run(&roomy, &sql).unwrap();
        assert!(counted.is_empty() || expected[0].starts_with(&format!("{counted}|")), "{sql}: {expected:?}");
        let found = run(&tiny, &sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert_eq!(found, expected, "{sql}");
    }
    assert!(tiny.resource_usage().spilled_bytes > 0);
}

#[test]
fn what_cannot_be_had_by_the_disk_is_an_error_that_says_what_would_do() {
    let folder = folder();
    let temp = tempfile::tempdir().unwrap();
    // Of values that a filter has chosen, the relational core makes no groups.
    let sql = "SELECT count(DISTINCT name) FILTER (WHERE few < 9), count(DISTINCT id) FROM '$/rows-*.csv'"
        .replace('$', &folder.path().display().to_string());
    let error = run(&session(TINY_BYTES, temp.path()), &sql).unwrap_err();
    assert!(error.to_string().starts_with("the query does not fit into its memory: Aggregate"), "{error}");
    assert!(error.hint().unwrap().contains("--memory-limit"), "{error:?}");
}

#[test]
fn the_disk_has_a_bound() {
    let folder = folder();
    let temp = tempfile::tempdir().unwrap();
    let builder = Session::builder().threads(2).memory_limit(TINY_BYTES).temp_dir(temp.path());
    let session = builder.max_spill(1 << 20).build().unwrap();
    let sql = format!("SELECT name, id FROM '{}/rows-*.csv' ORDER BY name", folder.path().display());
    let error = run(&session, &sql).unwrap_err().to_string();
    assert!(error.contains("--max-spill"), "{error}");
}

#[test]
fn settings_are_set_and_shown() {
    let session = Session::new().unwrap();
    let show = |name: &str| run(&session, &format!("SHOW {name}")).unwrap();
    run(&session, "SET memory_limit = '512MB'").unwrap();
    assert_eq!(show("memory_limit"), ["memory_limit|512000000"]);
    run(&session, "SET max_memory = '1GiB'; SET max_spill = '10MB'").unwrap();
    assert_eq!(show("memory_limit"), ["memory_limit|1073741824"]);
    assert_eq!(show("max_spill"), ["max_spill|10000000"]);
    // Other settings stay as they are.
    run(&session, "SET datafusion.execution.batch_size = 100").unwrap();
    run(&session, "SET max_spill = default; SHOW memory_limit").unwrap();
    assert_eq!(show("datafusion.execution.batch_size"), ["datafusion.execution.batch_size|100"]);
    let error = run(&session, "SET memory_limt = '1GB'").unwrap_err();
    assert!(error.hint().unwrap().contains("memory_limit"), "{error}");
    let error = run(&session, "SET memory_limit = 'much'").unwrap_err().to_string();
    assert!(error.contains("expected a number of bytes"), "{error}");
    let error = run(&session, "SET temp_dir = '/nowhere/at/all'").unwrap_err().to_string();
    assert!(error.contains("is no folder"), "{error}");
}
