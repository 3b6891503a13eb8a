//! Rows without their repetitions.

use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{LogicalPlanBuilder, ident, lit};

use super::select::aggregate;
use super::sort::in_order;
use super::{Columns, Frame, column, own_columns};
use crate::error::Result;

impl Frame {
    /// Each row once. Nulls are equal to each other here.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a,b\n1,1\n1,1\n1,2\n").unwrap();
    /// let frame = swath::read_csv(&path).scan()?;
    /// assert_eq!(frame.distinct().count().get()?, 2);
    /// assert_eq!(frame.drop_duplicates(["a"]).count().get()?, 1);
    /// assert_eq!(frame.value_counts("a").columns()?, ["a", "count"]);
    /// # Ok::<(), swath::Error>(())
    /// ```
    #[doc(alias = "unique")]
    pub fn distinct(&self) -> Self {
        self.build(LogicalPlanBuilder::distinct)
    }

    /// One row for each combination of values in these columns: of a sorted frame the first, of files the one that stands there first,
    /// else any. They come in any order. For the last one, sort the other way round; for the rows that are there once only,
    /// `filter(len().over(["a", "b"]).eq(1))`.
    #[doc(alias = "unique")]
    pub fn drop_duplicates(&self, subset: impl Columns) -> Self {
        let subset = subset.into_names();
        self.step(|plan| {
            let keys = subset.iter().map(|name| column(plan, name)).collect::<Result<Vec<_>>>()?;
            if keys.is_empty() {
                return Ok(LogicalPlanBuilder::from(plan.clone()).distinct()?.build()?);
            }
            // What is kept of the rows of a key is one whole row: values that are null stay null.
            let (rows, order) = match in_order(plan)? {
                Some((rows, order)) => {
                    // The relational core asks for the keys first.
                    let by_keys: Vec<_> = keys.iter().map(|key| key.clone().sort(true, false)).collect();
                    (rows, Some([by_keys, order].concat()))
                }
                None => (plan.clone(), None),
            };
            Ok(LogicalPlanBuilder::from(rows).distinct_on(keys, own_columns(plan), order)?.build()?)
        })
    }

    /// How often each value of a column is there, most often first, as the columns of that name and
    /// `count` (`count_` if the column itself is named so). Null is a value like any other; `drop_nulls` leaves it out.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a,b\nx,1\ny,1\nx,2\n,3\n").unwrap();
    /// use swath::prelude::*;
    ///
    /// let counts = swath::read_csv(&path).scan()?.value_counts("a").drop_nulls();
    /// let shares = counts.with_column((col("count") / col("count").sum().over_all()).alias("share"));
    /// let shares = shares.to_bag::<(String, i64, f64)>().collect()?;
    /// assert_eq!(shares, [("x".to_owned(), 2, 2.0 / 3.0), ("y".to_owned(), 1, 1.0 / 3.0)]);
    /// # Ok::<(), swath::Error>(())
    /// ```
    #[doc(alias = "mode")]
    pub fn value_counts(&self, name: &str) -> Self {
        self.step(|plan| {
            let counted = if name == "count" { "count_" } else { "count" };
            let rows = count(lit(1)).alias(counted);
            let counts = aggregate(plan, vec![column(plan, name)?.alias(name)], vec![rows])?;
            let order = [ident(counted).sort(false, false), ident(name).sort(true, false)];
            Ok(LogicalPlanBuilder::from(counts).sort(order)?.build()?)
        })
    }
}
