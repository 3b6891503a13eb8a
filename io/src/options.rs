//! How files are to be read: plain data, validated when it is built.

use std::fmt;
use std::str::FromStr;

use arrow_schema::{DataType, TimeUnit};

use crate::codec::Codec;
use crate::encoding::Encoding;
use crate::error::{Error, Result};
use crate::scanner::decimal::MAX_PRECISION;
use crate::scanner::json::JsonType;
use crate::scanner::values::NumberSigns;
use crate::scanner::{Delim, TimeFormats};

/// Bound on one record, in bytes: a quote that is never closed must not fill the memory.
pub const DEFAULT_MAX_RECORD_BYTES: usize = 64 << 20;

/// How files are decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct DecodeOptions {
    /// The codec of every file; `None`: found by looking.
    pub codec: Option<Codec>,
    /// Whether damage is passed over: what is whole is read, and what is lost is told, see
    /// [`Losses`](crate::Losses). Without, it is an error.
    pub salvage: bool,
}

/// Whether the first record of a file names its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum HeaderMode {
    /// Look at the first record: names, or already values?
    #[default]
    Auto,
    /// The first record names the columns.
    Present,
    /// The first record is data; columns are called `column0`, `column1`, …
    Absent,
}

/// What becomes of a record with a value that does not fit its column, or with too few or too many fields. How
/// many there were is always told, see [`Notes`](crate::Notes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum OnError {
    /// It is an error.
    #[default]
    Fail,
    /// Nulls stand in place of such values and of missing fields; fields too many are left out.
    Null,
    /// It is left out, whichever of its columns are read.
    Skip,
    /// Like [`OnError::Skip`], and kept in [`Rejects`](crate::Rejects).
    Reject,
}

impl OnError {
    /// Whether records are left out.
    pub(crate) fn leaves_out(self) -> bool {
        matches!(self, Self::Skip | Self::Reject)
    }
}

impl FromStr for OnError {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "fail" => Self::Fail,
            "null" => Self::Null,
            "skip" => Self::Skip,
            "reject" => Self::Reject,
            _ => {
                let problem = format!("expected fail, null, skip or reject, found '{name}'");
                return Err(Error::bad_option("on_error", problem));
            }
        })
    }
}

/// Rejected values that are kept, by default: with long records they take some ten megabytes.
pub const DEFAULT_REJECTS_LIMIT: usize = 10_000;

/// What is set, or found by looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Setting<T> {
    /// Found by looking at the files.
    #[default]
    Auto,
    /// Set, and not guessed.
    Is(T),
}

impl<T> Setting<T> {
    /// What is set.
    pub fn known(self) -> Option<T> {
        match self {
            Self::Auto => None,
            Self::Is(value) => Some(value),
        }
    }
}

impl<T> From<T> for Setting<T> {
    fn from(value: T) -> Self {
        Self::Is(value)
    }
}

