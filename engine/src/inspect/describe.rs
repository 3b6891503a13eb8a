//! Names and types of columns.

use datafusion::error::Result;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, ident, lit};

use super::type_name;

/// A row for each column: `column_name`, `column_type`, and in `null` whether there may be nulls.
pub(super) fn plan(input: &LogicalPlan) -> Result<LogicalPlan> {
    let row = |field: &arrow::datatypes::FieldRef| {
        let null = if field.is_nullable() { "YES" } else { "NO" };
        vec![lit(field.name().as_str()), lit(type_name(field.data_type())), lit(null)]
    };
    let rows = input.schema().fields().iter().map(row).collect();
    let names = ["column_name", "column_type", "null"];
    let columns =
        names.iter().enumerate().map(|(index, name)| ident(format!("column{}", index + 1)).alias(*name));
    LogicalPlanBuilder::values(rows)?.project(columns)?.build()
}
