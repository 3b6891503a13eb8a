//! Values of options.

use std::str::FromStr;

use swath_io::{ColumnType, Delim, Error as IoError, ErrorKind, HeaderMode, OnError, Setting, TimeFormat};

use super::OptionValue;

/// A character that stands between groups of digits.
pub(super) fn thousands(name: &str, value: &OptionValue) -> Result<Option<char>, IoError> {
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

pub(super) fn wrong(name: &str, expected: &str, found: &OptionValue) -> IoError {
    IoError::bad_option(name, format!("expected {expected}, found {found}"))
}

/// What an option is set to; `'auto'` leaves it to be found.
pub(super) fn set<T>(
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
        OptionValue::Text(word) if word.eq_ignore_ascii_case("true") || word == "1" => Ok(true),
        OptionValue::Text(word) if word.eq_ignore_ascii_case("false") || word == "0" => Ok(false),
        other => Err(wrong(name, "true or false", other)),
    }
}

pub(super) fn header(name: &str, value: &OptionValue) -> Result<HeaderMode, IoError> {
    match value {
        OptionValue::Text(word) if word.eq_ignore_ascii_case("auto") => Ok(HeaderMode::Auto),
        // pandas numbers lines by it.
        OptionValue::Number(_) => {
            let hint = "header = true says that there is one, and skip how many lines stand above it";
            Err(IoError::bad_option_hint(name, format!("expected true or false, found {value}"), hint))
        }
        other => Ok(if boolean(name, other)? { HeaderMode::Present } else { HeaderMode::Absent }),
    }
}

/// Whether a size of a sample stands for all there is: `-1`, as DuckDB has it, or `NULL`, as Polars does.
pub(super) fn is_everything(name: &str, value: &OptionValue) -> Result<bool, IoError> {
    match value {
        OptionValue::Null => Ok(true),
        OptionValue::Number(number) | OptionValue::Text(number) if number.parse::<i64>().is_ok() => {
            Ok(number.starts_with('-'))
        }
        other => Err(wrong(name, "a number, or -1 for all records", other)),
    }
}

/// What pandas calls it: "warn" is to go on and tell, which is what Swath always does.
pub(super) fn on_bad_lines(name: &str, value: &OptionValue) -> Result<OnError, IoError> {
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

/// Whether times are to be as ISO 8601 has them, as they are where nothing is said.
pub(super) fn is_iso(value: &OptionValue) -> bool {
    matches!(value, OptionValue::Text(word) if word.is_empty() || word.eq_ignore_ascii_case("iso"))
}

/// How dates or points in time are written: in one way, or in one of several.
pub(super) fn time_formats(name: &str, value: &OptionValue) -> Result<Vec<TimeFormat>, IoError> {
    match value {
        OptionValue::List(items) if items.is_empty() => Err(wrong(name, "at least one format", value)),
        OptionValue::List(items) => {
            items.iter().map(|item| TimeFormat::of_option(name, text(name, item)?)).collect()
        }
        OptionValue::Text(format) => Ok(vec![TimeFormat::of_option(name, format)?]),
        _ => Err(wrong(name, "a format as '%d.%m.%Y', or a list of some", value)),
    }
}

pub(crate) fn text<'a>(name: &str, value: &'a OptionValue) -> Result<&'a str, IoError> {
    match value {
        OptionValue::Text(text) => Ok(text),
        other => Err(wrong(name, "a text", other)),
    }
}

pub(super) fn texts(name: &str, value: &OptionValue) -> Result<Vec<String>, IoError> {
    match value {
        OptionValue::List(items) => items.iter().map(|item| text(name, item).map(str::to_owned)).collect(),
        OptionValue::Number(number) => Ok(vec![number.clone()]),
        other => Ok(vec![text(name, other)?.to_owned()]),
    }
}

/// Texts by column: `{'a': 'x', 'b': ['y', 'z']}`.
pub(super) fn texts_of_columns(
    name: &str,
    columns: &[(String, OptionValue)],
) -> Result<Vec<(String, Vec<String>)>, IoError> {
    columns.iter().map(|(column, value)| Ok((column.clone(), texts(name, value)?))).collect()
}

/// No text has it: with it between fields there is one in each line.
pub(crate) const NO_DELIM: Delim = Delim::byte(0);

