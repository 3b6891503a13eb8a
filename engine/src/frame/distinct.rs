//! Rows without their repetitions.

use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, SortExpr, lit};

use super::select::aggregate;
use super::sort::{numbered, sort_keys};
use super::{Columns, Frame, column, own_columns};
use crate::error::Result;
use crate::expr::{ExprExt, col};

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
    /// `filter(len().over(["a", "b"]).eq(lit(1)))`.
    #[doc(alias = "unique")]
    pub fn drop_duplicates(&self, subset: impl Columns) -> Self {
        let subset = subset.into_names();
        self.step(|plan| {
            let keys = subset.iter().map(|name| column(plan, name)).collect::<Result<Vec<_>>>()?;
            if keys.is_empty() {
                return Ok(LogicalPlanBuilder::from(plan.clone()).distinct()?.build()?);
            }
            if let Some(order) = sort_keys(plan) {
                return first_of_each(plan, keys, own_columns(plan), Some(order));
            }
            let Some((rows, number)) = numbered(plan)? else {
                return first_of_each(plan, keys, own_columns(plan), None);
            };
            let keys = subset.iter().map(|name| column(&rows, name)).collect::<Result<Vec<_>>>()?;
            let columns = own_columns(&rows).into_iter().filter(|column| column.clone().unalias() != number);
            first_of_each(&rows, keys, columns.collect(), Some(vec![number.asc()]))
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
            let order = [col(counted).desc(), col(name).asc()];
            Ok(LogicalPlanBuilder::from(counts).sort(order)?.build()?)
        })
    }
}

/// The first row of each key, of which one whole row is kept: values that are null stay null.
fn first_of_each(
    plan: &LogicalPlan,
    keys: Vec<Expr>,
    columns: Vec<Expr>,
    order: Option<Vec<SortExpr>>,
) -> Result<LogicalPlan> {
    // The relational core asks for the keys first.
    let by_keys: Vec<SortExpr> = keys.iter().map(|key| key.clone().sort(true, false)).collect();
    let order = order.map(|order| [by_keys, order].concat());
    Ok(LogicalPlanBuilder::from(plan.clone()).distinct_on(keys, columns, order)?.build()?)
}
