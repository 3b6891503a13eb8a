//! Where statements come from: arguments, files, standard input.

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

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
