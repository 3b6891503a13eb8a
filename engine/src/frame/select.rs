//! Columns and rows picked and computed.

use std::collections::HashMap;

use arrow::datatypes::DataType;
use datafusion::common::Column;
use datafusion::common::tree_node::Transformed;
use datafusion::logical_expr::utils::{find_aggregate_exprs, find_window_exprs};
use datafusion::logical_expr::{self as core, ExprSchemable, LogicalPlan, LogicalPlanBuilder, cast};

use super::sort::in_order;
use super::types::{BETWEEN_VALUES, settled};
use super::windows::with_windows;
use super::{Columns, Frame, IntoExpr, bare, column, names, own_columns};
use crate::error::{Error, Result};
use crate::expr::{Expr, IntoType};
use crate::inspect::type_name;
use crate::optimizer::takes_rows_as_they_come;
use crate::walk::Walk;

impl Frame {
    /// A frame of these columns or expressions. An expression without an alias is named as it is
    /// written; aggregates alone give one row.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a,b\n1,2\n3,4\n").unwrap();
    /// use swath::prelude::*;
    ///
    /// let frame = swath::read_csv(&path).scan()?;
    /// assert_eq!(frame.select(["b", "a"]).columns()?, ["b", "a"]);
    /// assert_eq!(frame.select([col("a").max(), col("b").sum()]).columns()?, ["max(a)", "sum(b)"]);
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn select<E: IntoExpr>(&self, columns: impl IntoIterator<Item = E>) -> Self {
        let columns: Vec<core::Expr> =
            columns.into_iter().map(|column| named(column.into_expr().into_core())).collect();
        self.step(|plan| {
            check_names(columns.iter().map(output_name))?;
            if columns.is_empty() {
                return Err(no_columns());
            }
            if find_aggregate_exprs(&columns).is_empty() {
                project(plan, columns)
            } else {
                aggregate(plan, Vec::new(), columns)
            }
        })
    }

    /// The rows for which the condition is true; not those for which it is null.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a\n1\nNA\n3\n").unwrap();
    /// use swath::prelude::*;
    ///
    /// let frame = swath::read_csv(&path).scan()?;
    /// assert_eq!(frame.filter(col("a").gt(1)).count().get()?, 1);
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn filter(&self, condition: impl IntoExpr) -> Self {
        let condition = condition.into_expr().into_core();
        self.step(|plan| {
            refuse_aggregates(&condition, "filter")?;
            check_condition(plan, &condition)?;
            let condition = settled(plan.schema(), condition);
            if find_window_exprs([&condition]).is_empty() {
                return Ok(LogicalPlanBuilder::from(plan.clone()).filter(condition)?.build()?);
            }
            // The windows are computed beside the columns, and left out again.
            let (windows, conditions) = with_windows(plan, vec![condition])?;
            let mut filtered = LogicalPlanBuilder::from(windows);
            for condition in conditions {
                filtered = filtered.filter(condition)?;
            }
            let columns = plan.schema().iter().map(|(table, field)| bare(table.cloned(), field.name()));
            Ok(filtered.project(columns)?.build()?)
        })
    }

    /// Adds a column, or replaces the one of that name.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "km\n1\n2\n").unwrap();
    /// use swath::prelude::*;
    ///
    /// let frame = swath::read_csv(&path).scan()?.with_column((col("km") * 1000).alias("m"));
    /// assert_eq!(frame.columns()?, ["km", "m"]);
    /// # Ok::<(), swath::Error>(())
    /// ```
    #[doc(alias = "assign")]
    pub fn with_column(&self, column: Expr) -> Self {
        self.with_columns([column])
    }

