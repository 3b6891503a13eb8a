//! Files that a statement calls by their names: `SELECT air.Year FROM 'data/air.csv.gz'`.

use std::collections::HashSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Ident, ObjectNamePart, Select, SelectItem, SelectItemQualifiedWildcardKind, TableAlias,
    TableFactor, Visit, Visitor,
};

use super::Resolver;
use crate::scope::{Relation, same_name};
use crate::source_call::{SourceCall, SourceFunction};
use crate::walk::walk;

/// What stands in front of dots in a statement, in lower case.
#[derive(Default)]
pub(super) struct Qualifiers(HashSet<String>);

impl Qualifiers {
    pub(super) fn of(tree: &impl Visit) -> Self {
        let mut qualifiers = Self::default();
        // Nothing breaks the walk.
        let _ = walk(tree, &mut qualifiers);
        qualifiers
    }
}

impl Visitor for Qualifiers {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::CompoundIdentifier(parts) = expr
            && let Some(first) = parts.first()
        {
            self.0.insert(first.value.to_lowercase());
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        for item in &select.projection {
            if let SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) = item
                && let [ObjectNamePart::Identifier(table)] = name.0.as_slice()
            {
                self.0.insert(table.value.to_lowercase());
            }
        }
        ControlFlow::Continue(())
    }
}

impl Resolver<'_> {
    /// Gives a file that has no other name its own, if the statement calls it so, and no table or column is called so.
    pub(super) fn name_file(
        &self,
        factor: &mut TableFactor,
        call: &SourceCall,
        columns: Option<&[String]>,
        relations: &[Relation],
    ) {
        let TableFactor::Table { alias: alias @ None, .. } = factor else { return };
        let (SourceFunction::Path, [path]) = (call.function, call.paths.as_slice()) else { return };
        let is_called = |name: &&str| {
            self.qualifiers.0.contains(&name.to_lowercase())
                && !relations.iter().any(|relation| same_name(&relation.name, name))
                && !columns.unwrap_or_default().iter().any(|column| same_name(column, name))
        };
        if let Some(name) = [path.as_str(), stem(path)].into_iter().find(is_called) {
            let name = Ident::with_quote('"', name);
            *alias = Some(TableAlias { explicit: true, name, columns: Vec::new(), at: None });
        }
    }
}

/// The name of a file without its folders and endings; nothing of a glob.
fn stem(path: &str) -> &str {
    if path.contains(['*', '?', '[', '{']) {
        return "";
    }
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.split('.').next().unwrap_or(name)
}
