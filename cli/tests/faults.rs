//! What goes wrong around a command: signals, limits of time, full disks, files that change or are not there.
#![allow(clippy::unwrap_used)]
#![cfg(unix)]

mod scratch;

use std::fs;
use std::path::Path;
use std::process::{Child, Command as Process, Output, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin;
use predicates::prelude::*;
use scratch::{folder, names, wait_for_file};
use tempfile::TempDir;

/// What an interrupt may take, on a machine that is busy with other tests: the promise is 100 ms.
const AT_ONCE: Duration = Duration::from_secs(5);

/// A query that takes hours and keeps its threads busy.
const ENDLESS: &str = "SELECT sum(a.value % 7 + b.value % 5) FROM generate_series(1, 10000000) a, generate_series(1, 10000000) b";

/// The same with rows from the start on.
const ENDLESS_ROWS: &str =
    "SELECT a.value FROM generate_series(1, 10000000) a, generate_series(1, 10000000) b";

fn swath(dir: &TempDir) -> Command {
    let mut command = scratch::swath(dir);
    command.timeout(Duration::from_secs(120));
    command
}

/// Begins a command and waits until it has begun the file that it writes.
fn begin(dir: &TempDir, args: &[&str]) -> Child {
    let child = Process::new(cargo_bin("swath"))
        .args(args)
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for_file(&child, dir);
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

/// Whether who runs the tests ignores SIGHUP, as `nohup` does: then so do the commands that they run.
fn hang_up_is_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored
        .is_some_and(|signals| u64::from_str_radix(signals.trim(), 16).is_ok_and(|signals| signals & 1 == 1))
}

#[test]
fn signals_end_a_command_at_once_and_leave_nothing() {
    let dir = folder();
    for (name, code) in [("-INT", 130), ("-TERM", 143), ("-HUP", 129)] {
        if name == "-HUP" && hang_up_is_ignored() {
            continue;
        }
        let write = format!("COPY ({ENDLESS_ROWS}) TO 'out/' (FORMAT csv)");
        let args = if name == "-TERM" { vec![write.as_str()] } else { vec!["-o", "out.csv", ENDLESS] };
        let child = begin(&dir, &args);
        std::thread::sleep(Duration::from_millis(300));
        signal(&child, name);
        let output = end(child);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert_eq!(names(dir.path()), ["a.csv"]);
    }
}

#[test]
fn an_interrupted_write_of_folders_leaves_what_was_there() {
    let dir = folder();
    let kept = dir.path().join("out/k=1/kept.csv");
    fs::create_dir_all(kept.parent().unwrap()).unwrap();
    fs::write(&kept, "value\n7\n").unwrap();
    let rows = ENDLESS_ROWS.replace("a.value", "a.value, a.value % 3 AS k");
    for how in ["OVERWRITE", "OVERWRITE_OR_IGNORE", "APPEND"] {
        let write = format!("COPY ({rows}) TO 'out' (FORMAT csv, PARTITION_BY (k), {how})");
        let child = begin(&dir, &[&write]);
        std::thread::sleep(Duration::from_millis(300));
        signal(&child, "-INT");
        assert_eq!(end(child).status.code(), Some(130), "{how}");
        assert_eq!(names(dir.path()), ["a.csv", "out"], "{how}");
        assert_eq!(names(&dir.path().join("out")), ["k=1"], "{how}");
        assert_eq!(names(kept.parent().unwrap()), ["kept.csv"], "{how}");
        assert_eq!(fs::read_to_string(&kept).unwrap(), "value\n7\n");
    }
}

#[test]
fn what_a_killed_command_leaves_is_gone_with_the_next() {
    let dir = folder();
    let zeros = fs::File::open("/dev/zero").unwrap();
    for target in ["out.csv", "a.csv", "out/", "out.parquet", "zeros"] {
        let copy = format!(
            "COPY ({ENDLESS_ROWS}) TO '{target}' (FORMAT {})",
            if target.ends_with("parquet") { "parquet" } else { "csv" }
        );
        let mut command = Process::new(cargo_bin("swath"));
        command.current_dir(dir.path()).stdout(Stdio::null());
        match target {
            "zeros" => command
                .args(["decompress", "--compression", "none", "-o", "zeros"])
                .stdin(zeros.try_clone().unwrap()),
            "out.csv" => command.args(["-o", "out.csv", ENDLESS_ROWS]),
            _ => command.arg(copy),
        };
        let mut child = command.spawn().unwrap();
        wait_for_file(&child, &dir);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    // As one that was killed leaves it, where files need a name.
    fs::write(dir.path().join(".swath-q7Rt0a"), "a,b\n").unwrap();
    swath(&dir).args(["-o", "next.csv", "SELECT 1 AS x"]).assert().success();
    assert_eq!(names(dir.path()), ["a.csv", "next.csv"]);
}

#[test]
fn what_is_begun_to_outlive_its_terminal_does() {
    let dir = folder();
    let sql = "SELECT count(*) AS n FROM generate_series(1, 300000000)";
    let command = format!("trap '' HUP; exec {} -o out.csv \"{sql}\"", cargo_bin("swath").display());
    let mut child = Process::new("sh").args(["-c", &command]).current_dir(dir.path()).spawn().unwrap();
    wait_for_file(&child, &dir);
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
    wait_for_file(&child, &dir);
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
    // Nor does it leave what it has begun to write, nor a folder for that.
    let write = format!("COPY ({ENDLESS_ROWS}) TO 'out/' (FORMAT csv)");
    swath(&dir).args(["--timeout", "1s", &write]).assert().code(124);
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

/// Commands that ask no queries have a limit of time, also where what they read does not come.
#[test]
fn a_command_has_its_time() {
    let dir = folder();
    let commands = [
        vec!["grep", "x"],
        vec!["grep", "-c", "x", "-"],
        vec!["decompress", "-o", "out"],
        vec!["decompress"],
        vec!["SELECT * FROM '-'"],
        vec!["-o", "out.csv", "SELECT count(*) FROM read_text('-')"],
    ];
    for command in commands {
        let mut process = Process::new(cargo_bin("swath"));
        process.args(&command).args(["--timeout", "200ms"]).current_dir(dir.path());
        // The pipe stays open, and nobody writes to it.
        let child = process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = child.spawn().unwrap();
        let held = child.stdin.take();
        let output = end(child);
        drop(held);
        assert_eq!(output.status.code(), Some(124), "{command:?}: {output:?}");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains("took longer than it may, 200ms") && error.contains("--timeout"), "{error}");
        assert_eq!(names(dir.path()), ["a.csv"], "{command:?}");
    }
    for command in ["grep", "decompress", "sniff"] {
        let args = [command, "--timeout", "1m", "a.csv", "a.csv"];
        swath(&dir)
            .args(&args[..args.len() - usize::from(command != "grep")])
            .assert()
            .code(predicate::ne(124));
        let wrong = swath(&dir).args([command, "--timeout", "soon", "a.csv"]).assert().code(2);
        wrong.stderr(predicate::str::contains("--timeout"));
    }
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

/// Runs a command line of the system's shell in which `swath` is the command.
fn shell(dir: &TempDir, line: &str) -> Command {
    let mut command = Command::new("sh");
    let line = line.replace("swath ", &format!("{} ", cargo_bin("swath").display()));
    command.args(["-c", &line]).current_dir(dir.path()).timeout(Duration::from_secs(120));
    command
}

#[test]
fn a_disk_that_is_full_is_told() {
    let dir = folder();
    // A limit on the length of files stands for the disk.
    let full = |statement: &str| shell(&dir, &format!("ulimit -f 100; swath {statement}")).assert();
    full("-o out.csv 'SELECT * FROM generate_series(1, 1000000)'")
        .code(1)
        .stderr(predicate::str::contains("error: cannot write to out.csv: File too large"));
    full("\"COPY (SELECT * FROM generate_series(1, 1000000)) TO 'out.csv'\"")
        .code(1)
        .stderr(predicate::str::contains("out.csv").and(predicate::str::contains("File too large")));
    full("--temp-dir . --memory-limit 16MB 'SELECT x FROM generate_series(1, 3000000) t(x) ORDER BY x % 1000, x'")
        .code(1)
        .stdout("")
        .stderr(
            predicate::str::contains("cannot write what does not fit into memory in .")
                .and(predicate::str::contains("--temp-dir")),
        );
    assert_eq!(names(dir.path()), ["a.csv"]);
    if Path::new("/dev/full").exists() {
        shell(&dir, "swath 'SELECT * FROM generate_series(1, 1000000)' > /dev/full")
            .assert()
            .code(1)
            .stderr(predicate::str::contains("cannot write to standard output: No space left"));
        shell(&dir, "swath decompress a.csv > /dev/full").assert().code(1);
        shell(&dir, "swath 'SELECT 1' > /dev/full").assert().code(1);
    }
}

#[test]
fn a_target_that_cannot_be_written_is_told() {
    let dir = folder();
    fs::create_dir(dir.path().join("folder.csv")).unwrap();
    for target in ["folder.csv", "a.csv/b.csv", "none/b.csv"] {
        for statement in [vec!["-o", target, "SELECT 1"], vec![&format!("COPY (SELECT 1) TO '{target}'")]] {
            // COPY writes files into a folder that is there.
            if statement.len() == 1 && target == "folder.csv" {
                continue;
            }
            swath(&dir)
                .args(&statement)
                .assert()
                .code(1)
                .stdout("")
                .stderr(predicate::str::contains(target).and(predicate::str::contains("error: ")));
        }
    }
    assert_eq!(names(dir.path()), ["a.csv", "folder.csv"]);
}

#[test]
fn what_is_no_file_is_passed_over_or_told() {
    let dir = folder();
    let path = |name: &str| dir.path().join(name);
    fs::create_dir_all(path("d/folder.csv")).unwrap();
    fs::write(path("d/x.csv"), "id\n7\n").unwrap();
    // A folder whose name matches is none of the files, and links that go in circles are not followed by **.
    std::os::unix::fs::symlink("..", path("d/up")).unwrap();
    swath(&dir).arg("SELECT sum(id) AS s FROM 'd/*.csv'").assert().success().stdout("s\n7\n");
    swath(&dir).arg("SELECT sum(id) AS s FROM 'd/**/*.csv'").assert().success().stdout("s\n7\n");
    std::os::unix::fs::symlink("loop.csv", path("d/loop.csv")).unwrap();
    swath(&dir)
        .arg("SELECT sum(id) AS s FROM 'd/*.csv'")
        .assert()
        .code(1)
        .stderr(predicate::str::contains("d/loop.csv: cannot open"));
    fs::remove_file(path("d/loop.csv")).unwrap();
    std::os::unix::fs::symlink("gone.csv", path("d/dangling.csv")).unwrap();
    swath(&dir)
        .arg("SELECT * FROM 'd/*.csv'")
        .assert()
        .code(1)
        .stderr(predicate::str::contains("d/dangling.csv"));
    fs::remove_file(path("d/dangling.csv")).unwrap();
    assert!(Process::new("mkfifo").arg(path("d/pipe.csv")).status().unwrap().success());
    swath(&dir)
        .arg("SELECT * FROM 'd/*.csv'")
        .assert()
        .code(1)
        .stderr(predicate::str::contains("d/pipe.csv").and(predicate::str::contains("a pipe or a device")));
}

#[test]
fn what_is_kept_of_a_pipe_has_a_bound() {
    let dir = TempDir::new().unwrap();
    let text = "a line of some length\n".repeat(200_000);
    let sql = "SELECT count(*) FROM read_text('-')";
    swath(&dir).args(["--max-spill", "1MB", sql]).write_stdin(text.clone()).assert().code(1).stderr(
        predicate::str::contains("-: cannot read: what is read of pipes is kept on disk")
            .and(predicate::str::contains("1000000 bytes (--max-spill)")),
    );
    swath(&dir).args(["--max-spill", "10MB", sql]).write_stdin(text).assert().success();
    swath(&dir)
        .arg(format!("SET max_spill = '1MB'; {sql}"))
        .write_stdin("few\nlines\n")
        .assert()
        .success()
        .stdout("count(*)\n2\n");
}

#[test]
fn one_of_many_files_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let dir = folder();
    let locked = dir.path().join("b.csv");
    fs::write(&locked, "id,name\n5,w\n").unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // Root may read everything, and becomes somebody else for this.
    let prefix = match fs::File::open(&locked) {
        Ok(_) => "setpriv --reuid=65534 --regid=65534 --clear-groups ",
        Err(_) => "",
    };
    if shell(&dir, &format!("{prefix}swath --version")).ok().is_err() {
        return;
    }
    shell(&dir, &format!("{prefix}swath \"SELECT count(*) FROM '*.csv'\""))
        .assert()
        .code(1)
        .stdout("")
        .stderr(predicate::str::contains("b.csv: cannot open: Permission denied"));
    // A home that is somebody else's has no configuration.
    let home = dir.path().join("home");
    fs::create_dir(&home).unwrap();
    fs::set_permissions(&home, fs::Permissions::from_mode(0o000)).unwrap();
    let environment = format!("env -u SWATH_CONFIG -u XDG_CONFIG_HOME HOME={}", home.display());
    shell(&dir, &format!("{environment} {prefix}swath \"SELECT 1 AS x\""))
        .assert()
        .success()
        .stdout("x\n1\n");
    fs::set_permissions(&home, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn many_files_need_few_descriptors() {
    let dir = folder();
    fs::create_dir(dir.path().join("many")).unwrap();
    for file in 0..10_000 {
        fs::write(dir.path().join(format!("many/{file}.csv")), format!("id\n{file}\n")).unwrap();
    }
    shell(&dir, "ulimit -n 256; swath \"SELECT count(*) AS n, sum(id) AS s FROM 'many/*.csv'\"")
        .assert()
        .success()
        .stdout("n,s\n10000,49995000\n");
    shell(&dir, "ulimit -n 256; swath grep -c '^.99.$' 'many/*.csv' | grep -c :1")
        .assert()
        .success()
        .stdout("90\n");
}

#[test]
fn any_name_can_be_read_and_written() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let dir = folder();
    for name in ["it's.csv", "a \"b\".csv", "two\nlines.csv", "semi;colon -- .csv", "日本.csv"] {
        let quoted = name.replace('\'', "''");
        swath(&dir).arg(format!("COPY (SELECT 7 AS id) TO '{quoted}'")).assert().success();
        assert_eq!(fs::read_to_string(dir.path().join(name)).unwrap(), "id\n7\n");
        swath(&dir).arg(format!("SELECT id FROM '{quoted}'")).assert().success().stdout("id\n7\n");
        swath(&dir).args(["count", name]).assert().success().stdout("1\n");
        swath(&dir).args(["-o", name, "SELECT 8 AS id"]).assert().success();
        assert_eq!(fs::read_to_string(dir.path().join(name)).unwrap(), "id\n8\n");
        fs::remove_file(dir.path().join(name)).unwrap();
    }
    let odd = OsStr::from_bytes(b"odd\xff.csv");
    swath(&dir).arg("-o").arg(odd).arg("SELECT 9 AS id").assert().success();
    swath(&dir).arg("SELECT id FROM 'odd*.csv'").assert().success().stdout("id\n9\n");
    let named = "SELECT filename FROM read_csv('odd*.csv', filename = true)";
    swath(&dir).arg(named).assert().success().stdout("filename\nodd\u{fffd}.csv\n");
    let bad = "SELECT x FROM 'odd*.csv'";
    swath(&dir).arg(bad).assert().code(1);
    fs::write(dir.path().join(odd), "id\n1\noops\n").unwrap();
    let error = "SELECT sum(id) FROM read_csv('odd*.csv', types = {'id': 'bigint'})";
    swath(&dir).arg(error).assert().code(1).stderr(predicate::str::contains("odd\u{fffd}.csv: line 3"));
}

#[test]
fn a_file_that_is_being_compressed_is_not_whole() {
    let dir = folder();
    let text: String = (0..200_000).map(|row| format!("{row},{}\n", row * 7919 % 100_003)).collect();
    fs::write(dir.path().join("b.csv"), format!("id,n\n{text}")).unwrap();
    for (program, ending) in [("gzip", "gz"), ("bzip2", "bz2"), ("xz", "xz"), ("zstd", "zst")] {
        if Process::new(program).args(["-k", "-q"]).arg(dir.path().join("b.csv")).status().is_err() {
            continue;
        }
        let name = format!("b.csv.{ending}");
        let whole = fs::read(dir.path().join(&name)).unwrap();
        fs::write(dir.path().join(&name), &whole[..whole.len() * 2 / 3]).unwrap();
        swath(&dir)
            .args(["-o", "out.csv", &format!("SELECT * FROM '{name}'")])
            .assert()
            .code(1)
            .stderr(predicate::str::contains(&name).and(predicate::str::contains("ends in the middle")));
        swath(&dir).args(["decompress", "-o", "out.csv", &name]).assert().code(1);
        assert!(!dir.path().join("out.csv").exists(), "{name}");
    }
}

#[test]
fn statements_are_as_deep_as_programs_write_them() {
    let dir = folder();
    fs::write(dir.path().join("t.csv"), "a,b\n1,2\n3,4\n").unwrap();
    let many = |count: usize, separator: &str, part: &dyn Fn(usize) -> String| {
        (0..count).map(part).collect::<Vec<_>>().join(separator)
    };
    let either = many(1000, " OR ", &|number| format!("a = {number} AND b <> {number}"));
    let all = many(300, " AND ", &|number| format!("a <> {}", number + 10));
    let sum = many(200, " + ", &|_| "a".to_owned());
    let united = many(1000, " UNION ALL ", &|number| format!("SELECT {number} AS n"));
    let nested = format!("{}SELECT 1 AS n{}", "SELECT n + 1 AS n FROM (".repeat(45), ")".repeat(45));
    let ask = |question: &str, answer: &str| {
        fs::write(dir.path().join("deep.sql"), question).unwrap();
        swath(&dir).args(["--format", "csv", "-f", "deep.sql"]).assert().success().stdout(answer.to_owned());
    };
    ask(&format!("SELECT count(*) AS n FROM 't.csv' WHERE {either}"), "n\n2\n");
    ask(&format!("SELECT count(*) AS n FROM 't.csv' WHERE {all}"), "n\n2\n");
    ask(&format!("SELECT max({sum}) AS n FROM 't.csv'"), "n\n600\n");
    ask(&format!("SELECT sum(n) AS n FROM ({united})"), "n\n499500\n");
    ask(&nested, "n\n46\n");
    let sum = many(2000, " + ", &|_| "a".to_owned());
    swath(&dir)
        .arg(format!("SELECT {sum} FROM 't.csv'"))
        .assert()
        .failure()
        .stderr(predicate::str::contains("an expression has more than 1000 levels"));
}
