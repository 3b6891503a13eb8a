//! `epoch_ms(x)`: milliseconds since 1970 of a time, and the time of so many milliseconds.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, TimeUnit};
use datafusion::common::plan_err;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use crate::inspect::type_name;

const MILLISECONDS: DataType = DataType::Timestamp(TimeUnit::Millisecond, None);
const MICROSECONDS: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct EpochMs {
    signature: Signature,
}

impl Default for EpochMs {
    fn default() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for EpochMs {
    fn name(&self) -> &str {
        "epoch_ms"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        match types {
            [ty] if ty.is_integer() => Ok(vec![DataType::Int64]),
            [DataType::Timestamp(_, Some(zone))] => {
                Ok(vec![DataType::Timestamp(TimeUnit::Millisecond, Some(Arc::clone(zone)))])
            }
            [DataType::Date32 | DataType::Timestamp(..) | DataType::Null] => Ok(vec![MILLISECONDS]),
            [ty] => plan_err!("epoch_ms takes a time or a number of milliseconds, and no {}", type_name(ty)),
            _ => plan_err!("epoch_ms takes one time, or one number of milliseconds"),
        }
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(if types == [DataType::Int64] { MICROSECONDS } else { DataType::Int64 })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let value = &args.args[0];
        match Field::data_type(&args.arg_fields[0]) {
            DataType::Int64 => value.cast_to(&MILLISECONDS, None)?.cast_to(&MICROSECONDS, None),
            _ => value.cast_to(&DataType::Int64, None),
        }
    }
}
