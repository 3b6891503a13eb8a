//! The fields of a chunk, and their values as text.

use std::borrow::Cow;

use super::bool_words::BoolWords;
use super::null_texts::NullTexts;
use super::numbers::has_byte_16;
use super::record::{Dialect, is_closed, unescape};
use super::text_values::CheckedText;
use super::time_format::TimeFormats;
use super::values::NumberSigns;
use crate::encoding::Encoding;
use crate::options::CsvOptions;
use crate::simd::InstructionSet;

/// Where a field stands in its chunk, its quotes included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// The bytes of a chunk whose fields are converted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'a> {
    /// The chunk, with padding behind it.
    pub(crate) padded: &'a [u8],
    pub(crate) dialect: &'a Dialect,
    pub(crate) has_quotes: bool,
    /// The chunk as text, if all of it is: then single fields need no looking at.
    pub(crate) text: Option<CheckedText<'a>>,
    /// Instructions that may be used.
    pub(crate) set: InstructionSet,
}

/// What is missing in a column, beside what the options name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Missing {
    /// An empty field without quotes, and in columns of other types than text what people write for missing values.
    #[default]
    Usual,
    /// In columns of text, nothing.
    NoText,
    /// Nothing: an empty field has to be a value of the type.
    Nothing,
}

/// How fields become values, beside their column's type.
#[derive(Debug, Clone, Default)]
pub struct FieldRules {
    /// Texts that are null.
    pub nulls: NullTexts,
    /// What else is.
    pub missing: Missing,
    /// Words that are true or false.
    pub booleans: BoolWords,
    /// The signs within numbers.
    pub signs: NumberSigns,
    /// How dates and points in time are written.
    pub times: TimeFormats,
    /// The encoding of text.
    pub encoding: Encoding,
}

impl FieldRules {
    /// For all columns of a file.
    pub(crate) fn of(
        options: &CsvOptions,
        times: TimeFormats,
        dialect: &Dialect,
        encoding: Encoding,
    ) -> Self {
        Self {
            nulls: NullTexts::of(options, dialect),
            missing: Missing::Usual,
            booleans: BoolWords::of(options),
            signs: options.number_signs(),
            times,
            encoding,
        }
    }

    /// For a column in which other things are missing, of which some texts are null in it alone.
    pub(crate) fn of_column(&self, missing: Missing, null_texts: &[String], dialect: &Dialect) -> Self {
        let nulls = match missing {
            Missing::Nothing => NullTexts::default(),
            Missing::Usual | Missing::NoText => self.nulls.and(null_texts, dialect),
        };
        Self { nulls, missing, ..self.clone() }
    }
}

impl<'a> Fields<'a> {
    pub(crate) fn raw(&self, span: Span) -> &'a [u8] {
        &self.padded[span.start as usize..span.end as usize]
    }

    /// The value of a field and whether it was quoted.
    pub(crate) fn value(&self, span: Span) -> (Cow<'a, [u8]>, bool) {
        let raw = self.raw(span);
        match self.dialect.quote {
            Some(quote) if self.has_quotes && raw.first() == Some(&quote) => {
                let inner = self.inside(span, quote).map(|inner| Cow::Borrowed(self.raw(inner)));
                match inner.or_else(|| unescaped(raw, quote, self.dialect)) {
                    Some(value) => (value, true),
                    None => (Cow::Borrowed(raw), false),
                }
            }
            _ => (Cow::Borrowed(raw), false),
        }
    }
}

/// Fields without the quotes around them.
#[derive(Debug)]
pub(crate) struct Unquoted<'s> {
    /// Where the values stand, of those that stand there as they are; other fields with their quotes.
    pub(crate) spans: Cow<'s, [Span]>,
    /// Whether there are no others.
    pub(crate) are_all: bool,
}

impl Fields<'_> {
    /// Takes the quotes off fields in which neither a quote nor an escape stands.
    pub(crate) fn unquoted<'s>(&self, spans: &'s [Span]) -> Unquoted<'s> {
        let Some(quote) = self.dialect.quote.filter(|_| self.has_quotes) else {
            return Unquoted { spans: Cow::Borrowed(spans), are_all: true };
        };
        let mut are_all = true;
        let inner = |span: &Span| {
            if span.start == span.end || self.padded[span.start as usize] != quote {
                return *span;
            }
            self.inside(*span, quote).unwrap_or_else(|| {
                are_all = false;
                *span
            })
        };
        let spans = spans.iter().map(inner).collect();
        Unquoted { spans: Cow::Owned(spans), are_all }
    }

    /// What stands between the quotes of a field that begins with one, if it ends with one, and neither a quote nor an escape
    /// stands between them.
    #[inline(always)]
    fn inside(&self, span: Span, quote: u8) -> Option<Span> {
        let inner = Span { start: span.start + 1, end: span.end - 1 };
        let is_plain = inner.start <= inner.end
            && self.padded[inner.end as usize] == quote
            && !self.has_either(inner, quote, self.dialect.escape.unwrap_or(quote));
        is_plain.then_some(inner)
    }

    /// Whether one of two bytes stands in a part of the chunk.
    #[inline(always)]
    fn has_either(&self, span: Span, one: u8, other: u8) -> bool {
        let len = (span.end - span.start) as usize;
        // Most fields are so short that a call costs more than the look.
        if len <= 16 && one.is_ascii() && other.is_ascii() {
            let has = |byte| has_byte_16(self.padded, span.start as usize, len, byte);
            return has(one) || one != other && has(other);
        }
        memchr::memchr2(one, other, self.raw(span)).is_some()
    }
}

/// The value of a field that begins with a quote and is no plain text between two; `None` if the quote is a part of it, as it may be
/// with loose quotes.
fn unescaped<'a>(raw: &[u8], quote: u8, dialect: &Dialect) -> Option<Cow<'a, [u8]>> {
    let inner = match dialect.loose_quotes {
        false => &raw[1..],
        true if is_closed(raw, quote, dialect.escape) => &raw[1..raw.len() - 1],
        true => return None,
    };
    let mut value = Vec::with_capacity(raw.len());
    unescape(inner, dialect, &mut value);
    Some(Cow::Owned(value))
}