    /// Adds columns, or replaces those of the same names, where they stand. All are computed from the
    /// columns as they were before.
    #[doc(alias = "assign")]
    pub fn with_columns(&self, columns: impl IntoIterator<Item = Expr>) -> Self {
        let columns: Vec<core::Expr> = columns.into_iter().map(|column| named(column.into_core())).collect();
        self.step(|plan| {
            check_names(columns.iter().map(output_name))?;
            for column in &columns {
                refuse_aggregates(column, "with_columns")?;
            }
            let mut new: HashMap<String, core::Expr> =
                columns.iter().map(|column| (output_name(column), column.clone())).collect();
            let kept = plan.schema().iter().map(|(table, field)| {
                new.remove(field.name()).unwrap_or_else(|| bare(table.cloned(), field.name()))
            });
            let mut all: Vec<core::Expr> = kept.collect();
            all.extend(columns.into_iter().filter(|column| new.contains_key(&output_name(column))));
            project(plan, all)
        })
    }

    /// Gives columns other names, from the old one to the new one.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a,b\n1,2\n").unwrap();
    /// let frame = swath::read_csv(&path).scan()?;
    /// assert_eq!(frame.rename([("a", "x")]).columns()?, ["x", "b"]);
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn rename<O: Into<String>, N: Into<String>>(&self, pairs: impl IntoIterator<Item = (O, N)>) -> Self {
        let pairs: Vec<(String, String)> =
            pairs.into_iter().map(|(old, new)| (old.into(), new.into())).collect();
        self.step(|plan| {
            for (place, (old, _)) in pairs.iter().enumerate() {
                column(plan, old)?;
                if pairs[..place].iter().any(|(earlier, _)| earlier == old) {
                    let hint = "for a copy of it, with_column(col(\"a\").alias(\"b\"))".to_owned();
                    return Err(Error::query(format!("the column \"{old}\" gets two names"), hint));
                }
            }
            let new_name = |name: &str| pairs.iter().find(|(old, _)| old == name).map(|(_, new)| new.clone());
            let columns = plan.schema().iter().map(|(table, field)| {
                let old = bare(table.cloned(), field.name());
                old.alias(new_name(field.name()).unwrap_or_else(|| field.name().clone()))
            });
            let columns: Vec<core::Expr> = columns.collect();
            check_names(columns.iter().map(output_name))?;
            project(plan, columns)
        })
    }

    /// Gives all columns other names, each made of the old one.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "DepDelay,Dest\n1,2\n").unwrap();
    /// let frame = swath::read_csv(&path).scan()?;
    /// assert_eq!(frame.rename_with(|name| name.to_lowercase()).columns()?, ["depdelay", "dest"]);
    /// # Ok::<(), swath::Error>(())
    /// ```
    #[doc(alias = "add_prefix")]
    #[doc(alias = "add_suffix")]
    pub fn rename_with(&self, new_name: impl Fn(&str) -> String) -> Self {
        match self.columns() {
            Ok(names) => self.rename(names.into_iter().map(|name| (name.clone(), new_name(&name)))),
            Err(_) => self.clone(),
        }
    }

    /// The frame with some columns in another type: one of [`types`](crate::types), or a type of Arrow. A
    /// value that the type cannot hold is an error of the computation; for null in its place, see
    /// [`Expr::try_cast`](crate::Expr::try_cast). Numbers that become integers are rounded to the nearest one, and of two that are
    /// as near to the even one.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a,b\n1,2\n").unwrap();
    /// use swath::prelude::*;
    ///
    /// let frame = swath::read_csv(&path).scan()?.cast("a", Text).cast(["b"], Float64);
    /// assert_eq!(frame.to_bag::<(String, f64)>().collect()?, [("1".to_owned(), 2.0)]);
    /// # Ok::<(), swath::Error>(())
    /// ```
    #[doc(alias = "astype")]
    pub fn cast(&self, columns: impl Columns, ty: impl IntoType) -> Self {
        let (names, ty) = (columns.into_names(), ty.into_type());
        self.step(|plan| {
            let mut all = own_columns(plan);
            for name in &names {
                let own = column(plan, name)?;
                let place = all.iter_mut().find(|other| output_name(other) == *name);
                if let Some(place) = place {
                    *place = cast(own, ty.clone()).alias(name);
                }
            }
            project(plan, all)
        })
    }

