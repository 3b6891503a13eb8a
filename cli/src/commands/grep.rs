//! `swath grep`: lines of compressed files that match.

use std::collections::VecDeque;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use swath::SourceFile;
use swath::grep::{Context, Found, Further, Grep, GrepItem, GrepOptions, Hit, ReadLines};

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

    /// Print how many lines match, for each file
    #[arg(short, long)]
    count: bool,

    /// Print what matches, not the whole line
    #[arg(short, long, conflicts_with_all = ["count", "invert_match"])]
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
    #[arg(short = 'l', long, conflicts_with = "count")]
    files_with_matches: bool,

    /// Print only the names of files without matches
    #[arg(short = 'L', long, conflicts_with_all = ["count", "files_with_matches"])]
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
    /// Something is wrong already: a path that names no file.
    code: u8,
}

/// What is printed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Lines,
    Matches,
    Counts,
    Names,
    /// Of files without matches.
    OtherNames,
    Nothing,
}

/// How lines are printed.
struct Style {
    names: bool,
    numbers: bool,
    color: bool,
    /// A NUL byte stands behind names.
    null: bool,
}

impl Job {
    fn new(args: GrepArgs) -> Result<Self, Report> {
        let mut operands = args.operands;
        let mut patterns = args.regexps;
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
            fixed: args.fixed_strings,
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
        let read = ReadLines { compression, encoding: args.encoding, threads };
        // A path that is wrong does not keep grep from the others.
        let (mut files, mut code) = (Vec::new(), DONE);
        for path in &operands {
            match swath::list_files(path) {
                Ok(found) => files.extend(found),
                Err(error) => {
                    report::error(&error.into());
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
        Ok(Self { grep, read, files, style, what, max_count, context, line_buffered, code })
    }

    fn run(self) -> u8 {
        let mut out = Out {
            job: &self,
            sink: BufWriter::with_capacity(64 << 10, io::stdout().lock()),
            in_file: 0,
            around: self.context.map(Around::new),
            found: false,
            code: self.code,
        };
        let write = |hit: &Hit<'_>, text: &mut Vec<u8>| self.write(hit, text);
        let run = self.grep.run(&self.files, &self.read, write, |item| match item {
            GrepItem::Found { file, found } => out.take(file, &found),
            GrepItem::End { file, error } => out.end(file, error),
        });
        let flushed = out.sink.flush();
        if let Err(error) = flushed {
            out.failed(&error);
        }
        let (found, code) = (out.found, out.code);
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
            What::Counts | What::Names | What::OtherNames | What::Nothing => {}
        }
    }
}

/// What is found on its way to standard output.
struct Out<'a> {
    job: &'a Job,
    sink: BufWriter<io::StdoutLock<'static>>,
    /// Lines found in the file so far.
    in_file: u64,
    /// What lines around hits are printed, if any are.
    around: Option<Around>,
    found: bool,
    code: u8,
}

impl Out<'_> {
    fn take(&mut self, file: usize, found: &Found) -> Further {
        if let Some(mut around) = self.around.take() {
            let further = self.take_around(file, found, &mut around);
            self.around = Some(around);
            return further;
        }
        let left = self.job.max_count - self.in_file;
        let hits = usize::try_from(left).unwrap_or(usize::MAX).min(found.ends.len());
        self.in_file += hits as u64;
        self.found |= hits > 0;
        let written = match self.job.what {
            What::Nothing if self.found => return Further::Stop,
            What::Lines | What::Matches => {
                let len = hits.checked_sub(1).map_or(0, |last| found.ends[last]);
                self.print(&found.text[..len])
            }
            _ => Ok(()),
        };
        if let Err(error) = written {
            self.failed(&error);
            return Further::Stop;
        }
        if self.in_file >= self.job.max_count
            || matches!(self.job.what, What::Names | What::OtherNames) && self.in_file > 0
        {
            // Nothing tells of the end of a file that is left.
            return match self.end(file, None) {
                Further::Stop => Further::Stop,
                _ => Further::NextFile,
            };
        }
        Further::On
    }

    /// Prints lines and what is around them.
    fn take_around(&mut self, file: usize, found: &Found, around: &mut Around) -> Further {
        let mut text = Vec::new();
        let (mut start, mut is_done) = (0, false);
        for (place, &end) in found.places.iter().zip(&found.ends) {
            let is_last = self.in_file >= self.job.max_count;
            if is_last && around.left == 0 {
                is_done = true;
                break;
            }
            // As grep has it, a line that is one too many may still stand around the last.
            let is_wanted = place.is_wanted && !is_last;
            let mut line = Vec::new();
            let separator = if is_wanted { b':' } else { b'-' };
            self.job.style.prefix(&self.job.files[file], place.number, separator, &mut line);
            line.extend_from_slice(&found.text[start..end]);
            start = end;
            if is_wanted {
                self.in_file += 1;
                self.found = true;
                around.push_wanted(place.number, &line, self.job.style.color, &mut text);
            } else {
                around.push_other(place.number, line, &mut text);
            }
        }
        if let Err(error) = self.print(&text) {
            self.failed(&error);
            return Further::Stop;
        }
        if !is_done && (self.in_file < self.job.max_count || around.left > 0) {
            return Further::On;
        }
        around.end_file();
        match self.end(file, None) {
            Further::Stop => Further::Stop,
            _ => Further::NextFile,
        }
    }

