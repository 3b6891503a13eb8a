//! The letters of forms of times: those of `strftime`, with the meanings that Python and DuckDB give them.
//!
//! The crate `chrono` knows most of them. But `%f` is a number of nanoseconds to it, so that `.5` would be five of these, `%g` a year, and
//! `%n` the end of a line.

use std::sync::Arc;

use chrono::format::{Item, Numeric, Parsed, StrftimeItems, parse_and_remainder};

use crate::error::{Error, Result};

/// Letters that mean other things, and what `chrono` calls these.
const COMMON: [(&str, &str); 3] = [("%c", "%Y-%m-%d %H:%M:%S"), ("%x", "%Y-%m-%d"), ("%X", "%H:%M:%S")];

/// Parts of a second, and what writes so many digits: micro-, milli- and nanoseconds.
const FRACTIONS: [(&str, &str); 3] = [("%f", "%6f"), ("%g", "%3f"), ("%n", "%9f")];

/// A nanosecond has so many digits.
const MAX_DIGITS: usize = 9;

/// How times are written, for reading them.
#[derive(Debug, Clone)]
pub struct TimeLetters {
    pieces: Arc<[Piece]>,
}

#[derive(Debug, Clone)]
enum Piece {
    Items(Box<[Item<'static>]>),
    /// Digits of a part of a second, as many as there are. With their point they may be left out.
    Fraction {
        has_point: bool,
    },
}

impl TimeLetters {
    /// What a form says.
    ///
    /// # Errors
    /// There is no such letter.
    pub fn new(form: &str) -> Result<Self> {
        let mut pieces = Vec::new();
        let mut pending = String::new();
        let items = |text: &str| -> Result<Piece> {
            let items = StrftimeItems::new(text).parse_to_owned();
            let wrong = |_| Error::bad_option("dateformat", format!("'{form}' is no format of dates"));
            Ok(Piece::Items(items.map_err(wrong)?.into()))
        };
        for part in parts_of(form) {
            if FRACTIONS.iter().any(|(letter, _)| part == *letter) {
                let has_point = pop_point(&mut pending);
                pieces.push(items(&pending)?);
                pieces.push(Piece::Fraction { has_point });
                pending.clear();
                continue;
            }
            let known = COMMON.iter().find(|(letter, _)| part == *letter);
            pending.push_str(match part {
                // Of an offset the minutes may be left out.
                "%z" => "%#z",
                part => known.map_or(part, |(_, known)| known),
            });
        }
        pieces.push(items(&pending)?);
        Ok(Self { pieces: pieces.into() })
    }

    /// What a text tells; `None`: it is written otherwise.
    pub fn parse(&self, text: &str) -> Option<Parsed> {
        let (mut parsed, mut rest) = (Parsed::new(), text);
        for piece in self.pieces.iter() {
            rest = match piece {
                Piece::Items(items) => parse_and_remainder(&mut parsed, rest, items.iter()).ok()?,
                Piece::Fraction { has_point } => {
                    let (nanos, behind) = fraction(rest, *has_point)?;
                    parsed.set_nanosecond(nanos).ok()?;
                    behind
                }
            };
        }
        rest.is_empty().then_some(parsed)
    }

    /// Whether it has a year of four digits.
    pub(crate) fn has_whole_year(&self) -> bool {
        self.pieces.iter().any(|piece| match piece {
            Piece::Items(items) => items.iter().any(|item| matches!(item, Item::Numeric(Numeric::Year, _))),
            Piece::Fraction { .. } => false,
        })
    }
}

/// Digits at the start of a text as nanoseconds, and what stands behind them.
pub(crate) fn fraction(text: &str, has_point: bool) -> Option<(i64, &str)> {
    let digits = match (has_point, text.strip_prefix('.')) {
        (true, Some(digits)) => digits,
        (true, None) => return Some((0, text)),
        (false, _) => text,
    };
    let len = digits.bytes().take(MAX_DIGITS).take_while(u8::is_ascii_digit).count();
    if len == 0 {
        return None;
    }
    let (digits, behind) = digits.split_at(len);
    let number = digits.bytes().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
    Some((number * 10_i64.pow((MAX_DIGITS - len) as u32), behind))
}

/// A form of times as `chrono` has it, for writing them.
pub fn written_letters(form: &str) -> String {
    let known = |part| COMMON.iter().chain(&FRACTIONS).find(|(letter, _)| *letter == part);
    parts_of(form).map(|part| known(part).map_or(part, |(_, known)| known)).collect()
}

/// The letters of a form, each with its percent sign and what stands between these, and the characters between them.
pub(crate) fn parts_of(form: &str) -> impl Iterator<Item = &str> {
    let mut rest = form;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let len = match rest.strip_prefix('%') {
            None => first.len_utf8(),
            Some(letter) => {
                let is_more = |c: char| matches!(c, '-' | '_' | '.' | ':' | '#') || c.is_ascii_digit();
                let more = letter.find(|c| !is_more(c)).unwrap_or(letter.len());
                1 + more + letter[more..].chars().next().map_or(0, char::len_utf8)
            }
        };
        let (part, behind) = rest.split_at(len);
        rest = behind;
        Some(part)
    })
}

/// Takes a point from the end of a form, if it is one of its own.
fn pop_point(form: &mut String) -> bool {
    let has_point = parts_of(form).last() == Some(".");
    if has_point {
        form.pop();
    }
    has_point
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_seconds_have_as_many_digits_as_there_are() {
        let nanos = |form, text| Some(TimeLetters::new(form).unwrap().parse(text)?.nanosecond().unwrap_or(0));
        for (form, text, expected) in [
            ("%S.%f", "09.5", Some(500_000_000)),
            ("%S.%f", "09.123456", Some(123_456_000)),
            ("%S.%g", "09.007", Some(7_000_000)),
            ("%S.%n", "09.000000001", Some(1)),
            ("%S,%f", "09,25", Some(250_000_000)),
            ("%S,%f", "09", None),
            ("%S.%f", "09", Some(0)),
            ("%S.%f", "09.", None),
            ("%S.%f", "09.1234567890", None),
            ("%S.%fZ", "09.5Z", Some(500_000_000)),
            ("%S%.f", "09.5", Some(500_000_000)),
            ("%S%%.%f", "09%.5", Some(500_000_000)),
        ] {
            assert_eq!(nanos(form, text), expected, "{form} {text}");
        }
    }

    #[test]
    fn letters_are_those_of_chrono_when_times_are_written() {
        for (form, expected) in [
            ("%H:%M:%S.%f", "%H:%M:%S.%6f"),
            ("%S.%g|%n", "%S.%3f|%9f"),
            ("%x %X", "%Y-%m-%d %H:%M:%S"),
            ("%%f %-d %.3f %:z", "%%f %-d %.3f %:z"),
            ("é%", "é%"),
        ] {
            assert_eq!(written_letters(form), expected);
        }
        assert!(TimeLetters::new("%Q").is_err());
    }
}
