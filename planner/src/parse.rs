//! Text becomes statements.

use datafusion_sql::parser::DFParserBuilder;
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::TokenWithSpan;

use crate::copy;
use crate::depth::STACK_LEN_BYTES;
use crate::error::{Error, Place, Result};
use crate::keywords::{KEYWORDS, is_keyword};
use crate::pieces::{Piece, PieceKind, pieces};
use crate::restore::restore;
use crate::tokens::tokens;

/// A statement, as the relational core parses it.
pub use datafusion_sql::parser::Statement;

/// Statements nested deeper than this are refused: parsing is recursive.
const RECURSION_LIMIT: usize = 200;

/// What a level of a tree takes of the stack, at most, that is too deep and dropped: a long sum is one, which the parser takes for no
/// recursion.
const LEVEL_LEN_BYTES: usize = 1 << 10;
const MAX_LEVELS_LEN_BYTES: usize = 1 << 30;

/// Splits text into statements; they are separated by `;`.
///
/// # Errors
/// The first place that is not SQL, by line and column.
pub fn parse(sql: &str) -> Result<Vec<Statement>> {
    let tokens = tokens(sql, &GenericDialect {}).map_err(|error| syntax_error(sql, &error.to_string()))?;
    // No tree has more levels than there are tokens.
    let stack_len_bytes = STACK_LEN_BYTES + (tokens.len() * LEVEL_LEN_BYTES).min(MAX_LEVELS_LEN_BYTES);
    stacker::grow(stack_len_bytes, || parse_tokens(sql, tokens))
}

fn parse_tokens(sql: &str, tokens: Vec<TokenWithSpan>) -> Result<Vec<Statement>> {
    let dialect = GenericDialect {};
    let mut parser = DFParserBuilder::new(copy::rewrite(tokens)?)
        .with_dialect(&dialect)
        .with_recursion_limit(RECURSION_LIMIT)
        .build()
        .map_err(|error| syntax_error(sql, &error.strip_backtrace()))?;
    let statements =
        parser.parse_statements().map_err(|error| syntax_error(sql, &error.strip_backtrace()))?;
    let mut statements = Vec::from(statements);
    statements.iter_mut().try_for_each(restore)?;
    Ok(statements)
}

