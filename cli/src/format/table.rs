//! A table for people: fitted to the screen, with types under the names and the number of rows below.
//!
//! Only the first and the last rows are kept, so that a result of any length needs little memory.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::time::Instant;

use swath::arrow::array::RecordBatch;
use swath::arrow::datatypes::SchemaRef;

use super::layout::{Shown, Wish, fit};
use super::text::{Cells, is_null, is_number, shorten, shown, type_name, width};
use super::{Look, ResultWriter, count_of_rows};
use crate::style::Tone;

/// Writes a table.
pub struct TableWriter {
    schema: SchemaRef,
    look: Look,
    began: Instant,
    first: Vec<Row>,
    last: VecDeque<Row>,
    rows: usize,
}

/// A row; null is `None`.
type Row = Vec<Option<String>>;

/// What a table shows of a column.
#[derive(Debug, Clone, Copy)]
struct Slot {
    shown: Shown,
    right: bool,
}

impl Slot {
    fn width(self) -> usize {
        match self.shown {
            Shown::Column(_, width) => width,
            Shown::Gap => 1,
        }
    }
}

impl TableWriter {
    /// A writer for a result that was asked for at this time.
    pub fn new(schema: SchemaRef, look: Look, began: Instant) -> Self {
        Self { schema, look, began, first: Vec::new(), last: VecDeque::new(), rows: 0 }
    }

    /// Keeps a row, if it may have to be shown.
    fn keep(&mut self, row: Row) {
        let head = self.look.max_rows.div_ceil(2);
        if self.look.max_rows == 0 || self.first.len() < head {
            self.first.push(row);
        } else {
            self.last.push_back(row);
            if self.last.len() > self.look.max_rows - head {
                self.last.pop_front();
            }
        }
        self.rows += 1;
    }

    /// The columns on the screen.
    fn slots(&self) -> Vec<Slot> {
        let fields = self.schema.fields();
        let named =
            fields.iter().map(|field| width(&shown(field.name())).max(width(&type_name(field.data_type()))));
        let mut widths: Vec<usize> = named.collect();
        for row in self.first.iter().chain(&self.last) {
            for (cell, widest) in row.iter().zip(&mut widths) {
                *widest = (*widest).max(width(cell.as_deref().unwrap_or(&self.look.null)));
            }
        }
        let numbers: Vec<bool> = fields.iter().map(|field| is_number(field.data_type())).collect();
        let wishes = widths.iter().zip(&numbers);
        let wishes: Vec<Wish> =
            wishes.map(|(&natural, number)| Wish { natural, shortens: !number }).collect();
        let right = |shown| matches!(shown, Shown::Column(index, _) if numbers[index]);
        let slots = fit(&wishes, self.look.width).into_iter();
        slots.map(|shown| Slot { shown, right: right(shown) }).collect()
    }

    /// What is below the table.
    fn footer(&self, slots: &[Slot], left_out: usize, shortened: bool) -> String {
        let columns = slots.iter().filter(|slot| slot.shown != Shown::Gap).count();
        let all_columns = self.schema.fields().len();
        let time = match self.look.timer {
            true => format!(" in {}", super::seconds(self.began.elapsed())),
            false => String::new(),
        };
        let mut parts = vec![format!("{}{time}", count_of_rows(self.rows))];
        if left_out > 0 {
            parts.push(format!("{left_out} of them not shown ({} shows all)", self.look.all_rows()));
        }
        if columns < all_columns {
            parts.push(format!(
                "{columns} of {all_columns} columns shown ({} shows all)",
                self.look.all_columns()
            ));
        } else if shortened {
            parts.push(format!("long cells shortened ({} shows all)", self.look.all_columns()));
        }
        parts.join(", ")
    }
}

impl ResultWriter for TableWriter {
    fn start(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn write(&mut self, batch: &RecordBatch, _out: &mut dyn Write) -> io::Result<()> {
        let mut cells = Cells::new(batch)?;
        // Rows in the middle are only counted.
        let max_rows = self.look.max_rows;
        let first = max_rows.div_ceil(2).saturating_sub(self.first.len());
        let last = batch.num_rows().saturating_sub(max_rows);
        for row in 0..batch.num_rows() {
            if max_rows > 0 && row >= first && row < last {
                self.rows += 1;
                continue;
            }
            let mut texts = Vec::with_capacity(batch.num_columns());
            for (index, column) in batch.columns().iter().enumerate() {
                texts.push(if is_null(column, row) { None } else { Some(shown(cells.text(index, row)?)) });
            }
            self.keep(texts);
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let fields = self.schema.fields();
        let slots = self.slots();
        let names: Row = fields.iter().map(|field| Some(shown(field.name()))).collect();
        let types: Row = fields.iter().map(|field| Some(type_name(field.data_type()))).collect();
        let mut lines = Lines { slots: &slots, look: &self.look, shortened: false, out };
        lines.rule("┌", "┬", "┐")?;
        lines.row(&names, Some(Tone::Bold))?;
        lines.row(&types, Some(Tone::Dim))?;
        lines.rule("├", "┼", "┤")?;
        for row in &self.first {
            lines.row(row, None)?;
        }
        let left_out = self.rows - self.first.len() - self.last.len();
        if left_out > 0 {
            lines.row(&vec![Some("·".into()); fields.len()], Some(Tone::Dim))?;
        }
        for row in &self.last {
            lines.row(row, None)?;
        }
        lines.rule("└", "┴", "┘")?;
        let shortened = lines.shortened;
        writeln!(out, "{}", self.look.style.paint(Tone::Dim, &self.footer(&slots, left_out, shortened)))
    }
}

/// Writes the lines of a table.
struct Lines<'a> {
    slots: &'a [Slot],
    look: &'a Look,
    /// Whether a cell did not fit.
    shortened: bool,
    out: &'a mut dyn Write,
}

impl Lines<'_> {
    fn rule(&mut self, left: &str, middle: &str, right: &str) -> io::Result<()> {
        let dashes: Vec<String> = self.slots.iter().map(|slot| "─".repeat(slot.width() + 2)).collect();
        let rule = format!("{left}{}{right}", dashes.join(middle));
        writeln!(self.out, "{}", self.look.style.paint(Tone::Dim, &rule))
    }

