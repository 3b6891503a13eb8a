//! Bytes that are written in a text: `'\xAA\xBB'::blob`.

use sqlparser::ast::{Expr, Value};

use crate::error::{Error, Result};

/// The bytes of a text in which `\x` and two digits stand for one.
///
/// # Errors
/// A `\` has no such digits behind it.
pub(crate) fn escaped_bytes(text: &str) -> Result<Expr> {
    let mut digits = String::new();
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        rest = &rest[char.len_utf8()..];
        if char != '\\' {
            let mut bytes = [0; 4];
            digits.extend(char.encode_utf8(&mut bytes).bytes().map(|byte| format!("{byte:02X}")));
            continue;
        }
        let byte = rest.strip_prefix('x').and_then(|rest| rest.get(..2));
        let byte =
            byte.filter(|byte| byte.bytes().all(|digit| digit.is_ascii_hexdigit())).ok_or_else(|| {
                Error::new(format!("'{text}' has a \\ that begins no byte"))
                    .with_hint("a byte is \\x and two digits, as in '\\xAA'::blob; a \\ itself is \\x5C")
            })?;
        digits.push_str(byte);
        rest = &rest[3..];
    }
    Ok(Expr::Value(Value::HexStringLiteral(digits).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_in_texts() {
        assert_eq!(escaped_bytes("\\xAA\\x0b").unwrap().to_string(), "X'AA0b'");
        assert_eq!(escaped_bytes("aä\\x00").unwrap().to_string(), "X'61C3A400'");
        for wrong in ["\\xA", "\\x00\\", "\\x00\\n", "\\xGG"] {
            assert!(escaped_bytes(wrong).is_err(), "{wrong}");
        }
    }
}
