//! What can go wrong between a path and a batch, and where it went wrong.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::codec::Codec;
use crate::options::ColumnType;
use crate::scanner::time_forms::{Forms, TimeKind};
use crate::scanner::values::{NumberSigns, looks_like_f64, parse_i64, parse_timestamp};

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error with the place where it happened. One word wide, as it rides in hot results.
///
/// `Display` gives the message alone, one line; [`Error::detail`] and [`Error::hint`] give what a
/// person needs next, and [`std::error::Error::source`] the cause below.
#[derive(Debug)]
pub struct Error(Box<ErrorKind>);

/// Where in the data an error was met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file, as the user named it.
    pub path: PathBuf,
    /// The line on which the record starts, counted from 1 in the decoded text; behind a gap, of which nobody knows how many
    /// lines it has, counted from there and marked with [`BEHIND_GAP`].
    pub line: u64,
    /// The byte offset of the record in the decoded text, counted from 0.
    pub byte_offset: u64,
}

/// The bit of the number of a line that says that lines are counted from a gap on, because a part of the file in front is lost.
pub const BEHIND_GAP: u64 = 1 << 63;

impl Location {
    /// Whether lines are counted from a gap on.
    pub fn is_behind_gap(&self) -> bool {
        self.line & BEHIND_GAP != 0
    }
}

/// A value that needs a wider type than was guessed for its column.
#[derive(Debug, Clone)]
pub struct WiderValue {
    /// Where the record starts.
    pub location: Location,
    /// Name of the column.
    pub column: String,
    /// The value, shortened if long.
    pub found: String,
    /// The narrowest type that takes it and all that the column's type takes, beside text.
    pub fits: ColumnType,
}

/// What went wrong. Variants are what a caller can act on.
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A path that does not exist or a glob that matches no file.
    NotFound {
        /// The path or glob as it was given.
        pattern: String,
        /// The most similar file beside it, if there is one.
        nearest: Option<PathBuf>,
    },
    /// A path that is not a regular file (a directory, a pipe).
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What it is instead, with its article: "a directory".
        found: &'static str,
    },
    /// A file that holds no text.
    NoText {
        /// The file.
        path: PathBuf,
        /// What it holds instead, with its article: "a ZIP archive".
        found: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// The operating system refused.
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried: "open", "read", "create", "write".
        action: &'static str,
        /// Why it was refused.
        source: io::Error,
    },
    /// A glob that cannot be understood.
    BadPattern {
        /// The glob as it was given.
        pattern: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Compressed data that ends in the middle of a member.
    Truncated {
        /// The file.
        path: PathBuf,
        /// Its codec.
        codec: Codec,
        /// Length of the file in compressed bytes.
        offset_bytes: u64,
        /// Decoded bytes that came out before the end.
        decoded_bytes: u64,
    },
    /// Compressed data that is damaged.
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Its codec.
        codec: Codec,
        /// Compressed bytes that were read when the damage was noticed.
        offset_bytes: u64,
        /// Decoded bytes that came out before it.
        decoded_bytes: u64,
        /// What the decoder says.
        source: io::Error,
    },
    /// An archive of several files, of which none is named.
    Archive {
        /// The archive.
        path: PathBuf,
        /// The paths of the files in it.
        names: Vec<String>,
    },
    /// A pipe whose writer paused, so that less of it was looked at than of a file, and more shows that it is written otherwise.
    HeadTooShort {
        /// The pipe.
        path: PathBuf,
        /// What it is written by, as options.
        found: String,
        /// What it was read by.
        known: String,
    },
    /// A Parquet file that cannot be read.
    Parquet {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        hint: &'static str,
    },
    /// A part of a damaged file is lost in which its header, or a line to skip, stands.
    HeadLost {
        /// The file.
        path: PathBuf,
    },
    /// A value that does not fit the type of its column.
    Value {
        /// Where the record starts.
        location: Location,
        /// Name of the column.
        column: String,
        /// What was expected: "an integer".
        expected: Cow<'static, str>,
        /// The value, shortened if long.
        found: String,
        /// Whether the column has its type because of what was seen in the heads of the files.
        inferred: bool,
        /// The narrowest wider type that takes the value and all that the column's type takes, beside text.
        fits: Option<ColumnType>,
        /// Where `inferred` and `fits` are so: values of other columns read, found near it, of which the same is true.
        also: Vec<WiderValue>,
        /// Whether `nullstr` can say that such a value is null.
        may_be_null: bool,
    },
    /// Bytes that are not text in the encoding asked for.
    Encoding {
        /// Where the record starts.
        location: Location,
        /// Name of the column; of JSON it is not known.
        column: Option<String>,
        /// The value with the offending bytes escaped.
        found: String,
    },
    /// Bytes that are no text in an encoding from which whole texts are made into UTF-8.
    Undecodable {
        /// The file.
        path: PathBuf,
        /// The line in which they stand, counted from 1.
        line: u64,
        /// The encoding.
        encoding: String,
        /// Where they begin in the bytes of the file, decompressed.
        byte_offset: u64,
        /// The bytes, escaped.
        found: String,
    },
    /// A record with too few or too many fields.
    FieldCount {
        /// Where the record starts.
        location: Location,
        /// Fields that the header or the first record has.
        expected: usize,
        /// Fields of this record.
        found: usize,
        /// Whether text stands behind a closing quote of it.
        has_odd_quotes: bool,
    },
    /// What is no JSON, or no object.
    Json {
        /// Where the record starts.
        location: Location,
        /// What was expected: "an object".
        expected: &'static str,
        /// The record, shortened if long.
        found: String,
    },
    /// A quoted field that is never closed.
    UnclosedQuote {
        /// Where the record starts.
        location: Location,
    },
    /// A quoted field of several lines with text behind its closing quote: a quote is missing, or left over.
    TextBehindQuote {
        /// Where the record starts.
        location: Location,
        /// Line of the closing quote.
        line: u64,
        /// What stands behind it, shortened if long.
        found: String,
    },
    /// A record longer than the bound on memory.
    RecordTooLong {
        /// Where the record starts.
        location: Location,
        /// The bound, in bytes.
        max_record_bytes: usize,
        /// Whether a quote that nothing closes may be why.
        may_be_open: bool,
    },
    /// An option with a value that cannot be used.
    BadOption {
        /// The option's name.
        option: String,
        /// What is wrong with its value.
        problem: String,
        /// What to do.
        hint: Option<String>,
    },
}

