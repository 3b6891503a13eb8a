//! How far two times are from each other in parts of the calendar: `age(a, b)` and `date_sub('month', a, b)`.

use chrono::{DateTime, Datelike, Months, NaiveDateTime, NaiveTime, TimeDelta};
use datafusion::arrow::datatypes::{DataType, IntervalMonthDayNano, IntervalUnit, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{ScalarUDF, Signature, Volatility};

use super::{RowFunction, refused, text};

pub(super) fn all() -> Vec<ScalarUDF> {
    vec![
        RowFunction::udf(
            "age",
            Signature::any(2, Volatility::Immutable),
            DataType::Interval(IntervalUnit::MonthDayNano),
            |values| {
                Ok(ScalarValue::IntervalMonthDayNano(Some(age(time_of(&values[0])?, time_of(&values[1])?))))
            },
        ),
        RowFunction::udf("date_sub", Signature::any(3, Volatility::Immutable), DataType::Int64, |values| {
            let (from, to) = (time_of(&values[1])?, time_of(&values[2])?);
            whole_parts(&text(&values[0]), from, to).map(|parts| ScalarValue::Int64(Some(parts)))
        }),
    ]
}

fn time_of(value: &ScalarValue) -> Result<NaiveDateTime> {
    let time = match value.cast_to(&DataType::Timestamp(TimeUnit::Microsecond, None))? {
        ScalarValue::TimestampMicrosecond(Some(micros), _) => DateTime::from_timestamp_micros(micros),
        _ => None,
    };
    let time = time.ok_or_else(|| refused(format!("{value} is too far away"), "leave such times out"))?;
    Ok(time.naive_utc())
}

/// How many whole months lie between, and from when on what is left counts.
fn months_between(from: NaiveDateTime, to: NaiveDateTime) -> (i64, NaiveDateTime) {
    let months = (i64::from(to.year()) - i64::from(from.year())) * 12 + i64::from(to.month())
        - i64::from(from.month());
    let after = |months: i64| {
        let months = Months::new(u32::try_from(months).unwrap_or(0));
        from.checked_add_months(months).unwrap_or(to)
    };
    match after(months) {
        time if time <= to => (months, time),
        _ => (months - 1, after(months - 1)),
    }
}

/// How much later the first is than the second, field by field as PostgreSQL has it: a day that is borrowed is one of the month of the
/// earlier time.
fn age(to: NaiveDateTime, from: NaiveDateTime) -> IntervalMonthDayNano {
    if to < from {
        let age = age(from, to);
        return IntervalMonthDayNano::new(-age.months, -age.days, -age.nanoseconds);
    }
    let of_day = |time: NaiveDateTime| time - time.date().and_time(NaiveTime::MIN);
    let mut months = (to.year() - from.year()) * 12 + to.month() as i32 - from.month() as i32;
    let mut days = to.day() as i32 - from.day() as i32;
    let mut rest = of_day(to) - of_day(from);
    if rest < TimeDelta::zero() {
        rest += TimeDelta::days(1);
        days -= 1;
    }
    if days < 0 {
        days += i32::from(from.num_days_in_month());
        months -= 1;
    }
    IntervalMonthDayNano::new(months, days, rest.num_nanoseconds().unwrap_or(0))
}

/// How many whole parts of a kind lie between two times.
fn whole_parts(part: &str, from: NaiveDateTime, to: NaiveDateTime) -> Result<i64> {
    if to < from {
        return whole_parts(part, to, from).map(|parts| -parts);
    }
    let months = || months_between(from, to).0;
    let left = to - from;
    let part = part.to_lowercase();
    Ok(match part.strip_suffix('s').unwrap_or(&part) {
        "millennium" | "millennia" => months() / 12_000,
        "century" | "centurie" => months() / 1200,
        "decade" => months() / 120,
        "year" | "isoyear" => months() / 12,
        "quarter" => months() / 3,
        "month" => months(),
        "week" => left.num_weeks(),
        "day" | "dow" | "doy" => left.num_days(),
        "hour" => left.num_hours(),
        "minute" => left.num_minutes(),
        "second" | "epoch" => left.num_seconds(),
        "millisecond" | "m" => left.num_milliseconds(),
        "microsecond" | "u" => left.num_microseconds().unwrap_or(i64::MAX),
        _ => {
            let parts = "year, quarter, month, week, day, hour, minute, second, millisecond or microsecond";
            return Err(refused(format!("date_sub: there is no part \"{part}\" of a time"), parts));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap()
    }

    #[test]
    fn whole_parts_between() {
        let parts = |part, from, to| whole_parts(part, time(from), time(to)).unwrap();
        assert_eq!(parts("month", "2001-01-15 00:00:00", "2001-03-14 23:59:59"), 1);
        assert_eq!(parts("months", "2001-03-15 00:00:00", "2001-01-15 00:00:00"), -2);
        assert_eq!(parts("year", "2000-02-29 00:00:00", "2001-02-28 00:00:00"), 1);
        assert_eq!(parts("hour", "2001-01-01 00:59:00", "2001-01-01 03:00:00"), 2);
        assert!(whole_parts("eon", time("2001-01-01 00:00:00"), time("2001-01-01 00:00:00")).is_err());
    }

    #[test]
    fn ages() {
        let age = |to, from| {
            let age = age(time(to), time(from));
            (age.months, age.days, age.nanoseconds)
        };
        assert_eq!(age("2001-04-10 00:00:00", "1957-06-13 00:00:00"), (43 * 12 + 9, 27, 0));
        assert_eq!(age("2001-01-01 00:00:00", "2001-01-02 12:00:00"), (0, -1, -43_200_000_000_000));
    }
}
