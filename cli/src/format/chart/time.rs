//! Places on an axis of time: hours, days, months, years. Times are seconds since 1970, without a zone.

use super::scale::{Step, Tick};

const DAY: f64 = 86_400.0;
/// The mean of the calendar's.
const MONTH: f64 = 365.2425 / 12.0 * DAY;

/// Steps shorter than a month, in seconds.
const STEPS: [f64; 21] = [
    1.0,
    2.0,
    5.0,
    10.0,
    15.0,
    30.0,
    60.0,
    120.0,
    300.0,
    600.0,
    900.0,
    1800.0,
    3600.0,
    7200.0,
    3.0 * 3600.0,
    6.0 * 3600.0,
    12.0 * 3600.0,
    DAY,
    2.0 * DAY,
    7.0 * DAY,
    14.0 * DAY,
];
/// Steps in months that divide a year.
const MONTHS: [i64; 4] = [1, 2, 3, 6];

/// Marks on the time from `low` to `high`, no more than `most` but for one.
pub fn ticks(low: f64, high: f64, most: usize) -> Vec<Tick> {
    let wanted = (high - low) / most.max(1) as f64;
    if wanted <= 0.5 {
        let step = Step::for_span(low, high, most);
        return step.ticks(low, high).into_iter().map(|tick| Tick { label: fine(tick.at), ..tick }).collect();
    }
    if let Some(&step) = STEPS.iter().find(|&&step| step >= wanted) {
        let first = (low / step).ceil();
        let count = ((high / step).floor() - first).max(-1.0) as usize + 1;
        let at = |index| (first + index as f64) * step;
        return (0..count).map(at).map(|at| Tick { at, label: label(at, step, low, high) }).collect();
    }
    let months = MONTHS.iter().copied().find(|&months| months as f64 * MONTH >= wanted);
    let months = months.unwrap_or_else(|| Step::for_span(0.0, wanted / MONTH / 12.0, 1).width() as i64 * 12);
    month_ticks(low, high, months)
}

/// The first days of every so many months.
fn month_ticks(low: f64, high: f64, months: i64) -> Vec<Tick> {
    let (year, month, _) = civil((low / DAY).floor() as i64);
    let mut count = (year * 12 + month - 1).div_euclid(months);
    let mut ticks = Vec::new();
    loop {
        let (year, month) = ((count * months).div_euclid(12), (count * months).rem_euclid(12) + 1);
        let at = days(year, month, 1) as f64 * DAY;
        if at > high {
            return ticks;
        }
        let label = if months % 12 == 0 { format!("{year:04}") } else { format!("{year:04}-{month:02}") };
        if at >= low {
            ticks.push(Tick { at, label });
        }
        count += 1;
    }
}

/// What is written at a mark.
fn label(at: f64, step: f64, low: f64, high: f64) -> String {
    let whole = moment(at);
    let (date, time) = whole.split_once(' ').unwrap_or((&whole, ""));
    if step >= DAY {
        return date.to_owned();
    }
    let time = if step >= 60.0 { time.get(..5).unwrap_or(time) } else { time };
    // The day is said where there are several.
    match (low / DAY).floor() < (high / DAY).floor() {
        true => format!("{} {time}", date.split_once('-').map_or(date, |(_, day)| day)),
        false => time.to_owned(),
    }
}

/// The time of day with fractions of a second.
fn fine(at: f64) -> String {
    let seconds = at.rem_euclid(60.0);
    let minutes = (at.rem_euclid(DAY) / 60.0).floor() as i64;
    format!("{:02}:{:02}:{seconds:06.3}", minutes / 60, minutes % 60)
}

/// A date, and the time of day if it is not midnight.
pub fn date_or_moment(at: f64) -> String {
    let text = moment(at);
    text.strip_suffix(" 00:00:00").map_or(text.clone(), str::to_owned)
}

/// A date and the time of day, in seconds.
fn moment(at: f64) -> String {
    let (year, month, day) = civil((at / DAY).floor() as i64);
    let second = at.rem_euclid(DAY).floor() as i64;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// Year, month and day of a day since 1970, in the Gregorian calendar, after Howard Hinnant's "chrono-Compatible
/// Low-Level Date Algorithms".
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Counted from March.
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// The day since 1970; the inverse of [`civil`].
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_dates() {
        assert_eq!([civil(0), civil(11_016), civil(-1)], [(1970, 1, 1), (2000, 2, 29), (1969, 12, 31)]);
        for day in (-800_000..800_000).step_by(13) {
            let (year, month, of_month) = civil(day);
            assert_eq!(days(year, month, of_month), day);
        }
    }

    #[test]
    fn marks_are_where_people_expect_them() {
        let at = |text: &str, hours: f64| {
            let part = |range: std::ops::Range<usize>| text[range].parse().unwrap();
            days(part(0..4), part(5..7), part(8..10)) as f64 * DAY + hours * 3600.0
        };
        let labels = |low, high, most| -> Vec<String> {
            ticks(low, high, most).into_iter().map(|tick| tick.label).collect()
        };
        assert_eq!(
            labels(at("2013-01-01", 0.0), at("2013-12-31", 0.0), 5),
            ["2013-01", "2013-04", "2013-07", "2013-10"]
        );
        assert_eq!(labels(at("1987-10-01", 0.0), at("2008-12-31", 0.0), 5), ["1990", "1995", "2000", "2005"]);
        assert_eq!(
            labels(at("2013-01-01", 5.5), at("2013-01-01", 9.0), 4),
            ["06:00", "07:00", "08:00", "09:00"]
        );
        assert_eq!(labels(at("2013-01-31", 5.5), at("2013-02-01", 9.0), 3), ["01-31 12:00", "02-01 00:00"]);
        assert_eq!(labels(at("2013-02-27", 0.0), at("2013-03-02", 0.0), 4).len(), 4);
        assert_eq!(labels(0.0, 1.0, 4), ["00:00:00.000", "00:00:00.500", "00:00:01.000"]);
        assert_eq!(labels(5.0, 5.0, 4).len(), 1);
        assert_eq!(date_or_moment(at("2013-02-27", 0.0)), "2013-02-27");
        assert_eq!(date_or_moment(at("2013-02-27", 1.5)), "2013-02-27 01:30:00");
    }
}
