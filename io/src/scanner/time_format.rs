//! Dates and points in time that are not written as ISO 8601 has it.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use chrono::format::Parsed;
use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime};

use super::time_forms::TimeKind;
use super::time_letters::{TimeLetters, fraction, written_letters};
use super::values::{days_of_month, days_since_epoch, parse_date, parse_timestamp, with_zeros};
use crate::error::{Error, Result};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// How dates and points in time are written: in one of these ways, of which the first counts that a value has. Where there are
/// none, as `2008-11-13` and `2008-11-13 10:00`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TimeFormats {
    /// Dates. Among points in time they stand for their midnight.
    pub dates: Vec<TimeFormat>,
    /// Points in time.
    pub timestamps: Vec<TimeFormat>,
}

impl TimeFormats {
    /// A date as days since 1970-01-01.
    pub(crate) fn date(&self, value: &[u8]) -> Option<i32> {
        match self.dates.as_slice() {
            [] => parse_date(value),
            formats => formats.iter().find_map(|format| format.date(value)),
        }
    }

    /// A point in time as microseconds since 1970-01-01, and whether it has a time zone (then it is in UTC).
    pub(crate) fn timestamp(&self, value: &[u8]) -> Option<(i64, bool)> {
        let found = match self.timestamps.as_slice() {
            [] => parse_timestamp(value),
            formats => formats.iter().find_map(|format| format.timestamp(value)),
        };
        let midnight = |format: &TimeFormat| Some((i64::from(format.date(value)?) * MICROS_PER_DAY, false));
        found.or_else(|| self.dates.iter().find_map(midnight))
    }

    /// What an integer is in one of the forms, as `20081113` in `%Y%m%d`, if these are said.
    pub(crate) fn of_digits(&self, value: &[u8]) -> Option<TimeKind> {
        let is_whole = |format: &&TimeFormat| format.letters.has_whole_year();
        if self.dates.iter().filter(is_whole).any(|format| format.date(value).is_some()) {
            return Some(TimeKind::Date);
        }
        let mut timestamps = self.timestamps.iter().filter(is_whole);
        timestamps.any(|format| format.timestamp(value).is_some()).then_some(TimeKind::Timestamp)
    }

    /// Like [`Self::date`], of a column that is one of dates: then `2008-1-3` is one, too.
    pub(crate) fn date_of_column(&self, value: &[u8]) -> Option<i32> {
        self.date(value).or_else(|| self.date(&with_zeros(value)?))
    }

    /// Like [`Self::timestamp`], of a column that is one of points in time: then `2008-1-3 9:30` is one, too.
    pub(crate) fn timestamp_of_column(&self, value: &[u8]) -> Option<(i64, bool)> {
        self.timestamp(value).or_else(|| self.timestamp(&with_zeros(value)?))
    }
}

/// How a date or a point in time is written, in the letters of `strftime`: `%d.%m.%Y`, `%m/%d/%Y %I:%M %p`, `%H:%M:%S.%f`.
#[derive(Clone)]
pub struct TimeFormat {
    text: Arc<str>,
    letters: TimeLetters,
    /// The same, if it is nothing but numbers and characters between them.
    plain: Option<Arc<[Part]>>,
}

/// A part of a format that needs no library to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Four digits.
    Year,
    /// One or two digits, as all that follow.
    Month,
    Day,
    Hour,
    Minute,
    Second,
    /// Digits of a part of a second; with their point they may be left out.
    Fraction {
        has_point: bool,
    },
    Byte(u8),
}

impl TimeFormat {
    /// A date as days since 1970-01-01; `None` if it is written otherwise, or is none.
    pub(crate) fn date(&self, value: &[u8]) -> Option<i32> {
        if let Some(parts) = &self.plain {
            return Plain::parse(parts, value)?.days();
        }
        let parsed = self.parse(value)?;
        self.is_whole_year(&parsed, value).then_some(())?;
        parsed.to_naive_date().ok().map(days_of)
    }

    /// A point in time as microseconds since 1970-01-01, and whether it has a time zone (then it is in UTC).
    pub(crate) fn timestamp(&self, value: &[u8]) -> Option<(i64, bool)> {
        if let Some(parts) = &self.plain {
            return Some((Plain::parse(parts, value)?.micros()?, false));
        }
        let parsed = self.parse(value)?;
        self.is_whole_year(&parsed, value).then_some(())?;
        let offset = parsed.offset();
        let local = local_time(&parsed, offset.unwrap_or(0))?;
        let utc = local.and_utc().timestamp_micros() - i64::from(offset.unwrap_or(0)) * 1_000_000;
        Some((utc, offset.is_some()))
    }

