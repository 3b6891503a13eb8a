//! `a << b` and `a >> b` of integers, which are errors where bits would be lost, or nobody can say what is meant.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, Datum, PrimitiveArray, downcast_integer_array,
};
use datafusion::arrow::error::ArrowError;

use crate::error::Error;

/// The left value with its bits further up.
///
/// # Errors
/// The result does not fit, the value or the number of bits is negative.
pub(super) fn shift_left(left: &dyn Datum, right: &dyn Datum) -> Result<ArrayRef, ArrowError> {
    shifted(left, right, |value, bits| {
        if value < 0 {
            return Err(meaningless(
                &format!("{value} << {bits}: a negative number cannot be shifted to the left"),
                "multiply instead: x * power(2, n)",
            ));
        }
        // Nothing of more than 64 bits is an integer here, and 128 have room for it shifted by 63.
        Ok(if value == 0 { Some(0) } else { (bits < 64).then(|| value << bits) })
    })
}

/// The left value with its bits further down; those that fall out are gone, as in a division that is rounded down.
///
/// # Errors
/// The number of bits is negative.
pub(super) fn shift_right(left: &dyn Datum, right: &dyn Datum) -> Result<ArrayRef, ArrowError> {
    shifted(left, right, |value, bits| Ok(Some(value >> bits.min(127))))
}

/// What becomes of a value and a number of bits; `None`: it does not fit.
type Shift = fn(i128, u32) -> Result<Option<i128>, ArrowError>;

fn shifted(left: &dyn Datum, right: &dyn Datum, shift: Shift) -> Result<ArrayRef, ArrowError> {
    let places = paired_rows(left, right);
    let (left, right) = (left.get().0, right.get().0);
    if left.data_type() != right.data_type() {
        return Err(ArrowError::InvalidArgumentError("shifts are of two integers of one type".to_owned()));
    }
    downcast_integer_array!(
        left => of_integers(left, right.as_primitive(), places, shift),
        other => Err(ArrowError::InvalidArgumentError(format!("shifts are of integers, not of {other}")))
    )
}

/// The rows of two operands that go together: of a single value, always the first.
pub(crate) fn paired_rows(
    left: &dyn Datum,
    right: &dyn Datum,
) -> impl Iterator<Item = (usize, usize)> + use<> {
    let ((left, left_is_one), (right, right_is_one)) = (left.get(), right.get());
    let rows = match (left_is_one, right_is_one) {
        (true, true) => 1,
        (true, false) => right.len(),
        (false, _) => left.len(),
    };
    (0..rows).map(move |row| (if left_is_one { 0 } else { row }, if right_is_one { 0 } else { row }))
}

fn of_integers<T: ArrowPrimitiveType>(
    left: &PrimitiveArray<T>,
    right: &PrimitiveArray<T>,
    places: impl Iterator<Item = (usize, usize)>,
    shift: Shift,
) -> Result<ArrayRef, ArrowError>
where
    T::Native: Into<i128> + TryFrom<i128>,
{
    let value = |(l, r): (usize, usize)| {
        if left.is_null(l) || right.is_null(r) {
            return Ok(None);
        }
        let (value, bits): (i128, i128) = (left.value(l).into(), right.value(r).into());
        if bits < 0 {
            return Err(meaningless(
                &format!("the number of bits to shift by is negative: {bits}"),
                "the other operator shifts the other way: >> for <<",
            ));
        }
        let bits = u32::try_from(bits).unwrap_or(u32::MAX);
        let result = shift(value, bits)?.and_then(|result| T::Native::try_from(result).ok());
        let too_large = || ArrowError::ArithmeticOverflow(format!("{value} << {bits}"));
        result.map(Some).ok_or_else(too_large)
    };
    let shifted: PrimitiveArray<T> = places.map(value).collect::<Result<_, ArrowError>>()?;
    Ok(Arc::new(shifted))
}

fn meaningless(message: &str, hint: &str) -> ArrowError {
    ArrowError::ExternalError(Box::new(Error::query(message, hint.to_owned())))
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{Int64Array, UInt8Array};
    use datafusion::arrow::datatypes::Int64Type;

    use super::*;

    #[test]
    fn bits_that_would_be_lost_are_errors() {
        let shift =
            |value: i64, bits: i64, shift: fn(&dyn Datum, &dyn Datum) -> Result<ArrayRef, ArrowError>| {
                let result = shift(&Int64Array::from(vec![value]), &Int64Array::new_scalar(bits));
                result.map(|result| result.as_primitive::<Int64Type>().value(0))
            };
        for (value, bits, expected) in [
            (1, 3, Some(8)),
            (0, 70, Some(0)),
            (1, 62, Some(1 << 62)),
            (1, 63, None),
            (1, 64, None),
            (1, 70, None),
        ] {
            assert_eq!(shift(value, bits, shift_left).ok(), expected, "{value} << {bits}");
        }
        assert!(shift(-1, 2, shift_left).is_err() && shift(1, -1, shift_left).is_err());
        for (value, bits, expected) in [
            (1024, 3, Some(128)),
            (1024, 70, Some(0)),
            (-8, 1, Some(-4)),
            (-8, 1 << 40, Some(-1)),
            (8, -1, None),
        ] {
            assert_eq!(shift(value, bits, shift_right).ok(), expected, "{value} >> {bits}");
        }
        assert!(shift_left(&UInt8Array::from(vec![64]), &UInt8Array::from(vec![2])).is_err());
    }
}
