//! `PIVOT t ON kind USING sum(x) GROUP BY k` and `UNPIVOT t ON a, b INTO NAME n VALUE v`, as queries with what stands behind a table:
//! `SELECT * FROM t PIVOT (sum(x) FOR kind IN (ANY))`.
//!
//! The parser knows these only. So the words are put in order before it is asked, token by token, that errors keep their places.

use std::ops::Range;

use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::dialect::pivot_lists::together;
use crate::tokens::{closing, is_solid, is_word, outside_brackets, select_star};

/// The name of a call that has the keys of `GROUP BY` as its arguments, where the parser expects a value for nulls.
pub(crate) const KEYS: &str = "$keys";

/// Writes the statements, also inside parentheses, as queries.
pub(crate) fn as_queries(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    if !tokens.iter().any(is_pivot) {
        return tokens;
    }
    let tokens = with_lists_together(with_keys_behind_tables(tokens));
    let mut written: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let end = at + end_of_part(&tokens[at..]);
        let query = match is_pivot(&tokens[at]) && may_begin(&written, &tokens[at + 1..]) {
            true => query(&tokens[at], &tokens[at + 1..end]),
            false => None,
        };
        match query {
            Some(query) => {
                // Inside it there may be others.
                written.extend(as_queries(query));
                at = end;
            }
            None => {
                written.push(tokens[at].clone());
                at += 1;
            }
        }
    }
    written
}

/// `t PIVOT (sum(x) FOR kind IN ('a') GROUP BY k)`, with the keys where the parser takes them.
fn with_keys_behind_tables(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    in_pivots(tokens, |inner| {
        outside_brackets(inner, &["FOR"])?;
        let group = outside_brackets(inner, &["GROUP"])?;
        let by = outside_brackets(&inner[group..], &["BY"])?;
        Some((group..inner.len(), keys_for_nulls(&inner[group], &inner[group + by + 1..])))
    })
}

/// `t PIVOT (sum(x) FOR a IN (1, 2) b IN (3))`, with one list of both columns.
fn with_lists_together(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    in_pivots(tokens, |inner| {
        let start = outside_brackets(inner, &["FOR"])? + 1;
        let end = outside_brackets(&inner[start..], &["DEFAULT"]).map_or(inner.len(), |end| start + end);
        Some((start..end, together(&inner[start..end])?))
    })
}

/// Changes what stands in the parentheses of each `PIVOT (…)`: a part of it becomes other tokens.
fn in_pivots(
    mut tokens: Vec<TokenWithSpan>,
    change: impl Fn(&[TokenWithSpan]) -> Option<(Range<usize>, Vec<TokenWithSpan>)>,
) -> Vec<TokenWithSpan> {
    let mut from = 0;
    while let Some(at) = tokens[from..].iter().position(|token| is_word(token, "PIVOT")) {
        from += at + 1;
        let Some(open) = (from..tokens.len()).find(|at| is_solid(&tokens[*at])) else { break };
        if tokens[open].token != Token::LParen {
            continue;
        }
        let Some(close) = closing(&tokens, open) else { continue };
        let start = open + 1;
        if let Some((part, changed)) = change(&tokens[start..close]) {
            tokens.splice(start + part.start..start + part.end, changed);
        }
    }
    tokens
}

/// Keys, in the place of a value for nulls.
fn keys_for_nulls(place: &TokenWithSpan, keys: &[TokenWithSpan]) -> Vec<TokenWithSpan> {
    let at = |token: Token| TokenWithSpan { token, span: place.span };
    let blank = || at(Token::Whitespace(sqlparser::tokenizer::Whitespace::Space));
    let mut tokens = vec![blank()];
    for word in ["DEFAULT", "ON", "NULL"] {
        tokens.extend([at(Token::make_keyword(word)), blank()]);
    }
    tokens.extend([at(Token::LParen), at(Token::make_word(KEYS, Some('"'))), at(Token::LParen)]);
    tokens.extend_from_slice(keys);
    tokens.extend([at(Token::RParen), at(Token::RParen)]);
    tokens
}

fn is_pivot(token: &TokenWithSpan) -> bool {
    is_word(token, "PIVOT") || is_word(token, "PIVOT_WIDER") || is_unpivot(token)
}

fn is_unpivot(token: &TokenWithSpan) -> bool {
    is_word(token, "UNPIVOT") || is_word(token, "PIVOT_LONGER")
}

/// Whether a statement may begin, and not what stands behind a table.
fn may_begin(before: &[TokenWithSpan], behind: &[TokenWithSpan]) -> bool {
    let next_is_paren =
        behind.iter().find(|token| is_solid(token)).is_some_and(|token| token.token == Token::LParen);
    match before.iter().rfind(|token| is_solid(token)) {
        None => true,
        Some(token) if token.token == Token::RParen => !next_is_paren,
        Some(token) => {
            matches!(token.token, Token::LParen | Token::SemiColon)
                || ["AS", "EXPLAIN", "ANALYZE", "DESCRIBE", "SUMMARIZE"]
                    .iter()
                    .any(|word| is_word(token, word))
        }
    }
}

