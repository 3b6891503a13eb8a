//! `random_sample`, `sample`: elements drawn by chance, the same ones each time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use datafusion::error::Result;

use super::Bag;
use super::open::Need;
use super::sink::{BoxSink, Flow, MORE, Sink};
use super::site::Site;
use super::value::BagValue;
use crate::error::Error;

impl<T: ?Sized + 'static> Bag<T> {
    /// Each element with the probability `fraction`. The same seed gives the same elements, however many
    /// threads there are.
    ///
    /// Chance is drawn from the seed, the file and the element's place in it (for bags of iterators, the
    /// place in the iteration; of frames, that of the row), so that lines come one after the other, and closures that stand before
    /// run on one thread. Rows of groups and joins that are not sorted have no certain place: a bag of them
    /// may give another sample each time. A fraction that is not between 0 and 1 is an error of the computation.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let sample = swath::bag::range(0..10_000, 4).random_sample(0.1, 42);
    /// let (count, again) = swath::compute((sample.count(), sample.count()))?;
    /// assert!((900..1100).contains(&count) && count == again);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn random_sample(&self, fraction: f64, seed: u64) -> Bag<T> {
        let site = Site::new("random_sample");
        if !(0.0..=1.0).contains(&fraction) {
            let hint = "write 0.1 for one element of ten".to_owned();
            return self.broken(Error::query(format!("{site}: {fraction} is not between 0 and 1"), hint));
        }
        self.then(site, Need::Pieces, move |sink| {
            Box::new(Sample { fraction, seed, state: mix(seed), sink }) as BoxSink<T>
        })
    }
}

impl<T> Bag<T>
where
    T: ?Sized + ToOwned + 'static,
    T::Owned: Send + Sync + Clone,
{
    /// So many elements by chance, each with the same one and none twice; all of them if there are no more.
    /// They come in no certain order. Memory: `count` elements, for each partition.
    ///
    /// The same seed gives the same elements, as of [`random_sample`](Self::random_sample).
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let numbers = swath::bag::range(0..10_000, 4);
    /// let some = numbers.sample(5, 42).get()?;
    /// assert_eq!(some.len(), 5);
    /// assert_eq!(some, numbers.sample(5, 42).get()?);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    #[doc(alias = "choices")]
    pub fn sample(&self, count: usize, seed: u64) -> BagValue<Vec<T::Owned>> {
        let drawn = self.then(Site::new("sample"), Need::Pieces, move |sink| {
            let least = BinaryHeap::new();
            Box::new(Draw::<T> { count, seed, state: mix(seed), least, sink }) as BoxSink<T>
        });
        let least = drawn.topk_by(count, |drawn| Reverse(drawn.0));
        least.map(|drawn| drawn.into_iter().map(|(_, element)| element).collect())
    }
}

/// Passes on the elements that are among the `count` with the least numbers so far.
struct Draw<T: ?Sized + ToOwned> {
    count: usize,
    seed: u64,
    state: u64,
    /// The least numbers, the largest of them on top.
    least: BinaryHeap<u64>,
    sink: BoxSink<(u64, T::Owned)>,
}

impl<T: ?Sized + ToOwned> Sink<T> for Draw<T>
where
    T::Owned: Send,
{
    fn begin(&mut self, piece: u64) -> Flow {
        self.state = mix(mix(self.seed) ^ piece);
        self.sink.begin(piece)
    }

    fn push(&mut self, element: &T) -> Flow {
        self.state = self.state.wrapping_add(STEP);
        let number = mix(self.state);
        if self.least.len() == self.count {
            match self.least.peek() {
                Some(&largest) if number < largest => self.least.pop(),
                _ => return Ok(MORE),
            };
        }
        self.least.push(number);
        self.sink.push(&(number, element.to_owned()))
    }

    fn finish(&mut self) -> Result<()> {
        self.sink.finish()
    }
}

struct Sample<T: ?Sized> {
    fraction: f64,
    seed: u64,
    state: u64,
    sink: BoxSink<T>,
}

impl<T: ?Sized> Sink<T> for Sample<T> {
    fn begin(&mut self, piece: u64) -> Flow {
        self.state = mix(mix(self.seed) ^ piece);
        self.sink.begin(piece)
    }

    fn push(&mut self, element: &T) -> Flow {
        self.state = self.state.wrapping_add(STEP);
        if unit(mix(self.state)) < self.fraction { self.sink.push(element) } else { Ok(MORE) }
    }

    fn finish(&mut self) -> Result<()> {
        self.sink.finish()
    }
}

/// How far the state goes on for each element, as of SplitMix64.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A number from 0 to below 1, of the upper 53 bits.
fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

/// The mixer of SplitMix64 (Steele, Lea and Flood, 2014).
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
