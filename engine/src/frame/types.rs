//! Types of what a plan computes, settled while the plan is made.

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, WindowFunctionDefinition, cast};
use datafusion::optimizer::analyzer::type_coercion::TypeCoercionRewriter;

use crate::dialect::with_fractions;

/// Aggregates that take numbers; a truth counts 1, what is false 0.
const OF_NUMBERS: [&str; 4] = ["sum", "avg", "stddev", "var"];

/// The expression with numbers for booleans where those are summed up, quotients of integers with their fractions, and cases of one
/// type, so that the plan tells what type its columns will have.
pub(super) fn settled(plan: &LogicalPlan, expr: Expr) -> Expr {
    let expr = counted(plan, expr);
    let expr = with_fractions(expr.clone(), plan.schema()).unwrap_or(expr);
    let has_cases = expr.exists(|expr| Ok(matches!(expr, Expr::Case(_)))).unwrap_or(false);
    if !has_cases {
        return expr;
    }
    // What has no type is told when the plan is run.
    let settled = expr.clone().rewrite(&mut TypeCoercionRewriter::new(plan.schema()));
    settled.map_or(expr, |settled| settled.data)
}

fn counted(plan: &LogicalPlan, expr: Expr) -> Expr {
    let number = |args: Vec<Expr>| {
        let counted = |arg: Expr| match arg.get_type(plan.schema()) {
            Ok(DataType::Boolean) => cast(arg, DataType::Int64),
            _ => arg,
        };
        args.into_iter().map(counted).collect()
    };
    let changed = expr.clone().transform_up(|expr| {
        Ok(match expr {
            Expr::AggregateFunction(mut function) if OF_NUMBERS.contains(&function.func.name()) => {
                function.params.args = number(std::mem::take(&mut function.params.args));
                Transformed::yes(Expr::AggregateFunction(function))
            }
            Expr::WindowFunction(mut window)
                if matches!(window.fun, WindowFunctionDefinition::AggregateUDF(_))
                    && OF_NUMBERS.contains(&window.fun.name()) =>
            {
                window.params.args = number(std::mem::take(&mut window.params.args));
                Transformed::yes(Expr::WindowFunction(window))
            }
            other => Transformed::no(other),
        })
    });
    changed.map_or(expr, |changed| changed.data)
}
