//! `FILTER` without `WHERE`.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::tokens::{is_solid, is_word};

/// `sum(x) FILTER (a > 1)` with the `WHERE` that the parser wants.
pub(crate) fn filters(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
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
