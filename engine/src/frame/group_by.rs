//! Rows by groups.

use datafusion::logical_expr::{self as core, SortExpr};

use super::select::{aggregate, named, output_name};
use super::sort::{in_order, unordered, without_number};
use super::{Columns, Frame, IntoExpr, column};
use crate::expr::{Expr, len_of_rows};
use crate::functions::window::row_number;

/// The groups of a frame, by [`Frame::group_by`]: each method gives a frame with one row a group, the
/// keys first. Null is a key like any other. The order of groups is not defined.
///
/// A method that takes one column name takes several, too; the results are named as the columns, or,
/// where a key has that name, `name_mean`, `name_count` and so on.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "k,x,y\na,1,2\na,3,NA\nb,5,6\n").unwrap();
/// use swath::prelude::*;
///
/// let frame = swath::read_csv(&path).scan()?;
/// let groups = frame.group_by(["k"]);
/// for frame in [
///     groups.mean("x"), groups.sum("x"), groups.min("x"), groups.max("x"), groups.count("x"),
///     groups.n_unique("x"), groups.first("x"), groups.last("x"), groups.std("x"), groups.var("x"),
///     groups.median("x"), groups.quantile("x", 0.9),
/// ] {
///     assert_eq!(frame.columns()?, ["k", "x"]);
///     assert_eq!(frame.count().get()?, 2);
/// }
/// assert_eq!(groups.sum(["x", "y"]).columns()?, ["k", "x", "y"]);
/// assert_eq!(groups.size().columns()?, ["k", "size"]);
/// assert_eq!(groups.agg([(col("x") * col("y")).sum().alias("xy")]).columns()?, ["k", "xy"]);
/// # Ok::<(), swath::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct GroupBy {
    frame: Frame,
    keys: Vec<core::Expr>,
}

impl Frame {
    /// Groups the rows that are equal in the keys, columns or expressions.
    #[doc(alias = "groupby")]
    pub fn group_by<K: IntoExpr>(&self, keys: impl IntoIterator<Item = K>) -> GroupBy {
        let keys = keys.into_iter().map(|key| named(key.into_expr().into_core())).collect();
        GroupBy { frame: self.clone(), keys }
    }
}

impl GroupBy {
    /// Computes any expressions of aggregates. One without an alias is named as it is written.
    pub fn agg(&self, columns: impl IntoIterator<Item = Expr>) -> Frame {
        let columns = columns.into_iter().map(|column| named(column.into_core())).collect();
        self.frame.step(|plan| aggregate(plan, self.keys.clone(), columns))
    }

    /// The first `n` rows of each group, with all columns, in the order of the frame or of its files: of
    /// one that is sorted by [`desc`](crate::desc)`("size")` the `n` largest.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "k,x\na,1\na,3\nb,5\na,2\n").unwrap();
    /// use swath::prelude::*;
    ///
    /// let frame = swath::read_csv(&path).scan()?;
    /// let sorted = frame.sort([desc("x")]).group_by(["k"]);
    /// assert_eq!(sorted.tail(1).to_bag::<(String, i64)>().take(9).get()?, [("b".to_owned(), 5), ("a".to_owned(), 1)]);
    /// let largest = sorted.head(2);
    /// let rows = largest.to_bag::<(String, i64)>().take(9).get()?;
    /// assert_eq!(rows, [("b".to_owned(), 5), ("a".to_owned(), 3), ("a".to_owned(), 2)]);
    /// # Ok::<(), swath::Error>(())
    /// ```
    #[doc(alias = "nlargest")]
    pub fn head(&self, n: usize) -> Frame {
        self.first_in(n, "first", |order| order)
    }

    /// The last `n` rows of each group, with all columns, in the order of the frame or of its files.
    pub fn tail(&self, n: usize) -> Frame {
        self.first_in(n, "last", |order| order.iter().map(SortExpr::reverse).collect())
    }

