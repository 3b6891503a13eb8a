//! `arg_max(value, key)` and its like.

use sqlparser::ast::{Expr, Function, FunctionArgumentClause, OrderByExpr, OrderByOptions};

use super::calls::{and, argument_list, arguments, call, is_distinct, is_not_null, positional, rename, text};
use crate::dialect::casts::same;
use crate::dialect::templates::Template;
use crate::error::{Error, Result};

/// The extremes of a call that says how many; `None`: it wants one.
pub(super) fn several_extremes(function: &Function, name: &str) -> Result<Option<Expr>> {
    let given = positional(function).unwrap_or_default();
    let template = match (name, given.len()) {
        ("max", 2) if function.over.is_some() => Template::GREATEST_OF_WINDOW,
        ("min", 2) if function.over.is_some() => Template::LEAST_OF_WINDOW,
        ("max", 2) => Template::GREATEST,
        ("min", 2) => Template::LEAST,
        ("arg_max" | "argmax" | "max_by", 3) => Template::OF_GREATEST,
        ("arg_min" | "argmin" | "min_by", 3) => Template::OF_LEAST,
        _ => return Ok(None),
    };
    if is_distinct(function) {
        return Err(Error::new(format!("{name} of several values takes no DISTINCT")));
    }
    template.filled_over(&given, function).map(Some)
}

/// `arg_max(value, key)`: the value where the key is greatest, of rows in which neither is null; of `arg_max_null` the value may be.
pub(super) fn by_extreme(function: &mut Function, name: &str, asc: bool) -> Result<Expr> {
    let [value, key] = arguments(function, name, "a value and what to compare")?;
    let known = match name.ends_with("_null") {
        true => is_not_null(&key),
        false => and(is_not_null(&value), Some(Box::new(is_not_null(&key)))),
    };
    if function.over.is_some() {
        return Ok(of_window(function, value, key, known, asc));
    }
    // A number alone would be the place of a column.
    let key = if matches!(key, Expr::Value(_)) { same(key) } else { key };
    let order = OrderByExpr {
        expr: key,
        options: OrderByOptions { asc: Some(asc), nulls_first: None },
        with_fill: None,
    };
    let mut function = function.clone();
    rename(&mut function, "first_value");
    function.args = argument_list(vec![value], vec![FunctionArgumentClause::OrderBy(vec![order])]);
    function.filter = Some(Box::new(and(known, function.filter.take())));
    Ok(Expr::Function(function))
}

/// Over a window the relational core knows no order of an aggregate. So it is the value of the greatest pair of key and value.
fn of_window(function: &Function, value: Expr, key: Expr, known: Expr, asc: bool) -> Expr {
    let mut function = function.clone();
    rename(&mut function, if asc { "min" } else { "max" });
    let pair = call("named_struct", vec![text("key"), key, text("value"), value]);
    function.args = argument_list(vec![Expr::Function(pair)], Vec::new());
    function.filter = Some(Box::new(and(known, function.filter.take())));
    Expr::Function(call("get_field", vec![Expr::Function(function), text("value")]))
}
