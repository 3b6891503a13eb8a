//! `bar(x, min, max, width)`: a number as a bar of characters.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{ScalarUDF, Signature, TypeSignature, Volatility};

use super::{RowFunction, refused};

/// Eighths of a character, from nothing to seven.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// As wide as this, if nothing is said.
const DEFAULT_WIDTH: f64 = 80.0;

/// No bar is wider.
const MAX_WIDTH: f64 = 1000.0;

pub(super) fn bar() -> ScalarUDF {
    let numbers = |count| TypeSignature::Exact(vec![DataType::Float64; count]);
    let signature = Signature::one_of(vec![numbers(3), numbers(4)], Volatility::Immutable);
    RowFunction::udf("bar", signature, DataType::Utf8, |values| {
        let numbers = values.iter().map(|value| match value {
            ScalarValue::Float64(Some(number)) => *number,
            _ => 0.0,
        });
        let numbers: Vec<f64> = numbers.collect();
        let width = numbers.get(3).copied().unwrap_or(DEFAULT_WIDTH);
        drawn(numbers[0], numbers[1], numbers[2], width).map(|bar| ScalarValue::Utf8(Some(bar)))
    })
}

fn drawn(number: f64, min: f64, max: f64, width: f64) -> Result<String> {
    let is_range = min.partial_cmp(&max).is_some_and(std::cmp::Ordering::is_lt);
    if !is_range || !(1.0..=MAX_WIDTH).contains(&width) {
        return Err(refused(
            format!("bar: there is no bar from {min} to {max}, {width} wide"),
            "as in bar(x, 0, 100, 20): from the least to the greatest number, and how many characters wide",
        ));
    }
    let part = ((number - min) / (max - min)).clamp(0.0, 1.0);
    let eighths = if number.is_nan() { 0 } else { (part * width * 8.0) as usize };
    let bar = "█".repeat(eighths / 8) + EIGHTHS[eighths % 8];
    let blanks = (width as usize).saturating_sub(bar.chars().count());
    Ok(bar + &" ".repeat(blanks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars() {
        assert_eq!(drawn(5.0, 0.0, 10.0, 10.0).unwrap(), "█████     ");
        assert_eq!(drawn(12.0, 0.0, 10.0, 2.0).unwrap(), "██");
        assert_eq!(drawn(0.3, 0.0, 1.0, 2.0).unwrap(), "▌ ");
        assert!(drawn(1.0, 5.0, 5.0, 2.0).is_err());
    }
}