/// A piece of SQL that is written here, in the dialect of statements.
pub(crate) fn parse_piece<T>(
    sql: &str,
    parse: impl FnOnce(&mut Parser<'_>) -> std::result::Result<T, ParserError>,
) -> Result<T> {
    let parsed = Parser::new(&GenericDialect {}).try_with_sql(sql).and_then(|mut parser| parse(&mut parser));
    parsed.map_err(|error| Error::new(error.to_string()))
}

/// The parser's own message without the names of the layers it came through, with its place.
fn syntax_error(sql: &str, message: &str) -> Error {
    let mut text = message;
    for prefix in ["SQL error: ", "ParserError(", "TokenizerError(", "\""] {
        text = text.strip_prefix(prefix).unwrap_or(text);
    }
    if text.starts_with("RecursionLimitExceeded") {
        return Error::new("syntax error: the statement is nested too deeply");
    }
    let text = text.strip_suffix(')').unwrap_or(text);
    let text = text.strip_suffix('"').unwrap_or(text).replace("\\\"", "\"");
    let (text, place) = match text.rsplit_once(" at Line: ") {
        Some((before, place)) => (before, place_of(place)),
        // Where the text ends too early, the parser tells no place.
        None => (text.as_str(), text.contains("found: EOF").then(|| end_of(sql))),
    };
    let text = &plain_words(text);
    match place {
        Some(place) => {
            let Place { line, column } = place;
            let error = Error::new(format!("syntax error at line {line}, column {column}: {text}")).at(place);
            let keyword = misspelt_keyword(sql, place).map(|keyword| format!("did you mean {keyword}?"));
            match keyword.or_else(|| what_to_try(sql, text)) {
                Some(hint) => error.with_hint(hint),
                None => error,
            }
        }
        None => Error::new(format!("syntax error: {text}")),
    }
}

/// What helps against an error that is told in these words.
fn what_to_try(sql: &str, text: &str) -> Option<String> {
    let found = text.rsplit_once("found ").map_or("", |(_, found)| found);
    let hint = if text.starts_with("unterminated string literal") {
        "a text ends with '; a ' inside it is written twice, as in 'it''s'"
    } else if text.contains("delimiter '\"' before EOF") {
        "a name ends with \"; a text goes in single quotes"
    } else if text.contains("multi-line comment") {
        "a comment that begins with /* ends with */; a path goes in single quotes"
    } else if found.starts_with(TYPOGRAPHIC_QUOTES) {
        "it is no quote of SQL: a text goes in '…', a name in \"…\""
    } else if found == "." || text.starts_with("expected literal string") {
        "a path goes in single quotes, as in 'data/air.csv'"
    } else if text == "expected end of statement, found USING" {
        "a sample stands behind its table: FROM t TABLESAMPLE (10 PERCENT) JOIN …"
    } else if text.starts_with("expected a list of columns in parentheses") {
        return Some(format!("write it in parentheses: ({found})"));
    } else if text.starts_with("expected (, found ") && has_word(sql, "IN") {
        "a list goes in parentheses: IN (1, 2)"
    } else if text.to_lowercase() == "expected ), found exclude" {
        "a frame leaves out CURRENT ROW, GROUP, TIES or NO OTHERS: … ROWS 3 PRECEDING EXCLUDE CURRENT ROW"
    } else if text == "expected AND, found ," {
        "write BETWEEN 1 AND 2"
    } else if has_open_case(sql) {
        "a CASE ends with END: CASE WHEN … THEN … ELSE … END"
    } else if text.starts_with("expected end of statement") && begins_a_clause(found) {
        "clauses come in this order: SELECT … FROM … WHERE … GROUP BY … HAVING … ORDER BY … LIMIT …"
    } else if text.starts_with("expected end of statement") {
        "a comma or a ; may be missing before it"
    } else if text.ends_with("found the end of the text") {
        "the statement stops too early: something is missing behind it"
    } else {
        return None;
    };
    Some(hint.to_owned())
}

/// What programs for letters make of quotes.
const TYPOGRAPHIC_QUOTES: [char; 8] = ['“', '”', '„', '‘', '’', '‚', '«', '»'];
/// Words that begin a part of a query.
const CLAUSES: [&str; 7] = ["FROM", "JOIN", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT"];

fn begins_a_clause(word: &str) -> bool {
    CLAUSES.iter().any(|clause| clause.eq_ignore_ascii_case(word))
}

fn has_word(sql: &str, word: &str) -> bool {
    count_words(sql, word) > 0
}

/// Whether a CASE has no END: to the parser, the word is then the name of a column.
fn has_open_case(sql: &str) -> bool {
    count_words(sql, "CASE") > count_words(sql, "END")
}

fn count_words(sql: &str, word: &str) -> usize {
    let words = pieces(sql).into_iter().filter(|piece| piece.kind == PieceKind::Word);
    words.filter(|piece| piece.of(sql).eq_ignore_ascii_case(word)).count()
}

/// `2, Column: 19`
fn place_of(text: &str) -> Option<Place> {
    let (line, column) = text.split_once(", Column: ")?;
    Some(Place { line: line.parse().ok()?, column: column.parse().ok()? })
}

/// Behind the last character that means something.
fn end_of(sql: &str) -> Place {
    let end = pieces(sql).iter().rfind(|piece| piece.is_solid()).map_or(0, |piece| piece.range.end);
    let before = &sql[..end];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Place { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
}

/// `Expected: end of statement, found: u` as `expected end of statement, found u`.
fn plain_words(text: &str) -> String {
    let text = match text.ends_with("found: .") {
        true => text,
        false => text.trim_end_matches('.'),
    };
    let text = text.replace("found: EOF", "found the end of the text");
    let text = text.replacen("Expected: ", "expected ", 1).replacen("found: ", "found ", 1);
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => text,
    }
}

/// How alike a word and a keyword must be for the one to stand for the other.
const KEYWORD_LIKENESS: f64 = 0.87;

/// The keyword that the word at a place, or the one before it, was meant to be: after a misspelt keyword,
/// which looks like an alias, the parser stumbles over the word that follows.
fn misspelt_keyword(sql: &str, place: Place) -> Option<&'static str> {
    let at = place.offset_in(sql);
    let words: Vec<Piece> = pieces(sql).into_iter().filter(Piece::is_solid).collect();
    let index = words.iter().position(|piece| piece.range.end > at)?;
    let candidates = [words.get(index), index.checked_sub(1).and_then(|before| words.get(before))];
    candidates.into_iter().flatten().filter(|piece| piece.kind == PieceKind::Word).find_map(|piece| {
        let word = piece.of(sql).to_ascii_uppercase();
        if word.len() < 3 || is_keyword(&word) {
            return None;
        }
        let likeness = |keyword: &&str| strsim::jaro_winkler(&word, keyword);
        let best = KEYWORDS.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
        (likeness(&best) > KEYWORD_LIKENESS).then_some(best)
    })
}

/// Checks what the first statement of a text is parsed as.
#[cfg(test)]
#[track_caller]
pub(crate) fn check(sql: &str, expected: &str) {
    assert_eq!(parse(sql).unwrap()[0].to_string(), expected);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_separated_by_semicolons() {
        assert_eq!(parse("SELECT 1; SELECT 2;").unwrap().len(), 2);
        assert_eq!(parse(" ; -- nothing\n").unwrap().len(), 0);
        assert_eq!(parse("").unwrap().len(), 0);
    }

    #[test]
    fn errors_tell_the_place() {
        let error = parse("SELECT 1;\nSELECT 2 FROM t t u").unwrap_err().to_string();
        assert_eq!(error, "syntax error at line 2, column 19: expected end of statement, found u");
        let error = parse("SELECT 'open").unwrap_err();
        assert_eq!(error.to_string(), "syntax error at line 1, column 8: unterminated string literal");
        let error = parse("SELECT 1\n  +  -- more").unwrap_err();
        assert_eq!(
            error.to_string(),
            "syntax error at line 2, column 4: expected an expression, found the end of the text"
        );
        assert_eq!(error.place().unwrap().offset_in("SELECT 1\n  +  -- more"), 12);
    }

    #[test]
    fn misspelt_keywords_are_suggested() {
        let hint = |sql| parse(sql).unwrap_err().hint().map(str::to_owned);
        assert_eq!(hint("SELEC 2").as_deref(), Some("did you mean SELECT?"));
        assert_eq!(hint("SELECT a FORM 'x.csv'").as_deref(), Some("did you mean FROM?"));
        assert_eq!(hint("SELECT a FROM t WEHRE a = 1").as_deref(), Some("did you mean WHERE?"));
        assert_eq!(hint("SELECT a FROM t ORDERR BY a").as_deref(), Some("did you mean ORDER?"));
        // What is no misspelt keyword.
        let missing = "a comma or a ; may be missing before it";
        assert_eq!(hint("SELECT 1 FROM t t u").as_deref(), Some(missing));
    }

    #[test]
    fn common_mistakes_have_hints() {
        for (sql, hint) in [
            ("SELECT a WHERE b = 1 FROM t", "clauses come in this order"),
            ("SELECT a FROM t LIMIT 5 order by a", "clauses come in this order"),
            ("SELECT a FROM t JOIN u USING id", "write it in parentheses: (id)"),
            ("SELECT a FROM t WHERE a IN 1, 2", "IN (1, 2)"),
            ("SELECT a FROM t WHERE a BETWEEN 1, 2", "write BETWEEN 1 AND 2"),
            ("SELECT CASE WHEN a = 1 THEN 2 FROM t", "a CASE ends with END"),
            ("SELECT CASE a WHEN 1 THEN 2 END CASE WHEN a FROM t", "a CASE ends with END"),
            ("SELECT “a” FROM t", "no quote of SQL"),
            ("SELECT a FROM ‘t.csv’", "no quote of SQL"),
            ("COPY a.csv TO b.csv", "a path goes in single quotes"),
            ("air/*.csv", "a path goes in single quotes"),
        ] {
            let error = parse(sql).unwrap_err();
            assert!(
                error.hint().is_some_and(|found| found.contains(hint)),
                "{sql}: {error} {:?}",
                error.hint()
            );
        }
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("SELECT {}1{}", "(".repeat(10_000), ")".repeat(10_000));
        assert!(parse(&deep).unwrap_err().to_string().contains("too deeply"));
    }
}
