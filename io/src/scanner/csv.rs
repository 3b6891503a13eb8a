//! Reads one CSV file as batches.

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{Field as ArrowField, Schema, SchemaRef};

use super::column::{ColumnBuilder, FieldRules, Rejected};
use super::infer::{Column, CsvTable, HeaderRule, column_name, header_names, skip_lines};
use super::record::{Field, FieldForm, Parsed, parse_record, unescape};
use super::{BATCH_TEXT_BYTES, ScanRequest};
use crate::codec::Decompressor;
use crate::encoding::TextStream;
use crate::error::{Error, ErrorKind, Result};
use crate::notes::Notes;
use crate::options::CsvOptions;
use crate::source::SourceFile;
use crate::splitter::RecordBuffer;

/// Characters of a value shown in an error.
const SHOWN_CHARS: usize = 60;

/// An iterator of the batches of one file, in the file's order.
///
/// Memory: one chunk, the longest record, and one batch.
#[derive(Debug)]
pub struct CsvScanner {
    table: CsvTable,
    buffer: RecordBuffer,
    rules: FieldRules,
    schema: SchemaRef,
    /// For each column asked for: its place in the table.
    wanted: Vec<usize>,
    /// For each column asked for: the field that holds it, if the file has it.
    sources: Vec<Option<usize>>,
    builders: Vec<ColumnBuilder>,
    batch_rows: usize,
    /// Fields that every record has; known with the header or the first record.
    width: Option<usize>,
    fields: Vec<Field>,
    scratch: Vec<u8>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The first record has not been read.
    Start,
    Records,
    /// At the end, or after an error.
    Done,
}

/// Opens a file and steps over the lines to skip.
pub(crate) fn open_records(file: &SourceFile, options: &CsvOptions, notes: &Notes) -> Result<RecordBuffer> {
    let bytes = Decompressor::open(&file.path, options.compression, notes)?;
    let stream = TextStream::new(bytes, options.encoding)?;
    let mut buffer = RecordBuffer::new(stream, options.max_record_bytes);
    skip_lines(&mut buffer, options.skip)?;
    Ok(buffer)
}

impl CsvScanner {
    /// Opens a file of the table.
    ///
    /// # Errors
    /// The file cannot be opened or its head cannot be decoded. Errors in its records come from the
    /// iterator, which ends with the first one.
    pub fn open(file: &SourceFile, table: &CsvTable, request: &ScanRequest, notes: &Notes) -> Result<Self> {
        let buffer = open_records(file, &table.options, notes)?;
        let column = |index: &usize| &table.columns[*index];
        let fields: Vec<ArrowField> = request
            .columns
            .iter()
            .map(column)
            .map(|column| ArrowField::new(&column.name, column.ty.data_type(), true))
            .collect();
        let builders = request
            .columns
            .iter()
            .map(column)
            .map(|column| ColumnBuilder::new(column.ty, request.batch_rows))
            .collect();
        Ok(Self {
            rules: FieldRules { nullstr: table.options.nullstr.clone(), encoding: buffer.encoding() },
            schema: Arc::new(Schema::new(fields)),
            wanted: request.columns.clone(),
            sources: request.columns.iter().map(|index| Some(*index)).collect(),
            builders,
            batch_rows: request.batch_rows.max(1),
            width: None,
            fields: Vec::new(),
            scratch: Vec::new(),
            state: State::Start,
            table: table.clone(),
            buffer,
        })
    }

