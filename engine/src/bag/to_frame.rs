//! Elements as rows of a frame.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::json::reader::Decoder;
use arrow::json::{ReaderBuilder, StructMode};
use datafusion::error::Result as DataFusionResult;
use datafusion::logical_expr::LogicalPlanBuilder;
use serde::Serialize;
use serde_json::Value;

use super::Bag;
use super::open::Need;
use super::sink::{BoxSink, Flow, MORE, Outbox, Sink};
use super::site::{Site, failure};
use crate::error::{Error, Result};
use crate::frame::Frame;

/// Rows in a batch.
const BATCH_ROWS: usize = 8192;

/// Elements whose columns are known from their type: texts, numbers, booleans, options of them, and
/// tuples of these.
pub trait Columns {
    /// The type of each column, and whether it can be null.
    fn columns() -> Vec<(DataType, bool)>;
}

macro_rules! column {
    ($($ty:ty => $data_type:ident),+ $(,)?) => {
        $(impl Columns for $ty {
            fn columns() -> Vec<(DataType, bool)> {
                vec![(DataType::$data_type, false)]
            }
        }

        impl Columns for Option<$ty> {
            fn columns() -> Vec<(DataType, bool)> {
                vec![(DataType::$data_type, true)]
            }
        })+
    };
}

column! {
    String => Utf8View, &'static str => Utf8View, bool => Boolean,
    i8 => Int8, i16 => Int16, i32 => Int32, i64 => Int64,
    u8 => UInt8, u16 => UInt16, u32 => UInt32, u64 => UInt64,
    f32 => Float32, f64 => Float64,
}

impl Columns for str {
    fn columns() -> Vec<(DataType, bool)> {
        String::columns()
    }
}

macro_rules! tuple_columns {
    ($($name:ident)+) => {
        impl<$($name: Columns),+> Columns for ($($name,)+) {
            fn columns() -> Vec<(DataType, bool)> {
                let mut columns = Vec::new();
                $(columns.append(&mut $name::columns());)+
                columns
            }
        }
    };
}

tuple_columns!(A);
tuple_columns!(A B);
tuple_columns!(A B C);
tuple_columns!(A B C D);
tuple_columns!(A B C D E);
tuple_columns!(A B C D E F);
tuple_columns!(A B C D E F G);
tuple_columns!(A B C D E F G H);

impl<T> Bag<T>
where
    T: ?Sized + ToOwned + 'static,
    T::Owned: Serialize + Send,
{
    /// A frame with a column for each name: of a bag of texts or numbers one, of a bag of tuples one for
    /// each item. `None` is null.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let words = swath::bag::from_iter(["a", "bcd"], 1).map(|word| (word.to_string(), word.len() as u64));
    /// let frame = words.to_frame(["word", "letters"])?;
    /// assert_eq!(frame.collect()?[0].num_columns(), 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// There are more or fewer names than columns; or what shows when the files are opened.
    #[doc(alias = "to_dataframe")]
    #[track_caller]
    pub fn to_frame<N: Into<String>>(&self, names: impl IntoIterator<Item = N>) -> Result<Frame>
    where
        T: Columns,
    {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let columns = T::columns();
        if names.len() != columns.len() {
            let message = format!("{} names for elements of {} columns", names.len(), columns.len());
            return Err(Error::query(message, "give a name for each column".to_owned()));
        }
        let fields = names.into_iter().zip(columns);
        let fields = fields.map(|(name, (data_type, nullable))| Field::new(name, data_type, nullable));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        self.frame_of(Site::new("to_frame"), &schema, false)
    }

    /// A frame with the columns of a schema: of structs the fields with those names (others are left out),
    /// of tuples the items in their order. An element that does not fit the schema is an error of the
    /// computation.
    ///
    /// ```
    /// use swath::arrow::datatypes::{DataType, Field, Schema};
    /// # use std::collections::HashMap;
    /// # fn main() -> swath::Result<()> {
    /// // Instead of a map it would be a struct that derives `serde::Serialize`.
    /// let pages = swath::bag::from_iter([HashMap::from([("views", 12)])], 1);
    /// let frame = pages.to_frame_with(Schema::new(vec![Field::new("views", DataType::Int64, false)]))?;
    /// assert_eq!(frame.collect()?[0].num_rows(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What shows when the files are opened.
    #[track_caller]
    pub fn to_frame_with(&self, schema: impl Into<Arc<Schema>>) -> Result<Frame> {
        let schema = schema.into();
        let has_integers = has_integers(&DataType::Struct(schema.fields().clone()));
        self.frame_of(Site::new("to_frame"), &schema, has_integers)
    }

    /// A frame of these columns, which may have integers where the elements have fractions.
    fn frame_of(&self, site: Site, schema: &SchemaRef, may_cut: bool) -> Result<Frame> {
        let mut whole: Option<(crate::Session, LogicalPlanBuilder)> = None;
        for branch in &self.branches {
            let opened = branch.open(Need::Nothing)?;
            let session = opened.session.clone();
            let rows = Arc::clone(schema);
            let plan = opened.into_plan(&site.to_string(), schema, move |_, outbox| {
                Box::new(Rows::<T> { site, schema: Arc::clone(&rows), may_cut, elements: Vec::new(), outbox })
                    as BoxSink<T>
            })?;
            whole = Some(match whole {
                None => (session, LogicalPlanBuilder::from(plan)),
                Some((known, _)) if !known.is(&session) => {
                    let hint = "make both bags from one session".to_owned();
                    return Err(Error::query(format!("{site}: the bag has parts of two sessions"), hint));
                }
                Some((known, builder)) => (known, builder.union(plan)?),
            });
        }
        let Some((session, builder)) = whole else {
            return Err(Error::query("a bag without a source", None));
        };
        Ok(Frame::new(&session, builder.build()?))
    }
}

