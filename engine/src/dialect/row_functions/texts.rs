//! Texts as addresses, as errors, and without accents.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{ScalarUDF, Signature, Volatility};
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{RowFunction, refused, text};

pub(super) fn all() -> Vec<ScalarUDF> {
    let of_text = |name, compute| RowFunction::of(name, vec![DataType::Utf8], DataType::Utf8, compute);
    vec![
        of_text("url_encode", |values| {
            let encoded = utf8_percent_encode(&text(&values[0]), &RESERVED).to_string();
            Ok(ScalarValue::Utf8(Some(encoded)))
        }),
        of_text("url_decode", |values| {
            let encoded = text(&values[0]);
            let decoded = percent_decode_str(&encoded).decode_utf8().map_err(|_| {
                refused(
                    format!("url_decode: \"{encoded}\" is no text in UTF-8"),
                    "leave such texts out: WHERE …",
                )
            })?;
            Ok(ScalarValue::Utf8(Some(decoded.into_owned())))
        }),
        of_text("nfc_normalize", |values| {
            let composed = ComposingNormalizerBorrowed::new_nfc().normalize(&text(&values[0])).into_owned();
            Ok(ScalarValue::Utf8(Some(composed)))
        }),
        // What it is computed of may be constant, and still nothing is to be said before there is a row.
        RowFunction::udf(
            "error",
            Signature::exact(vec![DataType::Utf8], Volatility::Volatile),
            DataType::Null,
            |values| Err(refused(text(&values[0]), "the statement says so, by error(…)")),
        ),
        of_text("strip_accents", |values| Ok(ScalarValue::Utf8(Some(without_accents(&text(&values[0])))))),
    ]
}

/// What stands in an address for itself is not encoded.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Letters without the marks that are put on them.
fn without_accents(text: &str) -> String {
    let is_mark = |char: &char| matches!(char, '\u{300}'..='\u{36f}');
    let apart = DecomposingNormalizerBorrowed::new_nfd().normalize(text).into_owned();
    apart.chars().filter(|char| !is_mark(char)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_without_marks() {
        assert_eq!(without_accents("mühleisen, Çà, e\u{301}, 漢"), "muhleisen, Ca, e, 漢");
    }
}
