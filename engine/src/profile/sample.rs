//! A sample of numbers: those to which chance gives the least of all tickets, so that samples of parts can be joined to
//! one of the whole.

use std::collections::BinaryHeap;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use super::column::BARS;

/// Numbers that are kept. The rank of a quantile has a standard error of half a hundredth at most.
const KEPT: usize = 10_000;

/// A sample; all numbers if they are few.
#[derive(Debug)]
pub(super) struct Sample {
    /// Tickets with the bits of their numbers; the greatest ticket is on top.
    kept: BinaryHeap<(u64, u64)>,
    random: SmallRng,
}

impl Sample {
    /// The seed is the same each time, so that the same files give the same answer as far as they are read alike.
    pub(super) fn new() -> Self {
        Self { kept: BinaryHeap::new(), random: SmallRng::seed_from_u64(0) }
    }

    pub(super) fn add(&mut self, number: f64) {
        let ticket = self.random.random();
        self.keep(ticket, number.to_bits());
    }

    fn keep(&mut self, ticket: u64, bits: u64) {
        if self.kept.len() < KEPT {
            self.kept.push((ticket, bits));
        } else if let Some(mut top) = self.kept.peek_mut().filter(|top| ticket < top.0) {
            *top = (ticket, bits);
        }
    }

    pub(super) fn join(&mut self, other: Self) {
        for (ticket, bits) in other.kept {
            self.keep(ticket, bits);
        }
    }

    /// The numbers, sorted.
    pub(super) fn sorted(&self) -> Vec<Counted> {
        sorted(self.kept.iter().map(|(_, bits)| (f64::from_bits(*bits), 1)))
    }
}

/// A number, and how many times it is there.
pub(super) type Counted = (f64, u64);

/// Numbers in order.
pub(super) fn sorted(numbers: impl Iterator<Item = Counted>) -> Vec<Counted> {
    let mut numbers: Vec<Counted> = numbers.collect();
    numbers.sort_by(|left, right| left.0.total_cmp(&right.0));
    numbers
}

/// The number below which a share of sorted numbers lies, between neighbours where it falls between them.
pub(super) fn quantile(sorted: &[Counted], share: f64) -> Option<f64> {
    let last = sorted.iter().map(|(_, count)| count).sum::<u64>().checked_sub(1)?;
    let rank = share * last as f64;
    let at = |rank: u64| {
        let mut below = 0;
        let number = sorted.iter().find(|(_, count)| {
            below += count;
            below > rank
        });
        number.map(|(number, _)| *number)
    };
    let (below, above) = (at(rank.floor() as u64)?, at(rank.ceil() as u64)?);
    Some(if below == above { below } else { below + (above - below) * rank.fract() })
}

/// The shares of sorted numbers in `bars` ranges of equal width between two bounds.
pub(super) fn histogram(sorted: &[Counted], low: f64, high: f64, bars: usize) -> Vec<f64> {
    let mut counts = vec![0_u64; bars];
    for (number, count) in sorted.iter().filter(|(number, _)| number.is_finite()) {
        let place = if high > low { (number - low) / (high - low) * bars as f64 } else { 0.0 };
        counts[(place.max(0.0) as usize).min(bars - 1)] += count;
    }
    let total = counts.iter().sum::<u64>().max(1) as f64;
    counts.into_iter().map(|count| count as f64 / total).collect()
}

/// The same of integers: each range holds as many of them as the others, or some would seem to have more.
pub(super) fn histogram_of_integers(sorted: &[Counted], low: i64, high: i64) -> Vec<f64> {
    let values = u64::try_from(i128::from(high) - i128::from(low) + 1).unwrap_or(u64::MAX);
    let in_each = values.div_ceil(BARS as u64);
    let bars = values.div_ceil(in_each);
    let width = in_each as f64 * bars as f64;
    histogram(sorted, low as f64, low as f64 + width, bars as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn each_once(numbers: &[f64]) -> Vec<Counted> {
        sorted(numbers.iter().map(|number| (*number, 1)))
    }

    #[test]
    fn quantiles_of_all_and_of_a_sample() {
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&each_once(&[1.0, 2.0, 4.0]), 0.5), Some(2.0));
        assert_eq!(quantile(&each_once(&[1.0, 2.0]), 0.25), Some(1.25));
        assert_eq!(quantile(&[(1.0, 3), (2.0, 2)], 0.5), Some(1.0));
        assert_eq!(quantile(&[(1.0, 2), (2.0, 2)], 0.5), Some(1.5));
        assert_eq!(quantile(&[(1.0, 1), (f64::NAN, 1)], 0.0), Some(1.0));
        let (mut left, mut right) = (Sample::new(), Sample::new());
        right.random = SmallRng::seed_from_u64(1);
        for number in 0..100_000 {
            left.add(f64::from(number));
            right.add(f64::from(number + 100_000));
        }
        left.join(right);
        let sorted = left.sorted();
        assert_eq!(sorted.len(), KEPT);
        let median = quantile(&sorted, 0.5).unwrap();
        assert!((median - 100_000.0).abs() < 4000.0, "{median}");
    }

    #[test]
    fn histograms_have_all_numbers() {
        assert_eq!(histogram(&[(0.0, 1), (1.0, 2), (10.0, 1)], 0.0, 10.0, 5), [0.75, 0.0, 0.0, 0.0, 0.25]);
        assert_eq!(histogram(&[(3.0, 2)], 3.0, 3.0, 2), [1.0, 0.0]);
        // Days of a week, each as often: no gaps, and no bar of two.
        let days = each_once(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
        assert_eq!(histogram_of_integers(&days, 1, 7), [1.0 / 7.0; 7]);
        let month = sorted((1..=31).map(|day| (f64::from(day), 1)));
        let bars = histogram_of_integers(&month, 1, 31);
        assert_eq!((bars.len(), bars[0], bars[14]), (16, 2.0 / 31.0, 2.0 / 31.0));
        assert_eq!(histogram_of_integers(&[(5.0, 2)], 5, 5), [1.0]);
        assert_eq!(histogram_of_integers(&[(0.0, 1)], i64::MIN, i64::MAX).len(), 24);
    }
}
