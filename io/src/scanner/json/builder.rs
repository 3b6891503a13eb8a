//! One column of JSON values in the making.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, PrimitiveBuilder};
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time64NanosecondType, TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    ArrayRef, ArrowPrimitiveType, ListArray, MapArray, PrimitiveArray, StringArray, StructArray,
};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Fields};

use super::cursor::{Cursor, Problem, Value, unescaped};
use super::shape::{JsonType, key_of};
use crate::error::ESCAPED_TEXT;
use crate::options::ColumnType;
use crate::scanner::TimeFormats;
use crate::scanner::decimal::parse_decimal;
use crate::scanner::text_values::TextValues;
use crate::scanner::values::{
    parse_bool, parse_f32, parse_f64, parse_i64, parse_time_nanos, parse_u64, trim,
};

/// Why a value could not be added.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// It is no JSON.
    Grammar(Problem),
    /// It is a value of another type, in a member of an object, of which one stands in the other.
    Type { expected: &'static str, found: String, inside: Vec<String> },
}

impl Trouble {
    /// It with the name of the member in which it is.
    #[cold]
    fn of_member(self, name: &str) -> Self {
        match self {
            Self::Type { expected, found, mut inside } => {
                inside.insert(0, name.to_owned());
                Self::Type { expected, found, inside }
            }
            other => other,
        }
    }
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        Self::Grammar(problem)
    }
}

/// Values of one type.
#[derive(Debug)]
pub(crate) enum JsonBuilder {
    Boolean(BooleanBuilder),
    Int8(PrimitiveBuilder<Int8Type>),
    Int16(PrimitiveBuilder<Int16Type>),
    Int32(PrimitiveBuilder<Int32Type>),
    Int64(PrimitiveBuilder<Int64Type>),
    UInt8(PrimitiveBuilder<UInt8Type>),
    UInt16(PrimitiveBuilder<UInt16Type>),
    UInt32(PrimitiveBuilder<UInt32Type>),
    UInt64(PrimitiveBuilder<UInt64Type>),
    Float32(PrimitiveBuilder<Float32Type>),
    Float64(PrimitiveBuilder<Float64Type>),
    Decimal {
        values: PrimitiveBuilder<Decimal128Type>,
        precision: u8,
        scale: u8,
    },
    Date {
        values: PrimitiveBuilder<Date32Type>,
        times: TimeFormats,
    },
    Time(PrimitiveBuilder<Time64NanosecondType>),
    Timestamp {
        values: PrimitiveBuilder<TimestampMicrosecondType>,
        times: TimeFormats,
        inferred: bool,
    },
    TimestampTz {
        values: PrimitiveBuilder<TimestampMicrosecondType>,
        times: TimeFormats,
        inferred: bool,
    },
    Text {
        values: TextValues,
        nulls: NullBufferBuilder,
    },
    List {
        offsets: Vec<i32>,
        nulls: NullBufferBuilder,
        item: Box<JsonBuilder>,
        data_type: DataType,
    },
    Struct {
        nulls: NullBufferBuilder,
        members: Members,
        fields: Fields,
    },
    Map {
        offsets: Vec<i32>,
        nulls: NullBufferBuilder,
        keys: TextValues,
        values: Box<JsonBuilder>,
        data_type: DataType,
    },
}

