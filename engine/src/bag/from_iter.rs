//! Anything that can be iterated as a bag.

use std::collections::HashMap;
use std::fmt;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, AsArray, RecordBatch, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt64Type};
use async_trait::async_trait;
use datafusion::catalog::{Session as PlanningSession, TableProvider};
use datafusion::datasource::provider_as_source;
use datafusion::error::Result as DataFusionResult;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};

use super::Bag;
use super::open::{Branch, Need, Opened};
use super::sink::{BoxSink, Connect, Feed, Flow, MORE};
use super::site::{Site, failure};
use crate::session::Session;

/// Elements that are handed to a partition at once.
const CHUNK_ELEMENTS: usize = 1024;

/// The elements of anything that can be iterated, shared out among partitions as they ask for more.
///
/// It is cloned and iterated anew for each computation; for what cannot be cloned use [`from_fn`]. Only
/// some elements for each partition are in memory at once, if the iterator makes them as it goes.
///
/// ```
/// # fn main() -> swath::Result<()> {
/// let words = swath::bag::from_iter(vec!["a", "b", "a"], 2);
/// assert_eq!(words.frequencies().get()?["a"], 2);
/// # Ok(())
/// # }
/// ```
#[track_caller]
#[doc(alias = "from_sequence")]
pub fn from_iter<I>(elements: I, partitions: usize) -> Bag<I::Item>
where
    I: IntoIterator + Clone + Send + Sync + 'static,
    I::IntoIter: Send + 'static,
    I::Item: Send + 'static,
{
    iterate(None, Site::new("from_iter"), partitions, move || elements.clone().into_iter())
}

/// The elements of the iterators that the closure makes, one for each computation.
///
/// ```
/// # fn main() -> swath::Result<()> {
/// let evens = swath::bag::from_fn(|| (0..).step_by(2), 2);
/// assert_eq!(evens.take(3).get()?, [0, 2, 4]);
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn from_fn<I>(make: impl Fn() -> I + Send + Sync + 'static, partitions: usize) -> Bag<I::Item>
where
    I: Iterator + Send + 'static,
    I::Item: Send + 'static,
{
    iterate(None, Site::new("from_fn"), partitions, make)
}

/// The numbers of a range.
///
/// ```
/// # fn main() -> swath::Result<()> {
/// assert_eq!(swath::bag::range(1..101, 4).sum().get()?, 5050);
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn range(numbers: Range<i64>, partitions: usize) -> Bag<i64> {
    iterate(None, Site::new("range"), partitions, move || numbers.clone())
}

impl Session {
    /// Like [`from_fn`], in this session.
    ///
    /// ```
    /// # fn main() -> swath::Result<()> {
    /// let session = swath::Session::builder().threads(4).build()?;
    /// assert_eq!(session.bag(|| 0..10, 4).count().get()?, 10);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "from_sequence")]
    #[track_caller]
    pub fn bag<I>(&self, make: impl Fn() -> I + Send + Sync + 'static, partitions: usize) -> Bag<I::Item>
    where
        I: Iterator + Send + 'static,
        I::Item: Send + 'static,
    {
        iterate(Some(self.clone()), Site::new("bag"), partitions, make)
    }
}

fn iterate<I>(
    session: Option<Session>,
    site: Site,
    partitions: usize,
    make: impl Fn() -> I + Send + Sync + 'static,
) -> Bag<I::Item>
where
    I: Iterator + Send + 'static,
    I::Item: Send + 'static,
{
    let make: Make<I::Item> = Arc::new(move || site.run(|| Box::new(make()) as _));
    Bag::of(Branch::new(move |need| {
        let session = session.clone().map_or_else(Session::shared, Ok)?;
        let partitions = if need == Need::Order { 1 } else { partitions.max(1) };
        let chunks = Arc::new(Chunks::default());
        let table = ElementTable { site, make: Arc::clone(&make), chunks: Arc::clone(&chunks), partitions };
        let source = provider_as_source(Arc::new(table));
        let plan = LogicalPlanBuilder::scan(site.to_string(), source, None)?.build()?;
        let connect: Connect<I::Item> =
            Arc::new(move |sink| Box::new(ChunkFeed { chunks: Arc::clone(&chunks), sink }));
        Ok(Opened { session, plan, connect, steps: vec![site.to_string()], rows_are_elements: false })
    }))
}

type Elements<T> = Box<dyn Iterator<Item = T> + Send>;

type Make<T> = Arc<dyn Fn() -> DataFusionResult<Elements<T>> + Send + Sync>;

/// Elements on their way from an iterator to a partition. What passes through the plan is the number
/// of a chunk.
struct Chunks<T> {
    waiting: Mutex<HashMap<u64, Chunk<T>>>,
    next_ticket: AtomicU64,
}

struct Chunk<T> {
    /// Which run of the iterator it is, counted from 0.
    index: u64,
    elements: Vec<T>,
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), next_ticket: AtomicU64::new(0) }
    }
}

