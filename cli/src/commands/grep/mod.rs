//! `swath grep`: lines of compressed files that match.

mod around;
mod out;
mod style;

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use out::Out;
use style::{RED_BOLD, Style, color_matches, colored};
use swath::SourceFile;
use swath::grep::{Context, Grep, GrepItem, GrepOptions, Hit, ReadLines};

use crate::exit_codes::{DONE, USAGE};
use crate::report::{self, Report};
use crate::time_limit::TimeArgs;

/// No line was found; grep has the same.
const NOT_FOUND: u8 = 1;
/// A file could not be read, or the command line is wrong; grep has the same for both.
const FAILED: u8 = 2;

const EXAMPLES: &str = "\
Examples:
  swath grep Obama 'wiki/part-*.gz'
  swath grep -c --field 3=en Obama 'wiki/part-*.gz'
  swath grep -n -i 'error|warning' app.log app.log.1.gz app.log.2.zst
  swath grep -o '[0-9]+ ms' 'logs/**/*.bz2' | sort | uniq -c
  swath grep -C 2 -i panic 'logs/*.zst'
  swath grep --field 9~^5 'access-*.gz'
  zcat x.gz | swath grep -v '^#'

Patterns are regular expressions as ripgrep has them. All cores work, also on one file; lines come in the order
of the files. Without a file, standard input is searched. With --field, the only other argument is a file.

Exit status: 0 found, 1 not found, 2 a file could not be read or wrong usage, 124 out of time.";

/// Print the lines of files, plain or compressed, that match a pattern
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct GrepArgs {
    /// A regular expression, then paths and globs ('-' is standard input)
    #[arg(value_name = "PATTERN [PATH]", num_args = 0.., allow_hyphen_values = false)]
    operands: Vec<String>,

    /// A pattern; may be given several times: one has to match
    #[arg(short = 'e', long = "regexp", value_name = "PATTERN", allow_hyphen_values = true)]
    regexps: Vec<String>,

    /// A file with patterns, one a line; '-' is standard input
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    pattern_files: Vec<PathBuf>,

    /// A condition on a field, counted from 1: N=value or N~pattern; may be given several times: all have to hold
    #[arg(long = "field", value_name = "N=VALUE")]
    fields: Vec<String>,

    /// The character between fields [default: blanks]
    #[arg(short, long, value_name = "CHAR")]
    delim: Option<String>,

    /// Letters match in both cases
    #[arg(short, long)]
    ignore_case: bool,

    /// Letters match in both cases, if the patterns have no capital ones
    #[arg(short = 'S', long, hide_short_help = true)]
    smart_case: bool,

    /// The pattern is plain text
    #[arg(short = 'F', long)]
    fixed_strings: bool,

    /// The pattern matches whole words only
    #[arg(short, long = "word-regexp")]
    word: bool,

    /// The pattern matches whole lines only
    #[arg(short = 'x', long = "line-regexp")]
    line: bool,

    /// Print the lines that do not match
    #[arg(short = 'v', long)]
    invert_match: bool,

    /// Print how many lines match, for each file; with -o, how many matches there are
    #[arg(short, long)]
    count: bool,

    /// Print how many matches there are, for each file
    #[arg(long, hide_short_help = true, conflicts_with = "invert_match")]
    count_matches: bool,

    /// Print what matches, not the whole line
    #[arg(short, long, conflicts_with = "invert_match")]
    only_matching: bool,

    /// Print line numbers
    #[arg(short = 'n', long)]
    line_number: bool,

    /// Print no line numbers, which is so without this
    #[arg(short = 'N', long, hide = true, overrides_with = "line_number")]
    no_line_number: bool,

    /// Print file names, also of one file
    #[arg(short = 'H', long)]
    with_filename: bool,

    /// Print no file names
    #[arg(short = 'I', long, overrides_with = "with_filename")]
    no_filename: bool,

    /// Print only the names of files with matches
    #[arg(short = 'l', long)]
    files_with_matches: bool,

    /// Print only the names of files without matches
    #[arg(short = 'L', long, conflicts_with = "files_with_matches")]
    files_without_match: bool,

    /// Print a NUL byte behind file names, for xargs -0
    #[arg(short = 'Z', short_alias = '0', long, hide_short_help = true)]
    null: bool,

    /// Print so many lines after each that matches, too
    #[arg(short = 'A', long, value_name = "N")]
    after_context: Option<usize>,

    /// Print so many lines before each that matches, too
    #[arg(short = 'B', long, value_name = "N")]
    before_context: Option<usize>,

    /// Print so many lines on both sides of each that matches, too
    #[arg(short = 'C', long, value_name = "N")]
    context: Option<usize>,

    /// Print nothing; the exit status tells
    #[arg(short, long)]
    quiet: bool,

    /// Say nothing of files that cannot be read; the exit status tells
    #[arg(short = 's', long, hide_short_help = true)]
    no_messages: bool,

    /// Stop reading a file after so many lines
    #[arg(short, long, value_name = "N")]
    max_count: Option<u64>,

    /// Write what is found at once, also into a pipe or a file
    #[arg(long, hide_short_help = true)]
    line_buffered: bool,

    /// The encoding of the text: latin1, windows-1252, utf-16le, … [default: bytes as they are]
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,

    /// The codec of all files: none, gzip, bzip2, zstd, xz, lz4 [default: by their first bytes]
    #[arg(long, value_name = "CODEC")]
    compression: Option<String>,

    /// Search what is whole of damaged compressed files, and tell what is lost
    #[arg(long, hide_short_help = true)]
    salvage: bool,

    /// Threads that read and search [default: one for each core]
    #[arg(short = 'j', long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,

    /// What other greps have to be told, and is done without: regular expressions, compressed files, bytes of all kinds,
    /// a name in front of each line
    #[arg(short = 'z', long = "search-zip", short_aliases = ['E', 'a'], aliases = ["extended-regexp", "text", "no-heading"],
        hide = true, action = clap::ArgAction::Count)]
    as_always: u8,

    #[command(flatten)]
    time: TimeArgs,
}

