//! `concat`, `repartition`: bags put together, and cut otherwise.

use super::Bag;
use super::open::{Branch, Need, Opened};
use crate::error::Error;
use crate::operators::Operator;
use crate::operators::repartition::Repartition;

impl<T: ?Sized + 'static> Bag<T> {
    /// The elements of both bags.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let both = swath::bag::range(0..2, 1).concat(&swath::bag::range(5..7, 1));
    /// assert_eq!(both.take(3).get()?, [0, 1, 5]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn concat(&self, other: &Bag<T>) -> Bag<T> {
        Bag { branches: [&self.branches[..], &other.branches].concat() }
    }

    /// The same elements in another number of partitions, in which closures run at once: more than there
    /// are files, where the closures are what takes the time.
    ///
    /// It holds for the closures before it, too. Batches of lines are moved between threads, not copied.
    /// Operations that need the order of elements run in one partition nevertheless.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("one.txt");
    /// # std::fs::write(&path, "a\nb\n").unwrap();
    /// let slow = swath::read_text(&path).repartition(8).map(|line| line.len());
    /// assert_eq!(slow.sum().get()?, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn repartition(&self, partitions: usize) -> Bag<T> {
        let repartition = |branch: &Branch<T>| {
            let branch = branch.clone();
            Branch::new(move |need| {
                let opened = branch.open(need)?;
                if need > Need::Nothing {
                    return Ok(opened);
                }
                let Opened { session, plan, connect, steps, rows_are_elements } = opened;
                let plan = Repartition { partitions: partitions.max(1) }.over(plan);
                Ok(Opened { session, plan, connect, steps, rows_are_elements })
            })
        };
        Bag { branches: self.branches.iter().map(repartition).collect() }
    }

    /// A bag whose computation fails.
    pub(super) fn broken(&self, error: Error) -> Bag<T> {
        Bag::of(Branch::new(move |_| Err(error.clone())))
    }
}
