//! Lazy results of bags.

use std::sync::Arc;

use super::site::Site;
use crate::compute::{Computable, Pending, Requests, compute, compute_async};
use crate::error::Result;

/// A lazy value made of a bag: a count, a sum, a map of counts. Cheap to clone.
///
/// ```
/// # fn main() -> swath::Result<()> {
/// let numbers = swath::bag::range(0..10, 2);
/// let count = numbers.count();
/// assert_eq!(count.get()?, 10);
/// assert_eq!(swath::compute((count, numbers.sum()))?, (10, 45));
/// # Ok(())
/// # }
/// ```
pub struct BagValue<V> {
    request: Arc<Request<V>>,
}

type Request<V> = dyn Fn(&mut Requests) -> Result<Pending<V>> + Send + Sync;

impl<V> BagValue<V> {
    pub(crate) fn new(request: impl Fn(&mut Requests) -> Result<Pending<V>> + Send + Sync + 'static) -> Self {
        Self { request: Arc::new(request) }
    }

    /// Computes this value alone.
    ///
    /// # Errors
    /// Whatever the computation meets.
    pub fn get(&self) -> Result<V> {
        compute(self)
    }

    /// Like [`BagValue::get`], for async code.
    ///
    /// # Errors
    /// Whatever the computation meets.
    pub async fn get_async(&self) -> Result<V> {
        compute_async(self).await
    }
}

impl<V: 'static> BagValue<V> {
    /// What the closure makes of the value, as lazy as the value. A panic in it is an error that names it.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let words = swath::bag::from_iter(["a", "b", "a"], 1);
    /// assert_eq!(words.distinct().map(|words| words.len()).get()?, 2);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn map<W: 'static>(&self, f: impl Fn(V) -> W + Send + Sync + 'static) -> BagValue<W> {
        let site = Site::new("map");
        self.and_then(move |value| Ok(site.run(|| f(value))?))
    }

    pub(crate) fn and_then<W: 'static>(
        &self,
        f: impl Fn(V) -> Result<W> + Send + Sync + 'static,
    ) -> BagValue<W> {
        let request = Arc::clone(&self.request);
        let f = Arc::new(f);
        BagValue::new(move |requests| {
            let pending = request(requests)?;
            let f = Arc::clone(&f);
            Ok(Box::new(move |answers| f(pending(answers)?)))
        })
    }
}

impl<V> Clone for BagValue<V> {
    fn clone(&self) -> Self {
        Self { request: Arc::clone(&self.request) }
    }
}

impl<V> Computable for BagValue<V> {
    type Value = V;

    fn request(&self, requests: &mut Requests) -> Result<Pending<V>> {
        (self.request)(requests)
    }
}
