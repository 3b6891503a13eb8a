//! `CAST(x AS VARCHAR)` of times and intervals, as results have them, and PostgreSQL and DuckDB: a blank between date and time, no zeros
//! behind the last digit of a second, `1 day 02:00:00`.
//!
//! The relational core writes a `T`, and intervals in words.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, StringArray};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::error::Result;
use datafusion::logical_expr::{
    Cast, ColumnarValue, Expr, ExprSchemable, LogicalPlan, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, Volatility, cast,
};
use datafusion::optimizer::AnalyzerRule;

use super::nested_as_text::is_text;
use crate::sinks::format::{AS_CELLS, interval_texts, is_interval, trim_fractions};
use crate::walk::rewrite_expressions;

/// Writes times, lists of them and intervals where a text is asked for.
#[derive(Debug)]
pub(crate) struct TimesAsText;

impl AnalyzerRule for TimesAsText {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        let function = Arc::new(ScalarUDF::from(TimeText::default()));
        let written = |expr: Expr, schema: &DFSchema| match expr {
            Expr::Cast(Cast { expr, field })
                if is_text(field.data_type()) && has_times(&expr.get_type(schema)?) =>
            {
                let text = function.call(vec![*expr]);
                Ok(Transformed::yes(cast(text, field.data_type().clone())))
            }
            other => Ok(Transformed::no(other)),
        };
        rewrite_expressions(plan, written)
    }

    fn name(&self) -> &'static str {
        "times_as_text"
    }
}

/// Values as texts, as results have them.
pub(crate) fn as_texts(values: &ArrayRef) -> Result<ArrayRef> {
    if is_interval(values.data_type()) {
        return Ok(Arc::new(interval_texts(values)?));
    }
    let options = CastOptions { safe: false, format_options: AS_CELLS };
    let texts = cast_with_options(values, &DataType::Utf8, &options)?;
    if !has_times(values.data_type()) {
        return Ok(texts);
    }
    let trimmed = |text: &str| {
        let mut text = text.to_owned();
        trim_fractions(&mut text);
        text
    };
    Ok(Arc::new(texts.as_string::<i32>().iter().map(|text| text.map(trimmed)).collect::<StringArray>()))
}

/// Whether it is a time, how long something takes, or a list of times.
fn has_times(ty: &DataType) -> bool {
    match ty {
        DataType::Timestamp(..) | DataType::Time32(_) | DataType::Time64(_) => true,
        ty if is_interval(ty) => true,
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            has_times(item.data_type())
        }
        _ => false,
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct TimeText {
    signature: Signature,
}

impl Default for TimeText {
    fn default() -> Self {
        Self { signature: Signature::any(1, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for TimeText {
    fn name(&self) -> &'static str {
        "time_text"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let values = &args.args[0];
        let is_constant = matches!(values, ColumnarValue::Scalar(_));
        let texts = as_texts(&values.to_array(if is_constant { 1 } else { args.number_rows })?)?;
        match is_constant {
            true => Ok(ColumnarValue::Scalar(datafusion::common::ScalarValue::try_from_array(&texts, 0)?)),
            false => Ok(ColumnarValue::Array(texts)),
        }
    }
}
