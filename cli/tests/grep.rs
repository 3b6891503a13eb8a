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
    fs::create_dir_all(path("in/deep")).unwrap();
    fs::write(path("in/deep/d.log"), "Obama\nnothing\n").unwrap();
    fs::write(path("in/.hidden.txt"), "else\n").unwrap();
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
        format!("-b Obama {texts}"),
        format!("-bon Obama {texts}"),
        format!("-b -C1 Paris {texts}"),
        format!("-vb Obama {texts}"),
        "-bn -A1 99 long.txt".to_owned(),
        "-bo 77 long.txt a.txt".to_owned(),
        format!("-1 Paris {texts}"),
        format!("-n -2 -A0 Paris {texts}"),
        format!("--group-separator=-/- -A0 Obama {texts}"),
        format!("--no-group-separator -C0 Obama {texts}"),
        format!("-y obama {texts}"),
        "-r Obama in".to_owned(),
        "-rc Obama in --exclude=*.log --exclude=.*".to_owned(),
        "-R -h --include=*.log Obama in".replace("-h", "--no-filename"),
        "-rl nothing in --exclude-dir=deep".to_owned(),
        "-rL nowhere in --include=*.log".to_owned(),
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
    told(&["-t", "txt", "Obama"], "a glob says which files");
    told(&["-U", "Oba\\nma"], "in one line at a time");
    told(&["-P", "(?<=a)b", "a.txt"], "without looking around");
}

#[test]
fn lines_as_editors_and_people_want_them() {
    let dir = folder();
    let printed = |args: &str, expected: &str| {
        swath(&dir).args(args.split(' ')).assert().success().stdout(expected.to_owned());
    };
    printed("--column Obama a.txt", "1:4:en Obama 1\n2:11:de Barack_Obama 2\n");
    printed("-o --column -b Obama c.txt", "1:1:0:Obama\n1:8:7:Obama\n");
    printed("--column -C1 Paris a.txt", "3-\n4:4:en Paris 3\n5-EN obama 4\n");
    printed("--vimgrep Obama c.txt", "c.txt:1:1:Obama, Obama\nc.txt:1:8:Obama, Obama\n");
    printed(
        "--heading -n Obama a.txt b.txt c.txt",
        "a.txt\n1:en Obama 1\n2:de Barack_Obama 2\n\nc.txt\n1:Obama, Obama\n",
    );
    printed(
        "--heading -A1 Obama a.txt c.txt",
        "a.txt\nen Obama 1\nde Barack_Obama 2\n\n\nc.txt\nObama, Obama\n",
    );
    printed("--heading --no-heading Obama b.txt c.txt", "c.txt:Obama, Obama\n");
    printed("--heading -c Obama b.txt c.txt", "b.txt:0\nc.txt:1\n");
    printed("-p Par a.txt", "\u{1b}[32m4\u{1b}[0m\u{1b}[36m:\u{1b}[0men \u{1b}[1;31mPar\u{1b}[0mis 3\n");
    printed("-M 10 Obama a.txt", "en Obama 1\n[Omitted long matching line]\n");
    printed("-M 9 -C1 -n Paris a.txt", "3-\n4:[Omitted long matching line]\n5-[Omitted long context line]\n");
    printed("-M 5 --max-columns-preview Par a.txt", "en Pa [... omitted end of long line]\n");
    printed("-M 0 Paris a.txt", "en Paris 3\n");
    printed(
        "--passthru -n Paris a.txt",
        "1-en Obama 1\n2-de Barack_Obama 2\n3-\n4:en Paris 3\n5-EN obama 4\n",
    );
    printed("--passthru Obama c.txt b.txt", "c.txt:Obama, Obama\nb.txt-nothing here\n");
    printed("--label x -H --replace <$0> ama c.txt", "c.txt:Ob<ama>, Ob<ama>\n");
    printed("-o --replace $w-$1 (?<w>[A-Z])(b) c.txt", "O-O\nO-O\n");
    printed(
        "-M 12 --replace XX Obama a.txt c.txt",
        "a.txt:en XX 1\na.txt:[Omitted long line with 1 matches]\nc.txt:XX, XX\n",
    );
    fs::write(dir.path().join("blanks.txt"), " \t foo\n").unwrap();
    printed("--trim foo blanks.txt", "foo\n");
    printed("--trim --color always o{2} blanks.txt", "f\u{1b}[1;31moo\u{1b}[0m\n");
    swath(&dir).args(["--label", "log", "-H", "x"]).write_stdin("x\n").assert().stdout("log:x\n");
    swath(&dir).args(["--passthru", "nowhere", "b.txt"]).assert().code(1).stdout("nothing here\n");
}

#[test]
fn offsets_are_those_of_the_decoded_text() {
    let dir = folder();
    swath(&dir).args(["-bo", "Obama", "z.gz"]).assert().stdout("3:Obama\n21:Obama\n");
    assert!(
        Process::new("bzip2").args(["-1", "-k"]).arg(dir.path().join("long.txt")).status().unwrap().success()
    );
    for args in [["-b", "119999"], ["-c", "9"]] {
        let plain = swath(&dir).args(args).arg("long.txt").assert().success().get_output().stdout.clone();
        swath(&dir).args(args).arg("long.txt.bz2").assert().success().stdout(plain);
    }
    swath(&dir).args(["-b", "--encoding", "latin1", "x", "a.txt"]).assert().code(2);
}

