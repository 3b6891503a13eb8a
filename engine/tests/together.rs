//! Statements that are run together give what they give apart, whatever their shape, and never hang.
#![allow(clippy::unwrap_used, reason = "helpers of tests, too")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use swath::arrow::array::RecordBatch;
use swath::arrow::util::pretty::pretty_format_batches;
use swath::{Error, Session, Statement};

/// Far more than any of these takes, even on a busy machine.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % count as u64).unwrap()
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

fn write_files(folder: &Path, files: usize, rows: usize) {
    let mut dice = Dice(7);
    for file in 0..files {
        let mut text = String::from("id,k,name,x,y\n");
        for row in 0..rows {
            let x = if dice.below(10) == 0 { "NA".to_owned() } else { dice.below(1000).to_string() };
            writeln!(
                text,
                "{},{},name {},{x},{}.5",
                file * rows + row,
                dice.below(20),
                dice.below(50),
                dice.below(100)
            )
            .unwrap();
        }
        std::fs::write(folder.join(format!("t{file}.csv")), text).unwrap();
    }
}

fn rows(batches: &[RecordBatch], in_order: bool) -> Vec<String> {
    let text = pretty_format_batches(batches).unwrap().to_string();
    let mut lines: Vec<String> =
        text.lines().filter(|line| !line.starts_with('+')).map(str::to_owned).collect();
    if !in_order {
        lines.sort();
    }
    // Widths of columns depend on the batches that were printed.
    lines.into_iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn with_time_limit<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(TIME_LIMIT, future).await.expect("the query hangs") })
}

/// A condition over the columns of a table with an alias.
fn condition(dice: &mut Dice, alias: &str) -> String {
    let number = dice.below(1000);
    match dice.below(6) {
        0 => format!("{alias}.k = {}", number % 20),
        1 => format!("{alias}.x > {number}"),
        2 => format!("{alias}.name LIKE '%{}'", number % 10),
        3 => format!("{alias}.x IS NULL"),
        4 => format!("{alias}.id < 0"),
        _ => format!("{alias}.y BETWEEN {} AND {}", number % 50, number % 100),
    }
}

fn aggregates(dice: &mut Dice) -> String {
    let count = 1 + dice.below(4);
    let names = [
        "count(*)",
        "count(x)",
        "max(x)",
        "min(y)",
        "sum(x)",
        "count(DISTINCT name)",
        "count(DISTINCT x)",
        "max(name)",
    ];
    (0..count).map(|_| dice.pick(&names)).collect::<Vec<_>>().join(", ")
}

/// A statement over the table, and whether the order of its rows is defined.
fn statement(dice: &mut Dice, table: &str) -> (String, bool) {
    let filter = condition(dice, "t");
    let aggregates = aggregates(dice);
    match dice.below(16) {
        0 => (format!("SELECT {aggregates} FROM {table} t"), true),
        1 => (format!("SELECT {aggregates} FROM {table} t WHERE {filter}"), true),
        2 => (format!("SELECT k, {aggregates} FROM {table} t GROUP BY k"), false),
        3 => (
            format!("SELECT k, {aggregates} FROM {table} t WHERE {filter} GROUP BY k HAVING count(*) > 3"),
            false,
        ),
        4 => (format!("SELECT id, name FROM {table} t WHERE {filter}"), false),
        5 => (
            format!("SELECT id, x FROM {table} t ORDER BY x DESC NULLS LAST, id LIMIT {}", dice.below(50)),
            true,
        ),
        6 => (format!("SELECT id, y FROM {table} LIMIT {}", dice.below(30)), true),
        7 => {
            // A small side of the same table.
            let small = condition(dice, "b");
            (
                format!(
                    "SELECT count(*), sum(a.id) FROM {table} a JOIN {table} b ON a.id = b.id WHERE {}",
                    small.replace("t.", "b.")
                ),
                true,
            )
        }
        8 => (
            format!(
                "SELECT a.k, count(*) FROM {table} a JOIN (SELECT k, max(id) AS m FROM {table} GROUP BY k) b \
                 ON a.id = b.m GROUP BY a.k"
            ),
            false,
        ),
        9 => (
            format!(
                "SELECT k, max(x) FROM {table} t GROUP BY k UNION ALL SELECT -1, min(x) FROM {table} t WHERE {filter}"
            ),
            false,
        ),
        10 => (format!("SELECT DISTINCT k, name FROM {table} t WHERE {filter}"), false),
        11 => (
            format!("SELECT count(*) FROM {table} t WHERE t.x = (SELECT max(x) FROM {table}) OR {filter}"),
            true,
        ),
        12 => (
            format!(
                "SELECT count(*) FROM {table} t WHERE {filter} AND NOT EXISTS \
                 (SELECT 1 FROM {table} u WHERE u.k = t.k AND u.id > t.id AND u.x > 990)"
            ),
            true,
        ),
        13 => (
            format!(
                "SELECT id, x FROM {table} t WHERE {filter} UNION ALL SELECT -1, count(*) FROM {table} \
                 UNION ALL SELECT id, y FROM {table} UNION ALL SELECT id, x FROM {table} LIMIT {}",
                3000 * dice.below(12)
            ),
            true,
        ),
        14 => (
            format!(
                "SELECT id, row_number() OVER () AS n, lag(id) OVER () AS before FROM {table} t WHERE {filter}"
            ),
            true,
        ),
        _ => (
            format!(
                "WITH w AS (SELECT id, k, row_number() OVER (PARTITION BY k ORDER BY id) AS n FROM {table} t WHERE {filter}) \
                 SELECT k, count(*) FROM w WHERE n <= 5 GROUP BY k"
            ),
            false,
        ),
    }
}

