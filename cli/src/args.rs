//! The command line: raw flags, and the validated [`Job`] they become.

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use swath::{OptionValue, Session, SessionBuilder};

use crate::allocator;
use crate::commands::FileCommand;
use crate::display::{DisplayArgs, FormatArg};
use crate::explain::ExplainArgs;
use crate::format::Format;
use crate::report::Report;
use crate::reporting::ReportingArgs;
use crate::shell;
use crate::sink::Target;
use crate::sniff::SniffArgs;
use crate::statements;
use crate::style::When;
use crate::views::Views;

const LONG_ABOUT: &str = "\
Ask questions of folders of compressed CSV and text.

Examples:
  swath \"SELECT max(DepDelay) FROM 'air/*.csv.bz2'\"
  swath \"SELECT Dest, avg(DepDelay) FROM 'air/*.csv.bz2' WHERE Origin = 'SFO' GROUP BY Dest\"
  swath \"SELECT count(*) FROM read_text('logs/part-*.gz') WHERE line LIKE '% en %'\"
  swath --encoding latin1 --types TailNum=text \"SELECT TailNum, count(*) FROM 'air/*.bz2' GROUP BY 1\"
  swath -f report.sql -o report.csv
  swath explain --graph plan.svg -f report.sql
  swath sniff 'air/*.csv.bz2'
  echo \"SELECT * FROM 'x.tsv.zst' LIMIT 10\" | swath --format markdown

A quoted path or glob is a table: FROM 'air/*.csv.bz2'. So are read_csv('glob', option = value, …),
read_json('glob') and read_text('glob'), which has one column, line. Columns, their types and what stands for a
missing value are found by looking at the head of every file. Names match without regard to case.
gzip, bzip2, Zstandard, xz, LZ4, LZMA, lzip, compress, zlib and ZIP are told by the files' first bytes.";

const EXIT_STATUS: &str = "Exit status: 0 done, 1 the query or its data failed, 2 wrong usage, 124 out of time, 130 interrupted, 143 ended.";

/// Ask questions of folders of compressed CSV and text.
#[derive(Debug, Parser)]
#[command(name = "swath", version, long_about = LONG_ABOUT, after_long_help = EXIT_STATUS, max_term_width = 100)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub struct Args {
    /// What to do other than to answer statements.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// SQL statements, separated by ';'
    ///
    /// Without any, they are read from standard input, or typed in a shell when that is a terminal
    #[arg(value_name = "SQL")]
    sql: Vec<String>,

    /// Read statements from a file
    ///
    /// '-' is standard input; may be given several times
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The value of $name in the statements
    ///
    /// A number, true, false, null, or else a text, which quotes around it make sure of; may be given several times
    #[arg(long = "param", value_name = "NAME=VALUE")]
    params: Vec<String>,

    #[command(flatten)]
    answer: AnswerArgs,

    /// When there are colours; auto: on a terminal, unless NO_COLOR is set
    #[arg(long, alias = "colour", hide_short_help = true, global = true, value_enum, value_name = "WHEN", default_value_t = When::Auto, hide_possible_values = true)]
    pub color: When,
}

/// How questions are answered, whatever is asked.
#[derive(Debug, clap::Args)]
pub struct AnswerArgs {
    /// Write the results to a file
    ///
    /// Instead of to standard output, which is also '-'. Its name tells the format, and it appears when all is written
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    resources: ResourceArgs,

    #[command(flatten)]
    reporting: ReportingArgs,

    #[command(flatten)]
    display: DisplayArgs,

    #[command(flatten)]
    read: ReadArgs,
}

/// What else there is to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    Explain(ExplainArgs),
    Sniff(SniffArgs),
    #[command(flatten)]
    Files(FileCommand),
}

/// What a session may use.
#[derive(Debug, clap::Args)]
pub struct ResourceArgs {
    /// How many files are read at once [default: one a core]
    #[arg(long, hide_short_help = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,

