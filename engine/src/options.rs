//! Options by name, as users write them, become the plain data that `swath_io` reads files by.

use swath_io::{
    ColumnType, CsvOptions, Delim, Encoding, Error as IoError, ErrorKind, HeaderMode, JsonOptions, OnError,
    Setting, TextOptions, TimeFormat,
};
pub use swath_planner::OptionValue;
use swath_planner::{SourceFunction, nearest};

/// Options for reading files, by name, under the names that DuckDB uses.
///
/// | name | value | meaning |
/// | --- | --- | --- |
/// | `header` | `true`, `false`, `'auto'` | whether the first record names the columns |
/// | `delim`, `sep`, `separator` | one to four bytes, `'blanks'`, `'auto'` | between fields |
/// | `quote`, `escape`, `comment` | one character, `''` for none, `'auto'` | as in [`CsvOptions`] |
/// | `bare_escapes` | `true`, `false` | `escape` means something in fields without quotes, too; with `quote = ''` it always does |
/// | `inline_comments` | `true`, `false` | comments may stand behind values, too, up to the end of a line |
/// | `loose_quotes` | `true`, `false` | quotes that are not doubled may stand within fields, and one may be left over |
/// | `skip` | a number, `'auto'` | lines to skip at the head of each file |
/// | `nullstr` | a text or a list | what is null in every column, also in quotes, beside what always is |
/// | `allow_quoted_nulls` | `true`, `false` | `false`: what `nullstr` names is null only without quotes |
/// | `decimal_separator` | `'.'`, `','` | what stands before the fraction of a number |
/// | `thousands` | one character | what stands between groups of three digits in numbers: `1,234,567` |
/// | `dateformat`, `timestampformat` | a format of `strftime`, `'auto'` | how dates and points in time are written: `'%d.%m.%Y'`, see [`TimeFormat`]; auto: to be found by looking |
/// | `encoding` | a name | `utf8`, `utf8-lossy`, `latin1`, `windows-1252`, `utf8-or-windows-1252`, `utf-16le`, … |
/// | `names` | a list of texts | names of the first columns, in order, in place of those that each file has at their places |
/// | `types` | a map from name to type, or a list of types | types of some columns, or of the first ones, in order |
/// | `columns` | a map from name to type | all columns, in order |
/// | `all_varchar` | `true`, `false` | read all columns as text |
/// | `auto_detect` | `true`, `false` | `false`: `columns` are given, and whatever else is not said is as in RFC 4180, without a header |
/// | `compression` | a name | the codec, `'auto'` to find it out |
/// | `salvage` | `true`, `false` | damage of compressed files is passed over: what is whole is read, and what is lost is told |
/// | `filename` | `true`, `false`, a name | adds a column with each row's file |
/// | `hive_partitioning` | `true`, `false`, `'auto'` | adds columns for folders named `year=2001`; auto: where all files have the same |
/// | `hive_types` | a map from name to type | types of some of these columns |
/// | `hive_types_autocast` | `true`, `false` | `false`: the others are text |
/// | `union_by_name` | `true`, `false` | columns of several files belong together by name, or by place |
/// | `max_record_bytes` | a number | bound on one record; longer ones are an error |
/// | `on_error` | `'fail'`, `'null'`, `'skip'`, `'reject'` | what becomes of values that do not fit and records of the wrong width, see [`OnError`](crate::OnError) |
/// | `ignore_errors`, `store_rejects` | `true`, `false` | `on_error = 'skip'`, `'reject'` |
/// | `on_bad_lines` | `'error'`, `'warn'`, `'skip'` | `on_error = 'fail'`, `'skip'`, `'skip'` |
/// | `null_padding` | `true`, `false` | records with too few fields are filled up with nulls; without a header, the longest one at the head says how many there are |
/// | `ragged`, `truncate_ragged_lines` | `true`, `false` | and those with too many are cut |
/// | `strict_mode` | `true`, `false` | `false`: `loose_quotes`, `bare_escapes`, and records with too many fields are cut |
/// | `rejects_limit` | a number | rejected values and records that are kept; all are counted |
///
/// Other names by which DuckDB, Polars and pandas know these are taken, too (`null_values`, `skiprows`, `quotechar`,
/// `schema_overrides`, …), and so are options of theirs which say how files are read where the answer is the same:
/// `sample_size`, `buffer_size`, `parallel`, `low_memory`, `new_line` and their like change nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ReadOptions {
    csv: CsvOptions,
    guess_nothing: bool,
    filename: Option<String>,
    hive_partitioning: Option<bool>,
    hive_types: HiveTypes,
}

