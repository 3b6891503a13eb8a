//! Windows of rows: which rows a function sees, and in which order.

use datafusion::common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion::logical_expr::expr::{AggregateFunction, WindowFunction};
use datafusion::logical_expr::{
    self as core, SortExpr, WindowFrame, WindowFrameBound, WindowFrameUnits, WindowFunctionDefinition,
};
use datafusion::scalar::ScalarValue;

use super::Expr;
use crate::frame::{IntoExpr, IntoSort};
use crate::optimizer::ORDERED;
use crate::walk::Walk;

/// Windows: the value of other rows for each row.
impl Expr {
    /// Computes the aggregates and window functions in this expression over all rows, once for each row:
    /// `col("x") / col("x").sum().over_all()` is the share of each.
    pub fn over_all(self) -> Expr {
        Self(windowed(self.0, &[], &[]))
    }

    /// Computes the aggregates and window functions in this expression over the rows that are equal in
    /// the keys, once for each row; for all rows, see [`Expr::over_all`].
    pub fn over<K: IntoExpr>(self, keys: impl IntoIterator<Item = K>) -> Expr {
        Self(windowed(self.0, &core_of(keys), &[]))
    }

    /// Like [`Expr::over`], with the rows of each window in an order: aggregates then run from the
    /// first row to the current one (and its equals).
    ///
    /// ```
    /// use swath::prelude::*;
    ///
    /// let running = col("x").sum().over_sorted(["k"], ["day"]).alias("running");
    /// let place = swath::functions::window::row_number().over_sorted(["k"], [desc("x")]).alias("place");
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "k,x,day\na,1,1\na,3,2\nb,5,1\n").unwrap();
    /// # let frame = swath::read_csv(&path).scan()?.with_columns([running, place]);
    /// # assert_eq!(frame.collect()?.iter().map(|b| b.num_rows()).sum::<usize>(), 3);
    /// # Ok::<(), swath::Error>(())
    /// ```
    pub fn over_sorted<K: IntoExpr, S: IntoSort>(
        self,
        keys: impl IntoIterator<Item = K>,
        order: impl IntoIterator<Item = S>,
    ) -> Expr {
        let order: Vec<SortExpr> = order.into_iter().map(IntoSort::into_sort).collect();
        Self(windowed(self.0, &core_of(keys), &order))
    }
}

fn core_of<E: IntoExpr>(columns: impl IntoIterator<Item = E>) -> Vec<core::Expr> {
    columns.into_iter().map(|column| column.into_expr().0).collect()
}

/// Window functions whose value is that of a row at some distance: without an order they have none.
const AT_A_DISTANCE: [&str; 2] = ["lag", "lead"];

/// Gives all aggregates and window functions in an expression their keys and their order.
pub(super) fn windowed(expr: core::Expr, keys: &[core::Expr], order: &[SortExpr]) -> core::Expr {
    let place = |mut window: WindowFunction| {
        window.params.partition_by = keys.to_vec();
        if !order.is_empty() {
            window.params.order_by = order.to_vec();
            // A frame that was said, as of a rolling mean, stays. One that was not is all rows, also of an aggregate with an order of its own.
            if window.params.window_frame == WindowFrame::new(None) {
                window.params.window_frame = WindowFrame::new(Some(false));
            }
        }
        core::Expr::WindowFunction(Box::new(window))
    };
    each_function(expr, |function| match function {
        core::Expr::AggregateFunction(function) => place(as_window(function)),
        core::Expr::WindowFunction(function) => place(*function),
        other => other,
    })
}

/// Computes the aggregates in an expression over rows at a distance from each row, in an order that is
/// still to be said. Windows that are in it already stay as they are.
pub(super) fn over_rows(expr: Expr, start: WindowFrameBound, end: WindowFrameBound) -> Expr {
    over_frame(expr, &WindowFrame::new_bounds(WindowFrameUnits::Rows, start, end), &[])
}

/// Computes the aggregates in an expression over the rows whose key is at a distance from that of each row.
pub(super) fn over_range(expr: Expr, key: SortExpr, start: WindowFrameBound, end: WindowFrameBound) -> Expr {
    over_frame(expr, &WindowFrame::new_bounds(WindowFrameUnits::Range, start, end), &[key])
}

fn over_frame(expr: Expr, frame: &WindowFrame, order: &[SortExpr]) -> Expr {
    Expr(each_function(expr.0, |function| match function {
        core::Expr::AggregateFunction(function) => {
            let mut window = as_window(function);
            window.params.window_frame = frame.clone();
            window.params.order_by.extend_from_slice(order);
            core::Expr::WindowFunction(Box::new(window))
        }
        other => other,
    }))
}

/// From the first row to the current one.
pub(super) fn up_to_here(expr: Expr) -> Expr {
    over_rows(expr, WindowFrameBound::Preceding(ScalarValue::UInt64(None)), WindowFrameBound::CurrentRow)
}

/// Whether the function has no order of rows and would take one: a number of rows, a value of another row, the first one,
/// whatever has a frame. Other aggregates over all rows of a window do not care.
pub(crate) fn wants_order(window: &WindowFunction) -> bool {
    let of_rows = matches!(window.fun, WindowFunctionDefinition::WindowUDF(_));
    let of_first_row = ORDERED.contains(&window.fun.name()) && !window.params.distinct;
    window.params.order_by.is_empty()
        && (of_rows || of_first_row || window.params.window_frame != WindowFrame::new(None))
}

/// Whether the function means nothing without an order of rows, and has none.
pub(crate) fn lacks_order(window: &WindowFunction) -> bool {
    window.params.order_by.is_empty()
        && (window.params.window_frame != WindowFrame::new(None)
            || AT_A_DISTANCE.contains(&window.fun.name()))
}

fn as_window(function: AggregateFunction) -> WindowFunction {
    let definition = WindowFunctionDefinition::AggregateUDF(function.func);
    let mut window = WindowFunction::new(definition, function.params.args);
    window.params.filter = function.params.filter;
    window.params.distinct = function.params.distinct;
    window.params.null_treatment = function.params.null_treatment;
    window.params.order_by = function.params.order_by;
    window
}

/// Changes the outermost aggregates and window functions.
pub(super) fn each_function(expr: core::Expr, change: impl Fn(core::Expr) -> core::Expr) -> core::Expr {
    let changed = expr.clone().transform_down_dyn(|expr| {
        Ok(match expr {
            core::Expr::AggregateFunction(_) | core::Expr::WindowFunction(_) => {
                Transformed::new(change(expr), true, TreeNodeRecursion::Jump)
            }
            other => Transformed::no(other),
        })
    });
    changed.map_or(expr, |changed| changed.data)
}
