//! The leaf of every plan: our scanners as a [`FileSource`] under the stock `DataSourceExec`.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Context;
use std::time::Instant;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileOpenFuture, FileOpener, FileScanConfig, FileSource};
use datafusion::datasource::projection::{ProjectionOpener, SplitProjection};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::object_store::ObjectStore;
use datafusion::object_store::local::LocalFileSystem;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::DynamicFilterPhysicalExpr;
use datafusion::physical_expr::projection::ProjectionExprs;
use datafusion::physical_plan::DisplayFormatType;
use datafusion::physical_plan::filter_pushdown::{FilterPushdownPropagation, PushedDown};
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use futures::{FutureExt, StreamExt};
use swath_io::{Notes, Scan, ScanFormat, ScanItem, ScanRequest, SourceFile};

use crate::error::into_datafusion;
use crate::scan_condition::ScanCondition;
use crate::table::kind_of;

/// Rows in a batch when the plan does not say.
const DEFAULT_BATCH_ROWS: usize = 8192;

/// Scans files of one format, giving only the columns that the plan needs.
#[derive(Clone)]
pub(crate) struct ScanSource {
    /// What the user called the files.
    pub(crate) label: Arc<str>,
    pub(crate) format: Arc<ScanFormat>,
    pub(crate) schema: TableSchema,
    pub(crate) projection: SplitProjection,
    pub(crate) batch_rows: usize,
    /// What is known of the rows that are wanted.
    pub(crate) condition: Option<Arc<ScanCondition>>,
    /// More that is known of them once the plan runs, over the columns of the table: the keys that a join has
    /// on its other side, the least that a top-k still takes.
    pub(crate) dynamic_filters: Vec<Arc<dyn PhysicalExpr>>,
    metrics: ExecutionPlanMetricsSet,
    pub(crate) notes: Notes,
    pub(crate) counters: Arc<ScanCounters>,
}

impl ScanSource {
    /// The same scan of rows for which a condition holds; it may give others, too.
    pub(crate) fn with_condition(self, condition: Option<ScanCondition>) -> Self {
        Self { condition: condition.map(Arc::new), ..self }
    }

    pub(crate) fn new(label: Arc<str>, format: Arc<ScanFormat>, schema: TableSchema, notes: Notes) -> Self {
        Self {
            projection: SplitProjection::unprojected(&schema),
            batch_rows: DEFAULT_BATCH_ROWS,
            condition: None,
            dynamic_filters: Vec::new(),
            metrics: ExecutionPlanMetricsSet::new(),
            counters: Arc::default(),
            label,
            format,
            schema,
            notes,
        }
    }
}

impl FileSource for ScanSource {
    fn create_file_opener(
        &self,
        _object_store: Arc<dyn ObjectStore>,
        _base_config: &FileScanConfig,
        _partition: usize,
    ) -> Result<Arc<dyn FileOpener>> {
        let opener = ScanOpener {
            format: Arc::clone(&self.format),
            request: ScanRequest {
                columns: self.projection.file_indices.clone(),
                batch_rows: self.batch_rows,
                ..ScanRequest::default()
            },
            notes: self.notes.clone(),
            counters: Arc::clone(&self.counters),
        };
        ProjectionOpener::try_new(self.projection.clone(), Arc::new(opener), self.schema.file_schema())
    }

    fn table_schema(&self) -> &TableSchema {
        &self.schema
    }

    fn with_batch_size(&self, batch_size: usize) -> Arc<dyn FileSource> {
        Arc::new(Self { batch_rows: batch_size, ..self.clone() })
    }

    fn projection(&self) -> Option<&ProjectionExprs> {
        Some(&self.projection.source)
    }

    fn try_pushdown_projection(&self, projection: &ProjectionExprs) -> Result<Option<Arc<dyn FileSource>>> {
        let merged = self.projection.source.try_merge(projection)?;
        let projection = SplitProjection::new(self.schema.file_schema(), &merged);
        Ok(Some(Arc::new(Self { projection, ..self.clone() })))
    }

