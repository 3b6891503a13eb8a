//! `glob('*.csv')`: the names of files, as a table, as DuckDB has it.

use std::ops::ControlFlow;

use datafusion_sql::parser::CopyToSource;
use sqlparser::ast::{ObjectNamePart, TableFactor, Visitor};

use crate::error::{Error, Result};
use crate::parse::Statement;
use crate::source_call::{SourceFunction, function_call};
use crate::walk::walk;

/// The columns of `glob(…)`.
pub const GLOB_COLUMNS: [&str; 1] = ["file"];

/// The globs that a table factor asks for the files of, or `None` if it asks nothing of the kind.
///
/// # Errors
/// Its arguments cannot be understood.
pub fn globs_of(factor: &TableFactor) -> Result<Option<Vec<String>>> {
    let TableFactor::Table { name, args: Some(args), .. } = factor else { return Ok(None) };
    let [ObjectNamePart::Identifier(ident)] = name.0.as_slice() else { return Ok(None) };
    if !ident.value.eq_ignore_ascii_case("glob") {
        return Ok(None);
    }
    let call = function_call(SourceFunction::Path, &args.args)?;
    match call.options.first() {
        None => Ok(Some(call.paths)),
        Some((name, _)) => Err(Error::new(format!("glob has no option {name}"))
            .with_hint("it takes a glob, or a list of some: glob('data/*.csv')")),
    }
}

/// All globs of a statement; those that cannot be understood are told by whoever plans it.
pub(crate) fn globs_in(statement: &Statement) -> Vec<String> {
    struct Finder(Vec<String>);
    impl Visitor for Finder {
        type Break = ();

        fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
            self.0.extend(globs_of(factor).ok().flatten().unwrap_or_default());
            ControlFlow::Continue(())
        }
    }
    let mut finder = Finder(Vec::new());
    let _ = match statement {
        Statement::Statement(statement) => walk(statement, &mut finder),
        Statement::Explain(explain) => return globs_in(&explain.statement),
        Statement::CopyTo(copy) => match &copy.source {
            CopyToSource::Query(query) => walk(query, &mut finder),
            CopyToSource::Relation(_) => ControlFlow::Continue(()),
        },
        Statement::CreateExternalTable(_) | Statement::Reset(_) => ControlFlow::Continue(()),
    };
    finder.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    struct Found(Result<Option<Vec<String>>>);

    impl Visitor for Found {
        type Break = ();

        fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
            self.0 = globs_of(factor);
            ControlFlow::Break(())
        }
    }

    fn globs(from: &str) -> Result<Option<Vec<String>>> {
        let statement = parse(&format!("SELECT * FROM {from}")).unwrap().remove(0);
        let mut found = Found(Ok(None));
        if let Statement::Statement(statement) = &statement {
            let _ = walk(statement, &mut found);
        }
        found.0
    }

    #[test]
    fn globs_are_found() {
        assert_eq!(globs("glob('a/*.csv')").unwrap(), Some(vec!["a/*.csv".to_owned()]));
        assert_eq!(globs("GLOB(['a', 'b'])").unwrap(), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(globs("range(3)").unwrap(), None);
        assert_eq!(globs("glob('a', x = 1)").unwrap_err().to_string(), "glob has no option x");
        assert!(globs("glob()").unwrap_err().to_string().contains("there is no path"));
    }
}
