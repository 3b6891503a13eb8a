//! What keeps records from becoming a batch, and how it is told.

use std::borrow::Cow;
use std::path::Path;

use super::column::Rejected;
use super::csv::Source;
use super::fields::Span;
use super::infer::Column;
use super::record::has_odd_quotes;
use super::time_format::{TimeFormat, TimeFormats};
use super::values::wider_type;
use crate::error::{Error, ErrorKind, Location};
use crate::options::ColumnType;
use crate::splitter::Records;

/// Characters of a value shown in an error.
const SHOWN_CHARS: usize = 60;

/// What keeps records from becoming a batch.
#[derive(Debug)]
pub(crate) struct Bad {
    pub(crate) error: Error,
    /// The column asked for, by its place among them, if it is a value of one.
    pub(crate) column: Option<usize>,
}

/// The place of a byte of a chunk.
pub(super) fn location(path: &Path, records: &Records, at: usize) -> Location {
    let before = &records.chunk.bytes()[..at];
    Location {
        path: path.to_owned(),
        line: records.lines + super::record::line_ends(before) + 1,
        byte_offset: records.byte_offset + at as u64,
    }
}

/// What is wrong with a value of a column.
#[cold]
pub(super) fn value_error(
    source: &Source<'_>,
    column: &Column,
    location: Location,
    span: Span,
    rejected: Rejected,
) -> Error {
    let (value, _) = source.fields.value(span);
    let (name, found) = (column.name.clone(), shown(&value));
    let rules = &source.layout.rules;
    let kind = match rejected {
        Rejected::Value => ErrorKind::Value {
            location,
            column: name,
            expected: expected(column, &rules.times),
            found,
            inferred: column.inferred,
            fits: wider_type(column.ty, &value, rules.signs, &rules.times),
            also: Vec::new(),
            may_be_null: true,
        },
        Rejected::Encoding => ErrorKind::Encoding { location, column: Some(name), found },
    };
    kind.into()
}

/// What a value of a column is called in an error.
fn expected(column: &Column, times: &TimeFormats) -> Cow<'static, str> {
    if let Some(nested) = &column.nested {
        return format!("{nested} as JSON").into();
    }
    let any_of = |formats: &[TimeFormat]| {
        let formats: Vec<String> = formats.iter().map(ToString::to_string).collect();
        formats.join(" or ")
    };
    match (column.ty, times.dates.as_slice(), times.timestamps.as_slice()) {
        (ColumnType::Decimal { precision, scale }, _, _) => match precision - scale {
            0 => "a decimal number with nothing but zero before the point".into(),
            digits => format!("a decimal number of at most {digits} digits before the point").into(),
        },
        (ColumnType::Date, formats @ [_, ..], _) => format!("a date ({})", any_of(formats)).into(),
        (ColumnType::Timestamp, _, formats @ [_, ..]) => format!("a timestamp ({})", any_of(formats)).into(),
        (ColumnType::TimestampTz, _, formats @ [_, ..]) => {
            format!("a timestamp with a time zone ({})", any_of(formats)).into()
        }
        (ty, ..) => ty.expected().into(),
    }
}

#[cold]
pub(super) fn bad_width(source: &Source<'_>, start: usize, found: usize) -> Bad {
    let location = location(source.path, source.records, start);
    let has_odd_quotes = has_odd_quotes(&source.records.chunk.bytes()[start..], source.fields.dialect);
    let error = ErrorKind::FieldCount { location, expected: source.layout.width, found, has_odd_quotes };
    Bad { error: error.into(), column: None }
}

/// That text stands behind the closing quote of a field of several lines.
#[cold]
pub(super) fn text_behind_quote(source: &Source<'_>, start: usize, text_at: usize) -> Error {
    let location = location(source.path, source.records, start);
    let data = source.records.chunk.bytes();
    let line = location.line + super::record::line_ends(&data[start..text_at]);
    let text = data[text_at..].split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    ErrorKind::TextBehindQuote { location, line, found: shown(text) }.into()
}

/// A value as an error shows it: on one line, not too long, bytes that are no UTF-8 as `\xNN`.
pub(crate) fn shown(value: &[u8]) -> String {
    let mut text = String::new();
    for piece in value.utf8_chunks() {
        text.extend(piece.valid().chars().flat_map(char::escape_debug));
        text.extend(piece.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
