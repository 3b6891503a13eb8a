//! Missing values between others.

use arrow::datatypes::DataType;

use super::{Columns, Frame, column_type};
use crate::error::Error;
use crate::expr::{Expr, col, when};
use crate::inspect::type_name;

/// The name of the column of row numbers, which is there in between.
const ROW: &str = "number of the row";

impl Frame {
    /// Puts values where there are none, in columns of numbers: on the straight line, by row in the order of the frame or of its files,
    /// between the last value before and the next one after. Where one of these is missing, null stays. The columns become doubles.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "day,x\n1,NA\n2,4\n3,NA\n4,NA\n5,1\n6,NA\n").unwrap();
    /// use swath::prelude::*;
    ///
    /// let whole = swath::read_csv(&path).scan()?.sort(["day"]).interpolate("x").select(["x"]);
    /// let values = whole.to_bag::<Option<f64>>().collect()?;
    /// assert_eq!(values, [None, Some(4.0), Some(3.0), Some(2.0), Some(1.0), None]);
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn interpolate(&self, columns: impl Columns) -> Self {
        let names = columns.into_names();
        let checked = self.step(|plan| {
            for name in &names {
                let ty = column_type(plan, name)?;
                if !ty.is_numeric() {
                    let message = format!(
                        "the column \"{name}\" has no numbers to interpolate: it is {}",
                        type_name(&ty).to_lowercase()
                    );
                    return Err(Error::query(message, "cast it before, or see forward_fill".to_owned()));
                }
            }
            Ok(plan.clone())
        });
        let filled: Vec<Expr> = names.iter().map(|name| between(name)).collect();
        checked.with_row_index(ROW).with_columns(filled).drop([ROW])
    }
}

/// The value of a column, or what lies between its neighbours.
fn between(name: &str) -> Expr {
    let float = |column: Expr| column.cast(DataType::Float64);
    let (value, row) = (float(col(name)), float(col(ROW)));
    let place = when(col(name).is_not_null(), row.clone()).end();
    let (before, after) = (value.clone().forward_fill(), value.clone().backward_fill());
    let (place_before, place_after) = (place.clone().forward_fill(), place.backward_fill());
    let share = (row - place_before.clone()) / (place_after - place_before);
    value.fill_null(before.clone() + (after - before) * share).alias(name)
}
