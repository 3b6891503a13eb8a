//! One read of files for all who need them.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use arrow::datatypes::{Field, Schema, SchemaRef};
use futures::{StreamExt, stream};
use swath_io::{Scan, ScanFilter, ScanItem, ScanRequest, SourceFile};

use super::log::Item;
use super::partition::ItemStream;
use super::running::{Scanned, Scans};
use super::work::WorkLog;
use crate::error::into_datafusion;
use crate::explain::Work;
use crate::scan::{ScanCounters, ScanSource};
use crate::table::kind_of;
use crate::threads::SharedWaker;

/// Rows behind a value that cannot be read, in a file that may be found to be damaged, that are read before the value is told.
const DOUBT_ROWS: usize = 4 << 20;

/// The files of a source and what is read of them.
pub(crate) struct PassScan {
    /// What the user called the files, for each reader.
    pub(crate) labels: Vec<Arc<str>>,
    pub(crate) kind: &'static str,
    /// Whether damage of the files is passed over.
    pub(crate) salvage: bool,
    /// How many columns the files have.
    pub(crate) file_columns: usize,
    /// The columns of the files that any reader needs. All may have nulls, in place of what could not be read.
    pub(crate) schema: SchemaRef,
    /// One of them stands in every row that is wanted, unless there are none.
    pub(crate) literals: Vec<Vec<u8>>,
    scan: Arc<Scan>,
    rows_and_time: ScanCounters,
    /// The scans of the session, this one among them.
    scans: Arc<Scans>,
    work: Option<WorkLog>,
}

/// What is read of files, and how.
pub(crate) struct Wanted {
    /// Columns, by their number in the table.
    pub(crate) columns: Vec<usize>,
    /// Rows that no reader wants.
    pub(crate) filter: ScanFilter,
    pub(crate) partitions: usize,
    /// Whether any reader wants the partitions merged.
    pub(crate) in_order: bool,
    /// Bytes that the reading itself may take, where that can be chosen.
    pub(crate) reading_bytes: usize,
}

impl PassScan {
    /// A scan of a table's files. `needs` tells for each reader which of the columns it needs, by position.
    pub(crate) fn begin(
        source: &ScanSource,
        labels: Vec<Arc<str>>,
        files: Vec<SourceFile>,
        wanted: Wanted,
        needs: Vec<HashSet<usize>>,
        scans: &Arc<Scans>,
    ) -> Arc<Self> {
        let Wanted { columns, filter, partitions, in_order, reading_bytes } = wanted;
        let file_schema = source.schema.file_schema();
        let field = |index: &usize| Field::clone(file_schema.field(*index)).with_nullable(true);
        let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
        // A value that cannot be read concerns those who need its column; if there are others, they go on
        // without it.
        let may_forgo = move |column: usize, forgone: &[usize]| {
            let goes_on = |need: &HashSet<usize>| {
                !need.contains(&column) && forgone.iter().all(|other| !need.contains(other))
            };
            needs.iter().any(goes_on)
        };
        let literals = filter.raw.as_ref().map(|raw| raw.literals().to_vec()).unwrap_or_default();
        let request = ScanRequest { columns, batch_rows: source.batch_rows, filter };
        let mut scan =
            Scan::new(files, &source.format, request, partitions, &source.notes).within_memory(reading_bytes);
        if in_order {
            scan = scan.in_order();
        }
        let begun = Arc::new(Self {
            labels,
            kind: kind_of(&source.format),
            salvage: source.format.decode().salvage,
            file_columns: file_schema.fields().len(),
            schema,
            literals,
            scan: Arc::new(scan.with_forgo_rule(Box::new(may_forgo))),
            rows_and_time: ScanCounters::default(),
            scans: Arc::clone(scans),
            work: scans.remembers_work().then(WorkLog::default),
        });
        scans.begin(&begun);
        begun
    }

