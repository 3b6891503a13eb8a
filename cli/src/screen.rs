//! The terminal: its size, and a pager for what is longer.

use std::env;
use std::io::{self, Write};
use std::process::{Child, Command, Stdio};

use crate::interrupt::Guest;
use crate::progress;

/// The width when the terminal does not tell it.
const USUAL_WIDTH: usize = 80;
/// The height when the terminal does not tell it.
const USUAL_HEIGHT: usize = 24;

/// Characters in a line.
pub fn width() -> usize {
    terminal_size::terminal_size().map_or(USUAL_WIDTH, |(width, _)| width.0.into())
}

fn height() -> usize {
    terminal_size::terminal_size().map_or(USUAL_HEIGHT, |(_, height)| height.0.into())
}

/// Writes to the terminal; what is longer than the screen goes through a pager, which starts when there is
/// too much.
#[derive(Default)]
pub struct Screen {
    held: Vec<u8>,
    pager: Option<(Child, Guest)>,
    /// There is no pager, or it could not be started.
    plain: bool,
}

impl Screen {
    /// Starts the pager, or remembers that there is none.
    fn start_pager(&mut self) -> io::Result<()> {
        match pager() {
            Some(mut command) => match command.stdin(Stdio::piped()).spawn() {
                Ok(child) => self.pager = Some((child, Guest::new())),
                Err(_) => self.plain = true,
            },
            None => self.plain = true,
        }
        let held = std::mem::take(&mut self.held);
        self.pass_on(&held)
    }

    fn pass_on(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !bytes.is_empty() {
            progress::results_begin();
        }
        match self.pager.as_mut().and_then(|(pager, _)| pager.stdin.as_mut()) {
            Some(stdin) => match stdin.write_all(bytes) {
                // Whoever leaves the pager has seen enough.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(error),
                result => result,
            },
            None => io::stdout().write_all(bytes),
        }
    }

    /// Drops what is held, if nothing has been shown yet; whether that is so.
    pub fn forget(&mut self) -> bool {
        let is_hidden = self.pager.is_none() && !self.plain;
        if is_hidden {
            self.held.clear();
        }
        is_hidden
    }

    /// Ends a result: shows what is held, or waits until the pager is left.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn end(&mut self) -> io::Result<()> {
        let held = std::mem::take(&mut self.held);
        self.pass_on(&held)?;
        if let Some((mut pager, _guest)) = self.pager.take() {
            drop(pager.stdin.take());
            pager.wait()?;
        }
        io::stdout().flush()
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.plain || self.pager.is_some() {
            self.pass_on(bytes)?;
            return Ok(bytes.len());
        }
        self.held.extend_from_slice(bytes);
        // One line stays free for the prompt.
        if self.held.iter().filter(|byte| **byte == b'\n').count() >= height() {
            self.start_pager()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // After an error: the pager must not be left behind on the terminal.
        let _ = self.end();
    }
}

/// The pager that was asked for; an empty name means none.
fn pager() -> Option<Command> {
    let wanted = env::var("SWATH_PAGER").or_else(|_| env::var("PAGER")).unwrap_or_else(|_| "less".into());
    let mut words = wanted.split_whitespace();
    let mut command = Command::new(words.next()?);
    command.args(words);
    if env::var_os("LESS").is_none() {
        // Colours as they are, no folded lines, and the table stays on the screen afterwards.
        command.env("LESS", "FRSX");
    }
    Some(command)
}