    /// The schema of the batches: the columns asked for, all nullable.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Compressed bytes used so far.
    pub fn compressed_offset_bytes(&self) -> u64 {
        self.buffer.decompressor().compressed_offset_bytes()
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        let mut rows = 0;
        let mut text_bytes = 0;
        while rows < self.batch_rows && text_bytes < BATCH_TEXT_BYTES && self.state != State::Done {
            let Some((len, lines)) = self.next_record()? else {
                self.state = State::Done;
                break;
            };
            let is_header = self.state == State::Start && self.take_header()?;
            self.state = State::Records;
            if !is_header {
                self.push_record()?;
                rows += 1;
                text_bytes += len;
            }
            self.buffer.consume(len, lines);
        }
        if rows == 0 {
            return Ok(None);
        }
        let columns = self.builders.iter_mut().map(ColumnBuilder::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(self.schema(), columns, &options)
            .expect("builders make the types of the schema, all of the same length");
        Ok(Some(batch))
    }

    /// Parses the next record into `self.fields`, without consuming it: its length and its lines.
    /// `None` at the end of the file.
    fn next_record(&mut self) -> Result<Option<(usize, u64)>> {
        loop {
            let data = self.buffer.data();
            if data.is_empty() && self.buffer.at_end() {
                return Ok(None);
            }
            match parse_record(data, &self.table.dialect, self.buffer.at_end(), &mut self.fields) {
                Parsed::Record { len, lines } => return Ok(Some((len, lines))),
                // In a file of one column an empty line is an empty field.
                Parsed::Blank { len } if self.width == Some(1) => {
                    self.fields.push(Field { start: 0, end: 0, form: FieldForm::Bare });
                    return Ok(Some((len, 1)));
                }
                Parsed::Blank { len } | Parsed::Comment { len } => self.buffer.consume(len, 1),
                Parsed::Incomplete => self.buffer.grow()?,
                Parsed::Unclosed => {
                    return Err(self.buffer.error(|location| ErrorKind::UnclosedQuote { location }));
                }
            }
        }
    }

    /// Looks at the file's first record: finds out which field holds which column, and whether the
    /// record is a header.
    fn take_header(&mut self) -> Result<bool> {
        self.width = Some(self.fields.len());
        let columns = &self.table.columns;
        let first: Vec<String> = (0..self.fields.len())
            .map(|index| {
                let (value, _) =
                    field_value(self.buffer.data(), &self.fields[index], &self.table, &mut self.scratch);
                column_name(value, self.rules.encoding)
            })
            .collect();
        let names = header_names(&first);
        let known = || names.iter().all(|name| columns.iter().any(|column| column.name == *name));
        let is_header = match self.table.header {
            HeaderRule::Names | HeaderRule::Skipped => true,
            HeaderRule::NamesIfKnown => known(),
            HeaderRule::Data => false,
        };
        let by_name = is_header && self.table.options.columns.is_none();
        if by_name {
            let place = |index: &usize| names.iter().position(|name| *name == columns[*index].name);
            self.sources = self.wanted.iter().map(place).collect();
        } else if self.fields.len() != columns.len() {
            return Err(self.width_error(columns.len()));
        }
        Ok(is_header)
    }

    fn push_record(&mut self) -> Result<()> {
        if let Some(width) = self.width
            && self.fields.len() != width
        {
            return Err(self.width_error(width));
        }
        for ((builder, source), index) in self.builders.iter_mut().zip(&self.sources).zip(&self.wanted) {
            let Some(source) = source else {
                builder.push_null();
                continue;
            };
            let field = &self.fields[*source];
            let (value, quoted) = field_value(self.buffer.data(), field, &self.table, &mut self.scratch);
            if let Err(rejected) = builder.push(value, quoted, &self.rules) {
                let value = value.to_vec();
                return Err(value_error(&self.buffer, rejected, &self.table.columns[*index], &value));
            }
        }
        Ok(())
    }

    fn width_error(&self, expected: usize) -> Error {
        let found = self.fields.len();
        self.buffer.error(|location| ErrorKind::FieldCount { location, expected, found })
    }
}

/// The value of a field, and whether it was quoted.
fn field_value<'a>(
    data: &'a [u8],
    field: &Field,
    table: &CsvTable,
    scratch: &'a mut Vec<u8>,
) -> (&'a [u8], bool) {
    let raw = &data[field.start..field.end];
    match field.form {
        FieldForm::Bare => (raw, false),
        FieldForm::Quoted => (raw, true),
        FieldForm::Escaped => {
            scratch.clear();
            unescape(raw, &table.dialect, scratch);
            (scratch, true)
        }
    }
}

#[cold]
fn value_error(buffer: &RecordBuffer, rejected: Rejected, column: &Column, value: &[u8]) -> Error {
    let (name, found) = (column.name.clone(), shown(value));
    buffer.error(|location| match rejected {
        Rejected::Value => ErrorKind::Value { location, column: name, expected: column.ty.expected(), found },
        Rejected::Encoding => ErrorKind::Encoding { location, column: name, found },
    })
}

