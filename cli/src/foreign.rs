//! Options that other programs have, and what to write instead.

use std::ffi::OsString;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

const STATEMENT: &str = "a statement needs no option: swath \"SELECT …\"";
const NAMES: &str = "a glob says which files: 'logs/**/*.gz'";
const PATTERNS: &str = "patterns are regular expressions as ripgrep has them, without looking around";
const ONE_LINE: &str = "patterns are looked for in one line at a time";
const FORMAT: &str = "write --format, as in --format csv, json, line, markdown or html";
const HEADER: &str = "COPY (SELECT …) TO 'file.csv' (HEADER false) writes no header";

const NO_HEADER: &str = "write --header=false";
const DELIM: &str = "write --delim, as in --delim ';' or --delim '\\t'";
const NULLSTR: &str = "write --nullstr, as in --nullstr NA";
const SKIP: &str = "write --skip, as in --skip 3";
const COMMENT: &str = "write --comment, as in --comment '#'";
const TYPES: &str = "write --types, as in --types zip=text";
const RAGGED: &str = "write --ragged, or --null-padding";
const TEXT: &str = "write --all-varchar";
const ROWS: &str = "write LIMIT behind a query, or swath head -n 10";
const COLUMNS: &str = "SQL takes columns: swath \"SELECT a, b FROM 'x.csv.gz'\"";

const NO_TEXT: &str = "a file whose name is no UTF-8 is named by a glob: 'data-*.csv'";

/// The options of `duckdb`, `sqlite3`, `psql`, `grep`, `rg`, `mlr` and csvkit that are typed out of habit.
const OPTIONS: &[(&str, &str)] = &[
    ("-A", FORMAT),
    ("-P", PATTERNS),
    ("-R", NAMES),
    ("-U", ONE_LINE),
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
    ("-r", NAMES),
    ("-readonly", "--read-only"),
    ("-s", "errors go to standard error: 2>/dev/null"),
    ("-separator", "--format tsv, or COPY (SELECT …) TO 'file.csv' (DELIM ';')"),
    ("-t", NAMES),
    ("-v", "swath --version"),
    ("--allow-ragged-csv-input", RAGGED),
    ("--c2j", FORMAT),
    ("--comment-char", COMMENT),
    ("--csv", FORMAT),
    ("--dtype", TYPES),
    ("--escapechar", "write --escape, as in --escape '\\'"),
    ("--flexible", RAGGED),
    ("--fs", DELIM),
    ("--glob", NAMES),
    ("--icsv", "what files are is found by looking at them"),
    ("--ifs", DELIM),
    ("--implicit-csv-header", NO_HEADER),
    ("--include", NAMES),
    ("--infer-none", TEXT),
    ("--json", FORMAT),
    ("--limit", ROWS),
    ("--multiline", ONE_LINE),
    ("--na-values", NULLSTR),
    ("--no-header", NO_HEADER),
    ("--no-header-row", NO_HEADER),
    ("--no-headers", NO_HEADER),
    ("--no-inference", TEXT),
    ("--nrows", ROWS),
    ("--null-values", NULLSTR),
    ("--ocsv", FORMAT),
    ("--ojson", FORMAT),
    ("--pass-comments", COMMENT),
    ("--pcre2", PATTERNS),
    ("--perl-regexp", PATTERNS),
    ("--quotechar", "write --quote, as in --quote \"'\""),
    ("--recursive", NAMES),
    ("--select", COLUMNS),
    ("--separator", DELIM),
    ("--skip-comments", COMMENT),
    ("--skip-lines", SKIP),
    ("--skip-rows", SKIP),
    ("--skiprows", SKIP),
    ("--tabs", DELIM),
    ("--tsv", FORMAT),
    ("--type", NAMES),
];

/// The options of `xsv`, `qsv` and other programs over tables that are typed out of habit behind `swath head` and its like.
const TABLE_OPTIONS: &[(&str, &str)] = &[
    ("-c", COLUMNS),
    ("-d", DELIM),
    ("-e", "write --encoding, as in --encoding latin1"),
    ("-H", NO_HEADER),
    ("-K", SKIP),
    ("-s", COLUMNS),
    ("-t", DELIM),
    ("-f", "tail -f goes on for ever; swath reads files to their end"),
];

