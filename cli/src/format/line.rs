//! A column a line, for rows that are too wide for a table.

use std::io::{self, Write};
use std::time::Instant;

use swath::arrow::array::RecordBatch;
use swath::arrow::datatypes::SchemaRef;

use super::text::{Cells, is_null, shown, width};
use super::{Look, ResultWriter, count_of_rows, seconds};
use crate::style::Tone;

/// Writes `name = value` lines, rows apart.
pub struct LineWriter {
    names: Vec<String>,
    look: Look,
    began: Instant,
    rows: usize,
}

impl LineWriter {
    /// A writer for a result that was asked for at this time.
    pub fn new(schema: &SchemaRef, look: Look, began: Instant) -> Self {
        let names = schema.fields().iter().map(|field| shown(field.name()).replace('\n', " ")).collect();
        Self { names, look, began, rows: 0 }
    }
}

impl ResultWriter for LineWriter {
    fn start(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        let mut cells = Cells::new(batch)?;
        let widest = self.names.iter().map(|name| width(name)).max().unwrap_or(0);
        let style = self.look.style;
        for row in 0..batch.num_rows() {
            self.rows += 1;
            if self.look.max_rows > 0 && self.rows > self.look.max_rows {
                continue;
            }
            writeln!(out, "{}", style.paint(Tone::Dim, &format!("── row {}", self.rows)))?;
            for (index, name) in self.names.iter().enumerate() {
                let padding = " ".repeat(widest - width(name));
                let value = match is_null(batch.column(index), row) {
                    true => style.paint(Tone::Dim, &self.look.null),
                    // Further lines of a value stand below its first.
                    false => {
                        shown(cells.text(index, row)?).replace('\n', &format!("\n{}", " ".repeat(widest + 3)))
                    }
                };
                writeln!(out, "{padding}{} = {value}", style.paint(Tone::Bold, name))?;
            }
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let mut footer = count_of_rows(self.rows);
        if self.look.max_rows > 0 && self.rows > self.look.max_rows {
            let left_out = self.rows - self.look.max_rows;
            footer.push_str(&format!(", {left_out} of them not shown ({} shows all)", self.look.all_rows()));
        }
        if self.look.timer {
            footer.push_str(&format!(" in {}", seconds(self.began.elapsed())));
        }
        writeln!(out, "{}", self.look.style.paint(Tone::Dim, &footer))
    }
}

#[cfg(test)]
mod tests {
    use crate::format::tests::{sample, written};
    use crate::format::{Format, Look};

    #[test]
    fn names_line_up_on_the_right() {
        let look = Look { max_rows: 2, ..Look::default() };
        assert_eq!(
            written(&Format::Line(look), &[sample()]),
            "── row 1\nte|xt = a,\"b\"\n        c|\n    n = 1.5\n── row 2\nte|xt = NULL\n    n = -20.0\n\
             3 rows, 1 of them not shown (--max-rows 0 shows all)\n"
        );
    }
}