    /// Keeps dynamic filters for the pass that will read in the place of this scan. Whoever has them judges for
    /// good. Other conditions have come by way of the table.
    fn try_pushdown_filters(
        &self,
        filters: Vec<Arc<dyn PhysicalExpr>>,
        _config: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn FileSource>>> {
        let judged = vec![PushedDown::No; filters.len()];
        let answer = FilterPushdownPropagation::with_parent_pushdown_result(judged);
        let mut dynamic_filters = self.dynamic_filters.clone();
        dynamic_filters.extend(filters.into_iter().filter(|filter| filter.is::<DynamicFilterPhysicalExpr>()));
        if dynamic_filters.len() == self.dynamic_filters.len() {
            return Ok(answer);
        }
        Ok(answer.with_updated_node(Arc::new(Self { dynamic_filters, ..self.clone() })))
    }

    fn metrics(&self) -> &ExecutionPlanMetricsSet {
        &self.metrics
    }

    fn file_type(&self) -> &str {
        kind_of(&self.format)
    }

    fn fmt_extra(&self, display: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (display, self.format.as_ref()) {
            (DisplayFormatType::TreeRender, _)
            | (_, ScanFormat::Text(_) | ScanFormat::Json(_) | ScanFormat::Parquet(_)) => Ok(()),
            (_, ScanFormat::Csv(table)) => {
                if let Some(delim) = table.delim() {
                    write!(f, ", delim='{delim}'")?;
                }
                write!(f, ", header={}", table.has_header())
            }
        }
    }

    /// Byte ranges mean nothing here: compressed files cannot be cut anywhere, and in CSV a line end
    /// may be part of a value.
    fn supports_repartitioning(&self) -> bool {
        false
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        datafusion::physical_plan::apply_expression_roots(self.projection.source.iter(), f)
    }
}

/// Opens one file after the other for a partition.
struct ScanOpener {
    format: Arc<ScanFormat>,
    request: ScanRequest,
    notes: Notes,
    counters: Arc<ScanCounters>,
}

impl FileOpener for ScanOpener {
    /// The file is opened when the stream is first polled, and decoded and scanned by whoever polls:
    /// batches stay in the cache of the core that made them, and a dropped stream stops at once.
    fn open(&self, file: PartitionedFile) -> Result<FileOpenFuture> {
        let file = source_file(&file)?;
        let (request, counters) = (self.request.clone(), Arc::clone(&self.counters));
        let scan = Arc::new(Scan::new(vec![file], &self.format, request, 1, &self.notes));
        Ok(async move {
            let mut worker = scan.worker();
            let (mut opened, mut read) = (0, 0);
            let next = move |cx: &mut Context<'_>| {
                let polled = counters.time(|| worker.poll_next(cx));
                counters.opened_files.fetch_add(scan.opened_files() - opened, Ordering::Relaxed);
                counters.read_bytes.fetch_add(scan.compressed_bytes() - read, Ordering::Relaxed);
                (opened, read) = (scan.opened_files(), scan.compressed_bytes());
                polled.map(|item| match item? {
                    Ok(ScanItem::Batch { batch, .. }) => {
                        counters.add_rows(batch.num_rows());
                        Some(Ok(batch))
                    }
                    Ok(ScanItem::ColumnForgone { error, .. }) | Err(error) => {
                        Some(Err(into_datafusion(error)))
                    }
                })
            };
            Ok(futures::stream::poll_fn(next).boxed())
        }
        .boxed())
    }
}

/// What a scan has done so far.
#[derive(Debug, Default)]
pub(crate) struct ScanCounters {
    pub(crate) opened_files: AtomicU64,
    pub(crate) rows: AtomicU64,
    /// Bytes of the files, as they are on disk, that were read.
    pub(crate) read_bytes: AtomicU64,
    /// Time spent decoding and scanning, over all partitions.
    pub(crate) busy_nanos: AtomicU64,
}

impl ScanCounters {
    /// Does something and counts the time that it takes.
    pub(crate) fn time<T>(&self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        let nanos = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.busy_nanos.fetch_add(nanos, Ordering::Relaxed);
        result
    }

    pub(crate) fn add_rows(&self, rows: usize) {
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
    }
}

/// The file as it was expanded, or, in a plan that was sent, found again by its location.
pub(crate) fn source_file(file: &PartitionedFile) -> Result<SourceFile> {
    if let Some(source) = file.extension::<SourceFile>() {
        return Ok(source.clone());
    }
    let path: PathBuf = LocalFileSystem::new()
        .path_to_filesystem(&file.object_meta.location)
        .map_err(|error| DataFusionError::ObjectStore(Box::new(error)))?;
    Ok(SourceFile { path, len_bytes: file.object_meta.size, modified: None })
}
