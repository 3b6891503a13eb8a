//! Lists as texts, as `CAST([1, NULL] AS VARCHAR)` has them: `[1, NULL]`, and with quotes around texts that would be taken for something else.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray, StringBuilder};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::nested_as_text::is_list;
use super::times_as_text::as_texts;

/// Writes lists of single values, or of lists of these.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ListText {
    signature: Signature,
}

impl Default for ListText {
    fn default() -> Self {
        Self { signature: Signature::any(1, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for ListText {
    fn name(&self) -> &'static str {
        "list_text"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let lists = &args.args[0];
        let is_constant = matches!(lists, ColumnarValue::Scalar(_));
        let texts = texts_of(&lists.to_array(if is_constant { 1 } else { args.number_rows })?)?;
        match is_constant {
            true => Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&texts, 0)?)),
            false => Ok(ColumnarValue::Array(Arc::new(texts))),
        }
    }
}

fn texts_of(values: &ArrayRef) -> Result<StringArray> {
    let lists = match values.data_type() {
        DataType::List(_) => Arc::clone(values),
        DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            cast(values, &DataType::List(Arc::clone(item)))?
        }
        _ => return Ok(as_texts(values)?.as_string::<i32>().clone()),
    };
    let lists = lists.as_list::<i32>();
    let (are_lists, items) = (is_list(lists.values().data_type()), texts_of(lists.values())?);
    let mut texts = StringBuilder::new();
    let mut text = String::new();
    for (row, bounds) in lists.value_offsets().windows(2).enumerate() {
        if lists.is_null(row) {
            texts.append_null();
            continue;
        }
        text.clear();
        text.push('[');
        for place in bounds[0]..bounds[1] {
            if place > bounds[0] {
                text.push_str(", ");
            }
            match items.is_valid(place as usize) {
                true => push_item(&mut text, items.value(place as usize), are_lists),
                false => text.push_str("NULL"),
            }
        }
        text.push(']');
        texts.append_value(&text);
    }
    Ok(texts.finish())
}

/// Characters that mean something in a list that is written as a text.
const SPECIAL: &[char] = &[',', '[', ']', '{', '}', '(', ')', '"', '\'', '\\', '=', ':'];

fn push_item(text: &mut String, item: &str, is_list: bool) {
    let is_plain = !item.is_empty()
        && !item.contains(SPECIAL)
        && item.trim() == item
        && !item.eq_ignore_ascii_case("null");
    if is_list || is_plain {
        return text.push_str(item);
    }
    text.push('\'');
    for char in item.chars() {
        if matches!(char, '\'' | '\\') {
            text.push('\\');
        }
        text.push(char);
    }
    text.push('\'');
}