impl Error {
    /// What went wrong, to act upon.
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// An error about an option's value.
    pub fn bad_option(option: impl Into<String>, problem: impl Into<String>) -> Self {
        ErrorKind::BadOption { option: option.into(), problem: problem.into(), hint: None }.into()
    }

    /// An error about an option's value, with what to do.
    pub fn bad_option_hint(
        option: impl Into<String>,
        problem: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        let hint = Some(hint.into());
        ErrorKind::BadOption { option: option.into(), problem: problem.into(), hint }.into()
    }

    /// Whether it is a value that would fit if the guessed type of its column were a wider one.
    pub(crate) fn is_of_wider_type(&self) -> bool {
        matches!(self.kind(), ErrorKind::Value { inferred: true, fits: Some(_), .. })
    }

    /// The values that need a wider type than was guessed for their columns, if it is such an error.
    pub fn wider_values(&self) -> Vec<WiderValue> {
        match self.kind() {
            ErrorKind::Value { location, column, found, inferred: true, fits: Some(fits), also, .. } => {
                let first = WiderValue {
                    location: location.clone(),
                    column: column.clone(),
                    found: found.clone(),
                    fits: *fits,
                };
                [std::slice::from_ref(&first), also].concat()
            }
            _ => Vec::new(),
        }
    }

    /// Adds those of values that are of other columns, and need wider types, too.
    pub(crate) fn add_wider_values(&mut self, values: Vec<WiderValue>) {
        if let ErrorKind::Value { column, also, .. } = &mut *self.0 {
            also.extend(values.into_iter().filter(|value| value.column != *column));
        }
    }

    pub(crate) fn io(path: &Path, action: &'static str, source: io::Error) -> Self {
        ErrorKind::Io { path: path.to_owned(), action, source }.into()
    }

