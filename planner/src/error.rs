//! What can be wrong with words.

use std::fmt;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A statement that cannot be understood. `Display` gives one line; the hint tells what to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    message: String,
    hint: Option<String>,
    place: Option<Place>,
}

/// A place in a text: line and column, in characters, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character in it.
    pub column: usize,
}

impl Place {
    /// The byte of the text at this place, its end if there is no such place.
    pub fn offset_in(self, text: &str) -> usize {
        let line = text.split_inclusive('\n').nth(self.line.saturating_sub(1)).unwrap_or("");
        let start = if line.is_empty() { text.len() } else { line.as_ptr().addr() - text.as_ptr().addr() };
        let within = line.char_indices().nth(self.column.saturating_sub(1)).map_or(line.len(), |(at, _)| at);
        start + within
    }
}

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, place: None }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Where the text is wrong, if it is known: of syntax errors.
    pub fn place(&self) -> Option<Place> {
        self.place
    }

    /// What to try next, or nothing.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_characters() {
        let text = "SELECT 'é',\n  x";
        for (line, column, at) in [(1, 1, 0), (1, 11, 11), (2, 3, 15), (2, 9, 16), (7, 1, 16)] {
            assert_eq!(Place { line, column }.offset_in(text), at, "{line} {column}");
        }
    }
}