/// What stands between fields; `None` where nothing does, as each line is one.
pub(super) fn delim_or_none(name: &str, value: &OptionValue) -> Result<Option<Delim>, IoError> {
    match value {
        OptionValue::Text(text) if !text.is_empty() => delim(name, value).map(Some),
        OptionValue::Text(_) | OptionValue::Null => Ok(None),
        other => delim(name, other).map(Some),
    }
}

/// What stands between fields: one byte, or a few in a row.
pub(crate) fn delim(name: &str, value: &OptionValue) -> Result<Delim, IoError> {
    let text = match value {
        // The backslash of `\\t` is one itself.
        OptionValue::Text(text) => text.replace("\\t", "\t").replace("\\\t", "\\t"),
        OptionValue::Null => String::new(),
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

/// The byte that ends a line.
pub(super) fn line_end(name: &str, value: &OptionValue) -> Result<u8, IoError> {
    match text(name, value)?.as_bytes() {
        b"\r\n" | b"\\n" | b"\\r\\n" => Ok(b'\n'),
        b"\\r" => Ok(b'\r'),
        b"\\t" => Ok(b'\t'),
        b"\\0" => Ok(0),
        [byte] if byte.is_ascii() => Ok(*byte),
        _ => Err(IoError::bad_option_hint(
            name,
            format!("expected one ASCII character, found {value}"),
            format!("as in {name} = ';'; the byte zero is '\\0'"),
        )),
    }
}

pub(super) const TYPES_HINT: &str = "as in {'TailNum': 'text', 'Distance': 'double'}";

/// Types of columns, by name: also lists and objects, where these can be read.
pub(super) fn types<T>(name: &str, value: &OptionValue) -> Result<Vec<(String, T)>, IoError>
where
    T: FromStr<Err = IoError>,
{
    let OptionValue::Map(entries) = value else {
        return Err(IoError::bad_option_hint(
            name,
            format!("expected columns with their types, found {value}"),
            TYPES_HINT,
        ));
    };
    entries.iter().map(|(column, ty)| Ok((column.clone(), text(name, ty)?.parse()?))).collect()
}

pub(super) fn types_in_order<T>(name: &str, items: &[OptionValue]) -> Result<Vec<T>, IoError>
where
    T: FromStr<Err = IoError>,
{
    items.iter().map(|ty| text(name, ty)?.parse()).collect()
}

/// How lines begin that are no records: with one byte, or with some.
pub(super) fn comment(
    name: &str,
    value: &OptionValue,
) -> Result<(Setting<Option<u8>>, Option<Delim>), IoError> {
    match value {
        OptionValue::Text(text) if text.len() > 1 && !text.eq_ignore_ascii_case("auto") && text != "\\t" => {
            let long = Delim::new(text).map_err(|error| match error.kind() {
                ErrorKind::BadOption { problem, .. } => IoError::bad_option(name, problem.clone()),
                _ => error,
            })?;
            Ok((Setting::Auto, Some(long)))
        }
        value => Ok((set(name, value, byte)?, None)),
    }
}

/// Types that columns may get by looking.
pub(super) fn type_candidates(name: &str, value: &OptionValue) -> Result<Vec<ColumnType>, IoError> {
    let OptionValue::List(items) = value else { return Err(wrong(name, "a list of types", value)) };
    let types: Vec<ColumnType> = types_in_order(name, items)?;
    match types.iter().find(|ty| !is_inferred(**ty)) {
        None => Ok(types),
        Some(ty) => Err(IoError::bad_option_hint(
            name,
            format!("no column becomes {ty} by looking"),
            "types = {'column': 'type'} gives a column any type",
        )),
    }
}

/// Whether a column may get a type by looking; times of day only if they are among those that are said.
fn is_inferred(ty: ColumnType) -> bool {
    use ColumnType as Type;
    match ty {
        Type::Boolean
        | Type::Int8
        | Type::Int16
        | Type::Int32
        | Type::Int64
        | Type::Float32
        | Type::Float64 => true,
        Type::Date | Type::Time | Type::Timestamp | Type::TimestampTz | Type::Text => true,
        Type::UInt8 | Type::UInt16 | Type::UInt32 | Type::UInt64 | Type::Decimal { .. } => false,
    }
}
