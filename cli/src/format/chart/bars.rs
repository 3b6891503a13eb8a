//! A bar for each row: a label and a number.

use std::io;

use swath::arrow::array::{Array, RecordBatch};

use super::scale::short;
use super::{Shape, numbers};
use crate::format::count_of_rows;
use crate::format::text::{Cells, is_null, shown};

/// The bars of the first rows.
pub struct Bars {
    /// Rows that are kept; 0 for all.
    most: usize,
    /// What stands for null.
    null: String,
    bars: Vec<Bar>,
    rows: usize,
}

/// A bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// What it is of.
    pub label: String,
    /// How long it is; finite.
    pub value: f64,
    /// What is written at its end.
    pub text: String,
}

impl Bars {
    /// Keeps so many rows; all if it is 0.
    pub fn new(most: usize, null: String) -> Self {
        Self { most, null, bars: Vec::new(), rows: 0 }
    }

    /// Takes in rows.
    pub fn take(&mut self, batch: &RecordBatch) -> io::Result<()> {
        let before = self.rows;
        self.rows += batch.num_rows();
        let room = if self.most == 0 { batch.num_rows() } else { self.most.saturating_sub(before) };
        let batch = batch.slice(0, room.min(batch.num_rows()));
        let mut cells = Cells::new(&batch)?;
        let values = numbers(batch.column(1))?;
        let exact = batch.column(1).data_type().is_integer();
        for row in 0..batch.num_rows() {
            let label = match is_null(batch.column(0), row) {
                true => self.null.clone(),
                false => shown(cells.text(0, row)?).replace('\n', " "),
            };
            let value = values.value(row);
            let text = match values.is_null(row) {
                true => self.null.clone(),
                false if exact => cells.text(1, row)?.to_owned(),
                false => short(value),
            };
            let value = if values.is_null(row) || !value.is_finite() { 0.0 } else { value };
            self.bars.push(Bar { label, value, text });
        }
        Ok(())
    }

    /// The bars, and what stands below them.
    pub fn finish(&mut self, all_rows: &str) -> (Shape, Vec<String>) {
        let mut parts = vec![count_of_rows(self.rows)];
        let left_out = self.rows - self.bars.len();
        if left_out > 0 {
            parts.push(format!("{left_out} of them not shown ({all_rows} shows all)"));
        }
        (Shape::Bars(std::mem::take(&mut self.bars)), parts)
    }
}
