//! Filters of text that are plain data: conditions of the plan, or sinks.

use std::sync::Arc;

use datafusion::error::Result;
use datafusion::functions::expr_fn;
use datafusion::logical_expr::{Expr, lit};
use regex::Regex;

use super::sink::{BoxSink, Flow, MORE, Sink};

/// What a text must have.
#[derive(Debug, Clone)]
pub(crate) enum LineFilter {
    /// This text somewhere in it.
    Contains(String),
    /// A match somewhere in it.
    Matches(Regex),
}

impl LineFilter {
    /// The condition on a column of text.
    pub(crate) fn expr(&self, column: Expr) -> Expr {
        match self {
            Self::Contains(literal) => expr_fn::contains(column, lit(literal)),
            Self::Matches(regex) => expr_fn::regexp_like(column, lit(regex.as_str()), None),
        }
    }

    /// Lets only texts through that have it.
    pub(crate) fn sink<T: ?Sized + AsRef<str> + 'static>(&self, sink: BoxSink<T>) -> BoxSink<T> {
        match self {
            Self::Contains(literal) => {
                let finder: Arc<str> = literal.as_str().into();
                Box::new(TextFilter { holds: move |text: &str| text.contains(&*finder), sink })
            }
            Self::Matches(regex) => {
                let regex = regex.clone();
                Box::new(TextFilter { holds: move |text: &str| regex.is_match(text), sink })
            }
        }
    }
}

struct TextFilter<F, T: ?Sized> {
    holds: F,
    sink: BoxSink<T>,
}

impl<F: Fn(&str) -> bool + Send, T: ?Sized + AsRef<str>> Sink<T> for TextFilter<F, T> {
    fn begin(&mut self, piece: u64) -> Flow {
        self.sink.begin(piece)
    }

    fn push(&mut self, element: &T) -> Flow {
        if (self.holds)(element.as_ref()) { self.sink.push(element) } else { Ok(MORE) }
    }

    fn finish(&mut self) -> Result<()> {
        self.sink.finish()
    }
}
