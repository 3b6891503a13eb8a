//! Where in the text of a statement an error is.

use std::ops::Range;

use swath_io::error::ErrorKind;
use swath_planner::{Piece, PieceKind, pieces};

use crate::error::Error;

impl Error {
    /// The part of a text that the error is about, in bytes; nothing if there is no such part. The text is
    /// what was given to [`Session::parse`](crate::Session::parse), and the statement a range of it, as
    /// [`statement_ranges`](crate::statement_ranges) gives it.
    ///
    /// Syntax errors know their places. Of other errors, the first word in quotes in the message is what is
    /// wrong, and it is looked for in the statement.
    pub fn place_in(&self, text: &str, statement: Range<usize>) -> Option<Range<usize>> {
        if let Self::Statement(error) = self
            && let Some(place) = error.place()
        {
            return Some(piece_at(text, place.offset_in(text)));
        }
        let wrong = self.subject()?;
        let sql = text.get(statement.clone())?;
        let pieces = pieces(sql);
        let found = pieces.iter().find(|piece| means(piece, sql, &wrong)).map(|piece| piece.range.clone());
        let found = found.or_else(|| {
            // A name of several words, as that of a file without quotes.
            let words = pieces.iter().filter(|piece| piece.kind == PieceKind::Word);
            let mut ranges = words.map(|word| word.range.start..word.range.start + wrong.len());
            ranges.find(|range| sql.get(range.clone()).is_some_and(|name| name.eq_ignore_ascii_case(&wrong)))
        })?;
        Some(statement.start + found.start..statement.start + found.end)
    }

    /// What is wrong: a name, a path or an option.
    fn subject(&self) -> Option<String> {
        match self {
            // The data's values stand in quotes, too, and are no part of the statement.
            Self::Source(error) => match error.kind() {
                ErrorKind::NotFound { pattern, .. } | ErrorKind::BadPattern { pattern, .. } => {
                    Some(pattern.clone())
                }
                ErrorKind::NotAFile { path, .. } => Some(path.display().to_string()),
                ErrorKind::BadOption { option, .. } => Some(option.clone()),
                _ => None,
            },
            Self::Statement(_) | Self::Query(_) => first_in_quotes(&self.to_string()),
            Self::TimedOut { .. } => None,
        }
    }
}

/// The piece at a byte, or an empty range at the end of the text.
fn piece_at(text: &str, at: usize) -> Range<usize> {
    let piece = pieces(text).into_iter().find(|piece| piece.is_solid() && piece.range.contains(&at));
    piece.map_or(at..at, |piece| piece.range)
}

/// Whether a piece stands for a name, a path or a text.
fn means(piece: &Piece, sql: &str, wanted: &str) -> bool {
    match piece.kind {
        PieceKind::Word => {
            piece.of(sql).trim_start_matches('$').eq_ignore_ascii_case(wanted.trim_start_matches('$'))
        }
        PieceKind::Name => piece.content(sql).eq_ignore_ascii_case(wanted),
        PieceKind::Text => piece.content(sql) == wanted,
        _ => false,
    }
}

/// What stands in the first pair of quotes of a message.
fn first_in_quotes(message: &str) -> Option<String> {
    let start = message.find(['\'', '"'])?;
    let quote = message[start..].chars().next()?;
    let inside = &message[start + 1..];
    inside.find(quote).filter(|len| *len > 0).map(|len| inside[..len].to_owned())
}

#[cfg(test)]
mod tests {
    use crate::session::Session;

    #[track_caller]
    fn check(sql: &str, wrong: Option<&str>) {
        let session = Session::new().unwrap();
        let error = session.collect_blocking(sql).unwrap_err();
        let place = error.place_in(sql, 0..sql.len()).map(|range| &sql[range]);
        assert_eq!(place, wrong, "{error}");
    }

    #[test]
    fn places_of_errors() {
        check("SELECT 1 FROM t t u", Some("u"));
        check("SELECT 1 +", Some(""));
        check("SELECT 'open", Some("'open"));
        check("SELECT x.A, B FROM (VALUES (1)) x(a)", Some("B"));
        check("SELECT nosuch(1)", Some("nosuch"));
        check("SELECT 1 FROM nosuch", Some("nosuch"));
        check("SELECT 1 FROM no.Such", Some("no.Such"));
        check("SELECT 1 FROM 'no/such.csv'", Some("'no/such.csv'"));
        check("SELECT 1 FROM read_csv('no/such.csv', hedaer = true)", Some("hedaer"));
    }
}
