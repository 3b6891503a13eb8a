//! The commands of the guide (docs/) are run, and print what it says. Its Rust is run by the library's doctests.
//!
//! With UPDATE_GUIDE=1 the guide is given what they print instead, to be read in review.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;

#[test]
fn commands_print_what_the_guide_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let update = std::env::var_os("UPDATE_GUIDE").is_some();
    let mut commands = 0;
    let mut pages: Vec<_> =
        fs::read_dir(root.join("docs/src")).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    for path in pages {
        // Each page has a folder of its own, in which the samples are where they are in the repository.
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(root.join("datasets"), dir.path().join("datasets")).unwrap();
        let page = fs::read_to_string(&path).unwrap();
        let (mut run, mut inside) = (String::new(), false);
        for line in page.lines() {
            if line.starts_with("```") {
                inside = line == "```console";
            }
            match line.strip_prefix("$ ").filter(|_| inside) {
                Some(command) => {
                    commands += 1;
                    run.extend([line, "\n"]);
                    run.push_str(&output(command, dir.path()));
                }
                // What is printed comes from the commands.
                None if inside && !line.starts_with("```") => {}
                None => run.extend([line, "\n"]),
            }
        }
        if update {
            fs::write(&path, run).unwrap();
        } else {
            assert_eq!(run, page, "{}: see UPDATE_GUIDE in this test", path.display());
        }
    }
    assert!(commands >= 20, "found {commands} commands");
}

/// What a command prints, on both streams.
fn output(command: &str, dir: &Path) -> String {
    let bin = cargo_bin("swath");
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .current_dir(dir)
        .env("PATH", format!("{}:{path}", bin.parent().unwrap().display()))
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}
