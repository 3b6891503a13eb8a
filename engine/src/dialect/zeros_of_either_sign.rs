//! `nullif(x, 0)` and `CASE x WHEN 0` of floating point numbers, where `-0.0` is zero, too.
//!
//! The relational core computes `=` so, but compares in these two bit by bit.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::error::Result;
use datafusion::logical_expr::expr::{Case, ScalarFunction};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, lit};
use datafusion::optimizer::AnalyzerRule;

use crate::walk::rewrite_expressions;

/// Writes both with `=`. It has to come when types are known.
#[derive(Debug)]
pub(crate) struct ZerosOfEitherSign;

impl AnalyzerRule for ZerosOfEitherSign {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        rewrite_expressions(plan, by_equality)
    }

    fn name(&self) -> &str {
        "zeros_of_either_sign"
    }
}

fn by_equality(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let is_float =
        |expr: &Expr| expr.get_type(schema).is_ok_and(|ty| ty.is_floating()) && !expr.is_volatile();
    match expr {
        Expr::Case(Case { expr: Some(value), mut when_then_expr, else_expr }) if is_float(&value) => {
            for (when, _) in &mut when_then_expr {
                **when = value.as_ref().clone().eq(std::mem::take(when.as_mut()));
            }
            Ok(Transformed::yes(Expr::Case(Case { expr: None, when_then_expr, else_expr })))
        }
        Expr::ScalarFunction(ScalarFunction { func, args })
            if func.name() == "nullif" && args.iter().all(is_float) && args.len() == 2 =>
        {
            let is_equal = args[0].clone().eq(args[1].clone());
            let null = match args[0].get_type(schema)? {
                DataType::Float32 => ScalarValue::Float32(None),
                DataType::Float16 => ScalarValue::Float16(None),
                _ => ScalarValue::Float64(None),
            };
            let when_then_expr = vec![(Box::new(is_equal), Box::new(lit(null)))];
            let else_expr = args.into_iter().next().map(Box::new);
            Ok(Transformed::yes(Expr::Case(Case { expr: None, when_then_expr, else_expr })))
        }
        expr => Ok(Transformed::no(expr)),
    }
}
