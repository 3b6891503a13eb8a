//! Patterns of `LIKE` with another escape character than the relational core's `\`.

use sqlparser::ast::{Expr, Value, ValueWithSpan};

use crate::error::{Error, Result};
use crate::literals::written;

/// Writes the pattern of a `LIKE` or `ILIKE` as if it were escaped with `\`.
///
/// # Errors
/// The pattern or the escape is not written as a text.
pub(crate) fn escape_with_backslash(expr: &mut Expr) -> Result<()> {
    let (Expr::Like { pattern, escape_char, .. } | Expr::ILike { pattern, escape_char, .. }) = expr else {
        return Ok(());
    };
    let Some(ValueWithSpan { value, .. }) = escape_char else { return Ok(()) };
    let escape = value.clone().into_string().unwrap_or_default();
    let mut chars = escape.chars();
    let (first, second) = (chars.next(), chars.next());
    if first == Some('\\') && second.is_none() {
        return Ok(());
    }
    let (Some(escape), None, Some(text)) = (first, second, written(pattern)) else {
        let hint = "as in name LIKE '10!%' ESCAPE '!'; without ESCAPE, \\% and \\_ stand for themselves";
        return Err(Error::new("ESCAPE takes one character, for a pattern in quotes").with_hint(hint));
    };
    let escaped = escaped(&text, escape)?;
    **pattern = Expr::Value(Value::SingleQuotedString(escaped).into());
    *escape_char = None;
    Ok(())
}

fn escaped(pattern: &str, escape: char) -> Result<String> {
    let mut escaped = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(char) = chars.next() {
        let char = if char == escape {
            let next = chars.next();
            escaped.extend(next.filter(|next| matches!(next, '%' | '_')).map(|_| '\\'));
            next.ok_or_else(|| Error::new(format!("the pattern '{pattern}' ends with its escape character")))?
        } else {
            char
        };
        // A backslash stands for itself.
        escaped.extend((char == '\\').then_some('\\'));
        escaped.push(char);
    }
    Ok(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_escaped_anew() {
        for (pattern, expected) in
            [("a!%b", "a\\%b"), ("a!!%", "a!%"), ("a\\b!_", "a\\\\b\\_"), ("!a!\\%", "a\\\\%"), ("", "")]
        {
            assert_eq!(escaped(pattern, '!').unwrap(), expected, "{pattern}");
        }
        assert!(escaped("a!", '!').is_err());
    }
}
