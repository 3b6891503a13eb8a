//! What is computed of the list of all values: `list_median(l)`, `list_mad(l)`, `list_histogram(l)` and their like.
//!
//! Aggregates that the relational core lacks are called so over `array_agg`, as `mad(x)`, `histogram(x)` and `entropy(x)`.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int64Array, MapArray, StructArray, UInt32Array, new_empty_array,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::{concat, partition, sort, take};
use datafusion::arrow::datatypes::{DataType, Field, Fields, Float64Type, Int64Type};
use datafusion::common::{ScalarValue, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::{Compute, RowFunction};

pub(super) fn all() -> Vec<ScalarUDF> {
    let of_numbers = |name, compute: Compute| {
        let numbers = DataType::List(Arc::new(Field::new_list_field(DataType::Float64, true)));
        RowFunction::of(name, vec![numbers], DataType::Float64, compute)
    };
    let of_integers = |name, compute: Compute| {
        let integers = DataType::List(Arc::new(Field::new_list_field(DataType::Int64, true)));
        RowFunction::of(name, vec![integers], DataType::Int64, compute)
    };
    vec![
        of_numbers("list_mad", |values| statistic(&values[0], deviation)),
        of_numbers("list_median", |values| statistic(&values[0], median)),
        of_numbers("list_var_samp", |values| statistic(&values[0], |numbers| variance(numbers, 1))),
        of_numbers("list_var_pop", |values| statistic(&values[0], |numbers| variance(numbers, 0))),
        of_numbers("list_stddev_samp", |values| {
            statistic(&values[0], |numbers| variance(numbers, 1).map(f64::sqrt))
        }),
        of_numbers("list_stddev_pop", |values| {
            statistic(&values[0], |numbers| variance(numbers, 0).map(f64::sqrt))
        }),
        of_numbers("list_sem", |values| {
            statistic(&values[0], |numbers| {
                variance(numbers, 0).map(|variance| (variance / numbers.len() as f64).sqrt())
            })
        }),
        of_numbers("list_skewness", |values| statistic(&values[0], skewness)),
        of_numbers("list_kurtosis", |values| statistic(&values[0], kurtosis)),
        of_integers("list_bit_and", |values| bits(&values[0], |a, b| a & b)),
        of_integers("list_bit_or", |values| bits(&values[0], |a, b| a | b)),
        of_integers("list_bit_xor", |values| bits(&values[0], |a, b| a ^ b)),
        ScalarUDF::from(Frequencies::new(Kind::Entropy)),
        ScalarUDF::from(Frequencies::new(Kind::Histogram)),
        ScalarUDF::from(Frequencies::new(Kind::Mode)),
    ]
}

/// Of the numbers of a list that are not null.
fn statistic(list: &ScalarValue, compute: fn(&mut [f64]) -> Option<f64>) -> Result<ScalarValue> {
    let ScalarValue::List(list) = list else { return Ok(ScalarValue::Float64(None)) };
    let mut numbers: Vec<f64> = list.value(0).as_primitive::<Float64Type>().iter().flatten().collect();
    Ok(ScalarValue::Float64(compute(&mut numbers)))
}

/// All integers of a list that are not null put together, bit by bit.
fn bits(list: &ScalarValue, both: fn(i64, i64) -> i64) -> Result<ScalarValue> {
    let ScalarValue::List(list) = list else { return Ok(ScalarValue::Int64(None)) };
    Ok(ScalarValue::Int64(list.value(0).as_primitive::<Int64Type>().iter().flatten().reduce(both)))
}

/// The mean of a power of the distances from the mean, in numbers of which there are some.
fn moment(numbers: &[f64], power: i32) -> f64 {
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    numbers.iter().map(|number| (number - mean).powi(power)).sum::<f64>() / count
}

/// How far a sample leans to one side.
fn skewness(numbers: &mut [f64]) -> Option<f64> {
    let count = numbers.len() as f64;
    let spread = if count > 2.0 { moment(numbers, 2) } else { 0.0 };
    let corrected = |skewness: f64| (count * (count - 1.0)).sqrt() / (count - 2.0) * skewness;
    (spread > 0.0).then(|| corrected(moment(numbers, 3) / spread.powf(1.5)))
}

/// How heavy the ends of a sample are, beyond those of a normal distribution.
fn kurtosis(numbers: &mut [f64]) -> Option<f64> {
    let count = numbers.len() as f64;
    let spread = if count > 3.0 { moment(numbers, 2) } else { 0.0 };
    let corrected = |kurtosis: f64| {
        (count - 1.0) / ((count - 2.0) * (count - 3.0)) * ((count + 1.0) * kurtosis - 3.0 * (count - 1.0))
    };
    (spread > 0.0).then(|| corrected(moment(numbers, 4) / spread.powi(2)))
}

/// The median of how far numbers are from their median.
fn deviation(numbers: &mut [f64]) -> Option<f64> {
    let middle = median(numbers)?;
    for number in &mut *numbers {
        *number = (*number - middle).abs();
    }
    median(numbers)
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

/// The variance of all numbers (`less` is 0), or of a sample (1).
fn variance(numbers: &[f64], less: usize) -> Option<f64> {
    let divisor = numbers.len().checked_sub(less).filter(|divisor| *divisor > 0)?;
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    Some(numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / divisor as f64)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Entropy,
    Histogram,
    Mode,
}

/// How often each value stands in a list.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Frequencies {
    kind: Kind,
    signature: Signature,
}

impl Frequencies {
    fn new(kind: Kind) -> Self {
        Self { kind, signature: Signature::any(1, Volatility::Immutable) }
    }
}

/// The key and the value of an entry of a map.
fn entry(key: &DataType) -> Fields {
    Fields::from(vec![Field::new("key", key.clone(), false), Field::new("value", DataType::Int64, true)])
}

/// The type of maps that tell how often values of a type are there.
pub(super) fn map_of_counts(key: &DataType) -> DataType {
    DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entry(key)), false)), true)
}