/// How CSV files are read. The default finds out what it can by looking at the files.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CsvOptions {
    /// Whether there is a header.
    pub header: HeaderMode,
    /// What stands between fields; `None`: found by looking.
    pub delim: Option<Delim>,
    /// What likely stands between fields, as the names of files tell: another one is looked for only where most lines do not have it.
    pub likely_delim: Option<Delim>,
    /// The byte around fields that hold the delimiter, a quote or a line end; `None`: no quoting.
    pub quote: Setting<Option<u8>>,
    /// The byte before a quote inside a quoted field; `None`: a quote is doubled. If there is set to be no quoting, one that
    /// makes the byte behind it a part of the value, wherever it stands, as MySQL and Hive write.
    pub escape: Setting<Option<u8>>,
    /// Whether it does so in fields without quotes, too.
    pub bare_escapes: bool,
    /// Lines that begin with this byte are skipped.
    pub comment: Setting<Option<u8>>,
    /// Whether what stands behind this byte in other lines, outside of quotes, is no part of them.
    pub inline_comments: bool,
    /// Lines that begin with these bytes, which are several, are skipped.
    pub long_comment: Option<Delim>,
    /// Whether blanks in front of fields are no part of them.
    pub skip_initial_blanks: bool,
    /// Lines to skip at the head of each file, before the header.
    pub skip: Setting<u64>,
    /// Records to leave out behind the header of each file, as one of units.
    pub skip_after_header: u64,
    /// Lines to leave out at the end of each file.
    pub skip_footer: u64,
    /// Whether quotes that are not doubled may stand within fields, and one may be left over: see
    /// [`crate::scanner::record`].
    pub loose_quotes: bool,
    /// Texts that are null in every column, beside those that are always null (see
    /// [`crate::scanner::values::NULL_WORDS`]).
    pub nullstr: Vec<String>,
    /// Texts that are null in some columns, too, by name.
    pub nullstr_of: Vec<(String, Vec<String>)>,
    /// Whether these are null in quotes, too.
    pub nulls_in_quotes: bool,
    /// Whether an empty field of text is text, and not null.
    pub empty_is_text: bool,
    /// Columns of text in which nothing is null.
    pub not_null: Vec<String>,
    /// Words that are true, beside `true`; of `false` there are others. A column in which there are no others is one of booleans.
    pub true_values: Vec<String>,
    /// Words that are false.
    pub false_values: Vec<String>,
    /// What stands before the fraction of a number: `.` or `,`.
    pub decimal_separator: u8,
    /// What stands between groups of three digits in numbers, if anything does.
    pub thousands: Option<char>,
    /// How dates and points in time are written.
    pub times: TimeFormats,
    /// Whether it is to be found by looking how dates are written, and how points in time are. Otherwise those that are
    /// not written as ISO 8601 has it are text.
    pub find_times: FindTimes,
    /// The encoding of the text: if it is looked for, UTF-8, UTF-16 or windows-1252.
    pub encoding: Setting<Encoding>,
    /// Names of the first columns, in order, in place of those that the files have for them.
    pub names: Vec<String>,
    /// Whether names of headers are made such that they need no quotes in SQL: words of `a` to `z`, digits and `_`.
    pub normalize_names: bool,
    /// Whether types are inferred from all values, and not from the heads of files alone.
    pub whole_files: bool,
    /// Types that may be inferred, beside text; all if there are none.
    pub type_candidates: Vec<ColumnType>,
    /// Types of some columns, by name; the others are inferred.
    pub types: Vec<(String, JsonType)>,
    /// Types of the first columns, in order.
    pub types_in_order: Vec<JsonType>,
    /// All columns, in order, by name and type: nothing is inferred.
    pub columns: Option<Vec<(String, JsonType)>>,
    /// Read every column whose type is not given as text.
    pub all_varchar: bool,
    /// The codec of every file; `None`: found by looking.
    pub compression: Option<Codec>,
    /// Whether damage of compressed files is passed over, see [`DecodeOptions::salvage`]. Records that a gap cuts are left out.
    pub salvage: bool,
    /// Whether the columns of files with headers are those of the same name; else those in the same place, by
    /// the names of the first file.
    pub union_by_name: bool,
    /// Bound on one record, in bytes.
    pub max_record_bytes: usize,
    /// What becomes of records that do not fit.
    pub on_error: OnError,
    /// Records with too few fields have nulls in place of the others, whatever `on_error` says.
    pub pad_short: bool,
    /// Fields that a record has too many are left out, whatever `on_error` says.
    pub cut_long: bool,
    /// How many rejected values and records are kept, for all files.
    pub rejects_limit: usize,
}

