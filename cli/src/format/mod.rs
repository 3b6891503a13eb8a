//! How results are written. One format a file; all of them write batch by batch.

mod chart;
pub mod html;
mod layout;
mod line;
mod markdown;
mod table;
pub mod text;

use std::time::{Duration, Instant};

use swath::Session;
use swath::arrow::datatypes::SchemaRef;
pub use swath::formats::RowWriter as ResultWriter;
use swath::formats::{ArrowWriter, CsvStyle, CsvWriter, JsonWriter, ParquetWriter};

use crate::report::Report;
use crate::style::Style;
use chart::{Canvas, ChartWriter};

/// A format, validated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// A table for people.
    Table(Look),
    /// A column a line, for people.
    Line(Look),
    /// A chart in characters.
    Chart(Look),
    /// The same chart as a picture.
    Svg(Look),
    /// Fields separated by commas or tabs, quoted where needed, with a header.
    Csv {
        /// Between fields.
        delim: u8,
    },
    /// One array of objects, or one object a line.
    Json {
        /// One object a line.
        lines: bool,
    },
    /// A table in Markdown.
    Markdown,
    /// A table in HTML.
    Html,
    /// A Parquet file.
    Parquet,
    /// A file of Arrow batches, as Feather 2.
    Arrow,
}

/// How results look to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Rows shown; 0 for all.
    pub max_rows: usize,
    /// Columns of the screen; 0 for as many as it takes.
    pub width: usize,
    /// What stands for null.
    pub null: String,
    /// Colours.
    pub style: Style,
    /// Whether the time is shown.
    pub timer: bool,
    /// Whether hints name commands of the shell, and not flags.
    pub in_shell: bool,
}

impl Default for Look {
    /// As in a pipe: no screen, no colours, no time.
    fn default() -> Self {
        Self {
            max_rows: 0,
            width: 0,
            null: "NULL".into(),
            style: Style::PLAIN,
            timer: false,
            in_shell: false,
        }
    }
}

impl Look {
    /// What shows all rows.
    fn all_rows(&self) -> &'static str {
        if self.in_shell { ".maxrows 0" } else { "--max-rows 0" }
    }

    /// What shows all columns, and long cells whole.
    fn all_columns(&self) -> &'static str {
        if self.in_shell { ".mode line" } else { "--format line" }
    }
}

impl Format {
    /// A writer for a result with these columns, which a session was asked for at this time.
    ///
    /// # Errors
    /// The format cannot show such columns.
    pub fn writer(
        &self,
        schema: SchemaRef,
        began: Instant,
        session: &Session,
    ) -> Result<Box<dyn ResultWriter>, Report> {
        Ok(match self {
            Self::Table(look) => Box::new(table::TableWriter::new(schema, look.clone(), began)),
            Self::Line(look) => Box::new(line::LineWriter::new(&schema, look.clone(), began)),
            Self::Chart(look) => Box::new(ChartWriter::new(&schema, look.clone(), Canvas::Text, began)?),
            Self::Svg(look) => Box::new(ChartWriter::new(&schema, look.clone(), Canvas::Svg, began)?),
            Self::Csv { delim } => {
                // Other programs take the fields as they are.
                let style =
                    CsvStyle { delim: (*delim).into(), quotes_misleading: false, ..CsvStyle::default() };
                Box::new(CsvWriter::new(schema, style))
            }
            Self::Json { lines } => Box::new(JsonWriter::new(*lines)),
            Self::Markdown => Box::new(markdown::MarkdownWriter::new(schema)),
            Self::Html => Box::new(html::HtmlWriter::new(schema)),
            Self::Parquet => Box::new(ParquetWriter::with_zstd(schema).for_session(session)),
            Self::Arrow => Box::new(ArrowWriter::new(schema)),
        })
    }

    /// Whether it is read by people, and not by programs.
    pub fn is_for_people(&self) -> bool {
        matches!(self, Self::Table(_) | Self::Line(_) | Self::Chart(_))
    }

    /// Whether it is bytes that are no text.
    pub fn is_binary(&self) -> bool {
        matches!(self, Self::Parquet | Self::Arrow)
    }

    /// Whether a file holds one result, and is broken by another.
    pub fn holds_one_result(&self) -> bool {
        self.is_binary() || matches!(self, Self::Svg(_))
    }
}

/// `1 row`, `2 rows`.
fn count_of_rows(rows: usize) -> String {
    format!("{rows} row{}", if rows == 1 { "" } else { "s" })
}

/// A time in as many digits as one reads: `4 ms`, `0.21 s`, `12.3 s`, `3 min 5 s`.
pub fn seconds(time: Duration) -> String {
    match time.as_secs_f64() {
        short if short < 0.1 => format!("{:.0} ms", short * 1000.0),
        some if some < 10.0 => format!("{some:.2} s"),
        many if many < 100.0 => format!("{many:.1} s"),
        long => format!("{:.0} min {:.0} s", (long / 60.0).floor(), long % 60.0),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use swath::arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};

    use super::*;

    /// Two columns, three rows, with everything that needs care.
    pub(crate) fn sample() -> RecordBatch {
        let text: ArrayRef = Arc::new(StringArray::from(vec![Some("a,\"b\"\nc|"), None, Some("")]));
        let number: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.5), Some(-20.0), None]));
        RecordBatch::try_from_iter_with_nullable([("te|xt", text, true), ("n", number, true)]).unwrap()
    }

    pub(crate) fn written(format: &Format, batches: &[RecordBatch]) -> String {
        let mut out = Vec::new();
        let session = Session::new().unwrap();
        let mut writer = format.writer(sample().schema(), Instant::now(), &session).unwrap();
        writer.start(&mut out).unwrap();
        for batch in batches {
            writer.write(batch, &mut out).unwrap();
        }
        writer.finish(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn times_are_short() {
        let shown = |millis| seconds(Duration::from_millis(millis));
        assert_eq!(
            [shown(4), shown(210), shown(12_300), shown(185_000)],
            ["4 ms", "0.21 s", "12.3 s", "3 min 5 s"]
        );
    }
}
