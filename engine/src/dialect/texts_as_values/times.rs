//! Times as people write them.

use std::borrow::Cow;

/// A time as the core reads it: `2001/02/03 10:30` as `2001-02-03 10:30:00`.
pub(super) fn whole_time(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim_ascii();
    if trimmed.len() < text.len() {
        return Cow::Owned(whole_time(trimmed).into_owned());
    }
    if let Some(padded) = padded(text) {
        return Cow::Owned(whole_time(&padded).into_owned());
    }
    let bytes = text.as_bytes();
    let is = |places: std::ops::Range<usize>, test: fn(&u8) -> bool| {
        bytes.get(places).is_some_and(|part| part.iter().all(test))
    };
    let is_date = begins_with_date(bytes) && bytes[4] == bytes[7];
    if !is_date {
        return Cow::Borrowed(text);
    }
    let has_minutes = bytes.len() >= 16
        && matches!(bytes[10], b' ' | b'T')
        && is(11..13, u8::is_ascii_digit)
        && bytes[13] == b':'
        && is(14..16, u8::is_ascii_digit);
    let lacks_seconds = has_minutes && !matches!(bytes.get(16), Some(b':' | b'.' | b'0'..=b'9'));
    if bytes[4] == b'-' && !lacks_seconds {
        return Cow::Borrowed(text);
    }
    let mut whole = text[..DATE_LEN].replace('/', "-") + &text[DATE_LEN..];
    if lacks_seconds {
        whole.insert_str(16, ":00");
    }
    Cow::Owned(whole)
}

/// Like [`whole_time`], without how far the clock is from UTC, by which the core would set it: `2001-02-03 10:30+02` is half past ten.
pub(super) fn local_time(text: &str) -> Cow<'_, str> {
    let shown = without_offset(text);
    match whole_time(shown) {
        Cow::Borrowed(shown) if shown.len() < text.len() => Cow::Owned(shown.to_owned()),
        whole => whole,
    }
}

/// The text in front of `Z`, `+02` or `-05:30` at its end, where a time stands there.
fn without_offset(text: &str) -> &str {
    let trimmed = text.trim_ascii_end();
    let Some((_, time)) = trimmed.split_once(':') else { return text };
    let at = match time.rfind(['+', '-']) {
        Some(sign) => {
            let digits = &time[sign + 1..];
            let is_offset = matches!(digits.len(), 2 | 4 | 5)
                && digits.bytes().enumerate().all(|(at, byte)| match (digits.len(), at) {
                    (5, 2) => byte == b':',
                    _ => byte.is_ascii_digit(),
                });
            is_offset.then_some(time.len() - sign)
        }
        None => time.ends_with(['Z', 'z']).then_some(1),
    };
    match at {
        Some(len) => trimmed[..trimmed.len() - len].trim_ascii_end(),
        None => text,
    }
}

/// `2001-2-3 4:05` with two digits for each of its parts; `None` if it has them.
fn padded(text: &str) -> Option<String> {
    let (date, time) = text.split_once([' ', 'T']).map_or((text, None), |(date, time)| (date, Some(time)));
    let separator =
        date.chars().find(|letter| !letter.is_ascii_digit()).filter(|letter| "-/".contains(*letter))?;
    let parts: Vec<&str> = date.split(separator).collect();
    let [year, month, day] = parts[..] else { return None };
    let hour = time.map_or("00", |time| time.split(':').next().unwrap_or_default());
    let is_number = |part: &str, lens: std::ops::RangeInclusive<usize>| {
        lens.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_whole = [month, day, hour].iter().all(|part| part.len() == 2);
    if is_whole || !is_number(year, 4..=4) || ![month, day, hour].iter().all(|part| is_number(part, 1..=2)) {
        return None;
    }
    let date = format!("{year}{separator}{month:0>2}{separator}{day:0>2}");
    Some(match time {
        Some(time) => format!("{date} {hour:0>2}{}", &time[hour.len()..]),
        None => date,
    })
}

/// The time of day of a point in time: `2001-02-03 10:30:00` as `10:30:00`.
pub(super) fn time_of_day(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim_ascii();
    if !begins_with_date(trimmed.as_bytes()) {
        return Cow::Borrowed(text);
    }
    match trimmed[DATE_LEN..].strip_prefix([' ', 'T']) {
        Some(time) => Cow::Owned(time.to_owned()),
        None => Cow::Borrowed(text),
    }
}

/// The length of `2001-02-03`.
const DATE_LEN: usize = 10;

/// Whether a text begins with a date in digits, with `-` or `/` between its parts.
fn begins_with_date(text: &[u8]) -> bool {
    text.len() >= DATE_LEN
        && text[..DATE_LEN].iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => matches!(byte, b'-' | b'/'),
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_whole() {
        for (text, whole) in [
            ("2001-02-03 10:30", "2001-02-03 10:30:00"),
            ("2001-02-03T10:30Z", "2001-02-03T10:30:00Z"),
            ("2001-02-03 10:30+02:00", "2001-02-03 10:30:00+02:00"),
            ("2001/02/03", "2001-02-03"),
            ("2001/02/03 10:30:15.5", "2001-02-03 10:30:15.5"),
            ("2001-02-03 10:30 America/New_York", "2001-02-03 10:30:00 America/New_York"),
            ("2001-02-03 10:30:15", "2001-02-03 10:30:15"),
            ("2001-2-3", "2001-02-03"),
            ("2001/2/13 1:02", "2001-02-13 01:02:00"),
            ("2001-02-03 1:02:03.5Z", "2001-02-03 01:02:03.5Z"),
            ("2001-2-3 x", "2001-2-3 x"),
            ("2001-2-3-4", "2001-2-3-4"),
            ("2001-02/03", "2001-02/03"),
            ("1/2/2001", "1/2/2001"),
            ("2001-02-03 10:3", "2001-02-03 10:3"),
            ("ää-02-03 10:30", "ää-02-03 10:30"),
            ("", ""),
        ] {
            assert_eq!(whole_time(text), whole);
        }
    }

    #[test]
    fn clocks_show_what_they_show() {
        for (text, local) in [
            ("2001-02-03 10:30:00+02", "2001-02-03 10:30:00"),
            ("2001-02-03T10:30-05:30", "2001-02-03T10:30:00"),
            ("2001-02-03 10:30:15.5 +0200", "2001-02-03 10:30:15.5"),
            ("2001-02-03T10:30:15Z", "2001-02-03T10:30:15"),
            ("2001-02-03 10:30:15", "2001-02-03 10:30:15"),
            ("2001-02-03", "2001-02-03"),
            ("2001-02-03 10:30:15+2", "2001-02-03 10:30:15+2"),
            ("2001-02-03 10:30 America/New_York", "2001-02-03 10:30:00 America/New_York"),
            ("Z", "Z"),
        ] {
            assert_eq!(local_time(text), local);
        }
    }

    #[test]
    fn times_of_day_have_no_date() {
        for (text, time) in [
            ("2001-02-03 10:30:00", "10:30:00"),
            ("2001/02/03T10:30", "10:30"),
            ("10:30:00", "10:30:00"),
            ("2001-02-03", "2001-02-03"),
            ("20010203 10:30:00", "20010203 10:30:00"),
            ("ääääääää 10:30", "ääääääää 10:30"),
        ] {
            assert_eq!(time_of_day(text), time);
        }
    }
}
