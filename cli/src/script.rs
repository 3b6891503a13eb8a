//! Statements with the texts that they come from, for messages that show the place.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use swath::{Session, Statement};

use crate::report::Report;

/// Statements that wait to be run.
pub struct Script {
    statements: VecDeque<Statement>,
    /// Where each statement stands, in the same order.
    origins: VecDeque<Origin>,
}

/// Where a statement stands.
#[derive(Clone)]
pub struct Origin {
    text: Arc<str>,
    range: Range<usize>,
}

impl Script {
    /// Parses all texts: a typing error in the last statement costs nothing.
    ///
    /// # Errors
    /// The first text that is not SQL.
    pub fn parse(session: &Session, texts: &[String]) -> Result<Self, Report> {
        let mut script = Self { statements: VecDeque::new(), origins: VecDeque::new() };
        for text in texts {
            let parsed = session.parse(text);
            let parsed = parsed.map_err(|error| no_sql(error, text))?;
            let mut ranges = swath::statement_ranges(text);
            // Should they ever be counted differently, a message has no place.
            if ranges.len() != parsed.len() {
                ranges = vec![0..0; parsed.len()];
            }
            let text: Arc<str> = text.as_str().into();
            script.origins.extend(ranges.into_iter().map(|range| Origin { text: Arc::clone(&text), range }));
            script.statements.extend(parsed);
        }
        Ok(script)
    }

    /// Takes the statements that can be run together.
    pub fn next_group(&mut self, session: &Session) -> (Vec<Statement>, Vec<Origin>) {
        let group = session.next_group(&mut self.statements);
        let origins = self.origins.drain(..group.len()).collect();
        (group, origins)
    }

    /// All statements.
    pub fn into_statements(self) -> Vec<Statement> {
        self.statements.into()
    }

    /// Whether all statements were taken.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }
}

/// What is wrong with a text that is not SQL.
fn no_sql(error: swath::Error, text: &str) -> Report {
    let mut report = Report::of_statement(error, text, 0..text.len());
    if text.lines().any(is_command) {
        report.hint = Some(
            "a line with a dot is a command of the shell, which swath alone opens, and .read of it reads; beside SQL \
             there are options, as --format csv"
                .to_owned(),
        );
    }
    report
}

/// Whether a line is a command of the shell, as `.mode csv`.
fn is_command(line: &str) -> bool {
    let line = line.trim_start();
    line.strip_prefix('.').is_some_and(|name| name.starts_with(|first: char| first.is_ascii_alphabetic()))
}

impl Origin {
    /// The error of the statement, with its place.
    pub fn report(&self, error: swath::Error) -> Report {
        Report::of_statement(error, &self.text, self.range.clone())
    }
}
