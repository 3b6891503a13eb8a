//! Runs a job: statements together where they can be, results written in their order as they come.

use std::io::{self, Write};
use std::time::Instant;

use swath::{Output, Session};
use tokio::runtime::Runtime;

use crate::args::Job;
use crate::exit_codes::{DONE, FAILED, INTERRUPTED};
use crate::format::Format;
use crate::report::{self, Report};
use crate::script::{Origin, Script};
use crate::sink::{Sink, Target};
use crate::views::Views;

/// How a job ends before its end.
enum Stop {
    /// Something failed.
    Failed(Report),
    /// Nobody reads the output any more, as after `| head`.
    ClosedPipe,
}

/// Runs a job and returns the exit code.
pub fn run(job: Job) -> u8 {
    let Job { texts, session, views, target, format } = job;
    wait_for(&session, async {
        let mut sink = match target.open() {
            Ok(sink) => sink,
            Err(error) => {
                report::error(&cannot_write(&target, &error));
                return FAILED;
            }
        };
        let code = Runner { session: &session, views: &views, target: &target, format: &format }
            .run(&texts, &mut sink)
            .await;
        // A file with the results of all statements but one would look whole.
        if code == FAILED && sink.is_file() {
            return FAILED;
        }
        match sink.finish() {
            Ok(()) => code,
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => code,
            Err(error) => {
                report::error(&cannot_write(&target, &error));
                FAILED
            }
        }
    })
}

/// Waits for work, or for an interrupt; shows the notes of the session at the end.
pub fn wait_for(session: &Session, work: impl Future<Output = u8>) -> u8 {
    let runtime = match waiting_runtime() {
        Ok(runtime) => runtime,
        Err(report) => {
            report::error(&report);
            return FAILED;
        }
    };
    let code = runtime.block_on(async {
        tokio::select! {
            code = work => code,
            _ = tokio::signal::ctrl_c() => {
                swath::remove_unfinished_files();
                INTERRUPTED
            }
        }
    });
    report::notes(&session.take_notes());
    code
}

/// What the main thread waits on: it writes and hears interrupts, and the session has threads of its own to
/// compute.
///
/// # Errors
/// The operating system refuses.
pub fn waiting_runtime() -> Result<Runtime, Report> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        let hint = "raise the limit on open files (ulimit -n)";
        Report::with_hint(format!("cannot wait for interrupts: {error}"), hint)
    })
}

/// Runs statements and writes their results.
pub struct Runner<'a> {
    /// Answers them.
    pub session: &'a Session,
    /// Views that are made when they are named.
    pub views: &'a Views,
    /// Where the results go.
    pub target: &'a Target,
    /// How they are written.
    pub format: &'a Format,
}

impl Runner<'_> {
    /// Runs the statements of texts, as many together as can be, and tells what fails. Returns the exit code.
    pub async fn run(&self, texts: &[String], sink: &mut Sink) -> u8 {
        let mut script = match Script::parse(self.session, texts) {
            Ok(script) => script,
            Err(report) => {
                report::error(&report);
                return FAILED;
            }
        };
        for text in texts {
            if let Err(report) = self.views.make_for(self.session, text).await {
                report::error(&report);
                return FAILED;
            }
        }
        let mut code = DONE;
        while !script.is_empty() {
            let began = Instant::now();
            let (group, origins) = script.next_group(self.session);
            let outputs = self.session.run_together(group).await;
            for (output, origin) in outputs.into_iter().zip(origins) {
                match self.answer(output, &origin, began, sink).await {
                    Ok(()) => {}
                    // Whoever leaves the pager has seen enough of one result.
                    Err(Stop::ClosedPipe) if sink.is_screen() => {}
                    Err(Stop::ClosedPipe) => return DONE,
                    Err(Stop::Failed(report)) => {
                        // What came before the error on standard output is shown before the error.
                        let _ = sink.flush();
                        report::error(&report);
                        code = FAILED;
                    }
                }
            }
        }
        code
    }

    /// Writes the rows of one statement.
    async fn answer(
        &self,
        output: swath::Result<Output>,
        origin: &Origin,
        began: Instant,
        sink: &mut Sink,
    ) -> Result<(), Stop> {
        let failed = |error| Stop::Failed(origin.report(error));
        let mut output = output.map_err(failed)?;
        if output.schema().fields().is_empty() {
            // CREATE VIEW, SET: they are done when their stream is.
            output.collect().await.map_err(failed)?;
            return Ok(());
        }
        let stop = |error: io::Error| match error.kind() {
            io::ErrorKind::BrokenPipe => Stop::ClosedPipe,
            _ => Stop::Failed(cannot_write(self.target, &error)),
        };
        loop {
            match self.write_rows(&mut output, began, sink).await {
                Ok(()) => return sink.end_result().map_err(stop),
                Err(Broken::Sink(error)) => return Err(stop(error)),
                // The rest needs wider types than what was written has.
                Err(Broken::Query(error)) => {
                    let begins_again = sink.take_back(self.target).map_err(stop)?
                        && output.begin_again(&error).await.map_err(failed)?;
                    if !begins_again {
                        return Err(failed(error));
                    }
                }
            }
        }
    }

    async fn write_rows(&self, output: &mut Output, began: Instant, sink: &mut Sink) -> Result<(), Broken> {
        // What comes before the rows waits for the first of them: a query that fails before leaves nothing
        // that looks like an empty result.
        let mut batch = output.next().await.transpose().map_err(Broken::Query)?;
        let mut writer = self.format.writer(output.schema(), began);
        writer.start(sink)?;
        while let Some(rows) = batch {
            writer.write(&rows, sink)?;
            batch = output.next().await.transpose().map_err(Broken::Query)?;
        }
        Ok(writer.finish(sink)?)
    }
}

/// Why rows could not be written.
enum Broken {
    Query(swath::Error),
    Sink(io::Error),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Sink(error)
    }
}

/// What to say when results cannot be written.
pub fn cannot_write(target: &Target, error: &io::Error) -> Report {
    Report::with_hint(
        format!("cannot write to {}: {error}", target.name()),
        "check the folder, its permissions and the space left on the disk",
    )
}
