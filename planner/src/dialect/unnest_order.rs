//! `SELECT unnest(l) … ORDER BY id`: lists that become rows, in an order by what is not in the select list.
//!
//! The relational core looks for such a key among what has been unnested, where it is not. So it becomes a column there, and is left out
//! by a query around.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Ident, OrderBy, OrderByExpr, OrderByKind, Query, SelectItem, SetExpr, TableFactor, Value,
};

use crate::dialect::distinct_on::in_list;
use crate::error::Result;
use crate::parse::parse_piece;
use crate::walk::walk_expressions;

/// Makes columns of keys that are in no select list beside `unnest`, and leaves them out around it.
pub(crate) fn order_unnested(query: &mut Query) -> Result<()> {
    let (SetExpr::Select(select), Some(OrderBy { kind: OrderByKind::Expressions(order), .. })) =
        (query.body.as_mut(), &query.order_by)
    else {
        return Ok(());
    };
    if select.distinct.is_some() || !select.projection.iter().any(unnests) {
        return Ok(());
    }
    let order = order.clone();
    let mut hidden = Vec::new();
    let mut keys = Vec::new();
    for by in order {
        let name = match (in_list(&by.expr, select), &by.expr) {
            ((_, Some(name)), _) => name,
            ((_, None), Expr::Value(value)) if matches!(value.value, Value::Number(..)) => return Ok(()),
            ((expr, None), _) => {
                let name = Ident::with_quote('"', format!("__order_{}", hidden.len()));
                select.projection.push(SelectItem::ExprWithAlias { expr, alias: name.clone() });
                hidden.push(name.to_string());
                name
            }
        };
        keys.push(OrderByExpr { expr: Expr::Identifier(name), ..by });
    }
    if hidden.is_empty() {
        return Ok(());
    }
    let around = format!("SELECT * EXCLUDE ({}) FROM (SELECT 1) AS \"__unnested\"", hidden.join(", "));
    let around = parse_piece(&around, |parser| parser.parse_query())?;
    let inner = Query {
        with: None,
        order_by: None,
        limit_clause: None,
        fetch: None,
        body: std::mem::replace(&mut query.body, around.body),
        ..query.clone()
    };
    if let SetExpr::Select(select) = query.body.as_mut()
        && let Some(TableFactor::Derived { subquery, .. }) =
            select.from.first_mut().map(|table| &mut table.relation)
    {
        **subquery = inner;
    }
    query.order_by = Some(OrderBy { kind: OrderByKind::Expressions(keys), interpolate: None });
    Ok(())
}

/// Whether a list becomes rows in an item of a select list.
fn unnests(item: &SelectItem) -> bool {
    let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else { return false };
    let found = walk_expressions(expr, |expr| match expr {
        Expr::Function(call) if call.name.to_string().eq_ignore_ascii_case("unnest") => {
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}

#[cfg(test)]
mod tests {
    use crate::dialect::functions::rewrite_statement;
    use crate::parse::parse;

    #[test]
    fn keys_that_are_not_in_the_list_are_columns_inside() {
        for (sql, expected) in [
            (
                "SELECT unnest(l) AS u FROM t ORDER BY id DESC, u LIMIT 1",
                "SELECT * EXCLUDE (\"__order_0\") FROM (SELECT unnest(l) AS u, id AS \"__order_0\" FROM t) AS \"__unnested\" \
                 ORDER BY \"__order_0\" DESC, u LIMIT 1",
            ),
            ("SELECT id, unnest(l) AS u FROM t ORDER BY id", "SELECT id, unnest(l) AS u FROM t ORDER BY id"),
            ("SELECT l FROM t ORDER BY id", "SELECT l FROM t ORDER BY id"),
        ] {
            let mut statement = parse(sql).unwrap().remove(0);
            rewrite_statement(&mut statement).unwrap();
            assert_eq!(statement.to_string(), expected);
        }
    }
}
