//! Joins: the order in which they are made, and what they spare the scan.
#![allow(clippy::unwrap_used, reason = "helpers of tests, too")]

use std::fmt::Write as _;
use std::path::Path;

use swath::arrow::array::AsArray;
use swath::arrow::datatypes::Int64Type;
use swath::arrow::util::pretty::pretty_format_batches;
use swath::{Explanation, Session};

const LINES: usize = 60_000;

/// Lines of orders, the suppliers that they name, and the nations of these.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = "supplier,amount,note\n".to_owned();
    for line in 0..LINES {
        writeln!(lines, "{},{},note {line}", line % 100, line % 7).unwrap();
    }
    let mut suppliers = "id,nation\n".to_owned();
    (0..100).for_each(|id| writeln!(suppliers, "{id},{}", id % 25).unwrap());
    let mut nations = "id,name\n".to_owned();
    (0..25).for_each(|id| writeln!(nations, "{id},nation {id}").unwrap());
    for (name, text) in [("lines", lines), ("suppliers", suppliers), ("nations", nations)] {
        std::fs::write(folder.path().join(name).with_extension("csv"), text).unwrap();
    }
    folder
}

fn sql(sql: &str, folder: &Path) -> String {
    let table = |sql: String, name: &str| sql.replace(name, &format!("'{}/{name}.csv'", folder.display()));
    ["lines", "suppliers", "nations"].into_iter().fold(sql.to_owned(), table)
}

fn session() -> Session {
    Session::builder().threads(2).build().unwrap()
}

fn analyzed(session: &Session, sql: &str) -> Explanation {
    session.explain_analyze_blocking(session.parse(sql).unwrap()).unwrap()
}

/// The rows that were read of the files whose name ends so.
fn rows_read(explanation: &Explanation, name: &str) -> u64 {
    let pass = explanation.passes.iter().find(|pass| pass.source.contains(name)).unwrap();
    pass.run.as_ref().unwrap().rows
}

fn number(session: &Session, sql: &str) -> i64 {
    let batches = session.collect_blocking(sql).unwrap();
    batches[0].column(0).as_primitive::<Int64Type>().value(0)
}

const OF_ONE_NATION: &str = "SELECT count(l.note) FROM suppliers s, lines l, nations n \
                             WHERE s.id = l.supplier AND s.nation = n.id AND n.name = 'nation 7'";

#[test]
fn rows_that_no_join_takes_are_not_read_whole() {
    let (folder, session) = (folder(), session());
    let query = sql(OF_ONE_NATION, folder.path());
    assert_eq!(number(&session, &query), LINES as i64 / 25);
    let explanation = analyzed(&session, &query);
    // The suppliers of the nation are known before the lines are read.
    assert_eq!(rows_read(&explanation, "lines.csv"), LINES as u64 / 25);
    let text = explanation.to_string();
    assert!(text.contains("dynamic_filter=[supplier]"), "{text}");
}

#[test]
fn what_keeps_few_rows_is_joined_first() {
    let (folder, session) = (folder(), session());
    let statements = session.parse(&sql(OF_ONE_NATION, folder.path())).unwrap();
    let text = session.explain_blocking(statements).unwrap().to_string();
    let place = |keys: &str| text.find(keys).unwrap();
    assert!(
        place("on=[(id, supplier)]") < place("on=[(id, nation)]"),
        "nations are joined below lines:\n{text}"
    );
}

/// An outer join keeps rows that find nothing, on the side that is looked up as well as on the other one.
#[test]
fn rows_that_an_outer_join_keeps_are_read() {
    let (folder, session) = (folder(), session());
    for (kind, rows) in [("LEFT", LINES), ("FULL", LINES), ("RIGHT", LINES / 25), ("INNER", LINES / 25)] {
        let query = format!(
            "SELECT count(*) FROM lines l {kind} JOIN (SELECT * FROM suppliers WHERE nation = 7) s \
             ON s.id = l.supplier"
        );
        assert_eq!(number(&session, &sql(&query, folder.path())), rows as i64, "{kind}");
    }
    for (condition, rows) in [("IN", LINES / 25), ("NOT IN", LINES - LINES / 25)] {
        let query = format!(
            "SELECT count(*) FROM lines WHERE supplier {condition} (SELECT id FROM suppliers WHERE nation = 7)"
        );
        assert_eq!(number(&session, &sql(&query, folder.path())), rows as i64, "{condition}");
    }
}

/// Readers of one pass want other rows each, and learn of them at other times.
#[test]
fn each_reader_of_a_pass_gets_its_rows() {
    let (folder, session) = (folder(), session());
    let of_nation = |nation: usize| {
        format!(
            "SELECT count(l.note) FROM lines l JOIN suppliers s ON s.id = l.supplier WHERE s.nation = {nation}"
        )
    };
    let script = (0..5).map(of_nation).collect::<Vec<_>>().join("; ");
    let script = format!(
        "{script}; SELECT max(amount) FROM lines; SELECT note FROM lines ORDER BY amount, note LIMIT 3"
    );
    let statements = session.parse(&sql(&script, folder.path())).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let outputs = runtime.block_on(session.run_together(statements));
    assert_eq!(outputs.len(), 7);
    for output in outputs.into_iter().take(5) {
        let batches = runtime.block_on(output.unwrap().collect()).unwrap();
        assert_eq!(batches[0].column(0).as_primitive::<Int64Type>().value(0), LINES as i64 / 25);
    }
}

#[test]
fn a_top_k_gives_the_least_of_many_chunks() {
    let (folder, session) = (folder(), session());
    let query = "SELECT supplier, amount, note FROM lines ORDER BY supplier DESC, note LIMIT 2";
    let batches = session.collect_blocking(&sql(query, folder.path())).unwrap();
    let notes = batches[0].column(2).as_string_view();
    assert_eq!([notes.value(0), notes.value(1)], ["note 10099", "note 10199"]);
}

/// Each key comes six hundred times on both sides, which are a million pairs for each.
#[test]
fn rows_that_are_only_asked_for_come_once() {
    let (folder, session) = (folder(), session());
    let question = |condition: &str| {
        let query = format!("SELECT count(*) FROM lines a WHERE a.supplier {condition}");
        sql(&query, folder.path())
    };
    let others = "(SELECT b.supplier FROM lines b WHERE b.amount <> 3";
    for (condition, expected) in [
        (format!("IN {others})"), LINES),
        (format!("NOT IN {others})"), 0),
        (format!("NOT IN {others} AND b.supplier > 9)"), LINES / 10),
        (format!("> 0 AND EXISTS {others} AND a.supplier = b.supplier)"), LINES / 100 * 99),
        (format!("> 0 AND NOT EXISTS {others} AND a.supplier = b.supplier AND b.note > a.note)"), 0),
        (format!("IN {others}) IS NOT FALSE"), LINES),
    ] {
        let query = question(&condition);
        let plan = session.collect_blocking(&format!("EXPLAIN {query}")).unwrap();
        let plan = pretty_format_batches(&plan).unwrap().to_string();
        assert!(plan.contains("DistinctRowsExec"), "{query}: {plan}");
        if !condition.contains("b.note") {
            assert_eq!(number(&session, &query), i64::try_from(expected).unwrap(), "{query}");
        }
    }
    // What is distinct already is not looked at once more.
    let query = question("IN (SELECT DISTINCT b.supplier FROM lines b)");
    let plan = session.collect_blocking(&format!("EXPLAIN {query}")).unwrap();
    let plan = pretty_format_batches(&plan).unwrap().to_string();
    assert!(!plan.contains("DistinctRowsExec"), "{plan}");
}
