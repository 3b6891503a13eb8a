//! Files as a table of the relational core.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Statistics;
use datafusion::common::stats::Precision;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::Result as DataFusionResult;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use swath_io::scanner::text::LINE_COLUMN;
use swath_io::{ColumnType, CsvTable, FileKind, Notes, ScanFormat, SourceFile};
use swath_planner::{SourceCall, SourceFunction};

use crate::error::{Error, Result};
use crate::file_columns::FileColumns;
use crate::options::ReadOptions;
use crate::scan::ScanSource;
use crate::scan_condition::{self, ScanCondition};

/// What kind of files a format is for.
pub(crate) fn kind_of(format: &ScanFormat) -> &'static str {
    match format {
        ScanFormat::Csv(_) => "csv",
        ScanFormat::Text(_) => "text",
        ScanFormat::Json(_) => "json",
        ScanFormat::Parquet(_) => "parquet",
    }
}

/// The files of a call, and what they were found to hold.
#[derive(Debug, Clone)]
pub(crate) struct SourceTable {
    call: Arc<SourceCall>,
    /// The call, as a person would write it.
    label: Arc<str>,
    files: Vec<SourceFile>,
    format: Arc<ScanFormat>,
    schema: TableSchema,
    /// What stands not in the files but in their names.
    file_columns: Arc<FileColumns>,
    notes: Notes,
    /// Files are read one after the other, whatever the plan.
    in_order: bool,
    /// The same files with a column of a wider type, once a value was met that needs it. Clones share it.
    wider: Arc<Mutex<Option<Arc<Self>>>>,
}

/// A scan that wants at most this many rows reads the files one after the other, so that
/// `LIMIT 10` gives the first ten rows.
const ORDERED_LIMIT_ROWS: usize = 100_000;

/// Bytes of a file, as it is on disk, for which another thread pays.
const PARTITION_LEN_BYTES: u64 = 128 << 10;

impl SourceTable {
    pub(crate) fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// What was found of CSV, if that is what the files hold.
    pub(crate) fn csv(&self) -> Option<&CsvTable> {
        match &*self.format {
            ScanFormat::Csv(table) => Some(table),
            _ => None,
        }
    }

    /// Expands the paths of a call and looks at the head of every file. Blocks.
    pub(crate) fn open(call: &SourceCall, defaults: &ReadOptions, notes: &Notes) -> Result<Self> {
        let mut options = ReadOptions::of_call(call.function, &call.options, defaults)?;
        let files = swath_io::expand(&call.paths)?;
        let function = match call.function {
            SourceFunction::Path if holds_parquet(&name_of(&call.paths[0], &files), &files) => {
                SourceFunction::ReadParquet
            }
            SourceFunction::Path if is_json_by_name(&name_of(&call.paths[0], &files)) => {
                SourceFunction::ReadJson
            }
            SourceFunction::Path if is_json_by_content(&call.paths[0], &files, &options) => {
                let path = &call.paths[0];
                notes.add(format!(
                    "{call}: read as JSON, as it begins with an object; read_csv('{path}') reads it otherwise"
                ));
                SourceFunction::ReadJson
            }
            function => function,
        };
        let format = match function {
            SourceFunction::ReadText => ScanFormat::Text(options.text()),
            SourceFunction::ReadJson => ScanFormat::Json(swath_io::infer_json(&files, &options.json())?),
            SourceFunction::ReadParquet => ScanFormat::Parquet(swath_io::infer_parquet(&files)?),
            SourceFunction::ReadCsv => ScanFormat::Csv(swath_io::infer_csv(&files, options.csv())?),
            SourceFunction::Path => {
                if is_tsv_by_name(&call.paths[0], &files)? {
                    options.expect_tabs();
                }
                ScanFormat::Csv(swath_io::infer_csv(&files, options.csv())?)
            }
        };
        let file_schema = schema_of(&format);
        let of_files = match &format {
            ScanFormat::Csv(table) => table.notes(),
            ScanFormat::Parquet(table) => table.notes(),
            ScanFormat::Json(_) | ScanFormat::Text(_) => &[],
        };
        of_files.iter().for_each(|note| notes.add(note.clone()));
        if file_schema.fields().is_empty() {
            let has_objects = matches!(&format, ScanFormat::Json(table) if table.estimated_rows() > Some(0));
            notes.add(match files.len() {
                _ if has_objects => format!("{call}: no columns: the objects have no keys"),
                1 => format!("{call}: no columns and no rows: the file is empty"),
                _ => format!("{call}: no columns and no rows: all files are empty"),
            });
        }
        let file_columns = FileColumns::new(&files, &options, &file_schema)?;
        let schema = table_schema(file_schema, &file_columns);
        let (label, call) = (call.to_string().into(), Arc::new(call.clone()));
        let (format, notes) = (Arc::new(format), notes.clone());
        let file_columns = Arc::new(file_columns);
        let (in_order, wider) = (false, Arc::default());
        Ok(Self { call, label, files, format, schema, file_columns, notes, in_order, wider })
    }

