//! Parquet: columns in row groups, each compressed by itself.

use std::fmt;
use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::utils::memory::get_record_batch_memory_size;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowRowGroupWriterFactory;
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use swath_io::Codec;

use super::RowWriter;
use super::row_group::RowGroup;
use crate::session::Session;
use crate::sinks::WriterMemory;

/// Encoded bytes of a row group after which it ends early, if nothing else is said: it is held in memory until then.
const ROW_GROUP_LEN_BYTES: usize = 128 << 20;

/// How the columns are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd)]
pub(crate) enum ParquetCodec {
    Plain,
    Zstd(u32),
    Gzip(u32),
    Snappy,
    Lz4,
}

impl ParquetCodec {
    /// The codec of columns for one of files, with its level or the usual one, if columns may have it.
    pub(crate) fn of(codec: Codec, level: Option<u32>) -> Option<Self> {
        Some(match codec {
            Codec::Plain => Self::Plain,
            Codec::Zstd => Self::Zstd(level.unwrap_or(3)),
            Codec::Gzip => Self::Gzip(level.unwrap_or(6)),
            Codec::Lz4 => Self::Lz4,
            _ => return None,
        })
    }
}

/// As it stands behind the name of a format.
impl fmt::Display for ParquetCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "",
            Self::Zstd(_) => ", zstd",
            Self::Gzip(_) => ", gzip",
            Self::Snappy => ", snappy",
            Self::Lz4 => ", lz4",
        })
    }
}

/// How Parquet is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd)]
pub(crate) struct ParquetStyle {
    pub(crate) codec: ParquetCodec,
    /// Rows of a row group, at most.
    pub(crate) row_group_rows: usize,
    /// Encoded bytes of one, after which it ends.
    pub(crate) row_group_bytes: usize,
}

/// Rows of a row group, as other writers have it.
const ROW_GROUP_ROWS: usize = 1 << 20;

impl Default for ParquetStyle {
    fn default() -> Self {
        Self {
            codec: ParquetCodec::Zstd(3),
            row_group_rows: ROW_GROUP_ROWS,
            row_group_bytes: ROW_GROUP_LEN_BYTES,
        }
    }
}

/// Rows that are encoded at once: enough for threads to be worth their start.
const ENCODED_ROWS: usize = 1 << 16;

/// Bytes of rows after which these are encoded though they are fewer.
const ENCODED_LEN_BYTES: usize = 64 << 20;

/// Writes Parquet. It holds one row group, which ends early where memory is short, and some rows that are not encoded yet;
/// columns are encoded by several threads, and the file is the same whatever their number.
pub struct ParquetWriter {
    schema: SchemaRef,
    style: ParquetStyle,
    memory: Option<WriterMemory>,
    threads: usize,
    /// Made at the start, ended at the end.
    file: Option<(SerializedFileWriter<Vec<u8>>, ArrowRowGroupWriterFactory)>,
    row_group: Option<RowGroup>,
    /// Rows that are not encoded yet.
    waiting: Vec<RecordBatch>,
    waiting_rows: usize,
    waiting_bytes: usize,
}

impl ParquetWriter {
    /// A writer for these columns, which are compressed with Zstandard.
    pub fn with_zstd(schema: SchemaRef) -> Self {
        Self::new(schema, ParquetStyle::default())
    }

    pub(crate) fn new(schema: SchemaRef, style: ParquetStyle) -> Self {
        Self {
            schema,
            style,
            memory: None,
            threads: 1,
            file: None,
            row_group: None,
            waiting: Vec::new(),
            waiting_rows: 0,
            waiting_bytes: 0,
        }
    }

    /// Sets that what it holds is memory of the session, and bounded by what that may use, and that it encodes with as many threads.
    pub fn for_session(self, session: &Session) -> Self {
        self.with_memory(session.writer_memory()).with_threads(session.compression_limits().threads)
    }

    pub(crate) fn with_memory(self, memory: WriterMemory) -> Self {
        Self { memory: Some(memory), ..self }
    }

    pub(crate) fn with_threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    fn file(&mut self) -> io::Result<&mut SerializedFileWriter<Vec<u8>>> {
        Ok(&mut self.file.as_mut().ok_or_else(not_started)?.0)
    }

