//! One read of files for all who need them.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::datatypes::{Field, Schema, SchemaRef};
use futures::{StreamExt, stream};
use swath_io::{ErrorKind, Notes, ScanRequest, SourceFile};

use super::log::Item;
use super::partition::ItemStream;
use crate::error::into_datafusion;
use crate::scan::{Batches, ScanCounters, ScanSource, open_scanner};
use crate::table::Format;

/// The files of a source and what is read of them. Partitions take one file after the other.
pub(crate) struct PassScan {
    /// What the user called the files, for each reader.
    pub(crate) labels: Vec<Arc<str>>,
    pub(crate) files: Vec<SourceFile>,
    pub(crate) format: Arc<Format>,
    /// How many columns the files have.
    pub(crate) file_columns: usize,
    /// Columns of the files, by their number in the table: those that any reader needs.
    pub(crate) columns: Vec<usize>,
    /// The same columns with their types. All may have nulls, in place of what could not be read.
    pub(crate) schema: SchemaRef,
    /// For each reader, which of `columns` it needs, by position.
    pub(crate) needs: Vec<HashSet<usize>>,
    pub(crate) batch_rows: usize,
    pub(crate) notes: Notes,
    pub(crate) counters: ScanCounters,
    /// The file that is taken next.
    next_file: AtomicUsize,
}

impl PassScan {
    /// A scan of columns of a table's files.
    pub(crate) fn new(
        source: &ScanSource,
        labels: Vec<Arc<str>>,
        files: Vec<SourceFile>,
        columns: Vec<usize>,
        needs: Vec<HashSet<usize>>,
    ) -> Self {
        let file_schema = source.schema.file_schema();
        let field = |index: &usize| Field::clone(file_schema.field(*index)).with_nullable(true);
        let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
        Self {
            labels,
            files,
            format: Arc::clone(&source.format),
            file_columns: file_schema.fields().len(),
            columns,
            schema,
            needs,
            batch_rows: source.batch_rows,
            notes: source.notes.clone(),
            counters: ScanCounters::default(),
            next_file: AtomicUsize::new(0),
        }
    }

    /// What one partition reads.
    pub(crate) fn partition(self: Arc<Self>) -> ItemStream {
        let scan = PartitionScan { scan: self, open: None, failed: HashSet::new() };
        stream::iter(scan).boxed()
    }

    /// The position of a column in the batches, by its name.
    fn position(&self, column: &str) -> Option<usize> {
        self.schema.fields().iter().position(|field| field.name() == column)
    }
}

/// One partition's way through the files.
struct PartitionScan {
    scan: Arc<PassScan>,
    open: Option<OpenFile>,
    /// Positions of columns that had a bad value: they are not read any more.
    failed: HashSet<usize>,
}

struct OpenFile {
    number: usize,
    batches: Batches,
    /// Rows handed on.
    given_rows: usize,
    /// Rows still to be passed over: they were handed on before the file was opened again.
    skip_rows: usize,
}

impl Iterator for PartitionScan {
    type Item = datafusion::error::Result<Item>;

    fn next(&mut self) -> Option<Self::Item> {
        let scan = Arc::clone(&self.scan);
        scan.counters.time(|| self.advance()).map_err(into_datafusion).transpose()
    }
}

impl PartitionScan {
    fn advance(&mut self) -> swath_io::Result<Option<Item>> {
        loop {
            let Some(open) = &mut self.open else {
                let number = self.scan.next_file.fetch_add(1, Ordering::Relaxed);
                if number >= self.scan.files.len() {
                    return Ok(None);
                }
                self.open = Some(self.open_file(number, 0)?);
                continue;
            };
            match open.batches.next() {
                None => {
                    self.scan.counters.add_read_bytes(self.scan.files[open.number].len_bytes);
                    self.open = None;
                }
                Some(Ok(batch)) if batch.num_rows() <= open.skip_rows => open.skip_rows -= batch.num_rows(),
                Some(Ok(batch)) => {
                    let batch = batch.slice(open.skip_rows, batch.num_rows() - open.skip_rows);
                    open.skip_rows = 0;
                    open.given_rows += batch.num_rows();
                    let file = open.number;
                    self.scan.counters.add_rows(batch.num_rows());
                    return Ok(Some(Item::Batch { batch: self.widen(&batch), file }));
                }
                Some(Err(error)) => {
                    let (number, given_rows) = (open.number, open.given_rows);
                    let column = self.give_up_column(error)?;
                    self.open = Some(self.open_file(number, given_rows)?);
                    return Ok(Some(column));
                }
            }
        }
    }

    fn open_file(&self, number: usize, skip_rows: usize) -> swath_io::Result<OpenFile> {
        let scan = &self.scan;
        let position_ok = |(position, _): &(usize, &usize)| !self.failed.contains(position);
        let columns =
            scan.columns.iter().enumerate().filter(position_ok).map(|(_, column)| *column).collect();
        let request = ScanRequest { columns, batch_rows: scan.batch_rows };
        scan.counters.opened_files.fetch_add(1, Ordering::Relaxed);
        let batches = open_scanner(&scan.files[number], &scan.format, &request, &scan.notes)?;
        Ok(OpenFile { number, batches, given_rows: skip_rows, skip_rows })
    }

    /// A value that cannot be read concerns those who need its column; if there are others, they go on
    /// without it.
    fn give_up_column(&mut self, error: swath_io::Error) -> swath_io::Result<Item> {
        let column = match error.kind() {
            ErrorKind::Value { column, .. } | ErrorKind::Encoding { column, .. } => column,
            _ => return Err(error),
        };
        let Some(position) = self.scan.position(column) else { return Err(error) };
        let goes_on = |need: &HashSet<usize>| !need.contains(&position) && need.is_disjoint(&self.failed);
        if !self.scan.needs.iter().any(goes_on) || !self.failed.insert(position) {
            return Err(error);
        }
        Ok(Item::ColumnFailed { column: position, error: Arc::new(error) })
    }

    /// Puts nulls in place of the columns that are not read any more.
    fn widen(&self, batch: &RecordBatch) -> RecordBatch {
        let mut read = batch.columns().iter();
        let column = |(position, field): (usize, &Arc<Field>)| -> ArrayRef {
            let column = if self.failed.contains(&position) { None } else { read.next() };
            match column {
                Some(column) => Arc::clone(column),
                None => new_null_array(field.data_type(), batch.num_rows()),
            }
        };
        let columns = self.scan.schema.fields().iter().enumerate().map(column).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.scan.schema), columns, &options)
            .expect("the scanner makes the columns asked for, with the types of the table")
    }
}
