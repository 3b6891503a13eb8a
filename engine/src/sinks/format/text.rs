//! Lines of text: one column, one value a line.

use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::RowWriter;
use super::cells::{Cells, is_null};

/// Writes the values of the only column, one a line. A value that would not be one line again when it
/// is read is an error.
pub(crate) struct TextWriter {
    /// What stands for null; without it, a null is an error.
    nullstr: Option<String>,
    rows: u64,
    lines: Vec<u8>,
}

impl TextWriter {
    pub(crate) fn new(nullstr: Option<String>) -> Self {
        Self { nullstr, rows: 0, lines: Vec::new() }
    }

    /// With so many rows in front of those that it writes.
    pub(crate) fn behind(self, rows: u64) -> Self {
        Self { rows, ..self }
    }

    /// Whether the columns can be written as lines; else, why not.
    pub(crate) fn check(schema: &SchemaRef) -> Result<(), String> {
        match schema.fields().len() {
            1 => Ok(()),
            count => {
                let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
                let names =
                    if count > 8 { format!("{}, …", names[..8].join(", ")) } else { names.join(", ") };
                Err(format!("text has one value a line, and the rows have {count} columns: {names}"))
            }
        }
    }
}

impl RowWriter for TextWriter {
    fn start(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        let mut cells = Cells::new(batch)?;
        let column = batch.column(0);
        self.lines.clear();
        for row in 0..batch.num_rows() {
            self.rows += 1;
            let text = match (&self.nullstr, is_null(column, row)) {
                (_, false) => cells.text(0, row)?,
                (Some(nullstr), true) => nullstr,
                (None, true) => {
                    return Err(unwritable(self.rows, "is null", "say what stands for it: nullstr = ''"));
                }
            };
            if text.contains('\n') || text.ends_with('\r') {
                let hint = "replace the line end, or write CSV or JSON, which quote it";
                return Err(unwritable(self.rows, "has a line end in it", hint));
            }
            self.lines.extend_from_slice(text.as_bytes());
            self.lines.push(b'\n');
        }
        out.write_all(&self.lines)
    }

    fn finish(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

fn unwritable(row: u64, problem: &str, hint: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the value of row {row} {problem}: {hint}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, NullArray, StringViewArray};

    use super::*;
    use crate::sinks::format::tests::{sample, written};

    fn lines(values: Vec<Option<&str>>) -> RecordBatch {
        let column: ArrayRef = Arc::new(StringViewArray::from(values));
        RecordBatch::try_from_iter_with_nullable([("line", column, true)]).unwrap()
    }

    #[test]
    fn one_value_a_line() {
        let batch = lines(vec![Some("a"), Some(""), Some("\u{c6}\rx")]);
        assert_eq!(written(TextWriter::new(None), &[batch.clone(), batch]), "a\n\n\u{c6}\rx\n".repeat(2));
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, -2]));
        let batch = RecordBatch::try_from_iter([("n", numbers)]).unwrap();
        assert_eq!(written(TextWriter::new(None), &[batch]), "1\n-2\n");
        assert_eq!(written(TextWriter::new(Some("NA".into())), &[lines(vec![None])]), "NA\n");
    }

    #[test]
    fn what_is_no_line_is_an_error() {
        let error = |value| TextWriter::new(None).write(&lines(vec![Some("ok"), value]), &mut Vec::new());
        let error = |value| error(value).unwrap_err().to_string();
        assert!(error(None).starts_with("the value of row 2 is null: "));
        let nulls: ArrayRef = Arc::new(NullArray::new(1));
        let nulls = RecordBatch::try_from_iter([("line", nulls)]).unwrap();
        assert!(TextWriter::new(None).write(&nulls, &mut Vec::new()).is_err());
        assert!(error(Some("a\nb")).starts_with("the value of row 2 has a line end in it: "));
        assert!(error(Some("a\r")).contains("line end"));
        let error = TextWriter::check(&sample().schema()).unwrap_err();
        assert_eq!(error, "text has one value a line, and the rows have 2 columns: te|xt, n");
    }
}
