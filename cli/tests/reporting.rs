//! What is told of a run: how far it is, what it took, when what was done.
#![allow(clippy::unwrap_used)]
#![cfg(unix)]

mod scratch;

use std::fs;

use assert_cmd::cargo::cargo_bin;
use predicates::prelude::*;
use rexpect::session::spawn_command;
use scratch::{folder, swath};

/// A query that takes about a second, or some.
const SLOW: &str = "SELECT count(*) AS n FROM generate_series(1, 15000000) t(x) WHERE x % 7 = 1";

#[test]
fn a_terminal_shows_how_far_a_query_is() {
    let dir = folder();
    let spawn = |args: &[&str]| {
        let mut command = std::process::Command::new(cargo_bin("swath"));
        command.args(args).current_dir(dir.path()).env("TERM", "xterm").env("SWATH_PAGER", "");
        spawn_command(command, Some(60_000)).unwrap()
    };
    let mut shown = spawn(&[SLOW]);
    let before = shown.exp_string("2142858").unwrap();
    // How long it takes, in seconds or, on a fast machine, less.
    assert!(
        before.split('\r').any(|line| line.starts_with(|first: char| first.is_ascii_digit())),
        "{before:?}"
    );
    // The line is gone before the result comes.
    let end = before.rfind("\x1b[K").unwrap();
    assert!(before[..end].ends_with('\r') && before[end..].contains('n'), "{before:?}");
    let mut quiet = spawn(&["--no-progress", SLOW]);
    assert!(!quiet.exp_string("2142858").unwrap().contains("\x1b[K"));
    // In a pipe there is none.
    swath(&dir).arg(SLOW).assert().success().stdout("n\n2142858\n").stderr("");
}

#[test]
fn a_run_tells_what_it_took() {
    let dir = folder();
    let pass = r"(?m)^  pass 1: 'a.csv', read 24 B of 24 B in 1 file, 3 rows, busy .*, spilled 0 B$";
    swath(&dir)
        .args(["--stats", "SELECT max(id) AS m FROM 'a.csv'; SELECT count(*) AS n FROM 'a.csv'"])
        .assert()
        .success()
        .stdout("m\n2\nn\n3\n")
        .stderr(
            predicate::str::is_match(r"^stats: .*s, memory .*MB, of which .* by queries, spilled 0 B\n")
                .unwrap()
                .and(predicate::str::is_match(pass).unwrap())
                .and(predicate::str::contains("pass 2").not()),
        );
    swath(&dir)
        .args(["--stats", "SELECT id FROM 'a.csv' WHERE id // 0 = 1"])
        .assert()
        .code(1)
        .stderr(predicate::str::contains("pass 1: 'a.csv'"));
    let spilling = "SELECT x FROM generate_series(1, 2000000) t(x) ORDER BY x % 1000, x";
    swath(&dir)
        .args(["--stats", "--memory-limit", "16MB", "-o", "out.csv", spilling])
        .assert()
        .success()
        .stderr(predicate::str::is_match(r"spilled [0-9.]+ [kM]B").unwrap());
}

#[test]
fn a_profile_is_a_timeline() {
    let dir = folder();
    let sql = "SELECT name, count(*) FROM 'a.csv' GROUP BY name";
    swath(&dir).args(["--profile", "run.json", sql]).assert().success().stderr("");
    let text = fs::read_to_string(dir.path().join("run.json")).unwrap();
    for part in [
        "\"traceEvents\":[",
        "\"pass 1: 'a.csv'\"",
        "\"Aggregate\"",
        "\"read pass 1\"",
        "\"ph\":\"X\"",
        "\"ts\":",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    swath(&dir)
        .args(["--profile", "no/such/folder.json", sql])
        .assert()
        .code(1)
        .stderr(predicate::str::contains("cannot write to no/such/folder.json"));
}
