//! `trim` of blanks from one side.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::tokens::{is_solid, is_word};

/// `trim(BOTH FROM x)` with the blank that it means.
pub(crate) fn trims(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
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
