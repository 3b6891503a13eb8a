//! The command `swath-datasets`: parses arguments, shows progress, prints errors.

use std::error::Error as _;
use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread::available_parallelism;

use clap::{Args, Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use swath_datasets::airline::{self, Airline};
use swath_datasets::groups::{self, Groups};
use swath_datasets::tpch::{self, Tpch};
use swath_datasets::wiki::{self, Wiki};
use swath_datasets::{Codec, Dataset, Error, Output, Result, output};

/// Generates data of any size, the same bytes for the same options.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    data: Data,
}

const EXAMPLES: &str = "Examples:
  swath-datasets airline --rows 10000000 --files 10 --codec bz2 --out air
  swath-datasets wiki --rows 1000000 --files 4 --codec gz --out wiki
  swath-datasets groups --rows 10000000 --groups 2 --files 4 --out groups
  swath-datasets tpch --scale 1 --files 4 --codec gz --out tpch";

#[derive(Debug, Subcommand)]
enum Data {
    /// Flights as CSV of 29 columns: air_YYYY.csv, one file a year, the last one 2008.
    Airline {
        #[command(flatten)]
        size: Size,
        #[command(flatten)]
        common: Common,
        /// Put a few bytes that are not UTF-8 into the file of 2001 (needs 8 files).
        #[arg(long)]
        latin1: bool,
    },
    /// Page counts as lines of six words: part-00000 and on.
    Wiki {
        #[command(flatten)]
        size: Size,
        #[command(flatten)]
        common: Common,
    },
    /// The table G1 of db-benchmark as CSV of 9 columns: groups-00000.csv and on.
    Groups {
        #[command(flatten)]
        size: Size,
        /// Values of the small keys; the large ones have rows / groups.
        #[arg(long, default_value_t = 100)]
        groups: u64,
        #[command(flatten)]
        common: Common,
    },
    /// The eight tables of TPC-H as CSV: lineitem.csv and so on, the large ones in as many files as told.
    Tpch {
        /// The scale factor: 1 is six million rows in lineitem, 1 GB in all.
        #[arg(long)]
        scale: f64,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, Args)]
struct Size {
    /// Lines of all files together, headers not counted.
    #[arg(long)]
    rows: u64,
    /// Other seeds give other data.
    #[arg(long, default_value_t = 20081113)]
    seed: u64,
}

#[derive(Debug, Args)]
struct Common {
    /// Number of files.
    #[arg(long, default_value = "1")]
    files: NonZeroUsize,
    /// How to compress.
    #[arg(long, value_enum, default_value_t = Codec::Plain)]
    codec: Codec,
    /// Level of compression [default: that of the usual tool].
    #[arg(long)]
    level: Option<u32>,
    /// Folder to write to; made if it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Replace files that are there.
    #[arg(long)]
    force: bool,
    /// Threads, each busy with one file [default: one a core].
    #[arg(long, short)]
    jobs: Option<NonZeroUsize>,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print(&error);
            ExitCode::from(if matches!(error, Error::Options(_)) { 2 } else { 1 })
        }
    }
}

/// Prints an error, its causes, and what to try.
fn print(error: &Error) {
    eprint!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprint!(": {error}");
        cause = error.source();
    }
    eprintln!();
    if matches!(error, Error::Exists(_)) {
        eprintln!("  hint: --force replaces files that are there");
    }
}

fn run(cli: Cli) -> Result<()> {
    match cli.data {
        Data::Airline { size: Size { rows, seed }, common, latin1 } => {
            let options = airline::Options { rows, files: common.files.get(), seed, latin1 };
            write(&Airline::new(options)?, common)
        }
        Data::Wiki { size: Size { rows, seed }, common } => {
            let options = wiki::Options { rows, files: common.files.get(), seed };
            write(&Wiki::new(options)?, common)
        }
        Data::Groups { size: Size { rows, seed }, groups, common } => {
            let options = groups::Options { rows, groups, files: common.files.get(), seed };
            write(&Groups::new(options)?, common)
        }
        Data::Tpch { scale, common } => {
            let options = tpch::Options { scale, files: common.files.get() };
            write(&Tpch::new(options)?, common)
        }
    }
}

fn write(dataset: &dyn Dataset, common: Common) -> Result<()> {
    let jobs = common.jobs.or_else(|| available_parallelism().ok());
    let output = Output {
        folder: common.out,
        codec: common.codec,
        level: common.level,
        force: common.force,
        jobs: jobs.unwrap_or(NonZeroUsize::MIN),
    };
    let bar = progress_bar(dataset.rows());
    let result = output::write(dataset, &output, &|rows| bar.inc(rows));
    bar.finish_and_clear();
    result.map(|_| ())
}

/// Returns a bar on standard error, or one that shows nothing if that is no terminal.
fn progress_bar(rows: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} rows, {eta} left")
        .expect("the template is well formed");
    ProgressBar::new(rows).with_style(style)
}
