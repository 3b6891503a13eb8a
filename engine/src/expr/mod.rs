//! Expressions over columns: those of the relational core, with names that are exact and aggregates
//! that read from left to right.

mod in_order;
mod text;
mod time;
mod value;
mod when;
mod window;

use datafusion::functions::expr_fn as function;
use datafusion::functions_aggregate::expr_fn as aggregate;
use datafusion::logical_expr::expr::NullTreatment;
use datafusion::logical_expr::ident;
pub use datafusion::logical_expr::{Expr, SortExpr, lit};
use datafusion::scalar::ScalarValue;

use crate::aggregates::{mode, product};
use crate::frame::{IntoExpr, IntoSort};
use crate::overflow::checked_sum;
pub use in_order::{InOrderExt, Rolling};
pub use text::TextExpr;
pub use time::TimeExpr;
pub use value::{IntoType, ValueExt};
pub use when::{When, when};
use window::windowed;
pub(crate) use window::{lacks_order, wants_order};

/// The column of exactly this name.
///
/// It is computed with by `+`, `-`, `*`, `/` and `%`; a quotient of integers is a double with its fraction.
///
/// ```
/// use swath::prelude::*;
///
/// let late = col("DepDelay").gt(lit(15)).and(col("Origin").eq(lit("SFO")));
/// assert_eq!(late.to_string(), r#"DepDelay > Int32(15) AND Origin = Utf8("SFO")"#);
/// ```
pub fn col(name: impl Into<String>) -> Expr {
    ident(name)
}

/// Null, of whatever type is needed.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "a\n1\n-99\n").unwrap();
/// use swath::prelude::*;
///
/// let known = when(col("a").eq(lit(-99)), null()).otherwise(col("a"));
/// assert_eq!(swath::read_csv(&path).scan()?.min(known).get()?, Some(1.0));
/// # Ok::<(), swath::Error>(())
/// ```
pub fn null() -> Expr {
    lit(ScalarValue::Null)
}

/// Sorts by a column or an expression, smallest first, nulls last.
pub fn asc(key: impl IntoExpr) -> SortExpr {
    key.into_expr().sort(true, false)
}

/// Sorts by a column or an expression, largest first, nulls last.
pub fn desc(key: impl IntoExpr) -> SortExpr {
    key.into_expr().sort(false, false)
}

/// How many rows there are, for groups and windows; named `len` unless it gets another name.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "k,x\na,1\na,NA\nb,5\n").unwrap();
/// use swath::prelude::*;
///
/// let groups = swath::read_csv(&path).scan()?.group_by(["k"]).agg([len(), col("x").count().alias("values")]);
/// assert_eq!(groups.columns()?, ["k", "len", "values"]);
/// assert_eq!(groups.max("len").get()?, Some(2.0));
/// # Ok::<(), swath::Error>(())
/// ```
pub fn len() -> Expr {
    len_of_rows().alias("len")
}

fn len_of_rows() -> Expr {
    aggregate::count(lit(1i64))
}

/// Aggregates and windows as methods of an expression. What they give of single values is in
/// [`ValueExt`], what depends on the order of rows in [`InOrderExt`].
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
pub trait ExprExt: Sized {
    /// Itself as an expression.
    #[doc(hidden)]
    fn expr(self) -> Expr;

    /// The mean.
    fn mean(self) -> Expr {
        aggregate::avg(self.expr())
    }

    /// The sum; of no value, null. A sum of integers that is too large for one is an error.
    fn sum(self) -> Expr {
        checked_sum().call(vec![self.expr()])
    }

    /// The smallest value.
    fn min(self) -> Expr {
        aggregate::min(self.expr())
    }

    /// The largest value.
    fn max(self) -> Expr {
        aggregate::max(self.expr())
    }

    /// How many values are not null.
    fn count(self) -> Expr {
        aggregate::count(self.expr())
    }

    /// How many values are null.
    #[doc(alias = "isnull")]
    fn null_count(self) -> Expr {
        len_of_rows() - aggregate::count(self.expr())
    }

    /// How many different values there are, without null.
    #[doc(alias = "nunique")]
    fn n_unique(self) -> Expr {
        aggregate::count_distinct(self.expr())
    }

    /// About how many different values there are, in little memory (HyperLogLog).
    fn approx_n_unique(self) -> Expr {
        aggregate::approx_distinct(self.expr())
    }

    /// The standard deviation of a sample (divided by n - 1); of fewer than two values, null.
    fn std(self) -> Expr {
        aggregate::stddev(self.expr())
    }

