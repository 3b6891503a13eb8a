//! `[1, 2,]` and `{'a': 1,}`: lists and structs that are written with a comma behind the last value.

use sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};

use crate::tokens::is_solid;

/// Leaves such commas out.
pub(crate) fn without_last_commas(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let solid: Vec<usize> = (0..tokens.len()).filter(|at| is_solid(&tokens[*at])).collect();
    for pair in solid.windows(2) {
        let [comma, close] = *pair else { continue };
        if tokens[comma].token == Token::Comma
            && matches!(tokens[close].token, Token::RBracket | Token::RBrace)
        {
            tokens[comma].token = Token::Whitespace(Whitespace::Space);
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use crate::parse::check;

    #[test]
    fn commas_behind_the_last_value() {
        check("SELECT [1, 2, ], {'a': 1,}", "SELECT [1, 2], {'a': 1}");
    }
}
