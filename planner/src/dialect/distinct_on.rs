//! `SELECT DISTINCT ON (k) … ORDER BY x`: the first row of each key by an order that does not begin with the key.
//!
//! The relational core takes orders that begin with the keys. So these are put in front in a query of their own, around which rows are
//! put into the order that was written.

use sqlparser::ast::{
    Distinct, Expr, Ident, OrderBy, OrderByExpr, OrderByKind, OrderByOptions, Query, Select, SelectItem,
    SetExpr, TableFactor, Value,
};

use crate::dialect::functions::keep_first_keys;
use crate::error::Result;
use crate::parse::parse_piece;

/// Gives the first rows of keys an order that begins with the keys, and all of them the one that was written.
pub(crate) fn order_first_rows(query: &mut Query) -> Result<()> {
    let (SetExpr::Select(select), Some(OrderBy { kind: OrderByKind::Expressions(order), .. })) =
        (query.body.as_ref(), &query.order_by)
    else {
        return Ok(());
    };
    let Some(Distinct::On(keys)) = &select.distinct else { return Ok(()) };
    let begins_with_keys = keys.len() <= order.len()
        && keys
            .iter()
            .zip(order)
            .all(|(key, order)| in_list(key, select).0 == in_list(&order.expr, select).0);
    if begins_with_keys || order.is_empty() {
        name_alike(query);
        return Ok(());
    }
    let (keys, order) = (keys.clone(), order.clone());
    let mut first = Query { with: None, ..query.clone() };
    (first.limit_clause, first.fetch) = (None, None);
    let SetExpr::Select(select) = first.body.as_mut() else { return Ok(()) };
    let mut inside: Vec<OrderByExpr> = keys.iter().map(|key| plain_order(in_list(key, select).0)).collect();
    let (mut outside, mut hidden) = (Vec::new(), Vec::new());
    for by in order {
        let (expr, name) = in_list(&by.expr, select);
        inside.push(OrderByExpr { expr: expr.clone(), ..by.clone() });
        let name = name.unwrap_or_else(|| {
            let name = Ident::with_quote('"', format!("__order_{}", hidden.len()));
            select.projection.push(SelectItem::ExprWithAlias { expr, alias: name.clone() });
            hidden.push(name.to_string());
            name
        });
        outside.push(OrderByExpr { expr: Expr::Identifier(name), ..by });
    }
    keep_first_keys(&mut inside);
    first.order_by = Some(OrderBy { kind: OrderByKind::Expressions(inside), interpolate: None });
    let exclude = if hidden.is_empty() { String::new() } else { format!("EXCLUDE ({})", hidden.join(", ")) };
    let around = format!("SELECT * {exclude} FROM (SELECT 1) AS \"__first\"");
    let mut around = parse_piece(&around, |parser| parser.parse_query())?;
    if let SetExpr::Select(select) = around.body.as_mut()
        && let Some(TableFactor::Derived { subquery, .. }) =
            select.from.first_mut().map(|table| &mut table.relation)
    {
        **subquery = first;
    }
    query.body = around.body;
    query.order_by = Some(OrderBy { kind: OrderByKind::Expressions(outside), interpolate: None });
    Ok(())
}

/// Writes keys in the order as they are in the list of keys, and each once: the relational core takes a name of the select list for another
/// key than what it stands for.
fn name_alike(query: &mut Query) {
    let (SetExpr::Select(select), Some(OrderBy { kind: OrderByKind::Expressions(order), .. })) =
        (query.body.as_mut(), &mut query.order_by)
    else {
        return;
    };
    let Some(Distinct::On(keys)) = &select.distinct else { return };
    let keys: Vec<Expr> = keys.iter().map(|key| in_list(key, select).0).collect();
    for (order, key) in order.iter_mut().zip(&keys) {
        order.expr = key.clone();
    }
    keep_first_keys(order);
    select.distinct = Some(Distinct::On(keys));
}

/// What a key is, which may be a number or name of the select list, and the name of its column if it has one there.
pub(super) fn in_list(key: &Expr, select: &Select) -> (Expr, Option<Ident>) {
    if let Expr::Nested(key) = key {
        return in_list(key, select);
    }
    let item = match key {
        Expr::Value(value) => match &value.value {
            Value::Number(number, _) => {
                number.parse::<usize>().ok().and_then(|number| select.projection.get(number.checked_sub(1)?))
            }
            _ => None,
        },
        Expr::Identifier(name) => select.projection.iter().find(
            |item| matches!(item, SelectItem::ExprWithAlias { alias, .. } if alias.value == name.value),
        ),
        _ => None,
    };
    let same = |expr: &Expr| {
        select.projection.iter().find_map(|item| match item {
            SelectItem::ExprWithAlias { expr: own, alias } if own == expr => Some(alias.clone()),
            SelectItem::UnnamedExpr(Expr::Identifier(own)) if *expr == Expr::Identifier(own.clone()) => {
                Some(own.clone())
            }
            _ => None,
        })
    };
    match item {
        Some(SelectItem::ExprWithAlias { expr, alias }) => (expr.clone(), Some(alias.clone())),
        Some(SelectItem::UnnamedExpr(expr)) => (expr.clone(), same(expr)),
        _ => (key.clone(), same(key)),
    }
}

fn plain_order(expr: Expr) -> OrderByExpr {
    let options = OrderByOptions { asc: None, nulls_first: None };
    OrderByExpr { expr, options, with_fill: None }
}
