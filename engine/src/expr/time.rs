//! What can be made of dates and times.

use arrow::datatypes::{DataType, IntervalUnit, TimeUnit};
use datafusion::functions::expr_fn as function;
use datafusion::logical_expr::{self as core, cast, lit};

use super::Expr;
use crate::dialect::{at_zone, kind_of};

/// A column of dates, times or timestamps, by [`Expr::dt`]: the methods that
/// make something of each. Null stays null; a part that the type does not have, as the year of a time, is
/// an error.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "at,sales\n2024-02-29 23:59:58,1\n2024-03-03 00:00:00,2\n2024-03-31 12:00:00,3\n").unwrap();
/// use swath::prelude::*;
///
/// let sales = swath::read_csv(&path).scan()?;
/// let months = sales.group_by([col("at").dt().month().alias("month")]).sum("sales").sort(["month"]);
/// assert_eq!(months.to_bag::<(i64, i64)>().take(2).get()?, [(2, 1), (3, 5)]);
/// let first = sales.sort(["at"]).select([
///     col("at").dt().weekday().alias("weekday"),
///     col("at").dt().hour().alias("hour"),
///     col("at").dt().format("%d.%m.%y").alias("text"),
///     col("at").dt().truncate("month").dt().date().alias("month"),
/// ]);
/// let rows = first.to_bag::<(i32, i32, String, String)>().take(1).get()?;
/// assert_eq!(rows, [(4, 23, "29.02.24".to_owned(), "2024-02-01".to_owned())]);
/// # Ok::<(), swath::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TimeExpr(core::Expr);

impl TimeExpr {
    pub(super) fn new(time: core::Expr) -> Self {
        Self(time)
    }

    /// The year.
    pub fn year(self) -> Expr {
        self.part("year")
    }

    /// The quarter, from 1 to 4.
    pub fn quarter(self) -> Expr {
        self.part("quarter")
    }

    /// The month, from 1 to 12.
    pub fn month(self) -> Expr {
        self.part("month")
    }

    /// The week of ISO 8601, from 1 to 53.
    pub fn week(self) -> Expr {
        self.part("week")
    }

    /// The day of the month.
    pub fn day(self) -> Expr {
        self.part("day")
    }

    /// The day of the week, from Monday, 1, to Sunday, 7. (In Dask it is counted from 0.)
    #[doc(alias = "dayofweek")]
    pub fn weekday(self) -> Expr {
        self.part("isodow")
    }

    /// The day of the year, from 1.
    #[doc(alias = "dayofyear")]
    pub fn ordinal_day(self) -> Expr {
        self.part("doy")
    }

    /// The hour.
    pub fn hour(self) -> Expr {
        self.part("hour")
    }

    /// The minute.
    pub fn minute(self) -> Expr {
        self.part("minute")
    }

    /// The second, without its fraction.
    pub fn second(self) -> Expr {
        self.part("second")
    }

    /// The day as a date, without the time.
    pub fn date(self) -> Expr {
        Expr(cast(self.0, DataType::Date32))
    }

    /// The beginning of its `year`, `quarter`, `month`, `week`, `day`, `hour`, `minute` or `second`; or of several of them, such as
    /// `15 minutes`. Weeks begin on Mondays. Several days or weeks are counted from Monday, 2000-01-03, several months or years from 2000-01-01, as
    /// by `time_bucket` in SQL.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "at,sales\n2024-02-29 23:59:58,1\n2024-02-29 23:46:00,2\n2024-03-31 12:00:00,3\n").unwrap();
    /// use swath::prelude::*;
    ///
    /// let quarters = [col("at").dt().truncate("15 minutes").alias("from")];
    /// let sales = swath::read_csv(&path).scan()?.group_by(quarters).sum("sales").sort(["from"]).select(["sales"]);
    /// assert_eq!(sales.to_bag::<i64>().collect()?, [3, 3]);
    /// # Ok::<(), swath::Error>(())
    /// ```
    #[doc(alias = "floor")]
    #[doc(alias = "resample")]
    #[doc(alias = "group_by_dynamic")]
    pub fn truncate(self, unit: &str) -> Expr {
        if !unit.contains(|letter: char| letter.is_ascii_digit()) {
            return Expr(function::date_trunc(lit(unit), self.0));
        }
        let is_of_months =
            ["mon", "quarter", "year", "decade", "century"].iter().any(|long| unit.contains(long));
        let origin = lit(if is_of_months { "2000-01-01" } else { "2000-01-03" });
        let origin = cast(origin, DataType::Timestamp(TimeUnit::Microsecond, None));
        let begin = function::date_bin(interval(unit).into_core(), self.0.clone(), origin);
        Expr(kind_of().call(vec![begin, self.0]))
    }

