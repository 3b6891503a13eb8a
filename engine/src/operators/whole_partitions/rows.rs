//! Rows that are sorted by partition, on their way to the values of their partitions.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, partition, take};
use arrow::datatypes::SchemaRef;
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_plan::metrics::BaselineMetrics;
use futures::TryStreamExt;

use super::super::group_parts::accumulator;
use super::super::window_parts::is_same;
use super::super::windows::evaluate;
use crate::pass::{batch_len_bytes, read_batches, write_batches};
use crate::spill_store::{Spill, SpillStore};

/// Bytes of rows that are written to disk at once, and so held when they are read.
const SEGMENT_LEN_BYTES: usize = 1 << 20;

/// Rows that waited are given together with those of the next batch if they are no more than so many: a batch of its own costs
/// more than to copy them.
const FEW_ROWS: usize = 1024;

/// States of so many bytes are held whatever the limit is: 1 MiB.
const MOST_STATES_BYTES: usize = 1 << 20;

/// The rows of one stream, and the values of the partitions that have not ended.
pub(super) struct Partitions {
    input: Option<SendableRecordBatchStream>,
    /// The columns of the input, and the values behind them.
    schema: SchemaRef,
    input_schema: SchemaRef,
    keys: Vec<Arc<dyn PhysicalExpr>>,
    calls: Vec<Call>,
    /// The keys of the last partition, in one row.
    last_key: Option<Vec<ArrayRef>>,
    /// Rows of the last partition: those on disk come first.
    on_disk: Vec<Spill>,
    waiting: Vec<RecordBatch>,
    waiting_bytes: usize,
    store: Arc<SpillStore>,
    ready: VecDeque<Ready>,
    /// Bytes of the batches that are ready after they have waited.
    ready_bytes: usize,
    /// For the states, and both of these.
    reservation: MemoryReservation,
}

/// An aggregate.
struct Call {
    args: Vec<Arc<dyn PhysicalExpr>>,
    /// Its states by the number of the partition, of those that have not ended; the last one is that of `last_key`.
    groups: Box<dyn GroupsAccumulator>,
}

/// What can be given.
enum Ready {
    Batch(RecordBatch),
    /// Rows of one partition, and its values.
    OnDisk(Spill, Vec<ScalarValue>),
    Waited(RecordBatch, Vec<ScalarValue>),
}

impl Partitions {
    pub(super) fn new(
        input: SendableRecordBatchStream,
        schema: SchemaRef,
        keys: Vec<Arc<dyn PhysicalExpr>>,
        calls: &[Arc<AggregateFunctionExpr>],
        reservation: MemoryReservation,
        store: Arc<SpillStore>,
    ) -> Result<Self> {
        let call = |call: &Arc<AggregateFunctionExpr>| {
            Ok(Call { args: call.expressions(), groups: accumulator(call)? })
        };
        Ok(Self {
            input_schema: input.schema(),
            input: Some(input),
            schema,
            keys,
            calls: calls.iter().map(call).collect::<Result<_>>()?,
            last_key: None,
            on_disk: Vec::new(),
            waiting: Vec::new(),
            waiting_bytes: 0,
            store,
            ready: VecDeque::new(),
            ready_bytes: 0,
            reservation,
        })
    }

