//! Who reads what of Parquet files, and its rows as batches.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow_schema::{Schema, SchemaRef};
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;

use super::ParquetTable;
use super::file::ParquetFile;
use super::types::converted;
use crate::error::{ErrorKind, Result};
use crate::scan::Place;
use crate::scanner::filter::{ColumnBounds, GroupBounds, GroupFilter};
use crate::source::SourceFile;

/// What a reader holds of a column: a page, and a dictionary.
const COLUMN_LEN_BYTES: usize = 2 << 20;

/// A batch has this part of the bytes that reading may take: 1 / 16. Whoever takes rows on holds some of them.
const BATCH_SHARE: usize = 16;

/// But no less than so many bytes, as chunks of text have, and so many rows.
const LEAST_BATCH_LEN_BYTES: usize = 512 << 10;
const LEAST_BATCH_ROWS: usize = 16;

/// The row groups of files, to be read by several.
#[derive(Debug)]
pub(crate) struct RowGroups {
    table: ParquetTable,
    /// Columns of the table.
    columns: Vec<usize>,
    schema: SchemaRef,
    filter: Option<Arc<dyn GroupFilter>>,
    /// How many may read at once. Others find nothing to read.
    max_readers: usize,
    readers: AtomicUsize,
    /// Bytes of a batch, about.
    batch_len_bytes: usize,
    next: Mutex<Next>,
    /// Bytes of row groups that are passed over.
    skipped_bytes: AtomicU64,
}

/// What is read next.
#[derive(Debug, Default)]
struct Next {
    file: usize,
    /// The file, if it is open, and its next row group.
    open: Option<(Arc<ParquetFile>, usize)>,
}

/// A row group that is to be read.
#[derive(Debug)]
struct Task {
    file: Arc<ParquetFile>,
    place: Place,
    group: usize,
}

impl RowGroups {
    /// Row groups of which the filter keeps nothing are passed over.
    pub(crate) fn new(table: &ParquetTable, columns: &[usize], filter: Option<Arc<dyn GroupFilter>>) -> Self {
        let fields: Vec<_> = columns.iter().map(|column| table.schema.fields()[*column].clone()).collect();
        Self {
            table: table.clone(),
            columns: columns.to_vec(),
            schema: Arc::new(Schema::new(fields)),
            filter,
            max_readers: usize::MAX,
            readers: AtomicUsize::new(0),
            batch_len_bytes: usize::MAX,
            next: Mutex::default(),
            skipped_bytes: AtomicU64::new(0),
        }
    }

    /// Lets no more read at once than go into so many bytes, but one; and makes batches shorter where rows are wide.
    pub(crate) fn limit_memory(&mut self, bytes: usize) {
        self.max_readers = (bytes / (self.columns.len().max(1) * COLUMN_LEN_BYTES)).max(1);
        self.batch_len_bytes = (bytes / BATCH_SHARE).max(LEAST_BATCH_LEN_BYTES);
    }

    /// The rows of a batch of a row group, of which the caller wants so many at most.
    fn batch_rows(&self, task: &Task, columns: &[usize], most: usize) -> usize {
        let fitting = self.batch_len_bytes / task.file.row_bytes(task.group, columns).max(1);
        fitting.max(LEAST_BATCH_ROWS).min(most).max(1)
    }

    /// Whether one more may read.
    fn admit(&self) -> bool {
        self.readers.fetch_add(1, Ordering::Relaxed) < self.max_readers
    }

    /// The columns that are read.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The bytes of these columns in files.
    pub(crate) fn bytes(&self, files: &[SourceFile]) -> u64 {
        self.table.bytes_of(files, &self.columns)
    }

    /// How many of these were found not to be wanted so far.
    pub(crate) fn skipped_bytes(&self) -> u64 {
        self.skipped_bytes.load(Ordering::Relaxed)
    }

    /// The columns of a file that are read, and each column's place among them, if the file has it.
    fn columns_of(&self, file: &ParquetFile) -> (Vec<usize>, Vec<Option<usize>>) {
        let wanted: Vec<Option<usize>> =
            self.columns.iter().map(|column| self.in_file(file, *column)).collect();
        // Batches have the columns in the order of the file, each once.
        let mut read: Vec<usize> = wanted.iter().flatten().copied().collect();
        read.sort_unstable();
        read.dedup();
        let places = wanted.iter().map(|number| read.binary_search(&(*number)?).ok()).collect();
        (read, places)
    }

    /// The number in a file of a column of the table.
    fn in_file(&self, file: &ParquetFile, column: usize) -> Option<usize> {
        self.table.files.get(file.path())?.of_table[column].map(|(number, _)| number)
    }

    /// Whether a row group may have rows that are wanted.
    fn may_keep(&self, file: &ParquetFile, group: usize) -> bool {
        let Some(filter) = &self.filter else { return true };
        let bounds = |column: &usize| {
            let found = file.bounds(group, self.in_file(file, *column)?)?;
            let ty = self.table.schema.field(*column).data_type();
            let in_table = |bound| converted(bound, ty).ok();
            let (least, greatest) = (in_table(&found.least)?, in_table(&found.greatest)?);
            Some((*column, ColumnBounds { least, greatest, nulls: found.nulls }))
        };
        let columns = filter.columns().iter().filter_map(bounds).collect();
        filter.may_keep(&GroupBounds { rows: file.group_rows(group), columns })
    }

