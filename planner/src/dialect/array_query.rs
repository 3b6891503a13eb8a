//! `ARRAY(SELECT …)`: the rows of a query of one column as a list, in their order.

use sqlparser::ast::{
    Expr, Function, FunctionArguments, Ident, LimitClause, OrderBy, OrderByExpr, OrderByKind, Query, Select,
    SelectItem, SetExpr, Value,
};

use crate::error::{Error, Result};
use crate::parse::parse_piece;

/// The query of one value for such a call; `None`: it is another one.
///
/// # Errors
/// It has an order that is not plain.
pub(crate) fn as_list(function: &Function) -> Result<Option<Expr>> {
    let FunctionArguments::Subquery(query) = &function.args else { return Ok(None) };
    if !function.name.to_string().eq_ignore_ascii_case("array") {
        return Ok(None);
    }
    let mut query = (**query).clone();
    if let SetExpr::Select(select) = query.body.as_ref()
        && select.projection.len() != 1
    {
        return Err(Error::new("ARRAY(…): expected a query of one column")
            .with_hint("several become one as a struct: ARRAY(SELECT {'a': a, 'b': b} FROM …)"));
    }
    let is_ordered = number_rows(&mut query)?;
    let order = if is_ordered { " ORDER BY __row" } else { "" };
    let names = if is_ordered { "(__value, __row)" } else { "(__value)" };
    let sql = format!("(SELECT coalesce(array_agg(__value{order}), []) FROM ({query}) AS __rows{names})");
    parse_piece(&sql, |parser| parser.parse_expr()).map(Some)
}

/// Gives a query that has an order the numbers of its rows as a second column. False: it has none.
fn number_rows(query: &mut Query) -> Result<bool> {
    let Some(OrderBy { kind: OrderByKind::Expressions(keys), .. }) = query.order_by.clone() else {
        return Ok(false);
    };
    let SetExpr::Select(select) = query.body.as_mut() else {
        return Err(Error::new("ARRAY(…): the order of a UNION is not supported")
            .with_hint("order a query around it: ARRAY(SELECT x FROM (… UNION …) AS t(x) ORDER BY x)"));
    };
    if select.distinct.is_some() {
        return Err(Error::new("ARRAY(…): the order of DISTINCT rows is not supported").with_hint(
            "order a query around it: ARRAY(SELECT x FROM (SELECT DISTINCT …) AS t(x) ORDER BY x)",
        ));
    }
    let keys: Vec<OrderByExpr> =
        keys.into_iter().map(|key| OrderByExpr { expr: key_of(&key.expr, select), ..key }).collect();
    let text: Vec<String> = keys.iter().map(ToString::to_string).collect();
    let number = format!("row_number() OVER (ORDER BY {})", text.join(", "));
    let number = parse_piece(&number, |parser| parser.parse_expr())?;
    select
        .projection
        .push(SelectItem::ExprWithAlias { expr: number, alias: Ident::with_quote('"', "__row") });
    let is_cut = matches!(query.limit_clause, Some(LimitClause::LimitOffset { .. })) || query.fetch.is_some();
    if !is_cut {
        query.order_by = None;
    }
    Ok(true)
}

/// What a key stands for: a number or a name may mean the value itself.
fn key_of(key: &Expr, select: &Select) -> Expr {
    let value = match select.projection.first() {
        Some(SelectItem::UnnamedExpr(value)) => (value, None),
        Some(SelectItem::ExprWithAlias { expr, alias }) => (expr, Some(alias)),
        _ => return key.clone(),
    };
    let is_value = match key {
        Expr::Value(number) => matches!(&number.value, Value::Number(number, _) if number == "1"),
        Expr::Identifier(name) => value.1.is_some_and(|alias| alias.value.eq_ignore_ascii_case(&name.value)),
        _ => false,
    };
    if is_value { value.0.clone() } else { key.clone() }
}
