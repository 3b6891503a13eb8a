//! `hash(a, b)`: a number that is the same for the same values, as to take every tenth customer.

use std::sync::Arc;

use datafusion::arrow::array::UInt64Array;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::hash_utils::{RandomState, create_hashes};
use datafusion::common::plan_err;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// Hashes of values of any type. They are the same in each run, and not those of other programs.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct HashOf {
    signature: Signature,
}

impl Default for HashOf {
    fn default() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for HashOf {
    fn name(&self) -> &str {
        "hash"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        if types.is_empty() {
            return plan_err!("hash: expected one value or more");
        }
        // One text has one hash, however it is held, and so have integers of all widths.
        let one_of = |ty: &DataType| match ty {
            DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
            ty if ty.is_integer() && *ty != DataType::UInt64 => DataType::Int64,
            DataType::Float32 => DataType::Float64,
            ty => ty.clone(),
        };
        Ok(types.iter().map(one_of).collect())
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::UInt64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let values =
            args.args.iter().map(|value| value.to_array(args.number_rows)).collect::<Result<Vec<_>>>()?;
        let mut hashes = vec![0; args.number_rows];
        create_hashes(&values, &RandomState::with_seed(0), &mut hashes)?;
        Ok(ColumnarValue::Array(Arc::new(UInt64Array::from(hashes))))
    }
}
