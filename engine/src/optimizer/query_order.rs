//! What depends on the order of rows over a query that has one: `SELECT list(a), first(b) FROM (SELECT … ORDER BY c)`.
//!
//! The relational core knows of no order between a query and what is around it, and leaves out a sort that nobody asks for. So aggregates
//! and windows that have no order of their own are given that of the query. Results that are rows as they come keep it without this.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::common::{Column, Result};
use datafusion::logical_expr::expr::{AggregateFunction, Sort, WindowFunction};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, Window, WindowFrameUnits};
use datafusion::optimizer::AnalyzerRule;

use crate::dialect::row_number;
use crate::walk::{Walk, WalkPlan};

/// Gives them this order. It has to come before the core looks at types.
#[derive(Debug)]
pub(crate) struct QueryOrder;

impl AnalyzerRule for QueryOrder {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries_dyn(|plan| match plan {
            LogicalPlan::Aggregate(_) => order_aggregates(plan),
            LogicalPlan::Window(window) => order_windows(window),
            plan => Ok(Transformed::no(plan)),
        })
        .data()
    }

    fn name(&self) -> &str {
        "query_order"
    }
}

/// Aggregates whose value depends on which row comes first.
pub(crate) const ORDERED: [&str; 5] = ["array_agg", "first_value", "last_value", "nth_value", "string_agg"];
/// Functions of windows of which this is true, too.
const ORDERED_WINDOWS: [&str; 4] = ["row_number", "ntile", "lag", "lead"];
/// Functions of windows that are of the order of the window and not of rows: without one, all rows are equal.
const OF_EQUAL_ROWS: [&str; 4] = ["rank", "dense_rank", "percent_rank", "cume_dist"];

fn order_aggregates(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let LogicalPlan::Aggregate(aggregate) = &plan else { return Ok(Transformed::no(plan)) };
    let mut is_wanted = false;
    for expr in &aggregate.aggr_expr {
        is_wanted |= expr.exists_dyn(|expr| Ok(takes_rows_as_they_come(expr)))?;
    }
    if !is_wanted {
        return match without_order(&aggregate.input)? {
            Some(rows) => plan.with_new_exprs(plan.expressions(), vec![rows]).map(Transformed::yes),
            None => Ok(Transformed::no(plan)),
        };
    }
    let ordered = match in_order(&aggregate.input)? {
        None if sorts_values(&aggregate.aggr_expr)? => Some(by_place(&aggregate.input)?),
        ordered => ordered,
    };
    let Some(Ordered { rows, order }) = ordered else { return Ok(Transformed::no(plan)) };
    let plan = plan.with_new_exprs(plan.expressions(), vec![rows])?;
    let names = NamePreserver::new(&plan);
    plan.map_expressions_dyn(|expr| {
        let name = names.save(&expr);
        let ordered = expr.transform_up_dyn(|mut expr| {
            let wants = takes_rows_as_they_come(&expr);
            if let Expr::AggregateFunction(AggregateFunction { params, .. }) = &mut expr
                && wants
            {
                params.order_by.clone_from(&order);
            }
            Ok(Transformed::new_transformed(expr, wants))
        })?;
        Ok(if ordered.transformed { ordered.update_data(|expr| name.restore(expr)) } else { ordered })
    })
}

/// Whether rows are sorted for an aggregate among others: those without an order would be given this one.
fn sorts_values(calls: &[Expr]) -> Result<bool> {
    let sorts = |expr: &Expr| {
        Ok(matches!(expr, Expr::AggregateFunction(AggregateFunction { func, params })
            if ORDERED.contains(&func.name()) && !params.order_by.is_empty()))
    };
    calls.iter().try_fold(false, |found, call| Ok(found || call.exists_dyn(sorts)?))
}

/// Rows with their numbers, as they come, and the order by these.
fn by_place(rows: &LogicalPlan) -> Result<Ordered> {
    let place = row_number();
    let order =
        vec![Sort::new(Expr::Column(Column::from_name(place.schema_name().to_string())), true, false)];
    let rows = LogicalPlanBuilder::window_plan(rows.clone(), vec![place])?;
    Ok(Ordered { rows, order })
}

/// Whether an expression is an aggregate whose value depends on the order of rows, and that has no order of its own.
pub(crate) fn takes_rows_as_they_come(expr: &Expr) -> bool {
    matches!(expr, Expr::AggregateFunction(AggregateFunction { func, params })
        if ORDERED.contains(&func.name()) && params.order_by.is_empty() && !params.distinct)
}

/// Windows that take all rows as they come, below those for which rows are sorted, which the core computes first; `None` for others.
fn below_others(window: &Window) -> Result<Option<LogicalPlan>> {
    let LogicalPlan::Window(other) = window.input.as_ref() else { return Ok(None) };
    if !is_over_all(window) || is_over_all(other) {
        return Ok(None);
    }
    let below = Window::try_new(window.window_expr.clone(), Arc::clone(&other.input))?;
    let below = order_windows(below)?.data;
    let above = Window::try_new(other.window_expr.clone(), Arc::new(below))?;
    let columns = window.schema.columns().into_iter().map(Expr::Column);
    LogicalPlanBuilder::from(LogicalPlan::Window(above)).project(columns)?.build().map(Some)
}

/// Whether windows are over all rows as they come, in no order of their own.
pub(crate) fn is_over_all(window: &Window) -> bool {
    window.window_expr.iter().all(|expr| {
        matches!(expr, Expr::WindowFunction(function)
            if function.params.partition_by.is_empty() && function.params.order_by.is_empty())
    })
}