fn parse_one(session: &Session, sql: &str) -> Statement {
    session.parse(sql).unwrap().pop().unwrap()
}

#[test]
fn random_statements_give_together_what_they_give_apart() {
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path(), 5, 3000);
    let table = format!("'{}/t*.csv'", folder.path().display());
    for seed in 0..25 {
        let mut dice = Dice(seed);
        let statements: Vec<_> = (0..2 + dice.below(8)).map(|_| statement(&mut dice, &table)).collect();
        let threads = 1 + dice.below(4);
        let limit_bytes = [0, 20_000, usize::MAX][dice.below(3)];
        let session = || Session::builder().threads(threads).pass_memory_bytes(limit_bytes).build().unwrap();
        let (apart, together) = (session(), session());
        with_time_limit(async {
            let parsed = statements.iter().map(|(sql, _)| parse_one(&together, sql)).collect();
            let outputs = together.run_together(parsed).await;
            for ((sql, in_order), output) in statements.iter().zip(outputs) {
                let found = output.unwrap().collect().await.unwrap();
                let expected = apart.collect(sql).await.unwrap();
                assert_eq!(rows(&found, *in_order), rows(&expected, *in_order), "seed {seed}: {sql}");
            }
        });
    }
}

#[test]
fn outputs_can_be_read_in_any_order_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path(), 4, 20_000);
    let table = format!("'{}/t*.csv'", folder.path().display());
    let session = Session::builder().threads(2).pass_memory_bytes(100_000).build().unwrap();
    let sql = format!(
        "SELECT * FROM {table}; SELECT id FROM {table}; SELECT count(*) FROM {table}; SELECT max(x) FROM {table}"
    );
    with_time_limit(async {
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
            let outputs = session.run_together(session.parse(&sql).unwrap()).await;
            let mut outputs: Vec<_> = outputs.into_iter().map(Some).collect();
            for number in order {
                let batches = outputs[number].take().unwrap().unwrap().collect().await.unwrap();
                let count: usize = batches.iter().map(RecordBatch::num_rows).sum();
                assert_eq!(count, if number < 2 { 80_000 } else { 1 });
            }
        }
        // Three of four are dropped before they are read.
        let mut outputs = session.run_together(session.parse(&sql).unwrap()).await;
        let last = outputs.pop().unwrap().unwrap();
        drop(outputs);
        assert_eq!(last.collect().await.unwrap().len(), 1);
    });
}

