//! The functions that make JSON of other values: `to_json(x)`, `json_array(a, b)`, and `json(x)`, which checks a text.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::arrow::json::writer::{LineDelimited, WriterBuilder};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::find::find;
use super::functions::{is_text, texts};
use crate::sinks::format::with_text_keys;

pub(super) fn all() -> Vec<ScalarUDF> {
    let any = |kind, signature| ScalarUDF::from(Written { kind, signature });
    vec![
        to_json(),
        any(Kind::Checked, Signature::any(1, Volatility::Immutable)),
        any(Kind::List, Signature::variadic_any(Volatility::Immutable)),
    ]
}

pub(super) fn to_json() -> ScalarUDF {
    ScalarUDF::from(Written { kind: Kind::Value, signature: Signature::any(1, Volatility::Immutable) })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    /// Texts are texts of JSON.
    Value,
    /// Texts are JSON already, and must be.
    Checked,
    /// All values of a row as a list.
    List,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Written {
    kind: Kind,
    signature: Signature,
}

impl ScalarUDFImpl for Written {
    fn name(&self) -> &str {
        match self.kind {
            Kind::Value => "to_json",
            Kind::Checked => "json",
            Kind::List => "json_array",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let arrays: Vec<ArrayRef> =
            args.args.iter().map(|value| value.to_array(rows)).collect::<Result<_>>()?;
        let json = match (self.kind, arrays.as_slice()) {
            (Kind::Value, [values]) => {
                let nulls = values.logical_nulls();
                let is_null = |row: usize| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
                let json = written(values)?.into_iter().enumerate();
                texts(json.map(|(row, json)| (!is_null(row)).then_some(json)))
            }
            (Kind::Checked, [values]) if is_text(values.data_type()) => {
                let values = cast(values, &DataType::Utf8)?;
                for json in values.as_string::<i32>().iter().flatten() {
                    find(json, &[]).map_err(|error| DataFusionError::External(Box::new(error)))?;
                }
                values
            }
            (Kind::Checked, [values]) => texts(written(values)?.into_iter().map(Some)),
            _ => {
                let columns = arrays.iter().map(written).collect::<Result<Vec<_>>>()?;
                texts((0..rows).map(|row| {
                    let values: Vec<&str> = columns.iter().map(|column| column[row].as_str()).collect();
                    Some(format!("[{}]", values.join(",")))
                }))
            }
        };
        Ok(ColumnarValue::Array(json))
    }
}

/// Each value as JSON; a null is `null`.
fn written(values: &ArrayRef) -> Result<Vec<String>> {
    const BEFORE: &str = "{\"v\":";
    let field = Field::new("v", values.data_type().clone(), true);
    let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![Arc::clone(values)])?;
    let mut lines = Vec::new();
    let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(&mut lines);
    writer.write(with_text_keys(&batch)?.as_ref())?;
    writer.finish()?;
    drop(writer);
    let lines = String::from_utf8_lossy(&lines);
    let value = |line: &str| line.get(BEFORE.len()..line.len() - 1).unwrap_or_default().to_owned();
    Ok(lines.lines().map(value).collect())
}
