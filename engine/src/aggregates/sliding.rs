//! Sums, averages, deviations and the like of doubles over frames that slide.
//!
//! The relational core takes out of a sum what has left the frame: after 1e20, the sum of 1 and 2 was 0, and after a NaN all sums were NaN.
//! Here nothing is taken out. What is known of the values is kept in two stacks: of the older ones for each with all that came behind it,
//! of the newer ones for all together. A value that leaves is the top of the first; when that is empty, the second is turned over.

use std::fmt::Debug;

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DataType, FieldRef, Float64Type};
use datafusion::common::{ScalarValue, not_impl_err};
use datafusion::error::Result;
use datafusion::logical_expr::Accumulator;
use datafusion::logical_expr::function::AccumulatorArgs;

/// The aggregate of values that come and go, for one of these names and of doubles.
pub(super) fn sliding(name: &str, args: &AccumulatorArgs<'_>) -> Option<Box<dyn Accumulator>> {
    let is_double = |field: &FieldRef| field.data_type() == &DataType::Float64;
    if args.is_distinct || !args.expr_fields.iter().all(is_double) {
        return None;
    }
    let wanted = match name {
        "sum" => Wanted::Sum,
        "avg" => Wanted::Average,
        "var_pop" => Wanted::Variance { of_sample: false },
        "var" => Wanted::Variance { of_sample: true },
        "stddev_pop" => Wanted::Deviation { of_sample: false },
        "stddev" => Wanted::Deviation { of_sample: true },
        _ => return of_pairs(name),
    };
    Some(Box::new(Sliding::<Moments>::new(wanted)))
}

fn of_pairs(name: &str) -> Option<Box<dyn Accumulator>> {
    let wanted = match name {
        "covar_pop" => WantedOfPairs::Covariance { of_sample: false },
        "covar_samp" => WantedOfPairs::Covariance { of_sample: true },
        "corr" => WantedOfPairs::Correlation,
        "regr_slope" => WantedOfPairs::Slope,
        "regr_intercept" => WantedOfPairs::Intercept,
        _ => return None,
    };
    Some(Box::new(Sliding::<PairMoments>::new(wanted)))
}

/// What is known of a run of values, which can be put together with the next one.
trait Run: Copy + Debug + Send + Sync + 'static {
    /// What may be asked of it.
    type Wanted: Copy + Debug + Send + Sync;

    /// The runs of one value each, without nulls.
    fn each(columns: &[ArrayRef]) -> impl Iterator<Item = Self>;

    fn and(self, next: Self) -> Self;

    fn result(self, wanted: Self::Wanted) -> Option<f64>;
}

fn both<R: Run>(first: Option<R>, second: Option<R>) -> Option<R> {
    match (first, second) {
        (Some(first), Some(second)) => Some(first.and(second)),
        (one, other) => one.or(other),
    }
}

/// Values that come at the one end and leave at the other.
#[derive(Debug)]
struct TwoStacks<R> {
    /// Of each older value, the last one first: what is known of it and of all older values behind it.
    older: Vec<R>,
    newer: Vec<R>,
    /// What is known of all newer values.
    all_newer: Option<R>,
}

impl<R> Default for TwoStacks<R> {
    fn default() -> Self {
        Self { older: Vec::new(), newer: Vec::new(), all_newer: None }
    }
}

impl<R: Run> TwoStacks<R> {
    fn push(&mut self, value: R) {
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

    fn all(&self) -> Option<R> {
        both(self.older.last().copied(), self.all_newer)
    }

    fn len_bytes(&self) -> usize {
        (self.older.capacity() + self.newer.capacity()) * size_of::<R>()
    }
}

/// What is known of values.
#[derive(Debug, Clone, Copy)]
struct Moments {
    count: f64,
    sum: f64,
    mean: f64,
    /// The sum of the squares of the differences to the mean.
    squares: f64,
}

impl Moments {
    /// The squares are nothing, or NaN where the value is no finite number.
    fn of(value: f64) -> Self {
        Self { count: 1.0, sum: value, mean: value, squares: (value * 0.0).abs() }
    }
}

impl Run for Moments {
    type Wanted = Wanted;

