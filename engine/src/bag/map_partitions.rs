//! `map_partitions`: closures over many elements at once.

use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::error::Result;

use super::Bag;
use super::open::Need;
use super::sink::{BoxSink, Flow, MORE, Sink};
use super::site::Site;

/// Elements that a closure gets at once, at most.
const CHUNK_ELEMENTS: usize = 1024;

impl<T: ?Sized + ToOwned + 'static> Bag<T>
where
    T::Owned: Send,
{
    /// What the closure makes of the elements of a partition, of which it gets up to 1024 at a time, so
    /// that a partition need not fit in memory: for work that is cheaper for many elements than for each.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let sums = swath::bag::range(0..5000, 2).map_partitions(|chunk| vec![chunk.iter().sum::<i64>()]);
    /// assert_eq!(sums.sum().get()?, 12_497_500);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn map_partitions<I: IntoIterator>(
        &self,
        f: impl Fn(Vec<T::Owned>) -> I + Send + Sync + 'static,
    ) -> Bag<I::Item>
    where
        I::Item: 'static,
    {
        let site = Site::new("map_partitions");
        let f = Arc::new(f);
        self.then(site, Need::Nothing, move |sink| {
            Box::new(MapChunks::<T, _, _> { chunk: Vec::new(), f: Arc::clone(&f), site, sink, ended: false })
                as BoxSink<T>
        })
    }
}

struct MapChunks<T: ?Sized + ToOwned, F, U> {
    chunk: Vec<T::Owned>,
    f: Arc<F>,
    site: Site,
    sink: BoxSink<U>,
    /// The sink wants no more.
    ended: bool,
}

impl<T, F, I> MapChunks<T, F, I::Item>
where
    T: ?Sized + ToOwned,
    F: Fn(Vec<T::Owned>) -> I,
    I: IntoIterator,
{
    fn flush(&mut self) -> Flow {
        if self.ended || self.chunk.is_empty() {
            return Ok(MORE);
        }
        let chunk = std::mem::take(&mut self.chunk);
        let mut made = self.site.run(|| (self.f)(chunk).into_iter())?;
        while let Some(made) = self.site.run(|| made.next())? {
            if self.sink.push(&made)?.is_break() {
                self.ended = true;
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(MORE)
    }
}

impl<T, F, I> Sink<T> for MapChunks<T, F, I::Item>
where
    T: ?Sized + ToOwned,
    T::Owned: Send,
    F: Fn(Vec<T::Owned>) -> I + Send + Sync,
    I: IntoIterator,
{
    fn begin(&mut self, piece: u64) -> Flow {
        if self.flush()?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        self.sink.begin(piece)
    }

    fn push(&mut self, element: &T) -> Flow {
        self.chunk.push(element.to_owned());
        if self.chunk.len() < CHUNK_ELEMENTS { Ok(MORE) } else { self.flush() }
    }

    fn finish(&mut self) -> Result<()> {
        let _ = self.flush()?;
        self.sink.finish()
    }
}
