//! The README's examples are run, and print what it says.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;

#[test]
fn examples_print_what_the_readme_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let examples = examples(&readme);
    assert!(examples.len() >= 7, "found {} examples", examples.len());
    for (command, expected) in examples {
        let output = Command::new("sh").args(["-c", &command]).current_dir(root).output().unwrap();
        let found = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(found, expected, "{command}");
    }
}

/// Commands that run swath, with what they print. Commands of cargo without SQL are left out: that
/// would be this test, again.
fn examples(readme: &str) -> Vec<(String, String)> {
    // The README shows what a terminal shows; here, output goes into a pipe.
    let swath = format!("'{}' --format table", cargo_bin("swath").display());
    let mut examples: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            let shell = command.replacen("cargo run --release --", &swath, 1).replacen(
                "swath --format csv",
                &format!("'{}' --format csv", cargo_bin("swath").display()),
                1,
            );
            let shell = match shell.strip_prefix("swath ") {
                Some(rest) if rest.starts_with("grep ") => {
                    format!("'{}' {rest}", cargo_bin("swath").display())
                }
                Some(rest) => format!("{swath} {rest}"),
                None => shell,
            };
            examples.push((shell, String::new()));
        } else if let Some((_, output)) = examples.last_mut().filter(|_| inside) {
            output.push_str(line);
            output.push('\n');
        }
    }
    examples.retain(|(command, _)| command.contains("swath") && !command.starts_with("cargo"));
    examples
}
