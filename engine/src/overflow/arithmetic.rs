//! `+`, `-` and `*` of integers, and of decimals with as many digits as there may be; and `/` of floating point numbers.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Datum};
use arrow::compute::kernels::numeric::{add, div, mul, sub};
use arrow::datatypes::{
    ArrowPrimitiveType, DECIMAL128_MAX_PRECISION, DataType, Decimal128Type, Float32Type, Float64Type,
};
use arrow::error::ArrowError;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult};
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::type_coercion::binary::BinaryTypeCoercer;
use datafusion::logical_expr::{
    BinaryExpr, ColumnarValue, Expr, ExprSchemable, LogicalPlan, Operator, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, Volatility,
};
use datafusion::optimizer::AnalyzerRule;
use datafusion::physical_expr::expressions;
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_expr_common::datum::apply;

use super::shift::{shift_left, shift_right};
use crate::error::Error;
use crate::walk::{Walk, rewrite_expressions};

/// Replaces `+`, `-`, `*`, `<<` and `>>` of integers by functions that tell when they overflow, and `/` of floating point numbers by one
/// whose NaN is positive.
#[derive(Debug)]
pub(crate) struct CheckArithmetic;

impl AnalyzerRule for CheckArithmetic {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        rewrite_expressions(plan, check_expr)
    }

    fn name(&self) -> &str {
        "check_arithmetic"
    }
}

fn check_expr(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let (left, operation, right) = match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => match Operation::of(op) {
            Some(operation)
                if needs_check(operation, &type_of(&left, schema)?, &type_of(&right, schema)?) =>
            {
                (*left, operation, *right)
            }
            _ => return Ok(Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right }))),
        },
        Expr::Negative(negated) => {
            let ty = type_of(&negated, schema)?;
            if !ty.is_signed_integer() {
                return Ok(Transformed::no(Expr::Negative(negated)));
            }
            (Expr::Literal(ScalarValue::new_zero(&ty)?, None), Operation::Minus, *negated)
        }
        expr => return Ok(Transformed::no(expr)),
    };
    let (mut operations, mut values) = match left {
        Expr::ScalarFunction(ScalarFunction { func, args }) => match func.inner().downcast_ref::<Checked>() {
            Some(checked) => (checked.operations.clone(), args),
            None => (Vec::new(), vec![Expr::ScalarFunction(ScalarFunction { func, args })]),
        },
        left => (Vec::new(), vec![left]),
    };
    operations.push(operation);
    values.push(right);
    let function = Arc::new(ScalarUDF::from(Checked::new(operations)));
    Ok(Transformed::yes(Expr::ScalarFunction(ScalarFunction::new_udf(function, values))))
}

/// The type of an expression; of integers computed one after the other, that of the first, without a look at the others.
fn type_of(expr: &Expr, schema: &DFSchema) -> Result<DataType> {
    if let Expr::ScalarFunction(ScalarFunction { func, args }) = expr
        && func.inner().is::<Checked>()
        && let first = args[0].get_type(schema)?
        && first.is_integer()
    {
        return Ok(first);
    }
    expr.get_type(schema)
}

/// Whether a result may not fit into its type: of integers, and of decimals where the type that would hold all results has more
/// digits than there are. And whether it may be NaN of nothing.
fn needs_check(operation: Operation, left: &DataType, right: &DataType) -> bool {
    let is_quotient = operation == Operation::DividedBy;
    if left.is_integer() && right.is_integer() {
        return !is_quotient;
    }
    if left.is_floating() && right.is_floating() {
        return is_quotient;
    }
    let is_decimal = |ty| matches!(ty, &DataType::Decimal128(..));
    is_decimal(left)
        && is_decimal(right)
        && matches!(
            result_type(operation, left, right),
            Ok(DataType::Decimal128(DECIMAL128_MAX_PRECISION, _))
        )
}

fn result_type(operation: Operation, left: &DataType, right: &DataType) -> Result<DataType> {
    BinaryTypeCoercer::new(left, &operation.operator(), right).get_result_type()
}

