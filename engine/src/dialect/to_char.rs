//! `to_char(t, form)` and `strftime(t, form)` with a form of each row.
//!
//! The relational core gives one answer for all rows where the time is the same in all.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::functions::datetime::to_char;
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};

/// The function of the core, with times of all rows where there are forms of all rows.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ToChar {
    core: Arc<ScalarUDF>,
}

impl Default for ToChar {
    fn default() -> Self {
        Self { core: to_char() }
    }
}

impl ScalarUDFImpl for ToChar {
    fn name(&self) -> &str {
        self.core.name()
    }

    fn aliases(&self) -> &[String] {
        self.core.aliases()
    }

    fn signature(&self) -> &Signature {
        self.core.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.core.return_type(types)
    }

    fn invoke_with_args(&self, mut args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        if let [time @ ColumnarValue::Scalar(_), ColumnarValue::Array(_)] = args.args.as_mut_slice() {
            *time = ColumnarValue::Array(time.to_array(args.number_rows)?);
        }
        self.core.invoke_with_args(args)
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.core.documentation()
    }
}
