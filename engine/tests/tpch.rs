//! The 22 queries of TPC-H over compressed CSV, compared with the answers of another engine.
//!
//! Queries and answers are in `benches/tpch`; `make_answers.py` there tells how they were made.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use swath::Session;
use swath::arrow::array::RecordBatch;
use swath::arrow::util::display::{ArrayFormatter, FormatOptions};
use swath_datasets::tpch::{Options, Table, Tpch};
use swath_datasets::{Codec, Output, output};

#[test]
fn all_queries_give_the_right_answers() {
    let dir = tempfile::tempdir().unwrap();
    // Several files to a table, so that partitions meet in every exchange.
    let session = session_over(dir.path(), Options { scale: 0.01, files: 3 });
    let mut failures = Vec::new();
    for number in 1..=22 {
        let sql = fs::read_to_string(folder().join(format!("q{number:02}.sql"))).unwrap();
        let answer = fs::read_to_string(folder().join(format!("answers/q{number:02}.txt"))).unwrap();
        let found = session.collect_blocking(&sql).map_err(|error| error.to_string());
        if let Err(difference) = found.and_then(|found| compare(&found, &answer)) {
            failures.push(format!("query {number}: {difference}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn all_queries_together_give_the_same_answers() {
    let dir = tempfile::tempdir().unwrap();
    let session = session_over(dir.path(), Options { scale: 0.01, files: 2 });
    let text = |number| fs::read_to_string(folder().join(format!("q{number:02}.sql"))).unwrap();
    let statements = (1..=22).flat_map(|number| session.parse(&text(number)).unwrap()).collect();
    let failures = futures::executor::block_on(async {
        let mut failures = Vec::new();
        for (number, output) in (1..).zip(session.run_together(statements).await) {
            let answer = fs::read_to_string(folder().join(format!("answers/q{number:02}.txt"))).unwrap();
            let found = match output {
                Ok(output) => output.collect().await,
                Err(error) => Err(error),
            };
            let compared =
                found.map_err(|error| error.to_string()).and_then(|found| compare(&found, &answer));
            if let Err(difference) = compared {
                failures.push(format!("query {number}: {difference}"));
            }
        }
        failures
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Makes the tables and a session with a view over each.
fn session_over(dir: &Path, options: Options) -> Session {
    let jobs = NonZeroUsize::new(2).unwrap();
    let output = Output { folder: dir.to_owned(), codec: Codec::Gz, level: Some(1), force: false, jobs };
    output::write(&Tpch::new(options).unwrap(), &output, &|_| ()).unwrap();
    let session = Session::builder().threads(3).build().unwrap();
    for table in Table::ALL {
        let (name, glob) = (table.name(), table.glob());
        let sql = format!("CREATE VIEW {name} AS SELECT * FROM '{}/{glob}'", dir.display());
        session.collect_blocking(&sql).unwrap();
    }
    session
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("benches/tpch")
}

/// Compares rows with an answer, in order; numbers to one part in a thousand million.
fn compare(found: &[RecordBatch], answer: &str) -> Result<(), String> {
    let mut lines = answer.lines().filter(|line| !line.starts_with('#'));
    let width = lines.next().unwrap().split('|').count();
    let expected: Vec<Vec<&str>> = lines.map(|line| line.split('|').collect()).collect();
    let found: Vec<Vec<String>> = found.iter().flat_map(rows).collect();
    if found.len() != expected.len() {
        return Err(format!("expected {} rows, found {}", expected.len(), found.len()));
    }
    for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
        let same = found.len() == width
            && found.iter().zip(expected).all(|(found, expected)| same_cell(found, expected));
        if !same {
            return Err(format!("row {index}: expected {expected:?}, found {found:?}"));
        }
    }
    Ok(())
}

fn rows(batch: &RecordBatch) -> Vec<Vec<String>> {
    let options = FormatOptions::new().with_null("NULL");
    let columns: Vec<_> =
        batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
    (0..batch.num_rows())
        .map(|row| columns.iter().map(|column| column.value(row).to_string()).collect())
        .collect()
}

fn same_cell(found: &str, expected: &str) -> bool {
    match (found.parse::<f64>(), expected.parse::<f64>()) {
        (Ok(found), Ok(expected)) => (found - expected).abs() <= 1e-9 * expected.abs().max(1.0),
        _ => found == expected,
    }
}
