//! `accumulate`: states on the way through the elements.

use std::sync::Arc;

use datafusion::error::Result;

use super::Bag;
use super::open::Need;
use super::sink::{BoxSink, Flow, Sink};
use super::site::Site;
use crate::error::Error;

impl<T: ?Sized + 'static> Bag<T> {
    /// The state after each element, in the order of elements: a running sum, a running maximum. `init` is not among them.
    ///
    /// It needs that order (see [`take`](Self::take)), so that files are read one after the other. A bag
    /// put together with [`concat`](Self::concat) has no such order: accumulating it is an error.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let sums = swath::bag::range(1..5, 4).accumulate(0, |sum, n| sum + n);
    /// assert_eq!(sums.collect()?, [1, 3, 6, 10]);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn accumulate<S: Clone + Send + Sync + 'static>(
        &self,
        init: S,
        f: impl Fn(&S, &T) -> S + Send + Sync + 'static,
    ) -> Bag<S> {
        let site = Site::new("accumulate");
        let f = Arc::new(f);
        let stage = move |sink| {
            Box::new(Accumulate { state: init.clone(), f: Arc::clone(&f), site, sink }) as BoxSink<T>
        };
        let states = self.then(site, Need::Order, stage);
        if self.branches.len() > 1 {
            let hint = "accumulate each bag before concat".to_owned();
            return states.broken(Error::query(format!("{site}: the bag is put together of several"), hint));
        }
        states
    }
}

struct Accumulate<F, S> {
    state: S,
    f: Arc<F>,
    site: Site,
    sink: BoxSink<S>,
}

impl<T: ?Sized, S: Send, F: Fn(&S, &T) -> S + Send + Sync> Sink<T> for Accumulate<F, S> {
    fn begin(&mut self, piece: u64) -> Flow {
        self.sink.begin(piece)
    }

    fn push(&mut self, element: &T) -> Flow {
        self.state = self.site.run(|| (self.f)(&self.state, element))?;
        self.sink.push(&self.state)
    }

    fn finish(&mut self) -> Result<()> {
        self.sink.finish()
    }
}