/// A table with one bad value of `b`, compressed as the ending says.
fn bad_value_file(folder: &Path, ending: &str) -> PathBuf {
    let plain = folder.join("bad.csv");
    let mut text = String::from("a,b,c\n");
    for row in 0..200_000 {
        writeln!(text, "{row},{},{}", if row == 150_000 { "oops" } else { "1" }, row % 7).unwrap();
    }
    std::fs::write(&plain, text).unwrap();
    let file = folder.join(format!("bad.csv{ending}"));
    if !ending.is_empty() {
        let (from, to) = (plain.display(), file.display());
        let sql = format!("COPY (SELECT * FROM read_csv('{from}', all_varchar = true)) TO '{to}'");
        Session::new().unwrap().collect_blocking(&sql).unwrap();
    }
    file
}

/// What comes of statements over a file, of which some need `b`.
fn questions_together(file: &Path, threads: usize) -> Vec<Result<Vec<String>, Error>> {
    let sql = [
        "SELECT sum(a) FROM {}",
        "SELECT sum(b) FROM {}",
        "SELECT c, count(*) FROM {} GROUP BY c ORDER BY c",
        "SELECT b FROM {} LIMIT 5",
        "SELECT max(a), max(b) FROM {}",
        "SELECT count(*) FROM {}",
    ]
    .join("; ")
    .replace("{}", &format!("'{}'", file.display()));
    let session = Session::builder().threads(threads).build().unwrap();
    with_time_limit(async {
        let mut results = Vec::new();
        for output in session.run_together(session.parse(&sql).unwrap()).await {
            results.push(output.unwrap().collect().await.map(|batches| rows(&batches, true)));
        }
        results
    })
}

const ENDINGS: [&str; 6] = ["", ".gz", ".bz2", ".zst", ".xz", ".lz4"];

#[test]
fn a_bad_value_fails_those_who_read_it_and_no_one_else() {
    let folder = tempfile::tempdir().unwrap();
    for ending in ENDINGS {
        let file = bad_value_file(folder.path(), ending);
        for threads in [1, 2] {
            let results = questions_together(&file, threads);
            assert_eq!(results[0].as_ref().unwrap()[1], "| 19999900000 |");
            for failed in [1, 4] {
                let error = results[failed].as_ref().unwrap_err().to_string();
                let expected = "line 150002, column \"b\": expected an integer, found \"oops\"";
                assert!(error.contains(expected), "{error}");
            }
            assert_eq!(results[2].as_ref().unwrap().len(), 8);
            assert_eq!(results[3].as_ref().unwrap().len(), 6);
            assert_eq!(results[5].as_ref().unwrap()[1], "| 200000 |");
        }
    }
}

#[test]
fn damage_behind_a_bad_value_is_what_all_are_told() {
    let folder = tempfile::tempdir().unwrap();
    for ending in &ENDINGS[1..] {
        let file = bad_value_file(folder.path(), ending);
        let mut bytes = std::fs::read(&file).unwrap();
        // In the same block of bzip2 as the value, which may be anywhere in it; of the others behind the value.
        let at = if *ending == ".bz2" { bytes.len() * 7 / 10 } else { bytes.len() * 4 / 5 };
        bytes[at] ^= 16;
        std::fs::write(&file, bytes).unwrap();
        for threads in [1, 2] {
            for (number, result) in questions_together(&file, threads).into_iter().enumerate() {
                match result {
                    // Five rows are there in front of the damage.
                    Ok(rows) => assert_eq!((number, rows.len()), (3, 6), "{ending}"),
                    Err(error) => {
                        let error = error.to_string();
                        assert!(
                            error.contains(" data is damaged at or before "),
                            "{number}, {ending}: {error}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_statement_that_cannot_be_planned_takes_nobody_down() {
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path(), 1, 10);
    let table = format!("'{}/t*.csv'", folder.path().display());
    let session = Session::new().unwrap();
    let sql =
        format!("SELECT count(*) FROM {table}; SELECT nothing FROM {table}; SELECT max(id) FROM {table}");
    with_time_limit(async {
        let mut outputs = session.run_together(session.parse(&sql).unwrap()).await.into_iter();
        assert!(outputs.next().unwrap().unwrap().collect().await.is_ok());
        assert!(outputs.next().unwrap().err().unwrap().to_string().contains("nothing"));
        assert!(outputs.next().unwrap().unwrap().collect().await.is_ok());
    });
}
