//! What the commands of the shell do.

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process;

use clap::ValueEnum;
use swath::arrow::array::{Array, RecordBatch};
use swath::formats::Cells;

use super::command::{Action, COMMANDS, Command, SETTINGS, find};
use super::editor::is_command;
use super::{Next, Output, Shell};
use crate::display::FormatArg;
use crate::exit_codes::DONE;
use crate::explain;
use crate::format::text::{width, wrapped};
use crate::interrupt::Guest;
use crate::report::{self, Report};
use crate::run::cannot_write;
use crate::screen;
use crate::sink::Target;
use crate::style::{Style, Tone, When};

/// What commands return that have nothing to say to the shell.
const GO_ON: Result<Next, Report> = Ok(Next::GoOn);
/// How many files may read each other, one from the other.
const MOST_FILES: usize = 16;

impl Shell {
    /// Runs a command.
    pub(super) fn act(&mut self, command: &Command, rest: &str) -> Result<Next, Report> {
        match command.action {
            Action::Exit => return Ok(Next::Leave),
            Action::Help => return help(rest),
            Action::Cd => change_folder(&path_of(needed(command, rest)?))?,
            Action::Shell => run_command(needed(command, rest)?)?,
            Action::Clear => self.editor.clear_screen().unwrap_or_default(),
            Action::Print => println!("{rest}"),
            Action::Read => return self.read(&path_of(needed(command, rest)?)),
            Action::Tables => self.tables()?,
            Action::Schema => self.schema(rest)?,
            Action::Sniff => self.sniff(&unquoted(needed(command, rest)?))?,
            Action::Explain => self.explain(rest)?,
            Action::Graph => self.graph(command, rest)?,
            Action::Output => self.set_output(&path_of(rest), false)?,
            Action::Once => self.set_output(&path_of(needed(command, rest)?), true)?,
            Action::Save => self.save(&path_of(needed(command, rest)?))?,
            Action::History => self.show_history(command, rest)?,
            Action::Show => self.show(),
            Action::Set => self.set(command, rest)?,
            Action::Mode => self.setting(command, "mode", rest)?,
            Action::MaxRows => self.setting(command, "maxrows", rest)?,
            Action::Width => self.setting(command, "width", rest)?,
            Action::Nulls => self.setting(command, "nulls", rest)?,
            Action::Timer => self.setting(command, "timer", rest)?,
        }
        GO_ON
    }

    /// Shows a setting, or changes it.
    fn setting(&mut self, command: &Command, name: &str, value: &str) -> Result<(), Report> {
        if value.is_empty() {
            println!("{}", self.value_of(name));
            return Ok(());
        }
        self.change(command, name, value)
    }

    fn change(&mut self, command: &Command, name: &str, value: &str) -> Result<(), Report> {
        let wrong = |expected: &str| {
            Report::with_hint(format!("{name}: expected {expected}, found \"{value}\""), usage(command))
        };
        let number = || value.parse::<usize>().map_err(|_| wrong("a number"));
        let switch = || match value {
            "on" | "true" | "yes" => Ok(true),
            "off" | "false" | "no" => Ok(false),
            _ => Err(wrong("on or off")),
        };
        match name {
            "maxrows" => self.display.max_rows = if value == "all" { 0 } else { number()? },
            "width" => self.display.width = if value == "auto" { None } else { Some(number()?) },
            "nulls" => self.display.nulls = unquoted(value),
            "timer" => self.display.timer = switch()?,
            "pager" => self.display.pager = if switch()? { When::Auto } else { When::Never },
            "mode" => {
                self.display.format = FormatArg::from_str(value, true).map_err(|_| {
                    let names: Vec<String> = FormatArg::value_variants().iter().map(name_of).collect();
                    let hint = match swath::nearest(value, names.iter().map(String::as_str)) {
                        Some(near) => format!("did you mean {near}?"),
                        None => format!("there are {}", names.join(", ")),
                    };
                    Report::with_hint(format!("there is no mode \"{value}\""), hint)
                })?;
            }
            _ => {
                let text = unquoted(value).replace('\'', "''");
                self.collect(&format!("SET {name} = '{text}'"))?;
            }
        }
        Ok(())
    }

