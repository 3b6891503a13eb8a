//! Flags go before the environment, and the environment before the configuration file.
#![allow(clippy::unwrap_used)]

use std::fs;

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin;
use predicates::prelude::*;
use tempfile::TempDir;

fn swath(dir: &TempDir) -> Command {
    let mut command = Command::new(cargo_bin("swath"));
    command.current_dir(dir.path()).env("SWATH_CONFIG", dir.path().join("config.toml"));
    command
}

#[test]
fn flags_then_environment_then_file() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("config.toml"), "format = \"jsonl\"\nthreads = 1\nall_varchar = true\n")
        .unwrap();
    swath(&dir).arg("SELECT 1 AS a").assert().success().stdout("{\"a\":1}\n");
    swath(&dir).arg("SELECT 1 AS a").env("SWATH_FORMAT", "tsv").assert().stdout("a\n1\n");
    swath(&dir)
        .args(["--format", "markdown", "SELECT 1 AS a"])
        .env("SWATH_FORMAT", "tsv")
        .assert()
        .stdout("| a |\n| ---: |\n| 1 |\n");
    swath(&dir).args(["explain", "SELECT 1 AS a"]).env("SWATH_THREADS", "1").assert().success();
    swath(&dir)
        .arg("SELECT 1")
        .env("SWATH_FORMAT", "xls")
        .assert()
        .code(2)
        .stderr(predicate::str::contains("xls"));
    // An empty variable says nothing, and a switch is on by 1 and yes, too.
    swath(&dir).arg("SELECT 1").env("SWATH_THREADS", "").env("SWATH_STATS", "1").assert().success();
}

#[test]
fn a_wrong_value_is_told_with_where_it_stands() {
    let dir = tempfile::tempdir().unwrap();
    let told = |tip: &'static str| predicate::str::contains(tip);
    fs::write(dir.path().join("config.toml"), "").unwrap();
    swath(&dir)
        .arg("SELECT 1")
        .env("SWATH_THREADS", "x")
        .assert()
        .code(2)
        .stderr(told("the value is that of the variable SWATH_THREADS"));
    fs::write(dir.path().join("config.toml"), "threads = 'x'\n").unwrap();
    swath(&dir).arg("SELECT 1").assert().code(2).stderr(told("config.toml"));
    swath(&dir).args(["--threads", "y", "SELECT 1"]).assert().code(2).stderr(told("config.toml").not());
}

#[test]
fn views_of_the_file_are_made_when_they_are_named() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(
        dir.path().join("config.toml"),
        "[views]\na = 'SELECT 1 AS x'\nb = 'SELECT x + 1 AS y FROM A'\nc = \"FROM 'no.csv'\"\n",
    )
    .unwrap();
    swath(&dir).arg("SELECT y FROM b").assert().success().stdout("y\n2\n");
    swath(&dir)
        .arg("SELECT * FROM c")
        .assert()
        .code(1)
        .stderr(predicate::str::starts_with("error: view c of the configuration: no such file: 'no.csv'"));
}

#[test]
fn a_file_that_means_nothing_is_told() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("config.toml"), "frmat = 'csv'\n").unwrap();
    swath(&dir).arg("SELECT 1").assert().code(2).stderr(
        predicate::str::contains("there is no option \"frmat\"")
            .and(predicate::str::contains("did you mean format?")),
    );
}
