//! Reads single values from bytes: the one place that says how a number, a date or a missing value
//! is written. Inference and conversion both ask here, so they cannot disagree.

use std::borrow::Cow;

use super::time_format::TimeFormats;
use crate::options::ColumnType;

/// What stands for a missing value in a column of numbers, dates or booleans: what pandas takes for one, a dash, and what MySQL and
/// Hive write. In a column of text these are text, and only an empty field without quotes is null.
pub const NULL_WORDS: [&str; 22] = [
    "", "NA", "N/A", "NaN", "null", "NULL", "-", "nan", "None", "n/a", "\\N", "#N/A", "#NA", "<NA>", "-nan",
    "-NaN", "#N/A N/A", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN", "NaT",
];

/// Whether the field, without the blanks around it, is one of [`NULL_WORDS`].
pub fn is_null_word(bytes: &[u8]) -> bool {
    let word = trim(bytes);
    NULL_WORDS.iter().any(|null| null.as_bytes() == word)
}

/// The field without blanks around it.
pub fn trim(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii()
}

/// An integer: digits with an optional sign. `None` if it is anything else or does not fit.
pub fn parse_i64(bytes: &[u8]) -> Option<i64> {
    let (negative, digits) = match bytes {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value: i64 = 0;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        // Counted down, as the least value has no positive counterpart.
        value = value.checked_mul(10)?.checked_sub(i64::from(digit))?;
    }
    if negative { Some(value) } else { value.checked_neg() }
}

/// An unsigned integer. `None` if it is anything else or does not fit.
pub fn parse_u64(bytes: &[u8]) -> Option<u64> {
    let digits = bytes.strip_prefix(b"+").unwrap_or(bytes);
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// A decimal number, correctly rounded: `12`, `-1.5e3`, `.5`, `inf`. One too large for a double, `1e400`, is none.
pub fn parse_f64(bytes: &[u8]) -> Option<f64> {
    let value: f64 = fast_float2::parse(bytes).ok()?;
    (value.is_finite() || !has_digits(bytes)).then_some(value)
}

/// Like [`parse_f64`], rounded once to single precision.
pub fn parse_f32(bytes: &[u8]) -> Option<f32> {
    let value: f32 = fast_float2::parse(bytes).ok()?;
    (value.is_finite() || !has_digits(bytes)).then_some(value)
}

fn has_digits(bytes: &[u8]) -> bool {
    bytes.iter().any(u8::is_ascii_digit)
}

/// Whether an integer without a sign has zeros in front that its value does not keep: `007`.
pub(crate) fn has_leading_zeros(integer: &[u8]) -> bool {
    integer.len() > 1 && integer[0] == b'0'
}

/// The signs within numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NumberSigns {
    /// What stands before a fraction: a point or a comma.
    pub decimal: u8,
    /// What stands between groups of digits.
    pub thousands: Option<char>,
}

impl Default for NumberSigns {
    fn default() -> Self {
        Self::USUAL
    }
}

impl NumberSigns {
    /// A point, and nothing between digits.
    pub const USUAL: Self = Self { decimal: b'.', thousands: None };

