//! From long to wide.

use arrow::array::{Array, AsArray};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::utils::find_aggregate_exprs;
use datafusion::logical_expr::{self as core, LogicalPlan};

use super::select::{aggregate, output_name};
use super::{Columns, Frame, column, column_type};
use crate::dialect::as_texts;
use crate::error::{Error, Result};
use crate::expr::{Expr, col};

/// What [`Frame::pivot`] makes of the rows: groups by the index become rows, the values of one column
/// become columns, and each cell is an aggregate.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "k,month,x\na,jan,1\na,feb,2\nb,jan,3\nb,jan,5\n").unwrap();
/// use swath::Pivot;
/// use swath::prelude::*;
///
/// let frame = swath::read_csv(&path).scan()?;
/// let wide = frame.pivot(Pivot::new("month", col("x").sum()).index(["k"]))?;
/// assert_eq!(wide.columns()?, ["k", "feb", "jan"]);
/// // With the values given, nothing is read to find them.
/// let wide = frame.pivot(Pivot::new("month", col("x").sum()).index(["k"]).values(["jan"]))?;
/// assert_eq!(wide.columns()?, ["k", "jan"]);
/// // Several cells for each value.
/// let pivot = Pivot::new("month", col("x").sum().alias("sum")).cell(len().alias("rows"));
/// let wide = frame.pivot(pivot.index(["k"]).values(["jan"]))?;
/// assert_eq!(wide.columns()?, ["k", "jan_sum", "jan_rows"]);
/// # Ok::<(), swath::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Pivot {
    on: String,
    cells: Vec<Expr>,
    index: Vec<String>,
    values: Option<Vec<ScalarValue>>,
}

/// A frame wider than this was hardly meant.
const MAX_PIVOT_COLUMNS: usize = 10_000;

impl Pivot {
    /// Makes a column of each value of the column `on`, and each cell by an expression of aggregates.
    pub fn new(on: impl Into<String>, cell: Expr) -> Self {
        Self { on: on.into(), cells: vec![cell], index: Vec::new(), values: None }
    }

    /// Makes one more cell of each value. Columns of several cells are named by value and cell, as
    /// `jan_sum`; give the cells short names with `.alias("sum")`.
    pub fn cell(mut self, cell: Expr) -> Self {
        self.cells.push(cell);
        self
    }

    /// The columns that tell the rows of the result apart; without, it has one row.
    pub fn index(mut self, columns: impl Columns) -> Self {
        self.index = columns.into_names();
        self
    }

    /// The values to make columns of, in this order; rows with others are left out. Without, the
    /// frame is read to find all values.
    pub fn values<V: Into<ScalarValue>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.values = Some(values.into_iter().map(Into::into).collect());
        self
    }

    fn plan(&self, plan: &LogicalPlan, values: &[ScalarValue]) -> Result<LogicalPlan> {
        if self.cells.iter().any(|cell| find_aggregate_exprs([cell.core()]).is_empty()) {
            return Err(Error::query(
                "the cells of a pivot must be aggregates",
                "Pivot::new(\"month\", col(\"delay\").mean())".to_owned(),
            ));
        }
        if values.is_empty() && self.index.is_empty() {
            return Err(Error::query(
                format!("the column \"{}\" has no values to make columns of", self.on),
                "give those that should become columns: Pivot::values; or say which columns stay: Pivot::index"
                    .to_owned(),
            ));
        }
        let on = column(plan, &self.on)?;
        let ty = column_type(plan, &self.on)?;
        let index = self.index.iter().map(|name| Ok(column(plan, name)?.alias(name)));
        let index = index.collect::<Result<Vec<core::Expr>>>()?;
        let mut cells = Vec::with_capacity(values.len() * self.cells.len());
        for value in values {
            let value_name = name_of(value)?;
            let value = value.cast_to(&ty)?;
            let condition = match value.is_null() {
                true => on.clone().is_null(),
                false => on.clone().eq(core::Expr::Literal(value, None)),
            };
            for cell in &self.cells {
                let name = match self.cells.len() {
                    1 => value_name.clone(),
                    _ => format!("{value_name}_{}", output_name(cell.core())),
                };
                cells.push(cell.clone().filter(condition.clone().into()).alias(name).into_core());
            }
        }
        aggregate(plan, index, cells)
    }
}

impl Frame {
    /// Makes a wide frame of a long one, as the [`Pivot`] says. Unless the pivot has the values that
    /// become columns, they are found by reading the frame now; they then stand in their order.
    ///
    /// # Errors
    /// What reading meets, or far too many different values.
    pub fn pivot(&self, pivot: Pivot) -> Result<Self> {
        let values = match pivot.values.clone() {
            Some(values) => values,
            None => self.values_of(&pivot.on)?,
        };
        let wide = self.step(|plan| pivot.plan(plan, &values));
        wide.plan()?;
        Ok(wide)
    }

    /// The different values of a column, sorted, null last.
    fn values_of(&self, name: &str) -> Result<Vec<ScalarValue>> {
        let values = self.select([col(name)]).distinct().sort([name]).head(MAX_PIVOT_COLUMNS + 1);
        let mut found = Vec::new();
        for batch in values.collect()? {
            for row in 0..batch.num_rows() {
                found.push(ScalarValue::try_from_array(batch.column(0), row)?);
            }
        }
        if found.len() > MAX_PIVOT_COLUMNS {
            return Err(Error::query(
                format!("the column \"{name}\" has more than {MAX_PIVOT_COLUMNS} different values"),
                "give those that should become columns: Pivot::values".to_owned(),
            ));
        }
        Ok(found)
    }
}

/// The name of the column that a value becomes.
fn name_of(value: &ScalarValue) -> Result<String> {
    let text = as_texts(&value.to_array()?)?;
    let text = text.as_string::<i32>();
    Ok(if text.is_null(0) { "null".to_owned() } else { text.value(0).to_owned() })
}
