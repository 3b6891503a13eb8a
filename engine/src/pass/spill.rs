//! Batches on disk: written once, in segments, and read by whoever is behind.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use datafusion::error::{DataFusionError, Result};

/// A temporary file for the batches of one log. It has no name: whatever happens to the process, nothing
/// is left of it.
#[derive(Debug)]
pub(crate) struct SpillFile {
    folder: PathBuf,
    /// Made when the first segment is written.
    file: Option<Arc<File>>,
    len_bytes: u64,
}

/// A run of batches in a spill file, in Arrow's streaming format.
#[derive(Debug)]
pub(crate) struct Segment {
    file: Arc<File>,
    offset_bytes: u64,
    len_bytes: usize,
}

impl SpillFile {
    /// A file that will be made in the folder when it is needed.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, file: None, len_bytes: 0 }
    }

    /// Writes batches of one schema.
    ///
    /// # Errors
    /// The folder cannot be written to, or the disk is full.
    pub(crate) fn write(&mut self, batches: &[RecordBatch]) -> Result<Segment> {
        let mut writer = StreamWriter::try_new(Vec::new(), batches[0].schema_ref())?;
        for batch in batches {
            writer.write(&compact(batch)?)?;
        }
        let bytes = writer.into_inner()?;
        let file = self.file().and_then(|file| {
            file.write_all_at(&bytes, self.len_bytes)?;
            Ok(file)
        });
        let file = file.map_err(|error| {
            let folder = self.folder.display();
            let message = format!("cannot write what does not fit into memory to {folder}: {error}");
            DataFusionError::ResourcesExhausted(message)
        })?;
        let segment = Segment { file, offset_bytes: self.len_bytes, len_bytes: bytes.len() };
        self.len_bytes += bytes.len() as u64;
        Ok(segment)
    }

    /// Bytes written so far.
    pub(crate) fn len_bytes(&self) -> u64 {
        self.len_bytes
    }

    fn file(&mut self) -> io::Result<Arc<File>> {
        match &self.file {
            Some(file) => Ok(Arc::clone(file)),
            None => Ok(Arc::clone(self.file.insert(Arc::new(tempfile::tempfile_in(&self.folder)?)))),
        }
    }
}

impl Segment {
    /// Reads all batches of the segment.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn read(&self) -> Result<Vec<RecordBatch>> {
        let mut bytes = vec![0; self.len_bytes];
        self.file.read_exact_at(&mut bytes, self.offset_bytes)?;
        let batches = StreamReader::try_new(bytes.as_slice(), None)?.collect::<Result<_, _>>()?;
        Ok(batches)
    }
}

/// A batch whose views keep no more text than they point to: a slice of a large batch would be written
/// with all the text of that batch.
fn compact(batch: &RecordBatch) -> Result<RecordBatch> {
    let column = |column: &ArrayRef| -> ArrayRef {
        match column.data_type() {
            DataType::Utf8View => Arc::new(column.as_string_view().gc()),
            DataType::BinaryView => Arc::new(column.as_binary_view().gc()),
            _ => Arc::clone(column),
        }
    };
    let columns = batch.columns().iter().map(column).collect();
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(batch.schema(), columns, &options)?)
}

/// Bytes that the rows of a batch take, without what else its buffers hold.
pub(crate) fn batch_len_bytes(batch: &RecordBatch) -> usize {
    let column = |column: &ArrayRef| {
        let nulls = if column.nulls().is_some() { column.len() / 8 } else { 0 };
        let long = |lengths: &mut dyn Iterator<Item = u32>| -> usize {
            lengths.filter(|len| *len > 12).map(|len| len as usize).sum()
        };
        nulls
            + match column.data_type() {
                // The length is in the low half of a view; up to 12 bytes are in the view itself.
                #[expect(clippy::cast_possible_truncation, reason = "the low half is wanted")]
                DataType::Utf8View => {
                    let views = column.as_string_view().views();
                    16 * views.len() + long(&mut views.iter().map(|view| *view as u32))
                }
                #[expect(clippy::cast_possible_truncation, reason = "the low half is wanted")]
                DataType::BinaryView => {
                    let views = column.as_binary_view().views();
                    16 * views.len() + long(&mut views.iter().map(|view| *view as u32))
                }
                _ => column
                    .to_data()
                    .get_slice_memory_size()
                    .unwrap_or_else(|_| column.get_array_memory_size()),
            }
    };
    batch.columns().iter().map(column).sum()
}