/// Searches, and returns the exit code.
pub fn grep(args: GrepArgs) -> Result<u8, Report> {
    args.time.begin()?;
    Ok(Job::new(args)?.run())
}

/// What to do, with nothing left to doubt.
struct Job {
    grep: Grep,
    read: ReadLines,
    files: Vec<SourceFile>,
    style: Style,
    what: What,
    max_count: u64,
    context: Option<Context>,
    line_buffered: bool,
    /// Errors of files are not told.
    is_silent: bool,
    /// Something is wrong already: a path that names no file.
    code: u8,
}

/// What is printed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Lines,
    Matches,
    Counts,
    MatchCounts,
    Names,
    /// Of files without matches.
    OtherNames,
    Nothing,
}

impl Job {
    fn new(args: GrepArgs) -> Result<Self, Report> {
        let mut operands = args.operands;
        let mut patterns = args.regexps;
        for file in &args.pattern_files {
            patterns.extend(patterns_in(file)?);
        }
        let has_files = !args.pattern_files.is_empty();
        let finds_nothing = has_files && patterns.is_empty();
        if finds_nothing {
            patterns.push(NO_TEXT.to_owned());
        }
        let has_conditions = !patterns.is_empty() || !args.fields.is_empty() && operands.len() == 1;
        if !has_conditions && !operands.is_empty() {
            patterns.push(operands.remove(0));
        }
        if patterns.is_empty() && args.fields.is_empty() {
            let hint = "as in swath grep Obama 'wiki/part-*.gz'; swath grep --help shows more";
            return Err(Report::with_hint("there is no pattern", hint));
        }
        if operands.is_empty() {
            if io::stdin().is_terminal() {
                let hint = "name files after the pattern, as in swath grep Obama 'wiki/part-*.gz'";
                return Err(Report::with_hint("there is no file to search", hint));
            }
            operands.push(swath::STANDARD_INPUT.to_owned());
        }
        let what = match () {
            () if args.quiet => What::Nothing,
            () if args.files_with_matches => What::Names,
            () if args.files_without_match => What::OtherNames,
            () if args.count_matches || args.count && args.only_matching => What::MatchCounts,
            () if args.count => What::Counts,
            () if args.only_matching => What::Matches,
            () => What::Lines,
        };
        let around = [args.context, args.before_context, args.after_context];
        let context = (what == What::Lines && around.iter().any(Option::is_some)).then(|| Context {
            before: args.before_context.or(args.context).unwrap_or(0),
            after: args.after_context.or(args.context).unwrap_or(0),
        });
        let ignore_case =
            args.ignore_case || args.smart_case && !patterns.iter().any(|pattern| has_capitals(pattern));
        let options = GrepOptions {
            patterns,
            fields: args.fields,
            delim: args.delim.as_deref().map(delimiter).transpose()?,
            ignore_case,
            fixed: args.fixed_strings && !finds_nothing,
            words: args.word,
            whole_lines: args.line,
            invert: args.invert_match,
            line_numbers: args.line_number && matches!(what, What::Lines | What::Matches),
            context,
        };
        let grep = Grep::new(&options)?;
        let compression =
            args.compression.as_deref().map(str::parse).transpose().map_err(swath::Error::from)?;
        let threads = args.threads.map_or(0, usize::from);
        let read = ReadLines { compression, encoding: args.encoding, salvage: args.salvage, threads };
        // A path that is wrong does not keep grep from the others.
        let (mut files, mut code) = (Vec::new(), DONE);
        for path in &operands {
            match swath::list_files(path) {
                Ok(found) => files.extend(found),
                Err(error) => {
                    if !args.no_messages {
                        report::error(&error.into());
                    }
                    code = FAILED;
                }
            }
        }
        // As grep has it, also where one of several paths names no file.
        let several = files.len() > 1 || operands.len() > 1;
        let style = Style {
            names: !args.no_filename && (args.with_filename || several),
            numbers: options.line_numbers,
            color: crate::style::Style::stdout().is_on(),
            null: args.null,
        };
        let max_count = args.max_count.unwrap_or(u64::MAX);
        let line_buffered = args.line_buffered || io::stdout().is_terminal();
        Ok(Self {
            grep,
            read,
            files,
            style,
            what,
            max_count,
            context,
            line_buffered,
            is_silent: args.no_messages,
            code,
        })
    }

