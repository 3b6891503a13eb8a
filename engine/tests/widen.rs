//! Values further on in files that need a wider type than the heads let guess.
#![allow(clippy::unwrap_used)]

mod scratch;

use std::fs;
use std::time::{Duration, Instant};

use futures::executor::block_on;
use futures::future::join_all;
use scratch::{Scratch, rows};
use swath::arrow::array::RecordBatch;
use swath::{Session, col, compute, lit};

/// So many rows are more than what is looked at to guess types.
const ROWS: usize = 12_000;

const DOUBLE: &str = "column \"x\" is read as double, as $/a.csv: line 12001 has \"1.5\": what was read before was \
                      read again";
const TIMESTAMP: &str = "column \"d\" is read as timestamp, as $/a.csv: line 12001 has \"2020-01-01 10:30\": what was \
                         read before was read again";

fn table(last: &str) -> String {
    let name = "a name that takes some room so that the file is longer than what is looked at";
    let row = |row: usize| format!("{row},{},2001-02-03,{name}\n", row % 2);
    let mut text = "id,x,d,name\n".to_owned();
    text.extend((1..ROWS).map(row));
    text + last
}

/// A folder with `a.csv`, whose last row alone needs wider types, and `b.csv`, which has nothing out of the way.
fn tables(threads: usize) -> Scratch {
    let scratch = Scratch::with_threads(threads);
    scratch.file("a.csv", &table("0,1.5,2020-01-01 10:30,last\n"));
    scratch.file("b.csv", &table("0,1,2001-02-03,last\n"));
    scratch
}

impl Scratch {
    /// What is told besides the rows, with `$` for the folder.
    fn notes(&self) -> Vec<String> {
        self.session.take_notes().iter().map(|note| note.replace(&self.folder(), "$")).collect()
    }
}

#[test]
fn each_way_in_every_codec() {
    let scratch = tables(3);
    for codec in [".gz", ".bz2", ".zst", ".xz", ".lz4"] {
        let texts = "SELECT * FROM read_csv('$/a.csv', all_varchar = true)";
        scratch.rows(&format!("COPY ({texts}) TO '$/a.csv{codec}'")).unwrap();
    }
    assert_eq!(scratch.notes(), [""; 0]);
    for codec in ["", ".gz", ".bz2", ".zst", ".xz", ".lz4"] {
        scratch.check(&format!("SELECT sum(x), count(*) FROM '$/a.csv{codec}'"), &["6001.5|12000"]);
        scratch.check(&format!("SELECT max(d) FROM '$/a.csv{codec}'"), &["2020-01-01T10:30:00"]);
        let of_codec = |note: &str| note.replace("a.csv", &format!("a.csv{codec}"));
        assert_eq!(scratch.notes(), [of_codec(DOUBLE), of_codec(TIMESTAMP)]);
        // It is known from now on.
        scratch.check(&format!("SELECT max(x / 2) FROM '$/a.csv{codec}'"), &["0.75"]);
        assert_eq!(scratch.notes(), [""; 0]);
    }
}

#[test]
fn zeros_in_front_of_later_integers_are_told() {
    let note = "column \"x\" is read as bigint, and has integers with zeros in front further on, which are not kept; \
                types = {'x': 'text'} keeps them";
    for (last, notes) in
        [("0,007,2001-02-03,l\n", &[note][..]), ("0,\"01\",,l\n", &[note]), ("0,0,,l\n0,-01,,l\n", &[])]
    {
        let scratch = Scratch::with_threads(2);
        scratch.file("a.csv", &table(last));
        scratch.check(
            "SELECT count(*) FROM '$/a.csv' WHERE x > 1",
            if last.contains("007") { &["1"] } else { &["0"] },
        );
        assert_eq!(scratch.notes(), notes, "{last}");
        scratch.check("SELECT max(id) FROM '$/a.csv'", &["11999"]);
        scratch.check(
            "SELECT max(x) FROM read_csv('$/a.csv', types = {'x': 'bigint'})",
            if last.contains("007") { &["7"] } else { &["1"] },
        );
        assert_eq!(scratch.notes(), [""; 0], "{last}");
    }
}

