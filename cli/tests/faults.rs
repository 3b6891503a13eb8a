//! What goes wrong around a command: signals, limits of time, full disks, files that change or are not there.
#![allow(clippy::unwrap_used)]
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Child, Command as Process, Output, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin;
use predicates::prelude::*;
use tempfile::TempDir;

/// What an interrupt may take, on a machine that is busy with other tests: the promise is 100 ms.
const AT_ONCE: Duration = Duration::from_secs(5);

/// A query that takes hours and keeps its threads busy.
const ENDLESS: &str = "SELECT sum(a.value % 7 + b.value % 5) FROM generate_series(1, 10000000) a, generate_series(1, 10000000) b";

fn folder() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.csv"), "id,name\n1,x\n2,\nNA,\"y,z\"\n").unwrap();
    dir
}

fn swath(dir: &TempDir) -> Command {
    let mut command = Command::new(cargo_bin("swath"));
    command.current_dir(dir.path()).timeout(Duration::from_secs(120));
    command
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Begins a command and waits until it has begun its temporary file.
fn begin(dir: &TempDir, args: &[&str]) -> Child {
    let before = names(dir.path()).len();
    let child = Process::new(cargo_bin("swath"))
        .args(args)
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while names(dir.path()).len() == before {
        assert!(start.elapsed() < Duration::from_secs(60), "the command did not begin");
        std::thread::sleep(Duration::from_millis(10));
    }
    child
}

fn signal(child: &Child, name: &str) {
    assert!(Process::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// The output of a command that has to end now.
fn end(child: Child) -> Output {
    let start = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert!(start.elapsed() < AT_ONCE, "it took {:?}", start.elapsed());
    output
}

#[test]
fn signals_end_a_command_at_once_and_leave_nothing() {
    let dir = folder();
    for (name, code) in [("-INT", 130), ("-TERM", 143), ("-HUP", 129)] {
        let child = begin(&dir, &["-o", "out.csv", ENDLESS]);
        std::thread::sleep(Duration::from_millis(300));
        signal(&child, name);
        let output = end(child);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert_eq!(names(dir.path()), ["a.csv"]);
    }
}

#[test]
fn what_is_begun_to_outlive_its_terminal_does() {
    let dir = folder();
    let sql = "SELECT count(*) AS n FROM generate_series(1, 300000000)";
    let command = format!("trap '' HUP; exec {} -o out.csv \"{sql}\"", cargo_bin("swath").display());
    let mut child = Process::new("sh").args(["-c", &command]).current_dir(dir.path()).spawn().unwrap();
    while names(dir.path()).len() == 1 {
        std::thread::sleep(Duration::from_millis(10));
    }
    signal(&child, "-HUP");
    assert!(child.wait().unwrap().success());
    assert_eq!(fs::read_to_string(dir.path().join("out.csv")).unwrap(), "n\n300000000\n");
}

#[test]
fn a_command_that_waits_for_its_reader_is_interrupted() {
    let dir = folder();
    let sql = "SELECT * FROM generate_series(1, 100000000)";
    let child = Process::new(cargo_bin("swath")).arg(sql).stdout(Stdio::piped()).spawn().unwrap();
    // The pipe is full before long, and nobody reads it.
    std::thread::sleep(Duration::from_millis(1500));
    signal(&child, "-INT");
    assert_eq!(end(child).status.code(), Some(130));

    let mut zeros = Process::new("gzip")
        .stdin(fs::File::open("/dev/zero").unwrap())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut command = Process::new(cargo_bin("swath"));
    command.args(["decompress", "-o", "out"]).stdin(zeros.stdout.take().unwrap()).current_dir(dir.path());
    let mut child = command.spawn().unwrap();
    while names(dir.path()).len() == 1 {
        std::thread::sleep(Duration::from_millis(10));
    }
    signal(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert_eq!(names(dir.path()), ["a.csv"]);
    zeros.kill().unwrap();
    zeros.wait().unwrap();
}

#[test]
fn a_statement_has_its_time() {
    let dir = folder();
    let start = Instant::now();
    swath(&dir)
        .args(["--timeout", "300ms", "-o", "out.csv", ENDLESS])
        .assert()
        .code(124)
        .stdout("")
        .stderr(predicate::str::contains("error: the query took longer than it may, 300ms"));
    assert!(start.elapsed() < AT_ONCE);
    assert_eq!(names(dir.path()), ["a.csv"]);
    // The time of one statement is not that of the next one; and those that have time are answered.
    let sql = format!("SET timeout = '200ms'; {ENDLESS}; SET timeout = none; SELECT 1 AS one; SHOW timeout");
    swath(&dir).arg(sql).assert().code(124).stdout("one\n1\nname,value\ntimeout,none\n");
    swath(&dir)
        .args(["--timeout", "1m", "SELECT max(id) AS m FROM 'a.csv'"])
        .assert()
        .success()
        .stdout("m\n2\n");
    swath(&dir).args(["--timeout", "soon", "SELECT 1"]).assert().code(2);
    swath(&dir).args(["explain", "--analyze", "--timeout", "200ms", ENDLESS]).assert().code(124);
}

#[test]
fn a_reader_writes_no_files() {
    let dir = folder();
    for sql in
        ["COPY 'a.csv' TO 'b.csv'", "EXPLAIN ANALYZE COPY 'a.csv' TO 'b.csv'", "SET temp_dir = '/var/tmp'"]
    {
        swath(&dir)
            .args(["--read-only", sql])
            .assert()
            .code(1)
            .stderr(predicate::str::contains("error: no files may be written"));
    }
    let sql = "CREATE VIEW v AS SELECT id FROM 'a.csv'; CREATE TABLE t AS SELECT * FROM v; SELECT sum(id) AS s FROM t";
    swath(&dir).args(["--read-only", sql]).assert().success().stdout("s\n3\n");
    assert_eq!(names(dir.path()), ["a.csv"]);
}
