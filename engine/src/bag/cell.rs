//! Single values of a frame, for `serde` to make typed elements of.

use std::fmt;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type, Schema, UInt64Type};
use arrow::error::Result as ArrowResult;
use arrow::json::writer::{JsonArray, WriterBuilder};
use serde::de::value::{Error, MapAccessDeserializer, MapDeserializer, SeqDeserializer, StringDeserializer};
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;

/// A value of one row and column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    /// Also those that are no numbers, or infinite.
    Float(f64),
    /// Texts, and whatever has no type of its own here: dates, times, decimals.
    Text(String),
    List(Vec<Self>),
    Record(Vec<(String, Self)>),
}

/// The values of a column.
pub(super) fn cells(column: &ArrayRef) -> ArrowResult<Vec<Cell>> {
    /// The values that the closure reads, and nulls between them.
    fn each(column: &dyn Array, read: impl Fn(usize) -> ArrowResult<Cell>) -> ArrowResult<Vec<Cell>> {
        (0..column.len()).map(|row| if column.is_null(row) { Ok(Cell::Null) } else { read(row) }).collect()
    }
    match column.data_type() {
        DataType::Null => Ok(vec![Cell::Null; column.len()]),
        DataType::Boolean => {
            let values = column.as_boolean();
            each(column, |row| Ok(Cell::Bool(values.value(row))))
        }
        ty if ty.is_signed_integer() => {
            let values = cast(column, &DataType::Int64)?;
            let values = values.as_primitive::<Int64Type>();
            each(column, |row| Ok(Cell::Int(values.value(row))))
        }
        ty if ty.is_unsigned_integer() => {
            let values = cast(column, &DataType::UInt64)?;
            let values = values.as_primitive::<UInt64Type>();
            each(column, |row| Ok(Cell::UInt(values.value(row))))
        }
        ty if ty.is_floating() => {
            let values = cast(column, &DataType::Float64)?;
            let values = values.as_primitive::<Float64Type>();
            each(column, |row| Ok(Cell::Float(values.value(row))))
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            let values = cast(column, &DataType::Utf8View)?;
            let values = values.as_string_view();
            each(column, |row| Ok(Cell::Text(values.value(row).to_owned())))
        }
        DataType::List(_) => {
            let lists = column.as_list::<i32>();
            each(column, |row| cells(&lists.value(row)).map(Cell::List))
        }
        DataType::LargeList(_) => {
            let lists = column.as_list::<i64>();
            each(column, |row| cells(&lists.value(row)).map(Cell::List))
        }
        DataType::FixedSizeList(_, _) => {
            let lists = column.as_fixed_size_list();
            each(column, |row| cells(&lists.value(row)).map(Cell::List))
        }
        DataType::Struct(fields) => {
            let columns = column.as_struct().columns().iter().map(cells).collect::<ArrowResult<Vec<_>>>()?;
            let record = |row: usize| {
                let fields = fields.iter().zip(&columns);
                fields.map(|(field, cells)| (field.name().clone(), cells[row].clone())).collect()
            };
            each(column, |row| Ok(Cell::Record(record(row))))
        }
        DataType::Dictionary(_, values) => cells(&cast(column, values)?),
        _ => as_json(column),
    }
}

/// The values of a column as JSON has them: numbers and texts.
fn as_json(column: &ArrayRef) -> ArrowResult<Vec<Cell>> {
    const NAME: &str = "value";
    let schema = Schema::new(vec![Field::new(NAME, column.data_type().clone(), true)]);
    let batch = RecordBatch::try_new(schema.into(), vec![ArrayRef::clone(column)])?;
    let mut json = Vec::new();
    let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, JsonArray>(&mut json);
    writer.write(&batch)?;
    writer.finish()?;
    drop(writer);
    let rows: Vec<serde_json::Map<String, Value>> = serde_json::from_slice(&json)
        .map_err(|error| arrow::error::ArrowError::JsonError(error.to_string()))?;
    Ok(rows.into_iter().map(|mut row| row.remove(NAME).map_or(Cell::Null, Cell::from)).collect())
}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(int), _) => Self::Int(int),
                (None, Some(int)) => Self::UInt(int),
                (None, None) => number.as_f64().map_or(Self::Null, Self::Float),
            },
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(fields) => {
                Self::Record(fields.into_iter().map(|(name, value)| (name, value.into())).collect())
            }
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = |at: usize| if at == 0 { "" } else { ", " };
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::UInt(value) => value.fmt(f),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::List(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", separator(at))?;
                }
                f.write_str("]")
            }
            Self::Record(fields) => {
                f.write_str("{")?;
                for (at, (name, value)) in fields.iter().enumerate() {
                    write!(f, "{}{name}: {value}", separator(at))?;
                }
                f.write_str("}")
            }
        }
    }
}

impl IntoDeserializer<'_, Error> for Cell {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Cell {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(value) => visitor.visit_bool(value),
            Self::Int(value) => visitor.visit_i64(value),
            Self::UInt(value) => visitor.visit_u64(value),
            Self::Float(value) => visitor.visit_f64(value),
            Self::Text(text) => visitor.visit_string(text),
            Self::List(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter())),
            Self::Record(fields) => visitor.visit_map(MapDeserializer::new(fields.into_iter())),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Null => visitor.visit_none(),
            some => visitor.visit_some(some),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    /// A text is the name of a variant, a record of one field its name and what it holds.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Self::Text(text) => visitor.visit_enum(StringDeserializer::<Error>::new(text)),
            Self::Record(fields) => {
                visitor.visit_enum(MapAccessDeserializer::new(MapDeserializer::new(fields.into_iter())))
            }
            other => other.deserialize_any(visitor),
        }
    }

    /// A record is a tuple of its fields in their order, too.
    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Record(fields) => {
                visitor.visit_seq(SeqDeserializer::new(fields.into_iter().map(|(_, value)| value)))
            }
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(len, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq map struct identifier ignored_any
    }
}
