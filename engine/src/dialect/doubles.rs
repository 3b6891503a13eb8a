//! Functions of floating point numbers, of which the relational core computes some otherwise, and fails for others.
//!
//! * `round(2.675, 2)` is 2.67, as the number is a hair less than what is written; the core multiplies first, which makes 267.5 of it.
//! * `trunc(1.5, 400)` is 1.5, and not NaN.
//! * `sqrt(-1)` is NaN and `power(0, -1)` infinite, where the core has errors: one such row among millions would be the end of a query.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array, PrimitiveArray};
use datafusion::arrow::compute::binary;
use datafusion::arrow::datatypes::{DataType, Float32Type, Float64Type, Int32Type, Int64Type};
use datafusion::error::Result;
use datafusion::functions::math;
use datafusion::logical_expr::ScalarUDF;

use super::in_place_of::in_place_of;

/// All of them.
pub(super) fn functions_of_doubles() -> Vec<Arc<ScalarUDF>> {
    vec![
        round(),
        in_place_of(math::sqrt(), |args| sqrt(&args[0])),
        in_place_of(math::power(), |args| power(&args[0], &args[1])),
        in_place_of(math::trunc(), |args| cut_off(&args[0], args.get(1)?)),
    ]
}

/// `round(x)`, `round(x, places)`.
fn round() -> Arc<ScalarUDF> {
    in_place_of(math::round(), |args| rounded(&args[0], args.get(1)))
}

fn sqrt(values: &ArrayRef) -> Option<Result<ArrayRef>> {
    of_each(values, f64::sqrt).map(Ok)
}

fn power(bases: &ArrayRef, exponents: &ArrayRef) -> Option<Result<ArrayRef>> {
    let bases = bases.as_primitive_opt::<Float64Type>()?;
    let exponents = exponents.as_primitive_opt::<Float64Type>()?;
    let powers: Result<Float64Array, _> = binary(bases, exponents, f64::powf);
    Some(powers.map(|powers| Arc::new(powers) as ArrayRef).map_err(Into::into))
}

fn rounded(values: &ArrayRef, places: Option<&ArrayRef>) -> Option<Result<ArrayRef>> {
    let Some(places) = places else { return of_each(values, f64::round).map(Ok) };
    let places = places.as_primitive_opt::<Int32Type>()?;
    let of_all = places.values().first().copied().unwrap_or_default();
    if places.null_count() == 0 && places.values().iter().all(|places| *places == of_all) {
        return of_each(values, |value| round_to(value, of_all)).map(Ok);
    }
    let rounded = match values.data_type() {
        DataType::Float64 => {
            let values = values.as_primitive::<Float64Type>();
            binary(values, places, round_to)
                .map(|rounded: PrimitiveArray<Float64Type>| Arc::new(rounded) as _)
        }
        DataType::Float32 => {
            let values = values.as_primitive::<Float32Type>();
            let round = |value, places| round_to(f64::from(value), places) as f32;
            binary(values, places, round).map(|rounded: PrimitiveArray<Float32Type>| Arc::new(rounded) as _)
        }
        _ => return None,
    };
    Some(rounded.map_err(Into::into))
}

/// Where the digits that are kept are told once.
fn cut_off(values: &ArrayRef, places: &ArrayRef) -> Option<Result<ArrayRef>> {
    let places = places.as_primitive_opt::<Int64Type>()?;
    let of_all = places.values().first().copied()?;
    if places.null_count() > 0 || places.values().iter().any(|places| *places != of_all) {
        return None;
    }
    of_each(values, |value| truncate_to(value, of_all)).map(Ok)
}

/// The number without what is behind so many digits.
fn truncate_to(value: f64, places: i64) -> f64 {
    let unit = 10_f64.powi(i32::try_from(places.saturating_abs()).unwrap_or(i32::MAX));
    if places < 0 {
        return if unit.is_finite() { (value / unit).trunc() * unit } else { 0.0_f64.copysign(value) };
    }
    let scaled = value * unit;
    if scaled.is_finite() { scaled.trunc() / unit } else { value }
}

/// Values computed of each; `None` of other types.
fn of_each(values: &ArrayRef, compute: impl Fn(f64) -> f64) -> Option<ArrayRef> {
    match values.data_type() {
        DataType::Float64 => {
            Some(Arc::new(values.as_primitive::<Float64Type>().unary::<_, Float64Type>(compute)))
        }
        DataType::Float32 => {
            let values = values.as_primitive::<Float32Type>();
            Some(Arc::new(values.unary::<_, Float32Type>(|value| compute(f64::from(value)) as f32)))
        }
        _ => None,
    }
}

/// The number with so many digits behind the point that is nearest to a number, and of two the one further from zero.
fn round_to(value: f64, places: i32) -> f64 {
    let unit = 10_f64.powi(places.saturating_abs());
    let (scaled, is_fraction) = if places < 0 { (value / unit, false) } else { (value * unit, true) };
    if !scaled.is_finite() {
        return value;
    }
    if unit.is_infinite() {
        return 0.0_f64.copysign(value);
    }
    let whole = scaled.trunc();
    let rest = (scaled - whole).abs();
    // What has been rounded away of half a unit: one operation tells it exactly.
    let is_up = rest > 0.5
        || rest == 0.5 && {
            let more =
                if is_fraction { value.mul_add(unit, -scaled) } else { (-scaled).mul_add(unit, value) };
            more == 0.0 || (more < 0.0) == (value < 0.0)
        };
    let rounded = if is_up { whole + 1_f64.copysign(value) } else { whole };
    match (is_fraction, rounded == scaled) {
        // It has no more digits.
        (true, true) => value,
        (true, false) => rounded / unit,
        (false, _) => rounded * unit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_as_what_they_are() {
        for (value, places, expected) in [
            (2.675, 2, 2.67),
            (-2.675, 2, -2.67),
            (0.285, 2, 0.28),
            (1.005, 2, 1.0),
            (125.55, 1, 125.5),
            (0.125, 2, 0.13),
            (-0.125, 2, -0.13),
            (2.5, 0, 3.0),
            (0.499_999_999_999_999_94, 0, 0.0),
            (15.0, -1, 20.0),
            (-25.0, -1, -30.0),
            (14.999, -1, 10.0),
            (1e300, 2, 1e300),
            (1_234_567_890_123_455.0, 1, 1_234_567_890_123_455.0),
            (42.0, -400, 0.0),
            (2.5, 400, 2.5),
        ] {
            assert_eq!(round_to(value, places), expected, "round({value}, {places})");
        }
        for (value, places, expected) in [
            (1.59, 1, 1.5),
            (-1.59, 1, -1.5),
            (1.5, 400, 1.5),
            (159.0, -1, 150.0),
            (159.0, -400, 0.0),
            (1e300, 20, 1e300),
        ] {
            assert_eq!(truncate_to(value, places), expected, "trunc({value}, {places})");
        }
        assert!(round_to(f64::NAN, 2).is_nan());
        assert_eq!(round_to(f64::NEG_INFINITY, -2), f64::NEG_INFINITY);
    }
}
