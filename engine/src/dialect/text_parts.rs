//! `s[2]` and `s[2:3]` of texts: characters by their places, as of lists; and `(a, b)[1]` of structs: fields by theirs.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringBuilder};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{DFSchema, ExprSchema, ScalarValue};
use datafusion::error::Result;
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawFieldAccessExpr};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable, GetFieldAccess, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, Volatility, lit,
};

/// Plans places of texts and structs; the relational core knows those of lists.
#[derive(Debug)]
pub(super) struct TextPlaces;

impl ExprPlanner for TextPlaces {
    fn plan_field_access(
        &self,
        access: RawFieldAccessExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawFieldAccessExpr>> {
        let ty = access.expr.get_type(schema as &dyn ExprSchema).unwrap_or(DataType::Null);
        if let (DataType::Struct(fields), GetFieldAccess::ListIndex { key }) = (&ty, &access.field_access)
            && let Expr::Literal(ScalarValue::Int64(Some(place)), _) = key.as_ref()
            && let Some(field) = usize::try_from(place - 1).ok().and_then(|place| fields.get(place))
        {
            return Ok(PlannerResult::Planned(get_field(access.expr, field.name().as_str())));
        }
        if !is_text(&ty) {
            return Ok(PlannerResult::Original(access));
        }
        let (from, to) = match &access.field_access {
            GetFieldAccess::ListIndex { key } => ((**key).clone(), (**key).clone()),
            GetFieldAccess::ListRange { start, stop, stride } if **stride == lit(1_i64) => {
                ((**start).clone(), (**stop).clone())
            }
            _ => return Ok(PlannerResult::Original(access)),
        };
        let part = ScalarUDF::from(TextPart::default()).call(vec![access.expr, from, to]);
        Ok(PlannerResult::Planned(part))
    }
}

fn is_text(ty: &DataType) -> bool {
    matches!(ty, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// The characters from one place to another. They begin with 1; below zero they count from the end.
#[derive(Debug, PartialEq, Eq, Hash)]
struct TextPart {
    signature: Signature,
}

impl Default for TextPart {
    fn default() -> Self {
        let types = vec![DataType::Utf8, DataType::Int64, DataType::Int64];
        Self { signature: Signature::exact(types, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for TextPart {
    fn name(&self) -> &str {
        "text_part"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [texts, from, to] = &arrays[..] else {
            return datafusion::common::internal_err!("text_part takes three values");
        };
        let texts = cast(texts, &DataType::Utf8)?;
        let (from, to) = (from.as_primitive::<Int64Type>(), to.as_primitive::<Int64Type>());
        let mut parts = StringBuilder::new();
        for (row, text) in texts.as_string::<i32>().iter().enumerate() {
            let is_known = from.is_valid(row) && to.is_valid(row);
            parts.append_option(
                text.filter(|_| is_known).map(|text| part(text, from.value(row), to.value(row))),
            );
        }
        Ok(ColumnarValue::Array(Arc::new(parts.finish()) as ArrayRef))
    }
}

fn part(text: &str, from: i64, to: i64) -> &str {
    let len = if from < 0 || to < 0 { text.chars().count() as i64 } else { 0 };
    let place = |place: i64| if place < 0 { len + place + 1 } else { place };
    let (from, to) = (place(from).max(1), place(to));
    let count = usize::try_from(to - from + 1).unwrap_or(0);
    let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let Some(start) = ends.nth(usize::try_from(from - 1).unwrap_or(0)) else { return "" };
    if count == 0 {
        return "";
    }
    let end = ends.nth(count - 1).unwrap_or(text.len());
    &text[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_characters() {
        for (from, to, expected) in [
            (1, 1, "ä"),
            (2, 3, "bc"),
            (-1, -1, "d"),
            (2, -1, "bcd"),
            (0, 2, "äb"),
            (0, 0, ""),
            (3, 2, ""),
            (5, 9, ""),
            (4, 9, "d"),
            (-9, 1, "ä"),
        ] {
            assert_eq!(part("äbcd", from, to), expected, "{from} {to}");
        }
        assert_eq!(part("", 1, 1), "");
    }
}
