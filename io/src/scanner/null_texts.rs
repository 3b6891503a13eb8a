//! Texts that are null because the options say so.

use super::record::{Dialect, Escapes};
use crate::options::CsvOptions;

/// What stands for null, beside what always does.
#[derive(Debug, Clone, Default)]
pub struct NullTexts {
    bare: Vec<String>,
    quoted: Vec<String>,
    /// Whether those of a column are null in quotes, too.
    in_quotes: bool,
}

impl NullTexts {
    /// The same in quotes and without.
    #[cfg(test)]
    pub(crate) fn alike(texts: Vec<String>) -> Self {
        Self { quoted: texts.clone(), bare: texts, in_quotes: true }
    }

    /// Of files of a dialect. A field with escapes gets quotes before it is read, and so says that it is a text: `\\\\N` is not the `\\N`
    /// that stands for null.
    pub(crate) fn of(options: &CsvOptions, dialect: &Dialect) -> Self {
        Self::of_texts(options.nullstr.clone(), options.nulls_in_quotes, dialect)
    }

    /// These and those of one column.
    pub(crate) fn and(&self, texts: &[String], dialect: &Dialect) -> Self {
        Self::of_texts([self.bare.as_slice(), texts].concat(), self.in_quotes, dialect)
    }

    fn of_texts(bare: Vec<String>, in_quotes: bool, dialect: &Dialect) -> Self {
        let is_escaped = |text: &str| dialect.escape.is_some_and(|escape| text.as_bytes().contains(&escape));
        let quoted = match dialect.escapes {
            _ if !in_quotes => Vec::new(),
            Escapes::InQuotes => bare.clone(),
            Escapes::Everywhere => bare.iter().filter(|text| !is_escaped(text)).cloned().collect(),
            Escapes::WithoutQuotes => Vec::new(),
        };
        Self { bare, quoted, in_quotes }
    }

    /// Whether a value stands for null.
    pub(crate) fn has(&self, value: &[u8], is_quoted: bool) -> bool {
        let texts = if is_quoted { &self.quoted } else { &self.bare };
        texts.iter().any(|text| text.as_bytes() == value)
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.bare.is_empty()
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = &str> {
        self.bare.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_escape_makes_is_text() {
        let nullstr = vec!["\\N".to_owned(), "none".to_owned()];
        let options = CsvOptions { nullstr, ..CsvOptions::default() };
        let found = |escapes: Escapes| {
            let nulls =
                NullTexts::of(&options, &Dialect { escape: Some(b'\\'), escapes, ..Dialect::RFC4180 });
            [("\\N", false), ("\\N", true), ("none", true)]
                .map(|(text, quoted)| nulls.has(text.as_bytes(), quoted))
        };
        assert_eq!(found(Escapes::InQuotes), [true, true, true]);
        assert_eq!(found(Escapes::Everywhere), [true, false, true]);
        assert_eq!(found(Escapes::WithoutQuotes), [true, false, false]);
    }
}
