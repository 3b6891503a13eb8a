//! Lazy single values.

use std::marker::PhantomData;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Float64Type, Int64Type, UInt64Type};
use arrow::util::display::FormatOptions;

use crate::compute::{Computable, Pending, Requests, compute, compute_async};
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::inspect::type_name;

/// A lazy value, as [`Frame::max`] gives it; computed with [`Scalar::get`], or with other results in one
/// read with [`compute`](crate::compute()).
///
/// It is read as `f64` unless another type is asked for with [`Scalar::as_type`], and is `None` where it
/// is null. A value that the type cannot hold exactly is an error, save that whole numbers beyond 2^53
/// are rounded when read as `f64`.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "id,day\n9007199254740993,2008-11-13\n").unwrap();
/// let frame = swath::read_csv(&path).scan()?;
/// let id = frame.max("id").as_type::<i64>();
/// let day = frame.min("day").as_type::<String>();
/// let (id, day) = swath::compute((id, day))?;
/// assert_eq!(id, Some(9_007_199_254_740_993));
/// assert_eq!(day.as_deref(), Some("2008-11-13"));
/// # Ok::<(), swath::Error>(())
/// ```
#[derive(Debug)]
pub struct Scalar<T = f64> {
    frame: Frame,
    name: String,
    ty: PhantomData<fn() -> T>,
}

/// The type of a [`Scalar`] that counts: its value is a `u64`, never null.
#[derive(Debug, Clone, Copy)]
pub enum Count {}

/// A type that a [`Scalar`] can be read as: `f64`, `i64`, `u64`, `bool`, `String`, and [`Count`].
pub trait ScalarType {
    /// What is read.
    type Value: 'static;

    /// Reads the only value of an array.
    #[doc(hidden)]
    fn read(value: &ArrayRef) -> std::result::Result<Self::Value, ReadError>;
}

/// Why a value could not be read.
#[doc(hidden)]
#[derive(Debug)]
pub struct ReadError {
    wanted: &'static str,
    hint: &'static str,
}

impl<T> Scalar<T> {
    /// The value in the only row and column of a frame.
    pub(crate) fn new(frame: Frame, name: String) -> Self {
        Self { frame, name, ty: PhantomData }
    }

    /// Reads the value as another type.
    pub fn as_type<U: ScalarType>(&self) -> Scalar<U> {
        Scalar::new(self.frame.clone(), self.name.clone())
    }

    /// The frame with the value in its only row and column.
    pub fn to_frame(&self) -> Frame {
        self.frame.clone()
    }
}

impl<T: ScalarType> Scalar<T> {
    /// Computes this value alone.
    ///
    /// # Errors
    /// Whatever the query meets, or the value is not of the type that is asked for.
    pub fn get(&self) -> Result<T::Value> {
        compute(self)
    }

    /// Like [`Scalar::get`], for async code.
    ///
    /// # Errors
    /// As of [`Scalar::get`].
    pub async fn get_async(&self) -> Result<T::Value> {
        compute_async(self).await
    }
}

impl<T> Clone for Scalar<T> {
    fn clone(&self) -> Self {
        Self::new(self.frame.clone(), self.name.clone())
    }
}

impl<T: ScalarType> Computable for Scalar<T> {
    type Value = T::Value;

    fn request(&self, requests: &mut Requests) -> Result<Pending<Self::Value>> {
        let rows = self.frame.request(requests)?;
        let name = self.name.clone();
        Ok(Box::new(move |answers| {
            let batches: Vec<RecordBatch> = rows(answers)?;
            let Some(batch) = batches.iter().find(|batch| batch.num_rows() == 1) else {
                return Err(Error::query(format!("{name} has no value"), None));
            };
            let value = batch.column(0);
            T::read(value).map_err(|error| unreadable(&name, value, &error))
        }))
    }
}