    /// The next rows with their values.
    pub(super) async fn next(&mut self, metrics: &BaselineMetrics) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                let _timer = metrics.elapsed_compute().timer();
                if let Some(batch) = self.give(ready)? {
                    return Ok(Some(batch));
                }
                continue;
            }
            let Some(input) = &mut self.input else { return Ok(None) };
            match input.try_next().await? {
                Some(batch) if batch.num_rows() == 0 => {}
                Some(batch) => {
                    let _timer = metrics.elapsed_compute().timer();
                    self.take(&batch)?;
                }
                None => {
                    self.input = None;
                    if self.last_key.take().is_some() {
                        let values = self.end_partitions(EmitTo::All)?;
                        self.end_waiting(&values)?;
                    }
                }
            }
        }
    }

    /// Takes rows into the states of their partitions, and gives those of partitions that have ended.
    fn take(&mut self, batch: &RecordBatch) -> Result<()> {
        let rows = batch.num_rows();
        let keys = evaluate(&self.keys, batch)?;
        // Without keys all rows are one partition.
        let ranges =
            if keys.is_empty() { std::iter::once(0..rows).collect() } else { partition(&keys)?.ranges() };
        let first = match &self.last_key {
            Some(last) if !keys.is_empty() => usize::from(!is_same(last, &keys)?),
            _ => 0,
        };
        let numbers: Vec<usize> = ranges
            .iter()
            .enumerate()
            .flat_map(|(at, range)| range.clone().map(move |_| first + at))
            .collect();
        let open = first + ranges.len() - 1;
        for call in &mut self.calls {
            let args = evaluate(&call.args, batch)?;
            call.groups.update_batch(&args, &numbers, None, open + 1)?;
        }
        self.last_key = Some(keys.iter().map(|key| key.slice(rows - 1, 1)).collect());
        // Before the last range all have ended.
        let ended = ranges.last().map_or(0, |range| range.start);
        if open > 0 {
            let values = self.end_partitions(EmitTo::First(open))?;
            self.give_ended(batch, &numbers[..ended], &values)?;
        }
        self.wait(batch.slice(ended, rows - ended))
    }

    /// The values of partitions that have ended, a column for each aggregate.
    fn end_partitions(&mut self, which: EmitTo) -> Result<Vec<ArrayRef>> {
        self.calls.iter_mut().map(|call| call.groups.evaluate(which)).collect()
    }

    /// Makes rows ready: those that waited, which are of the first partition, and some of a batch, with their numbers.
    fn give_ended(&mut self, batch: &RecordBatch, numbers: &[usize], values: &[ArrayRef]) -> Result<()> {
        let waiting: usize = self.waiting.iter().map(RecordBatch::num_rows).sum();
        let mut ended = batch.slice(0, numbers.len());
        let mut indices: Vec<u32> = Vec::with_capacity(waiting + numbers.len());
        if self.on_disk.is_empty() && waiting <= FEW_ROWS {
            self.waiting.push(ended);
            ended = concat_batches(&self.input_schema, &self.waiting)?;
            self.waiting.clear();
            self.waiting_bytes = 0;
            indices.resize(waiting, 0);
        } else {
            self.end_waiting(values)?;
        }
        if ended.num_rows() == 0 {
            return Ok(());
        }
        indices.extend(
            numbers.iter().map(|number| u32::try_from(*number).expect("no more than rows of a batch")),
        );
        let indices = UInt32Array::from(indices);
        let values =
            values.iter().map(|values| take(values, &indices, None)).collect::<Result<Vec<_>, _>>()?;
        self.ready.push_back(Ready::Batch(self.with_columns(&ended, values)?));
        Ok(())
    }

    /// Makes the rows that waited ready. They are of the first partition of these values.
    fn end_waiting(&mut self, values: &[ArrayRef]) -> Result<()> {
        let values: Vec<ScalarValue> =
            values.iter().map(|values| ScalarValue::try_from_array(values, 0)).collect::<Result<_>>()?;
        self.ready.extend(self.on_disk.drain(..).map(|spill| Ready::OnDisk(spill, values.clone())));
        self.ready.extend(self.waiting.drain(..).map(|batch| Ready::Waited(batch, values.clone())));
        self.ready_bytes += std::mem::take(&mut self.waiting_bytes);
        Ok(())
    }

    /// Keeps rows of the last partition, on disk if there is no room for them.
    fn wait(&mut self, rows: RecordBatch) -> Result<()> {
        self.waiting_bytes += batch_len_bytes(&rows);
        self.waiting.push(rows);
        if self.reservation.try_resize(self.held_bytes()).is_ok() {
            return Ok(());
        }
        // Of the first batch nothing would be gained, as long as there may be no more.
        if self.waiting.len() > 1 || !self.on_disk.is_empty() {
            self.write_waiting()?;
        }
        // States cannot go to disk: those that keep all values have to fit.
        if self.states_bytes() > MOST_STATES_BYTES {
            return self.reservation.try_resize(self.held_bytes());
        }
        self.reservation.resize(self.held_bytes());
        Ok(())
    }

    fn held_bytes(&self) -> usize {
        self.states_bytes() + self.waiting_bytes + self.ready_bytes
    }

    fn states_bytes(&self) -> usize {
        self.calls.iter().map(|call| call.groups.size()).sum()
    }

    fn write_waiting(&mut self) -> Result<()> {
        let mut segment: Vec<RecordBatch> = Vec::new();
        let mut segment_bytes = 0;
        let mut waiting = std::mem::take(&mut self.waiting).into_iter().peekable();
        self.waiting_bytes = 0;
        while let Some(batch) = waiting.next() {
            segment_bytes += batch_len_bytes(&batch);
            segment.push(batch);
            if segment_bytes >= SEGMENT_LEN_BYTES || waiting.peek().is_none() {
                let spill = self.store.spill();
                spill.write(&write_batches(&segment)?)?;
                spill.finish()?;
                self.on_disk.push(spill);
                segment.clear();
                segment_bytes = 0;
            }
        }
        Ok(())
    }

    /// What is ready as a batch; nothing where it was on disk, and is in memory now.
    fn give(&mut self, ready: Ready) -> Result<Option<RecordBatch>> {
        match ready {
            Ready::Batch(batch) => Ok(Some(batch)),
            Ready::Waited(batch, values) => {
                let len_bytes = batch_len_bytes(&batch);
                self.ready_bytes -= len_bytes;
                self.reservation.shrink(len_bytes.min(self.reservation.size()));
                let columns = values.iter().map(|value| value.to_array_of_size(batch.num_rows()));
                self.with_columns(&batch, columns.collect::<Result<_>>()?).map(Some)
            }
            Ready::OnDisk(spill, values) => {
                let len = usize::try_from(spill.len_bytes()).expect("it was in memory");
                let batches = read_batches(&spill.read_range(0, len)?)?;
                for batch in batches.into_iter().rev() {
                    let len_bytes = batch_len_bytes(&batch);
                    self.ready_bytes += len_bytes;
                    self.reservation.grow(len_bytes);
                    self.ready.push_front(Ready::Waited(batch, values.clone()));
                }
                Ok(None)
            }
        }
    }

    fn with_columns(&self, batch: &RecordBatch, values: Vec<ArrayRef>) -> Result<RecordBatch> {
        let columns = batch.columns().iter().cloned().chain(values).collect();
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }
}
