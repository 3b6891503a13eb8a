//! Sums, averages and deviations of doubles over frames that slide.
//!
//! The relational core takes out of a sum what has left the frame: after 1e20, the sum of 1 and 2 was 0, and after a NaN all sums were NaN.
//! Here nothing is taken out. What is known of the values is kept in two stacks: of the older ones for each with all that came behind it,
//! of the newer ones for all together. A value that leaves is the top of the first; when that is empty, the second is turned over.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, FieldRef, Float64Type};
use datafusion::common::{ScalarValue, not_impl_err};
use datafusion::error::Result;
use datafusion::logical_expr::Accumulator;
use datafusion::logical_expr::function::AccumulatorArgs;

/// The aggregate of values that come and go, for one of these names and of doubles.
pub(super) fn sliding(name: &str, args: &AccumulatorArgs<'_>) -> Option<Box<dyn Accumulator>> {
    let result = match name {
        "sum" => Wanted::Sum,
        "avg" => Wanted::Average,
        "var_pop" => Wanted::Variance { of_sample: false },
        "var" => Wanted::Variance { of_sample: true },
        "stddev_pop" => Wanted::Deviation { of_sample: false },
        "stddev" => Wanted::Deviation { of_sample: true },
        _ => return None,
    };
    let is_double = |field: &FieldRef| field.data_type() == &DataType::Float64;
    let is_own = !args.is_distinct && args.expr_fields.first().is_some_and(is_double);
    is_own.then(|| Box::new(Sliding { result, older: Vec::new(), newer: Vec::new(), all_newer: None }) as _)
}

/// What is wanted of the values.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    Sum,
    Average,
    Variance { of_sample: bool },
    Deviation { of_sample: bool },
}

/// What is known of a run of values.
#[derive(Debug, Clone, Copy)]
struct Moments {
    count: f64,
    sum: f64,
    mean: f64,
    /// The sum of the squares of the differences to the mean.
    squares: f64,
}

impl Moments {
    fn of(value: f64) -> Self {
        Self { count: 1.0, sum: value, mean: value, squares: 0.0 }
    }

    /// With the values of another run, by the formula of Chan, Golub and LeVeque.
    fn and(self, other: Self) -> Self {
        let count = self.count + other.count;
        let distance = other.mean - self.mean;
        Self {
            count,
            sum: self.sum + other.sum,
            mean: self.mean + distance * other.count / count,
            squares: self.squares + other.squares + distance * distance * self.count * other.count / count,
        }
    }
}

#[derive(Debug)]
struct Sliding {
    result: Wanted,
    /// Of each older value, the last one first: what is known of it and of all older values behind it.
    older: Vec<Moments>,
    newer: Vec<Moments>,
    /// What is known of all newer values.
    all_newer: Option<Moments>,
}

fn both(first: Option<Moments>, second: Option<Moments>) -> Option<Moments> {
    match (first, second) {
        (Some(first), Some(second)) => Some(first.and(second)),
        (one, other) => one.or(other),
    }
}

impl Sliding {
    fn push(&mut self, value: f64) {
        let value = Moments::of(value);
        self.newer.push(value);
        self.all_newer = both(self.all_newer, Some(value));
    }

    /// Takes out the value that has been there for the longest time.
    fn pop(&mut self) {
        if self.older.is_empty() {
            let mut behind = None;
            for value in self.newer.drain(..).rev() {
                behind = both(Some(value), behind);
                self.older.extend(behind);
            }
            self.all_newer = None;
        }
        self.older.pop();
    }
}

impl Accumulator for Sliding {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        values[0].as_primitive::<Float64Type>().iter().flatten().for_each(|value| self.push(value));
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for _ in 0..values[0].len() - values[0].null_count() {
            self.pop();
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let all = both(self.older.last().copied(), self.all_newer);
        let variance = |all: Moments, of_sample: bool| match of_sample {
            true if all.count < 2.0 => None,
            true => Some(all.squares / (all.count - 1.0)),
            false => Some(all.squares / all.count),
        };
        let result = all.and_then(|all| match self.result {
            Wanted::Sum => Some(all.sum),
            Wanted::Average => Some(all.sum / all.count),
            Wanted::Variance { of_sample } => variance(all, of_sample),
            Wanted::Deviation { of_sample } => variance(all, of_sample).map(f64::sqrt),
        });
        Ok(ScalarValue::Float64(result))
    }

    fn size(&self) -> usize {
        size_of_val(self) + (self.older.capacity() + self.newer.capacity()) * size_of::<Moments>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        not_impl_err!("the state of an aggregate over a frame that slides")
    }

    fn merge_batch(&mut self, _states: &[ArrayRef]) -> Result<()> {
        not_impl_err!("the state of an aggregate over a frame that slides")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::Float64Array;

    use super::*;

    fn column(values: &[f64]) -> Vec<ArrayRef> {
        vec![Arc::new(Float64Array::from(values.to_vec()))]
    }

    #[test]
    fn what_has_left_is_forgotten() {
        let values = [1e20, 1.0, f64::NAN, 2.0, 5.0, f64::INFINITY, 3.0, 4.0];
        for (result, expected) in [
            (Wanted::Sum, 7.0),
            (Wanted::Average, 3.5),
            (Wanted::Variance { of_sample: false }, 0.25),
            (Wanted::Variance { of_sample: true }, 0.5),
            (Wanted::Deviation { of_sample: false }, 0.5),
        ] {
            let mut sliding = Sliding { result, older: Vec::new(), newer: Vec::new(), all_newer: None };
            sliding.update_batch(&column(&values[..2])).unwrap();
            for row in 2..values.len() {
                sliding.update_batch(&column(&values[row..=row])).unwrap();
                sliding.retract_batch(&column(&values[row - 2..=row - 2])).unwrap();
            }
            assert_eq!(sliding.evaluate().unwrap(), ScalarValue::Float64(Some(expected)), "{result:?}");
            sliding.retract_batch(&column(&values[6..])).unwrap();
            assert_eq!(sliding.evaluate().unwrap(), ScalarValue::Float64(None), "{result:?}");
        }
    }
}
