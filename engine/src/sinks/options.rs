//! Options for writing files, by name, as `COPY` and the library give them.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use chrono::format::{Item, StrftimeItems};
use swath_io::{Codec, Error as IoError};
use swath_planner::{OptionValue, nearest};

use super::format::ForceQuote;
use crate::options::{boolean, byte, number, text};

/// Options for writing files; what is not set follows from the file's name.
///
/// | name | value | meaning |
/// | --- | --- | --- |
/// | `format` | `csv`, `tsv`, `json`, `jsonl`, `parquet`, `text` | how rows are written |
/// | `compression` | `none`, `gzip`, `bzip2`, `zstd`, `xz`, `lz4`, `auto` | the codec of the file; of the columns of Parquet, `zstd` or `none` |
/// | `compression_level` | a number | how hard it tries |
/// | `per_partition` | `true`, `false` | one file a partition instead of one for all |
/// | `header` | `true`, `false` | CSV: whether the first record names the columns |
/// | `delim`, `sep` | one character | CSV: between fields |
/// | `quote` | one character | CSV: around fields that need it |
/// | `nullstr` | a text | CSV and text: what stands for null |
/// | `force_quote` | `*`, a list of columns, `true` | CSV: all values of these columns, or of all, are quoted, but nulls |
/// | `dateformat`, `timestampformat` | a format of `strftime` | CSV: how dates and points in time are written |
/// | `decimal_separator` | `'.'`, `','` | CSV: what stands before the fraction of a number |
/// | `line_end` | `'\n'`, `'\r\n'` | CSV: what stands behind each record |
/// | `bom` | `true`, `false` | CSV: a byte order mark in front, by which Excel knows UTF-8 |
/// | `array` | `true`, `false` | JSON: one array of objects, or one object a line |
/// | `row_group_size` | a number | Parquet: rows of a row group, at most |
///
/// An option that the format does not have is an error when the file is written.
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
    pub(crate) header: Option<bool>,
    pub(crate) delim: Option<u8>,
    pub(crate) quote: Option<u8>,
    pub(crate) nullstr: Option<String>,
    pub(crate) force_quote: Option<ForceQuote>,
    pub(crate) date_format: Option<String>,
    pub(crate) timestamp_format: Option<String>,
    pub(crate) decimal_separator: Option<u8>,
    pub(crate) crlf: Option<bool>,
    pub(crate) bom: Option<bool>,
    pub(crate) array: Option<bool>,
    pub(crate) row_group_size: Option<usize>,
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
const OPTIONS: [&str; 17] = [
    "format",
    "compression",
    "compression_level",
    "per_partition",
    "header",
    "delim",
    "sep",
    "quote",
    "nullstr",
    "force_quote",
    "dateformat",
    "timestampformat",
    "decimal_separator",
    "line_end",
    "bom",
    "array",
    "row_group_size",
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
                let codec = text(name, value)?;
                self.compression =
                    if codec.eq_ignore_ascii_case("auto") { None } else { Some(codec.parse()?) };
            }
            "compression_level" | "level" => {
                let level = u32::try_from(number(name, value)?);
                self.compression_level = Some(level.map_err(|_| too_large(name))?);
            }
            "per_partition" | "per_thread_output" => self.per_partition = Some(boolean(name, value)?),
            "header" => self.header = Some(boolean(name, value)?),
            "delim" | "sep" | "delimiter" => self.delim = byte("delim", value)?,
            "quote" => match byte(name, value)? {
                Some(quote) => self.quote = Some(quote),
                None => {
                    let hint = "fields with the delimiter in them need quotes";
                    return Err(IoError::bad_option_hint(name, "it is empty", hint));
                }
            },
            "nullstr" | "null" => self.nullstr = Some(text(name, value)?.to_owned()),
            "force_quote" | "quote_all" => self.force_quote = Some(force_quote(name, value)?),
            "dateformat" | "date_format" => self.date_format = Some(time_format(name, value)?),
            "timestampformat" | "timestamp_format" | "datetime_format" => {
                self.timestamp_format = Some(time_format(name, value)?);
            }
            "decimal_separator" | "decimal" => match text(name, value)? {
                "." => self.decimal_separator = Some(b'.'),
                "," => self.decimal_separator = Some(b','),
                _ => return Err(wrong(name, "'.' or ','", value)),
            },
            "line_end" | "new_line" | "line_terminator" => match text(name, value)? {
                "\n" | "\\n" => self.crlf = Some(false),
                "\r\n" | "\\r\\n" => self.crlf = Some(true),
                _ => return Err(wrong(name, "'\\n' or '\\r\\n'", value)),
            },
            "bom" | "include_bom" => self.bom = Some(boolean(name, value)?),
            "array" => self.array = Some(boolean(name, value)?),
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

    /// CSV: sets whether the first record names the columns; it does by default.
    pub fn header(mut self, header: bool) -> Self {
        self.header = Some(header);
        self
    }

    /// CSV: sets the byte between fields.
    pub fn delim(mut self, delim: u8) -> Self {
        self.delim = Some(delim);
        self
    }

    /// CSV: sets the byte around fields that need it.
    pub fn quote(mut self, quote: u8) -> Self {
        self.quote = Some(quote);
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

    /// CSV: sets how dates are written, in the letters of `strftime`: `%d.%m.%Y`. A format that there is not is an error when the file is
    /// written.
    pub fn date_format(mut self, format: impl Into<String>) -> Self {
        self.date_format = Some(format.into());
        self
    }

    /// CSV: sets how points in time are written.
    pub fn timestamp_format(mut self, format: impl Into<String>) -> Self {
        self.timestamp_format = Some(format.into());
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

    /// Refuses options that are set and mean nothing in the format.
    pub(crate) fn check_for(&self, format: FileFormat) -> Result<(), IoError> {
        use FileFormat::{Csv, Json, JsonLines, Parquet, Text, Tsv};
        let of_csv: &[FileFormat] = &[Csv, Tsv];
        let applies: [(&str, bool, &[FileFormat]); 12] = [
            ("header", self.header.is_some(), &[Csv, Tsv]),
            ("delim", self.delim.is_some(), &[Csv, Tsv]),
            ("quote", self.quote.is_some(), &[Csv, Tsv]),
            ("nullstr", self.nullstr.is_some(), &[Csv, Tsv, Text]),
            ("force_quote", self.force_quote.is_some(), of_csv),
            ("dateformat", self.date_format.is_some(), of_csv),
            ("timestampformat", self.timestamp_format.is_some(), of_csv),
            ("decimal_separator", self.decimal_separator.is_some(), of_csv),
            ("line_end", self.crlf.is_some(), of_csv),
            ("bom", self.bom.is_some(), of_csv),
            ("array", self.array.is_some(), &[Json, JsonLines]),
            ("row_group_size", self.row_group_size.is_some(), &[Parquet]),
        ];
        for (name, set, formats) in applies {
            if set && !formats.contains(&format) {
                let names: Vec<String> = formats.iter().map(ToString::to_string).collect();
                let hint = format!("it is one of {}", names.join(", "));
                return Err(IoError::bad_option_hint(name, format!("{format} has no such option"), hint));
            }
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

/// Columns whose values are quoted: `*`, or names with commas between them, in quotes where they need these.
fn force_quote(name: &str, value: &OptionValue) -> Result<ForceQuote, IoError> {
    let names = match value {
        OptionValue::Boolean(true) => return Ok(ForceQuote::All),
        OptionValue::Boolean(false) => return Ok(ForceQuote::None),
        OptionValue::List(names) => {
            names.iter().map(|column| text(name, column).map(str::to_owned)).collect::<Result<_, _>>()?
        }
        OptionValue::Text(word) if word == "*" || word.eq_ignore_ascii_case("true") => {
            return Ok(ForceQuote::All);
        }
        OptionValue::Text(word) if word.eq_ignore_ascii_case("false") => return Ok(ForceQuote::None),
        OptionValue::Text(names) => names_in(names),
        other => return Err(wrong(name, "*, or a list of columns", other)),
    };
    Ok(ForceQuote::Columns(names))
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

/// How dates or points in time are written.
fn time_format(name: &str, value: &OptionValue) -> Result<String, IoError> {
    Ok(text(name, value)?.to_owned())
}

fn wrong(name: &str, expected: &str, found: &OptionValue) -> IoError {
    IoError::bad_option(name, format!("expected {expected}, found {found}"))
}

fn too_large(name: &str) -> IoError {
    IoError::bad_option(name, "the number is too large")
}

fn unknown(name: &str) -> IoError {
    let hint = match nearest(name, OPTIONS) {
        Some(known) => format!("did you mean {known}?"),
        None => format!("the options are: {}", OPTIONS.join(", ")),
    };
    IoError::bad_option_hint(name, "there is no such option for writing files", hint)
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
        assert_eq!(set("compression", "GZIP").unwrap(), WriteOptions::default().compression(Codec::Gzip));
        assert_eq!(set("compression", "auto").unwrap(), WriteOptions::default());
        assert_eq!(set("level", "9").unwrap(), WriteOptions::default().compression_level(9));
        assert_eq!(set("HEADER", "false").unwrap(), WriteOptions::default().header(false));
        assert_eq!(set("null", "NA").unwrap(), WriteOptions::default().nullstr("NA"));
        assert_eq!(set("force_quote", "*").unwrap(), WriteOptions::default().quote_all());
        let some = WriteOptions::default().force_quote(["a", "b,\"c"]);
        assert_eq!(set("FORCE_QUOTE", "a, \"b,\"\"c\"").unwrap(), some);
        assert_eq!(set("new_line", "\\r\\n").unwrap(), WriteOptions::default().crlf());
        assert_eq!(set("decimal", ",").unwrap(), WriteOptions::default().decimal_comma());
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
        assert_eq!(error("quote", "").0, "option quote: it is empty");
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
