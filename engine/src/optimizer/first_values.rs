//! Values of the first row of a group: `SELECT DISTINCT ON (k) *`, `arg_max(a, t), arg_max(b, t)`, `drop_duplicates`.
//!
//! The relational core looks for the row once for each column of it, and compares the keys of the group where it looks for the first row
//! by an order that begins with them. Here it is looked for once, of all its columns that are wanted, by what is not a key.

use std::sync::Arc;

use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, Result};
use datafusion::functions::core::expr_fn::{get_field, named_struct};
use datafusion::logical_expr::expr::{AggregateFunction, AggregateFunctionParams, NullTreatment};
use datafusion::logical_expr::{Aggregate, AggregateUDF, Expr, LogicalPlan, Projection, lit};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

use crate::aggregates::in_place_of;

/// Takes all values of a row at once.
#[derive(Debug)]
pub(crate) struct FirstValues;

impl OptimizerRule for FirstValues {
    fn name(&self) -> &str {
        "first_values"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Aggregate(aggregate) = &plan else { return Ok(Transformed::no(plan)) };
        Ok(match of_whole_rows(aggregate)? {
            Some(plan) => Transformed::yes(plan),
            None => Transformed::no(plan),
        })
    }
}

/// The same groups, of which each row is looked for once; `None` if it was so before.
fn of_whole_rows(aggregate: &Aggregate) -> Result<Option<LogicalPlan>> {
    let keys = match aggregate.group_expr.as_slice() {
        [Expr::GroupingSet(_)] => &[],
        keys => keys,
    };
    let mut rows = Rows { keys, rows: Vec::new(), is_changed: false };
    let values: Vec<Value> = aggregate.aggr_expr.iter().map(|call| rows.value_of(call)).collect();
    if !rows.is_changed && rows.rows.iter().all(|row| row.values.len() == 1) {
        return Ok(None);
    }
    let mut calls: Vec<Expr> = Vec::new();
    for (value, call) in values.iter().zip(&aggregate.aggr_expr) {
        if matches!(value, Value::Other) {
            calls.push(call.clone());
        }
    }
    let names: Vec<String> = (0..rows.rows.len()).map(|number| format!("first row {number}")).collect();
    calls.extend(rows.rows.iter().zip(&names).map(|(row, name)| row.call().alias(name)));
    let plan = Aggregate::try_new(Arc::clone(&aggregate.input), aggregate.group_expr.clone(), calls)?;
    let keys_len = aggregate.schema.fields().len() - aggregate.aggr_expr.len();
    let column = |index: usize| Expr::Column(Column::from(plan.schema.qualified_field(index)));
    let mut columns: Vec<Expr> = (0..keys_len).map(column).collect();
    let mut others = keys_len..;
    for (value, (table, field)) in values.into_iter().zip(aggregate.schema.iter().skip(keys_len)) {
        let value = match value {
            Value::Other => column(others.next().unwrap_or(keys_len)),
            Value::Key(index) => column(index),
            Value::OfRow { row, value } => {
                let column = Expr::Column(Column::from_name(&names[row]));
                match rows.rows[row].values.as_slice() {
                    [_] => column,
                    values => get_field(column, values[value].schema_name().to_string()),
                }
            }
        };
        columns.push(value.alias_qualified(table.cloned(), field.name()));
    }
    Ok(Some(LogicalPlan::Projection(Projection::try_new(columns, Arc::new(LogicalPlan::Aggregate(plan)))?)))
}

/// What an aggregate is in the place of.
enum Value {
    /// One that is left as it is.
    Other,
    /// The key of this number.
    Key(usize),
    OfRow {
        row: usize,
        value: usize,
    },
}

/// The rows that are looked for in each group.
struct Rows<'a> {
    keys: &'a [Expr],
    rows: Vec<Row>,
    /// Whether a call has become another one.
    is_changed: bool,
}

/// A row of each group, and its values that are wanted, each once.
struct Row {
    function: Arc<AggregateUDF>,
    /// All but the values.
    params: AggregateFunctionParams,
    values: Vec<Expr>,
}

impl Row {
    fn call(&self) -> Expr {
        let args = match self.values.as_slice() {
            [value] => vec![value.clone()],
            values => {
                let named =
                    values.iter().flat_map(|value| [lit(value.schema_name().to_string()), value.clone()]);
                vec![named_struct(named.collect())]
            }
        };
        let params = AggregateFunctionParams { args, ..self.params.clone() };
        Expr::AggregateFunction(AggregateFunction { func: Arc::clone(&self.function), params })
    }
}

impl Rows<'_> {
    fn value_of(&mut self, call: &Expr) -> Value {
        let Expr::AggregateFunction(AggregateFunction { func, params }) = call.clone().unalias() else {
            return Value::Other;
        };
        let AggregateFunctionParams { mut args, mut order_by, .. } = params.clone();
        let skips_nulls = params.null_treatment == Some(NullTreatment::IgnoreNulls);
        if !matches!(func.name(), "first_value" | "last_value")
            || args.len() != 1
            || params.distinct
            || skips_nulls
            || call.is_volatile()
        {
            return Value::Other;
        }
        if params.filter.is_none()
            && let Some(key) = self.keys.iter().position(|key| *key == args[0])
        {
            self.is_changed = true;
            return Value::Key(key);
        }
        order_by.retain(|by| !self.keys.contains(&by.expr));
        let function = in_place_of(&func).unwrap_or_else(|| Arc::clone(&func));
        self.is_changed |= order_by.len() < params.order_by.len() || function != func;
        let value = args.remove(0);
        let params = AggregateFunctionParams { args, order_by, ..params };
        let known = self.rows.iter().position(|row| row.function == function && row.params == params);
        let row = known.unwrap_or_else(|| {
            self.rows.push(Row { function, params, values: Vec::new() });
            self.rows.len() - 1
        });
        let values = &mut self.rows[row].values;
        let known = values.iter().position(|known| *known == value);
        let value = known.unwrap_or_else(|| {
            values.push(value);
            values.len() - 1
        });
        Value::OfRow { row, value }
    }
}