    /// The next row group, if there is one. Whoever takes several gets them in the order of the files. `opened` is told of
    /// each file.
    fn take(&self, files: &[SourceFile], opened: &mut dyn FnMut()) -> Result<Option<Task>> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some((file, group)) = &mut next.open {
                if *group < file.row_groups() {
                    let (file, number) = (Arc::clone(file), *group);
                    *group += 1;
                    if !self.may_keep(&file, number) {
                        let (columns, _) = self.columns_of(&file);
                        self.skipped_bytes.fetch_add(file.group_bytes(number, &columns), Ordering::Relaxed);
                        continue;
                    }
                    let place = Place { file: next.file, run: number as u64 };
                    return Ok(Some(Task { file, place, group: number }));
                }
                next.open = None;
                next.file += 1;
            }
            let Some(source) = files.get(next.file) else { return Ok(None) };
            opened();
            let file = ParquetFile::open(source)?;
            let known = self.table.files.get(&source.path).map(|columns| columns.count);
            if known != Some(file.column_count()) {
                return Err(ErrorKind::Parquet {
                    path: source.path.clone(),
                    problem: "the file has changed since it was looked at".to_owned(),
                    hint: "ask again",
                }
                .into());
            }
            next.open = Some((Arc::new(file), 0));
        }
    }

    /// The rows of a batch of a file with the columns and types of the table.
    fn of_table(&self, task: &Task, batch: &RecordBatch, places: &[Option<usize>]) -> Result<RecordBatch> {
        let rows = batch.num_rows();
        let column = |(place, field): (&Option<usize>, &Arc<arrow_schema::Field>)| -> Result<ArrayRef> {
            let Some(place) = *place else { return Ok(new_null_array(field.data_type(), rows)) };
            let values = batch.column(place);
            if values.data_type() == field.data_type() {
                return Ok(without_pages(values));
            }
            converted(values, field.data_type()).map_err(|error| {
                task.file.damaged(task.group, &format!("column \"{}\": {error}", field.name()))
            })
        };
        let columns: Vec<ArrayRef> =
            places.iter().zip(self.schema.fields()).map(column).collect::<Result<_>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options);
        batch.map_err(|error| task.file.damaged(task.group, &error.to_string()))
    }
}

/// Texts as views into no more than they need: those of a page would hold all of it for as long as anybody has some rows.
fn without_pages(values: &ArrayRef) -> ArrayRef {
    match values.as_string_view_opt() {
        Some(texts) => {
            let held: usize = texts.data_buffers().iter().map(|buffer| buffer.capacity()).sum();
            let is_short = texts.total_buffer_bytes_used() >= held / 2;
            if is_short { Arc::clone(values) } else { Arc::new(texts.gc()) }
        }
        None => Arc::clone(values),
    }
}

/// Reads row groups for one worker.
#[derive(Debug, Default)]
pub(crate) struct RowGroupReader {
    reading: Option<Reading>,
    /// Whether it may read, once that is known.
    is_admitted: Option<bool>,
}

struct Reading {
    task: Task,
    rows: ParquetRecordBatchReader,
    /// For each column that is wanted, where it is in the batches of the file.
    places: Vec<Option<usize>>,
    bytes: u64,
}

impl std::fmt::Debug for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reading").field("task", &self.task).finish_non_exhaustive()
    }
}

/// What came of a step.
pub(crate) enum Read {
    Batch(RecordBatch, Place),
    /// A row group has ended, which had so many bytes of the columns that are wanted.
    GroupEnd(u64),
    /// There is no more to read.
    End,
}

impl RowGroupReader {
    /// Reads the next batch. `opened` is told of each file that is opened.
    pub(crate) fn read(
        &mut self,
        groups: &RowGroups,
        files: &[SourceFile],
        batch_rows: usize,
        opened: &mut dyn FnMut(),
    ) -> Result<Read> {
        if !*self.is_admitted.get_or_insert_with(|| groups.admit()) {
            return Ok(Read::End);
        }
        let reading = match &mut self.reading {
            Some(reading) => reading,
            None => match groups.take(files, opened)? {
                Some(task) => self.reading.insert(Reading::begin(task, groups, batch_rows)?),
                None => return Ok(Read::End),
            },
        };
        match reading.task.file.next(reading.task.group, &mut reading.rows)? {
            Some(batch) => {
                let batch = groups.of_table(&reading.task, &batch, &reading.places)?;
                Ok(Read::Batch(batch, reading.task.place))
            }
            None => {
                let bytes = reading.bytes;
                self.reading = None;
                Ok(Read::GroupEnd(bytes))
            }
        }
    }
}

impl Reading {
    fn begin(task: Task, groups: &RowGroups, batch_rows: usize) -> Result<Self> {
        let file = &task.file;
        let (read, places) = groups.columns_of(file);
        let bytes = file.group_bytes(task.group, &read);
        let rows = file.read(task.group, &read, groups.batch_rows(&task, &read, batch_rows))?;
        Ok(Self { task, rows, places, bytes })
    }
}