/// What is to be found by looking at how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct FindTimes {
    /// Dates.
    pub dates: bool,
    /// Points in time.
    pub timestamps: bool,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self {
            header: HeaderMode::Auto,
            delim: None,
            likely_delim: None,
            quote: Setting::Auto,
            escape: Setting::Auto,
            bare_escapes: false,
            comment: Setting::Auto,
            inline_comments: false,
            long_comment: None,
            skip_initial_blanks: false,
            skip: Setting::Auto,
            skip_after_header: 0,
            skip_footer: 0,
            loose_quotes: false,
            nullstr: Vec::new(),
            nullstr_of: Vec::new(),
            nulls_in_quotes: true,
            empty_is_text: false,
            not_null: Vec::new(),
            true_values: Vec::new(),
            false_values: Vec::new(),
            decimal_separator: b'.',
            thousands: None,
            times: TimeFormats::default(),
            find_times: FindTimes::default(),
            encoding: Setting::Auto,
            names: Vec::new(),
            normalize_names: false,
            whole_files: false,
            type_candidates: Vec::new(),
            types: Vec::new(),
            types_in_order: Vec::new(),
            columns: None,
            all_varchar: false,
            compression: None,
            salvage: false,
            union_by_name: true,
            max_record_bytes: DEFAULT_MAX_RECORD_BYTES,
            on_error: OnError::Fail,
            pad_short: false,
            cut_long: false,
            rejects_limit: DEFAULT_REJECTS_LIMIT,
        }
    }
}

impl CsvOptions {
    /// The signs within numbers.
    pub(crate) fn number_signs(&self) -> NumberSigns {
        NumberSigns { decimal: self.decimal_separator, thousands: self.thousands }
    }

    /// How the files are decoded.
    pub fn decode(&self) -> DecodeOptions {
        DecodeOptions { codec: self.compression, salvage: self.salvage }
    }
}

/// How files of lines are read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TextOptions {
    /// The encoding of the text.
    pub encoding: Encoding,
    /// The codec of every file; `None`: found by looking.
    pub compression: Option<Codec>,
    /// Whether damage of compressed files is passed over, see [`DecodeOptions::salvage`]. Lines that a gap cuts are left out.
    pub salvage: bool,
    /// Bound on one line, in bytes.
    pub max_record_bytes: usize,
    /// The byte that ends a line. Before `\n` a `\r` is left out, too.
    pub line_end: u8,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self {
            encoding: Encoding::Utf8,
            compression: None,
            salvage: false,
            max_record_bytes: DEFAULT_MAX_RECORD_BYTES,
            line_end: b'\n',
        }
    }
}

impl TextOptions {
    /// How the files are decoded.
    pub fn decode(&self) -> DecodeOptions {
        DecodeOptions { codec: self.compression, salvage: self.salvage }
    }
}

/// The type of a column, with SQL's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// `true` and `false`.
    Boolean,
    /// 8-bit signed integer.
    Int8,
    /// 16-bit signed integer.
    Int16,
    /// 32-bit signed integer.
    Int32,
    /// 64-bit signed integer; what integers are inferred as.
    Int64,
    /// 8-bit unsigned integer.
    UInt8,
    /// 16-bit unsigned integer.
    UInt16,
    /// 32-bit unsigned integer.
    UInt32,
    /// 64-bit unsigned integer.
    UInt64,
    /// 32-bit floating point.
    Float32,
    /// 64-bit floating point.
    Float64,
    /// Exact, with so many digits, of which so many stand behind the point: those behind them are rounded.
    Decimal {
        /// Digits, from 1 to 38.
        precision: u8,
        /// Digits behind the point, up to all.
        scale: u8,
    },
    /// Days, written `2008-11-13`.
    Date,
    /// Time of day, to the microsecond, written `10:00:00.5`. In nanoseconds, as those of SQL are.
    Time,
    /// Microseconds without a time zone, written `2008-11-13 10:00:00.5`.
    Timestamp,
    /// Microseconds in UTC, written with `Z` or an offset.
    TimestampTz,
    /// Text.
    Text,
}

