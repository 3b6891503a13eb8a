//! What EXPLAIN tells of scripts, before and after they are run.
#![allow(clippy::unwrap_used, reason = "helpers of tests, too")]

use std::path::Path;

use swath::arrow::array::AsArray;
use swath::arrow::util::pretty::pretty_format_batches;
use swath::{ReadFrom, Reader, Session, Step};

const SCRIPT: &str = "SELECT max(x) FROM 'F'; SELECT k, avg(x) FROM 'F' GROUP BY k; \
                      SELECT k, max(x) FROM 'F' GROUP BY k; SELECT count(*) FROM 'F' WHERE k = 'a<b&c'";

/// Three files with columns k, x and z.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in 0..3 {
        let rows: String = (0..100).map(|row| format!("k{},{row},z\n", row % 7)).collect();
        std::fs::write(folder.path().join(format!("t{file}.csv")), format!("k,x,z\n{rows}")).unwrap();
    }
    folder
}

fn sql(sql: &str, folder: &Path) -> String {
    sql.replace("'F'", &format!("'{}/t*.csv'", folder.display()))
}

fn session() -> Session {
    Session::builder().threads(2).build().unwrap()
}

fn reads(step: &Step) -> Vec<ReadFrom> {
    let own = step.read.iter().map(|(from, _)| *from);
    own.chain(step.inputs.iter().flat_map(reads)).collect()
}

#[test]
fn a_script_reads_each_file_once_and_computes_once_what_is_shared() {
    let (folder, session) = (folder(), session());
    let statements = session.parse(&sql(SCRIPT, folder.path())).unwrap();
    let explanation = session.explain_blocking(statements).unwrap();
    assert_eq!(explanation.passes.len(), 1);
    let pass = &explanation.passes[0];
    assert_eq!((pass.files, pass.file_columns, pass.kind.as_str()), (3, 3, "csv"));
    assert_eq!(pass.columns, ["k", "x"]);
    let mut readers = pass.readers.clone();
    readers.sort_unstable();
    assert_eq!(readers, [Reader::Shared(0), Reader::Output(0), Reader::Output(3)]);
    assert_eq!(explanation.shared[0].readers, [Reader::Output(1), Reader::Output(2)]);
    assert_eq!(reads(&explanation.outputs[1].plan), [ReadFrom::Shared(0)]);
    assert!(explanation.run.is_none() && pass.run.is_none());
    let text = explanation.to_string();
    assert!(text.contains("3 files, ") && text.contains("each opened once"), "{text}");
    assert!(text.contains("shared 1: computed once, read by output 2, output 3"), "{text}");
}

#[test]
fn analyze_counts_what_was_opened_and_the_rows() {
    let (folder, session) = (folder(), session());
    let statements = session.parse(&sql(SCRIPT, folder.path())).unwrap();
    let explanation = session.explain_analyze_blocking(statements).unwrap();
    let run = explanation.passes[0].run.as_ref().unwrap();
    assert_eq!((run.opened_files, run.rows), (3, 300));
    assert_eq!(run.read_bytes, explanation.passes[0].file_bytes);
    let rows: Vec<_> = explanation.outputs.iter().map(|output| output.rows.unwrap()).collect();
    assert_eq!(rows, [1, 7, 7, 1]);
    assert_eq!(explanation.shared[0].plan.run.unwrap().rows, Some(7));
    assert!(explanation.run.is_some());
}

#[test]
fn a_scan_that_is_alone_is_measured_as_well() {
    let (folder, session) = (folder(), session());
    let statements = session.parse(&sql("SELECT sum(x) FROM 'F'", folder.path())).unwrap();
    let explanation = session.explain_analyze_blocking(statements).unwrap();
    let run = explanation.passes[0].run.as_ref().unwrap();
    assert_eq!((run.opened_files, run.rows), (3, 300));
    assert_eq!(explanation.passes[0].readers, [Reader::Output(0)]);
}

