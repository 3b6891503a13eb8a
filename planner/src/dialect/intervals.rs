//! Intervals as the relational core takes them everywhere: `INTERVAL 3 DAYS` as `INTERVAL '3 DAYS'`, which frames of windows want, and
//! `INTERVAL (x) DAY` as `INTERVAL '1 DAY' * (x)`.

use sqlparser::ast::{BinaryOperator, Expr, Interval, UnaryOperator, Value};

/// What to put in place of an interval, if it cannot stay.
pub(crate) fn plain_interval(interval: &Interval) -> Option<Expr> {
    let Interval { value, leading_field: Some(unit), last_field: None, .. } = interval else { return None };
    if interval.leading_precision.is_some() || interval.fractional_seconds_precision.is_some() {
        return None;
    }
    let of_text = |text: String| {
        Expr::Interval(Interval {
            value: Box::new(Expr::Value(Value::SingleQuotedString(text).into())),
            leading_field: None,
            leading_precision: None,
            last_field: None,
            fractional_seconds_precision: None,
        })
    };
    match &**value {
        Expr::Value(number) => match &number.value {
            Value::Number(number, _) => Some(of_text(format!("{number} {unit}"))),
            Value::SingleQuotedString(number) if number.parse::<f64>().is_ok() => {
                Some(of_text(format!("{number} {unit}")))
            }
            _ => None,
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match &**expr {
            Expr::Value(number) => match &number.value {
                Value::Number(number, _) => Some(of_text(format!("-{number} {unit}"))),
                _ => None,
            },
            _ => None,
        },
        other => {
            let times = match other {
                Expr::Nested(_) | Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Function(_) => {
                    other.clone()
                }
                other => Expr::Nested(Box::new(other.clone())),
            };
            Some(Expr::Nested(Box::new(Expr::BinaryOp {
                left: Box::new(of_text(format!("1 {unit}"))),
                op: BinaryOperator::Multiply,
                right: Box::new(times),
            })))
        }
    }
}
