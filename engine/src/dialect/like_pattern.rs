//! `a LIKE b ESCAPE '!'` where the pattern is computed: it is written anew for each row.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::exec_datafusion_err;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use swath_planner::{LIKE_PATTERN, escaped_pattern};

/// The function: a pattern and its escape character, or none, to a pattern that is escaped with `\`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct LikePattern {
    signature: Signature,
}

impl Default for LikePattern {
    fn default() -> Self {
        let types = vec![DataType::Utf8View, DataType::Utf8View];
        Self { signature: Signature::exact(types, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for LikePattern {
    fn name(&self) -> &str {
        LIKE_PATTERN
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let (patterns, escapes) = (arrays[0].as_string_view(), arrays[1].as_string_view());
        let mut written = StringViewBuilder::with_capacity(patterns.len());
        for (pattern, escape) in patterns.iter().zip(escapes) {
            let pattern = pattern.zip(escape).map(|(pattern, escape)| {
                escaped_pattern(pattern, escape.chars().next())
                    .map_err(|error| exec_datafusion_err!("{error}"))
            });
            written.append_option(pattern.transpose()?);
        }
        Ok(ColumnarValue::Array(Arc::new(written.finish()) as ArrayRef))
    }
}
