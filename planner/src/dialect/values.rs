//! `VALUES (t.a), ((SELECT …))`: rows of other rows and of queries, as queries without tables.
//!
//! The relational core makes rows of what it can compute by itself.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Ident, Select, SelectItem, SetExpr, SetOperator, SetQuantifier, Values};

use crate::error::Result;
use crate::parse::parse_piece;
use crate::walk::walk_expressions;

/// The rows as queries, one behind the other; `None`: they are values and nothing else.
pub(crate) fn as_queries(values: &Values) -> Result<Option<SetExpr>> {
    let is_of_others = |row: &[Expr]| row.iter().any(|value| !is_value(value));
    if !values.rows.iter().any(|row| is_of_others(row)) {
        return Ok(None);
    }
    let SetExpr::Select(empty) = *parse_piece("SELECT 1", |parser| parser.parse_query())?.body else {
        return Ok(None);
    };
    let query = |row: &[Expr]| {
        let named = |(place, value): (usize, &Expr)| SelectItem::ExprWithAlias {
            expr: value.clone(),
            alias: Ident::with_quote('"', format!("column{}", place + 1)),
        };
        let projection = row.iter().enumerate().map(named).collect();
        SetExpr::Select(Box::new(Select { projection, ..(*empty).clone() }))
    };
    Ok(values.rows.iter().map(|row| query(row)).reduce(|before, row| SetExpr::SetOperation {
        op: SetOperator::Union,
        set_quantifier: SetQuantifier::All,
        left: Box::new(before),
        right: Box::new(row),
    }))
}

/// Whether an expression has neither columns nor queries in it.
fn is_value(expr: &Expr) -> bool {
    let found = walk_expressions(expr, |expr| match expr {
        Expr::Identifier(_)
        | Expr::CompoundIdentifier(_)
        | Expr::Subquery(_)
        | Expr::Exists { .. }
        | Expr::InSubquery { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    found.is_continue()
}
