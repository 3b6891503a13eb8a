//! Text as somebody is typing it, cut into pieces: also what a parser would refuse.
//!
//! For editors and messages: what to colour, whether a statement is at its end, where a name stands.

use std::ops::Range;

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceKind {
    /// Blanks and line ends.
    Space,
    /// `-- to the end of the line`, `/* … */`.
    Comment,
    /// A word without quotes: a keyword, a name, a function, `$param`.
    Word,
    /// A text in single quotes, or a path.
    Text,
    /// A name in double quotes.
    Name,
    /// A number.
    Number,
    /// One character that is none of these.
    Symbol,
}

/// A piece of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub kind: PieceKind,
    /// Where it is, in bytes.
    pub range: Range<usize>,
    /// Whether it ends as it must: quotes and comments may be open at the end of the text.
    pub closed: bool,
}

impl Piece {
    /// The piece itself.
    pub fn of<'a>(&self, text: &'a str) -> &'a str {
        &text[self.range.clone()]
    }

    /// Whether the piece means something.
    pub fn is_solid(&self) -> bool {
        !matches!(self.kind, PieceKind::Space | PieceKind::Comment)
    }

    /// What is between the quotes, with doubled quotes as one; of other pieces, all.
    pub fn content(&self, text: &str) -> String {
        let all = self.of(text);
        let quote = match self.kind {
            PieceKind::Text => "'",
            PieceKind::Name => "\"",
            _ => return all.to_owned(),
        };
        let Some(inner) = all.split_once(quote).map(|(_, inner)| inner) else { return all.to_owned() };
        let inner = if self.closed { inner.strip_suffix(quote).unwrap_or(inner) } else { inner };
        inner.replace(&quote.repeat(2), quote)
    }
}

/// Cuts a text into pieces; all of them together are the text.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let (kind, len, closed) = next_piece(&text[at..]);
        pieces.push(Piece { kind, range: at..at + len, closed });
        at += len;
    }
    pieces
}

/// The ranges of the statements in a text, without the `;` between them, and without blanks and comments
/// around them. What has nothing but these in it is no statement.
pub fn statement_ranges(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut current: Option<Range<usize>> = None;
    for piece in pieces(text).iter().filter(|piece| piece.is_solid()) {
        if piece.of(text) == ";" {
            ranges.extend(current.take());
        } else {
            let start = current.map_or(piece.range.start, |range| range.start);
            current = Some(start..piece.range.end);
        }
    }
    ranges.extend(current);
    ranges
}

/// Whether all statements of a text are at their ends, by a `;` after the last.
pub fn is_whole(text: &str) -> bool {
    let pieces = pieces(text);
    let last = pieces.iter().rfind(|piece| piece.is_solid());
    last.is_none_or(|last| last.of(text) == ";") && pieces.iter().all(|piece| piece.closed)
}

/// Kind, length and whether it is closed, of the piece at the start of a text that is not empty.
fn next_piece(text: &str) -> (PieceKind, usize, bool) {
    let first = text.chars().next().unwrap_or(' ');
    let run = |goes_on: &dyn Fn(char) -> bool| text.find(|char| !goes_on(char)).unwrap_or(text.len());
    match first {
        _ if first.is_whitespace() => (PieceKind::Space, run(&char::is_whitespace), true),
        '-' if text.starts_with("--") => (PieceKind::Comment, text.find('\n').unwrap_or(text.len()), true),
        '/' if text.starts_with("/*") => comment(text),
        '\'' => quoted(text, 0, '\'', PieceKind::Text, false),
        '"' => quoted(text, 0, '"', PieceKind::Name, false),
        'e' | 'E' if text[1..].starts_with('\'') => quoted(text, 1, '\'', PieceKind::Text, true),
        '$' => dollar(text).unwrap_or_else(|| (PieceKind::Word, 1 + word_len(&text[1..]), true)),
        _ if first.is_ascii_digit() => (PieceKind::Number, number_len(text), true),
        _ if first.is_alphabetic() || first == '_' || first == '@' => {
            (PieceKind::Word, first.len_utf8() + word_len(&text[first.len_utf8()..]), true)
        }
        _ => (PieceKind::Symbol, first.len_utf8(), true),
    }
}

fn word_len(text: &str) -> usize {
    text.find(|char: char| !(char.is_alphanumeric() || char == '_')).unwrap_or(text.len())
}

