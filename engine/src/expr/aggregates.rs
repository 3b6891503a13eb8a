//! Values of groups of rows.

use arrow::datatypes::DataType;
use datafusion::functions_aggregate::expr_fn as aggregate;
use datafusion::logical_expr::expr::NullTreatment;
use datafusion::logical_expr::{self as core, SortExpr, lit};

use super::window::each_function;
use super::{Expr, when};
use crate::aggregates::{mode, product};
use crate::frame::IntoSort;
use crate::overflow::checked_sum;

/// Values of groups of rows, of windows, or of all rows.
///
/// Nulls are left out of every aggregate; one over no value is null, except the counts, which are 0. Of a
/// condition the sum is how often it is true, and the mean in what share of the rows.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "k,x\na,1\na,3\nb,5\n").unwrap();
/// use swath::prelude::*;
///
/// let frame = swath::read_csv(&path).scan()?;
/// let groups = frame.group_by(["k"]).agg([
///     col("x").mean().alias("mean"),
///     col("x").quantile(0.9).alias("p90"),
///     (col("x").max() - col("x").min()).alias("spread"),
/// ]);
/// assert_eq!(groups.columns()?, ["k", "mean", "p90", "spread"]);
///
/// // Over a window: every row stays, with the value of its group.
/// let shares = frame.with_column((col("x") / col("x").sum().over(["k"])).alias("share"));
/// assert_eq!(shares.columns()?, ["k", "x", "share"]);
/// # Ok::<(), swath::Error>(())
/// ```
impl Expr {
    /// The mean.
    pub fn mean(self) -> Expr {
        Self(aggregate::avg(self.0))
    }

    /// The sum; of no value, null. A sum of integers that is too large for one is an error.
    pub fn sum(self) -> Expr {
        Self(checked_sum().call(vec![self.0]))
    }

    /// The smallest value.
    pub fn min(self) -> Expr {
        Self(aggregate::min(self.0))
    }

    /// The largest value.
    pub fn max(self) -> Expr {
        Self(aggregate::max(self.0))
    }

    /// How many values are not null.
    pub fn count(self) -> Expr {
        Self(aggregate::count(self.0))
    }

    /// How many values are null.
    #[doc(alias = "isnull")]
    pub fn null_count(self) -> Expr {
        super::len_of_rows() - self.count()
    }

    /// How many different values there are, without null.
    #[doc(alias = "nunique")]
    pub fn n_unique(self) -> Expr {
        Self(aggregate::count_distinct(self.0))
    }

    /// About how many different values there are, in little memory (HyperLogLog).
    pub fn approx_n_unique(self) -> Expr {
        Self(aggregate::approx_distinct(self.0))
    }

    /// The standard deviation of a sample (divided by n - 1); of fewer than two values, null.
    pub fn std(self) -> Expr {
        Self(aggregate::stddev(self.0))
    }

    /// The variance of a sample (divided by n - 1); of fewer than two values, null.
    pub fn var(self) -> Expr {
        Self(aggregate::var_sample(self.0))
    }

    /// The standard deviation divided by n - `ddof`: of all there is with 0; of `ddof` values or fewer, null.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "k,x\na,1\na,3\nb,5\n").unwrap();
    /// use swath::prelude::*;
    ///
    /// let groups = swath::read_csv(&path).scan()?.group_by(["k"]).agg([
    ///     col("x").std().alias("sample"),
    ///     col("x").std_with_ddof(0).alias("all"),
    /// ]);
    /// let rows = groups.sort(["k"]).select(["sample", "all"]).to_bag::<(Option<f64>, Option<f64>)>().collect()?;
    /// assert_eq!(rows, [(Some(2.0_f64.sqrt()), Some(1.0)), (None, Some(0.0))]);
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn std_with_ddof(self, ddof: u64) -> Expr {
        self.var_with_ddof(ddof).sqrt()
    }

    /// The variance divided by n - `ddof`, as of [`Expr::std_with_ddof`].
    pub fn var_with_ddof(self, ddof: u64) -> Expr {
        if ddof == 1 {
            return self.var();
        }
        let of_all = Self(aggregate::var_pop(self.0.clone()));
        if ddof == 0 {
            return of_all;
        }
        let count = self.count().cast(DataType::Float64);
        let left = count.clone() - ddof as f64;
        when(left.clone().gt(0.0), of_all * count / left).end()
    }

    /// All values multiplied, as a double; of no value, null.
    #[doc(alias = "prod")]
    pub fn product(self) -> Expr {
        Self(product().call(vec![self.cast(DataType::Float64).0]))
    }

    /// The value that is there most often; of several, the least. Holds each value of a group once.
    pub fn mode(self) -> Expr {
        Self(mode().call(vec![self.0]))
    }