    /// Compressed data that ends too early.
    pub(crate) fn truncated(path: &Path, codec: Codec, offset_bytes: u64, decoded_bytes: u64) -> Self {
        ErrorKind::Truncated { path: path.to_owned(), codec, offset_bytes, decoded_bytes }.into()
    }

    /// Compressed data that is not what it should be.
    pub(crate) fn corrupt(
        path: &Path,
        codec: Codec,
        offset_bytes: u64,
        decoded_bytes: u64,
        source: io::Error,
    ) -> Self {
        ErrorKind::Corrupt { path: path.to_owned(), codec, offset_bytes, decoded_bytes, source }.into()
    }

    /// The same once more, if it is damage of compressed data.
    pub(crate) fn copy_of_damage(&self) -> Option<Self> {
        match self.kind() {
            ErrorKind::Truncated { path, codec, offset_bytes, decoded_bytes } => {
                Some(Self::truncated(path, *codec, *offset_bytes, *decoded_bytes))
            }
            ErrorKind::Corrupt { path, codec, offset_bytes, decoded_bytes, source } => {
                let source = io::Error::new(source.kind(), source.to_string());
                Some(Self::corrupt(path, *codec, *offset_bytes, *decoded_bytes, source))
            }
            _ => None,
        }
    }

    /// The same error of a piece of a file, in front of which so many bytes are decoded.
    pub(crate) fn behind(mut self, before_bytes: u64) -> Self {
        if let ErrorKind::Truncated { decoded_bytes, .. } | ErrorKind::Corrupt { decoded_bytes, .. } =
            &mut *self.0
        {
            *decoded_bytes += before_bytes;
        }
        self
    }

    /// More about the place, for people: one line, or nothing.
    pub fn detail(&self) -> Option<String> {
        match self.kind() {
            ErrorKind::Undecodable { byte_offset, .. } => {
                Some(format!("it stands at byte {byte_offset} of the file, decompressed"))
            }
            ErrorKind::Value { location, .. }
            | ErrorKind::Encoding { location, .. }
            | ErrorKind::FieldCount { location, .. }
            | ErrorKind::UnclosedQuote { location }
            | ErrorKind::TextBehindQuote { location, .. }
            | ErrorKind::Json { location, .. }
            | ErrorKind::RecordTooLong { location, .. } => {
                let behind = match location.is_behind_gap() {
                    true => ", behind a part of the file that is lost: lines are counted from there",
                    false => "",
                };
                Some(format!(
                    "the record starts at byte {} of the decoded text{behind}",
                    location.byte_offset
                ))
            }
            ErrorKind::Truncated { decoded_bytes, .. } | ErrorKind::Corrupt { decoded_bytes, .. } => {
                Some(format!("{decoded_bytes} bytes could be decoded before it"))
            }
            _ => None,
        }
    }

