//! Views over files that change after they were made.
#![allow(clippy::unwrap_used, reason = "helpers of tests, too")]

use std::path::Path;

use swath::Session;
use swath::arrow::array::AsArray;
use swath::arrow::datatypes::Int64Type;

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

/// A session with a view `v` over the files `x*.csv` of a folder.
fn session(folder: &Path) -> Session {
    write(folder, "x1.csv", "a,b\n1,2\n");
    let session = Session::builder().threads(2).build().unwrap();
    session
        .collect_blocking(&format!("CREATE VIEW v AS SELECT * FROM '{}/x*.csv'", folder.display()))
        .unwrap();
    session
}

fn sum(session: &Session, from: &str) -> i64 {
    let batches = session.collect_blocking(&format!("SELECT CAST(sum(a) AS bigint) FROM {from}")).unwrap();
    batches[0].column(0).as_primitive::<Int64Type>().value(0)
}

#[test]
fn a_view_reads_files_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let session = session(folder.path());
    assert_eq!(sum(&session, "v"), 1);
    write(folder.path(), "x2.csv", "a,b\n5,6\n");
    assert_eq!(sum(&session, "v"), 6);
    // Also one over another one, and in a subquery; with a type that is wider now, and columns in another order.
    session.collect_blocking("CREATE VIEW w AS SELECT a FROM v WHERE a > 0").unwrap();
    write(folder.path(), "x1.csv", "b,a\n2,10.5\n2,11.5\n");
    assert_eq!(sum(&session, "w"), 27);
    assert_eq!(sum(&session, "(SELECT 1 AS a) AS t WHERE a < (SELECT max(a) FROM v)"), 1);
    // What the view needs is gone.
    write(folder.path(), "x1.csv", "b\n2\n");
    std::fs::remove_file(folder.path().join("x2.csv")).unwrap();
    let error = session.collect_blocking("SELECT sum(a) FROM v").unwrap_err().to_string();
    assert!(error.contains('a'), "{error}");
}

#[test]
fn a_statement_reads_through_a_view_what_one_before_it_writes() {
    let folder = tempfile::tempdir().unwrap();
    let session = session(folder.path());
    let copy =
        |name: &str| format!("COPY (SELECT 20 AS a, 1 AS b) TO '{}'", folder.path().join(name).display());
    let script = format!("{}; SELECT sum(a) FROM V; {}", copy("x2.csv"), copy("y.csv"));
    let mut script = session.parse(&script).unwrap().into();
    let sizes: Vec<usize> = std::iter::from_fn(|| {
        let group = session.next_group(&mut script);
        (!group.is_empty()).then_some(group.len())
    })
    .collect();
    assert_eq!(sizes, [1, 2], "what does not write what the view reads goes along");
    session.collect_blocking(&copy("x2.csv")).unwrap();
    assert_eq!(sum(&session, "v"), 21);
}