/// Commands over tables and lines.
const TABLE_COMMANDS: [&str; 7] = ["head", "tail", "sample", "count", "schema", "summary", "convert"];

/// The commands of other programs, and the one to write instead.
const COMMANDS: [(&str, &str); 8] = [
    (
        "cat zcat gzcat bzcat xzcat zstdcat lz4cat gunzip bunzip2 unxz unzstd uncompress",
        "swath decompress FILE writes the plain bytes",
    ),
    ("search find rg egrep fgrep zgrep", "swath grep PATTERN FILE finds lines"),
    ("wc lines", "swath count FILE counts records, swath count --lines FILE lines"),
    ("stats info profile", "swath summary FILE tells of each column"),
    ("headers names cols columns types", "swath schema FILE tells names and types"),
    (
        "compress gzip fmt input output json to-json tojson tojsonl to-parquet to",
        "swath convert FILE NEW writes it anew, as the ending of NEW says: .csv.gz, .jsonl, .parquet",
    ),
    (
        "frequency freq uniq dedup slice sort cut query sql transpose sqlp",
        "SQL does it: swath \"SELECT … FROM 'x.csv.gz' …\"",
    ),
    ("verify test check validate", "swath decompress --test FILE decodes files to their end"),
];

/// What to write instead of a command of another program.
pub fn command_hint(word: &str) -> Option<&'static str> {
    COMMANDS.iter().find(|(words, _)| words.split(' ').any(|known| known == word)).map(|(_, hint)| *hint)
}

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
    // What is wrong with the options of a command that is none is that it is none.
    if let Some(hint) = arguments.get(1).and_then(|word| command_hint(word)) {
        error.remove(ContextKind::SuggestedArg);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(hint)]));
        return error;
    }
    let of_table = arguments.iter().position(|argument| TABLE_COMMANDS.contains(&argument.as_str()));
    let of_decompress = arguments.iter().position(|argument| argument == "decompress");
    let tip = |(at, argument): (usize, &String)| match of_decompress {
        Some(before) if at > before && DECOMPRESS_OPTIONS.contains(&argument.as_str()) => Some(DECOMPRESS),
        _ => {
            let of_table =
                of_table.filter(|before| at > *before).and_then(|_| tip_of(TABLE_OPTIONS, argument));
            of_table.or_else(|| tip_of(OPTIONS, argument))
        }
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

fn tip_of(options: &[(&str, &'static str)], argument: &str) -> Option<&'static str> {
    let name = argument.split('=').next().unwrap_or(argument);
    options.iter().find(|(option, _)| *option == name).map(|(_, tip)| *tip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_other_programs() {
        let told = |arguments: &[&str]| {
            let words = std::iter::once("swath").chain(arguments.iter().copied());
            let error = crate::help::command().try_get_matches_from(words.clone()).unwrap_err();
            told(error, words.map(OsString::from)).to_string()
        };
        for (arguments, tip) in [
            (["-c", "SELECT 1"].as_slice(), STATEMENT),
            (&["-csv", "SELECT 1"], FORMAT),
            (&["head", "-r", "."], NAMES),
            (&["grep", "-U", "x"], ONE_LINE),
            (&["decompress", "-dc", "a.gz"], DECOMPRESS),
            (&["decompress", "a.gz", "-c"], DECOMPRESS),
            (&["head", "--include=*.gz", "x"], NAMES),
            (&["head", "-d", ";", "x.csv"], "--delim ';'"),
            (&["head", "-K", "1", "x.csv"], "--skip 3"),
            (&["--null-values", "x", "SELECT 1"], "--nullstr NA"),
            (&["summary", "--ifs", ";", "x.csv"], "--delim ';'"),
            (&["count", "--no-headers", "x.csv"], "--header=false"),
            (&["wc", "-l", "x.csv"], "swath count --lines FILE"),
            (&["-y", "SELECT 1"], "to pass '-y' as a value"),
            (&["--formt", "csv"], "a similar argument exists: '--format'"),
        ] {
            assert!(told(arguments).contains(tip), "{}", told(arguments));
        }
    }
}
