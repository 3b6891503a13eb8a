//! `DESCRIBE`, `SUMMARIZE`, `SHOW TABLES` and `TABLE x`, as queries.
//!
//! The parser knows no `SUMMARIZE`, and describes tables only. So these statements are rewritten before
//! they are parsed, token by token, that errors keep their places: `SUMMARIZE 'x.csv'` becomes a query
//! over a subquery whose alias says what is wanted ([`inspection_of`]).

use sqlparser::ast::{Ident, TableFactor};
use sqlparser::dialect::Dialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, TokenizerError, Whitespace};

use crate::dialect::asof::with_marks;
use crate::dialect::chains::quote_words;
use crate::dialect::columns::of_patterns;
use crate::dialect::grouping_sets::mark_inner_sets;
use crate::dialect::in_lists::{lists_by_name, lists_of_in};
use crate::dialect::lambdas::with_arrows;
use crate::dialect::limits::with_percent;
use crate::dialect::names_in_front::with_names_behind;
use crate::dialect::numbers::whole_numbers;
use crate::dialect::pivot_statement::as_queries;
use crate::dialect::powers::with_powers;
use crate::dialect::samples::as_table_samples;
use crate::dialect::struct_types::with_angles;
use crate::dialect::words::plain_words;
use crate::distinctions::DISTINCTIONS;
use crate::from_first::with_select;

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

/// The tokens of a text, with these statements as queries.
///
/// # Errors
/// The text has no tokens, as a quote is not closed.
pub(crate) fn tokens(sql: &str, dialect: &dyn Dialect) -> Result<Vec<TokenWithSpan>, TokenizerError> {
    let tokens = Tokenizer::new(dialect, sql).tokenize_with_location()?;
    let tokens = trims(filters(without_hints(distinctions(null_tests(with_angles(with_powers(
        whole_numbers(with_names_behind(plain_words(tokens))),
    )))))));
    let tokens = with_marks(globs(lists_by_name(lists_of_in(as_queries(of_patterns(with_arrows(
        as_table_samples(with_percent(tokens)),
    )))))));
    let tokens = in_parentheses(mark_inner_sets(quote_words(with_select(&tokens))), dialect);
    let mut rewritten = Vec::with_capacity(tokens.len());
    for statement in tokens.split_inclusive(|token| token.token == Token::SemiColon) {
        push_statement(statement, dialect, &mut rewritten);
    }
    Ok(rewritten)
}

/// `x ISNULL` and `x NOTNULL` as `x IS NULL` and `x IS NOT NULL`: the parser takes the word for an alias.
fn null_tests(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut tests = Vec::with_capacity(tokens.len());
    let mut is_behind_operand = false;
    for token in tokens {
        let words: &[&str] = match is_behind_operand {
            true if is_word(&token, "ISNULL") => &["IS", "NULL"],
            true if is_word(&token, "NOTNULL") => &["IS", "NOT", "NULL"],
            _ => &[],
        };
        if is_solid(&token) {
            is_behind_operand = ends_operand(&token.token);
        }
        match words {
            [] => tests.push(token),
            words => tests.extend(
                words.iter().map(|word| TokenWithSpan { token: Token::make_keyword(word), span: token.span }),
            ),
        }
    }
    tests
}

/// `a IS DISTINCT FROM b` and `a IS NOT DISTINCT FROM b` with an operator of ours, of which [`crate::distinctions`] makes them again:
/// the parser takes all that comes behind them, as `AND c`, for a part of `b`.
fn distinctions(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut rewritten = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let found = DISTINCTIONS.iter().find_map(|(words, operator)| {
            let mut end = at;
            for word in *words {
                while tokens.get(end).is_some_and(|token| !is_solid(token) && token.token != Token::EOF) {
                    end += 1;
                }
                if !tokens.get(end).is_some_and(|token| is_word(token, word)) {
                    return None;
                }
                end += 1;
            }
            Some((end, operator))
        });
        match found.filter(|_| is_solid(token)) {
            Some((end, operator)) => {
                let name = [Token::make_keyword("OPERATOR"), Token::LParen, Token::make_word(operator, None)];
                let operator = name.into_iter().chain([Token::RParen]);
                rewritten.extend(operator.map(|token| TokenWithSpan { token, span: tokens[at].span }));
                at = end;
            }
            None => {
                rewritten.push(token.clone());
                at += 1;
            }
        }
    }
    rewritten
}

/// `WITH t AS MATERIALIZED (…)` and `AS NOT MATERIALIZED (…)` without these words, which say how and not what.
fn without_hints(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut plain: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        if is_word(&token, "MATERIALIZED") {
            let is_open = rest.clone().find(is_solid).is_some_and(|next| next.token == Token::LParen);
            let mut solid = plain.iter().enumerate().rev().filter(|(_, token)| is_solid(token));
            let last = solid.next().filter(|(_, token)| is_word(token, "NOT")).map(|(at, _)| at);
            let before = match last {
                Some(_) => solid.next(),
                None => plain.iter().enumerate().rev().find(|(_, token)| is_solid(token)),
            };
            if is_open && before.is_some_and(|(_, token)| is_word(token, "AS")) {
                plain.truncate(last.unwrap_or(plain.len()));
                continue;
            }
        }
        plain.push(token);
    }
    plain
}

