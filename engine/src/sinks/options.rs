//! Options for writing files, by name, as `COPY` and the library give them.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use chrono::format::{Item, StrftimeItems};
use swath_io::{Codec, Delim, Error as IoError, written_letters};
use swath_planner::{OptionValue, nearest};

use super::folders::Existing;
use super::format::ForceQuote;
use crate::options::{boolean, byte, delim, number, text};
use crate::settings::parse_bytes;

/// Options for writing files; what is not set follows from the file's name.
///
/// | name | value | meaning |
/// | --- | --- | --- |
/// | `format` | `csv`, `tsv`, `json`, `jsonl`, `parquet`, `text` | how rows are written |
/// | `compression` | `none`, `gzip`, `bzip2`, `zstd`, `xz`, `lz4`, `auto` | the codec of the file; of the columns of Parquet, `zstd`, `snappy`, `gzip`, `lz4` or `none` |
/// | `compression_level` | a number | how hard it tries |
/// | `per_partition` | `true`, `false` | one file a partition instead of one for all |
/// | `partition_by` | a list of columns | a folder for each of their values, as `year=2001/month=2`, and a file in it |
/// | `write_partition_columns` | `true`, `false` | whether these columns are in the files, too |
/// | `overwrite`, `overwrite_or_ignore`, `append` | `true`, `false` | what becomes of files that are in the folder already: all are replaced, or those of the same names, or none |
/// | `filename_pattern` | a text | names of files in folders: `data_{i}`, or with `{uuid}`, `{uuidv7}` |
/// | `file_extension` | a text | their ending, in front of that of a codec |
/// | `file_size_bytes` | a number, or a text as `'100 MB'` | several files, with a number in their names: the next one begins where one is so long |
/// | `write_empty_file` | `true`, `false` | whether there is a file where there are no rows |
/// | `return_files` | `true`, `false` | `COPY` also tells which files were written, as `files` |
/// | `header` | `true`, `false` | CSV: whether the first record names the columns |
/// | `delim`, `sep` | one to eight bytes | CSV: between fields |
/// | `quote` | one character, `''` | CSV: around fields that need it; without, fields are written as they are |
/// | `escape` | one character | CSV: in front of quotes inside fields, which are doubled without |
/// | `comment` | one character, `''` | CSV: fields with it are quoted, for readers that take lines with it for comments |
/// | `nullstr` | a text | CSV and text: what stands for null |
/// | `force_quote` | `*`, a list of columns, `true` | CSV: all values of these columns, or of all, are quoted, but nulls |
/// | `dateformat`, `timestampformat` | a format of `strftime` | CSV and JSON: how dates and points in time are written; these also as `'iso'` |
/// | `decimal_separator` | `'.'`, `','` | CSV: what stands before the fraction of a number |
/// | `line_end` | `'\n'`, `'\r\n'` | CSV: what stands behind each record |
/// | `bom` | `true`, `false` | CSV: a byte order mark in front, by which Excel knows UTF-8 |
/// | `array` | `true`, `false` | JSON: one array of objects, or one object a line |
/// | `row_group_size` | a number | Parquet: rows of a row group, at most |
/// | `row_group_size_bytes` | a number, or a text as `'64 MB'` | Parquet: the next row group begins where one is so long |
///
/// Other names by which pandas, Polars and Spark know these are taken, too (`separator`, `na_rep`, `null_value`, `quotechar`, `quote_style`, …).
/// An option that the format does not have is an error when the file is written. `use_tmp_file`, `preserve_order` and `parquet_version`, which other engines
/// have, change nothing: a file appears when it is whole, sorted rows stay in their order, and all versions of Parquet are read.
///
/// ```
/// use swath::WriteOptions;
///
/// let options = WriteOptions::default().delim(b';').nullstr("NA").compression_level(9);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct WriteOptions {
    pub(crate) format: Option<FileFormat>,
    pub(crate) compression: Option<Codec>,
    pub(crate) compression_level: Option<u32>,
    pub(crate) per_partition: Option<bool>,
    pub(crate) partition_by: Vec<String>,
    pub(crate) write_partition_columns: Option<bool>,
    pub(crate) existing: Option<Existing>,
    pub(crate) filename_pattern: Option<String>,
    pub(crate) file_extension: Option<String>,
    pub(crate) file_size_bytes: Option<u64>,
    pub(crate) write_empty_file: Option<bool>,
    pub(crate) return_files: bool,
    pub(crate) header: Option<bool>,
    pub(crate) delim: Option<Delim>,
    /// Within: none are written.
    pub(crate) quote: Option<Option<u8>>,
    pub(crate) escape: Option<u8>,
    pub(crate) comment: Option<u8>,
    /// Of the columns of Parquet; no file is compressed so.
    pub(crate) snappy: bool,
    pub(crate) nullstr: Option<String>,
    pub(crate) force_quote: Option<ForceQuote>,
    pub(crate) date_format: Option<String>,
    pub(crate) timestamp_format: Option<String>,
    pub(crate) decimal_separator: Option<u8>,
    pub(crate) crlf: Option<bool>,
    pub(crate) bom: Option<bool>,
    pub(crate) array: Option<bool>,
    pub(crate) row_group_size: Option<usize>,
    pub(crate) row_group_size_bytes: Option<usize>,
}

