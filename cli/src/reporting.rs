//! What is told of a run beside its results: how far it is, what it took, and when what was done.

use std::path::PathBuf;
use std::time::Instant;

use swath::units::{bytes, counted, time};
use swath::{ExplainedPass, Session};

use crate::commands::write_text;
use crate::progress::{self, Bar};
use crate::report::Report;
use crate::sink::Target;

/// Passes that are told of one by one.
const SHOWN_PASSES: usize = 20;

/// What to tell of a run.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "What is told of the run")]
pub struct ReportingArgs {
    /// Show no progress; without this there is a line on standard error, if that is a terminal, after half a second
    #[arg(long, hide_short_help = true)]
    no_progress: bool,

    /// Tell at the end, on standard error, what it took: time, memory, and for each pass bytes, rows and spill
    #[arg(long, hide_short_help = true)]
    stats: bool,

    /// Write when what was done to a file, which ui.perfetto.dev and chrome://tracing show as a timeline
    #[arg(long, hide_short_help = true, value_name = "FILE")]
    profile: Option<PathBuf>,
}

impl ReportingArgs {
    /// Whether the session has to record what it does.
    pub fn wants_record(&self) -> bool {
        self.stats || self.profile.is_some()
    }

    /// Begins to tell how far the queries of a session are.
    pub fn begin_bar(&self, session: &Session) -> Option<Bar> {
        (!self.no_progress).then(|| Bar::begin(session))
    }

    /// Tells what a run took that began then.
    ///
    /// # Errors
    /// The timeline cannot be written.
    pub fn tell(&self, session: &Session, began: Instant) -> Result<(), Report> {
        if !self.wants_record() {
            return Ok(());
        }
        let wall = began.elapsed();
        let record = session.take_record();
        progress::erase();
        if self.stats {
            let usage = session.resource_usage();
            let peak = usage.peak_process_bytes;
            let peak = peak.map_or(String::new(), |peak| format!("{}, of which ", bytes(peak)));
            eprintln!(
                "stats: {}, memory {peak}{} by queries, spilled {}",
                time(wall),
                bytes(usage.peak_reserved_bytes as u64),
                bytes(usage.spilled_bytes)
            );
            for (number, pass) in record.passes.iter().take(SHOWN_PASSES).enumerate() {
                eprintln!("  pass {}: {}", number + 1, of_pass(pass));
            }
            if let more @ 1.. = record.passes.len().saturating_sub(SHOWN_PASSES) {
                eprintln!("  and {}", counted(more as u64, "more pass").replace("passs", "passes"));
            }
        }
        match &self.profile {
            Some(path) => write_text(&record.to_trace(), &Target::text(path.clone())),
            None => Ok(()),
        }
    }
}

/// `'air/*.csv.bz2', read 12.3 MB of 12.3 MB in 3 files, 1,234 rows, busy 2.10 s, spilled 0 B`.
fn of_pass(pass: &ExplainedPass) -> String {
    let Some(run) = &pass.run else { return pass.source.clone() };
    format!(
        "{}, read {}{} in {}, {}, busy {}, spilled {}",
        pass.source,
        bytes(run.read_bytes),
        // How much a pipe has is not known.
        if pass.file_bytes == 0 { String::new() } else { format!(" of {}", bytes(pass.file_bytes)) },
        counted(run.opened_files, "file"),
        counted(run.rows, "row"),
        time(run.busy),
        bytes(run.spilled_bytes)
    )
}
