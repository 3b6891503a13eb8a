//! `glob('*.csv')`: the names of files, as a table, as DuckDB has it.

use sqlparser::ast::{ObjectNamePart, TableFactor};

use crate::error::{Error, Result};
use crate::source_call::{SourceFunction, function_call};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;
    use crate::walk::walk;
    use std::ops::ControlFlow;

    struct Found(Result<Option<Vec<String>>>);

    impl sqlparser::ast::Visitor for Found {
        type Break = ();

        fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
            self.0 = globs_of(factor);
            ControlFlow::Break(())
        }
    }

    fn globs(from: &str) -> Result<Option<Vec<String>>> {
        let statement = parse(&format!("SELECT * FROM {from}")).unwrap().remove(0);
        let mut found = Found(Ok(None));
        if let crate::parse::Statement::Statement(statement) = &statement {
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
