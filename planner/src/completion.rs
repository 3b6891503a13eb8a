//! What could be typed at a place of a text: the words around it, of a statement that is not finished.

use std::ops::Range;

use crate::keywords::is_keyword;
use crate::parse::parse;
use crate::pieces::{Piece, PieceKind, pieces};
use crate::source_call::{SourceCall, SourceFunction, function_named, source_calls};

/// What is wanted at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The path of a file, inside quotes.
    Path,
    /// A table, or a function that reads files.
    Table,
    /// A column of the relation of this name.
    ColumnOf(String),
    /// The name of an option of a reading function.
    Option(SourceFunction),
    /// A column, a function or a keyword.
    Expression,
    /// Nothing that can be known: a number, a comment, a text.
    Nothing,
}

/// A relation that the statement names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedRelation {
    /// The name by which its columns are called, if it has one.
    pub alias: Option<String>,
    /// What it is.
    pub source: NamedSource,
}

/// What a relation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedSource {
    /// Files.
    Files(SourceCall),
    /// A table or view, or a common table expression.
    Table(String),
}

/// The place of a text at which something is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypingPlace {
    /// Where the word that is being typed begins, behind its quote if it has one.
    pub start: usize,
    /// What there is of it.
    pub prefix: String,
    /// What is wanted.
    pub wanted: Wanted,
    /// The relations of the statement around it, also those named further on.
    pub relations: Vec<NamedRelation>,
}

/// Finds out what is being typed at a byte of a text.
pub fn typing_place(text: &str, at: usize) -> TypingPlace {
    let all = pieces(text);
    let statement: Vec<&Piece> =
        statement_around(&all, text, at).iter().filter(|piece| piece.is_solid()).collect();
    let words = Words { text, pieces: &statement };
    let relations = words.relations();
    let open = all.iter().find(|piece| piece.range.start < at && at <= piece.range.end);
    let before = statement.iter().filter(|piece| piece.range.end <= at).count();
    let (start, wanted) = match open {
        Some(piece) if at < piece.range.end || !piece.closed || piece.kind == PieceKind::Word => match piece
            .kind
        {
            PieceKind::Text => {
                let before = statement.iter().filter(|solid| solid.range.end <= piece.range.start).count();
                let start = piece.range.start + piece.of(text).find('\'').map_or(0, |quote| quote + 1);
                (start.min(at), if words.is_path(before) { Wanted::Path } else { Wanted::Nothing })
            }
            PieceKind::Word => {
                let before = statement.iter().filter(|solid| solid.range.end <= piece.range.start).count();
                (piece.range.start, words.wanted(before))
            }
            PieceKind::Name => (piece.range.start, Wanted::Nothing),
            PieceKind::Number | PieceKind::Comment => (at, Wanted::Nothing),
            PieceKind::Space | PieceKind::Symbol => (at, words.wanted(before)),
        },
        Some(piece)
            if matches!(
                piece.kind,
                PieceKind::Number | PieceKind::Comment | PieceKind::Text | PieceKind::Name
            ) =>
        {
            (at, Wanted::Nothing)
        }
        _ => (at, words.wanted(before)),
    };
    TypingPlace { start, prefix: text[start..at].to_owned(), wanted, relations }
}

/// The pieces of the statement that a byte is in.
fn statement_around<'a>(all: &'a [Piece], text: &str, at: usize) -> &'a [Piece] {
    let is_end = |piece: &Piece| piece.of(text) == ";";
    let first =
        all.iter().rposition(|piece| is_end(piece) && piece.range.end <= at).map_or(0, |index| index + 1);
    let len = all[first..].iter().position(is_end).unwrap_or(all.len() - first);
    &all[first..first + len]
}

/// The pieces of one statement that mean something.
struct Words<'a> {
    text: &'a str,
    pieces: &'a [&'a Piece],
}