    fn value_of(&self, name: &str) -> String {
        let switch = |on| if on { "on" } else { "off" }.to_owned();
        match name {
            "mode" if self.display.format == FormatArg::Auto => "table".into(),
            "mode" => name_of(&self.display.format),
            "maxrows" => self.display.max_rows.to_string(),
            "width" => self.display.width.map_or("auto".into(), |width| width.to_string()),
            "nulls" => self.display.nulls.clone(),
            "timer" => switch(self.display.timer),
            "pager" => switch(self.display.pages()),
            name => {
                let rows = self.collect(&format!("SHOW {name}")).unwrap_or_default();
                texts(&rows, rows.first().map_or(0, |batch| batch.num_columns().saturating_sub(1))).join(", ")
            }
        }
    }

    fn set(&mut self, command: &Command, rest: &str) -> Result<(), Report> {
        let (name, value) = rest.split_once([' ', '=']).map_or((rest, ""), |(name, value)| (name, value));
        let value = value.trim_start_matches([' ', '=']).trim();
        if name.is_empty() || value.is_empty() {
            return Err(Report::with_hint(".set: expected a name and a value", usage(command)));
        }
        self.change(command, name, value)
    }

    fn show(&self) {
        for name in SETTINGS {
            let value = self.value_of(name);
            // What this engine does not have is not shown.
            if !value.is_empty() {
                println!("{name:>12} = {value}");
            }
        }
        let output =
            self.output.as_ref().map_or("the screen".into(), |output| output.path.display().to_string());
        println!("{:>12} = {output}", "output");
    }

    /// The rows of a statement of our own.
    fn collect(&self, sql: &str) -> Result<Vec<RecordBatch>, Report> {
        match self.wait_for(self.session.collect(sql)) {
            Some(rows) => Ok(rows?),
            None => Ok(Vec::new()),
        }
    }

    /// The names of tables and views.
    fn table_names(&self) -> Result<Vec<String>, Report> {
        let mut names = texts(&self.collect("SHOW TABLES")?, 0);
        names.extend(self.views.waiting());
        names.sort_unstable();
        Ok(names)
    }

    fn tables(&self) -> Result<(), Report> {
        let names = self.table_names()?;
        if names.is_empty() {
            println!("no tables: CREATE VIEW name AS SELECT * FROM 'data/*.csv.gz'; makes one");
        }
        for name in names {
            println!("{name}");
        }
        Ok(())
    }

    fn schema(&mut self, rest: &str) -> Result<(), Report> {
        if !rest.is_empty() {
            // A path needs no quotes here.
            let path = !rest.contains(['\'', '"', '(']) && rest.contains(['/', '.', '*']);
            let table = if path { format!("'{rest}'") } else { rest.to_owned() };
            self.describe(&table);
            return Ok(());
        }
        for name in self.table_names()? {
            println!("{}", Style::stdout().paint(Tone::Bold, &name));
            self.describe(&format!("\"{}\"", name.replace('"', "\"\"")));
        }
        Ok(())
    }

    fn describe(&mut self, table: &str) {
        let mode = self.display.format;
        // Columns and types are no chart, and short.
        if matches!(mode, FormatArg::Chart | FormatArg::Svg | FormatArg::Line) {
            self.display.format = FormatArg::Table;
        }
        self.run_text(&format!("DESCRIBE {table};"));
        self.display.format = mode;
    }

    fn sniff(&self, path: &str) -> Result<(), Report> {
        let call = self.session.sniff(path)?;
        println!("{call}");
        report::notes(&self.session.take_notes());
        Ok(())
    }

