//! How intervals and parts of seconds are written: `1 day 02:00:00.5`, as PostgreSQL and DuckDB have it.

use std::fmt::Write as _;

use arrow::array::{ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, DurationMicrosecondType, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit, TimeUnit,
};
use arrow::error::ArrowError;

const NANOS_OF_SECOND: u64 = 1_000_000_000;
const MICROS_OF_DAY: i64 = 86_400_000_000;

/// Whether values of the type are lengths of time.
pub(crate) fn is_interval(ty: &DataType) -> bool {
    matches!(ty, DataType::Interval(_) | DataType::Duration(_))
}

/// Intervals, and spans between two times, as texts.
///
/// # Errors
/// A span that is too long.
pub(crate) fn interval_texts(values: &ArrayRef) -> Result<StringArray, ArrowError> {
    if matches!(values.data_type(), DataType::Duration(_)) {
        // Of such, the days are counted as of a calendar.
        let micros = cast(values, &DataType::Duration(TimeUnit::Microsecond))?;
        let of_micros = |micros: i64| {
            let (days, rest) = (micros / MICROS_OF_DAY, micros % MICROS_OF_DAY);
            IntervalMonthDayNano::new(0, i32::try_from(days).unwrap_or(i32::MAX), rest * 1000)
        };
        let spans = micros.as_primitive::<DurationMicrosecondType>().iter();
        return Ok(spans.map(|span| span.map(|micros| interval_text(of_micros(micros)))).collect());
    }
    let values = cast(values, &DataType::Interval(IntervalUnit::MonthDayNano))?;
    let texts = values.as_primitive::<IntervalMonthDayNanoType>().iter();
    Ok(texts.map(|interval| interval.map(interval_text)).collect())
}

/// `1 year 2 months 3 days 04:05:06.7`; nothing at all is `00:00:00`.
fn interval_text(interval: IntervalMonthDayNano) -> String {
    let mut text = String::new();
    let mut push = |count: i64, unit: &str| {
        if count != 0 {
            let blank = if text.is_empty() { "" } else { " " };
            let plural = if count.abs() == 1 { "" } else { "s" };
            // A text takes whatever is written to it.
            let _ = write!(text, "{blank}{count} {unit}{plural}");
        }
    };
    push((interval.months / 12).into(), "year");
    push((interval.months % 12).into(), "month");
    push(interval.days.into(), "day");
    if interval.nanoseconds == 0 && !text.is_empty() {
        return text;
    }
    let nanos = interval.nanoseconds.unsigned_abs();
    let seconds = nanos / NANOS_OF_SECOND;
    let (blank, sign) =
        (if text.is_empty() { "" } else { " " }, if interval.nanoseconds < 0 { "-" } else { "" });
    let _ = write!(text, "{blank}{sign}{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if !nanos.is_multiple_of(NANOS_OF_SECOND) {
        let _ = write!(text, ".{:09}", nanos % NANOS_OF_SECOND);
        trim_fractions(&mut text);
    }
    text
}

/// Takes zeros from the ends of the fractions in a text of times, and points that have none.
pub(crate) fn trim_fractions(text: &mut String) {
    let mut from = 0;
    while let Some(point) = text[from..].find('.').map(|at| from + at) {
        let digits = text[point + 1..].bytes().take_while(u8::is_ascii_digit).count();
        let end = point + 1 + digits;
        let kept = text[..end].trim_end_matches('0').len();
        let kept = if kept == point + 1 { point } else { kept };
        if digits > 0 {
            text.replace_range(kept..end, "");
        }
        from = if digits > 0 { kept } else { end };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals() {
        let text = |months, days, nanos| interval_text(IntervalMonthDayNano::new(months, days, nanos));
        assert_eq!(text(14, 3, 14_706_789_000_000), "1 year 2 months 3 days 04:05:06.789");
        assert_eq!(text(0, -1, 0), "-1 day");
        assert_eq!(text(-25, 0, 0), "-2 years -1 month");
        assert_eq!(text(0, 0, 0), "00:00:00");
        assert_eq!(text(0, 1, -1_500_000_000), "1 day -00:00:01.5");
        assert_eq!(text(0, 0, 100 * 3_600_000_000_000), "100:00:00");
    }

    #[test]
    fn fractions() {
        for (written, trimmed) in [
            ("10:00:00.500", "10:00:00.5"),
            ("2001-01-01 10:00:00.000+01:00", "2001-01-01 10:00:00+01:00"),
            ("[10:00:00.120, 11:00:00.100000]", "[10:00:00.12, 11:00:00.1]"),
            ("10:00:00", "10:00:00"),
            (".", "."),
        ] {
            let mut text = written.to_owned();
            trim_fractions(&mut text);
            assert_eq!(text, trimmed);
        }
    }
}
