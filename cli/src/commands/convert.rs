//! `swath convert`: files in another format.

use std::path::Path;

use swath::{FileContent, OptionValue};

use super::answer::{ask_value, work_on};
use crate::args::{ReadArgs, ResourceArgs, is_standard_output, session};
use crate::report::{self, Report};
use crate::reporting::ReportingArgs;

const EXAMPLES: &str = "\
Examples:
  swath convert 'air/*.csv.bz2' air.parquet
  swath convert --delim ';' x.csv.gz x.tsv.zst
  swath convert --lines 'logs/*.gz' all.txt.zst --level 19
  swath convert -o all.csv.zst a.csv b.csv.gz
  swath convert 'air/*.csv.bz2' 'air-*.parquet' --per-partition
  swath convert x.csv for-excel.csv --write delim=';' --write decimal_separator=, --write bom

The format and the codec are told by the name of what is written: .csv, .tsv, .json, .jsonl, .parquet, .txt, and
then .gz, .bz2, .zst, .xz or .lz4. It appears when it is whole. To convert some rows or columns, write it in SQL:
  swath \"COPY (SELECT Dest, DepDelay FROM 'air/*.bz2' WHERE Origin = 'SFO') TO 'sfo.parquet'\"";

/// What standard output is called where a file is named.
const STANDARD_OUTPUT: &str = "/dev/stdout";

/// Write files in another format
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct ConvertArgs {
    /// Paths and globs of CSV files, and at last what to write; '-' is standard input, or output
    #[arg(required = true, num_args = 1.., value_name = "PATH")]
    paths: Vec<String>,

    /// What to write; then all paths are read
    #[arg(short, long, value_name = "FILE")]
    output: Option<String>,

    /// The files hold lines of text
    #[arg(long)]
    lines: bool,

    /// The format to write: csv, tsv, json, jsonl, parquet, text [default: by the name; csv to standard output]
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,

    /// How hard to compress, by the codec's own levels
    #[arg(long, value_name = "N")]
    level: Option<u32>,

    /// Write several files at once, one for each core; the name has a '*' where their numbers go, or is a folder's
    #[arg(long)]
    per_partition: bool,

    /// An option of COPY for what is written, as delim=';', force_quote='*' or bom; may be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    write: Vec<String>,

    #[command(flatten)]
    resources: ResourceArgs,

    #[command(flatten)]
    reporting: ReportingArgs,

    #[command(flatten)]
    read: ReadArgs,
}

/// An option as `COPY` has it; one without a value is true.
fn write_option(option: &str) -> Result<String, Report> {
    let (name, value) = option.split_once('=').unwrap_or((option, "true"));
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if name.is_empty() || !name.bytes().all(is_name) {
        let problem = format!("--write: expected NAME=VALUE, found \"{option}\"");
        return Err(Report::with_hint(
            problem,
            "as in --write delim=';' --write dateformat=%d.%m.%Y --write bom",
        ));
    }
    Ok(format!("\"{name}\" {}", OptionValue::Text(value.to_owned())))
}

/// Converts.
pub fn convert(mut args: ConvertArgs) -> Result<u8, Report> {
    let target = match args.output.take() {
        Some(target) => target,
        None if args.paths.len() < 2 => {
            let hint = format!("as in swath convert '{}' all.parquet", args.paths.join(" "));
            return Err(Report::with_hint("it is not said what to write", hint));
        }
        None => args.paths.pop().unwrap_or_default(),
    };
    let target = if is_standard_output(Path::new(&target)) { STANDARD_OUTPUT.to_owned() } else { target };
    if target == STANDARD_OUTPUT && args.lines {
        args.format.get_or_insert_with(|| "text".to_owned());
    }
    if let Some(read) = reads(&args.paths, &target)? {
        let hint = match args.paths.contains(&read) {
            true => "the last path is what to write: give it another name".to_owned(),
            false => format!(
                "it may be what was written before: remove it, or write outside of {}",
                args.paths.join(", ")
            ),
        };
        return Err(Report::with_hint(format!("'{target}' is to be read and to be written"), hint));
    }
    let content = if args.lines { FileContent::Text } else { FileContent::Csv };
    let table = swath::table_sql(content, args.paths, args.read.into_options()?)?;
    let options = [
        args.format.map(|format| ("FORMAT", OptionValue::Text(format))),
        args.level.map(|level| ("LEVEL", OptionValue::Number(level.to_string()))),
        args.per_partition.then_some(("PER_PARTITION", OptionValue::Boolean(true))),
    ];
    let mut options: Vec<String> =
        options.into_iter().flatten().map(|(name, value)| format!("{name} {value}")).collect();
    for option in &args.write {
        options.push(write_option(option)?);
    }
    let options = if options.is_empty() { String::new() } else { format!(" ({})", options.join(", ")) };
    let quoted = OptionValue::Text(target.clone());
    let copy = format!("COPY (SELECT * FROM {table}) TO {quoted}{options}");
    let session = session(ReadArgs::default(), args.resources, &args.reporting)?;
    Ok(work_on(&session, &args.reporting, async {
        let rows = match ask_value(&session, &copy).await {
            // Whoever reads has seen enough.
            Err(error) if error.is_closed_pipe() => return Ok(()),
            rows => rows?,
        };
        if target != STANDARD_OUTPUT {
            let rows = if rows == "1" { "1 row".to_owned() } else { format!("{rows} rows") };
            report::notes(&[format!("{rows} written to {target}")]);
        }
        Ok(())
    }))
}

/// The first path of those to be read that leads to what is to be written, if that exists.
fn reads(paths: &[String], target: &str) -> Result<Option<String>, Report> {
    let target = Path::new(target);
    if !target.exists() {
        return Ok(None);
    }
    let files = swath::list_files(paths)?;
    let same = files.iter().find(|file| file.is_at(target));
    Ok(same.map(|file| file.path.display().to_string()))
}
