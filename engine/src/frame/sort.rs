//! Rows in an order, and the first or last of them.

use std::any::Any;
use std::collections::HashMap;

use datafusion::common::Column;
use datafusion::common::tree_node::Transformed;
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::utils::find_window_exprs;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, SortExpr};

use super::select::{check_names, free_name, output_name, project, refuse_aggregates, shown};
use super::types::settled;
use super::{Columns, Frame, IntoSort, column, own_columns};
use crate::error::{Error, Result};
use crate::functions::window::row_number;
use crate::optimizer::is_over_all;
use crate::table::SourceTable;
use crate::walk::Walk;

impl Frame {
    /// Sorts by columns or expressions: ascending, nulls last, unless the key is made with
    /// [`desc`](crate::desc) or says otherwise (`col("a").sort(ascending, nulls_first)`). Rows that are equal in all keys come in
    /// any order.
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
    #[doc(alias = "sort_values")]
    pub fn sort<K: IntoSort>(&self, keys: impl IntoIterator<Item = K>) -> Self {
        let keys: Vec<SortExpr> = keys.into_iter().map(IntoSort::into_sort).collect();
        self.step(|plan| {
            if keys.is_empty() {
                return Err(no_keys());
            }
            for key in &keys {
                refuse_aggregates(&key.expr, "sort")?;
                if !find_window_exprs([&key.expr]).is_empty() {
                    return Err(Error::query(
                        format!("{} is computed over a window, and not there to sort by", shown(&key.expr)),
                        "make a column of it before, with with_columns".to_owned(),
                    ));
                }
            }
            let keys = keys.into_iter().map(|key| SortExpr { expr: settled(plan.schema(), key.expr), ..key });
            Ok(LogicalPlanBuilder::from(plan.clone()).sort(keys)?.build()?)
        })
    }

    /// The `n` rows with the largest values of a column, largest first; nulls only where there are not
    /// enough others. Of several columns, the next one counts among rows that are equal in those before it.
    /// Keeps `n` rows in memory, not all.
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
    #[doc(alias = "top_k")]
    pub fn nlargest(&self, n: usize, columns: impl Columns) -> Self {
        self.extreme(n, columns, false)
    }

    /// The `n` rows with the smallest values of a column, smallest first; nulls only where there are not
    /// enough others. Of several columns as of [`Frame::nlargest`].
    #[doc(alias = "bottom_k")]
    pub fn nsmallest(&self, n: usize, columns: impl Columns) -> Self {
        self.extreme(n, columns, true)
    }

