//! The least or greatest of lists or structs, as they are sorted: a null in one is more than any other value in its place.

use std::collections::VecDeque;

use arrow::array::{Array, ArrayRef};
use arrow::compute::{SortOptions, cast};
use arrow::datatypes::DataType;
use arrow::row::{OwnedRow, Row, RowConverter, SortField};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::Accumulator;

/// The extreme of all rows, or of those in a frame that slides over them.
#[derive(Debug)]
pub(super) struct NestedExtreme {
    ty: DataType,
    is_max: bool,
    slides: bool,
    converter: RowConverter,
    /// The extreme, and behind it, in a frame that slides, those that may come to be it when it is gone, with the numbers of their rows.
    candidates: VecDeque<(usize, OwnedRow)>,
    /// How many rows have come, and how many of them are gone.
    come: usize,
    gone: usize,
}

impl NestedExtreme {
    /// Whether values of a type are nested, and known to be sorted.
    pub(super) fn takes(ty: &DataType) -> bool {
        ty.is_nested() && RowConverter::supports_fields(&[sorted(ty)])
    }

    pub(super) fn new(ty: &DataType, is_max: bool, slides: bool) -> Result<Self> {
        Ok(Self {
            ty: ty.clone(),
            is_max,
            slides,
            converter: RowConverter::new(vec![sorted(ty)])?,
            candidates: VecDeque::new(),
            come: 0,
            gone: 0,
        })
    }

    fn is_better(&self, old: &OwnedRow, new: Row<'_>) -> bool {
        if self.is_max { new > old.row() } else { new < old.row() }
    }
}

fn sorted(ty: &DataType) -> SortField {
    SortField::new_with_options(ty.clone(), SortOptions { descending: false, nulls_first: false })
}

impl Accumulator for NestedExtreme {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let rows = self.converter.convert_columns(&values[..1])?;
        for (row, new) in rows.iter().enumerate().filter(|(row, _)| values[0].is_valid(*row)) {
            while self.candidates.back().is_some_and(|(_, old)| self.is_better(old, new)) {
                self.candidates.pop_back();
            }
            if self.slides || self.candidates.is_empty() {
                self.candidates.push_back((self.come + row, new.owned()));
            }
        }
        self.come += rows.num_rows();
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.gone += values[0].len();
        while self.candidates.front().is_some_and(|(row, _)| *row < self.gone) {
            self.candidates.pop_front();
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        self.slides
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let Some((_, extreme)) = self.candidates.front() else { return ScalarValue::try_from(&self.ty) };
        let values = self.converter.convert_rows([extreme.row()])?;
        ScalarValue::try_from_array(&cast(&values[0], &self.ty)?, 0)
    }

    fn size(&self) -> usize {
        let rows: usize = self.candidates.iter().map(|(_, row)| size_of_val(row) + row.as_ref().len()).sum();
        size_of_val(self) + self.converter.size() + rows
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }
}