/// What is said of the types of columns that folders name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct HiveTypes {
    /// Types of some of them, by name.
    pub(crate) given: Vec<(String, ColumnType)>,
    /// Whether the others are text.
    pub(crate) others_are_text: bool,
}

/// Options that files of lines have, too.
pub(crate) const TEXT_OPTIONS: [&str; 8] = [
    "encoding",
    "compression",
    "salvage",
    "filename",
    "hive_partitioning",
    "hive_types",
    "hive_types_autocast",
    "max_record_bytes",
];

/// Options that files of JSON have.
pub(crate) const JSON_OPTIONS: [&str; 14] = [
    "types",
    "columns",
    "encoding",
    "compression",
    "salvage",
    "filename",
    "hive_partitioning",
    "hive_types",
    "hive_types_autocast",
    "max_record_bytes",
    "on_error",
    "ignore_errors",
    "store_rejects",
    "rejects_limit",
];

/// Every option, by the name that is suggested for a misspelt one.
pub(crate) const CSV_OPTIONS: [&str; 39] = [
    "header",
    "delim",
    "sep",
    "quote",
    "escape",
    "bare_escapes",
    "comment",
    "inline_comments",
    "loose_quotes",
    "skip",
    "nullstr",
    "allow_quoted_nulls",
    "decimal_separator",
    "thousands",
    "dateformat",
    "timestampformat",
    "encoding",
    "names",
    "types",
    "columns",
    "all_varchar",
    "auto_detect",
    "compression",
    "salvage",
    "filename",
    "hive_partitioning",
    "hive_types",
    "hive_types_autocast",
    "union_by_name",
    "max_record_bytes",
    "on_error",
    "ignore_errors",
    "store_rejects",
    "on_bad_lines",
    "null_padding",
    "ragged",
    "truncate_ragged_lines",
    "strict_mode",
    "rejects_limit",
];

