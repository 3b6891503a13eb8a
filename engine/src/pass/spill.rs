//! Batches on disk: written once, in segments, and read by whoever is behind.

use std::sync::Arc;

use arrow::array::{Array, ArrayData, ArrayRef, AsArray, RecordBatch, make_array};
use arrow::buffer::Buffer;
use arrow::datatypes::DataType;
use arrow::ipc::CompressionType;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::{IpcWriteOptions, StreamWriter};
use datafusion::error::Result;

use crate::spill_store::{Spill, SpillStore};

/// The batches of one log that are on disk.
#[derive(Debug)]
pub(crate) struct SpilledBatches {
    store: Arc<SpillStore>,
    written_bytes: u64,
}

/// A run of batches on disk, in Arrow's streaming format, compressed. Dropped, it gives its space back.
#[derive(Debug)]
pub(crate) struct Segment(Spill);

impl SpilledBatches {
    /// Nothing, until something is written.
    pub(crate) fn new(store: &Arc<SpillStore>) -> Self {
        Self { store: Arc::clone(store), written_bytes: 0 }
    }

    /// Writes batches of one schema.
    ///
    /// # Errors
    /// The folder cannot be written to, the disk is full, or as much is spilled as may be.
    pub(crate) fn write(&mut self, batches: &[RecordBatch]) -> Result<Segment> {
        let bytes = write_batches(batches)?;
        let spill = self.store.spill();
        spill.write(&bytes)?;
        spill.finish()?;
        self.written_bytes += bytes.len() as u64;
        Ok(Segment(spill))
    }

    /// Bytes written so far.
    pub(crate) fn written_bytes(&self) -> u64 {
        self.written_bytes
    }
}

impl Segment {
    /// Reads all batches of the segment.
    ///
    /// # Errors
    /// The disk cannot be read.
    pub(crate) fn read(&self) -> Result<Vec<RecordBatch>> {
        let len = usize::try_from(self.0.len_bytes()).expect("a segment was in memory");
        read_batches(&self.0.read_range(0, len)?)
    }
}

/// Batches of one schema as bytes: Arrow's streaming format, compressed.
pub(crate) fn write_batches(batches: &[RecordBatch]) -> Result<Vec<u8>> {
    let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME))?;
    let mut writer = StreamWriter::try_new_with_options(Vec::new(), batches[0].schema_ref(), options)?;
    for batch in batches {
        writer.write(&compact(batch)?)?;
    }
    Ok(writer.into_inner()?)
}

/// The batches that bytes are.
pub(crate) fn read_batches(bytes: &[u8]) -> Result<Vec<RecordBatch>> {
    Ok(StreamReader::try_new(bytes, None)?.collect::<Result<_, _>>()?)
}

/// A batch whose views keep no more text than they point to: a slice of a large batch would be written
/// with all the text of that batch.
pub(crate) fn compact(batch: &RecordBatch) -> Result<RecordBatch> {
    let columns = batch.columns().iter().map(compact_column).collect::<Result<_>>()?;
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(batch.schema(), columns, &options)?)
}

/// A column that points to nothing but its own values.
pub(crate) fn compact_column(column: &ArrayRef) -> Result<ArrayRef> {
    Ok(match column.data_type() {
        DataType::Utf8View => Arc::new(column.as_string_view().gc()),
        DataType::BinaryView => Arc::new(column.as_binary_view().gc()),
        nested if nested.is_nested() => {
            let data = column.to_data();
            let compact = |child: &ArrayData| Ok(compact_column(&make_array(child.clone()))?.to_data());
            let children = data.child_data().iter().map(compact).collect::<Result<_>>()?;
            make_array(data.into_builder().child_data(children).build()?)
        }
        _ => Arc::clone(column),
    })
}

/// Bytes that the rows of a batch take, without what else its buffers hold.
pub(crate) fn batch_len_bytes(batch: &RecordBatch) -> usize {
    let column = |column: &ArrayRef| {
        let nulls = if column.nulls().is_some() { column.len() / 8 } else { 0 };
        // Most columns have no values that are longer than a view holds, and need not be looked through.
        let long = |buffers: &[Buffer], lengths: &mut dyn Iterator<Item = u32>| -> usize {
            match buffers {
                [] => 0,
                _ => lengths.filter(|len| *len > 12).map(|len| len as usize).sum(),
            }
        };
        nulls
            + match column.data_type() {
                // The length is in the low half of a view; up to 12 bytes are in the view itself.
                #[expect(clippy::cast_possible_truncation, reason = "the low half is wanted")]
                DataType::Utf8View => {
                    let values = column.as_string_view();
                    let mut lengths = values.views().iter().map(|view| *view as u32);
                    16 * values.len() + long(values.data_buffers(), &mut lengths)
                }
                #[expect(clippy::cast_possible_truncation, reason = "the low half is wanted")]
                DataType::BinaryView => {
                    let values = column.as_binary_view();
                    let mut lengths = values.views().iter().map(|view| *view as u32);
                    16 * values.len() + long(values.data_buffers(), &mut lengths)
                }
                _ => column
                    .to_data()
                    .get_slice_memory_size()
                    .unwrap_or_else(|_| column.get_array_memory_size()),
            }
    };
    batch.columns().iter().map(column).sum()
}

#[cfg(test)]
mod tests {
    use arrow::array::{ListBuilder, StringViewBuilder};
    use arrow::compute::interleave_record_batch;

    use super::*;

    #[test]
    fn a_part_of_a_batch_takes_a_part_of_its_bytes() {
        let text = |row: usize| format!("{row} is a text that does not stand in its view");
        let mut texts = StringViewBuilder::new();
        let mut lists = ListBuilder::new(StringViewBuilder::new());
        for row in 0..1000 {
            texts.append_value(text(row));
            lists.append_value([Some(text(row)), None]);
        }
        let columns: [(&str, ArrayRef); 2] =
            [("texts", Arc::new(texts.finish())), ("lists", Arc::new(lists.finish()))];
        let whole = RecordBatch::try_from_iter(columns).unwrap();
        let part = interleave_record_batch(&[&whole], &[(0, 7), (0, 700)]).unwrap();
        let bytes = write_batches(std::slice::from_ref(&part)).unwrap();
        assert!(bytes.len() < 4000, "{} bytes", bytes.len());
        assert_eq!(read_batches(&bytes).unwrap(), [part]);
    }
}
