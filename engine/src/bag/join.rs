//! `join` with what fits in memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::ControlFlow;

use super::Bag;
use super::sink::MORE;

impl<T: ?Sized + ToOwned + 'static> Bag<T> {
    /// Pairs of an element and an item of a small side with the same key, one for each match (an inner
    /// join). The small side is held in memory; elements without a match are left out.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let views = swath::bag::from_iter([("en", 7), ("de", 3), ("??", 1)], 1);
    /// let names = [("en", "English"), ("de", "German")];
    /// let named = views.join(names, |name| name.0, |view| view.0).map(|(view, name)| (name.1, view.1));
    /// assert_eq!(named.collect()?, [("English", 7), ("German", 3)]);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn join<S, K>(
        &self,
        small: impl IntoIterator<Item = S>,
        small_key: impl Fn(&S) -> K,
        key: impl Fn(&T) -> K + Send + Sync + 'static,
    ) -> Bag<(T::Owned, S)>
    where
        S: Clone + Send + Sync + 'static,
        K: Hash + Eq + Send + Sync + 'static,
    {
        let mut table: HashMap<K, Vec<S>> = HashMap::new();
        for item in small {
            table.entry(small_key(&item)).or_default().push(item);
        }
        self.each("join", move |site, element, sink| {
            for item in table.get(&site.run(|| key(element))?).into_iter().flatten() {
                if sink.push(&(element.to_owned(), item.clone()))?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Ok(MORE)
        })
    }
}
