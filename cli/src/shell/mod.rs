//! The shell: statements and commands typed on a terminal, answered one after the other.

mod act;
mod command;
mod editor;
mod habits;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Instant;

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{ColorMode, CompletionType, Config, Editor};
use swath::Session;
use tokio::runtime::Runtime;

use crate::config::user_folder;
use crate::display::{DisplayArgs, FormatArg};
use crate::exit_codes::{DONE, FAILED, INTERRUPTED};
use crate::interrupt;
use crate::progress;
use crate::report::{self, Report};
use crate::reporting::ReportingArgs;
use crate::run::{self, Runner, cannot_write};
use crate::sink::{Sink, Target};
use crate::style::{Style, Tone};
use crate::views::Views;
use editor::{Helper, is_command};

/// Lines of history that are kept.
const HISTORY_LINES: usize = 10_000;

/// Whether there is a person who could type.
pub fn is_wanted() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// A shell on a terminal.
pub struct Shell {
    session: Session,
    views: Views,
    display: DisplayArgs,
    reporting: ReportingArgs,
    /// Where results go, if not to the screen.
    output: Option<Output>,
    /// The statements that ran last.
    last: Option<String>,
    /// How many files with commands are being read, one of them from another.
    reading: usize,
    runtime: Runtime,
    editor: Editor<Helper, FileHistory>,
    history_file: Option<PathBuf>,
}

/// A file that results go to until it is ended.
struct Output {
    path: PathBuf,
    sink: Sink,
    /// It is ended by the next statements, which are those of one line.
    once: bool,
}

/// What comes after a line.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    GoOn,
    Leave,
}

/// Runs a shell until it is left, and returns the exit code.
pub fn run(session: Session, views: Views, display: DisplayArgs, reporting: ReportingArgs) -> u8 {
    match Shell::new(session, views, display, reporting) {
        Ok(mut shell) => shell.run(),
        Err(report) => {
            report::error(&report);
            FAILED
        }
    }
}

impl Shell {
    fn new(
        session: Session,
        views: Views,
        display: DisplayArgs,
        reporting: ReportingArgs,
    ) -> Result<Self, Report> {
        let terminal = |error: ReadlineError| {
            Report::with_hint(
                format!("cannot use the terminal: {error}"),
                "give statements on the command line: swath \"SELECT …\"",
            )
        };
        let style = Style::stdout();
        let config = Config::builder()
            .history_ignore_space(true)
            .max_history_size(HISTORY_LINES)
            .map_err(terminal)?
            .completion_type(CompletionType::List)
            .color_mode(if style.is_on() { ColorMode::Forced } else { ColorMode::Disabled })
            .build();
        let mut editor = Editor::with_config(config).map_err(terminal)?;
        let history_file = history_file();
        if let Some(path) = &history_file {
            // There is none at the first time.
            let _ = editor.load_history(path);
        }
        let names = views.waiting();
        editor.set_helper(Some(Helper { session: session.clone(), views: names, style }));
        let runtime = run::waiting_runtime()?;
        let (output, last, reading) = (None, None, 0);
        Ok(Self { session, views, display, reporting, output, last, reading, runtime, editor, history_file })
    }

    fn run(&mut self) -> u8 {
        let style = Style::stdout();
        println!("{} {}", style.paint(Tone::Bold, "Swath"), env!("CARGO_PKG_VERSION"));
        println!("{}", style.paint(Tone::Dim, "Statements end with ; .help lists commands, Ctrl-D leaves."));
        let code = loop {
            match self.editor.readline("swath> ") {
                Ok(line) if line.trim().is_empty() => {}
                Ok(line) => {
                    interrupt::forget();
                    self.remember(&line);
                    if self.answer(&line) == Next::Leave {
                        break DONE;
                    }
                }
                // Ctrl-C drops the line.
                Err(ReadlineError::Interrupted) => {}
                Err(ReadlineError::Eof) => break DONE,
                Err(error) => {
                    report::error(&Report::with_hint(format!("cannot read the line: {error}"), "try again"));
                    break FAILED;
                }
            }
        };
        self.end_output();
        code
    }

