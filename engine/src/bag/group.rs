//! `frequencies`, `distinct`, `distinct_by`, `foldby`, `group_by`: elements that belong together.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use super::Bag;
use super::open::Need;
use super::sink::MORE;
use super::value::BagValue;
use crate::error::Result;

impl<T: ?Sized + ToOwned + Hash + Eq + 'static> Bag<T>
where
    T::Owned: Hash + Eq + Send,
{
    /// How often each element occurs. Memory: one of each, for each partition.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let counts = swath::bag::from_iter(["a", "b", "a"], 2).frequencies().get()?;
    /// assert_eq!((counts["a"], counts["b"]), (2, 1));
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn frequencies(&self) -> BagValue<HashMap<T::Owned, u64>> {
        let step = |counts: &mut HashMap<T::Owned, u64>, element: &T| match counts.get_mut(element) {
            Some(count) => *count += 1,
            None => {
                counts.insert(element.to_owned(), 1);
            }
        };
        self.reduce_all("frequencies", HashMap::new, step, |parts| {
            merge_into_largest(parts, HashMap::len, |counts, part| {
                for (element, count) in part {
                    *counts.entry(element).or_default() += count;
                }
            })
        })
    }

    /// The `k` elements that occur most often and how often, the most frequent first; of two that are
    /// equally frequent the smaller one first.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let words = swath::bag::from_iter(["b", "c", "a", "c"], 2);
    /// assert_eq!(words.most_frequent(2).get()?, [("c", 2), ("a", 1)]);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn most_frequent(&self, k: usize) -> BagValue<Vec<(T::Owned, u64)>>
    where
        T::Owned: Ord,
    {
        self.frequencies().map(move |counts| {
            let mut counts: Vec<_> = counts.into_iter().collect();
            counts.sort_by(|(a, a_count), (b, b_count)| b_count.cmp(a_count).then_with(|| a.cmp(b)));
            counts.truncate(k);
            counts
        })
    }

    /// One of each element. Memory: one of each, for each partition.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let words = swath::bag::from_iter(["a", "b", "a"], 2).distinct().get()?;
    /// assert_eq!(words, ["a", "b"].into());
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn distinct(&self) -> BagValue<HashSet<T::Owned>> {
        let step = |seen: &mut HashSet<T::Owned>, element: &T| {
            if !seen.contains(element) {
                seen.insert(element.to_owned());
            }
        };
        self.reduce_all("distinct", HashSet::new, step, |parts| {
            merge_into_largest(parts, HashSet::len, HashSet::extend)
        })
    }
}

impl<T: ?Sized + 'static> Bag<T> {
    /// One of the elements with each key; which one is not certain. Memory: one element a key, for each
    /// partition.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let words = swath::bag::from_iter(["tea", "rum", "milk"], 2);
    /// assert_eq!(words.distinct_by(|word| word.len()).get()?.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "unique")]
    #[track_caller]
    pub fn distinct_by<K: Hash + Eq + Send + 'static>(
        &self,
        key: impl Fn(&T) -> K + Send + Sync + 'static,
    ) -> BagValue<Vec<T::Owned>>
    where
        T: ToOwned,
        T::Owned: Send,
    {
        self.reduce(
            "distinct_by",
            Need::Nothing,
            HashMap::new,
            move |site, seen: &mut HashMap<K, T::Owned>, element| {
                if let Entry::Vacant(place) = seen.entry(site.run(|| key(element))?) {
                    place.insert(element.to_owned());
                }
                Ok(MORE)
            },
            |parts| -> Result<_> {
                let seen = merge_into_largest(parts, HashMap::len, |seen, part| {
                    for (key, element) in part {
                        seen.entry(key).or_insert(element);
                    }
                });
                Ok(seen.into_values().collect())
            },
        )
    }

    /// Folds the elements with the same key into a state, beginning with `init`, in each partition, and
    /// then combines the states of a key. Memory: one state a key, for each partition.
    ///
    /// As for [`fold`](Self::fold), `init` has to be neutral and `combine` must not care for order.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let views = swath::bag::from_iter([("en", 7), ("de", 3), ("en", 5)], 2);
    /// let by_language = views.foldby(|view| view.0, 0, |sum, view| sum + view.1, |a, b| a + b).get()?;
    /// assert_eq!(by_language, [("en", 12), ("de", 3)].into());
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn foldby<K: Hash + Eq + Send + 'static, S: Clone + Send + Sync + 'static>(
        &self,
        key: impl Fn(&T) -> K + Send + Sync + 'static,
        init: S,
        step: impl Fn(S, &T) -> S + Send + Sync + 'static,
        combine: impl Fn(S, S) -> S + Send + Sync + 'static,
    ) -> BagValue<HashMap<K, S>> {
        let init = Arc::new(init);
        self.reduce(
            "foldby",
            Need::Nothing,
            HashMap::new,
            move |site, groups: &mut HashMap<K, Option<S>>, element| {
                let key = site.run(|| key(element))?;
                // The state is taken out while the closure has it.
                let state = groups.entry(key).or_default();
                let old = state.take().unwrap_or_else(|| S::clone(&init));
                *state = Some(site.run(|| step(old, element))?);
                Ok(MORE)
            },
            move |parts| {
                let mut groups: HashMap<K, S> = HashMap::new();
                for (key, state) in parts.into_iter().flatten() {
                    let Some(state) = state else { continue };
                    let combined = match groups.remove(&key) {
                        Some(other) => combine(other, state),
                        None => state,
                    };
                    groups.insert(key, combined);
                }
                Ok(groups)
            },
        )
    }

    /// The elements by their key, in no certain order. Memory: all elements; where a state for each key
    /// will do, use [`foldby`](Self::foldby).
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let by_length = swath::bag::from_iter(["a", "bc", "d"], 1).group_by(|word| word.len()).get()?;
    /// assert_eq!(by_length[&1], ["a", "d"]);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "groupby")]
    #[track_caller]
    pub fn group_by<K: Hash + Eq + Send + 'static>(
        &self,
        key: impl Fn(&T) -> K + Send + Sync + 'static,
    ) -> BagValue<HashMap<K, Vec<T::Owned>>>
    where
        T: ToOwned,
        T::Owned: Send,
    {
        self.reduce(
            "group_by",
            Need::Nothing,
            HashMap::new,
            move |site, groups: &mut HashMap<K, Vec<T::Owned>>, element| {
                groups.entry(site.run(|| key(element))?).or_default().push(element.to_owned());
                Ok(MORE)
            },
            |parts| -> Result<_> {
                Ok(merge_into_largest(parts, HashMap::len, |groups, part| {
                    for (key, mut elements) in part {
                        groups.entry(key).or_default().append(&mut elements);
                    }
                }))
            },
        )
    }
}

/// Merges the others into the largest.
fn merge_into_largest<C: Default>(
    mut parts: Vec<C>,
    len: impl Fn(&C) -> usize,
    merge: impl Fn(&mut C, C),
) -> C {
    let Some(largest) = (0..parts.len()).max_by_key(|&index| len(&parts[index])) else {
        return C::default();
    };
    let mut merged = parts.swap_remove(largest);
    for part in parts {
        merge(&mut merged, part);
    }
    merged
}