    /// The variance of a sample (divided by n - 1); of fewer than two values, null.
    fn var(self) -> Expr {
        aggregate::var_sample(self.expr())
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
    fn std_with_ddof(self, ddof: u64) -> Expr {
        function::sqrt(self.var_with_ddof(ddof))
    }

    /// The variance divided by n - `ddof`, as of [`ExprExt::std_with_ddof`].
    fn var_with_ddof(self, ddof: u64) -> Expr {
        let value = self.expr();
        if ddof == 1 {
            return value.var();
        }
        let of_all = aggregate::var_pop(value.clone());
        if ddof == 0 {
            return of_all;
        }
        let count = as_float(aggregate::count(value));
        let left = count.clone() - lit(ddof as f64);
        when(left.clone().gt(lit(0.0)), of_all * count / left).end()
    }

    /// All values multiplied, as a double; of no value, null.
    #[doc(alias = "prod")]
    fn product(self) -> Expr {
        product().call(vec![as_float(self.expr())])
    }

    /// The value that is there most often; of several, the least. Holds each value of a group once.
    fn mode(self) -> Expr {
        mode().call(vec![self.expr()])
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
    fn to_list(self) -> Expr {
        aggregate::array_agg(self.expr())
    }

    /// The median, between the two middle values where there are two. Holds all values of a group.
    fn median(self) -> Expr {
        // The core's own median of whole numbers is a whole number.
        self.quantile(0.5)
    }

    /// The value below which the share `q` of all values lies, between two values where it falls between
    /// them: a double, or a point in time. `q` is from 0 to 1, or the frame is an error. Holds all values of a group.
    fn quantile(self, q: f64) -> Expr {
        aggregate::percentile_cont(self.expr().sort(true, false), lit(q))
    }

    /// About the value that [`ExprExt::quantile`] gives of numbers, in little memory (t-digest).
    fn approx_quantile(self, q: f64) -> Expr {
        aggregate::approx_percentile_cont(self.expr().sort(true, false), lit(q), None)
    }

    /// The first value that is not null: of a frame that is [sorted](crate::Frame::sort) in its order, of one of files as they
    /// stand there. Of rows without order, those of groups and joins, it is any of them; see [`ExprExt::first_by`].
    fn first(self) -> Expr {
        first_not_null(self.expr(), Vec::new(), true)
    }

    /// The value, not null, of the row that is first in the order of the keys: with
    /// [`desc`]`("size")` that of the largest.
    #[doc(alias = "idxmax")]
    #[doc(alias = "arg_max")]
    #[doc(alias = "max_by")]
    #[doc(alias = "min_by")]
    fn first_by<K: IntoSort>(self, keys: impl IntoIterator<Item = K>) -> Expr {
        first_not_null(self.expr(), keys.into_iter().map(IntoSort::into_sort).collect(), true)
    }

    /// The last value that is not null: of a frame that is [sorted](crate::Frame::sort) in its order, of one of files as they
    /// stand there. Of rows without order, those of groups and joins, it is any of them; see [`ExprExt::last_by`].
    fn last(self) -> Expr {
        first_not_null(self.expr(), Vec::new(), false)
    }

    /// The value, not null, of the row that is last in the order of the keys.
    fn last_by<K: IntoSort>(self, keys: impl IntoIterator<Item = K>) -> Expr {
        first_not_null(self.expr(), keys.into_iter().map(IntoSort::into_sort).collect(), false)
    }

    /// Whether it is true of some row; of no value, null.
    fn any(self) -> Expr {
        aggregate::bool_or(self.expr())
    }

    /// Whether it is true of each row where it is not null; of no value, null.
    fn all(self) -> Expr {
        aggregate::bool_and(self.expr())
    }

    /// Computes the aggregates and window functions in this expression over all rows, once for each row:
    /// `col("x") / col("x").sum().over_all()` is the share of each.
    fn over_all(self) -> Expr {
        windowed(self.expr(), &[], &[])
    }

    /// Computes the aggregates and window functions in this expression over the rows that are equal in
    /// the keys, once for each row; for all rows, see [`ExprExt::over_all`].
    fn over<K: IntoExpr>(self, keys: impl IntoIterator<Item = K>) -> Expr {
        windowed(self.expr(), &expressions(keys), &[])
    }

    /// Like [`ExprExt::over`], with the rows of each window in an order: aggregates then run from the
    /// first row to the current one (and its equals).
    ///
    /// ```
    /// use swath::prelude::*;
    ///
    /// let running = col("x").sum().over_sorted(["k"], ["day"]).alias("running");
    /// let place = swath::functions::window::row_number().over_sorted(["k"], [desc("x")]).alias("place");
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "k,x,day\na,1,1\na,3,2\nb,5,1\n").unwrap();
    /// # let frame = swath::read_csv(&path).scan()?.with_columns([running, place]);
    /// # assert_eq!(frame.collect()?.iter().map(|b| b.num_rows()).sum::<usize>(), 3);
    /// # Ok::<(), swath::Error>(())
    /// ```
    fn over_sorted<K: IntoExpr, S: IntoSort>(
        self,
        keys: impl IntoIterator<Item = K>,
        order: impl IntoIterator<Item = S>,
    ) -> Expr {
        let order: Vec<SortExpr> = order.into_iter().map(IntoSort::into_sort).collect();
        windowed(self.expr(), &expressions(keys), &order)
    }

    /// Sorts by this, smallest first, nulls last.
    fn asc(self) -> SortExpr {
        asc(self.expr())
    }

    /// Sorts by this, largest first, nulls last.
    fn desc(self) -> SortExpr {
        desc(self.expr())
    }
}

impl ExprExt for Expr {
    fn expr(self) -> Expr {
        self
    }
}

fn expressions<E: IntoExpr>(columns: impl IntoIterator<Item = E>) -> Vec<Expr> {
    columns.into_iter().map(IntoExpr::into_expr).collect()
}

/// Numbers with a fraction.
fn as_float(expr: Expr) -> Expr {
    datafusion::logical_expr::cast(expr, arrow::datatypes::DataType::Float64)
}

/// The first or last value that is not null.
fn first_not_null(value: Expr, order: Vec<SortExpr>, first: bool) -> Expr {
    without_nulls(if first {
        aggregate::first_value(value, order)
    } else {
        aggregate::last_value(value, order)
    })
}

/// The aggregate over the values that are not null only.
fn without_nulls(aggregate: Expr) -> Expr {
    match aggregate {
        Expr::AggregateFunction(mut function) => {
            function.params.null_treatment = Some(NullTreatment::IgnoreNulls);
            Expr::AggregateFunction(function)
        }
        other => other,
    }
}
