//! Memory for a query that did not fit into it, and is run once more.

use std::fmt;
use std::sync::Arc;

use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryLimit, MemoryPool, MemoryReservation};

use crate::budget::Budget;

/// A budget of which sorts take a small part before they write to disk.
///
/// A sort of the relational core takes as much as it gets, and then needs more to write it to disk: it merges what it
/// has, by keys that it makes of the rows, and keys of several narrow columns are longer than the rows. It asks for
/// twice the rows' memory from the start, which is enough most often.
///
/// What it has written it merges from as many runs at once as there is memory, all that there is; then the next sort, as
/// that of the other side of a join, has none. So a merge has its part, too.
#[derive(Debug)]
pub(crate) struct FrugalBudget {
    budget: Arc<Budget>,
    partitions: usize,
}

/// Of the limit, a partition's sorts take so much, one by one: an eighth.
const SORT_PART: usize = 8;

/// But that much, where all partitions together may: texts of a sorted batch are counted once for each shorter batch that
/// it becomes.
const LEAST_SORT_BYTES: usize = 2 << 20;

/// And the merges of a partition, one by one: a quarter.
const MERGE_PART: usize = 4;

impl FrugalBudget {
    /// The same budget for a query in so many partitions.
    pub(crate) fn new(budget: &Arc<Budget>, partitions: usize) -> Self {
        Self { budget: Arc::clone(budget), partitions: partitions.max(1) }
    }

    /// What one sort may hold of rows. A batch it may hold in any case.
    fn sort_bytes(&self) -> usize {
        let part = self.budget.limit_bytes() / SORT_PART;
        (part / self.partitions).max(LEAST_SORT_BYTES).min(part)
    }

    /// What one merge may hold.
    fn merge_bytes(&self) -> usize {
        self.budget.limit_bytes() / MERGE_PART / self.partitions
    }
}

impl MemoryPool for FrugalBudget {
    fn name(&self) -> &str {
        "frugal budget"
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.budget.grow(reservation, additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, len_bytes: usize) {
        self.budget.shrink(reservation, len_bytes);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let held = reservation.size();
        let name = reservation.consumer().name();
        let most = match name.split_once('[').map(|(kind, _)| kind) {
            Some("ExternalSorter") => self.sort_bytes(),
            Some("ExternalSorterMerge") => self.merge_bytes(),
            _ => usize::MAX,
        };
        if held > 0 && additional > most.saturating_sub(held) {
            let message = format!("{name} has {held} bytes, and may not have {additional} more");
            return Err(DataFusionError::ResourcesExhausted(message));
        }
        self.budget.try_grow(reservation, additional)
    }

    fn reserved(&self) -> usize {
        self.budget.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        self.budget.memory_limit()
    }
}

impl fmt::Display for FrugalBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.budget.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use datafusion::execution::memory_pool::MemoryConsumer;

    use super::*;

    #[test]
    fn sorts_leave_room_for_what_they_need_to_write() {
        let budget = Arc::new(Budget::new(1600));
        let pool: Arc<dyn MemoryPool> = Arc::new(FrugalBudget::new(&budget, 2));
        let sort = MemoryConsumer::new("ExternalSorter[0]").with_can_spill(true).register(&pool);
        sort.try_grow(250).unwrap();
        assert!(sort.try_grow(1).is_err(), "more than its part, which the first batch alone may be");
        let merge = MemoryConsumer::new("ExternalSorterMerge[0]").register(&pool);
        merge.try_grow(200).unwrap();
        assert!(merge.try_grow(1).is_err(), "others have to merge, too");
        let join = MemoryConsumer::new("SMJStream[0]").register(&pool);
        join.try_grow(700).unwrap();
        drop((sort, merge, join));
        assert_eq!(pool.reserved(), 0);
    }
}
