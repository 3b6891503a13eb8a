//! Statistics of columns, in one pass over the rows.
//!
//! One aggregate takes all columns and makes a list with a row for each of them, as a plan with aggregates of each column takes
//! too long where there are hundreds of columns.

mod aggregate;
mod column;

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::Column;
use datafusion::error::Result;
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::{AggregateUDF, Expr, LogicalPlan, LogicalPlanBuilder, ident};

use aggregate::{Summarize, SummarizedColumn};

use super::type_name;

/// The aggregate's column.
const SUMMARY: &str = "summary";

/// A row for each column, with [`statistics`] of it.
///
/// `min` and `max` are text, as columns have different types; what has no meaning for a type is null.
/// `count` counts all rows, nulls too. The quantiles and `approx_unique` are approximate.
pub(super) fn plan(input: LogicalPlan) -> Result<LogicalPlan> {
    let schema = input.schema();
    let columns: Vec<Expr> = schema.iter().map(|field| Expr::Column(Column::from(field))).collect();
    let summarized = |field: &Arc<Field>| SummarizedColumn {
        name: field.name().clone(),
        type_name: type_name(field.data_type()),
    };
    let summarize = Summarize::new(schema.fields().iter().map(summarized).collect());
    let summary = AggregateUDF::from(summarize).call(columns).alias(SUMMARY);
    let statistic = |field: &Arc<Field>| {
        let name = field.name().as_str();
        get_field(ident(SUMMARY), name).alias(name)
    };
    LogicalPlanBuilder::from(input)
        .aggregate(Vec::<Expr>::new(), [summary])?
        .unnest_column(SUMMARY)?
        .project(statistics().iter().map(statistic))?
        .build()
}

/// What is told of a column.
fn statistics() -> Fields {
    let of = |ty: DataType| move |name: &str| Field::new(name, ty.clone(), true);
    let (text, whole, number) = (of(DataType::Utf8), of(DataType::Int64), of(DataType::Float64));
    Fields::from(vec![
        text("column_name"),
        text("column_type"),
        text("min"),
        text("max"),
        whole("approx_unique"),
        number("avg"),
        number("std"),
        number("q25"),
        number("q50"),
        number("q75"),
        whole("count"),
        number("null_percentage"),
    ])
}