    fn read(&mut self, path: &str) -> Result<Next, Report> {
        let text = fs::read_to_string(path).map_err(|error| {
            Report::with_hint(
                format!("{path}: cannot read the statements: {error}"),
                "the file must hold SQL in UTF-8",
            )
        })?;
        if self.reading == MOST_FILES {
            let hint = "a file reads itself, it seems: see its .read";
            return Err(Report::with_hint(
                format!("{path}: more than {MOST_FILES} files read each other"),
                hint,
            ));
        }
        self.reading += 1;
        let next = self.run_script(&text);
        self.reading -= 1;
        Ok(next)
    }

    /// Runs what a file holds: statements together up to a command, which stands on a line of its own.
    fn run_script(&mut self, text: &str) -> Next {
        let mut statements = String::new();
        for line in text.split_inclusive('\n') {
            if !is_command(line) || !swath::is_whole(&statements) {
                statements.push_str(line);
                continue;
            }
            self.run_part(&mut statements);
            if self.answer(line) == Next::Leave {
                return Next::Leave;
            }
        }
        self.run_part(&mut statements);
        Next::GoOn
    }

    fn run_part(&mut self, statements: &mut String) {
        let statements = std::mem::take(statements);
        if !statements.trim().is_empty() {
            self.run_text(&statements);
            self.last = Some(statements);
        }
    }

    /// The given statements, or the last ones.
    fn statements(&self, rest: &str) -> Result<String, Report> {
        if !rest.is_empty() {
            return Ok(rest.to_owned());
        }
        let none = || Report::with_hint("there was no statement yet", "write it behind the command");
        self.last.clone().ok_or_else(none)
    }

    fn explained(&self, rest: &str) -> Result<Option<swath::Explanation>, Report> {
        let texts = [self.statements(rest)?];
        self.wait_for(async {
            self.views.make_for(&self.session, &texts[0]).await?;
            explain::explain(&self.session, &texts, false).await
        })
        .transpose()
    }

    fn explain(&self, rest: &str) -> Result<(), Report> {
        if let Some(explanation) = self.explained(rest)? {
            println!("{explanation}");
        }
        Ok(())
    }

    fn graph(&self, command: &Command, rest: &str) -> Result<(), Report> {
        let (file, sql) = rest.split_once(' ').unwrap_or((rest, ""));
        let graph = explain::graph_of(Some(PathBuf::from(path_of(needed(command, file)?))))?;
        if let Some(explanation) = self.explained(sql.trim())? {
            explain::draw(&explanation, &graph)?;
        }
        Ok(())
    }

    fn set_output(&mut self, path: &str, once: bool) -> Result<(), Report> {
        self.end_output();
        if ["", "-", "stdout"].contains(&path) {
            return Ok(());
        }
        let target = Target::results(path.into());
        if self.display.format_for(Some(Path::new(path)))?.holds_one_result() && !once {
            return Err(Report::with_hint(
                "such a file holds one result",
                format!("write the last one with .save {path}, or the next one with .once {path}"),
            ));
        }
        let sink = target.open_for(&self.session).map_err(|error| cannot_write(&target, &error))?;
        self.output = Some(Output { path: path.into(), sink, once });
        Ok(())
    }

    fn save(&mut self, path: &str) -> Result<(), Report> {
        let text = self.statements("")?;
        let last = swath::statement_ranges(&text).pop().map_or("", |range| &text[range]);
        let target = Target::results(path.into());
        let mut sink = target.open_for(&self.session).map_err(|error| cannot_write(&target, &error))?;
        if self.run_by_name(last, &target, &mut sink)? == DONE {
            sink.finish().map_err(|error| cannot_write(&target, &error))?;
        }
        Ok(())
    }

