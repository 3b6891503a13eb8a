//! Types of JSON values: found by looking at them, and put together.

use std::sync::Arc;

use arrow_schema::{DataType, Field};

use super::cursor::{Cursor, Problem, Value, unescaped};
use crate::options::ColumnType;
use crate::scanner::TimeFormats;
use crate::scanner::values::{is_infinite, looks_like_f64, parse_i64};

/// Deeper values are read as text.
const MAX_DEPTH: usize = 16;

/// The type of a value: that of a column, or of what stands in one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum JsonType {
    /// Only nulls were seen.
    Nothing,
    /// A boolean, a number, a date or a time in quotes, a text. What is no scalar is a text as it is written.
    Scalar(ColumnType),
    /// A list.
    List(Box<JsonType>),
    /// An object: its keys, in the order in which they first appear. One without any is a text, as it is written.
    Struct(Vec<(String, JsonType)>),
    /// An object whose keys are texts like others: its values.
    Map(Box<JsonType>),
}

impl JsonType {
    /// The Arrow type of a column.
    pub fn data_type(&self) -> DataType {
        match self {
            Self::Nothing => DataType::Utf8View,
            Self::Scalar(ty) => ty.data_type(),
            Self::List(item) => DataType::List(Arc::new(Field::new_list_field(item.data_type(), true))),
            Self::Struct(fields) if fields.is_empty() => DataType::Utf8View,
            Self::Struct(fields) => {
                let field = |(name, ty): &(String, Self)| Field::new(name, ty.data_type(), true);
                DataType::Struct(fields.iter().map(field).collect())
            }
            Self::Map(value) => {
                let entry = [("key", DataType::Utf8, false), ("value", value.data_type(), true)];
                let entry = entry.map(|(name, ty, is_nullable)| Field::new(name, ty, is_nullable));
                let entries = Field::new("entries", DataType::Struct(entry.into_iter().collect()), false);
                DataType::Map(Arc::new(entries), false)
            }
        }
    }

    /// The type of the values of a member inside, if they are scalars; lists are looked into.
    pub(super) fn of_member(&self, inside: &[String]) -> Option<ColumnType> {
        match (self, inside) {
            (Self::Scalar(ty), []) => Some(*ty),
            (Self::List(item), _) => item.of_member(inside),
            (Self::Map(value), [_, rest @ ..]) => value.of_member(rest),
            (Self::Struct(members), [first, rest @ ..]) => {
                members.iter().find(|(name, _)| name == first)?.1.of_member(rest)
            }
            _ => None,
        }
    }

    /// Gives the values of a member inside, `.member.member`, a wider type. Whether there is one that was narrower.
    pub(super) fn widen(&mut self, inside: &str, wider: ColumnType) -> bool {
        match self {
            Self::Scalar(ty) => {
                let is_narrower = inside.is_empty() && ty.widens_to(wider);
                if is_narrower {
                    *ty = wider;
                }
                is_narrower
            }
            Self::List(item) => item.widen(inside, wider),
            Self::Struct(members) => {
                let Some(inside) = inside.strip_prefix('.') else { return false };
                // Names may have points, too.
                members.iter_mut().any(|(name, ty)| {
                    inside.strip_prefix(name.as_str()).is_some_and(|inside| ty.widen(inside, wider))
                })
            }
            Self::Map(value) => {
                let Some(inside) = inside.strip_prefix('.') else { return false };
                let ends = inside.match_indices('.').map(|(at, _)| at).chain([inside.len()]);
                ends.into_iter().any(|end| value.widen(&inside[end..], wider))
            }
            Self::Nothing => false,
        }
    }

    /// The type of the next value, where dates and points in time are written in some way.
    pub(super) fn of_next(
        cursor: &mut Cursor<'_>,
        depth: usize,
        times: &TimeFormats,
    ) -> Result<Self, Problem> {
        if depth > MAX_DEPTH {
            cursor.skip()?;
            return Ok(Self::Scalar(ColumnType::Text));
        }
        Ok(match cursor.value()? {
            Value::Null => Self::Nothing,
            Value::Boolean(_) => Self::Scalar(ColumnType::Boolean),
            Value::Number(number) => Self::Scalar(of_number(number)),
            // Inside lists and objects texts stay what they are: only a column can become wider later.
            Value::Text(..) if depth > 1 => Self::Scalar(ColumnType::Text),
            Value::Text(raw, escaped) => {
                let text = if escaped { unescaped(raw).unwrap_or_default() } else { raw.to_owned() };
                Self::Scalar(of_text(&text, times))
            }
            Value::List => {
                let mut item = Self::Nothing;
                let mut first = true;
                while cursor.next_item(first)? {
                    item = item.merge(Self::of_next(cursor, depth + 1, times)?);
                    first = false;
                }
                Self::List(Box::new(item))
            }
            Value::Object => {
                let mut fields: Vec<(String, Self)> = Vec::new();
                let mut first = true;
                while let Some((key, escaped)) = cursor.next_key(first)? {
                    let (key, ty) = (key_of(key, escaped), Self::of_next(cursor, depth + 1, times)?);
                    // One that stands twice is for the scan to tell.
                    match fields.iter_mut().find(|(known, _)| *known == key) {
                        Some((_, known)) => *known = std::mem::replace(known, Self::Nothing).merge(ty),
                        None => fields.push((key, ty)),
                    }
                    first = false;
                }
                Self::Struct(fields)
            }
        })
    }

