//! `collect`, `take`, `zip`: the elements themselves.

use std::ops::ControlFlow;

use super::Bag;
use super::open::Need;
use super::sink::MORE;
use super::value::BagValue;
use crate::compute::{Computable, Pending, Requests, compute_async};
use crate::error::{Error, Result};

impl<T: ?Sized + ToOwned + 'static> Bag<T>
where
    T::Owned: Send,
{
    /// All elements, in no certain order between partitions. They have to fit in memory.
    ///
    /// To collect together with other results, give the bag itself to [`compute`](crate::compute()).
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let numbers = swath::bag::range(0..3, 1);
    /// assert_eq!(numbers.collect()?, [0, 1, 2]);
    /// assert_eq!(swath::compute((&numbers, numbers.count()))?, (vec![0, 1, 2], 3));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Whatever the computation meets.
    #[doc(alias = "compute")]
    #[track_caller]
    pub fn collect(&self) -> Result<Vec<T::Owned>> {
        self.elements(Need::Nothing, usize::MAX, "collect").get()
    }

    /// Like [`collect`](Self::collect), for async code.
    ///
    /// # Errors
    /// Whatever the computation meets.
    pub async fn collect_async(&self) -> Result<Vec<T::Owned>> {
        compute_async(self).await
    }

    /// The first `n` elements, in their order: that of the files by name, of the lines in a file, of an
    /// iterator. Reads no further than it must, one file after the other.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// assert_eq!(swath::bag::from_fn(|| 0.., 4).filter(|n| n % 7 == 0).take(3).get()?, [0, 7, 14]);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn take(&self, n: usize) -> BagValue<Vec<T::Owned>> {
        self.elements(Need::Order, n, "take")
    }

    /// Pairs of elements at the same place in their order, as for [`take`](Self::take). Bags of unequal
    /// length are an error. Both have to fit in memory.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let letters = swath::bag::from_iter(["a", "b"], 2);
    /// assert_eq!(letters.zip(&swath::bag::range(0..2, 1)).get()?, [("a", 0), ("b", 1)]);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn zip<U>(&self, other: &Bag<U>) -> BagValue<Vec<(T::Owned, U::Owned)>>
    where
        U: ?Sized + ToOwned + 'static,
        U::Owned: Send,
    {
        let left = self.elements(Need::Order, usize::MAX, "zip");
        let right = other.elements(Need::Order, usize::MAX, "zip");
        BagValue::new(move |requests| {
            let (left, right) = (left.request(requests)?, right.request(requests)?);
            Ok(Box::new(move |answers| {
                let (left, right) = (left(answers)?, right(answers)?);
                if left.len() != right.len() {
                    let message =
                        format!("bags of {} and {} elements: zip needs as many", left.len(), right.len());
                    let hint = "cut the longer one: take(n)".to_owned();
                    return Err(Error::query(message, hint));
                }
                Ok(left.into_iter().zip(right).collect())
            }))
        })
    }

    /// At most `n` elements.
    #[track_caller]
    fn elements(&self, need: Need, n: usize, operation: &'static str) -> BagValue<Vec<T::Owned>> {
        self.reduce(
            operation,
            need,
            Vec::new,
            move |_, elements, element| {
                if elements.len() < n {
                    elements.push(element.to_owned());
                }
                Ok(if elements.len() < n { MORE } else { ControlFlow::Break(()) })
            },
            move |parts| {
                let mut elements: Vec<T::Owned> = parts.into_iter().flatten().collect();
                elements.truncate(n);
                Ok(elements)
            },
        )
    }
}

impl<T: ?Sized + ToOwned + 'static> Computable for Bag<T>
where
    T::Owned: Send,
{
    type Value = Vec<T::Owned>;

    fn request(&self, requests: &mut Requests) -> Result<Pending<Self::Value>> {
        self.elements(Need::Nothing, usize::MAX, "collect").request(requests)
    }
}
