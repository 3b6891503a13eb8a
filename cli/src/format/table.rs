//! A table for people: lined up, with types under the names and the number of rows below.
//!
//! Only the first and the last rows are kept, so that a result of any length needs little memory.

use std::collections::VecDeque;
use std::io::{self, Write};

use swath::arrow::array::{Array, RecordBatch};
use swath::arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use unicode_width::UnicodeWidthStr;

use super::ResultWriter;
use super::text::{Cells, is_number, is_text};

/// Writes a table.
pub struct TableWriter {
    schema: SchemaRef,
    max_rows: usize,
    first: Vec<Vec<String>>,
    last: VecDeque<Vec<String>>,
    rows: usize,
}

impl TableWriter {
    /// A writer that shows `max_rows` rows, or all if it is 0.
    pub fn new(schema: SchemaRef, max_rows: usize) -> Self {
        Self { schema, max_rows, first: Vec::new(), last: VecDeque::new(), rows: 0 }
    }

    /// Keeps a row, if it may have to be shown.
    fn keep(&mut self, row: Vec<String>) {
        let head = self.max_rows.div_ceil(2);
        if self.max_rows == 0 || self.first.len() < head {
            self.first.push(row);
        } else {
            self.last.push_back(row);
            if self.last.len() > self.max_rows - head {
                self.last.pop_front();
            }
        }
        self.rows += 1;
    }

    fn widths(&self) -> Vec<usize> {
        let fields = self.schema.fields();
        let named =
            fields.iter().map(|field| width(&shown(field.name())).max(type_name(field.data_type()).len()));
        let mut widths: Vec<usize> = named.collect();
        for row in self.first.iter().chain(&self.last) {
            for (cell, widest) in row.iter().zip(&mut widths) {
                *widest = (*widest).max(width(cell));
            }
        }
        widths
    }
}

impl ResultWriter for TableWriter {
    fn start(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn write(&mut self, batch: &RecordBatch, _out: &mut dyn Write) -> io::Result<()> {
        let mut cells = Cells::new(batch)?;
        // Rows in the middle are only counted.
        let first = self.max_rows.div_ceil(2).saturating_sub(self.first.len());
        let last = batch.num_rows().saturating_sub(self.max_rows);
        for row in 0..batch.num_rows() {
            if self.max_rows > 0 && row >= first && row < last {
                self.rows += 1;
                continue;
            }
            let mut texts = Vec::with_capacity(batch.num_columns());
            for (index, column) in batch.columns().iter().enumerate() {
                texts.push(if column.is_null(row) { "NULL".into() } else { shown(cells.text(index, row)?) });
            }
            self.keep(texts);
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let widths = self.widths();
        let fields = self.schema.fields();
        let right: Vec<bool> = fields.iter().map(|field| is_number(field.data_type())).collect();
        let names: Vec<String> = fields.iter().map(|field| shown(field.name())).collect();
        let types: Vec<String> = fields.iter().map(|field| type_name(field.data_type())).collect();
        rule(out, &widths, "┌", "┬", "┐")?;
        line(out, &names, &widths, &right)?;
        line(out, &types, &widths, &right)?;
        rule(out, &widths, "├", "┼", "┤")?;
        for row in &self.first {
            line(out, row, &widths, &right)?;
        }
        let left_out = self.rows - self.first.len() - self.last.len();
        if left_out > 0 {
            let dots: Vec<String> = widths.iter().map(|_| "·".into()).collect();
            line(out, &dots, &widths, &right)?;
        }
        for row in &self.last {
            line(out, row, &widths, &right)?;
        }
        rule(out, &widths, "└", "┴", "┘")?;
        let plural = if self.rows == 1 { "" } else { "s" };
        match left_out {
            0 => writeln!(out, "{} row{plural}", self.rows),
            _ => writeln!(out, "{} rows, {left_out} of them not shown (--max-rows 0 shows all)", self.rows),
        }
    }
}

fn rule(out: &mut dyn Write, widths: &[usize], left: &str, middle: &str, right: &str) -> io::Result<()> {
    let dashes: Vec<String> = widths.iter().map(|width| "─".repeat(width + 2)).collect();
    writeln!(out, "{left}{}{right}", dashes.join(middle))
}

/// Writes a row; a cell of several lines makes the row as high.
fn line(out: &mut dyn Write, cells: &[String], widths: &[usize], right: &[bool]) -> io::Result<()> {
    let height = cells.iter().map(|cell| cell.lines().count()).max().unwrap_or(1).max(1);
    for at in 0..height {
        for ((cell, width_wanted), right) in cells.iter().zip(widths).zip(right) {
            let text = cell.lines().nth(at).unwrap_or("");
            let padding = " ".repeat(width_wanted - width(text));
            if *right {
                write!(out, "│ {padding}{text} ")?;
            } else {
                write!(out, "│ {text}{padding} ")?;
            }
        }
        out.write_all("│\n".as_bytes())?;
    }
    Ok(())
}

/// Columns of the terminal that the widest line of a cell takes.
fn width(text: &str) -> usize {
    text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0)
}

/// A cell as it is shown: line ends are kept, other control characters are written as escapes.
fn shown(text: &str) -> String {
    let text = text.trim_end_matches('\n');
    if !text.contains(char::is_control) {
        return text.into();
    }
    let escape = |char: char| match char.is_control() && char != '\n' {
        true => char.escape_default().to_string(),
        false => char.to_string(),
    };
    text.chars().map(escape).collect()
}

/// The name of a type in SQL.
fn type_name(ty: &DataType) -> String {
    let name = match ty {
        ty if is_text(ty) => "text",
        DataType::Boolean => "boolean",
        DataType::Int8 => "tinyint",
        DataType::Int16 => "smallint",
        DataType::Int32 => "integer",
        DataType::Int64 => "bigint",
        DataType::UInt8 => "utinyint",
        DataType::UInt16 => "usmallint",
        DataType::UInt32 => "uinteger",
        DataType::UInt64 => "ubigint",
        DataType::Float32 => "real",
        DataType::Float64 => "double",
        DataType::Date32 | DataType::Date64 => "date",
        DataType::Timestamp(
            TimeUnit::Second | TimeUnit::Millisecond | TimeUnit::Microsecond | TimeUnit::Nanosecond,
            None,
        ) => "timestamp",
        DataType::Timestamp(_, Some(_)) => "timestamptz",
        other => return other.to_string().to_lowercase(),
    };
    name.into()
}

#[cfg(test)]
mod tests {
    use crate::format::Format;
    use crate::format::tests::{sample, written};

    #[test]
    fn cells_are_lined_up() {
        let expected = r#"
┌───────┬────────┐
│ te|xt │      n │
│ text  │ double │
├───────┼────────┤
│ a,"b" │    1.5 │
│ c|    │        │
│ NULL  │  -20.0 │
│       │   NULL │
└───────┴────────┘
3 rows
"#;
        assert_eq!(written(&Format::Table { max_rows: 0 }, &[sample()]), expected.trim_start());
    }

    #[test]
    fn long_results_show_both_ends() {
        let batches: Vec<_> = (0..10).map(|_| sample()).collect();
        let table = written(&Format::Table { max_rows: 3 }, &batches);
        let numbers: Vec<&str> =
            table.lines().filter_map(|line| line.split('│').nth(2)).map(str::trim).collect();
        assert_eq!(numbers, ["n", "double", "1.5", "", "-20.0", "·", "NULL"]);
        assert!(table.ends_with("30 rows, 27 of them not shown (--max-rows 0 shows all)\n"));
    }
}
