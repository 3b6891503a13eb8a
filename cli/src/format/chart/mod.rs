//! A quick look instead of a table: bars, a histogram or a line, by the types of the columns; in the terminal, or as
//! a picture in SVG.
//!
//! A chart takes little memory however many rows there are: bars beyond the first few are only counted, and numbers
//! and points go into [`bins`].

mod bars;
mod bins;
mod histogram;
mod line;
mod scale;
mod svg;
mod text;
mod time;

use std::io::{self, Write};
use std::time::Instant;

use swath::arrow::array::{Array, Float64Array, RecordBatch};
use swath::arrow::compute::cast;
use swath::arrow::datatypes::{DataType, Field, SchemaRef};

use super::text::{is_number, shown, type_name};
use super::{Look, ResultWriter};
use crate::report::Report;
use bars::{Bar, Bars};
use histogram::Histogram;
use line::{Line, Points};

/// What a chart is drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Canvas {
    /// Lines of text.
    Text,
    /// A picture.
    Svg,
}

/// Draws a chart when it has seen all rows.
pub struct ChartWriter {
    title: String,
    rows: Rows,
    canvas: Canvas,
    look: Look,
    began: Instant,
}

/// What is kept of the rows.
enum Rows {
    Bars(Bars),
    Histogram(Histogram),
    Line(Line),
}

/// A chart, ready to be drawn.
struct Chart {
    title: String,
    shape: Shape,
    /// What stands below.
    footer: String,
}

enum Shape {
    /// A bar for each label.
    Bars(Vec<Bar>),
    /// A bar for each of some ranges that stand side by side, the first of which begins at a number.
    Histogram { bars: Vec<Bar>, low: f64, width: f64 },
    /// A line through points.
    Line(Points),
}

impl ChartWriter {
    /// A writer for a result with these columns, which was asked for at this time.
    ///
    /// # Errors
    /// No chart shows such columns.
    pub fn new(schema: &SchemaRef, look: Look, canvas: Canvas, began: Instant) -> Result<Self, Report> {
        let fields: Vec<&Field> = schema.fields().iter().map(AsRef::as_ref).collect();
        let (title, rows) = match fields.as_slice() {
            [only] if is_number(only.data_type()) => {
                (name(only), Rows::Histogram(Histogram::new(only.data_type().is_integer())))
            }
            [x, y] if is_number(y.data_type()) => {
                let title = format!("{} by {}", name(y), name(x));
                match x.data_type() {
                    x if is_time(x) => (title, Rows::Line(Line::over_time())),
                    x if is_number(x) => (title, Rows::Line(Line::over_numbers(x.is_integer()))),
                    _ => (title, Rows::Bars(Bars::new(look.max_rows, look.null.clone()))),
                }
            }
            other => return Err(no_chart(other)),
        };
        Ok(Self { title, rows, canvas, look, began })
    }

    fn chart(&mut self) -> Chart {
        let (shape, mut parts) = match &mut self.rows {
            Rows::Bars(bars) => bars.finish(self.look.all_rows()),
            Rows::Histogram(histogram) => histogram.finish(match self.canvas {
                Canvas::Text => text::MOST_BARS,
                Canvas::Svg => svg::MOST_BARS,
            }),
            Rows::Line(line) => line.finish(),
        };
        if self.look.timer {
            parts.push(format!("in {}", super::seconds(self.began.elapsed())));
        }
        Chart { title: std::mem::take(&mut self.title), shape, footer: parts.join(", ") }
    }
}

impl ResultWriter for ChartWriter {
    fn start(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn write(&mut self, batch: &RecordBatch, _out: &mut dyn Write) -> io::Result<()> {
        match &mut self.rows {
            Rows::Bars(bars) => bars.take(batch),
            Rows::Histogram(histogram) => histogram.take(batch),
            Rows::Line(line) => line.take(batch),
        }
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let chart = self.chart();
        let drawn = match self.canvas {
            Canvas::Text => text::draw(&chart, &self.look),
            Canvas::Svg => svg::draw(&chart),
        };
        out.write_all(drawn.as_bytes())
    }
}

fn is_time(ty: &DataType) -> bool {
    matches!(ty, DataType::Date32 | DataType::Date64 | DataType::Timestamp(..))
}

/// The name of a column, in one line.
fn name(field: &Field) -> String {
    shown(field.name()).replace('\n', " ")
}

/// A column as numbers.
fn numbers(column: &dyn Array) -> io::Result<Float64Array> {
    let numbers = cast(column, &DataType::Float64).map_err(io::Error::other)?;
    let numbers = numbers.as_any().downcast_ref::<Float64Array>().cloned();
    numbers.ok_or_else(|| io::Error::other("a column that was made numbers is none"))
}

/// Columns that an error names; of more, their number says enough.
const NAMED_COLUMNS: usize = 4;

/// What to say of columns that no chart shows.
fn no_chart(fields: &[&Field]) -> Report {
    let named = |field: &&Field| format!("{} ({})", name(field), type_name(field.data_type()));
    let columns: Vec<String> = fields.iter().take(NAMED_COLUMNS).map(named).collect();
    let more = match fields.len().saturating_sub(NAMED_COLUMNS) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let hint = match fields {
        [only] => format!(
            "to count values, SELECT \"{0}\", count(*) … GROUP BY \"{0}\" ORDER BY 2 DESC LIMIT 20",
            only.name().replace('"', "\"\"")
        ),
        [value, _] if is_number(value.data_type()) => {
            "the number comes last: first what it is a number of".to_owned()
        }
        _ => "name the columns, as in SELECT Dest, count(*) … GROUP BY Dest; --format table (in the shell .mode table) shows all"
            .to_owned(),
    };
    Report {
        detail: Some(
            "a chart has two columns, a text and a number (bars) or a date, time or number and a number (a line), \
             or one column of numbers (a histogram)"
                .to_owned(),
        ),
        ..Report::with_hint(format!("no chart shows these columns: {}{more}", columns.join(", ")), hint)
    }
}

#[cfg(test)]
mod tests;
