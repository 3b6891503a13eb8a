//! What `*` stands for: `*`, `t.*`, and what EXCLUDE, EXCEPT, REPLACE and RENAME make of them.

use sqlparser::ast::{
    ExceptSelectItem, ExcludeSelectItem, Expr, Ident, ObjectName, ObjectNamePart, RenameSelectItem,
    SelectItem, SelectItemQualifiedWildcardKind, WildcardAdditionalOptions,
};

use crate::error::{Error, Result};
use crate::labels::{name_of, unique_name};
use crate::scope::{Match, Relation, Scope, all_columns, find_column, merged_from, same_name};
use crate::suggest::nearest;

/// The columns that `*` or `t.*` stands for.
pub(crate) fn star_columns(item: &SelectItem, relations: &[Relation]) -> Option<Vec<String>> {
    let (columns, options) = match item {
        SelectItem::Wildcard(options) => (all_columns(relations)?, options),
        SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
            let [ObjectNamePart::Identifier(ident)] = name.0.as_slice() else { return None };
            let relation = relations.iter().find(|relation| relation.name == ident.value)?;
            (relation.columns.clone()?, options)
        }
        _ => return None,
    };
    let left_out = left_out_names(options);
    Some(columns.into_iter().filter(|column| !left_out.contains(column)).collect())
}

/// Names that EXCLUDE and EXCEPT leave out of a wildcard.
pub(crate) fn left_out_names(options: &WildcardAdditionalOptions) -> Vec<String> {
    let mut options = options.clone();
    left_out_idents(&mut options).into_iter().map(|ident| ident.value.clone()).collect()
}

fn left_out_idents(options: &mut WildcardAdditionalOptions) -> Vec<&mut Ident> {
    let mut idents: Vec<&mut Ident> = Vec::new();
    match &mut options.opt_exclude {
        Some(ExcludeSelectItem::Single(name)) => idents.extend(name.0.last_mut().and_then(part_ident)),
        Some(ExcludeSelectItem::Multiple(names)) => {
            idents.extend(names.iter_mut().filter_map(|name| name.0.last_mut().and_then(part_ident)));
        }
        None => {}
    }
    if let Some(ExceptSelectItem { first_element, additional_elements }) = &mut options.opt_except {
        idents.push(first_element);
        idents.extend(additional_elements);
    }
    idents
}

fn part_ident(part: &mut ObjectNamePart) -> Option<&mut Ident> {
    match part {
        ObjectNamePart::Identifier(ident) => Some(ident),
        ObjectNamePart::Function(_) => None,
    }
}

/// Writes out the wildcards that rename columns, as the relational core knows no `RENAME`, and those over columns that a join by `USING`
/// makes of several, of which it gives any.
///
/// # Errors
/// There is no such column, or the columns are not known.
pub(crate) fn expand_renamed(items: &mut Vec<SelectItem>, relations: &[Relation]) -> Result<()> {
    let mut expanded = Vec::with_capacity(items.len());
    for item in items.drain(..) {
        match options_of(&item).and_then(|options| options.opt_rename.clone()) {
            Some(rename) => expanded.extend(renamed_columns(&item, rename, relations)?),
            None if of_numbered(&item, relations) => {
                expanded.extend(renamed_columns(&item, RenameSelectItem::Multiple(Vec::new()), relations)?)
            }
            None if matches!(item, SelectItem::Wildcard(_)) && has_merged_columns(relations) => {
                if let SelectItem::Wildcard(options) = &item
                    && *options == WildcardAdditionalOptions::default()
                    && !relations.iter().any(|relation| relation.merges)
                {
                    expanded.extend(relations.iter().filter_map(without_shared));
                } else {
                    expanded.extend(renamed_columns(
                        &item,
                        RenameSelectItem::Multiple(Vec::new()),
                        relations,
                    )?);
                }
            }
            None => expanded.push(item),
        }
    }
    *items = expanded;
    Ok(())
}

