//! Where a closure was given to a bag, so that errors and plans can name it.

use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};

use datafusion::error::{DataFusionError, Result};

use crate::error::Error;
use crate::output::panic_message;

/// An operation and the line of code that asked for it: `map at src/main.rs:12`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site {
    operation: &'static str,
    location: &'static Location<'static>,
}

impl Site {
    #[track_caller]
    pub(crate) fn new(operation: &'static str) -> Self {
        Self { operation, location: Location::caller() }
    }

    /// Runs a closure of the user; a panic in it becomes an error that names it.
    pub(crate) fn run<R>(&self, closure: impl FnOnce() -> R) -> Result<R> {
        catch_unwind(AssertUnwindSafe(closure)).map_err(|panic| {
            let message = format!("the closure of {self} panicked: {}", panic_message(panic));
            failure(message, "handle the element in the closure, or give its error with try_map".to_owned())
        })
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}:{}", self.operation, self.location.file(), self.location.line())
    }
}

/// An error of a bag, on its way through the relational core.
pub(crate) fn failure(message: impl Into<String>, hint: impl Into<Option<String>>) -> DataFusionError {
    DataFusionError::External(Box::new(Error::query(message, hint)))
}

/// An element in an error, shortened if long.
pub(crate) fn shown(text: &str) -> String {
    const MOST_CHARS: usize = 120;
    match text.char_indices().nth(MOST_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