impl ColumnType {
    /// The Arrow type of the column in a batch.
    pub fn data_type(self) -> DataType {
        match self {
            Self::Boolean => DataType::Boolean,
            Self::Int8 => DataType::Int8,
            Self::Int16 => DataType::Int16,
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::UInt8 => DataType::UInt8,
            Self::UInt16 => DataType::UInt16,
            Self::UInt32 => DataType::UInt32,
            Self::UInt64 => DataType::UInt64,
            Self::Float32 => DataType::Float32,
            Self::Float64 => DataType::Float64,
            Self::Decimal { precision, scale } => DataType::Decimal128(precision, scale.cast_signed()),
            Self::Date => DataType::Date32,
            Self::Time => DataType::Time64(TimeUnit::Nanosecond),
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::TimestampTz => DataType::Timestamp(TimeUnit::Microsecond, Some("+00:00".into())),
            Self::Text => DataType::Utf8View,
        }
    }

    /// Whether a column whose type was guessed becomes one of another type where a value needs it.
    pub(crate) fn widens_to(self, other: Self) -> bool {
        matches!((self, other), (Self::Int64, Self::Float64) | (Self::Date, Self::Timestamp))
    }

    /// What a value of the type is called in an error: "an integer".
    pub fn expected(self) -> &'static str {
        match self {
            Self::Boolean => "true or false",
            Self::Int64 => "an integer",
            Self::Int8 => "an integer from -128 to 127",
            Self::Int16 => "an integer from -32768 to 32767",
            Self::Int32 => "an integer from -2147483648 to 2147483647",
            Self::UInt8 => "an integer from 0 to 255",
            Self::UInt16 => "an integer from 0 to 65535",
            Self::UInt32 => "an integer from 0 to 4294967295",
            Self::UInt64 => "an integer from 0 to 18446744073709551615",
            Self::Float32 | Self::Float64 => "a number",
            Self::Decimal { .. } => "a decimal number with no more digits before the point than its type has",
            Self::Date => "a date (YYYY-MM-DD)",
            Self::Time => "a time (HH:MM:SS)",
            Self::Timestamp => "a timestamp (YYYY-MM-DD HH:MM:SS)",
            Self::TimestampTz => "a timestamp with a time zone (YYYY-MM-DD HH:MM:SS+00:00)",
            Self::Text => "text",
        }
    }
}

