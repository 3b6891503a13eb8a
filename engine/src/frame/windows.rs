//! Windows beside the columns of a frame.

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::expr_rewriter::normalize_col;
use datafusion::logical_expr::utils::find_window_exprs;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};

use super::bare;
use super::sort::{in_order, sort_keys};
use crate::error::{Error, Result};
use crate::expr::{lacks_order, wants_order};
use crate::walk::Walk;

/// A plan with the windows of some expressions computed beside its columns, and the expressions with
/// those windows as columns. A sorted plan stays sorted, and gives its order to windows that need one, as do rows that stand in files.
pub(super) fn with_windows(plan: &LogicalPlan, exprs: Vec<Expr>) -> Result<(LogicalPlan, Vec<Expr>)> {
    let lacks = |window: &Expr| matches!(window, Expr::WindowFunction(window) if lacks_order(window));
    if sort_keys(plan).is_none()
        && find_window_exprs(&exprs).iter().any(lacks)
        && let Some((rows, _)) = in_order(plan)?
    {
        return with_windows(&rows, exprs);
    }
    let exprs = exprs.into_iter().map(|expr| ordered(expr, plan)).collect::<Result<Vec<_>>>()?;
    let exprs = exprs.into_iter().map(|expr| normalize_col(expr, plan)).collect::<Result<Vec<_>, _>>()?;
    let (plan, exprs) = with_inner_windows(plan, exprs)?;
    let windows = LogicalPlanBuilder::window_plan(plan.clone(), find_window_exprs(&exprs))?;
    let exprs = exprs.into_iter().map(|expr| rebased(expr, &windows)).collect::<Result<_>>()?;
    let windows = match sort_keys(&plan) {
        Some(keys) => LogicalPlanBuilder::from(windows).sort(keys)?.build()?,
        None => windows,
    };
    Ok((windows, exprs))
}

/// A plan with the windows that are inside of others computed beside its columns, and the expressions with these as columns.
fn with_inner_windows(plan: &LogicalPlan, exprs: Vec<Expr>) -> Result<(LogicalPlan, Vec<Expr>)> {
    let mut inner: Vec<Expr> = Vec::new();
    for window in find_window_exprs(&exprs) {
        window.apply_children(|child| {
            let found = find_window_exprs([child]);
            inner.extend(found);
            Ok(TreeNodeRecursion::Continue)
        })?;
    }
    if inner.is_empty() {
        return Ok((plan.clone(), exprs));
    }
    let (windows, columns) = with_windows(plan, inner.clone())?;
    let as_columns = |expr: Expr| {
        let placed = expr.transform_down_dyn(|expr| {
            let place = inner.iter().position(|inner| *inner == expr);
            Ok(match place {
                Some(place) => Transformed::yes(columns[place].clone()),
                None => Transformed::no(expr),
            })
        })?;
        Ok(placed.data)
    };
    let exprs = exprs.into_iter().map(as_columns).collect::<Result<_>>()?;
    Ok((windows, exprs))
}

/// The expression with the order of the plan where a window lacks one.
fn ordered(expr: Expr, plan: &LogicalPlan) -> Result<Expr> {
    let windows = find_window_exprs([&expr]);
    let windows = || {
        windows.iter().filter_map(|window| match window {
            Expr::WindowFunction(window) => Some(window),
            _ => None,
        })
    };
    if !windows().any(|window| wants_order(window)) {
        return Ok(expr);
    }
    let Some(keys) = sort_keys(plan) else {
        // Windows that roll count their values first.
        let Some(lacking) = windows().rfind(|window| lacks_order(window)) else { return Ok(expr) };
        let value = lacking.params.args.first().map(|value| value.human_display().to_string());
        return Err(Error::query(
            format!(
                "{}({}) needs an order of rows, which the frame does not have",
                lacking.fun.name(),
                value.unwrap_or_default()
            ),
            "sort the frame before: frame.sort([\"day\"]); or say the order: .over_sorted([] as [&str; 0], [\"day\"])"
                .to_owned(),
        ));
    };
    let placed = expr.transform_down_dyn(|expr| {
        Ok(match expr {
            Expr::WindowFunction(mut window) if wants_order(&window) => {
                window.params.order_by.clone_from(&keys);
                Transformed::yes(Expr::WindowFunction(window))
            }
            other => Transformed::no(other),
        })
    })?;
    Ok(placed.data)
}

/// An expression in which windows that are computed below are columns.
fn rebased(expr: Expr, windows: &LogicalPlan) -> Result<Expr> {
    let placed = expr.transform_down_dyn(|expr| {
        Ok(match &expr {
            Expr::WindowFunction(_) => {
                let name = expr.schema_name().to_string();
                let (table, field) = windows.schema().qualified_field_with_unqualified_name(&name)?;
                Transformed::yes(bare(table.cloned(), field.name()))
            }
            _ => Transformed::no(expr),
        })
    })?;
    Ok(placed.data)
}