    /// The same files, found to hold the same, with a column for the file of each row, as a call asks for.
    ///
    /// # Errors
    /// The files have a column of that name of their own.
    pub(crate) fn with_file_names(&self, call: &SourceCall, defaults: &ReadOptions) -> Result<Self> {
        let options = ReadOptions::of_call(call.function, &call.options, defaults)?;
        let file_schema = schema_of(&self.format);
        let file_columns = FileColumns::new(&self.files, &options, &file_schema)?;
        let schema = table_schema(file_schema, &file_columns);
        let (label, call) = (call.to_string().into(), Arc::new(call.clone()));
        let (file_columns, wider) = (Arc::new(file_columns), Arc::default());
        Ok(Self { call, label, schema, file_columns, wider, in_order: false, ..self.clone() })
    }

    /// The table with the widest types that are known by now; `None`: this one.
    pub(crate) fn wider(&self) -> Option<Arc<Self>> {
        let next = self.wider.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let widest = next.wider().unwrap_or(next);
        Some(if self.in_order { Arc::new(widest.in_order()) } else { widest })
    }

    /// The format with a wider type for a column whose type was guessed, if the file is one of the table.
    fn widened(&self, file: &Path, column: &str, ty: ColumnType) -> Option<ScanFormat> {
        self.files.iter().find(|known| known.path == file)?;
        match self.format.as_ref() {
            ScanFormat::Csv(table) => table.widened(column, ty).map(ScanFormat::Csv),
            ScanFormat::Json(table) => table.widened(column, ty).map(ScanFormat::Json),
            ScanFormat::Text(_) | ScanFormat::Parquet(_) => None,
        }
    }

    /// Whether the guessed type of a column is too narrow for a value of this type in one of the files.
    pub(crate) fn is_too_narrow(&self, file: &Path, column: &str, ty: ColumnType) -> bool {
        self.widened(file, column, ty).is_some()
    }

    /// Gives the column the wider type in [`SourceTable::wider`]. Whether it did not have it yet.
    pub(crate) fn widen(&self, file: &Path, column: &str, ty: ColumnType) -> bool {
        let Some(format) = self.widened(file, column, ty) else { return false };
        let mut next = self.wider.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(next) = &*next {
            return next.widen(file, column, ty);
        }
        let schema = table_schema(schema_of(&format), &self.file_columns);
        let (format, in_order, wider) = (Arc::new(format), false, Arc::default());
        *next = Some(Arc::new(Self { format, schema, in_order, wider, ..self.clone() }));
        true
    }

    /// The call that names the files.
    pub(crate) fn call(&self) -> &SourceCall {
        &self.call
    }