#[test]
fn views_are_made_and_groups_are_numbered_on() {
    let (folder, session) = (folder(), session());
    let script = "CREATE VIEW v AS SELECT * FROM 'F'; SELECT max(x), min(x) FROM v; SET datafusion.catalog.information_schema = true; \
                  SELECT count(z) FROM v";
    let statements = session.parse(&sql(script, folder.path())).unwrap();
    let explanation = session.explain_blocking(statements).unwrap();
    assert_eq!((explanation.passes.len(), explanation.outputs.len()), (2, 2));
    assert_eq!(explanation.passes[1].readers, [Reader::Output(1)]);
    assert_eq!(reads(&explanation.outputs[1].plan), [ReadFrom::Pass(1)]);
}

#[test]
fn explain_is_rows_of_one_column() {
    let (folder, session) = (folder(), session());
    for explain in ["EXPLAIN", "EXPLAIN ANALYZE"] {
        let query = sql(&format!("{explain} SELECT max(x) FROM 'F'"), folder.path());
        let batches = session.collect_blocking(&query).unwrap();
        assert_eq!(batches[0].schema().field(0).name(), "plan");
        assert_eq!(batches[0].num_columns(), 1);
        let lines: Vec<_> = batches[0].column(0).as_string::<i32>().iter().flatten().collect();
        assert!(lines.iter().any(|line| line.starts_with("pass 1: csv '")), "{lines:?}");
        assert_eq!(lines.iter().any(|line| line.contains("opened 3 files")), explain.contains("ANALYZE"));
    }
    let verbose = sql("EXPLAIN VERBOSE SELECT max(x) FROM 'F'", folder.path());
    assert_eq!(session.collect_blocking(&verbose).unwrap()[0].num_columns(), 2);
}

/// The relational core takes a constant for an order, and then needs a time that grows with the square of the number of groups.
#[test]
fn constants_among_keys_are_no_order() {
    let (folder, session) = (folder(), session());
    let plan = |query: &str| {
        let explained = sql(&format!("EXPLAIN VERBOSE {query}"), folder.path());
        let batches = session.collect_blocking(&explained).unwrap();
        let text = pretty_format_batches(&batches).unwrap().to_string();
        // The last one is what runs.
        text.rsplit("physical_plan ").next().unwrap().to_owned()
    };
    for (query, rows) in [
        ("SELECT DISTINCT x, 0 AS b FROM 'F'", 100),
        ("SELECT x, 'c' AS c, sum(length(z)) FROM 'F' GROUP BY x, c", 100),
        ("SELECT k, x, count(*) FROM 'F' WHERE k = 'k3' GROUP BY k, x", 14),
        ("SELECT k, count(*) FROM 'F' WHERE k = 'k3' GROUP BY k", 1),
    ] {
        let plan = plan(query);
        assert!(plan.contains("AggregateExec") && !plan.contains("ordering_mode"), "{plan}");
        let batches = session.collect_blocking(&sql(query, folder.path())).unwrap();
        assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), rows, "{query}");
    }
    // An order of the rows is one.
    let sorted =
        "SELECT k, x, count(*) FROM (SELECT * FROM 'F' WHERE z = 'z' ORDER BY k LIMIT 50) GROUP BY k, x";
    assert!(plan(sorted).contains("ordering_mode=PartiallySorted"));
}

#[test]
fn the_first_row_of_a_key_is_looked_for_once() {
    let (folder, session) = (folder(), session());
    for query in [
        "SELECT DISTINCT ON (k) * FROM 'F' ORDER BY k, x DESC",
        "SELECT k, first(x ORDER BY x DESC), first(z ORDER BY x DESC) AS c FROM 'F' GROUP BY k",
    ] {
        let statements = session.parse(&sql(query, folder.path())).unwrap();
        let plan = session.explain_blocking(statements).unwrap().to_string();
        let calls = plan.lines().find(|line| line.contains("mode=Partial")).unwrap();
        assert_eq!(calls.matches("first_value(").count(), 1, "{plan}");
        assert!(calls.contains("ORDER BY [x DESC NULLS LAST]"), "{plan}");
    }
}

