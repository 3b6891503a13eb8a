//! `json_each(j)` in `FROM`: the members of an object or the items of an array, and `json_tree(j)`: these and all inside of them, as lists that
//! become rows.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, SetExpr, TableFactor, TableFunctionArgs, VisitorMut,
};

use super::functions::{call, text};
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

/// The columns, and the functions that make lists of them.
const COLUMNS: [(&str, &str); 8] = [
    ("key", "json_rows"),
    ("value", "json_rows"),
    ("type", "json_rows"),
    ("atom", "json_rows"),
    ("id", "json_row_numbers"),
    ("parent", "json_row_numbers"),
    ("fullkey", "json_rows"),
    ("path", "json_rows"),
];

fn as_lists(factor: &TableFactor) -> Option<TableFactor> {
    let (name, args, alias) = match factor {
        TableFactor::Table { name, args: Some(TableFunctionArgs { args, .. }), alias, .. } => {
            (name, args, alias)
        }
        TableFactor::Function { name, args, alias, .. } => (name, args, alias),
        _ => return None,
    };
    let name = name.to_string().to_lowercase();
    let kind = name.strip_prefix("json_").filter(|kind| matches!(*kind, "each" | "tree"))?;
    let argument = |arg: &FunctionArg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
        _ => None,
    };
    let (json, path) = match args.iter().map(argument).collect::<Option<Vec<_>>>()?.as_slice() {
        [json] => (json.clone(), text("$")),
        [json, path] => {
            let inside = Expr::Function(call("json_extract", vec![json.clone(), path.clone()]));
            (inside, path.clone())
        }
        _ => return None,
    };
    let lists = COLUMNS.map(|(column, function)| format!("{function}($1, '{kind}', $2, '{column}')"));
    let names = COLUMNS.map(|(column, _)| format!("\"{column}\""));
    let sql = format!("SELECT * FROM UNNEST({}) AS {name}({})", lists.join(", "), names.join(", "));
    let piece = parse_piece(&sql, |parser| parser.parse_query()).ok()?;
    let SetExpr::Select(select) = *piece.body else { return None };
    let mut lists = select.from.into_iter().next()?.relation;
    fill(&mut lists, &[json, path]);
    if let (TableFactor::UNNEST { alias: Some(own), .. }, Some(alias)) = (&mut lists, alias) {
        own.name = alias.name.clone();
        for (own, given) in own.columns.iter_mut().zip(&alias.columns) {
            *own = given.clone();
        }
    }
    Some(lists)
}
