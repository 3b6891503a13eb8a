//! Decimals beside floating point numbers.
//!
//! The relational core makes decimals of 15 digits behind the point of both, and 17.1 is 17.100000000000002 among these, which is not
//! what a column of decimals has; and it computes with decimals and numbers that are written as with doubles, so that 17.10 + 0.1 is not
//! 17.2. Here a number that is written is the decimal that is written, and where other numbers of floating point stand beside decimals,
//! decimals become such.
//!
//! A quotient of decimals is one of floating point, too: the relational core's has four more digits than the dividend, whatever it is, and
//! 0.01 / 100000 was 0.000000.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::error::Result;
use datafusion::logical_expr::expr::{
    Between, Case, Cast, InList, InSubquery, ScalarFunction, SetComparison,
};
use datafusion::logical_expr::{
    BinaryExpr, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Operator, Subquery, cast, lit,
};
use datafusion::optimizer::AnalyzerRule;

use super::dates_beside_times::compares;
use crate::walk::rewrite_expressions;

/// The most digits of a decimal.
const MAX_DIGITS: u8 = 38;

/// Functions whose result is one of their arguments.
const CHOICES: [&str; 4] = ["coalesce", "greatest", "least", "nullif"];

/// Functions whose result has no digits behind the point.
const WHOLE_NUMBERS: [&str; 2] = ["ceil", "floor"];

/// Functions whose result has as many digits behind the point as they are told.
const ROUNDINGS: [&str; 2] = ["round", "trunc"];

/// Gives numbers that are compared, or of which one is chosen, a type that loses nothing. It has to come before the core looks at
/// types.
#[derive(Debug)]
pub(crate) struct DecimalsBesideFloats;

impl AnalyzerRule for DecimalsBesideFloats {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        rewrite_expressions(plan, unified)
    }

    fn name(&self) -> &str {
        "decimals_beside_floats"
    }
}

fn unified(mut expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let is_changed = match &mut expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if compares(*op) => {
            unify(&mut [left, right], schema)
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            divide_as_floats(left, *op, right, schema)
                || write_decimal(left, right, *op, schema)
                || write_decimal(right, left, *op, schema)
        }
        Expr::Between(Between { expr, low, high, .. }) => unify(&mut [expr, low, high], schema),
        Expr::InList(InList { expr, list, .. }) => {
            let mut numbers: Vec<&mut Expr> = list.iter_mut().collect();
            numbers.push(expr);
            unify(&mut numbers, schema)
        }
        Expr::Case(Case { expr, when_then_expr, else_expr }) => {
            let (mut whens, mut thens): (Vec<&mut Expr>, Vec<&mut Expr>) =
                when_then_expr.iter_mut().map(|(when, then)| (when.as_mut(), then.as_mut())).unzip();
            whens.extend(expr.as_deref_mut());
            thens.extend(else_expr.as_deref_mut());
            unify(&mut whens, schema) | unify(&mut thens, schema)
        }
        Expr::ScalarFunction(ScalarFunction { func, args }) if CHOICES.contains(&func.name()) => {
            unify(&mut args.iter_mut().collect::<Vec<_>>(), schema)
        }
        Expr::ScalarFunction(ScalarFunction { func, args }) if ROUNDINGS.contains(&func.name()) => {
            if let Some(decimal) = written_decimal(&args[0], 1, 0).filter(|_| func.name() == "round") {
                args[0] = lit(decimal);
                args.get_mut(1).map(settle_places);
                return Ok(Transformed::yes(cast(expr, DataType::Float64)));
            }
            args[0].get_type(schema)?.is_decimal() && args.get_mut(1).is_some_and(settle_places)
        }
        Expr::ScalarFunction(ScalarFunction { func, args }) if WHOLE_NUMBERS.contains(&func.name()) => {
            let Some((wider, whole)) = whole_number_of(&args[0], schema)? else {
                return Ok(Transformed::no(expr));
            };
            args[0] = cast(std::mem::take(&mut args[0]), wider);
            return Ok(Transformed::yes(cast(expr, whole)));
        }
        Expr::InSubquery(InSubquery { expr, subquery, .. })
        | Expr::SetComparison(SetComparison { expr, subquery, .. }) => {
            unify_with_rows(expr, subquery, schema)?
        }
        _ => false,
    };
    Ok(Transformed::new_transformed(expr, is_changed))
}