impl ReadOptions {
    /// Sets an option for CSV files.
    ///
    /// # Errors
    /// There is no such option, or it does not take the value.
    pub fn set(&mut self, name: &str, value: &OptionValue) -> Result<(), IoError> {
        let csv = &mut self.csv;
        match name {
            "header" | "has_header" => csv.header = header(name, value)?,
            "delim" | "sep" | "delimiter" | "separator" => csv.delim = set(name, value, delim)?.known(),
            "quote" | "quotechar" | "quote_char" => csv.quote = set(name, value, byte)?,
            "escape" | "escapechar" | "escape_char" => csv.escape = set(name, value, byte)?,
            "comment" | "comment_char" | "comment_prefix" => csv.comment = set(name, value, byte)?,
            "bare_escapes" => csv.bare_escapes = boolean(name, value)?,
            "inline_comments" => csv.inline_comments = boolean(name, value)?,
            "loose_quotes" => csv.loose_quotes = boolean(name, value)?,
            "skip" | "skip_rows" | "skiprows" | "skip_lines" => csv.skip = set(name, value, number)?,
            "nullstr" | "null" | "nulls" | "null_values" | "na_values" => csv.nullstr = texts(name, value)?,
            "allow_quoted_nulls" => csv.nulls_in_quotes = boolean(name, value)?,
            "decimal_separator" | "decimal" => match text(name, value)? {
                "." => csv.decimal_separator = b'.',
                "," => csv.decimal_separator = b',',
                _ => return Err(wrong(name, "'.' or ','", value)),
            },
            "decimal_comma" => csv.decimal_separator = if boolean(name, value)? { b',' } else { b'.' },
            "thousands" | "thousands_separator" => csv.thousands = thousands(name, value)?,
            "dateformat" | "date_format" => {
                csv.times.date = set(name, value, time_format)?.known();
                csv.find_times.dates = csv.times.date.is_none();
            }
            "timestampformat" | "timestamp_format" => {
                csv.times.timestamp = set(name, value, time_format)?.known();
                csv.find_times.timestamps = csv.times.timestamp.is_none();
            }
            "encoding" => csv.encoding = set(name, value, |name, value| text(name, value)?.parse())?,
            "names" | "column_names" | "new_columns" => csv.names = texts(name, value)?,
            "types" | "dtypes" | "dtype" | "column_types" | "schema_overrides" => match value {
                OptionValue::List(items) => csv.types_in_order = types_in_order(name, items)?,
                value => csv.types = types(name, value)?,
            },
            "columns" | "schema" => csv.columns = Some(types(name, value)?),
            "auto_detect" => self.guess_nothing = !boolean(name, value)?,
            "all_varchar" => csv.all_varchar = boolean(name, value)?,
            "compression" => {
                let codec = text(name, value)?;
                let is_found =
                    ["auto", "auto_detect", "infer"].iter().any(|word| codec.eq_ignore_ascii_case(word));
                csv.compression = if is_found { None } else { Some(codec.parse()?) };
            }
            "salvage" => csv.salvage = boolean(name, value)?,
            "filename" | "include_file_paths" | "include_path_column" => {
                self.filename = match value {
                    OptionValue::Text(column) => Some(column.clone()),
                    other => boolean(name, other)?.then(|| "filename".to_owned()),
                }
            }
            "hive_partitioning" => {
                self.hive_partitioning = match value {
                    OptionValue::Text(word) if word.eq_ignore_ascii_case("auto") => None,
                    other => Some(boolean(name, other)?),
                }
            }
            "hive_types" => self.hive_types.given = types(name, value)?,
            "hive_types_autocast" => self.hive_types.others_are_text = !boolean(name, value)?,
            "union_by_name" => csv.union_by_name = boolean(name, value)?,
            "max_record_bytes" | "max_line_size" | "maximum_line_size" | "maximum_object_size" => {
                csv.max_record_bytes = usize::try_from(number(name, value)?)
                    .map_err(|_| IoError::bad_option(name, "the number is too large"))?;
            }
            "on_error" => csv.on_error = text(name, value)?.parse()?,
            // Both may be set, in any order: to keep what is left out says more than to leave it out.
            "ignore_errors" => match (boolean(name, value)?, csv.on_error) {
                (true, OnError::Fail) => csv.on_error = OnError::Skip,
                (false, OnError::Skip) => csv.on_error = OnError::Fail,
                _ => {}
            },
            "store_rejects" => match (boolean(name, value)?, csv.on_error) {
                (true, _) => csv.on_error = OnError::Reject,
                (false, OnError::Reject) => csv.on_error = OnError::Fail,
                _ => {}
            },
            "on_bad_lines" => csv.on_error = on_bad_lines(name, value)?,
            "null_padding" => csv.pad_short = boolean(name, value)?,
            "ragged" | "truncate_ragged_lines" => {
                csv.pad_short = boolean(name, value)?;
                csv.cut_long = csv.pad_short;
            }
            "strict_mode" | "rfc_4180" => {
                csv.cut_long = !boolean(name, value)?;
                (csv.loose_quotes, csv.bare_escapes) = (csv.cut_long, csv.cut_long);
            }
            "rejects_limit" => {
                let limit = number(name, value)?;
                csv.rejects_limit = usize::try_from(limit).unwrap_or(usize::MAX);
            }
            _ if changes_nothing(name, value)? => {}
            _ => return Err(unknown(name, "read_csv", &CSV_OPTIONS)),
        }
        self.check()
    }

    /// The options of a call: for a bare path the given defaults, for a function its own.
    pub(crate) fn of_call(
        function: SourceFunction,
        options: &[(String, OptionValue)],
        defaults: &Self,
    ) -> Result<Self, IoError> {
        let mut read = match function {
            SourceFunction::Path => defaults.clone(),
            SourceFunction::ReadCsv | SourceFunction::ReadText | SourceFunction::ReadJson => Self::default(),
        };
        let known: &[&str] = match function {
            SourceFunction::ReadText => &TEXT_OPTIONS,
            SourceFunction::ReadJson => &JSON_OPTIONS,
            SourceFunction::ReadCsv | SourceFunction::Path => &[],
        };
        for (name, value) in options {
            if !known.is_empty() && !known.contains(&name.as_str()) {
                return Err(unknown(name, &function.to_string(), known));
            }
            read.set(name, value)?;
        }
        read.check_numbers()?;
        if read.guess_nothing {
            read.settle()?;
        }
        if function == SourceFunction::ReadJson && !read.csv.types_in_order.is_empty() {
            return Err(IoError::bad_option_hint("types", "objects have no order of columns", TYPES_HINT));
        }
        Ok(read)
    }