    /// What to try next, or nothing.
    pub fn hint(&self) -> Option<String> {
        match self.kind() {
            ErrorKind::NotFound { pattern, nearest } => Some(match nearest {
                Some(path) => format!("did you mean '{}'?", path.display()),
                None if pattern.contains("://") => {
                    "only files of this machine are read: fetch it first, or pipe it in as '-'".into()
                }
                None if is_glob(pattern) => "check the folder and the pattern; quote it, so that the shell leaves it alone".into(),
                None => "check the path; a relative path starts at the current folder".into(),
            }),
            ErrorKind::NotAFile { found, .. } if found.contains("without files") => {
                Some("files are those in it and below, but for those whose names begin with a dot or _".into())
            }
            ErrorKind::NotAFile { path, found } if found.contains("directory") => {
                Some(format!("name the files in it, as in '{}/*.csv'", path.display().to_string().trim_end_matches('/')))
            }
            ErrorKind::NotAFile { found, .. } if found.contains("terminal") => {
                Some("pipe something in, as in cat FILE | swath …".into())
            }
            ErrorKind::NotAFile { found, .. } if found.contains("pipe") => {
                Some("name a pipe itself, and not by a glob; or pass it as '-' or <(command)".into())
            }
            ErrorKind::NoText { hint, .. } | ErrorKind::Parquet { hint, .. } => Some((*hint).into()),
            ErrorKind::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                Some("check the permissions of the file and of the folders above it".into())
            }
            ErrorKind::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                Some("make room on the disk, or write to another one".into())
            }
            ErrorKind::Io { source, action: "create", .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("the folder does not exist: make it first".into())
            }
            ErrorKind::Truncated { .. } => {
                Some("the file is incomplete: copy it again, or wait until it is written; salvage = true reads what is there".into())
            }
            ErrorKind::Corrupt { source, .. } => Some(refusal(source).unwrap_or(
                "the file is damaged: compare it with its original, or make it again; salvage = true reads what is whole",
            ).into()),
            ErrorKind::Archive { path, names } => {
                let (path, first) = (path.display(), names.first().map_or("", String::as_str));
                Some(format!("name one, as '{path}/{first}', or several by a glob, as '{path}/**'"))
            }
            ErrorKind::HeadTooShort { found, .. } => {
                Some(format!("say how it is written: {found}"))
            }
            ErrorKind::HeadLost { .. } => Some(
                "read the file alone, with header = false, skip = 0 and columns = {'name': 'type', …}; other files without it".into(),
            ),
            ErrorKind::Value { column, expected, fits, found, may_be_null, .. } => {
                Some(value_hint(column, expected, *fits, found, *may_be_null))
            }
            ErrorKind::Encoding { .. } => {
                Some("set encoding = 'latin1' if the file is in Latin-1, or 'utf8-lossy' to replace such bytes".into())
            }
            ErrorKind::Undecodable { encoding, .. } if encoding.starts_with("utf-32") => {
                Some("the file is damaged or cut short, or encoding is another one".into())
            }
            ErrorKind::Undecodable { encoding, .. } => {
                let lossy = encoding.to_lowercase();
                Some(format!("set encoding to another one, or to '{lossy}-lossy' to replace such bytes"))
            }
            ErrorKind::FieldCount { has_odd_quotes: true, .. } => {
                Some("a quote within quotes must be doubled: loose_quotes = true reads those that are not; if quotes mean nothing in this file, set quote = ''; on_error = 'skip' leaves such records out".into())
            }
            ErrorKind::FieldCount { expected: 1, .. } => {
                Some("going by its head, the file has one column: check delim, quote and skip; if it holds lines of text, read_text('…') reads them; ragged = true cuts such records, on_error = 'skip' leaves them out".into())
            }
            ErrorKind::FieldCount { expected, found, .. } if found > expected => {
                Some("a value with the delimiter in it must be quoted: check delim, quote and escape; ragged = true cuts such records, on_error = 'skip' leaves them out".into())
            }
            ErrorKind::FieldCount { expected: 2.., found: 1, .. } => {
                Some("the record is cut short, or none: skip_footer leaves out lines behind the table; or the delimiter is another one: check delim, quote, comment and skip; null_padding = true fills such records up, on_error = 'skip' leaves them out".into())
            }
            ErrorKind::FieldCount { .. } => {
                Some("the record is cut short, or the delimiter is another one: check delim, quote, comment and skip; null_padding = true fills such records up, on_error = 'skip' leaves them out".into())
            }
            ErrorKind::Json { .. } => Some(
                "a file of JSON has an object on each line, or one array of objects; on_error = 'skip' leaves out lines that have none, read_text('…') reads any".into(),
            ),
            ErrorKind::UnclosedQuote { .. } => {
                Some("loose_quotes = true takes a quote that nothing closes for text; if quotes mean nothing in this file, set quote = ''".into())
            }
            ErrorKind::TextBehindQuote { .. } => Some(
                "a quote on these lines is missing, or left over: loose_quotes = true takes one that nothing closes for text, quote = '' all of them; on_error = 'skip' leaves the record out".into(),
            ),
            ErrorKind::RecordTooLong { may_be_open: false, .. } => {
                Some("no line of a text is that long, or max_record_bytes has to be greater".into())
            }
            ErrorKind::RecordTooLong { .. } => {
                Some("an opening quote without a closing one runs to the end of the file: try loose_quotes = true or quote = ''; or raise max_record_bytes".into())
            }
            ErrorKind::BadOption { hint, .. } => hint.clone(),
            _ => None,
        }
    }
}