    /// The files that are read.
    pub(crate) fn files(&self) -> &[SourceFile] {
        self.scan.files()
    }

    /// What has been done so far.
    pub(crate) fn counters(&self) -> &ScanCounters {
        let counters = &self.rows_and_time;
        counters.opened_files.store(self.scan.opened_files(), Ordering::Relaxed);
        counters.read_bytes.store(self.scan.compressed_bytes(), Ordering::Relaxed);
        counters
    }

    /// What has been done so far, in numbers.
    pub(super) fn scanned(&self) -> Scanned {
        let counters = self.counters();
        Scanned {
            read_bytes: counters.read_bytes.load(Ordering::Relaxed),
            total_bytes: self.scan.total_bytes(),
            rows: counters.rows.load(Ordering::Relaxed),
        }
    }

    /// When threads were at work on it, if that is remembered.
    pub(crate) fn work(&self) -> Vec<Work> {
        self.work.as_ref().map(WorkLog::all).unwrap_or_default()
    }

    /// Does a piece of the work.
    fn time<T>(&self, work: impl FnOnce() -> T) -> T {
        match &self.work {
            Some(log) => self.rows_and_time.time(|| log.time(work)),
            None => self.rows_and_time.time(work),
        }
    }

    /// What one partition reads.
    pub(crate) fn partition(self: &Arc<Self>) -> ItemStream {
        let (pass, mut worker) = (Arc::clone(self), self.scan.worker());
        let mut doubts = Doubts::default();
        let next = move |cx: &mut Context<'_>| -> Poll<Option<datafusion::error::Result<Item>>> {
            if let Some(failed) = doubts.take_overdue() {
                return Poll::Ready(Some(Ok(failed)));
            }
            let waker = SharedWaker::of(cx.waker());
            let polled = pass.time(|| worker.poll_next(&Context::from_waker(&waker)));
            polled.map(|item| match item {
                Some(Ok(ScanItem::Batch { batch, place })) => {
                    pass.rows_and_time.add_rows(batch.num_rows());
                    doubts.rows_left = doubts.rows_left.saturating_sub(batch.num_rows());
                    Some(Ok(Item::Batch { batch, place }))
                }
                Some(Ok(ScanItem::ColumnForgone { column, error, is_checked })) => {
                    let error = Arc::new(error);
                    if !is_checked {
                        doubts.add(column, &error);
                    }
                    Some(Ok(Item::ColumnFailed { column, error, is_checked }))
                }
                Some(Err(error)) => Some(Err(into_datafusion(error))),
                None => doubts.take(pass.scan.damage()),
            })
        };
        stream::poll_fn(next).boxed()
    }
}

/// Columns that have failed although their files may be damaged.
#[derive(Default)]
struct Doubts {
    columns: VecDeque<(usize, Arc<swath_io::Error>)>,
    /// Rows that are read before they have failed for good.
    rows_left: usize,
}

impl Doubts {
    fn add(&mut self, column: usize, error: &Arc<swath_io::Error>) {
        self.columns.push_back((column, Arc::clone(error)));
        self.rows_left = DOUBT_ROWS;
    }

    /// What has failed for good, as enough has been read without any damage.
    fn take_overdue(&mut self) -> Option<Item> {
        if self.rows_left > 0 { None } else { self.take_failed() }
    }

    /// What has failed for good, or the damage, when all has been read.
    fn take(&mut self, damage: Option<swath_io::Error>) -> Option<datafusion::error::Result<Item>> {
        let failed = self.take_failed()?;
        Some(match damage {
            Some(damage) => Err(into_datafusion(damage)),
            None => Ok(failed),
        })
    }

    fn take_failed(&mut self) -> Option<Item> {
        let (column, error) = self.columns.pop_front()?;
        Some(Item::ColumnFailed { column, error, is_checked: true })
    }
}

impl Drop for PassScan {
    fn drop(&mut self) {
        self.scans.end(self.scanned());
    }
}
