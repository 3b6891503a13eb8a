//! `range(1, t.n)` and `generate_series(TIMESTAMP …)` in `FROM`: as the lists of the functions of these names.
//!
//! The relational core's own tables take plain numbers and dates.

use std::ops::ControlFlow;

use sqlparser::ast::{
    DataType, Expr, Function, FunctionArg, FunctionArgExpr, ObjectNamePart, SetExpr, TableFactor,
    TypedString, UnaryOperator, VisitorMut,
};

use super::functions::call;
use crate::joins::is_series;
use crate::parse::parse_piece;

/// Writes such tables as lists that become rows.
pub(crate) struct SeriesAsLists;

impl VisitorMut for SeriesAsLists {
    type Break = std::convert::Infallible;

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Self::Break> {
        if is_series(factor) {
            match as_list(factor) {
                Some(list) => *factor = list,
                None => write_small(factor),
            }
        }
        ControlFlow::Continue(())
    }
}

/// `RANGE(3)` as `range(3)`: the relational core knows its tables by that.
fn write_small(factor: &mut TableFactor) {
    if let TableFactor::Table { name, .. } | TableFactor::Function { name, .. } = factor
        && let [ObjectNamePart::Identifier(ident)] = name.0.as_mut_slice()
    {
        ident.value.make_ascii_lowercase();
    }
}

fn as_list(factor: &TableFactor) -> Option<TableFactor> {
    let (name, args, alias, ordinality) = match factor {
        TableFactor::Table { name, args: Some(args), alias, with_ordinality, .. } => {
            (name, &args.args, alias, *with_ordinality)
        }
        TableFactor::Function { name, args, alias, with_ordinality, .. } => {
            (name, args, alias, *with_ordinality)
        }
        _ => return None,
    };
    let mut given = Vec::with_capacity(args.len());
    for arg in args {
        let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg else { return None };
        given.push(expr.clone());
    }
    if given.iter().all(is_plain) && !ordinality {
        return None;
    }
    let name = name.to_string().to_lowercase();
    let list: Function = call(&name, given);
    // Without other names, the table and its column are called as the function is.
    let unnest = format!("SELECT * FROM UNNEST(1) AS \"{name}\"(\"{name}\")");
    let piece = parse_piece(&unnest, |parser| parser.parse_query()).ok()?;
    let SetExpr::Select(select) = *piece.body else { return None };
    let mut unnest = select.from.into_iter().next()?.relation;
    if let TableFactor::UNNEST { alias: own, array_exprs, with_ordinality, .. } = &mut unnest {
        *array_exprs = vec![Expr::Function(list)];
        *with_ordinality = ordinality;
        if let (Some(own), Some(alias)) = (own, alias) {
            own.name = alias.name.clone();
            if !alias.columns.is_empty() || ordinality {
                own.columns.clone_from(&alias.columns);
            }
        }
    }
    Some(unnest)
}

/// Whether the relational core knows the value when it plans a table.
fn is_plain(expr: &Expr) -> bool {
    match expr {
        Expr::Value(_) | Expr::Interval(_) => true,
        Expr::TypedString(TypedString { data_type: DataType::Date, .. }) => true,
        Expr::UnaryOp { op: UnaryOperator::Minus | UnaryOperator::Plus, expr } | Expr::Nested(expr) => {
            is_plain(expr)
        }
        Expr::BinaryOp { left, right, .. } => is_plain(left) && is_plain(right),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::parse::parse;

    #[test]
    fn series_of_values_that_are_computed() {
        for (sql, expected) in [
            ("SELECT * FROM range(t.n) u(j)", "SELECT * FROM UNNEST(range(t.n)) u (j)"),
            (
                "SELECT * FROM generate_series(1, n)",
                "SELECT * FROM UNNEST(generate_series(1, n)) AS \"generate_series\" (\"generate_series\")",
            ),
            ("SELECT * FROM range(-1, 2 * 3)", "SELECT * FROM range(-1, 2 * 3)"),
            (
                "SELECT * FROM range(2) WITH ORDINALITY t(x, n)",
                "SELECT * FROM UNNEST(range(2)) WITH ORDINALITY AS t (x, n)",
            ),
            (
                "SELECT * FROM RANGE(3), Range(t.n) u",
                r#"SELECT * FROM range(3), UNNEST(range(t.n)) u ("range")"#,
            ),
        ] {
            let parsed = parse(sql).unwrap()[0].to_string();
            assert_eq!(parsed.replace(" AS u ", " u "), expected);
        }
    }
}
