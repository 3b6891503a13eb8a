//! CSV and TSV, as RFC 4180 has it: `\n` after each record, quotes where they are needed.
//! Null is an empty field and empty text is `""`, so that what is written can be read back.

use std::io::{self, Write};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{FieldRef, Fields, SchemaRef};
use swath_io::{Delim, looks_like_value};

use super::RowWriter;
use super::cells::{AS_CELLS, Cells, is_null, is_text};

/// Bytes of lines that are handed on at once.
const LINES_LEN_BYTES: usize = 64 << 10;

/// Characters of a value that an error shows.
const SHOWN_LEN: usize = 40;

/// Which columns have quotes around all values that are not null, and around their names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd)]
pub enum ForceQuote {
    /// None of them.
    #[default]
    None,
    /// All of them.
    All,
    /// Those of these names, without regard to case.
    Columns(Vec<String>),
}

impl ForceQuote {
    /// Whether values of a column have quotes.
    fn is_of(&self, name: &str) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Columns(names) => names.iter().any(|known| known.eq_ignore_ascii_case(name)),
        }
    }

    /// A name that no column has.
    pub(crate) fn unknown(&self, columns: &Fields) -> Option<&str> {
        let Self::Columns(names) = self else { return None };
        let is_column =
            |name: &&String| columns.iter().any(|column| column.name().eq_ignore_ascii_case(name));
        names.iter().find(|name| !is_column(name)).map(String::as_str)
    }
}

/// Bytes that readers take for delimiters where a file has one column, and shows no other.
const DELIMS_ELSEWHERE: &[u8] = b",;|\t\x01";

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How CSV is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CsvStyle {
    /// Between fields.
    pub delim: Delim,
    /// Around fields that need it; doubled inside them, unless there is an escape. Without, fields are written as they are, and one that
    /// could not be told from others is an error.
    pub quote: Option<u8>,
    /// In front of quotes inside fields, and of itself there.
    pub escape: Option<u8>,
    /// What lines may begin with that are none, to whoever reads the file: fields with it are quoted.
    pub comment: Option<u8>,
    /// Whether the first record names the columns.
    pub header: bool,
    /// What stands for null. Text that is the same is quoted.
    pub nullstr: String,
    /// Which columns are quoted though they need not be.
    pub force_quote: ForceQuote,
    /// How dates are written, in the letters of `strftime`.
    pub date_format: Option<String>,
    /// How points in time are written.
    pub timestamp_format: Option<String>,
    /// What stands before the fraction of a number.
    pub decimal_separator: u8,
    /// Whether lines end with `\r\n`.
    pub crlf: bool,
    /// Whether a byte order mark tells that it is UTF-8.
    pub bom: bool,
    /// Whether fields have quotes, too, that would mislead a reader who has to find out how the file is written: one that begins a
    /// record as a comment does, and, in the only column, one with a delimiter of other files.
    pub quotes_misleading: bool,
}

impl Default for CsvStyle {
    fn default() -> Self {
        Self {
            delim: Delim::byte(b','),
            quote: Some(b'"'),
            escape: None,
            comment: None,
            header: true,
            nullstr: String::new(),
            force_quote: ForceQuote::None,
            date_format: None,
            timestamp_format: None,
            decimal_separator: b'.',
            crlf: false,
            bom: false,
            quotes_misleading: true,
        }
    }
}

/// Writes CSV or TSV.
pub struct CsvWriter {
    schema: SchemaRef,
    style: Arc<CsvStyle>,
    /// For each column: how its values are written.
    columns: Vec<ColumnStyle>,
    /// Which bytes of a field ask for quotes around it.
    is_special: [bool; 256],
    /// Whether there is one column, below its name: then nothing tells the delimiter.
    is_alone: bool,
    lines: Vec<u8>,
}

/// How values of a column are written.
#[derive(Debug, Clone, Copy)]
struct ColumnStyle {
    is_text: bool,
    is_quoted: bool,
    /// Whether its numbers have another sign before their fraction.
    has_own_sign: bool,
}

