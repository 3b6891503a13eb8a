//! Days, weekdays and daylight saving time of the proleptic Gregorian calendar.

/// A date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Date {
    pub year: i32,
    /// 1 to 12.
    pub month: i32,
    /// 1 to 31.
    pub day: i32,
}

impl Date {
    /// Returns the days since 1 January 1970.
    ///
    /// Years are taken to begin in March, so that the day that comes and goes is the
    /// last (Howard Hinnant, "chrono-compatible low-level date algorithms").
    pub(crate) fn day_number(self) -> i32 {
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month_from_march = (self.month + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// Returns the date that is so many days after 1 January 1970.
    pub(crate) fn from_day_number(number: i32) -> Self {
        let shifted = number + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = (month_from_march + 2) % 12 + 1;
        Self {
            year: era * 400 + year_of_era + i32::from(month <= 2),
            month,
            day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
        }
    }

    /// Returns the day of the week, 1 for Monday to 7 for Sunday.
    pub(crate) fn weekday(self) -> i32 {
        (self.day_number() + 3).rem_euclid(7) + 1
    }

    /// Returns whether clocks in the United States show daylight saving time at noon.
    pub(crate) fn has_daylight_time(self) -> bool {
        let (start, end) = if self.year >= 2007 {
            (sunday_from(self.year, 3, 8), sunday_from(self.year, 11, 1))
        } else {
            (sunday_from(self.year, 4, 1), sunday_from(self.year, 10, 25))
        };
        start <= self && self < end
    }
}

/// Returns the days of a year in order.
pub(crate) fn days_of(year: i32) -> impl Iterator<Item = Date> {
    let first = |year| Date { year, month: 1, day: 1 }.day_number();
    (first(year)..first(year + 1)).map(Date::from_day_number)
}

/// Returns the first Sunday that is not before the given day.
fn sunday_from(year: i32, month: i32, day: i32) -> Date {
    let date = Date { year, month, day };
    Date { day: day + 7 - date.weekday(), ..date }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days() {
        for (year, month, day, weekday, daylight) in [
            (1970, 1, 1, 4, false),
            (2000, 2, 29, 2, false),
            (2001, 4, 1, 7, true),
            (2006, 10, 28, 6, true),
            (2006, 10, 29, 7, false),
            (2008, 3, 8, 6, false),
            (2008, 3, 9, 7, true),
            (2008, 11, 2, 7, false),
        ] {
            let date = Date { year, month, day };
            assert_eq!(date.weekday(), weekday, "{date:?}");
            assert_eq!(date.has_daylight_time(), daylight, "{date:?}");
        }
    }

    #[test]
    fn every_day_has_one_number() {
        for number in -200_000..200_000 {
            assert_eq!(Date::from_day_number(number).day_number(), number);
        }
        assert_eq!(days_of(2008).count(), 366);
        assert_eq!(days_of(2007).count(), 365);
    }
}