    /// Encodes the rows that wait.
    fn encode(&mut self) -> io::Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        (self.waiting_rows, self.waiting_bytes) = (0, 0);
        let (file, factory) = self.file.as_ref().ok_or_else(not_started)?;
        let row_group = match &mut self.row_group {
            Some(row_group) => row_group,
            none => {
                let number = file.flushed_row_groups().len();
                none.insert(RowGroup::new(factory, number, &self.schema, file.schema_descr()).map_err(words)?)
            }
        };
        row_group.encode(&waiting, self.threads).map_err(words)
    }

    /// Writes the row group that is on its way, if there is one.
    fn end_row_group(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let Some(row_group) = self.row_group.take() else { return Ok(()) };
        let chunks = row_group.finish(self.threads).map_err(words)?;
        let file = self.file()?;
        let mut row_group = file.next_row_group().map_err(words)?;
        chunks.into_iter().try_for_each(|chunk| chunk.append_to_row_group(&mut row_group)).map_err(words)?;
        row_group.close().map_err(words)?;
        drain(file.inner_mut(), out)?;
        if let Some(memory) = &self.memory {
            memory.give_back();
        }
        Ok(())
    }

    /// Takes memory for all that it holds; `false` where there is not enough.
    fn take_memory(&self) -> bool {
        let (held, encoded) =
            self.row_group.as_ref().map_or((0, 0), |group| (group.held_bytes(), group.encoded_bytes()));
        // What is encoded is there once more when it is handed on.
        self.memory.as_ref().is_none_or(|memory| memory.take(held + encoded + self.waiting_bytes))
    }
}

impl RowWriter for ParquetWriter {
    fn start(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let compression = match self.style.codec {
            ParquetCodec::Plain => Compression::UNCOMPRESSED,
            ParquetCodec::Snappy => Compression::SNAPPY,
            ParquetCodec::Lz4 => Compression::LZ4_RAW,
            ParquetCodec::Gzip(level) => Compression::GZIP(GzipLevel::try_new(level).map_err(words)?),
            ParquetCodec::Zstd(level) => {
                Compression::ZSTD(ZstdLevel::try_new(level.cast_signed()).map_err(words)?)
            }
        };
        let properties = WriterProperties::builder()
            .set_compression(compression)
            .set_created_by(concat!("swath version ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let schema = SchemaRef::clone(&self.schema);
        let writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties)).map_err(words)?;
        self.file = Some(writer.into_serialized_writer().map_err(words)?);
        drain(self.file()?.inner_mut(), out)
    }

    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        let mut rest = batch.clone();
        while rest.num_rows() > 0 {
            let encoded_rows = self.row_group.as_ref().map_or(0, RowGroup::row_count);
            let room = self.style.row_group_rows - encoded_rows - self.waiting_rows;
            let now = rest.slice(0, room.min(rest.num_rows()));
            rest = rest.slice(now.num_rows(), rest.num_rows() - now.num_rows());
            let is_full = now.num_rows() == room;
            self.waiting_rows += now.num_rows();
            self.waiting_bytes += get_record_batch_memory_size(&now);
            self.waiting.push(now);
            let is_enough = self.waiting_rows >= ENCODED_ROWS || self.waiting_bytes >= ENCODED_LEN_BYTES;
            if !is_full && !is_enough && self.take_memory() {
                continue;
            }
            self.encode()?;
            let encoded_bytes = self.row_group.as_ref().map_or(0, RowGroup::encoded_bytes);
            if is_full || encoded_bytes >= self.style.row_group_bytes || !self.take_memory() {
                self.end_row_group(out)?;
            }
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if !self.waiting.is_empty() {
            self.encode()?;
        }
        self.end_row_group(out)?;
        let file = self.file()?;
        file.finish().map_err(words)?;
        drain(file.inner_mut(), out)
    }
}

fn not_started() -> io::Error {
    io::Error::other("the writer has not started")
}

fn drain(encoded: &mut Vec<u8>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(encoded)?;
    // A row group is long, and its buffer would stay.
    *encoded = Vec::new();
    Ok(())
}

