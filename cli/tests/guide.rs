//! The commands of the guide (docs/) are run, and print what it says. Its Rust is run by the library's doctests, and
//! what is typed in the shell by the shell's tests.
//!
//! With UPDATE_GUIDE=1 the guide is given what they print instead, to be read in review.
#![allow(clippy::unwrap_used)]

mod console;

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The pages of the guide.
fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<_> =
        fs::read_dir(root().join("docs/src")).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    pages
}

#[test]
fn commands_print_what_the_guide_says() {
    let mut commands = 0;
    for page in pages() {
        // Each page has a folder of its own, in which the samples are where they are in the repository.
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(root().join("datasets"), dir.path().join("datasets")).unwrap();
        commands += console::check(&page, dir.path(), "UPDATE_GUIDE");
    }
    assert!(commands >= 40, "found {commands} commands");
}

#[test]
fn every_block_of_the_guide_is_run() {
    let doctests = fs::read_to_string(root().join("engine/src/lib.rs")).unwrap();
    let summary = fs::read_to_string(root().join("docs/src/SUMMARY.md")).unwrap();
    for page in pages() {
        let name = page.file_name().unwrap().to_str().unwrap();
        assert!(
            name == "SUMMARY.md" || summary.contains(&format!("]({name})")),
            "{name} is in no table of contents"
        );
        let text = fs::read_to_string(&page).unwrap();
        let fences = text.lines().filter_map(|line| line.trim_start().strip_prefix("```"));
        for (number, language) in fences.step_by(2).enumerate() {
            let is_run = match language {
                "console" => true,
                "rust" => doctests.contains(&format!("include_str!(\"../../docs/src/{name}\")")),
                // What is to be replaced.
                "python" => name == "from-dask.md",
                // By the tests of the shell, on a terminal.
                "swath" | "toml" => name == "shell.md",
                _ => false,
            };
            assert!(is_run, "{name}: nothing runs block {}, which is ```{language}", number + 1);
        }
    }
}