impl JsonBuilder {
    /// An empty column. Points in time have zones, or none, as the type says, if that is inferred; if it is given, those of the other kind
    /// are taken, too, in UTC.
    pub(crate) fn new(ty: &JsonType, inferred: bool, times: &TimeFormats) -> Self {
        let scalar = match ty {
            JsonType::Nothing => ColumnType::Text,
            JsonType::Scalar(scalar) => *scalar,
            JsonType::List(item) => {
                let (nulls, item) = (NullBufferBuilder::new(0), Box::new(Self::new(item, inferred, times)));
                return Self::List { offsets: vec![0], nulls, item, data_type: ty.data_type() };
            }
            // There are no structs without fields.
            JsonType::Struct(members) if members.is_empty() => ColumnType::Text,
            JsonType::Struct(members) => {
                let DataType::Struct(fields) = ty.data_type() else {
                    unreachable!("an object is read as a struct")
                };
                return Self::Struct {
                    nulls: NullBufferBuilder::new(0),
                    members: Members::new(members, inferred, times),
                    fields,
                };
            }
            JsonType::Map(value) => {
                return Self::Map {
                    offsets: vec![0],
                    nulls: NullBufferBuilder::new(0),
                    keys: TextValues::default(),
                    values: Box::new(Self::new(value, inferred, times)),
                    data_type: ty.data_type(),
                };
            }
        };
        match scalar {
            ColumnType::Boolean => Self::Boolean(BooleanBuilder::new()),
            ColumnType::Int8 => Self::Int8(PrimitiveBuilder::new()),
            ColumnType::Int16 => Self::Int16(PrimitiveBuilder::new()),
            ColumnType::Int32 => Self::Int32(PrimitiveBuilder::new()),
            ColumnType::Int64 => Self::Int64(PrimitiveBuilder::new()),
            ColumnType::UInt8 => Self::UInt8(PrimitiveBuilder::new()),
            ColumnType::UInt16 => Self::UInt16(PrimitiveBuilder::new()),
            ColumnType::UInt32 => Self::UInt32(PrimitiveBuilder::new()),
            ColumnType::UInt64 => Self::UInt64(PrimitiveBuilder::new()),
            ColumnType::Float32 => Self::Float32(PrimitiveBuilder::new()),
            ColumnType::Float64 => Self::Float64(PrimitiveBuilder::new()),
            ColumnType::Decimal { precision, scale } => {
                let values = PrimitiveBuilder::new().with_data_type(scalar.data_type());
                Self::Decimal { values, precision, scale }
            }
            ColumnType::Date => Self::Date { values: PrimitiveBuilder::new(), times: times.clone() },
            ColumnType::Time => Self::Time(PrimitiveBuilder::new()),
            ColumnType::Timestamp => {
                Self::Timestamp { values: PrimitiveBuilder::new(), times: times.clone(), inferred }
            }
            ColumnType::TimestampTz => {
                Self::TimestampTz { values: PrimitiveBuilder::new(), times: times.clone(), inferred }
            }
            ColumnType::Text => {
                Self::Text { values: TextValues::default(), nulls: NullBufferBuilder::new(0) }
            }
        }
    }

    pub(crate) fn push_null(&mut self) {
        match self {
            Self::Boolean(values) => values.append_null(),
            Self::Int8(values) => values.append_null(),
            Self::Int16(values) => values.append_null(),
            Self::Int32(values) => values.append_null(),
            Self::Int64(values) => values.append_null(),
            Self::UInt8(values) => values.append_null(),
            Self::UInt16(values) => values.append_null(),
            Self::UInt32(values) => values.append_null(),
            Self::UInt64(values) => values.append_null(),
            Self::Float32(values) => values.append_null(),
            Self::Float64(values) => values.append_null(),
            Self::Decimal { values, .. } => values.append_null(),
            Self::Date { values, .. } => values.append_null(),
            Self::Time(values) => values.append_null(),
            Self::Timestamp { values, .. } | Self::TimestampTz { values, .. } => values.append_null(),
            Self::Text { values, nulls } => {
                values.push_null();
                nulls.append_null();
            }
            Self::List { offsets, nulls, .. } | Self::Map { offsets, nulls, .. } => {
                offsets.push(offsets.last().copied().unwrap_or(0));
                nulls.append_null();
            }
            Self::Struct { nulls, members, .. } => {
                members.builders.iter_mut().for_each(Self::push_null);
                nulls.append_null();
            }
        }
    }