/// Makes floating point numbers of decimals that are divided, or that others are divided by; whether they are. Of integers in decimals, of
/// which some are too long for such numbers, quotients are decimals.
fn divide_as_floats(left: &mut Expr, op: Operator, right: &mut Expr, schema: &DFSchema) -> bool {
    if op != Operator::Divide {
        return false;
    }
    let (Ok(dividend), Ok(divisor)) = (left.get_type(schema), right.get_type(schema)) else { return false };
    let is_exact = |ty: &DataType| ty.is_integer() || ty.is_decimal();
    let has_fraction =
        |ty: &DataType| matches!(ty, DataType::Decimal128(_, 1..) | DataType::Decimal256(_, 1..));
    let has_digits_behind = has_fraction(&dividend) || has_fraction(&divisor);
    let is_quotient = is_exact(&dividend) && is_exact(&divisor) && has_digits_behind;
    if is_quotient {
        for number in [left, right] {
            *number = cast(std::mem::take(number), DataType::Float64);
        }
    }
    is_quotient
}

/// Makes a decimal of a number that is written, where it is added to a decimal, taken from it, or multiplied with it, and the result
/// has no more digits than there may be; whether that is so.
fn write_decimal(number: &mut Expr, other: &Expr, op: Operator, schema: &DFSchema) -> bool {
    let Some(ScalarValue::Decimal128(units @ Some(_), own_precision, own_scale)) =
        written_decimal(number, 1, 0)
    else {
        return false;
    };
    let Ok(DataType::Decimal128(precision, scale)) = other.get_type(schema) else { return false };
    let is_float = number.get_type(schema).is_ok_and(|ty| ty.is_floating());
    let before = |precision: u8, scale: i8| i16::from(precision) - i16::from(scale);
    let digits = match op {
        Operator::Multiply => i16::from(precision) + i16::from(own_precision),
        Operator::Plus | Operator::Minus | Operator::Modulo => {
            before(precision, scale).max(before(own_precision, own_scale)) + i16::from(scale.max(own_scale))
        }
        _ => return false,
    };
    let is_exact = is_float && digits < i16::from(MAX_DIGITS);
    if is_exact {
        *number = lit(ScalarValue::Decimal128(units, own_precision, own_scale));
    }
    is_exact
}

/// Makes a number of digits that is written one of the type that the core takes: which type the result has depends on it, and the core
/// would know it only when others have been told another one.
fn settle_places(places: &mut Expr) -> bool {
    let written = match places {
        Expr::Literal(ScalarValue::Int64(Some(places)), _) => Some(*places),
        Expr::Negative(inner) => match inner.as_ref() {
            Expr::Literal(ScalarValue::Int64(Some(places)), _) => places.checked_neg(),
            _ => None,
        },
        _ => None,
    };
    let Some(written) = written.and_then(|written| i32::try_from(written).ok()) else { return false };
    *places = lit(written);
    true
}

/// A type of decimals that also holds the next whole number, and the type of this: the relational core's is that of the number itself, which
/// may have no place for it; `None` for other numbers.
fn whole_number_of(number: &Expr, schema: &DFSchema) -> Result<Option<(DataType, DataType)>> {
    let DataType::Decimal128(precision, scale @ 1..) = number.get_type(schema)? else { return Ok(None) };
    let narrower = DataType::Decimal128(precision.saturating_sub(1), scale);
    if let Expr::Cast(Cast { expr, .. }) = number
        && expr.get_type(schema)? == narrower
    {
        return Ok(None);
    }
    let wider = DataType::Decimal128(precision.saturating_add(1).min(MAX_DIGITS), scale);
    Ok(Some((wider, DataType::Decimal128(precision, 0))))
}

/// Makes floating point numbers of decimals, where one is looked for among rows of such, or the other way round; whether that is so.
fn unify_with_rows(number: &mut Expr, rows: &mut Subquery, schema: &DFSchema) -> Result<bool> {
    let [of_rows] = rows.subquery.schema().fields().as_ref() else { return Ok(false) };
    let own = number.get_type(schema)?;
    if own.is_decimal() && of_rows.data_type().is_floating() {
        *number = cast(std::mem::take(number), DataType::Float64);
        return Ok(true);
    }
    if !own.is_floating() || !of_rows.data_type().is_decimal() {
        return Ok(false);
    }
    let (qualifier, field) = rows.subquery.schema().qualified_field(0);
    let column = cast(Expr::from((qualifier, field)), DataType::Float64).alias(field.name());
    let plan = LogicalPlanBuilder::new_from_arc(Arc::clone(&rows.subquery)).project([column])?.build()?;
    *rows = rows.with_plan(Arc::new(plan));
    Ok(true)
}

