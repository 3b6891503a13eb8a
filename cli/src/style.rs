//! Colours of the terminal, where they are wanted: not in pipes, not with `NO_COLOR` or `TERM=dumb`.

use std::env;
use std::io::{self, IsTerminal};
use std::sync::OnceLock;

use clap::ValueEnum;

/// When something is done that only makes sense before a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum When {
    /// On a terminal.
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

/// What was asked for on the command line. One for the process, like the terminal itself.
static COLOR: OnceLock<When> = OnceLock::new();

/// Says when there are colours; the first call counts.
pub fn set_color(when: When) {
    let _ = COLOR.set(when);
}

/// How a text is set off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Names, and what is wrong.
    Bold,
    /// What is beside the point: frames, types, nulls, hints while typing.
    Dim,
    /// Errors.
    Red,
    /// Texts in quotes.
    Green,
    /// Numbers.
    Yellow,
    /// Keywords.
    Blue,
    /// Hints.
    Cyan,
}

/// Whether texts get colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    on: bool,
}

impl Style {
    /// No colours.
    pub const PLAIN: Self = Self { on: false };

    /// The style of results.
    pub fn stdout() -> Self {
        Self { on: wanted(io::stdout().is_terminal()) }
    }

    /// The style of messages.
    pub fn stderr() -> Self {
        Self { on: wanted(io::stderr().is_terminal()) }
    }

    /// Whether there are colours.
    pub fn is_on(self) -> bool {
        self.on
    }

    /// The text in a tone.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        if !self.on || text.is_empty() {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Bold => "1",
            Tone::Dim => "2",
            Tone::Red => "1;31",
            Tone::Green => "32",
            Tone::Yellow => "33",
            Tone::Blue => "1;34",
            Tone::Cyan => "36",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

fn wanted(terminal: bool) -> bool {
    let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    match COLOR.get().copied().unwrap_or_default() {
        When::Always => true,
        When::Never => false,
        When::Auto => terminal && !set("NO_COLOR") && !is_dumb(),
    }
}

/// Whether the terminal can do nothing but print.
pub fn is_dumb() -> bool {
    env::var_os("TERM").is_some_and(|term| term == "dumb")
}
