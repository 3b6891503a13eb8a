//! Each row with the one of another frame that is next to it.

use datafusion::logical_expr::LogicalPlan;

use super::{Columns, Frame, column_type, without_tables};
use crate::error::{Error, Result};
use crate::frame::SelfTable;
use crate::inspect::type_name;

/// How [`Frame::join_asof`] joins: the column that tells what is near, such as a time, which way, and what must be equal.
#[derive(Debug, Clone)]
pub struct JoinAsof {
    on: String,
    by: Vec<String>,
    /// What the column of the left side is to that of the right one.
    comparison: &'static str,
    suffix: String,
}

impl JoinAsof {
    fn new(on: impl Into<String>, comparison: &'static str) -> Self {
        Self { on: on.into(), by: Vec::new(), comparison, suffix: "_right".to_owned() }
    }

    /// With the last row of the right side whose value is no greater.
    pub fn backward(on: impl Into<String>) -> Self {
        Self::new(on, ">=")
    }

    /// With the first row of the right side whose value is no less.
    pub fn forward(on: impl Into<String>) -> Self {
        Self::new(on, "<=")
    }

    /// Columns that both sides have and that must be equal.
    pub fn by(mut self, columns: impl Columns) -> Self {
        self.by.extend(columns.into_names());
        self
    }

    /// What is added to names of the right side that the left side has, too; without, `_right`.
    pub fn suffix(mut self, suffix: impl Into<String>) -> Self {
        self.suffix = suffix.into();
        self
    }

    /// The query over both sides.
    fn sql(&self, left: &[String], right: &[String]) -> Result<String> {
        for name in self.by.iter().chain([&self.on]) {
            for (columns, side) in [(left, "left"), (right, "right")] {
                if !columns.contains(name) {
                    let message = format!("the {side} side has no column \"{name}\"");
                    let hint = format!("it has {}", columns.join(", "));
                    return Err(Error::query(message, hint));
                }
            }
        }
        let mut columns: Vec<String> =
            left.iter().map(|name| format!("self.{0} AS {0}", quoted(name))).collect();
        for name in right.iter().filter(|name| !self.by.contains(name)) {
            let new = if left.contains(name) { format!("{name}{}", self.suffix) } else { name.clone() };
            columns.push(format!("other.{} AS {}", quoted(name), quoted(&new)));
        }
        let equal = self.by.iter().map(|name| (name, "="));
        let conditions = equal.chain([(&self.on, self.comparison)]).map(|(name, comparison)| {
            let name = quoted(name);
            format!("self.{name} {comparison} other.{name}")
        });
        let conditions: Vec<String> = conditions.collect();
        let (columns, conditions) = (columns.join(", "), conditions.join(" AND "));
        Ok(format!("SELECT {columns} FROM self ASOF LEFT JOIN other ON {conditions}"))
    }
}

/// What is near among texts is not what is near among the numbers or times that they say.
fn check_same_kind(on: &str, left: &LogicalPlan, right: &LogicalPlan) -> Result<()> {
    let (left, right) = (column_type(left, on)?, column_type(right, on)?);
    if left.is_string() == right.is_string() {
        return Ok(());
    }
    let [left, right] = [left, right].map(|ty| type_name(&ty).to_lowercase());
    Err(Error::query(
        format!("the column \"{on}\" is {left} on the left side and {right} on the right side"),
        format!("give both one type before: frame.cast(\"{on}\", Int64)"),
    ))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Frame {
    /// Each row with the row of another frame of the same session that is next to it, as the [`JoinAsof`] says; with nulls where there is
    /// none. Neither side needs to be sorted. Columns by [`JoinAsof::by`] stand once in the result.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("trades.csv");
    /// # std::fs::write(&path, "time,stock\n2,a\n5,a\n5,b\n").unwrap();
    /// # let other = dir.path().join("prices.csv");
    /// # std::fs::write(&other, "time,stock,price\n1,a,10\n4,a,11\n6,a,12\n").unwrap();
    /// use swath::JoinAsof;
    /// use swath::prelude::*;
    ///
    /// let (trades, prices) = (swath::read_csv(&path).scan()?, swath::read_csv(&other).scan()?);
    /// let priced = trades.join_asof(&prices, JoinAsof::backward("time").by("stock"));
    /// assert_eq!(priced.columns()?, ["time", "stock", "time_right", "price"]);
    /// let rows = priced.sort(["stock", "time"]).select(["time", "price"]).to_bag::<(i64, Option<i64>)>().collect()?;
    /// assert_eq!(rows, [(2, Some(10)), (5, Some(11)), (5, None)]);
    /// # Ok::<(), swath::Error>(())
    /// ```
    #[doc(alias = "merge_asof")]
    pub fn join_asof(&self, right: &Self, join: JoinAsof) -> Self {
        self.step(|plan| {
            self.check_same_session(right, "joined")?;
            let right = right.plan()?;
            let sql = join.sql(&super::names(plan), &super::names(right))?;
            check_same_kind(&join.on, plan, right)?;
            let tables = SelfTable::new(without_tables(plan)?).with_other(without_tables(right)?);
            self.plan_sql(&sql, tables)
        })
    }
}