    fn end(&mut self, file: usize, error: Option<swath::Error>) -> Further {
        let is_broken = error.is_some();
        if let Some(error) = error {
            // What was found before the error is shown before the error.
            let _ = self.sink.flush();
            report::error(&error.into());
            self.code = FAILED;
        }
        let name = &self.job.files[file];
        let mut text = Vec::new();
        match self.job.what {
            What::Counts => {
                self.job.style.prefix(name, 0, b':', &mut text);
                text.extend_from_slice(format!("{}\n", self.in_file).as_bytes());
            }
            What::OtherNames if self.in_file == 0 && !is_broken => {
                self.job.style.line_of_name(name, &mut text);
            }
            What::Names if self.in_file > 0 => {
                self.job.style.line_of_name(name, &mut text);
            }
            _ => {}
        }
        self.in_file = 0;
        if let Some(around) = &mut self.around {
            around.end_file();
        }
        match self.print(&text) {
            Ok(()) => Further::On,
            Err(error) => {
                self.failed(&error);
                Further::Stop
            }
        }
    }

    fn print(&mut self, text: &[u8]) -> io::Result<()> {
        self.sink.write_all(text)?;
        if self.job.line_buffered && !text.is_empty() {
            self.sink.flush()?;
        }
        Ok(())
    }

    fn failed(&mut self, error: &io::Error) {
        // A pipe whose reader has seen enough is no failure.
        if error.kind() != io::ErrorKind::BrokenPipe {
            let hint = "check the space left on the disk";
            report::error(&Report::with_hint(format!("cannot write to standard output: {error}"), hint));
            self.code = FAILED;
        }
    }
}

/// Which lines around those that are wanted are printed, as they come one after the other.
struct Around {
    context: Context,
    /// The last lines that were not printed, with their numbers.
    before: VecDeque<(u64, Vec<u8>)>,
    /// Lines that are still printed behind one that is wanted.
    left: usize,
    /// The line of the file that was printed last; 0 if there is none.
    printed: u64,
    /// Something was printed, also of another file.
    any: bool,
}

impl Around {
    fn new(context: Context) -> Self {
        Self { context, before: VecDeque::new(), left: 0, printed: 0, any: false }
    }

    /// A line that is wanted, behind what stands before it.
    fn push_wanted(&mut self, number: u64, line: &[u8], color: bool, text: &mut Vec<u8>) {
        let first = self.before.front().map_or(number, |(number, _)| *number);
        if self.any && (self.printed == 0 || first > self.printed + 1) {
            match color {
                true => colored(CYAN, b"--", text),
                false => text.extend_from_slice(b"--"),
            }
            text.push(b'\n');
        }
        for (_, line) in self.before.drain(..) {
            text.extend_from_slice(&line);
        }
        text.extend_from_slice(line);
        (self.printed, self.left, self.any) = (number, self.context.after, true);
    }

    /// A line that is not wanted.
    fn push_other(&mut self, number: u64, line: Vec<u8>, text: &mut Vec<u8>) {
        if self.left > 0 {
            self.left -= 1;
            self.printed = number;
            text.extend_from_slice(&line);
        } else if self.context.before > 0 {
            if self.before.len() == self.context.before {
                self.before.pop_front();
            }
            self.before.push_back((number, line));
        }
    }

    fn end_file(&mut self) {
        self.before.clear();
        (self.left, self.printed) = (0, 0);
    }
}

const MAGENTA: &str = "35";
const GREEN: &str = "32";
const CYAN: &str = "36";
const RED_BOLD: &str = "1;31";

impl Style {
    /// Writes `name:number:`, as far as it is wanted.
    fn prefix(&self, file: &SourceFile, number: u64, separator: u8, text: &mut Vec<u8>) {
        if self.names {
            self.name(file, text);
            match self.null {
                true => text.push(0),
                false => self.separator(separator, text),
            }
        }
        if self.numbers {
            let number = number.to_string();
            match self.color {
                true => colored(GREEN, number.as_bytes(), text),
                false => text.extend_from_slice(number.as_bytes()),
            }
            self.separator(separator, text);
        }
    }

    fn name(&self, file: &SourceFile, text: &mut Vec<u8>) {
        let name = match file.path == Path::new("/dev/stdin") {
            true => b"(standard input)",
            false => file.path.as_os_str().as_encoded_bytes(),
        };
        match self.color {
            true => colored(MAGENTA, name, text),
            false => text.extend_from_slice(name),
        }
    }

    /// A name alone.
    fn line_of_name(&self, file: &SourceFile, text: &mut Vec<u8>) {
        self.name(file, text);
        text.push(if self.null { 0 } else { b'\n' });
    }

    fn separator(&self, separator: u8, text: &mut Vec<u8>) {
        match self.color {
            true => colored(CYAN, &[separator], text),
            false => text.push(separator),
        }
    }
}

fn colored(color: &str, piece: &[u8], text: &mut Vec<u8>) {
    text.extend_from_slice(format!("\x1b[{color}m").as_bytes());
    text.extend_from_slice(piece);
    text.extend_from_slice(b"\x1b[0m");
}

fn color_matches(hit: &Hit<'_>, text: &mut Vec<u8>) {
    let mut at = 0;
    for range in hit.matches() {
        text.extend_from_slice(&hit.line[at..range.start]);
        at = range.end;
        colored(RED_BOLD, &hit.line[range], text);
    }
    text.extend_from_slice(&hit.line[at..]);
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
