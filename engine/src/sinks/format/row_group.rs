//! Columns of a row group, which several threads encode, each another one.

use std::cmp::Reverse;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::errors::Result;
use parquet::schema::types::SchemaDescriptor;

/// A row group on its way.
pub(super) struct RowGroup {
    schema: SchemaRef,
    columns: Vec<Column>,
    row_count: usize,
}

/// One column of the rows.
struct Column {
    index: usize,
    /// Of each value that is no longer nested, in order.
    leaves: Vec<ArrowColumnWriter>,
    /// What encoding it has taken so far.
    taken: Duration,
}

impl RowGroup {
    /// Begins the row group of a number.
    pub(super) fn new(
        factory: &ArrowRowGroupWriterFactory,
        number: usize,
        schema: &SchemaRef,
        file: &SchemaDescriptor,
    ) -> Result<Self> {
        let column = |index| Column { index, leaves: Vec::new(), taken: Duration::ZERO };
        let mut columns: Vec<_> = (0..schema.fields().len()).map(column).collect();
        for (leaf, writer) in factory.create_column_writers(number)?.into_iter().enumerate() {
            columns[file.get_column_root_idx(leaf)].leaves.push(writer);
        }
        Ok(Self { schema: SchemaRef::clone(schema), columns, row_count: 0 })
    }

    /// Rows that are encoded.
    pub(super) fn row_count(&self) -> usize {
        self.row_count
    }

    /// Encodes rows by so many threads; what is encoded is the same whatever their number.
    pub(super) fn encode(&mut self, batches: &[RecordBatch], threads: usize) -> Result<()> {
        self.row_count += batches.iter().map(RecordBatch::num_rows).sum::<usize>();
        let (schema, mut columns) = (&self.schema, self.columns.iter_mut().collect::<Vec<_>>());
        // Those that take longest first, so that no thread is left with one of them.
        columns.sort_by_key(|column| Reverse(column.taken));
        let encoded = by_threads(columns, threads, |column| {
            let began = Instant::now();
            let field = schema.field(column.index);
            for batch in batches {
                let leaves = compute_leaves(field, batch.column(column.index))?;
                for (writer, leaf) in column.leaves.iter_mut().zip(leaves) {
                    writer.write(&leaf)?;
                }
            }
            column.taken += began.elapsed();
            Ok(())
        });
        encoded.map(|_| ())
    }

    /// Ends it: the chunks of the leaves, in order.
    pub(super) fn finish(self, threads: usize) -> Result<Vec<ArrowColumnChunk>> {
        let writers = self.columns.into_iter().flat_map(|column| column.leaves).enumerate().collect();
        let mut chunks = by_threads(writers, threads, |(leaf, writer): (usize, ArrowColumnWriter)| {
            Ok((leaf, writer.close()?))
        })?;
        chunks.sort_by_key(|(leaf, _)| *leaf);
        Ok(chunks.into_iter().map(|(_, chunk)| chunk).collect())
    }

    /// Bytes that it holds.
    pub(super) fn held_bytes(&self) -> usize {
        self.writers().map(ArrowColumnWriter::memory_size).sum()
    }

    /// About the bytes that it will have.
    pub(super) fn encoded_bytes(&self) -> usize {
        self.writers().map(ArrowColumnWriter::get_estimated_total_bytes).sum()
    }

    fn writers(&self) -> impl Iterator<Item = &ArrowColumnWriter> {
        self.columns.iter().flat_map(|column| &column.leaves)
    }
}

/// Does something with all items, by so many threads, of which the caller's is one: what comes of it, in any order.
fn by_threads<T: Send, R: Send>(
    items: Vec<T>,
    threads: usize,
    act: impl Fn(T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let threads = threads.min(items.len());
    let items = Mutex::new(items.into_iter());
    let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || std::iter::from_fn(next).map(&act).collect::<Result<Vec<R>>>();
    thread::scope(|scope| {
        // Where there can be no more threads, the others do it.
        let spawn =
            |_| thread::Builder::new().name("swath-parquet".to_owned()).spawn_scoped(scope, work).ok();
        let others: Vec<_> = (1..threads).filter_map(spawn).collect();
        let mut results = work()?;
        for other in others {
            match other.join() {
                Ok(of_other) => results.extend(of_other?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(results)
    })
}
