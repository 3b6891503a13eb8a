//! The real binary in scratch folders: arguments, streams, files and exit codes.
#![allow(clippy::unwrap_used)]

mod scratch;

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;
use predicates::prelude::*;
use scratch::{folder, names, swath, wait_for_file};
use tempfile::TempDir;

#[test]
fn a_pipe_gets_csv() {
    let dir = folder();
    swath(&dir)
        .arg("SELECT * FROM 'a.csv'")
        .assert()
        .success()
        .stdout("id,name\n1,x\n2,\n,\"y,z\"\n")
        .stderr("");
}

#[test]
fn every_format() {
    let dir = folder();
    let written = |format: &str| {
        let output =
            swath(&dir).args(["--format", format, "SELECT id, name FROM 'a.csv' WHERE id = 1"]).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    assert_eq!(written("csv"), "id,name\n1,x\n");
    assert_eq!(written("tsv"), "id\tname\n1\tx\n");
    assert_eq!(written("json"), "[\n  {\"id\":1,\"name\":\"x\"}\n]\n");
    assert_eq!(written("jsonl"), "{\"id\":1,\"name\":\"x\"}\n");
    assert_eq!(written("markdown"), "| id | name |\n| ---: | --- |\n| 1 | x |\n");
    assert_eq!(written("line"), "── row 1\n  id = 1\nname = x\n1 row\n");
    assert_eq!(
        written("html"),
        "<table>\n<thead>\n<tr><th>id</th><th>name</th></tr>\n</thead>\n<tbody>\n\
         <tr><td class=\"number\">1</td><td>x</td></tr>\n</tbody>\n</table>\n"
    );
    assert!(
        written("table").ends_with("│      1 │ x    │\n└────────┴──────┘\n1 row\n"),
        "{}",
        written("table")
    );
}

#[test]
fn charts_in_characters_and_as_pictures() {
    let dir = folder();
    let sql = "SELECT name, id FROM 'a.csv' WHERE name = 'x'";
    swath(&dir)
        .args(["--format", "chart", "--width", "20", sql])
        .assert()
        .success()
        .stdout("id by name\nx ████████████████ 1\n1 row\n");
    swath(&dir).args(["-o", "plot.svg", sql]).assert().success().stdout("");
    let svg = fs::read_to_string(dir.path().join("plot.svg")).unwrap();
    assert!(svg.starts_with("<svg ") && svg.contains("<title>x: 1</title>"), "{svg}");
    swath(&dir)
        .args(["-o", "no.svg", "SELECT name FROM 'a.csv'"])
        .assert()
        .code(1)
        .stderr(predicate::str::starts_with("error: no chart shows these columns: name (text)\n"));
    // A second picture in the same file would break it.
    swath(&dir)
        .args(["-o", "two.svg", sql, sql])
        .assert()
        .code(1)
        .stderr(predicate::str::contains("two.svg: there is a second result"));
    assert_eq!(names(dir.path()), ["a.csv", "plot.svg"]);
}

#[test]
fn a_histogram_of_many_rows_needs_little_memory() {
    let dir = folder();
    let sql = "SELECT value % 1000 AS v FROM generate_series(0, 1999999)";
    let output = swath(&dir).args(["--format", "chart", "--memory-limit", "64MB", sql]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\n    [0, 50) ") && text.contains(" 100000\n"), "{text}");
    assert!(text.ends_with("2000000 values from 0 to 999, mean 499.5\n"), "{text}");
}

#[test]
fn a_large_compressed_file_needs_little_memory() {
    let dir = folder();
    let lines: String =
        (0..100_000).map(|line| format!("{line} is a line of a file that becomes long\n")).collect();
    fs::write(dir.path().join("part.txt"), lines).unwrap();
    let make = "COPY (SELECT line FROM read_text('part.txt')) TO 'part.gz' (FORMAT 'text')";
    swath(&dir).arg(make).assert().success();
    let part = fs::read(dir.path().join("part.gz")).unwrap();
    fs::write(dir.path().join("big.gz"), part.repeat(16)).unwrap();
    let memory = |file: &str, count: &str| {
        let sql = format!("SELECT count(*) AS n, max(line) AS m FROM read_text('{file}')");
        let output = swath(&dir).args(["--stats", "--threads", "2", &sql]).output().unwrap();
        let rows = format!("n,m\n{count},99999 is a line of a file that becomes long\n");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), rows);
        let stats = String::from_utf8(output.stderr).unwrap();
        let (_, memory) = stats.split_once("memory ").unwrap();
        memory.split_once("MB").unwrap().0.trim().parse::<f64>().unwrap()
    };
    let (part, big) = (memory("part.gz", "100000"), memory("big.gz", "1600000"));
    // 75 MB of text more.
    assert!(big < part + 25.0, "{part} MB for a part, {big} MB for the whole");
}

