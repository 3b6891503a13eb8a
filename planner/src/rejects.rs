//! `rejects()`: the records that reading left out, as a table.

use std::ops::ControlFlow;

use datafusion_sql::parser::Statement;
use sqlparser::ast::{ObjectNamePart, TableFactor, Visitor};

use crate::walk::walk;

/// The columns of `rejects()`.
pub const REJECTS_COLUMNS: [&str; 7] = ["file", "line", "byte", "column", "expected", "value", "record"];

/// Whether a table factor is a call of `rejects()`.
pub fn is_rejects(factor: &TableFactor) -> bool {
    let TableFactor::Table { name, args: Some(args), .. } = factor else { return false };
    let [ObjectNamePart::Identifier(ident)] = name.0.as_slice() else { return false };
    ident.value.eq_ignore_ascii_case("rejects") && args.args.is_empty()
}

/// Whether a statement asks for what was rejected, and so has to come after those that reject.
pub(crate) fn reads_rejects(statement: &Statement) -> bool {
    struct Finder;
    impl Visitor for Finder {
        type Break = ();

        fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
            if is_rejects(factor) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
    }
    let found = match statement {
        Statement::Statement(statement) => walk(statement, &mut Finder),
        Statement::Explain(explain) => return reads_rejects(&explain.statement),
        Statement::CopyTo(copy) => match &copy.source {
            datafusion_sql::parser::CopyToSource::Query(query) => walk(query, &mut Finder),
            datafusion_sql::parser::CopyToSource::Relation(_) => ControlFlow::Continue(()),
        },
        Statement::CreateExternalTable(_) | Statement::Reset(_) => ControlFlow::Continue(()),
    };
    found.is_break()
}
