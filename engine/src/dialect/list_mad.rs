//! `mad(x)`, the median absolute deviation: the median of how far numbers are from their median.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Float64Array};
use datafusion::arrow::datatypes::{DataType, Field, Float64Type};
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// The function of the list of all numbers, which is null if there are none. Statements call it over `array_agg`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ListMad {
    signature: Signature,
}

impl Default for ListMad {
    fn default() -> Self {
        let numbers = DataType::List(Arc::new(Field::new_list_field(DataType::Float64, true)));
        Self { signature: Signature::exact(vec![numbers], Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for ListMad {
    fn name(&self) -> &str {
        "list_mad"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let lists = arrays[0].as_list::<i32>().iter();
        let deviations: Float64Array = lists.map(|numbers| deviation(&numbers?)).collect();
        Ok(ColumnarValue::Array(Arc::new(deviations)))
    }
}

fn deviation(numbers: &ArrayRef) -> Option<f64> {
    let mut numbers: Vec<f64> = numbers.as_primitive::<Float64Type>().iter().flatten().collect();
    let middle = median(&mut numbers)?;
    for number in &mut numbers {
        *number = (*number - middle).abs();
    }
    median(&mut numbers)
}

/// The number in the middle, or the mean of the two that are there.
fn median(numbers: &mut [f64]) -> Option<f64> {
    if numbers.is_empty() {
        return None;
    }
    let is_even = numbers.len().is_multiple_of(2);
    let half = numbers.len() / 2;
    let (lower, upper, _) = numbers.select_nth_unstable_by(half, f64::total_cmp);
    let below = lower.iter().copied().max_by(f64::total_cmp).filter(|_| is_even);
    Some(below.map_or(*upper, |below| below + (*upper - below) / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_in_the_middle() {
        for (numbers, expected) in [
            (vec![], None),
            (vec![3.0], Some(3.0)),
            (vec![4.0, 1.0], Some(2.5)),
            (vec![9.0, 1.0, 2.0], Some(2.0)),
            (vec![1.0, 9.0, 2.0, 4.0], Some(3.0)),
        ] {
            assert_eq!(median(&mut numbers.clone()), expected, "{numbers:?}");
        }
    }

    #[test]
    fn how_far_numbers_are_from_their_median() {
        let numbers: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.0), None, Some(2.0), Some(9.0)]));
        assert_eq!(deviation(&numbers), Some(1.0));
        let nothing: ArrayRef = Arc::new(Float64Array::from(vec![None, None]));
        assert_eq!(deviation(&nothing), None);
    }
}