    fn each(columns: &[ArrayRef]) -> impl Iterator<Item = Self> {
        columns[0].as_primitive::<Float64Type>().iter().flatten().map(Self::of)
    }

    /// By the formula of Chan, Golub and LeVeque.
    fn and(self, next: Self) -> Self {
        let count = self.count + next.count;
        let distance = next.mean - self.mean;
        Self {
            count,
            sum: self.sum + next.sum,
            mean: self.mean + distance * next.count / count,
            squares: self.squares + next.squares + distance * distance * self.count * next.count / count,
        }
    }

    fn result(self, wanted: Wanted) -> Option<f64> {
        match wanted {
            Wanted::Sum => Some(self.sum),
            Wanted::Average => Some(self.sum / self.count),
            Wanted::Variance { of_sample } => per_value(self.squares, self.count, of_sample),
            Wanted::Deviation { of_sample } => per_value(self.squares, self.count, of_sample).map(f64::sqrt),
        }
    }
}

/// What is known of pairs of values.
#[derive(Debug, Clone, Copy)]
struct PairMoments {
    y: Moments,
    x: Moments,
    /// The sum of the products of both differences to the means.
    products: f64,
}

impl Run for PairMoments {
    type Wanted = WantedOfPairs;

    /// The pairs in which neither is null.
    fn each(columns: &[ArrayRef]) -> impl Iterator<Item = Self> {
        let (y, x) = (columns[0].as_primitive::<Float64Type>(), columns[1].as_primitive::<Float64Type>());
        y.iter().zip(x).filter_map(|(y, x)| {
            let (y, x) = (Moments::of(y?), Moments::of(x?));
            Some(Self { y, x, products: y.squares * x.squares })
        })
    }

    fn and(self, next: Self) -> Self {
        let distances = (next.y.mean - self.y.mean) * (next.x.mean - self.x.mean);
        let part = self.x.count * next.x.count / (self.x.count + next.x.count);
        Self {
            y: self.y.and(next.y),
            x: self.x.and(next.x),
            products: self.products + next.products + distances * part,
        }
    }

    fn result(self, wanted: WantedOfPairs) -> Option<f64> {
        let slope = || (self.x.squares != 0.0).then(|| self.products / self.x.squares);
        match wanted {
            WantedOfPairs::Covariance { of_sample } => per_value(self.products, self.x.count, of_sample),
            WantedOfPairs::Correlation => {
                let deviations = self.x.squares.sqrt() * self.y.squares.sqrt();
                (deviations != 0.0).then(|| self.products / deviations)
            }
            WantedOfPairs::Slope => slope(),
            WantedOfPairs::Intercept => slope().map(|slope| self.y.mean - slope * self.x.mean),
        }
    }
}

/// What is wanted of values.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    Sum,
    Average,
    Variance { of_sample: bool },
    Deviation { of_sample: bool },
}

/// A sum of squares for each of so many values; of a sample, for one less.
fn per_value(squares: f64, count: f64, of_sample: bool) -> Option<f64> {
    match of_sample {
        true if count < 2.0 => None,
        true => Some(squares / (count - 1.0)),
        false => Some(squares / count),
    }
}

/// What is wanted of pairs of values.
#[derive(Debug, Clone, Copy)]
enum WantedOfPairs {
    Covariance { of_sample: bool },
    Correlation,
    Slope,
    Intercept,
}

#[derive(Debug)]
struct Sliding<R: Run> {
    wanted: R::Wanted,
    values: TwoStacks<R>,
}

impl<R: Run> Sliding<R> {
    fn new(wanted: R::Wanted) -> Self {
        Self { wanted, values: TwoStacks::default() }
    }
}

impl<R: Run> Accumulator for Sliding<R> {
    fn update_batch(&mut self, columns: &[ArrayRef]) -> Result<()> {
        R::each(columns).for_each(|value| self.values.push(value));
        Ok(())
    }

    fn retract_batch(&mut self, columns: &[ArrayRef]) -> Result<()> {
        R::each(columns).for_each(|_| self.values.pop());
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64(self.values.all().and_then(|all| all.result(self.wanted))))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.values.len_bytes()
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
            let mut sliding = Sliding::<Moments>::new(result);
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