impl<T> Chunks<T> {
    fn put(&self, chunk: Chunk<T>) -> u64 {
        let ticket = self.next_ticket.fetch_add(1, Ordering::Relaxed);
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(ticket, chunk);
        ticket
    }

    fn take(&self, ticket: u64) -> Option<Chunk<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&ticket)
    }
}

/// Fetches chunks by their numbers.
struct ChunkFeed<T> {
    chunks: Arc<Chunks<T>>,
    sink: BoxSink<T>,
}

impl<T: Send> Feed for ChunkFeed<T> {
    fn push(&mut self, batch: &RecordBatch) -> Flow {
        for &ticket in batch.column(0).as_primitive::<UInt64Type>().values() {
            let Some(Chunk { index, elements }) = self.chunks.take(ticket) else {
                return Err(failure(format!("the chunk {ticket} of a bag was read twice"), None));
            };
            if self.sink.begin(index)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            for element in &elements {
                if self.sink.push(element)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(MORE)
    }

    fn finish(&mut self) -> DataFusionResult<()> {
        self.sink.finish()
    }
}

/// A table of tickets. Each physical plan made of it iterates anew.
struct ElementTable<T> {
    site: Site,
    make: Make<T>,
    chunks: Arc<Chunks<T>>,
    partitions: usize,
}

impl<T> fmt::Debug for ElementTable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ElementTable").field("site", &self.site).finish_non_exhaustive()
    }
}

fn ticket_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("chunk", DataType::UInt64, false)]))
}

#[async_trait]
impl<T: Send + 'static> TableProvider for ElementTable<T> {
    fn schema(&self) -> SchemaRef {
        ticket_schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _state: &dyn PlanningSession,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        let iteration = Arc::new(Iteration {
            site: self.site,
            make: Arc::clone(&self.make),
            chunks: Arc::clone(&self.chunks),
            progress: Mutex::new(Progress { elements: None, ended: false, next_index: 0 }),
            schema: ticket_schema(),
        });
        let partitions = (0..self.partitions).map(|_| Arc::new(Share(Arc::clone(&iteration))) as _).collect();
        let exec = StreamingTableExec::try_new(ticket_schema(), partitions, projection, [], false, limit)?;
        Ok(Arc::new(exec))
    }
}

/// One iteration, shared by the partitions of a plan.
struct Iteration<T> {
    site: Site,
    make: Make<T>,
    chunks: Arc<Chunks<T>>,
    progress: Mutex<Progress<T>>,
    schema: SchemaRef,
}

struct Progress<T> {
    /// Made when the first partition asks for elements.
    elements: Option<Elements<T>>,
    ended: bool,
    next_index: u64,
}

impl<T> Iteration<T> {
    /// The ticket of the next chunk, or `None` at the end.
    fn next(&self) -> DataFusionResult<Option<RecordBatch>> {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if progress.ended {
            return Ok(None);
        }
        let elements = match &mut progress.elements {
            Some(elements) => elements,
            none => none.insert((self.make)()?),
        };
        let chunk = self.site.run(|| elements.by_ref().take(CHUNK_ELEMENTS).collect::<Vec<_>>());
        // Iterators need not stay at their end; and one that panicked is not asked again.
        progress.ended = chunk.as_ref().map_or(true, |chunk| chunk.len() < CHUNK_ELEMENTS);
        let elements = chunk?;
        let index = progress.next_index;
        progress.next_index += 1;
        drop(progress);
        if elements.is_empty() {
            return Ok(None);
        }
        let ticket: ArrayRef = Arc::new(UInt64Array::from(vec![self.chunks.put(Chunk { index, elements })]));
        Ok(Some(RecordBatch::try_new(Arc::clone(&self.schema), vec![ticket])?))
    }
}

/// The share of one partition in an iteration.
struct Share<T>(Arc<Iteration<T>>);

impl<T> fmt::Debug for Share<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Share").field(&self.0.site).finish()
    }
}

impl<T: Send + 'static> PartitionStream for Share<T> {
    fn schema(&self) -> &SchemaRef {
        &self.0.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let iteration = Arc::clone(&self.0);
        let schema = Arc::clone(&self.0.schema);
        let batches = std::iter::from_fn(move || iteration.next().transpose());
        Box::pin(RecordBatchStreamAdapter::new(schema, futures::stream::iter(batches)))
    }
}
