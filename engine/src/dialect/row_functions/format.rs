//! `format('{} of {:>8.2f}', a, b)`: values in the places of a text, as Python and Rust have it.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{ScalarUDF, Signature, Volatility};

use super::spec::{Align, Spec, number_at_front};
use super::{RowFunction, refused, text};

pub(super) fn format() -> ScalarUDF {
    RowFunction::udf("format", Signature::variadic_any(Volatility::Immutable), DataType::Utf8, |values| {
        let none = || refused("format: expected a form and values".to_owned(), HINT);
        let (form, values) = values.split_first().ok_or_else(none)?;
        written(&text(form), values).map(|text| ScalarValue::Utf8(Some(text)))
    })
}

const HINT: &str = "as in format('{} of {:.2f}', a, b); a brace itself is {{ or }}";

fn written(form: &str, values: &[ScalarValue]) -> Result<String> {
    let mut written = String::new();
    let mut next = 0;
    let mut rest = form;
    while let Some(at) = rest.find(['{', '}']) {
        written.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix(brace) {
            written.push_str(brace);
            rest = behind;
            continue;
        }
        let place = if brace == "{" { rest.split_once('}') } else { None };
        let Some((place, behind)) = place else {
            return Err(refused(format!("format: a brace stands alone in \"{form}\""), HINT));
        };
        rest = behind;
        let (number, spec) = place.split_once(':').unwrap_or((place, ""));
        let number = match number {
            "" => {
                next += 1;
                next - 1
            }
            number => number
                .parse()
                .map_err(|_| refused(format!("format: there is no place {{{place}}} for a value"), HINT))?,
        };
        let value = values.get(number).ok_or_else(|| {
            refused(format!("format: there is no value for {{{place}}} in \"{form}\""), HINT)
        })?;
        written.push_str(&parsed(spec)?.write(value)?);
    }
    Ok(written + rest)
}

/// What stands behind the colon: `*^+#08,.2f`.
fn parsed(text: &str) -> Result<Spec> {
    let mut spec = Spec::default();
    let align = |char: Option<char>| match char {
        Some('<') => Some(Align::Left),
        Some('>') => Some(Align::Right),
        Some('^') => Some(Align::Middle),
        _ => None,
    };
    let mut chars = text.chars();
    let (first, second) = (chars.next(), chars.next());
    let mut rest = text;
    if let (Some(fill), Some(found)) = (first, align(second)) {
        (spec.fill, spec.align) = (fill, Some(found));
        rest = chars.as_str();
    } else if let Some(found) = align(first) {
        spec.align = Some(found);
        rest = &text[1..];
    }
    if let Some(sign) = rest.chars().next().filter(|char| matches!(char, '+' | '-' | ' ')) {
        spec.sign = Some(sign).filter(|sign| *sign != '-');
        rest = &rest[1..];
    }
    let mut flag = |flag: char| match rest.strip_prefix(flag) {
        Some(behind) => {
            rest = behind;
            true
        }
        None => false,
    };
    spec.has_base = flag('#');
    spec.is_zero_filled = flag('0');
    let (width, mut rest) = number_at_front(rest);
    spec.width = width.unwrap_or(0);
    if let Some(separator) = rest.chars().next().filter(|char| matches!(char, ',' | '_' | '\'')) {
        spec.thousands = Some(separator);
        rest = &rest[1..];
    }
    if let Some(behind) = rest.strip_prefix('.') {
        let (precision, behind) = number_at_front(behind);
        spec.precision = precision;
        rest = behind;
    }
    let mut kinds = rest.chars();
    spec.kind = kinds.next();
    match kinds.as_str() {
        "" => Ok(spec),
        _ => Err(refused(format!("format: \"{text}\" says nothing of how a value is written"), HINT)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let values = [ScalarValue::from("x"), ScalarValue::from(1_234_567_i64), ScalarValue::from(2.71234)];
        for (form, expected) in [
            ("{}", "x"),
            ("{} {} {}", "x 1234567 2.71234"),
            ("{2} {0}", "2.71234 x"),
            ("{{}}", "{}"),
            ("{0:>3}|{0:<3}|{0:*^3}|", "  x|x  |*x*|"),
            ("{1:,} {1:x} {1:+d} {1:#b}", "1,234,567 12d687 +1234567 0b100101101011010000111"),
            ("{2:.2f} {2:08.3f} {2:.3} {2:e}", "2.71 0002.712 2.71 2.712340e+00"),
        ] {
            assert_eq!(written(form, &values).unwrap(), expected, "{form}");
        }
        assert_eq!(written("{:.999999999f}", &values[2..]).unwrap().len(), 1002);
        for form in ["{", "}", "{9}", "{a}", "{:zz}", "{0:d}", "{} {} {} {}"] {
            assert!(written(form, &values).is_err(), "{form}");
        }
    }
}
