//! The time that a command may take which reads files without queries. Of queries, the session keeps the time.

use std::thread;

use crate::exit_codes::TIMED_OUT;
use crate::interrupt;
use crate::report::{self, Report};

/// How long a command may take.
#[derive(Debug, clap::Args)]
pub struct TimeArgs {
    /// How long it may take, as 500ms, 30s, 5m or 2h [default: no limit]
    #[arg(long, value_name = "DURATION")]
    timeout: Option<String>,
}

impl TimeArgs {
    /// Ends the program when the time is over, wherever it is then, and leaves nothing behind.
    ///
    /// # Errors
    /// The text is no duration, or the operating system gives no thread.
    pub fn begin(&self) -> Result<(), Report> {
        let Some(text) = &self.timeout else { return Ok(()) };
        let Some(limit) = swath::parse_duration("--timeout", text)? else { return Ok(()) };
        let end = move || {
            thread::sleep(limit);
            let message = format!("the command took longer than it may, {limit:?}");
            report::error(&Report::with_hint(message, "give it more time: --timeout 10m"));
            interrupt::end(TIMED_OUT, None);
        };
        let failed = |error| {
            let hint = "raise the limit on processes (ulimit -u)";
            Report::with_hint(format!("cannot keep the time limit: {error}"), hint)
        };
        thread::Builder::new().name("swath-deadline".into()).spawn(end).map_err(failed)?;
        Ok(())
    }
}