    /// A number as it is written with a point and nothing between digits; `None` if signs stand where they mean nothing.
    pub(crate) fn plain(self, number: &[u8]) -> Option<Cow<'_, [u8]>> {
        let number = match self.thousands {
            Some(sign) => self.ungrouped(number, sign)?,
            None => Cow::Borrowed(number),
        };
        if self.decimal == b'.' {
            return Some(number);
        }
        let point = |byte: &u8| if *byte == self.decimal { b'.' } else { *byte };
        (!number.contains(&b'.')).then(|| number.iter().map(point).collect())
    }

    /// A number without the signs between its groups of digits: the last one has three, those before it two or three.
    fn ungrouped(self, number: &[u8], sign: char) -> Option<Cow<'_, [u8]>> {
        let has = |bytes: &[u8]| memchr::memmem::find(number, bytes).is_some();
        let (mut encoded, latin1) = ([0; 4], u8::try_from(sign).map(|byte| [byte]));
        let sign = match (sign.encode_utf8(&mut encoded).as_bytes(), &latin1) {
            (utf8, _) if has(utf8) => utf8,
            // In an encoding of one byte a character.
            (_, Ok(latin1)) if has(latin1) => latin1,
            _ => return Some(Cow::Borrowed(number)),
        };
        let whole_len = number.iter().position(|byte| *byte == self.decimal).unwrap_or(number.len());
        let (whole, fraction) = number.split_at(whole_len);
        let digits_at = usize::from(matches!(whole.first(), Some(b'+' | b'-')));
        let (mut plain, mut rest) = (whole[..digits_at].to_vec(), &whole[digits_at..]);
        let is_group = |group: &[u8], least: usize| {
            (least..=3).contains(&group.len()) && group.iter().all(u8::is_ascii_digit)
        };
        let mut least = 1;
        while let Some(len) = memchr::memmem::find(rest, sign) {
            let (group, behind) = rest.split_at(len);
            if !is_group(group, least) {
                return None;
            }
            plain.extend_from_slice(group);
            (rest, least) = (&behind[sign.len()..], 2);
        }
        if !is_group(rest, 3) || memchr::memmem::find(fraction, sign).is_some() {
            return None;
        }
        plain.extend_from_slice(rest);
        plain.extend_from_slice(fraction);
        Some(Cow::Owned(plain))
    }
}

/// Whether a field should make its column one of doubles: a number that is written with digits.
pub fn looks_like_f64(bytes: &[u8]) -> bool {
    let numeric = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'+' | b'-' | b'e' | b'E');
    // An integer too large for 64 bits would lose digits as a double; as text it loses nothing.
    let integer = bytes.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-'));
    !integer && bytes.iter().all(numeric) && parse_f64(bytes).is_some()
}

/// Whether a field is a number beside numbers, and else may well be a word: `inf`.
pub(crate) fn is_infinite(bytes: &[u8]) -> bool {
    let word = bytes.strip_prefix(b"-").or(bytes.strip_prefix(b"+")).unwrap_or(bytes);
    [&b"inf"[..], b"infinity"].iter().any(|infinity| word.eq_ignore_ascii_case(infinity))
}

/// `true` or `false`, in any case.
pub fn parse_bool(bytes: &[u8]) -> Option<bool> {
    if bytes.eq_ignore_ascii_case(b"true") {
        Some(true)
    } else if bytes.eq_ignore_ascii_case(b"false") {
        Some(false)
    } else {
        None
    }
}

/// Like [`parse_bool`], and what else stands for a boolean where the column is said to be one.
pub fn parse_declared_bool(bytes: &[u8]) -> Option<bool> {
    parse_bool(bytes).or(match bytes {
        b"1" | b"t" | b"T" | b"y" | b"Y" | b"yes" | b"Yes" | b"YES" => Some(true),
        b"0" | b"f" | b"F" | b"n" | b"N" | b"no" | b"No" | b"NO" => Some(false),
        _ => None,
    })
}

/// A date `YYYY-MM-DD` (or with `/`), as days since 1970-01-01.
pub fn parse_date(bytes: &[u8]) -> Option<i32> {
    match parse_date_prefix(bytes)? {
        (days, []) => Some(days),
        _ => None,
    }
}

