//! The commands of the shell: what there is, and what each takes.

use super::habits::{Meaning, meant};
use crate::report::Report;

/// What a command takes, which is what is completed behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// Nothing, or nothing that can be known.
    None,
    /// The name of a command.
    Command,
    /// A file.
    Path,
    /// A table, or files in quotes.
    Table,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A statement.
    Sql,
}

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Cd,
    Clear,
    Exit,
    Explain,
    Graph,
    Help,
    History,
    MaxRows,
    Mode,
    Nulls,
    Once,
    Output,
    Print,
    Read,
    Save,
    Schema,
    Set,
    Shell,
    Show,
    Sniff,
    Tables,
    Timer,
    Width,
}

/// A command.
#[derive(Debug)]
pub struct Command {
    /// With its dot.
    pub name: &'static str,
    /// What it takes, as the help shows it.
    pub usage: &'static str,
    /// What it takes, for completion.
    pub argument: Argument,
    /// What it does, in a line.
    pub help: &'static str,
    pub action: Action,
}

/// The names of the formats.
const MODES: &[&str] = &["table", "line", "chart", "csv", "tsv", "json", "jsonl", "markdown", "html", "svg"];
const ON_OFF: &[&str] = &["on", "off"];
/// What `.set` can set without the engine.
pub const SETTINGS: &[&str] = &[
    "mode",
    "maxrows",
    "width",
    "nulls",
    "timer",
    "pager",
    "memory_limit",
    "max_spill",
    "temp_dir",
    "timeout",
];

const fn command(
    name: &'static str,
    usage: &'static str,
    argument: Argument,
    help: &'static str,
    action: Action,
) -> Command {
    Command { name, usage, argument, help, action }
}

/// All commands, by name.
pub const COMMANDS: &[Command] = &[
    command(".cd", "DIR", Argument::Path, "change the folder that paths start from", Action::Cd),
    command(".clear", "", Argument::None, "clear the screen, as Ctrl-L does", Action::Clear),
    command(".exit", "", Argument::None, "leave, as Ctrl-D does", Action::Exit),
    command(
        ".explain",
        "[SQL]",
        Argument::Sql,
        "tell how statements are run; without any, the last ones",
        Action::Explain,
    ),
    command(
        ".graph",
        "FILE [SQL]",
        Argument::Path,
        "draw how statements are run, as .svg or .dot",
        Action::Graph,
    ),
    command(".help", "[COMMAND]", Argument::Command, "show the commands", Action::Help),
    command(
        ".history",
        "[N]",
        Argument::None,
        "show what was typed; lines that begin with a blank are not kept",
        Action::History,
    ),
    command(".maxrows", "[N]", Argument::None, "rows of a table that are shown, 0 for all", Action::MaxRows),
    command(".mode", "[MODE]", Argument::OneOf(MODES), "how results are written", Action::Mode),
    command(".nulls", "[TEXT]", Argument::None, "what stands for null in tables", Action::Nulls),
    command(".once", "FILE", Argument::Path, "write the next results to a file", Action::Once),
    command(
        ".output",
        "[FILE]",
        Argument::Path,
        "write results to a file; without one, to the screen again",
        Action::Output,
    ),
    command(".print", "[TEXT]", Argument::None, "say something", Action::Print),
    command(".quit", "", Argument::None, "leave", Action::Exit),
    command(".read", "FILE", Argument::Path, "run the statements and commands in a file", Action::Read),
    command(".save", "FILE", Argument::Path, "run the last statement again, into a file", Action::Save),
    command(
        ".schema",
        "[TABLE or 'GLOB']",
        Argument::Table,
        "columns and types; without a table, of all views",
        Action::Schema,
    ),
    command(
        ".set",
        "NAME VALUE",
        Argument::OneOf(SETTINGS),
        "change a setting, also of the engine",
        Action::Set,
    ),
    command(
        ".shell",
        "COMMAND",
        Argument::None,
        "run a command of the system's shell; also !COMMAND",
        Action::Shell,
    ),
    command(".show", "", Argument::None, "show the settings", Action::Show),
    command(
        ".sniff",
        "'GLOB'",
        Argument::Table,
        "tell how files are written, as the call that reads them",
        Action::Sniff,
    ),
    command(".tables", "", Argument::None, "list tables and views", Action::Tables),
    command(".timer", "[on|off]", Argument::OneOf(ON_OFF), "show how long results took", Action::Timer),
    command(".width", "[N]", Argument::None, "how wide tables may be, 0 for all they take", Action::Width),
];

/// Splits a line into its command and what stands behind it.
///
/// # Errors
/// There is no such command.
pub fn parse(line: &str) -> Result<(&'static Command, &str), Report> {
    if let Some((name, meaning, rest)) = meant(line) {
        let command = match meaning {
            Meaning::Command(command) => command,
            Meaning::Either(alone, _) if rest.is_empty() => alone,
            Meaning::Either(_, with) => with,
            Meaning::Instead(hint) => {
                return Err(Report::with_hint(format!("there is no command {name}"), hint));
            }
        };
        return Ok((find(command)?, rest));
    }
    let line = line.trim().trim_end_matches(';').trim_end();
    let (name, rest) = match line.strip_prefix('!') {
        Some(rest) => (".shell", rest),
        None => line.split_once(char::is_whitespace).unwrap_or((line, "")),
    };
    Ok((find(name)?, rest.trim()))
}

/// The command of this name, or the only one that begins with it.
pub fn find(name: &str) -> Result<&'static Command, Report> {
    if let Some(found) = COMMANDS.iter().find(|command| command.name == name) {
        return Ok(found);
    }
    let mut beginning = COMMANDS.iter().filter(|command| command.name.starts_with(name) && name.len() > 1);
    if let (Some(only), None) = (beginning.next(), beginning.next()) {
        return Ok(only);
    }
    let hint = match swath::nearest(name, COMMANDS.iter().map(|command| command.name)) {
        Some(near) => format!("did you mean {near}?"),
        None => ".help shows what there is".to_owned(),
    };
    Err(Report::with_hint(format!("there is no command {name}"), hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found() {
        let action = |line| parse(line).map(|(command, rest)| (command.action, rest.to_owned()));
        assert_eq!(action(".mode csv;").unwrap(), (Action::Mode, "csv".into()));
        assert_eq!(action(" !ls -l").unwrap(), (Action::Shell, "ls -l".into()));
        assert_eq!(action(".tab").unwrap(), (Action::Tables, String::new()));
        assert_eq!(action(".tabels").unwrap_err().hint.unwrap(), "did you mean .tables?");
        assert_eq!(action("Quit;").unwrap().0, Action::Exit);
        assert_eq!(action("\\?").unwrap().0, Action::Help);
        assert_eq!(action("\\d").unwrap().0, Action::Tables);
        assert_eq!(action("\\d air;").unwrap(), (Action::Schema, "air".into()));
        assert_eq!(action(".nullvalue -").unwrap(), (Action::Nulls, "-".into()));
        assert_eq!(action(".headers on").unwrap_err().message, "there is no command .headers");
        assert_eq!(action("\\zz").unwrap_err().message, "there is no command \\zz");
        assert_eq!(action(".s").unwrap_err().message, "there is no command .s");
    }

    #[test]
    fn commands_are_sorted_and_explained() {
        assert!(COMMANDS.is_sorted_by_key(|command| command.name));
        assert!(COMMANDS.iter().all(|command| command.help.len() < 75));
    }
}