/// `sum(x) FILTER (a > 1)` with the `WHERE` that the parser wants.
fn filters(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut filters: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut solid: [Option<Token>; 3] = [None, None, None];
    for token in tokens {
        if is_solid(&token) {
            let is_filter = matches!(&solid, [Some(Token::RParen), Some(Token::Word(word)), Some(Token::LParen)]
                if word.value.eq_ignore_ascii_case("FILTER"));
            if is_filter && !is_word(&token, "WHERE") {
                filters.push(TokenWithSpan { token: Token::make_keyword("WHERE"), span: token.span });
            }
            solid.rotate_left(1);
            solid[2] = Some(token.token.clone());
        }
        filters.push(token);
    }
    filters
}

/// `trim(BOTH FROM x)` with the blank that it means.
fn trims(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut trims: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut solid: [Option<Token>; 3] = [None, None, None];
    for token in tokens {
        if is_solid(&token) {
            let is_side = matches!(&solid, [Some(Token::Word(trim)), Some(Token::LParen), Some(Token::Word(side))]
                if trim.keyword == Keyword::TRIM
                    && matches!(side.keyword, Keyword::BOTH | Keyword::LEADING | Keyword::TRAILING));
            if is_side && is_word(&token, "FROM") {
                let blank = Token::SingleQuotedString(" ".to_owned());
                trims.push(TokenWithSpan { token: blank, span: token.span });
            }
            solid.rotate_left(1);
            solid[2] = Some(token.token.clone());
        }
        trims.push(token);
    }
    trims
}

/// `x GLOB 'a*'` as `x ~ '^a.*$'`.
fn globs(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    if !tokens.iter().any(|token| is_word(token, "GLOB")) {
        return tokens;
    }
    let mut written: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    // Where the operator stands in what is written, if the pattern is what comes next.
    let mut operator: Option<usize> = None;
    for mut token in tokens {
        match (&token.token, operator) {
            (Token::SingleQuotedString(pattern), Some(at)) => {
                let span = written[at].span;
                let not = written[..at].iter().rposition(is_solid).filter(|at| is_word(&written[*at], "NOT"));
                written[at].token = Token::Tilde;
                if let Some(not) = not {
                    written[at].token = Token::ExclamationMarkTilde;
                    written[not] = TokenWithSpan { token: Token::Whitespace(Whitespace::Space), span };
                }
                token.token = Token::SingleQuotedString(glob_regex(pattern));
                operator = None;
            }
            _ if is_word(&token, "GLOB") => operator = Some(written.len()),
            _ if is_solid(&token) => operator = None,
            _ => {}
        }
        written.push(token);
    }
    written
}

/// A pattern with `*`, `?` and `[a-z]` as a regular expression.
fn glob_regex(pattern: &str) -> String {
    let mut regex = String::from("(?s)^");
    let mut is_class = false;
    for char in pattern.chars() {
        match char {
            '*' if !is_class => regex.push_str(".*"),
            '?' if !is_class => regex.push('.'),
            '[' if !is_class => {
                is_class = true;
                regex.push('[');
            }
            ']' if is_class => {
                is_class = false;
                regex.push(']');
            }
            '!' if is_class && regex.ends_with('[') => regex.push('^'),
            '-' | '^' if is_class => regex.push(char),
            other => regex.push_str(&regex_syntax::escape(&other.to_string())),
        }
    }
    regex.push('$');
    regex
}

/// The place of what closes the bracket at a place.
pub(crate) fn closing(tokens: &[TokenWithSpan], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether a value may end with a token.
pub(crate) fn ends_operand(token: &Token) -> bool {
    match token {
        Token::Word(word) => matches!(
            word.keyword,
            Keyword::NoKeyword | Keyword::END | Keyword::NULL | Keyword::TRUE | Keyword::FALSE
        ),
        Token::RParen | Token::RBracket | Token::Number(..) | Token::SingleQuotedString(_) => true,
        _ => false,
    }
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
    if is_word(word, "SHOW") && is_word(next, "TABLES") && words.next().is_none() {
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

/// `SELECT * FROM`.
pub(crate) fn select_star(place: &TokenWithSpan) -> [TokenWithSpan; 3] {
    [Token::make_keyword("SELECT"), Token::Mul, Token::make_keyword("FROM")]
        .map(|token| TokenWithSpan { token, span: place.span })
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

pub(crate) fn is_solid(token: &TokenWithSpan) -> bool {
    !matches!(token.token, Token::Whitespace(_) | Token::EOF)
}

pub(crate) fn is_word(token: &TokenWithSpan, wanted: &str) -> bool {
    match &token.token {
        Token::Word(word) => word.quote_style.is_none() && word.value.eq_ignore_ascii_case(wanted),
        _ => false,
    }
}

/// Where the first of some words stands outside of all brackets.
pub(crate) fn outside_brackets(tokens: &[TokenWithSpan], words: &[&str]) -> Option<usize> {
    let mut depth = 0_i32;
    tokens.iter().position(|token| {
        match token.token {
            Token::LParen | Token::LBracket | Token::LBrace => depth += 1,
            Token::RParen | Token::RBracket | Token::RBrace => depth -= 1,
            _ => {}
        }
        depth == 0 && words.iter().any(|word| is_word(token, word))
    })
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
