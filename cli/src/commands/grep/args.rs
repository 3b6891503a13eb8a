//! The command line of `swath grep`.

use std::path::PathBuf;

use swath::NameGlobs;

use crate::time_limit::TimeArgs;

const EXAMPLES: &str = "\
Examples:
  swath grep Obama 'wiki/part-*.gz'
  swath grep -c --field 3=en Obama 'wiki/part-*.gz'
  swath grep -n -i 'error|warning' app.log app.log.1.gz app.log.2.zst
  swath grep -o '[0-9]+ ms' 'logs/**/*.bz2' | sort | uniq -c
  swath grep -C 2 -i panic 'logs/*.zst'
  swath grep -l -g '*.gz' -g '!old/' timeout logs/
  swath grep --field 9~^5 'access-*.gz'
  zcat x.gz | swath grep -v '^#'

Patterns are regular expressions as ripgrep has them. All cores work, also on one file; lines come in the order
of the files. A folder stands for all files below it. Without a file, standard input is searched. With --field, the only
other argument is a file.

Exit status: 0 found, 1 not found, 2 a file could not be read or wrong usage, 124 out of time.";

/// Print the lines of files, plain or compressed, that match a pattern
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct GrepArgs {
    /// A regular expression, then paths and globs ('-' is standard input)
    #[arg(value_name = "PATTERN [PATH]", num_args = 0.., allow_hyphen_values = false)]
    pub(super) operands: Vec<String>,

    /// A pattern; may be given several times: one has to match
    #[arg(short = 'e', long = "regexp", value_name = "PATTERN", allow_hyphen_values = true)]
    pub(super) regexps: Vec<String>,

    /// A file with patterns, one a line; '-' is standard input
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    pub(super) pattern_files: Vec<PathBuf>,

    /// A condition on a field, counted from 1: N=value or N~pattern; may be given several times: all have to hold
    #[arg(long = "field", value_name = "N=VALUE")]
    pub(super) fields: Vec<String>,

    /// The character between fields [default: blanks]
    #[arg(short, long, value_name = "CHAR")]
    pub(super) delim: Option<String>,

    /// Letters match in both cases
    #[arg(short, long, short_alias = 'y')]
    pub(super) ignore_case: bool,

    /// Letters match in both cases, if the patterns have no capital ones
    #[arg(short = 'S', long, hide_short_help = true)]
    pub(super) smart_case: bool,

    /// Letters match in their own case, which is so without this
    #[arg(long, hide = true, overrides_with_all = ["ignore_case", "smart_case"])]
    pub(super) case_sensitive: bool,

    /// The pattern is plain text
    #[arg(short = 'F', long)]
    pub(super) fixed_strings: bool,

    /// The pattern matches whole words only
    #[arg(short, long = "word-regexp")]
    pub(super) word: bool,

    /// The pattern matches whole lines only
    #[arg(short = 'x', long = "line-regexp")]
    pub(super) line: bool,

    /// Print the lines that do not match
    #[arg(short = 'v', long)]
    pub(super) invert_match: bool,

    /// Print how many lines match, for each file; with -o, how many matches there are
    #[arg(short, long)]
    pub(super) count: bool,

    /// Print how many matches there are, for each file
    #[arg(long, hide_short_help = true, conflicts_with = "invert_match")]
    pub(super) count_matches: bool,

    /// Print what matches, not the whole line
    #[arg(short, long, conflicts_with = "invert_match")]
    pub(super) only_matching: bool,

    /// Print line numbers
    #[arg(short = 'n', long)]
    pub(super) line_number: bool,

    /// Print no line numbers, which is so without this
    #[arg(short = 'N', long, hide = true, overrides_with = "line_number")]
    pub(super) no_line_number: bool,

    /// Print file names, also of one file
    #[arg(short = 'H', long)]
    pub(super) with_filename: bool,

    /// Print no file names
    #[arg(short = 'I', long, overrides_with = "with_filename")]
    pub(super) no_filename: bool,

    /// Print only the names of files with matches
    #[arg(short = 'l', long)]
    pub(super) files_with_matches: bool,

    /// Print only the names of files without matches
    #[arg(short = 'L', long, conflicts_with = "files_with_matches")]
    pub(super) files_without_match: bool,

    /// Print a NUL byte behind file names, for xargs -0
    #[arg(short = 'Z', short_alias = '0', long, hide_short_help = true)]
    pub(super) null: bool,

    /// Print so many lines after each that matches, too
    #[arg(short = 'A', long, value_name = "N")]
    pub(super) after_context: Option<usize>,

    /// Print so many lines before each that matches, too
    #[arg(short = 'B', long, value_name = "N")]
    pub(super) before_context: Option<usize>,

    /// Print so many lines on both sides of each that matches, too
    #[arg(short = 'C', long, value_name = "N")]
    pub(super) context: Option<usize>,

    /// Print all lines; those that match have colours, or -n's other mark
    #[arg(long, alias = "passthrough", hide_short_help = true)]
    pub(super) passthru: bool,

    /// Print nothing; the exit status tells
    #[arg(short, long)]
    pub(super) quiet: bool,

    /// Say nothing of files that cannot be read; the exit status tells
    #[arg(short = 's', long, hide_short_help = true)]
    pub(super) no_messages: bool,

    /// Stop reading a file after so many lines
    #[arg(short, long, value_name = "N")]
    pub(super) max_count: Option<u64>,

    /// Write what is found at once, also into a pipe or a file
    #[arg(long, hide_short_help = true)]
    pub(super) line_buffered: bool,

    /// The encoding of the text: latin1, windows-1252, utf-16le, … [default: bytes as they are]
    #[arg(long, value_name = "NAME")]
    pub(super) encoding: Option<String>,

    /// The codec of all files: none, gzip, bzip2, zstd, xz, lz4 [default: by their first bytes]
    #[arg(long, value_name = "CODEC")]
    pub(super) compression: Option<String>,

    /// Search what is whole of damaged compressed files, and tell what is lost
    #[arg(long, hide_short_help = true)]
    pub(super) salvage: bool,

    #[command(flatten)]
    pub(super) print: PrintArgs,

    #[command(flatten)]
    pub(super) folders: FolderArgs,

    /// Threads that read and search [default: one for each core]
    #[arg(short = 'j', long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) threads: Option<u16>,

    /// What other greps have to be told, and is done without: regular expressions, compressed files, bytes of all kinds,
    /// line ends of both kinds, files in order, counts of 0
    #[arg(short = 'z', long = "search-zip", short_aliases = ['E', 'a'], hide = true, action = clap::ArgAction::Count, aliases = [
        "extended-regexp", "text", "crlf", "sort-files", "include-zero", "mmap", "no-mmap", "no-config", "block-buffered",
    ])]
    pub(super) as_always: u8,

    #[command(flatten)]
    pub(super) time: TimeArgs,
}