/// Every spelling of a type that is understood, in lower case.
const TYPE_NAMES: &[(&str, ColumnType)] = &[
    ("boolean", ColumnType::Boolean),
    ("bool", ColumnType::Boolean),
    ("logical", ColumnType::Boolean),
    ("tinyint", ColumnType::Int8),
    ("int1", ColumnType::Int8),
    ("i8", ColumnType::Int8),
    ("smallint", ColumnType::Int16),
    ("int2", ColumnType::Int16),
    ("int16", ColumnType::Int16),
    ("i16", ColumnType::Int16),
    ("short", ColumnType::Int16),
    ("integer", ColumnType::Int32),
    ("int", ColumnType::Int32),
    ("int4", ColumnType::Int32),
    ("int32", ColumnType::Int32),
    ("i32", ColumnType::Int32),
    ("signed", ColumnType::Int32),
    ("bigint", ColumnType::Int64),
    ("int8", ColumnType::Int64),
    ("int64", ColumnType::Int64),
    ("i64", ColumnType::Int64),
    ("oid", ColumnType::Int64),
    ("long", ColumnType::Int64),
    ("utinyint", ColumnType::UInt8),
    ("uint8", ColumnType::UInt8),
    ("u8", ColumnType::UInt8),
    ("tinyint unsigned", ColumnType::UInt8),
    ("usmallint", ColumnType::UInt16),
    ("uint16", ColumnType::UInt16),
    ("u16", ColumnType::UInt16),
    ("smallint unsigned", ColumnType::UInt16),
    ("uinteger", ColumnType::UInt32),
    ("uint32", ColumnType::UInt32),
    ("u32", ColumnType::UInt32),
    ("int unsigned", ColumnType::UInt32),
    ("integer unsigned", ColumnType::UInt32),
    ("ubigint", ColumnType::UInt64),
    ("uint64", ColumnType::UInt64),
    ("u64", ColumnType::UInt64),
    ("bigint unsigned", ColumnType::UInt64),
    ("real", ColumnType::Float32),
    ("float4", ColumnType::Float32),
    ("float32", ColumnType::Float32),
    ("f32", ColumnType::Float32),
    ("float", ColumnType::Float32),
    ("double", ColumnType::Float64),
    ("double precision", ColumnType::Float64),
    ("float8", ColumnType::Float64),
    ("float64", ColumnType::Float64),
    ("f64", ColumnType::Float64),
    ("decimal", ColumnType::Decimal { precision: 18, scale: 3 }),
    ("numeric", ColumnType::Decimal { precision: 18, scale: 3 }),
    ("hugeint", ColumnType::Decimal { precision: MAX_PRECISION, scale: 0 }),
    ("int128", ColumnType::Decimal { precision: MAX_PRECISION, scale: 0 }),
    ("uhugeint", ColumnType::Decimal { precision: MAX_PRECISION, scale: 0 }),
    ("date", ColumnType::Date),
    ("date32", ColumnType::Date),
    ("time", ColumnType::Time),
    ("timestamp", ColumnType::Timestamp),
    ("datetime", ColumnType::Timestamp),
    ("datetime64", ColumnType::Timestamp),
    ("timestamp_s", ColumnType::Timestamp),
    ("timestamp_ms", ColumnType::Timestamp),
    ("timestamp_us", ColumnType::Timestamp),
    ("timestamp_ns", ColumnType::Timestamp),
    ("timestamp without time zone", ColumnType::Timestamp),
    ("timestamptz", ColumnType::TimestampTz),
    ("timestamp with time zone", ColumnType::TimestampTz),
    ("text", ColumnType::Text),
    ("varchar", ColumnType::Text),
    ("string", ColumnType::Text),
    ("object", ColumnType::Text),
    ("char", ColumnType::Text),
    ("bpchar", ColumnType::Text),
    ("nvarchar", ColumnType::Text),
    ("nchar", ColumnType::Text),
    ("character varying", ColumnType::Text),
    ("str", ColumnType::Text),
    ("utf8", ColumnType::Text),
    ("utf8view", ColumnType::Text),
    ("large_string", ColumnType::Text),
    ("large_utf8", ColumnType::Text),
    ("category", ColumnType::Text),
    ("categorical", ColumnType::Text),
    ("json", ColumnType::Text),
    ("uuid", ColumnType::Text),
    ("guid", ColumnType::Text),
];

impl FromStr for ColumnType {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let wanted = name.trim().to_ascii_lowercase();
        if let Some(arguments) = decimal_arguments(&wanted) {
            return decimal(arguments).ok_or_else(|| {
                let hint = "decimal(15, 2) has 15 digits, 2 of them behind the point; there may be 38";
                Error::bad_option_hint("types", format!("no type of decimals: \"{name}\""), hint)
            });
        }
        let wanted = without_length(&wanted);
        match TYPE_NAMES.iter().find(|(known, _)| *known == wanted) {
            Some((_, ty)) => Ok(*ty),
            None => {
                let known = "known types: boolean, tinyint, smallint, integer, bigint, utinyint, usmallint, uinteger, \
                             ubigint, real, double, decimal(15, 2), date, time, timestamp, timestamptz, text";
                let hint = match nearest_type(wanted) {
                    _ if instead_of(wanted).is_some() => instead_of(wanted).unwrap_or_default().to_owned(),
                    Some(near) => format!("did you mean {near}? {known}"),
                    None => known.to_owned(),
                };
                Err(Error::bad_option_hint("types", format!("unknown type \"{name}\""), hint))
            }
        }
    }
}

/// What to write in place of types that values in files cannot have.
fn instead_of(name: &str) -> Option<&'static str> {
    let word = name.split('(').next().unwrap_or(name).trim();
    Some(match word {
        "blob" | "bytea" | "binary" | "varbinary" => {
            "'text' reads them as they are written; decode(column, 'hex') or 'base64' makes bytes of them"
        }
        "enum" => "'text' reads them; a condition says which values there may be",
        "map" => "as in 'map(text, bigint)'",
        "interval" => "'text' reads them; CAST(column AS INTERVAL) makes intervals of them",
        _ => return None,
    })
}

