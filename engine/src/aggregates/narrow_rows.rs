//! Aggregates that keep all values of a group, where the groups go to disk.
//!
//! A row of such a group is as long as the group has values. Whoever merges what was written has a batch of each run in
//! memory, and with it all that the groups of the batch have: a median of 10 000 groups of 1000 values each took 220 MB
//! beside a limit of 64 MB. Exchanges between threads collect batches of thousands of rows, and do not count what they
//! have. So wide rows are refused, and the query is begun once more in a way in which groups come one after the other
//! ([`SortGroups`](crate::operators::SortGroups)).

use arrow::array::{ArrayRef, BooleanArray};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};

use super::SessionMemory;

/// The groups of another accumulator, which go to disk only if they take less than [`MOST_BYTES`] a batch.
pub(super) struct NarrowRows {
    core: Box<dyn GroupsAccumulator>,
    memory: SessionMemory,
    groups: usize,
    /// Whether values come from other accumulators: what is given is for the disk then, and has to be merged again.
    merges: bool,
}

/// What the values of a batch of groups may take.
const MOST_BYTES: usize = 4 << 20;

/// What is exchanged between threads may take this part of the memory, one in 16, where it is wide.
const EXCHANGED_PARTS: usize = 16;

/// Groups of a batch.
const BATCH_GROUPS: usize = 8192;

impl NarrowRows {
    pub(super) fn new(core: Box<dyn GroupsAccumulator>, memory: &SessionMemory) -> Self {
        Self { core, memory: memory.clone(), groups: 0, merges: false }
    }

    fn refuse_wide_rows(&self) -> Result<()> {
        let len_bytes = self.size();
        let group_bytes = len_bytes / self.groups.max(1);
        let is_wide = group_bytes * self.groups.min(BATCH_GROUPS) > MOST_BYTES;
        if is_wide && (self.merges || self.memory.is_less_than(len_bytes, EXCHANGED_PARTS)) {
            let message =
                format!("an aggregate that keeps all values has {group_bytes} bytes for each group");
            return Err(DataFusionError::ResourcesExhausted(message));
        }
        Ok(())
    }
}

impl GroupsAccumulator for NarrowRows {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        condition: Option<&BooleanArray>,
        group_count: usize,
    ) -> Result<()> {
        self.groups = group_count;
        self.core.update_batch(values, group_indices, condition, group_count)
    }

    fn merge_batch(
        &mut self,
        states: &[ArrayRef],
        group_indices: &[usize],
        group_count: usize,
    ) -> Result<()> {
        (self.groups, self.merges) = (group_count, true);
        self.core.merge_batch(states, group_indices, group_count)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        self.core.evaluate(emit_to)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        self.refuse_wide_rows()?;
        self.core.state(emit_to)
    }

    /// Where there are about as many groups as rows, the relational core does not group rows before they are exchanged
    /// between threads, but makes each a group of its own. Its `percentile_cont` panics then, where it is given all its
    /// arguments: it expects the values alone, which come first.
    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        condition: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        self.core.convert_to_state(&values[..1], condition)
    }

    fn size(&self) -> usize {
        self.core.size()
    }
}
