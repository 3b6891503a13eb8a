//! `printf('%5.2f %s', x, y)`: values in the places of a text, as C has it.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{ScalarUDF, Signature, Volatility};

use super::spec::{Align, Spec, number_at_front};
use super::{RowFunction, refused, text};

pub(super) fn printf() -> ScalarUDF {
    RowFunction::udf("printf", Signature::variadic_any(Volatility::Immutable), DataType::Utf8, |values| {
        let (form, values) = values.split_first().ok_or_else(|| refused(NO_FORM.0.to_owned(), NO_FORM.1))?;
        written(&text(form), values).map(|text| ScalarValue::Utf8(Some(text)))
    })
}

const NO_FORM: (&str, &str) = ("printf: expected a form and values", "as in printf('%s: %.2f', name, x)");

fn written(form: &str, values: &[ScalarValue]) -> Result<String> {
    let mut written = String::new();
    let mut values = values.iter();
    let mut rest = form;
    while let Some(at) = rest.find('%') {
        written.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('%') {
            written.push('%');
            rest = behind;
            continue;
        }
        let (spec, behind) = spec(rest);
        rest = behind;
        let value = values.next().ok_or_else(|| {
            refused(
                format!("printf: \"{form}\" has places for more values than are given"),
                "a % itself is %%",
            )
        })?;
        written.push_str(&spec.write(value)?);
    }
    Ok(written + rest)
}

/// What stands behind a `%`, and what comes behind that.
fn spec(text: &str) -> (Spec, &str) {
    let mut spec = Spec { kind: Some('\u{0}'), ..Spec::default() };
    let mut rest = text;
    while let Some(flag) = rest.chars().next().filter(|char| "-+ #0,'".contains(*char)) {
        match flag {
            '-' => spec.align = Some(Align::Left),
            '+' | ' ' => spec.sign = Some(flag),
            '#' => spec.has_base = true,
            '0' => spec.is_zero_filled = true,
            _ => spec.thousands = Some(','),
        }
        rest = &rest[1..];
    }
    let (width, behind) = number_at_front(rest);
    spec.width = width.unwrap_or(0);
    rest = behind;
    if let Some(behind) = rest.strip_prefix('.') {
        let (precision, behind) = number_at_front(behind);
        spec.precision = Some(precision.unwrap_or(0));
        rest = behind;
    }
    // Sizes of integers, which have none here.
    rest = rest.trim_start_matches(['l', 'h', 'z']);
    let kind = rest.chars().next();
    spec.kind = Some(kind.unwrap_or('%'));
    if matches!(kind, Some('s' | 'c')) {
        spec.align.get_or_insert(Align::Right);
    }
    (spec, &rest[kind.map_or(0, char::len_utf8)..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let int = ScalarValue::from(42_i64);
        for (form, value, expected) in [
            ("%5d|", &int, "   42|"),
            ("%-5d|", &int, "42   |"),
            ("%05d", &int, "00042"),
            ("%+d", &int, "+42"),
            ("%#x", &int, "0x2a"),
            ("%lld%%", &int, "42%"),
            ("%c", &int, "*"),
            ("%.2f", &ScalarValue::from(1.005), "1.00"),
            ("%8.1f|", &ScalarValue::from(-2.25), "    -2.2|"),
            ("%e", &ScalarValue::from(12345.678), "1.234568e+04"),
            ("%g", &ScalarValue::from(0.0001), "0.0001"),
            ("%g", &ScalarValue::from(1e10), "1e+10"),
            ("%,d", &ScalarValue::from(-1234567_i64), "-1,234,567"),
            ("%.2s|", &ScalarValue::from("äöü"), "äö|"),
            ("%5s|", &ScalarValue::from("ab"), "   ab|"),
        ] {
            assert_eq!(written(form, std::slice::from_ref(value)).unwrap(), expected, "{form}");
        }
        for form in ["%d %d", "%s %", "%q"] {
            assert!(written(form, std::slice::from_ref(&int)).is_err(), "{form}");
        }
        assert!(written("%d", &[ScalarValue::from("x")]).is_err());
    }
}
