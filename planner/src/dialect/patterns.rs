//! Patterns of `LIKE` with another escape character than the relational core's `\`, or with none.

use sqlparser::ast::{BinaryOperator, Expr, Value, ValueWithSpan};

use crate::dialect::functions::call;
use crate::dialect::literals::written;
use crate::error::{Error, Result};

/// The function that writes a computed pattern anew, with [`escaped_pattern`].
pub const LIKE_PATTERN: &str = "like_pattern";

/// Writes the pattern of a `LIKE` or `ILIKE` as if it were escaped with `\`, which stands for itself where nothing is said of it.
///
/// # Errors
/// The escape is not one character, or the pattern ends with it.
pub(crate) fn escape_with_backslash(expr: &mut Expr) -> Result<()> {
    let (Expr::Like { pattern, escape_char, .. } | Expr::ILike { pattern, escape_char, .. }) = expr else {
        return Ok(());
    };
    let escape = match escape_char {
        Some(ValueWithSpan { value, .. }) => value.clone().into_string().unwrap_or_default(),
        None => String::new(),
    };
    let mut chars = escape.chars();
    let (first, second) = (chars.next(), chars.next());
    if second.is_some() {
        let hint = "as in name LIKE '10!%' ESCAPE '!'";
        return Err(Error::new("ESCAPE takes one character").with_hint(hint));
    }
    if first != Some('\\') {
        **pattern = match written(pattern) {
            Some(text) => Expr::Value(Value::SingleQuotedString(escaped_pattern(&text, first)?).into()),
            None => {
                let escape = Expr::Value(Value::SingleQuotedString(escape).into());
                Expr::Function(call(LIKE_PATTERN, vec![(**pattern).clone(), escape]))
            }
        };
    }
    // What is escaped now is not written anew once more.
    let is_plain = written(pattern).is_some_and(|pattern| !pattern.contains('\\'));
    *escape_char = (!is_plain).then(|| Value::SingleQuotedString("\\".to_owned()).into());
    Ok(())
}

/// `a ~~ b` and its like, as `a LIKE b`.
pub(crate) fn like_of_operator(expr: &Expr) -> Result<Option<Expr>> {
    let Expr::BinaryOp { left, op, right } = expr else { return Ok(None) };
    let negated = matches!(op, BinaryOperator::PGNotLikeMatch | BinaryOperator::PGNotILikeMatch);
    let (expr, pattern) = (left.clone(), right.clone());
    let mut like = match op {
        BinaryOperator::PGLikeMatch | BinaryOperator::PGNotLikeMatch => {
            Expr::Like { negated, any: false, expr, pattern, escape_char: None }
        }
        BinaryOperator::PGILikeMatch | BinaryOperator::PGNotILikeMatch => {
            Expr::ILike { negated, any: false, expr, pattern, escape_char: None }
        }
        _ => return Ok(None),
    };
    escape_with_backslash(&mut like)?;
    Ok(Some(Expr::Nested(Box::new(like))))
}

/// A pattern with an escape character, or with none, as one that is escaped with `\`.
///
/// # Errors
/// It ends with its escape character.
pub fn escaped_pattern(pattern: &str, escape: Option<char>) -> Result<String> {
    let mut escaped = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(char) = chars.next() {
        let char = if Some(char) == escape {
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
            assert_eq!(escaped_pattern(pattern, Some('!')).unwrap(), expected, "{pattern}");
        }
        assert!(escaped_pattern("a!", Some('!')).is_err());
        assert_eq!(escaped_pattern("a\\%", None).unwrap(), "a\\\\%");
    }
}