#[test]
fn values_of_a_column_that_is_empty_at_first_are_told() {
    let note = |column: &str, ty: &str| {
        format!(
            "column \"{column}\" is read as text, as the heads of the files have no value of it, and all it has further on \
             are {ty}; types = {{'{column}': '{ty}'}} reads them so"
        )
    };
    let scratch = Scratch::with_threads(2);
    let empty = "1,,,,\n".repeat(200_000);
    let last = "2,9,2024-01-02,x,007\n3,10,NA,12,\n4,1.5,,,\n";
    scratch.file("a.csv", &format!("id,n,d,mixed,code\n{empty}{last}"));
    scratch.check("SELECT max(n), max(mixed), max(code) FROM '$/a.csv'", &["9|x|007"]);
    assert_eq!(scratch.notes(), [note("n", "double")]);
    // What is not read is not told, and what was said is known.
    scratch.check("SELECT max(id) FROM '$/a.csv'", &["4"]);
    scratch.check("SELECT max(n) FROM read_csv('$/a.csv', types = {'n': 'double'})", &["10.0"]);
    scratch.check("SELECT max(n) FROM read_csv('$/a.csv', types = {'n': 'text'})", &["9"]);
    assert_eq!(scratch.notes(), [""; 0]);
    scratch.check("SELECT max(n) FROM read_csv('$/a.csv', sample_size = -1)", &["10.0"]);
    scratch.check("SELECT count(d) FROM '$/a.csv'", &["2"]);
    assert_eq!(scratch.notes().last(), Some(&note("d", "date")));
}

#[test]
fn two_columns_one_after_the_other_in_several_files() {
    let scratch = tables(3);
    scratch.check("SELECT sum(x), max(d), count(*) FROM '$/?.csv'", &["12002.5|2020-01-01T10:30:00|24000"]);
    let mut notes = scratch.notes();
    notes.sort();
    assert_eq!(notes, [TIMESTAMP, DOUBLE]);
}

#[test]
fn what_the_plan_looks_like_does_not_matter() {
    for (sql, expected) in [
        ("SELECT x FROM '$/a.csv' ORDER BY x DESC LIMIT 2", &["1.5", "1.0"][..]),
        ("SELECT x, count(*) FROM '$/a.csv' GROUP BY x ORDER BY x", &["0.0|5999", "1.0|6000", "1.5|1"]),
        ("SELECT id FROM '$/a.csv' WHERE x > 1", &["0"]),
        ("SELECT count(*) FROM '$/a.csv' a JOIN '$/a.csv' b USING (id) WHERE a.x = b.x", &["12000"]),
        ("SELECT max(x) FROM (SELECT x FROM '$/b.csv' UNION ALL SELECT x FROM '$/a.csv')", &["1.5"]),
        ("SELECT count(*) FROM '$/b.csv' WHERE x = (SELECT max(x) - 0.5 FROM '$/a.csv')", &["6001"]),
        (
            "SELECT count(*) FROM (SELECT x AS y FROM '$/a.csv') a
             WHERE EXISTS (SELECT 1 FROM (VALUES (1.5)) v(z) WHERE v.z = a.y)",
            &["1"],
        ),
        ("WITH t AS (SELECT DISTINCT x FROM '$/a.csv') SELECT sum(x) OVER () FROM t LIMIT 1", &["2.5"]),
        ("CREATE VIEW v AS SELECT x FROM '$/a.csv'; SELECT sum(x) FROM v", &["6001.5"]),
        ("CREATE TABLE t AS SELECT x FROM '$/a.csv'; SELECT sum(x) FROM t", &["6001.5"]),
        ("SELECT max(x) FROM read_csv('$/*.csv', filename = true) WHERE filename LIKE '%a.csv'", &["1.5"]),
    ] {
        let scratch = tables(3);
        scratch.check(sql, expected);
        assert_eq!(scratch.notes(), [DOUBLE], "{sql}");
    }
}

#[test]
fn rows_that_are_collected_come_once() {
    let scratch = tables(3);
    let all = scratch.rows("SELECT id, x FROM '$/a.csv'").unwrap();
    assert_eq!((all.len(), all[0].as_str(), all[ROWS - 1].as_str()), (ROWS, "1|1.0", "0|1.5"));
    // What is not read does not change a type.
    let scratch = tables(3);
    scratch.check("SELECT id, x FROM '$/a.csv' LIMIT 1", &["1|1"]);
    assert_eq!(scratch.notes(), [""; 0]);
}