    fn show_history(&self, command: &Command, rest: &str) -> Result<(), Report> {
        let lines = self.history();
        let most = match rest {
            "" => lines.len(),
            number => number
                .parse()
                .map_err(|_| Report::with_hint(".history: expected a number", usage(command)))?,
        };
        for line in &lines[lines.len().saturating_sub(most)..] {
            println!("{line}");
        }
        Ok(())
    }
}

/// The texts of a column, nulls left out.
fn texts(rows: &[RecordBatch], column: usize) -> Vec<String> {
    let mut texts = Vec::new();
    for batch in rows.iter().filter(|batch| column < batch.num_columns()) {
        let Ok(mut cells) = Cells::new(batch) else { continue };
        for row in 0..batch.num_rows() {
            if !batch.column(column).is_null(row) {
                texts.extend(cells.text(column, row).map(str::to_owned));
            }
        }
    }
    texts
}

/// What stands under the list of commands.
const KEYS: &str = "\
Tab completes, also columns of the files that a statement names; Ctrl-R searches the history;
Ctrl-C drops the line or stops the query. Statements typed together share one read.";

fn help(rest: &str) -> Result<Next, Report> {
    let style = Style::stdout();
    let one;
    let commands: &[&Command] = match rest {
        "" => &COMMANDS.iter().collect::<Vec<_>>(),
        name => {
            let dotted = if name.starts_with('.') { name.to_owned() } else { format!(".{name}") };
            one = [find(&dotted)?];
            &one
        }
    };
    let called = |command: &Command| format!("{} {}", command.name, command.usage);
    let widest = commands.iter().map(|command| width(&called(command))).max().unwrap_or(0);
    let margin = " ".repeat(widest + 2);
    for command in commands {
        let padding = " ".repeat(widest - width(&called(command)));
        let usage = style.paint(Tone::Dim, command.usage);
        let help = wrapped(command.help, margin.len(), &margin, screen::width());
        println!("{} {usage}{padding}  {help}", style.paint(Tone::Bold, command.name));
    }
    if rest.is_empty() {
        println!("\n{}", wrapped(KEYS, 0, "", screen::width()));
    }
    Ok(Next::GoOn)
}

fn usage(command: &Command) -> String {
    format!("write {} {}: {}", command.name, command.usage, command.help)
}

/// What stands behind a command that needs it.
fn needed<'a>(command: &Command, rest: &'a str) -> Result<&'a str, Report> {
    let nothing =
        || Report::with_hint(format!("{}: expected {}", command.name, command.usage), usage(command));
    if rest.is_empty() { Err(nothing()) } else { Ok(rest) }
}

fn name_of(format: &FormatArg) -> String {
    format.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// A text without the quotes around it, if there are any.
fn unquoted(text: &str) -> String {
    for quote in ['\'', '"'] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote)) {
            return inner.replace(&format!("{quote}{quote}"), &quote.to_string());
        }
    }
    text.to_owned()
}

/// A path as it is typed, with quotes around it or none, and from the user's home if it begins so.
fn path_of(text: &str) -> String {
    swath::from_home(&unquoted(text)).into_owned()
}

fn change_folder(folder: &str) -> Result<(), Report> {
    env::set_current_dir(folder).map_err(|error| {
        Report::with_hint(format!("{folder}: cannot change to this folder: {error}"), "check the path")
    })
}

fn run_command(line: &str) -> Result<(), Report> {
    let _ = std::io::stdout().flush();
    let _guest = Guest::new();
    let status = process::Command::new("sh").args(["-c", line]).status().map_err(|error| {
        Report::with_hint(format!("cannot run the system's shell: {error}"), "sh must be in PATH")
    })?;
    match status.code() {
        Some(0) => Ok(()),
        Some(code) => {
            eprintln!("exit status {code}");
            Ok(())
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_taken_off() {
        for (text, plain) in
            [("a b", "a b"), ("'a b'", "a b"), ("\"x\"", "x"), ("'it''s'", "it's"), ("'", "'")]
        {
            assert_eq!(unquoted(text), plain);
        }
    }
}
