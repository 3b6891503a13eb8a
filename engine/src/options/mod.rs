//! Options by name, as users write them, become the plain data that `swath_io` reads files by.

mod names;
mod values;

pub(crate) use names::options_of;
use names::{
    changes_nothing, changes_nothing_of_json, changes_nothing_of_parquet, is_option_of, unknown, usual,
};
use swath_io::{
    ColumnType, CsvOptions, Delim, Encoding, Error as IoError, FindTimes, HeaderMode, JsonOptions, OnError,
    Setting, TextOptions,
};
pub use swath_planner::OptionValue;
use swath_planner::SourceFunction;
pub(crate) use values::{NO_DELIM, boolean, byte, delim, number, text};
use values::{
    TYPES_HINT, comment, delim_or_none, header, is_everything, is_iso, line_end, on_bad_lines, set, texts,
    texts_of_columns, thousands, time_formats, type_candidates, types, types_in_order, wrong,
};

/// Options for reading files, by name, under the names that DuckDB uses.
///
/// | name | value | meaning |
/// | --- | --- | --- |
/// | `header` | `true`, `false`, `'auto'` | whether the first record names the columns |
/// | `delim`, `sep`, `separator` | one to eight bytes, `'blanks'`, `''`, `'auto'` | between fields; `''`: each line is one, and quotes mean nothing unless `quote` is said |
/// | `quote`, `escape` | one character, `''` for none, `'auto'` | as in [`CsvOptions`] |
/// | `comment` | one to eight bytes, `''` for none, `'auto'` | lines that begin with it are no records |
/// | `bare_escapes` | `true`, `false` | `escape` means something in fields without quotes, too; with `quote = ''` it always does |
/// | `inline_comments` | `true`, `false` | comments may stand behind values, too, up to the end of a line |
/// | `loose_quotes` | `true`, `false` | quotes that are not doubled may stand within fields, and one may be left over |
/// | `skipinitialspace` | `true`, `false` | blanks in front of fields are no part of them, so that quotes may follow: `1, "x, y"` |
/// | `skip` | a number, `'auto'` | lines to skip at the head of each file |
/// | `skip_after_header` | a number | records to leave out behind the header of each file, as one of units; there is a header then |
/// | `skip_footer` | a number | lines to leave out at the end of each file |
/// | `nullstr` | a text, a list, a map from column to such | what is null in every column, or in those that are named, also in quotes, beside what always is |
/// | `allow_quoted_nulls` | `true`, `false` | `false`: what `nullstr` names is null only without quotes |
/// | `force_not_null` | a list of texts | columns in which nothing is null: in those of text an empty field is `''`, in others it does not fit |
/// | `missing_utf8_is_empty_string` | `true`, `false` | in all columns of text an empty field is `''` |
/// | `true_values`, `false_values` | a text, a list | words that are true or false, beside `true` and `false`: a column in which there are no others is one of booleans |
/// | `decimal_separator` | `'.'`, `','` | what stands before the fraction of a number |
/// | `thousands` | one character | what stands between groups of three digits in numbers: `1,234,567` |
/// | `dateformat`, `timestampformat` | a format of `strftime`, a list of some, `'iso'`, `'auto'` | how dates and points in time are written: `'%d.%m.%Y'`, see [`TimeFormat`]; of several the first counts that a value has; auto: to be found by looking |
/// | `encoding` | a name | `utf8`, `utf8-lossy`, `latin1`, `windows-1252`, `utf8-or-windows-1252`, `utf-16le`, … |
/// | `names` | a list of texts | names of the first columns, in order, in place of those that each file has at their places |
/// | `normalize_names` | `true`, `false` | names of columns need no quotes in SQL: `Ünit price!` is `unit_price`, and `Order` `_order` |
/// | `types` | a map from name to type, or a list of types | types of some columns, or of the first ones, in order |
/// | `columns` | a map from name to type | all columns, in order |
/// | `all_varchar` | `true`, `false` | read all columns as text |
/// | `auto_type_candidates` | a list of types | types that columns may get by looking, beside text: of integers, `double`, `float`, `boolean`, `date`, `time`, `timestamp`, `timestamptz` |
/// | `sample_size` | a number | `-1`: types are those of all values, for which files are read once more; others change nothing, as the first 512 KiB of every file are looked at |
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
/// | `null_padding` | `true`, `false` | records with too few fields are filled up with nulls; the longest one at the head says how many there are |
/// | `ragged`, `truncate_ragged_lines` | `true`, `false` | and those with too many are cut |
/// | `strict_mode` | `true`, `false` | `false`: `loose_quotes`, `bare_escapes`, and records with too many fields are cut |
/// | `rejects_limit` | a number | rejected values and records that are kept; all are counted |
/// | `line_delimiter` | one character, `'\0'` | lines: what ends one, instead of `\n` or `\r\n` |
/// | `records` | `true`, `false`, `'auto'` | JSON: `false`: each record is one value, of a column `json` |
/// | `maximum_depth` | a number, `-1` | JSON: what stands deeper is text, as it is written; with 0 whole records are |
/// | `geojson` | `true`, `false` | JSON: records are features, whose properties are columns; without it, in files that are named `.geojson` |
///
/// Other names by which DuckDB, Polars, pandas, Arrow, Spark and R know these are taken, too (`null_values`, `skiprows`, `quotechar`,
/// `schema_overrides`, …), and so are options of theirs which say how files are read where the answer is the same:
/// `buffer_size`, `parallel`, `low_memory`, `new_line` and their like change nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ReadOptions {
    csv: CsvOptions,
    guess_nothing: bool,
    filename: Option<String>,
    hive_partitioning: Option<bool>,
    hive_types: HiveTypes,
    /// Of lines: the byte that ends one, if it is said.
    line_end: Option<u8>,
    /// Of JSON: whether records are values of one column.
    json_values: bool,
    /// Of JSON: how deep types are looked for.
    json_depth: Option<usize>,
    json_features: Option<bool>,
}

