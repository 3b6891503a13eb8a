//! Functions of the values of a row that users of other engines type and the relational core lacks.
//!
//! A [`RowFunction`] computes value by value: that is enough for what is asked of results rather than of every row of files.

mod bar;
mod format;
mod json;
mod json_rows;
mod list_counts;
mod list_statistics;
mod numbers;
mod printf;
mod spec;
mod texts;
mod times;
mod uuids;

use std::fmt;
use std::hash::{Hash, Hasher};

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::refused;
use super::times_as_text::as_texts;
use crate::sinks::format::is_interval;

/// All of them.
pub(crate) fn row_functions() -> Vec<ScalarUDF> {
    let mut functions = texts::all();
    functions.extend(times::all());
    functions.extend(list_counts::all());
    functions.extend(list_statistics::all());
    functions.extend(numbers::all());
    functions.extend(uuids::all());
    functions.extend(json::all());
    functions.extend(json_rows::all());
    functions.extend([bar::bar(), format::format(), printf::printf()]);
    functions
}

/// What is computed of the values of a row, none of which is null.
type Compute = fn(&[ScalarValue]) -> Result<ScalarValue>;

/// A function that is null where one of its values is.
struct RowFunction {
    name: &'static str,
    signature: Signature,
    answer: DataType,
    compute: Compute,
}

impl RowFunction {
    fn udf(name: &'static str, signature: Signature, answer: DataType, compute: Compute) -> ScalarUDF {
        ScalarUDF::from(Self { name, signature, answer, compute })
    }

    /// A function of values of these types.
    fn of(name: &'static str, types: Vec<DataType>, answer: DataType, compute: Compute) -> ScalarUDF {
        Self::udf(name, Signature::exact(types, Volatility::Immutable), answer, compute)
    }
}

impl ScalarUDFImpl for RowFunction {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.answer.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let is_constant = args.args.iter().all(|value| matches!(value, ColumnarValue::Scalar(_)));
        let rows = if is_constant { 1 } else { args.number_rows };
        let null = ScalarValue::try_from(&self.answer)?;
        let mut arrays = Vec::with_capacity(args.args.len());
        for value in &args.args {
            arrays.push(value.to_array(rows)?);
        }
        let mut answers = Vec::with_capacity(rows);
        for row in 0..rows {
            let values = arrays.iter().map(|array| ScalarValue::try_from_array(array, row));
            let values = values.collect::<Result<Vec<_>>>()?;
            let is_null = values.iter().any(ScalarValue::is_null);
            answers.push(if is_null { null.clone() } else { (self.compute)(&values)? });
        }
        if is_constant {
            return Ok(ColumnarValue::Scalar(answers.pop().unwrap_or(null)));
        }
        if answers.is_empty() {
            return Ok(ColumnarValue::Array(null.to_array_of_size(0)?));
        }
        Ok(ColumnarValue::Array(ScalarValue::iter_to_array(answers)?))
    }
}

impl fmt::Debug for RowFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowFunction").field("name", &self.name).finish_non_exhaustive()
    }
}

impl PartialEq for RowFunction {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for RowFunction {}

impl Hash for RowFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

/// The text of a value that is one; of another its own form.
fn text(value: &ScalarValue) -> String {
    match value.try_as_str() {
        Some(Some(text)) => text.to_owned(),
        _ if matches!(value.data_type(), DataType::Timestamp(..) | DataType::Time64(_))
            || is_interval(&value.data_type()) =>
        {
            let shown = value.to_array().and_then(|times| as_texts(&times));
            shown.map_or_else(|_| value.to_string(), |texts| texts.as_string::<i32>().value(0).to_owned())
        }
        _ => value.to_string(),
    }
}
