//! `swath count`: how many records there are.

use super::answer::{ask_value, work_on, write_text};
use super::table::TableArgs;
use crate::report::Report;
use crate::run;

const EXAMPLES: &str = "\
Examples:
  swath count 'air/*.csv.bz2'
  swath count --lines 'logs/*.gz'
  swath count --by-file 'air/*.csv.bz2'

Records are counted, not lines: a header is none, and a quoted line end is inside one.";

/// Count the records of files
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct CountArgs {
    /// Count each file by itself
    #[arg(long, conflicts_with_all = ["lines", "filename"])]
    by_file: bool,

    #[command(flatten)]
    table: TableArgs,
}

/// Counts.
pub fn count(args: CountArgs) -> Result<u8, Report> {
    if args.by_file {
        let mut table = args.table;
        table.answer.ask_for_filename();
        let files = table.file_names()?.join(", ");
        let counts =
            |table: &str| format!("SELECT filename, count(*) AS count FROM {table} GROUP BY filename");
        let question = |table: &str| match files.as_str() {
            "" => format!("{} ORDER BY filename", counts(table)),
            // A file without records has a count, too.
            _ => format!(
                "SELECT filename, coalesce(count, 0) AS count FROM unnest([{files}]) AS files(filename)
                FULL JOIN ({}) AS counts USING (filename) ORDER BY filename",
                counts(table)
            ),
        };
        return Ok(run::run(table.into_job(question)?));
    }
    let with_format = args.table.answer.has_format();
    let job = args.table.into_job(|table| format!("SELECT count(*) AS count FROM {table}"))?;
    if with_format {
        return Ok(run::run(job));
    }
    Ok(work_on(&job.session, &job.reporting, async {
        let count = ask_value(&job.session, &job.texts[0]).await?;
        write_text(&format!("{count}\n"), &job.target)
    }))
}