#[test]
fn statements_together() {
    let scratch = tables(3);
    let questions = [
        "SELECT sum(x) FROM '$/?.csv'",
        "SELECT count(DISTINCT name) FROM '$/?.csv'",
        "SELECT max(x), max(d) FROM '$/?.csv'",
        "SELECT max(d) FROM '$/?.csv'",
        "SELECT id FROM '$/?.csv' LIMIT 1",
    ];
    let parse =
        |sql: &&str| scratch.session.parse(&sql.replace('$', &scratch.folder())).unwrap().pop().unwrap();
    let outputs = block_on(scratch.session.run_together(questions.iter().map(parse).collect()));
    let found: Vec<_> = outputs
        .into_iter()
        .map(|output| rows(&block_on(output.unwrap().collect()).unwrap()).join(";"))
        .collect();
    assert_eq!(found, ["12002.5", "2", "1.5|2020-01-01T10:30:00", "2020-01-01T10:30:00", "1"]);
    let mut notes = scratch.notes();
    notes.sort();
    assert_eq!(notes, [TIMESTAMP, DOUBLE]);
}

/// How many passes there were since this was last asked, and how often they opened a file.
fn passes(session: &Session) -> (usize, u64) {
    let record = session.take_record();
    let opened = record.passes.iter().filter_map(|pass| pass.run.as_ref()).map(|run| run.opened_files);
    (record.passes.len(), opened.sum())
}

#[test]
fn those_who_fail_together_begin_together_again() {
    for threads in [1, 3] {
        let session = Session::builder().threads(threads).record(true).build().unwrap();
        let scratch = Scratch { session, ..tables(1) };
        let mut questions: Vec<String> =
            (0..10).map(|number| format!("SELECT sum(x + {number}) FROM '$/?.csv'")).collect();
        questions.extend(
            [
                "SELECT max(d) FROM '$/?.csv'",
                "SELECT id, x FROM '$/?.csv'",
                "SELECT count(id) FROM '$/?.csv'",
            ]
            .map(str::to_owned),
        );
        let parse = |sql: &String| {
            scratch.session.parse(&sql.replace('$', &scratch.folder())).unwrap().pop().unwrap()
        };
        let outputs = block_on(scratch.session.run_together(questions.iter().map(parse).collect()));
        let collected = outputs.into_iter().map(|output| async { output.unwrap().collect().await.unwrap() });
        let found: Vec<_> = block_on(join_all(collected)).iter().map(|batches| rows(batches)).collect();
        let sum = |number: u32| vec![format!("{:.1}", 12_002.5 + f64::from(number) * 24_000.0)];
        assert_eq!(found[..10], (0..10).map(sum).collect::<Vec<_>>());
        assert_eq!(found[10], ["2020-01-01T10:30:00"]);
        assert_eq!((found[11].len(), found[11][0].as_str()), (2 * ROWS, "1|1.0"));
        assert_eq!(found[12], ["24000"]);
        // One read in which they fail, and one for all of them.
        let (passes, opened) = passes(&scratch.session);
        assert!(passes == 2 && opened <= 4, "{threads} threads: {passes} passes, {opened} files opened");
        assert_eq!(scratch.notes().len(), 2);
    }
}

#[test]
fn columns_that_change_near_each_other_widen_together() {
    let session = Session::builder().threads(2).record(true).build().unwrap();
    let scratch = Scratch { session, ..tables(1) };
    scratch.check("SELECT sum(x), max(d), count(*) FROM '$/a.csv'", &["6001.5|2020-01-01T10:30:00|12000"]);
    assert_eq!(passes(&scratch.session).0, 2);
    let mut notes = scratch.notes();
    notes.sort();
    assert_eq!(notes, [TIMESTAMP, DOUBLE]);
    // Only columns that are read do.
    let scratch = tables(1);
    scratch.check("SELECT max(x) FROM '$/a.csv'", &["1.5"]);
    assert_eq!(scratch.notes(), [DOUBLE]);
    // The values may stand in different records, and behind what is no record of the right width.
    scratch.file("c.csv", &table("0,1.5,2001-02-03,first\n1,2,2020-01-01 10:30,last\n"));
    scratch.check("SELECT sum(x), max(d) FROM '$/c.csv'", &["6003.5|2020-01-01T10:30:00"]);
    assert_eq!(scratch.notes().len(), 2);
}

#[test]
fn what_is_analyzed_begins_together_again() {
    let session = Session::builder().threads(2).record(true).build().unwrap();
    let scratch = Scratch { session, ..tables(1) };
    let script =
        "SELECT sum(x) FROM '$/a.csv'; SELECT max(x), max(d) FROM '$/a.csv'; SELECT count(*) FROM '$/a.csv'";
    let statements = scratch.session.parse(&script.replace('$', &scratch.folder())).unwrap();
    let explanation = scratch.session.explain_analyze_blocking(statements).unwrap();
    assert_eq!(explanation.outputs.iter().map(|output| output.rows).collect::<Vec<_>>(), [Some(1); 3]);
    // One read for both that failed.
    assert_eq!(passes(&scratch.session).0, 1);
}

