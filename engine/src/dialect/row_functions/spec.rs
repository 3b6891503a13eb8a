//! How a value is written into a text: `%08.2f` and `{:>8}` say it in two ways, and mean the same.

use datafusion::common::ScalarValue;
use datafusion::error::Result;

use super::{refused, text};

/// No value is made wider than this.
const MAX_WIDTH: usize = 100_000;

/// No number has more digits behind its point, or that count, than this.
const MAX_DIGITS: usize = 1_000;

/// Where a value stands in a field that is wider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
    Middle,
}

/// How one value is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spec {
    /// `None`: numbers to the right, all else to the left.
    pub(super) align: Option<Align>,
    pub(super) fill: char,
    /// `+` or a blank in front of what is not negative.
    pub(super) sign: Option<char>,
    /// `0x` and its like in front.
    pub(super) has_base: bool,
    /// Zeros between the sign and the digits.
    pub(super) is_zero_filled: bool,
    pub(super) width: usize,
    /// What stands between thousands.
    pub(super) thousands: Option<char>,
    pub(super) precision: Option<usize>,
    /// `d`, `f`, `s` …; `None`: as the value is.
    pub(super) kind: Option<char>,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            align: None,
            fill: ' ',
            sign: None,
            has_base: false,
            is_zero_filled: false,
            width: 0,
            thousands: None,
            precision: None,
            kind: None,
        }
    }
}

/// The number at the front of a text, and what is behind it.
pub(super) fn number_at_front(text: &str) -> (Option<usize>, &str) {
    let len = text.bytes().take_while(u8::is_ascii_digit).count();
    (text[..len].parse().ok().map(|number: usize| number.min(MAX_WIDTH)), &text[len..])
}

impl Spec {
    /// A value as it is to be written.
    ///
    /// # Errors
    /// It is no value of this kind.
    pub(super) fn write(&self, value: &ScalarValue) -> Result<String> {
        let kind = self.kind.unwrap_or_else(|| natural_kind(value));
        match kind {
            's' => {
                let mut text = text(value);
                if let Some(precision) = self.precision {
                    text = text.chars().take(precision).collect();
                }
                Ok(self.padded("", &text, Align::Left))
            }
            'c' => {
                let code = integer(value).ok_or_else(|| wrong(kind, value))?;
                let char =
                    u32::try_from(code).ok().and_then(char::from_u32).ok_or_else(|| wrong(kind, value))?;
                Ok(self.padded("", &char.to_string(), Align::Left))
            }
            'd' | 'i' | 'u' | 'x' | 'X' | 'o' | 'b' | 'B' => {
                let number = integer(value).ok_or_else(|| wrong(kind, value))?;
                let digits = number.unsigned_abs();
                let (base, digits) = match kind {
                    'x' => ("0x", format!("{digits:x}")),
                    'X' => ("0X", format!("{digits:X}")),
                    'o' => ("0", format!("{digits:o}")),
                    'b' | 'B' => ("0b", format!("{digits:b}")),
                    _ => ("", digits.to_string()),
                };
                let base = if self.has_base { base } else { "" };
                let front = format!("{}{base}", self.sign_of(number < 0));
                Ok(self.padded(&front, &self.grouped(&digits), Align::Right))
            }
            'f' | 'F' | 'e' | 'E' | 'g' | 'G' => {
                let number = float(value).ok_or_else(|| wrong(kind, value))?;
                let mut digits = match number.is_finite() {
                    true => self.digits_of(number.abs(), kind),
                    false if number.is_nan() => "nan".to_owned(),
                    false => "inf".to_owned(),
                };
                if kind.is_ascii_uppercase() {
                    digits = digits.to_uppercase();
                }
                let front = self.sign_of(number.is_sign_negative() && !number.is_nan());
                Ok(self.padded(&front, &self.grouped(&digits), Align::Right))
            }
            _ => Err(refused(
                format!("there is no way \"{kind}\" to write a value"),
                "the ways are: d, x, X, o, b, f, e, g, s, c",
            )),
        }
    }

