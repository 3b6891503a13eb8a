//! Rows of a frame as a bag of typed elements.

use std::any::type_name;
use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::json::StructMode;
use arrow::json::writer::{JsonArray, WriterBuilder};
use datafusion::error::Result as DataFusionResult;
use datafusion::logical_expr::LogicalPlanBuilder;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;

use super::Bag;
use super::open::{Branch, Need, Opened};
use super::sink::{BoxSink, Connect, Feed, Flow, MORE};
use super::site::{failure, shown};
use crate::frame::Frame;

impl Frame {
    /// The rows as elements of a type that `serde` can make: a struct with fields named as the columns, a
    /// tuple of all columns in their order, or, of one column, its values.
    ///
    /// Nulls are for `Option`; dates, times and decimals come as text. A row that does not fit the type is
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
            let mut plan = LogicalPlanBuilder::from(frame.plan()?.clone());
            if need == Need::Order {
                // A limit that is never reached keeps the order of the rows and brings them into one partition.
                plan = plan.limit(0, usize::try_from(i64::MAX).ok())?;
            }
            let connect: Connect<T> = Arc::new(|sink| Box::new(RowFeed { sink }));
            let steps = vec!["bag of a frame".to_owned()];
            let session = frame.session().clone();
            Ok(Opened { session, plan: plan.build()?, connect, steps, rows_are_elements: false })
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
                let message = format!("a row is not a {}: {error}: {}", type_name::<T>(), row.shown());
                let hint = "columns that can be null need an Option; see also select and rename".to_owned();
                failure(message, hint)
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
fn rows(batch: &RecordBatch) -> DataFusionResult<Vec<Vec<Value>>> {
    if batch.num_columns() == 0 {
        return Ok(vec![Vec::new(); batch.num_rows()]);
    }
    let mut json = Vec::new();
    let builder = WriterBuilder::new().with_struct_mode(StructMode::ListOnly).with_explicit_nulls(true);
    let mut writer = builder.build::<_, JsonArray>(&mut json);
    writer.write(batch)?;
    writer.finish()?;
    drop(writer);
    serde_json::from_slice(&json)
        .map_err(|error| failure(format!("rows cannot be taken apart: {error}"), None))
}

/// A row for `serde`: by names for structs, by order for tuples, and its one value for all else.
#[derive(Clone)]
struct Row<'a> {
    names: &'a [&'a str],
    values: Vec<Value>,
}

impl Row<'_> {
    fn shown(&self) -> String {
        let values: Vec<String> =
            self.names.iter().zip(&self.values).map(|(name, value)| format!("{name}: {value}")).collect();
        shown(&values.join(", "))
    }

    fn only(mut self) -> Result<Value, serde_json::Error> {
        match self.values.pop() {
            Some(value) if self.values.is_empty() => Ok(value),
            _ => Err(serde_json::Error::custom(format!(
                "the row has {} columns: expected a struct or a tuple",
                self.names.len()
            ))),
        }
    }
}

impl<'de> Deserializer<'de> for Row<'_> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        self.only()?.deserialize_any(visitor)
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
            return Err(serde_json::Error::custom(message));
        }
        visitor.visit_seq(SeqDeserializer::new(self.values.into_iter()))
    }

    /// Of one column that holds lists its list, of others the row as a list.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.values.as_slice() {
            [Value::Array(_)] => self.only()?.deserialize_seq(visitor),
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

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        identifier ignored_any
    }
}