    /// Sets what would be guessed as RFC 4180 has it, without a header.
    fn settle(&mut self) -> Result<(), IoError> {
        fn or<T: Copy>(setting: &mut Setting<T>, usual: T) {
            *setting = Setting::Is(setting.known().unwrap_or(usual));
        }
        let csv = &mut self.csv;
        if csv.columns.is_none() {
            return Err(IoError::bad_option_hint(
                "auto_detect",
                "nothing says what the columns are",
                "as in columns = {'id': 'bigint', 'name': 'text'}",
            ));
        }
        csv.delim.get_or_insert(Delim::byte(b','));
        or(&mut csv.quote, Some(b'"'));
        or(&mut csv.escape, None);
        or(&mut csv.comment, None);
        or(&mut csv.skip, 0);
        or(&mut csv.encoding, Encoding::Utf8);
        if csv.header == HeaderMode::Auto {
            csv.header = HeaderMode::Absent;
        }
        Ok(())
    }

    pub(crate) fn csv(&self) -> &CsvOptions {
        &self.csv
    }

    /// What is set for CSV and means something for lines, too.
    pub(crate) fn text(&self) -> TextOptions {
        TextOptions {
            encoding: self.csv.encoding.known().unwrap_or_default(),
            compression: self.csv.compression,
            salvage: self.csv.salvage,
            max_record_bytes: self.csv.max_record_bytes,
        }
    }

    /// What is set for CSV and means something for JSON, too.
    pub(crate) fn json(&self) -> JsonOptions {
        JsonOptions {
            text: self.text(),
            types: self.csv.types.clone(),
            columns: self.csv.columns.clone(),
            on_error: self.csv.on_error,
            rejects_limit: self.csv.rejects_limit,
        }
    }

    /// The name of the column for each row's file, if one was asked for.
    pub(crate) fn filename(&self) -> Option<&str> {
        self.filename.as_deref()
    }

    /// Whether folders named KEY=VALUE make columns; `None`: where all files have the same keys.
    pub(crate) fn hive_partitioning(&self) -> Option<bool> {
        self.hive_partitioning
    }

    /// The types of these columns.
    pub(crate) fn hive_types(&self) -> &HiveTypes {
        &self.hive_types
    }

    /// Fields separated by tabs, unless something else was set.
    pub(crate) fn default_to_tabs(&mut self) {
        self.csv.delim.get_or_insert(Delim::byte(b'\t'));
    }

    /// Signs within numbers that cannot be told apart. Either may be set first.
    fn check_numbers(&self) -> Result<(), IoError> {
        if self.csv.thousands != Some(char::from(self.csv.decimal_separator)) {
            return Ok(());
        }
        let hint = "numbers as 1.234,5 are read by thousands = '.', decimal_separator = ','";
        Err(IoError::bad_option_hint("thousands", "it is the same as decimal_separator", hint))
    }

    /// Characters that cannot all be told apart make no dialect.
    fn check(&self) -> Result<(), IoError> {
        let csv = &self.csv;
        let quote = csv.quote.known().unwrap_or(Some(b'"'));
        let comment = csv.comment.known().flatten();
        let others = [("quote", quote), ("comment", comment), ("escape", csv.escape.known().flatten())];
        for (name, byte) in others {
            match (csv.delim, byte) {
                (Some(delim), Some(byte)) if delim == Delim::byte(byte) => {
                    return Err(IoError::bad_option(name, "it is the same as delim"));
                }
                (Some(delim), Some(byte)) if delim.contains(byte) => {
                    return Err(IoError::bad_option(name, format!("it is a part of delim, '{delim}'")));
                }
                _ => {}
            }
        }
        if csv.columns.is_some() && !csv.names.is_empty() {
            return Err(IoError::bad_option("names", "columns has the names, too"));
        }
        if csv.inline_comments && csv.comment == Setting::Is(None) {
            return Err(IoError::bad_option("inline_comments", "comment says that there are none"));
        }
        if comment.is_some() && comment == quote {
            return Err(IoError::bad_option("comment", "it is the same as quote"));
        }
        Ok(())
    }
}

fn unknown(name: &str, function: &str, known: &[&str]) -> IoError {
    let hint = match (needless(name), nearest(name, known.iter().copied())) {
        (Some(why), _) => why.to_owned(),
        (None, Some(known)) => format!("did you mean {known}?"),
        (None, None) => format!("the options are: {}", known.join(", ")),
    };
    IoError::bad_option_hint(name, format!("{function} has no such option"), hint)
}