    fn extreme(&self, n: usize, columns: impl Columns, ascending: bool) -> Self {
        let names = columns.into_names();
        self.step(|plan| {
            let keys = names.iter().map(|name| Ok(column(plan, name)?.sort(ascending, false)));
            first_sorted(plan, keys.collect::<Result<Vec<_>>>()?, n)
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
        // The core counts in signed numbers.
        const MOST: usize = i64::MAX as usize;
        self.build(|builder| builder.limit(skip.min(MOST), Some(n.min(MOST))))
    }

    /// The rows with their numbers, counted from 0, as a first column of that name: of a sorted frame in its order, of
    /// one of files as they stand there, file by file.
    ///
    /// Groups, joins and distinct rows have no numbers before they are sorted: asking for them is an error.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a\n2\n1\n3\n").unwrap();
    /// let frame = swath::read_csv(&path).scan()?;
    /// let rows = |frame: &swath::Frame| frame.to_bag::<(i64, i64)>().take(3).get();
    /// assert_eq!(rows(&frame.with_row_index("row"))?, [(0, 2), (1, 1), (2, 3)]);
    /// assert_eq!(rows(&frame.sort(["a"]).with_row_index("row"))?, [(0, 1), (1, 2), (2, 3)]);
    /// # Ok::<(), swath::Error>(())
    /// ```
    #[doc(alias = "with_row_count")]
    #[doc(alias = "reset_index")]
    pub fn with_row_index(&self, name: &str) -> Self {
        self.step(|plan| {
            let number = match sort_keys(plan) {
                Some(keys) => row_number().over_sorted([] as [&str; 0], keys),
                None if comes_in_order(plan) => row_number().over_all(),
                None => return Err(unordered("row numbers")),
            };
            let number = (number - 1i64).alias(name).into_core();
            let mut columns = vec![number];
            columns.extend(own_columns(plan));
            check_names(columns.iter().map(output_name))?;
            project(plan, columns)
        })
    }

    /// The last `n` rows: of a sorted frame in its order, of one of files as they stand there, which are read to their ends for that.
    ///
    /// Groups, joins and distinct rows have no last ones before they are sorted: asking for them is an error.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a\n2\n1\n3\n").unwrap();
    /// let frame = swath::read_csv(&path).scan()?;
    /// assert_eq!(frame.tail(2).to_bag::<i64>().collect()?, [1, 3]);
    /// assert_eq!(frame.sort(["a"]).tail(2).to_bag::<i64>().collect()?, [2, 3]);
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn tail(&self, n: usize) -> Self {
        self.step(|plan| {
            let (rows, keys) = in_order(plan)?.ok_or_else(|| unordered("last rows"))?;
            let reversed: Vec<SortExpr> = keys.iter().map(SortExpr::reverse).collect();
            let last = first_sorted(&rows, reversed, n)?;
            without_number(plan, LogicalPlanBuilder::from(last).sort(keys)?.build()?)
        })
    }
}

/// The first rows in an order.
fn first_sorted(plan: &LogicalPlan, keys: Vec<SortExpr>, n: usize) -> Result<LogicalPlan> {
    if keys.is_empty() {
        return Err(no_keys());
    }
    let rows = LogicalPlanBuilder::from(plan.clone());
    // The relational core cannot sort for no rows.
    let rows = if n == 0 { rows.limit(0, Some(0))? } else { rows.sort_with_limit(keys, Some(n))? };
    Ok(rows.build()?)
}

fn no_keys() -> Error {
    Error::query("there is nothing to sort by", "give at least one column".to_owned())
}

/// What a frame lacks whose rows have no order.
pub(super) fn unordered(what: &str) -> Error {
    Error::query(
        format!("the frame has no {what}, as its rows come in no order"),
        "sort it before: frame.sort([\"column\"])".to_owned(),
    )
}

/// The plan, and what its rows are sorted by: a column more, of their numbers, where they come in an order by nothing that they have;
/// `None` where they have no order.
pub(super) fn in_order(plan: &LogicalPlan) -> Result<Option<(LogicalPlan, Vec<SortExpr>)>> {
    if let Some(keys) = sort_keys(plan) {
        return Ok(Some((plan.clone(), keys)));
    }
    let Some((rows, number)) = numbered(plan)? else { return Ok(None) };
    let keys = vec![number.sort(true, false)];
    Ok(Some((LogicalPlanBuilder::from(rows).sort(keys.clone())?.build()?, keys)))
}

/// Rows that were put [`in_order`] with the columns of the plan that they are of.
pub(super) fn without_number(plan: &LogicalPlan, rows: LogicalPlan) -> Result<LogicalPlan> {
    if rows.schema().fields().len() == plan.schema().fields().len() {
        Ok(rows)
    } else {
        project(&rows, own_columns(plan))
    }
}

/// The plan with a column of the numbers of its rows, and that column; `None` where they have no order.
fn numbered(plan: &LogicalPlan) -> Result<Option<(LogicalPlan, Expr)>> {
    if !comes_in_order(plan) {
        return Ok(None);
    }
    let name = free_name(plan, "row");
    let mut columns: Vec<Expr> = plan.schema().columns().into_iter().map(Expr::Column).collect();
    columns.push(row_number().over_all().alias(&name).into_core());
    Ok(Some((project(plan, columns)?, Expr::Column(Column::new_unqualified(name)))))
}

/// Whether the rows of a plan come in an order: as they stand in files, or sorted, by whatever.
fn comes_in_order(plan: &LogicalPlan) -> bool {
    let keeps_order = match plan {
        LogicalPlan::TableScan(scan) => {
            return source_as_provider(&scan.source)
                .is_ok_and(|table| (table.as_ref() as &dyn Any).is::<SourceTable>());
        }
        LogicalPlan::Sort(_) => return true,
        LogicalPlan::Window(window) => is_over_all(window),
        LogicalPlan::Filter(_)
        | LogicalPlan::Limit(_)
        | LogicalPlan::Projection(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Union(_)
        | LogicalPlan::Unnest(_) => true,
        _ => false,
    };
    keeps_order && plan.inputs().into_iter().all(comes_in_order)
}

/// The plan with the order of its rows, which the core leaves out where it sees nobody who wants it: a limit that is never reached does.
pub(crate) fn kept_in_order(plan: &LogicalPlan) -> Result<LogicalPlan> {
    Ok(LogicalPlanBuilder::from(plan.clone()).limit(0, usize::try_from(i64::MAX).ok())?.build()?)
}

/// What the rows of a plan are sorted by.
pub(super) fn sort_keys(plan: &LogicalPlan) -> Option<Vec<SortExpr>> {
    match plan {
        LogicalPlan::Sort(sort) => Some(sort.expr.clone()),
        LogicalPlan::Filter(filter) => sort_keys(&filter.input),
        LogicalPlan::Limit(limit) => sort_keys(&limit.input),
        // A projection keeps the order; its columns must still be there to sort by, if under other names.
        LogicalPlan::Projection(projection) => {
            let keys = sort_keys(&projection.input)?;
            let columns = projection.schema.columns();
            let new_names: HashMap<&Column, Column> = projection
                .expr
                .iter()
                .zip(columns)
                .filter_map(|(expr, new)| Some((kept(expr)?, new)))
                .collect();
            let renamed = keys.iter().map(|key| renamed(key, &new_names));
            renamed.collect()
        }
        _ => None,
    }
}

/// The column that an expression passes on, if it does no more.
fn kept(expr: &Expr) -> Option<&Column> {
    match expr {
        Expr::Column(column) => Some(column),
        Expr::Alias(alias) => kept(&alias.expr),
        _ => None,
    }
}

/// The key with its columns under their new names, if all are still there.
fn renamed(key: &SortExpr, new_names: &HashMap<&Column, Column>) -> Option<SortExpr> {
    let all_there = key.expr.column_refs().into_iter().all(|column| new_names.contains_key(column));
    if !all_there {
        return None;
    }
    let expr = key.expr.clone().transform_up_dyn(|expr| {
        Ok(match &expr {
            Expr::Column(column) => match new_names.get(column) {
                Some(new) => Transformed::yes(Expr::Column(new.clone())),
                None => Transformed::no(expr),
            },
            _ => Transformed::no(expr),
        })
    });
    Some(key.with_expr(expr.ok()?.data))
}
