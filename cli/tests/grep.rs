//! `swath grep` beside grep itself: the same lines, names, numbers, counts and exit codes.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command as Process, Output, Stdio};

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin;
use predicates::prelude::*;
use tempfile::TempDir;

/// A scratch folder with a few small files, one of them also compressed.
fn folder() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    fs::write(path("a.txt"), "en Obama 1\nde Barack_Obama 2\n\nen Paris 3\nEN obama 4").unwrap();
    fs::write(path("b.txt"), "nothing here\n").unwrap();
    fs::write(path("c.txt"), "Obama, Obama\n").unwrap();
    fs::write(path("empty.txt"), "").unwrap();
    fs::write(path("words.txt"), "nothing\nB.rack\n").unwrap();
    // Of several chunks.
    let long: String = (0..120_000).map(|line| format!("{line}\n")).collect();
    fs::write(path("long.txt"), long).unwrap();
    fs::copy(path("a.txt"), path("z")).unwrap();
    assert!(Process::new("gzip").arg(path("z")).status().unwrap().success());
    dir
}

fn swath(dir: &TempDir) -> Command {
    let mut command = Command::new(cargo_bin("swath"));
    command.current_dir(dir.path()).arg("grep");
    command
}

#[test]
fn as_grep_prints_it() {
    let dir = folder();
    let texts = "a.txt b.txt c.txt empty.txt";
    for args in [
        format!("Obama {texts}"),
        format!("-n Obama {texts}"),
        format!("-c Obama {texts}"),
        format!("-l Obama {texts}"),
        format!("-q Obama {texts}"),
        format!("-v Obama {texts}"),
        format!("-vn Obama {texts}"),
        format!("-vc Obama {texts}"),
        format!("-on Obama {texts}"),
        format!("-w Obama {texts}"),
        format!("-i obama {texts}"),
        format!("-x -i .*obama.4 {texts}"),
        format!("-m1 Obama {texts}"),
        format!("-c -m1 Obama {texts}"),
        format!("-F . {texts}"),
        format!("-L Obama {texts}"),
        format!("-L nowhere {texts}"),
        format!("-A1 Obama {texts}"),
        format!("-n -B1 Obama {texts}"),
        format!("-n -C1 -i obama {texts}"),
        format!("-C1 -A0 Paris {texts}"),
        format!("-A0 1 {texts}"),
        format!("-v -n -B2 -A1 Obama {texts}"),
        format!("-n -m1 -A3 Obama {texts}"),
        format!("-h -C9 Paris {texts}").replace("-h", "--no-filename"),
        format!("-c -C1 Obama {texts}"),
        "-n -C2 7 long.txt".to_owned(),
        "-n -A3 -B1 99 long.txt a.txt long.txt".to_owned(),
        "-vn -C1 [1-9] long.txt".to_owned(),
        format!("-e Paris -e nothing {texts}"),
        format!("nowhere {texts}"),
        format!("-c nowhere {texts}"),
        "Obama a.txt".to_owned(),
        "-H Obama a.txt".to_owned(),
        "-n ^$ a.txt".to_owned(),
        "-c ^ a.txt".to_owned(),
        // A name stands in front of lines where several files are named, also if one is not there.
        "Obama a.txt nosuch.txt".to_owned(),
        format!("-lZ Obama {texts}"),
        format!("-cZ Obama {texts}"),
        format!("-nZ -C1 Paris {texts}"),
        format!("-E Obama|Paris {texts}"),
        format!("-a -n Obama {texts}"),
        format!("-f words.txt {texts}"),
        format!("-F -f words.txt -e Paris -c {texts}"),
        format!("-f empty.txt {texts}"),
        format!("-v -f empty.txt {texts}"),
        format!("-s Obama nosuch.txt {texts}"),
        "Obama /dev/null a.txt".to_owned(),
        "-c Obama /dev/null a.txt".to_owned(),
    ] {
        let run = |program: &mut Process| -> Output {
            program.args(args.split(' ')).current_dir(dir.path()).env("LC_ALL", "C.UTF-8").output().unwrap()
        };
        let expected = run(&mut Process::new("grep"));
        let found = run(Process::new(cargo_bin("swath")).arg("grep"));
        let text = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();
        assert_eq!(text(&found), text(&expected), "{args}");
        assert_eq!(found.status.code(), expected.status.code(), "{args}");
    }
}

