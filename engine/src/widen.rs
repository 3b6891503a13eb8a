//! Columns whose type was guessed too narrow: a plan is begun again with wider ones.
//!
//! Types come from the heads of files. Where a value further on needs a wider one, double for bigint or timestamp
//! for date, the table gets it, and whoever failed because of it is planned and run once more, if no rows of the
//! result are on their way yet. A plan that was made before, of a frame or a view, is changed here.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::common::{DFSchema, ExprSchema};
use datafusion::datasource::{provider_as_source, source_as_provider};
use datafusion::error::Result as DataFusionResult;
use datafusion::logical_expr::logical_plan::{TableScanBuilder, Union};
use datafusion::logical_expr::{Expr, LogicalPlan, TableScan};
use swath_io::{Notes, WiderValue};
use swath_planner::SourceCall;

use crate::error::Error;
use crate::table::SourceTable;
use crate::walk::{Walk, WalkPlan};

/// Widens the columns that values did not fit into, in the tables of a plan. Whether that is why the plan failed,
/// so that it can go on with [`with_wider_types`].
pub(crate) fn widen(plan: &LogicalPlan, error: &Error, notes: &Notes) -> bool {
    let Error::Source(error) = error else { return false };
    error.wider_values().iter().fold(false, |any, value| widen_for(plan, value, notes) | any)
}

/// Widens the column of a value, and tells so if it is news. Whether it was too narrow.
fn widen_for(plan: &LogicalPlan, value: &WiderValue, notes: &Notes) -> bool {
    let WiderValue { location, column, found, fits: ty } = value;
    let (mut is_too_narrow, mut is_news) = (false, false);
    let scans = plan.apply_with_subqueries_dyn(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && let Ok(provider) = source_as_provider(&scan.source)
            && let Some(table) = provider.downcast_ref::<SourceTable>()
        {
            is_too_narrow |= table.is_too_narrow(&location.path, column, *ty);
            is_news |= table.widen(&location.path, column, *ty);
        }
        Ok(TreeNodeRecursion::Continue)
    });
    // The walk itself cannot fail; whoever fails because of another value of the column need not tell it again.
    if scans.is_ok() && is_news {
        notes.add(format!(
            "column \"{column}\" is read as {ty}, as {location} has \"{found}\": what was read before was read again"
        ));
    }
    is_too_narrow
}

/// The plan over tables with the types that are known by now.
///
/// # Errors
/// The plan does not go with the wider types.
pub(crate) fn with_wider_types(plan: LogicalPlan) -> DataFusionResult<LogicalPlan> {
    with_tables(plan, &SourceTable::wider)
}

/// The plan over other tables in place of some.
///
/// # Errors
/// The plan does not go with their columns.
pub(crate) fn with_tables(
    plan: LogicalPlan,
    instead: &dyn Fn(&SourceTable) -> Option<Arc<SourceTable>>,
) -> DataFusionResult<LogicalPlan> {
    let other_table = |scan: &TableScan| -> Option<Arc<SourceTable>> {
        instead(source_as_provider(&scan.source).ok()?.downcast_ref::<SourceTable>()?)
    };
    let mut is_stale = false;
    plan.apply_with_subqueries_dyn(|node| {
        is_stale |= matches!(node, LogicalPlan::TableScan(scan) if other_table(scan).is_some());
        Ok(if is_stale { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    if !is_stale {
        return Ok(plan);
    }
    plan.transform_up_with_subqueries_dyn(|node| match node {
        LogicalPlan::TableScan(scan) => match other_table(&scan) {
            Some(table) => {
                let builder = TableScanBuilder::new(scan.table_name, provider_as_source(table));
                let builder = builder.with_projection(scan.projection).with_filters(scan.filters);
                Ok(Transformed::yes(LogicalPlan::TableScan(builder.with_fetch(scan.fetch).build()?)))
            }
            None => Ok(Transformed::no(LogicalPlan::TableScan(scan))),
        },
        // Of these, the relational core keeps the types that they had.
        LogicalPlan::Union(union) => {
            Ok(Transformed::yes(LogicalPlan::Union(Union::try_new_with_loose_types(union.inputs)?)))
        }
        node => Ok(Transformed::yes(with_outer_types(node)?.recompute_schema()?)),
    })
    .data()
}

/// The calls whose files a plan reads, each once.
pub(crate) fn calls_of(plan: &LogicalPlan) -> Vec<SourceCall> {
    let mut calls: Vec<SourceCall> = Vec::new();
    let walked = plan.apply_with_subqueries_dyn(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && let Ok(provider) = source_as_provider(&scan.source)
            && let Some(table) = provider.downcast_ref::<SourceTable>()
            && !calls.contains(table.call())
        {
            calls.push(table.call().clone());
        }
        Ok(TreeNodeRecursion::Continue)
    });
    walked.map(|_| calls).unwrap_or_default()
}

/// A node whose subqueries know the types of its columns that they name.
fn with_outer_types(node: LogicalPlan) -> DataFusionResult<LogicalPlan> {
    let mut has_subqueries = false;
    node.apply_subqueries(|_| {
        has_subqueries = true;
        Ok(TreeNodeRecursion::Stop)
    })?;
    if !has_subqueries {
        return Ok(node);
    }
    let mut columns = DFSchema::empty();
    node.inputs().iter().for_each(|input| columns.merge(input.schema()));
    let retype = |expr: Expr| {
        expr.transform_up_dyn(|expr| match expr {
            Expr::OuterReferenceColumn(field, column) => match columns.field_from_column(&column) {
                Ok(known) => {
                    let field = Arc::unwrap_or_clone(field).with_data_type(known.data_type().clone());
                    Ok(Transformed::yes(Expr::OuterReferenceColumn(Arc::new(field), column)))
                }
                // A column of a query further out.
                Err(_) => Ok(Transformed::no(Expr::OuterReferenceColumn(field, column))),
            },
            other => Ok(Transformed::no(other)),
        })
    };
    let retyped = node.map_subqueries(|subquery| {
        subquery.transform_up_with_subqueries_dyn(|node| {
            let node = node.map_expressions_dyn(retype)?;
            node.map_data(LogicalPlan::recompute_schema)
        })
    })?;
    Ok(retyped.data)
}