/// Writes out the wildcards over columns that are called as something that is selected by itself in front of them, as in
/// `SELECT a, *`: such a column gets a number, as [`label`](crate::labels::label) gives it to others.
///
/// # Errors
/// Those of [`expand_renamed`]; something is given the name of a column for which a wildcard in front of it stands.
pub(crate) fn expand_repeated(items: &mut Vec<SelectItem>, relations: &[Relation]) -> Result<()> {
    let mut expanded = Vec::with_capacity(items.len());
    // Of what is selected by itself, and of all.
    let (mut single, mut names): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for item in items.drain(..) {
        let unique =
            |name: &str, names: &[String]| unique_name(name, |name| names.iter().any(|known| known == name));
        let columns = star_columns(&item, relations).unwrap_or_default();
        if columns.iter().any(|column| single.contains(column)) {
            for mut column in renamed_columns(&item, RenameSelectItem::Multiple(Vec::new()), relations)? {
                if let SelectItem::ExprWithAlias { alias, .. } = &mut column {
                    alias.value = unique(&alias.value, &names);
                    names.push(alias.value.clone());
                }
                expanded.push(column);
            }
            continue;
        }
        let name = match &item {
            SelectItem::UnnamedExpr(expr) => Some(unique(&name_of(expr, relations).0, &names)),
            SelectItem::ExprWithAlias { alias, .. }
                if names.contains(&alias.value) && !single.contains(&alias.value) =>
            {
                return Err(same_as_of_wildcard(&alias.value));
            }
            SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
            _ => None,
        };
        single.extend(name.clone());
        names.extend(name.into_iter().chain(columns));
        expanded.push(item);
    }
    *items = expanded;
    Ok(())
}

/// An error of a name that one of the columns has for which a wildcard stands.
fn same_as_of_wildcard(name: &str) -> Error {
    Error::new(format!("two columns are named \"{name}\"")).with_hint(format!(
        "* REPLACE (… AS {name}) puts one in the place of the other, * EXCLUDE ({name}) leaves that out"
    ))
}

/// All columns of a table but those that are one with others in front of it; nothing where there are no others.
fn without_shared(relation: &Relation) -> Option<SelectItem> {
    let columns = relation.columns.as_deref().unwrap_or_default();
    let (shared, own): (Vec<&String>, Vec<&String>) =
        columns.iter().partition(|column| relation.shares(column));
    let name = |name: &str| ObjectName(vec![ObjectNamePart::Identifier(Ident::with_quote('"', name))]);
    let shared: Vec<ObjectName> = shared.into_iter().map(|column| name(column)).collect();
    let options = WildcardAdditionalOptions {
        opt_exclude: (!shared.is_empty()).then_some(ExcludeSelectItem::Multiple(shared)),
        ..WildcardAdditionalOptions::default()
    };
    let table = SelectItemQualifiedWildcardKind::ObjectName(name(&relation.name));
    (!own.is_empty()).then_some(SelectItem::QualifiedWildcard(table, options))
}

/// Whether a wildcard stands for columns of rows with numbers, which are none of them.
fn of_numbered(item: &SelectItem, relations: &[Relation]) -> bool {
    let mut numbered = relations.iter().filter(|relation| relation.is_numbered);
    match item {
        SelectItem::Wildcard(_) => numbered.next().is_some(),
        SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
            let table = name.to_string();
            numbered.any(|relation| same_name(&relation.name, table.trim_matches('"')))
        }
        _ => false,
    }
}

/// Whether columns are made of several, and all columns can be named.
fn has_merged_columns(relations: &[Relation]) -> bool {
    let are_known = relations.iter().all(|relation| relation.columns.is_some() && !relation.name.is_empty());
    are_known && relations.iter().any(|relation| !relation.shared.is_empty())
}

fn options_of(item: &SelectItem) -> Option<&WildcardAdditionalOptions> {
    match item {
        SelectItem::Wildcard(options) | SelectItem::QualifiedWildcard(_, options) => Some(options),
        _ => None,
    }
}

