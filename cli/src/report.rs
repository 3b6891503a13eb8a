//! Messages for people, on standard error.

use std::fmt;

/// An error as it is shown: a message, and what helps with it.
#[derive(Debug)]
pub struct Report {
    /// One line.
    pub message: String,
    /// More about the place.
    pub detail: Option<String>,
    /// What to try.
    pub hint: Option<String>,
}

impl Report {
    /// A report with a hint.
    pub fn with_hint(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), detail: None, hint: Some(hint.into()) }
    }
}

impl From<swath::Error> for Report {
    fn from(error: swath::Error) -> Self {
        Self { message: error.to_string(), detail: error.detail(), hint: error.hint() }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        for (name, text) in [("detail", &self.detail), ("hint", &self.hint)] {
            if let Some(text) = text {
                write!(f, "\n  {name}: {text}")?;
            }
        }
        Ok(())
    }
}

/// Shows an error.
pub fn error(report: &Report) {
    eprintln!("{report}");
}

/// Shows what is worth knowing although nothing failed.
pub fn notes(notes: &[String]) {
    for note in notes {
        eprintln!("note: {note}");
    }
}
