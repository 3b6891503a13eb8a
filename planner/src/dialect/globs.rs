//! `GLOB`, the patterns of file names.

use sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};

use crate::tokens::{is_solid, is_word};

/// `x GLOB 'a*'` as `x ~ '^a.*$'`.
pub(crate) fn globs(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
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
