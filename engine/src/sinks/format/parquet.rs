//! Parquet: columns in row groups, each compressed by itself.

use std::fmt;
use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use swath_io::Codec;

use super::RowWriter;
use crate::session::Session;
use crate::sinks::WriterMemory;

/// Encoded bytes of a row group after which it ends early: it is held in memory until then.
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
}

/// Rows of a row group, as other writers have it.
const ROW_GROUP_ROWS: usize = 1 << 20;

impl Default for ParquetStyle {
    fn default() -> Self {
        Self { codec: ParquetCodec::Zstd(3), row_group_rows: ROW_GROUP_ROWS }
    }
}

/// Writes Parquet. The writer beneath holds one row group, which ends early where memory is short; what it has encoded is
/// handed on after every batch.
pub struct ParquetWriter {
    schema: SchemaRef,
    style: ParquetStyle,
    memory: Option<WriterMemory>,
    /// Made at the start, ended at the end.
    encoder: Option<ArrowWriter<Vec<u8>>>,
}

impl ParquetWriter {
    /// A writer for these columns, which are compressed with Zstandard.
    pub fn with_zstd(schema: SchemaRef) -> Self {
        Self::new(schema, ParquetStyle::default())
    }

    pub(crate) fn new(schema: SchemaRef, style: ParquetStyle) -> Self {
        Self { schema, style, memory: None, encoder: None }
    }

    /// Sets that what it holds is memory of the session, and bounded by what that may use.
    pub fn in_memory_of(self, session: &Session) -> Self {
        self.with_memory(session.writer_memory())
    }

    pub(crate) fn with_memory(self, memory: WriterMemory) -> Self {
        Self { memory: Some(memory), ..self }
    }

    fn encoder(&mut self) -> io::Result<&mut ArrowWriter<Vec<u8>>> {
        self.encoder.as_mut().ok_or_else(|| io::Error::other("the writer has not started"))
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
            .set_max_row_group_row_count(Some(self.style.row_group_rows))
            .set_created_by(concat!("swath version ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let schema = SchemaRef::clone(&self.schema);
        self.encoder = Some(ArrowWriter::try_new(Vec::new(), schema, Some(properties)).map_err(words)?);
        drain(self.encoder()?.inner_mut(), out)
    }

    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        let encoder = self.encoder()?;
        encoder.write(batch).map_err(words)?;
        let encoded_bytes = encoder.in_progress_size();
        // What is encoded is there once more when it is handed on.
        let held_bytes = encoder.memory_size() + encoded_bytes;
        let has_room = self.memory.as_ref().is_none_or(|memory| memory.take(held_bytes));
        let encoder = self.encoder()?;
        if encoded_bytes >= ROW_GROUP_LEN_BYTES || !has_room {
            encoder.flush().map_err(words)?;
        }
        drain(encoder.inner_mut(), out)?;
        if let Some(memory) = self.memory.as_ref().filter(|_| !has_room) {
            memory.give_back();
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let encoder = self.encoder()?;
        encoder.finish().map_err(words)?;
        drain(encoder.inner_mut(), out)
    }
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

    use arrow::array::{ArrayRef, Int64Array};
    use arrow::compute::concat_batches;
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
