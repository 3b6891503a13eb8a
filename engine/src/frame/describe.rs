//! The usual statistics of all columns.

use arrow::datatypes::DataType;
use datafusion::common::{Column, ScalarValue, UnnestOptions};
use datafusion::functions_nested::expr_fn::make_array;
use datafusion::logical_expr::{self as core, LogicalPlan, LogicalPlanBuilder, cast, ident, lit};

use super::select::free_name;
use super::{Frame, bare};
use crate::error::Result;
use crate::expr::{Expr, len_of_rows};

/// The rows of the result.
const STATISTICS: [&str; 9] = ["count", "null_count", "mean", "std", "min", "25%", "50%", "75%", "max"];

impl Frame {
    /// Count, nulls, mean, standard deviation, least value, quartiles and largest value of each column:
    /// one row a statistic, named in the column `statistic`.
    ///
    /// Columns of numbers give numbers (as `f64`). All others give text, and have no mean, deviation and
    /// quartiles. The quartiles of more than some ten thousand values are estimates (t-digest), exact ones are [`Frame::quantile`]. Takes one
    /// read and little memory.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a,b\n1,x\n3,y\n").unwrap();
    /// let summary = swath::read_csv(&path).scan()?.describe();
    /// assert_eq!(summary.columns()?, ["statistic", "a", "b"]);
    /// assert_eq!(summary.count().get()?, 9);
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn describe(&self) -> Self {
        self.step(describe)
    }
}

fn describe(plan: &LogicalPlan) -> Result<LogicalPlan> {
    let mut aggregates = Vec::new();
    let mut label = |aggregate: Expr| {
        let name = format!("__{}", aggregates.len());
        aggregates.push(aggregate.alias(&name).into_core());
        ident(name)
    };
    let rows = label(len_of_rows());
    let statistic = free_name(plan, "statistic");
    let mut lists = vec![make_array(STATISTICS.map(lit).to_vec()).alias(&statistic)];
    for (table, field) in plan.schema().iter() {
        let own = Expr::from(bare(table.cloned(), field.name()));
        let ty = if field.data_type().is_numeric() { DataType::Float64 } else { DataType::Utf8 };
        let found = if field.data_type().is_numeric() {
            let quartile = |q| Some(own.clone().cast(DataType::Float64).approx_quantile(q));
            [
                Some(own.clone().mean()),
                Some(own.clone().std()),
                Some(own.clone().min()),
                quartile(0.25),
                quartile(0.5),
                quartile(0.75),
                Some(own.clone().max()),
            ]
        } else if field.data_type().is_nested() || field.data_type().is_null() {
            [const { None }; 7]
        } else {
            let (least, largest) = (own.clone().min(), own.clone().max());
            [None, None, Some(least), None, None, None, Some(largest)]
        };
        let values = label(own.count());
        let mut items = vec![cast(values.clone(), ty.clone()), cast(rows.clone() - values, ty.clone())];
        for value in found {
            items.push(match value {
                Some(value) => cast(label(value), ty.clone()),
                None => core::Expr::Literal(ScalarValue::try_from(&ty)?, None),
            });
        }
        lists.push(make_array(items).alias(field.name()));
    }
    let unnested = std::iter::once(statistic.as_str())
        .chain(plan.schema().fields().iter().map(|field| field.name().as_str()))
        .map(Column::new_unqualified)
        .collect();
    let one_row = LogicalPlanBuilder::from(plan.clone()).aggregate(Vec::<core::Expr>::new(), aggregates)?;
    let one_row = one_row.project(lists)?;
    Ok(one_row.unnest_columns_with_options(unnested, UnnestOptions::new())?.build()?)
}
