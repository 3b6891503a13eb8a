//! `x * '10'`: a number in quotes beside a number, as in DuckDB and PostgreSQL.

use datafusion::common::{DFSchema, ScalarValue};
use datafusion::error::Result;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{Expr, ExprSchemable, lit};
use datafusion::sql::sqlparser::ast::BinaryOperator;

/// Reads what is written in quotes beside an arithmetic operator; columns of texts stay what they are.
#[derive(Debug)]
pub(super) struct NumbersInQuotes;

impl ExprPlanner for NumbersInQuotes {
    fn plan_binary_op(
        &self,
        mut expr: RawBinaryExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawBinaryExpr>> {
        use BinaryOperator::{Divide, Minus, Modulo, Multiply, Plus};
        if matches!(expr.op, Plus | Minus | Multiply | Divide | Modulo) {
            if let Some(number) = number_beside(&expr.right, &expr.left, schema) {
                expr.right = number;
            } else if let Some(number) = number_beside(&expr.left, &expr.right, schema) {
                expr.left = number;
            }
        }
        Ok(PlannerResult::Original(expr))
    }
}

/// The number that a text is beside another; `None`: it is no text that is written down, or holds none of that kind.
fn number_beside(text: &Expr, other: &Expr, schema: &DFSchema) -> Option<Expr> {
    let Expr::Literal(ScalarValue::Utf8(Some(text)), _) = text else { return None };
    let ty = other.get_type(schema).ok().filter(|ty| ty.is_numeric())?;
    let text = text.trim_ascii();
    match text.parse::<i64>() {
        Ok(integer) => Some(lit(integer)),
        Err(_) if ty.is_integer() => None,
        Err(_) => text.parse::<f64>().ok().map(lit),
    }
}