/// A value as an error shows it: on one line, not too long, bytes that are no UTF-8 as `\xNN`.
pub(crate) fn shown(value: &[u8]) -> String {
    let mut text = String::new();
    for piece in value.utf8_chunks() {
        text.extend(piece.valid().chars().flat_map(char::escape_debug));
        text.extend(piece.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

impl Iterator for CsvScanner {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Done {
            return None;
        }
        let batch = self.next_batch().transpose();
        if !matches!(batch, Some(Ok(_))) {
            self.state = State::Done;
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use arrow_array::Array;
    use arrow_cast::display::array_value_to_string;

    use super::*;
    use crate::options::HeaderMode;
    use crate::scanner::infer::infer_csv;

    struct Files(tempfile::TempDir);

    impl Files {
        fn new(texts: &[&[u8]]) -> Self {
            let dir = tempfile::tempdir().unwrap();
            for (index, text) in texts.iter().enumerate() {
                fs::write(dir.path().join(format!("{index}.csv")), text).unwrap();
            }
            Self(dir)
        }

        fn paths(&self) -> Vec<SourceFile> {
            crate::source::expand(&[format!("{}/*.csv", self.0.path().display())]).unwrap()
        }

        /// All rows of all files as text, nulls as "∅".
        fn rows(&self, options: &CsvOptions, batch_rows: usize) -> Result<Vec<String>> {
            let files = self.paths();
            let table = infer_csv(&files, options)?;
            let columns = (0..table.columns().len()).collect();
            let request = ScanRequest { columns, batch_rows };
            let mut rows = Vec::new();
            for file in &files {
                for batch in CsvScanner::open(file, &table, &request, &Notes::default())? {
                    let batch = batch?;
                    assert!(batch.num_rows() <= batch_rows);
                    rows.extend((0..batch.num_rows()).map(|row| row_text(&batch, row)));
                }
            }
            Ok(rows)
        }
    }

    fn row_text(batch: &RecordBatch, row: usize) -> String {
        let cell = |column: &arrow_array::ArrayRef| match column.is_null(row) {
            true => "∅".to_owned(),
            false => array_value_to_string(column, row).unwrap(),
        };
        batch.columns().iter().map(cell).collect::<Vec<_>>().join("|")
    }

    fn rows(texts: &[&str]) -> Result<Vec<String>> {
        let texts: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
        Files::new(&texts).rows(&CsvOptions::default(), 2)
    }

    fn error(texts: &[&str]) -> (String, Option<String>) {
        let error = rows(texts).unwrap_err();
        let message = error.to_string();
        let file = message.find(".csv").map_or(0, |at| at - 1);
        (message[file..].to_owned(), error.hint())
    }

    #[test]
    fn reads_what_is_there() {
        assert_eq!(rows(&["a,b\n1,x\nNA,\n3,\"\"\n"]).unwrap(), ["1|x", "∅|∅", "3|"]);
        assert_eq!(rows(&["a,b\r\n1,\"x\r\ny\"\r\n\r\n2,z"]).unwrap(), ["1|x\r\ny", "2|z"]);
        assert_eq!(rows(&["a,b\n", ""]).unwrap(), [""; 0]);
        assert_eq!(rows(&["a\n1\n\n3\n"]).unwrap(), ["1", "∅", "3"]);
    }

    #[test]
    fn files_with_other_columns_are_joined_by_name() {
        assert_eq!(rows(&["a,b\n1,2\n", "b,c\n3,4\n"]).unwrap(), ["1|2|∅", "∅|3|4"]);
        assert_eq!(rows(&["a,b\n1,x\n", "2,y\n"]).unwrap(), ["1|x", "2|y"]);
    }

    #[test]
    fn errors_name_file_line_column_and_value() {
        // The head is all integers; the bad value lies beyond it.
        let mut text = String::from("a,b\n");
        for row in 0..100_000 {
            text.push_str(&format!("{row},1234\n"));
        }
        text.push_str("7,\"12,50\"\n");
        let (message, hint) = error(&[&text]);
        assert_eq!(message, "0.csv: line 100002, column \"b\": expected an integer, found \"12,50\"");
        assert!(hint.unwrap().contains("types = {'b': 'text'}"));
    }

    #[test]
    fn wrong_widths_are_errors() {
        let (message, _) = error(&["a,b\n1,2\n\n3\n"]);
        assert_eq!(message, "0.csv: line 4: expected 2 fields, found 1");
        let (message, hint) = error(&["a,b\n\"1\n\",2\n3,4,5\n"]);
        assert_eq!(message, "0.csv: line 4: expected 2 fields, found 3");
        assert!(hint.unwrap().contains("quoted"));
        let (message, _) = error(&["a,b\n1,x\n", "2,y,z\n"]);
        assert_eq!(message, "1.csv: line 1: expected 2 fields, found 3");
    }

    #[test]
    fn an_open_quote_is_an_error() {
        let (message, hint) = error(&["a,b\n1,2\n3,\"x\n4,5\n"]);
        assert_eq!(message, "0.csv: line 3: a quoted field is not closed before the end of the file");
        assert!(hint.unwrap().contains("quote = ''"));
    }

    #[test]
    fn bytes_that_are_no_text_matter_only_where_they_are_read() {
        let files = Files::new(&[b"a,b\n1,\xc6NK\n"]);
        let message = files.rows(&CsvOptions::default(), 10).unwrap_err().to_string();
        assert!(
            message.ends_with("line 2, column \"b\": expected UTF-8 text, found \"\\xc6NK\""),
            "{message}"
        );
        let latin1 = CsvOptions { encoding: "latin1".parse().unwrap(), ..Default::default() };
        assert_eq!(files.rows(&latin1, 10).unwrap(), ["1|ÆNK"]);

        let paths = files.paths();
        let table = infer_csv(&paths, &CsvOptions::default()).unwrap();
        let request = ScanRequest { columns: vec![0], batch_rows: 10 };
        let mut scanner = CsvScanner::open(&paths[0], &table, &request, &Notes::default()).unwrap();
        assert_eq!(row_text(&scanner.next().unwrap().unwrap(), 0), "1");
        assert!(scanner.next().is_none());
    }

    #[test]
    fn rows_can_be_counted_without_columns() {
        let files = Files::new(&[b"a,b\n1,2\n3,4\n"]);
        let table = infer_csv(&files.paths(), &CsvOptions::default()).unwrap();
        let request = ScanRequest { columns: vec![], batch_rows: 10 };
        let mut scanner = CsvScanner::open(&files.paths()[0], &table, &request, &Notes::default()).unwrap();
        assert_eq!(scanner.next().unwrap().unwrap().num_rows(), 2);
    }

    #[test]
    fn options_are_obeyed() {
        let text = b"junk\nmore \"junk\n# note\na;'b'\n1;'x;''y'\n# note\nNIL;NIL\n";
        let options = CsvOptions {
            skip: 2,
            comment: Some(b'#'),
            delim: Some(b';'),
            quote: Some(b'\''),
            nullstr: vec!["NIL".into()],
            ..Default::default()
        };
        assert_eq!(Files::new(&[text]).rows(&options, 10).unwrap(), ["1|x;'y", "∅|∅"]);
        let columns = Some(vec![("x".to_owned(), crate::ColumnType::Int8)]);
        let options = CsvOptions { header: HeaderMode::Present, columns, ..Default::default() };
        assert_eq!(Files::new(&[b"a\n1\n"]).rows(&options, 10).unwrap(), ["1"]);
    }

    #[test]
    fn long_records_are_bounded() {
        let long = format!("a,b\n1,{}\n", "x".repeat(3 << 20));
        let bounded = CsvOptions { max_record_bytes: 1 << 20, ..Default::default() };
        let error = Files::new(&[long.as_bytes()]).rows(&bounded, 10).unwrap_err();
        assert!(error.to_string().contains("line 2: the record is longer than 1048576 bytes"), "{error}");
        assert_eq!(Files::new(&[long.as_bytes()]).rows(&CsvOptions::default(), 10).unwrap().len(), 1);
    }

    #[test]
    fn missing_file_is_an_error() {
        let file = SourceFile { path: PathBuf::from("no/such.csv"), len_bytes: 0, modified: None };
        let error = infer_csv(&[file], &CsvOptions::default()).unwrap_err();
        assert!(error.to_string().starts_with("no/such.csv: cannot open"), "{error}");
    }
}
