//! States of groups on disk: each group in the part that the hash of its keys says.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::interleave_record_batch;
use arrow::datatypes::SchemaRef;
use datafusion::common::hash_utils::{RandomState, create_hashes};
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use futures::{StreamExt, TryStreamExt, stream};

use crate::pass::{read_batches, write_batches};
use crate::spill_store::{Spill, SpillStore};

/// How many parts there are, as a power of 2: groups of which 1 / 128 fits into memory beside those of other partitions are written
/// once. Fewer where tables are so small that a part of one would have less than [`LEAST_ROWS`]: then parts that are too large are
/// left to the relational core.
const MOST_PART_BITS: u32 = 7;
const LEAST_PART_BITS: u32 = 3;
const LEAST_ROWS: usize = 128;

/// Of the hash that tells parts: by that of exchanges, all rows of a partition have something in common.
const SEED: u64 = 7;

/// States of groups on disk.
#[derive(Debug)]
pub(super) struct Parts {
    store: Arc<SpillStore>,
    /// Columns of keys, which are the first ones.
    keys: usize,
    /// How many parts there are, as a power of 2, from the first table on.
    bits: u32,
    /// What was written, a table each.
    tables: Vec<Arc<Table>>,
}

/// The groups of a table, part after part.
#[derive(Debug)]
struct Table {
    spill: Spill,
    schema: SchemaRef,
    /// For each part, where it is and its bytes: none if it has no groups.
    ranges: Vec<(u64, usize)>,
}

impl Table {
    fn read(&self, part: usize) -> Result<Vec<RecordBatch>> {
        let (offset, len) = self.ranges[part];
        read_batches(&self.spill.read_range(offset, len)?)
    }
}

/// Where a row is: its batch, and its place in it.
type Row = (u32, u32);

impl Parts {
    /// No groups.
    pub(super) fn new(store: &Arc<SpillStore>, keys: usize) -> Self {
        Self { store: Arc::clone(store), keys, bits: LEAST_PART_BITS, tables: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// How many parts there are.
    pub(super) fn count(&self) -> usize {
        1 << self.bits
    }

    /// Writes the groups of a table, and says how many bytes they take.
    ///
    /// # Errors
    /// The folder cannot be written to, the disk is full, or as much is spilled as may be.
    pub(super) async fn write(&mut self, batches: &[RecordBatch]) -> Result<u64> {
        let Some(first) = batches.first() else { return Ok(0) };
        if self.tables.is_empty() {
            let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
            let parts = (rows / LEAST_ROWS).max(1);
            self.bits = parts.ilog2().clamp(LEAST_PART_BITS, MOST_PART_BITS);
        }
        let rows = self.rows_by_part(batches)?;
        let batches: Vec<&RecordBatch> = batches.iter().collect();
        let spill = self.store.spill();
        let mut ranges = Vec::with_capacity(self.count());
        for rows in rows {
            let offset = spill.len_bytes();
            if !rows.is_empty() {
                let rows: Vec<_> =
                    rows.into_iter().map(|(batch, row)| (batch as usize, row as usize)).collect();
                let part = interleave_record_batch(&batches, &rows)?;
                spill.write(&write_batches(&[part])?)?;
                // Whoever wants the query to end is not to wait for the whole table.
                tokio::task::yield_now().await;
            }
            ranges.push((offset, usize::try_from(spill.len_bytes() - offset).expect("it was in memory")));
        }
        spill.finish()?;
        let len_bytes = spill.len_bytes();
        self.tables.push(Arc::new(Table { spill, schema: first.schema(), ranges }));
        Ok(len_bytes)
    }

    /// The rows of each part.
    fn rows_by_part(&self, batches: &[RecordBatch]) -> Result<Vec<Vec<Row>>> {
        let mut parts = vec![Vec::new(); self.count()];
        let mut hashes = Vec::new();
        for (number, batch) in (0..).zip(batches) {
            hashes.clear();
            hashes.resize(batch.num_rows(), 0);
            create_hashes(&batch.columns()[..self.keys], &RandomState::with_seed(SEED), &mut hashes)?;
            for (row, hash) in (0..).zip(&hashes) {
                parts[(hash >> (u64::BITS - self.bits)) as usize].push((number, row));
            }
        }
        Ok(parts)
    }

    /// The states of a part, of which one group may have several; nothing if there are none.
    pub(super) fn read(&self, part: usize) -> Option<PartStates> {
        let tables = self.tables.iter().filter(|table| table.ranges[part].1 > 0).map(Arc::clone);
        let tables: Vec<_> = tables.collect();
        let schema = Arc::clone(&tables.first()?.schema);
        Some(PartStates { schema, tables, part })
    }
}

/// The states of a part, to be read.
#[derive(Debug)]
pub(super) struct PartStates {
    schema: SchemaRef,
    tables: Vec<Arc<Table>>,
    part: usize,
}

impl PartitionStream for PartStates {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let part = self.part;
        let batches = stream::iter(self.tables.clone())
            .map(move |table| table.read(part).map(|batches| stream::iter(batches.into_iter().map(Ok))));
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches.try_flatten()))
    }
}
