//! `swath grep`: lines of compressed files that match.

mod args;
mod around;
mod json;
mod line;
mod out;
mod stats;
mod style;

use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;

use args::FolderArgs;
use line::LineStyle;
use out::Out;
use style::{Place, Style};
use swath::grep::{Context, Grep, GrepItem, GrepOptions, Hit, ReadLines};
use swath::{NameGlobs, SourceFile};

pub use args::GrepArgs;

use crate::exit_codes::{DONE, USAGE};
use crate::report::{self, Report};

/// No line was found; grep has the same.
const NOT_FOUND: u8 = 1;
/// A file could not be read, or the command line is wrong; grep has the same for both.
const FAILED: u8 = 2;

/// Searches, and returns the exit code.
pub fn grep(args: GrepArgs) -> Result<u8, Report> {
    args.time.begin()?;
    if args.folders.files {
        // There is no pattern: all that is named is a file or a folder.
        let files = Files::of(&args.operands, &args.folders, args.no_messages)?;
        return out::print_names(&files, args.null);
    }
    Ok(Job::new(args)?.run())
}

/// What to do, with nothing left to doubt.
struct Job {
    grep: Grep,
    read: ReadLines,
    files: Vec<SourceFile>,
    style: Style,
    lines: LineStyle,
    what: What,
    max_count: u64,
    context: Option<Context>,
    line_buffered: bool,
    /// What it took is told at the end.
    tells_stats: bool,
    /// Errors of files are not told.
    is_silent: bool,
    /// Something is wrong already: a path that names no file.
    code: u8,
}

/// What is printed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Lines,
    /// The line once for each match.
    LinesOfMatches,
    Matches,
    /// Lines as messages for other programs.
    Json,
    Counts,
    MatchCounts,
    Names,
    /// Of files without matches.
    OtherNames,
    Nothing,
}

impl What {
    fn of(args: &GrepArgs) -> Self {
        match () {
            () if args.quiet => Self::Nothing,
            () if args.print.json => Self::Json,
            () if args.files_with_matches => Self::Names,
            () if args.files_without_match => Self::OtherNames,
            () if args.count_matches || args.count && args.only_matching => Self::MatchCounts,
            () if args.count => Self::Counts,
            () if args.only_matching => Self::Matches,
            () if args.print.vimgrep => Self::LinesOfMatches,
            () => Self::Lines,
        }
    }

    /// Whether lines or matches are printed, of which it can be told where they stand.
    fn has_places(self) -> bool {
        matches!(self, Self::Lines | Self::LinesOfMatches | Self::Matches | Self::Json)
    }
}

impl Job {
    fn new(mut args: GrepArgs) -> Result<Self, Report> {
        let mut patterns = std::mem::take(&mut args.regexps);
        for file in &args.pattern_files {
            patterns.extend(patterns_in(file)?);
        }
        let finds_nothing = !args.pattern_files.is_empty() && patterns.is_empty();
        if finds_nothing {
            patterns.push(NO_TEXT.to_owned());
        }
        let has_conditions = !patterns.is_empty() || !args.fields.is_empty() && args.operands.len() == 1;
        if !has_conditions && !args.operands.is_empty() {
            patterns.push(args.operands.remove(0));
        }
        if patterns.is_empty() && args.fields.is_empty() {
            let hint = "as in swath grep Obama 'wiki/part-*.gz'; swath grep --help shows more";
            return Err(Report::with_hint("there is no pattern", hint));
        }
        let what = What::of(&args);
        let print = &args.print;
        let is_json = what == What::Json;
        let context = context(&args).filter(|_| is_json || what == What::Lines);
        let ignore_case =
            args.ignore_case || args.smart_case && !patterns.iter().any(|pattern| has_capitals(pattern));
        let columns = (print.column || print.vimgrep) && !is_json;
        let options = GrepOptions {
            patterns,
            fields: std::mem::take(&mut args.fields),
            delim: args.delim.as_deref().map(delimiter).transpose()?,
            ignore_case,
            fixed: args.fixed_strings && !finds_nothing,
            words: args.word,
            whole_lines: args.line,
            invert: args.invert_match,
            line_numbers: (args.line_number || columns || print.pretty || is_json) && what.has_places(),
            columns,
            groups: print.replace.is_some(),
            count_matches: print.stats || is_json,
            context,
        };
        let grep = Grep::new(&options)?;
        let compression =
            args.compression.as_deref().map(str::parse).transpose().map_err(swath::Error::from)?;
        let threads = args.threads.map_or(0, usize::from);
        let read = ReadLines { compression, encoding: args.encoding.take(), salvage: args.salvage, threads };
        let files = Files::of(&args.operands, &args.folders, args.no_messages)?;
        let color = (print.pretty || crate::style::Style::stdout().is_on()) && !is_json;
        let has_names = args.with_filename || print.vimgrep || files.are_several;
        let style = Style {
            // Messages have all of it inside.
            names: !args.no_filename && has_names && !is_json,
            heading: (print.heading || print.pretty) && what.has_places() && !is_json,
            numbers: options.line_numbers && !is_json,
            columns,
            bytes: print.byte_offset && !is_json,
            color,
            null: args.null,
            label: print.label.clone(),
            separator: (!print.no_context_separator && !is_json).then(|| print.context_separator.clone()),
        };
        let lines = LineStyle {
            color,
            trim: print.trim,
            max_len_bytes: print.max_columns.filter(|max| *max > 0),
            preview: print.max_columns_preview,
            replacement: args.print.replace.take(),
        };
        Ok(Self {
            grep,
            read,
            files: files.found,
            style,
            lines,
            what,
            max_count: args.max_count.unwrap_or(u64::MAX),
            context,
            line_buffered: args.line_buffered || io::stdout().is_terminal(),
            tells_stats: args.print.stats && !is_json,
            is_silent: args.no_messages,
            code: files.code,
        })
    }

