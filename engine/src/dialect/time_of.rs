//! Numbers are no times: `CAST(1664264591 AS TIMESTAMP)` would count microseconds, whatever was meant.

use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use swath_planner::TIME_OF;

use super::refused;
use crate::inspect::type_name;

/// Gives what it is given, but for numbers. Plans do not keep it.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct TimeOf {
    signature: Signature,
}

impl Default for TimeOf {
    fn default() -> Self {
        Self { signature: Signature::any(1, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for TimeOf {
    fn name(&self) -> &str {
        TIME_OF
    }

    fn display_name(&self, args: &[Expr]) -> Result<String> {
        Ok(args[0].to_string())
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        Ok(args[0].schema_name().to_string())
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match &types[0] {
            ty if ty.is_numeric() => Err(refused(
                format!("a number is no time, and {} cannot be cast to one", type_name(ty).to_lowercase()),
                "to_timestamp(x) counts seconds since 1970, epoch_ms(x) milliseconds, make_timestamp(x) \
                 microseconds; DATE '1970-01-01' + x counts days",
            )),
            ty => Ok(ty.clone()),
        }
    }

    fn simplify(&self, mut args: Vec<Expr>, _info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        Ok(ExprSimplifyResult::Simplified(args.swap_remove(0)))
    }

    fn invoke_with_args(&self, mut args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Ok(args.args.swap_remove(0))
    }
}
