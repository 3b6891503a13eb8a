//! Parquet: columns in row groups, each compressed by itself.

use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::RowWriter;

/// Encoded bytes of a row group after which it ends early: it is held in memory until then.
const ROW_GROUP_LEN_BYTES: usize = 128 << 20;

/// How the columns are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd)]
pub(crate) enum ParquetCodec {
    Plain,
    Zstd(u32),
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

/// Writes Parquet. The writer beneath holds one row group; what it has encoded is handed on after
/// every batch.
pub struct ParquetWriter {
    schema: SchemaRef,
    style: ParquetStyle,
    /// Made at the start, ended at the end.
    encoder: Option<ArrowWriter<Vec<u8>>>,
}

impl ParquetWriter {
    /// A writer for these columns, which are compressed with Zstandard.
    pub fn with_zstd(schema: SchemaRef) -> Self {
        Self::new(schema, ParquetStyle::default())
    }

    pub(crate) fn new(schema: SchemaRef, style: ParquetStyle) -> Self {
        Self { schema, style, encoder: None }
    }

    fn encoder(&mut self) -> io::Result<&mut ArrowWriter<Vec<u8>>> {
        self.encoder.as_mut().ok_or_else(|| io::Error::other("the writer has not started"))
    }
}

impl RowWriter for ParquetWriter {
    fn start(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let compression = match self.style.codec {
            ParquetCodec::Plain => Compression::UNCOMPRESSED,
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
        if encoder.in_progress_size() >= ROW_GROUP_LEN_BYTES {
            encoder.flush().map_err(words)?;
        }
        drain(encoder.inner_mut(), out)
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let encoder = self.encoder()?;
        encoder.finish().map_err(words)?;
        drain(encoder.inner_mut(), out)
    }
}

fn drain(encoded: &mut Vec<u8>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(encoded)?;
    encoded.clear();
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
