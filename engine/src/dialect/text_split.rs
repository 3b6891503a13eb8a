//! `string_split(text, ',')`: a text as a list of its parts.
//!
//! The relational core's `string_to_array` is PostgreSQL's: nothing of an empty text, and of a text without a delimiter its characters.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, ListBuilder, StringBuilder};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// Splits texts: at each place of a delimiter; into characters, if that is empty.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct StringSplit {
    signature: Signature,
}

impl Default for StringSplit {
    fn default() -> Self {
        Self { signature: Signature::exact(vec![DataType::Utf8; 2], Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for StringSplit {
    fn name(&self) -> &str {
        "string_split"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let is_constant = args.args.iter().all(|value| matches!(value, ColumnarValue::Scalar(_)));
        let rows = if is_constant { 1 } else { args.number_rows };
        let texts = cast(&args.args[0].to_array(rows)?, &DataType::Utf8)?;
        let delimiters = cast(&args.args[1].to_array(rows)?, &DataType::Utf8)?;
        let mut lists = ListBuilder::new(StringBuilder::new());
        for (text, delimiter) in texts.as_string::<i32>().iter().zip(delimiters.as_string::<i32>()) {
            if let Some(text) = text {
                split(text, delimiter, lists.values());
            }
            lists.append(text.is_some());
        }
        let lists: ArrayRef = Arc::new(lists.finish());
        match is_constant {
            true => Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&lists, 0)?)),
            false => Ok(ColumnarValue::Array(lists)),
        }
    }
}

fn split(text: &str, delimiter: Option<&str>, parts: &mut StringBuilder) {
    match delimiter {
        None => parts.append_value(text),
        Some("") => text.chars().for_each(|char| parts.append_value(char.encode_utf8(&mut [0; 4]))),
        Some(delimiter) => text.split(delimiter).for_each(|part| parts.append_value(part)),
    }
}
