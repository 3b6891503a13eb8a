//! `LIMIT 10%` and `LIMIT 10 PERCENT`, of which the parser knows nothing: as a call until it is known how many rows there are. And
//! numbers of rows that are computed.

use sqlparser::ast::{CastKind, DataType, Expr, LimitClause, Offset, Query};
use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::tokens::{is_solid, is_word};

/// The name of the call.
pub(crate) const PERCENT: &str = "$percent";

/// Writes such limits as calls.
pub(crate) fn with_percent(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    if !tokens.iter().any(|token| is_word(token, "LIMIT")) {
        return tokens;
    }
    let solid: Vec<usize> = (0..tokens.len()).filter(|at| is_solid(&tokens[*at])).collect();
    let mut written = tokens.clone();
    // From the end, so that places in front stay what they are.
    for window in solid.windows(3).rev() {
        let [limit, number, unit] = *window else { continue };
        let behind = solid.iter().find(|at| **at > unit).map(|at| &tokens[*at]);
        let is_unit = is_word(&tokens[unit], "PERCENT")
            || tokens[unit].token == Token::Mod && behind.is_none_or(ends_limit);
        if is_word(&tokens[limit], "LIMIT") && matches!(tokens[number].token, Token::Number(..)) && is_unit {
            let at = |token: Token| TokenWithSpan { token, span: tokens[number].span };
            let call = [
                at(Token::make_word(PERCENT, Some('"'))),
                at(Token::LParen),
                tokens[number].clone(),
                at(Token::RParen),
            ];
            written.splice(number..=unit, call);
        }
    }
    written
}

/// `LIMIT 100 / 10`: a quotient as a whole number.
pub(crate) fn whole_limit(query: &mut Query) {
    let Some(LimitClause::LimitOffset { limit, offset, .. }) = &mut query.limit_clause else { return };
    let offset = offset.as_mut().map(|Offset { value, .. }| value);
    for number in limit.as_mut().into_iter().chain(offset) {
        if matches!(number, Expr::BinaryOp { .. } | Expr::Nested(_)) {
            *number = Expr::Cast {
                kind: CastKind::Cast,
                expr: Box::new(number.clone()),
                data_type: DataType::BigInt(None),
                array: false,
                format: None,
            };
        }
    }
}

/// Whether a limit is over in front of a token.
fn ends_limit(token: &TokenWithSpan) -> bool {
    matches!(token.token, Token::SemiColon | Token::RParen | Token::EOF) || is_word(token, "OFFSET")
}
