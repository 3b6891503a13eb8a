//! `CAST(2.7 AS integer)`, which is 3, as in DuckDB and PostgreSQL; the relational core cuts the fraction off.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Float32Type, Float64Type};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, ScalarValue, internal_err};
use datafusion::error::Result;
use datafusion::functions::utils::make_scalar_function;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    Cast, ColumnarValue, Expr, ExprSchemable, LogicalPlan, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, TryCast, Volatility, lit,
};
use datafusion::optimizer::AnalyzerRule;

use crate::walk::rewrite_expressions;

/// Rounds numbers with fractions before they are cast to integers: to the nearest one, decimals of which two are as near to the
/// one away from zero, others to the even one. A number that is written is a decimal. It has to come before the core adds casts of its own.
#[derive(Debug)]
pub(crate) struct RoundedCasts;

impl AnalyzerRule for RoundedCasts {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        rewrite_expressions(plan, rounded)
    }

    fn name(&self) -> &str {
        "rounded_casts"
    }
}

fn rounded(mut expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let (Expr::Cast(Cast { expr: number, field }) | Expr::TryCast(TryCast { expr: number, field })) =
        &mut expr
    else {
        return Ok(Transformed::no(expr));
    };
    let has_fractions =
        |ty: DataType| matches!(ty, DataType::Float32 | DataType::Float64 | DataType::Decimal128(..));
    if !field.data_type().is_integer() || !number.get_type(schema).is_ok_and(has_fractions) {
        return Ok(Transformed::no(expr));
    }
    **number = match std::mem::take(number.as_mut()) {
        Expr::Literal(ScalarValue::Float64(Some(written)), _) => lit(written.round()),
        Expr::ScalarFunction(call) if call.func.inner().is::<Nearest>() => Expr::ScalarFunction(call),
        number => Expr::ScalarFunction(ScalarFunction::new_udf(Arc::clone(&NEAREST), vec![number])),
    };
    Ok(Transformed::yes(expr))
}

static NEAREST: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| {
    let signature = Signature::any(1, Volatility::Immutable);
    Arc::new(ScalarUDF::from(Nearest { signature }))
});

/// The nearest integer, in the type of the number.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Nearest {
    signature: Signature,
}

impl ScalarUDFImpl for Nearest {
    fn name(&self) -> &str {
        "nearest_integer"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(types[0].clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        make_scalar_function(nearest, vec![])(&args.args)
    }
}

fn nearest(args: &[ArrayRef]) -> Result<ArrayRef> {
    let numbers = &args[0];
    Ok(match numbers.data_type() {
        DataType::Float32 => {
            let numbers = numbers.as_primitive::<Float32Type>();
            Arc::new(numbers.unary::<_, Float32Type>(f32::round_ties_even))
        }
        DataType::Float64 => {
            let numbers = numbers.as_primitive::<Float64Type>();
            Arc::new(numbers.unary::<_, Float64Type>(f64::round_ties_even))
        }
        DataType::Decimal128(_, scale @ 1..) => {
            let unit = 10_i128.pow(u32::from(scale.unsigned_abs()));
            let numbers = numbers.as_primitive::<Decimal128Type>();
            // More digits than such a decimal has are only on their way to an integer.
            let whole = numbers.unary::<_, Decimal128Type>(|units| whole_units(units, unit));
            Arc::new(whole.with_data_type(numbers.data_type().clone()))
        }
        // All of them are integers.
        DataType::Decimal128(..) => Arc::clone(numbers),
        other => return internal_err!("nearest_integer of {other}"),
    })
}

/// The multiple of a unit that is nearest, and of two of them the one away from zero.
fn whole_units(units: i128, unit: i128) -> i128 {
    let rest = units % unit;
    let down = units - rest;
    match rest.abs() >= unit - rest.abs() && rest != 0 {
        true => down + unit * rest.signum(),
        false => down,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_as_near_to_two_integers_go_away_from_zero() {
        let nearest = [-15, -14, -5, -4, 0, 4, 5, 14, 15].map(|units| whole_units(units, 10));
        assert_eq!(nearest, [-20, -10, -10, 0, 0, 0, 10, 10, 20]);
    }
}