    /// How much memory queries may use, as 2GiB or 50% [default: 60%]
    ///
    /// What does not fit is written to disk
    #[arg(long, value_name = "BYTES")]
    memory_limit: Option<String>,

    /// The folder for what does not fit into memory [default: the system's for temporary files]
    #[arg(long, hide_short_help = true, value_name = "DIR")]
    temp_dir: Option<PathBuf>,

    /// How much of what does not fit into memory may be on disk at one time [default: no limit]
    #[arg(long, hide_short_help = true, value_name = "BYTES")]
    max_spill: Option<String>,

    /// How long a statement may take, as 500ms, 30s, 5m or 2h [default: no limit]
    #[arg(long, hide_short_help = true, value_name = "DURATION")]
    timeout: Option<String>,

    /// Let statements only read: COPY is refused. The file of --output is written
    #[arg(long, hide_short_help = true)]
    read_only: bool,
}

/// Options for bare paths, by the names that read_csv() has for them.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "How bare paths are read")]
pub struct ReadArgs {
    /// The first record names the columns [default: found by looking]
    #[arg(long, hide_short_help = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    header: Option<String>,

    /// What stands between fields [default: found by looking]
    ///
    /// One to eight bytes, or `blanks`: any number of blanks and tabs
    #[arg(long, aliases = ["delimiter", "sep"], value_name = "TEXT")]
    delim: Option<String>,

    /// The character around fields, '' for none [default: "]
    #[arg(long, hide_short_help = true, value_name = "CHAR")]
    quote: Option<String>,

    /// The character before a quote in a quoted field [default: quotes are doubled]
    #[arg(long, hide_short_help = true, value_name = "CHAR")]
    escape: Option<String>,

    /// That character means something in fields without quotes, too
    #[arg(long, hide_short_help = true)]
    bare_escapes: bool,

    /// Skip lines that begin with this character, or with these up to four
    #[arg(long, hide_short_help = true, value_name = "CHARS")]
    comment: Option<String>,

    /// What stands behind that character in other lines is a comment, too
    #[arg(long, hide_short_help = true)]
    inline_comments: bool,

    /// Blanks in front of fields are no part of them, and quotes may follow
    #[arg(long, hide_short_help = true, alias = "skip-initial-space")]
    skipinitialspace: bool,

    /// Skip lines at the head of each file
    #[arg(long, hide_short_help = true, value_name = "LINES")]
    skip: Option<String>,

    /// Leave out records behind the header of each file, as one of units
    #[arg(long, hide_short_help = true, value_name = "RECORDS", alias = "skip-rows-after-header")]
    skip_after_header: Option<String>,

    /// Leave out lines at the end of each file
    #[arg(long, hide_short_help = true, value_name = "LINES", alias = "skipfooter")]
    skip_footer: Option<String>,

    /// A text that is null in every column; may be given several times. Always null are empty fields
    /// without quotes and, among numbers, dates and booleans, NA, NaN, null, None, - and their like
    #[arg(long, hide_short_help = true, value_name = "TEXT")]
    nullstr: Vec<String>,

    /// Columns in which nothing is null: an empty text is ''
    #[arg(long, hide_short_help = true, value_name = "COLUMN", value_delimiter = ',')]
    force_not_null: Vec<String>,

    /// Words that are true, beside true; a column in which there are no others is one of booleans
    #[arg(long, hide_short_help = true, value_name = "WORD", value_delimiter = ',')]
    true_values: Vec<String>,

    /// Words that are false, beside false
    #[arg(long, hide_short_help = true, value_name = "WORD", value_delimiter = ',')]
    false_values: Vec<String>,

    /// What stands before the fraction of a number: . or , [default: .]
    #[arg(long, hide_short_help = true, value_name = "CHAR")]
    decimal_separator: Option<String>,

    /// What stands between groups of three digits in numbers, as , in 1,234,567 [default: nothing]
    #[arg(long, hide_short_help = true, value_name = "CHAR")]
    thousands: Option<String>,