/// A format of files that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileFormat {
    /// Fields separated by commas, as in RFC 4180.
    Csv,
    /// Fields separated by tabs.
    Tsv,
    /// One array of objects.
    Json,
    /// One object a line.
    JsonLines,
    /// Columns in row groups.
    Parquet,
    /// One value a line.
    Text,
}

/// Every option, by the name that is suggested for a misspelt one.
const OPTIONS: [&str; 30] = [
    "format",
    "compression",
    "compression_level",
    "per_partition",
    "partition_by",
    "write_partition_columns",
    "overwrite",
    "overwrite_or_ignore",
    "append",
    "filename_pattern",
    "file_extension",
    "file_size_bytes",
    "write_empty_file",
    "return_files",
    "header",
    "delim",
    "sep",
    "quote",
    "escape",
    "comment",
    "nullstr",
    "force_quote",
    "dateformat",
    "timestampformat",
    "decimal_separator",
    "line_end",
    "bom",
    "array",
    "row_group_size",
    "row_group_size_bytes",
];

impl WriteOptions {
    /// Sets an option by its name.
    ///
    /// # Errors
    /// There is no such option, or it does not take the value.
    pub fn set(&mut self, name: &str, value: &OptionValue) -> Result<(), IoError> {
        match name.to_ascii_lowercase().as_str() {
            "format" => self.format = Some(text(name, value)?.parse()?),
            "compression" | "codec" => {
                let codec = text(name, value)?.to_ascii_lowercase();
                self.snappy = codec == "snappy";
                self.compression = match codec.as_str() {
                    "auto" | "auto_detect" | "snappy" => None,
                    "lz4_raw" => Some(Codec::Lz4),
                    "brotli" | "lzo" => {
                        let hint = "columns of Parquet are compressed with zstd, snappy, gzip, lz4 or none";
                        return Err(IoError::bad_option_hint(name, format!("{codec} is not written"), hint));
                    }
                    codec => Some(codec.parse()?),
                };
            }
            "compression_level" | "level" => {
                let level = u32::try_from(number(name, value)?);
                self.compression_level = Some(level.map_err(|_| too_large(name))?);
            }
            "per_partition" | "per_thread_output" => self.per_partition = Some(boolean(name, value)?),
            "partition_by" | "partitioned_by" => self.partition_by = columns(name, value)?,
            "write_partition_columns" => self.write_partition_columns = Some(boolean(name, value)?),
            "overwrite" => self.set_existing(name, value, Existing::Overwrite)?,
            "overwrite_or_ignore" => self.set_existing(name, value, Existing::OverwriteOrIgnore)?,
            "append" => self.set_existing(name, value, Existing::Append)?,
            "filename_pattern" => self.filename_pattern = Some(text(name, value)?.to_owned()),
            "file_extension" => {
                let ending = text(name, value)?;
                self.file_extension = Some(ending.strip_prefix('.').unwrap_or(ending).to_owned());
            }
            "file_size_bytes" | "max_file_size" => self.file_size_bytes = Some(file_size(name, value)?),
            "write_empty_file" => self.write_empty_file = Some(boolean(name, value)?),
            "return_files" => self.return_files = boolean(name, value)?,
            "header" | "include_header" => self.header = Some(boolean(name, value)?),
            "delim" | "sep" | "delimiter" | "separator" | "field_delimiter" => {
                self.delim = Some(delim("delim", value)?)
            }
            "escape" | "escapechar" | "escape_char" => self.escape = byte(name, value)?,
            "comment" => self.comment = byte(name, value)?,
            "quote" | "quotechar" | "quote_char" => self.quote = Some(byte(name, value)?),
            "nullstr" | "null" | "null_value" | "nullvalue" | "null_string" | "na_rep" => {
                self.nullstr = Some(text(name, value)?.to_owned())
            }
            "force_quote" | "quote_all" | "quoteall" => self.force_quote = Some(force_quote(name, value)?),
            "quote_style" => self.force_quote = Some(quote_style(name, value)?),
            "dateformat" | "date_format" => self.date_format = Some(written_letters(text(name, value)?)),
            "timestampformat" | "timestamp_format" | "datetime_format" => {
                self.timestamp_format = Some(timestamp_format(text(name, value)?));
            }
            "decimal_separator" | "decimal" => match text(name, value)? {
                "." => self.decimal_separator = Some(b'.'),
                "," => self.decimal_separator = Some(b','),
                _ => return Err(wrong(name, "'.' or ','", value)),
            },
            "decimal_comma" => self.decimal_separator = Some(if boolean(name, value)? { b',' } else { b'.' }),
            "line_end" | "new_line" | "line_terminator" | "lineterminator" | "linesep" | "eol" => {
                match text(name, value)? {
                    "\n" | "\\n" => self.crlf = Some(false),
                    "\r\n" | "\\r\\n" => self.crlf = Some(true),
                    _ => return Err(wrong(name, "'\\n' or '\\r\\n'", value)),
                }
            }
            // What is done in any case.
            "use_tmp_file" | "preserve_order" | "maintain_order" => drop(boolean(name, value)?),
            "parquet_version" => drop(text(name, value)?),
            "encoding" => match text(name, value)?.to_ascii_lowercase().as_str() {
                "utf8" | "utf-8" => {}
                "utf-8-sig" => self.bom = Some(true),
                _ => {
                    let hint = "files are written in UTF-8; iconv -t makes others of them";
                    return Err(IoError::bad_option_hint(name, "expected utf-8", hint));
                }
            },
            "index" if matches!(value, OptionValue::Boolean(false)) => {}
            "bom" | "include_bom" => self.bom = Some(boolean(name, value)?),
            "array" => self.array = Some(boolean(name, value)?),
            "row_group_size_bytes" => {
                self.row_group_size_bytes =
                    Some(usize::try_from(file_size(name, value)?).unwrap_or(usize::MAX));
            }
            "row_group_size" => {
                let rows = usize::try_from(number(name, value)?).map_err(|_| too_large(name))?;
                if rows == 0 {
                    return Err(IoError::bad_option(name, "expected a number of rows, found 0"));
                }
                self.row_group_size = Some(rows);
            }
            _ => return Err(unknown(name)),
        }
        Ok(())
    }

