//! `fold`, `any`, `all`.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::Bag;
use super::open::Need;
use super::sink::MORE;
use super::value::BagValue;

impl<T: ?Sized + 'static> Bag<T> {
    /// Folds the elements of each partition into a state, beginning with `init`, and then combines the
    /// states.
    ///
    /// How many partitions there are is not certain: `init` has to be neutral (0 for a sum, an empty set
    /// for a union), and `combine` must not care for order. Of no elements it is `init`.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let longest = swath::bag::from_iter(["to", "b", "ore"], 2)
    ///     .fold(0, |longest, word| word.len().max(longest), usize::max);
    /// assert_eq!(longest.get()?, 3);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "reduction")]
    #[track_caller]
    pub fn fold<S: Clone + Send + Sync + 'static>(
        &self,
        init: S,
        step: impl Fn(S, &T) -> S + Send + Sync + 'static,
        combine: impl Fn(S, S) -> S + Send + Sync + 'static,
    ) -> BagValue<S> {
        let init = Arc::new(init);
        let first = Arc::clone(&init);
        self.reduce(
            "fold",
            Need::Nothing,
            move || Some(S::clone(&first)),
            move |site, state, element| {
                if let Some(old) = state.take() {
                    *state = Some(site.run(|| step(old, element))?);
                }
                Ok(MORE)
            },
            move |states| {
                Ok(states.into_iter().flatten().reduce(&combine).unwrap_or_else(|| S::clone(&init)))
            },
        )
    }

    /// Whether the closure holds for some element; `false` of no elements. A partition ends when it has
    /// found one.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let numbers = swath::bag::range(0..10, 2);
    /// assert_eq!(swath::compute((numbers.any(|&n| n > 8), numbers.all(|&n| n > 8)))?, (true, false));
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn any(&self, f: impl Fn(&T) -> bool + Send + Sync + 'static) -> BagValue<bool> {
        self.search("any", f, true)
    }

    /// Whether the closure holds for each element; `true` of no elements. A partition ends when it has
    /// found one for which it does not.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// assert!(swath::bag::range(0..10, 2).all(|&n| n < 10).get()?);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn all(&self, f: impl Fn(&T) -> bool + Send + Sync + 'static) -> BagValue<bool> {
        self.search("all", f, false).map(|found| !found)
    }

    /// Whether the closure gives what is wanted for some element.
    #[track_caller]
    fn search(
        &self,
        operation: &'static str,
        f: impl Fn(&T) -> bool + Send + Sync + 'static,
        wanted: bool,
    ) -> BagValue<bool> {
        self.reduce(
            operation,
            Need::Nothing,
            || false,
            move |site, found, element| {
                *found = site.run(|| f(element))? == wanted;
                Ok(if *found { ControlFlow::Break(()) } else { MORE })
            },
            |found| Ok(found.contains(&true)),
        )
    }
}
