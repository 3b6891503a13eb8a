//! `SELECT upper(name) AS name FROM t ORDER BY t.name`: an order by columns whose names others have in the select list.
//!
//! The relational core looks for `t.name` among the columns of the result, finds one called so, and knows no longer which is meant.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Ident, OrderByExpr, OrderByKind, Query, Select, SelectItem, SetExpr, Value};

use crate::error::Result;
use crate::labels::unique_name;
use crate::parse::parse_piece;
use crate::scope::same_name;
use crate::walk::walk_expressions;

/// Gives the columns of a query in the place of a value, whose names nobody sees, other names where they are those of its order.
pub(super) fn rename_hidden(query: &mut Query) {
    let keys = keys_of(query);
    let SetExpr::Select(select) = query.body.as_mut() else { return };
    let taken = names_of(select);
    for item in &mut select.projection {
        let (expr, name) = match &*item {
            SelectItem::ExprWithAlias { expr, alias } => (expr.clone(), alias.value.clone()),
            SelectItem::UnnamedExpr(expr @ Expr::CompoundIdentifier(parts)) => {
                (expr.clone(), parts.last().map(|name| name.value.clone()).unwrap_or_default())
            }
            _ => continue,
        };
        if keys.iter().any(|key| is_other_column(key, &name, &expr)) {
            let free = unique_name(&format!("{name} of result"), |name| taken.iter().any(|own| own == name));
            *item = SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('"', free) };
        }
    }
}

/// Computes such keys beside the columns of the result, in a query inside this one.
pub(super) fn order_by_hidden(query: &mut Query, columns: Option<&[String]>) -> Result<()> {
    let (Some(columns), keys) = (columns, keys_of(query)) else { return Ok(()) };
    let SetExpr::Select(select) = query.body.as_mut() else { return Ok(()) };
    let is_other = |item: &SelectItem| {
        matches!(item, SelectItem::ExprWithAlias { expr, alias }
            if keys.iter().any(|key| is_other_column(key, &alias.value, expr)))
    };
    if select.distinct.is_some() || !select.projection.iter().any(is_other) {
        return Ok(());
    }
    let Some(order_by) = &mut query.order_by else { return Ok(()) };
    let OrderByKind::Expressions(orders) = &mut order_by.kind else { return Ok(()) };
    let mut inner = select.as_ref().clone();
    for (number, order) in orders.iter_mut().enumerate() {
        if !is_of_result(&order.expr, columns) {
            let name = Ident::with_quote('"', format!("order {}", number + 1));
            let expr = std::mem::replace(&mut order.expr, Expr::Identifier(name.clone()));
            inner.projection.push(SelectItem::ExprWithAlias { expr, alias: name });
        }
    }
    let names: Vec<String> = columns.iter().map(|name| Ident::with_quote('"', name).to_string()).collect();
    let sql = format!("SELECT {} FROM ({inner}) AS \"__ordered\"", names.join(", "));
    *query.body = *parse_piece(&sql, |parser| parser.parse_query())?.body;
    Ok(())
}

/// The qualified columns by which a query is ordered.
fn keys_of(query: &Query) -> Vec<Vec<Ident>> {
    let Some(order_by) = &query.order_by else { return Vec::new() };
    let OrderByKind::Expressions(orders) = &order_by.kind else { return Vec::new() };
    let mut keys = Vec::new();
    for OrderByExpr { expr, .. } in orders {
        let _: ControlFlow<()> = walk_expressions(expr, |expr| {
            if let Expr::CompoundIdentifier(parts) = expr {
                keys.push(parts.clone());
            }
            ControlFlow::Continue(())
        });
    }
    keys
}

/// Whether a key is called as a column of the result, and is another one.
fn is_other_column(key: &[Ident], name: &str, expr: &Expr) -> bool {
    let [table, column] = key else { return false };
    let is_same = match expr {
        Expr::CompoundIdentifier(parts) => matches!(parts.as_slice(), [of, own]
            if same_name(&of.value, &table.value) && same_name(&own.value, &column.value)),
        _ => false,
    };
    same_name(&column.value, name) && !is_same
}

/// A key that is a column of the result by its name or its number.
fn is_of_result(key: &Expr, columns: &[String]) -> bool {
    match key {
        Expr::Identifier(name) => columns.contains(&name.value),
        Expr::Value(value) => matches!(value.value, Value::Number(..)),
        _ => false,
    }
}

fn names_of(select: &Select) -> Vec<String> {
    let names = select.projection.iter().filter_map(|item| match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
        SelectItem::UnnamedExpr(Expr::Identifier(name)) => Some(name.value.clone()),
        _ => None,
    });
    names.collect()
}