/// What is there in place of options that users of other tools know.
fn needless(name: &str) -> Option<&'static str> {
    Some(match name {
        "auto_type_candidates" | "parse_dates" | "try_parse_dates" => {
            "the head of every file is looked at, and numbers and dates widen by themselves further on; types = {'column': 'text'} or all_varchar = true say otherwise"
        }
        "chunksize" | "blocksize" => {
            "files are read by all threads, in chunks, within the memory limit; SET threads and SET memory_limit bound both"
        }
        "normalize_names" => "names match without regard to case; names = ['a', 'b'] gives others",
        "force_not_null" | "keep_default_na" | "missing_utf8_is_empty_string" => {
            "of text, an empty field is null and \"\" is not; coalesce(column, '') makes both the same"
        }
        "usecols" | "nrows" | "n_rows" => "only what a query asks for is read: SELECT a, b … LIMIT 10",
        "format" | "records" => {
            "whether there is an object on each line, or an array of them, is found by looking"
        }
        "maximum_depth" => "types = {'column': 'text'} reads a column as it is written",
        "delim_whitespace" => "delim = 'blanks' takes any number of blanks and tabs for one delimiter",
        "skipinitialspace" => {
            "delim = ', ' is a comma with a blank behind it; blanks around numbers and dates do not matter"
        }
        "na" => "did you mean nullstr? nullstr = ['-', 'missing'] names what is null",
        "rejects_table" | "rejects_scan" => {
            "what store_rejects = true leaves out is in a table of its own: SELECT * FROM rejects()"
        }
        _ => return None,
    })
}

/// Whether an option of another tool asks for what is done anyway: it says how files are read, and not what they hold.
///
/// # Errors
/// It asks for something else.
fn changes_nothing(name: &str, value: &OptionValue) -> Result<bool, IoError> {
    match name {
        "sample_size"
        | "infer_schema_length"
        | "files_to_sniff"
        | "buffer_size"
        | "batch_size"
        | "n_threads" => match value {
            OptionValue::Number(_) | OptionValue::Null => Ok(true),
            other => Err(wrong(name, "a number", other)),
        },
        "parallel" | "low_memory" | "rechunk" | "memory_map" => boolean(name, value).map(|_| true),
        "normalize_names" | "skipinitialspace" | "delim_whitespace" => Ok(!boolean(name, value)?),
        "try_parse_dates" | "keep_default_na" => boolean(name, value),
        "new_line" | "lineterminator" | "eol_char" => match text(name, value)? {
            "\n" | "\r" | "\r\n" | "\\n" | "\\r" | "\\r\\n" | "single" | "carry_on" => Ok(true),
            _ => {
                let hint = "line ends are found, also where they are mixed";
                Err(IoError::bad_option_hint(
                    name,
                    format!("a line ends with '\\n', '\\r' or '\\r\\n', not {value}"),
                    hint,
                ))
            }
        },
        _ => Ok(false),
    }
}

/// A character that stands between groups of digits.
fn thousands(name: &str, value: &OptionValue) -> Result<Option<char>, IoError> {
    if *value == OptionValue::Null {
        return Ok(None);
    }
    let mut signs = text(name, value)?.chars();
    match (signs.next(), signs.next()) {
        (None, _) => Ok(None),
        (Some(sign), None) if !sign.is_ascii_alphanumeric() && !matches!(sign, '+' | '-' | '\n' | '\r') => {
            Ok(Some(sign))
        }
        _ => Err(wrong(name, "one character, as ',', '.' or ' '", value)),
    }
}

fn wrong(name: &str, expected: &str, found: &OptionValue) -> IoError {
    IoError::bad_option(name, format!("expected {expected}, found {found}"))
}

/// What an option is set to; `'auto'` leaves it to be found.
fn set<T>(
    name: &str,
    value: &OptionValue,
    read: impl Fn(&str, &OptionValue) -> Result<T, IoError>,
) -> Result<Setting<T>, IoError> {
    match value {
        OptionValue::Text(word) if word.eq_ignore_ascii_case("auto") => Ok(Setting::Auto),
        other => Ok(Setting::Is(read(name, other)?)),
    }
}

pub(crate) fn boolean(name: &str, value: &OptionValue) -> Result<bool, IoError> {
    match value {
        OptionValue::Boolean(value) => Ok(*value),
        OptionValue::Number(number) if number == "1" => Ok(true),
        OptionValue::Number(number) if number == "0" => Ok(false),
        OptionValue::Text(word) if word.eq_ignore_ascii_case("true") => Ok(true),
        OptionValue::Text(word) if word.eq_ignore_ascii_case("false") => Ok(false),
        other => Err(wrong(name, "true or false", other)),
    }
}

fn header(name: &str, value: &OptionValue) -> Result<HeaderMode, IoError> {
    match value {
        OptionValue::Text(word) if word.eq_ignore_ascii_case("auto") => Ok(HeaderMode::Auto),
        other => Ok(if boolean(name, other)? { HeaderMode::Present } else { HeaderMode::Absent }),
    }
}

