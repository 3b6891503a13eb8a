//! `try_strptime(text, form)`: the time that a text tells, or null where it tells none.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::ScalarValue;
use datafusion::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::functions::datetime::to_timestamp;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// The relational core's function, of which an error becomes null.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct TryStrptime {
    inner: Arc<ScalarUDF>,
    signature: Signature,
}

impl Default for TryStrptime {
    fn default() -> Self {
        let signature = Signature::variadic_any(Volatility::Immutable);
        Self { inner: to_timestamp(&ConfigOptions::default()), signature }
    }
}

impl ScalarUDFImpl for TryStrptime {
    fn name(&self) -> &str {
        "try_to_timestamp"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let field = self.inner.return_field_from_args(args)?;
        Ok(Arc::new(field.as_ref().clone().with_nullable(true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        if let Ok(times) = self.inner.invoke_with_args(args.clone()) {
            return Ok(times);
        }
        // Which of them it is must be found out one by one.
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let null = ScalarValue::try_from(args.return_field.data_type())?;
        let mut times = Vec::with_capacity(args.number_rows);
        for row in 0..arrays.first().map_or(0, |array| array.len()) {
            let values = arrays.iter().map(|array| ScalarValue::try_from_array(array, row));
            let values = values.map(|value| value.map(ColumnarValue::Scalar)).collect::<Result<Vec<_>>>()?;
            let one = ScalarFunctionArgs { args: values, number_rows: 1, ..args.clone() };
            let time = self.inner.invoke_with_args(one).and_then(|time| time.to_array(1));
            times.push(
                time.and_then(|time| ScalarValue::try_from_array(&time, 0)).unwrap_or_else(|_| null.clone()),
            );
        }
        match times.is_empty() {
            true => Ok(ColumnarValue::Array(null.to_array_of_size(0)?)),
            false => ScalarValue::iter_to_array(times).map(ColumnarValue::Array),
        }
    }
}
