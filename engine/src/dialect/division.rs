//! `7 / 2` of integers, which is 3.5, as in DuckDB, Polars and pandas, and `7 // 2`, which is 3.
//!
//! The relational core cuts the fraction off, so that `sum(x) / count(*)` would not be the mean of x.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Datum, Decimal128Array};
use datafusion::arrow::compute::kernels::numeric::div;
use datafusion::arrow::datatypes::{DECIMAL128_MAX_PRECISION, DataType, Decimal128Type};
use datafusion::arrow::error::ArrowError;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::type_coercion::binary::BinaryTypeCoercer;
use datafusion::logical_expr::{
    BinaryExpr, ColumnarValue, Expr, ExprSchemable, Operator, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, Volatility, cast,
};
use datafusion::physical_expr_common::datum::apply;
use datafusion::sql::sqlparser::ast::BinaryOperator;

use crate::inspect::type_name;
use crate::overflow::{overflowed, paired_rows};
use crate::walk::Walk;

/// Plans `/` of SQL, unless the session asks for quotients of integers that are integers.
#[derive(Debug)]
pub(super) struct Division {
    pub(super) of_integers: Arc<AtomicBool>,
}

impl ExprPlanner for Division {
    fn plan_binary_op(
        &self,
        mut expr: RawBinaryExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawBinaryExpr>> {
        let is_exact = expr.op == BinaryOperator::Divide && !self.of_integers.load(Ordering::Relaxed);
        if is_exact && are_integers(&expr.left, &expr.right, schema) {
            expr.left = cast(expr.left, DataType::Float64);
        }
        Ok(PlannerResult::Original(expr))
    }
}

/// An expression of the library, in which quotients of integers have fractions.
pub(crate) fn with_fractions(expr: Expr, schema: &DFSchema) -> Result<Expr> {
    let exact = expr.transform_up_dyn(|expr| match expr {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Divide, right })
            if are_integers(&left, &right, schema) =>
        {
            Ok(Transformed::yes(cast(*left, DataType::Float64) / *right))
        }
        expr => Ok(Transformed::no(expr)),
    });
    Ok(exact?.data)
}

/// Whether both are integers. What has no type is told by those that need one.
fn are_integers(left: &Expr, right: &Expr, schema: &DFSchema) -> bool {
    let is_integer = |expr: &Expr| expr.get_type(schema).is_ok_and(|ty| ty.is_integer());
    is_integer(left) && is_integer(right)
}

/// `divide(a, b)`, which is `a // b`: the quotient, of integers without its fraction.
pub(crate) fn divide() -> Arc<ScalarUDF> {
    Arc::new(ScalarUDF::from(Divide { signature: Signature::user_defined(Volatility::Immutable) }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Divide {
    signature: Signature,
}

impl ScalarUDFImpl for Divide {
    fn name(&self) -> &str {
        "divide"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let is_number = |ty: &DataType| ty.is_numeric() || ty.is_null();
        let [left, right] = types else { return plan_err!("divide takes two numbers, as in divide(7, 2)") };
        if let Some(other) = types.iter().find(|ty| !is_number(ty)) {
            return plan_err!("divide: expected two numbers, found {}", type_name(other));
        }
        if left.is_null() && right.is_null() {
            return Ok(vec![DataType::Float64; 2]);
        }
        let is_integer = |ty: &DataType| ty.is_integer() || ty.is_null();
        if types.iter().all(is_integer) {
            let (left, right) = BinaryTypeCoercer::new(left, &Operator::Divide, right).get_input_types()?;
            return Ok(vec![left, right]);
        }
        // Integers of many digits are decimals.
        let are_whole = types.iter().all(|ty| is_integer(ty) || matches!(ty, DataType::Decimal128(_, 0)));
        Ok(vec![if are_whole { LONG_INTEGER } else { DataType::Float64 }; 2])
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(types[0].clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let kernel = match args.arg_fields[0].data_type() {
            DataType::Decimal128(..) => quotients_of_long_integers,
            _ => div,
        };
        apply(&args.args[0], &args.args[1], kernel).map_err(overflowed)
    }
}

/// An integer of as many digits as there may be.
const LONG_INTEGER: DataType = DataType::Decimal128(DECIMAL128_MAX_PRECISION, 0);

fn quotients_of_long_integers(left: &dyn Datum, right: &dyn Datum) -> Result<ArrayRef, ArrowError> {
    let rows = paired_rows(left, right);
    // The units of such decimals are the integers themselves.
    let (left, right) =
        (left.get().0.as_primitive::<Decimal128Type>(), right.get().0.as_primitive::<Decimal128Type>());
    let quotient = |(l, r): (usize, usize)| {
        if left.is_null(l) || right.is_null(r) {
            return Ok(None);
        }
        match right.value(r) {
            0 => Err(ArrowError::DivideByZero),
            divisor => Ok(Some(left.value(l) / divisor)),
        }
    };
    let quotients: Decimal128Array = rows.map(quotient).collect::<Result<_, _>>()?;
    Ok(Arc::new(quotients.with_data_type(LONG_INTEGER)))
}
