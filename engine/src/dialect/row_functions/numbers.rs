//! Numbers in other notations: `hex(255)`, `bin(5)`, `format_bytes(123456)`.

use std::cmp::Ordering;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{ScalarUDF, Signature, Volatility};

use super::{RowFunction, refused, text};

pub(super) fn all() -> Vec<ScalarUDF> {
    let any = || Signature::any(1, Volatility::Immutable);
    let of_integer = |name, compute| RowFunction::of(name, vec![DataType::Int64], DataType::Utf8, compute);
    vec![
        RowFunction::udf("hex", any(), DataType::Utf8, |values| {
            notation("hex", &values[0], |number| format!("{number:X}"), |byte| format!("{byte:02X}"))
        }),
        RowFunction::udf("bin", any(), DataType::Utf8, |values| {
            notation("bin", &values[0], |number| format!("{number:b}"), |byte| format!("{byte:08b}"))
        }),
        RowFunction::of("to_base", vec![DataType::Int64, DataType::Int64], DataType::Utf8, |values| {
            match (&values[0], &values[1]) {
                (ScalarValue::Int64(Some(number)), ScalarValue::Int64(Some(base))) => in_base(*number, *base),
                _ => Ok(ScalarValue::Utf8(None)),
            }
        }),
        RowFunction::of(
            "nextafter",
            vec![DataType::Float64, DataType::Float64],
            DataType::Float64,
            |values| match (&values[0], &values[1]) {
                (ScalarValue::Float64(Some(from)), ScalarValue::Float64(Some(to))) => {
                    Ok(ScalarValue::Float64(Some(next_after(*from, *to))))
                }
                _ => Ok(ScalarValue::Float64(None)),
            },
        ),
        of_integer("format_bytes", |values| {
            sized(&values[0], 1024, &["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"])
        }),
        of_integer("format_bytes_decimal", |values| {
            sized(&values[0], 1000, &["kB", "MB", "GB", "TB", "PB", "EB"])
        }),
    ]
}

/// The next double on the way to another one.
fn next_after(from: f64, to: f64) -> f64 {
    match from.partial_cmp(&to) {
        None => f64::NAN,
        Some(Ordering::Less) => from.next_up(),
        Some(Ordering::Greater) => from.next_down(),
        Some(Ordering::Equal) => to,
    }
}

/// A number in the digits of a base.
fn in_base(number: i64, base: i64) -> datafusion::error::Result<ScalarValue> {
    let (Ok(mut rest), 2..=36) = (u64::try_from(number), base) else {
        return Err(refused(
            format!(
                "to_base: expected a number from 0 on and a base from 2 to 36, found {number} and {base}"
            ),
            "abs(x) leaves the sign out",
        ));
    };
    let mut digits = Vec::new();
    while rest > 0 || digits.is_empty() {
        let digit = char::from_digit((rest % base as u64) as u32, base as u32).unwrap_or('0');
        digits.push(digit.to_ascii_uppercase());
        rest /= base as u64;
    }
    Ok(ScalarValue::Utf8(Some(digits.into_iter().rev().collect())))
}

/// An integer, or the bytes of a text, in another notation.
fn notation(
    name: &str,
    value: &ScalarValue,
    of_number: fn(i64) -> String,
    of_byte: fn(&u8) -> String,
) -> datafusion::error::Result<ScalarValue> {
    let ty = value.data_type();
    let written = match value {
        ScalarValue::Binary(Some(bytes))
        | ScalarValue::LargeBinary(Some(bytes))
        | ScalarValue::BinaryView(Some(bytes)) => bytes.iter().map(of_byte).collect(),
        _ if ty.is_integer() => match value.cast_to(&DataType::Int64)? {
            ScalarValue::Int64(Some(number)) => of_number(number),
            _ => String::new(),
        },
        _ if value.try_as_str().is_some() => text(value).as_bytes().iter().map(of_byte).collect(),
        _ => {
            let ty = crate::inspect::type_name(&ty);
            return Err(refused(
                format!("{name}: expected an integer or a text, found {ty}"),
                "CAST(x AS bigint) makes an integer of it",
            ));
        }
    };
    Ok(ScalarValue::Utf8(Some(written)))
}

/// A number of bytes in units of which each is so many times the one before.
fn sized(value: &ScalarValue, factor: u64, units: &[&str]) -> datafusion::error::Result<ScalarValue> {
    let ScalarValue::Int64(Some(bytes)) = value else { return Ok(ScalarValue::Utf8(None)) };
    let sign = if *bytes < 0 { "-" } else { "" };
    let bytes = bytes.unsigned_abs();
    let mut unit = 1_u64;
    let mut name = None;
    for next in units {
        match unit.checked_mul(factor) {
            Some(larger) if bytes >= larger => (unit, name) = (larger, Some(*next)),
            _ => break,
        }
    }
    let written = match name {
        None if bytes == 1 => format!("{sign}1 byte"),
        None => format!("{sign}{bytes} bytes"),
        // Cut off, as files are never said to be larger than they are.
        Some(name) => {
            let tenths = u128::from(bytes) * 10 / u128::from(unit);
            format!("{sign}{}.{} {name}", tenths / 10, tenths % 10)
        }
    };
    Ok(ScalarValue::Utf8(Some(written)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_files() {
        let size = |bytes: i64| sized(&ScalarValue::from(bytes), 1024, &["KiB", "MiB"]).unwrap().to_string();
        assert_eq!(
            (size(1), size(1023), size(123_456), size(-2048)),
            ("1 byte".into(), "1023 bytes".into(), "120.5 KiB".into(), "-2.0 KiB".into())
        );
        assert_eq!(size(i64::MAX), "8796093022207.9 MiB");
    }
}