/// How what is found is printed.
#[derive(Debug, clap::Args)]
pub struct PrintArgs {
    /// Print where in the decoded text each line begins, in bytes, counted from 0; with -o, where each match does
    #[arg(short = 'b', long, hide_short_help = true, conflicts_with = "encoding")]
    pub(super) byte_offset: bool,

    /// Print line numbers, and the byte of its line at which each first match begins, counted from 1
    #[arg(long, hide_short_help = true)]
    pub(super) column: bool,

    /// Print the line once for each match, with its name, number and column, as editors read it
    #[arg(long, hide_short_help = true, conflicts_with = "invert_match")]
    pub(super) vimgrep: bool,

    /// Print messages of JSON, one a line, as ripgrep does
    #[arg(
        long,
        hide_short_help = true,
        conflicts_with_all = ["replace", "count", "count_matches", "files_with_matches", "files_without_match", "files"]
    )]
    pub(super) json: bool,

    /// Tell at the end, on standard error, how much was found and searched, and how long it took
    #[arg(long, hide_short_help = true)]
    pub(super) stats: bool,

    /// Print TEXT where the pattern matches; $1 or $name is a group of it, $0 all that matches
    #[arg(long, hide_short_help = true, value_name = "TEXT", conflicts_with = "invert_match")]
    pub(super) replace: Option<String>,

    /// Print names of files once, above what is found in them
    #[arg(long, hide_short_help = true, overrides_with = "no_heading")]
    pub(super) heading: bool,

    /// Print names of files in front of each line, which is so without this
    #[arg(long, hide = true)]
    pub(super) no_heading: bool,

    /// Print for people: --color always --heading --line-number
    #[arg(short = 'p', long, hide_short_help = true)]
    pub(super) pretty: bool,

    /// Print no lines with more bytes than N, but that they are left out
    #[arg(short = 'M', long, value_name = "N", hide_short_help = true)]
    pub(super) max_columns: Option<usize>,

    /// Print how lines begin that --max-columns leaves out
    #[arg(long, hide_short_help = true, requires = "max_columns")]
    pub(super) max_columns_preview: bool,

    /// Print no blanks in front of lines
    #[arg(long, hide_short_help = true)]
    pub(super) trim: bool,

    /// Print TEXT between lines that do not stand together, in place of --
    #[arg(
        long,
        alias = "group-separator",
        hide_short_help = true,
        value_name = "TEXT",
        default_value = "--",
        allow_hyphen_values = true,
        overrides_with = "no_context_separator"
    )]
    pub(super) context_separator: String,

    /// Print nothing between them
    #[arg(long, alias = "no-group-separator", hide_short_help = true, overrides_with = "context_separator")]
    pub(super) no_context_separator: bool,

    /// The name of standard input
    #[arg(long, hide_short_help = true, value_name = "NAME", default_value = "(standard input)")]
    pub(super) label: String,
}