fn words(error: ParquetError) -> io::Error {
    match error {
        ParquetError::General(text) => io::Error::other(text),
        ParquetError::NYI(text) => io::Error::other(format!("Parquet cannot hold this: {text}")),
        ParquetError::ArrowError(text) => io::Error::other(text),
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray, StructArray};
    use arrow::compute::concat_batches;
    use arrow::datatypes::{DataType, Field};
    use datafusion::execution::memory_pool::MemoryPool;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::*;
    use crate::budget::Budget;

    /// A batch of numbers that cannot be compressed.
    fn batch(seed: i64) -> RecordBatch {
        let numbers =
            (0..8192).map(|n: i64| (n + seed * 8192).wrapping_mul(0x9E37_79B9_7F4A_7C15_u64.cast_signed()));
        let column: ArrayRef = Arc::new(Int64Array::from_iter_values(numbers));
        RecordBatch::try_from_iter([("n", column)]).unwrap()
    }

    /// The lengths of the row groups of some batches, which are the same when they are read again, and what was
    /// held of the memory at most.
    fn row_groups(budget: &Arc<Budget>, files: usize) -> Vec<i64> {
        let batches: Vec<_> = (0..100).map(batch).collect();
        let pool: Arc<dyn MemoryPool> = Arc::clone(budget) as _;
        let mut writer = ParquetWriter::with_zstd(batches[0].schema());
        writer = writer.with_memory(WriterMemory::new(&pool, files));
        let mut out = Vec::new();
        writer.start(&mut out).unwrap();
        batches.iter().for_each(|batch| writer.write(batch, &mut out).unwrap());
        writer.finish(&mut out).unwrap();
        drop(writer);
        assert_eq!(budget.used_bytes(), 0);
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(out)).unwrap();
        let lengths = reader.metadata().row_groups().iter().map(|group| group.num_rows()).collect();
        let read: Vec<_> = reader.build().unwrap().map(Result::unwrap).collect();
        let schema = batches[0].schema();
        assert_eq!(concat_batches(&schema, &read).unwrap(), concat_batches(&schema, &batches).unwrap());
        lengths
    }

    #[test]
    fn row_groups_end_where_memory_does() {
        assert_eq!(row_groups(&Arc::new(Budget::new(1 << 30)), 1), [819_200]);
        let budget = Arc::new(Budget::new(16 << 20));
        let lengths = row_groups(&budget, 1);
        assert!((3..=8).contains(&lengths.len()), "{lengths:?}");
        assert!(budget.peak_bytes() <= 4 << 20, "{}", budget.peak_bytes());
        assert!(row_groups(&budget, 4).len() > 2 * lengths.len());
    }

    #[test]
    fn the_file_is_the_same_whatever_the_number_of_threads() {
        let nested = |seed: i64| {
            let numbers = batch(seed).column(0).slice(0, 3000);
            let texts: ArrayRef =
                Arc::new(StringArray::from_iter_values((0..3000).map(|n| format!("{}", n % 7 * seed))));
            let fields = vec![
                (Arc::new(Field::new("n", DataType::Int64, true)), Arc::clone(&numbers)),
                (Arc::new(Field::new("t", DataType::Utf8, true)), Arc::clone(&texts)),
            ];
            let both: ArrayRef = Arc::new(StructArray::from(fields));
            RecordBatch::try_from_iter([("t", texts), ("both", both), ("n", numbers)]).unwrap()
        };
        let batches: Vec<_> = (0..60).map(nested).collect();
        let file = |threads| {
            let style = ParquetStyle { row_group_rows: 100_000, ..ParquetStyle::default() };
            let mut writer = ParquetWriter::new(batches[0].schema(), style).with_threads(threads);
            let mut out = Vec::new();
            writer.start(&mut out).unwrap();
            batches.iter().for_each(|batch| writer.write(batch, &mut out).unwrap());
            writer.finish(&mut out).unwrap();
            out
        };
        let expected = file(1);
        assert!([2, 5].map(file) == [expected.clone(), expected.clone()]);
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(expected)).unwrap();
        let lengths: Vec<_> = reader.metadata().row_groups().iter().map(|group| group.num_rows()).collect();
        assert_eq!(lengths, [100_000, 80_000]);
        let read: Vec<_> = reader.build().unwrap().map(Result::unwrap).collect();
        let schema = batches[0].schema();
        assert_eq!(concat_batches(&schema, &read).unwrap(), concat_batches(&schema, &batches).unwrap());
    }

    #[test]
    fn where_others_have_all_memory_row_groups_are_short() {
        let budget = Arc::new(Budget::new(16 << 20));
        let pool: Arc<dyn MemoryPool> = Arc::clone(&budget) as _;
        let others = datafusion::execution::memory_pool::MemoryConsumer::new("others").register(&pool);
        let freely = row_groups(&budget, 1).len();
        others.grow(15 << 20);
        let memory = WriterMemory::new(&pool, 1);
        assert!(memory.take(200 << 10) && !memory.take(1 << 20));
        memory.give_back();
        others.free();
        assert_eq!(row_groups(&budget, 1).len(), freely);
    }
}