    fn run(self) -> u8 {
        let mut out = Out::new(&self);
        let write = |hit: &Hit<'_>, text: &mut Vec<u8>| self.write(hit, text);
        let run = self.grep.run(&self.files, &self.read, write, |item| match item {
            GrepItem::Found { file, found } => out.take(file, &found),
            GrepItem::End { file, error } => out.end(file, error),
        });
        let (found, code, stats) = out.finish();
        if self.tells_stats {
            eprintln!("{}", stats.to_text());
        }
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
        let prefix = |column, byte, text: &mut Vec<u8>| {
            self.style.prefix(file, Place { number: hit.number, column, byte }, b':', text);
        };
        match self.what {
            What::Lines => {
                // With lines around, what stands before a line depends on those before it.
                if self.context.is_none() {
                    let column = if self.style.columns { hit.column() } else { None };
                    prefix(column, hit.byte, text);
                }
                self.lines.write(hit, text);
            }
            What::LinesOfMatches => {
                for range in hit.matches() {
                    prefix(Some(range.start + 1), hit.byte, text);
                    self.lines.write(hit, text);
                }
            }
            What::Matches => self.lines.matches(hit, |start, shown| {
                prefix(Some(start + 1), hit.byte + start as u64, text);
                text.extend_from_slice(shown);
                text.push(b'\n');
            }),
            What::Json => json::line(self.style.name_of(file), hit, text),
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

/// What is searched.
struct Files {
    found: Vec<SourceFile>,
    /// Several were named, as grep counts them: also where one of several paths names no file, and a folder has one only.
    are_several: bool,
    /// What the command says to the shell, unless more is wrong.
    code: u8,
}

impl Files {
    /// The files that paths, globs and folders name. A path that is wrong does not keep grep from the others.
    fn of(paths: &[String], folders: &FolderArgs, is_silent: bool) -> Result<Self, Report> {
        let globs = folders.name_globs()?;
        let mut files = Self { found: Vec::new(), are_several: paths.len() > 1, code: DONE };
        let mut errors = Vec::new();
        match () {
            () if !paths.is_empty() => errors.extend(paths.iter().flat_map(|path| files.add(path, &globs))),
            // Its files have no name in front of theirs.
            () if folders.recursive || folders.dereference_recursive || folders.files => {
                errors = files.add_folder(Path::new(""), &globs)
            }
            () if io::stdin().is_terminal() => {
                let hint = "name files after the pattern, as in swath grep Obama 'wiki/part-*.gz'";
                return Err(Report::with_hint("there is no file to search", hint));
            }
            () => errors = files.add(swath::STANDARD_INPUT, &globs),
        }
        files.are_several |= files.found.len() > 1;
        if !errors.is_empty() {
            files.code = FAILED;
        } else if files.found.is_empty() && !is_silent {
            report::notes(&[
                "no file is searched: none has a name that is wanted; --hidden also looks at hidden ones"
                    .to_owned(),
            ]);
        }
        if !is_silent {
            errors.into_iter().for_each(|error| report::error(&error.into()));
        }
        Ok(files)
    }

    /// Adds what a path names, and returns what is wrong with it.
    fn add(&mut self, path: &str, globs: &NameGlobs) -> Vec<swath::Error> {
        let folder = swath::from_home(path);
        if !path.is_empty() && Path::new(folder.as_ref()).is_dir() {
            return self.add_folder(Path::new(folder.as_ref()), globs);
        }
        match swath::list_files(path) {
            Ok(found) => self.found.extend(found),
            Err(error) => return vec![error],
        }
        Vec::new()
    }

    fn add_folder(&mut self, folder: &Path, globs: &NameGlobs) -> Vec<swath::Error> {
        let (found, errors) = swath::list_folder(folder, globs);
        self.found.extend(found);
        self.are_several = true;
        errors
    }
}

/// Lines around those that are found, if any are wanted.
fn context(args: &GrepArgs) -> Option<Context> {
    if args.passthru {
        return Some(Context { before: 0, after: usize::MAX });
    }
    let around = [args.context, args.before_context, args.after_context];
    around.iter().any(Option::is_some).then(|| Context {
        before: args.before_context.or(args.context).unwrap_or(0),
        after: args.after_context.or(args.context).unwrap_or(0),
    })
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