    /// A point in time as clocks of the zone show it; of a time without a zone, the point in time at which they show it.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "at\n2024-07-01 16:00:00\n").unwrap();
    /// use swath::prelude::*;
    ///
    /// let berlin = col("at").dt().at_zone("UTC").dt().at_zone("Europe/Berlin").dt().hour();
    /// assert_eq!(swath::read_csv(&path).scan()?.select([berlin]).to_bag::<i64>().collect()?, [18]);
    /// # Ok::<(), swath::Error>(())
    /// ```
    #[doc(alias = "tz_convert")]
    #[doc(alias = "tz_localize")]
    #[doc(alias = "convert_time_zone")]
    #[doc(alias = "replace_time_zone")]
    pub fn at_zone(self, zone: &str) -> Expr {
        Expr(at_zone().call(vec![lit(zone), self.0]))
    }

    /// Seconds since 1970, with their fraction; of the difference of two times, how long that is.
    #[doc(alias = "total_seconds")]
    #[doc(alias = "timestamp")]
    pub fn epoch(self) -> Expr {
        self.part("epoch")
    }

    /// As text, in a format such as `%Y-%m-%d %H:%M`. Computing a format that is none, or has a part that the value lacks, is an error.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "day\n2013-01-31\n").unwrap();
    /// use swath::prelude::*;
    ///
    /// let days = swath::read_csv(&path).scan()?;
    /// let written = |format| days.select([col("day").dt().format(format)]).to_bag::<String>().collect();
    /// assert_eq!(written("%d.%m.%Y")?, ["31.01.2013"]);
    /// assert!(written("%Q").unwrap_err().to_string().contains("cannot be written in this format"));
    /// # Ok::<(), swath::Error>(())
    /// ```
    #[doc(alias = "strftime")]
    pub fn format(self, format: &str) -> Expr {
        Expr(function::to_char(self.0, lit(swath_planner::known_form(format))))
    }

    fn part(self, part: &str) -> Expr {
        Expr(function::date_part(lit(part), self.0))
    }
}

/// A span of time, such as `3 days`, `1 month` or `2 hours 30 minutes`, to add to times and to compare their differences with.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "from,to\n2024-01-31 10:00:00,2024-01-31 12:30:00\n2024-01-31 10:00:00,2024-01-31 10:05:00\n").unwrap();
/// use swath::prelude::*;
///
/// let calls = swath::read_csv(&path).scan()?;
/// let long = calls.filter((col("to") - col("from")).gt(interval("1 hour")));
/// let told = long.select([(col("to") - col("from")).dt().epoch().alias("seconds"), (col("from") + interval("1 month")).alias("due")]);
/// assert_eq!(told.to_bag::<(f64, String)>().collect()?, [(9000.0, "2024-02-29T10:00:00".to_owned())]);
/// # Ok::<(), swath::Error>(())
/// ```
#[doc(alias = "timedelta")]
#[doc(alias = "duration")]
pub fn interval(span: &str) -> Expr {
    Expr(cast(lit(span), DataType::Interval(IntervalUnit::MonthDayNano)))
}