impl CsvWriter {
    /// A writer for these columns.
    pub fn new(schema: SchemaRef, style: CsvStyle) -> Self {
        let column = |field: &FieldRef| ColumnStyle {
            is_text: is_text(field.data_type()),
            is_quoted: style.force_quote.is_of(field.name()),
            has_own_sign: style.decimal_separator != b'.'
                && (field.data_type().is_floating() || field.data_type().is_decimal()),
        };
        let columns = schema.fields().iter().map(column).collect();
        let mut is_special = [false; 256];
        // Of a delimiter of several bytes one may be at the end of a field, and the others look like those of the next one.
        for byte in style.delim.as_bytes().iter().chain(&style.quote).chain(&style.comment).chain(b"\n\r") {
            is_special[usize::from(*byte)] = true;
        }
        // Without a header they are lines, which hold what their writer wants.
        let is_alone = schema.fields().len() == 1 && style.header && style.quotes_misleading;
        if is_alone {
            DELIMS_ELSEWHERE.iter().for_each(|byte| is_special[usize::from(*byte)] = true);
        }
        Self { schema, style: Arc::new(style), columns, is_special, is_alone, lines: Vec::new() }
    }

    /// Adds a field that is no null.
    ///
    /// # Errors
    /// It cannot be told from others without quotes, and there are none.
    fn push_field(&mut self, text: &str, column: ColumnStyle) -> io::Result<()> {
        let Some(quote) = self.style.quote else {
            return self.push_bare(text);
        };
        let is_null_or_empty = || column.is_text && (text.is_empty() || text == self.style.nullstr);
        let is_special = |byte: u8| self.is_special[usize::from(byte)];
        // Numbers between blanks are a table.
        let is_like_table = || {
            self.is_alone
                && column.is_text
                && text.contains(' ')
                && !text.starts_with(|first: char| first.is_alphabetic())
        };
        let begins_as_comment =
            || self.style.quotes_misleading && text.starts_with('#') && self.begins_record();
        let needs_quotes = column.is_quoted
            || text.bytes().any(is_special)
            || is_null_or_empty()
            || is_like_table()
            || begins_as_comment();
        if needs_quotes {
            self.push_quoted(text, quote);
        } else {
            self.lines.extend_from_slice(text.as_bytes());
        }
        Ok(())
    }

    /// Whether nothing of the record at hand is written yet.
    fn begins_record(&self) -> bool {
        self.lines.last().is_none_or(|byte| *byte == b'\n')
    }

    /// Adds a field as it is. Of one column it may be anything.
    fn push_bare(&mut self, text: &str) -> io::Result<()> {
        let delim = self.style.delim.as_bytes();
        let has_delim = || text.as_bytes().windows(delim.len()).any(|bytes| bytes == delim);
        if self.columns.len() > 1 && (text.contains(['\n', '\r']) || has_delim()) {
            let mut shown: String = text.chars().take(SHOWN_LEN).collect();
            if shown.len() < text.len() {
                shown.push('…');
            }
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "a value has the delimiter or a line end in it, and there are no quotes: {shown:?}: choose another delim, or leave out quote"
                ),
            ));
        }
        self.lines.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn push_delim(&mut self) {
        match self.style.delim.single() {
            Some(byte) => self.lines.push(byte),
            None => self.lines.extend_from_slice(self.style.delim.as_bytes()),
        }
    }

    fn push_quoted(&mut self, text: &str, quote: u8) {
        let escape = self.style.escape;
        self.lines.push(quote);
        for byte in text.bytes() {
            if byte == quote || Some(byte) == escape {
                self.lines.push(escape.unwrap_or(quote));
            }
            self.lines.push(byte);
        }
        self.lines.push(quote);
    }

    /// Ends the record that began at `start`. An empty line would be no record at all.
    fn end_record(&mut self, start: usize) {
        if self.lines.len() == start
            && let Some(quote) = self.style.quote
        {
            self.lines.extend_from_slice(&[quote; 2]);
        }
        self.lines.extend_from_slice(if self.style.crlf { b"\r\n" } else { b"\n" });
    }
}

