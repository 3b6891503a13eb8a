//! Rows on their way into the files of their folders.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::interleave_record_batch;
use arrow::datatypes::SchemaRef;
use datafusion::common::HashMap;
use datafusion::common::runtime::SpawnedTask;
use datafusion::common::utils::memory::get_record_batch_memory_size;
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::metrics::{BaselineMetrics, Time};
use futures::{StreamExt, TryStreamExt, stream};
use swath_io::CompressionLimits;
use tokio::task::JoinSet;

use super::ColumnPlaces;
use super::keys::{FolderKeys, Part};
use super::names::FileNames;
use super::rest::Rest;
use super::staging::Staging;
use crate::error::{Error, Result};
use crate::output::panicked;
use crate::sinks::memory::{WriterMemory, compression_limits, files_at_once};
use crate::sinks::spec::{OpenFile, WriteSpec, Written};
use crate::sinks::texts::Encode;

/// Rows that are written at once.
pub(super) const BATCH_ROWS: usize = 8192;

/// Rows that are dealt out at once, so that there are some for each folder; fewer where memory is short.
const ROUND_ROWS: usize = 16 * BATCH_ROWS;

/// A file that got no rows in so many rounds is closed when there is need of another one.
const IDLE_ROUNDS: u64 = 4;

/// One write on its way.
pub(crate) struct WriteFolders {
    writing: Arc<Writing>,
    names: FileNames,
    keys: FolderKeys,
    places: ColumnPlaces,
    context: Arc<TaskContext>,
    memory: WriterMemory,
    /// Rounds so far.
    round: u64,
    /// By their folders.
    open: HashMap<String, Open>,
    most_open: usize,
    /// How many files each folder has.
    counts: HashMap<String, usize>,
    files: Vec<PathBuf>,
    row_count: u64,
}

/// What all tasks of a write need.
struct Writing {
    spec: Arc<WriteSpec>,
    staging: Staging,
    /// The columns of files.
    schema: SchemaRef,
    encode: Option<Encode>,
    pool: Arc<dyn MemoryPool>,
    most_open: usize,
    threads: usize,
    compression: CompressionLimits,
    time: Time,
}

/// A file that takes more rows.
struct Open {
    file: OpenFile,
    row_count: u64,
    /// The last round in which it got some.
    round: u64,
}

/// What is to be done with one file in a round.
struct Job {
    folder: String,
    /// Where the file is made, if it is not open.
    path: PathBuf,
    open: Option<Open>,
    rows: Rows,
    /// How many threads may be at it.
    threads: usize,
    is_last: bool,
}

/// Rows of one file.
enum Rows {
    None,
    /// All of some batches.
    All(Arc<Vec<RecordBatch>>),
    /// Rows of them, by batch and row.
    Some(Arc<Vec<RecordBatch>>, Vec<(usize, usize)>),
}

impl WriteFolders {
    /// Writes rows and gives their files their names.
    pub(crate) async fn run(
        spec: Arc<WriteSpec>,
        rows: SendableRecordBatchStream,
        context: Arc<TaskContext>,
        metrics: BaselineMetrics,
    ) -> Result<Written> {
        let schema = rows.schema();
        let Some(folders) = spec.target.folders() else {
            return Err(Error::query("no column names the folders that are written", None));
        };
        let places = folders.places(&schema)?;
        let keys = FolderKeys::new(&schema, places.keys.clone()).map_err(words)?;
        let written = folders.written(&schema)?;
        let pool = Arc::clone(context.memory_pool());
        let most_open = files_at_once(&pool, spec.file_len_bytes(&written));
        let threads = context.session_config().target_partitions().max(1);
        let staging = Staging::begin(folders)?;
        let names = folders.names.clone();
        let writing = Writing {
            staging,
            schema: written,
            encode: spec.encode_apart(),
            most_open,
            threads,
            compression: compression_limits(&pool, threads),
            time: metrics.elapsed_compute().clone(),
            pool,
            spec,
        };
        let memory = WriterMemory::new(&writing.pool, 1);
        let mut write = Self {
            writing: Arc::new(writing),
            names,
            keys,
            places,
            context,
            memory,
            round: 0,
            open: HashMap::new(),
            most_open,
            counts: HashMap::new(),
            files: Vec::new(),
            row_count: 0,
        };
        let rest = write.deal_out(rows).await?;
        write.close(|_| true).await?;
        if let Some(rest) = rest {
            write.write_sorted(rest.finish().await?).await?;
            write.close(|_| true).await?;
        }
        let Self { writing, files, row_count, .. } = write;
        let writing = Arc::into_inner(writing)
            .ok_or_else(|| Error::query("a file is written though all are whole", None))?;
        let folder = writing.spec.target.folders().map(|folders| folders.folder().to_owned());
        writing.staging.commit(&files)?;
        metrics.done();
        let folder = folder.unwrap_or_default();
        let mut files: Vec<PathBuf> = files.iter().map(|file| folder.join(file)).collect();
        files.sort_unstable();
        Ok(Written { row_count, files })
    }

