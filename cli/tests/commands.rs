//! The commands beside SQL, by the real binary in scratch folders. `swath grep` has a file of its own.
#![allow(clippy::unwrap_used)]

mod scratch;

use std::fs;
use std::path::Path;
use std::process::Command as Process;

use predicates::prelude::*;
use scratch::swath;
use tempfile::TempDir;

/// A scratch folder with two tables and a file of lines.
fn folder() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.csv"), "id,name\n1,x\n2,\n3,\"y\nz\"\n").unwrap();
    fs::write(dir.path().join("it's.csv"), "id,name\n4,v\n5,w\n").unwrap();
    fs::write(dir.path().join("lines.txt"), "one, two\nthree\n\nfour").unwrap();
    dir
}

fn compress(dir: &Path, program: &str, name: &str) {
    assert!(Process::new(program).args(["-k", name]).current_dir(dir).status().unwrap().success());
}

#[test]
fn some_rows() {
    let dir = folder();
    swath(&dir).args(["head", "-n", "1", "a.csv"]).assert().success().stdout("id,name\n1,x\n");
    swath(&dir).args(["head", "-1", "a.csv"]).assert().success().stdout("id,name\n1,x\n");
    swath(&dir).args(["tail", "a.csv", "it's.csv", "-1"]).assert().success().stdout("id,name\n5,w\n");
    swath(&dir)
        .args(["head", "*.csv", "--format", "jsonl", "-n2"])
        .assert()
        .success()
        .stdout("{\"id\":1,\"name\":\"x\"}\n{\"id\":2,\"name\":null}\n");
    swath(&dir).args(["head", "-n", "1", "it's.csv", "a.csv"]).assert().stdout("id,name\n4,v\n");
    swath(&dir).args(["head", "-n", "1", "--lines", "lines.txt"]).assert().stdout("line\n\"one, two\"\n");
    swath(&dir)
        .args(["tail", "-n", "2", "a.csv", "it's.csv"])
        .assert()
        .success()
        .stdout("id,name\n4,v\n5,w\n");
    swath(&dir).args(["tail", "-n", "3", "*.csv"]).assert().stdout("id,name\n3,\"y\nz\"\n4,v\n5,w\n");
    swath(&dir).args(["tail", "-n", "0", "a.csv"]).assert().stdout("id,name\n");
    fs::write(dir.path().join("none.csv.txt"), "").unwrap();
    for command in ["head", "tail"] {
        swath(&dir).args([command, "none.csv.txt"]).assert().success().stdout("");
        swath(&dir)
            .args([command, "-n", "-1", "a.csv"])
            .assert()
            .code(2)
            .stderr(predicate::str::contains("--rows"));
    }
    swath(&dir).args(["tail", "a.csv", "-o", "t.csv"]).assert().success().stdout("");
    assert_eq!(fs::read_to_string(dir.path().join("t.csv")).unwrap(), "id,name\n1,x\n2,\n3,\"y\nz\"\n");
    swath(&dir)
        .args(["sample", "-n", "2", "a.csv"])
        .assert()
        .success()
        .stdout(predicate::str::starts_with("id,name\n"));
    swath(&dir)
        .args(["sample", "-n", "9", "--format", "jsonl", "it's.csv"])
        .assert()
        .stdout(predicate::function(|text: &str| text.lines().count() == 2));
    let numbers: String = (0..5000).map(|n| format!("{n}\n")).collect();
    fs::write(dir.path().join("n.txt"), numbers).unwrap();
    let sample = |threads: &str, seed: &str| {
        let args = ["sample", "--lines", "-n", "5", "--seed", seed, "--threads", threads, "n.txt"];
        String::from_utf8(swath(&dir).args(args).assert().success().get_output().stdout.clone()).unwrap()
    };
    assert_eq!(sample("1", "42"), sample("3", "42"));
    assert_ne!(sample("1", "42"), sample("1", "43"));
}

