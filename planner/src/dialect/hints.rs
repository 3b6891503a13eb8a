//! Words that say how something is to be computed.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::tokens::{is_solid, is_word};

/// `WITH t AS MATERIALIZED (…)` and `AS NOT MATERIALIZED (…)` without these words, which say how and not what.
pub(crate) fn without_hints(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
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
