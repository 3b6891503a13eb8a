//! One Parquet file: its footer, and where its columns are.

use std::collections::HashSet;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::LogicalType;
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{ChunkReader, Length};

use super::types::{UUID_LEN_BYTES, as_read};
use crate::archive;
use crate::error::{Error, ErrorKind, Result};
use crate::file_range::FileRange;
use crate::scanner::filter::ColumnBounds;
use crate::source::SourceFile;

/// How Parquet files begin and end.
const MAGIC: &[u8; 4] = b"PAR1";
/// Magic, length of the footer, and magic.
const MIN_LEN_BYTES: u64 = 12;

/// What a value takes beside its bytes: most of all, a view.
const VALUE_LEN_BYTES: usize = 16;

const DAMAGED: &str = "the file is damaged or not whole: compare it with its original, or make it again";

/// Whether a file begins as Parquet does. Not of what is no regular file, as a pipe.
pub fn is_parquet(file: &SourceFile) -> bool {
    let mut head = [0; MAGIC.len()];
    file.len_bytes >= MIN_LEN_BYTES
        && File::open(&file.path).is_ok_and(|mut opened| opened.read_exact(&mut head).is_ok())
        && head == *MAGIC
}

/// A file that is open, with its footer.
#[derive(Debug)]
pub(super) struct ParquetFile {
    source: SourceFile,
    data: FileData,
    footer: ArrowReaderMetadata,
}

/// The bytes of a file, for any number of readers: the reader's own way moves the place of the file, which those of other threads
/// would read from.
#[derive(Debug, Clone)]
struct FileData {
    file: Arc<File>,
    len_bytes: u64,
}

impl Length for FileData {
    fn len(&self) -> u64 {
        self.len_bytes
    }
}

impl ChunkReader for FileData {
    type T = BufReader<FileRange>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(BufReader::new(FileRange::to_end(&self.file, start)))
    }

    fn get_bytes(&self, start: u64, len: usize) -> Result<Bytes, ParquetError> {
        let end = start.saturating_add(len as u64);
        let mut bytes = Vec::new();
        if end <= self.len_bytes {
            FileRange::read_all(&self.file, start, end, &mut bytes)?;
        }
        match bytes.len() == len {
            true => Ok(bytes.into()),
            false => Err(ParquetError::EOF(format!("{len} bytes at byte {start} go beyond the end"))),
        }
    }
}

impl ParquetFile {
    pub(super) fn open(source: &SourceFile) -> Result<Self> {
        let path = &source.path;
        let error =
            |problem: &str, hint| ErrorKind::Parquet { path: path.clone(), problem: problem.into(), hint };
        if !fs::metadata(path).is_ok_and(|found| found.is_file()) && source.modified.is_none() {
            let hint = "Parquet is read from its end on: write it to a file first";
            return Err(error("Parquet cannot be read from a pipe", hint).into());
        }
        if archive::split(path).is_some() {
            let hint = "Parquet is read from its end on: take it out of the archive first";
            return Err(error("Parquet cannot be read from an archive", hint).into());
        }
        let file = File::open(path).map_err(|error| Error::io(path, "open", error))?;
        let found = file.metadata().map_err(|error| Error::io(path, "open", error))?;
        if found.len() != source.len_bytes {
            let hint = "it is being written: ask again when that is done";
            return Err(error("the file has changed since it was looked at", hint).into());
        }
        let data = FileData { file: Arc::new(file), len_bytes: found.len() };
        let head = data.get_bytes(0, MAGIC.len());
        if found.len() < MIN_LEN_BYTES || !head.is_ok_and(|head| head.as_ref() == MAGIC) {
            return Err(error(
                "expected Parquet, found something else",
                "read_csv, read_json and read_text read text",
            )
            .into());
        }
        let footer = guard(|| load(&data))
            .map_err(|found| Error::from(error(&format!("the footer cannot be read: {found}"), DAMAGED)))?;
        Ok(Self { source: source.clone(), data, footer })
    }

    pub(super) fn path(&self) -> &Path {
        &self.source.path
    }

    pub(super) fn rows(&self) -> u64 {
        u64::try_from(self.footer.metadata().file_metadata().num_rows()).unwrap_or_default()
    }

    pub(super) fn row_groups(&self) -> usize {
        self.footer.metadata().num_row_groups()
    }

    /// The columns, each by a name that no other has.
    pub(super) fn column_names(&self) -> Vec<String> {
        let fields = self.footer.schema().fields();
        let mut taken = HashSet::new();
        let mut names = Vec::new();
        for field in fields {
            let numbered = (1..).map(|number| format!("{}_{number}", field.name()));
            let mut names_of_field = std::iter::once(field.name().clone()).chain(numbered);
            names.extend(names_of_field.find(|name| taken.insert(name.clone())));
        }
        names
    }

    pub(super) fn column_type(&self, number: usize) -> &DataType {
        self.footer.schema().field(number).data_type()
    }

    /// Whether a column holds UUIDs.
    pub(super) fn is_uuid(&self, number: usize) -> bool {
        let fields = self.footer.parquet_schema().root_schema().get_fields();
        let ty = fields.get(number).and_then(|field| field.get_basic_info().logical_type_ref());
        ty == Some(&LogicalType::Uuid)
            && *self.column_type(number) == DataType::FixedSizeBinary(UUID_LEN_BYTES)
    }

    pub(super) fn column_count(&self) -> usize {
        self.footer.schema().fields().len()
    }

    /// How many bytes of the file are those of each column.
    pub(super) fn column_bytes(&self) -> Vec<u64> {
        let mut bytes = vec![0; self.column_count()];
        (0..self.row_groups())
            .for_each(|group| self.for_each_part(group, |number, len| bytes[number] += len));
        bytes
    }