    fn parse(&self, value: &[u8]) -> Option<Parsed> {
        self.letters.parse(std::str::from_utf8(value).ok()?)
    }

    /// Whether a year of four digits, where one is due, is not one of two: `13/11/08` is not in the year 8.
    fn is_whole_year(&self, parsed: &Parsed, value: &[u8]) -> bool {
        let has_four_digits = || value.windows(4).any(|digits| digits.iter().all(u8::is_ascii_digit));
        parsed.year().is_none_or(|year| year >= 1000) || !self.letters.has_whole_year() || has_four_digits()
    }
}

/// A point in time without its zone. A format without a time stands for midnight.
fn local_time(parsed: &Parsed, offset: i32) -> Option<NaiveDateTime> {
    let has_time = parsed.hour_mod_12().is_some() || parsed.timestamp().is_some();
    match parsed.to_naive_datetime_with_offset(offset) {
        Ok(local) => Some(local),
        Err(_) if !has_time => Some(parsed.to_naive_date().ok()?.and_time(NaiveTime::MIN)),
        Err(_) => None,
    }
}

fn days_of(date: NaiveDate) -> i32 {
    const EPOCH_DAYS_FROM_CE: i32 = 719_163;
    date.num_days_from_ce() - EPOCH_DAYS_FROM_CE
}

/// What the parts of a plain format say.
#[derive(Default)]
struct Plain {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    nanos: i64,
}

impl Plain {
    fn parse(parts: &[Part], value: &[u8]) -> Option<Self> {
        let (mut found, mut rest) = (Self::default(), value);
        for part in parts {
            let (number, most) = match part {
                Part::Byte(byte) => {
                    rest = rest.strip_prefix(std::slice::from_ref(byte))?;
                    continue;
                }
                Part::Year => (&mut found.year, 4),
                Part::Month => (&mut found.month, 2),
                Part::Day => (&mut found.day, 2),
                Part::Hour => (&mut found.hour, 2),
                Part::Minute => (&mut found.minute, 2),
                Part::Second => (&mut found.second, 2),
                Part::Fraction { has_point } => {
                    let text = std::str::from_utf8(rest).ok()?;
                    let behind;
                    (found.nanos, behind) = fraction(text, *has_point)?;
                    rest = behind.as_bytes();
                    continue;
                }
            };
            let len = rest.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
            if len == 0 || *part == Part::Year && len < most {
                return None;
            }
            *number = rest[..len].iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
            rest = &rest[len..];
        }
        let is_in_a_day = found.hour <= 23 && found.minute <= 59 && found.second <= 60;
        (rest.is_empty() && is_in_a_day).then_some(found)
    }

    fn days(&self) -> Option<i32> {
        let Self { year, month, day, .. } = *self;
        let is_valid = (1..=12).contains(&month) && day >= 1 && day <= days_of_month(year, month);
        is_valid.then(|| days_since_epoch(year, month, day))
    }

    fn micros(&self) -> Option<i64> {
        let seconds = self.hour * 3600 + self.minute * 60 + self.second;
        Some(i64::from(self.days()?) * MICROS_PER_DAY + seconds * 1_000_000 + self.nanos / 1_000)
    }
}

/// The parts of a format, if they are nothing but numbers and characters between them.
fn plain_parts(text: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let part = match byte {
            b'%' => match bytes.next()? {
                b'Y' => Part::Year,
                b'm' => Part::Month,
                b'd' => Part::Day,
                b'H' => Part::Hour,
                b'M' => Part::Minute,
                b'S' => Part::Second,
                b'f' | b'g' | b'n' => {
                    let has_point = parts.pop_if(|part| *part == Part::Byte(b'.')).is_some();
                    Part::Fraction { has_point }
                }
                _ => return None,
            },
            byte if byte.is_ascii_punctuation() || matches!(byte, b'T' | b'Z') => Part::Byte(byte),
            b' ' => Part::Byte(b' '),
            _ => return None,
        };
        parts.push(part);
    }
    let has = |part| parts.iter().filter(|other| **other == part).count() == 1;
    let has_time = has(Part::Hour) && has(Part::Minute);
    let none = |part: &Part| matches!(part, Part::Hour | Part::Minute | Part::Second | Part::Fraction { .. });
    let is_whole = has(Part::Year) && has(Part::Month) && has(Part::Day);
    // Numbers side by side, as in `%Y%m%d`, end where they are to; that is left to the library.
    let is_apart = |part: &Part| matches!(part, Part::Byte(_) | Part::Fraction { has_point: true });
    let apart = parts.windows(2).all(|pair| is_apart(&pair[1]) || matches!(pair[0], Part::Byte(_)));
    (is_whole && apart && (has_time || !parts.iter().any(none))).then_some(parts)
}