    /// Adds the next value as it is written, to texts: also a text with its quotes, and `null`. To others it adds what it means.
    pub(crate) fn push_as_written(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Trouble> {
        let Self::Text { values, nulls } = self else { return self.push(cursor) };
        cursor.peek();
        values.push(cursor.skip()?);
        nulls.append_non_null();
        Ok(())
    }

    /// Adds the next value.
    pub(crate) fn push(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Trouble> {
        cursor.peek();
        let start = *cursor;
        match (self, cursor.value()?) {
            (builder, Value::Null) => {
                builder.push_null();
                Ok(())
            }
            (Self::Boolean(values), Value::Boolean(value)) => {
                values.append_value(value);
                Ok(())
            }
            (Self::Text { values, nulls }, value) => {
                match value {
                    Value::Text(raw, false) => values.push(raw),
                    Value::Text(raw, true) => match unescaped(raw) {
                        Some(text) => values.push(&text),
                        None => return mismatch(ESCAPED_TEXT, start),
                    },
                    // What is no text stands as it is written.
                    _ => {
                        *cursor = start;
                        values.push(cursor.skip()?);
                    }
                }
                nulls.append_non_null();
                Ok(())
            }
            (Self::List { offsets, nulls, item, .. }, Value::List) => {
                let (mut len, mut first) = (0, true);
                while cursor.next_item(first)? {
                    item.push(cursor)?;
                    len += 1;
                    first = false;
                }
                offsets.push(offsets.last().copied().unwrap_or(0) + len);
                nulls.append_non_null();
                Ok(())
            }
            (Self::Struct { nulls, members, .. }, Value::Object) => {
                members.push(cursor)?;
                nulls.append_non_null();
                Ok(())
            }
            (Self::Map { offsets, nulls, keys, values, .. }, Value::Object) => {
                let len = push_entries(keys, values, cursor)?;
                offsets.push(offsets.last().copied().unwrap_or(0) + len);
                nulls.append_non_null();
                Ok(())
            }
            (builder, Value::Number(text) | Value::Text(text, false)) => builder.push_scalar(text, start),
            (builder, _) => mismatch(builder.expected(), start),
        }
    }

    /// Adds a number, a date or a time, or a boolean that is written as a text.
    fn push_scalar(&mut self, text: &str, start: Cursor<'_>) -> Result<(), Trouble> {
        let bytes = trim(text.as_bytes());
        let is_pushed = match self {
            Self::Boolean(values) => {
                let value = parse_bool(bytes);
                value.into_iter().for_each(|value| values.append_value(value));
                value.is_some()
            }
            Self::Int8(values) => add(values, parse_i64(bytes).and_then(|value| value.try_into().ok())),
            Self::Int16(values) => add(values, parse_i64(bytes).and_then(|value| value.try_into().ok())),
            Self::Int32(values) => add(values, parse_i64(bytes).and_then(|value| value.try_into().ok())),
            Self::Int64(values) => add(values, parse_i64(bytes)),
            Self::UInt8(values) => add(values, parse_u64(bytes).and_then(|value| value.try_into().ok())),
            Self::UInt16(values) => add(values, parse_u64(bytes).and_then(|value| value.try_into().ok())),
            Self::UInt32(values) => add(values, parse_u64(bytes).and_then(|value| value.try_into().ok())),
            Self::UInt64(values) => add(values, parse_u64(bytes)),
            Self::Float32(values) => add(values, parse_f32(bytes)),
            Self::Float64(values) => add(values, parse_f64(bytes)),
            Self::Decimal { values, precision, scale } => {
                add(values, parse_decimal(bytes, *precision, *scale))
            }
            Self::Date { values, times } => add(values, times.date_of_column(bytes)),
            Self::Time(values) => add(values, parse_time_nanos(bytes)),
            Self::Timestamp { values, times, inferred } => {
                add(values, time(bytes, inferred.then_some(false), times))
            }
            Self::TimestampTz { values, times, inferred } => {
                add(values, time(bytes, inferred.then_some(true), times))
            }
            _ => false,
        };
        if is_pushed { Ok(()) } else { mismatch(self.expected(), start) }
    }

    /// What a value of the type is called in an error.
    fn expected(&self) -> &'static str {
        match self {
            Self::Boolean(_) => ColumnType::Boolean.expected(),
            Self::Int8(_) => ColumnType::Int8.expected(),
            Self::Int16(_) => ColumnType::Int16.expected(),
            Self::Int32(_) => ColumnType::Int32.expected(),
            Self::Int64(_) => ColumnType::Int64.expected(),
            Self::UInt8(_) => ColumnType::UInt8.expected(),
            Self::UInt16(_) => ColumnType::UInt16.expected(),
            Self::UInt32(_) => ColumnType::UInt32.expected(),
            Self::UInt64(_) => ColumnType::UInt64.expected(),
            Self::Float32(_) | Self::Float64(_) => ColumnType::Float64.expected(),
            Self::Decimal { precision, scale, .. } => {
                ColumnType::Decimal { precision: *precision, scale: *scale }.expected()
            }
            Self::Date { .. } => ColumnType::Date.expected(),
            Self::Time(_) => ColumnType::Time.expected(),
            Self::Timestamp { .. } => ColumnType::Timestamp.expected(),
            Self::TimestampTz { .. } => ColumnType::TimestampTz.expected(),
            Self::Text { .. } => ColumnType::Text.expected(),
            Self::List { .. } => "a list",
            Self::Struct { .. } | Self::Map { .. } => "an object",
        }
    }

    /// Takes the keys that were passed over in objects, each behind the names of the objects that it stands in.
    pub(super) fn take_unknown(&mut self) -> Vec<String> {
        match self {
            Self::List { item: inside, .. } | Self::Map { values: inside, .. } => inside.take_unknown(),
            Self::Struct { members, .. } => {
                let mut unknown = std::mem::take(&mut members.unknown);
                for (builder, member) in members.builders.iter_mut().zip(&members.names) {
                    unknown.extend(builder.take_unknown().into_iter().map(|key| format!("{member}.{key}")));
                }
                unknown
            }
            _ => Vec::new(),
        }
    }

    /// The values; the builder is empty then.
    pub(crate) fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Boolean(values) => Arc::new(values.finish()),
            Self::Int8(values) => primitive(values),
            Self::Int16(values) => primitive(values),
            Self::Int32(values) => primitive(values),
            Self::Int64(values) => primitive(values),
            Self::UInt8(values) => primitive(values),
            Self::UInt16(values) => primitive(values),
            Self::UInt32(values) => primitive(values),
            Self::UInt64(values) => primitive(values),
            Self::Float32(values) => primitive(values),
            Self::Float64(values) => primitive(values),
            Self::Decimal { values, .. } => primitive(values),
            Self::Date { values, .. } => primitive(values),
            Self::Time(values) => primitive(values),
            Self::Timestamp { values, .. } => primitive(values),
            Self::TimestampTz { values, .. } => {
                let values: PrimitiveArray<TimestampMicrosecondType> = values.finish();
                Arc::new(values.with_data_type(ColumnType::TimestampTz.data_type()))
            }
            Self::Text { values, nulls } => Arc::new(values.finish(nulls.finish())),
            Self::List { offsets, nulls, item, data_type } => {
                let offsets = OffsetBuffer::new(ScalarBuffer::from(std::mem::replace(offsets, vec![0])));
                let DataType::List(field) = data_type else { unreachable!("it is the type of a list") };
                Arc::new(ListArray::new(Arc::clone(field), offsets, item.finish(), nulls.finish()))
            }
            Self::Struct { nulls, members, fields } => {
                let columns = members.builders.iter_mut().map(Self::finish).collect();
                Arc::new(StructArray::new(fields.clone(), columns, nulls.finish()))
            }
            Self::Map { offsets, nulls, keys, values, data_type } => {
                let offsets = OffsetBuffer::new(ScalarBuffer::from(std::mem::replace(offsets, vec![0])));
                let DataType::Map(field, _) = data_type else { unreachable!("it is the type of a map") };
                let DataType::Struct(entry) = field.data_type() else { unreachable!("maps have entries") };
                // What looks a key up compares it with texts that are no views.
                let keys: StringArray = keys.finish(None).iter().collect();
                let columns = vec![Arc::new(keys) as ArrayRef, values.finish()];
                let entries = StructArray::new(entry.clone(), columns, None);
                Arc::new(MapArray::new(Arc::clone(field), offsets, entries, nulls.finish(), false))
            }
        }
    }
}