    /// Sets the format, for names that do not tell it.
    pub fn format(mut self, format: FileFormat) -> Self {
        self.format = Some(format);
        self
    }

    /// Sets the codec of the file, or of the columns of Parquet, whatever the name says.
    pub fn compression(mut self, codec: Codec) -> Self {
        self.compression = Some(codec);
        self
    }

    /// Sets how hard the codec tries; each codec has levels of its own.
    pub fn compression_level(mut self, level: u32) -> Self {
        self.compression_level = Some(level);
        self
    }

    /// Writes one file a partition: the name has a `*` or `{}` where the number goes, or it is a folder's.
    pub fn per_partition(mut self) -> Self {
        self.per_partition = Some(true);
        self
    }

    /// Writes a folder for each value of these columns, as `year=2001/month=2`, and a file in it; the name is that of the folder
    /// for all of them. The columns are not in the files.
    pub fn partition_by<N: Into<String>>(mut self, columns: impl IntoIterator<Item = N>) -> Self {
        self.partition_by = columns.into_iter().map(Into::into).collect();
        self
    }

    /// Folders: the columns of their names are in the files, too.
    pub fn write_partition_columns(mut self) -> Self {
        self.write_partition_columns = Some(true);
        self
    }

    /// Folders: all files of an earlier write go when the new ones are whole. Without, a folder with files in it is an error.
    pub fn overwrite(mut self) -> Self {
        self.existing = Some(Existing::Overwrite);
        self
    }