#[test]
fn counts_and_columns() {
    let dir = folder();
    swath(&dir).args(["count", "a.csv"]).assert().success().stdout("3\n");
    swath(&dir).args(["count", "a.csv", "it's.csv"]).assert().success().stdout("5\n");
    swath(&dir).args(["count", "--lines", "lines.txt"]).assert().success().stdout("4\n");
    swath(&dir).args(["count", "--skip", "1", "--header=false", "it's.csv"]).assert().success().stdout("2\n");
    swath(&dir).args(["count", "a.csv", "--format", "csv"]).assert().success().stdout("count\n3\n");
    swath(&dir)
        .args(["count", "--by-file", "*.csv"])
        .assert()
        .success()
        .stdout("filename,count\na.csv,3\nit's.csv,2\n");
    fs::write(dir.path().join("head.csv"), "id,name\n").unwrap();
    fs::write(dir.path().join("none.csv"), "").unwrap();
    swath(&dir)
        .args(["count", "--by-file", "none.csv", "it's.csv", "head.csv"])
        .assert()
        .success()
        .stdout("filename,count\nhead.csv,0\nit's.csv,2\nnone.csv,0\n");
    for (paths, expected) in [
        (["-"].as_slice(), "filename,count\n-,1\n"),
        (&["-", "it's.csv", "head.csv"], "filename,count\n-,1\nhead.csv,0\nit's.csv,2\n"),
    ] {
        let count =
            swath(&dir).args(["count", "--by-file"]).args(paths).write_stdin("id,name\n7,x\n").assert();
        count.success().stdout(expected);
    }
    swath(&dir)
        .args(["schema", "a.csv"])
        .assert()
        .success()
        .stdout("column_name,column_type,null\nid,BIGINT,YES\nname,VARCHAR,YES\n");
    swath(&dir)
        .args(["schema", "--types", "id=double", "a.csv"])
        .assert()
        .stdout(predicate::str::contains("id,DOUBLE"));
    for command in ["head", "tail", "sample", "count", "schema"] {
        swath(&dir)
            .args([command, "b.csv"])
            .assert()
            .code(1)
            .stdout("")
            .stderr(predicate::str::contains("no such file: 'b.csv'"));
        swath(&dir).arg(command).assert().code(2);
    }
}

#[test]
fn columns_are_summed_up() {
    let dir = folder();
    let expected = "\
column,type,nulls,distinct,min,q25,median,q75,max,mean,top
id,BIGINT,0,2,4,4.25,4.5,4.75,5,4.5,\"4 (1), 5 (1)\"
name,VARCHAR,0,2,v,,,,w,,\"v (1), w (1)\"
";
    swath(&dir).args(["summary", "it's.csv", "--html", "s.html"]).assert().success().stdout(expected);
    let page = fs::read_to_string(dir.path().join("s.html")).unwrap();
    assert!(
        page.contains("<title>it's.csv</title>")
            && page.contains("2 rows, 2 columns")
            && page.contains("<rect")
    );
}

