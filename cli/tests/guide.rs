//! The commands of the guide (docs/) are run, and print what it says. Its Rust is run by the library's doctests.
//!
//! With UPDATE_GUIDE=1 the guide is given what they print instead, to be read in review.
#![allow(clippy::unwrap_used)]

mod console;

use std::fs;
use std::path::Path;

#[test]
fn commands_print_what_the_guide_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut pages: Vec<_> =
        fs::read_dir(root.join("docs/src")).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    let mut commands = 0;
    for page in pages {
        // Each page has a folder of its own, in which the samples are where they are in the repository.
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(root.join("datasets"), dir.path().join("datasets")).unwrap();
        commands += console::check(&page, dir.path(), "UPDATE_GUIDE");
    }
    assert!(commands >= 20, "found {commands} commands");
}