    /// Folders: files of an earlier write with the same names are replaced, and others stay.
    pub fn overwrite_or_ignore(mut self) -> Self {
        self.existing = Some(Existing::OverwriteOrIgnore);
        self
    }

    /// Folders: files of an earlier write stay, and new ones get names that no others have.
    pub fn append(mut self) -> Self {
        self.existing = Some(Existing::Append);
        self
    }

    /// Folders: sets what files are named, with their number for `{i}` and a name that no others have for `{uuid}`.
    pub fn filename_pattern(mut self, pattern: impl Into<String>) -> Self {
        self.filename_pattern = Some(pattern.into());
        self
    }

    /// Writes several files, one after the other: the next one begins where one has so many bytes. The name has a `*` or `{}` where
    /// the number goes, or it is a folder's.
    pub fn file_size_bytes(mut self, bytes: u64) -> Self {
        self.file_size_bytes = Some(bytes.max(1));
        self
    }

    /// Writes no file where there are no rows.
    pub fn skip_empty_files(mut self) -> Self {
        self.write_empty_file = Some(false);
        self
    }

    /// CSV: sets whether the first record names the columns; it does by default.
    pub fn header(mut self, header: bool) -> Self {
        self.header = Some(header);
        self
    }

    /// CSV: sets what stands between fields: a byte, or a [`Delim`].
    pub fn delim(mut self, delim: impl Into<Delim>) -> Self {
        self.delim = Some(delim.into());
        self
    }

    /// CSV: sets the byte in front of quotes inside fields, which are doubled without.
    pub fn escape(mut self, escape: u8) -> Self {
        self.escape = Some(escape);
        self
    }

    /// CSV: sets the byte around fields that need it.
    pub fn quote(mut self, quote: u8) -> Self {
        self.quote = Some(Some(quote));
        self
    }

    /// CSV: writes fields as they are. One that could not be told from others is an error.
    pub fn no_quotes(mut self) -> Self {
        self.quote = Some(None);
        self
    }

    /// CSV and text: sets what stands for null. By default it is an empty field in CSV and an error in
    /// text.
    pub fn nullstr(mut self, nullstr: impl Into<String>) -> Self {
        self.nullstr = Some(nullstr.into());
        self
    }

    /// CSV: quotes all values of these columns that are not null, though they need not be.
    pub fn force_quote<N: Into<String>>(mut self, columns: impl IntoIterator<Item = N>) -> Self {
        self.force_quote = Some(ForceQuote::Columns(columns.into_iter().map(Into::into).collect()));
        self
    }

    /// CSV: quotes all values that are not null.
    pub fn quote_all(mut self) -> Self {
        self.force_quote = Some(ForceQuote::All);
        self
    }

