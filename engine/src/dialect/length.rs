//! `length(x)`: characters of a text, items of a list.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::functions::unicode::character_length;
use datafusion::functions_nested::length::array_length_udf;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// The relational core's function makes a text of a list, and counts its characters.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Length {
    signature: Signature,
    of_text: Arc<ScalarUDF>,
    of_list: Arc<ScalarUDF>,
}

impl Default for Length {
    fn default() -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
            of_text: character_length(),
            of_list: array_length_udf(),
        }
    }
}

impl Length {
    fn of(&self, ty: &DataType) -> &ScalarUDF {
        if is_list(ty) { &self.of_list } else { &self.of_text }
    }
}

fn is_list(ty: &DataType) -> bool {
    matches!(ty, DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..))
}

impl ScalarUDFImpl for Length {
    fn name(&self) -> &str {
        "length"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let [ty] = types else {
            return datafusion::common::plan_err!(
                "length takes one text or list, and {} values are given",
                types.len()
            );
        };
        Ok(vec![match ty {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => ty.clone(),
            ty if is_list(ty) => ty.clone(),
            _ => DataType::Utf8,
        }])
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [ty] if !is_list(ty) => self.of(ty).return_type(types),
            _ => Ok(DataType::Int64),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let ty = args.arg_fields[0].data_type().clone();
        if !is_list(&ty) {
            return self.of_text.invoke_with_args(args);
        }
        // The core counts items without a sign, so that `length(l) - 1` would be a decimal.
        let return_field = args.return_field.as_ref().clone().with_data_type(DataType::UInt64);
        let args = ScalarFunctionArgs { return_field: Arc::new(return_field), ..args };
        self.of_list.invoke_with_args(args)?.cast_to(&DataType::Int64, None)
    }
}