    fn run(self) -> u8 {
        let mut out = Out::new(&self);
        let write = |hit: &Hit<'_>, text: &mut Vec<u8>| self.write(hit, text);
        let run = self.grep.run(&self.files, &self.read, write, |item| match item {
            GrepItem::Found { file, found } => out.take(file, &found),
            GrepItem::End { file, error } => out.end(file, error),
        });
        let (found, code) = out.finish();
        match run {
            Ok(notes) => report::notes(&notes),
            Err(error) => {
                report::error(&error.into());
                return USAGE;
            }
        }
        match code {
            DONE | FAILED if found && self.what == What::Nothing => DONE,
            DONE if found => DONE,
            DONE => NOT_FOUND,
            code => code,
        }
    }

    /// Writes a hit as it is printed. Runs on the threads that search.
    fn write(&self, hit: &Hit<'_>, text: &mut Vec<u8>) {
        let file = &self.files[hit.file];
        match self.what {
            What::Lines => {
                // With lines around, what stands before a line depends on those before it.
                if self.context.is_none() {
                    self.style.prefix(file, hit.number, b':', text);
                }
                match self.style.color {
                    true => color_matches(hit, text),
                    false => text.extend_from_slice(hit.line),
                }
                text.extend_from_slice(if hit.has_return { b"\r\n" } else { b"\n" });
            }
            What::Matches => {
                for range in hit.matches() {
                    self.style.prefix(file, hit.number, b':', text);
                    let matched = &hit.line[range];
                    match self.style.color {
                        true => colored(RED_BOLD, matched, text),
                        false => text.extend_from_slice(matched),
                    }
                    text.push(b'\n');
                }
            }
            // A byte for each.
            What::MatchCounts => text.extend(hit.matches().map(|_| b'.')),
            What::Counts | What::Names | What::OtherNames | What::Nothing => {}
        }
    }

    /// Tells of a file that cannot be read, unless nobody wants to know.
    fn tell(&self, error: &Report) {
        if !self.is_silent {
            report::error(error);
        }
    }
}

/// A pattern that no text has.
const NO_TEXT: &str = "[a&&b]";

/// The patterns of a file, one a line; an empty line is one, too, which all lines have.
fn patterns_in(path: &Path) -> Result<Vec<String>, Report> {
    let text = match path.as_os_str() == "-" {
        true => io::read_to_string(io::stdin()),
        false => fs::read_to_string(path),
    };
    let text = text.map_err(|error| {
        let message = format!("{}: cannot read the patterns: {error}", path.display());
        Report::with_hint(
            message,
            "-f takes a file of patterns, one a line, in UTF-8; one pattern goes behind -e",
        )
    })?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// Whether a pattern has capital letters, those of classes as `\\W` aside.
fn has_capitals(pattern: &str) -> bool {
    let mut escaped = false;
    pattern.chars().any(|char| {
        let counts = !escaped && char.is_uppercase();
        escaped = !escaped && char == '\\';
        counts
    })
}

/// One byte between fields.
fn delimiter(text: &str) -> Result<u8, Report> {
    match text.as_bytes() {
        [byte] => Ok(*byte),
        b"\\t" => Ok(b'\t'),
        _ => {
            let hint = "as in --delim , or --delim '\\t'; without it, blanks separate fields";
            Err(Report::with_hint(format!("--delim: expected one character, found \"{text}\""), hint))
        }
    }
}
