//! Integers as programs write them that have no others than floating point numbers.

use std::borrow::Cow;

/// The integer that is nearest to a number with a fraction or an exponent: `12.0` as `12`, `-2.5` as `-3`, `1e3` as `1000`.
///
/// Digits in front of the point are kept however many they are. What is no such number, or has an exponent and does not fit into 64 bits, stays as it is.
///
/// Digits in bases of 16 and 2 are known by what stands in front of them, and underscores between digits mean nothing: `0xFF` is `255`,
/// `1_000` is `1000`.
pub(super) fn nearest_integer(text: &str) -> Cow<'_, str> {
    if let Some(plain) = plain_digits(text.trim_ascii()) {
        return Cow::Owned(nearest_integer(&plain).into_owned());
    }
    if !text.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
        return Cow::Borrowed(text);
    }
    let number = text.trim_ascii();
    let nearest = if number.contains(['e', 'E']) { of_exponent(number) } else { of_fraction(number) };
    nearest.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// A number without underscores, in base 10; `None`: it is so, or none.
fn plain_digits(number: &str) -> Option<String> {
    let bytes = number.as_bytes();
    let base = match bytes.get(..2)? {
        b"0x" | b"0X" => Some(16),
        b"0b" | b"0B" => Some(2),
        _ => None,
    };
    let digits = if base.is_some() { &number[2..] } else { number };
    let is_digit =
        |byte: Option<&u8>| byte.is_some_and(|byte| char::from(*byte).is_digit(base.unwrap_or(10)));
    let places = digits.as_bytes();
    let are_between = (0..places.len()).all(|at| {
        places[at] != b'_' || at > 0 && is_digit(places.get(at - 1)) && is_digit(places.get(at + 1))
    });
    if base.is_none() && !digits.contains('_') || !are_between {
        return None;
    }
    let plain = digits.replace('_', "");
    match base {
        Some(base) if is_digit(plain.as_bytes().first()) => {
            i128::from_str_radix(&plain, base).ok().map(|number| number.to_string())
        }
        Some(_) => None,
        None => Some(plain),
    }
}

fn of_fraction(number: &str) -> Option<String> {
    let (whole, fraction) = number.split_once('.')?;
    let (sign, digits) = match whole.as_bytes().first() {
        Some(b'+' | b'-') => whole.split_at(1),
        _ => ("", whole),
    };
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if digits.len() + fraction.len() == 0 || !are_digits(digits) || !are_digits(fraction) {
        return None;
    }
    let whole: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    let nearest = whole + i128::from(fraction.as_bytes().first().is_some_and(|digit| *digit >= b'5'));
    Some(if sign == "-" { (-nearest).to_string() } else { nearest.to_string() })
}

fn of_exponent(number: &str) -> Option<String> {
    /// The first number that 64 bits do not hold, with and without a sign.
    const TOO_LARGE: f64 = 18_446_744_073_709_551_616.0;
    let begins_as_number =
        number.starts_with(|letter: char| letter.is_ascii_digit() || "+-.".contains(letter));
    let value: f64 = number.parse().ok().filter(|value: &f64| begins_as_number && value.abs() < TOO_LARGE)?;
    Some((value.round() as i128).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_and_exponents() {
        for (text, nearest) in [
            ("12.0", "12"),
            (" 12.4 ", "12"),
            ("2.5", "3"),
            ("-2.5", "-3"),
            ("+.5", "1"),
            ("-0.4", "0"),
            ("12.", "12"),
            ("9007199254740993.0", "9007199254740993"),
            ("9223372036854775807.4", "9223372036854775807"),
            ("1e3", "1000"),
            ("-2.5E1", "-25"),
            ("12", "12"),
            (" 12 ", " 12 "),
            ("", ""),
            (".", "."),
            ("-.", "-."),
            ("1.2.3", "1.2.3"),
            ("1,000.0", "1,000.0"),
            ("1e30", "1e30"),
            ("e3", "e3"),
            ("infinite", "infinite"),
            ("ä.5", "ä.5"),
            ("0xFF", "255"),
            ("0xFF_FF", "65535"),
            ("0b0_1_0_1", "5"),
            ("1_000.6", "1001"),
            ("0x", "0x"),
            ("0x-1", "0x-1"),
            ("_1", "_1"),
            ("1__0", "1__0"),
        ] {
            assert_eq!(nearest_integer(text), nearest, "{text:?}");
        }
    }
}
