//! Fields of structs: `by.name`, where `by` is a column of files.

use std::slice::from_ref;

use sqlparser::ast::{
    AccessExpr, Expr, Function, FunctionArguments, Ident, ObjectNamePart, SelectItem,
    SelectItemQualifiedWildcardKind,
};

use crate::error::{Error, Result};
use crate::names::Catalog;
use crate::scope::{Env, Relation, Scope, respell, same_name};
use crate::suggest::nearest;
use crate::wildcard::left_out_names;

/// Gives the fields behind a column the spelling of the files. Names before them have it already.
///
/// # Errors
/// A struct has no such field.
pub(crate) fn resolve_fields(
    parts: &mut [Ident],
    catalog: &dyn Catalog,
    scope: &Scope<'_>,
    env: &Env,
) -> Result<()> {
    let Some((relation, column)) = owner(parts, scope, env) else { return Ok(()) };
    let Some(source) = &relation.source else { return Ok(()) };
    let mut path = vec![parts[column].value.clone()];
    for field in &mut parts[column + 1..] {
        let known = catalog.source_fields(source, &path);
        if known.is_empty() {
            // No struct: the relational core says so.
            return Ok(());
        }
        respell(field, known.iter().map(String::as_str));
        if !known.contains(&field.value) {
            return Err(no_field(&field.value, &path, &known));
        }
        path.push(field.value.clone());
    }
    Ok(())
}

/// Whether `table.column` is of a query around, and a column nearer by, without such a field, has the table's name.
pub(crate) fn is_behind_a_column(
    parts: &[Ident],
    catalog: &dyn Catalog,
    scope: &Scope<'_>,
    env: &Env,
) -> bool {
    let [first, second, ..] = parts else { return false };
    let mut is_hidden = false;
    for relations in scope.levels(env) {
        if let Some(table) = relations.iter().find(|relation| relation.name == first.value) {
            return is_hidden && table.column(&second.value).is_some();
        }
        for relation in relations {
            let Some(column) = relation.column(&first.value).filter(|column| **column == first.value) else {
                continue;
            };
            let fields =
                relation.source.as_ref().map(|source| catalog.source_fields(source, from_ref(column)));
            if fields.iter().flatten().any(|field| same_name(field, &second.value)) {
                return false;
            }
            is_hidden = true;
        }
    }
    false
}

/// The relation of a column, and which part is the column.
fn owner<'a>(parts: &[Ident], scope: &'a Scope<'_>, env: &'a Env) -> Option<(&'a Relation, usize)> {
    let [first, rest @ ..] = parts else { return None };
    for relations in scope.levels(env) {
        if let Some(relation) = relations.iter().find(|relation| same_name(&relation.name, &first.value)) {
            return (!rest.is_empty()).then_some((relation, 1));
        }
        let has_column = |relation: &&Relation| {
            relation.columns.as_ref().is_some_and(|columns| columns.contains(&first.value))
        };
        if let Some(relation) = relations.iter().find(has_column) {
            return Some((relation, 0));
        }
    }
    None
}

/// Writes out `by.*`, where `by` is a struct of files, as its fields.
pub(crate) fn expand_structs(items: &mut Vec<SelectItem>, relations: &[Relation], catalog: &dyn Catalog) {
    let mut expanded = Vec::with_capacity(items.len());
    for item in items.drain(..) {
        match fields_of(&item, relations, catalog) {
            Some(fields) => expanded.extend(fields),
            None => expanded.push(item),
        }
    }
    *items = expanded;
}