#[test]
fn compressed_files_and_globs_and_standard_input() {
    let dir = folder();
    swath(&dir).args(["-c", "Obama", "z.gz"]).assert().code(0).stdout("2\n");
    swath(&dir).args(["-c", "Obama", "[az].*"]).assert().code(0).stdout("a.txt:2\nz.gz:2\n");
    swath(&dir).args(["-cI", "Obama", "[a-e]*.txt"]).assert().code(0).stdout("2\n0\n1\n0\n");
    let gz = fs::read(dir.path().join("z.gz")).unwrap();
    swath(&dir).args(["-H", "Paris"]).write_stdin(gz).assert().stdout("(standard input):en Paris 3\n");
    swath(&dir)
        .args(["Paris", "-", "a.txt"])
        .write_stdin("Paris")
        .assert()
        .code(0)
        .stdout("(standard input):Paris\na.txt:en Paris 3\n");
}

#[test]
fn what_has_come_through_a_pipe_is_searched_before_more_comes() {
    let dir = folder();
    let mut search = Process::new(cargo_bin("swath"))
        .args(["grep", "-n", "--line-buffered", "Obama"])
        .current_dir(dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = search.stdin.take().unwrap();
    let mut found = BufReader::new(search.stdout.take().unwrap()).lines();
    for number in 1..=3 {
        // If the line were kept until more has come, this would wait for ever.
        writeln!(lines, "Obama {number}\nelse").unwrap();
        assert_eq!(found.next().unwrap().unwrap(), format!("{}:Obama {number}", 2 * number - 1));
    }
    drop(lines);
    assert!(found.next().is_none());
    assert!(search.wait().unwrap().success());
}

#[test]
fn fields_are_conditions() {
    let dir = folder();
    swath(&dir).args(["--field", "1=en", "a.txt"]).assert().stdout("en Obama 1\nen Paris 3\n");
    swath(&dir).args(["--field", "1=en", "Obama", "a.txt"]).assert().stdout("en Obama 1\n");
    swath(&dir).args(["--field", "1=en", "--field", "3~[3-9]", "a.txt"]).assert().stdout("en Paris 3\n");
    swath(&dir).args(["--field", "2= Obama", "-d", ",", "c.txt"]).assert().stdout("Obama, Obama\n");
    swath(&dir).args(["-o", "--field", "1=en", "Ob", "a.txt"]).assert().stdout("Ob\n");
}

#[test]
fn habits_from_ripgrep() {
    let dir = folder();
    swath(&dir).args(["-z", "-j", "1", "--no-heading", "Paris", "z.gz"]).assert().stdout("en Paris 3\n");
    swath(&dir).args(["-n", "-N", "Paris", "a.txt"]).assert().stdout("en Paris 3\n");
    swath(&dir).args(["-S", "obama", "-c", "a.txt"]).assert().stdout("3\n");
    swath(&dir).args(["-S", "Obama", "-c", "a.txt"]).assert().stdout("2\n");
    swath(&dir).args(["-S", "\\Sbama", "-c", "a.txt"]).assert().stdout("3\n");
    swath(&dir).args(["-l0", "Obama", "a.txt", "c.txt"]).assert().stdout("a.txt\0c.txt\0");
    swath(&dir).args(["-c", "-o", "Obama", "a.txt", "c.txt"]).assert().stdout("a.txt:2\nc.txt:2\n");
    swath(&dir).args(["--count-matches", "a", "c.txt"]).assert().stdout("4\n");
    swath(&dir).args(["-c", "-l", "Obama", "a.txt", "b.txt"]).assert().stdout("a.txt\n");
    swath(&dir).args(["-f", "-", "a.txt"]).write_stdin("Paris\n").assert().stdout("en Paris 3\n");
    swath(&dir)
        .args(["-f", "nosuch", "a.txt"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("nosuch: cannot read"));
    let told = |args: &[&str], tip: &'static str| {
        swath(&dir).args(args).assert().code(2).stderr(predicate::str::contains(tip));
    };
    told(&["-r", "Obama", "."], "a glob names the files in folders");
    told(&["-g", "*.txt", "Obama"], "a glob says which files");
    told(&["--json", "Obama", "a.txt"], "FROM read_text('glob')");
}

#[test]
fn ends_of_lines_stay_and_the_last_flag_counts() {
    let dir = folder();
    fs::write(dir.path().join("crlf.txt"), "foo\r\nbar\r\nfoo").unwrap();
    swath(&dir).args(["foo$", "crlf.txt"]).assert().success().stdout("foo\r\nfoo\n");
    swath(&dir).args(["-A1", "-m1", "-n", "foo", "crlf.txt"]).assert().success().stdout("1:foo\r\n2-bar\r\n");
    swath(&dir).args(["-n", "-n", "-m5", "-m1", "-i", "-i", "FOO", "crlf.txt"]).assert().stdout("1:foo\r\n");
}

#[test]
fn arguments_that_are_no_text_are_told() {
    use std::os::unix::ffi::OsStrExt;
    let dir = folder();
    let name = std::ffi::OsStr::from_bytes(b"n\xff.txt");
    swath(&dir).arg("foo").arg(name).assert().code(2).stderr(
        predicate::str::contains("invalid UTF-8").and(predicate::str::contains("is named by a glob")),
    );
}

#[test]
fn colours_only_when_told() {
    let dir = folder();
    swath(&dir).args(["--color", "always", "-n", "Par", "a.txt", "b.txt"]).assert().stdout(
        "\u{1b}[35ma.txt\u{1b}[0m\u{1b}[36m:\u{1b}[0m\u{1b}[32m4\u{1b}[0m\u{1b}[36m:\u{1b}[0men \u{1b}[1;31mPar\u{1b}[0mis 3\n",
    );
    swath(&dir).args(["Par", "a.txt"]).assert().stdout("en Paris 3\n");
}

#[test]
fn what_is_wrong_is_told_and_the_rest_is_searched() {
    let dir = folder();
    let gz = fs::read(dir.path().join("z.gz")).unwrap();
    fs::write(dir.path().join("cut.gz"), &gz[..gz.len() - 9]).unwrap();
    swath(&dir)
        .args(["-c", "Obama", "a.tx", "cut.gz", "c.txt"])
        .assert()
        .code(2)
        .stdout(predicate::str::ends_with("c.txt:1\n"))
        .stderr(
            predicate::str::contains("did you mean 'a.txt'?")
                .and(predicate::str::contains("ends in the middle")),
        );
    // Whole lines in front of the damage are searched.
    swath(&dir)
        .args(["Obama", "cut.gz"])
        .assert()
        .code(2)
        .stdout("en Obama 1\nde Barack_Obama 2\n")
        .stderr(predicate::str::contains("ends in the middle"));
    swath(&dir).args(["-q", "Obama", "cut.gz"]).assert().code(0);
    swath(&dir).args(["-m1", "Obama", "cut.gz"]).assert().code(0).stdout("en Obama 1\n").stderr("");
    swath(&dir).args(["-s", "-c", "Obama", "cut.gz", "none.txt"]).assert().code(2).stderr("");
    swath(&dir)
        .args(["--salvage", "Obama", "cut.gz"])
        .assert()
        .code(0)
        .stdout("en Obama 1\nde Barack_Obama 2\n")
        .stderr(predicate::str::contains("cut.gz"));
    swath(&dir).args(["a(b", "a.txt"]).assert().code(2).stderr(predicate::str::contains("character 2"));
    swath(&dir).args(["--field", "x=1", "a.txt"]).assert().code(2).stderr(predicate::str::contains("3=en"));
    swath(&dir).args(["-d", "ab", "x", "a.txt"]).assert().code(2).stderr(predicate::str::contains("--delim"));
    swath(&dir).args(["--encoding", "klingon", "x", "a.txt"]).assert().code(2);
    swath(&dir).assert().code(2).stderr(predicate::str::contains("there is no pattern"));
    swath(&dir).args(["-q", "Obama", "a.txt", "none.txt"]).assert().code(0);
}
