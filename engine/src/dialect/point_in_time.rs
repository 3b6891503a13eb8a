//! `to_timestamp(x)`: the point in time so many seconds from 1970.
//!
//! The relational core counts in nanoseconds, which there are of the years 1677 to 2262 alone, and of which a double of seconds knows none.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use datafusion::common::{ScalarValue, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::nested_as_text::is_text;
use super::refused;
use crate::inspect::type_name;

const MICROS_OF_SECOND: i64 = 1_000_000;

fn in_utc() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("+00:00".into()))
}

/// The function of a number, of a text, or of a time.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct PointInTime {
    signature: Signature,
}

impl Default for PointInTime {
    fn default() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for PointInTime {
    fn name(&self) -> &str {
        "point_in_time"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        match types {
            [ty] if ty.is_integer() => Ok(vec![DataType::Int64]),
            [ty] if ty.is_numeric() => Ok(vec![DataType::Float64]),
            [ty] if is_text(ty) => Ok(vec![ty.clone()]),
            [DataType::Date32 | DataType::Timestamp(..) | DataType::Null] => Ok(vec![in_utc()]),
            [ty] => plan_err!("to_timestamp takes a number of seconds or a text, and no {}", type_name(ty)),
            _ => plan_err!("to_timestamp takes one number of seconds"),
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(in_utc())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let value = &args.args[0];
        let is_constant = matches!(value, ColumnarValue::Scalar(_));
        let seconds = value.to_array(if is_constant { 1 } else { args.number_rows })?;
        let micros: ArrayRef = match seconds.data_type() {
            DataType::Int64 => {
                let seconds = seconds.as_primitive::<Int64Type>();
                let micros =
                    |seconds: i64| seconds.checked_mul(MICROS_OF_SECOND).ok_or_else(|| too_far(seconds));
                Arc::new(seconds.try_unary::<_, TimestampMicrosecondType, _>(micros)?.with_timezone("+00:00"))
            }
            DataType::Float64 => {
                let seconds = seconds.as_primitive::<Float64Type>();
                Arc::new(
                    seconds.try_unary::<_, TimestampMicrosecondType, _>(rounded)?.with_timezone("+00:00"),
                )
            }
            _ => return value.cast_to(&in_utc(), None),
        };
        Ok(match is_constant {
            true => ColumnarValue::Scalar(ScalarValue::try_from_array(&micros, 0)?),
            false => ColumnarValue::Array(micros),
        })
    }
}

fn rounded(seconds: f64) -> Result<i64> {
    let micros = (seconds * MICROS_OF_SECOND as f64).round();
    if micros.abs() < i64::MAX as f64 { Ok(micros as i64) } else { Err(too_far(seconds)) }
}

fn too_far(seconds: impl std::fmt::Display) -> datafusion::error::DataFusionError {
    refused(
        format!("to_timestamp: {seconds} seconds from 1970 are too far away"),
        "where these are milliseconds, epoch_ms(x) makes a time of them",
    )
}