    /// Whether both are of one look at the files.
    pub(crate) fn is_of_same_look(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.wider, &other.wider)
    }

    /// Whether the paths still name the same files, unchanged.
    pub(crate) fn is_current(&self, call: &SourceCall) -> bool {
        swath_io::expand(&call.paths).is_ok_and(|files| files == self.files)
    }

    /// The same table, whose files are read one after the other by one partition.
    pub(crate) fn in_order(&self) -> Self {
        Self { in_order: true, ..self.clone() }
    }

    /// Whether the files are read one after the other.
    pub(crate) fn is_in_order(&self) -> bool {
        self.in_order
    }

    /// Names of the columns, in order.
    pub(crate) fn column_names(&self) -> Vec<String> {
        self.schema.table_schema().fields().iter().map(|field| field.name().clone()).collect()
    }

    /// Names of the fields of a struct, by the names on the way to it; none where it is no struct.
    pub(crate) fn field_names(&self, path: &[String]) -> Vec<String> {
        let mut fields = self.schema.table_schema().fields();
        for name in path {
            let Some((_, field)) = fields.find(name) else { return Vec::new() };
            let DataType::Struct(inner) = field.data_type() else { return Vec::new() };
            fields = inner;
        }
        fields.iter().map(|field| field.name().clone()).collect()
    }

    /// How many partitions are worth while: a file is read by several, but not a small one.
    fn partitions(&self, files: &[usize], most: usize) -> usize {
        let worth = |file: &SourceFile| file.len_bytes.div_ceil(PARTITION_LEN_BYTES).max(1);
        let worth = files.iter().map(|file| worth(&self.files[*file])).fold(0, u64::saturating_add);
        most.min(usize::try_from(worth).unwrap_or(usize::MAX)).max(1)
    }

    /// About how many rows the files have, going by their heads or footers; `None` if that is not known.
    pub(crate) fn estimated_rows(&self) -> Option<u64> {
        match self.format.as_ref() {
            ScanFormat::Csv(table) => table.estimated_rows(),
            ScanFormat::Json(table) => table.estimated_rows(),
            ScanFormat::Parquet(table) => Some(table.rows()),
            ScanFormat::Text(_) => None,
        }
    }

    /// What the planner of joins should know of so many of the files: about how many rows they have.
    fn statistics(&self, files: usize) -> Statistics {
        let mut statistics = Statistics::new_unknown(self.schema.table_schema());
        if let Some(rows) = self.estimated_rows() {
            let part = files as f64 / self.files.len().max(1) as f64;
            statistics.num_rows = Precision::Inexact((rows as f64 * part) as usize);
        }
        statistics
    }

    fn partitioned_file(&self, number: usize) -> DataFusionResult<PartitionedFile> {
        let file = &self.files[number];
        let path = file.path.to_string_lossy();
        let mut partitioned = PartitionedFile::new(path, file.len_bytes).with_extension(file.clone());
        partitioned.partition_values = self.file_columns.of_file(number)?;
        Ok(partitioned)
    }
}

/// The columns of the files.
fn schema_of(format: &ScanFormat) -> Schema {
    match format {
        ScanFormat::Csv(table) => {
            let field = |column: &swath_io::Column| Field::new(&column.name, column.data_type(), true);
            Schema::new(table.columns().iter().map(field).collect::<Vec<_>>())
        }
        ScanFormat::Json(table) => table.schema(),
        ScanFormat::Parquet(table) => table.schema().as_ref().clone(),
        ScanFormat::Text(_) => Schema::new(vec![Field::new(LINE_COLUMN, DataType::Utf8View, false)]),
    }
}

/// These, and what stands in the names of the files.
fn table_schema(files: Schema, file_columns: &FileColumns) -> TableSchema {
    TableSchema::builder(Arc::new(files)).with_table_partition_cols(file_columns.fields.clone()).build()
}

/// Whether a bare path is one of tab-separated files. A path to files of another kind is an error.
fn is_tsv_by_name(path: &str, files: &[SourceFile]) -> Result<bool> {
    let ending = ending_of(&name_of(path, files));
    match ending.as_str() {
        "arrow" | "feather" | "avro" | "orc" | "xlsx" | "zip" | "7z" | "tar" | "tgz" | "tbz2" => {
            swath_io::refuse_no_text(&files[0])?;
            Err(Error::query(
                format!("{}: files of the kind .{ending} cannot be read", files[0].path.display()),
                format!(
                    "if it holds CSV, write read_csv('{path}'); if it holds JSON, read_json('{path}'); if it holds lines of \
                 text, read_text('{path}')"
                ),
            ))
        }
        "tsv" | "tab" => Ok(true),
        _ => Ok(false),
    }
}