/// What pandas calls it: "warn" is to go on and tell, which is what Swath always does.
fn on_bad_lines(name: &str, value: &OptionValue) -> Result<OnError, IoError> {
    match text(name, value)?.to_ascii_lowercase().as_str() {
        "error" => Ok(OnError::Fail),
        "warn" | "skip" => Ok(OnError::Skip),
        _ => Err(wrong(name, "error, warn or skip", value)),
    }
}

pub(crate) fn number(name: &str, value: &OptionValue) -> Result<u64, IoError> {
    match value {
        OptionValue::Number(text) | OptionValue::Text(text) => {
            text.parse().map_err(|_| wrong(name, "a whole number", value))
        }
        other => Err(wrong(name, "a whole number", other)),
    }
}

fn time_format(name: &str, value: &OptionValue) -> Result<TimeFormat, IoError> {
    TimeFormat::of_option(name, text(name, value)?)
}

pub(crate) fn text<'a>(name: &str, value: &'a OptionValue) -> Result<&'a str, IoError> {
    match value {
        OptionValue::Text(text) => Ok(text),
        other => Err(wrong(name, "a text", other)),
    }
}

fn texts(name: &str, value: &OptionValue) -> Result<Vec<String>, IoError> {
    match value {
        OptionValue::List(items) => items.iter().map(|item| text(name, item).map(str::to_owned)).collect(),
        OptionValue::Number(number) => Ok(vec![number.clone()]),
        other => Ok(vec![text(name, other)?.to_owned()]),
    }
}

/// What stands between fields: one byte, or a few in a row.
fn delim(name: &str, value: &OptionValue) -> Result<Delim, IoError> {
    let text = match value {
        // The backslash of `\\t` is one itself.
        OptionValue::Text(text) => text.replace("\\t", "\t").replace("\\\t", "\\t"),
        other => return Err(wrong(name, "a text", other)),
    };
    let hint = match text.as_str() {
        "" => "read_text('…') reads whole lines".to_owned(),
        _ => format!("as in {name} = ';' or {name} = '||'; a tab is '\\t'"),
    };
    Delim::new(&text).map_err(|error| match error.kind() {
        ErrorKind::BadOption { problem, .. } => IoError::bad_option_hint(name, problem, hint),
        _ => error,
    })
}

/// One character of ASCII, or nothing.
pub(crate) fn byte(name: &str, value: &OptionValue) -> Result<Option<u8>, IoError> {
    let text = match value {
        OptionValue::Null => return Ok(None),
        OptionValue::Text(text) => text.as_str(),
        other => return Err(wrong(name, "one character", other)),
    };
    match text.as_bytes() {
        [] if name.starts_with("delim") || name == "sep" => {
            Err(IoError::bad_option_hint(name, "it is empty", "read_text('…') reads whole lines"))
        }
        [] => Ok(None),
        b"\\t" => Ok(Some(b'\t')),
        [b'\n' | b'\r'] => Err(IoError::bad_option(name, "a line end cannot be used")),
        [byte] if byte.is_ascii() => Ok(Some(*byte)),
        _ => Err(IoError::bad_option_hint(
            name,
            format!("expected one ASCII character, found {value}"),
            format!("as in {name} = ';'; a tab is '\\t'"),
        )),
    }
}

const TYPES_HINT: &str = "as in {'TailNum': 'text', 'Distance': 'double'}";

fn types(name: &str, value: &OptionValue) -> Result<Vec<(String, ColumnType)>, IoError> {
    let OptionValue::Map(entries) = value else {
        return Err(IoError::bad_option_hint(
            name,
            format!("expected columns with their types, found {value}"),
            TYPES_HINT,
        ));
    };
    entries.iter().map(|(column, ty)| Ok((column.clone(), text(name, ty)?.parse()?))).collect()
}

