//! Which column or table each name means.
//!
//! Names match without regard to case; a name that matches exactly goes first. The statement is
//! rewritten to the spelling of the file or table, so that the relational core, which compares names
//! byte by byte, finds them, and results keep that spelling. Scopes are those of SQL: the tables of
//! `FROM`, common table expressions, and, inside a subquery, everything around it.
//!
//! A name that is not found stays as it is: the relational core reports it, with its place.

mod beside;
mod expressions;
mod files;
mod from;
mod order;
mod outer_aggregates;
mod query;
mod select;
mod statement;
#[cfg(test)]
mod tests;

use std::cell::Cell;

use datafusion_sql::parser::{CopyToSource, CopyToStatement, Statement};
use files::Qualifiers;

use crate::clauses::check_clauses;
use crate::dialect::functions::rewrite_statement;
use crate::error::Result;
use crate::scope::Env;
use crate::source_call::SourceCall;

/// What the caller knows of tables.
pub trait Catalog {
    /// The columns of files.
    fn source_columns(&self, call: &SourceCall) -> Option<Vec<String>>;
    /// The names of the fields of a struct of files: of a column, or of a field of one, by the names on the way to
    /// it; none where it is no struct.
    fn source_fields(&self, _call: &SourceCall, _path: &[String]) -> Vec<String> {
        Vec::new()
    }
    /// Names of all tables and views.
    fn tables(&self) -> Vec<String>;
    /// The columns of a table or view, by its exact name.
    fn table_columns(&self, table: &str) -> Option<Vec<String>>;
    /// Whether a function of this name, as it is written, makes one value of the rows of a group.
    fn is_aggregate(&self, _function: &str) -> bool {
        false
    }
    /// Whether a function of this name makes one value of each row, and nothing else.
    fn is_scalar(&self, _function: &str) -> bool {
        false
    }
}

/// Whether the relational core describes itself by a table of this name.
pub fn is_internal(table: &str) -> bool {
    matches!(table, "tables" | "views" | "columns" | "df_settings" | "schemata" | "routines" | "parameters")
}

/// Rewrites all names in a statement to the spelling of what they mean, and gives each result column
/// its name.
///
/// # Errors
/// A name that matches several columns, none exactly; a function that cannot stand where it does.
pub fn resolve(statement: &mut Statement, catalog: &dyn Catalog) -> Result<()> {
    resolve_names(statement, catalog)?;
    // Last, as result columns are called after what was written.
    rewrite_statement(statement)?;
    check_statement(statement, catalog)
}

fn check_statement(statement: &Statement, catalog: &dyn Catalog) -> Result<()> {
    match statement {
        Statement::Statement(statement) => check_clauses(statement, catalog),
        Statement::Explain(explain) => check_statement(&explain.statement, catalog),
        Statement::CopyTo(copy) => match &copy.source {
            CopyToSource::Query(query) => check_clauses(query, catalog),
            CopyToSource::Relation(_) => Ok(()),
        },
        Statement::CreateExternalTable(_) | Statement::Reset(_) => Ok(()),
    }
}

fn resolve_names(statement: &mut Statement, catalog: &dyn Catalog) -> Result<()> {
    let qualifiers = match &*statement {
        Statement::Statement(statement) => Qualifiers::of(statement.as_ref()),
        Statement::CopyTo(CopyToStatement { source: CopyToSource::Query(query), .. }) => {
            Qualifiers::of(query)
        }
        _ => Qualifiers::default(),
    };
    let resolver = Resolver { catalog, named_queries: Cell::new(0), qualifiers };
    let env = Env::default();
    match statement {
        Statement::Statement(statement) => resolver.statement(statement, &env),
        Statement::Explain(explain) => resolve_names(&mut explain.statement, catalog),
        Statement::CopyTo(copy) => match &mut copy.source {
            CopyToSource::Query(query) => resolver.query(query, &env).map(|_| ()),
            CopyToSource::Relation(name) => resolver.table_name(name, &env).map(|_| ()),
        },
        Statement::CreateExternalTable(_) | Statement::Reset(_) => Ok(()),
    }
}

struct Resolver<'a> {
    catalog: &'a dyn Catalog,
    /// How many queries in FROM have been given names.
    named_queries: Cell<usize>,
    qualifiers: Qualifiers,
}
