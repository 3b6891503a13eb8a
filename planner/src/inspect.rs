//! `DESCRIBE`, `SUMMARIZE`, `SHOW TABLES` and `TABLE x`, as queries.
//!
//! The parser knows no `SUMMARIZE`, and describes tables only. So these statements are rewritten before
//! they are parsed, token by token, that errors keep their places: `SUMMARIZE 'x.csv'` becomes a query
//! over a subquery whose alias says what is wanted ([`inspection_of`]).

use sqlparser::ast::{Ident, TableFactor};
use sqlparser::dialect::Dialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use crate::tokens::{is_solid, is_word, select_star};

/// What is asked about the columns of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inspection {
    /// Names and types.
    Describe,
    /// Statistics.
    Summarize,
}

impl Inspection {
    /// The alias of the subquery. No user has a reason to write it.
    fn alias(self) -> &'static str {
        match self {
            Self::Describe => "$describe",
            Self::Summarize => "$summarize",
        }
    }
}

/// What is asked about a table factor, and the factor without the mark; nothing if it is not asked about.
pub fn inspection_of(factor: &TableFactor) -> Option<(Inspection, TableFactor)> {
    let TableFactor::Derived { alias: Some(alias), .. } = factor else { return None };
    let inspection = [Inspection::Describe, Inspection::Summarize]
        .into_iter()
        .find(|inspection| inspection.alias() == alias.name.value)?;
    let mut plain = factor.clone();
    if let TableFactor::Derived { alias, .. } = &mut plain {
        *alias = None;
    }
    Some((inspection, plain))
}

/// These statements as queries, also in parentheses.
pub(crate) fn as_queries(tokens: Vec<TokenWithSpan>, dialect: &dyn Dialect) -> Vec<TokenWithSpan> {
    let tokens = in_parentheses(tokens, dialect);
    let mut rewritten = Vec::with_capacity(tokens.len());
    for statement in tokens.split_inclusive(|token| token.token == Token::SemiColon) {
        push_statement(statement, dialect, &mut rewritten);
    }
    rewritten
}

/// `FROM (DESCRIBE t)`, `FROM (SUMMARIZE t)` and `FROM (SHOW TABLES)` with queries in the parentheses.
fn in_parentheses(tokens: Vec<TokenWithSpan>, dialect: &dyn Dialect) -> Vec<TokenWithSpan> {
    let mut rewritten = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        rewritten.push(token.clone());
        at += 1;
        if token.token != Token::LParen {
            continue;
        }
        let mut words = tokens[at..].iter().filter(|token| is_solid(token));
        let (Some(word), Some(next)) = (words.next(), words.next()) else { continue };
        let is_inspection = (is_word(word, "SHOW") && is_word(next, "TABLES"))
            || ((is_word(word, "DESCRIBE") || is_word(word, "SUMMARIZE"))
                && (starts_query(&next.token)
                    || matches!(next.token, Token::Word(_) | Token::SingleQuotedString(_))));
        let end = at + end_of_parentheses(&tokens[at..]);
        if is_inspection {
            push_statement(&in_parentheses(tokens[at..end].to_vec(), dialect), dialect, &mut rewritten);
            at = end;
        }
    }
    rewritten
}

/// Where the bracket is that closes one in front of these tokens.
fn end_of_parentheses(tokens: &[TokenWithSpan]) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen if depth == 0 => return at,
            Token::RParen => depth -= 1,
            _ => {}
        }
    }
    tokens.len()
}