#[test]
fn nobody_waits_for_those_who_read_something_else_or_take_their_time() {
    let scratch = tables(2);
    let many: String = (0..200_000).map(|row| format!("{row},a row of a file of its own\n")).collect();
    scratch.file("c.csv", &format!("id,name\n{many}"));
    for slow in
        ["SELECT id, name FROM '$/c.csv'", "SELECT a.id, a.name, c.name FROM '$/a.csv' a, '$/c.csv' c"]
    {
        let parse =
            |sql: &str| scratch.session.parse(&sql.replace('$', &scratch.folder())).unwrap().pop().unwrap();
        let both = vec![parse(slow), parse("SELECT sum(x) FROM '$/a.csv'")];
        let mut outputs = block_on(scratch.session.run_together(both));
        let (sum, mut slow) = (outputs.pop().unwrap().unwrap(), outputs.pop().unwrap().unwrap());
        block_on(slow.next()).unwrap().unwrap();
        assert_eq!(rows(&block_on(sum.collect()).unwrap()), ["6001.5"]);
        // The next one is to meet the value, too.
        scratch.file("a.csv", &table("0,1.5,2020-01-01 10:30,last\n"));
    }
}

#[test]
fn what_nobody_has_seen_is_taken_back() {
    let scratch = tables(1);
    let parse =
        |sql: &str| scratch.session.parse(&sql.replace('$', &scratch.folder())).unwrap().pop().unwrap();
    let both = vec![parse("SELECT count(*) FROM '$/a.csv'"), parse("SELECT id, x FROM '$/a.csv'")];
    let mut outputs = block_on(scratch.session.run_together(both));
    let (mut late, count) = (outputs.pop().unwrap().unwrap(), outputs.pop().unwrap().unwrap());
    assert_eq!(rows(&block_on(count.collect()).unwrap()), ["12000"]);
    // It is read only when it has been computed as far as the value.
    let since = Instant::now();
    while scratch.notes().is_empty() {
        assert!(since.elapsed() < Duration::from_secs(60), "nothing becomes wider");
        std::thread::sleep(Duration::from_millis(1));
    }
    let first = block_on(late.next()).unwrap().unwrap();
    assert_eq!(rows(&[first])[0], "1|1.0");
    assert_eq!(late.schema().field(1).data_type().to_string(), "Float64");
}

#[test]
fn where_what_does_not_fit_is_left_out_a_wider_value_fits() {
    let messy = || {
        let mut text =
            table("many,1,2001-02-03,no number\n0,1.5,2001-02-03,wider\n1,many,2001-02-03,no number\n");
        text.push_str("2,2.5,2020-01-01 10:30,last\n");
        let scratch = Scratch::with_threads(3);
        scratch.file("a.csv", &text);
        scratch
    };
    let on_error = |mode: &str| format!("read_csv('$/a.csv', on_error = '{mode}')");
    for (mode, sum, count) in
        [("null", "6005.0", "12003"), ("skip", "6004.0", "12001"), ("reject", "6004.0", "12001")]
    {
        let from = on_error(mode);
        let scratch = messy();
        scratch.check(
            &format!("SELECT sum(x), count(*), max(d) FROM {from}"),
            &[&format!("{sum}|{count}|2020-01-01T10:30:00")],
        );
        // The widening is told, and what does not fit all the same, once.
        let notes = scratch.notes();
        let told = |what: &str| notes.iter().filter(|note| note.contains(what)).count();
        let fate = match mode {
            "null" => "1 value that does not fit became null",
            "skip" => "2 records were skipped",
            _ => "2 records were rejected",
        };
        assert_eq!((told("is read as"), told(fate), notes.len()), (2, 1, 3), "{notes:#?}");
        // Which records are left out does not depend on the columns that are read.
        let scratch = messy();
        scratch
            .check(&format!("SELECT count(id) FROM {from}"), &[if mode == "null" { "12002" } else { count }]);
        if mode == "reject" {
            scratch.check(
                "SELECT line, \"column\", expected, value FROM rejects()",
                &["12001|id|an integer|many", "12003|x|a number|many"],
            );
        }
    }
    // A type that was given is kept.
    let scratch = messy();
    let given = "read_csv('$/a.csv', on_error = 'skip', types = {'x': 'bigint', 'd': 'date'})";
    scratch.check(&format!("SELECT count(*), max(x) FROM {given}"), &["11999|1"]);
}