    /// Parquet: columns are compressed with Snappy, which takes less time than Zstandard, and more room.
    pub fn snappy(mut self) -> Self {
        self.snappy = true;
        self
    }

    /// CSV and JSON: sets how dates are written, in the letters of `strftime`: `%d.%m.%Y`. A format that there is not is an error when the file is
    /// written.
    pub fn date_format(mut self, format: impl Into<String>) -> Self {
        self.date_format = Some(written_letters(&format.into()));
        self
    }

    /// CSV and JSON: sets how points in time are written.
    pub fn timestamp_format(mut self, format: impl Into<String>) -> Self {
        self.timestamp_format = Some(timestamp_format(&format.into()));
        self
    }

    /// CSV: a comma stands before the fraction of a number.
    pub fn decimal_comma(mut self) -> Self {
        self.decimal_separator = Some(b',');
        self
    }

    /// CSV: lines end with `\r\n`.
    pub fn crlf(mut self) -> Self {
        self.crlf = Some(true);
        self
    }

    /// CSV: a byte order mark stands in front, by which Excel knows UTF-8.
    pub fn bom(mut self) -> Self {
        self.bom = Some(true);
        self
    }

    /// Parquet: sets how many rows a row group has at most.
    pub fn row_group_size(mut self, rows: usize) -> Self {
        self.row_group_size = Some(rows.max(1));
        self
    }

    fn set_existing(&mut self, name: &str, value: &OptionValue, existing: Existing) -> Result<(), IoError> {
        if !boolean(name, value)? {
            return Ok(());
        }
        if self.existing.replace(existing).is_some_and(|other| other != existing) {
            let hint = "give one of overwrite, overwrite_or_ignore and append";
            return Err(IoError::bad_option_hint(name, "another of its kind is set", hint));
        }
        Ok(())
    }

    /// Whether an option is set that only CSV has.
    pub(crate) fn ask_for_csv(&self) -> bool {
        self.header.is_some()
            || self.delim.is_some()
            || self.quote.is_some()
            || self.escape.is_some()
            || self.comment.is_some()
            || self.force_quote.is_some()
            || self.decimal_separator.is_some()
            || self.crlf.is_some()
            || self.bom.is_some()
    }

    /// Refuses options that are set and mean nothing in the format.
    pub(crate) fn check_for(&self, format: FileFormat) -> Result<(), IoError> {
        use FileFormat::{Csv, Json, JsonLines, Parquet, Text, Tsv};
        let of_csv: &[FileFormat] = &[Csv, Tsv];
        let of_times: &[FileFormat] = &[Csv, Tsv, Json, JsonLines];
        let applies: [(&str, bool, &[FileFormat]); 15] = [
            ("header", self.header.is_some(), &[Csv, Tsv]),
            ("delim", self.delim.is_some(), &[Csv, Tsv]),
            ("quote", self.quote.is_some(), &[Csv, Tsv]),
            ("escape", self.escape.is_some(), of_csv),
            ("comment", self.comment.is_some(), of_csv),
            ("nullstr", self.nullstr.is_some(), &[Csv, Tsv, Text]),
            ("force_quote", self.force_quote.is_some(), of_csv),
            ("dateformat", self.date_format.is_some(), of_times),
            ("timestampformat", self.timestamp_format.is_some(), of_times),
            ("decimal_separator", self.decimal_separator.is_some(), of_csv),
            ("line_end", self.crlf.is_some(), of_csv),
            ("bom", self.bom.is_some(), of_csv),
            ("array", self.array.is_some(), &[Json, JsonLines]),
            ("row_group_size", self.row_group_size.is_some(), &[Parquet]),
            ("row_group_size_bytes", self.row_group_size_bytes.is_some(), &[Parquet]),
        ];
        for (name, set, formats) in applies {
            if set && !formats.contains(&format) {
                let names: Vec<String> = formats.iter().map(ToString::to_string).collect();
                let hint = format!("it is one of {}", names.join(", "));
                return Err(IoError::bad_option_hint(name, format!("{format} has no such option"), hint));
            }
        }
        if self.snappy && format != Parquet {
            let problem = format!("{format} is not compressed with snappy");
            return Err(IoError::bad_option_hint(
                "compression",
                problem,
                "gzip, zstd, bzip2, xz, lz4, or none",
            ));
        }
        for (name, format) in [("dateformat", &self.date_format), ("timestampformat", &self.timestamp_format)]
        {
            let is_unknown = |item: &Item<'_>| matches!(item, Item::Error);
            if let Some(format) =
                format.as_ref().filter(|format| StrftimeItems::new(format).any(|item| is_unknown(&item)))
            {
                let problem = format!("'{format}' is no format of dates");
                return Err(IoError::bad_option_hint(name, problem, "as in '%d.%m.%Y'"));
            }
        }
        Ok(())
    }
}