    /// Writes a row; a cell of several lines makes the row as high.
    fn row(&mut self, cells: &Row, tone: Option<Tone>) -> io::Result<()> {
        let style = self.look.style;
        let height = cells.iter().flatten().map(|cell| cell.lines().count()).max().unwrap_or(1).max(1);
        let bar = style.paint(Tone::Dim, "│");
        for at in 0..height {
            for slot in self.slots {
                let (text, tone) = match slot.shown {
                    Shown::Gap => (if at == 0 { "…" } else { "" }, Some(Tone::Dim)),
                    Shown::Column(index, _) => match &cells[index] {
                        Some(cell) => (cell.lines().nth(at).unwrap_or(""), tone),
                        None if at == 0 => (self.look.null.as_str(), Some(Tone::Dim)),
                        None => ("", None),
                    },
                };
                let fitted = shorten(text, slot.width());
                self.shortened |= fitted.len() != text.len();
                let padding = " ".repeat(slot.width().saturating_sub(width(&fitted)));
                let painted = tone.map_or_else(|| fitted.to_string(), |tone| style.paint(tone, &fitted));
                if slot.right {
                    write!(self.out, "{bar} {padding}{painted} ")?;
                } else {
                    write!(self.out, "{bar} {painted}{padding} ")?;
                }
            }
            writeln!(self.out, "{bar}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use swath::arrow::array::{ArrayRef, Int64Array, StringArray};

    use super::*;
    use crate::format::Format;
    use crate::format::tests::{sample, written};

    fn table(max_rows: usize) -> Format {
        Format::Table(Look { max_rows, ..Look::default() })
    }

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
        assert_eq!(written(&table(0), &[sample()]), expected.trim_start());
    }

    #[test]
    fn long_results_show_both_ends() {
        let batches: Vec<_> = (0..10).map(|_| sample()).collect();
        let table = written(&table(3), &batches);
        let numbers: Vec<&str> =
            table.lines().filter_map(|line| line.split('│').nth(2)).map(str::trim).collect();
        assert_eq!(numbers, ["n", "double", "1.5", "", "-20.0", "·", "NULL"]);
        assert!(table.ends_with("30 rows, 27 of them not shown (--max-rows 0 shows all)\n"));
    }

    fn fitted(columns: Vec<(&str, ArrayRef)>, width: usize) -> String {
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut out = Vec::new();
        let look = Look { width, ..Look::default() };
        let mut writer = TableWriter::new(batch.schema(), look, Instant::now());
        writer.write(&batch, &mut out).unwrap();
        writer.finish(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn wide_characters_and_long_cells_line_up() {
        let texts: ArrayRef =
            Arc::new(StringArray::from(vec!["日本語のとても長いテキスト", "👩‍👩‍👧 family", "short"]));
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 1_234_567_890, 3]));
        let expected = "
┌─────────────────┬────────────┐
│ t               │          n │
│ text            │     bigint │
├─────────────────┼────────────┤
│ 日本語のとても… │          1 │
│ 👩‍👩‍👧 family       │ 1234567890 │
│ short           │          3 │
└─────────────────┴────────────┘
3 rows, long cells shortened (--format line shows all)
";
        assert_eq!(fitted(vec![("t", texts), ("n", numbers)], 32), expected.trim_start());
    }

    #[test]
    fn columns_that_do_not_fit_are_told() {
        let names: Vec<String> = (0..30).map(|at| format!("column_{at}")).collect();
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let columns = names.iter().map(|name| (name.as_str(), Arc::clone(&numbers))).collect();
        let table = fitted(columns, 50);
        assert!(table.lines().all(|line| line.starts_with("1 row") || width(line) <= 50), "{table}");
        assert!(table.contains("│ column_0 │ column_1 │ … │ column_29 │"), "{table}");
        assert!(table.ends_with("1 row, 3 of 30 columns shown (--format line shows all)\n"), "{table}");
    }
}