/// Gives numbers one type, if some are decimals and others are of floating point; whether there are such.
fn unify(numbers: &mut [&mut Expr], schema: &DFSchema) -> bool {
    let type_of = |expr: &Expr| expr.get_type(schema).unwrap_or(DataType::Null);
    let types: Vec<DataType> = numbers.iter().map(|number| type_of(number)).collect();
    if !types.iter().any(DataType::is_decimal) || !types.iter().any(DataType::is_floating) {
        return false;
    }
    let mut decimals: Vec<&DataType> = types.iter().filter(|ty| ty.is_decimal()).collect();
    decimals.dedup();
    let written: Option<Vec<Option<Expr>>> = match decimals.as_slice() {
        [DataType::Decimal128(precision, scale)] => {
            let decimal = |(number, ty): (&&mut Expr, &DataType)| match ty.is_floating() {
                true => Some(Some(lit(written_decimal(number, *precision, *scale)?))),
                false => Some(None),
            };
            numbers.iter().zip(&types).map(decimal).collect()
        }
        _ => None,
    };
    match written {
        Some(written) => {
            for (number, decimal) in numbers.iter_mut().zip(written) {
                if let Some(decimal) = decimal {
                    **number = decimal;
                }
            }
        }
        None => {
            for (number, _) in numbers.iter_mut().zip(&types).filter(|(_, ty)| ty.is_decimal()) {
                **number = cast(std::mem::take(*number), DataType::Float64);
            }
        }
    }
    true
}

/// A number that is written, as a decimal beside those of a type; `None`: it is none, or has more digits than go with those.
fn written_decimal(number: &Expr, precision: u8, scale: i8) -> Option<ScalarValue> {
    let value = match number {
        Expr::Literal(ScalarValue::Float64(value), _) => *value,
        Expr::Literal(ScalarValue::Float32(value), _) => value.map(f64::from),
        Expr::Negative(inner) => match inner.as_ref() {
            Expr::Literal(ScalarValue::Float64(value), _) => value.map(|value| -value),
            _ => return None,
        },
        _ => return None,
    };
    let Some(value) = value else { return Some(ScalarValue::Decimal128(None, precision, scale)) };
    // The shortest text that is this number: the one that was written, if it has no more digits than such a number keeps.
    let text = value.is_finite().then(|| value.to_string())?;
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let own_scale = i8::try_from(fraction.len()).ok()?.max(scale);
    let zeros = "0".repeat(usize::try_from(own_scale).ok()?.checked_sub(fraction.len())?);
    let units: i128 = format!("{whole}{fraction}{zeros}").parse().ok()?;
    let digits = u8::try_from(units.unsigned_abs().checked_ilog10().map_or(1, |log| log + 1)).ok()?;
    // The other ones get as many digits behind the point as this one has, and keep those in front of it.
    let wanted = precision.checked_add(u8::try_from(own_scale - scale).ok()?)?.max(digits);
    (wanted <= MAX_DIGITS).then_some(ScalarValue::Decimal128(Some(units), wanted, own_scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_decimals_that_are_written() {
        let written = |value: f64, precision, scale| written_decimal(&lit(value), precision, scale);
        let decimal = |units, precision, scale| Some(ScalarValue::Decimal128(Some(units), precision, scale));
        assert_eq!(written(17.1, 12, 2), decimal(1710, 12, 2));
        assert_eq!(written(-69.04, 4, 2), decimal(-6904, 4, 2));
        assert_eq!(written(17.125, 12, 2), decimal(17125, 13, 3));
        assert_eq!(written(1000.0, 4, 2), decimal(100_000, 6, 2));
        assert_eq!(written(0.0, 4, 0), decimal(0, 4, 0));
        assert_eq!(written(1e-7, 38, 2), None);
        assert_eq!(written(1e300, 12, 2), None);
        assert_eq!(written(f64::NAN, 12, 2), None);
        let negative = Expr::Negative(Box::new(lit(0.5)));
        assert_eq!(written_decimal(&negative, 5, 2), decimal(-50, 5, 2));
    }
}
