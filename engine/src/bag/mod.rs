//! Bags: lazy, unordered collections of elements of any type, worked on by closures.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("pages.txt");
//! std::fs::write(&path, "en Barack_Obama 12\nde Obama 3\nen Paris 7\n")?;
//!
//! let pages = swath::read_text(&path);
//! let obama = pages.contains("Obama");
//! let views = pages.split_pluck(" ", 2).try_map(|count| count.parse::<u64>());
//!
//! // One read for all three.
//! let (lines, found, views) = swath::compute((pages.count(), obama.count(), views.sum()))?;
//! assert_eq!((lines, found, views), (3, 2, 22));
//! # Ok(())
//! # }
//! ```
//!
//! Where the elements come from:
//!
//! | you have | use |
//! | --- | --- |
//! | files of lines, plain or compressed | [`read_text`] |
//! | files of JSON, one value a line | [`read_json`] |
//! | anything that can be iterated | [`from_iter()`], [`from_fn`] |
//! | numbers in a row | [`range`] |
//! | a frame | [`Frame::to_bag`](crate::Frame::to_bag) |
//!
//! Operations that give a [`Bag`] run nothing. Those that give a [`BagValue`] do not run either, until
//! [`compute`](crate::compute()) or [`BagValue::get`]. Closures run on the threads of the session, as many
//! partitions at once as there are threads, and in the same pass as frames that are computed with them.
//!
//! Elements come to closures by reference, so that lines need no copy: a bag of lines is a `Bag<str>`.

mod accumulate;
mod cell;
mod collect;
mod concat;
mod filter;
mod fold;
mod from_iter;
mod group;
mod join;
mod line_filter;
mod map;
mod map_partitions;
mod number;
mod of_frame;
mod open;
mod order;
mod pluck;
mod read_json;
mod read_text;
mod reduce;
mod sample;
mod sink;
mod site;
mod statistics;
mod to_frame;
mod to_text_files;
mod value;

pub use from_iter::{from_fn, from_iter, range};
pub use number::Number;
pub use read_json::read_json;
pub use read_text::{ReadText, read_text};
pub use to_frame::Columns;
pub use value::BagValue;

use open::Branch;

/// A lazy, unordered collection of elements of one type. Cheap to clone.
///
/// Elements are made when a result is computed and are never all in memory, unless the result holds
/// them. A panic in a closure is an error that names the operation and the line of code.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let squares = swath::bag::range(1..1_000, 4).map(|n| n * n);
/// let even = squares.filter(|n| n % 2 == 0);
/// let (sum, even, largest) = swath::compute((squares.sum(), even.count(), squares.topk(2)))?;
/// assert_eq!((sum, even, largest), (332_833_500, 499, vec![998_001, 996_004]));
/// # Ok(())
/// # }
/// ```
pub struct Bag<T: ?Sized> {
    /// Parts with sources of their own; together they are the bag.
    branches: Vec<Branch<T>>,
}

impl<T: ?Sized> Clone for Bag<T> {
    fn clone(&self) -> Self {
        Self { branches: self.branches.clone() }
    }
}