impl FileFormat {
    const ALL: [Self; 6] = [Self::Csv, Self::Tsv, Self::Json, Self::JsonLines, Self::Parquet, Self::Text];

    /// The ending of names of such files, without a dot.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Json => "json",
            Self::JsonLines => "jsonl",
            Self::Parquet => "parquet",
            Self::Text => "txt",
        }
    }

    /// The format that a file's name promises, with or without the ending of a codec.
    pub(crate) fn of_name(path: &Path) -> Option<Self> {
        Self::of_ending(Codec::name_inside(path).extension()?.to_str()?)
    }

    /// The format of an ending.
    pub(crate) fn of_ending(ending: &str) -> Option<Self> {
        Some(match ending.to_ascii_lowercase().as_str() {
            "csv" => Self::Csv,
            "tsv" | "tab" => Self::Tsv,
            "json" => Self::Json,
            "jsonl" | "ndjson" => Self::JsonLines,
            "parquet" | "pq" => Self::Parquet,
            "txt" | "text" | "log" => Self::Text,
            _ => return None,
        })
    }
}

impl fmt::Display for FileFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            other => other.extension(),
        })
    }
}

impl FromStr for FileFormat {
    type Err = IoError;

    fn from_str(name: &str) -> Result<Self, IoError> {
        Self::of_ending(name).ok_or_else(|| {
            let names = Self::ALL.map(|format| format.to_string());
            let hint = match nearest(name, names.iter().map(String::as_str)) {
                Some(known) => format!("did you mean {known}?"),
                None => format!("the formats are: {}", names.join(", ")),
            };
            IoError::bad_option_hint("format", format!("unknown format \"{name}\""), hint)
        })
    }
}

/// Columns whose values are quoted: `*`, or a list of them.
fn force_quote(name: &str, value: &OptionValue) -> Result<ForceQuote, IoError> {
    Ok(match value {
        OptionValue::Boolean(true) => ForceQuote::All,
        OptionValue::Boolean(false) => ForceQuote::None,
        OptionValue::Text(word) if word == "*" || word.eq_ignore_ascii_case("true") => ForceQuote::All,
        OptionValue::Text(word) if word.eq_ignore_ascii_case("false") => ForceQuote::None,
        OptionValue::Text(_) | OptionValue::List(_) => ForceQuote::Columns(columns(name, value)?),
        other => return Err(wrong(name, "*, or a list of columns", other)),
    })
}

/// What Polars calls the values that have quotes.
fn quote_style(name: &str, value: &OptionValue) -> Result<ForceQuote, IoError> {
    match text(name, value)?.to_ascii_lowercase().as_str() {
        "always" => Ok(ForceQuote::All),
        "necessary" => Ok(ForceQuote::None),
        _ => {
            let hint = "force_quote = ['a', 'b'] quotes some columns";
            Err(IoError::bad_option_hint(name, "expected always or necessary", hint))
        }
    }
}