/// How many tokens there are to the end of the statement or of the parentheses around.
fn end_of_part(tokens: &[TokenWithSpan]) -> usize {
    let mut depth = 0_i32;
    let end = tokens.iter().position(|token| {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            _ => {}
        }
        depth < 0 || matches!(token.token, Token::SemiColon | Token::EOF)
    });
    end.unwrap_or(tokens.len())
}

/// The query for what stands behind the word; `None`: it is no such statement.
fn query(word: &TokenWithSpan, tokens: &[TokenWithSpan]) -> Option<Vec<TokenWithSpan>> {
    let on = outside_brackets(tokens, &["ON"])?;
    let clauses = ["USING", "GROUP", "ORDER", "LIMIT", "INTO"];
    let rest = on + 1 + outside_brackets(&tokens[on + 1..], &clauses).unwrap_or(tokens.len() - on - 1);
    let (source, columns) = (&tokens[..on], &tokens[on + 1..rest]);
    let clause = |name: &str| {
        let from = rest + outside_brackets(&tokens[rest..], &[name])?;
        let len = outside_brackets(&tokens[from + 1..], &clauses).unwrap_or(tokens.len() - from - 1);
        Some(&tokens[from + 1..from + 1 + len])
    };
    let tail =
        outside_brackets(&tokens[rest..], &["ORDER", "LIMIT"]).map_or(&[][..], |at| &tokens[rest + at..]);
    let at = |token: Token| TokenWithSpan { token, span: word.span };
    let key = |name: &str| at(Token::make_keyword(name));
    let blank = at(Token::Whitespace(sqlparser::tokenizer::Whitespace::Space));
    let mut query = Vec::new();
    for token in select_star(word) {
        query.extend([token, blank.clone()]);
    }
    query.extend_from_slice(source);
    query.push(blank.clone());
    if is_unpivot(word) {
        let names = clause("INTO").unwrap_or_default();
        let name =
            names_behind(names, "NAME").unwrap_or_else(|| vec![at(Token::make_word("name", Some('"')))]);
        let value =
            names_behind(names, "VALUE").unwrap_or_else(|| vec![at(Token::make_word("value", Some('"')))]);
        query.extend([key("UNPIVOT"), at(Token::LParen)]);
        query.extend(value);
        query.push(key("FOR"));
        query.extend(name);
        query.extend([key("IN"), at(Token::LParen)]);
        match columns.iter().find(|token| is_solid(token)) {
            Some(star) if star.token == Token::Mul => {
                query.extend([at(Token::make_word("COLUMNS", None)), at(Token::LParen)]);
                query.extend_from_slice(columns);
                query.push(at(Token::RParen));
            }
            _ => query.extend_from_slice(columns),
        }
        query.extend([at(Token::RParen), at(Token::RParen)]);
    } else {
        query.extend([key("PIVOT"), at(Token::LParen)]);
        match clause("USING") {
            Some(aggregates) => query.extend_from_slice(aggregates),
            None => query.extend([
                at(Token::make_word("count", None)),
                at(Token::LParen),
                at(Token::Mul),
                at(Token::RParen),
            ]),
        }
        query.extend([blank.clone(), key("FOR"), blank.clone()]);
        if let Some(lists) = together(columns) {
            query.extend(lists);
        } else {
            // The parser takes a condition in parentheses, as one of several.
            let brackets = if is_condition(columns) { 2 } else { usize::from(has_comma(columns)) };
            query.extend(std::iter::repeat_n(at(Token::LParen), brackets));
            query.extend_from_slice(columns);
            query.extend(std::iter::repeat_n(at(Token::RParen), brackets));
        }
        if outside_brackets(columns, &["IN"]).is_none() {
            query.extend([blank.clone(), key("IN"), at(Token::LParen), key("ANY"), at(Token::RParen)]);
        }
        if let Some(keys) = clause("GROUP") {
            let by = outside_brackets(keys, &["BY"])?;
            query.extend(keys_for_nulls(word, &keys[by + 1..]));
        }
        query.push(at(Token::RParen));
    }
    query.push(blank);
    query.extend_from_slice(tail);
    Some(query)
}

/// `n` of `INTO NAME n VALUE v`; several become a list in parentheses.
fn names_behind(tokens: &[TokenWithSpan], word: &str) -> Option<Vec<TokenWithSpan>> {
    let at = tokens.iter().position(|token| is_word(token, word))?;
    let mut names: Vec<TokenWithSpan> = Vec::new();
    for token in tokens[at + 1..].iter().filter(|token| is_solid(token)) {
        // One name, and more behind commas.
        let is_name = names.last().is_none_or(|last| last.token == Token::Comma);
        if is_name != (token.token != Token::Comma) {
            break;
        }
        names.push(token.clone());
    }
    let span = names.first()?.span;
    if names.len() > 1 {
        names.insert(0, TokenWithSpan { token: Token::LParen, span });
        names.push(TokenWithSpan { token: Token::RParen, span });
    }
    Some(names)
}

