//! What errors say: the commands of `errors.md` are run, and print what it says.
//!
//! With UPDATE_ERRORS=1 the page is given what they print instead, to be read as a user reads it: what is wrong,
//! where, and what to try?
#![allow(clippy::unwrap_used)]

mod console;

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn errors_say_what_where_and_what_to_try() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| fs::write(dir.path().join(name), bytes).unwrap();
    file("orders.csv", b"id,name,price\n1,x,1.5\n2,,2.5\n3,\"y,z\",3\n");
    file("cities.csv", b"id,city\n1,Rome\n2,Oslo\n");
    file("short.csv", b"id,name,price\n1,x,1.5\n2,y\n");
    file("latin.csv", b"id,name\n1,caf\xe9\n");
    file("open.csv", b"id,name\n1,\"x\n2,y\n");
    file("bad.toml", b"max_row = 3\n");
    file("users.jsonl", b"{\"user\": {\"name\": \"x\"}}\n");
    // Files that hold no text, or only look like what they are called.
    let packed = |name: &str| {
        let head = b"PK\x03\x04\x14\0\0\0\0\0\0\0C*\0$\xc1\x89\x04\0\0\0\x04\0\0\0\x07\0\0\0";
        [&head[..], name.as_bytes(), b"a\n1\n"].concat()
    };
    file("orders.zip", &[packed("jan.csv"), packed("feb.csv")].concat());
    file("book.xlsx", b"PK\x03\x04\x14\0\0\0\0\0xl/workbook.xml");
    file("columns.csv", b"PAR1\x15\x04\x15\x10");
    file("page.csv", b"<!DOCTYPE html>\n<html><body>not found</body></html>\n");
    file("bytes.csv", b"a,b\n\0\x01,\xff\n");
    let run = |program: &str, args: &[&str]| {
        assert!(Command::new(program).args(args).current_dir(dir.path()).status().unwrap().success());
    };
    run("tar", &["-czf", "orders.tar.gz", "orders.csv"]);
    // A value that does not fit stands behind what is looked at.
    let mut late: String = (0..100_000).map(|id| format!("{id},1.5\n")).collect();
    late.push_str("100000,\"12,50\"\n");
    file("late.csv", format!("id,price\n{late}").as_bytes());
    fs::create_dir(dir.path().join("folder")).unwrap();
    run("gzip", &["-nk", "orders.csv"]);
    let gz = fs::read(dir.path().join("orders.csv.gz")).unwrap();
    file("twice.csv", &gz);
    run("gzip", &["-n", "twice.csv"]);
    file("cut.csv.gz", &gz[..gz.len() - 12]);
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors.md");
    let commands = console::check(&page, dir.path(), "UPDATE_ERRORS");
    assert!(commands >= 100, "found {commands} commands");
}