/// Which files of folders are searched.
#[derive(Debug, clap::Args)]
pub struct FolderArgs {
    /// Search folders, which is so without this; without a path, the current one
    #[arg(short = 'r', long, hide_short_help = true)]
    pub(super) recursive: bool,

    /// Of folders, also search those that links lead to
    #[arg(long, hide_short_help = true)]
    pub(super) follow: bool,

    /// Both
    #[arg(short = 'R', long, hide = true)]
    pub(super) dereference_recursive: bool,

    /// Of folders, search files at most so far below: 1 is in the folder itself
    #[arg(long, alias = "maxdepth", hide_short_help = true, value_name = "N")]
    pub(super) max_depth: Option<usize>,

    /// In folders, search such names only; '!' in front: no such names
    ///
    /// May be given several times; the last one that matches counts. A glob with a slash is one of the path below the folder
    #[arg(short = 'g', long, alias = "include", value_name = "GLOB", allow_hyphen_values = true)]
    pub(super) glob: Vec<String>,

    /// The same with letters of both cases
    #[arg(long, hide_short_help = true, value_name = "GLOB")]
    pub(super) iglob: Vec<String>,

    /// Of folders, search no files with such names
    #[arg(long, hide_short_help = true, value_name = "GLOB")]
    pub(super) exclude: Vec<String>,

    /// Search no folders with such names
    #[arg(long, hide_short_help = true, value_name = "GLOB")]
    pub(super) exclude_dir: Vec<String>,

    /// Of folders, search hidden files and folders, too
    #[arg(long, short_alias = '.', hide_short_help = true)]
    pub(super) hidden: bool,

    /// The same, once or more often
    #[arg(short = 'u', long, alias = "no-ignore", hide = true, action = clap::ArgAction::Count)]
    pub(super) unrestricted: u8,

    /// Print the names of files that would be searched
    #[arg(long, hide_short_help = true)]
    pub(super) files: bool,

    /// The order of files, which is that of their paths without this
    #[arg(long, hide = true, value_name = "BY", value_parser = ["path", "none"])]
    pub(super) sort: Option<String>,
}

impl FolderArgs {
    /// Which names are wanted.
    ///
    /// # Errors
    /// A glob that is none.
    pub(super) fn name_globs(&self) -> swath::Result<NameGlobs> {
        let mut globs = NameGlobs::new(self.hidden || self.unrestricted > 0)
            .follow_links(self.follow || self.dereference_recursive)
            .max_depth(self.max_depth);
        let not = |glob: &String| format!("!{glob}");
        let folders = |glob: &String| format!("!{}/", glob.trim_end_matches('/'));
        let any_case = self.iglob.iter().map(|glob| (glob.clone(), true));
        let same_case = self.glob.iter().cloned().chain(self.exclude.iter().map(not));
        let same_case = same_case.chain(self.exclude_dir.iter().map(folders)).map(|glob| (glob, false));
        for (glob, any_case) in any_case.chain(same_case) {
            globs.add(&glob, any_case)?;
        }
        Ok(globs)
    }
}
