//! `min`, `max`, `topk`: by the order of elements.

use std::borrow::Borrow;
use std::cmp::Ordering;

use super::Bag;
use super::open::Need;
use super::sink::MORE;
use super::value::BagValue;

impl<T: ?Sized + ToOwned + PartialOrd + 'static> Bag<T>
where
    T::Owned: Send,
{
    /// The smallest element, or `None` of no elements. What is not equal to itself (NaN) is passed over
    /// where there is something else.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// assert_eq!(swath::bag::from_iter([2.5, f64::NAN, 1.5], 2).min().get()?, Some(1.5));
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn min(&self) -> BagValue<Option<T::Owned>> {
        self.extreme("min", Ordering::Less)
    }

    /// The largest element, or `None` of no elements. What is not equal to itself (NaN) is passed over
    /// where there is something else.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// assert_eq!(swath::bag::from_iter(["b", "c", "a"], 2).max().get()?, Some("c"));
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn max(&self) -> BagValue<Option<T::Owned>> {
        self.extreme("max", Ordering::Greater)
    }

    #[track_caller]
    fn extreme(&self, operation: &'static str, wanted: Ordering) -> BagValue<Option<T::Owned>> {
        let better = move |new: &T, old: &T| match new.partial_cmp(old) {
            Some(ordering) => ordering == wanted,
            None => is_ordered(new) && !is_ordered(old),
        };
        let step = move |best: &mut Option<T::Owned>, element: &T| {
            if best.as_ref().is_none_or(|best| better(element, best.borrow())) {
                *best = Some(element.to_owned());
            }
        };
        self.reduce_all(
            operation,
            || None,
            step,
            move |parts: Vec<Option<T::Owned>>| {
                let better_of = |a: T::Owned, b: T::Owned| if better(b.borrow(), a.borrow()) { b } else { a };
                parts.into_iter().flatten().reduce(better_of)
            },
        )
    }

    /// The `k` largest elements, the largest first. NaN is smaller than all else.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// assert_eq!(swath::bag::range(0..100, 4).topk(3).get()?, [99, 98, 97]);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn topk(&self, k: usize) -> BagValue<Vec<T::Owned>> {
        let step = move |top: &mut Vec<T::Owned>, element: &T| {
            let at = place(top, |other| compare(other.borrow(), element));
            if at < k {
                insert(top, at, k, element.to_owned());
            }
        };
        self.reduce_all("topk", Vec::new, step, move |parts| {
            merge_top(parts, k, |a, b| compare::<T>(a.borrow(), b.borrow()))
        })
    }
}

impl<T: ?Sized + ToOwned + 'static> Bag<T>
where
    T::Owned: Send,
{
    /// The `k` elements with the largest keys, the largest first. NaN is smaller than all other keys.
    ///
    /// For the smallest, use [`std::cmp::Reverse`] keys. Which of equal ones are among them, and in which order they come, is not certain.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let words = swath::bag::from_iter(["to", "b", "ore"], 2);
    /// assert_eq!(words.topk_by(2, |word| word.len()).get()?, ["ore", "to"]);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "max_by_key")]
    #[doc(alias = "min_by_key")]
    #[track_caller]
    pub fn topk_by<K: PartialOrd + Send + 'static>(
        &self,
        k: usize,
        key: impl Fn(&T) -> K + Send + Sync + 'static,
    ) -> BagValue<Vec<T::Owned>> {
        self.reduce(
            "topk_by",
            Need::Nothing,
            Vec::new,
            move |site, top: &mut Vec<(K, T::Owned)>, element| {
                let key = site.run(|| key(element))?;
                let at = place(top, |other| compare(&other.0, &key));
                if at < k {
                    insert(top, at, k, (key, element.to_owned()));
                }
                Ok(MORE)
            },
            move |parts| {
                let top = merge_top(parts, k, |a, b| compare(&a.0, &b.0));
                Ok(top.into_iter().map(|(_, element)| element).collect())
            },
        )
    }
}

/// Where a new element belongs among the largest, which lie in order.
fn place<E>(top: &[E], compare_to_new: impl Fn(&E) -> Ordering) -> usize {
    top.partition_point(|other| compare_to_new(other) != Ordering::Less)
}

/// Puts an element in its place and keeps no more than `k`.
fn insert<E>(top: &mut Vec<E>, at: usize, k: usize, element: E) {
    top.truncate(k - 1);
    top.insert(at, element);
}

fn merge_top<E>(parts: Vec<Vec<E>>, k: usize, compare: impl Fn(&E, &E) -> Ordering) -> Vec<E> {
    let mut all: Vec<E> = parts.into_iter().flatten().collect();
    all.sort_by(|a, b| compare(b, a));
    all.truncate(k);
    all
}

/// An order of all values: what is not equal to itself comes first.
pub(super) fn compare<T: ?Sized + PartialOrd>(a: &T, b: &T) -> Ordering {
    a.partial_cmp(b).unwrap_or_else(|| is_ordered(a).cmp(&is_ordered(b)))
}

#[allow(clippy::eq_op, reason = "NaN is told by not being equal to itself")]
fn is_ordered<T: ?Sized + PartialOrd>(value: &T) -> bool {
    value == value
}