/// Whether the text has characters that only mean something in a glob.
pub(crate) fn is_glob(pattern: &str) -> bool {
    pattern.contains(['*', '?', '[', '{'])
}

/// What is expected of texts of JSON.
pub(crate) const ESCAPED_TEXT: &str = "a text with escapes of JSON";

fn value_hint(
    column: &str,
    expected: &str,
    fits: Option<ColumnType>,
    found: &str,
    may_be_null: bool,
) -> String {
    let is_numeric = expected.contains("number") || expected.contains("integer");
    let is = |decimal, thousands, is: fn(&[u8]) -> bool| {
        let number = NumberSigns { decimal, thousands }.plain(found.trim().as_bytes());
        may_be_null && is_numeric && number.is_some_and(|number| is(&number))
    };
    if expected == ESCAPED_TEXT {
        return "encoding = 'utf8-lossy' replaces halves of characters by U+FFFD; on_error = 'null', 'skip' or 'reject' goes on without the value".into();
    }
    let is_grouped = found.contains(',')
        && is(b'.', Some(','), |number| parse_i64(number).is_some() || looks_like_f64(number));
    let has_fraction = found.contains(',') && is(b',', None, looks_like_f64);
    let comma = match (is_grouped, has_fraction) {
        (true, true) => {
            "thousands = ',' reads a comma between thousands, and decimal_separator = ',' one before a fraction; or "
        }
        (true, false) => "thousands = ',' reads commas between thousands; or ",
        (false, true) => "decimal_separator = ',' reads a comma before a fraction; or ",
        (false, false) => "",
    };
    let format = if may_be_null { format_hint(expected, found) } else { String::new() };
    let null = if may_be_null { ", or, if the value stands for nothing, add it to nullstr" } else { "" };
    let is_zoned = expected.starts_with("a timestamp (")
        && parse_timestamp(found.as_bytes()).is_some_and(|(_, has_zone)| has_zone);
    let zoned = is_zoned.then_some(ColumnType::TimestampTz);
    let wider = fits.or(zoned).unwrap_or(ColumnType::Text);
    format!(
        "{comma}{format}read the column as {wider}, types = {{'{column}': '{wider}'}}{null}; on_error = 'null', 'skip' or 'reject' goes on without it"
    )
}

