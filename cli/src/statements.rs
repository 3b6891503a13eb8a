//! Where statements come from: arguments, files, standard input.

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::CommandFactory;

use crate::args::Args;
use crate::report::Report;

/// The texts of all statements: arguments first, then files; standard input if there is neither.
///
/// # Errors
/// A file that cannot be read; nothing to do, on a terminal.
pub fn gather(sql: Vec<String>, files: &[PathBuf]) -> Result<Vec<String>, Report> {
    let mut texts = sql;
    for file in files {
        texts.push(read_file(file)?);
    }
    if !texts.is_empty() {
        return Ok(texts);
    }
    if io::stdin().is_terminal() {
        return Err(Report::with_hint(
            "there is no statement",
            "give one, as in swath \"SELECT count(*) FROM 'data/*.csv.gz'\"; swath --help shows more",
        ));
    }
    Ok(vec![read_stdin()?])
}

/// What to say of an argument that is a misspelt command, or a file.
pub fn no_statement(text: &str) -> Option<Report> {
    if Path::new(text).is_file() {
        let hint = match text.ends_with(".sql") {
            true => format!("to run the statements in it: swath -f {text}"),
            false => format!(
                "to see its rows: swath head '{text}'; in a statement it stands in quotes: \"SELECT * FROM '{text}'\""
            ),
        };
        return Some(Report::with_hint(format!("'{text}' is a file, and no statement"), hint));
    }
    let is_word = text.chars().all(|char| char.is_ascii_lowercase() || char == '-') && !text.is_empty();
    if !is_word || swath::is_keyword(text) {
        return None;
    }
    let swath = Args::command();
    let names: Vec<&str> = swath.get_subcommands().map(clap::Command::get_name).collect();
    let hint = match swath::nearest(text, names.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("the commands are {}; anything else is SQL", names.join(", ")),
    };
    Some(Report::with_hint(format!("there is no command \"{text}\""), hint))
}

fn read_file(path: &Path) -> Result<String, Report> {
    if path.as_os_str() == "-" {
        return read_stdin();
    }
    std::fs::read_to_string(path).map_err(|error| {
        Report::with_hint(
            format!("{}: cannot read the statements: {error}", path.display()),
            "check the path; the file must hold SQL in UTF-8",
        )
    })
}

fn read_stdin() -> Result<String, Report> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map_err(|error| {
        Report::with_hint(
            format!("cannot read statements from standard input: {error}"),
            "they must be SQL in UTF-8",
        )
    })?;
    Ok(text)
}