/// An expression as it was before it was checked, for people.
pub(crate) fn unchecked(expr: &Arc<dyn PhysicalExpr>) -> Arc<dyn PhysicalExpr> {
    let plain = Arc::clone(expr).transform_up_dyn(|expr| {
        let Some(call) = expr.downcast_ref::<ScalarFunctionExpr>() else { return Ok(Transformed::no(expr)) };
        match (call.fun().inner().downcast_ref::<Checked>(), call.args()) {
            (Some(checked), [first, rest @ ..]) => {
                let steps = checked.operations.iter().zip(rest);
                let plain = steps.fold(Arc::clone(first), |left, (operation, right)| {
                    Arc::new(expressions::BinaryExpr::new(left, operation.operator(), Arc::clone(right)))
                });
                Ok(Transformed::yes(plain))
            }
            _ => Ok(Transformed::no(expr)),
        }
    });
    plain.data().unwrap_or_else(|_| Arc::clone(expr))
}

/// What may overflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Operation {
    Plus,
    Minus,
    Times,
    /// Of decimals and floating point numbers.
    DividedBy,
    ShiftLeft,
    ShiftRight,
}

impl Operation {
    fn of(operator: Operator) -> Option<Self> {
        match operator {
            Operator::Plus => Some(Self::Plus),
            Operator::Minus => Some(Self::Minus),
            Operator::Multiply => Some(Self::Times),
            Operator::Divide => Some(Self::DividedBy),
            Operator::BitwiseShiftLeft => Some(Self::ShiftLeft),
            Operator::BitwiseShiftRight => Some(Self::ShiftRight),
            _ => None,
        }
    }

    fn operator(self) -> Operator {
        match self {
            Self::Plus => Operator::Plus,
            Self::Minus => Operator::Minus,
            Self::Times => Operator::Multiply,
            Self::DividedBy => Operator::Divide,
            Self::ShiftLeft => Operator::BitwiseShiftLeft,
            Self::ShiftRight => Operator::BitwiseShiftRight,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Plus => "plus",
            Self::Minus => "minus",
            Self::Times => "times",
            Self::DividedBy => "quotient",
            Self::ShiftLeft => "shift_left",
            Self::ShiftRight => "shift_right",
        }
    }

    /// Whether what it computes needs parentheses in front of another operation.
    fn binds_less_than(self, other: Self) -> bool {
        let rank = |operation| match operation {
            Self::ShiftLeft | Self::ShiftRight => 0,
            Self::Plus | Self::Minus => 1,
            Self::Times | Self::DividedBy => 2,
        };
        rank(self) < rank(other)
    }

    fn kernel(self) -> fn(&dyn Datum, &dyn Datum) -> Result<ArrayRef, ArrowError> {
        match self {
            Self::Plus => add,
            Self::Minus => sub,
            Self::Times => mul,
            Self::DividedBy => div,
            Self::ShiftLeft => shift_left,
            Self::ShiftRight => shift_right,
        }
    }
}

/// Operations one after the other as one function: `(a + b) * c` is that of `+` and `*`, called with a, b and c.
///
/// However long such a chain is, it is one level of the expression: the core asks for types and names from the
/// top at each level, which takes minutes for a sum of thousands of columns if each `+` is a level of its own.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Checked {
    operations: Vec<Operation>,
    /// As shown in plans: `checked_plus(a, b, c)`, `checked_plus_times(a, b, c)`.
    name: String,
    signature: Signature,
}

impl Checked {
    fn new(operations: Vec<Operation>) -> Self {
        // Types are those of the operators, and settled.
        let signature = Signature::any(operations.len() + 1, Volatility::Immutable);
        let words = operations.iter().map(|operation| operation.word());
        let is_one = operations.windows(2).all(|pair| pair[0] == pair[1]);
        let words: Vec<_> = words.take(if is_one { 1 } else { operations.len() }).collect();
        let name = format!("checked_{}", words.join("_"));
        Self { operations, name, signature }
    }

    /// `(a + b) * c` with the texts of a, b and c.
    fn text(&self, args: &[Expr], text: impl Fn(&Expr) -> String) -> String {
        let mut written = text(&args[0]);
        let mut before = None;
        for (operation, right) in self.operations.iter().zip(&args[1..]) {
            if before.is_some_and(|before: Operation| before.binds_less_than(*operation)) {
                written = format!("({written})");
            }
            let is_computed = matches!(right, Expr::ScalarFunction(call) if call.func.inner().is::<Self>());
            let right = text(right);
            let right = if is_computed { format!("({right})") } else { right };
            written.push_str(&format!(" {} {right}", operation.operator()));
            before = Some(*operation);
        }
        written
    }
}

