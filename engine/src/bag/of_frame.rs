//! Rows of a frame as a bag of typed elements.

use std::any::type_name;
use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::error::Result as DataFusionResult;
use serde::de::value::{Error, MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;

use super::Bag;
use super::cell::{Cell, cells};
use super::open::{Branch, Need, Opened};
use super::sink::{BoxSink, Connect, Feed, Flow, MORE};
use super::site::{failure, shown};
use crate::frame::{Frame, kept_in_order};
use crate::operators::Operator;
use crate::operators::one_stream::OneStream;

impl Frame {
    /// The rows as elements of a type that `serde` can make: a struct with fields named as the columns, a
    /// tuple of all columns in their order, or, of one column, its values.
    ///
    /// Nulls are for `Option`; dates, times and decimals come as text, floats also where they are NaN. A row that does not fit the type is
    /// an error of the computation that shows the row.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let words = swath::bag::from_iter([("a", 1), ("b", 2)], 1).to_frame(["word", "count"])?;
    /// let back = words.to_bag::<(String, i64)>();
    /// assert_eq!(back.collect()?, [("a".to_owned(), 1), ("b".to_owned(), 2)]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_bag<T: DeserializeOwned + 'static>(&self) -> Bag<T> {
        let frame = self.clone();
        Bag::of(Branch::new(move |need| {
            let plan = frame.plan()?;
            let plan = match need {
                Need::Nothing => plan.clone(),
                _ => OneStream.over(kept_in_order(plan)?),
            };
            let connect: Connect<T> = Arc::new(|sink| Box::new(RowFeed { sink }));
            let steps = vec!["bag of a frame".to_owned()];
            let session = frame.session().clone();
            Ok(Opened { session, plan, connect, steps, rows_are_elements: false })
        }))
    }
}

struct RowFeed<T> {
    sink: BoxSink<T>,
}

impl<T: DeserializeOwned> Feed for RowFeed<T> {
    fn push(&mut self, batch: &RecordBatch) -> Flow {
        let schema = batch.schema();
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        for values in rows(batch)? {
            let row = Row { names: &names, values };
            let element = T::deserialize(row.clone()).map_err(|error| {
                let problem = error.to_string().replace("unit value", "null");
                let hint = match problem.contains("null") {
                    true => "columns that can be null need an Option, or see drop_nulls and fill_null",
                    false => "see select, rename and cast for other columns",
                };
                let message = format!("a row is not a {}: {problem}: {}", type_name::<T>(), row.shown());
                failure(message, hint.to_owned())
            })?;
            if self.sink.push(&element)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(MORE)
    }

    fn finish(&mut self) -> DataFusionResult<()> {
        self.sink.finish()
    }
}

/// The values of each row, in the order of the columns.
fn rows(batch: &RecordBatch) -> DataFusionResult<Vec<Vec<Cell>>> {
    let mut rows = vec![Vec::with_capacity(batch.num_columns()); batch.num_rows()];
    for column in batch.columns() {
        for (row, cell) in rows.iter_mut().zip(cells(column)?) {
            row.push(cell);
        }
    }
    Ok(rows)
}

/// A row for `serde`: by names for structs, by order for tuples, and its one value for all else.
#[derive(Clone)]
struct Row<'a> {
    names: &'a [&'a str],
    values: Vec<Cell>,
}

impl Row<'_> {
    fn shown(&self) -> String {
        let values: Vec<String> =
            self.names.iter().zip(&self.values).map(|(name, value)| format!("{name}: {value}")).collect();
        shown(&values.join(", "))
    }

    fn only(mut self) -> Result<Cell, Error> {
        match self.values.pop() {
            Some(value) if self.values.is_empty() => Ok(value),
            _ => Err(Error::custom(format!(
                "the row has {} columns: expected a struct or a tuple",
                self.names.len()
            ))),
        }
    }
}

/// What asks for one value is for rows of one column.
macro_rules! only_values {
    ($($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            self.only()?.$method(visitor)
        })+
    };
}

impl<'de> Deserializer<'de> for Row<'_> {
    type Error = Error;

    /// Of one column its value, of others the row as a map.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.values.len() {
            1 => self.only()?.deserialize_any(visitor),
            _ => self.deserialize_map(visitor),
        }
    }

    only_values! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32
        deserialize_f64 deserialize_char deserialize_str deserialize_string deserialize_bytes
        deserialize_byte_buf
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        self.only()?.deserialize_option(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.only()?.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_map(MapDeserializer::new(self.names.iter().copied().zip(self.values)))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Self::Error> {
        if len != self.values.len() {
            let columns = self.values.len();
            let message = format!("the row has {columns} columns: expected a tuple of {len}");
            return Err(Error::custom(message));
        }
        visitor.visit_seq(SeqDeserializer::new(self.values.into_iter()))
    }

    /// Of one column that holds lists its list, of others the row as a list.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.values.as_slice() {
            [Cell::List(_)] => self.only()?.deserialize_seq(visitor),
            _ => visitor.visit_seq(SeqDeserializer::new(self.values.into_iter())),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.deserialize_tuple(len, visitor)
    }

    forward_to_deserialize_any! { unit unit_struct identifier ignored_any }
}