    /// Deals rows out to files, and those that need more of them than can be open to the rest.
    async fn deal_out(&mut self, mut rows: SendableRecordBatchStream) -> Result<Option<Rest>> {
        let schema = rows.schema();
        let mut rest = None;
        while let Some(batches) = self.next_round(&mut rows).await? {
            self.row_count += batches.iter().map(|batch| batch.num_rows() as u64).sum::<u64>();
            let parts = self.keys.split(&batches).map_err(words)?;
            let (parts, others) = self.divide(parts).await?;
            if !others.is_empty() {
                let rest = match &mut rest {
                    Some(rest) => rest,
                    None => rest.insert(Rest::begin(&schema, &self.context)?),
                };
                rest.push(&batches, &others).await?;
            }
            let jobs = self.jobs(&batches, parts, |_| false)?;
            drop(batches);
            self.work(jobs).await?;
            self.memory.give_back();
        }
        Ok(rest)
    }

    /// Writes rows that come folder by folder: a file ends where the next one begins.
    async fn write_sorted(&mut self, mut rows: SendableRecordBatchStream) -> Result<()> {
        while let Some(batches) = self.next_round(&mut rows).await? {
            let parts = self.keys.split(&batches).map_err(words)?;
            let last = parts.last().map(|part| part.folder.clone()).unwrap_or_default();
            self.close(|folder| parts.iter().all(|part| part.folder != folder)).await?;
            let jobs = self.jobs(&batches, parts, |folder| folder != last)?;
            drop(batches);
            self.work(jobs).await?;
            self.memory.give_back();
        }
        Ok(())
    }

    /// The rows of the next round, as many as memory allows; none behind the last one.
    async fn next_round(&mut self, rows: &mut SendableRecordBatchStream) -> Result<Option<Vec<RecordBatch>>> {
        let mut batches = Vec::new();
        let (mut row_count, mut held_bytes) = (0, 0);
        while row_count < ROUND_ROWS
            && let Some(batch) = rows.try_next().await?
        {
            if batch.num_rows() == 0 {
                continue;
            }
            row_count += batch.num_rows();
            // The batch, and its rows once more as those of their files.
            held_bytes += 2 * get_record_batch_memory_size(&batch);
            batches.push(batch);
            if !self.memory.take(held_bytes) {
                break;
            }
        }
        Ok((!batches.is_empty()).then_some(batches))
    }

    /// Those parts whose files are open, or can be, and the others.
    async fn divide(&mut self, parts: Vec<Part>) -> Result<(Vec<Part>, Vec<Part>)> {
        let (mut now, new): (Vec<Part>, Vec<Part>) =
            parts.into_iter().partition(|part| self.open.contains_key(&part.folder));
        let wanted = new.iter().filter(|part| !self.counts.contains_key(&part.folder)).count();
        let short = (self.open.len() + wanted).saturating_sub(self.most_open);
        if short > 0 {
            self.close_idle(short, &now).await?;
        }
        let mut room = self.most_open.saturating_sub(self.open.len());
        let mut later = Vec::new();
        for part in new {
            // A folder whose file is closed gets one more at most.
            if room > 0 && !self.counts.contains_key(&part.folder) {
                room -= 1;
                now.push(part);
            } else {
                later.push(part);
            }
        }
        Ok((now, later))
    }

    /// Closes so many files at most, which have got no rows for long and get none now.
    async fn close_idle(&mut self, most: usize, now: &[Part]) -> Result<()> {
        let mut idle: Vec<(u64, &String)> = self
            .open
            .iter()
            .filter(|(_, open)| open.round + IDLE_ROUNDS < self.round)
            .map(|(folder, open)| (open.round, folder))
            .collect();
        idle.retain(|(_, folder)| now.iter().all(|part| part.folder != **folder));
        idle.sort_unstable();
        let idle: Vec<String> = idle.into_iter().take(most).map(|(_, folder)| folder.clone()).collect();
        if idle.is_empty() {
            Ok(())
        } else {
            self.close(|folder| idle.iter().any(|idle| idle == folder)).await
        }
    }

    /// Closes files of such folders.
    async fn close(&mut self, is_closed: impl Fn(&str) -> bool) -> Result<()> {
        let closed: Vec<(String, Open)> = self.open.extract_if(|folder, _| is_closed(folder)).collect();
        let threads = self.writing.threads.div_ceil(closed.len().max(1));
        let job = |(folder, open)| {
            let (path, rows) = (PathBuf::new(), Rows::None);
            Job { folder, path, open: Some(open), rows, threads, is_last: true }
        };
        self.work(closed.into_iter().map(job).collect()).await
    }