/// Whether a comma stands outside of parentheses.
fn has_comma(tokens: &[TokenWithSpan]) -> bool {
    has_outside(tokens, |token| token.token == Token::Comma)
}

/// Whether what becomes columns is a comparison, and nothing beside it.
fn is_condition(tokens: &[TokenWithSpan]) -> bool {
    let compares = |token: &TokenWithSpan| {
        matches!(token.token, Token::Eq | Token::Neq | Token::Lt | Token::LtEq | Token::Gt | Token::GtEq)
            || ["AND", "BETWEEN", "IS", "LIKE", "OR"].iter().any(|word| is_word(token, word))
    };
    has_outside(tokens, compares) && !has_comma(tokens) && outside_brackets(tokens, &["IN"]).is_none()
}

/// Whether there is such a token outside of parentheses.
fn has_outside(tokens: &[TokenWithSpan], is_wanted: impl Fn(&TokenWithSpan) -> bool) -> bool {
    let mut depth = 0_i32;
    tokens.iter().any(|token| {
        match token.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket => depth -= 1,
            _ => {}
        }
        depth == 0 && is_wanted(token)
    })
}

#[cfg(test)]
mod tests {
    use crate::parse::check;

    #[test]
    fn statements_are_queries() {
        check("PIVOT t ON kind USING sum(x)", "SELECT * FROM t PIVOT(sum(x) FOR kind IN (ANY))");
        check(
            "FROM (PIVOT 'a.csv' ON kind IN ('a', 'b') USING sum(x) AS s, count(*) GROUP BY k, l ORDER BY k) LIMIT 1",
            "SELECT * FROM (SELECT * FROM 'a.csv' PIVOT(sum(x) AS s, count(*) FOR kind IN ('a', 'b') \
             DEFAULT ON NULL (\"$keys\"(k, l))) ORDER BY k) LIMIT 1",
        );
        check("PIVOT (SELECT 1 AS a) ON a", "SELECT * FROM (SELECT 1 AS a) PIVOT(count(*) FOR a IN (ANY))");
        check(
            "WITH t AS (SELECT 1) PIVOT t ON a",
            "WITH t AS (SELECT 1) SELECT * FROM t PIVOT(count(*) FOR a IN (ANY))",
        );
        check("UNPIVOT t ON a, b INTO NAME n VALUE v", "SELECT * FROM t UNPIVOT(v FOR n IN (a, b))");
        check(
            "UNPIVOT t ON (a, b) AS q INTO NAME n VALUE v, w",
            "SELECT * FROM t UNPIVOT((v, w) FOR n IN ((a, b) AS q))",
        );
        check("UNPIVOT t ON a", "SELECT * FROM t UNPIVOT(\"value\" FOR \"name\" IN (a))");
        check(
            "UNPIVOT t ON * EXCLUDE (a)",
            "SELECT * FROM t UNPIVOT(\"value\" FOR \"name\" IN (COLUMNS(* EXCLUDE (a))))",
        );
        check("PIVOT t ON a > 1 USING sum(x)", "SELECT * FROM t PIVOT(sum(x) FOR (a > 1) IN (ANY))");
        check(
            "PIVOT t ON a IN (1, 2), b IN ('x') USING sum(x)",
            "SELECT * FROM t PIVOT(sum(x) FOR (a, b) IN ((1, 'x'), (2, 'x')))",
        );
    }

    #[test]
    fn keys_stand_in_the_parentheses_behind_a_table() {
        check(
            "SELECT * FROM t PIVOT (sum(x) FOR k IN ('a', 'b') GROUP BY c, d) p",
            "SELECT * FROM t PIVOT(sum(x) FOR k IN ('a', 'b') DEFAULT ON NULL (\"$keys\"(c, d))) p",
        );
        check(
            "SELECT * FROM t PIVOT (sum(x) FOR a IN (1, f(2, 3)) b IN ('x') GROUP BY c)",
            "SELECT * FROM t PIVOT(sum(x) FOR (a, b) IN ((1, 'x'), (f(2, 3), 'x')) DEFAULT ON NULL (\"$keys\"(c)))",
        );
    }

    #[test]
    fn what_stands_behind_a_table_stays() {
        for sql in ["SELECT * FROM t PIVOT(sum(x) FOR k IN ('a'))", "SELECT pivot FROM t JOIN u ON t.a = u.a"]
        {
            check(sql, sql);
        }
    }
}