impl Words<'_> {
    fn at(&self, index: usize) -> &str {
        self.pieces.get(index).map_or("", |piece| piece.of(self.text))
    }

    fn is(&self, index: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.at(index).eq_ignore_ascii_case(word))
    }

    /// What is wanted behind so many pieces.
    fn wanted(&self, before: usize) -> Wanted {
        let Some(last) = before.checked_sub(1) else { return Wanted::Expression };
        if self.is(last, &["."]) && last > 0 {
            return Wanted::ColumnOf(self.pieces[last - 1].content(self.text));
        }
        if let Some((function, _)) = self.open_call(before).filter(|(_, arguments)| *arguments > 0) {
            return if self.is(last, &[","]) { Wanted::Option(function) } else { Wanted::Nothing };
        }
        if self.is(last, &["FROM", "JOIN", "INTO", "TABLE", "VIEW", "SUMMARIZE", "DESCRIBE"])
            || (self.is(last, &[","]) && self.in_from(last))
        {
            return Wanted::Table;
        }
        Wanted::Expression
    }

    /// Whether a text behind so many pieces is a path.
    fn is_path(&self, before: usize) -> bool {
        let Some(last) = before.checked_sub(1) else { return false };
        let files = ["FROM", "JOIN", "SUMMARIZE", "DESCRIBE", "TO", "COPY"];
        if self.is(last, &files) || (self.is(last, &[","]) && self.in_from(last)) {
            return true;
        }
        self.open_call(before).is_some_and(|(_, arguments)| arguments == 0)
    }

    /// Whether a comma stands in a list of relations: no other clause has begun since FROM, at its depth.
    fn in_from(&self, comma: usize) -> bool {
        let mut depth = 0_usize;
        for index in (0..comma).rev() {
            match self.at(index) {
                ")" => depth += 1,
                "(" if depth == 0 => return false,
                "(" => depth -= 1,
                _ if depth > 0 => {}
                _ if self.is(index, &["FROM"]) => return true,
                _ if self.is(index, &["SELECT", "WHERE", "GROUP", "ORDER", "HAVING", "ON", "USING"]) => {
                    return false;
                }
                _ => {}
            }
        }
        false
    }

    /// The reading function whose parentheses are open behind so many pieces, and how many arguments are
    /// before.
    fn open_call(&self, before: usize) -> Option<(SourceFunction, usize)> {
        let (mut depth, mut commas) = (0_usize, 0);
        for index in (0..before).rev() {
            match self.at(index) {
                ")" | "]" | "}" => depth += 1,
                "[" | "{" if depth == 0 => commas = 0,
                "(" if depth == 0 => {
                    return function_named(self.at(index.checked_sub(1)?)).map(|function| (function, commas));
                }
                "(" | "[" | "{" => depth -= 1,
                "," if depth == 0 => commas += 1,
                _ => {}
            }
        }
        None
    }

    /// The relations of the statement.
    fn relations(&self) -> Vec<NamedRelation> {
        let mut relations = Vec::new();
        for index in 0..self.pieces.len() {
            let opens = index.checked_sub(1).is_some_and(|before| {
                self.is(before, &["FROM", "JOIN", "SUMMARIZE", "DESCRIBE"])
                    || (self.is(before, &[","]) && self.in_from(before))
            });
            if let Some((source, end)) = self.source(index).filter(|_| opens) {
                relations.push(NamedRelation { alias: self.alias(end), source });
            }
        }
        relations
    }

    /// The relation that begins at a piece, and the piece behind it.
    fn source(&self, index: usize) -> Option<(NamedSource, usize)> {
        let piece = self.pieces.get(index)?;
        let call = |range: Range<usize>| {
            let statement = parse(&format!("SELECT * FROM {}", &self.text[range])).ok()?.pop()?;
            source_calls(&statement).ok()?.pop().map(NamedSource::Files)
        };
        match piece.kind {
            PieceKind::Text if piece.closed => Some((call(piece.range.clone())?, index + 1)),
            PieceKind::Word if self.at(index + 1) == "(" && function_named(self.at(index)).is_some() => {
                let mut depth = 0_usize;
                for end in index + 1..self.pieces.len() {
                    match self.at(end) {
                        "(" => depth += 1,
                        ")" => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 {
                        return Some((call(piece.range.start..self.pieces[end].range.end)?, end + 1));
                    }
                }
                None
            }
            PieceKind::Word if !is_keyword(self.at(index)) && self.at(index + 1) != "(" => {
                Some((NamedSource::Table(self.at(index).to_owned()), index + 1))
            }
            PieceKind::Name if piece.closed => {
                Some((NamedSource::Table(piece.content(self.text)), index + 1))
            }
            _ => None,
        }
    }

    /// The alias that stands at a piece.
    fn alias(&self, index: usize) -> Option<String> {
        let index = if self.is(index, &["AS"]) { index + 1 } else { index };
        let piece = self.pieces.get(index)?;
        let names = match piece.kind {
            PieceKind::Word => !is_keyword(self.at(index)),
            PieceKind::Name => true,
            _ => false,
        };
        names.then(|| piece.content(self.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks what is wanted at `|`, and what there is of it.
    #[track_caller]
    fn check(marked: &str, prefix: &str, wanted: Wanted) {
        let at = marked.find('|').unwrap();
        let place = typing_place(&marked.replace('|', ""), at);
        assert_eq!((place.prefix.as_str(), place.wanted), (prefix, wanted), "{marked}");
    }

    fn relations(sql: &str) -> Vec<String> {
        let relation = |relation: NamedRelation| {
            let source = match relation.source {
                NamedSource::Files(call) => call.to_string(),
                NamedSource::Table(name) => name,
            };
            format!("{source} as {}", relation.alias.unwrap_or_default())
        };
        typing_place(sql, 0).relations.into_iter().map(relation).collect()
    }

    #[test]
    fn words_of_a_statement() {
        check("|", "", Wanted::Expression);
        check("sel|", "sel", Wanted::Expression);
        check("SELECT Dep| FROM 'air'", "Dep", Wanted::Expression);
        check("SELECT a.| FROM 'air' a", "", Wanted::ColumnOf("a".into()));
        check("SELECT \"a b\".De| FROM 'air'", "De", Wanted::ColumnOf("a b".into()));
        check("SELECT 1 FROM |", "", Wanted::Table);
        check("SELECT 1 FROM t, re|", "re", Wanted::Table);
        check("SELECT a, b|, c FROM t", "b", Wanted::Expression);
        check("SELECT 1 FROM t WHERE x IN (1, y|", "y", Wanted::Expression);
        check("SELECT 1 FROM t; SELECT 2 FROM v|", "v", Wanted::Table);
        check("SELECT 12|", "", Wanted::Nothing);
        check("SELECT 1 -- com|", "", Wanted::Nothing);
    }

    #[test]
    fn paths_and_options() {
        check("SELECT 1 FROM '|", "", Wanted::Path);
        check("FROM 'air/20|", "air/20", Wanted::Path);
        check("FROM 'air/20|' WHERE x", "air/20", Wanted::Path);
        check("SELECT 1 FROM read_csv('a|", "a", Wanted::Path);
        check("SELECT 1 FROM read_csv(['a', 'b|", "b", Wanted::Path);
        check("SELECT 1 FROM 'a' x JOIN 'b|", "b", Wanted::Path);
        check("COPY t TO 'ou|", "ou", Wanted::Path);
        check("SELECT 1 FROM t WHERE x = 'a|", "a", Wanted::Nothing);
        check("SELECT 1 FROM read_csv('a', he|", "he", Wanted::Option(SourceFunction::ReadCsv));
        check("SELECT 1 FROM read_csv('a', header = t|", "t", Wanted::Nothing);
    }

    #[test]
    fn relations_are_found() {
        assert_eq!(
            relations("SELECT x, y FROM 'a*.gz' AS a, t JOIN \"T 2\" u ON a.x = u.x WHERE 1"),
            ["'a*.gz' as a", "t as ", "T 2 as u"]
        );
        assert_eq!(
            relations("FROM read_csv('a', header = true) r WHERE"),
            ["read_csv('a', header = true) as r"]
        );
        assert_eq!(relations("SELECT a FROM (SELECT b FROM v) AS w"), ["v as "]);
        assert_eq!(relations("SELECT extract(year FROM d) FROM 'open"), ["d as "]);
    }
}