    /// The first `n` rows of each group in an order made of the frame's.
    fn first_in(&self, n: usize, which: &str, order: impl Fn(Vec<SortExpr>) -> Vec<SortExpr>) -> Frame {
        let Ok(plan) = self.frame.plan() else { return self.frame.clone() };
        let (rows, of_frame) = match in_order(plan) {
            Ok(Some(ordered)) => ordered,
            Ok(None) => return self.frame.step(|_| Err(unordered(&format!("{which} rows of its groups")))),
            Err(error) => return self.frame.step(|_| Err(error)),
        };
        let keys = self.keys.iter().map(|key| Expr::from(key.clone().unalias()));
        let condition = row_number().over_sorted(keys, order(of_frame)).lt_eq(n as u64);
        let first = self.frame.step(|_| Ok(rows)).filter(condition);
        first.step(|rows| without_number(plan, rows.clone()))
    }

    /// How many rows each group has, as the column `size`.
    pub fn size(&self) -> Frame {
        let name = self.free_name("size", "rows");
        self.agg([len_of_rows().alias(name)])
    }

    /// The mean of each group; null where all values are.
    pub fn mean(&self, columns: impl Columns) -> Frame {
        self.each(columns, "mean", Expr::mean)
    }

    /// The sum of each group; null where all values are.
    pub fn sum(&self, columns: impl Columns) -> Frame {
        self.each(columns, "sum", Expr::sum)
    }

    /// The smallest value of each group.
    pub fn min(&self, columns: impl Columns) -> Frame {
        self.each(columns, "min", Expr::min)
    }

    /// The largest value of each group.
    pub fn max(&self, columns: impl Columns) -> Frame {
        self.each(columns, "max", Expr::max)
    }

    /// How many values of each group are not null; for rows, see [`GroupBy::size`].
    pub fn count(&self, columns: impl Columns) -> Frame {
        self.each(columns, "count", Expr::count)
    }

    /// How many different values each group has, without null.
    pub fn n_unique(&self, columns: impl Columns) -> Frame {
        self.each(columns, "n_unique", Expr::n_unique)
    }

    /// The first value of each group that is not null; see [`Expr::first`] on order.
    pub fn first(&self, columns: impl Columns) -> Frame {
        self.each(columns, "first", Expr::first)
    }

    /// The last value of each group that is not null; see [`Expr::last`] on order.
    pub fn last(&self, columns: impl Columns) -> Frame {
        self.each(columns, "last", Expr::last)
    }

    /// The standard deviation (of a sample) of each group.
    pub fn std(&self, columns: impl Columns) -> Frame {
        self.each(columns, "std", Expr::std)
    }

    /// The variance (of a sample) of each group.
    pub fn var(&self, columns: impl Columns) -> Frame {
        self.each(columns, "var", Expr::var)
    }

    /// The median of each group.
    pub fn median(&self, columns: impl Columns) -> Frame {
        self.each(columns, "median", Expr::median)
    }

    /// The quantile `q`, from 0 to 1, of each group.
    pub fn quantile(&self, columns: impl Columns, q: f64) -> Frame {
        if let Err(error) = super::statistics::check_quantile(q) {
            return Frame::failed(self.frame.session(), error);
        }
        self.each(columns, "quantile", |column| column.quantile(q))
    }

    fn each(&self, columns: impl Columns, suffix: &str, function: impl Fn(Expr) -> Expr) -> Frame {
        let columns = columns.into_names();
        self.frame.step(|plan| {
            let mut results = Vec::with_capacity(columns.len());
            for name in columns {
                let result = function(column(plan, &name)?.into()).into_core();
                results.push(result.alias(self.free_name(&name, &format!("{name}_{suffix}"))));
            }
            aggregate(plan, self.keys.clone(), results)
        })
    }

    /// The wanted name, or the other one if a key has it.
    fn free_name(&self, wanted: &str, other: &str) -> String {
        let taken = self.keys.iter().any(|key| output_name(key) == wanted);
        if taken { other.to_owned() } else { wanted.to_owned() }
    }
}
