//! Runs a job: statements together where they can be, results written in their order as they come.

use std::io::{self, Write};
use std::pin::Pin;
use std::time::{Duration, Instant};

use swath::arrow::array::RecordBatch;
use swath::{Output, Session};
use tokio::runtime::Runtime;
use tokio::time::Sleep;

use crate::args::Job;
use crate::exit_codes::{DONE, FAILED};
use crate::format::Format;
use crate::program_pages;
use crate::progress;
use crate::report::{self, Report};
use crate::reporting::ReportingArgs;
use crate::script::{Origin, Script};
use crate::sink::{Sink, Target};
use crate::views::Views;

/// How long rows are held back that came before others, so that a query that fails soon leaves none.
const PATIENCE: Duration = Duration::from_millis(250);

/// How a job ends before its end.
enum Stop {
    /// Something failed.
    Failed(Report),
    /// Nobody reads the output any more, as after `| head`.
    ClosedPipe,
}

/// Runs a job and returns the exit code.
pub fn run(job: Job) -> u8 {
    let Job { texts, session, views, target, format, reporting } = job;
    wait_for(&session, &reporting, async {
        let mut sink = match target.open_for(&session) {
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
        if code != DONE && sink.is_file() {
            return code;
        }
        match sink.finish() {
            Ok(()) => code,
            // What is wrong was told already, or nobody reads any more.
            Err(error) if code != DONE || error.kind() == io::ErrorKind::BrokenPipe => code,
            Err(error) => {
                report::error(&cannot_write(&target, &error));
                FAILED
            }
        }
    })
}

/// Waits for work, and tells how far it is; at the end, shows the notes of the session and what it took.
pub fn wait_for(session: &Session, reporting: &ReportingArgs, work: impl Future<Output = u8>) -> u8 {
    let began = Instant::now();
    let runtime = match waiting_runtime() {
        Ok(runtime) => runtime,
        Err(report) => {
            report::error(&report);
            return FAILED;
        }
    };
    let bar = reporting.begin_bar(session);
    let code = runtime.block_on(work);
    drop(bar);
    report::notes(&session.take_notes());
    match reporting.tell(session, began) {
        Ok(()) => code,
        Err(report) => {
            report::error(&report);
            code.max(FAILED)
        }
    }
}

/// What the main thread waits on: it writes, and the session has threads of its own to compute.
///
/// # Errors
/// The operating system refuses.
pub fn waiting_runtime() -> Result<Runtime, Report> {
    tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(|error| {
        let hint = "raise the limit on open files (ulimit -n)";
        Report::with_hint(format!("cannot wait for results: {error}"), hint)
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
                return report.code;
            }
        };
        for text in texts {
            if let Err(report) = self.views.make_for(self.session, text).await {
                report::error(&report);
                return report.code;
            }
        }
        let (mut code, mut results) = (DONE, 0);
        while !script.is_empty() {
            progress::resume();
            let began = Instant::now();
            let (group, origins) = script.next_group(self.session);
            // Once a session is there and statements are parsed, and once more when they are planned.
            program_pages::give_back();
            let outputs = self.session.run_together(group).await;
            program_pages::give_back();
            for (output, origin) in outputs.into_iter().zip(origins) {
                match self.answer(output, &origin, began, &mut results, sink).await {
                    Ok(()) => {}
                    // Whoever leaves the pager has seen enough of one result.
                    Err(Stop::ClosedPipe) if sink.is_screen() => {}
                    Err(Stop::ClosedPipe) => return DONE,
                    Err(Stop::Failed(report)) => {
                        // What came before the error on standard output is shown before the error.
                        let _ = sink.flush();
                        report::error(&report);
                        code = report.code;
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
        results: &mut usize,
        sink: &mut Sink,
    ) -> Result<(), Stop> {
        let failed = |error| Stop::Failed(origin.report(error));
        let mut output = output.map_err(failed)?;
        if output.schema().fields().is_empty() {
            // CREATE VIEW, SET, COPY to standard output: they are done when their stream is.
            return match output.collect().await {
                Ok(_) => Ok(()),
                Err(error) if error.is_closed_pipe() => Err(Stop::ClosedPipe),
                Err(error) => Err(failed(error)),
            };
        }
        *results += 1;
        if *results > 1 && self.format.holds_one_result() {
            return Err(Stop::Failed(Report::with_hint(
                format!("{}: there is a second result, and the format holds one", self.target.name()),
                "ask one question at a time, or give each a file: COPY (SELECT …) TO 'one.parquet'; …",
            )));
        }
        let stop = |error: io::Error| match error.kind() {
            io::ErrorKind::BrokenPipe => Stop::ClosedPipe,
            _ => Stop::Failed(cannot_write(self.target, &error)),
        };
        loop {
            match self.write_rows(&mut output, began, sink).await {
                Ok(()) => return sink.end_result().map_err(stop),
                Err(Broken::Sink(error)) => return Err(stop(error)),
                Err(Broken::Format(report)) => return Err(Stop::Failed(report)),
                Err(Broken::Query(error)) if error.is_closed_pipe() => return Err(Stop::ClosedPipe),
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
        let mut writer = self.format.writer(output.schema(), began, self.session).map_err(Broken::Format)?;
        writer.start(sink)?;
        let mut patience = Box::pin(tokio::time::sleep(PATIENCE));
        while let Some(rows) = batch {
            writer.write(&rows, sink)?;
            batch = next_rows(output, sink, &mut patience).await?;
        }
        Ok(writer.finish(sink)?)
    }
}

/// The next rows. Those before them are shown while they are waited for; the first of a result when that takes long.
async fn next_rows(
    output: &mut Output,
    sink: &mut Sink,
    patience: &mut Pin<Box<Sleep>>,
) -> Result<Option<RecordBatch>, Broken> {
    let mut next = Box::pin(output.next());
    let is_held = sink.holds_back();
    let wait = async {
        if is_held {
            patience.await;
        }
    };
    let rows = tokio::select! {
        biased;
        rows = &mut next => rows,
        () = wait => {
            sink.show()?;
            next.await
        }
    };
    rows.transpose().map_err(Broken::Query)
}

/// Why rows could not be written.
enum Broken {
    /// The format does not show such columns.
    Format(Report),
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
