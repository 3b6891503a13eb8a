//! A file of Arrow batches, as other tools read it: Arrow's IPC file format, also called Feather 2.

use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::ipc::writer::FileWriter;

use super::RowWriter;

/// Writes Arrow's IPC file format; every batch is handed on as it comes.
pub struct ArrowWriter {
    schema: SchemaRef,
    /// Made at the start, ended at the end.
    encoder: Option<FileWriter<Vec<u8>>>,
}

impl ArrowWriter {
    /// A writer for these columns.
    pub fn new(schema: SchemaRef) -> Self {
        Self { schema, encoder: None }
    }

    /// Hands on what the encoder has written.
    fn drain(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let encoded = self.encoder()?.get_mut();
        out.write_all(encoded)?;
        encoded.clear();
        Ok(())
    }

    fn encoder(&mut self) -> io::Result<&mut FileWriter<Vec<u8>>> {
        self.encoder.as_mut().ok_or_else(|| io::Error::other("the writer has not started"))
    }
}

impl RowWriter for ArrowWriter {
    fn start(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let encoder = FileWriter::try_new(Vec::new(), &self.schema).map_err(io::Error::other)?;
        self.encoder = Some(encoder);
        self.drain(out)
    }

    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        self.encoder()?.write(batch).map_err(io::Error::other)?;
        self.drain(out)
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.encoder()?.finish().map_err(io::Error::other)?;
        self.drain(out)
    }
}

#[cfg(test)]
mod tests {
    use arrow::ipc::reader::FileReader;

    use super::*;
    use crate::sinks::format::tests::sample;

    #[test]
    fn batches_come_back() {
        let mut out = Vec::new();
        let mut writer = ArrowWriter::new(sample().schema());
        writer.start(&mut out).unwrap();
        for _ in 0..2 {
            writer.write(&sample(), &mut out).unwrap();
        }
        writer.finish(&mut out).unwrap();
        let batches: Vec<_> =
            FileReader::try_new(io::Cursor::new(out), None).unwrap().map(Result::unwrap).collect();
        assert_eq!(batches, [sample(), sample()]);
    }
}