fn fields_of(item: &SelectItem, relations: &[Relation], catalog: &dyn Catalog) -> Option<Vec<SelectItem>> {
    let SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) = item
    else {
        return None;
    };
    let part = |part: &ObjectNamePart| part.as_ident().cloned();
    let mut parts: Vec<Ident> = name.0.iter().map(part).collect::<Option<_>>()?;
    let table = relations.iter().find(|relation| same_name(&relation.name, &parts[0].value));
    let (relation, column) = match table {
        Some(relation) => (relation, 1),
        None => (relations.iter().find(|relation| relation.column(&parts[0].value).is_some())?, 0),
    };
    let source = relation.source.as_ref()?;
    let own = relation.column(&parts.get(column)?.value)?;
    parts[column] = Ident::with_quote('"', own);
    let mut path = vec![own.clone()];
    for field in &mut parts[column + 1..] {
        respell(field, catalog.source_fields(source, &path).iter().map(String::as_str));
        path.push(field.value.clone());
    }
    let left_out = left_out_names(options);
    let mut fields = catalog.source_fields(source, &path);
    if fields.is_empty() {
        return None;
    }
    fields.retain(|field| !left_out.iter().any(|left_out| same_name(left_out, field)));
    let field = |name: String| {
        let alias = Ident::with_quote('"', name);
        let field = parts.iter().cloned().chain([alias.clone()]).collect();
        SelectItem::ExprWithAlias { expr: Expr::CompoundIdentifier(field), alias }
    };
    Some(fields.into_iter().map(field).collect())
}

fn no_field(name: &str, path: &[String], known: &[String]) -> Error {
    let names = known.iter().map(String::as_str);
    let hint = match nearest(name, names) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("the fields are: {}", known.join(", ")),
    };
    Error::new(format!("there is no field \"{name}\" in {}", path.join("."))).with_hint(hint)
}

/// The word `user` is a function without parentheses to the parser. Where there is a column of this name, as in many
/// files of JSON, it is that.
pub(crate) fn take_user_for_a_column(expr: &mut Expr, scope: &Scope<'_>, env: &Env) {
    let is_column = |word: &Ident| {
        let outer = env.outer.iter().flatten();
        let columns = scope.relations.iter().chain(outer).filter_map(|relation| relation.columns.as_ref());
        columns.flatten().any(|column| same_name(column, &word.value))
    };
    match expr {
        Expr::Function(function) => {
            if let Some(word) = word_user(function).filter(is_column) {
                *expr = Expr::Identifier(word);
            }
        }
        Expr::CompoundFieldAccess { root, access_chain }
            if matches!(**root, Expr::Identifier(_) | Expr::CompoundIdentifier(_)) =>
        {
            let Some((parts, names)) = names_of(root, access_chain) else { return };
            if names == access_chain.len() {
                *expr = Expr::CompoundIdentifier(parts);
            } else if names > 0 {
                **root = Expr::CompoundIdentifier(parts);
                access_chain.drain(..names);
            }
        }
        Expr::CompoundFieldAccess { root, access_chain } => {
            let Expr::Function(function) = root.as_ref() else { return };
            let Some(word) = word_user(function).filter(is_column) else { return };
            let fields = access_chain.iter().map(|access| match access {
                AccessExpr::Dot(Expr::Identifier(field)) => Some(field.clone()),
                _ => None,
            });
            match fields.collect::<Option<Vec<Ident>>>() {
                Some(fields) => {
                    *expr = Expr::CompoundIdentifier(std::iter::once(word).chain(fields).collect());
                }
                None => **root = Expr::Identifier(word),
            }
        }
        _ => {}
    }
}

/// The names of `t.user.name`, where a part between the dots is the word, or of what `t.s['a']` begins with, and how many come after the
/// root.
fn names_of(root: &Expr, access_chain: &[AccessExpr]) -> Option<(Vec<Ident>, usize)> {
    let mut parts = match root {
        Expr::Identifier(first) => vec![first.clone()],
        Expr::CompoundIdentifier(parts) => parts.clone(),
        _ => return None,
    };
    let name = |access: &AccessExpr| match access {
        AccessExpr::Dot(Expr::Identifier(part)) => Some(part.clone()),
        AccessExpr::Dot(Expr::Function(function)) => word_user(function),
        _ => None,
    };
    let before = parts.len();
    parts.extend(access_chain.iter().map_while(name));
    let names = parts.len() - before;
    Some((parts, names))
}

fn word_user(function: &Function) -> Option<Ident> {
    match (function.name.0.as_slice(), &function.args) {
        ([ObjectNamePart::Identifier(word)], FunctionArguments::None)
            if word.value.eq_ignore_ascii_case("user") =>
        {
            Some(word.clone())
        }
        _ => None,
    }
}
