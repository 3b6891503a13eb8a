//! Values that depend on the rows before and after.

use std::time::Duration;

use arrow::datatypes::{DataType, IntervalMonthDayNano, TimeUnit};
use datafusion::functions_aggregate::expr_fn as aggregate;
use datafusion::functions_window::expr_fn as window;
use datafusion::logical_expr::expr::NullTreatment;
use datafusion::logical_expr::{self as core, WindowFrame, WindowFrameBound, WindowFrameUnits};
use datafusion::scalar::ScalarValue;

use super::window::{over_range, over_rows, up_to_here};
use super::{Expr, when};
use crate::frame::IntoExpr;

/// What depends on an order of rows: values of other rows, running totals, windows that roll.
///
/// The order is that of [`Expr::over_sorted`], or, where it is not said, that of a frame which is
/// [sorted](crate::Frame::sort), or of its files. Groups, joins and distinct rows have none before they are sorted, which is an error.
/// With [`Expr::over`] every group is on its own.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "shop,day,sales\na,1,5\na,2,7\na,3,6\nb,1,1\nb,2,3\n").unwrap();
/// use swath::prelude::*;
///
/// let sales = swath::read_csv(&path).scan()?.sort(["shop", "day"]);
/// let with_change = sales.with_columns([
///     col("sales").diff(1).over(["shop"]).alias("change"),
///     col("sales").cum_sum().over(["shop"]).alias("so_far"),
///     col("sales").rolling(2).mean().over(["shop"]).alias("smooth"),
/// ]);
/// let rows = with_change.drop(["shop", "day"]).to_bag::<(i64, Option<i64>, i64, Option<f64>)>().take(3).get()?;
/// assert_eq!(rows, [(5, None, 5, None), (7, Some(2), 12, Some(6.0)), (6, Some(-1), 18, Some(6.5))]);
/// // The same, with the order said where it is needed.
/// let change = col("sales").diff(1).over_sorted(["shop"], ["day"]);
/// assert_eq!(sales.with_column(change.alias("change")).sum("change").get()?, Some(3.0));
/// # Ok::<(), swath::Error>(())
/// ```
impl Expr {
    /// The value `rows` rows before, or, with a negative number, after; null where there is no such row.
    #[doc(alias = "lag")]
    #[doc(alias = "lead")]
    pub fn shift(self, rows: i64) -> Expr {
        Self(match rows {
            0.. => window::lag(self.0, Some(rows), None),
            _ => window::lead(self.0, Some(rows.checked_neg().unwrap_or(i64::MAX)), None),
        })
    }

    /// The difference from the value `rows` rows before; null where one of them is missing.
    pub fn diff(self, rows: i64) -> Expr {
        self.clone() - self.shift(rows)
    }

    /// The change from the value `rows` rows before, as a share of that: 0.5 for half as much again.
    pub fn pct_change(self, rows: i64) -> Expr {
        // The window is that of the value itself: one of the cast value would have the same name, and both may be asked for.
        let number = |value: Expr| value.cast(DataType::Float64);
        number(self.clone()) / number(self.shift(rows)) - 1.0
    }

    /// The sum up to each row, with it; null where the value is null.
    #[doc(alias = "cumsum")]
    pub fn cum_sum(self) -> Expr {
        cumulated(self, Expr::sum)
    }

    /// All values up to each row, with it, multiplied, as a double; null where the value is null.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "day,growth\n1,1.5\n2,NA\n3,2\n").unwrap();
    /// use swath::prelude::*;
    ///
    /// let days = swath::read_csv(&path).scan()?.select([col("growth").cum_prod()]);
    /// assert_eq!(days.to_bag::<Option<f64>>().collect()?, [Some(1.5), None, Some(3.0)]);
    /// # Ok::<(), swath::Error>(())
    /// ```
    #[doc(alias = "cumprod")]
    pub fn cum_prod(self) -> Expr {
        cumulated(self, Expr::product)
    }

    /// The smallest value up to each row, with it; null where the value is null.
    #[doc(alias = "cummin")]
    pub fn cum_min(self) -> Expr {
        cumulated(self, Expr::min)
    }

    /// The largest value up to each row, with it; null where the value is null.
    #[doc(alias = "cummax")]
    pub fn cum_max(self) -> Expr {
        cumulated(self, Expr::max)
    }

    /// How many values up to each row, with it, are not null.
    #[doc(alias = "cumcount")]
    pub fn cum_count(self) -> Expr {
        up_to_here(self.count())
    }

    /// The value, or where it is null the last one before that is not; null if there is none.
    #[doc(alias = "ffill")]
    pub fn forward_fill(self) -> Expr {
        let start = WindowFrameBound::Preceding(ScalarValue::UInt64(None));
        without_nulls(window::last_value(self.0), start, WindowFrameBound::CurrentRow)
    }

    /// The value, or where it is null the next one that is not; null if there is none.
    #[doc(alias = "bfill")]
    pub fn backward_fill(self) -> Expr {
        let end = WindowFrameBound::Following(ScalarValue::UInt64(None));
        without_nulls(window::first_value(self.0), WindowFrameBound::CurrentRow, end)
    }

    /// The last `rows` rows up to each row, with it, for an aggregate over them: see [`Rolling`].
    pub fn rolling(self, rows: usize) -> Rolling {
        let rows = rows.max(1);
        Rolling { value: self, window: RollingWindow::Rows(rows), min_values: rows }
    }

