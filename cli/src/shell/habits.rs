//! What people type who know other shells, those of DuckDB, SQLite and PostgreSQL, and what it means here.

/// What a command of another shell means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The same as this command, with what stands behind it.
    Command(&'static str),
    /// The first command, or the second one if something stands behind it.
    Either(&'static str, &'static str),
    /// There is none, and what to do instead.
    Instead(&'static str),
}

use Meaning::{Command, Either, Instead};

const HISTORY: &str = "the key Up brings statements back, to be changed; .read FILE runs those of a file";
const NO_DATABASE: &str = "there is no database: FROM 'data/*.csv.gz' reads files, and .tables lists views";
const TABLE_OF_FILE: &str = "a file is a table already: CREATE VIEW name AS SELECT * FROM 'file.csv';";
const WRITE: &str = "COPY (SELECT …) TO 'file.csv'; writes a file, and .save FILE the last result";
const HEADERS: &str = "csv and tsv have a header: COPY (SELECT …) TO 'file.csv' (HEADER false); writes none";
const SEPARATOR: &str =
    ".mode csv and .mode tsv write these: COPY (SELECT …) TO 'file.csv' (DELIM ';'); another one";
const FAILURES: &str = "a statement that fails does not keep others from running";
const EXPANDED: &str = ".mode line shows a column a line, and .mode table goes back";
const TABLE_LOOK: &str = ".width and .maxrows say how large tables may be, .mode how results are written";
const COLORS: &str = "there are colours on terminals: NO_COLOR=1, or swath --color never, takes them away";
const VERSION: &str = concat!("this is Swath ", env!("CARGO_PKG_VERSION"));
const STATS: &str = "EXPLAIN ANALYZE SELECT … measures a statement; swath --stats tells what each took";
const ECHO: &str = "statements stand on the screen as they are typed; .print says something";

/// What is typed, and what it means; words without a dot or backslash stand alone.
const HABITS: &[(&str, Meaning)] = &[
    ("?", Command(".help")),
    ("clear", Command(".clear")),
    ("exit", Command(".exit")),
    ("help", Command(".help")),
    ("quit", Command(".exit")),
    // SQLite and DuckDB.
    (".bail", Instead(FAILURES)),
    (".binary", Instead(WRITE)),
    (".changes", Instead(STATS)),
    (".color", Instead(COLORS)),
    (".columns", Instead(EXPANDED)),
    (".databases", Instead(NO_DATABASE)),
    (".dump", Instead(WRITE)),
    (".echo", Instead(ECHO)),
    (".edit", Instead(HISTORY)),
    (".eqp", Command(".explain")),
    (".excel", Instead(WRITE)),
    (".fullschema", Command(".schema")),
    (".header", Instead(HEADERS)),
    (".headers", Instead(HEADERS)),
    (".highlight", Instead(COLORS)),
    (".import", Instead(TABLE_OF_FILE)),
    (".indexes", Instead(NO_DATABASE)),
    (".indices", Instead(NO_DATABASE)),
    (".large_number_rendering", Instead(TABLE_LOOK)),
    (".maxwidth", Command(".width")),
    (".nullvalue", Command(".nulls")),
    (".open", Instead(NO_DATABASE)),
    (".rows", Instead(EXPANDED)),
    (".separator", Instead(SEPARATOR)),
    (".stats", Instead(STATS)),
    (".system", Command(".shell")),
    (".version", Instead(VERSION)),
    // PostgreSQL.
    ("\\!", Command(".shell")),
    ("\\?", Command(".help")),
    ("\\c", Instead(NO_DATABASE)),
    ("\\cd", Command(".cd")),
    ("\\conninfo", Instead(NO_DATABASE)),
    ("\\copy", Instead(WRITE)),
    ("\\d", Either(".tables", ".schema")),
    ("\\d+", Either(".tables", ".schema")),
    ("\\dt", Command(".tables")),
    ("\\dv", Command(".tables")),
    ("\\e", Instead(HISTORY)),
    ("\\echo", Command(".print")),
    ("\\h", Command(".help")),
    ("\\i", Command(".read")),
    ("\\l", Instead(NO_DATABASE)),
    ("\\o", Command(".output")),
    ("\\p", Instead(HISTORY)),
    ("\\pset", Instead(TABLE_LOOK)),
    ("\\q", Command(".exit")),
    ("\\r", Instead("Ctrl-C drops what is typed")),
    ("\\s", Command(".history")),
    ("\\timing", Command(".timer")),
    ("\\w", Instead(WRITE)),
    ("\\x", Instead(EXPANDED)),
];

/// What a line means that begins with a command of another shell, with what stands behind this; nothing if it is
/// none.
pub fn meant(line: &str) -> Option<(&'static str, Meaning, &str)> {
    let line = line.trim().trim_end_matches(';').trim_end();
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let (habit, meaning) = HABITS.iter().find(|(habit, _)| habit.eq_ignore_ascii_case(name))?;
    // A statement may begin with such a word.
    let is_word = !habit.starts_with(['.', '\\']);
    (!is_word || rest.is_empty()).then_some((*habit, *meaning, rest.trim()))
}

#[cfg(test)]
mod tests {
    use super::super::command::COMMANDS;
    use super::*;

    #[test]
    fn habits_lead_to_commands() {
        let is_command = |name: &str| COMMANDS.iter().any(|command| command.name == name);
        for (habit, meaning) in HABITS {
            assert!(!is_command(habit), "{habit} is a command");
            match meaning {
                Command(name) => assert!(is_command(name), "{habit}: {name}"),
                Either(one, other) => assert!(is_command(one) && is_command(other), "{habit}"),
                Instead(hint) => assert!(!hint.is_empty(), "{habit}"),
            }
        }
    }

    #[test]
    fn words_stand_alone() {
        assert_eq!(meant(" Quit; "), Some(("quit", Command(".exit"), "")));
        assert_eq!(meant("\\d 'a.csv'"), Some(("\\d", Either(".tables", ".schema"), "'a.csv'")));
        assert_eq!(meant("exit the shell"), None);
        assert_eq!(meant("SELECT 1"), None);
    }
}