    /// How dates are written, in the letters of strftime, as in %d.%m.%Y; auto finds it out. May be given several times: the
    /// first counts that a value has
    #[arg(long, hide_short_help = true, value_name = "FORMAT")]
    dateformat: Vec<String>,

    /// How points in time are written, as in '%m/%d/%Y %I:%M:%S %p'; auto finds it out. May be given several times
    #[arg(long, hide_short_help = true, value_name = "FORMAT")]
    timestampformat: Vec<String>,

    /// The encoding of the text: utf8, latin1, utf-16le, …
    ///
    /// utf8-lossy replaces bytes that are no text. Names are those of the WHATWG standard
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,

    /// Names of the first columns, in order: id,name
    #[arg(long, hide_short_help = true, value_name = "NAME", value_delimiter = ',')]
    names: Vec<String>,

    /// Names of columns that need no quotes in SQL: unit_price for "Unit price!"
    #[arg(long, hide_short_help = true)]
    normalize_names: bool,

    /// Types of some columns: id=text,price=double
    #[arg(long, value_name = "COLUMN=TYPE", value_delimiter = ',')]
    types: Vec<String>,

    /// All columns with their types, in order: id=bigint,name=text
    #[arg(long, hide_short_help = true, value_name = "COLUMN=TYPE", value_delimiter = ',')]
    columns: Vec<String>,

    /// Read all columns as text
    #[arg(long, hide_short_help = true)]
    all_varchar: bool,

    /// Types that columns may get by looking, beside text: bigint,date
    #[arg(long, hide_short_help = true, value_name = "TYPE", value_delimiter = ',')]
    auto_type_candidates: Vec<String>,

    /// The codec of all files: none, gzip, bzip2, zstd, xz, lz4, lzma, lzip, compress, zlib, zip [default: by their first bytes]
    #[arg(long, hide_short_help = true, value_name = "CODEC")]
    compression: Option<String>,

    /// Read what is whole of damaged compressed files, and tell what is lost
    ///
    /// Records that a gap cuts are left out
    #[arg(long)]
    salvage: bool,

    /// Add a column, filename, with the file each row comes from
    #[arg(long, hide_short_help = true)]
    filename: bool,

    /// Whether folders named KEY=VALUE make columns [default: where all files have the same keys]
    #[arg(long, hide_short_help = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    hive_partitioning: Option<String>,

    /// Whether columns of several files belong together by name; false: by their places [default: true]
    #[arg(long, hide_short_help = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    union_by_name: Option<String>,

    /// What does not fit will fail, be null, skip or reject
    ///
    /// Values that do not fit their types, and records of the wrong width. What is rejected is kept for SELECT * FROM
    /// rejects(). How many there were is told at the end
    #[arg(long, value_name = "WHAT")]
    on_error: Option<String>,

    /// Fill up records with too few fields, and cut those with too many
    #[arg(long, hide_short_help = true)]
    ragged: bool,

    /// Fill up records with too few fields with nulls
    #[arg(long, hide_short_help = true)]
    null_padding: bool,

    /// Quotes that are not doubled may stand within fields, and one may be left over
    #[arg(long, hide_short_help = true)]
    loose_quotes: bool,

    /// Bound on one record: longer ones are an error [default: 67108864]
    #[arg(long, hide_short_help = true, value_name = "BYTES")]
    max_record_bytes: Option<String>,
}

/// What to do, with nothing left to doubt.
pub struct Job {
    /// Texts of statements, in order.
    pub texts: Vec<String>,
    /// The session that answers them.
    pub session: Session,
    /// Views of the configuration.
    pub views: Views,
    /// Where results go.
    pub target: Target,
    /// How they are written.
    pub format: Format,
    /// What is told of the run.
    pub reporting: ReportingArgs,
}

impl Args {
    /// Whether there is nothing to run, and somebody who could type it.
    pub fn wants_shell(&self) -> bool {
        self.sql.is_empty() && self.files.is_empty() && self.answer.output.is_none() && shell::is_wanted()
    }