/// Adds the keys and values of an object, behind its bracket; how many.
fn push_entries(
    keys: &mut TextValues,
    values: &mut JsonBuilder,
    cursor: &mut Cursor<'_>,
) -> Result<i32, Trouble> {
    let (mut seen, mut first) = (Vec::new(), true);
    while let Some((raw, escaped)) = cursor.next_key(first)? {
        let key = key_of(raw, escaped);
        keys.push(&key);
        values.push(cursor).map_err(|trouble| trouble.of_member(&key))?;
        seen.push(raw);
        first = false;
    }
    let len = seen.len() as i32;
    seen.sort_unstable();
    match seen.windows(2).find(|keys| keys[0] == keys[1]) {
        Some(keys) => {
            Err(Trouble::Type { expected: "each key once", found: keys[0].to_owned(), inside: Vec::new() })
        }
        None => Ok(len),
    }
}

fn add<T: ArrowPrimitiveType>(values: &mut PrimitiveBuilder<T>, value: Option<T::Native>) -> bool {
    if let Some(value) = value {
        values.append_value(value);
    }
    value.is_some()
}

fn primitive<T: ArrowPrimitiveType>(values: &mut PrimitiveBuilder<T>) -> ArrayRef {
    Arc::new(values.finish())
}

/// A time, with a zone, without, or either.
fn time(bytes: &[u8], zoned: Option<bool>, times: &TimeFormats) -> Option<i64> {
    // A bare date is the midnight in either.
    let fits = |(_, has_zone): &(i64, bool)| zoned.is_none_or(|zoned| *has_zone == zoned);
    times.timestamp_of_column(bytes).filter(fits).map(|(micros, _)| micros)
}