/// Different values are counted apart and joined, and no side waits for the other one with rows that both read.
#[test]
fn both_sides_of_a_join_begin_at_once_where_they_read_the_same() {
    let (folder, session) = (folder(), session());
    let plan = |query: &str| {
        let batches = session.collect_blocking(&sql(&format!("EXPLAIN {query}"), folder.path())).unwrap();
        pretty_format_batches(&batches).unwrap().to_string()
    };
    let counts = plan("SELECT k, count(DISTINCT x), count(DISTINCT z) FROM 'F' GROUP BY k");
    assert!(counts.contains("EarlyExec") && counts.contains("join_type=Full"), "{counts}");
    let alone = plan("SELECT k, count(DISTINCT x), count(*) FROM 'F' GROUP BY k");
    assert!(!alone.contains("Join"), "{alone}");
    // Rows that come as they are read wait all the same.
    let rows = plan("SELECT count(*) FROM 'F' AS a JOIN 'F' AS b ON a.x = b.x");
    assert!(rows.contains("Join") && !rows.contains("EarlyExec"), "{rows}");
}

#[test]
fn a_query_that_fails_gives_its_error() {
    let (folder, session) = (folder(), session());
    let statements = || {
        session.parse(&sql("SELECT max(x) FROM 'F'; SELECT CAST(k AS INT) FROM 'F'", folder.path())).unwrap()
    };
    assert!(session.explain_blocking(statements()).is_ok());
    let error = session.explain_analyze_blocking(statements()).unwrap_err().to_string();
    assert!(error.contains("k0"), "{error}");
    let unknown = session.parse(&sql("SELECT nothing FROM 'F'", folder.path())).unwrap();
    assert!(session.explain_blocking(unknown).unwrap_err().to_string().contains("nothing"));
}

#[test]
fn the_drawing_is_whole() {
    let (folder, session) = (folder(), session());
    let statements = session.parse(&sql(SCRIPT, folder.path())).unwrap();
    let explanation = session.explain_blocking(statements).unwrap();
    let svg = explanation.to_svg();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert!(svg.contains("a&lt;b&amp;c") && !svg.contains("a<b"));
    // Every tag is closed, in order.
    let mut open: Vec<&str> = Vec::new();
    for tag in svg.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap();
        match (tag.strip_prefix('/'), tag.ends_with('/')) {
            (Some(name), _) => assert_eq!(open.pop(), Some(name)),
            (None, true) => {}
            (None, false) => open.push(tag.split(' ').next().unwrap()),
        }
    }
    assert!(open.is_empty());
    let dot = explanation.to_dot();
    for label in ["pass 1: csv", "shared 1", "output 4", "Aggregate", "Filter"] {
        assert!(dot.contains(label), "{label}: {dot}");
    }
    assert_eq!(dot.matches("n0 -> ").count(), 3, "{dot}");
}

#[test]
fn files_that_a_condition_on_folders_rules_out_are_not_opened() {
    let (folder, session) = (tempfile::tempdir().unwrap(), session());
    for year in 2001..2006 {
        std::fs::create_dir(folder.path().join(format!("year={year}"))).unwrap();
        std::fs::write(folder.path().join(format!("year={year}/x.csv")), "x\n1\n2\n").unwrap();
    }
    let script = "SELECT sum(x), max(year) FROM 'F' WHERE year >= 2004 AND x > 1";
    let path = format!("{}/*/*.csv", folder.path().display());
    let statements = session.parse(&script.replace("'F'", &format!("'{path}'"))).unwrap();
    let explanation = session.explain_analyze_blocking(statements).unwrap();
    let run = explanation.passes[0].run.as_ref().unwrap();
    assert_eq!(run.opened_files, 2);
    assert_eq!(explanation.outputs[0].rows, Some(1));
}
