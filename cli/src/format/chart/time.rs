//! Places on an axis of time: hours, days, months, years. Times are seconds since 1970, without a zone.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime};

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
    let Some(date) = date_time(low).map(|low| low.date()) else { return Vec::new() };
    let months_before = i64::from(date.year()) * 12 + i64::from(date.month0());
    let format = if months % 12 == 0 { "%Y" } else { "%Y-%m" };
    let firsts = (months_before.div_euclid(months)..).map_while(|count| first_of_month(count * months));
    let ticks = firsts.map(|first| {
        let at = first.and_time(NaiveTime::MIN).and_utc().timestamp() as f64;
        Tick { at, label: first.format(format).to_string() }
    });
    ticks.skip_while(|tick| tick.at < low).take_while(|tick| tick.at <= high).collect()
}

/// The first day of a month, which is counted from the year 0.
fn first_of_month(month: i64) -> Option<NaiveDate> {
    let year = i32::try_from(month.div_euclid(12)).ok()?;
    NaiveDate::from_ymd_opt(year, month.rem_euclid(12) as u32 + 1, 1)
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

/// A date and the time of day, in seconds; the bare number where the calendar ends.
fn moment(at: f64) -> String {
    date_time(at).map_or_else(|| at.to_string(), |time| time.format("%Y-%m-%d %H:%M:%S").to_string())
}

fn date_time(at: f64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp(at.floor() as i64, 0).map(|time| time.naive_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_has_ends() {
        assert_eq!(moment(-1.0), "1969-12-31 23:59:59");
        assert_eq!(moment(1e18), "1000000000000000000");
        assert_eq!(ticks(-1e18, 1e18, 4).len(), 0);
    }

    #[test]
    fn marks_are_where_people_expect_them() {
        let at = |text: &str, hours: f64| {
            let day: NaiveDate = text.parse().unwrap();
            day.and_time(NaiveTime::MIN).and_utc().timestamp() as f64 + hours * 3600.0
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