    /// Answers one line, which may hold several statements.
    fn answer(&mut self, line: &str) -> Next {
        if is_command(line) {
            return match command::parse(line).and_then(|(command, rest)| self.act(command, rest)) {
                Ok(next) => next,
                Err(report) => {
                    report::error(&report);
                    Next::GoOn
                }
            };
        }
        self.last = Some(line.to_owned());
        self.run_text(line);
        Next::GoOn
    }

    /// Runs statements, to the screen or to the output file.
    fn run_text(&mut self, text: &str) {
        let code = match self.output.take() {
            Some(mut output) => {
                let target = Target::results(output.path.clone());
                let code = match output.once {
                    true => self.run_by_name(text, &target, &mut output.sink),
                    false => self.run_into(text, &target, &mut output.sink),
                };
                match (output.once, &code) {
                    (false, _) => self.output = Some(output),
                    (true, Ok(DONE)) => end(output),
                    // What is not whole does not appear.
                    (true, _) => {}
                }
                code
            }
            None => {
                let target = if self.display.pages() { Target::Screen } else { Target::Stdout };
                match target.open() {
                    Ok(mut sink) => self.run_into(text, &target, &mut sink),
                    Err(error) => Err(cannot_write(&target, &error)),
                }
            }
        };
        if let Err(report) = code {
            report::error(&report);
        }
    }

    /// Runs statements, and returns the exit code that they would have.
    fn run_into(&self, text: &str, target: &Target, sink: &mut Sink) -> Result<u8, Report> {
        let format = self.display.format_for(target.path())?;
        let runner = Runner { session: &self.session, views: &self.views, target, format: &format };
        let texts = [text.to_owned()];
        let began = Instant::now();
        let code = self.wait_for(runner.run(&texts, sink)).unwrap_or(INTERRUPTED);
        report::notes(&self.session.take_notes());
        if let Err(report) = self.reporting.tell(&self.session, began) {
            report::error(&report);
        }
        Ok(code)
    }

    /// The same into a file whose name tells the format, whatever the screen has.
    fn run_by_name(&mut self, text: &str, target: &Target, sink: &mut Sink) -> Result<u8, Report> {
        let screen = std::mem::replace(&mut self.display.format, FormatArg::Auto);
        let code = self.run_into(text, target, sink);
        self.display.format = screen;
        code
    }

    /// Waits for work, or for an interrupt, which drops it and is told.
    fn wait_for<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let _bar = self.reporting.begin_bar(&self.session);
        self.runtime.block_on(async {
            tokio::select! {
                done = work => Some(done),
                () = interrupt::told() => {
                    progress::erase();
                    eprintln!("\n{}", Style::stderr().paint(Tone::Cyan, "interrupted"));
                    None
                }
            }
        })
    }

    /// Keeps a line in the history, and in its file at once: a shell that is killed loses nothing.
    fn remember(&mut self, line: &str) {
        let Ok(true) = self.editor.add_history_entry(line) else { return };
        let Some(path) = &self.history_file else { return };
        let saved = self.editor.append_history(path);
        if saved.is_err() {
            report::notes(&[format!("{}: the history is not kept", path.display())]);
            self.history_file = None;
        }
    }

    /// Gives the output file its name, if there is one.
    fn end_output(&mut self) {
        if let Some(output) = self.output.take() {
            end(output);
        }
    }

    /// The lines of the history.
    fn history(&self) -> Vec<String> {
        self.editor.history().iter().cloned().collect()
    }
}

/// Gives a file its name.
fn end(Output { path, sink, .. }: Output) {
    if let Err(error) = sink.finish() {
        report::error(&cannot_write(&Target::File(path), &error));
    }
}

/// Where the history is kept; its folder is made.
fn history_file() -> Option<PathBuf> {
    let folder = user_folder("XDG_STATE_HOME", ".local/state")?;
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("history"))
}
