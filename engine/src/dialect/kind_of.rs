//! What is computed with times, as the date that it is of: `time_bucket(INTERVAL '1 month', d)` of a date is a date.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::plan_err;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// The first value; as a date, if the second is one.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct KindOf {
    signature: Signature,
}

impl Default for KindOf {
    fn default() -> Self {
        Self { signature: Signature::any(2, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for KindOf {
    fn name(&self) -> &str {
        "kind_of"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [_, DataType::Date32] => Ok(DataType::Date32),
            [ty, _] => Ok(ty.clone()),
            _ => plan_err!("kind_of takes two values"),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        args.args[0].cast_to(args.return_field.data_type(), None)
    }
}
