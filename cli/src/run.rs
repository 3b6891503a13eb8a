//! Runs a job: statements together where they can be, results written in their order as they come.

use std::collections::VecDeque;
use std::io::{self, Write};

use swath::{Output, Session, Statement};

use crate::args::Job;
use crate::exit_codes::{DONE, FAILED, INTERRUPTED};
use crate::format::ResultWriter;
use crate::report::{self, Report};
use crate::sink::Sink;

/// How a job ends before its end.
enum Stop {
    /// Something failed.
    Failed(Report),
    /// Nobody reads the output any more, as after `| head`.
    ClosedPipe,
}

/// Runs a job and returns the exit code.
pub fn run(job: Job) -> u8 {
    let session = job.session.clone();
    wait_for(&session, run_all(job))
}

/// Waits for work, or for an interrupt; shows the notes of the session at the end.
pub fn wait_for(session: &Session, work: impl Future<Output = u8>) -> u8 {
    // This thread waits, writes, and hears interrupts; the session has threads of its own to compute.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let hint = "raise the limit on open files (ulimit -n)";
            report::error(&Report::with_hint(format!("cannot wait for interrupts: {error}"), hint));
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

async fn run_all(job: Job) -> u8 {
    // Parsed before anything runs: a typing error in the last statement costs nothing.
    let statements = match parse_all(&job) {
        Ok(statements) => statements,
        Err(report) => {
            report::error(&report);
            return FAILED;
        }
    };
    let mut sink = match job.target.open() {
        Ok(sink) => sink,
        Err(error) => {
            report::error(&cannot_write(&job, &error));
            return FAILED;
        }
    };
    let mut script = VecDeque::from(statements);
    let mut code = DONE;
    while !script.is_empty() {
        let group = job.session.next_group(&mut script);
        for output in job.session.run_together(group).await {
            match answer(&job, output, &mut sink).await {
                Ok(()) => {}
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
    // A file with the results of all statements but one would look whole.
    if code == FAILED && sink.is_file() {
        return FAILED;
    }
    match sink.finish() {
        Ok(()) => code,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => code,
        Err(error) => {
            report::error(&cannot_write(&job, &error));
            FAILED
        }
    }
}

fn parse_all(job: &Job) -> Result<Vec<Statement>, Report> {
    let mut statements = Vec::new();
    for text in &job.texts {
        statements.extend(job.session.parse(text)?);
    }
    Ok(statements)
}

/// Writes the rows of one statement.
async fn answer(job: &Job, output: swath::Result<Output>, sink: &mut Sink) -> Result<(), Stop> {
    let output = output.map_err(|error| Stop::Failed(error.into()))?;
    if output.schema().fields().is_empty() {
        // CREATE VIEW, SET: they are done when their stream is.
        output.collect().await.map_err(|error| Stop::Failed(error.into()))?;
        return Ok(());
    }
    let stop = |error: io::Error| match error.kind() {
        io::ErrorKind::BrokenPipe => Stop::ClosedPipe,
        _ => Stop::Failed(cannot_write(job, &error)),
    };
    let mut writer = job.format.writer(output.schema());
    write_rows(writer.as_mut(), output, sink, stop).await
}

async fn write_rows(
    writer: &mut dyn ResultWriter,
    mut output: Output,
    sink: &mut Sink,
    stop: impl Fn(io::Error) -> Stop,
) -> Result<(), Stop> {
    // What comes before the rows waits for the first of them: a query that fails before leaves nothing
    // that looks like an empty result.
    let mut started = false;
    while let Some(batch) = output.next().await {
        let batch = batch.map_err(|error| Stop::Failed(error.into()))?;
        if !started {
            writer.start(sink).map_err(&stop)?;
            started = true;
        }
        writer.write(&batch, sink).map_err(&stop)?;
    }
    if !started {
        writer.start(sink).map_err(&stop)?;
    }
    writer.finish(sink).map_err(&stop)
}

fn cannot_write(job: &Job, error: &io::Error) -> Report {
    Report::with_hint(
        format!("cannot write to {}: {error}", job.target.name()),
        "check the folder, its permissions and the space left on the disk",
    )
}