    /// All values as a list, nulls among them: in the order of the frame or of its files; of groups and joins that are not
    /// sorted in any.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "k,x\na,3\nb,5\na,1\n").unwrap();
    /// use swath::prelude::*;
    ///
    /// let lists = swath::read_csv(&path).scan()?.sort(["x"]).group_by(["k"]).agg([col("x").to_list()]).sort(["k"]);
    /// let lists = lists.to_bag::<(String, Vec<i64>)>().collect()?;
    /// assert_eq!(lists, [("a".to_owned(), vec![1, 3]), ("b".to_owned(), vec![5])]);
    /// # Ok::<(), swath::Error>(())
    /// ```
    #[doc(alias = "implode")]
    #[doc(alias = "array_agg")]
    pub fn to_list(self) -> Expr {
        Self(aggregate::array_agg(self.0))
    }

    /// The median, between the two middle values where there are two. Holds all values of a group.
    pub fn median(self) -> Expr {
        // The core's own median of whole numbers is a whole number.
        self.quantile(0.5)
    }

    /// The value below which the share `q` of all values lies, between two values where it falls between
    /// them: a double, or a point in time. `q` is from 0 to 1, or the frame is an error. Holds all values of a group.
    pub fn quantile(self, q: f64) -> Expr {
        Self(aggregate::percentile_cont(self.0.sort(true, false), lit(q)))
    }

    /// About the value that [`Expr::quantile`] gives of numbers, in little memory (t-digest); of few values that one.
    pub fn approx_quantile(self, q: f64) -> Expr {
        Self(aggregate::approx_percentile_cont(self.0.sort(true, false), lit(q), None))
    }

    /// The first value that is not null: of a frame that is [sorted](crate::Frame::sort) in its order, of one of files as they
    /// stand there. Of rows without order, those of groups and joins, it is any of them; see [`Expr::first_by`].
    pub fn first(self) -> Expr {
        first_not_null(self.0, Vec::new(), true)
    }

    /// The value, not null, of the row that is first in the order of the keys: with
    /// [`desc`]`("size")` that of the largest.
    #[doc(alias = "idxmax")]
    #[doc(alias = "arg_max")]
    #[doc(alias = "max_by")]
    #[doc(alias = "min_by")]
    pub fn first_by<K: IntoSort>(self, keys: impl IntoIterator<Item = K>) -> Expr {
        first_not_null(self.0, keys.into_iter().map(IntoSort::into_sort).collect(), true)
    }

    /// The last value that is not null: of a frame that is [sorted](crate::Frame::sort) in its order, of one of files as they
    /// stand there. Of rows without order, those of groups and joins, it is any of them; see [`Expr::last_by`].
    pub fn last(self) -> Expr {
        first_not_null(self.0, Vec::new(), false)
    }

    /// The value, not null, of the row that is last in the order of the keys.
    pub fn last_by<K: IntoSort>(self, keys: impl IntoIterator<Item = K>) -> Expr {
        first_not_null(self.0, keys.into_iter().map(IntoSort::into_sort).collect(), false)
    }

    /// Whether it is true of some row; of no value, null.
    pub fn any(self) -> Expr {
        Self(aggregate::bool_or(self.0))
    }

    /// Whether it is true of each row where it is not null; of no value, null.
    pub fn all(self) -> Expr {
        Self(aggregate::bool_and(self.0))
    }

    /// The aggregates in it, of the rows only where the condition is true.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "k,x\na,1\na,30\nb,5\n").unwrap();
    /// use swath::prelude::*;
    ///
    /// let groups = swath::read_csv(&path).scan()?.group_by(["k"]).agg([
    ///     col("x").max().alias("max"),
    ///     col("x").max().filter(col("x").lt(10)).alias("max_below_10"),
    /// ]);
    /// assert_eq!(groups.sort(["k"]).drop(["k"]).to_bag::<(i64, i64)>().collect()?, [(30, 1), (5, 5)]);
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn filter(self, condition: Expr) -> Expr {
        let both = |earlier: Option<Box<core::Expr>>| {
            let condition = condition.0.clone();
            Some(Box::new(match earlier {
                Some(earlier) => earlier.and(condition),
                None => condition,
            }))
        };
        Self(each_function(self.0, |mut function| {
            match &mut function {
                core::Expr::AggregateFunction(function) => {
                    function.params.filter = both(function.params.filter.take());
                }
                core::Expr::WindowFunction(function) => {
                    function.params.filter = both(function.params.filter.take());
                }
                _ => {}
            }
            function
        }))
    }
}

/// The first or last value that is not null.
fn first_not_null(value: core::Expr, order: Vec<SortExpr>, first: bool) -> Expr {
    without_nulls(if first {
        aggregate::first_value(value, order)
    } else {
        aggregate::last_value(value, order)
    })
}

/// The aggregate over the values that are not null only.
fn without_nulls(aggregate: core::Expr) -> Expr {
    Expr(match aggregate {
        core::Expr::AggregateFunction(mut function) => {
            function.params.null_treatment = Some(NullTreatment::IgnoreNulls);
            core::Expr::AggregateFunction(function)
        }
        other => other,
    })
}
