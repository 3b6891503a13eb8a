//! Files that change while they are read.
#![allow(clippy::unwrap_used)]

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use futures::executor::block_on;
use swath::{Output, Session};
use tempfile::TempDir;

const ROWS: usize = 3_000_000;

fn folder() -> (TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let mut text = String::from("id,text\n");
    text.extend((0..ROWS).map(|row| format!("{row},some text {row}\n")));
    let path = dir.path().join("a.csv");
    fs::write(&path, text).unwrap();
    (dir, path.display().to_string())
}

/// Begins to read; most of the file waits for its reader.
fn begin(path: &str) -> (Session, Output, usize) {
    let session = Session::builder().threads(2).build().unwrap();
    let statement = session.parse(&format!("SELECT * FROM '{path}'")).unwrap().remove(0);
    let mut output = block_on(session.run(statement)).unwrap();
    let first = block_on(output.next()).unwrap().unwrap().num_rows();
    (session, output, first)
}

/// How many rows there are, or what is wrong.
fn rest(mut output: Output, mut rows: usize) -> Result<usize, String> {
    while let Some(batch) = block_on(output.next()) {
        rows += batch.map_err(|error| error.to_string())?.num_rows();
    }
    Ok(rows)
}

#[test]
fn a_file_that_becomes_shorter_is_an_error() {
    let (_dir, path) = folder();
    let (_session, output, rows) = begin(&path);
    let len = fs::metadata(&path).unwrap().len();
    OpenOptions::new().write(true).open(&path).unwrap().set_len(len / 2).unwrap();
    let error = rest(output, rows).unwrap_err();
    assert!(error.contains("the file became shorter while it was read"), "{error}");
}

#[test]
fn a_compressed_file_that_becomes_shorter_is_an_error() {
    let (_dir, path) = folder();
    assert!(Command::new("gzip").arg(&path).status().unwrap().success());
    let path = format!("{path}.gz");
    let (_session, output, rows) = begin(&path);
    let len = fs::metadata(&path).unwrap().len();
    OpenOptions::new().write(true).open(&path).unwrap().set_len(len / 2).unwrap();
    let error = rest(output, rows).unwrap_err();
    assert!(error.contains("ends in the middle"), "{error}");
}

#[test]
fn a_file_that_grows_is_read_as_long_as_it_was() {
    let (_dir, path) = folder();
    let (session, output, rows) = begin(&path);
    OpenOptions::new().append(true).open(&path).unwrap().write_all(b"1,new\n2,half of a li").unwrap();
    assert_eq!(rest(output, rows), Ok(ROWS));
    // The next query sees what is there now.
    let count = session.collect_blocking(&format!("SELECT count(*) FROM '{path}'")).unwrap();
    assert_eq!(format!("{:?}", count[0].column(0)).matches(&(ROWS + 2).to_string()).count(), 1);
}

#[test]
fn a_file_that_vanishes_is_read_to_its_end() {
    let (_dir, path) = folder();
    let (session, output, rows) = begin(&path);
    fs::remove_file(&path).unwrap();
    assert_eq!(rest(output, rows), Ok(ROWS));
    assert!(session.collect_blocking(&format!("SELECT count(*) FROM '{path}'")).is_err());
    assert!(!Path::new(&path).exists());
}

/// Two files as that of [`folder`] and a short one behind them, with the glob of all three and the path of the last.
fn folder_of_three() -> (TempDir, String, PathBuf) {
    let (dir, path) = folder();
    let glob = format!("{}/*.csv", dir.path().display());
    let last = dir.path().join("z.csv");
    fs::write(&last, "id,text\n1,x\n").unwrap();
    fs::write(dir.path().join("b.csv"), fs::read(path).unwrap()).unwrap();
    (dir, glob, last)
}

#[test]
fn a_file_that_vanishes_before_its_turn_is_an_error() {
    let (_dir, glob, last) = folder_of_three();
    let (_session, output, rows) = begin(&glob);
    fs::remove_file(&last).unwrap();
    let error = rest(output, rows).unwrap_err();
    assert!(error.contains("z.csv: cannot open"), "{error}");
}

#[test]
fn a_file_that_is_shorter_when_its_turn_comes_is_an_error() {
    for len in [0, 8] {
        let (_dir, glob, last) = folder_of_three();
        let (_session, output, rows) = begin(&glob);
        OpenOptions::new().write(true).open(&last).unwrap().set_len(len).unwrap();
        let error = rest(output, rows).unwrap_err();
        assert!(error.contains("z.csv: cannot read: the file became shorter"), "{error}");
    }
}

#[test]
fn a_frame_reads_its_files_as_they_are_when_it_is_computed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    fs::write(&path, "id,text\n1,x\n").unwrap();
    let frame = swath::read_csv(&path).scan().unwrap();
    let compute = || swath::compute((frame.count(), frame.max("id")));
    assert_eq!(compute().unwrap(), (1, Some(1.0)));
    // In another order, and with other types.
    fs::write(&path, "text,id\n30,2.5\n7,3\n").unwrap();
    assert_eq!(compute().unwrap(), (2, Some(3.0)));
    let texts = frame.select([swath::col("text")]);
    assert_eq!(swath::compute(texts.max("text")).unwrap(), Some(30.0));
    // Without a column that is wanted, those fail that want it, and nobody else.
    fs::write(&path, "text\n30\n").unwrap();
    assert_eq!(swath::compute(texts.count()).unwrap(), 1);
    assert!(compute().unwrap_err().to_string().contains("id"));
    fs::remove_file(&path).unwrap();
    assert!(compute().unwrap_err().to_string().contains("a.csv"));
}
