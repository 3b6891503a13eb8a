//! The binary in a scratch folder.
#![allow(dead_code, reason = "each test file uses some of it")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin;
use tempfile::TempDir;

/// A folder with one small table.
pub fn folder() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.csv"), "id,name\n1,x\n2,\nNA,\"y,z\"\n").unwrap();
    dir
}

/// A command that is run there.
pub fn swath(dir: &TempDir) -> Command {
    let mut command = Command::new(cargo_bin("swath"));
    command.current_dir(dir.path());
    command
}

/// What stands in a folder, in order.
pub fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
