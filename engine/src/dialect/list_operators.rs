//! Operators between lists that the relational core has not, or not so: `a && b`, whether they have an item in common, and `a || b`, which is
//! null where either is, as it is of texts. To the function, `list_concat(a, b)`, a null is no list.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::error::Result;
use datafusion::functions_nested::expr_fn::{array_concat, array_has_any};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{ExprSchemable, lit, when};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use super::nested_as_text::is_list;

/// Plans these operators.
#[derive(Debug)]
pub(super) struct ListOperators;

impl ExprPlanner for ListOperators {
    fn plan_binary_op(&self, expr: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        if !matches!(expr.op, BinaryOperator::StringConcat | BinaryOperator::PGOverlap) {
            return Ok(PlannerResult::Original(expr));
        }
        let (left, right) = (expr.left.get_type(schema)?, expr.right.get_type(schema)?);
        let unknown = match (is_list(&left), is_list(&right)) {
            (true, true) if expr.op == BinaryOperator::PGOverlap => {
                return Ok(PlannerResult::Planned(array_has_any(expr.left, expr.right)));
            }
            _ if expr.op == BinaryOperator::PGOverlap => return Ok(PlannerResult::Original(expr)),
            (true, true) => {
                if !expr.left.nullable(schema)? && !expr.right.nullable(schema)? {
                    return Ok(PlannerResult::Original(expr));
                }
                let known = expr.left.clone().is_not_null().and(expr.right.clone().is_not_null());
                let joined = array_concat(vec![expr.left, expr.right]);
                return Ok(PlannerResult::Planned(when(known, joined).end()?));
            }
            (true, false) if right == DataType::Null => left,
            (false, true) if left == DataType::Null => right,
            _ => return Ok(PlannerResult::Original(expr)),
        };
        Ok(PlannerResult::Planned(lit(ScalarValue::try_from(&unknown)?)))
    }
}
