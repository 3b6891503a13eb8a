//! `swath schema`: the columns of files.

use super::table::TableArgs;
use crate::report::Report;
use crate::run;

const EXAMPLES: &str = "\
Examples:
  swath schema 'air/*.csv.bz2'
  swath schema --format json x.tsv.zst

The types are those that fit the heads of all files; --types sets others.";

/// Show the columns of files and their types
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct SchemaArgs {
    #[command(flatten)]
    table: TableArgs,
}

/// Shows the columns.
pub fn schema(args: SchemaArgs) -> Result<u8, Report> {
    Ok(run::run(args.table.into_job(|table| format!("DESCRIBE SELECT * FROM {table}"))?))
}
