//! `x = ANY(l)`, `x > ANY(l)`: a null among the items may be such a value, so that it is not known whether there is one. The relational
//! core takes it for another value.

use sqlparser::ast::{BinaryOperator, Expr, Value};

use super::functions::positional;
use super::templates::Template;
use crate::error::Result;

/// The comparison, where an item may be null; `None`: it is another expression, or none can.
pub(crate) fn compared_with_any(expr: &Expr) -> Result<Option<Expr>> {
    let Expr::AnyOp { left, compare_op, right, .. } = expr else { return Ok(None) };
    let Some(found) = found_by(compare_op).filter(|_| may_have_nulls(right)) else { return Ok(None) };
    let found = Template::new(found, 2).filled(&[(**right).clone(), (**left).clone()])?;
    Ok(Some(Expr::Nested(Box::new(found))))
}

/// Whether there is such an item, which is not known where there may be one among nulls.
macro_rules! found {
    ($condition:literal) => {
        concat!(
            "CASE WHEN ",
            $condition,
            " THEN true WHEN length($1) = 0 OR length($1) = length(array_compact($1)) AND $2 IS NOT NULL THEN false END"
        )
    };
}

/// The search for an item to which a value compares so.
fn found_by(operator: &BinaryOperator) -> Option<&'static str> {
    Some(match operator {
        BinaryOperator::Eq => found!("array_has($1, $2)"),
        BinaryOperator::NotEq => found!("array_min($1) <> $2 OR array_max($1) <> $2"),
        BinaryOperator::Gt => found!("$2 > array_min($1)"),
        BinaryOperator::GtEq => found!("$2 >= array_min($1)"),
        BinaryOperator::Lt => found!("$2 < array_max($1)"),
        BinaryOperator::LtEq => found!("$2 <= array_max($1)"),
        _ => return None,
    })
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