impl ScalarUDFImpl for Checked {
    fn name(&self) -> &str {
        &self.name
    }

    fn display_name(&self, args: &[Expr]) -> Result<String> {
        Ok(self.text(args, ToString::to_string))
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        Ok(self.text(args, |expr| expr.schema_name().to_string()))
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        let first = types[0].clone();
        if first.is_integer() {
            return Ok(first);
        }
        let mut steps = self.operations.iter().zip(&types[1..]);
        steps.try_fold(first, |left, (operation, right)| result_type(*operation, &left, right))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let ty = args.arg_fields[0].data_type();
        let first = args.args[0].clone();
        self.operations.iter().zip(&args.args[1..]).try_fold(first, |left, (operation, right)| {
            let result = apply(&left, right, operation.kernel());
            match ty {
                ty if ty.is_decimal() => short_enough(result),
                ty if ty.is_floating() => with_positive_nan(result?),
                _ => result.map_err(overflowed),
            }
        })
    }
}

/// Numbers in which NaN has no sign, as it has where many processors make it of `0.0 / 0.0`: it would be another one than that of files,
/// and less than all numbers.
fn with_positive_nan(result: ColumnarValue) -> Result<ColumnarValue> {
    fn positive<T: ArrowPrimitiveType>(
        numbers: &ArrayRef,
        nan: T::Native,
        is_nan: fn(T::Native) -> bool,
    ) -> Option<ArrayRef> {
        let numbers = numbers.as_primitive::<T>();
        let any_nan = numbers.values().iter().any(|number| is_nan(*number));
        let without_sign = |number| if is_nan(number) { nan } else { number };
        any_nan.then(|| Arc::new(numbers.unary::<_, T>(without_sign)) as ArrayRef)
    }
    let numbers = result.to_array(1)?;
    let positive = match numbers.data_type() {
        DataType::Float64 => positive::<Float64Type>(&numbers, f64::NAN, f64::is_nan),
        DataType::Float32 => positive::<Float32Type>(&numbers, f32::NAN, f32::is_nan),
        _ => None,
    };
    match (positive, &result) {
        (None, _) => Ok(result),
        (Some(positive), ColumnarValue::Array(_)) => Ok(ColumnarValue::Array(positive)),
        (Some(positive), ColumnarValue::Scalar(_)) => {
            Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&positive, 0)?))
        }
    }
}

/// Decimals, if they have no more digits than there may be.
fn short_enough(result: Result<ColumnarValue>) -> Result<ColumnarValue> {
    let result = result.map_err(|error| match &error {
        DataFusionError::ArrowError(inner, _) if matches!(**inner, ArrowError::ArithmeticOverflow(_)) => {
            too_long()
        }
        _ => error,
    })?;
    let decimals = result.to_array(1)?;
    let decimals = decimals.as_primitive::<Decimal128Type>();
    decimals.validate_decimal_precision(DECIMAL128_MAX_PRECISION).map_err(|_| too_long())?;
    Ok(result)
}

/// The error of a kernel in words for people.
pub(crate) fn overflowed(error: DataFusionError) -> DataFusionError {
    let DataFusionError::ArrowError(inner, _) = &error else { return error };
    let ArrowError::ArithmeticOverflow(message) = inner.as_ref() else { return error };
    let values = message.strip_prefix("Overflow happened on: ").unwrap_or(message);
    overflow(&format!("the result of {values} does not fit into an integer"))
}

/// An error of decimals that have more digits than there may be.
pub(super) fn too_long() -> DataFusionError {
    let message =
        format!("a result of decimals has more digits than there may be, {DECIMAL128_MAX_PRECISION}");
    let hint =
        "compute with less digits behind the point, CAST(x AS decimal(18, 2)), or with CAST(x AS double)";
    DataFusionError::External(Box::new(Error::query(message, hint.to_owned())))
}

/// An error that says what does not fit, and what would do.
pub(super) fn overflow(message: &str) -> DataFusionError {
    let hint =
        "compute with other numbers: CAST(x AS double), or exactly, CAST(x AS decimal(38, 0))".to_owned();
    DataFusionError::External(Box::new(Error::query(message, hint)))
}
