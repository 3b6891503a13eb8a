//! Where statements come from: arguments, files, standard input.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::CommandFactory;

use crate::args::Args;
use crate::foreign;
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

/// An argument as the command line is to take it: a statement that begins with a comment, as `-- all of them`, is no
/// option. A blank in front changes nothing of it.
pub fn as_statement(argument: OsString) -> OsString {
    let is_comment = argument.to_str().is_some_and(|text| {
        text.strip_prefix("--")
            .is_some_and(|rest| rest.starts_with(char::is_whitespace) && text.contains('\n'))
    });
    if !is_comment {
        return argument;
    }
    let mut statement = OsString::from(" ");
    statement.push(argument);
    statement
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
    if let Some(report) = no_statement_but_a_path(text) {
        return Some(report);
    }
    let is_word = text.chars().all(|char| char.is_ascii_lowercase() || char == '-') && !text.is_empty();
    if !is_word || swath::is_keyword(text) {
        return None;
    }
    if let Some(hint) = foreign::command_hint(text) {
        return Some(Report::with_hint(format!("there is no command \"{text}\""), hint));
    }
    let swath = Args::command();
    let names: Vec<&str> = swath.get_subcommands().map(clap::Command::get_name).collect();
    let hint = match swath::nearest(text, names.iter().copied()) {
        Some(same) if same == text => format!("options go behind the command: swath {text} --format csv …"),
        _ if text == "help" => "swath --help, or of a command: swath summary --help".to_owned(),
        _ if text == "version" => "swath --version".to_owned(),
        Some(near) => format!("did you mean {near}?"),
        None => format!("the commands are {}; anything else is SQL", names.join(", ")),
    };
    Some(Report::with_hint(format!("there is no command \"{text}\""), hint))
}

/// What to say of a glob, a folder, or a file that is not there.
fn no_statement_but_a_path(text: &str) -> Option<Report> {
    let path = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).unwrap_or(text);
    let see = |path: &str| {
        format!(
            "to see its rows: swath head '{path}'; in a statement it stands in quotes: \"SELECT * FROM '{path}'\""
        )
    };
    if Path::new(path).is_dir() {
        let path = path.trim_end_matches('/');
        let hint = format!("name the files in it: swath head '{path}/*.csv'");
        return Some(Report::with_hint(format!("'{path}' is a folder, and no statement"), hint));
    }
    let is_path = !path.contains(|char: char| char.is_whitespace() || "'\"();=".contains(char))
        && path.contains(['/', '.', '*'])
        && !path.starts_with('.')
        && path.contains(|char: char| char.is_alphanumeric());
    if !is_path {
        return None;
    }
    Some(match path.contains('*') {
        true => Report::with_hint(format!("'{path}' names files, and is no statement"), see(path)),
        false => Report::with_hint(
            format!("'{path}' is no statement, and there is no such file"),
            "check the path; a relative path starts at the current folder",
        ),
    })
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
