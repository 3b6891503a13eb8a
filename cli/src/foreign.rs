//! Options that other programs have, and what to write instead.

use std::ffi::OsString;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

const STATEMENT: &str = "a statement needs no option: swath \"SELECT …\"";
const FOLDERS: &str = "a glob names the files in folders: 'logs/**/*.gz'";
const NAMES: &str = "a glob says which files: 'logs/**/*.gz'";
const PATTERNS: &str = "patterns are regular expressions as ripgrep has them, without looking around";
const LINES: &str =
    "SQL over lines does it: swath \"SELECT … FROM read_text('glob') WHERE line ~ 'pattern'\"";
const FORMAT: &str = "write --format, as in --format csv, json, line, markdown or html";
const HEADER: &str = "COPY (SELECT …) TO 'file.csv' (HEADER false) writes no header";

const NO_TEXT: &str = "a file whose name is no UTF-8 is named by a glob: 'data-*.csv'";

/// The options of `duckdb`, `sqlite3`, `psql`, `grep` and `rg` that are typed out of habit.
const OPTIONS: [(&str, &str); 34] = [
    ("-A", FORMAT),
    ("-P", PATTERNS),
    ("-R", FOLDERS),
    ("-ascii", FORMAT),
    ("-box", FORMAT),
    ("-c", STATEMENT),
    ("-cmd", STATEMENT),
    ("-column", FORMAT),
    ("-csv", FORMAT),
    ("-d", "FROM 'data/*.csv.gz' names the files: there is no database"),
    ("-e", STATEMENT),
    ("-g", NAMES),
    ("-header", HEADER),
    ("-html", FORMAT),
    (
        "-init",
        "-f FILE runs the statements of a file; views for every day stand in ~/.config/swath/config.toml",
    ),
    ("-json", FORMAT),
    ("-jsonlines", FORMAT),
    ("-line", FORMAT),
    ("-list", FORMAT),
    ("-markdown", FORMAT),
    ("-noheader", HEADER),
    ("-q", "nothing is said but results, errors and notes; 2>/dev/null keeps these away"),
    ("-r", FOLDERS),
    ("-readonly", "--read-only"),
    ("-s", "errors go to standard error: 2>/dev/null"),
    ("-separator", "--format tsv, or COPY (SELECT …) TO 'file.csv' (DELIM ';')"),
    ("-t", NAMES),
    ("-v", "swath --version"),
    ("--glob", NAMES),
    ("--include", NAMES),
    ("--json", LINES),
    ("--recursive", FOLDERS),
    ("--replace", LINES),
    ("--type", NAMES),
];

/// The options of `gzip` and its like that are typed out of habit behind `swath decompress`.
const DECOMPRESS_OPTIONS: [&str; 11] =
    ["-c", "-d", "-dc", "-cd", "-dk", "-k", "-kd", "-f", "--stdout", "--keep", "--decompress"];
const DECOMPRESS: &str =
    "the bytes go to standard output, or to the file of -o, and what they come from stays";

/// A wrong command line with what to write instead of an option of another program.
pub fn told(mut error: clap::Error, arguments: impl Iterator<Item = OsString>) -> clap::Error {
    let arguments: Vec<String> = arguments.map(|argument| argument.to_string_lossy().into_owned()).collect();
    if error.kind() == ErrorKind::InvalidUtf8 {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(NO_TEXT)]));
    }
    let of_decompress = arguments.iter().position(|argument| argument == "decompress");
    let tip = |(at, argument): (usize, &String)| match of_decompress {
        Some(before) if at > before && DECOMPRESS_OPTIONS.contains(&argument.as_str()) => Some(DECOMPRESS),
        _ => tip(argument),
    };
    if error.kind() == ErrorKind::UnknownArgument
        && let Some(ContextValue::String(wrong)) = error.get(ContextKind::InvalidArg)
        // Of `-csv`, the command line's own message names `-c`.
        && let Some(tip) = (0..).zip(&arguments).filter(|(_, argument)| argument.starts_with(wrong.as_str())).find_map(tip)
    {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip)]));
    }
    error
}

fn tip(argument: &str) -> Option<&'static str> {
    let name = argument.split('=').next().unwrap_or(argument);
    OPTIONS.iter().find(|(option, _)| *option == name).map(|(_, tip)| *tip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_other_programs() {
        let told = |arguments: &[&str]| {
            let words = std::iter::once("swath").chain(arguments.iter().copied());
            let error = crate::help::command().try_get_matches_from(words).unwrap_err();
            told(error, arguments.iter().map(OsString::from)).to_string()
        };
        for (arguments, tip) in [
            (["-c", "SELECT 1"].as_slice(), STATEMENT),
            (&["-csv", "SELECT 1"], FORMAT),
            (&["grep", "-r", "x", "."], FOLDERS),
            (&["decompress", "-dc", "a.gz"], DECOMPRESS),
            (&["decompress", "a.gz", "-c"], DECOMPRESS),
            (&["grep", "--include=*.gz", "x"], NAMES),
            (&["-y", "SELECT 1"], "to pass '-y' as a value"),
            (&["--formt", "csv"], "a similar argument exists: '--format'"),
        ] {
            assert!(told(arguments).contains(tip), "{}", told(arguments));
        }
    }
}
