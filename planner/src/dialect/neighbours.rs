//! `lag(x, 1, y)` and `lead(x, 1, y)`, where the value in place of a missing row is one of each row: the relational core takes one that is
//! written down.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Function, FunctionArguments, NullTreatment};

use super::functions::{argument_list, positional};
use super::templates::Template;
use crate::error::Result;
use crate::walk::walk_expressions;

/// Whether there is a row is asked of a value that all rows have; `None`: the call stays.
pub(crate) fn with_default_of_row(function: &Function, name: &str) -> Result<Option<Expr>> {
    if !matches!(name, "lag" | "lead") || function.over.is_none() {
        return Ok(None);
    }
    let Some(given) = positional(function) else { return Ok(None) };
    let [value, offset, default] = given.as_slice() else { return Ok(None) };
    if is_written_down(default) {
        return Ok(None);
    }
    let neighbour = |args: Vec<Expr>| {
        let mut neighbour = function.clone();
        let clauses = match &mut neighbour.args {
            FunctionArguments::List(list) => std::mem::take(&mut list.clauses),
            _ => Vec::new(),
        };
        neighbour.args = argument_list(args, clauses);
        neighbour
    };
    let found = Expr::Function(neighbour(vec![value.clone(), offset.clone()]));
    // Without nulls, what is missing is a null.
    if ignores_nulls(function) {
        return Template::new("coalesce($1, $2)", 2).filled(&[found, default.clone()]).map(Some);
    }
    let there = Template::new("CAST(1 AS BIGINT)", 0).filled(&[])?;
    let is_there = Expr::Function(neighbour(vec![there, offset.clone()]));
    Template::new("CASE WHEN $1 IS NULL THEN $3 ELSE $2 END", 3)
        .filled(&[is_there, found, default.clone()])
        .map(|choice| Some(Expr::Nested(Box::new(choice))))
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

/// Whether an expression has no columns.
fn is_written_down(expr: &Expr) -> bool {
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
    fn defaults_of_rows() {
        for (sql, expected) in [
            ("lag(x, 1, 0) OVER w", "lag(x, 1, 0) OVER w"),
            (
                "lag(x, 1, y) OVER w",
                "(CASE WHEN lag(CAST(1 AS BIGINT), 1) OVER w IS NULL THEN y ELSE lag(x, 1) OVER w END)",
            ),
            ("lead(x, 2, y) IGNORE NULLS OVER w", "coalesce(lead(x, 2) IGNORE NULLS OVER w, y)"),
        ] {
            let tail = "FROM t WINDOW w AS (ORDER BY z)";
            let mut statement = parse(&format!("SELECT {sql} {tail}")).unwrap().remove(0);
            rewrite_statement(&mut statement).unwrap();
            assert_eq!(statement.to_string(), format!("SELECT {expected} {tail}"));
        }
    }
}
