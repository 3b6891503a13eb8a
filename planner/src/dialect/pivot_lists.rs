//! `FOR a IN (1, 2) b IN ('x')`: several columns of a `PIVOT`, each with its own list, as one list of all their combinations.

use sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};

use crate::tokens::{closing, is_solid, outside_brackets};

/// `a IN (1, 2) b IN ('x')`, also with commas between them, as `(a, b) IN ((1, 'x'), (2, 'x'))`; `None`: there is one list.
pub(super) fn together(tokens: &[TokenWithSpan]) -> Option<Vec<TokenWithSpan>> {
    let mut columns: Vec<&[TokenWithSpan]> = Vec::new();
    let mut rows: Vec<Vec<&[TokenWithSpan]>> = vec![Vec::new()];
    let mut rest = without_comma(tokens);
    while rest.iter().any(is_solid) {
        let word = outside_brackets(rest, &["IN"])?;
        let open = (word + 1..rest.len()).find(|at| is_solid(&rest[*at]))?;
        let close = closing(rest, open).filter(|_| rest[open].token == Token::LParen)?;
        columns.push(&rest[..word]);
        let values = between_commas(&rest[open + 1..close]);
        rows = rows
            .iter()
            .flat_map(|row| values.iter().map(|value| row.iter().copied().chain([*value]).collect()))
            .collect();
        rest = without_comma(&rest[close + 1..]);
    }
    if columns.len() < 2 {
        return None;
    }
    let span = tokens.first()?.span;
    let at = |token| TokenWithSpan { token, span };
    let blank = || at(Token::Whitespace(Whitespace::Space));
    let tuple = |parts: &[&[TokenWithSpan]]| {
        let mut tuple = vec![at(Token::LParen)];
        for (place, part) in parts.iter().enumerate() {
            if place > 0 {
                tuple.push(at(Token::Comma));
            }
            tuple.extend_from_slice(part);
        }
        tuple.push(at(Token::RParen));
        tuple
    };
    let mut written = tuple(&columns);
    written.extend([blank(), at(Token::make_keyword("IN")), blank(), at(Token::LParen)]);
    for (place, row) in rows.iter().enumerate() {
        if place > 0 {
            written.push(at(Token::Comma));
        }
        written.extend(tuple(row));
    }
    written.push(at(Token::RParen));
    Some(written)
}

fn without_comma(tokens: &[TokenWithSpan]) -> &[TokenWithSpan] {
    match tokens.iter().position(is_solid) {
        Some(first) if tokens[first].token == Token::Comma => &tokens[first + 1..],
        _ => tokens,
    }
}

/// What stands between commas that are outside of brackets.
fn between_commas(tokens: &[TokenWithSpan]) -> Vec<&[TokenWithSpan]> {
    let mut depth = 0_i32;
    tokens
        .split(|token| {
            match token.token {
                Token::LParen | Token::LBracket => depth += 1,
                Token::RParen | Token::RBracket => depth -= 1,
                _ => {}
            }
            depth == 0 && token.token == Token::Comma
        })
        .collect()
}