    /// How many bytes of a row group are those of some columns, in rising order.
    pub(super) fn group_bytes(&self, group: usize, columns: &[usize]) -> u64 {
        let mut bytes = 0;
        self.for_each_part(group, |number, len| {
            if columns.binary_search(&number).is_ok() {
                bytes += len;
            }
        });
        bytes
    }

    /// How many bytes a row of some columns, in rising order, takes in a row group when it is decoded, about.
    pub(super) fn row_bytes(&self, group: usize, columns: &[usize]) -> usize {
        let parquet = self.footer.parquet_schema();
        let group = self.footer.metadata().row_group(group);
        let parts = group.columns().iter().enumerate();
        let wanted =
            parts.filter(|(leaf, _)| columns.binary_search(&parquet.get_column_root_idx(*leaf)).is_ok());
        let rows = usize::try_from(group.num_rows()).unwrap_or_default().max(1);
        let of_part = |part: &ColumnChunkMetaData| {
            // Texts of a dictionary stand in it once.
            let texts = part.unencoded_byte_array_data_bytes().unwrap_or_default();
            let bytes = usize::try_from(part.uncompressed_size().max(texts)).unwrap_or_default();
            bytes / rows + VALUE_LEN_BYTES
        };
        wanted.map(|(_, part)| of_part(part)).fold(0, usize::saturating_add)
    }

    /// Gives for each part of each column of a row group the column, and its bytes in the file.
    fn for_each_part(&self, group: usize, mut give: impl FnMut(usize, u64)) {
        let parquet = self.footer.parquet_schema();
        for (leaf, part) in self.footer.metadata().row_group(group).columns().iter().enumerate() {
            let len = u64::try_from(part.compressed_size()).unwrap_or_default();
            give(parquet.get_column_root_idx(leaf), len);
        }
    }

    /// What the footer tells of a column in a row group, if it tells anything that holds.
    ///
    /// Of columns of floating point it does not: their bounds leave out NaN, which is greater than all numbers here. Bounds
    /// of old writers are those of another order than that of texts and unsigned numbers.
    pub(super) fn bounds(&self, group: usize, number: usize) -> Option<ColumnBounds> {
        let field = self.footer.schema().field(number);
        if field.data_type().is_floating() || field.data_type().is_nested() {
            return None;
        }
        let parquet = self.footer.parquet_schema();
        let group = self.footer.metadata().row_group(group);
        let leaf = (0..group.num_columns()).find(|leaf| parquet.get_column_root_idx(*leaf) == number)?;
        if group.column(leaf).statistics()?.is_min_max_deprecated() {
            return None;
        }
        let converter = StatisticsConverter::from_column_index(leaf, field, parquet).ok()?;
        Some(ColumnBounds {
            least: converter.row_group_mins([group]).ok()?,
            greatest: converter.row_group_maxes([group]).ok()?,
            nulls: group.column(leaf).statistics()?.null_count_opt(),
        })
    }

    pub(super) fn group_rows(&self, group: usize) -> u64 {
        u64::try_from(self.footer.metadata().row_group(group).num_rows()).unwrap_or_default()
    }

    /// The rows of a row group, with some columns, which come in the order of the file.
    pub(super) fn read(
        &self,
        group: usize,
        columns: &[usize],
        batch_rows: usize,
    ) -> Result<ParquetRecordBatchReader> {
        let mask = ProjectionMask::roots(self.footer.parquet_schema(), columns.iter().copied());
        let builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(self.data.clone(), self.footer.clone())
                .with_row_groups(vec![group])
                .with_projection(mask)
                .with_batch_size(batch_rows);
        guard(|| builder.build()).map_err(|found| self.damaged(group, &found))
    }

    /// The next rows of a row group.
    pub(super) fn next(
        &self,
        group: usize,
        rows: &mut ParquetRecordBatchReader,
    ) -> Result<Option<RecordBatch>> {
        guard(|| rows.next().transpose()).map_err(|found| self.damaged(group, &found))
    }

    /// That a row group cannot be read.
    pub(super) fn damaged(&self, group: usize, problem: &str) -> Error {
        let is_codec = problem.contains("feature");
        let hint =
            if is_codec { "write the file with another codec: snappy, zstd, gzip or lz4" } else { DAMAGED };
        let problem = format!("row group {} cannot be read: {problem}", group + 1);
        ErrorKind::Parquet { path: self.path().to_owned(), problem, hint }.into()
    }
}

/// The footer, with texts to be read as views.
fn load(data: &FileData) -> Result<ArrowReaderMetadata, ParquetError> {
    let found = ArrowReaderMetadata::load(data, ArrowReaderOptions::new())?;
    let field = |field: &Arc<Field>| field.as_ref().clone().with_data_type(as_read(field.data_type()));
    let fields: Vec<_> = found.schema().fields().iter().map(field).collect();
    let schema = Schema::new_with_metadata(fields, found.schema().metadata().clone());
    let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
    // Where its columns cannot be read so, they are converted later.
    Ok(ArrowReaderMetadata::try_new(Arc::clone(found.metadata()), options).unwrap_or(found))
}

/// Runs code of the reader, which panics where some kinds of damage are met. Gives what is wrong in words.
fn guard<T, E: Display>(code: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(code)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => {
            let said = error.to_string();
            // The kinds of errors in front say nothing.
            Err(said.rsplit("Parquet error: ").next().unwrap_or(&said).to_owned())
        }
        Err(_) => Err("its pages contradict its footer".to_owned()),
    }
}
