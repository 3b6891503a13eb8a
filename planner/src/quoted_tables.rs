//! `FROM "my.table"`: a name in double quotes that looks like a path, and is that of a table.

use std::ops::ControlFlow;

use datafusion_sql::parser::{CopyToSource, Statement};
use sqlparser::ast::{Ident, ObjectName, ObjectNamePart, Query, TableFactor, Visitor, VisitorMut};

use crate::scope::same_name;
use crate::source_call::looks_like_path;
use crate::walk::{walk, walk_mut};

/// Whether a statement has names in double quotes that look like paths, so that [`keep_table_names`] has something to do.
pub fn may_name_tables_like_paths(statement: &Statement) -> bool {
    struct Names;
    impl Visitor for Names {
        type Break = ();

        fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<()> {
            match name.0.as_slice() {
                [ObjectNamePart::Identifier(name)] if looks_like_path(name) => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        }
    }
    let flow = match statement {
        Statement::Statement(statement) => walk(statement, &mut Names),
        Statement::Explain(explain) => return may_name_tables_like_paths(&explain.statement),
        Statement::CopyTo(copy) => match &copy.source {
            CopyToSource::Query(query) => walk(query, &mut Names),
            CopyToSource::Relation(_) => ControlFlow::Continue(()),
        },
        Statement::CreateExternalTable(_) | Statement::Reset(_) => ControlFlow::Continue(()),
    };
    flow.is_break()
}

/// Gives names in double quotes that look like paths, and are those of these tables or of queries of `WITH`, quotes of another kind, in which
/// no path stands.
pub fn keep_table_names(statement: &mut Statement, tables: &[String]) {
    match statement {
        Statement::Statement(statement) => keep(statement, tables),
        Statement::Explain(explain) => keep_table_names(&mut explain.statement, tables),
        Statement::CopyTo(copy) => {
            if let CopyToSource::Query(query) = &mut copy.source {
                keep(query, tables);
            }
        }
        Statement::CreateExternalTable(_) | Statement::Reset(_) => {}
    }
}

fn keep<T: sqlparser::ast::VisitMut>(tree: &mut T, tables: &[String]) {
    let ControlFlow::Continue(()) = walk_mut(tree, &mut Keeper { tables: tables.to_vec() });
}

struct Keeper {
    /// Of the session, and of the queries that were met so far.
    tables: Vec<String>,
}

impl VisitorMut for Keeper {
    type Break = std::convert::Infallible;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Self::Break> {
        let ctes = query.with.iter().flat_map(|with| &with.cte_tables);
        self.tables.extend(ctes.map(|cte| cte.alias.name.value.clone()));
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Self::Break> {
        if let TableFactor::Table { name, args: None, .. } = factor
            && let [ObjectNamePart::Identifier(ident)] = name.0.as_mut_slice()
            && looks_like_path(ident)
            && self.tables.iter().any(|table| same_name(table, &ident.value))
        {
            *ident = Ident { quote_style: Some('`'), ..ident.clone() };
        }
        ControlFlow::Continue(())
    }
}