    /// Leaves columns out. They must be there, and one must remain.
    pub fn drop(&self, columns: impl Columns) -> Self {
        let dropped = columns.into_names();
        self.step(|plan| {
            for name in &dropped {
                column(plan, name)?;
            }
            let kept: Vec<core::Expr> = own_columns(plan)
                .into_iter()
                .filter(|column| !dropped.contains(&output_name(column)))
                .collect();
            if kept.is_empty() {
                return Err(no_columns());
            }
            project(plan, kept)
        })
    }
}

/// A projection, with the windows it needs below it.
pub(super) fn project(plan: &LogicalPlan, columns: Vec<core::Expr>) -> Result<LogicalPlan> {
    let columns: Vec<core::Expr> = columns.into_iter().map(|column| settled(plan.schema(), column)).collect();
    if find_window_exprs(&columns).is_empty() {
        return Ok(LogicalPlanBuilder::from(plan.clone()).project(columns)?.build()?);
    }
    let (windows, columns) = with_windows(plan, columns)?;
    Ok(LogicalPlanBuilder::from(windows).project(columns)?.build()?)
}

/// An aggregation whose columns may compute with aggregates: the keys, then the columns.
pub(super) fn aggregate(
    plan: &LogicalPlan,
    keys: Vec<core::Expr>,
    columns: Vec<core::Expr>,
) -> Result<LogicalPlan> {
    let key_names: Vec<String> = keys.iter().map(output_name).collect();
    check_names(key_names.iter().cloned().chain(columns.iter().map(output_name)))?;
    for column in &columns {
        if !find_window_exprs([column]).is_empty() {
            return Err(Error::query(
                format!("\"{}\" is computed over a window, not over a group", output_name(column)),
                "compute it before, with with_columns, or after, from the groups".to_owned(),
            ));
        }
    }
    let columns: Vec<core::Expr> = columns.into_iter().map(|column| settled(plan.schema(), column)).collect();
    let keys: Vec<core::Expr> = keys.into_iter().map(|key| settled(plan.schema(), key)).collect();
    let functions = find_aggregate_exprs(&columns);
    // Groups take rows as several threads read them, and all rows together those of files in order.
    let wants_order = !keys.is_empty() && functions.iter().any(takes_rows_as_they_come);
    let ordered = if wants_order { in_order(plan)? } else { None };
    let plan = ordered.as_ref().map_or(plan, |(rows, _)| rows);
    let key_exprs: Vec<core::Expr> = keys.iter().map(|key| key.clone().unalias()).collect();
    // Keys and aggregates get names of their own, which no column of the user can have.
    let inner_keys = keys.into_iter().enumerate().map(|(at, key)| key.unalias().alias(inner_key(at)));
    let inner = functions.iter().enumerate().map(|(at, function)| function.clone().alias(inner_value(at)));
    let grouped = LogicalPlanBuilder::from(plan.clone()).aggregate(inner_keys, inner)?;
    let mut outer: Vec<core::Expr> = key_names
        .iter()
        .enumerate()
        .map(|(at, name)| core::Expr::Column(Column::new_unqualified(inner_key(at))).alias(name))
        .collect();
    for column in columns {
        let name = output_name(&column);
        let placed = column.unalias().transform_down_dyn(|expr| {
            let function = functions.iter().position(|function| *function == expr).map(inner_value);
            let key = || {
                let named = |name: &String| expr == core::Expr::Column(Column::new_unqualified(name));
                let at = key_exprs.iter().position(|key| *key == expr);
                at.or_else(|| key_names.iter().position(named)).map(inner_key)
            };
            Ok(match function.or_else(key) {
                Some(name) => Transformed::yes(core::Expr::Column(Column::new_unqualified(name))),
                None => Transformed::no(expr),
            })
        })?;
        if let Some(stray) = stray_column(&placed.data) {
            return Err(Error::query(
                format!("the column \"{stray}\" is neither a key of the groups nor in an aggregate"),
                format!("say which of its values is meant: col(\"{stray}\").first(), or .max(), .mean(), …"),
            ));
        }
        outer.push(placed.data.alias(name));
    }
    Ok(grouped.project(outer)?.build()?)
}

