//! Arithmetic of decimals that are written in a statement is exact.
//!
//! `0.06 + 0.01` is 0.07 for whoever writes it; as doubles it is 0.06999999999999999, and a `BETWEEN`
//! would lose rows at its end. So sums, differences and products of written decimals are computed here,
//! as decimals.

use sqlparser::ast::{BinaryOperator, Expr, Value};

/// The result of `a + b`, `a - b` or `a * b` of numbers, at least one of them with a decimal point;
/// nothing for all else.
pub(crate) fn folded(expr: &Expr) -> Option<Expr> {
    let Expr::BinaryOp { left, op, right } = expr else { return None };
    let (left, right) = (Decimal::of(left)?, Decimal::of(right)?);
    if left.scale == 0 && right.scale == 0 {
        return None;
    }
    let result = match op {
        BinaryOperator::Plus => left.add(right)?,
        BinaryOperator::Minus => left.add(Decimal { digits: right.digits.checked_neg()?, ..right })?,
        BinaryOperator::Multiply => left.multiply(right)?,
        _ => return None,
    };
    Some(Expr::Value(Value::Number(result.to_text(), false).into()))
}

/// `digits / 10^scale`.
#[derive(Clone, Copy)]
struct Decimal {
    digits: i128,
    scale: u32,
}

/// Longer numbers are left to the relational core.
const MAX_DIGITS: usize = 18;

impl Decimal {
    fn of(expr: &Expr) -> Option<Self> {
        let Expr::Value(value) = expr else { return None };
        let Value::Number(text, _) = &value.value else { return None };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{whole}{fraction}");
        let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.len() <= MAX_DIGITS;
        if !is_plain {
            return None;
        }
        Some(Self { digits: digits.parse().ok()?, scale: fraction.len() as u32 })
    }

    fn add(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let scaled = |value: Self| value.digits.checked_mul(10i128.checked_pow(scale - value.scale)?);
        Some(Self { digits: scaled(self)?.checked_add(scaled(other)?)?, scale })
    }

    fn multiply(self, other: Self) -> Option<Self> {
        Some(Self { digits: self.digits.checked_mul(other.digits)?, scale: self.scale + other.scale })
    }

    fn to_text(self) -> String {
        let sign = if self.digits < 0 { "-" } else { "" };
        let width = self.scale as usize + 1;
        let digits = format!("{:0width$}", self.digits.unsigned_abs());
        let (whole, fraction) = digits.split_at(digits.len() - self.scale as usize);
        if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }
}

/// What stands in quotes.
pub(crate) fn written(expr: &Expr) -> Option<String> {
    if let Expr::Value(value) = expr { value.value.clone().into_string() } else { None }
}

#[cfg(test)]
mod tests {
    use crate::dialect::functions::rewrite_statement;
    use crate::parse::parse;

    #[track_caller]
    fn check(sql: &str, expected: &str) {
        let mut statement = parse(sql).unwrap().remove(0);
        rewrite_statement(&mut statement).unwrap();
        assert_eq!(statement.to_string(), expected);
    }

    #[test]
    fn written_decimals_are_exact() {
        check("SELECT x BETWEEN 0.06 - 0.01 AND 0.06 + 0.01", "SELECT x BETWEEN 0.05 AND 0.07");
        check("SELECT 0.1 + 0.2 + 0.3, 1 - 1.25, 0.5 * 3", "SELECT 0.6, -0.25, 1.5");
    }

    #[test]
    fn all_else_stays() {
        for sql in ["SELECT 1 + 2", "SELECT x + 0.1 + 0.2", "SELECT 1.0 / 3", "SELECT 1e3 + 0.5"] {
            check(sql, sql);
        }
        let long = "SELECT 1234567890123456789.5 + 0.5";
        check(long, long);
    }
}