fn push_statement(tokens: &[TokenWithSpan], dialect: &dyn Dialect, out: &mut Vec<TokenWithSpan>) {
    let end = tokens.len() - usize::from(tokens.last().is_some_and(|last| last.token == Token::SemiColon));
    let (body, semicolon) = tokens.split_at(end);
    let mut words = body.iter().enumerate().filter(|(_, token)| is_solid(token));
    let (Some((first, word)), Some((second, next))) = (words.next(), words.next()) else {
        return out.extend_from_slice(tokens);
    };
    let is_of_all =
        is_word(next, "ALL") && words.clone().next().is_some_and(|(_, word)| is_word(word, "TABLES"));
    let behind = words.clone().nth(usize::from(is_of_all));
    if is_word(word, "SHOW") && (is_word(next, "TABLES") || is_of_all) && behind.is_none() {
        out.extend(text_tokens(TABLES, word, dialect));
        return out.extend_from_slice(semicolon);
    }
    if is_word(word, "TABLE") {
        out.extend(select_star(word));
        return out.extend_from_slice(&tokens[second..]);
    }
    let inspection = if is_word(word, "SUMMARIZE") {
        Inspection::Summarize
    } else if is_word(word, "DESCRIBE") || is_word(word, "DESC") {
        Inspection::Describe
    } else {
        return out.extend_from_slice(tokens);
    };
    out.extend_from_slice(&body[..first]);
    let at = |token: Token| TokenWithSpan { token, span: word.span };
    out.extend(select_star(word));
    out.push(at(Token::LParen));
    // DESCRIBE TABLE name
    let table = is_word(next, "TABLE") && words.next().is_some();
    if table || !starts_query(&next.token) {
        out.extend(select_star(word));
    }
    out.extend_from_slice(&body[second + usize::from(table)..]);
    out.extend([at(Token::RParen), at(Token::make_keyword("AS"))]);
    out.push(at(Token::make_word(inspection.alias(), Some('"'))));
    out.extend_from_slice(semicolon);
}

/// Tables and views, by name.
const TABLES: &str = "SELECT table_name AS name FROM information_schema.tables \
                      WHERE table_schema = 'public' ORDER BY table_name";

fn text_tokens(sql: &str, place: &TokenWithSpan, dialect: &dyn Dialect) -> Vec<TokenWithSpan> {
    let tokens = Tokenizer::new(dialect, sql).tokenize().unwrap_or_default();
    tokens.into_iter().map(|token| TokenWithSpan { token, span: place.span }).collect()
}

fn starts_query(token: &Token) -> bool {
    match token {
        Token::LParen => true,
        Token::Word(word) => {
            matches!(word.keyword, Keyword::SELECT | Keyword::WITH | Keyword::VALUES | Keyword::FROM)
        }
        _ => false,
    }
}

/// Whether a name is the mark of an inspection.
pub(crate) fn is_mark(name: &Ident) -> bool {
    name.value == Inspection::Describe.alias() || name.value == Inspection::Summarize.alias()
}

#[cfg(test)]
mod tests {
    use crate::parse::parse;

    #[track_caller]
    fn check(sql: &str, expected: &[&str]) {
        let statements: Vec<String> = parse(sql).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(statements, expected);
    }

    #[test]
    fn inspections_are_queries() {
        check(
            "SELECT 1; -- then\nSummarize 'x.csv'; DESCRIBE Things",
            &[
                "SELECT 1",
                "SELECT * FROM (SELECT * FROM 'x.csv') AS \"$summarize\"",
                "SELECT * FROM (SELECT * FROM Things) AS \"$describe\"",
            ],
        );
        check(
            "DESCRIBE SELECT a FROM t WHERE b; summarize read_csv('x', header = true);",
            &[
                "SELECT * FROM (SELECT a FROM t WHERE b) AS \"$describe\"",
                "SELECT * FROM (SELECT * FROM read_csv('x', header = true)) AS \"$summarize\"",
            ],
        );
        check("DESCRIBE TABLE t", &["SELECT * FROM (SELECT * FROM t) AS \"$describe\""]);
        check(
            "SUMMARIZE FROM 'x' WHERE a > 1",
            &["SELECT * FROM (SELECT * FROM 'x' WHERE a > 1) AS \"$summarize\""],
        );
    }

    #[test]
    fn nothing_to_inspect_is_an_error() {
        assert!(parse("SUMMARIZE").unwrap_err().to_string().starts_with("syntax error"));
        let error = parse("SELECT 1;\nDESCRIBE SELECT 2 FROM t t u").unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
    }
}
