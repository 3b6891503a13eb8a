//! `octet_length(x)`: bytes of a text or of bytes, of which the relational core's has no length.

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, Int32Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::plan_err;
use datafusion::error::Result;
use datafusion::functions::string::octet_length;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct OctetLength {
    signature: Signature,
    of_text: Arc<ScalarUDF>,
}

impl Default for OctetLength {
    fn default() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable), of_text: octet_length() }
    }
}

fn is_bytes(ty: &DataType) -> bool {
    matches!(
        ty,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_)
    )
}

impl ScalarUDFImpl for OctetLength {
    fn name(&self) -> &str {
        self.of_text.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let [ty] = types else {
            return plan_err!("octet_length takes one text, and {} values are given", types.len());
        };
        Ok(vec![match ty {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => ty.clone(),
            ty if is_bytes(ty) => DataType::Binary,
            _ => DataType::Utf8,
        }])
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        if is_bytes(&types[0]) { Ok(DataType::Int32) } else { self.of_text.return_type(types) }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        if !is_bytes(args.arg_fields[0].data_type()) {
            return self.of_text.invoke_with_args(args);
        }
        let bytes = cast(&args.args[0].to_array(args.number_rows)?, &DataType::Binary)?;
        let bytes = bytes.as_binary::<i32>();
        let lengths = (0..bytes.len()).map(|row| bytes.is_valid(row).then(|| bytes.value_length(row)));
        Ok(ColumnarValue::Array(Arc::new(lengths.collect::<Int32Array>())))
    }
}
