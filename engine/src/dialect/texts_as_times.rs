//! `CAST('2001-02-03 10:30' AS timestamp)`: times that are written without seconds, and dates with `/`.
//!
//! The relational core wants seconds and `-`. What it can read is left to it.

use std::borrow::Cow;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray};
use datafusion::arrow::compute::cast as cast_array;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::error::Result;
use datafusion::logical_expr::{
    Cast, ColumnarValue, Expr, ExprSchemable, LogicalPlan, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, TryCast, Volatility, lit,
};
use datafusion::optimizer::AnalyzerRule;

use super::nested_as_text::is_text;
use crate::overflow::rewrite_expressions;

/// Writes texts that become times as the core reads them. It has to come when types are known, as texts beside times become times, too.
#[derive(Debug)]
pub(crate) struct TextsAsTimes;

impl AnalyzerRule for TextsAsTimes {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        let function = Arc::new(ScalarUDF::from(TimeWords::default()));
        plan.transform_up_with_subqueries(|plan| {
            rewrite_expressions(plan, |expr, schema| Ok(written(expr, schema, &function)))
        })
        .data()
    }

    fn name(&self) -> &str {
        "texts_as_times"
    }
}

fn written(mut expr: Expr, schema: &DFSchema, function: &Arc<ScalarUDF>) -> Transformed<Expr> {
    let (text, field): (&mut Box<Expr>, &FieldRef) = match &mut expr {
        Expr::Cast(Cast { expr, field }) | Expr::TryCast(TryCast { expr, field }) => (expr, field),
        _ => return Transformed::no(expr),
    };
    if !matches!(field.data_type(), DataType::Timestamp(..) | DataType::Date32) {
        return Transformed::no(expr);
    }
    let better = match text.as_ref() {
        Expr::Literal(value, _) => match value.try_as_str().flatten().map(whole_time) {
            Some(Cow::Owned(time)) => lit(time),
            _ => return Transformed::no(expr),
        },
        Expr::ScalarFunction(call) if call.func == *function => return Transformed::no(expr),
        text if text.get_type(schema).is_ok_and(|ty| is_text(&ty)) => function.call(vec![text.clone()]),
        _ => return Transformed::no(expr),
    };
    **text = better;
    Transformed::yes(expr)
}

/// A time as the core reads it: `2001/02/03 10:30` as `2001-02-03 10:30:00`.
fn whole_time(text: &str) -> Cow<'_, str> {
    let text = text.trim_ascii();
    let bytes = text.as_bytes();
    let is = |places: std::ops::Range<usize>, test: fn(&u8) -> bool| {
        bytes.get(places).is_some_and(|part| part.iter().all(test))
    };
    let is_date = bytes.len() >= 10
        && is(0..4, u8::is_ascii_digit)
        && is(5..7, u8::is_ascii_digit)
        && is(8..10, u8::is_ascii_digit)
        && bytes[4] == bytes[7]
        && matches!(bytes[4], b'-' | b'/');
    if !is_date {
        return Cow::Borrowed(text);
    }
    let has_minutes = bytes.len() >= 16
        && matches!(bytes[10], b' ' | b'T')
        && is(11..13, u8::is_ascii_digit)
        && bytes[13] == b':'
        && is(14..16, u8::is_ascii_digit);
    let lacks_seconds = has_minutes && !matches!(bytes.get(16), Some(b':' | b'.' | b'0'..=b'9'));
    if bytes[4] == b'-' && !lacks_seconds {
        return Cow::Borrowed(text);
    }
    let mut whole = text.replacen('/', "-", 2);
    if lacks_seconds {
        whole.insert_str(16, ":00");
    }
    Cow::Owned(whole)
}

/// Times of rows, written as the core reads them.
#[derive(Debug, PartialEq, Eq, Hash)]
struct TimeWords {
    signature: Signature,
}

impl Default for TimeWords {
    fn default() -> Self {
        Self { signature: Signature::any(1, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for TimeWords {
    fn name(&self) -> &str {
        "time_words"
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
        Ok(types[0].clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let ty = args.arg_fields[0].data_type().clone();
        Ok(match &args.args[0] {
            ColumnarValue::Scalar(text) => match text.try_as_str().flatten() {
                Some(time) => {
                    let whole = ScalarValue::from(whole_time(time).as_ref());
                    ColumnarValue::Scalar(whole.cast_to(&ty)?)
                }
                None => ColumnarValue::Scalar(text.clone()),
            },
            ColumnarValue::Array(texts) => ColumnarValue::Array(whole_times(texts)?),
        })
    }
}

fn whole_times(texts: &ArrayRef) -> Result<ArrayRef> {
    let utf8 = cast_array(texts, &DataType::Utf8)?;
    let times = utf8.as_string::<i32>();
    let is_changed = |text: Option<&str>| text.is_some_and(|text| matches!(whole_time(text), Cow::Owned(_)));
    if !times.iter().any(is_changed) {
        return Ok(Arc::clone(texts));
    }
    let whole: StringArray = times.iter().map(|text| text.map(whole_time)).collect();
    Ok(cast_array(&whole, texts.data_type())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_whole() {
        for (text, whole) in [
            ("2001-02-03 10:30", "2001-02-03 10:30:00"),
            ("2001-02-03T10:30Z", "2001-02-03T10:30:00Z"),
            ("2001-02-03 10:30+02:00", "2001-02-03 10:30:00+02:00"),
            ("2001/02/03", "2001-02-03"),
            ("2001/02/03 10:30:15.5", "2001-02-03 10:30:15.5"),
            ("2001-02-03 10:30:15", "2001-02-03 10:30:15"),
            ("2001-02/03", "2001-02/03"),
            ("1/2/2001", "1/2/2001"),
            ("2001-02-03 10:3", "2001-02-03 10:3"),
            ("ää-02-03 10:30", "ää-02-03 10:30"),
            ("", ""),
        ] {
            assert_eq!(whole_time(text), whole);
        }
    }
}
