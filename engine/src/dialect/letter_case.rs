//! `upper(x)` and `lower(x)`, letter by letter, as DuckDB has them: `upper('straße')` is `STRAẞE`, and has as many letters as before.
//!
//! The relational core makes two letters of some.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::functions::string;
use datafusion::logical_expr::ScalarUDF;

use super::in_place_of::in_place_of;

/// Both.
pub(super) fn letter_cases() -> [Arc<ScalarUDF>; 2] {
    [
        in_place_of(string::upper(), |args| of_letters(&args[0], upper)),
        in_place_of(string::lower(), |args| of_letters(&args[0], lower)),
    ]
}

/// Texts with other letters; `None`: they are ASCII, or no texts.
fn of_letters(texts: &ArrayRef, letter: fn(char) -> char) -> Option<Result<ArrayRef>> {
    let is_ascii = match texts.data_type() {
        DataType::Utf8 => texts.as_string::<i32>().is_ascii(),
        DataType::Utf8View => texts.as_string_view().is_ascii(),
        DataType::LargeUtf8 => texts.as_string::<i64>().is_ascii(),
        _ => return None,
    };
    if is_ascii {
        return None;
    }
    let written = cast(texts, &DataType::Utf8).map(|texts| {
        let texts = texts.as_string::<i32>().iter();
        let written: StringArray =
            texts.map(|text| text.map(|text| text.chars().map(letter).collect::<String>())).collect();
        Arc::new(written) as ArrayRef
    });
    Some(written.map_err(Into::into))
}

/// The capital letter, where it is one.
fn upper(letter: char) -> char {
    let mut capitals = letter.to_uppercase();
    match (letter, capitals.next(), capitals.next()) {
        ('ß', ..) => 'ẞ',
        (_, Some(capital), None) => capital,
        _ => letter,
    }
}

/// The small letter, without the dot that one of Turkish has over it.
fn lower(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_stay_one_each() {
        let written = |text: &str, letter: fn(char) -> char| text.chars().map(letter).collect::<String>();
        assert_eq!(written("straße ŉ ﬁ é Ω", upper), "STRAẞE ŉ ﬁ É Ω");
        assert_eq!(written("İSTANBUL ẞ ΑΣ", lower), "istanbul ß ασ");
    }
}
