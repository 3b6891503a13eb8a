//! Decimal numbers with a fixed number of digits behind the point, exactly.

/// Digits that 128 bits hold.
pub const MAX_PRECISION: u8 = 38;

/// A number as `12.5`, `-.5` or `1.25e3`, in units of the last of `scale` digits behind the point. Digits behind that are rounded,
/// halves away from zero, as a cast does. `None` if it is anything else, or has more than `precision` digits then.
pub(crate) fn parse_decimal(bytes: &[u8], precision: u8, scale: u8) -> Option<i128> {
    let (negative, number) = match bytes {
        [b'-', number @ ..] => (true, number),
        [b'+', number @ ..] => (false, number),
        number => (false, number),
    };
    let (number, exponent) = match number.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => (&number[..at], parse_exponent(&number[at + 1..])?),
        None => (number, 0),
    };
    let point = number.iter().position(|byte| *byte == b'.');
    let (whole, fraction) = point.map_or((number, &[][..]), |at| (&number[..at], &number[at + 1..]));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    // The power of ten, in units, that a digit stands for.
    let mut power = i64::try_from(whole.len()).ok()? + exponent + i64::from(scale);
    let mut value: i128 = 0;
    for byte in whole.iter().chain(fraction) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        power -= 1;
        value = match power {
            0.. => value.checked_mul(10)?.checked_add(digit.into())?,
            -1 => value.checked_add(i128::from(digit >= 5))?,
            _ => value,
        };
    }
    // Digits that the exponent adds.
    if power > 0 && value != 0 {
        value = value.checked_mul(10i128.checked_pow(u32::try_from(power).ok()?)?)?;
    }
    let fits = value < 10i128.pow(precision.min(MAX_PRECISION).into());
    fits.then_some(if negative { -value } else { value })
}

fn parse_exponent(bytes: &[u8]) -> Option<i64> {
    let exponent: i64 = std::str::from_utf8(bytes).ok()?.parse().ok()?;
    (-1_000_000..1_000_000).contains(&exponent).then_some(exponent)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_in_units() {
        for (text, scale, expected) in [
            ("0", 0, Some(0)),
            ("12.5", 2, Some(1250)),
            ("-.5", 2, Some(-50)),
            ("+7.", 2, Some(700)),
            ("1.005", 2, Some(101)),
            ("-1.004999", 2, Some(-100)),
            ("9.99", 1, Some(100)),
            ("1.25e3", 2, Some(125_000)),
            ("125E-2", 2, Some(125)),
            ("1e-9", 2, Some(0)),
            ("999.99", 2, Some(99_999)),
            ("999.995", 2, None),
            ("1000", 2, None),
            ("1e99", 2, None),
            ("0e999999", 2, Some(0)),
            ("0.00000000000000000000000000000000000000000000001", 2, Some(0)),
            ("", 2, None),
            (".", 2, None),
            ("-", 2, None),
            ("e3", 2, None),
            ("1e", 2, None),
            ("1.2.3", 2, None),
            ("1,5", 2, None),
            ("NaN", 2, None),
            ("0x1", 2, None),
        ] {
            let precision = if expected == Some(125_000) { 6 } else { 5 };
            assert_eq!(parse_decimal(text.as_bytes(), precision, scale), expected, "{text}");
        }
        let most = "9".repeat(38);
        assert_eq!(parse_decimal(most.as_bytes(), 38, 0), Some(10i128.pow(38) - 1));
        assert_eq!(parse_decimal(format!("{most}9").as_bytes(), 38, 0), None);
    }

    proptest! {
        #[test]
        fn what_is_written_comes_back(units in -999_999_999_999i64..999_999_999_999, scale in 0u8..12) {
            let one = 10i64.pow(scale.into());
            let (whole, fraction) = (units.abs() / one, units.abs() % one);
            let sign = if units < 0 { "-" } else { "" };
            let text = match scale {
                0 => format!("{sign}{whole}"),
                scale => format!("{sign}{whole}.{fraction:0width$}", width = usize::from(scale)),
            };
            prop_assert_eq!(parse_decimal(text.as_bytes(), 18, scale), Some(units.into()), "{}", text);
        }
    }
}
