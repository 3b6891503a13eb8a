//! JSON: one array of objects, or one object a line.

use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::json::writer::{LineDelimited, WriterBuilder};

use super::RowWriter;

/// Writes JSON. Nulls are written as `null`, so that every object has every key; so are numbers that
/// JSON does not have, NaN and the infinities.
pub struct JsonWriter {
    lines: bool,
    empty: bool,
}

impl JsonWriter {
    /// A writer of objects, one a line or in an array.
    pub fn new(lines: bool) -> Self {
        Self { lines, empty: true }
    }
}

impl RowWriter for JsonWriter {
    fn start(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.lines { Ok(()) } else { out.write_all(b"[") }
    }

    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        let mut objects = Vec::new();
        let mut writer =
            WriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(&mut objects);
        writer.write(batch).and_then(|()| writer.finish()).map_err(io::Error::other)?;
        drop(writer);
        if self.lines {
            return out.write_all(&objects);
        }
        for object in objects.split(|byte| *byte == b'\n').filter(|object| !object.is_empty()) {
            out.write_all(if self.empty { b"\n  " } else { b",\n  " })?;
            out.write_all(object)?;
            self.empty = false;
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match (self.lines, self.empty) {
            (true, _) => Ok(()),
            (false, true) => out.write_all(b"]\n"),
            (false, false) => out.write_all(b"\n]\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::format::tests::{sample, written};

    #[test]
    fn objects_have_every_key() {
        let first = r#"{"te|xt":"a,\"b\"\nc|","n":1.5}"#;
        let rest = r#"{"te|xt":null,"n":-20.0}"#;
        let last = r#"{"te|xt":"","n":null}"#;
        assert_eq!(written(JsonWriter::new(true), &[sample()]), format!("{first}\n{rest}\n{last}\n"));
        assert_eq!(
            written(JsonWriter::new(false), &[sample(), sample().slice(0, 1)]),
            format!("[\n  {first},\n  {rest},\n  {last},\n  {first}\n]\n")
        );
        assert_eq!(written(JsonWriter::new(false), &[]), "[]\n");
    }
}