/// A point in time as microseconds since 1970-01-01, and whether it has a time zone (then it is in
/// UTC): `2008-11-13 10:00`, `2008-11-13T10:00:00.25Z`, `2008-11-13 10:00:00+01:00`, `2008-11-13 10:00:00 UTC`.
/// A bare date is its midnight.
pub fn parse_timestamp(bytes: &[u8]) -> Option<(i64, bool)> {
    let (days, rest) = parse_date_prefix(bytes)?;
    let midnight = i64::from(days) * 86_400_000_000;
    let time = match rest {
        [] => return Some((midnight, false)),
        [b' ' | b'T' | b't', time @ ..] => time,
        _ => return None,
    };
    let (hour, rest) = two_digits(time)?;
    let (minute, rest) = two_digits(rest.strip_prefix(b":")?)?;
    let (second, rest) = match rest {
        [b':', rest @ ..] => two_digits(rest)?,
        _ => (0, rest),
    };
    let (micros, rest) = match rest {
        [b'.', rest @ ..] => fraction_micros(rest)?,
        _ => (0, rest),
    };
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = hour * 3600 + minute * 60 + second;
    let local = midnight.checked_add(seconds * 1_000_000 + micros)?;
    match rest {
        [] => Some((local, false)),
        b"Z" | b"z" | b" Z" | b"UTC" | b" UTC" | b"GMT" | b" GMT" => Some((local, true)),
        _ => Some((local.checked_sub(parse_offset_micros(rest)?)?, true)),
    }
}

/// `+01:00`, `-0330`, `+01`, with a blank before it or without.
fn parse_offset_micros(bytes: &[u8]) -> Option<i64> {
    let (sign, rest) = match bytes.strip_prefix(b" ").unwrap_or(bytes) {
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, rest) = two_digits(rest)?;
    let (minutes, rest) = match rest {
        [] => (0, rest),
        [b':', rest @ ..] => two_digits(rest)?,
        _ => two_digits(rest)?,
    };
    let valid = rest.is_empty() && hours <= 18 && minutes < 60;
    valid.then_some(sign * (hours * 60 + minutes) * 60_000_000)
}

/// A date or a point in time with the zeros that its month, day and hour lack: `2001-1-2 5:03`. `None` if they lack none.
pub(crate) fn with_zeros(value: &[u8]) -> Option<Vec<u8>> {
    const YEAR_LEN: usize = "2001-".len();
    let (year, mut rest) = value.split_at_checked(YEAR_LEN)?;
    let mut padded = year.to_vec();
    for _ in ["month", "day", "hour"] {
        let len = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if len == 1 {
            padded.push(b'0');
        }
        // The sign behind it, too, if there is one.
        let (number, behind) = rest.split_at(rest.len().min(len + 1));
        padded.extend_from_slice(number);
        rest = behind;
    }
    padded.extend_from_slice(rest);
    (padded.len() > value.len()).then_some(padded)
}

fn parse_date_prefix(bytes: &[u8]) -> Option<(i32, &[u8])> {
    let (century, rest) = two_digits(bytes)?;
    let (year, rest) = two_digits(rest)?;
    let (separator, rest) = rest.split_first()?;
    if !matches!(separator, b'-' | b'/') {
        return None;
    }
    let (month, rest) = two_digits(rest)?;
    let (day, rest) = two_digits(rest.strip_prefix(std::slice::from_ref(separator))?)?;
    let year = century * 100 + year;
    let valid = (1..=12).contains(&month) && day >= 1 && day <= days_of_month(year, month);
    valid.then(|| (days_since_epoch(year, month, day), rest))
}

fn two_digits(bytes: &[u8]) -> Option<(i64, &[u8])> {
    match bytes {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9', rest @ ..] => {
            Some((i64::from(tens - b'0') * 10 + i64::from(ones - b'0'), rest))
        }
        _ => None,
    }
}

/// The digits of a fraction of a second; those past the microseconds are cut off.
fn fraction_micros(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let len = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if len == 0 || len > 9 {
        return None;
    }
    let padded = bytes[..len].iter().chain(std::iter::repeat(&b'0')).take(6);
    let micros = padded.fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
    Some((micros, &bytes[len..]))
}

pub(crate) fn days_of_month(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar, by counting years from March
/// (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
pub(crate) fn days_since_epoch(year: i64, month: i64, day: i64) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    // Years have four digits: the result is far inside i32.
    (era * 146_097 + day_of_era - 719_468) as i32
}

/// A time of day as nanoseconds since midnight.
pub fn parse_time_nanos(bytes: &[u8]) -> Option<i64> {
    parse_time(bytes).map(|micros| micros * 1000)
}

