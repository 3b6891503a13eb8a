//! Keys of joins whose columns are named without their table.
//!
//! The relational core computes fields of structs below a join, moves that below a table's alias, and leaves the name of the field in the
//! key as it was before. A key that is computed of it is called otherwise then where it is computed and where it is looked for.

use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, DFSchema, Result};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

use crate::walk::Walk;

/// Puts the tables in front of columns in keys of joins.
#[derive(Debug)]
pub(crate) struct NamedKeys;

impl OptimizerRule for NamedKeys {
    fn name(&self) -> &str {
        "named_keys"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Join(mut join) = plan else { return Ok(Transformed::no(plan)) };
        let mut is_changed = false;
        for (left, right) in &mut join.on {
            for (key, side) in [(left, &join.left), (right, &join.right)] {
                let named = with_tables(key.clone(), side.schema())?;
                is_changed |= named.transformed;
                *key = named.data;
            }
        }
        let plan = LogicalPlan::Join(join);
        Ok(if is_changed { Transformed::yes(plan) } else { Transformed::no(plan) })
    }
}

fn with_tables(key: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    key.transform_up_dyn(|expr| match &expr {
        Expr::Column(Column { relation: None, name, .. }) => {
            match schema.qualified_field_with_unqualified_name(name) {
                Ok((Some(table), field)) => {
                    Ok(Transformed::yes(Expr::Column(Column::new(Some(table.clone()), field.name()))))
                }
                _ => Ok(Transformed::no(expr)),
            }
        }
        _ => Ok(Transformed::no(expr)),
    })
}