impl TimeFormat {
    /// The format that an option says.
    ///
    /// # Errors
    /// It is no format, or does not tell a day, or of a time only the hour.
    pub fn of_option(option: &str, text: &str) -> Result<Self> {
        let wrong = |problem: &str| {
            Error::bad_option_hint(
                option,
                format!("'{text}' {problem}"),
                "write it with the letters of strftime: '%d.%m.%Y', '%m/%d/%Y %I:%M:%S %p'",
            )
        };
        let letters = TimeLetters::new(text).map_err(|_| wrong("is no format of dates"))?;
        let format = Self { text: text.into(), letters, plain: None };
        let day = NaiveDate::from_ymd_opt(2001, 12, 31).and_then(|day| day.and_hms_opt(16, 5, 7));
        let written = written_letters(text);
        let example = day.map(|day| day.and_utc().fixed_offset().format(&written).to_string());
        match example.and_then(|example| format.timestamp(example.as_bytes())) {
            Some(_) => Ok(Self { plain: plain_parts(text).map(Arc::from), ..format }),
            None => Err(wrong("does not tell a day, or of a time only some")),
        }
    }
}

impl fmt::Display for TimeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for TimeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TimeFormat").field(&self.text).finish()
    }
}

impl PartialEq for TimeFormat {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for TimeFormat {}

impl Hash for TimeFormat {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn format(text: &str) -> TimeFormat {
        TimeFormat::of_option("dateformat", text).unwrap()
    }

    #[test]
    fn dates_in_other_forms() {
        let iso = |text: &str| parse_date(text.as_bytes());
        let cases = [
            ("%d.%m.%Y", "13.11.2008", Some("2008-11-13")),
            ("%d.%m.%Y", "1.2.2008", Some("2008-02-01")),
            ("%d.%m.%Y", "13.11.08", None),
            ("%d.%m.%Y", "31.02.2008", None),
            ("%d.%m.%Y", "13.11.2008 ", None),
            ("%d.%m.%Y", "13.11.20081", None),
            ("%m/%d/%y", "11/13/08", Some("2008-11-13")),
            ("%Y%m%d", "20081113", Some("2008-11-13")),
            ("%d-%b-%Y", "13-Nov-2008", Some("2008-11-13")),
            ("%d-%b-%Y", "13-Nov-08", None),
            ("%B %d, %Y", "November 13, 2008", Some("2008-11-13")),
            ("%Y-%j", "2008-318", Some("2008-11-13")),
            ("%d.%m.%Y", "", None),
        ];
        for (text, value, expected) in cases {
            assert_eq!(format(text).date(value.as_bytes()), expected.and_then(iso), "{text} {value}");
        }
    }

    #[test]
    fn points_in_time_in_other_forms() {
        let cases = [
            ("%d.%m.%Y %H:%M", "13.11.2008 10:05", Some(("2008-11-13 10:05", false))),
            ("%m/%d/%Y %I:%M:%S %p", "11/13/2008 10:05:06 PM", Some(("2008-11-13 22:05:06", false))),
            ("%m/%d/%Y %I:%M:%S %p", "11/13/2008 12:00:00 AM", Some(("2008-11-13 00:00:00", false))),
            ("%d/%b/%Y:%H:%M:%S %z", "13/Nov/2008:10:05:06 +0200", Some(("2008-11-13 08:05:06", true))),
            ("%Y-%m-%dT%H:%M:%S%.f", "2008-11-13T10:05:06.25", Some(("2008-11-13 10:05:06.25", false))),
            ("%Y-%m-%d %H:%M:%S.%f", "2008-11-13 10:05:06.25", Some(("2008-11-13 10:05:06.25", false))),
            ("%Y-%m-%d %H:%M:%S.%f", "2008-11-13 10:05:06", Some(("2008-11-13 10:05:06", false))),
            ("%Y-%m-%d %H:%M:%S.%f", "2008-11-13 10:05:06.", None),
            ("%Y-%m-%dT%H:%M:%S.%gZ", "2008-11-13T10:05:06.005Z", Some(("2008-11-13 10:05:06.005", false))),
            ("%d.%m.%Y %H:%M:%S,%g", "13.11.2008 10:05:06,5", Some(("2008-11-13 10:05:06.5", false))),
            (
                "%b %d %Y %I:%M:%S.%f %p",
                "Nov 13 2008 10:05:06.25 PM",
                Some(("2008-11-13 22:05:06.25", false)),
            ),
            ("%d.%m.%Y %H:%M %z", "13.11.2008 10:05 +02", Some(("2008-11-13 08:05", true))),
            ("%x %X", "2008-11-13 10:05:06", Some(("2008-11-13 10:05:06", false))),
            ("%d.%m.%Y", "13.11.2008", Some(("2008-11-13 00:00", false))),
            ("%s", "1226570706", Some(("2008-11-13 10:05:06", false))),
            ("%d.%m.%Y %H:%M", "13.11.2008 24:05", None),
            ("%d.%m.%Y %H:%M", "13.11.2008", None),
        ];
        for (text, value, expected) in cases {
            let expected = expected.map(|(iso, zoned)| (parse_timestamp(iso.as_bytes()).unwrap().0, zoned));
            assert_eq!(format(text).timestamp(value.as_bytes()), expected, "{text} {value}");
        }
    }

