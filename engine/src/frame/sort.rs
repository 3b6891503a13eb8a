//! Rows in an order, and the first or last of them.

use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, SortExpr};

use super::{Frame, IntoSort, column};
use crate::error::Error;

impl Frame {
    /// Sorts by columns or expressions: ascending, nulls last, unless the key is made with
    /// [`desc`](crate::desc) or says otherwise (`col("a").sort(ascending, nulls_first)`).
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a,b\n1,2\n3,4\n").unwrap();
    /// use swath::prelude::*;
    ///
    /// let frame = swath::read_csv(&path).scan()?;
    /// let sorted = frame.sort([desc("a"), asc("b")]);
    /// assert_eq!(sorted.head(1).max("a").get()?, Some(3.0));
    /// assert_eq!(frame.sort(["b"]).tail(1).max("a").get()?, Some(3.0));
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn sort<K: IntoSort>(&self, keys: impl IntoIterator<Item = K>) -> Self {
        let keys: Vec<SortExpr> = keys.into_iter().map(IntoSort::into_sort).collect();
        self.step(|plan| {
            if keys.is_empty() {
                let hint = "give at least one column".to_owned();
                return Err(Error::query("there is nothing to sort by", hint));
            }
            Ok(LogicalPlanBuilder::from(plan.clone()).sort(keys)?.build()?)
        })
    }

    /// The `n` rows with the largest values of a column, largest first; nulls only where there are not
    /// enough others. Keeps `n` rows in memory, not all.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a\n1\n3\n2\n").unwrap();
    /// let frame = swath::read_csv(&path).scan()?;
    /// assert_eq!(frame.nlargest(2, "a").min("a").get()?, Some(2.0));
    /// assert_eq!(frame.nsmallest(2, "a").max("a").get()?, Some(2.0));
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn nlargest(&self, n: usize, column: &str) -> Self {
        self.extreme(n, column, false)
    }

    /// The `n` rows with the smallest values of a column, smallest first; nulls only where there are not
    /// enough others.
    pub fn nsmallest(&self, n: usize, column: &str) -> Self {
        self.extreme(n, column, true)
    }

    fn extreme(&self, n: usize, name: &str, ascending: bool) -> Self {
        self.step(|plan| {
            let key = column(plan, name)?.sort(ascending, false);
            Ok(LogicalPlanBuilder::from(plan.clone()).sort_with_limit([key], Some(n))?.build()?)
        })
    }

    /// The first `n` rows: of a sorted frame in its order, of files in the order of their names.
    pub fn head(&self, n: usize) -> Self {
        self.slice(0, n)
    }

    /// At most `n` rows; another name of [`Frame::head`].
    pub fn limit(&self, n: usize) -> Self {
        self.head(n)
    }

    /// At most `n` rows after the first `skip` ones.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a\n1\n2\n3\n").unwrap();
    /// let frame = swath::read_csv(&path).scan()?;
    /// assert_eq!(frame.slice(1, 1).max("a").get()?, Some(2.0));
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn slice(&self, skip: usize, n: usize) -> Self {
        self.build(|builder| builder.limit(skip, Some(n)))
    }

    /// The last `n` rows of a sorted frame, in its order.
    ///
    /// A frame that is not sorted has no last rows, as its files are read side by side: asking for them
    /// is an error.
    pub fn tail(&self, n: usize) -> Self {
        self.step(|plan| {
            let Some(keys) = sort_keys(plan) else {
                return Err(Error::query(
                    "a frame that is not sorted has no last rows",
                    "sort it before: frame.sort([\"column\"]).tail(n), or take head(n)".to_owned(),
                ));
            };
            let reversed: Vec<SortExpr> = keys.iter().map(SortExpr::reverse).collect();
            let last = LogicalPlanBuilder::from(plan.clone()).sort_with_limit(reversed, Some(n))?;
            Ok(last.sort(keys)?.build()?)
        })
    }
}

/// What the rows of a plan are sorted by.
pub(super) fn sort_keys(plan: &LogicalPlan) -> Option<Vec<SortExpr>> {
    match plan {
        LogicalPlan::Sort(sort) => Some(sort.expr.clone()),
        LogicalPlan::Filter(filter) => sort_keys(&filter.input),
        LogicalPlan::Limit(limit) => sort_keys(&limit.input),
        // A projection keeps the order; its columns must still be there to sort by.
        LogicalPlan::Projection(projection) => {
            let keys = sort_keys(&projection.input)?;
            let columns: Vec<_> = projection.schema.columns();
            let kept = |key: &SortExpr| {
                key.expr.column_refs().into_iter().all(|wanted| {
                    columns.iter().zip(&projection.expr).any(|(column, expr)| {
                        column == wanted
                            && matches!(expr, datafusion::logical_expr::Expr::Column(from) if from == wanted)
                    })
                })
            };
            keys.iter().all(kept).then_some(keys)
        }
        _ => None,
    }
}