fn unreadable(name: &str, value: &ArrayRef, error: &ReadError) -> Error {
    let found = arrow::util::display::array_value_to_string(value, 0).unwrap_or_default();
    Error::query(
        format!(
            "{name} is {found} ({}), which cannot be read as {}",
            type_name(value.data_type()).to_lowercase(),
            error.wanted
        ),
        error.hint.to_owned(),
    )
}

fn is_text(ty: &DataType) -> bool {
    matches!(ty, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// The value in another type; `None` if it is null.
fn converted(
    value: &ArrayRef,
    ty: &DataType,
    error: ReadError,
) -> std::result::Result<Option<ArrayRef>, ReadError> {
    if value.is_null(0) || value.data_type().is_null() {
        return Ok(None);
    }
    let options = CastOptions { safe: false, format_options: FormatOptions::default() };
    match cast_with_options(value, ty, &options) {
        Ok(converted) if converted.is_valid(0) => Ok(Some(converted)),
        _ => Err(error),
    }
}

impl ScalarType for f64 {
    type Value = Option<Self>;

    fn read(value: &ArrayRef) -> std::result::Result<Option<Self>, ReadError> {
        let text = is_text(value.data_type());
        let hint = if text {
            "read it as text: .as_type::<String>()"
        } else {
            "read it as .as_type::<String>() or .as_type::<bool>()"
        };
        let error = ReadError { wanted: "a number", hint };
        if value.is_valid(0) && !value.data_type().is_numeric() {
            return Err(error);
        }
        let value = converted(value, &DataType::Float64, error)?;
        Ok(value.map(|value| value.as_primitive::<Float64Type>().value(0)))
    }
}

const WHOLE: ReadError =
    ReadError { wanted: "a whole number of 64 bits", hint: "read it as f64, or as .as_type::<String>()" };

/// Whether a cast to a whole number loses nothing.
fn check_whole(value: &ArrayRef) -> std::result::Result<(), ReadError> {
    if value.is_null(0) || value.data_type().is_null() || value.data_type().is_integer() {
        return Ok(());
    }
    let whole = f64::read(value).ok().flatten().is_some_and(|value| value.fract() == 0.0);
    if value.data_type().is_floating() && whole { Ok(()) } else { Err(WHOLE) }
}

impl ScalarType for i64 {
    type Value = Option<Self>;

    fn read(value: &ArrayRef) -> std::result::Result<Option<Self>, ReadError> {
        check_whole(value)?;
        let value = converted(value, &DataType::Int64, WHOLE)?;
        Ok(value.map(|value| value.as_primitive::<Int64Type>().value(0)))
    }
}

impl ScalarType for u64 {
    type Value = Option<Self>;

    fn read(value: &ArrayRef) -> std::result::Result<Option<Self>, ReadError> {
        check_whole(value)?;
        let value = converted(value, &DataType::UInt64, WHOLE)?;
        Ok(value.map(|value| value.as_primitive::<UInt64Type>().value(0)))
    }
}

impl ScalarType for bool {
    type Value = Option<Self>;

    fn read(value: &ArrayRef) -> std::result::Result<Option<Self>, ReadError> {
        let error = ReadError { wanted: "true or false", hint: "read it as f64, or as .as_type::<String>()" };
        if value.is_valid(0) && value.data_type() != &DataType::Boolean {
            return Err(error);
        }
        let value = converted(value, &DataType::Boolean, error)?;
        Ok(value.map(|value| value.as_boolean().value(0)))
    }
}

impl ScalarType for String {
    type Value = Option<Self>;

    fn read(value: &ArrayRef) -> std::result::Result<Option<Self>, ReadError> {
        if value.is_null(0) || value.data_type().is_null() {
            return Ok(None);
        }
        let error = ReadError { wanted: "text", hint: "collect its frame: .to_frame().collect()" };
        arrow::util::display::array_value_to_string(value, 0).map(Some).map_err(|_| error)
    }
}

impl ScalarType for Count {
    type Value = u64;

    fn read(value: &ArrayRef) -> std::result::Result<u64, ReadError> {
        u64::read(value)?.ok_or(WHOLE)
    }
}
