//! What a query costs beside reading: planning, naming, starting.
#![allow(missing_docs)]

use std::fs;

use divan::Bencher;
use swath::Session;

fn main() {
    divan::main();
}

#[divan::bench]
fn start_session() -> Session {
    Session::new().expect("the machine gives threads")
}

#[divan::bench]
fn one_row(bencher: Bencher) {
    let dir = tempfile::tempdir().expect("there is a scratch folder");
    let path = dir.path().join("a.csv");
    fs::write(&path, "Dest,DepDelay\nBOS,12\n").expect("the scratch folder takes files");
    let session = Session::new().expect("the machine gives threads");
    let sql =
        format!("SELECT Dest, avg(DepDelay) FROM '{}' WHERE Dest = 'BOS' GROUP BY Dest", path.display());
    bencher.bench_local(|| session.collect_blocking(&sql).expect("the query is right"));
}
