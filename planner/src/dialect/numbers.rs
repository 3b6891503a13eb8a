//! Numbers as other engines write them, which the tokenizer takes apart.

use sqlparser::tokenizer::{Token, TokenWithSpan};

/// `1_000_000`, `0xFF` and `0b101` as one number: the tokenizer takes what begins with a letter or the underscore for a name, which would be
/// an alias, and `0xFF` for bytes.
pub(crate) fn whole_numbers(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut whole: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    for mut token in tokens {
        if let Some(number) = in_other_base(&token, whole.last()) {
            if matches!(token.token, Token::Word(_)) {
                whole.pop();
            }
            token.token = Token::Number(number.to_string(), false);
            whole.push(token);
        } else if let Token::Word(word) = &token.token
            && word.quote_style.is_none()
            && word.value.starts_with('_')
            && word
                .value
                .split('_')
                .skip(1)
                .all(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
            && let Some(TokenWithSpan { token: Token::Number(number, _), .. }) = whole.last_mut()
        {
            number.push_str(&word.value.replace('_', ""));
        } else {
            whole.push(token);
        }
    }
    whole
}

/// The number that is written with `0x`, `0b` or `0o` in front.
fn in_other_base(token: &TokenWithSpan, before: Option<&TokenWithSpan>) -> Option<u64> {
    match &token.token {
        // `X'1F'` has one character more, and is bytes.
        Token::HexStringLiteral(digits) => {
            let len = token.span.end.column.checked_sub(token.span.start.column)?;
            (len == digits.len() as u64 + 2).then(|| u64::from_str_radix(digits, 16).ok()).flatten()
        }
        Token::Word(word) if word.quote_style.is_none() => {
            let zero =
                before.filter(|before| matches!(&before.token, Token::Number(zero, false) if zero == "0"))?;
            let base = match word.value.chars().next()? {
                'b' | 'B' => 2,
                'o' | 'O' => 8,
                _ => return None,
            };
            let is_behind = zero.span.end == token.span.start;
            is_behind.then(|| u64::from_str_radix(&word.value[1..], base).ok()).flatten()
        }
        _ => None,
    }
}