fn types_in_order(name: &str, items: &[OptionValue]) -> Result<Vec<ColumnType>, IoError> {
    items.iter().map(|ty| text(name, ty)?.parse()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(name: &str, value: OptionValue) -> Result<ReadOptions, IoError> {
        let mut options = ReadOptions::default();
        options.set(name, &value).map(|()| options)
    }

    fn text_value(text: &str) -> OptionValue {
        OptionValue::Text(text.into())
    }

    #[test]
    fn every_listed_option_is_known() {
        for name in CSV_OPTIONS {
            let message =
                set(name, OptionValue::List(vec![OptionValue::Null])).map(|_| ()).unwrap_err().to_string();
            assert!(!message.contains("no such option"), "{message}");
        }
    }

    #[test]
    fn values_are_understood() {
        assert_eq!(set("delim", text_value("\\t")).unwrap().csv().delim, Some(Delim::byte(b'\t')));
        assert_eq!(set("sep", text_value("\\t|")).unwrap().csv().delim, Some(Delim::new("\t|").unwrap()));
        assert_eq!(set("sep", text_value("\\\\t")).unwrap().csv().delim, Some(Delim::new("\\t").unwrap()));
        assert_eq!(set("sep", text_value("\\")).unwrap().csv().delim, Some(Delim::byte(b'\\')));
        assert_eq!(set("delim", text_value("auto")).unwrap().csv().delim, None);
        assert_eq!(set("quote", text_value("")).unwrap().csv().quote, Setting::Is(None));
        assert_eq!(set("header", text_value("auto")).unwrap().csv().header, HeaderMode::Auto);
        assert_eq!(set("filename", OptionValue::Boolean(true)).unwrap().filename(), Some("filename"));
        assert_eq!(set("filename", text_value("f")).unwrap().filename(), Some("f"));
        assert_eq!(set("nullstr", text_value("x")).unwrap().csv().nullstr, ["x"]);
    }

    #[test]
    fn nothing_is_guessed_where_that_is_said() {
        let columns = OptionValue::Map(vec![("a".into(), text_value("bigint"))]);
        let said = |options: &[(&str, OptionValue)]| {
            let options: Vec<_> =
                options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            ReadOptions::of_call(SourceFunction::ReadCsv, &options, &ReadOptions::default())
        };
        let no = ("auto_detect", OptionValue::Boolean(false));
        let csv = said(&[no.clone(), ("quote", text_value("")), ("columns", columns)]).unwrap().csv;
        assert_eq!((csv.header, csv.delim), (HeaderMode::Absent, Some(Delim::byte(b','))));
        assert_eq!((csv.quote, csv.skip), (Setting::Is(None), Setting::Is(0)));
        let error = said(&[no]).unwrap_err().to_string();
        assert_eq!(error, "option auto_detect: nothing says what the columns are");
        assert_eq!(said(&[("auto_detect", OptionValue::Boolean(true))]).unwrap(), ReadOptions::default());
    }

    #[test]
    fn options_of_other_tools_say_what_is_there_instead() {
        let yes = OptionValue::Boolean(true);
        for name in
            ["chunksize", "parse_dates", "normalize_names", "force_not_null", "skipinitialspace", "nrows"]
        {
            let hint = set(name, yes.clone()).unwrap_err().hint().unwrap().to_owned();
            assert!(!hint.contains("the options are"), "{name}: {hint}");
        }
    }

    #[test]
    fn options_that_ask_for_what_is_done_anyway_change_nothing() {
        let no = OptionValue::Boolean(false);
        let number = |number: &str| OptionValue::Number(number.into());
        for (name, value) in [
            ("sample_size", number("-1")),
            ("infer_schema_length", OptionValue::Null),
            ("buffer_size", number("1000")),
            ("parallel", no.clone()),
            ("low_memory", no.clone()),
            ("normalize_names", no),
            ("new_line", text_value("\\r\\n")),
            ("lineterminator", text_value("\n")),
            ("compression", text_value("infer")),
        ] {
            assert_eq!(set(name, value).unwrap(), ReadOptions::default(), "{name}");
        }
        let error = set("eol_char", text_value(";")).unwrap_err().to_string();
        assert_eq!(error, "option eol_char: a line ends with '\\n', '\\r' or '\\r\\n', not ';'");
    }

    #[test]
    fn options_have_the_names_of_other_tools() {
        let text = |word: &str| text_value(word);
        let map = || OptionValue::Map(vec![("a".into(), text_value("text"))]);
        for (name, usual, value) in [
            ("separator", "delim", text(";")),
            ("quote_char", "quote", text("'")),
            ("quotechar", "quote", text("'")),
            ("escapechar", "escape", text("\\")),
            ("comment_prefix", "comment", text("#")),
            ("skiprows", "skip", OptionValue::Number("3".into())),
            ("skip_rows", "skip", OptionValue::Number("3".into())),
            ("null_values", "nullstr", text("x")),
            ("na_values", "nullstr", text("x")),
            ("new_columns", "names", OptionValue::List(vec![text("a")])),
            ("schema_overrides", "types", map()),
            ("dtype", "types", map()),
            ("schema", "columns", map()),
            ("include_file_paths", "filename", text("path")),
            ("thousands_separator", "thousands", text(",")),
        ] {
            assert_eq!(set(name, value.clone()).unwrap(), set(usual, value).unwrap(), "{name}");
        }
        assert_eq!(set("decimal_comma", OptionValue::Boolean(true)).unwrap().csv().decimal_separator, b',');
    }

    #[test]
    fn numbers_in_groups() {
        assert_eq!(set("thousands", text_value("\u{202f}")).unwrap().csv().thousands, Some('\u{202f}'));
        assert_eq!(set("thousands", OptionValue::Null).unwrap().csv().thousands, None);
        let of_call = |options: &[(&str, &str)]| {
            let options: Vec<_> =
                options.iter().map(|(name, value)| ((*name).to_owned(), text_value(value))).collect();
            ReadOptions::of_call(SourceFunction::ReadCsv, &options, &ReadOptions::default())
        };
        for options in [[("thousands", "."), ("decimal", ",")], [("decimal", ","), ("thousands", ".")]] {
            assert_eq!(of_call(&options).unwrap().csv().thousands, Some('.'));
        }
        let error = of_call(&[("thousands", ".")]).unwrap_err().to_string();
        assert_eq!(error, "option thousands: it is the same as decimal_separator");
        let error = set("thousands", text_value("abc")).unwrap_err().to_string();
        assert_eq!(error, "option thousands: expected one character, as ',', '.' or ' ', found 'abc'");
    }

    #[test]
    fn what_does_not_fit_goes_by_many_names() {
        let read = |names: &[(&str, OptionValue)]| {
            let mut options = ReadOptions::default();
            names.iter().for_each(|(name, value)| options.set(name, value).unwrap());
            let CsvOptions { on_error, pad_short, cut_long, .. } = options.csv;
            (on_error, pad_short, cut_long)
        };
        let yes = || OptionValue::Boolean(true);
        assert_eq!(read(&[("ignore_errors", yes())]), (OnError::Skip, false, false));
        assert_eq!(read(&[("ignore_errors", yes()), ("store_rejects", yes())]).0, OnError::Reject);
        assert_eq!(read(&[("store_rejects", yes()), ("ignore_errors", yes())]).0, OnError::Reject);
        assert_eq!(read(&[("on_bad_lines", text_value("warn"))]).0, OnError::Skip);
        assert_eq!(read(&[("on_error", text_value("NULL"))]).0, OnError::Null);
        assert_eq!(read(&[("null_padding", yes())]), (OnError::Fail, true, false));
        assert_eq!(read(&[("truncate_ragged_lines", yes())]), (OnError::Fail, true, true));
        assert_eq!(read(&[("strict_mode", OptionValue::Boolean(false))]), (OnError::Fail, false, true));
        assert!(set("strict_mode", OptionValue::Boolean(false)).unwrap().csv().loose_quotes);
        assert!(set("loose_quotes", yes()).unwrap().csv().loose_quotes);
        let error = set("on_error", text_value("panic")).unwrap_err().to_string();
        assert_eq!(error, "option on_error: expected fail, null, skip or reject, found 'panic'");
    }

    #[test]
    fn wrong_values_are_told() {
        let error = |name, value| set(name, value).unwrap_err().to_string();
        assert_eq!(error("skip", text_value("x")), "option skip: expected a whole number, found 'x'");
        assert_eq!(
            error("quote", text_value("ab")),
            "option quote: expected one ASCII character, found 'ab'"
        );
        assert_eq!(
            error("sep", text_value("|||||")),
            "option sep: expected at most 4 bytes, found '|||||', which has 5"
        );
        assert_eq!(error("delim", text_value("a\n")), "option delim: a line end cannot be used");
        assert_eq!(error("decimal", text_value(";")), "option decimal: expected '.' or ',', found ';'");
        assert_eq!(error("delim", text_value("")), "option delim: it is empty");
        assert_eq!(error("delim", text_value("\"")), "option quote: it is the same as delim");
        assert_eq!(error("delim", text_value("\"|")), "option quote: it is a part of delim, '\"|'");
        assert_eq!(error("comment", text_value("\"")), "option comment: it is the same as quote");
        assert_eq!(error("heder", OptionValue::Null), "option heder: read_csv has no such option");
        assert_eq!(set("heder", OptionValue::Null).unwrap_err().hint().unwrap(), "did you mean header?");
        let read = [("skip".to_owned(), OptionValue::Null)];
        let error =
            ReadOptions::of_call(SourceFunction::ReadText, &read, &ReadOptions::default()).unwrap_err();
        assert_eq!(error.to_string(), "option skip: read_text has no such option");
    }
}