#[test]
fn folders_stand_for_the_files_in_them() {
    let dir = folder();
    fs::copy(dir.path().join("z.gz"), dir.path().join("in/y.gz")).unwrap();
    fs::write(dir.path().join("in/deep/e.LOG"), "Obama\n").unwrap();
    let printed = |args: &str, expected: &str| {
        swath(&dir).args(args.split(' ')).assert().success().stdout(expected.to_owned());
    };
    printed("-c Obama in", "in/deep/d.log:1\nin/deep/e.LOG:1\nin/y.gz:2\n");
    printed("-c -g *.gz Obama in/", "in/y.gz:2\n");
    printed("-l -g !*.gz Obama in", "in/deep/d.log\nin/deep/e.LOG\n");
    printed("-l --iglob *.log Obama in", "in/deep/d.log\nin/deep/e.LOG\n");
    printed("-l --iglob *.log -g !deep/ Obama in a.txt", "a.txt\n");
    printed("-l -r Paris -g z*", "z.gz\n");
    printed("--files in --hidden", "in/.hidden.txt\nin/deep/d.log\nin/deep/e.LOG\nin/y.gz\n");
    printed("--files -0 -g [yz].gz", "in/y.gz\0z.gz\0");
    printed("-u else in", "in/.hidden.txt:else\n");
    swath(&dir).args(["-l", "-g", "*.nothing", "Obama", "in"]).assert().code(1).stdout("");
    swath(&dir).args(["-g", "[a", "Obama", "in"]).assert().code(2).stderr(predicate::str::contains("'[a'"));
}

#[test]
fn folders_behind_links_and_far_below() {
    let dir = folder();
    std::os::unix::fs::symlink(".", dir.path().join("in/loop")).unwrap();
    std::os::unix::fs::symlink("in", dir.path().join("other")).unwrap();
    let deep = "in/deep/d.log:1\n";
    swath(&dir).args(["-r", "-c", "-g*.log", "Obama"]).assert().stdout(deep);
    swath(&dir).args(["-R", "-c", "-g*.log", "Obama"]).assert().stdout(format!("{deep}other/deep/d.log:1\n"));
    swath(&dir).args(["--follow", "-l", "-g*.log", "Obama", "other"]).assert().stdout("other/deep/d.log\n");
    swath(&dir).args(["--max-depth", "2", "-l", "-g*.log", "Obama", "in"]).assert().stdout("in/deep/d.log\n");
    swath(&dir).args(["--max-depth", "1", "-l", "-g*.log", "Obama", "in"]).assert().code(1).stdout("");
}

#[test]
fn messages_for_other_programs() {
    let dir = folder();
    let without_time = |output: &Output| {
        let mut text = String::new();
        for line in str::from_utf8(&output.stdout).unwrap().lines() {
            let mut message: serde_json::Value = serde_json::from_str(line).unwrap();
            let data = message["data"].as_object_mut().unwrap();
            data.remove("elapsed_total");
            if let Some(stats) = data.get_mut("stats") {
                let elapsed = stats.as_object_mut().unwrap().remove("elapsed").unwrap();
                assert!(elapsed["human"].as_str().unwrap().ends_with('s') && elapsed["nanos"].is_u64());
            }
            text.push_str(&format!("{} {}\n", message["type"].as_str().unwrap(), message["data"]));
        }
        text
    };
    let output =
        swath(&dir).args(["--json", "-A1", "-m1", "Obama", "a.txt", "b.txt", "c.txt"]).output().unwrap();
    let expected = r#"begin {"path":{"text":"a.txt"}}
match {"absolute_offset":0,"line_number":1,"lines":{"text":"en Obama 1\n"},"path":{"text":"a.txt"},"submatches":[{"end":8,"match":{"text":"Obama"},"start":3}]}
context {"absolute_offset":11,"line_number":2,"lines":{"text":"de Barack_Obama 2\n"},"path":{"text":"a.txt"},"submatches":[{"end":15,"match":{"text":"Obama"},"start":10}]}
end {"binary_offset":null,"path":{"text":"a.txt"},"stats":{"bytes_printed":418,"bytes_searched":41,"matched_lines":1,"matches":1,"searches":1,"searches_with_match":1}}
begin {"path":{"text":"c.txt"}}
match {"absolute_offset":0,"line_number":1,"lines":{"text":"Obama, Obama\n"},"path":{"text":"c.txt"},"submatches":[{"end":5,"match":{"text":"Obama"},"start":0},{"end":12,"match":{"text":"Obama"},"start":7}]}
end {"binary_offset":null,"path":{"text":"c.txt"},"stats":{"bytes_printed":276,"bytes_searched":13,"matched_lines":1,"matches":2,"searches":1,"searches_with_match":1}}
summary {"stats":{"bytes_printed":694,"bytes_searched":67,"matched_lines":2,"matches":3,"searches":3,"searches_with_match":2}}
"#;
    assert_eq!(without_time(&output), expected);
    swath(&dir).args(["--json", "-c", "Obama", "a.txt"]).assert().code(2);
    swath(&dir)
        .args(["--stats", "-c", "Obama", "a.txt", "c.txt", "empty.txt"])
        .assert()
        .stdout("a.txt:2\nc.txt:1\nempty.txt:0\n")
        .stderr(predicate::str::contains(
            "4 matches\n3 matched lines\n2 files contained matches\n3 files searched\n",
        ));
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
