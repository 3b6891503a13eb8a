//! `count`, `sum`, `product`, `mean`, `var`, `std`.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{LogicalPlanBuilder, lit};

use super::Bag;
use super::number::Number;
use super::open::Need;
use super::reduce::{Reduce, request_states};
use super::sink::MORE;
use super::site::{Site, failure};
use super::value::BagValue;
use crate::compute::Pending;
use crate::error::Error;

impl<T: ?Sized + 'static> Bag<T> {
    /// How many elements there are.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// assert_eq!(swath::bag::range(0..10, 2).filter(|n| n % 3 == 0).count().get()?, 4);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn count(&self) -> BagValue<u64> {
        let bag = self.clone();
        let reduce = Arc::new(Reduce {
            site: Site::new("count"),
            need: Need::Nothing,
            init: Arc::new(|| 0u64),
            step: Arc::new(|_: &Site, count: &mut u64, _: &T| {
                *count += 1;
                Ok(MORE)
            }),
        });
        BagValue::new(move |requests| {
            let mut pending: Vec<Pending<u64>> = Vec::new();
            for branch in &bag.branches {
                let opened = branch.open(Need::Nothing)?;
                if opened.rows_are_elements {
                    // Lines that are only counted need not be made.
                    let none: [datafusion::logical_expr::Expr; 0] = [];
                    let plan =
                        LogicalPlanBuilder::from(opened.plan).aggregate(none, [count(lit(1i64))])?.build()?;
                    let id = requests.add(&opened.session, plan)?;
                    pending.push(Box::new(move |answers| {
                        let rows = answers.take(id)?;
                        Ok(rows.iter().flat_map(count_of).sum())
                    }));
                } else {
                    let states = request_states(opened, &reduce, requests)?;
                    pending.push(Box::new(move |answers| Ok(states(answers)?.into_iter().sum())));
                }
            }
            Ok(Box::new(move |answers| {
                let mut total = 0;
                for pending in pending {
                    total += pending(answers)?;
                }
                Ok(total)
            }))
        })
    }
}

/// The count that a batch of one row holds.
fn count_of(batch: &arrow::array::RecordBatch) -> Option<u64> {
    let counts = batch.column(0).as_primitive_opt::<Int64Type>()?;
    counts.values().first().and_then(|&count| u64::try_from(count).ok())
}

impl<T: Number> Bag<T> {
    /// The sum; of no elements it is 0. A sum that does not fit its type is an error.
    ///
    /// Floats are added in no certain order, so that the last digits may differ between two runs.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// assert_eq!(swath::bag::range(0..3, 1).map(|&n| n as f64 / 2.0).sum().get()?, 1.5);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn sum(&self) -> BagValue<T::Sum> {
        self.total("sum", T::ZERO, T::plus)
    }

    /// The product; of no elements it is 1. A product that does not fit its type is an error.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// assert_eq!(swath::bag::range(1..6, 2).product().get()?, 120);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn product(&self) -> BagValue<T::Sum> {
        self.total("product", T::ONE, T::times)
    }

    #[track_caller]
    fn total(
        &self,
        operation: &'static str,
        first: T::Total,
        combine: fn(T::Total, T::Total) -> Option<T::Total>,
    ) -> BagValue<T::Sum> {
        let message =
            move || format!("the {operation} of the bag does not fit {}", std::any::type_name::<T::Sum>());
        let hint = || "make floats of the elements before: map(|&n| n as f64)".to_owned();
        self.reduce(
            operation,
            Need::Nothing,
            move || first,
            move |_, total, element| {
                let sum = combine(*total, element.to_total());
                *total = sum.ok_or_else(|| failure(message(), hint()))?;
                Ok(MORE)
            },
            move |totals| {
                let total = totals.into_iter().try_fold(first, combine);
                total.and_then(T::to_sum).ok_or_else(|| Error::query(message(), hint()))
            },
        )
    }

    /// The mean, or `None` of no elements.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// assert_eq!(swath::bag::range(1..5, 2).mean().get()?, Some(2.5));
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn mean(&self) -> BagValue<Option<f64>> {
        let add = |a: T::Total, b: T::Total| T::plus(a, b).ok_or_else(|| failure("the mean overflows", None));
        self.reduce(
            "mean",
            Need::Nothing,
            || (T::ZERO, 0u64),
            move |_, (total, count), element| {
                *total = add(*total, element.to_total())?;
                *count += 1;
                Ok(MORE)
            },
            move |parts| {
                let (mut total, mut count) = (T::ZERO, 0);
                for (part, part_count) in parts {
                    total = add(total, part)?;
                    count += part_count;
                }
                Ok((count > 0).then(|| T::total_to_f64(total) / count as f64))
            },
        )
    }

    /// The variance of a sample (divided by n - 1), or `None` of fewer than two elements.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// assert_eq!(swath::bag::range(1..4, 2).var().get()?, Some(1.0));
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn var(&self) -> BagValue<Option<f64>> {
        self.moments("var").map(|moments| moments.var(1))
    }

    /// The variance divided by n - `ddof`, or `None` of `ddof` elements or fewer.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// assert_eq!(swath::bag::from_iter([1, 3], 1).var_with_ddof(0).get()?, Some(1.0));
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn var_with_ddof(&self, ddof: u64) -> BagValue<Option<f64>> {
        self.moments("var").map(move |moments| moments.var(ddof))
    }

    /// The standard deviation of a sample (with n - 1), or `None` of fewer than two elements.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// assert_eq!(swath::bag::range(1..4, 2).std().get()?, Some(1.0));
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn std(&self) -> BagValue<Option<f64>> {
        self.moments("std").map(|moments| moments.var(1).map(f64::sqrt))
    }

    /// The standard deviation with n - `ddof`, or `None` of `ddof` elements or fewer.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// assert_eq!(swath::bag::from_iter([1, 3], 1).std_with_ddof(0).get()?, Some(1.0));
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn std_with_ddof(&self, ddof: u64) -> BagValue<Option<f64>> {
        self.moments("std").map(move |moments| moments.var(ddof).map(f64::sqrt))
    }

    #[track_caller]
    fn moments(&self, operation: &'static str) -> BagValue<Moments> {
        self.reduce_all(
            operation,
            Moments::default,
            |moments, n| moments.add(n.to_f64()),
            |parts| parts.into_iter().fold(Moments::default(), Moments::merge),
        )
    }
}

/// Count, mean and sum of squared differences, kept as Welford does and merged as Chan et al. do.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    count: u64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, n: f64) {
        self.count += 1;
        let difference = n - self.mean;
        self.mean += difference / self.count as f64;
        self.squares += difference * (n - self.mean);
    }

    fn merge(self, other: Self) -> Self {
        if self.count == 0 || other.count == 0 {
            return if self.count == 0 { other } else { self };
        }
        let count = self.count + other.count;
        let difference = other.mean - self.mean;
        let share = other.count as f64 / count as f64;
        Self {
            count,
            mean: self.mean + difference * share,
            squares: self.squares + other.squares + difference * difference * self.count as f64 * share,
        }
    }

    fn var(self, ddof: u64) -> Option<f64> {
        (self.count > ddof).then(|| self.squares / (self.count - ddof) as f64)
    }
}