    #[test]
    fn what_is_no_format_is_an_error() {
        for (text, problem) in [
            ("%Q", "is no format of dates"),
            ("dd.mm.yyyy", "does not tell a day"),
            ("%m %Y", "does not tell a day"),
            ("%Y-%m-%d %H", "does not tell a day, or of a time only some"),
            ("", "does not tell a day"),
        ] {
            let error = TimeFormat::of_option("dateformat", text).unwrap_err();
            assert!(error.to_string().contains(problem), "{text}: {error}");
            assert!(error.hint().unwrap().contains("strftime"), "{text}");
        }
    }

    #[test]
    fn dates_among_points_in_time_are_midnights() {
        let times = TimeFormats { dates: vec![format("%d.%m.%Y")], timestamps: Vec::new() };
        let micros = |text: &str| times.timestamp(text.as_bytes()).map(|(micros, _)| micros);
        assert_eq!(micros("13.11.2008"), micros("2008-11-13 00:00"));
        assert_eq!(times.date(b"2008-11-13"), None);
    }

    #[test]
    fn the_first_of_several_formats_counts() {
        let formats = |texts: &[&str]| texts.iter().map(|text| format(text)).collect();
        let times = TimeFormats {
            dates: formats(&["%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y"]),
            timestamps: formats(&["%d.%m.%Y %H:%M", "%Y-%m-%dT%H:%M:%S"]),
        };
        let iso = |text: &str| parse_date(text.as_bytes());
        for (value, expected) in [
            ("13.11.2008", Some("2008-11-13")),
            ("11/12/2008", Some("2008-12-11")),
            ("11/13/2008", Some("2008-11-13")),
            ("2008-11-13", None),
        ] {
            assert_eq!(times.date(value.as_bytes()), expected.and_then(iso), "{value}");
        }
        let micros = |text: &str| times.timestamp(text.as_bytes()).map(|(micros, _)| micros);
        let expected = parse_timestamp(b"2008-11-13 10:05:00").map(|(micros, _)| micros);
        assert_eq!((micros("13.11.2008 10:05"), micros("2008-11-13T10:05:00")), (expected, expected));
        assert_eq!(micros("2008-11-13 10:05"), None);
    }

    proptest! {
        /// What is read without the library is what that reads.
        #[test]
        fn plain_formats_agree_with_the_library(
            order in proptest::sample::subsequence(
                vec!["%d.%m.%Y", "%m/%d/%Y %H:%M", "%Y %d %m %H-%M-%S", "%d.%m.%Y %H:%M:%S.%f"], 1),
            value in "[0-3]?[0-9][./ ][0-3]?[0-9][./ ]((19|20)[0-9]{2}|[0-3]?[0-9])( [0-2]?[0-9][:-][0-6]?[0-9]([:-][0-6]?[0-9](\\.[0-9]{0,10})?)?)?",
        ) {
            let plain = format(order[0]);
            prop_assert!(plain.plain.is_some());
            let library = TimeFormat { plain: None, ..plain.clone() };
            let value = value.as_bytes();
            if value.windows(4).any(|digits| digits.iter().all(u8::is_ascii_digit)) {
                prop_assert_eq!(plain.timestamp(value), library.timestamp(value));
                prop_assert_eq!(plain.date(value), library.date(value));
            }
        }
    }
}