    /// Runs the shell, and returns the exit code.
    ///
    /// # Errors
    /// Wrong usage.
    pub fn run_shell(self, views: Views) -> Result<u8, Report> {
        let AnswerArgs { read, resources, reporting, display, .. } = self.answer;
        let display = DisplayArgs { in_shell: true, ..display };
        Ok(shell::run(session(read, resources, &reporting)?, views, display, reporting))
    }

    /// Validates the flags and reads the statements.
    ///
    /// # Errors
    /// Wrong usage.
    pub fn into_job(self, views: Views) -> Result<Job, Report> {
        if let Some(report) = self.sql.first().and_then(|first| statements::no_statement(first)) {
            return Err(report);
        }
        let texts = statements::gather(self.sql, &self.files)?;
        let job = self.answer.into_job(texts, views)?;
        set_params(&job.session, &self.params, &job.texts)?;
        Ok(job)
    }
}

/// Whether a path to write to is that of standard output.
pub fn is_standard_output(path: &Path) -> bool {
    path.as_os_str() == "-"
}

impl AnswerArgs {
    /// Validates the flags.
    ///
    /// # Errors
    /// Wrong usage.
    pub fn into_job(self, texts: Vec<String>, views: Views) -> Result<Job, Report> {
        let session = session(self.read, self.resources, &self.reporting)?;
        let output = self.output.filter(|path| !is_standard_output(path));
        let format = self.display.format_for(output.as_deref())?;
        let target = match output {
            Some(path) => Target::results(path),
            None if format.is_for_people() && self.display.pages() => Target::Screen,
            None => Target::Stdout,
        };
        Ok(Job { texts, session, views, target, format, reporting: self.reporting })
    }

    /// Takes out the options for reading, by their names in SQL.
    ///
    /// # Errors
    /// A value that an option does not take.
    pub fn take_read_options(&mut self) -> Result<Vec<(String, OptionValue)>, Report> {
        std::mem::take(&mut self.read).into_options()
    }

    /// Asks for the column that tells each row's file.
    pub fn ask_for_filename(&mut self) {
        self.read.filename = true;
    }

    /// Whether a format was asked for, by its name or by that of a file.
    pub fn has_format(&self) -> bool {
        self.output.as_ref().is_some_and(|path| !is_standard_output(path))
            || !matches!(self.display.format, FormatArg::Auto)
    }
}

/// A session with the settings of the command line.
///
/// # Errors
/// A value that a flag does not take.
pub fn session(
    read: ReadArgs,
    resources: ResourceArgs,
    reporting: &ReportingArgs,
) -> Result<Session, Report> {
    let mut session = read.apply(Session::builder())?.record(reporting.wants_record());
    if let Some(threads) = resources.threads {
        session = session.threads(threads.into());
    }
    if let Some(limit) = resources.memory_limit {
        let limit_bytes = swath::parse_bytes("--memory-limit", &limit)?;
        allocator::keep_little_within(limit_bytes);
        session = session.memory_limit(limit_bytes);
    }
    if let Some(folder) = resources.temp_dir {
        session = session.temp_dir(folder);
    }
    if let Some(bytes) = resources.max_spill {
        session = session.max_spill(swath::parse_bytes("--max-spill", &bytes)? as u64);
    }
    if let Some(limit) =
        resources.timeout.map(|limit| swath::parse_duration("--timeout", &limit)).transpose()?
    {
        session = limit.into_iter().fold(session, SessionBuilder::timeout);
    }
    Ok(session.read_only(resources.read_only).build()?)
}

impl ReadArgs {
    /// Sets the options.
    ///
    /// # Errors
    /// A value that an option does not take.
    pub fn apply(self, mut session: SessionBuilder) -> Result<SessionBuilder, Report> {
        for (name, value) in self.into_options()? {
            session = session.option(&name, value)?;
        }
        Ok(session)
    }