    /// What is to be done with the rows of some folders; files of such as say so are whole behind them.
    fn jobs(
        &mut self,
        batches: &[RecordBatch],
        parts: Vec<Part>,
        is_last: impl Fn(&str) -> bool,
    ) -> Result<Vec<Job>> {
        self.round += 1;
        let written = batches.iter().map(|batch| batch.project(&self.places.written));
        let written = Arc::new(written.collect::<Result<Vec<_>, _>>().map_err(DataFusionError::from)?);
        let row_count: usize = batches.iter().map(RecordBatch::num_rows).sum();
        let threads = self.writing.threads.div_ceil(parts.len().max(1));
        let mut jobs = Vec::with_capacity(parts.len());
        for Part { folder, rows } in parts {
            let open = self.open.remove(&folder);
            let mut path = PathBuf::new();
            if open.is_none() {
                let count = self.counts.entry(folder.clone()).or_default();
                path = Path::new(&folder).join(self.names.name(*count));
                *count += 1;
                self.files.push(path.clone());
            }
            let rows = match rows.len() == row_count {
                true => Rows::All(Arc::clone(&written)),
                false => Rows::Some(Arc::clone(&written), rows),
            };
            let is_last = is_last(&folder);
            jobs.push(Job { folder, path, open, rows, threads, is_last });
        }
        Ok(jobs)
    }

    /// Does jobs, as many at once as there are threads.
    async fn work(&mut self, jobs: Vec<Job>) -> Result<()> {
        let mut tasks = JoinSet::new();
        let mut jobs = jobs.into_iter();
        loop {
            while tasks.len() < self.writing.threads
                && let Some(job) = jobs.next()
            {
                tasks.spawn(job.run(Arc::clone(&self.writing), self.round));
            }
            let Some(done) = tasks.join_next().await else { return Ok(()) };
            match done.unwrap_or_else(|error| Err(panicked(error))) {
                Ok((folder, Some(open))) => drop(self.open.insert(folder, open)),
                Ok((_, None)) => {}
                Err(error) => {
                    // No file of a failed write is left when its error is told.
                    tasks.shutdown().await;
                    return Err(error);
                }
            }
        }
    }
}

impl Job {
    /// Writes the rows; the file, if it takes more of them.
    async fn run(self, writing: Arc<Writing>, round: u64) -> Result<(String, Option<Open>)> {
        let Self { folder, path, open, rows, threads, is_last } = self;
        let mut open = match open {
            Some(open) => open,
            None => Open { file: writing.open(&path)?, row_count: 0, round },
        };
        open.round = round;
        open.file.set_limits(writing.compression_by(threads));
        let batches = rows.batches();
        let _timer = writing.time.timer();
        match &writing.encode {
            // There may be many small ones, for which no tasks are begun.
            Some(encode) if threads > 1 && rows.len() > BATCH_ROWS => {
                let mut row_count = open.row_count;
                let texts = batches.map(|batch| {
                    let batch = batch?;
                    let (encode, rows_before) = (Arc::clone(encode), row_count);
                    row_count += batch.num_rows() as u64;
                    Ok(SpawnedTask::spawn(async move { encode(&batch, rows_before) }))
                });
                let mut texts = stream::iter(texts)
                    .map(|task: Result<_>| async move { task?.join().await.map_err(panicked) })
                    .buffered(threads);
                while let Some(text) = texts.next().await {
                    open.file.write_text(text?)?;
                }
                drop(texts);
                open.row_count = row_count;
            }
            encode => {
                for batch in batches {
                    let batch = batch?;
                    match encode {
                        Some(encode) => open.file.write_text(encode(&batch, open.row_count))?,
                        None => open.file.write(&batch)?,
                    }
                    open.row_count += batch.num_rows() as u64;
                }
            }
        }
        if is_last {
            open.file.seal()?;
            return Ok((folder, None));
        }
        Ok((folder, Some(open)))
    }
}

impl Rows {
    fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::All(batches) => batches.iter().map(RecordBatch::num_rows).sum(),
            Self::Some(_, rows) => rows.len(),
        }
    }

    /// The rows in batches, each made when it is its turn.
    fn batches(&self) -> Box<dyn Iterator<Item = Result<RecordBatch>> + Send + '_> {
        match self {
            Self::None => Box::new(std::iter::empty()),
            Self::All(batches) => Box::new(batches.iter().cloned().map(Ok)),
            Self::Some(batches, rows) => {
                let batches: Vec<&RecordBatch> = batches.iter().collect();
                Box::new(rows.chunks(BATCH_ROWS).map(move |rows| {
                    Ok(interleave_record_batch(&batches, rows).map_err(DataFusionError::from)?)
                }))
            }
        }
    }
}

impl Writing {
    /// What compressing a file may take where so many of all threads write it.
    fn compression_by(&self, threads: usize) -> CompressionLimits {
        self.compression.of_each(self.threads / threads.max(1))
    }

    /// Begins a file.
    fn open(&self, path: &Path) -> Result<OpenFile> {
        let memory = WriterMemory::new(&self.pool, self.most_open + self.threads);
        let shown = self.staging.shown(path);
        self.spec.begin(self.staging.create(path)?, shown, &self.schema, Some(memory), self.compression_by(1))
    }
}

fn words(error: std::io::Error) -> Error {
    Error::query(error.to_string(), None)
}