/// Makes batches of the elements of a partition.
struct Rows<T: ?Sized + ToOwned> {
    site: Site,
    schema: SchemaRef,
    may_cut: bool,
    elements: Vec<T::Owned>,
    outbox: Outbox,
}

impl<T: ?Sized + ToOwned> Rows<T>
where
    T::Owned: Serialize,
{
    fn flush(&mut self) -> DataFusionResult<()> {
        let Some(first) = self.elements.first() else { return Ok(()) };
        if self.may_cut {
            check_integers(&self.elements, &self.schema)
                .map_err(|error| failure(format!("{}: {error}", self.site), None))?;
        }
        let batch = decode(first, &self.elements, &self.schema)
            .map_err(|error| failure(format!("{}: {error}", self.site), None))?;
        self.elements.clear();
        if let Some(batch) = batch {
            self.outbox.add(batch);
        }
        Ok(())
    }
}

impl<T: ?Sized + ToOwned> Sink<T> for Rows<T>
where
    T::Owned: Serialize + Send,
{
    fn begin(&mut self, _piece: u64) -> Flow {
        Ok(MORE)
    }

    fn push(&mut self, element: &T) -> Flow {
        self.elements.push(element.to_owned());
        if self.elements.len() == BATCH_ROWS {
            self.flush()?;
        }
        Ok(MORE)
    }

    fn finish(&mut self) -> DataFusionResult<()> {
        self.flush()
    }
}

/// Elements as a batch. What shape they have shows in the first one: structs and maps give columns by
/// name, tuples by order, and all else is one column.
fn decode<E: Serialize>(
    first: &E,
    elements: &[E],
    schema: &SchemaRef,
) -> std::result::Result<Option<RecordBatch>, String> {
    let decoder = |mode| -> std::result::Result<Decoder, String> {
        let builder = ReaderBuilder::new(Arc::clone(schema)).with_struct_mode(mode);
        builder.build_decoder().map_err(|error| error.to_string())
    };
    let shape = serde_json::to_value(first).map_err(|error| error.to_string())?;
    let (mut decoder, decoded) = match shape {
        Value::Object(_) => {
            let mut decoder = decoder(StructMode::ObjectOnly)?;
            let decoded = decoder.serialize(elements);
            (decoder, decoded)
        }
        Value::Array(_) => {
            let mut decoder = decoder(StructMode::ListOnly)?;
            let decoded = decoder.serialize(elements);
            (decoder, decoded)
        }
        _ => {
            let mut decoder = decoder(StructMode::ListOnly)?;
            let rows: Vec<(&E,)> = elements.iter().map(|element| (element,)).collect();
            let decoded = decoder.serialize(&rows);
            (decoder, decoded)
        }
    };
    decoded.and_then(|()| decoder.flush()).map_err(|error| error.to_string())
}

/// Looks for fractions in the place of integers.
fn check_integers<E: Serialize>(elements: &[E], schema: &SchemaRef) -> std::result::Result<(), String> {
    let row = DataType::Struct(schema.fields().clone());
    for element in elements {
        let value = match serde_json::to_value(element).map_err(|error| error.to_string())? {
            value @ (Value::Object(_) | Value::Array(_)) => value,
            value => Value::Array(vec![value]),
        };
        if let Some((column, number)) = fraction(&value, &row) {
            return Err(format!("column \"{column}\": expected an integer, found {number}"));
        }
    }
    Ok(())
}

/// Whether there are integers in a type.
fn has_integers(ty: &DataType) -> bool {
    match ty {
        DataType::Struct(fields) => fields.iter().any(|field| has_integers(field.data_type())),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            has_integers(item.data_type())
        }
        ty => ty.is_integer(),
    }
}

/// A number that is none of the integers of a type, with the name of what it is in: decoders cut its fraction off.
fn fraction(value: &Value, ty: &DataType) -> Option<(String, f64)> {
    let of_field = |value: &Value, field: &Field| {
        let (inside, number) = fraction(value, field.data_type())?;
        let between = if inside.is_empty() { "" } else { "." };
        Some((format!("{}{between}{inside}", field.name()), number))
    };
    match (value, ty) {
        (Value::Number(number), ty) if ty.is_integer() && number.is_f64() => {
            number.as_f64().filter(|number| number.fract() != 0.0).map(|number| (String::new(), number))
        }
        (Value::Object(members), DataType::Struct(fields)) => {
            fields.iter().find_map(|field| of_field(members.get(field.name())?, field))
        }
        (Value::Array(items), DataType::Struct(fields)) => {
            items.iter().zip(fields).find_map(|(item, field)| of_field(item, field))
        }
        (
            Value::Array(items),
            DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _),
        ) => items.iter().find_map(|value| fraction(value, item.data_type())),
        _ => None,
    }
}