/// A time of day, `HH:MM`, with seconds and up to six digits of them behind a point or without, as microseconds since midnight.
pub fn parse_time(bytes: &[u8]) -> Option<i64> {
    let number = |digits: &[u8]| {
        let is_number = matches!(digits.len(), 1 | 2) && digits.iter().all(u8::is_ascii_digit);
        is_number.then(|| digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
    };
    let mut parts = bytes.split(|byte| *byte == b':');
    let (hour, minute) = (number(parts.next()?)?, number(parts.next().filter(|digits| digits.len() == 2)?)?);
    let mut micros = 0;
    if let Some(seconds) = parts.next() {
        let (whole, fraction) = seconds.split_at_checked(2)?;
        let digits = match fraction {
            [] => &[],
            [b'.', digits @ ..] if (1..=6).contains(&digits.len()) => digits,
            _ => return None,
        };
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let six = digits.iter().chain(std::iter::repeat(&b'0')).take(6);
        let fraction = six.fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
        micros = number(whole).filter(|second| *second < 60)? * 1_000_000 + fraction;
    }
    let in_day = hour < 24 && minute < 60 && parts.next().is_none();
    in_day.then_some((hour * 60 + minute) * 60_000_000 + micros)
}

/// The narrowest wider type that takes a value, and all that a type takes, beside text.
pub(crate) fn wider_type(
    ty: ColumnType,
    value: &[u8],
    signs: NumberSigns,
    times: &TimeFormats,
) -> Option<ColumnType> {
    use ColumnType::{Date, Float64, Int8, Int16, Int32, Int64, Timestamp, UInt8, UInt16, UInt32};
    let value = trim(value);
    let number = || signs.plain(value);
    match ty {
        Int8 | Int16 | Int32 | UInt8 | UInt16 | UInt32
            if number().is_some_and(|number| parse_i64(&number).is_some()) =>
        {
            Some(Int64)
        }
        Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32
            if is_infinite(value) || number().is_some_and(|number| looks_like_f64(&number)) =>
        {
            Some(Float64)
        }
        Date => times.timestamp_of_column(value).filter(|(_, zoned)| !zoned).map(|_| Timestamp),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::types::Date32Type;
    use arrow_cast::parse::{Parser, string_to_timestamp_nanos};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wider_types() {
        let wider =
            |ty, value: &str| wider_type(ty, value.as_bytes(), NumberSigns::USUAL, &TimeFormats::default());
        let comma = NumberSigns { decimal: b',', thousands: Some('.') };
        assert_eq!(wider(ColumnType::Int64, "1.5"), Some(ColumnType::Float64));
        assert_eq!(wider(ColumnType::Int64, "123456789012345678901"), None);
        assert_eq!(wider(ColumnType::Int64, "-inf"), Some(ColumnType::Float64));
        assert_eq!(wider(ColumnType::Int64, "12,5"), None);
        assert_eq!(
            wider_type(ColumnType::Int64, b"1.012,5", comma, &TimeFormats::default()),
            Some(ColumnType::Float64)
        );
        assert_eq!(wider_type(ColumnType::Int64, b"12.5", comma, &TimeFormats::default()), None);
        assert_eq!(wider(ColumnType::Int8, "128"), Some(ColumnType::Int64));
        assert_eq!(wider(ColumnType::Date, "2008-11-13 10:00"), Some(ColumnType::Timestamp));
        assert_eq!(wider(ColumnType::Date, "2008-11-13 10:00Z"), None);
        assert_eq!(wider(ColumnType::Boolean, "x"), None);
    }

    #[test]
    fn signs_within_numbers() {
        let plain = |number: &str, decimal, thousands| {
            let plain = NumberSigns { decimal, thousands }.plain(number.as_bytes())?;
            Some(String::from_utf8(plain.into_owned()).unwrap())
        };
        for (number, decimal, thousands, expected) in [
            ("1,234,567.5", b'.', Some(','), Some("1234567.5")),
            ("-12,345", b'.', Some(','), Some("-12345")),
            ("12,34,567", b'.', Some(','), Some("1234567")),
            ("1234.5", b'.', Some(','), Some("1234.5")),
            ("1.234,5", b',', Some('.'), Some("1234.5")),
            ("1\u{202f}234,5e3", b',', Some('\u{202f}'), Some("1234.5e3")),
            ("1\u{a0}234", b'.', Some('\u{a0}'), Some("1234")),
            ("1'234", b'.', Some('\''), Some("1234")),
            ("1,5", b'.', Some(','), None),
            ("1,2345", b'.', Some(','), None),
            ("1234,567", b'.', Some(','), None),
            (",123", b'.', Some(','), None),
            ("1,,123", b'.', Some(','), None),
            ("1.123,4", b'.', Some(','), None),
            ("1.5", b',', None, None),
        ] {
            assert_eq!(plain(number, decimal, thousands).as_deref(), expected, "{number}");
        }
        let latin1 = NumberSigns { decimal: b',', thousands: Some('\u{a0}') };
        assert_eq!(&*latin1.plain(b"12\xa0345,5").unwrap(), b"12345.5");
        assert_eq!(latin1.plain(b"\xa0345"), None);
    }

    #[test]
    fn times_of_day() {
        for (text, expected) in [
            ("00:00", Some(0)),
            ("7:05", Some(25_500_000_000)),
            ("23:59:59.999999", Some(86_399_999_999)),
            ("10:00:00.5", Some(36_000_500_000)),
            ("24:00", None),
            ("10:60", None),
            ("10:00:60", None),
            ("10:0", None),
            ("10:00:0", None),
            ("10:00:00.", None),
            ("10:00:00.1234567", None),
            ("10:00:00.+1", None),
            ("10:00:00:00", None),
            ("10", None),
            ("-1:00", None),
            ("", None),
        ] {
            assert_eq!(parse_time(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn integers() {
        let cases: &[(&str, Option<i64>)] = &[
            ("0", Some(0)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("+007", Some(7)),
            ("", None),
            ("-", None),
            ("1.0", None),
            ("1 2", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_i64(text.as_bytes()), *expected, "{text}");
        }
        assert_eq!(parse_u64(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(parse_u64(b"18446744073709551616"), None);
        assert_eq!(parse_u64(b"-1"), None);
    }

    #[test]
    fn doubles_look_like_numbers() {
        for text in ["1.5", "-.5e3", "1e5", "5."] {
            assert!(looks_like_f64(text.as_bytes()), "{text}");
        }
        for text in [
            "1e400",
            "-1e400",
            "0x1F",
            "1_000.5",
            "12,5",
            "5%",
            "inf",
            "nan",
            "1",
            "123456789012345678901234567890",
            "1.2.3",
            "e",
            "-",
            "1-2",
            "2008-11",
        ] {
            assert!(!looks_like_f64(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn numbers_too_large_are_none() {
        assert_eq!(parse_f64(b"1e308"), Some(1e308));
        assert_eq!(parse_f64(b"1e309"), None);
        assert_eq!(parse_f64(b"-inf"), Some(f64::NEG_INFINITY));
        assert_eq!((parse_f32(b"3e38"), parse_f32(b"4e38")), (Some(3e38), None));
        assert_eq!(parse_f64(b"1e-400"), Some(0.0));
    }

    #[test]
    fn leading_zeros() {
        for (text, expected) in
            [("007", true), ("-01", false), ("00", true), ("0", false), ("-0", false), ("10", false)]
        {
            assert_eq!(has_leading_zeros(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn null_words() {
        for word in NULL_WORDS.into_iter().chain([" ", " N/A "]) {
            assert!(is_null_word(word.as_bytes()), "{word:?}");
        }
        for word in ["na", "none", "0", "--", "N", "NAN", "\\n", "#N/A N/A N/A"] {
            assert!(!is_null_word(word.as_bytes()), "{word:?}");
        }
    }

    #[test]
    fn dates_and_times() {
        assert_eq!(parse_date(b"1970-01-01"), Some(0));
        assert_eq!(parse_date(b"2000/02/29"), Some(11016));
        for text in [
            "1900-02-29",
            "2001-13-01",
            "2001-00-01",
            "2001-01-32",
            "2001-1-1",
            "2001-01/01",
            "2001-01-01 ",
            "01-01-2001",
        ] {
            assert_eq!(parse_date(text.as_bytes()), None, "{text}");
        }
        let second = 1_000_000;
        let cases: &[(&str, Option<(i64, bool)>)] = &[
            ("1970-01-01", Some((0, false))),
            ("1970-01-01 00:01", Some((60 * second, false))),
            ("1970-01-01T00:00:01.5", Some((second * 3 / 2, false))),
            ("1970-01-01T00:00:00.123456789Z", Some((123_456, true))),
            ("1970-01-01 01:00:00+01:00", Some((0, true))),
            ("1970-01-01 01:00:00 -0130", Some((9000 * second, true))),
            ("1970-01-01 24:00:00", None),
            ("1970-01-01 00:60", None),
            ("1970-01-01 00", None),
            ("1970-01-01 00:00:00.", None),
            ("1970-01-01 00:00:00 UTC", Some((0, true))),
            ("1970-01-01 00:01:00 GMT", Some((60 * second, true))),
            ("1970-01-01 00:01:00.25 Z", Some((60 * second + second / 4, true))),
            ("1970-01-01 00:00:00 CET", None),
            ("1970-01-01 UTC", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_timestamp(text.as_bytes()), *expected, "{text}");
        }
    }

    #[test]
    fn zeros_that_are_left_out() {
        for (value, padded) in [
            ("2001-1-2", Some("2001-01-02")),
            ("2001/10/2 5:03:1", Some("2001/10/02 05:03:1")),
            ("2001-01-02T5:03Z", Some("2001-01-02T05:03Z")),
            ("2001-01-02", None),
            ("2001-01-02 15:03", None),
            ("", None),
            ("2001", None),
        ] {
            assert_eq!(with_zeros(value.as_bytes()).as_deref(), padded.map(str::as_bytes), "{value}");
        }
        let times = TimeFormats::default();
        assert_eq!(times.date_of_column(b"1970-1-2"), Some(1));
        assert_eq!(times.date_of_column(b"1970-1-"), None);
        assert_eq!(times.timestamp_of_column(b"1970-1-1 0:00:01"), Some((1_000_000, false)));
        let wider = wider_type(ColumnType::Date, b"1970-1-1 0:00", NumberSigns::USUAL, &times);
        assert_eq!(wider, Some(ColumnType::Timestamp));
    }

    proptest! {
        #[test]
        fn integers_as_the_standard_library(value: i64) {
            prop_assert_eq!(parse_i64(value.to_string().as_bytes()), Some(value));
        }

        #[test]
        fn numbers_as_the_standard_library(text in "[-+]?[0-9]{0,20}") {
            prop_assert_eq!(parse_i64(text.as_bytes()), text.parse().ok());
            prop_assert_eq!(parse_u64(text.as_bytes()), text.parse().ok().filter(|_| !text.starts_with('-')));
        }

        #[test]
        fn dates_as_arrow(year in 0..10_000, month in 0..14, day in 0..33) {
            let text = format!("{year:04}-{month:02}-{day:02}");
            prop_assert_eq!(parse_date(text.as_bytes()), Date32Type::parse(&text));
        }

        #[test]
        fn timestamps_as_arrow(day in 1..29, hour in 0..24, minute in 0..60, second in 0..60, micros in 0..1_000_000) {
            let text = format!("2001-02-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}");
            let expected = string_to_timestamp_nanos(&text).unwrap() / 1000;
            prop_assert_eq!(parse_timestamp(text.as_bytes()), Some((expected, false)));
        }
    }
}