    fn sign_of(&self, is_negative: bool) -> String {
        if is_negative { "-".to_owned() } else { self.sign.map(String::from).unwrap_or_default() }
    }

    fn digits_of(&self, number: f64, kind: char) -> String {
        let precision = self.precision.unwrap_or(6).min(MAX_DIGITS);
        match kind.to_ascii_lowercase() {
            'f' => format!("{number:.precision$}"),
            'e' => scientific(number, precision),
            // As it is shortest, if nothing is said of digits.
            _ if self.kind.is_none() && self.precision.is_none() => shortest(number),
            _ => general(number, precision.max(1)),
        }
    }

    /// The digits in front of a point in groups of three.
    fn grouped(&self, digits: &str) -> String {
        let Some(separator) = self.thousands else { return digits.to_owned() };
        let len = digits.bytes().take_while(u8::is_ascii_digit).count();
        let (whole, rest) = digits.split_at(len);
        let mut grouped = String::new();
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (len - at).is_multiple_of(3) {
                grouped.push(separator);
            }
            grouped.push(digit);
        }
        grouped + rest
    }

    fn padded(&self, front: &str, text: &str, natural: Align) -> String {
        let missing = self.width.saturating_sub(front.chars().count() + text.chars().count());
        if self.is_zero_filled && self.align.is_none() && natural == Align::Right {
            return format!("{front}{}{text}", "0".repeat(missing));
        }
        let before = match self.align.unwrap_or(natural) {
            Align::Left => 0,
            Align::Right => missing,
            Align::Middle => missing / 2,
        };
        let fill = |count: usize| self.fill.to_string().repeat(count);
        format!("{}{front}{text}{}", fill(before), fill(missing - before))
    }
}

/// With no more digits than it has, and one behind the point; with an exponent where the number is very large or small.
fn shortest(number: f64) -> String {
    let written = format!("{number:e}");
    let (digits, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if number != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:0>2}", exponent.unsigned_abs());
    }
    let plain = number.to_string();
    if plain.contains('.') { plain } else { plain + ".0" }
}

/// `1.500000e+03`
fn scientific(number: f64, precision: usize) -> String {
    let written = format!("{number:.precision$e}");
    let (digits, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}

/// With so many digits that count, as `%g` has it: with an exponent where the number is very large or small.
fn general(number: f64, digits: usize) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    let written = format!("{number:.*e}", digits - 1);
    let exponent: i32 = written.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0);
    let trimmed = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if exponent < -4 || exponent >= i32::try_from(digits).unwrap_or(i32::MAX) {
        let scientific = scientific(number, digits - 1);
        let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "+00"));
        return format!("{}e{exponent}", trimmed(digits));
    }
    let decimals = usize::try_from(i32::try_from(digits).unwrap_or(i32::MAX) - 1 - exponent).unwrap_or(0);
    trimmed(&format!("{number:.decimals$}"))
}

fn natural_kind(value: &ScalarValue) -> char {
    match value.data_type() {
        ty if ty.is_integer() => 'd',
        ty if ty.is_floating() => 'g',
        _ => 's',
    }
}

fn integer(value: &ScalarValue) -> Option<i128> {
    let ty = value.data_type();
    if let ScalarValue::Boolean(Some(value)) = value {
        return Some(i128::from(*value));
    }
    ty.is_integer().then(|| value.to_string().parse().ok()).flatten()
}

fn float(value: &ScalarValue) -> Option<f64> {
    value.data_type().is_numeric().then(|| value.to_string().parse().ok()).flatten()
}

fn wrong(kind: char, value: &ScalarValue) -> datafusion::error::DataFusionError {
    let ty = crate::inspect::type_name(&value.data_type());
    let hint =
        "d, x, o and b write integers, f, e and g numbers, s texts: CAST(x AS text), CAST(x AS bigint)";
    refused(format!("\"{kind}\" cannot write {value}, which is {ty}"), hint)
}