#[test]
fn files_are_converted() {
    let dir = folder();
    let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
    swath(&dir)
        .args(["convert", "a.csv", "it's.csv", "all.tsv"])
        .assert()
        .success()
        .stdout("")
        .stderr("note: 5 rows written to all.tsv\n");
    assert_eq!(read("all.tsv"), "id\tname\n1\tx\n2\t\n3\t\"y\nz\"\n4\tv\n5\tw\n");
    swath(&dir).args(["convert", "--format", "jsonl", "it's.csv", "rows"]).assert().success();
    assert_eq!(read("rows"), "{\"id\":4,\"name\":\"v\"}\n{\"id\":5,\"name\":\"w\"}\n");
    swath(&dir).args(["convert", "a.csv", "a.csv.zst", "--level", "19"]).assert().success();
    let quoted =
        ["convert", "it's.csv", "-", "--write", "force_quote=*", "--write", "header=false", "--write", "bom"];
    swath(&dir).args(quoted).assert().success().stdout(predicates::str::starts_with("\u{feff}\""));
    swath(&dir).args(["convert", "a.csv", "b.csv", "--write", "delim;"]).assert().failure().stderr(
        "error: --write: expected NAME=VALUE, found \"delim;\"\n  hint: as in --write delim=';' --write dateformat=%d.%m.%Y --write bom\n",
    );
    swath(&dir).args(["count", "a.csv.zst"]).assert().stdout("3\n");
    swath(&dir)
        .args(["convert", "a.csv", "./a.csv"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("another name"));
    // What was written before is not read as if it were new.
    swath(&dir).args(["convert", "*.csv", "sum.csv"]).assert().success();
    swath(&dir)
        .args(["convert", "*.csv", "sum.csv"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("it may be what was written before"));
    swath(&dir)
        .args(["convert", "it's.csv", "-"])
        .assert()
        .success()
        .stdout("id,name\n4,v\n5,w\n")
        .stderr("");
    swath(&dir)
        .args(["convert", "--lines", "it's.csv", "-"])
        .assert()
        .stdout("id,name\n4,v\n5,w\n")
        .stderr("");
    fs::create_dir(dir.path().join("folder")).unwrap();
    swath(&dir).args(["convert", "it's.csv", "folder"]).assert().code(1).stderr(
        "error: 'folder' is a folder\n  hint: name a file in it, as in 'folder/out.csv', or say the format of the files: csv, tsv, \
         json, jsonl, parquet or text\n",
    );
    swath(&dir)
        .args(["convert", "it's.csv", "-", "--format", "jsonl"])
        .assert()
        .success()
        .stdout("{\"id\":4,\"name\":\"v\"}\n{\"id\":5,\"name\":\"w\"}\n");
    swath(&dir)
        .args(["convert", "a.csv", "a.xlsx"])
        .assert()
        .code(1)
        .stderr(predicate::str::contains("a.xlsx"));
    swath(&dir)
        .args(["convert", "a.csv"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("it is not said what to write"));
    swath(&dir).args(["convert", "-o", "both.csv", "a.csv", "it's.csv"]).assert().success();
    assert_eq!(read("both.csv"), "id,name\n1,x\n2,\n3,\"y\nz\"\n4,v\n5,w\n");
    swath(&dir)
        .args(["convert", "--delimiter", ",", "-o", "-", "--format", "tsv", "it's.csv"])
        .assert()
        .success()
        .stdout("id\tname\n4\tv\n5\tw\n");
}

#[test]
fn files_are_decompressed() {
    let dir = folder();
    let plain = fs::read(dir.path().join("a.csv")).unwrap();
    for program in ["gzip", "bzip2", "xz"] {
        compress(dir.path(), program, "a.csv");
    }
    swath(&dir).args(["decompress", "a.csv.gz"]).assert().success().stdout(plain.clone());
    swath(&dir)
        .args(["decompress", "a.csv.*", "lines.txt"])
        .assert()
        .success()
        .stdout([plain.repeat(3), b"one, two\nthree\n\nfour".to_vec()].concat());
    let gz = fs::read(dir.path().join("a.csv.gz")).unwrap();
    swath(&dir).arg("decompress").write_stdin(gz.clone()).assert().success().stdout(plain.clone());
    swath(&dir).args(["decompress", "-o", "both", "a.csv.gz", "a.csv.xz"]).assert().success().stdout("");
    assert_eq!(fs::read(dir.path().join("both")).unwrap(), plain.repeat(2));

    // Into a folder, each file by itself.
    fs::create_dir(dir.path().join("out")).unwrap();
    swath(&dir).args(["decompress", "-o", "out", "a.csv.bz2", "lines.txt"]).assert().success();
    assert_eq!(fs::read(dir.path().join("out/a.csv")).unwrap(), plain);
    assert!(dir.path().join("out/lines.txt").exists());
    swath(&dir)
        .args(["decompress", "-o", "out/", "a.csv.gz", "a.csv.xz"])
        .assert()
        .code(1)
        .stderr(predicate::str::contains("two files would have this name"));
    swath(&dir)
        .args(["decompress", "-o", ".", "lines.txt"])
        .assert()
        .code(1)
        .stderr(predicate::str::contains("replace itself"));
    swath(&dir).args(["decompress", "-o", "no/", "a.csv.gz"]).assert().code(2);
    swath(&dir)
        .args(["decompress", "-o", "./a.csv.gz", "a.csv.xz", "a.csv.gz"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("'a.csv.gz' is to be read and to be written"));
    assert_eq!(fs::read(dir.path().join("a.csv.gz")).unwrap(), gz);

    // What is packed otherwise is not passed on as if it were plain.
    let packed = b"7z\xbc\xaf\x27\x1c and more";
    fs::write(dir.path().join("a.7z"), packed).unwrap();
    let args = ["decompress", "a.csv", "a.7z"];
    swath(&dir).args(args).assert().code(1).stdout("").stderr(predicate::str::contains("a 7z archive"));
    swath(&dir).args(["decompress", "--compression", "none", "a.7z"]).assert().success().stdout(&packed[..]);

    // Damage is told; a file that is not whole does not appear.
    fs::write(dir.path().join("cut.gz"), &gz[..gz.len() - 5]).unwrap();
    swath(&dir)
        .args(["decompress", "cut.gz"])
        .assert()
        .code(1)
        .stdout(plain)
        .stderr(predicate::str::contains("ends in the middle"));
    swath(&dir).args(["decompress", "-o", "whole", "cut.gz"]).assert().code(1);
    assert!(!dir.path().join("whole").exists());
}

#[test]
fn compressed_files_are_tested() {
    let dir = folder();
    for program in ["gzip", "bzip2"] {
        compress(dir.path(), program, "a.csv");
    }
    swath(&dir)
        .args(["decompress", "--test", "a.csv.*"])
        .assert()
        .success()
        .stdout("")
        .stderr("note: 2 files can be decoded to the end\n");
    let gz = fs::read(dir.path().join("a.csv.gz")).unwrap();
    fs::write(dir.path().join("cut.gz"), &gz[..gz.len() - 5]).unwrap();
    // A second member of three whose first byte is wrong is not the end of the file.
    let mut head = gz.clone();
    head[0] ^= 1;
    fs::write(dir.path().join("head.gz"), [&gz[..], &head, &gz].concat()).unwrap();
    swath(&dir)
        .args(["decompress", "-t", "cut.gz", "a.csv.gz", "head.gz"])
        .assert()
        .code(1)
        .stdout("")
        .stderr(
            predicate::str::contains("cut.gz: the gzip data ends in the middle")
                .and(predicate::str::contains(format!(
                    "head.gz: the gzip data is damaged at or before compressed byte {}",
                    gz.len()
                )))
                .and(predicate::str::contains("note: 2 of 3 files cannot be decoded to the end")),
        );
    swath(&dir).args(["count", "head.gz"]).assert().code(1);
    swath(&dir).args(["grep", "-c", "x", "head.gz"]).assert().code(2);
}

#[test]
fn damaged_files_are_salvaged() {
    let dir = folder();
    let lines: String = (0..30_000).map(|number| format!("{number},x{}\n", number * 7919 % 1000)).collect();
    // Codes of other letters: those of the same would go on behind the damage as if nothing were.
    let letter = |number: u8| char::from(b'A' + number % 26).to_string().repeat(usize::from(number % 7));
    let others: String =
        (0..30_000_u32).map(|number| format!("{}:\n", letter((number % 251) as u8))).collect();
    for (name, text) in [("n.csv", &lines), ("k.csv", &others)] {
        fs::write(dir.path().join(name), text).unwrap();
        compress(dir.path(), "gzip", name);
    }
    let gz = fs::read(dir.path().join("n.csv.gz")).unwrap();
    let other_gz = fs::read(dir.path().join("k.csv.gz")).unwrap();
    fs::write(dir.path().join("n.gz"), [&gz[..gz.len() / 2], &other_gz].concat()).unwrap();
    let decompressed = swath(&dir).args(["decompress", "--salvage", "n.gz"]).assert().success();
    let out = String::from_utf8(decompressed.get_output().stdout.clone()).unwrap();
    let (front, behind) = out.split_at(out.len() - others.len());
    let right = lines.len() / 3;
    assert!(behind == others && front[..right] == lines[..right]);
    let told = String::from_utf8(decompressed.get_output().stderr.clone()).unwrap();
    assert!(told.starts_with("note: n.gz: gzip member 1 is damaged"), "{told}");
    let gap = format!(
        "; the gap is at decoded byte {0}, of unknown length; the {0} bytes in front of it are not checked\n",
        front.len()
    );
    assert!(told.contains(&gap), "{told}");
    assert!(told.contains("note: salvaged with 1 damaged place in 1 file: "), "{told}");
    // A file with what is whole appears; into a folder, all files are told of in one summary.
    swath(&dir).args(["decompress", "--salvage", "-o", "out.csv", "n.gz"]).assert().success().stdout("");
    assert_eq!(fs::read_to_string(dir.path().join("out.csv")).unwrap(), out);
    fs::copy(dir.path().join("n.gz"), dir.path().join("m.gz")).unwrap();
    fs::create_dir(dir.path().join("plain")).unwrap();
    swath(&dir)
        .args(["decompress", "--salvage", "-o", "plain", "?.gz"])
        .assert()
        .success()
        .stderr(predicate::str::contains("salvaged with 2 damaged places in 2 files: "));
    assert_eq!(fs::read_to_string(dir.path().join("plain/m")).unwrap(), out);
    // Undamaged files are as without.
    swath(&dir)
        .args(["decompress", "--salvage", "n.csv.gz"])
        .assert()
        .success()
        .stdout(lines.clone())
        .stderr("");

    // In queries by the option, for all paths by the flag.
    fs::write(dir.path().join("cut.csv.gz"), &gz[..gz.len() / 2]).unwrap();
    swath(&dir).arg("SELECT count(*) FROM 'cut.csv.gz'").assert().code(1);
    let count = |args: &[&str]| {
        let assert = swath(&dir).args(args).args(["--format", "csv"]).assert().success();
        let output = assert.get_output();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let rows = text(&output.stdout).lines().nth(1).unwrap().parse::<usize>().unwrap();
        (rows, text(&output.stderr))
    };
    let by_option = count(&["SELECT count(*) FROM read_csv('cut.csv.gz', salvage = true, header = false)"]);
    assert!(
        by_option.0 > 10_000 && by_option.1.contains("note: salvaged with 1 damaged place"),
        "{by_option:?}"
    );
    assert_eq!(count(&["--salvage", "--header=false", "SELECT count(*) FROM 'cut.csv.gz'"]), by_option);
    assert_eq!(count(&["count", "--salvage", "--header=false", "cut.csv.gz"]), by_option);
    let lines = "SELECT count(*) FROM read_text('cut.csv.gz', salvage = true)";
    assert_eq!(count(&[lines]), by_option);
    swath(&dir)
        .arg("EXPLAIN SELECT count(*) FROM read_csv('cut.csv.gz', salvage = true)")
        .assert()
        .success()
        .stdout(predicate::str::contains("salvage: damage is passed over"));
    swath(&dir)
        .arg("SELECT * FROM read_csv('cut.csv.gz', salvage = 7)")
        .assert()
        .code(1)
        .stderr(predicate::str::contains("option salvage: "));
}

#[test]
fn completions_and_manual_pages() {
    let dir = folder();
    for shell in ["bash", "zsh", "fish"] {
        swath(&dir)
            .args(["completions", shell])
            .assert()
            .success()
            .stdout(predicate::str::contains("decompress"));
    }
    swath(&dir).arg("man").assert().success().stdout(predicate::str::contains(".TH swath 1"));
    swath(&dir).args(["man", "grep"]).assert().success().stdout(predicate::str::contains("swath\\-grep"));
    swath(&dir).args(["man", "grp"]).assert().code(2).stderr(predicate::str::contains("did you mean grep?"));
    fs::create_dir(dir.path().join("man1")).unwrap();
    swath(&dir).args(["man", "--dir", "man1"]).assert().success();
    assert!(dir.path().join("man1/swath.1").exists() && dir.path().join("man1/swath-grep.1").exists());
}

#[test]
fn the_debian_package_holds_what_is_there_and_what_its_script_makes() {
    let cli = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs::read_to_string(cli.join("Cargo.toml")).unwrap();
    let script = fs::read_to_string(cli.join("package-deb")).unwrap();
    let assets = manifest.lines().filter_map(|line| line.trim().strip_prefix("[\"")?.split('"').next());
    let mut kinds = [0, 0];
    for asset in assets.filter(|asset| asset.starts_with("../")) {
        match asset.strip_prefix("../target/package/") {
            Some(made) => {
                let made = made.trim_end_matches("/*.1");
                assert!(script.contains(&format!("\"$package/{made}\"")), "{asset} is made by nobody");
                kinds[0] += 1;
            }
            None => {
                assert!(cli.join(asset).exists(), "{asset}");
                kinds[1] += 1;
            }
        }
    }
    assert_eq!(kinds, [4, 4]);
}

#[test]
fn each_command_has_help_with_examples() {
    let dir = folder();
    for command in [
        "grep",
        "head",
        "tail",
        "sample",
        "count",
        "schema",
        "summary",
        "convert",
        "decompress",
        "completions",
        "man",
    ] {
        let example = format!("  swath {command}");
        swath(&dir).args([command, "--help"]).assert().success().stdout(predicate::str::contains(example));
    }
}
