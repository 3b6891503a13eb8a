//! Bins of equal width over numbers that come one after the other, in bounded memory and in any order.
//!
//! Bins begin very fine. When they become too many, 2 or 5 that stand together become one, so that they always begin
//! at multiples of 1 or 5 times a power of ten, and whatever they hold is as if they had been as wide from the start.

use std::collections::VecDeque;

use super::scale::Step;

/// What a bin holds.
pub trait Bin: Default {
    /// Takes in what another bin holds.
    fn absorb(&mut self, other: Self);
}

impl Bin for u64 {
    fn absorb(&mut self, other: Self) {
        *self += other;
    }
}

/// Bins side by side.
#[derive(Debug)]
pub struct Bins<B> {
    step: Step,
    /// The index of the first bin, in steps from zero.
    first: i64,
    bins: VecDeque<B>,
}

/// Bins at the most. After five have become one there are a fifth of it, and that still is one for each column of
/// pixels in a drawing.
const MAX_BINS: usize = 4096;
/// How far from zero bins may be, in steps: with more, a step would be less than the digits of a number tell.
const MAX_INDEX: f64 = 1e12;

impl<B: Bin> Bins<B> {
    /// Bins that are this fine as long as they can be.
    pub fn new(finest: Step) -> Self {
        Self { step: finest, first: 0, bins: VecDeque::new() }
    }

    /// Adds something at a finite number.
    pub fn add(&mut self, at: f64, bin: B) {
        let mut index = self.step.index(at);
        while index.abs() > MAX_INDEX || self.count_with(index as i64) > MAX_BINS as u64 {
            self.coarsen();
            index = self.step.index(at);
        }
        let index = index as i64;
        if self.bins.is_empty() {
            self.first = index;
        }
        while index < self.first {
            self.bins.push_front(B::default());
            self.first -= 1;
        }
        // Not negative, and bounded by the number of bins.
        let place = (index - self.first) as usize;
        while place >= self.bins.len() {
            self.bins.push_back(B::default());
        }
        self.bins[place].absorb(bin);
    }

    /// How many bins there are when there is one of this index.
    fn count_with(&self, index: i64) -> u64 {
        if self.bins.is_empty() {
            return 1;
        }
        let last = self.first + self.bins.len() as i64 - 1;
        self.first.min(index).abs_diff(last.max(index)) + 1
    }

    fn coarsen(&mut self) {
        // From 1 to 5, and from 5 to 10.
        let coarser = self.step.next();
        let (coarser, factor) = match self.step.factor_to(coarser) {
            Some(2) if self.step.factor_to(coarser.next()) == Some(5) => (coarser.next(), 5),
            factor => (coarser, factor.unwrap_or(2)),
        };
        self.join(factor);
        self.step = coarser;
    }

    /// Makes one bin of so many.
    fn join(&mut self, factor: i64) {
        let mut joined: VecDeque<B> = VecDeque::new();
        let first = self.first.div_euclid(factor);
        for (index, bin) in (self.first..).zip(std::mem::take(&mut self.bins)) {
            let place = (index.div_euclid(factor) - first) as usize;
            if place >= joined.len() {
                joined.push_back(B::default());
            }
            joined[place].absorb(bin);
        }
        (self.first, self.bins) = (first, joined);
    }

    /// The bins with the finest step that is not finer than the wanted one: that step, the index of the first bin,
    /// and the bins.
    pub fn at(mut self, wanted: Step) -> (Step, i64, VecDeque<B>) {
        let mut step = wanted.max(self.step);
        loop {
            if let Some(factor) = self.step.factor_to(step) {
                self.join(factor);
                return (step, self.first, self.bins);
            }
            step = step.next();
        }
    }

    /// The bins as they are.
    pub fn into_bins(self) -> VecDeque<B> {
        self.bins
    }

    /// The step that the bins have.
    pub fn step(&self) -> Step {
        self.step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bins of some numbers, beside those that are counted with the step known.
    fn check(finest: Step, numbers: &[f64], most: usize) {
        let (low, high) =
            numbers.iter().fold((f64::MAX, f64::MIN), |(low, high), &at| (low.min(at), high.max(at)));
        let mut bins = Bins::new(finest);
        for &number in numbers {
            bins.add(number, 1_u64);
            assert!(bins.bins.len() <= MAX_BINS);
        }
        let (step, first, counts) = bins.at(Step::for_span(low, high, most));
        assert!(counts.len() <= most + 1, "{} bins", counts.len());
        for (index, count) in (first..).zip(counts) {
            let expected = numbers.iter().filter(|&&number| step.index(number) as i64 == index).count();
            assert_eq!(count, expected as u64, "bin {index}");
        }
    }

    #[test]
    fn counts_are_those_of_bins_that_never_changed() {
        let spread: Vec<f64> = (0..5000).map(|at| f64::from((at * 7919) % 5003) / 8.0 - 100.0).collect();
        check(Step::FINEST, &spread, 20);
        check(Step::FINEST, &spread.iter().rev().map(|at| at * 1e9).collect::<Vec<_>>(), 40);
        check(Step::ONE, &spread.iter().map(|at| (at * 8.0).floor()).collect::<Vec<_>>(), 20);
        check(Step::FINEST, &[0.0, 1e-9, 2e-9, -3e-9], 20);
        check(Step::FINEST, &[f64::MAX, f64::MIN, 0.0], 20);
        check(Step::ONE, &(1..=12).map(f64::from).collect::<Vec<_>>(), 20);
    }

    #[test]
    fn descending_numbers_are_no_trouble() {
        check(Step::FINEST, &(0..20_000).rev().map(f64::from).collect::<Vec<_>>(), 20);
    }

    #[test]
    fn one_number_is_one_bin() {
        let mut bins = Bins::new(Step::FINEST);
        bins.add(0.3, 1_u64);
        bins.add(0.3, 1_u64);
        assert_eq!(bins.into_bins(), [2]);
    }
}
