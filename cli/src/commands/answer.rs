//! Answers that are looked at before they are printed.

use std::io::{self, Write};
use std::time::Instant;

use swath::arrow::array::RecordBatch;
use swath::arrow::datatypes::SchemaRef;
use swath::arrow::util::display::array_value_to_string;
use swath::{Output, Session};

use crate::args::Job;
use crate::exit_codes::DONE;
use crate::report::{self, Report};
use crate::reporting::ReportingArgs;
use crate::run::{cannot_write, wait_for};
use crate::sink::Target;

/// Waits for work that prints its answer itself; tells what is wrong with it, and returns the exit code.
pub fn work_on(
    session: &Session,
    reporting: &ReportingArgs,
    work: impl Future<Output = Result<(), Report>>,
) -> u8 {
    wait_for(session, reporting, async {
        match work.await {
            Ok(()) => DONE,
            Err(report) => {
                report::error(&report);
                report.code
            }
        }
    })
}

/// Begins to answer one statement.
///
/// # Errors
/// Those of the query.
pub async fn ask(session: &Session, sql: &str) -> swath::Result<Output> {
    let statement = session.parse(sql)?.pop().expect("a question is a statement");
    session.run(statement).await
}

/// The one value that answers a statement.
///
/// # Errors
/// Those of the query.
pub async fn ask_value(session: &Session, sql: &str) -> swath::Result<String> {
    let batches = ask(session, sql).await?.collect().await?;
    let batch = batches.iter().find(|batch| batch.num_rows() > 0);
    let text = batch.and_then(|batch| array_value_to_string(batch.column(0), 0).ok());
    Ok(text.unwrap_or_default())
}

/// Writes rows as a job wants them.
///
/// # Errors
/// They cannot be written.
pub fn write_rows(
    job: &Job,
    schema: &SchemaRef,
    batches: impl IntoIterator<Item = RecordBatch>,
    began: Instant,
) -> Result<(), Report> {
    let mut writer = job.format.writer(SchemaRef::clone(schema), began, &job.session)?;
    let write = || {
        let mut sink = job.target.open_for(&job.session)?;
        // As of a statement without a result, there is nothing to print.
        if schema.fields().is_empty() {
            return sink.finish();
        }
        writer.start(&mut sink)?;
        for batch in batches {
            writer.write(&batch, &mut sink)?;
        }
        writer.finish(&mut sink)?;
        sink.finish()
    };
    written(write(), &job.target)
}

/// Writes a text.
///
/// # Errors
/// It cannot be written.
pub fn write_text(text: &str, target: &Target) -> Result<(), Report> {
    let write = || {
        let mut sink = target.open()?;
        sink.write_all(text.as_bytes())?;
        sink.finish()
    };
    written(write(), target)
}

/// A pipe that nobody reads any more is no failure.
fn written(result: io::Result<()>, target: &Target) -> Result<(), Report> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(cannot_write(target, &error)),
        _ => Ok(()),
    }
}
