//! `swath head`, `tail` and `sample`: some rows of files.

use std::collections::VecDeque;
use std::time::Instant;

use swath::arrow::array::RecordBatch;
use swath::arrow::datatypes::SchemaRef;

use super::answer::{ask, work_on, write_rows};
use super::table::TableArgs;
use crate::args::Job;
use crate::report::Report;
use crate::run;

const HEAD_EXAMPLES: &str = "\
Examples:
  swath head 'air/*.csv.bz2'
  swath head -n 3 --format json x.tsv.zst
  swath head --lines access.log.gz

Only as much is read as is needed.";

const TAIL_EXAMPLES: &str = "\
Examples:
  swath tail -n 20 orders.csv.gz
  swath tail --lines 'logs/*.gz'

All is read, as a compressed file has to be; only the last rows are kept.";

const SAMPLE_EXAMPLES: &str = "\
Examples:
  swath sample 'air/*.csv.bz2'
  swath sample -n 1000 --seed 42 -o some.csv 'air/*.csv.bz2'

Every row has the same chance, and those that are taken come in the order of the files. All files are read once. In SQL:
FROM 'air/*.csv.bz2' TABLESAMPLE (1000 ROWS) REPEATABLE (42), or a share of the rows, (5 PERCENT).";

/// Print the first rows of files
#[derive(Debug, clap::Args)]
#[command(after_long_help = HEAD_EXAMPLES)]
pub struct HeadArgs {
    #[command(flatten)]
    rows: RowsArgs,
}

/// Print the last rows of files
#[derive(Debug, clap::Args)]
#[command(after_long_help = TAIL_EXAMPLES)]
pub struct TailArgs {
    #[command(flatten)]
    rows: RowsArgs,
}

/// Print some rows of files, taken by chance
#[derive(Debug, clap::Args)]
#[command(after_long_help = SAMPLE_EXAMPLES)]
pub struct SampleArgs {
    /// Take the same rows of the same files each time, on every machine [default: others each time]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    #[command(flatten)]
    rows: RowsArgs,
}

#[derive(Debug, clap::Args)]
struct RowsArgs {
    /// How many rows
    #[arg(short = 'n', long = "rows", value_name = "N", default_value_t = 10, allow_negative_numbers = true)]
    count: usize,

    #[command(flatten)]
    table: TableArgs,
}

/// Prints the first rows.
pub fn head(args: HeadArgs) -> Result<u8, Report> {
    let count = args.rows.count;
    Ok(run::run(args.rows.table.into_job(|table| format!("SELECT * FROM {table} LIMIT {count}"))?))
}

/// Prints rows by chance.
pub fn sample(args: SampleArgs) -> Result<u8, Report> {
    let count = args.rows.count;
    let repeatable = args.seed.map_or(String::new(), |seed| format!(" REPEATABLE ({seed})"));
    let question = |table: &str| format!("SELECT * FROM {table} TABLESAMPLE ({count} ROWS){repeatable}");
    Ok(run::run(args.rows.table.into_job(question)?))
}

/// Prints the last rows.
pub fn tail(args: TailArgs) -> Result<u8, Report> {
    let count = args.rows.count;
    let job = args.rows.table.into_job(|table| format!("SELECT * FROM {table}"))?;
    let began = Instant::now();
    Ok(work_on(&job.session, &job.reporting, async {
        let (schema, last) = last_rows(&job, count).await?;
        write_rows(&job, &schema, last, began)
    }))
}

/// The last rows of the answer to a job's one question.
async fn last_rows(job: &Job, count: usize) -> Result<(SchemaRef, VecDeque<RecordBatch>), Report> {
    let mut output = ask(&job.session, &job.texts[0]).await?;
    let (mut last, mut kept) = (VecDeque::<RecordBatch>::new(), 0);
    while let Some(batch) = output.next().await {
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => {
                if !output.begin_again(&error).await? {
                    return Err(error.into());
                }
                last.clear();
                kept = 0;
                continue;
            }
        };
        kept += batch.num_rows();
        last.push_back(batch);
        while let Some(first) = last.front()
            && kept - first.num_rows() >= count
        {
            kept -= first.num_rows();
            last.pop_front();
        }
    }
    if let Some(first) = last.front_mut() {
        let surplus = kept.saturating_sub(count);
        *first = first.slice(surplus, first.num_rows() - surplus);
    }
    Ok((output.schema(), last))
}
