//! Explanations of what is run, made beside the run: for those who want the rows, too.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Instant;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream};
use datafusion::physical_plan::ExecutionPlan;
use futures::{Stream, StreamExt};
use swath_io::memory;

use super::collect::{Collected, collect, measure};
use super::{ExplainedRun, Explanation};
use crate::pass::{PassSpace, Together};
use crate::threads::lock;

/// What a session has run, until it is taken. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Record(Arc<Mutex<Explanation>>);

impl Record {
    /// Takes what was run and has ended.
    pub(crate) fn take(&self) -> Explanation {
        std::mem::take(&mut *lock(&self.0))
    }

    /// Begins to record outputs that run together.
    pub(crate) fn begin(&self, together: &Together, space: &PassSpace) -> Recording {
        let outputs = together.outputs.iter().flatten().map(|exec| (Arc::clone(exec), None));
        let running = Running {
            collected: Mutex::new(collect(&outputs.collect::<Vec<_>>(), &together.shared)),
            shared: together.shared.clone(),
            space: space.clone(),
            begun: Instant::now(),
            record: self.clone(),
        };
        Recording { running: Arc::new(running), outputs: 0 }
    }
}

/// Outputs that are recorded.
pub(crate) struct Recording {
    running: Arc<Running>,
    /// How many have begun.
    outputs: usize,
}

impl Recording {
    /// The rows of the next output, which runs `exec`, or why it could not begin.
    pub(crate) fn next(
        &mut self,
        exec: Arc<dyn ExecutionPlan>,
        rows: Result<SendableRecordBatchStream>,
    ) -> Result<SendableRecordBatchStream> {
        let number = self.outputs;
        self.outputs += 1;
        let output = Recorded { running: Arc::clone(&self.running), number, exec, rows: 0 };
        Ok(Box::pin(RecordedRows { rows: rows?, output }))
    }
}

/// What the outputs of a recording have in common. With the last of them the recording ends.
struct Running {
    collected: Mutex<Collected>,
    shared: Vec<Arc<dyn ExecutionPlan>>,
    space: PassSpace,
    begun: Instant,
    record: Record,
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut collected = lock(&self.collected);
        collected.measure_passes();
        let mut explanation = std::mem::take(&mut collected.explanation);
        for (plan, explained) in self.shared.iter().zip(&mut explanation.shared) {
            measure(plan, &mut explained.plan);
        }
        explanation.run = Some(ExplainedRun {
            wall: self.begun.elapsed(),
            peak_bytes: memory::peak_bytes(),
            waiting_peak_bytes: self.space.peak_bytes() as u64,
        });
        lock(&self.record.0).extend(explanation);
    }
}

/// An output that is recorded: measured when it ends, in whatever way.
struct Recorded {
    running: Arc<Running>,
    number: usize,
    exec: Arc<dyn ExecutionPlan>,
    rows: u64,
}

impl Drop for Recorded {
    fn drop(&mut self) {
        let mut collected = lock(&self.running.collected);
        let output = &mut collected.explanation.outputs[self.number];
        measure(&self.exec, &mut output.plan);
        output.rows = Some(self.rows);
    }
}

/// The rows of an output that is recorded.
struct RecordedRows {
    rows: SendableRecordBatchStream,
    /// Behind the rows: what runs ends before it is measured.
    output: Recorded,
}

impl Stream for RecordedRows {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.rows.poll_next_unpin(context);
        if let Poll::Ready(Some(Ok(batch))) = &next {
            self.output.rows += batch.num_rows() as u64;
        }
        next
    }
}

impl RecordBatchStream for RecordedRows {
    fn schema(&self) -> SchemaRef {
        self.rows.schema()
    }
}
