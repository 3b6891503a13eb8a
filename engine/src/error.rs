//! What a query can fail with: a message, a detail and a hint, whichever layer it came from.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use datafusion::common::{Column, SchemaError};
use datafusion::error::DataFusionError;
use swath_io::ErrorKind;

use crate::budget::Refused;
use crate::error_words;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of a query. `Display` gives the message, one line; `Debug` what a program prints whose `main` returns it: the message, the
/// detail and the hint.
///
/// ```
/// use swath::prelude::*;
///
/// let lengths = swath::bag::from_iter([1, 2], 1).to_frame(["length"])?;
/// let error = lengths.max("lenght").get().unwrap_err();
/// assert_eq!(error.to_string(), "there is no column \"lenght\"");
/// assert_eq!(format!("{error:?}"), "there is no column \"lenght\"\n  hint: did you mean \"length\"?");
/// # Ok::<(), swath::Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum Error {
    /// The statement cannot be understood.
    Statement(swath_planner::Error),
    /// A file cannot be found, opened, decoded or parsed.
    Source(Arc<swath_io::Error>),
    /// The relational core refuses the query or fails in it.
    Query(QueryError),
    /// The query took longer than it may ([`SessionBuilder::timeout`](crate::SessionBuilder::timeout)).
    TimedOut {
        /// How long it may take.
        limit: Duration,
    },
}

/// An error of the relational core, in words for its user.
#[derive(Debug, Clone)]
pub struct QueryError {
    message: String,
    hint: Option<String>,
    source: Option<Arc<DataFusionError>>,
}

impl Error {
    pub(crate) fn query(message: impl Into<String>, hint: impl Into<Option<String>>) -> Self {
        Self::Query(QueryError { message: message.into(), hint: hint.into(), source: None })
    }

    /// An error of planning a statement that has these names in double quotes: somebody may have meant a text.
    pub(crate) fn of_plan(error: DataFusionError, quoted: &[String]) -> Self {
        let mut error = Self::from(error);
        if let Self::Query(QueryError { message, hint: Some(hint), .. }) = &mut error
            && !hint.starts_with("did you mean")
            && let Some(name) = quoted.iter().find(|name| *message == no_column(name))
        {
            *hint = format!("a text goes in single quotes: '{name}'; {hint}");
        }
        error
    }

    /// The error with a hint for those who write programs, and no SQL.
    pub(crate) fn in_methods(mut self) -> Self {
        if let Self::Query(QueryError { hint: Some(hint), .. }) = &mut self {
            *hint = error_words::in_methods(hint);
        }
        self
    }

    /// Whether the query needed more memory than it may use.
    pub(crate) fn is_out_of_memory(&self) -> bool {
        let Self::Query(QueryError { source: Some(error), .. }) = self else { return false };
        refusal(error.find_root()).is_some()
    }

    /// Whether the query took longer than it may.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::TimedOut { .. })
    }

    /// Whether it writes to a pipe that nobody reads any more, as `COPY … TO '/dev/stdout'` in front of `| head`.
    pub fn is_closed_pipe(&self) -> bool {
        let Self::Source(error) = self else { return false };
        matches!(error.kind(), ErrorKind::Io { action: "write", source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
    }

    /// More about the place, or nothing.
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::Source(error) => error.detail(),
            Self::Statement(_) | Self::Query(_) | Self::TimedOut { .. } => None,
        }
    }

    /// What to try next, or nothing.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Statement(error) => error.hint().map(str::to_owned),
            Self::Source(error) => error.hint(),
            Self::Query(error) => error.hint.clone(),
            Self::TimedOut { .. } => Some("give it more time: --timeout, or SET timeout = '10m'".to_owned()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Statement(error) => error.fmt(f),
            Self::Source(error) => error.fmt(f),
            Self::Query(error) => f.write_str(&error.message),
            Self::TimedOut { limit } => write!(f, "the query took longer than it may, {limit:?}"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        for (name, more) in [("detail", self.detail()), ("hint", self.hint())] {
            if let Some(more) = more {
                write!(f, "\n  {name}: {more}")?;
            }
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Statement(_) | Self::Source(_) | Self::TimedOut { .. } => None,
            Self::Query(error) => error.source.as_deref().map(|source| source as _),
        }
    }
}

impl From<swath_planner::Error> for Error {
    fn from(error: swath_planner::Error) -> Self {
        Self::Statement(error)
    }
}

