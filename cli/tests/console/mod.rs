//! Pages of Markdown whose commands are run, and which say what these print.

use std::fs;
use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;

/// Runs the commands of a page in a folder, and compares what they print with what the page says; returns how many
/// there are. If the environment variable is set, the page is given what they print instead, to be read in review.
pub fn check(page: &Path, dir: &Path, update: &str) -> usize {
    let says = fs::read_to_string(page).unwrap();
    let (mut run, mut inside, mut commands) = (String::new(), false, 0);
    for line in says.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        }
        match line.strip_prefix("$ ").filter(|_| inside) {
            Some(command) => {
                commands += 1;
                run.extend([line, "\n"]);
                run.push_str(&output(command, dir));
            }
            // What is printed comes from the commands.
            None if inside && !line.starts_with("```") => {}
            None => run.extend([line, "\n"]),
        }
    }
    if std::env::var_os(update).is_some() {
        fs::write(page, run).unwrap();
    } else {
        assert_eq!(run, says, "{}: {update}=1 writes what the commands print", page.display());
    }
    commands
}

/// What a command prints, on both streams, in whole lines.
fn output(command: &str, dir: &Path) -> String {
    let bin = cargo_bin("swath");
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1 </dev/null\n{command}")])
        .current_dir(dir)
        .env("PATH", format!("{}:{path}", bin.parent().unwrap().display()))
        .env_remove("SWATH_CONFIG")
        .output()
        .unwrap();
    let mut text = String::from_utf8(output.stdout).unwrap();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}
