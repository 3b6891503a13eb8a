//! Texts that become numbers and times: `CAST('2001-02-03 10:30' AS timestamp)`, `CAST('12.0' AS integer)`.
//!
//! The relational core wants seconds and `-` in times, times of day without a date, and integers without a fraction. What it can read, and what nobody can, is
//! left to it.

mod integers;
mod times;

use std::borrow::Cow;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray};
use datafusion::arrow::compute::cast as cast_array;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::error::Result;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    Cast, ColumnarValue, Expr, ExprSchemable, LogicalPlan, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, TryCast, Volatility, lit,
};
use datafusion::optimizer::AnalyzerRule;

use super::nested_as_text::is_text;
use crate::walk::rewrite_expressions;

/// Writes texts that are cast as the core reads them.
///
/// For times it has to come when types are known, as texts beside times become times, too. For integers it has to come before: a text
/// beside an integer is an error if it has a fraction, and not another number.
#[derive(Debug)]
pub(crate) struct TextsAsValues(pub(crate) &'static [TextKind]);

impl AnalyzerRule for TextsAsValues {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        rewrite_expressions(plan, |expr, schema| Ok(written_anew(expr, self.0, schema)))
    }

    fn name(&self) -> &str {
        "texts_as_values"
    }
}

fn written_anew(mut expr: Expr, kinds: &[TextKind], schema: &DFSchema) -> Transformed<Expr> {
    let (text, field): (&mut Box<Expr>, &FieldRef) = match &mut expr {
        Expr::Cast(Cast { expr, field }) | Expr::TryCast(TryCast { expr, field }) => (expr, field),
        _ => return Transformed::no(expr),
    };
    let Some(kind) = TextKind::of(field.data_type()).filter(|kind| kinds.contains(kind)) else {
        return Transformed::no(expr);
    };
    let better = match text.as_ref() {
        Expr::Literal(value, _) => match value.try_as_str().flatten().map(|text| kind.anew(text)) {
            Some(Cow::Owned(text)) => lit(text),
            _ => return Transformed::no(expr),
        },
        Expr::ScalarFunction(call) if call.func.inner().is::<WrittenAnew>() => return Transformed::no(expr),
        text if text.get_type(schema).is_ok_and(|ty| is_text(&ty)) => {
            let function = Arc::new(ScalarUDF::from(WrittenAnew::new(kind)));
            Expr::ScalarFunction(ScalarFunction::new_udf(function, vec![text.clone()]))
        }
        _ => return Transformed::no(expr),
    };
    **text = better;
    Transformed::yes(expr)
}

/// What a text becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum TextKind {
    /// A point in time.
    Time,
    /// A time without a zone, and a date: as the clock showed it.
    LocalTime,
    TimeOfDay,
    Integer,
}

impl TextKind {
    fn of(ty: &DataType) -> Option<Self> {
        match ty {
            DataType::Timestamp(_, None) | DataType::Date32 => Some(Self::LocalTime),
            DataType::Timestamp(_, Some(_)) => Some(Self::Time),
            DataType::Time32(_) | DataType::Time64(_) => Some(Self::TimeOfDay),
            ty if ty.is_integer() => Some(Self::Integer),
            _ => None,
        }
    }

    /// The text as the core reads it.
    fn anew(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Time => times::whole_time(text),
            Self::LocalTime => times::local_time(text),
            Self::TimeOfDay => times::time_of_day(text),
            Self::Integer => integers::nearest_integer(text),
        }
    }
}

/// Texts of rows, written as the core reads them.
#[derive(Debug, PartialEq, Eq, Hash)]
struct WrittenAnew {
    kind: TextKind,
    signature: Signature,
}

impl WrittenAnew {
    fn new(kind: TextKind) -> Self {
        Self { kind, signature: Signature::any(1, Volatility::Immutable) }
    }

    fn of_rows(&self, texts: &ArrayRef) -> Result<ArrayRef> {
        let utf8 = cast_array(texts, &DataType::Utf8)?;
        let utf8 = utf8.as_string::<i32>();
        let anew = |text| self.kind.anew(text);
        if !utf8.iter().flatten().any(|text| matches!(anew(text), Cow::Owned(_))) {
            return Ok(Arc::clone(texts));
        }
        let written: StringArray = utf8.iter().map(|text| text.map(anew)).collect();
        Ok(cast_array(&written, texts.data_type())?)
    }
}

impl ScalarUDFImpl for WrittenAnew {
    fn name(&self) -> &str {
        match self.kind {
            TextKind::Time => "time_words",
            TextKind::LocalTime => "local_time_words",
            TextKind::TimeOfDay => "time_of_day_words",
            TextKind::Integer => "integer_words",
        }
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
                Some(written) => {
                    let anew = ScalarValue::from(self.kind.anew(written).as_ref());
                    ColumnarValue::Scalar(anew.cast_to(&ty)?)
                }
                None => ColumnarValue::Scalar(text.clone()),
            },
            ColumnarValue::Array(texts) => ColumnarValue::Array(self.of_rows(texts)?),
        })
    }
}
