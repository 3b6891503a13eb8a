//! Text becomes statements.

use datafusion_sql::parser::DFParserBuilder;
use sqlparser::dialect::GenericDialect;

use crate::copy;
use crate::error::{Error, Result};
use crate::inspect::tokens;

/// A statement, as the relational core parses it.
pub use datafusion_sql::parser::Statement;

/// Statements nested deeper than this are refused: parsing is recursive.
const RECURSION_LIMIT: usize = 200;

/// Splits text into statements; they are separated by `;`.
///
/// # Errors
/// The first place that is not SQL, by line and column.
pub fn parse(sql: &str) -> Result<Vec<Statement>> {
    let dialect = GenericDialect {};
    let tokens = tokens(sql, &dialect).map_err(|error| Error::new(format!("syntax error: {error}")))?;
    let mut parser = DFParserBuilder::new(copy::rewrite(tokens)?)
        .with_dialect(&dialect)
        .with_recursion_limit(RECURSION_LIMIT)
        .build()
        .map_err(|error| syntax_error(&error.strip_backtrace()))?;
    let statements = parser.parse_statements().map_err(|error| syntax_error(&error.strip_backtrace()))?;
    Ok(statements.into())
}

/// The parser's own message without the names of the layers it came through.
fn syntax_error(message: &str) -> Error {
    let mut text = message;
    for prefix in ["SQL error: ", "ParserError(", "TokenizerError(", "\""] {
        text = text.strip_prefix(prefix).unwrap_or(text);
    }
    if text.starts_with("RecursionLimitExceeded") {
        return Error::new("syntax error: the statement is nested too deeply");
    }
    let text = text.strip_suffix(')').unwrap_or(text);
    let text = text.strip_suffix('"').unwrap_or(text).replace("\\\"", "\"");
    Error::new(format!("syntax error: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_separated_by_semicolons() {
        assert_eq!(parse("SELECT 1; SELECT 2;").unwrap().len(), 2);
        assert_eq!(parse(" ; -- nothing\n").unwrap().len(), 0);
        assert_eq!(parse("").unwrap().len(), 0);
    }

    #[test]
    fn errors_tell_the_place() {
        let error = parse("SELECT 1;\nSELECT 2 FROM t t u").unwrap_err().to_string();
        assert!(error.starts_with("syntax error: ") && error.contains("Line: 2"), "{error}");
        assert!(parse("SELECT 'open").unwrap_err().to_string().contains("Unterminated string"));
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("SELECT {}1{}", "(".repeat(10_000), ")".repeat(10_000));
        assert!(parse(&deep).unwrap_err().to_string().contains("too deeply"));
    }
}
