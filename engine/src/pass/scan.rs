//! One read of files for all who need them.

use std::collections::HashSet;
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
        let Wanted { columns, filter, partitions, in_order } = wanted;
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
        let mut scan = Scan::new(files, &source.format, request, partitions, &source.notes);
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
            total_bytes: self.files().iter().map(|file| file.len_bytes).sum(),
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
        let next = move |cx: &mut Context<'_>| -> Poll<Option<datafusion::error::Result<Item>>> {
            let waker = SharedWaker::of(cx.waker());
            let polled = pass.time(|| worker.poll_next(&Context::from_waker(&waker)));
            polled.map(|item| match item? {
                Ok(ScanItem::Batch { batch, place }) => {
                    pass.rows_and_time.add_rows(batch.num_rows());
                    Some(Ok(Item::Batch { batch, place }))
                }
                Ok(ScanItem::ColumnForgone { column, error }) => {
                    Some(Ok(Item::ColumnFailed { column, error: Arc::new(error) }))
                }
                Err(error) => Some(Err(into_datafusion(error))),
            })
        };
        stream::poll_fn(next).boxed()
    }
}

impl Drop for PassScan {
    fn drop(&mut self) {
        self.scans.end(self.scanned());
    }
}