#[test]
fn a_copy_is_whole_and_alone() {
    let scratch = tables(3);
    scratch.check("COPY (SELECT id, x FROM '$/a.csv') TO '$/out.csv.gz'", &["12000"]);
    scratch.check(
        "SELECT count(*), sum(CAST(x AS DOUBLE)) FROM read_csv('$/out.csv.gz', all_varchar = true)",
        &["12000|6001.5"],
    );
    let mut names: Vec<_> =
        fs::read_dir(scratch.dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["a.csv", "b.csv", "out.csv.gz"]);
}

#[test]
fn frames_bags_and_profiles() {
    let scratch = tables(3);
    let open = || swath::read_csv(scratch.dir.path().join("a.csv")).session(&scratch.session).scan().unwrap();
    let (early, other) = (open(), open());
    let bag = early.select(["id", "x"]).to_bag::<(i64, f64)>().filter(|(id, _)| *id == 0);
    let wide = other.filter(col("x").gt(lit(1)));
    let (sum, wide, last) = compute((early.sum("x").as_type::<f64>(), wide.count(), bag)).unwrap();
    assert_eq!((sum, wide, last), (Some(6001.5), 1, vec![(0, 1.5)]));
    // The frame was made with the narrower type, and goes on with the wider one.
    assert_eq!(scratch.notes(), [DOUBLE]);
    assert_eq!(early.filter(col("x").gt(lit(1))).count().get().unwrap(), 1);
    assert_eq!(scratch.notes(), [""; 0]);

    let scratch = tables(3);
    let frame = swath::read_csv(scratch.dir.path().join("a.csv")).session(&scratch.session).scan().unwrap();
    let profile = frame.profile().unwrap();
    let x = &profile.columns[1];
    assert_eq!((profile.rows, x.data_type.as_str(), x.max.as_deref()), (12_000, "DOUBLE", Some("1.5")));
    assert_eq!(profile.columns[2].max.as_deref(), Some("2020-01-01T10:30:00"));
}

#[test]
fn a_reader_who_has_rows_is_told_and_can_begin_again() {
    // The query waits for its reader: it is far from the last row when the first ones are taken.
    let scratch = tables(1);
    let rows = 400_000;
    let text: String = (1..rows).map(|row| format!("{row}\n")).collect();
    scratch.file("a.csv", &format!("x\n{text}1.5\n"));
    let run = |sql: &str| {
        let statement = scratch.session.parse(&sql.replace('$', &scratch.folder())).unwrap().pop().unwrap();
        block_on(scratch.session.run(statement)).unwrap()
    };
    let mut output = run("SELECT x FROM '$/a.csv'");
    assert_eq!(output.schema().field(0).data_type().to_string(), "Int64");
    let error = loop {
        match block_on(output.next()).expect("it fails") {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(
        error.hint().unwrap().starts_with("read the column as double, types = {'x': 'double'}"),
        "{error}"
    );
    assert!(block_on(output.next()).is_none());
    assert!(block_on(output.begin_again(&error)).unwrap());
    assert_eq!(output.schema().field(0).data_type().to_string(), "Float64");
    assert_eq!(block_on(output.collect()).unwrap().iter().map(RecordBatch::num_rows).sum::<usize>(), rows);
}

#[test]
fn what_does_not_widen() {
    let scratch = tables(3);
    let failure = |sql: &str| scratch.rows(sql).unwrap_err();
    // A type that was given.
    failure("SELECT sum(x) FROM read_csv('$/a.csv', types = {'x': 'bigint'})");
    // Numbers do not become text.
    scratch.file("c.csv", &table("0,many,2001-02-03,last\n"));
    let error = failure("SELECT sum(x) FROM '$/c.csv'");
    assert!(
        error.to_string().ends_with("line 12001, column \"x\": expected an integer, found \"many\""),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("types = {'x': 'text'}"));
    // And a value may need a wider type than the first that was found.
    scratch.file("d.csv", &table("0,1.5,2001-02-03,last\n0,many,2001-02-03,last\n"));
    let error = failure("SELECT sum(x) FROM '$/d.csv'");
    assert!(
        error.to_string().ends_with("line 12002, column \"x\": expected a number, found \"many\""),
        "{error}"
    );
    assert_eq!(scratch.notes().len(), 1);
}