fn renamed_columns(
    item: &SelectItem,
    rename: RenameSelectItem,
    relations: &[Relation],
) -> Result<Vec<SelectItem>> {
    let is_all = matches!(item, SelectItem::Wildcard(_));
    let mut renamed = match rename {
        RenameSelectItem::Single(one) => vec![one],
        RenameSelectItem::Multiple(many) => many,
    };
    let relations: Vec<&Relation> = match item {
        SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
            let table = name.0.last().and_then(ObjectNamePart::as_ident).map_or("", |ident| &ident.value);
            relations.iter().filter(|relation| same_name(&relation.name, table)).collect()
        }
        _ => relations.iter().collect(),
    };
    let mut options = options_of(item).cloned().unwrap_or_default();
    let known: Vec<Relation> = relations.iter().map(|relation| (*relation).clone()).collect();
    wildcard_options(&mut options, &Scope::of(&known))?;
    let left_out = left_out_names(&options);
    let mut replaced = options.opt_replace.map(|replace| replace.items).unwrap_or_default();
    let mut items = Vec::new();
    for (place, relation) in relations.iter().enumerate() {
        let Some(columns) = &relation.columns else {
            return Err(Error::new("RENAME: the columns are not known")
                .with_hint("name the columns, as in SELECT a AS b"));
        };
        // Of columns that are one, the first stands for all, unless a table is named.
        let is_first = |column: &&String| !is_all || !relation.shares(column);
        for column in columns.iter().filter(|column| !left_out.contains(column)).filter(is_first) {
            let ident = Ident::with_quote('"', column);
            let merged = || merged_from(place, column, &known).filter(|_| is_all).map(|(_, value)| value);
            // `known` is one table where its name stands in front, of several that may have such a column.
            let own = || match (!is_all || known.len() > 1) && !relation.name.is_empty() {
                true => Expr::CompoundIdentifier(vec![Ident::with_quote('"', &relation.name), ident.clone()]),
                false => Expr::Identifier(ident.clone()),
            };
            let expr = match replaced.iter().position(|item| item.column_name.value == *column) {
                Some(at) => replaced.swap_remove(at).expr,
                None => merged().unwrap_or_else(own),
            };
            let alias = match renamed.iter().position(|rename| same_name(&rename.ident.value, column)) {
                Some(at) => renamed.swap_remove(at).alias,
                None => ident,
            };
            items.push(SelectItem::ExprWithAlias { expr, alias });
        }
    }
    match renamed.first() {
        None => Ok(items),
        Some(unknown) => {
            Err(no_column("RENAME", &unknown.ident.value, &all_columns(&known).unwrap_or_default()))
        }
    }
}

/// Gives the columns that a wildcard leaves out or replaces the spelling of the tables that it stands for.
///
/// # Errors
/// A column is replaced that is not there. The relational core would take no notice of it.
pub(crate) fn wildcard_options(options: &mut WildcardAdditionalOptions, scope: &Scope<'_>) -> Result<()> {
    for ident in left_out_idents(options) {
        if let Match::Spelling(name) = find_column(&ident.value, scope.relations)? {
            ident.value = name;
        }
    }
    if let Some(replace) = &mut options.opt_replace {
        for item in &mut replace.items {
            match (find_column(&item.column_name.value, scope.relations)?, all_columns(scope.relations)) {
                (Match::Spelling(name), _) => item.column_name.value = name,
                (Match::None, Some(columns)) => {
                    return Err(no_column("REPLACE", &item.column_name.value, &columns));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn no_column(option: &str, name: &str, columns: &[String]) -> Error {
    let hint = match nearest(name, columns.iter().map(String::as_str)) {
        Some(column) => format!("did you mean \"{column}\"?"),
        None => format!("the columns are: {}", columns.join(", ")),
    };
    Error::new(format!("{option}: there is no column \"{name}\"")).with_hint(hint)
}