impl From<swath_io::Error> for Error {
    fn from(error: swath_io::Error) -> Self {
        Self::Source(Arc::new(error))
    }
}

/// Carries an error of ours through the relational core; [`Error::from`] takes it out again.
pub(crate) fn into_datafusion(error: swath_io::Error) -> DataFusionError {
    DataFusionError::External(Box::new(Arc::new(error)))
}

impl From<DataFusionError> for Error {
    fn from(error: DataFusionError) -> Self {
        if let Some(source) = find_source(&error) {
            return Self::Source(source);
        }
        if let Some(ours) = find_ours(&error) {
            return ours;
        }
        let root = error.find_root();
        let (message, hint) = match (refusal(root), root) {
            (Some(message), _) => (
                format!("the query does not fit into its memory: {message}"),
                Some("give it more (--memory-limit), or use fewer threads (--threads)".to_owned()),
            ),
            (None, DataFusionError::SchemaError(schema, _)) => schema_words(schema),
            (None, root) => error_words::of_core(root),
        };
        Self::Query(QueryError { message, hint, source: Some(Arc::new(error)) })
    }
}

/// What somebody was told who asked for memory and got none.
fn refusal(root: &DataFusionError) -> Option<String> {
    match root {
        DataFusionError::ResourcesExhausted(message) => Some(message.clone()),
        DataFusionError::External(error) => error.downcast_ref::<Refused>().map(ToString::to_string),
        _ => None,
    }
}

/// An error of ours somewhere below.
fn find_source(error: &DataFusionError) -> Option<Arc<swath_io::Error>> {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<Arc<swath_io::Error>>() {
            return Some(Arc::clone(found));
        }
        if let Some(DataFusionError::Collection(errors)) = error.downcast_ref() {
            return errors.iter().find_map(find_source);
        }
        cause = error.source();
    }
    None
}

/// An error that is one of this crate already: of a bag, of a sink.
fn find_ours(error: &DataFusionError) -> Option<Error> {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<Error>() {
            return Some(found.clone());
        }
        if let Some(DataFusionError::Collection(errors)) = error.downcast_ref() {
            return errors.iter().find_map(find_ours);
        }
        cause = error.source();
    }
    None
}

fn schema_words(error: &SchemaError) -> (String, Option<String>) {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            if let Some(words) = no_such_table(field, valid_fields) {
                return words;
            }
            let names: Vec<&str> = valid_fields.iter().map(|field| field.name()).collect();
            let hint = match swath_planner::nearest(field.name(), names.iter().copied()) {
                _ if field.name().eq_ignore_ascii_case("filename") => {
                    Some("read_csv('…', filename = true) adds the file of each row, as do the other reading functions".to_owned())
                }
                Some(name) => Some(format!("did you mean \"{name}\"?")),
                None if names.is_empty() => None,
                None => Some(format!("the columns are: {}", names.join(", "))),
            };
            (no_column(field.name()), hint)
        }
        SchemaError::AmbiguousReference { field } => (
            format!("the column \"{}\" is in more than one table", field.name()),
            Some("put the table's name or alias before it, as in t.column".into()),
        ),
        SchemaError::DuplicateQualifiedField { name, .. }
        | SchemaError::DuplicateUnqualifiedField { name } => (
            format!("two columns are named \"{name}\""),
            Some("give one of them another name with AS".into()),
        ),
    }
}

fn no_column(name: &str) -> String {
    format!("there is no column \"{name}\"")
}

/// A column of a table that the query does not have: what is wrong is the name before the dot.
fn no_such_table(field: &Column, valid_fields: &[Column]) -> Option<(String, Option<String>)> {
    let table = field.relation.as_ref()?.table();
    let mut tables: Vec<&str> =
        valid_fields.iter().filter_map(|field| Some(field.relation.as_ref()?.table())).collect();
    tables.dedup();
    if tables.is_empty() || tables.iter().any(|known| known.eq_ignore_ascii_case(table)) {
        return None;
    }
    // Files without an alias are called by what stands in FROM.
    let hint = match tables.iter().find(|known| known.contains(['\'', '('])) {
        Some(file) => format!("an alias gives a table a name: FROM {file} AS {table}"),
        None => match swath_planner::nearest(table, tables.iter().copied()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("the tables of the query are: {}", tables.join(", ")),
        },
    };
    Some((format!("there is no table \"{table}\" in FROM"), Some(hint)))
}