fn number_len(text: &str) -> usize {
    let mut exponent = false;
    let goes_on = |char: char| {
        let sign = exponent && (char == '+' || char == '-');
        exponent = char == 'e' || char == 'E';
        char.is_ascii_alphanumeric() || char == '.' || char == '_' || sign
    };
    let mut goes_on = goes_on;
    text.find(|char| !goes_on(char)).unwrap_or(text.len())
}

/// A text in quotes that begins at a byte; a doubled quote stands for one.
fn quoted(
    text: &str,
    start: usize,
    quote: char,
    kind: PieceKind,
    backslash: bool,
) -> (PieceKind, usize, bool) {
    let mut chars = text[start + 1..].char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        if backslash && char == '\\' {
            chars.next();
        } else if char == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return (kind, start + 1 + at + 1, true);
        }
    }
    (kind, text.len(), false)
}

/// A comment in which there may be others.
fn comment(text: &str) -> (PieceKind, usize, bool) {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return (PieceKind::Comment, at, true);
            }
        } else {
            at += 1;
        }
    }
    (PieceKind::Comment, text.len(), false)
}

/// A text between `$$` and `$$`, or `$tag$` and `$tag$`.
fn dollar(text: &str) -> Option<(PieceKind, usize, bool)> {
    let tag_len = 1 + word_len(&text[1..]);
    let tag = text[tag_len..].starts_with('$').then(|| &text[..=tag_len])?;
    let body = &text[tag.len()..];
    Some(match body.find(tag) {
        Some(at) => (PieceKind::Text, tag.len() + at + tag.len(), true),
        None => (PieceKind::Text, text.len(), false),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn solid(text: &str) -> Vec<(PieceKind, &str)> {
        let pieces = pieces(text);
        let solid = pieces.iter().filter(|piece| piece.is_solid());
        solid.map(|piece| (piece.kind, &text[piece.range.clone()])).collect()
    }

    #[test]
    fn pieces_have_kinds() {
        use PieceKind::{Name, Number, Symbol, Text, Word};
        assert_eq!(
            solid("SELECT a.\"b c\", 1.5e-3, E'it\\'s' -- end\nFROM 'it''s' /* /* */ */ x>=$n; $$a;b$$"),
            [
                (Word, "SELECT"),
                (Word, "a"),
                (Symbol, "."),
                (Name, "\"b c\""),
                (Symbol, ","),
                (Number, "1.5e-3"),
                (Symbol, ","),
                (Text, "E'it\\'s'"),
                (Word, "FROM"),
                (Text, "'it''s'"),
                (Word, "x"),
                (Symbol, ">"),
                (Symbol, "="),
                (Word, "$n"),
                (Symbol, ";"),
                (Text, "$$a;b$$"),
            ]
        );
    }

    #[test]
    fn statements_are_found() {
        let text = "SELECT ';'; -- a; b\n\n SELECT 2 /* ; */ ;; FROM x -- end";
        let found: Vec<&str> = statement_ranges(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["SELECT ';'", "SELECT 2", "FROM x"]);
        assert!(statement_ranges(" ; -- nothing").is_empty());
    }

    #[test]
    fn a_statement_ends_with_a_semicolon() {
        for whole in ["", "SELECT 1;", "SELECT ';'; -- done", "SELECT 1; SELECT 2 ;\n"] {
            assert!(is_whole(whole), "{whole}");
        }
        for open in ["SELECT 1", "SELECT ';", "SELECT 1; SELECT 2", "SELECT 1 -- ;", "SELECT 1; /* open"] {
            assert!(!is_whole(open), "{open}");
        }
    }

    proptest! {
        #[test]
        fn pieces_are_the_text(text in "[a-zA-Z0-9 \n'\"$;.()*/\\-éß日]{0,40}") {
            let mut end = 0;
            for piece in pieces(&text) {
                prop_assert_eq!(piece.range.start, end);
                prop_assert!(!piece.range.is_empty());
                end = piece.range.end;
            }
            prop_assert_eq!(end, text.len());
        }

        #[test]
        fn statements_are_those_of_the_parser(parts in prop::collection::vec(
            prop::sample::select(vec!["SELECT 1", "SELECT ';'", ";", "-- c;\n", " ", "/* ; */", "SELECT \"a;\" FROM 'b;'"]), 0..8))
        {
            let text = parts.join(" ");
            if let Ok(statements) = crate::parse(&text) {
                prop_assert_eq!(statement_ranges(&text).len(), statements.len());
            }
        }
    }
}