/// `varchar` of `varchar(20)`, as texts may be of any length, and `timestamp` of `timestamp(3)`, as fractions of seconds may.
fn without_length(name: &str) -> &str {
    let Some((ty, len)) = name.strip_suffix(')').and_then(|rest| rest.split_once('(')) else { return name };
    let ty = ty.trim_end();
    let has_length =
        |of: ColumnType| matches!(of, ColumnType::Text | ColumnType::Time | ColumnType::Timestamp);
    let is_known = TYPE_NAMES.iter().any(|(known, of)| *known == ty && has_length(*of));
    if is_known && len.trim().bytes().all(|byte| byte.is_ascii_digit()) { ty } else { name }
}

/// What stands in the parentheses of `decimal(…)`.
fn decimal_arguments(name: &str) -> Option<&str> {
    let arguments = ["decimal", "numeric", "dec"].iter().find_map(|word| name.strip_prefix(word))?;
    arguments.trim_start().strip_prefix('(')?.strip_suffix(')')
}

fn decimal(arguments: &str) -> Option<ColumnType> {
    let (precision, scale) = arguments.split_once(',').unwrap_or((arguments, "0"));
    let (precision, scale) = (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
    let is_one = (1..=MAX_PRECISION).contains(&precision) && scale <= precision;
    is_one.then_some(ColumnType::Decimal { precision, scale })
}

/// The name of a type that is most like a word, if one is like it at all.
fn nearest_type(word: &str) -> Option<&'static str> {
    let likeness = |name: &str| strsim::jaro_winkler(word, name);
    let nearest =
        TYPE_NAMES.iter().map(|(name, _)| *name).max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(nearest) > 0.75).then_some(nearest)
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Decimal { precision, scale } = self {
            return write!(f, "decimal({precision}, {scale})");
        }
        // The first spelling in the table is the name to show.
        let name = TYPE_NAMES.iter().find(|(_, ty)| ty == self).map_or("text", |(name, _)| name);
        f.write_str(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_names_round_trip() {
        for (name, ty) in TYPE_NAMES {
            assert_eq!(name.to_uppercase().parse::<ColumnType>().unwrap(), *ty);
            assert_eq!(ty.to_string().parse::<ColumnType>().unwrap(), *ty);
        }
    }

    #[test]
    fn decimals_have_digits() {
        let ty = |name: &str| name.parse::<ColumnType>();
        for (name, shown) in [
            ("DECIMAL(15, 2)", "decimal(15, 2)"),
            ("numeric (9)", "decimal(9, 0)"),
            ("HUGEINT", "decimal(38, 0)"),
            ("varchar(20)", "text"),
            ("CHARACTER VARYING (7)", "text"),
            ("NVARCHAR(7)", "text"),
            ("timestamp(3)", "timestamp"),
            ("Int Unsigned", "uinteger"),
            ("dec(38,38)", "decimal(38, 38)"),
            ("Decimal", "decimal(18, 3)"),
        ] {
            assert_eq!(ty(name).unwrap().to_string(), shown);
            assert_eq!(ty(shown).unwrap(), ty(name).unwrap());
        }
        for name in
            ["decimal(0)", "decimal(39)", "decimal(2, 3)", "decimal(a)", "decimal()", "decimal(3, -1)"]
        {
            assert!(ty(name).unwrap_err().hint().unwrap().contains("decimal(15, 2)"), "{name}");
        }
    }

    #[test]
    fn unknown_type_is_named() {
        let error = "dubble".parse::<ColumnType>().unwrap_err();
        assert_eq!(error.to_string(), "option types: unknown type \"dubble\"");
        assert!(error.hint().unwrap().starts_with("did you mean double? known types: boolean, "));
        assert_eq!(
            "strnig".parse::<ColumnType>().unwrap_err().hint().unwrap().find("did you mean string?"),
            Some(0)
        );
        assert!("qqq".parse::<ColumnType>().unwrap_err().hint().unwrap().starts_with("known types: "));
    }
}