/// A list of columns: names with commas between them, in quotes where they need these.
fn columns(name: &str, value: &OptionValue) -> Result<Vec<String>, IoError> {
    match value {
        OptionValue::List(names) => {
            names.iter().map(|column| text(name, column).map(str::to_owned)).collect()
        }
        OptionValue::Text(names) => Ok(names_in(names)),
        other => Err(wrong(name, "a list of columns", other)),
    }
}

/// Names with commas between them. Within double quotes a comma is a part of a name, and two of them are one.
fn names_in(text: &str) -> Vec<String> {
    let (mut names, mut is_quoted) = (vec![String::new()], false);
    let mut characters = text.chars().peekable();
    while let Some(found) = characters.next() {
        match (found, names.last_mut()) {
            ('"', Some(name)) if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                name.push('"');
            }
            ('"', _) => is_quoted = !is_quoted,
            (',', _) if !is_quoted => names.push(String::new()),
            (' ', Some(name)) if !is_quoted && name.is_empty() => {}
            (found, Some(name)) => name.push(found),
            (_, None) => {}
        }
    }
    names
}

/// How points in time are written, as `chrono` has it; `'iso'` is ISO 8601.
fn timestamp_format(format: &str) -> String {
    match format {
        iso if iso.eq_ignore_ascii_case("iso") => "%Y-%m-%dT%H:%M:%S.%6fZ".to_owned(),
        format => written_letters(format),
    }
}

fn wrong(name: &str, expected: &str, found: &OptionValue) -> IoError {
    IoError::bad_option(name, format!("expected {expected}, found {found}"))
}

/// A number of bytes, which may have a unit.
fn file_size(name: &str, value: &OptionValue) -> Result<u64, IoError> {
    let bytes = match value {
        OptionValue::Text(text) => parse_bytes(name, text).ok().map(|bytes| bytes as u64),
        OptionValue::Number(number) => number.parse().ok(),
        _ => None,
    };
    bytes
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| wrong(name, "a number of bytes, as 100000 or '100 MB'", value))
}

fn too_large(name: &str) -> IoError {
    IoError::bad_option(name, "the number is too large")
}

fn unknown(name: &str) -> IoError {
    let hint = match (instead(&name.to_ascii_lowercase()), nearest(name, OPTIONS)) {
        (Some(instead), _) => instead.to_owned(),
        (None, Some(known)) => format!("did you mean {known}?"),
        (None, None) => format!("the options are: {}", OPTIONS.join(", ")),
    };
    IoError::bad_option_hint(name, "there is no such option for writing files", hint)
}