/// The name by which a bare path is judged: that of its first file.
fn name_of(path: &str, files: &[SourceFile]) -> String {
    files.first().map_or(path.to_owned(), |file| file.path.to_string_lossy().into_owned())
}

/// What follows the last dot of a name, a codec's ending aside, in lower case.
fn ending_of(name: &str) -> String {
    let name = name.to_lowercase();
    let stem = name.rsplit_once('.').filter(|(_, ending)| is_codec_ending(ending));
    let stem = stem.map_or(name.as_str(), |(stem, _)| stem);
    stem.rsplit_once('.').map_or("", |(_, ending)| ending).to_owned()
}

/// Whether a file holds JSON, going by its name.
pub(crate) fn is_json_by_name(name: &str) -> bool {
    FileKind::of_name(Path::new(name)) == Some(FileKind::Json)
}

/// Whether a file holds Parquet, going by its name.
pub(crate) fn is_parquet_by_name(name: &str) -> bool {
    let ending = Path::new(name).extension().map(|ending| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| ending == "parquet" || ending == "parq" || ending == "pq")
}

/// Whether files hold Parquet, going by their name or, where it does not tell, by how the first of them begins.
fn holds_parquet(name: &str, files: &[SourceFile]) -> bool {
    is_parquet_by_name(name)
        || FileKind::of_name(Path::new(name)).is_none() && files.first().is_some_and(swath_io::is_parquet)
}

/// Whether files hold JSON, going by how they begin, where their names do not tell and nothing is said of fields.
pub(crate) fn is_json_by_content(path: &str, files: &[SourceFile], options: &ReadOptions) -> bool {
    let tells = FileKind::of_name(Path::new(&name_of(path, files))) == Some(FileKind::Csv);
    !tells && options.csv().delim.is_none() && swath_io::begins_as_json(files, &options.text())
}

fn is_codec_ending(ending: &str) -> bool {
    swath_io::Codec::of_name(Path::new(&format!("x.{ending}"))).is_some()
}

#[async_trait]
impl TableProvider for SourceTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.schema.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> DataFusionResult<Vec<TableProviderFilterPushDown>> {
        let files = self.schema.file_schema();
        let pushdown = |filter: &&Expr| match self.file_columns.can_judge(filter) {
            true => TableProviderFilterPushDown::Exact,
            false => scan_condition::pushdown(filter, files),
        };
        Ok(filters.iter().map(pushdown).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        let source = ScanSource::new(
            Arc::clone(&self.label),
            Arc::clone(&self.format),
            self.schema.clone(),
            self.notes.clone(),
        );
        let (of_file, of_rows): (Vec<Expr>, Vec<Expr>) =
            filters.iter().cloned().partition(|filter| self.file_columns.can_judge(filter));
        let source = source.with_condition(ScanCondition::new(&of_rows, self.schema.file_schema(), state)?);
        let numbers = self.file_columns.matching(self.files.len(), &of_file, state)?;
        let files: Vec<PartitionedFile> =
            numbers.iter().map(|number| self.partitioned_file(*number)).collect::<DataFusionResult<_>>()?;
        let in_order = self.in_order || limit.is_some_and(|rows| rows <= ORDERED_LIMIT_ROWS);
        let partitions =
            if in_order { 1 } else { self.partitions(&numbers, state.config().target_partitions()) };
        // Which partition reads what is settled while they run; files in these groups are so in name only, in their
        // order, and there may be more groups than files.
        let group_len = files.len().div_ceil(partitions);
        let mut files = files.into_iter();
        let groups = (0..partitions).map(|_| FileGroup::new(files.by_ref().take(group_len).collect()));
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), Arc::new(source))
            .with_file_groups(groups.collect())
            .with_projection_indices(projection.cloned())?
            .with_preserve_order(in_order)
            .with_limit(limit)
            .with_statistics(self.statistics(numbers.len()))
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}