    /// It with texts, as they are written, in place of what stands deeper.
    pub(super) fn down_to(&self, depth: usize) -> Self {
        match self {
            _ if depth == 0 => Self::Scalar(ColumnType::Text),
            Self::List(item) => Self::List(Box::new(item.down_to(depth - 1))),
            Self::Struct(members) => {
                let member = |(name, ty): &(String, Self)| (name.clone(), ty.down_to(depth - 1));
                Self::Struct(members.iter().map(member).collect())
            }
            Self::Map(value) => Self::Map(Box::new(value.down_to(depth - 1))),
            other => other.clone(),
        }
    }

    /// The narrowest type that takes what both take.
    pub(super) fn merge(self, other: Self) -> Self {
        use ColumnType::{Date, Float64, Int64, Text, Timestamp};
        match (self, other) {
            (one, other) if one == other => one,
            (Self::Nothing, other) | (other, Self::Nothing) => other,
            (Self::Scalar(one), Self::Scalar(other)) => Self::Scalar(match (one, other) {
                (Int64, Float64) | (Float64, Int64) => Float64,
                (Date, Timestamp) | (Timestamp, Date) => Timestamp,
                _ => Text,
            }),
            (Self::List(one), Self::List(other)) => Self::List(Box::new(one.merge(*other))),
            (Self::Struct(mut fields), Self::Struct(others)) => {
                for (name, other) in others {
                    match fields.iter_mut().find(|(known, _)| *known == name) {
                        Some((_, ty)) => *ty = std::mem::replace(ty, Self::Nothing).merge(other),
                        None => fields.push((name, other)),
                    }
                }
                Self::Struct(fields)
            }
            (Self::Map(one), Self::Map(other)) => Self::Map(Box::new(one.merge(*other))),
            (Self::Map(value), Self::Struct(fields)) | (Self::Struct(fields), Self::Map(value)) => {
                let values = fields.into_iter().map(|(_, ty)| ty);
                Self::Map(Box::new(values.fold(*value, Self::merge)))
            }
            _ => Self::Scalar(Text),
        }
    }
}

/// A key, as it is meant.
pub(super) fn key_of(raw: &str, escaped: bool) -> String {
    if escaped { unescaped(raw).unwrap_or_else(|| raw.to_owned()) } else { raw.to_owned() }
}

fn of_number(number: &str) -> ColumnType {
    if parse_i64(number.as_bytes()).is_some() {
        ColumnType::Int64
    } else if looks_like_f64(number.as_bytes()) || is_infinite(number.as_bytes()) {
        ColumnType::Float64
    } else {
        // Digits would be lost.
        ColumnType::Text
    }
}

fn of_text(text: &str, times: &TimeFormats) -> ColumnType {
    if times.date(text.as_bytes()).is_some() {
        return ColumnType::Date;
    }
    match times.timestamp(text.as_bytes()) {
        Some((_, true)) => ColumnType::TimestampTz,
        Some((_, false)) => ColumnType::Timestamp,
        None => ColumnType::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        let mut cursor = Cursor::new(text, 0);
        JsonType::of_next(&mut cursor, 1, &TimeFormats::default()).unwrap().data_type().to_string()
    }

    #[test]
    fn narrowest_types() {
        for (text, expected) in [
            ("1", "Int64"),
            ("-1.5", "Float64"),
            ("12345678901234567890123", "Utf8View"),
            ("\"2001-02-03\"", "Date32"),
            ("\"2001-02-03 10:00\"", "Timestamp(µs)"),
            ("[1, 2.5, null]", "List(Float64)"),
            ("[1, NaN, null]", "List(Int64)"),
            ("-Infinity", "Float64"),
            ("[{}, 1]", "List(Utf8View)"),
            ("[{}, {}]", "List(Utf8View)"),
            ("[\"2001-02-03\"]", "List(Utf8View)"),
            ("[1, [2]]", "List(Utf8View)"),
            ("{}", "Utf8View"),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
        assert!(of("[{\"a\": 1}, {\"b\": [true]}]").contains("\"b\": List(Boolean)"));
    }
}