/// Whether a header could be taken for a record, as some names look like values. Quotes around all of it, and around no number below, tell
/// that it is one. Without, numbers are taken for names behind a word, where a word stands above values.
fn is_doubtful(fields: &Fields) -> bool {
    let is_word = |field: &FieldRef| !looks_like_value(field.name());
    let is_number = |field: &FieldRef| field.name().bytes().all(|byte| byte.is_ascii_digit());
    let is_above_values = |field: &FieldRef| is_word(field) && !is_text(field.data_type());
    let is_told = || {
        fields.first().is_some_and(is_word)
            && fields.iter().any(is_above_values)
            && fields.iter().all(|field| is_word(field) || is_number(field))
    };
    !fields.iter().all(is_word) && !is_told()
}

impl RowWriter for CsvWriter {
    fn start(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.style.bom {
            out.write_all(BYTE_ORDER_MARK)?;
        }
        if !self.style.header {
            return Ok(());
        }
        let schema = SchemaRef::clone(&self.schema);
        let is_doubtful = is_doubtful(schema.fields());
        self.lines.clear();
        for (index, field) in schema.fields().iter().enumerate() {
            if index > 0 {
                self.push_delim();
            }
            match self.style.quote {
                Some(quote) if is_doubtful => self.push_quoted(field.name(), quote),
                _ => self.push_field(field.name(), ColumnStyle { is_text: false, ..self.columns[index] })?,
            }
        }
        self.end_record(0);
        out.write_all(&self.lines)
    }

    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        let style = Arc::clone(&self.style);
        let mut formats = AS_CELLS;
        if let Some(format) = &style.date_format {
            formats = formats.with_date_format(Some(format)).with_datetime_format(Some(format));
        }
        if let Some(format) = &style.timestamp_format {
            formats = formats.with_timestamp_format(Some(format)).with_timestamp_tz_format(Some(format));
        }
        let sign = char::from(style.decimal_separator).to_string();
        let mut cells = Cells::with_formats(batch, &formats)?;
        self.lines.clear();
        for row in 0..batch.num_rows() {
            let start = self.lines.len();
            for (index, column) in batch.columns().iter().enumerate() {
                if index > 0 {
                    self.push_delim();
                }
                if is_null(column, row) {
                    self.lines.extend_from_slice(self.style.nullstr.as_bytes());
                } else {
                    let (text, column) = (cells.text(index, row)?, self.columns[index]);
                    if column.has_own_sign {
                        self.push_field(&text.replacen('.', &sign, 1), column)?;
                    } else {
                        self.push_field(text, column)?;
                    }
                }
            }
            self.end_record(start);
            if self.lines.len() >= LINES_LEN_BYTES {
                out.write_all(&self.lines)?;
                self.lines.clear();
            }
        }
        out.write_all(&self.lines)
    }

    fn finish(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, ListArray, NullArray, StringArray};
    use arrow::datatypes::Int32Type;

    use super::*;
    use crate::sinks::format::tests::{sample, written};

    fn csv(style: CsvStyle, batches: &[RecordBatch]) -> String {
        written(CsvWriter::new(sample().schema(), style), batches)
    }

    #[test]
    fn quotes_where_needed_and_null_told_from_empty() {
        assert_eq!(
            csv(CsvStyle::default(), &[sample()]),
            "te|xt,n\n\"a,\"\"b\"\"\nc|\",1.5\n,-20.0\n\"\",\n"
        );
        assert_eq!(csv(CsvStyle { delim: b'\t'.into(), ..CsvStyle::default() }, &[]), "te|xt\tn\n");
    }

    #[test]
    fn one_column_has_no_delimiters_outside_of_quotes() {
        let texts: ArrayRef =
            Arc::new(StringArray::from(vec!["ok; bar", "a|b", "1.5 2.5", "two words", "x"]));
        let batch = RecordBatch::try_from_iter([("a,b", texts.clone())]).unwrap();
        let one = written(CsvWriter::new(batch.schema(), CsvStyle::default()), std::slice::from_ref(&batch));
        assert_eq!(one, "\"a,b\"\n\"ok; bar\"\n\"a|b\"\n\"1.5 2.5\"\ntwo words\nx\n");
        let style = || CsvStyle { quotes_misleading: false, ..CsvStyle::default() };
        let one = written(CsvWriter::new(batch.schema(), style()), &[batch]);
        assert_eq!(one, "\"a,b\"\nok; bar\na|b\n1.5 2.5\ntwo words\nx\n");
        let batch = RecordBatch::try_from_iter([("a", texts.clone()), ("b", texts)]).unwrap().slice(0, 1);
        let two = written(CsvWriter::new(batch.schema(), CsvStyle::default()), &[batch]);
        assert_eq!(two, "a,b\nok; bar,ok; bar\n");
    }

    #[test]
    fn records_do_not_begin_as_comments_do() {
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["#1", "a#"]));
        let batch = RecordBatch::try_from_iter([("#code", texts.clone()), ("#b", texts)]).unwrap();
        let csv = |style| written(CsvWriter::new(batch.schema(), style), std::slice::from_ref(&batch));
        assert_eq!(csv(CsvStyle::default()), "\"#code\",#b\n\"#1\",#1\na#,a#\n");
        let bare = CsvStyle { quotes_misleading: false, ..CsvStyle::default() };
        assert_eq!(csv(bare), "#code,#b\n#1,#1\na#,a#\n");
    }

    #[test]
    fn names_that_look_like_values_are_quoted() {
        let text: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
        let number: ArrayRef = Arc::new(arrow::array::Int64Array::from(vec![1]));
        let header = |names: [&str; 2], first: &ArrayRef| {
            let columns = [(names[0], first.clone()), (names[1], number.clone())];
            let batch = RecordBatch::try_from_iter(columns).unwrap();
            written(CsvWriter::new(batch.schema(), CsvStyle::default()), &[batch])
        };
        assert_eq!(header(["who", "2019"], &text), "\"who\",\"2019\"\nx,1\n");
        assert_eq!(header(["who", "2 + 2"], &text), "who,2 + 2\nx,1\n");
        assert_eq!(header(["true", "n"], &number), "\"true\",\"n\"\n1,1\n");
        // A word above a number tells it.
        assert_eq!(header(["id", "2019"], &number), "id,2019\n1,1\n");
    }

    #[test]
    fn every_option_of_style() {
        let usual = CsvStyle::default;
        let style = CsvStyle {
            delim: b'|'.into(),
            quote: Some(b'\''),
            header: false,
            nullstr: "NA".into(),
            ..usual()
        };
        assert_eq!(csv(style.clone(), &[sample()]), "'a,\"b\"\nc|'|1.5\nNA|-20.0\n''|NA\n");
        let all = CsvStyle { force_quote: ForceQuote::All, crlf: true, bom: true, ..usual() };
        let expected = "\u{feff}\"te|xt\",\"n\"\r\n\"a,\"\"b\"\"\nc|\",\"1.5\"\r\n,\"-20.0\"\r\n\"\",\r\n";
        assert_eq!(csv(all, &[sample()]), expected);
        let comment = CsvStyle { comment: Some(b'-'), header: false, ..usual() };
        assert!(csv(comment, &[sample()]).contains(",\"-20.0\"\n"));
        let columns = ForceQuote::Columns(vec!["N".into()]);
        let some = CsvStyle { force_quote: columns, delim: b';'.into(), decimal_separator: b',', ..usual() };
        assert_eq!(csv(some, &[sample()]), "te|xt;\"n\"\n\"a,\"\"b\"\"\nc|\";\"1,5\"\n;\"-20,0\"\n\"\";\n");
        let comma = CsvStyle { decimal_separator: b',', header: false, ..usual() };
        assert!(csv(comma, &[sample()]).ends_with(",\"-20,0\"\n\"\",\n"));
        let words: ArrayRef = Arc::new(StringArray::from(vec!["NA", "it's", ""]));
        let batch = RecordBatch::try_from_iter([("a", words)]).unwrap();
        assert_eq!(written(CsvWriter::new(batch.schema(), style), &[batch]), "'NA'\n'it''s'\n''\n");
    }

    #[test]
    fn delimiters_of_several_bytes_and_escapes() {
        let words: ArrayRef = Arc::new(StringArray::from(vec!["a|", "b||c", "d\"e", "f\\g", "h"]));
        let batch = RecordBatch::try_from_iter([("x", words.clone()), ("y", words)]).unwrap();
        let style = CsvStyle {
            delim: Delim::new("||").unwrap(),
            escape: Some(b'\\'),
            header: false,
            ..CsvStyle::default()
        };
        let expected = "\"a|\"||\"a|\"\n\"b||c\"||\"b||c\"\n\"d\\\"e\"||\"d\\\"e\"\nf\\g||f\\g\nh||h\n";
        assert_eq!(written(CsvWriter::new(batch.schema(), style), &[batch]), expected);
    }

    #[test]
    fn without_quotes_fields_are_as_they_are() {
        let style = || CsvStyle { quote: None, ..CsvStyle::default() };
        let words: ArrayRef =
            Arc::new(StringArray::from(vec![Some("{\"a\": 1,\n\"b\": 2}"), Some(""), None]));
        let one = RecordBatch::try_from_iter([("x", words.clone())]).unwrap();
        let expected = "x\n{\"a\": 1,\n\"b\": 2}\n\n\n";
        assert_eq!(written(CsvWriter::new(one.schema(), style()), &[one]), expected);
        let two = RecordBatch::try_from_iter([("x", words.clone()), ("y", words)]).unwrap();
        let error = CsvWriter::new(two.schema(), style()).write(&two, &mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("there are no quotes: \"{\\\"a"), "{error}");
        let behind = two.slice(1, 2);
        assert_eq!(written(CsvWriter::new(two.schema(), style()), &[behind]), "x,y\n,\n,\n");
    }

    #[test]
    fn dates_and_times_have_formats() {
        let days: ArrayRef = Arc::new(arrow::array::Date32Array::from(vec![1]));
        let times: ArrayRef = Arc::new(arrow::array::TimestampMicrosecondArray::from(vec![1_500_000]));
        let batch = RecordBatch::try_from_iter([("d", days), ("t", times)]).unwrap();
        let format = |format: &str| Some(format.to_owned());
        let style = CsvStyle {
            date_format: format("%d.%m.%Y"),
            timestamp_format: format("%H:%M:%S"),
            ..CsvStyle::default()
        };
        assert_eq!(written(CsvWriter::new(batch.schema(), style), &[batch]), "d,t\n02.01.1970,00:00:01\n");
    }

    #[test]
    fn a_column_of_nulls_has_nulls() {
        let nulls: ArrayRef = Arc::new(NullArray::new(1));
        let batch = RecordBatch::try_from_iter([("a", nulls.clone()), ("b", nulls)]).unwrap();
        let style = CsvStyle { nullstr: "NA".into(), ..CsvStyle::default() };
        assert_eq!(written(CsvWriter::new(batch.schema(), style), &[batch]), "a,b\nNA,NA\n");
    }

    #[test]
    fn nested_values_are_json() {
        let lists: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(vec![
            Some(vec![Some(1), None]),
            None,
        ]));
        let batch =
            RecordBatch::try_from_iter_with_nullable([("l", lists.clone(), true), ("m", lists, true)]);
        let batch = batch.unwrap();
        let style = CsvStyle { header: false, ..CsvStyle::default() };
        let text = written(CsvWriter::new(batch.schema(), style), &[batch]);
        assert_eq!(text, "\"[1,null]\",\"[1,null]\"\n,\n");
    }
}