/// Windows are planned anew, as those of different orders are different steps; their columns keep their names.
fn order_windows(window: Window) -> Result<Transformed<LogicalPlan>> {
    if let Some(below) = below_others(&window)? {
        return Ok(Transformed::yes(below));
    }
    let is_ordered =
        |expr: &Expr| matches!(expr, Expr::WindowFunction(function) if !function.params.order_by.is_empty());
    let depends = |expr: &Expr| matches!(expr, Expr::WindowFunction(function) if depends_on_order(function));
    let is_wanted = !window.window_expr.iter().any(is_ordered) && window.window_expr.iter().any(depends);
    let Some(Ordered { rows, order }) = (if is_wanted { in_order(&window.input)? } else { None }) else {
        return Ok(Transformed::no(LogicalPlan::Window(window)));
    };
    let mut ordered = window.window_expr.clone();
    for expr in &mut ordered {
        if let Expr::WindowFunction(function) = expr
            && depends_on_order(function)
        {
            function.params.order_by.clone_from(&order);
        }
    }
    let plan = LogicalPlanBuilder::window_plan(rows, ordered.clone())?;
    let columns = window.input.schema().columns().into_iter().map(Expr::Column);
    let named = window.window_expr.iter().zip(&ordered).map(|(old, new)| {
        let column = Expr::Column(Column::from_name(new.schema_name().to_string()));
        column.alias(old.schema_name().to_string())
    });
    let columns: Vec<Expr> = columns.chain(named).collect();
    LogicalPlanBuilder::from(plan).project(columns)?.build().map(Transformed::yes)
}

fn depends_on_order(function: &WindowFunction) -> bool {
    let (name, frame) = (function.fun.name(), &function.params.window_frame);
    let is_whole = frame.start_bound.is_unbounded() && frame.end_bound.is_unbounded();
    if OF_EQUAL_ROWS.contains(&name) {
        return false;
    }
    ORDERED_WINDOWS.contains(&name)
        || (is_whole && ORDERED.contains(&name))
        || (!is_whole && frame.units == WindowFrameUnits::Rows)
}

/// A plan without the order of all its rows; `None`: it has none. The core leaves out the sort, too, but keeps the one stream that comes
/// of it.
fn without_order(plan: &LogicalPlan) -> Result<Option<LogicalPlan>> {
    match plan {
        LogicalPlan::Sort(sort) if sort.fetch.is_none() => Ok(Some(sort.input.as_ref().clone())),
        LogicalPlan::Filter(_) | LogicalPlan::SubqueryAlias(_) | LogicalPlan::Projection(_) => {
            let rows = without_order(plan.inputs()[0])?;
            rows.map(|rows| plan.with_new_exprs(plan.expressions(), vec![rows])).transpose()
        }
        _ => Ok(None),
    }
}

/// A plan whose rows come in an order, by columns that it has.
struct Ordered {
    rows: LogicalPlan,
    order: Vec<Sort>,
}

/// In front of the names of columns that a plan is given for its order.
const HIDDEN: &str = "$order";

/// A plan with its order, and with more columns where this is by values that it did not have; `None`: it has none.
fn in_order(plan: &LogicalPlan) -> Result<Option<Ordered>> {
    if let LogicalPlan::Sort(sort) = plan {
        return Ok(Some(Ordered { rows: plan.clone(), order: sort.expr.clone() }));
    }
    let input = match plan {
        LogicalPlan::Filter(_)
        | LogicalPlan::Limit(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Projection(_) => plan.inputs()[0],
        _ => return Ok(None),
    };
    let Some(Ordered { rows, order }) = in_order(input)? else { return Ok(None) };
    match plan {
        LogicalPlan::SubqueryAlias(alias) => {
            let from = rows.schema().columns();
            let rows = LogicalPlanBuilder::from(rows).alias(alias.alias.clone())?.build()?;
            let to = rows.schema().columns();
            let renamed = |expr: Expr| {
                let place = match &expr {
                    Expr::Column(column) => from.iter().position(|from| from == column),
                    _ => None,
                };
                Ok(match place {
                    Some(place) => {
                        let column = Expr::Column(to[place].clone());
                        Transformed::new(column, true, TreeNodeRecursion::Jump)
                    }
                    None => Transformed::no(expr),
                })
            };
            let order = order.into_iter().map(|sort| {
                let expr = sort.expr.transform_down_dyn(renamed).data()?;
                Ok(Sort { expr, ..sort })
            });
            let order = order.collect::<Result<_>>()?;
            Ok(Some(Ordered { rows, order }))
        }
        LogicalPlan::Projection(projection) => {
            let mut exprs = projection.expr.clone();
            let columns = projection.schema.columns();
            let order = order.into_iter().enumerate().map(|(place, sort)| {
                let is_it = |known: &Expr| known.clone().unalias() == sort.expr;
                let column = match projection.expr.iter().position(is_it) {
                    Some(place) => columns[place].clone(),
                    None => {
                        let name = format!("{HIDDEN} {place}");
                        exprs.push(sort.expr.clone().alias(name.clone()));
                        Column::from_name(name)
                    }
                };
                Sort { expr: Expr::Column(column), ..sort }
            });
            let order = order.collect();
            let rows = LogicalPlanBuilder::from(rows).project(exprs)?.build()?;
            Ok(Some(Ordered { rows, order }))
        }
        other => {
            let rows = other.with_new_exprs(other.expressions(), vec![rows])?;
            Ok(Some(Ordered { rows, order }))
        }
    }
}
