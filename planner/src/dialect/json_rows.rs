//! `json_each(j)` in `FROM`: the members of an object or the items of an array, as lists that become rows.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, SetExpr, TableFactor, TableFunctionArgs, VisitorMut,
};

use super::functions::call;
use super::templates::fill;
use crate::parse::parse_piece;

/// Writes such tables as lists.
pub(crate) struct JsonRows;

impl VisitorMut for JsonRows {
    type Break = std::convert::Infallible;

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Self::Break> {
        if let Some(rows) = as_lists(factor) {
            *factor = rows;
        }
        ControlFlow::Continue(())
    }
}

/// Keys, values and their types, of the JSON `$1`.
const LISTS: &str = "SELECT * FROM UNNEST(\
    CASE WHEN json_type($1) = 'ARRAY' THEN CAST(range(json_array_length($1)) AS VARCHAR[]) ELSE json_keys($1) END, \
    CASE WHEN json_type($1) = 'ARRAY' THEN json_extract($1, '$[*]') ELSE json_extract($1, '$.*') END, \
    list_transform(\
        CASE WHEN json_type($1) = 'ARRAY' THEN json_extract($1, '$[*]') ELSE json_extract($1, '$.*') END, \
        v -> json_type(v))\
    ) AS json_each(\"key\", \"value\", \"type\")";

fn as_lists(factor: &TableFactor) -> Option<TableFactor> {
    let (name, args, alias) = match factor {
        TableFactor::Table { name, args: Some(TableFunctionArgs { args, .. }), alias, .. } => {
            (name, args, alias)
        }
        TableFactor::Function { name, args, alias, .. } => (name, args, alias),
        _ => return None,
    };
    if !name.to_string().eq_ignore_ascii_case("json_each") {
        return None;
    }
    let argument = |arg: &FunctionArg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
        _ => None,
    };
    let json = match args.iter().map(argument).collect::<Option<Vec<_>>>()?.as_slice() {
        [json] => json.clone(),
        [json, path] => Expr::Function(call("json_extract", vec![json.clone(), path.clone()])),
        _ => return None,
    };
    let piece = parse_piece(LISTS, |parser| parser.parse_query()).ok()?;
    let SetExpr::Select(select) = *piece.body else { return None };
    let mut lists = select.from.into_iter().next()?.relation;
    fill(&mut lists, &[json]);
    if let (TableFactor::UNNEST { alias: Some(own), .. }, Some(alias)) = (&mut lists, alias) {
        own.name = alias.name.clone();
        for (own, given) in own.columns.iter_mut().zip(&alias.columns) {
            *own = given.clone();
        }
    }
    Some(lists)
}