impl ScalarUDFImpl for Frequencies {
    fn name(&self) -> &str {
        match self.kind {
            Kind::Entropy => "list_entropy",
            Kind::Histogram => "list_histogram",
            Kind::Mode => "list_mode",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        let DataType::List(item) = &types[0] else {
            return plan_err!("{}: expected a list", self.name());
        };
        Ok(match self.kind {
            Kind::Entropy => DataType::Float64,
            Kind::Mode => item.data_type().clone(),
            Kind::Histogram => map_of_counts(item.data_type()),
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let lists = args.args[0].to_array(args.number_rows)?;
        let lists = lists.as_list::<i32>();
        let counted = (0..lists.len())
            .map(|row| if lists.is_null(row) { Ok(None) } else { counted(&lists.value(row)).map(Some) });
        let counted = counted.collect::<Result<Vec<_>>>()?;
        let answers: ArrayRef = match self.kind {
            Kind::Entropy => {
                let entropies =
                    counted.iter().map(|counted| counted.as_ref().map(|(_, counts)| entropy(counts)));
                Arc::new(entropies.collect::<Float64Array>())
            }
            Kind::Mode => {
                let modes = counted.iter().map(|counted| match counted {
                    Some((values, counts)) if !counts.is_empty() => {
                        let most = counts.iter().max().copied().unwrap_or(0);
                        let place = counts.iter().position(|count| *count == most).unwrap_or(0);
                        ScalarValue::try_from_array(values, place)
                    }
                    _ => ScalarValue::try_from(&lists.value_type()),
                });
                let modes = modes.collect::<Result<Vec<_>>>()?;
                match modes.is_empty() {
                    true => new_empty_array(&lists.value_type()),
                    false => ScalarValue::iter_to_array(modes)?,
                }
            }
            Kind::Histogram => maps(&counted, &lists.value_type())?,
        };
        Ok(ColumnarValue::Array(answers))
    }
}

/// Different values in their order, and how often each is there; nulls are none.
pub(super) type Counted = (ArrayRef, Vec<i64>);

pub(super) fn counted(values: &ArrayRef) -> Result<Counted> {
    let sorted = sort(values, None)?;
    let nulls = sorted.null_count();
    let sorted = sorted.slice(nulls, sorted.len() - nulls);
    let ranges = match sorted.is_empty() {
        true => Vec::new(),
        false => partition(&[Arc::clone(&sorted)])?.ranges(),
    };
    let firsts: UInt32Array = ranges.iter().map(|range| range.start as u32).collect();
    let counts = ranges.iter().map(|range| range.len() as i64).collect();
    Ok((take(&sorted, &firsts, None)?, counts))
}

/// How many bits tell which of the values one is.
fn entropy(counts: &[i64]) -> f64 {
    let all = counts.iter().sum::<i64>() as f64;
    let bits = counts.iter().map(|count| {
        let part = *count as f64 / all;
        part * part.log2()
    });
    0.0 - bits.sum::<f64>()
}

pub(super) fn maps(counted: &[Option<Counted>], key: &DataType) -> Result<ArrayRef> {
    let keys: Vec<&dyn Array> = counted.iter().flatten().map(|(values, _)| values.as_ref()).collect();
    let keys = match keys.is_empty() {
        true => new_empty_array(key),
        false => concat(&keys)?,
    };
    let counts: Int64Array = counted.iter().flatten().flat_map(|(_, counts)| counts).copied().collect();
    let lengths = counted.iter().map(|counted| counted.as_ref().map_or(0, |(_, counts)| counts.len()));
    let nulls: NullBuffer = counted.iter().map(Option::is_some).collect();
    let fields = entry(key);
    let entries = StructArray::try_new(fields.clone(), vec![keys, Arc::new(counts)], None)?;
    let field = Arc::new(Field::new("entries", DataType::Struct(fields), false));
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(MapArray::try_new(field, offsets, entries, Some(nulls), true)?))
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::Int64Type;

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
    fn how_far_numbers_are_from_each_other() {
        assert_eq!(deviation(&mut [1.0, 2.0, 9.0]), Some(1.0));
        assert_eq!(deviation(&mut []), None);
        assert_eq!((variance(&[1.0, 3.0], 1), variance(&[1.0, 3.0], 0)), (Some(2.0), Some(1.0)));
        assert_eq!((variance(&[1.0], 1), variance(&[], 0)), (None, None));
        assert_eq!((entropy(&[1, 1]), entropy(&[3]), entropy(&[])), (1.0, 0.0, 0.0));
    }

    #[test]
    fn how_often_values_are_there() {
        let values: ArrayRef = Arc::new(Int64Array::from(vec![Some(7), None, Some(3), Some(7)]));
        let (values, counts) = counted(&values).unwrap();
        assert_eq!(values.as_primitive::<Int64Type>().values().to_vec(), [3, 7]);
        assert_eq!(counts, [1, 2]);
    }
}