fn mismatch(expected: &'static str, mut at: Cursor<'_>) -> Result<(), Trouble> {
    let found = at.skip()?;
    let inside = found.strip_prefix('"').and_then(|found| found.strip_suffix('"'));
    Err(Trouble::Type { expected, found: inside.unwrap_or(found).to_owned(), inside: Vec::new() })
}

/// The keys of an object that are read, with their values.
#[derive(Debug)]
pub(crate) struct Members {
    names: Vec<String>,
    builders: Vec<JsonBuilder>,
    /// For each: the last object that had it.
    last: Vec<u64>,
    objects: u64,
    /// Keys that were passed over: not more of them than anybody wants to read.
    unknown: Vec<String>,
}

/// Keys that are passed over of which is told.
const MAX_UNKNOWN: usize = 8;

impl Members {
    fn new(members: &[(String, JsonType)], inferred: bool, times: &TimeFormats) -> Self {
        Self {
            names: members.iter().map(|(name, _)| name.clone()).collect(),
            builders: members.iter().map(|(_, ty)| JsonBuilder::new(ty, inferred, times)).collect(),
            last: vec![0; members.len()],
            objects: 0,
            unknown: Vec::new(),
        }
    }

    /// Adds an object, behind its bracket. Keys that are not known are passed over.
    fn push(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Trouble> {
        self.objects += 1;
        let (mut first, mut hint) = (true, 0);
        while let Some((key, escaped)) = cursor.next_key(first)? {
            first = false;
            match find(&self.names, key, escaped, hint) {
                Some(index) => {
                    if std::mem::replace(&mut self.last[index], self.objects) == self.objects {
                        return Err(Trouble::Type {
                            expected: "each key once",
                            found: self.names[index].clone(),
                            inside: Vec::new(),
                        });
                    }
                    self.builders[index]
                        .push(cursor)
                        .map_err(|trouble| trouble.of_member(&self.names[index]))?;
                    hint = index + 1;
                }
                None => {
                    if self.unknown.len() < MAX_UNKNOWN && !self.unknown.iter().any(|known| known == key) {
                        self.unknown.push(key.to_owned());
                    }
                    cursor.skip()?;
                }
            }
        }
        for (builder, last) in self.builders.iter_mut().zip(&self.last) {
            if *last != self.objects {
                builder.push_null();
            }
        }
        Ok(())
    }
}

/// A key's place among names. Objects mostly have their keys in one order: the place behind the last one is looked at
/// first.
pub(super) fn find(names: &[String], key: &str, escaped: bool, hint: usize) -> Option<usize> {
    let owned;
    let key = if escaped {
        owned = key_of(key, true);
        owned.as_str()
    } else {
        key
    };
    match names.get(hint) {
        Some(name) if name == key => Some(hint),
        _ => names.iter().position(|name| name == key),
    }
}

/// A field for a column.
pub(super) fn field(name: &str, ty: &JsonType) -> Field {
    Field::new(name, ty.data_type(), true)
}