/// The option that reads a date or a point in time as it is written.
fn format_hint(expected: &str, found: &str) -> String {
    let forms = Forms::default().with(found.as_bytes());
    let Some(kind) = forms.kind() else { return String::new() };
    let is_expected = match kind {
        TimeKind::Date => expected.starts_with("a date"),
        TimeKind::Timestamp => expected.starts_with("a timestamp"),
    };
    match is_expected {
        true => {
            let (option, formats) = (kind.option(), forms.said());
            format!("{option} = {formats} reads all such values as they are written here; or ")
        }
        false => String::new(),
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: line {}", self.path.display(), self.line & !BEHIND_GAP)?;
        if self.is_behind_gap() { f.write_str(" behind a gap") } else { Ok(()) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            ErrorKind::NotFound { pattern, .. } if is_glob(pattern) => {
                write!(f, "no file matches '{pattern}'")
            }
            ErrorKind::NotFound { pattern, .. } => write!(f, "no such file: '{pattern}'"),
            ErrorKind::NotAFile { path, found } => {
                write!(f, "{}: expected a file, found {found}", path.display())
            }
            ErrorKind::NoText { path, found, .. } => {
                write!(f, "{}: expected text, found {found}", path.display())
            }
            ErrorKind::Parquet { path, problem, .. } => write!(f, "{}: {problem}", path.display()),
            ErrorKind::Io { path, action, source } => {
                write!(f, "{}: cannot {action}: {source}", path.display())
            }
            ErrorKind::BadPattern { pattern, problem } => {
                write!(f, "cannot understand the glob '{pattern}': {problem}")
            }
            ErrorKind::Truncated { path, codec, offset_bytes, .. } => write!(
                f,
                "{}: the {codec} data ends in the middle, at compressed byte {offset_bytes}",
                path.display()
            ),
            ErrorKind::Corrupt { path, codec, offset_bytes, source, .. } => {
                let what = if refusal(source).is_some() { "cannot be decoded" } else { "is damaged" };
                let path = path.display();
                write!(
                    f,
                    "{path}: the {codec} data {what} at or before compressed byte {offset_bytes}: {source}"
                )
            }
            ErrorKind::Archive { path, names } => {
                write!(f, "{}: the archive holds {} files: ", path.display(), names.len())?;
                let shown: Vec<String> = names.iter().take(5).map(|name| format!("'{name}'")).collect();
                let more = if names.len() > shown.len() { ", …" } else { "" };
                write!(f, "{}{more}", shown.join(", "))
            }
            ErrorKind::HeadTooShort { path, found, known } => write!(
                f,
                "{}: the lines that had come when the writer paused were read with {known}, and more lines show {found}",
                path.display()
            ),
            ErrorKind::HeadLost { path } => {
                write!(f, "{}: the header is lost with the damaged start of the file", path.display())
            }
            ErrorKind::Value { location, column, expected, found, .. } => {
                write!(f, "{location}, column \"{column}\": expected {expected}, found \"{found}\"")
            }
            ErrorKind::Encoding { location, column, found } => {
                write!(f, "{location}")?;
                column.iter().try_for_each(|column| write!(f, ", column \"{column}\""))?;
                write!(f, ": expected UTF-8 text, found \"{found}\"")
            }
            ErrorKind::Undecodable { path, line, encoding, found, .. } => {
                write!(f, "{}: line {line}: expected text in {encoding}, found \"{found}\"", path.display())
            }
            ErrorKind::FieldCount { location, expected, found, .. } => {
                let fields = if *expected == 1 { "field" } else { "fields" };
                write!(f, "{location}: expected {expected} {fields}, found {found}")
            }
            ErrorKind::Json { location, expected, found } => {
                write!(f, "{location}: expected {expected}, found \"{found}\"")
            }
            ErrorKind::UnclosedQuote { location } => {
                write!(f, "{location}: a quoted field is not closed before the end of the file")
            }
            ErrorKind::TextBehindQuote { location, line, found } => {
                write!(
                    f,
                    "{location}: a quoted field ends on line {line}, and text follows its closing quote: \"{found}\""
                )
            }
            ErrorKind::RecordTooLong { location, max_record_bytes, .. } => {
                write!(f, "{location}: the record is longer than {max_record_bytes} bytes")
            }
            ErrorKind::BadOption { option, problem, .. } => write!(f, "option {option}: {problem}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // Io and Corrupt print their cause themselves: one line tells all of it.
        None
    }
}

/// What to do with data of which a decoder says so, as it is not damaged, but needs what the decoder does not have.
fn refusal(source: &io::Error) -> Option<&'static str> {
    const REFUSALS: [(&str, &str); 9] = [
        (
            "too much memory",
            "its window is larger than there is memory for in each thread: pipe its text in, as '-', from zstd -dc --long=31 FILE",
        ),
        (
            "Dictionary mismatch",
            "it was compressed with a dictionary, without which nobody can read it: zstd -d -D DICTIONARY FILE -o NEW",
        ),
        ("with a dictionary", "nobody can read it without the dictionary: lz4 -d -D DICTIONARY FILE NEW"),
        (
            "memory limit reached",
            "it was compressed with a dictionary of more than 1.5 GiB: pipe its text in, as '-', from xz -dc FILE",
        ),
        ("holds several files", "take the files out of it first, or pipe one in, as '-': unzip -p FILE NAME"),
        ("is encrypted in the archive", "take the file out of it first: unzip -P PASSWORD FILE"),
        ("does not say how long", "take the file out of it first: unzip FILE"),
        (
            "is not compressed by deflate",
            "take the file out of it first, or pipe it in, as '-': 7z x -so FILE",
        ),
        ("invalid options", "it has filters that are not known: pipe its text in, as '-', from xz -dc FILE"),
    ];
    let said = source.to_string();
    REFUSALS.iter().find(|(words, _)| said.contains(words)).map(|(_, hint)| *hint)
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(kind))
    }
}
