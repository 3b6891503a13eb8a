//! One read for many outputs.
//!
//! Outputs that are computed together and scan the same files the same way share a *pass*: the files are
//! read once, with the columns that any of them needs, and each output has a reader that goes through all
//! of it (`partition.rs`). What has been read and not everybody has taken yet is in a log (`log.rs`), of
//! which the oldest part goes to disk when memory is short (`spill.rs`).
//!
//! A plan that several outputs have in common, most often an aggregate, is computed once in the same way:
//! it is the source of a pass of its own.

mod dynamic;
mod early;
mod in_order;
mod log;
mod partition;
mod reader;
mod running;
mod scan;
mod seal;
mod shared;
mod spill;
mod together;
mod work;

use std::fmt;
use std::sync::Arc;

pub(crate) use log::{Item, Log, NO_PLACE, SegmentCache};
use partition::PassPartition;
pub(crate) use reader::PassReaderExec;
pub(crate) use running::Scans;
pub(crate) use scan::PassScan;
pub(crate) use seal::{PassSpace, scan_config};
pub(crate) use spill::{
    Segment, SpilledBatches, batch_len_bytes, compact, compact_column, read_batches, write_batches,
};
pub(crate) use together::{Together, reads_shared_plan};

/// One read of a source, for several readers.
pub(crate) struct Pass {
    partitions: Vec<Arc<PassPartition>>,
    source: PassSource,
    readers: usize,
}

/// What is read.
pub(crate) enum PassSource {
    /// Files.
    Scan(Arc<PassScan>),
    /// What a plan gives that several outputs have in common.
    Plan(shared::LatePlan),
}

impl Pass {
    /// What is read.
    pub(crate) fn source(&self) -> &PassSource {
        &self.source
    }

    /// How many partitions it is read in.
    pub(crate) fn partition_count(&self) -> usize {
        self.partitions.len()
    }

    /// Bytes that did not fit into memory and were written to disk.
    pub(crate) fn spilled_bytes(&self) -> u64 {
        self.partitions.iter().map(|partition| partition.spilled_bytes()).sum()
    }

    /// A reader wants no more, in any partition.
    fn leave(&self, reader: usize) {
        for partition in &self.partitions {
            partition.leave(reader);
        }
    }
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pass").field("readers", &self.readers).finish_non_exhaustive()
    }
}

/// A reader's place in a pass. It is given up when the last clone is dropped: when nothing is left of the
/// plan that it belongs to.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) pass: Arc<Pass>,
    pub(crate) reader: usize,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.pass.leave(self.reader);
    }
}
