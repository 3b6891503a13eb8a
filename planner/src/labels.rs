//! What result columns are called.
//!
//! The relational core names a column after its own form of the expression, with the table's name in
//! it: `max(air/*.csv.DepDelay)`. Users expect what they wrote: `max(DepDelay)`. So each expression
//! without a name gets one.

use sqlparser::ast::{Expr, Ident, SelectItem};

use crate::scope::Relation;

/// Names every item of a select list and returns the names, those of wildcards included.
///
/// `relations` are the tables of FROM, and `star` the columns that `*` stands for; `None` if they are not known. A name
/// that comes again gets a number, as every column needs a name of its own.
pub(crate) fn label(
    items: &mut [SelectItem],
    relations: &[Relation],
    star: &dyn Fn(&SelectItem) -> Option<Vec<String>>,
) -> Option<Vec<String>> {
    let mut names: Option<Vec<String>> = Some(Vec::new());
    for item in items {
        let taken = |name: &str| names.as_ref().is_some_and(|names| names.iter().any(|known| known == name));
        match item {
            SelectItem::UnnamedExpr(expr) => {
                let (name, has_name) = name_of(expr, relations);
                let unique = unique_name(&name, taken);
                if !has_name || unique != name {
                    let expr = expr.clone();
                    *item = SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('"', unique.clone()) };
                }
                extend(&mut names, Some(vec![unique]));
            }
            SelectItem::ExprWithAlias { alias, .. } => {
                let unique = unique_name(&alias.value, taken);
                if unique != alias.value {
                    *alias = Ident::with_quote('"', unique.clone());
                }
                extend(&mut names, Some(vec![unique]));
            }
            wildcard => extend(&mut names, star(wildcard)),
        }
    }
    names
}

fn extend(names: &mut Option<Vec<String>>, more: Option<Vec<String>>) {
    match (names.as_mut(), more) {
        (Some(names), Some(more)) => names.extend(more),
        _ => *names = None,
    }
}

/// The name of an expression, and whether the relational core calls it so by itself.
pub(crate) fn name_of(expr: &Expr, relations: &[Relation]) -> (String, bool) {
    match expr {
        Expr::Identifier(ident) => (ident.value.clone(), true),
        // A table's column and a field of a struct are called by the last part, the second only by us.
        Expr::CompoundIdentifier(parts) => {
            let is_column = match parts.as_slice() {
                [table, column] => relations.iter().any(|relation| {
                    let has_it = |columns: &Vec<String>| columns.contains(&column.value);
                    relation.name == table.value && relation.columns.as_ref().is_none_or(has_it)
                }),
                _ => false,
            };
            (parts.last().map(|part| part.value.clone()).unwrap_or_default(), is_column)
        }
        Expr::Nested(inner) => (name_of(inner, relations).0, false),
        other => (other.to_string(), false),
    }
}

/// The name, with a number behind it if it is taken.
pub(crate) fn unique_name(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut unique = name.to_owned();
    let mut number = 1;
    while taken(&unique) {
        unique = format!("{name}_{number}");
        number += 1;
    }
    unique
}
