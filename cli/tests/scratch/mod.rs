//! The binary in a scratch folder.
#![allow(dead_code, reason = "each test file uses some of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

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

/// Waits until a program has begun a file in the folder: one without a name, where there are such files.
pub fn wait_for_file(child: &Child, dir: &TempDir) {
    let folder = dir.path().canonicalize().unwrap();
    let nameless = |link: PathBuf| link.starts_with(&folder) && link.to_string_lossy().ends_with("(deleted)");
    let start = Instant::now();
    while !names(dir.path()).iter().any(|name| name.starts_with(".swath-")) {
        let open = fs::read_dir(format!("/proc/{}/fd", child.id())).into_iter().flatten().flatten();
        if open.filter_map(|entry| fs::read_link(entry.path()).ok()).any(nameless) {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "the command did not begin");
        std::thread::sleep(Duration::from_millis(10));
    }
}
