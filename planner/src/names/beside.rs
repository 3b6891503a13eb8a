//! Queries in `FROM` that are of the rows of what stands in front of them: `FROM t, (SELECT t.a + 1 AS b)`, without the word `LATERAL`.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Query, SetExpr, TableAlias, TableFactor, Visitor};

use crate::scope::{Relation, same_name};
use crate::walk::{walk, walk_expressions};

/// Whether a query names columns of tables in front of it: by their names, of which it has no table itself, or, where it has no
/// tables at all, by their own.
pub(super) fn looks_beside(query: &Query, relations: &[Relation]) -> bool {
    if relations.is_empty() {
        return false;
    }
    let mut inside = Inside::default();
    let ControlFlow::Continue(()) = walk(query, &mut inside);
    let is_beside = |name: &str| {
        let has_name = |other: &String| same_name(other, name);
        !inside.names.iter().any(has_name) && relations.iter().any(|relation| same_name(&relation.name, name))
    };
    let has_tables = !inside.names.is_empty() || !has_plain_body(query);
    let found = walk_expressions(query, |expr| match expr {
        Expr::CompoundIdentifier(parts) if is_beside(&parts[0].value) => ControlFlow::Break(()),
        Expr::Identifier(name)
            if !has_tables && relations.iter().any(|relation| relation.column(&name.value).is_some()) =>
        {
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}

/// Whether it is a `SELECT` without tables, or rows of values.
fn has_plain_body(query: &Query) -> bool {
    match &*query.body {
        SetExpr::Select(select) => select.from.is_empty(),
        SetExpr::Values(_) => true,
        _ => false,
    }
}

/// What the tables in a query are called there.
#[derive(Default)]
struct Inside {
    names: Vec<String>,
}

impl Visitor for Inside {
    type Break = std::convert::Infallible;

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Self::Break> {
        let alias: Option<&TableAlias> = match factor {
            TableFactor::Table { alias, .. }
            | TableFactor::Derived { alias, .. }
            | TableFactor::TableFunction { alias, .. }
            | TableFactor::Function { alias, .. }
            | TableFactor::UNNEST { alias, .. }
            | TableFactor::NestedJoin { alias, .. }
            | TableFactor::Pivot { alias, .. }
            | TableFactor::Unpivot { alias, .. } => alias.as_ref(),
            _ => None,
        };
        let own = match factor {
            TableFactor::Table { name, .. } => name.0.last().and_then(|part| part.as_ident()),
            _ => None,
        };
        self.names.extend(alias.map(|alias| &alias.name).or(own).map(|name| name.value.clone()));
        ControlFlow::Continue(())
    }
}