    /// The rows of a span of time up to that of each row, with it and its equals, for an aggregate over them: see [`Rolling`]. One value
    /// is enough there. What is so long ago as the span is no longer in it. The rows need no order.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "at,x\n2024-01-01 10:00:00,4\n2024-01-01 11:00:00,1\n2024-01-01 12:00:00,3\n2024-01-01 18:00:00,2\n").unwrap();
    /// use std::time::Duration;
    /// use swath::prelude::*;
    ///
    /// let frame = swath::read_csv(&path).scan()?;
    /// let two_hours = Duration::from_secs(2 * 60 * 60);
    /// let sums = frame.with_column(col("x").rolling_by("at", two_hours).sum().alias("sum")).sort(["at"]).select(["sum"]);
    /// assert_eq!(sums.to_bag::<i64>().collect()?, [4, 5, 4, 2]);
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn rolling_by(self, time: impl IntoExpr, span: Duration) -> Rolling {
        let time = time.into_expr().cast(DataType::Timestamp(TimeUnit::Microsecond, None));
        Rolling { value: self, window: RollingWindow::Time(time, span), min_values: 1 }
    }
}

/// The last rows up to each row, by [`Expr::rolling`] or [`Expr::rolling_by`]. The result is null unless there are as many
/// values that are not null as rows in the window (of a time, one), or as [`Rolling::min_values`] says.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "x\n4\n1\n3\n2\n").unwrap();
/// use swath::prelude::*;
///
/// let frame = swath::read_csv(&path).scan()?.sort(["x"]);
/// let both = frame.select([
///     col("x").rolling(3).sum().alias("full"),
///     col("x").rolling(3).min_values(1).sum().alias("any"),
/// ]);
/// let rows = both.to_bag::<(Option<i64>, Option<i64>)>().take(4).get()?;
/// assert_eq!(rows, [(None, Some(1)), (None, Some(3)), (Some(6), Some(6)), (Some(9), Some(9))]);
/// # Ok::<(), swath::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a window needs an aggregate: .mean(), .sum(), …"]
pub struct Rolling {
    value: Expr,
    window: RollingWindow,
    min_values: usize,
}

#[derive(Debug, Clone)]
enum RollingWindow {
    /// So many rows.
    Rows(usize),
    /// The rows whose time is less than the span before that of the row.
    Time(Expr, Duration),
}

impl Rolling {
    /// How many values a window needs that are not null; without, as many as it has rows.
    #[doc(alias = "min_periods")]
    #[doc(alias = "min_samples")]
    pub fn min_values(mut self, values: usize) -> Self {
        self.min_values = values;
        self
    }

    /// The mean of the window.
    pub fn mean(self) -> Expr {
        self.of(Expr::mean)
    }

    /// The sum of the window.
    pub fn sum(self) -> Expr {
        self.of(Expr::sum)
    }

    /// The smallest value of the window.
    pub fn min(self) -> Expr {
        self.of(Expr::min)
    }

    /// The largest value of the window.
    pub fn max(self) -> Expr {
        self.of(Expr::max)
    }

    /// The median of the window, which has numbers.
    pub fn median(self) -> Expr {
        self.of(|value| Expr(aggregate::median(value.cast(DataType::Float64).0)))
    }

    /// The standard deviation of the window (of a sample).
    pub fn std(self) -> Expr {
        self.of(Expr::std)
    }

    /// The variance of the window (of a sample).
    pub fn var(self) -> Expr {
        self.of(Expr::var)
    }

    /// How many values of the window are not null; never null.
    pub fn count(self) -> Expr {
        self.over_window(self.value.clone().count())
    }

    fn of(self, function: impl FnOnce(Expr) -> Expr) -> Expr {
        let values = self.over_window(self.value.clone().count());
        let value = self.over_window(function(self.value.clone()));
        let enough = values.gt_eq(i64::try_from(self.min_values).unwrap_or(i64::MAX));
        only_where(enough, value)
    }

    fn over_window(&self, expr: Expr) -> Expr {
        let start = WindowFrameBound::Preceding(match &self.window {
            RollingWindow::Rows(rows) => ScalarValue::UInt64(Some(*rows as u64 - 1)),
            RollingWindow::Time(_, span) => {
                let within = span.saturating_sub(Duration::from_micros(1)).as_nanos();
                let nanos = i64::try_from(within).unwrap_or(i64::MAX);
                ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano::new(0, 0, nanos)))
            }
        });
        let end = WindowFrameBound::CurrentRow;
        match &self.window {
            RollingWindow::Rows(_) => over_rows(expr, start, end),
            RollingWindow::Time(time, _) => over_range(expr, time.clone().asc(), start, end),
        }
    }
}

fn cumulated(value: Expr, function: impl FnOnce(Expr) -> Expr) -> Expr {
    only_where(value.clone().is_not_null(), up_to_here(function(value)))
}

/// The value where the condition holds, else null.
fn only_where(condition: Expr, value: Expr) -> Expr {
    when(condition, value).end()
}

/// A window function over the values of some rows that are not null.
fn without_nulls(function: core::Expr, start: WindowFrameBound, end: WindowFrameBound) -> Expr {
    Expr(match function {
        core::Expr::WindowFunction(mut window) => {
            window.params.null_treatment = Some(NullTreatment::IgnoreNulls);
            window.params.window_frame = WindowFrame::new_bounds(WindowFrameUnits::Rows, start, end);
            core::Expr::WindowFunction(window)
        }
        other => other,
    })
}