/// What is said of the types of columns that folders name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct HiveTypes {
    /// Types of some of them, by name.
    pub(crate) given: Vec<(String, ColumnType)>,
    /// Whether the others are text.
    pub(crate) others_are_text: bool,
}

impl ReadOptions {
    /// Sets an option for CSV files.
    ///
    /// # Errors
    /// There is no such option, or it does not take the value.
    pub fn set(&mut self, name: &str, value: &OptionValue) -> Result<(), IoError> {
        let csv = &mut self.csv;
        match usual(name) {
            "header" => csv.header = header(name, value)?,
            "delim" => {
                csv.delim = match set(name, value, delim_or_none)?.known() {
                    Some(None) => {
                        if csv.quote == Setting::Auto {
                            csv.quote = Setting::Is(None);
                        }
                        Some(NO_DELIM)
                    }
                    said => said.flatten(),
                };
            }
            "quote" => csv.quote = set(name, value, byte)?,
            "escape" => csv.escape = set(name, value, byte)?,
            "comment" => (csv.comment, csv.long_comment) = comment(name, value)?,
            "bare_escapes" => csv.bare_escapes = boolean(name, value)?,
            "inline_comments" => csv.inline_comments = boolean(name, value)?,
            "loose_quotes" => csv.loose_quotes = boolean(name, value)?,
            "skipinitialspace" => csv.skip_initial_blanks = boolean(name, value)?,
            "skip" => csv.skip = set(name, value, number)?,
            "skip_after_header" => csv.skip_after_header = number(name, value)?,
            "skip_footer" => csv.skip_footer = number(name, value)?,
            "nullstr" => match value {
                OptionValue::Map(columns) => csv.nullstr_of = texts_of_columns(name, columns)?,
                value => csv.nullstr = texts(name, value)?,
            },
            "allow_quoted_nulls" => csv.nulls_in_quotes = boolean(name, value)?,
            "force_not_null" => csv.not_null = texts(name, value)?,
            "true_values" => csv.true_values = texts(name, value)?,
            "false_values" => csv.false_values = texts(name, value)?,
            "missing_utf8_is_empty_string" => csv.empty_is_text = boolean(name, value)?,
            "decimal_separator" => match text(name, value)? {
                "." => csv.decimal_separator = b'.',
                "," => csv.decimal_separator = b',',
                _ => return Err(wrong(name, "'.' or ','", value)),
            },
            "decimal_comma" => csv.decimal_separator = if boolean(name, value)? { b',' } else { b'.' },
            "thousands" => csv.thousands = thousands(name, value)?,
            "dateformat" if is_iso(value) => csv.times.dates.clear(),
            "timestampformat" if is_iso(value) => csv.times.timestamps.clear(),
            "dateformat" => {
                csv.times.dates = set(name, value, time_formats)?.known().unwrap_or_default();
                csv.find_times.dates = csv.times.dates.is_empty();
            }
            "timestampformat" => {
                csv.times.timestamps = set(name, value, time_formats)?.known().unwrap_or_default();
                csv.find_times.timestamps = csv.times.timestamps.is_empty();
            }
            "encoding" => csv.encoding = set(name, value, |name, value| text(name, value)?.parse())?,
            "names" => csv.names = texts(name, value)?,
            "normalize_names" => csv.normalize_names = boolean(name, value)?,
            "types" => match value {
                OptionValue::List(items) => csv.types_in_order = types_in_order(name, items)?,
                value => csv.types = types(name, value)?,
            },
            "columns" => csv.columns = Some(types(name, value)?),
            "auto_detect" => self.guess_nothing = !boolean(name, value)?,
            "all_varchar" => csv.all_varchar = boolean(name, value)?,
            // Polars looks at no record for types then.
            "sample_size"
                if name == "infer_schema_length" && number(name, value).is_ok_and(|len| len == 0) =>
            {
                csv.all_varchar = true;
            }
            "sample_size" => csv.whole_files = is_everything(name, value)?,
            "infer_schema" => csv.all_varchar = !boolean(name, value)?,
            "auto_type_candidates" => csv.type_candidates = type_candidates(name, value)?,
            "compression" => {
                let codec = text(name, value)?;
                let is_found =
                    ["auto", "auto_detect", "infer"].iter().any(|word| codec.eq_ignore_ascii_case(word));
                csv.compression = if is_found { None } else { Some(codec.parse()?) };
            }
            "salvage" => csv.salvage = boolean(name, value)?,
            "filename" => {
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
            "max_record_bytes" => {
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
            "ragged" => {
                csv.pad_short = boolean(name, value)?;
                csv.cut_long = csv.pad_short;
            }
            "strict_mode" => {
                csv.cut_long = !boolean(name, value)?;
                (csv.loose_quotes, csv.bare_escapes) = (csv.cut_long, csv.cut_long);
            }
            "rejects_limit" => {
                let limit = number(name, value)?;
                csv.rejects_limit = usize::try_from(limit).unwrap_or(usize::MAX);
            }
            _ if changes_nothing(name, value)? => {}
            _ => return Err(unknown(name, SourceFunction::ReadCsv)),
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
            SourceFunction::ReadCsv
            | SourceFunction::ReadText
            | SourceFunction::ReadJson
            | SourceFunction::ReadParquet => Self::default(),
        };
        refuse_contradictions(options)?;
        for (name, value) in options {
            if function == SourceFunction::ReadJson
                && (changes_nothing_of_json(name, value)? || read.set_of_json(name, value)?)
            {
                continue;
            }
            if function == SourceFunction::ReadText && read.set_of_lines(name, value)? {
                continue;
            }
            if function == SourceFunction::ReadParquet && changes_nothing_of_parquet(name, value)? {
                continue;
            }
            if !is_option_of(function, name) {
                return Err(unknown(name, function));
            }
            read.set(name, value)?;
        }
        read.check_numbers()?;
        read.check_booleans()?;
        read.settle_header()?;
        if read.guess_nothing {
            read.settle()?;
        }
        let FindTimes { dates, timestamps } = read.csv.find_times;
        if function == SourceFunction::ReadJson && (dates || timestamps) {
            let name = if dates { "dateformat" } else { "timestampformat" };
            return Err(IoError::bad_option_hint(
                name,
                "of JSON it is not found by looking",
                "as in '%d.%m.%Y'",
            ));
        }
        if function == SourceFunction::ReadJson && !read.csv.types_in_order.is_empty() {
            return Err(IoError::bad_option_hint("types", "objects have no order of columns", TYPES_HINT));
        }
        Ok(read)
    }

    /// A word cannot be both true and false.
    fn check_booleans(&self) -> Result<(), IoError> {
        match self.csv.true_values.iter().find(|word| self.csv.false_values.contains(word)) {
            Some(word) => {
                Err(IoError::bad_option("false_values", format!("'{word}' is among true_values, too")))
            }
            None => Ok(()),
        }
    }

    /// Sets an option that only JSON has; whether there is such a one.
    fn set_of_json(&mut self, name: &str, value: &OptionValue) -> Result<bool, IoError> {
        match name {
            "records" => self.json_values = !boolean(name, value)?,
            "geojson" => self.json_features = Some(boolean(name, value)?),
            "maximum_depth" => {
                let depth = usize::try_from(number(name, value)?);
                self.json_depth = Some(depth.unwrap_or(usize::MAX));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Sets an option that only lines have; whether there is such a one.
    fn set_of_lines(&mut self, name: &str, value: &OptionValue) -> Result<bool, IoError> {
        let is_known = matches!(name, "line_delimiter" | "linedelimiter") || usual(name) == "new_line";
        if is_known {
            self.line_end = Some(line_end(name, value)?);
        }
        Ok(is_known)
    }

    /// There is a header where something is to be left out behind it.
    fn settle_header(&mut self) -> Result<(), IoError> {
        match self.csv.header {
            _ if self.csv.skip_after_header == 0 => {}
            HeaderMode::Auto => self.csv.header = HeaderMode::Present,
            HeaderMode::Present => {}
            HeaderMode::Absent => {
                return Err(IoError::bad_option_hint(
                    "skip_after_header",
                    "header says that there is none",
                    "skip passes over lines at the head of the file",
                ));
            }
        }
        Ok(())
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
            line_end: self.line_end.unwrap_or(b'\n'),
        }
    }

    /// What is set for CSV and means something for JSON, too.
    pub(crate) fn json(&self) -> JsonOptions {
        JsonOptions {
            text: self.text(),
            types: self.csv.types.clone(),
            columns: self.csv.columns.clone(),
            times: self.csv.times.clone(),
            whole_files: self.csv.whole_files,
            is_bare: self.json_values,
            max_depth: self.json_depth,
            features: self.json_features,
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

    /// Fields are likely separated by tabs, as the names of the files tell.
    pub(crate) fn expect_tabs(&mut self) {
        self.csv.likely_delim = Some(Delim::byte(b'\t'));
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
        if csv.inline_comments && csv.long_comment.is_some() {
            return Err(IoError::bad_option(
                "inline_comments",
                "a comment behind values begins with one character",
            ));
        }
        if csv.inline_comments && csv.comment == Setting::Is(None) {
            return Err(IoError::bad_option("inline_comments", "comment says that there are none"));
        }
        if comment.is_some() && comment == quote {
            return Err(IoError::bad_option("comment", "it is the same as quote"));
        }
        if csv.delim.is_some_and(|delim| comment.is_some() && comment == delim.single()) {
            return Err(IoError::bad_option("comment", "it is the same as delim"));
        }
        Ok(())
    }
}

/// Refuses two names of one option that do not say the same.
fn refuse_contradictions(options: &[(String, OptionValue)]) -> Result<(), IoError> {
    for (at, (name, value)) in options.iter().enumerate() {
        let says_other =
            |(other, of_other): &&(String, OptionValue)| usual(other) == usual(name) && of_other != value;
        if let Some((other, _)) = options[..at].iter().find(says_other) {
            let problem = format!("{other} is another name of it, and says otherwise");
            return Err(IoError::bad_option_hint(name, problem, "give one of them"));
        }
    }
    Ok(())
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
        for name in options_of(SourceFunction::ReadCsv) {
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
        let words = OptionValue::List(vec![text_value("y"), text_value("z")]);
        let of_columns = OptionValue::Map(vec![("a".into(), text_value("x")), ("b".into(), words)]);
        let expected =
            [("a".to_owned(), vec!["x".to_owned()]), ("b".to_owned(), vec!["y".into(), "z".into()])];
        assert_eq!(set("na_values", of_columns).unwrap().csv().nullstr_of, expected);
        let formats = OptionValue::List(vec![text_value("%d.%m.%Y"), text_value("%Y/%m/%d")]);
        assert_eq!(set("dateformat", formats).unwrap().csv().times.dates.len(), 2);
        assert!(set("dateformat", OptionValue::List(Vec::new())).is_err());
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
    fn behind_a_header_there_is_one() {
        let of_call = |header: Option<bool>| {
            let skip = ("skip_rows_after_header".to_owned(), OptionValue::Number("1".into()));
            let header = header.map(|header| ("header".to_owned(), OptionValue::Boolean(header)));
            let options: Vec<_> = header.into_iter().chain([skip]).collect();
            ReadOptions::of_call(SourceFunction::ReadCsv, &options, &ReadOptions::default())
        };
        assert_eq!(of_call(None).unwrap(), of_call(Some(true)).unwrap());
        assert_eq!(of_call(None).unwrap().csv().skip_after_header, 1);
        let error = of_call(Some(false)).unwrap_err().to_string();
        assert_eq!(error, "option skip_after_header: header says that there is none");
    }

    #[test]
    fn options_of_other_tools_say_what_is_there_instead() {
        let yes = OptionValue::Boolean(true);
        for name in [
            "chunksize",
            "parse_dates",
            "delim_whitespace",
            "nrows",
            "include_columns",
            "dayfirst",
            "skip_leading_rows",
            "trim_ws",
            "fill",
            "mode",
        ] {
            let hint = set(name, yes.clone()).unwrap_err().hint().unwrap().to_owned();
            assert!(!hint.contains("the options are"), "{name}: {hint}");
        }
    }

    #[test]
    fn options_that_ask_for_what_is_done_anyway_change_nothing() {
        let no = OptionValue::Boolean(false);
        let number = |number: &str| OptionValue::Number(number.into());
        for (name, value) in [
            ("sample_size", number("20480")),
            ("infer_schema_length", number("100")),
            ("buffer_size", number("1000")),
            ("parallel", no.clone()),
            ("low_memory", no.clone()),
            ("delim_whitespace", no.clone()),
            ("dayfirst", no),
            ("use_threads", OptionValue::Boolean(true)),
            ("multiline", OptionValue::Boolean(true)),
            ("newlines_in_values", OptionValue::Boolean(true)),
            ("doublequote", OptionValue::Boolean(true)),
            ("skip_blank_lines", OptionValue::Boolean(true)),
            ("engine", text_value("pyarrow")),
            ("new_line", text_value("\\r\\n")),
            ("lineterminator", text_value("\n")),
            ("compression", text_value("infer")),
        ] {
            assert_eq!(set(name, value).unwrap(), ReadOptions::default(), "{name}");
        }
        let error = set("eol_char", text_value(";")).unwrap_err().to_string();
        assert_eq!(error, "option eol_char: a line ends with '\\n', '\\r' or '\\r\\n', not ';'");
        for name in ["multiline", "doublequote", "skip_blank_lines"] {
            let hint = set(name, OptionValue::Boolean(false)).unwrap_err().hint().unwrap().to_owned();
            assert!(!hint.contains("did you mean"), "{name}: {hint}");
        }
    }

    #[test]
    fn all_records_can_be_looked_at_or_none() {
        let number = |number: &str| OptionValue::Number(number.into());
        for (name, value) in [("sample_size", number("-1")), ("infer_schema_length", OptionValue::Null)] {
            assert!(set(name, value).unwrap().csv().whole_files, "{name}");
        }
        assert!(set("infer_schema_length", number("0")).unwrap().csv().all_varchar);
        assert!(set("infer_schema", OptionValue::Boolean(false)).unwrap().csv().all_varchar);
        assert!(set("sample_size", text_value("all")).is_err());
        let json = |name: &str, value: OptionValue| {
            let options = [(name.to_owned(), value)];
            ReadOptions::of_call(SourceFunction::ReadJson, &options, &ReadOptions::default())
        };
        assert!(json("sample_size", number("-1")).unwrap().json().whole_files);
        for (name, value) in [
            ("format", text_value("array")),
            ("records", text_value("auto")),
            ("union_by_name", OptionValue::Boolean(false)),
            ("array", OptionValue::Boolean(true)),
            ("lines", OptionValue::Boolean(true)),
            ("multiline", OptionValue::Boolean(true)),
            ("orient", text_value("records")),
        ] {
            assert_eq!(json(name, value).unwrap(), ReadOptions::default(), "{name}");
        }
        assert!(json("dateformat", text_value("%d/%m/%Y")).unwrap().json().times.dates.len() == 1);
        assert!(json("dateformat", text_value("auto")).is_err());
        assert!(json("auto_detect", OptionValue::Boolean(false)).is_err());
        assert!(json("records", OptionValue::Boolean(false)).unwrap().json().is_bare);
        assert_eq!(json("maximum_depth", number("0")).unwrap().json().max_depth, Some(0));
        assert!(json("maximum_depth", text_value("deep")).is_err());
        assert!(set("records", OptionValue::Boolean(false)).is_err());
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
            ("timestamp_parsers", "timestampformat", text("%d.%m.%Y %H:%M")),
            ("decimal_point", "decimal_separator", text(",")),
            ("nullvalue", "nullstr", text("x")),
            ("col_types", "types", map()),
            ("hive_schema", "hive_types", map()),
            ("null_marker", "nullstr", text("-")),
            ("field_optionally_enclosed_by", "quote", text("'")),
            ("lazy_quotes", "loose_quotes", OptionValue::Boolean(true)),
        ] {
            assert_eq!(set(name, value.clone()).unwrap(), set(usual, value).unwrap(), "{name}");
        }
        assert_eq!(set("decimal_comma", OptionValue::Boolean(true)).unwrap().csv().decimal_separator, b',');
    }

    #[test]
    fn comments_have_one_to_eight_bytes() {
        let csv = set("comment_prefix", text_value("//")).unwrap();
        assert_eq!((csv.csv.comment, csv.csv.long_comment), (Setting::Auto, Some(Delim::new("//").unwrap())));
        assert_eq!(set("comment", text_value("auto")).unwrap(), ReadOptions::default());
        assert_eq!(set("comment", text_value("#")).unwrap().csv.comment, Setting::Is(Some(b'#')));
        let error = set("comment", text_value("/////////")).unwrap_err().to_string();
        assert_eq!(error, "option comment: expected at most 8 bytes, found '/////////', which has 9");
    }

    #[test]
    fn candidates_are_types_that_are_inferred() {
        let list = |types: &[&str]| OptionValue::List(types.iter().map(|ty| text_value(ty)).collect());
        let found = set("auto_type_candidates", list(&["BIGINT", "time", "Double"])).unwrap();
        assert_eq!(found.csv.type_candidates, [ColumnType::Int64, ColumnType::Time, ColumnType::Float64]);
        let error = set("auto_type_candidates", list(&["ubigint"])).unwrap_err().to_string();
        assert_eq!(error, "option auto_type_candidates: no column becomes ubigint by looking");
    }

    #[test]
    fn two_names_of_an_option_say_the_same() {
        let of = |options: [(&str, &str); 2]| {
            let options = options.map(|(name, value)| (name.to_owned(), text_value(value)));
            ReadOptions::of_call(SourceFunction::ReadCsv, &options, &ReadOptions::default())
        };
        assert!(of([("delim", ";"), ("sep", ";")]).is_ok());
        let error = of([("delim", ";"), ("sep", ",")]).unwrap_err().to_string();
        assert_eq!(error, "option sep: delim is another name of it, and says otherwise");
        let error = of([("true_values", "yes"), ("false_values", "yes")]).unwrap_err().to_string();
        assert_eq!(error, "option false_values: 'yes' is among true_values, too");
    }

    #[test]
    fn functions_take_other_names_of_their_options() {
        let of = |function, name: &str| {
            let options = [(name.to_owned(), OptionValue::Number("5".into()))];
            ReadOptions::of_call(function, &options, &ReadOptions::default())
        };
        assert_eq!(of(SourceFunction::ReadJson, "maximum_object_size").unwrap().csv.max_record_bytes, 5);
        assert!(of(SourceFunction::ReadText, "skiprows").is_err());
        let hint = |name| set(name, OptionValue::Boolean(true)).unwrap_err().hint().unwrap();
        assert!(hint("max_bad_records").starts_with("on_error = "));
        assert!(hint("force_null").contains("nullstr"));
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
    fn nothing_between_fields_makes_each_line_one() {
        for nothing in [text_value(""), OptionValue::Null] {
            let csv = set("delim", nothing).unwrap().csv().clone();
            assert_eq!((csv.delim, csv.quote), (Some(NO_DELIM), Setting::Is(None)));
        }
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
            error("sep", text_value("|||||||||")),
            "option sep: expected at most 8 bytes, found '|||||||||', which has 9"
        );
        assert_eq!(error("delim", text_value("a\n")), "option delim: a line end cannot be used");
        assert_eq!(error("decimal", text_value(";")), "option decimal: expected '.' or ',', found ';'");
        assert_eq!(error("delim", text_value("\"")), "option quote: it is the same as delim");
        assert_eq!(error("delim", text_value("\"|")), "option quote: it is a part of delim, '\"|'");
        assert_eq!(error("comment", text_value("\"")), "option comment: it is the same as quote");
        let both =
            [("delim", ";"), ("comment", ";")].map(|(name, value)| (name.to_owned(), text_value(value)));
        let both = ReadOptions::of_call(SourceFunction::ReadCsv, &both, &ReadOptions::default());
        assert_eq!(both.unwrap_err().to_string(), "option comment: it is the same as delim");
        assert_eq!(error("heder", OptionValue::Null), "option heder: read_csv has no such option");
        assert_eq!(set("heder", OptionValue::Null).unwrap_err().hint().unwrap(), "did you mean header?");
        let read = [("skip".to_owned(), OptionValue::Null)];
        let error =
            ReadOptions::of_call(SourceFunction::ReadText, &read, &ReadOptions::default()).unwrap_err();
        assert_eq!(error.to_string(), "option skip: read_text has no such option");
    }
}