/// What is there in place of options that users of other tools know.
fn instead(name: &str) -> Option<&'static str> {
    Some(match name {
        "float_format" | "float_precision" | "float_scientific" => {
            "COPY writes what a query says: SELECT round(x, 2) AS x, or printf('%.2f', x)"
        }
        "columns" | "index" | "index_label" => "COPY (SELECT a, b FROM …) TO … says what is written",
        "time_format" => "COPY writes what a query says: SELECT strftime(t, '%H:%M') AS t",
        "quoting" | "quoting_style" => {
            "force_quote = * quotes all values, force_quote = ['a', 'b'] those of some columns"
        }
        "mode" => {
            "a file is always written anew; append true adds files to a folder, with partition_by or per_partition"
        }
        "prefix" | "suffix" => {
            "FORMAT json writes one array, with ARRAY false an object a line; a text has all that stands in it: COPY (SELECT …) TO 'x' (FORMAT text)"
        }
        "kv_metadata" | "field_ids" | "return_stats" => {
            "files are written without it, and the option may be left out"
        }
        "hive_file_pattern" | "partition_path" => {
            "a column names a folder: PARTITION_BY (year) writes year=2001, and per_partition or file_size_bytes files without folders"
        }
        "batch_size" | "chunksize" => "files are written as rows come; row_group_size is for parquet",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(name: &str, value: &str) -> Result<WriteOptions, IoError> {
        let mut options = WriteOptions::default();
        options.set(name, &OptionValue::Text(value.into())).map(|()| options)
    }

    #[test]
    fn every_listed_option_is_known() {
        for name in OPTIONS {
            let error = WriteOptions::default().set(name, &OptionValue::Map(vec![])).unwrap_err();
            assert!(!error.to_string().contains("no such option"), "{error}");
        }
        for format in FileFormat::ALL {
            assert_eq!(format.to_string().parse::<FileFormat>().unwrap(), format);
        }
    }

    #[test]
    fn names_and_methods_mean_the_same() {
        assert_eq!(set("Delimiter", ";").unwrap(), WriteOptions::default().delim(b';'));
        assert_eq!(set("sep", "||").unwrap(), WriteOptions::default().delim(Delim::new("||").unwrap()));
        assert_eq!(set("codec", "SNAPPY").unwrap(), WriteOptions::default().snappy());
        assert_eq!(set("use_tmp_file", "true").unwrap(), WriteOptions::default());
        assert_eq!(set("compression", "GZIP").unwrap(), WriteOptions::default().compression(Codec::Gzip));
        assert_eq!(set("compression", "auto").unwrap(), WriteOptions::default());
        assert_eq!(set("level", "9").unwrap(), WriteOptions::default().compression_level(9));
        assert_eq!(set("HEADER", "false").unwrap(), WriteOptions::default().header(false));
        assert_eq!(set("quote", "").unwrap(), WriteOptions::default().no_quotes());
        assert_eq!(set("null", "NA").unwrap(), WriteOptions::default().nullstr("NA"));
        assert_eq!(set("force_quote", "*").unwrap(), WriteOptions::default().quote_all());
        let some = WriteOptions::default().force_quote(["a", "b,\"c"]);
        assert_eq!(set("FORCE_QUOTE", "a, \"b,\"\"c\"").unwrap(), some);
        assert_eq!(set("new_line", "\\r\\n").unwrap(), WriteOptions::default().crlf());
        assert_eq!(set("decimal", ",").unwrap(), WriteOptions::default().decimal_comma());
        assert_eq!(set("decimal_comma", "true").unwrap(), WriteOptions::default().decimal_comma());
        assert_eq!(set("separator", ";").unwrap(), WriteOptions::default().delim(b';'));
        assert_eq!(set("na_rep", "NA").unwrap(), WriteOptions::default().nullstr("NA"));
        assert_eq!(set("quote_style", "always").unwrap(), WriteOptions::default().quote_all());
        assert_eq!(set("encoding", "UTF-8").unwrap(), WriteOptions::default());
        assert!(set("encoding", "latin1").is_err());
        assert_eq!(set("format", "ndjson").unwrap(), WriteOptions::default().format(FileFormat::JsonLines));
    }

    #[test]
    fn wrong_ones_are_told() {
        let error = |name, value| {
            let error = set(name, value).unwrap_err();
            (error.to_string(), error.hint().unwrap_or_default())
        };
        let (message, hint) = error("compresion", "gzip");
        assert_eq!(message, "option compresion: there is no such option for writing files");
        assert_eq!(hint, "did you mean compression?");
        let (message, hint) = error("format", "parket");
        assert_eq!(message, "option format: unknown format \"parket\"");
        assert_eq!(hint, "did you mean parquet?");
        assert!(error("float_precision", "2").1.contains("round(x, 2)"));
        assert_eq!(
            error("row_group_size", "0").0,
            "option row_group_size: expected a number of rows, found 0"
        );
        assert_eq!(error("line_end", ";").0, "option line_end: expected '\\n' or '\\r\\n', found ';'");
        let error = WriteOptions::default().date_format("%Q").check_for(FileFormat::Csv).unwrap_err();
        assert_eq!(error.to_string(), "option dateformat: '%Q' is no format of dates");
        let error = WriteOptions::default().header(true).check_for(FileFormat::Parquet).unwrap_err();
        assert_eq!(error.to_string(), "option header: parquet has no such option");
        assert_eq!(error.hint().unwrap(), "it is one of csv, tsv");
    }
}
