//! How often numbers of some size are.

use std::io;

use swath::arrow::array::{Array, RecordBatch};

use super::bars::Bar;
use super::bins::Bins;
use super::scale::{Step, short};
use super::{Shape, numbers};

/// Counts of the numbers of a column.
pub struct Histogram {
    bins: Bins<u64>,
    values: u64,
    nulls: u64,
    /// NaN and the infinities, which have no place among the others.
    not_finite: u64,
    least: f64,
    greatest: f64,
    /// The mean so far: a sum would lose digits, or overflow.
    mean: f64,
}

impl Histogram {
    /// Of whole numbers, or of any.
    pub fn new(whole: bool) -> Self {
        let finest = if whole { Step::ONE } else { Step::FINEST };
        Self {
            bins: Bins::new(finest),
            values: 0,
            nulls: 0,
            not_finite: 0,
            least: f64::INFINITY,
            greatest: f64::NEG_INFINITY,
            mean: 0.0,
        }
    }

    /// Takes in rows.
    pub fn take(&mut self, batch: &RecordBatch) -> io::Result<()> {
        let numbers = numbers(batch.column(0))?;
        self.nulls += numbers.null_count() as u64;
        for number in numbers.iter().flatten() {
            if !number.is_finite() {
                self.not_finite += 1;
                continue;
            }
            self.values += 1;
            self.mean += (number - self.mean) / self.values as f64;
            self.least = self.least.min(number);
            self.greatest = self.greatest.max(number);
            self.bins.add(number, 1);
        }
        Ok(())
    }

    /// No more than so many bars, but for one, and what stands below them.
    pub fn finish(&mut self, most: usize) -> (Shape, Vec<String>) {
        let mut parts = vec![match self.values {
            0 => "no values".to_owned(),
            values => format!(
                "{} from {} to {}, mean {}",
                counted(values, "value"),
                short(self.least),
                short(self.greatest),
                short(self.mean)
            ),
        }];
        for (count, what) in [(self.nulls, "null"), (self.not_finite, "value that is not finite")] {
            if count > 0 {
                parts.push(counted(count, what));
            }
        }
        let bins = std::mem::replace(&mut self.bins, Bins::new(Step::ONE));
        if self.least == self.greatest {
            let bar =
                Bar { label: short(self.least), value: self.values as f64, text: self.values.to_string() };
            let width = if self.least == 0.0 { 1.0 } else { self.least.abs() };
            return (Shape::Histogram { bars: vec![bar], low: self.least, width }, parts);
        }
        let single = bins.step() == Step::ONE;
        let (step, first, counts) = bins.at(Step::for_span(self.least, self.greatest, most));
        // A bin of whole numbers that holds one of them is called by it.
        let single = single && step == Step::ONE;
        let bar = |(index, count): (i64, u64)| {
            let index = index as f64;
            let label = match single {
                true => step.label(index),
                false => format!("[{}, {})", step.label(index), step.label(index + 1.0)),
            };
            Bar { label, value: count as f64, text: count.to_string() }
        };
        let bars: Vec<Bar> = (first..).zip(counts).map(bar).collect();
        (Shape::Histogram { bars, low: step.multiple(first as f64), width: step.width() }, parts)
    }
}

/// `1 value`, `2 values`.
pub(super) fn counted(count: u64, what: &str) -> String {
    match (count, what.split_once(' ')) {
        (1, _) => format!("1 {what}"),
        (_, None) => format!("{count} {what}s"),
        (_, Some((first, rest))) => format!("{count} {first}s {}", rest.replacen(" is ", " are ", 1)),
    }
}
