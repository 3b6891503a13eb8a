//! Statistics of columns, in one pass over the rows.
//!
//! One aggregate computes the statistics of all columns as one wide row; arrays of its values, unnested
//! side by side, turn it into a row for each column.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Column, ScalarValue};
use datafusion::error::Result;
use datafusion::functions_aggregate::expr_fn::{
    approx_distinct, approx_percentile_cont, avg, count, max, min, stddev,
};
use datafusion::functions_nested::expr_fn::make_array;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, cast, ident, lit, when};

use super::type_name;

/// The columns of the answer, in order.
const STATISTICS: [&str; 12] = [
    "column_name",
    "column_type",
    "min",
    "max",
    "approx_unique",
    "avg",
    "std",
    "q25",
    "q50",
    "q75",
    "count",
    "null_percentage",
];

/// The count of all rows.
const ROWS: &str = "rows";

/// A row for each column, with [`STATISTICS`] of it.
///
/// `min` and `max` are text, as columns have different types; what has no meaning for a type is null.
/// `count` counts all rows, nulls too. The quantiles and `approx_unique` are approximate.
pub(super) fn plan(input: LogicalPlan) -> Result<LogicalPlan> {
    let schema = input.schema().clone();
    let mut aggregates = vec![count(lit(1)).alias(ROWS)];
    let mut rows: Vec<Vec<Expr>> = Vec::new();
    for (index, (qualifier, field)) in schema.iter().enumerate() {
        let column = Expr::Column(Column::from((qualifier, field)));
        let mut statistics = Statistics { index, aggregates: &mut aggregates };
        let mut row = vec![lit(field.name().as_str()), lit(type_name(field.data_type()))];
        row.extend(statistics.of(&column, field.data_type()));
        rows.push(row);
    }
    let arrays = STATISTICS
        .iter()
        .enumerate()
        .map(|(at, name)| make_array(rows.iter().map(|row| row[at].clone()).collect()).alias(*name));
    LogicalPlanBuilder::from(input)
        .aggregate(Vec::<Expr>::new(), aggregates)?
        .project(arrays)?
        .unnest_columns_with_options(
            STATISTICS.iter().map(|name| Column::from_name(*name)).collect(),
            Default::default(),
        )?
        .build()
}

/// Asks for the statistics of one column.
struct Statistics<'a> {
    index: usize,
    aggregates: &'a mut Vec<Expr>,
}

impl Statistics<'_> {
    /// What comes after name and type, of the values of the aggregate.
    fn of(&mut self, column: &Expr, ty: &DataType) -> Vec<Expr> {
        let known = self.ask("known", count(column.clone()));
        let (low, high) = if ty.is_nested() || *ty == DataType::Null {
            (null(DataType::Utf8View), null(DataType::Utf8View))
        } else {
            (self.ask("min", min(column.clone())), self.ask("max", max(column.clone())))
        };
        // Only some types can be counted so, text among them.
        let unique = match ty {
            ty if ty.is_nested() || *ty == DataType::Null => null(DataType::Int64),
            _ => self.ask("unique", approx_distinct(cast(column.clone(), DataType::Utf8View))),
        };
        let mut row = vec![text(low), text(high), cast(unique, DataType::Int64)];
        if ty.is_numeric() {
            let number = cast(column.clone(), DataType::Float64);
            row.push(self.ask("avg", avg(number.clone())));
            row.push(self.ask("std", stddev(number.clone())));
            for (name, part) in [("q25", 0.25), ("q50", 0.5), ("q75", 0.75)] {
                let quantile = approx_percentile_cont(number.clone().sort(true, false), lit(part), None);
                row.push(self.ask(name, quantile));
            }
        } else {
            row.extend(std::iter::repeat_n(null(DataType::Float64), 5));
        }
        row.push(ident(ROWS));
        row.push(null_percentage(known));
        row
    }

    /// Adds an aggregate and returns the column that holds its value.
    fn ask(&mut self, name: &str, aggregate: Expr) -> Expr {
        let name = format!("{}.{name}", self.index);
        self.aggregates.push(aggregate.alias(&name));
        Expr::Column(Column::new_unqualified(name))
    }
}

fn text(value: Expr) -> Expr {
    cast(value, DataType::Utf8View)
}

fn null(ty: DataType) -> Expr {
    Expr::Literal(ScalarValue::try_from(&ty).unwrap_or(ScalarValue::Null), None)
}

/// Nulls among all rows, in hundredths; null if there are no rows.
fn null_percentage(known: Expr) -> Expr {
    let double = |count: Expr| cast(count, DataType::Float64);
    let nulls = double(ident(ROWS) - known);
    let percentage = lit(100.0) * nulls / double(ident(ROWS));
    when(ident(ROWS).gt(lit(0)), percentage).end().unwrap_or_else(|_| null(DataType::Float64))
}
