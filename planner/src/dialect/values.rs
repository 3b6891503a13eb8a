//! `VALUES (t.a), ((SELECT …))`: rows of other rows and of queries, as queries without tables.
//!
//! The relational core makes rows of what it can compute by itself.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Ident, Select, SelectItem, SetExpr, SetOperator, SetQuantifier, TableFactor, Values,
};

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
            alias: Ident::with_quote('"', value_column(place)),
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

/// What the column at a place of rows of values is called.
pub(crate) fn value_column(place: usize) -> String {
    format!("col{place}")
}

/// Writes rows of values as a table whose columns are called so, where they are the body of a query.
pub(crate) fn name_columns_of_values(body: &mut SetExpr) -> Result<()> {
    let SetExpr::Values(values) = body else { return Ok(()) };
    let width = values.rows.first().map_or(0, |row| row.len());
    let columns: Vec<String> = (0..width).map(value_column).collect();
    let sql = format!("SELECT * FROM (VALUES (1)) AS \"values\"({})", columns.join(", "));
    let mut named = *parse_piece(&sql, |parser| parser.parse_query())?.body;
    if let SetExpr::Select(select) = &mut named
        && let Some(TableFactor::Derived { subquery, .. }) =
            select.from.first_mut().map(|from| &mut from.relation)
    {
        std::mem::swap(subquery.body.as_mut(), body);
        *body = named;
    }
    Ok(())
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