#[test]
fn formats_for_programs_are_the_same_bytes_every_time() {
    let dir = folder();
    for (name, magic) in [("a.parquet", &b"PAR1"[..]), ("a.arrow", b"ARROW1")] {
        let written = |path: &str| {
            swath(&dir).args(["-o", path, "SELECT * FROM 'a.csv'"]).assert().success().stdout("");
            fs::read(dir.path().join(path)).unwrap()
        };
        let bytes = written(name);
        assert!(bytes.starts_with(magic), "{name}");
        assert_eq!(written(&format!("b-{name}")), bytes);
        let piped = swath(&dir).args(["--format", &name[2..], "SELECT * FROM 'a.csv'"]).output().unwrap();
        assert_eq!(piped.stdout, bytes);
    }
}

#[test]
fn colours_come_where_they_are_wanted() {
    let dir = folder();
    let stderr = |color: &str| {
        let output = swath(&dir).args(["--color", color, "SELECT x FROM 'a.csv'"]).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(stderr("always").starts_with("\x1b[1;31merror:\x1b[0m there is no column"));
    assert!(stderr("auto").starts_with("error: ") && stderr("never").starts_with("error: "));
}

#[test]
fn statements_come_from_arguments_files_and_standard_input() {
    let dir = folder();
    swath(&dir).arg("-- a comment\nSELECT 7 AS a").assert().success().stdout("a\n7\n");
    let query = "SELECT count(*) AS n FROM 'a.csv';";
    fs::write(dir.path().join("q.sql"), format!("-- a comment\n{query} {query}")).unwrap();
    swath(&dir).args(["-f", "q.sql"]).assert().success().stdout("n\n3\nn\n3\n");
    swath(&dir).write_stdin(query).assert().success().stdout("n\n3\n");
    swath(&dir).args(["-f", "-"]).write_stdin(query).assert().success().stdout("n\n3\n");
    swath(&dir)
        .args([query, "SELECT 2 AS m", "-f", "q.sql"])
        .assert()
        .success()
        .stdout("n\n3\nm\n2\nn\n3\nn\n3\n");
    swath(&dir).write_stdin("").assert().success().stdout("");
    swath(&dir).args(["-f", "none.sql"]).assert().code(2).stderr(predicate::str::contains("none.sql"));
}

/// What a script of the system's shell gives, in which `$0` is the program, and what it says beside that.
fn shell(dir: &TempDir, script: &str) -> (String, String) {
    let mut shell = Process::new("sh");
    shell.args(["-c", script, cargo_bin("swath").to_str().unwrap()]).current_dir(dir.path());
    let output = shell.output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// What is piped in is a table like others: it may be read more than once, and is read no farther than need be.
#[test]
fn standard_input_and_pipes_are_tables() {
    let dir = folder();
    // Too long for its types to be told by its head: `n` has a fraction at the end.
    let mut text = String::from("k,n\n");
    (0..200_000).for_each(|row| writeln!(text, "{},{row}", row % 3).unwrap());
    text += "2,0.5\n";
    fs::write(dir.path().join("b.csv"), &text).unwrap();
    swath(&dir).args(["-o", "b.csv.gz", "FROM read_csv('b.csv', all_varchar = true)"]).assert().success();
    let gz = fs::read(dir.path().join("b.csv.gz")).unwrap();
    assert!(gz.starts_with(b"\x1f\x8b"));
    names(dir.path())[1..].iter().for_each(|name| fs::remove_file(dir.path().join(name)).unwrap());
    for piped in [text.into_bytes(), gz] {
        let sql = "SELECT count(*) AS rows, max(n) AS n FROM '-'; SELECT k, count(*) AS rows FROM '/dev/stdin' GROUP BY k \
                   ORDER BY k; SELECT count(*) AS rows FROM '-' AS a JOIN '-' AS b USING (n)";
        let expected = "rows,n\n200001,199999.0\nk,rows\n0,66667\n1,66667\n2,66667\nrows\n200001\n";
        swath(&dir).arg(sql).write_stdin(piped.clone()).assert().success().stdout(expected);
        swath(&dir).args(["count", "-"]).write_stdin(piped).assert().success().stdout("200001\n");
    }
    let lines = "SELECT line FROM read_text('-') WHERE line LIKE 'b%'";
    swath(&dir).args(["-o", "-", lines]).write_stdin("a\nb\nbc").assert().success().stdout("line\nb\nbc\n");
    swath(&dir)
        .args(["head", "--format", "json", "-"])
        .write_stdin("a;b\n1;2\n")
        .assert()
        .stdout("[\n  {\"a\":1,\"b\":2}\n]\n");
    swath(&dir).args(["convert", "-", "b.parquet"]).write_stdin("a\n1\n").assert().success();
    assert_eq!(names(dir.path()), ["a.csv", "b.parquet"]);
    let wrong = swath(&dir)
        .arg("SELECT max(a) FROM read_csv('-', types = {'a': 'bigint'})")
        .write_stdin("a\n1\nx\n")
        .assert();
    wrong.code(1).stderr(predicate::str::starts_with(
        "error: -: line 3, column \"a\": expected an integer, found \"x\"\n",
    ));

    let shell = |script: &str| shell(&dir, script).0;
    assert_eq!(shell("\"$0\" \"SELECT sum(id) AS s FROM '-'\" < a.csv"), "s\n3\n");
    assert_eq!(
        shell("cat a.csv | \"$0\" \"SELECT sum(id) AS s FROM '/dev/fd/3'\" 3<&0 0</dev/null"),
        "s\n3\n"
    );
    let named = "mkfifo p; cat a.csv > p & \"$0\" \"SELECT sum(id) AS s FROM 'p'; SELECT max(id) AS m FROM 'p'\"; rm p";
    assert_eq!(shell(named), "s\n3\nm\n2\n");
    assert_eq!(shell("yes 7 | \"$0\" --header=false \"SELECT * FROM '-' LIMIT 2\""), "column0\n7\n7\n");
}

#[test]
fn words_for_truth_values_can_be_said() {
    let dir = folder();
    fs::write(dir.path().join("b.csv"), "k,ok\n1,ja\n2,nein\n3,yes\n").unwrap();
    let sql = "SELECT count(*) AS n FROM 'b.csv' WHERE ok";
    let words = ["--true-values", "yes,ja", "--false-values", "nein"];
    swath(&dir).args(words).arg(sql).assert().success().stdout("n\n2\n");
    swath(&dir)
        .args(["head", "--format", "csv"])
        .args(words)
        .arg("b.csv")
        .assert()
        .stdout("k,ok\n1,true\n2,false\n3,true\n");
}

/// What others have read of standard input is not read once more, also where it is a file; and it may be a socket.
#[test]
fn standard_input_begins_where_it_stands() {
    let dir = folder();
    fs::write(dir.path().join("lines.txt"), "first\nsecond\nthird\n").unwrap();
    let rest = |command: &str| shell(&dir, &format!("(read -r line; \"$0\" {command}) < lines.txt")).0;
    assert_eq!(
        rest(
            "\"SELECT line FROM read_text('-') UNION ALL SELECT line FROM read_text('/dev/stdin') ORDER BY 1\""
        ),
        "line\nsecond\nsecond\nthird\nthird\n"
    );
    assert_eq!(rest("grep -n ."), "1:second\n2:third\n");
    assert_eq!(rest("decompress"), "second\nthird\n");
    assert_eq!(rest("count --lines -"), "2\n");
    for command in [["grep", "."].as_slice(), &["decompress"], &["SELECT line FROM read_text('-')"]] {
        let (mut sender, receiver) = UnixStream::pair().unwrap();
        let mut swath = Process::new(cargo_bin("swath"));
        swath.args(command).stdin(OwnedFd::from(receiver)).stdout(Stdio::piped());
        let running = swath.spawn().unwrap();
        drop(swath);
        sender.write_all(b"line\n").unwrap();
        drop(sender);
        let out = String::from_utf8(running.wait_with_output().unwrap().stdout).unwrap();
        assert!(out.ends_with("line\n"), "{command:?}: {out}");
    }
}

#[test]
fn rows_come_while_the_writer_of_a_pipe_pauses() {
    let ask = |sql: &str, first: &str| {
        let mut swath = Process::new(cargo_bin("swath"))
            .args(["--format", "csv", sql])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = swath.stdin.take().unwrap();
        write!(lines, "id,name\n{first}").unwrap();
        (swath, lines)
    };
    let (mut swath, mut lines) = ask("SELECT * FROM '-'", "1,one\n2,two\n");
    let mut rows = BufReader::new(swath.stdout.take().unwrap()).lines().map(Result::unwrap);
    // If more were waited for, this would wait for ever.
    assert_eq!(rows.by_ref().take(3).collect::<Vec<_>>(), ["id,name", "1,one", "2,two"]);
    lines.write_all(b"3,three\n").unwrap();
    assert_eq!(rows.next().unwrap(), "3,three");
    drop(lines);
    assert!(rows.next().is_none() && swath.wait().unwrap().success());

    let (mut swath, lines) = ask("SELECT name FROM '-' LIMIT 1", "1,one\n2,two\n");
    let mut rows = BufReader::new(swath.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(rows.by_ref().collect::<Vec<_>>(), ["name", "one"]);
    drop(lines);
    assert!(swath.wait().unwrap().success());

    // What comes later shows that values are quoted, or numbers.
    for (first, later, told, seen) in [
        ("1,one\n2,two\n", "'a'", "more lines show quote", "max(name)\ntwo\n"),
        ("1,\n2,\n3,\n4,\n", "7", "more lines show types = {'name': 'bigint'}", "max(name)\n7\n"),
    ] {
        let (swath, mut lines) = ask("SELECT max(name) FROM '-'", first);
        std::thread::sleep(Duration::from_millis(1500));
        (5..40).for_each(|id| writeln!(lines, "{id},{later}").unwrap());
        drop(lines);
        let answer = swath.wait_with_output().unwrap();
        let error = String::from_utf8(answer.stderr).unwrap();
        // On a machine that was too busy to look in time all of it was looked at.
        assert!(error.contains(told) || answer.stdout == seen.as_bytes(), "{error}");
    }
}

#[test]
fn whoever_leaves_a_pipe_has_seen_enough() {
    let dir = folder();
    let numbers: String = (0..200_000).map(|number| format!("{number}\n")).collect();
    fs::write(dir.path().join("n.csv"), format!("n\n{numbers}")).unwrap();
    for command in [
        "\"FROM 'n.csv'\"",
        "\"COPY (SELECT n FROM 'n.csv') TO '-'\"",
        "convert n.csv - --format csv",
        "decompress n.csv",
    ] {
        let seen = shell(&dir, &format!("(\"$0\" {command}; echo $? >&2) | head -n 1"));
        assert_eq!(seen, ("n\n".to_owned(), "0\n".to_owned()), "{command}");
    }
}

#[test]
fn files_in_archives_are_named_by_paths() {
    let dir = folder();
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("../io/tests/two.zip");
    fs::copy(archive, dir.path().join("two.zip")).unwrap();
    swath(&dir)
        .arg("SELECT sum(a) AS a, count(DISTINCT b) AS b FROM 'two.zip/**'")
        .assert()
        .stdout("a,b\n3,2\n");
    swath(&dir).args(["head", "two.zip/a.csv"]).assert().success().stdout("a,b\n1,x\n").stderr("");
    swath(&dir).args(["decompress", "two.zip/a.csv"]).assert().success().stdout("a,b\n1,x\n");
    swath(&dir)
        .args(["count", "--by-file", "*.zip/*.csv"])
        .assert()
        .stdout("filename,count\ntwo.zip/a.csv,1\n");
    let found = "two.zip/data/b.csv:2:2,yyyyyyyyyyyyyyyyyyyyyyyyyyyy\n";
    swath(&dir).args(["grep", "-n", "yy", "two.zip/**"]).assert().success().stdout(found);
    let names = "error: two.zip: the archive holds 2 files: 'a.csv', 'data/b.csv'\n  hint: name one, as 'two.zip/a.csv', or \
                 several by a glob, as 'two.zip/**'\n";
    swath(&dir).args(["sniff", "two.zip"]).assert().failure().stderr(names);
    let near = "error: no such file: 'two.zip/b.csv'\n  hint: did you mean 'two.zip/a.csv'?\n";
    swath(&dir).args(["sniff", "two.zip/b.csv"]).assert().failure().stderr(near);
}

#[test]
fn views_and_settings_last_for_the_run() {
    let dir = folder();
    let sql = "CREATE VIEW v AS SELECT id FROM 'a.csv'; SET datafusion.execution.batch_size = 1; SELECT sum(ID) AS s FROM V";
    swath(&dir).arg(sql).assert().success().stdout("s\n3\n");
}

#[test]
fn options_for_bare_paths() {
    let dir = folder();
    fs::write(dir.path().join("l.csv"), b"skip me\nk;v;\xc6\n1;none;\xc6\n").unwrap();
    swath(&dir)
        .args([
            "--skip",
            "1",
            "--nullstr",
            "none",
            "--encoding",
            "latin1",
            "--types",
            "K=text",
            "--delim",
            ";",
        ])
        .args(["--filename", "SELECT *, arrow_typeof(k) AS t FROM 'l.csv'"])
        .assert()
        .success()
        .stdout("k,v,Æ,filename,t\n1,,Æ,l.csv,Utf8View\n");
    swath(&dir).args(["--all-varchar", "SELECT id FROM 'a.csv' WHERE id = 'NA'"]).assert().stdout("id\nNA\n");
    swath(&dir).args(["--header=false", "SELECT count(*) AS n FROM 'a.csv'"]).assert().stdout("n\n4\n");
    swath(&dir).args(["--header", "SELECT count(*) AS n FROM 'a.csv'"]).assert().code(0).stdout("n\n3\n");
    // The header has other names, and is known by its values.
    let declared = ["--columns", "a=bigint,b=text", "SELECT max(a) AS m FROM 'a.csv'"];
    swath(&dir).args(declared).assert().stdout("m\n2\n");
    swath(&dir).args(declared).arg("--header").assert().stdout("m\n2\n");
    swath(&dir).args(declared).arg("--header=false").assert().code(1);
    swath(&dir).args(["--names", "a,b", "SELECT max(a) AS m FROM 'a.csv'"]).assert().stdout("m\n2\n");
    swath(&dir).args(["--comment", "2", "SELECT count(*) AS n FROM 'a.csv'"]).assert().stdout("n\n2\n");
    swath(&dir)
        .args(["--quote", "", "SELECT count(*) FROM 'a.csv'"])
        .assert()
        .code(1)
        .stderr(predicate::str::contains("line 4: expected 2 fields, found 3"));
    swath(&dir).args(["--escape", "\\", "SELECT count(*) AS n FROM 'a.csv'"]).assert().stdout("n\n3\n");
    swath(&dir)
        .args(["--compression", "gzip", "SELECT count(*) FROM 'a.csv'"])
        .assert()
        .code(1)
        .stderr(predicate::str::contains("gzip"));
    swath(&dir).args(["--threads", "1", "SELECT count(*) AS n FROM 'a.csv'"]).assert().stdout("n\n3\n");
}

#[test]
fn wrong_usage_is_told() {
    let dir = folder();
    for args in [
        &["--formt", "csv", "SELECT 1"][..],
        &["--format", "xls", "SELECT 1"],
        &["--types", "a", "SELECT 1"],
        &["--types", "a=dubble", "SELECT 1"],
        &["--encoding", "klingon", "SELECT 1"],
        &["--delim", "abcdefghi", "SELECT 1"],
        &["--threads", "0", "SELECT 1"],
        &["-o", "x.xls", "SELECT 1"],
    ] {
        let assert = swath(&dir).args(args).assert().code(2).stdout("");
        let stderr = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        assert!(stderr.starts_with("error: "), "{args:?}: {stderr}");
    }
    assert_eq!(names(dir.path()), ["a.csv"]);
}

#[test]
fn failures_are_told_with_hints() {
    let dir = folder();
    swath(&dir)
        .arg("SELECT nmae FROM 'a.csv'")
        .assert()
        .code(1)
        .stdout("")
        .stderr("error: there is no column \"nmae\"\n  SELECT nmae FROM 'a.csv'\n         ^^^^\n  hint: did you mean \"name\"?\n");
    swath(&dir)
        .arg("SELECT * FROM 'b.csv'")
        .assert()
        .code(1)
        .stderr("error: no such file: 'b.csv'\n  SELECT * FROM 'b.csv'\n                ^^^^^^^\n  hint: did you mean 'a.csv'?\n");
    swath(&dir)
        .arg("SELECT 1; SELEC 2")
        .assert()
        .code(1)
        .stdout("")
        .stderr(predicate::str::contains("syntax error"));
}

#[test]
fn an_output_file_appears_when_it_is_whole() {
    let dir = folder();
    swath(&dir).args(["-o", "out.tsv", "SELECT * FROM 'a.csv'"]).assert().success().stdout("");
    let out = dir.path().join("out.tsv");
    assert_eq!(fs::read_to_string(&out).unwrap(), "id\tname\n1\tx\n2\t\n\ty,z\n");

    // A query that fails after its first rows leaves what was there, and nothing else.
    let mut late = String::from("id\n");
    late.extend((0..200_000).map(|row| format!("{row}\n")));
    late.push_str("oops\n");
    fs::write(dir.path().join("late.csv"), late).unwrap();
    swath(&dir)
        .args(["-o", "out.tsv", "SELECT * FROM 'late.csv'"])
        .assert()
        .code(1)
        .stderr(predicate::str::contains("line 200002"));
    assert_eq!(fs::read_to_string(&out).unwrap(), "id\tname\n1\tx\n2\t\n\ty,z\n");
    assert_eq!(names(dir.path()), ["a.csv", "late.csv", "out.tsv"]);

    swath(&dir)
        .args(["-o", "no/such/folder/x.csv", "SELECT 1"])
        .assert()
        .code(1)
        .stderr(predicate::str::contains("cannot write to no/such/folder/x.csv"));
}

#[cfg(unix)]
#[test]
fn a_device_is_written_to_and_not_replaced() {
    let dir = folder();
    swath(&dir).args(["-o", "/dev/null", "--format", "csv", "SELECT 1"]).assert().success().stdout("");
    assert!(!Path::new("/dev/null").metadata().unwrap().is_file());
    // What others have written to the file that is standard output stays.
    let out = dir.path().join("out");
    let script = "echo first; \"$0\" \"COPY (SELECT 1 AS a) TO '/dev/stdout'\"; echo last";
    let status = Process::new("sh")
        .args(["-c", script])
        .arg(cargo_bin("swath"))
        .stdout(fs::File::create(&out).unwrap())
        .status();
    assert!(status.unwrap().success());
    let text = fs::read_to_string(&out).unwrap();
    // Nothing tells the number of rows behind them.
    assert_eq!(text, "first\na\n1\nlast\n");
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let dir = folder();
    let path = dir.path().join("a.csv");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    let assert = swath(&dir).arg("SELECT count(*) AS n FROM 'a.csv'").assert();
    if fs::File::open(&path).is_ok() {
        // Root may read everything.
        assert.success();
    } else {
        assert.code(1).stderr(
            predicate::str::contains("a.csv: cannot open").and(predicate::str::contains("permissions")),
        );
    }
    // Something that is no folder in the middle of a path fails for everybody.
    swath(&dir)
        .arg("SELECT * FROM 'a.csv/b.csv'")
        .assert()
        .code(1)
        .stderr(predicate::str::contains("a.csv/b.csv: cannot open"));
}

#[test]
fn notes_go_to_standard_error() {
    let dir = folder();
    fs::copy(dir.path().join("a.csv"), dir.path().join("a.csv.gz")).unwrap();
    swath(&dir)
        .arg("SELECT count(*) AS n FROM 'a.csv.gz'")
        .assert()
        .success()
        .stdout("n\n3\n")
        .stderr("note: a.csv.gz: named as gzip, read as plain, as its first bytes show\n");
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let dir = folder();
    let mut child = Process::new(cargo_bin("swath"))
        .arg("SELECT * FROM generate_series(1, 100000000)")
        .current_dir(dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((line.as_str(), output.status.code()), ("generate_series\n", Some(0)));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[cfg(unix)]
#[test]
fn an_interrupt_stops_the_query() {
    let dir = folder();
    let child = Process::new(cargo_bin("swath"))
        .args([
            "-o",
            "out.csv",
            "SELECT sum(a.value * b.value) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b",
        ])
        .current_dir(dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The temporary file of the output says that the command is at work.
    wait_for_file(&child, &dir);
    std::thread::sleep(Duration::from_millis(300));
    let start = Instant::now();
    assert!(Process::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert!(start.elapsed() < Duration::from_secs(10), "the interrupt was not heard");
    assert_eq!(names(dir.path()), ["a.csv"]);
}

#[test]
fn copy_writes_files_and_prints_a_count() {
    let dir = folder();
    swath(&dir)
        .arg("COPY (SELECT id FROM 'a.csv' ORDER BY id) TO 'b.csv.gz'; SELECT sum(id) AS s FROM 'b.csv.gz'")
        .assert()
        .success()
        .stdout("count\n3\ns\n3\n")
        .stderr("");
    swath(&dir)
        .arg("COPY 'a.csv' TO 'b.csv' (HEADR)")
        .assert()
        .code(1)
        .stdout("")
        .stderr(predicate::str::contains("did you mean header?"));
    assert_eq!(names(dir.path()), ["a.csv", "b.csv.gz"]);
}

#[test]
fn an_interrupt_leaves_nothing_of_a_copy() {
    let dir = folder();
    let sql = "COPY (SELECT a.value FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b) TO 'out.csv'";
    let child = Process::new(cargo_bin("swath")).arg(sql).current_dir(dir.path()).spawn().unwrap();
    wait_for_file(&child, &dir);
    std::thread::sleep(Duration::from_millis(300));
    assert!(Process::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
    assert_eq!(names(dir.path()), ["a.csv"]);
}

#[test]
fn help_and_version() {
    let dir = folder();
    swath(&dir).arg("--help").assert().success().stdout(predicate::str::contains("Examples:"));
    swath(&dir).arg("-h").assert().success();
    swath(&dir).arg("--version").assert().success().stdout(predicate::str::starts_with("swath "));
}

#[test]
fn large_results_are_whole() {
    let dir = folder();
    let mut file = fs::File::create(dir.path().join("big.csv")).unwrap();
    writeln!(file, "a,b").unwrap();
    for row in 0..50_000 {
        writeln!(file, "{row},text {row}").unwrap();
    }
    let output = swath(&dir).arg("SELECT * FROM 'big.csv'").output().unwrap().stdout;
    assert_eq!(output, fs::read(dir.path().join("big.csv")).unwrap());
}

#[test]
fn plans_are_explained_and_drawn() {
    let dir = folder();
    let script = "SELECT max(id) FROM 'a.csv'; SELECT name FROM 'a.csv'";
    swath(&dir).args(["explain", "--graph", "x.svg", script]).assert().success().stdout(
        predicate::str::starts_with("pass 1: csv 'a.csv', 1 file, ")
            .and(predicate::str::contains("read by: output 1, output 2")),
    );
    let svg = fs::read_to_string(dir.path().join("x.svg")).unwrap();
    assert!(svg.starts_with("<svg ") && svg.contains("pass 1") && svg.contains("output 2"), "{svg}");
    swath(&dir)
        .args(["explain", "--graph", "-", script])
        .assert()
        .success()
        .stdout(predicate::str::starts_with("digraph").and(predicate::str::contains("n0 -> ").count(2)));
    swath(&dir)
        .args(["explain", "--analyze", script])
        .assert()
        .success()
        .stdout(predicate::str::contains("run: opened 1 file, "));
    swath(&dir)
        .args(["explain", "--graph", "x.png", script])
        .assert()
        .code(2)
        .stderr(predicate::str::contains(".svg or .dot"));
    assert!(!dir.path().join("x.png").exists());
}

#[test]
fn sniff_prints_the_call_that_states_what_was_found() {
    let dir = folder();
    fs::write(dir.path().join("s.csv"), b"A title\n\nid|na me\n1|'x|\xe9'\n# no record\n2|y\n").unwrap();
    let output = swath(&dir).args(["sniff", "s.csv"]).output().unwrap();
    let call = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        call,
        "read_csv('s.csv', delim = '|', quote = '''', escape = '', comment = '#', skip = 2, header = true, \
         encoding = 'windows-1252', types = {'id': 'bigint', 'na me': 'text'})\n"
    );
    let notes = String::from_utf8(output.stderr).unwrap();
    for note in ["s.csv: 2 lines above the header passed over", "begin with '#'", "read as windows-1252"] {
        assert!(notes.contains(note), "{notes}");
    }
    let rows = |table: &str| {
        let output = swath(&dir).arg(format!("SELECT * FROM {table}")).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(rows(&call), "id,na me\n1,x|é\n2,y\n");
    assert_eq!(rows("'s.csv'"), rows(&call));
    swath(&dir).args(["sniff", "none.csv"]).assert().code(1).stderr(predicate::str::contains("no such file"));
    swath(&dir).args(["sniff", "--delim", "abcdefghi", "a.csv"]).assert().code(2);
    swath(&dir)
        .args(["sniff", "--quote", "", "a.csv"])
        .assert()
        .stdout(predicate::str::contains("quote = ''"));
}

#[test]
fn sniff_knows_json_lines_of_text_and_mixtures() {
    let dir = folder();
    let write = |name: &str, text: &[u8]| fs::write(dir.path().join(name), text).unwrap();
    write("e.jsonl", b"{\"id\": 1, \"at\": \"2001-02-03\", \"tags\": [\"x\"]}\n");
    // By its content, whatever its name.
    write("e.txt", b"{\"id\": 2}\n");
    write("l.log", b"started at noon\nstopped, and caf\xe9 was had\nstarted once more\n");
    write("t.csv", b"id||name\n1||x|y\n");
    write("empty.csv", b"");
    swath(&dir).arg("COPY (SELECT 1 AS id, 'x' AS name) TO 'z.csv.gz'").assert().success();
    let sniff = |args: &[&str]| {
        let output = swath(&dir).arg("sniff").args(args).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr))
    };
    let json = "encoding = 'utf8', types = {'id': 'bigint', 'at': 'date', 'tags': 'text[]'})\n";
    assert_eq!(sniff(&["e.jsonl"]), (format!("read_json('e.jsonl', {json}"), String::new()));
    assert_eq!(sniff(&["e.*"]).0, format!("read_json('e.*', {json}"));
    assert_eq!(sniff(&["l.log"]).0, "read_text('l.log', encoding = 'windows-1252')\n");
    let zipped = "read_csv('z.csv.gz', delim = ',', quote = '\"', escape = '', comment = '', skip = 0, header = true, \
                  encoding = 'utf8', types = {'id': 'bigint', 'name': 'text'}, compression = 'gzip')\n";
    assert_eq!(sniff(&["z.csv.gz"]).0, zipped);
    let (call, _) = sniff(&["--delim", "||", "t.csv"]);
    assert!(call.starts_with("read_csv('t.csv', delim = '||', "), "{call}");

    // Files of several kinds, and codecs: a call for each kind, which reads what it names.
    let (calls, notes) = sniff(&["*.csv*", "e.*", "l.log", "--delim", "auto"]);
    let calls: Vec<&str> = calls.lines().collect();
    assert_eq!(calls.len(), 3, "{calls:#?}");
    assert!(calls[1].starts_with("read_json(['e.jsonl', 'e.txt'], "), "{calls:#?}");
    assert_eq!(calls[2], "read_text('l.log', encoding = 'windows-1252')");
    for note in [
        "the files are of different kinds: ",
        "2 for read_json, 1 for read_text; there is a call for each kind",
        "the files are compressed in different ways, and each is read by its own: gzip (z.csv.gz), plain (",
    ] {
        assert!(notes.contains(note), "{notes}");
    }
    for (call, rows) in [(calls[1], "2"), (calls[2], "3")] {
        swath(&dir)
            .args(["--format", "csv", &format!("SELECT count(*) AS n FROM {call}")])
            .assert()
            .stdout(format!("n\n{rows}\n"));
    }
}

#[test]
fn what_does_not_fit_is_counted() {
    let dir = folder();
    fs::write(dir.path().join("m.csv"), "a,b\n1,2\n3\n4,x\n5,6,7\n").unwrap();
    let read = |flags: &[&str], sql: &str| {
        let output = swath(&dir).args(["--types", "b=bigint"]).args(flags).arg(sql).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr))
    };
    let (rows, notes) = read(&["--on-error", "null"], "SELECT * FROM 'm.csv'");
    assert_eq!(rows, "a,b\n1,2\n3,\n4,\n5,6\n");
    assert_eq!(
        notes,
        "note: 1 value that does not fit became null; the first: m.csv: line 4, column \"b\": expected an integer, \
         found \"x\"\n\
         note: 1 short record was filled up with nulls; the first: m.csv: line 3: expected 2 fields, found 1\n\
         note: 1 long record was cut; the first: m.csv: line 5: expected 2 fields, found 3\n"
    );
    // Statements in a row are read together; what was rejected is asked when they are done.
    let sql = "SELECT count(*) AS n FROM 'm.csv'; SELECT max(a) AS m FROM 'm.csv'; SELECT line, record FROM rejects()";
    let (rows, notes) = read(&["--on-error", "reject"], sql);
    assert_eq!(rows, "n\n1\nm\n1\nline,record\n3,3\n4,\"4,x\"\n5,\"5,6,7\"\n");
    assert!(
        notes.starts_with("note: 3 records were rejected: SELECT * FROM rejects() tells why; the first: ")
    );
    assert_eq!(notes.lines().count(), 1, "{notes}");
    let (rows, notes) = read(&["--ragged", "--types", "b=text"], "SELECT b FROM 'm.csv'");
    assert_eq!((rows.as_str(), notes.lines().count()), ("b\n2\n\"\"\nx\n6\n", 2));
    let (rows, _) = read(&["--null-padding"], "SELECT a, column2 FROM 'm.csv' WHERE column2 > 0");
    assert_eq!(rows, "a,column2\n5,7\n");
    fs::write(dir.path().join("m.csv"), format!("a,b\n{},1\n", "x".repeat(1_000_000))).unwrap();
    let bounded = read(&["--max-record-bytes", "100000"], "SELECT a FROM 'm.csv'");
    assert!(bounded.1.contains("line 2: the record is longer than 100000 bytes"), "{bounded:?}");
}

#[test]
fn a_result_that_fails_before_it_is_long_leaves_nothing() {
    let dir = folder();
    let mut text = "n\n".to_owned();
    for number in 0..300_000 {
        writeln!(text, "{number}").unwrap();
    }
    fs::write(dir.path().join("late.csv"), text.clone() + "x\n").unwrap();
    swath(&dir)
        .arg("SELECT * FROM 'late.csv'")
        .assert()
        .failure()
        .stdout("")
        .stderr(predicate::str::contains("line 300002, column \"n\": expected an integer, found \"x\""));
    // What needs a wider type begins once more, also in a pipe.
    fs::write(dir.path().join("late.csv"), text + "0.5\n").unwrap();
    let output = swath(&dir).arg("SELECT * FROM 'late.csv'").output().unwrap();
    assert!(output.stdout.starts_with(b"n\n0.0\n1.0\n"));
    assert!(output.stdout.ends_with(b"\n299999.0\n0.5\n"));
}

#[test]
fn rows_are_shown_while_others_take_long() {
    let dir = folder();
    let sql = "SELECT 7 AS x UNION ALL SELECT count(*) FROM generate_series(1, 1000000000000)";
    let mut child = Process::new(cargo_bin("swath"))
        .current_dir(dir.path())
        .args(["--format", "csv", sql])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!([lines.next().unwrap().unwrap(), lines.next().unwrap().unwrap()], ["x", "7"]);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_column_becomes_wider_where_a_value_needs_it() {
    let dir = folder();
    let rows: String = (1..200_000).map(|row| format!("{row}\n")).collect();
    fs::write(dir.path().join("w.csv"), format!("n\n{rows}0.5\n")).unwrap();
    let note = "note: column \"n\" is read as double, as w.csv: line 200001 has \"0.5\": what was read before was read \
                again\n";
    let done = |args: &[&str]| {
        let run = swath(&dir).args(args).assert().success();
        let output = run.get_output();
        assert!(String::from_utf8_lossy(&output.stderr).contains(note), "{args:?}: {output:?}");
        String::from_utf8(output.stdout.clone()).unwrap()
    };
    assert_eq!(done(&["SELECT min(n), max(n) FROM 'w.csv'"]), "min(n),max(n)\n0.5,199999.0\n");
    assert_eq!(done(&["tail", "-n", "1", "w.csv"]), "n\n0.5\n");
    assert!(done(&["--format", "table", "SELECT * FROM 'w.csv'"]).contains("200000 rows"));
    assert!(done(&["summary", "--format", "csv", "w.csv"]).contains("n,DOUBLE,0,"));
    done(&["convert", "w.csv", "c.csv"]);
    done(&["-o", "o.csv", "SELECT n FROM 'w.csv'"]);
    let written = |name| fs::read_to_string(dir.path().join(name)).unwrap();
    assert_eq!((written("c.csv"), written("o.csv").lines().count()), (written("o.csv"), 200_001));
    assert!(written("o.csv").starts_with("n\n1.0\n2.0\n"));
    assert_eq!(names(dir.path()), ["a.csv", "c.csv", "o.csv", "w.csv"]);
    // What is on its way through a pipe cannot be taken back.
    let long = "SELECT n, repeat('x', 40) AS x FROM 'w.csv'";
    let run = swath(&dir).args(["--threads", "1", long]).assert().failure();
    assert!(run.get_output().stdout.starts_with(b"n,x\n1,xxx"));
    let told = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    assert!(told.contains("line 200001, column \"n\": expected an integer, found \"0.5\""), "{told}");
    assert!(told.contains("hint: read the column as double, types = {'n': 'double'}"), "{told}");
}
