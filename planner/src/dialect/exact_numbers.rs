//! Numbers that are written with more digits than a double has.
//!
//! The relational core reads them as doubles, and `12345678901234567890.12::decimal(30, 2)` would be
//! 12345678901234567741.44. So a number that is cast to a decimal is cast from its text, and an integer of more than 64 bits
//! is a decimal.

use sqlparser::ast::{CastKind, DataType, ExactNumberInfo, Expr, UnaryOperator, Value};

/// The most digits that a decimal has.
const MAX_DIGITS: usize = 38;

/// A number, or a cast of one, without loss; nothing for all else.
pub(crate) fn exact(expr: &Expr) -> Option<Expr> {
    match expr {
        Expr::Cast { expr: inner, data_type, .. } if is_decimal(data_type) => {
            let text = Expr::Value(Value::SingleQuotedString(text_of(inner)?).into());
            let mut cast = expr.clone();
            if let Expr::Cast { expr: inner, .. } = &mut cast {
                **inner = text;
            }
            Some(cast)
        }
        Expr::Value(value) => {
            let Value::Number(text, _) = &value.value else { return None };
            let digits = text.trim_start_matches('0');
            let is_long = digits.len() <= MAX_DIGITS
                && digits.bytes().all(|byte| byte.is_ascii_digit())
                && !digits.is_empty()
                && digits.parse::<u64>().is_err();
            is_long.then(|| Expr::Cast {
                kind: CastKind::Cast,
                expr: Box::new(Expr::Value(Value::SingleQuotedString(digits.to_owned()).into())),
                data_type: DataType::Decimal(ExactNumberInfo::PrecisionAndScale(digits.len() as u64, 0)),
                array: false,
                format: None,
            })
        }
        _ => None,
    }
}

fn is_decimal(ty: &DataType) -> bool {
    matches!(ty, DataType::Decimal(_) | DataType::Numeric(_) | DataType::Dec(_))
}

/// A number as it is written, with its sign.
fn text_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Value(value) => match &value.value {
            // A text with an exponent is no decimal.
            Value::Number(text, _) if !text.contains(['e', 'E']) => Some(text.clone()),
            _ => None,
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => text_of(expr).map(|text| format!("-{text}")),
        Expr::Nested(inner) => text_of(inner),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::functions::rewrite_statement;
    use crate::parse::parse;

    #[test]
    fn digits_are_not_lost() {
        let check = |sql: &str, expected: &str| {
            let mut statement = parse(sql).unwrap().remove(0);
            rewrite_statement(&mut statement).unwrap();
            assert_eq!(statement.to_string(), expected);
        };
        check(
            "SELECT 0.1::decimal(38, 20), CAST(-1.5 AS numeric)",
            "SELECT '0.1'::DECIMAL(38,20), CAST('-1.5' AS NUMERIC)",
        );
        check(
            "SELECT 18446744073709551615, 18446744073709551616",
            "SELECT 18446744073709551615, CAST('18446744073709551616' AS DECIMAL(20,0))",
        );
        for sql in [
            "SELECT 1e30, 1.5::DOUBLE, x::DECIMAL(10,2)",
            "SELECT 0.1, 100000000000000000000000000000000000000000",
        ] {
            check(sql, sql);
        }
    }
}
