//! `lag(x, n)`, `lead(x, n)` and `nth_value(x, n)` with an `n` of each row, and `lag(x, 1, y)`, where the value in place of a missing row is
//! one of each row: the relational core takes those that are written down.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Function, FunctionArguments, NullTreatment, UnaryOperator, Value};

use super::functions::{argument_list, positional, rename};
use super::templates::Template;
use crate::error::{Error, Result};
use crate::walk::walk_expressions;

/// The window function that gives the value so many rows before each, as each row says.
pub const VALUE_BEFORE: &str = "value_before";

/// The window function that gives the value at the place in the frame that each row says.
pub const VALUE_AT: &str = "value_at";

/// A call that looks at values of each row, as one of functions that do; `None`: it stays.
pub(crate) fn of_rows(function: &Function, name: &str) -> Result<Option<Expr>> {
    if !matches!(name, "lag" | "lead" | "nth_value") || function.over.is_none() {
        return Ok(None);
    }
    let Some(given) = positional(function) else { return Ok(None) };
    match given.as_slice() {
        [value, place] if name == "nth_value" && !is_written_down(place) => {
            of_place(function, VALUE_AT, value, place.clone()).map(Expr::Function).map(Some)
        }
        [value, offset] if !is_written_down(offset) => neighbour(function, name, value, offset).map(Some),
        [value, offset, default] if name != "nth_value" => {
            with_default(function, name, value, offset, default)
        }
        _ => Ok(None),
    }
}

/// Whether there is a row is asked of a value that all rows have.
fn with_default(
    function: &Function,
    name: &str,
    value: &Expr,
    offset: &Expr,
    default: &Expr,
) -> Result<Option<Expr>> {
    if is_written_down(default) && is_written_down(offset) {
        return Ok(None);
    }
    let found = neighbour(function, name, value, offset)?;
    // Without nulls, what is missing is a null.
    if ignores_nulls(function) {
        return Template::new("coalesce($1, $2)", 2).filled(&[found, default.clone()]).map(Some);
    }
    let there = Template::new("CAST(1 AS BIGINT)", 0).filled(&[])?;
    let is_there = neighbour(function, name, &there, offset)?;
    let choice = match is_written_down(offset) {
        true => "CASE WHEN $1 IS NULL THEN $3 ELSE $2 END",
        false => "CASE WHEN $1 IS NULL AND $4 IS NOT NULL THEN $3 ELSE $2 END",
    };
    Template::new(choice, 4)
        .filled(&[is_there, found, default.clone(), offset.clone()])
        .map(|choice| Some(Expr::Nested(Box::new(choice))))
}

/// `lag(x, offset)` or `lead(x, offset)`.
fn neighbour(function: &Function, name: &str, value: &Expr, offset: &Expr) -> Result<Expr> {
    if is_written_down(offset) {
        return Ok(Expr::Function(with_arguments(function, vec![value.clone(), offset.clone()])));
    }
    let offset = match name {
        "lead" => {
            Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(Expr::Nested(Box::new(offset.clone()))) }
        }
        _ => offset.clone(),
    };
    of_place(function, VALUE_BEFORE, value, offset).map(Expr::Function)
}

/// The call of a function that looks at the place that each row says.
fn of_place(function: &Function, name: &str, value: &Expr, place: Expr) -> Result<Function> {
    if ignores_nulls(function) {
        return Err(Error::new(format!(
            "{} with IGNORE NULLS takes a number that is written down",
            function.name
        ))
        .with_hint("as in lag(x, 2 IGNORE NULLS) OVER (ORDER BY t)"));
    }
    let mut moved = with_arguments(function, vec![value.clone(), place]);
    rename(&mut moved, name);
    Ok(moved)
}

fn with_arguments(function: &Function, args: Vec<Expr>) -> Function {
    let mut function = function.clone();
    let clauses = match &mut function.args {
        FunctionArguments::List(list) => std::mem::take(&mut list.clauses),
        _ => Vec::new(),
    };
    function.args = argument_list(args, clauses);
    function
}

fn ignores_nulls(function: &Function) -> bool {
    let FunctionArguments::List(list) = &function.args else { return false };
    let said = function.null_treatment.or_else(|| {
        list.clauses.iter().find_map(|clause| match clause {
            sqlparser::ast::FunctionArgumentClause::IgnoreOrRespectNulls(said) => Some(*said),
            _ => None,
        })
    });
    said == Some(NullTreatment::IgnoreNulls)
}

/// Whether an expression has no columns, and is no null.
fn is_written_down(expr: &Expr) -> bool {
    if matches!(expr, Expr::Value(value) if value.value == Value::Null) {
        return false;
    }
    let found = walk_expressions(expr, |expr| match expr {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Subquery(_) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    found.is_continue()
}

#[cfg(test)]
mod tests {
    use crate::dialect::functions::rewrite_statement;
    use crate::parse::parse;

    #[test]
    fn values_of_rows() {
        for (sql, expected) in [
            ("lag(x, 1, 0) OVER w", "lag(x, 1, 0) OVER w"),
            (
                "lag(x, 1, y) OVER w",
                "(CASE WHEN lag(CAST(1 AS BIGINT), 1) OVER w IS NULL THEN y ELSE lag(x, 1) OVER w END)",
            ),
            ("lead(x, 2, y) IGNORE NULLS OVER w", "coalesce(lead(x, 2) IGNORE NULLS OVER w, y)"),
            ("lag(x, y) OVER w", "value_before(x, y) OVER w"),
            ("lead(x, y + 1) OVER w", "value_before(x, -(y + 1)) OVER w"),
            ("nth_value(x, y) OVER w", "value_at(x, y) OVER w"),
            (
                "lag(x, y, 0) OVER w",
                "(CASE WHEN value_before(CAST(1 AS BIGINT), y) OVER w IS NULL AND y IS NOT NULL THEN 0 ELSE value_before(x, y) OVER w END)",
            ),
        ] {
            let tail = "FROM t WINDOW w AS (ORDER BY z)";
            let mut statement = parse(&format!("SELECT {sql} {tail}")).unwrap().remove(0);
            rewrite_statement(&mut statement).unwrap();
            // Windows are written out where they are named.
            let expected = expected.replace("OVER w", "OVER (ORDER BY z)");
            assert_eq!(statement.to_string(), format!("SELECT {expected} {tail}"));
        }
    }
}