    /// The options that are set, by their names in SQL.
    ///
    /// # Errors
    /// A text that is no list of columns with types.
    pub fn into_options(self) -> Result<Vec<(String, OptionValue)>, Report> {
        let texts = [
            ("header", self.header),
            ("delim", self.delim),
            ("quote", self.quote),
            ("escape", self.escape),
            ("comment", self.comment),
            ("skip", self.skip),
            ("skip_after_header", self.skip_after_header),
            ("skip_footer", self.skip_footer),
            ("decimal_separator", self.decimal_separator),
            ("thousands", self.thousands),
            ("encoding", self.encoding),
            ("compression", self.compression),
            ("hive_partitioning", self.hive_partitioning),
            ("union_by_name", self.union_by_name),
            ("on_error", self.on_error),
            ("max_record_bytes", self.max_record_bytes),
        ];
        let texts = texts.into_iter().filter_map(|(name, text)| Some((name, OptionValue::Text(text?))));
        let list = |name, words: Vec<String>| {
            let words: Vec<_> = words.into_iter().map(OptionValue::Text).collect();
            (!words.is_empty()).then_some((name, OptionValue::List(words)))
        };
        let one_or_list = |name, mut words: Vec<String>| match words.as_mut_slice() {
            [one] => Some((name, OptionValue::Text(std::mem::take(one)))),
            _ => list(name, words),
        };
        let others = [
            one_or_list("dateformat", self.dateformat),
            one_or_list("timestampformat", self.timestampformat),
            list("nullstr", self.nullstr),
            list("force_not_null", self.force_not_null),
            list("true_values", self.true_values),
            list("false_values", self.false_values),
            list("names", self.names),
            list("auto_type_candidates", self.auto_type_candidates),
            column_types("--types", &self.types)?.map(|types| ("types", types)),
            column_types("--columns", &self.columns)?.map(|types| ("columns", types)),
            self.all_varchar.then_some(("all_varchar", OptionValue::Boolean(true))),
            self.salvage.then_some(("salvage", OptionValue::Boolean(true))),
            self.filename.then_some(("filename", OptionValue::Boolean(true))),
            self.null_padding.then_some(("null_padding", OptionValue::Boolean(true))),
            self.ragged.then_some(("ragged", OptionValue::Boolean(true))),
            self.skipinitialspace.then_some(("skipinitialspace", OptionValue::Boolean(true))),
            self.normalize_names.then_some(("normalize_names", OptionValue::Boolean(true))),
            self.bare_escapes.then_some(("bare_escapes", OptionValue::Boolean(true))),
            self.inline_comments.then_some(("inline_comments", OptionValue::Boolean(true))),
            self.loose_quotes.then_some(("loose_quotes", OptionValue::Boolean(true))),
        ];
        let all = texts.chain(others.into_iter().flatten());
        Ok(all.map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

/// Sets the values of parameters; each must have a place in the statements.
fn set_params(session: &Session, pairs: &[String], texts: &[String]) -> Result<(), Report> {
    if pairs.is_empty() {
        return Ok(());
    }
    // Text that is no SQL is told when it runs.
    let Ok(statements) = texts.iter().map(|text| session.parse(text)).collect::<Result<Vec<_>, _>>() else {
        return Ok(());
    };
    let used: Vec<String> = statements.iter().flatten().flat_map(Session::params_of).collect();
    for pair in pairs {
        let Some((name, value)) = pair.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            return Err(Report::with_hint(
                format!("--param: expected NAME=VALUE, found \"{pair}\""),
                "as in --param carrier=UA, for $carrier in the statement",
            ));
        };
        let name = name.strip_prefix('$').unwrap_or(name);
        if !used.iter().any(|known| known == name) {
            let known: Vec<String> = used.iter().map(|known| format!("${known}")).collect();
            let hint = match known.as_slice() {
                [] => "the statements have no parameters; write them as $name".to_owned(),
                known => format!("the parameters are: {}", known.join(", ")),
            };
            return Err(Report::with_hint(format!("--param: no statement has a parameter ${name}"), hint));
        }
        session.set_param(name, param_value(value))?;
    }
    Ok(())
}

/// A value as it is written in SQL; what is no number, truth value or null is text.
fn param_value(text: &str) -> OptionValue {
    let quoted = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
    let digits = text.strip_prefix('-').unwrap_or(text);
    match text.to_ascii_lowercase().as_str() {
        _ if quoted.is_some() => OptionValue::Text(quoted.unwrap_or_default().replace("''", "'")),
        "true" => OptionValue::Boolean(true),
        "false" => OptionValue::Boolean(false),
        "null" => OptionValue::Null,
        // Not inf and nan: only what begins and ends like a number.
        _ if digits.starts_with(|first: char| first.is_ascii_digit()) && text.parse::<f64>().is_ok() => {
            OptionValue::Number(text.to_owned())
        }
        _ => OptionValue::Text(text.to_owned()),
    }
}

/// `["TailNum=text", "Distance=double"]` as a map; nothing if there is none.
fn column_types(flag: &str, pieces: &[String]) -> Result<Option<OptionValue>, Report> {
    // The comma in `price=decimal(15,2)` is none between columns.
    let mut pairs: Vec<String> = Vec::new();
    for piece in pieces {
        match pairs.last_mut() {
            Some(open) if open.matches('(').count() > open.matches(')').count() => {
                *open += &format!(",{piece}");
            }
            _ => pairs.push(piece.clone()),
        }
    }
    let pair = |pair: &String| match pair.rsplit_once('=') {
        Some((column, ty)) if !column.is_empty() => Ok((column.to_owned(), OptionValue::Text(ty.to_owned()))),
        _ => Err(Report::with_hint(
            format!("{flag}: expected COLUMN=TYPE, found \"{pair}\""),
            format!("as in {flag} TailNum=text,Distance=double"),
        )),
    };
    let pairs = pairs.iter().map(pair).collect::<Result<Vec<_>, _>>()?;
    Ok((!pairs.is_empty()).then_some(OptionValue::Map(pairs)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn params_have_types() {
        assert_eq!(param_value("-1.5e3"), OptionValue::Number("-1.5e3".into()));
        assert_eq!(param_value("TRUE"), OptionValue::Boolean(true));
        assert_eq!(param_value("null"), OptionValue::Null);
        for (text, value) in [("UA", "UA"), ("'12'", "12"), ("'it''s'", "it's"), ("inf", "inf"), ("", "")] {
            assert_eq!(param_value(text), OptionValue::Text(value.into()), "{text}");
        }
    }

    #[test]
    fn types_may_have_commas() {
        let types =
            |text: &str| column_types("--types", &text.split(',').map(str::to_owned).collect::<Vec<_>>());
        let list = "a=decimal(15,2),b=text,c=numeric(3,1),d=struct(x decimal(5,2),y int)[]";
        let Ok(Some(OptionValue::Map(found))) = types(list) else { panic!() };
        let text = |text: &str| OptionValue::Text(text.into());
        assert_eq!(found[0], ("a".to_owned(), text("decimal(15,2)")));
        assert_eq!(found[1..3], [("b".to_owned(), text("text")), ("c".to_owned(), text("numeric(3,1)"))]);
        assert_eq!(found[3], ("d".to_owned(), text("struct(x decimal(5,2),y int)[]")));
        assert!(types("a=text,b").is_err());
    }

    #[test]
    fn params_must_be_used() {
        let set = |pair: &str| {
            set_params(&Session::new().unwrap(), &[pair.to_owned()], &["SELECT $a, $b".to_owned()])
        };
        assert!(set("a=1").is_ok() && set("$b=x=y").is_ok());
        assert_eq!(set("c=1").unwrap_err().hint.unwrap(), "the parameters are: $a, $b");
        assert!(set("a").unwrap_err().hint.unwrap().contains("--param carrier=UA"));
    }
}
