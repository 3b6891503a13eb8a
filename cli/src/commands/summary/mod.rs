//! `swath summary`: what is in the columns of files, as a table or as a page for a browser.

mod page;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use swath::arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use swath::{ColumnProfile, Profile};

use super::answer::{work_on, write_rows, write_text};
use super::table::TableArgs;
use crate::report::Report;
use crate::sink::Target;

const EXAMPLES: &str = "\
Examples:
  swath summary 'air/*.csv.bz2'
  swath summary --html air.html 'air/*.csv.bz2'
  swath summary --format json orders.csv.gz

All is read once. Counts, nulls, least, greatest and mean are exact; how many values differ is estimated (2 %),
and so are quartiles and histograms of columns of more than 512 values, by a sample of 10 000 rows a core. In SQL: SUMMARIZE.";

/// Show what is in the columns of files: types, nulls, bounds, frequent values
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct SummaryArgs {
    /// Write a page for a browser, with a histogram of each column, too; '-' is standard output, with nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    #[command(flatten)]
    table: TableArgs,
}

/// Shows it.
pub fn summary(args: SummaryArgs) -> Result<u8, Report> {
    let title = args.table.title();
    let job = args.table.into_job(|table| format!("SELECT * FROM {table}"))?;
    let began = Instant::now();
    Ok(work_on(&job.session, &job.reporting, async {
        let profile = job.session.sql_async(&job.texts[0]).await?.profile_async().await?;
        if let Some(path) = args.html {
            let target = Target::text(path);
            write_text(&page::page(&title, &profile), &target)?;
            // A page with a table behind it would be none.
            if target == Target::Stdout {
                return Ok(());
            }
        }
        let batch = as_rows(&profile);
        write_rows(&job, &batch.schema(), [batch], began)
    }))
}

/// A row for each column.
fn as_rows(profile: &Profile) -> RecordBatch {
    let columns = &profile.columns;
    let texts = |value: fn(&ColumnProfile) -> Option<String>| -> ArrayRef {
        Arc::new(columns.iter().map(value).collect::<StringArray>())
    };
    let counts = |value: fn(&ColumnProfile) -> u64| -> ArrayRef {
        // No file has so many rows that this does not fit.
        Arc::new(Int64Array::from_iter_values(columns.iter().map(|column| value(column) as i64)))
    };
    let numbers = |value: &dyn Fn(&ColumnProfile) -> Option<f64>| -> ArrayRef {
        Arc::new(columns.iter().map(value).collect::<Float64Array>())
    };
    let quartile = |which: usize| numbers(&move |column| column.quartiles.map(|quartiles| quartiles[which]));
    let rows = vec![
        ("column", texts(|column| Some(column.name.clone())), false),
        ("type", texts(|column| Some(column.data_type.clone())), false),
        ("nulls", counts(|column| column.nulls), false),
        ("distinct", counts(|column| column.distinct), false),
        ("min", texts(|column| column.min.clone()), true),
        ("q25", quartile(0), true),
        ("median", quartile(1), true),
        ("q75", quartile(2), true),
        ("max", texts(|column| column.max.clone()), true),
        ("mean", numbers(&|column| column.mean), true),
        ("top", texts(|column| Some(top(column)).filter(|top| !top.is_empty())), true),
    ];
    RecordBatch::try_from_iter_with_nullable(rows).expect("all columns have a row for each column")
}

/// The most frequent values in one text.
fn top(column: &ColumnProfile) -> String {
    let value = |top: &swath::TopValue| {
        let about = if top.is_exact { "" } else { "≥" };
        format!("{} ({about}{})", top.value, top.count)
    };
    column.top.iter().take(3).map(value).collect::<Vec<_>>().join(", ")
}
