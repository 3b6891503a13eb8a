//! Single values of whole frames.

use super::select::{aggregate as aggregated, output_name, shown};
use super::{Frame, IntoExpr, own_columns};
use crate::error::{Error, Result};
use crate::expr::{Expr, len_of_rows};
use crate::functions::aggregate;
use crate::scalar::{Count, Scalar};

/// The value of an aggregate over all rows, lazy: computed alone with [`Scalar::get`], or with others in
/// one read with [`compute`](crate::compute()). The column may be an expression. Nulls are left out; over no
/// value the result is `None`.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "a,b\n1,x\nNA,y\n4,y\n").unwrap();
/// use swath::prelude::*;
///
/// let t = swath::read_csv(&path).scan()?;
/// assert_eq!(t.count().get()?, 3);
/// assert_eq!(t.n_unique("b").get()?, 2);
/// let numbers = [t.min("a"), t.max("a"), t.sum("a"), t.mean("a"), t.median("a"), t.quantile("a", 0.5)];
/// assert_eq!(swath::compute(numbers.as_slice())?, [1.0, 4.0, 5.0, 2.5, 2.5, 2.5].map(Some));
/// assert_eq!(swath::compute((t.var("a"), t.std(col("a") * 0)))?, (Some(4.5), Some(0.0)));
/// assert_eq!(t.max("b").as_type::<String>().get()?.as_deref(), Some("y"));
/// # Ok::<(), swath::Error>(())
/// ```
impl Frame {
    /// How many rows there are.
    #[doc(alias = "len")]
    pub fn count(&self) -> Scalar<Count> {
        self.scalar(len_of_rows(), "count")
    }

    /// The largest value.
    pub fn max(&self, column: impl IntoExpr) -> Scalar {
        self.of(column, Expr::max)
    }

    /// The smallest value.
    pub fn min(&self, column: impl IntoExpr) -> Scalar {
        self.of(column, Expr::min)
    }

    /// The mean.
    pub fn mean(&self, column: impl IntoExpr) -> Scalar {
        self.of(column, Expr::mean)
    }

    /// The sum.
    pub fn sum(&self, column: impl IntoExpr) -> Scalar {
        self.of(column, Expr::sum)
    }

    /// The standard deviation of a sample.
    pub fn std(&self, column: impl IntoExpr) -> Scalar {
        self.of(column, Expr::std)
    }

    /// The variance of a sample.
    pub fn var(&self, column: impl IntoExpr) -> Scalar {
        self.of(column, Expr::var)
    }

    /// The median. Holds all values in memory.
    pub fn median(&self, column: impl IntoExpr) -> Scalar {
        self.of(column, Expr::median)
    }

    /// The quantile `q`, from 0 to 1. Holds all values in memory; about the same in little memory gives
    /// `select([col("a").approx_quantile(q)])`.
    pub fn quantile(&self, column: impl IntoExpr, q: f64) -> Scalar {
        match check_quantile(q) {
            Ok(()) => self.of(column, |column| column.quantile(q)),
            Err(error) => Scalar::new(Self::failed(self.session(), error), "quantile".to_owned()),
        }
    }

    /// How many different values there are, without null.
    #[doc(alias = "nunique")]
    pub fn n_unique(&self, column: impl IntoExpr) -> Scalar<Count> {
        self.scalar(column.into_expr().n_unique(), "n_unique")
    }

    /// How closely two columns of numbers go together, from -1 to 1 (Pearson), over the rows in which both
    /// are not null; `None` over fewer than two rows, or where one of them is always the same.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a,b\n1,3\nNA,9\n2,1\n").unwrap();
    /// let frame = swath::read_csv(&path).scan()?;
    /// assert_eq!(swath::compute((frame.corr("a", "b"), frame.cov("a", "b")))?, (Some(-1.0), Some(-1.0)));
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn corr(&self, a: impl IntoExpr, b: impl IntoExpr) -> Scalar {
        self.of(a, |a| aggregate::corr(a, b.into_expr()))
    }

    /// The covariance of two columns of numbers (of a sample), over the rows in which both are not null.
    pub fn cov(&self, a: impl IntoExpr, b: impl IntoExpr) -> Scalar {
        self.of(a, |a| aggregate::covar_samp(a, b.into_expr()))
    }

    /// How many values of each column are null: one row, with the frame's columns.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a,b\n1,x\nNA,\n").unwrap();
    /// let nulls = swath::read_csv(&path).scan()?.null_count();
    /// assert_eq!(nulls.to_bag::<(i64, i64)>().collect()?, [(1, 1)]);
    /// # Ok::<(), swath::Error>(())
    /// ```
    #[doc(alias = "isna")]
    pub fn null_count(&self) -> Self {
        self.step(|plan| {
            let columns = own_columns(plan).into_iter();
            let counts = columns.map(|column| {
                Expr::from(column.clone().unalias()).null_count().alias(output_name(&column)).into_core()
            });
            aggregated(plan, Vec::new(), counts.collect())
        })
    }

    fn of(&self, column: impl IntoExpr, function: impl FnOnce(Expr) -> Expr) -> Scalar {
        let value = function(column.into_expr());
        let name = shown(value.core());
        self.scalar(value, &name)
    }

    fn scalar<T>(&self, value: Expr, name: &str) -> Scalar<T> {
        let value = value.alias("value").into_core();
        Scalar::new(self.step(|plan| aggregated(plan, Vec::new(), vec![value])), name.to_owned())
    }
}

/// A quantile is a share.
pub(super) fn check_quantile(q: f64) -> Result<()> {
    if (0.0..=1.0).contains(&q) {
        return Ok(());
    }
    let hint = "0.5 is the median, 0.9 the value below which nine tenths lie".to_owned();
    Err(Error::query(format!("a quantile is from 0 to 1, not {q}"), hint))
}