fn inner_key(at: usize) -> String {
    format!("__key_{at}")
}

fn inner_value(at: usize) -> String {
    format!("__value_{at}")
}

/// A column of the input that is used beside aggregates.
fn stray_column(expr: &core::Expr) -> Option<String> {
    let is_inner = |name: &String| name.starts_with("__value_") || name.starts_with("__key_");
    expr.column_refs().into_iter().map(|column| column.name.clone()).find(|name| !is_inner(name))
}

/// The expression with the name that it will have.
pub(super) fn named(expr: core::Expr) -> core::Expr {
    match expr {
        core::Expr::Column(_) | core::Expr::Alias(_) => expr,
        other => {
            let name = shown(&other);
            other.alias(name)
        }
    }
}

/// What an expression is called that has no name: its function and values, without what these are always given.
pub(super) fn shown(expr: &core::Expr) -> String {
    let plain = expr.clone().transform_up_dyn(|expr| {
        let core::Expr::AggregateFunction(mut function) = expr else { return Ok(Transformed::no(expr)) };
        function.params.null_treatment = None;
        if BETWEEN_VALUES.contains(&function.func.name()) {
            function.params.order_by.clear();
        }
        Ok(Transformed::yes(core::Expr::AggregateFunction(function)))
    });
    plain.map_or_else(|_| expr.human_display().to_string(), |plain| plain.data.human_display().to_string())
}

/// The name of a column that an expression makes.
pub(super) fn output_name(expr: &core::Expr) -> String {
    match expr {
        core::Expr::Column(column) => column.name.clone(),
        core::Expr::Alias(alias) => alias.name.clone(),
        other => shown(other),
    }
}

/// Two columns of one name could not be told apart.
pub(super) fn check_names(names: impl Iterator<Item = String>) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    for name in names {
        if seen.contains(&name) {
            return Err(Error::query(
                format!("two columns are named \"{name}\""),
                "give one of them another name with .alias(\"…\")".to_owned(),
            ));
        }
        seen.insert(name);
    }
    Ok(())
}

pub(super) fn refuse_aggregates(expr: &core::Expr, method: &str) -> Result<()> {
    match find_aggregate_exprs([expr]).first() {
        None => Ok(()),
        Some(aggregate) => Err(Error::query(
            format!("{method} has no groups for {}", shown(aggregate)),
            "add .over([\"key\"]) for the value of each row's group, .over_all() for that of all rows"
                .to_owned(),
        )),
    }
}

/// What is no condition is told by the name that the user gave it.
fn check_condition(plan: &LogicalPlan, condition: &core::Expr) -> Result<()> {
    match condition.get_type(plan.schema()) {
        Ok(ty) if !matches!(ty, DataType::Boolean | DataType::Null) => Err(Error::query(
            format!(
                "expected a condition, found {}, which is {}",
                condition.human_display(),
                type_name(&ty).to_lowercase()
            ),
            "compare it with something: .gt(0), .is_not_null()".to_owned(),
        )),
        // An expression that has no type at all is told when it is planned.
        _ => Ok(()),
    }
}

fn no_columns() -> Error {
    Error::query("no column is left", "select at least one column".to_owned())
}

/// A name that is not among a plan's columns, beginning with the wanted one.
pub(super) fn free_name(plan: &LogicalPlan, wanted: &str) -> String {
    let taken = names(plan);
    let mut name = wanted.to_owned();
    while taken.contains(&name) {
        name.push('_');
    }
    name
}
