//! Conditions on the fields of a line.

use regex::bytes::Regex;

use super::{GrepOptions, pattern};
use crate::error::{Error, Result};

/// A condition on one field.
#[derive(Debug)]
pub(super) struct FieldTest {
    /// Counted from 0.
    index: usize,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Equals(Vec<u8>),
    EqualsInAnyCase(Vec<u8>),
    Matches(Regex),
}

impl FieldTest {
    /// Understands `3=en` and `4~Obama`.
    pub(super) fn parse(text: &str, options: &GrepOptions) -> Result<Self> {
        let wrong = || {
            let hint =
                "fields count from 1: 3=en for a third field that is en, 4~Obama for a fourth that matches";
            Error::query(format!("expected a condition on a field, found \"{text}\""), hint.to_owned())
        };
        let at = text.find(['=', '~']).ok_or_else(wrong)?;
        let number: usize = text[..at].trim().parse().map_err(|_| wrong())?;
        let index = number.checked_sub(1).ok_or_else(wrong)?;
        let value = &text[at + 1..];
        let test = match text.as_bytes()[at] {
            b'~' => {
                // Words and whole lines are said of the line's pattern.
                let options = GrepOptions { words: false, whole_lines: false, ..options.clone() };
                Test::Matches(pattern::compile(value, &options)?)
            }
            _ if options.ignore_case => Test::EqualsInAnyCase(value.into()),
            _ => Test::Equals(value.into()),
        };
        Ok(Self { index, test })
    }

    /// A text that stands in each line for which the condition holds, if one is known.
    pub(super) fn literal(&self) -> Option<&[u8]> {
        match &self.test {
            Test::Equals(value) if !value.is_empty() => Some(value),
            _ => None,
        }
    }

    /// Whether the condition holds for a line. It holds for no line that has no such field.
    pub(super) fn holds(&self, line: &[u8], delim: Option<u8>) -> bool {
        let field = match delim {
            Some(delim) => line.split(|byte| *byte == delim).nth(self.index),
            None => {
                let words = line.split(|byte| matches!(byte, b' ' | b'\t'));
                words.filter(|word| !word.is_empty()).nth(self.index)
            }
        };
        field.is_some_and(|field| match &self.test {
            Test::Equals(value) => field == value,
            Test::EqualsInAnyCase(value) => field.eq_ignore_ascii_case(value),
            Test::Matches(regex) => regex.is_match(field),
        })
    }
}
