//! `x = ANY(l)`: a null among the items may be the value, so that it is not known whether there is one. The relational core takes it for
//! another value.

use sqlparser::ast::{BinaryOperator, Expr, Value};

use super::functions::positional;
use super::templates::Template;
use crate::error::Result;

/// The comparison, where an item may be null; `None`: it is another expression, or none can.
pub(crate) fn equals_any(expr: &Expr) -> Result<Option<Expr>> {
    let Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } = expr else { return Ok(None) };
    if !may_have_nulls(right) {
        return Ok(None);
    }
    let found = "CASE WHEN array_has($1, $2) THEN true \
                 WHEN length($1) = 0 OR length($1) = length(array_compact($1)) AND $2 IS NOT NULL THEN false END";
    let found = Template::new(found, 2).filled(&[(**right).clone(), (**left).clone()])?;
    Ok(Some(Expr::Nested(Box::new(found))))
}

fn may_have_nulls(list: &Expr) -> bool {
    let may_be_null = |item: &Expr| match item {
        Expr::Value(value) => value.value == Value::Null,
        _ => true,
    };
    match list {
        Expr::Nested(inner) => may_have_nulls(inner),
        Expr::Subquery(_) => false,
        Expr::Array(list) => list.elem.iter().any(may_be_null),
        Expr::Function(function) if function.name.to_string() == "make_array" => {
            positional(function).unwrap_or_default().iter().any(may_be_null)
        }
        _ => true,
    }
}
