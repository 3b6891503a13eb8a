//! What `*` stands for: `*`, `t.*`, and what EXCLUDE, EXCEPT and REPLACE make of them.

use sqlparser::ast::{
    ExceptSelectItem, ExcludeSelectItem, Ident, ObjectNamePart, SelectItem, SelectItemQualifiedWildcardKind,
    WildcardAdditionalOptions,
};

use crate::error::Result;
use crate::scope::{Match, Relation, Scope, all_columns, find_column};

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
fn left_out_names(options: &WildcardAdditionalOptions) -> Vec<String> {
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

pub(crate) fn wildcard_options(options: &mut WildcardAdditionalOptions, scope: &Scope<'_>) -> Result<()> {
    for ident in left_out_idents(options) {
        if let Match::Spelling(name) = find_column(&ident.value, scope.relations)? {
            ident.value = name;
        }
    }
    if let Some(replace) = &mut options.opt_replace {
        for item in &mut replace.items {
            if let Match::Spelling(name) = find_column(&item.column_name.value, scope.relations)? {
                item.column_name.value = name;
            }
        }
    }
    Ok(())
}
