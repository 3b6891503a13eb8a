//! How far a query is, as a line on a terminal that is gone when there is something to read.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use swath::units::{bytes, count, time};
use swath::{Progress, ProgressWatch, Session};

use crate::format::text::shorten;
use crate::style;

/// What ends sooner needs no line.
const QUIET: Duration = Duration::from_millis(500);
/// How often the line is drawn.
const EVERY: Duration = Duration::from_millis(100);
/// Characters of the bar.
const BAR_WIDTH: usize = 20;

/// The line on the terminal. One for the process, like the terminal itself.
static LINE: Mutex<Line> = Mutex::new(Line { is_shown: false, is_paused: false });

struct Line {
    is_shown: bool,
    /// Results are on their way to the terminal.
    is_paused: bool,
}

impl Line {
    fn lock() -> MutexGuard<'static, Self> {
        LINE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draw(&mut self, text: &str) {
        if !self.is_paused {
            self.is_shown = true;
            let _ = write!(io::stderr(), "\r{text}\x1b[K");
        }
    }

    fn erase(&mut self) {
        if std::mem::take(&mut self.is_shown) {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

/// The line goes, before something else is written to the terminal; it may come back behind that.
pub fn erase() {
    Line::lock().erase();
}

/// Results are on their way to standard output. Unless that is a file, the line goes, and stays away until [`resume`]:
/// whoever reads a pipe, as `head`, may write to the same terminal.
pub fn results_begin() {
    static ARE_SEEN: LazyLock<bool> = LazyLock::new(|| !is_file(io::stdout()));
    if *ARE_SEEN {
        let mut line = Line::lock();
        line.is_paused = true;
        line.erase();
    }
}

/// Whether what is written there goes to a file.
fn is_file(out: impl AsFd) -> bool {
    let Ok(owned) = out.as_fd().try_clone_to_owned() else { return false };
    let metadata = File::from(owned).metadata();
    metadata.is_ok_and(|out| out.is_file())
}

/// The line may come back: results are whole.
pub fn resume() {
    Line::lock().is_paused = false;
}

/// Shows how far the queries of a session are, while it is not dropped.
pub struct Bar {
    watch: Option<ProgressWatch>,
}

impl Bar {
    /// Begins, if there is a person who can see it.
    pub fn begin(session: &Session) -> Self {
        if !io::stderr().is_terminal() || style::is_dumb() {
            return Self { watch: None };
        }
        resume();
        let draw = |progress: &Progress| {
            if progress.elapsed >= QUIET {
                Line::lock().draw(&shorten(&text(progress), width().saturating_sub(1)));
            }
        };
        // Without a thread there is no bar.
        Self { watch: session.watch_progress(EVERY, draw).ok() }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        drop(self.watch.take());
        erase();
    }
}

fn width() -> usize {
    terminal_size::terminal_size_of(io::stderr()).map_or(80, |(width, _)| width.0.into())
}

/// `[████      ]  42 %  1.2 GB of 2.9 GB, 12,345,678 rows, 310 MB/s, 5.12 s left, spilled 1.0 GB`.
fn text(progress: &Progress) -> String {
    let mut text = String::new();
    let mut parts = Vec::new();
    match progress.fraction() {
        Some(fraction) => {
            let full = (fraction * BAR_WIDTH as f64) as usize;
            let (full, empty) = ("█".repeat(full), " ".repeat(BAR_WIDTH - full));
            text = format!("[{full}{empty}] {:3.0} %  ", (fraction * 100.0).floor());
            parts.push(format!("{} of {}", bytes(progress.read_bytes), bytes(progress.total_bytes)));
        }
        // Nothing is read, or it has no end that is known.
        None => parts.push(time(
            progress.elapsed - Duration::from_nanos((progress.elapsed.subsec_nanos() % 100_000_000).into()),
        )),
    }
    if progress.rows > 0 {
        parts.push(format!("{} rows", count(progress.rows)));
    }
    let seconds = progress.elapsed.as_secs_f64();
    if progress.read_bytes > 0 && seconds > 0.0 {
        parts.push(format!("{}/s", bytes((progress.read_bytes as f64 / seconds) as u64)));
    }
    if let Some(remaining) = progress.remaining().filter(|remaining| !remaining.is_zero()) {
        // Whole seconds: it is no more than about right.
        parts.push(format!("{} left", whole_seconds(remaining)));
    }
    if progress.spilled_bytes > 0 {
        parts.push(format!("spilled {}", bytes(progress.spilled_bytes)));
    }
    text + &parts.join(", ")
}

fn whole_seconds(time: Duration) -> String {
    match time.as_secs() + 1 {
        seconds if seconds < 120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_from_pipes() {
        assert!(is_file(tempfile::tempfile().unwrap()));
        assert!(!is_file(io::pipe().unwrap().1));
    }

    #[test]
    fn the_line_tells_what_is_known() {
        let mut progress = Progress::default();
        progress.elapsed = Duration::from_secs(4);
        assert_eq!(text(&progress), "4.00 s");
        progress.elapsed = Duration::from_millis(567);
        assert_eq!(text(&progress), "500.0 ms");
        progress.elapsed = Duration::from_secs(4);
        (progress.read_bytes, progress.total_bytes, progress.rows) = (250_000_000, 1_000_000_000, 1_234_567);
        assert_eq!(
            text(&progress),
            "[█████               ]  25 %  250.0 MB of 1.0 GB, 1,234,567 rows, 62.5 MB/s, 13 s left"
        );
        (progress.read_bytes, progress.spilled_bytes) = (1_000_000_000, 5000);
        assert!(
            text(&progress)
                .ends_with("] 100 %  1.0 GB of 1.0 GB, 1,234,567 rows, 250.0 MB/s, spilled 5.0 kB")
        );
    }
}
