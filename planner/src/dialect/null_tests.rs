//! `ISNULL` and `NOTNULL`.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::tokens::{ends_operand, is_solid, is_word};

/// `x ISNULL` and `x NOTNULL` as `x IS NULL` and `x IS NOT NULL`: the parser takes the word for an alias.
pub(crate) fn null_tests(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
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
