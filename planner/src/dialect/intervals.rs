//! Intervals as the relational core takes them everywhere: `INTERVAL 3 DAYS` as `INTERVAL '3 DAYS'`, which frames of windows want, and
//! `INTERVAL (x) DAY` as `INTERVAL '1 DAY' * (x)`.

use sqlparser::ast::{BinaryOperator, Expr, Interval, UnaryOperator, Value};

/// `2 days 04:05:06` as `2 days 4 hours 5 minutes 6 seconds`, and `1 quarter` as `3 months`, which the relational core can read.
pub(crate) fn plain_text(text: &str) -> Option<String> {
    match without_quarters(text) {
        Some(text) => Some(without_clock(&text).unwrap_or(text)),
        None => without_clock(text),
    }
}

fn without_quarters(text: &str) -> Option<String> {
    let mut parts: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let mut found = false;
    for at in 1..parts.len() {
        if matches!(parts[at].to_lowercase().as_str(), "quarter" | "quarters")
            && let Some(months) = parts[at - 1].parse::<i64>().ok().and_then(|count| count.checked_mul(3))
        {
            parts[at - 1] = months.to_string();
            "months".clone_into(&mut parts[at]);
            found = true;
        }
    }
    found.then(|| parts.join(" "))
}

fn without_clock(text: &str) -> Option<String> {
    let is_number = |part: &str| part.parse::<f64>().is_ok_and(|number| number >= 0.0);
    let mut found = false;
    let parts: Vec<String> = text
        .split_whitespace()
        .map(|part| {
            let (sign, clock) = match part.strip_prefix('-') {
                Some(clock) => ("-", clock),
                None => ("", part.strip_prefix('+').unwrap_or(part)),
            };
            let fields: Vec<&str> = clock.split(':').collect();
            let units = ["hours", "minutes", "seconds"];
            if !(2..=3).contains(&fields.len()) || !fields.iter().all(|field| is_number(field)) {
                return part.to_owned();
            }
            found = true;
            let fields = fields.iter().zip(units).map(|(field, unit)| format!("{sign}{field} {unit}"));
            fields.collect::<Vec<_>>().join(" ")
        })
        .collect();
    found.then(|| parts.join(" "))
}

/// What to put in place of an interval, if it cannot stay.
pub(crate) fn plain_interval(interval: &Interval) -> Option<Expr> {
    if let Interval { value, leading_field: None, .. } = interval {
        // `INTERVAL '1 day'::INTERVAL`, of which the cast is one already.
        if let Expr::Interval(inner) = &**value {
            return Some(plain_interval(inner).unwrap_or_else(|| (**value).clone()));
        }
        let Expr::Value(text) = &**value else { return None };
        let Value::SingleQuotedString(text) = &text.value else { return None };
        let text = Value::SingleQuotedString(plain_text(text)?);
        return Some(Expr::Interval(Interval {
            value: Box::new(Expr::Value(text.into())),
            ..interval.clone()
        }));
    }
    let Interval { value, leading_field: Some(unit), last_field: None, .. } = interval else { return None };
    if interval.leading_precision.is_some() || interval.fractional_seconds_precision.is_some() {
        return None;
    }
    let of_text = |text: String| {
        let text = without_quarters(&text).unwrap_or(text);
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
