//! `sniff_csv('glob')`: how files are written, as a table of one row, as DuckDB has it.

use sqlparser::ast::{ObjectNamePart, TableFactor};

use crate::error::Result;
use crate::source_call::{SourceCall, SourceFunction, function_call};

/// The columns of `sniff_csv(…)`.
pub const SNIFF_COLUMNS: [&str; 12] = [
    "Delimiter",
    "Quote",
    "Escape",
    "NewLineDelimiter",
    "Comment",
    "SkipRows",
    "HasHeader",
    "Columns",
    "DateFormat",
    "TimestampFormat",
    "UserArguments",
    "Prompt",
];

/// The call of `read_csv` that reads the files which a table factor asks about, or `None` if it asks nothing of the kind.
///
/// # Errors
/// Its arguments cannot be understood.
pub fn sniffed_call_of(factor: &TableFactor) -> Result<Option<SourceCall>> {
    let TableFactor::Table { name, args: Some(args), .. } = factor else { return Ok(None) };
    match name.0.as_slice() {
        [ObjectNamePart::Identifier(ident)] if ident.value.eq_ignore_ascii_case("sniff_csv") => {
            function_call(SourceFunction::ReadCsv, &args.args).map(Some)
        }
        _ => Ok(None),
    }
}
