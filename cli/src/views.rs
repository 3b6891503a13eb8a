//! Views of the configuration file, made when a statement first names them: their files are not looked at
//! for nothing.

use std::cell::RefCell;

use swath::{PieceKind, Session};

use crate::report::Report;

/// Views that may be needed.
#[derive(Debug, Default)]
pub struct Views {
    /// Names and queries of those that are not made yet.
    waiting: RefCell<Vec<(String, String)>>,
}

impl Views {
    /// Views by name and query.
    pub fn new(views: Vec<(String, String)>) -> Self {
        Self { waiting: RefCell::new(views) }
    }

    /// The names of those that are not made yet.
    pub fn waiting(&self) -> Vec<String> {
        self.waiting.borrow().iter().map(|(name, _)| name.clone()).collect()
    }

    /// Makes the views that a text names, and those that they name.
    ///
    /// # Errors
    /// A view whose query cannot be planned.
    pub async fn make_for(&self, session: &Session, text: &str) -> Result<(), Report> {
        loop {
            let named = |(name, _): &(String, String)| names(text, name);
            let next = {
                let mut waiting = self.waiting.borrow_mut();
                let index = waiting.iter().position(named);
                index.map(|index| waiting.remove(index))
            };
            let Some((name, sql)) = next else { return Ok(()) };
            Box::pin(self.make_for(session, &sql)).await?;
            let statement = format!("CREATE VIEW \"{}\" AS {sql}", name.replace('"', "\"\""));
            session.collect(&statement).await.map_err(|error| {
                let report = Report::from(error);
                Report { message: format!("view {name} of the configuration: {}", report.message), ..report }
            })?;
        }
    }
}

/// Whether a name stands in a text, other than in quotes or comments.
fn names(text: &str, name: &str) -> bool {
    swath::pieces(text).iter().any(|piece| match piece.kind {
        PieceKind::Word | PieceKind::Name => piece.content(text).eq_ignore_ascii_case(name),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_outside_of_quotes() {
        assert!(names("SELECT * FROM Air", "air") && names("FROM \"air\"", "air"));
        assert!(!names("SELECT 'air' -- air", "air") && !names("FROM airs", "air"));
    }
}
