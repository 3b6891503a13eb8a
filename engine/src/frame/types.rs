//! Functions and types of what a plan computes, settled while the plan is made.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::{AggregateUDF, Expr, ExprSchemable, SortExpr, WindowFunctionDefinition, cast};
use datafusion::optimizer::analyzer::type_coercion::TypeCoercionRewriter;

use crate::aggregates::in_place_of;
use crate::dialect::{function_in_place_of, with_fractions};
use crate::walk::Walk;

/// Aggregates that take numbers; a truth counts 1, what is false 0.
const OF_NUMBERS: [&str; 6] = ["sum", "avg", "stddev", "stddev_pop", "var", "var_pop"];

/// Aggregates that fall between values: of numbers they are of those with fractions.
pub(super) const BETWEEN_VALUES: [&str; 2] = ["percentile_cont", "approx_percentile_cont"];

/// The expression, of columns of the schema, with the functions that SQL has in place of the core's, with numbers for booleans where
/// those are summed up, quotients of integers with their fractions, and cases of one type, so that the plan tells what type its columns
/// will have.
pub(super) fn settled(schema: &DFSchema, expr: Expr) -> Expr {
    let expr = with_own_functions(schema, expr);
    let expr = with_fractions(expr.clone(), schema).unwrap_or(expr);
    let has_cases = expr.exists_dyn(|expr| Ok(matches!(expr, Expr::Case(_)))).unwrap_or(false);
    if !has_cases {
        return expr;
    }
    // What has no type is told when the plan is run.
    let settled = expr.clone().rewrite(&mut TypeCoercionRewriter::new(schema));
    settled.map_or(expr, |settled| settled.data)
}

fn with_own_functions(schema: &DFSchema, expr: Expr) -> Expr {
    let changed = expr.clone().transform_up_dyn(|mut expr| {
        match &mut expr {
            Expr::ScalarFunction(call) => match function_in_place_of(&call.func) {
                Some(own) => call.func = own,
                None => return Ok(Transformed::no(expr)),
            },
            Expr::AggregateFunction(call) => {
                use_own(schema, &mut call.func, &mut call.params.args, &mut call.params.order_by);
            }
            Expr::WindowFunction(call) => {
                let WindowFunctionDefinition::AggregateUDF(function) = &mut call.fun else {
                    return Ok(Transformed::no(expr));
                };
                use_own(schema, function, &mut call.params.args, &mut []);
            }
            _ => return Ok(Transformed::no(expr)),
        }
        Ok(Transformed::yes(expr))
    });
    changed.map_or(expr, |changed| changed.data)
}

/// Makes an aggregate of the core that of SQL, of values that it takes.
fn use_own(schema: &DFSchema, function: &mut Arc<AggregateUDF>, args: &mut [Expr], order: &mut [SortExpr]) {
    if let Some(own) = in_place_of(function) {
        *function = own;
    }
    let (is_of_numbers, is_between) =
        (OF_NUMBERS.contains(&function.name()), BETWEEN_VALUES.contains(&function.name()));
    let values = args.iter_mut().take(if is_between { 1 } else { usize::MAX });
    for value in values.chain(order.iter_mut().map(|key| &mut key.expr)) {
        let ty = match value.get_type(schema) {
            Ok(DataType::Boolean) if is_of_numbers => DataType::Int64,
            Ok(ty) if is_between && ty.is_numeric() && ty != DataType::Float64 => DataType::Float64,
            _ => continue,
        };
        *value = cast(std::mem::take(value), ty);
    }
}
