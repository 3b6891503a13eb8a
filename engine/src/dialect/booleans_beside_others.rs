//! Booleans beside texts and numbers: `done = 'true'` and `done = 1`; and casts between them and decimals.
//!
//! A text is read as a boolean, and beside a number `true` is 1, as in DuckDB; the relational core compares booleans with booleans alone.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::error::Result;
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{BinaryExpr, Cast, Expr, ExprSchemable, LogicalPlan, TryCast, cast};
use datafusion::optimizer::AnalyzerRule;
use datafusion::sql::sqlparser::ast::BinaryOperator;

use super::dates_beside_times::compares;
use super::nested_as_text::is_text;
use crate::walk::rewrite_expressions;

/// Gives what is compared with a boolean a type that goes with it. It has to come before the core looks at types, which for operators is
/// where they are planned.
#[derive(Debug)]
pub(crate) struct BooleansBesideOthers;

impl ExprPlanner for BooleansBesideOthers {
    fn plan_binary_op(
        &self,
        mut expr: RawBinaryExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawBinaryExpr>> {
        use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
        if matches!(expr.op, Eq | NotEq | Lt | LtEq | Gt | GtEq) {
            unify(&mut [&mut expr.left, &mut expr.right], schema);
        }
        Ok(PlannerResult::Original(expr))
    }
}

impl AnalyzerRule for BooleansBesideOthers {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        rewrite_expressions(plan, unified)
    }

    fn name(&self) -> &str {
        "booleans_beside_others"
    }
}

fn unified(mut expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let is_changed = match &mut expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if compares(*op) => {
            unify(&mut [left, right], schema)
        }
        Expr::InList(InList { expr, list, .. }) => {
            let mut values: Vec<&mut Expr> = list.iter_mut().collect();
            values.push(expr);
            unify(&mut values, schema)
        }
        Expr::Cast(Cast { expr, field }) | Expr::TryCast(TryCast { expr, field }) => {
            cast_between(expr, field.data_type(), schema)
        }
        _ => false,
    };
    Ok(Transformed::new_transformed(expr, is_changed))
}

/// Casts from booleans to decimals, and back, by way of a number that the core knows both of; whether it is such a cast.
fn cast_between(value: &mut Expr, to: &DataType, schema: &DFSchema) -> bool {
    let between = match (value.get_type(schema), to) {
        (Ok(DataType::Boolean), DataType::Decimal128(..)) => DataType::Int64,
        (Ok(DataType::Decimal128(..)), DataType::Boolean) => DataType::Float64,
        _ => return false,
    };
    *value = cast(std::mem::take(value), between);
    true
}

/// Makes numbers of booleans, if there are numbers, and booleans of texts, if there are none; whether there are booleans and others.
fn unify(values: &mut [&mut Expr], schema: &DFSchema) -> bool {
    let types: Vec<DataType> =
        values.iter().map(|value| value.get_type(schema).unwrap_or(DataType::Null)).collect();
    let has = |is: fn(&DataType) -> bool| types.iter().any(is);
    let (from, to): (fn(&DataType) -> bool, _) = match has(|ty| *ty == DataType::Boolean) {
        true if has(DataType::is_numeric) => (|ty| *ty == DataType::Boolean, DataType::Int64),
        true if has(is_text) => (is_text, DataType::Boolean),
        _ => return false,
    };
    for (value, _) in values.iter_mut().zip(&types).filter(|(_, ty)| from(ty)) {
        **value = cast(std::mem::take(*value), to.clone());
    }
    true
}
