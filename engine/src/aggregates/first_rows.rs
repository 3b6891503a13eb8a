//! A row of each group: the first or the last by an order, or as they come.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt32Array, new_null_array};
use arrow::compute::{cast, concat, interleave, take};
use arrow::datatypes::{DataType, Schema};
use arrow::row::{RowConverter, Rows, SortField};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use datafusion::physical_expr::PhysicalSortExpr;

use crate::pass::compact_column;

/// Which row of a group is wanted. Of equal ones it is the one that came first, but for the last without an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    First,
    Last,
}

/// For each group the value of one row, and what that is ordered by.
///
/// Rows that are the first of their group so far are copied behind those that were before. When more are behind than ahead of others,
/// those that are left are copied once more.
pub(super) struct FirstRows {
    ty: DataType,
    wanted: Wanted,
    skips_nulls: bool,
    order: Option<Order>,
    /// For each group, the place of its row among those that are kept; [`NONE`] if it has none.
    places: Vec<u32>,
    values: Values,
}

/// In the place of a row of a group that has none.
const NONE: u32 = u32::MAX;

/// Rows that are kept beside those of groups, at least, before they are copied.
const MOST_BEHIND: usize = 8192;

impl FirstRows {
    /// That of values of this type, in rows of this schema.
    pub(super) fn new(
        ty: &DataType,
        order: &[PhysicalSortExpr],
        schema: &Schema,
        wanted: Wanted,
        skips_nulls: bool,
    ) -> Result<Self> {
        let order = match order {
            [] => None,
            order => Some(Order::new(order, schema)?),
        };
        let (places, values) = (Vec::new(), Values::default());
        Ok(Self { ty: ty.clone(), wanted, skips_nulls, order, places, values })
    }

    /// Takes the rows that come before those of their groups: of values, and the columns that they are ordered by.
    fn add(
        &mut self,
        columns: &[ArrayRef],
        groups: &[usize],
        is_taken: Option<&BooleanArray>,
        group_count: usize,
    ) -> Result<()> {
        self.places.resize(group_count, NONE);
        let (values, keys) = columns.split_first().ok_or_else(no_values)?;
        let keys = self.order.as_ref().map(|order| order.rows_of(keys)).transpose()?;
        // Rows of the batch have the places behind those that are kept.
        let start = self.values.len;
        if start + groups.len() >= NONE as usize {
            return Err(DataFusionError::ResourcesExhausted("more than 2^31 groups".into()));
        }
        let nulls = if self.skips_nulls { values.logical_nulls() } else { None };
        for (row, group) in groups.iter().enumerate() {
            if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
                || is_taken.is_some_and(|is_taken| is_taken.is_null(row) || !is_taken.value(row))
            {
                continue;
            }
            let place = &mut self.places[*group];
            let comes_before = *place == NONE
                || match (&self.order, &keys) {
                    (Some(order), Some(keys)) => {
                        let other = match (*place as usize).checked_sub(start) {
                            None => order.kept.row(*place as usize),
                            Some(other) => keys.row(other),
                        };
                        match self.wanted {
                            Wanted::First => keys.row(row) < other,
                            Wanted::Last => keys.row(row) > other,
                        }
                    }
                    _ => self.wanted == Wanted::Last,
                };
            if comes_before {
                *place = (start + row) as u32;
            }
        }
        let mut taken = Vec::new();
        for (row, group) in groups.iter().enumerate() {
            let place = &mut self.places[*group];
            if *place as usize == start + row {
                // No greater than the place that any row behind this one has.
                *place = (start + taken.len()) as u32;
                taken.push(row as u32);
            }
        }
        if let (Some(order), Some(keys)) = (&mut self.order, keys) {
            taken.iter().for_each(|row| order.kept.push(keys.row(*row as usize)));
        }
        if !taken.is_empty() {
            self.values.push(take(values, &UInt32Array::from(taken), None)?)?;
        }
        self.forget_rows_behind()
    }

    /// Copies the rows of groups where they are fewer than others.
    fn forget_rows_behind(&mut self) -> Result<()> {
        match self.values.len > 2 * self.places.len() + MOST_BEHIND {
            true => self.copy_rows_of_groups(),
            false => Ok(()),
        }
    }

    fn copy_rows_of_groups(&mut self) -> Result<()> {
        let mut values = Values::default();
        for places in self.places.chunks(COPIED_ROWS) {
            let places: Vec<u32> = places.iter().copied().filter(|place| *place != NONE).collect();
            values.push(self.values.at(&places, &self.ty)?)?;
        }
        self.values = values;
        if let Some(order) = &mut self.order {
            let mut kept = order.converter.empty_rows(self.values.len, 0);
            let places = self.places.iter().filter(|place| **place != NONE);
            places.for_each(|place| kept.push(order.kept.row(*place as usize)));
            order.kept = kept;
        }
        let has_row = self.places.iter_mut().filter(|place| **place != NONE);
        has_row.enumerate().for_each(|(copy, place)| *place = copy as u32);
        Ok(())
    }

    /// The places of the rows of the first groups, which are forgotten.
    fn take_places(&mut self, emit_to: EmitTo) -> Vec<u32> {
        emit_to.take_needed(&mut self.places)
    }

    /// Gives back what no group needs.
    fn forget_taken_rows(&mut self) -> Result<()> {
        if !self.places.is_empty() {
            return self.forget_rows_behind();
        }
        self.values = Values::default();
        if let Some(order) = &mut self.order {
            order.kept = order.converter.empty_rows(0, 0);
        }
        Ok(())
    }
}

/// Rows that are copied at a time.
const COPIED_ROWS: usize = 8192;

fn no_values() -> DataFusionError {
    DataFusionError::Internal("a row of a group without a value".into())
}

/// What the rows that are kept are ordered by, as bytes that compare alike.
struct Order {
    converter: RowConverter,
    types: Vec<DataType>,
    kept: Rows,
}

impl Order {
    fn new(order: &[PhysicalSortExpr], schema: &Schema) -> Result<Self> {
        let types = order.iter().map(|by| by.expr.data_type(schema)).collect::<Result<Vec<_>>>()?;
        let fields =
            order.iter().zip(&types).map(|(by, ty)| SortField::new_with_options(ty.clone(), by.options));
        let converter = RowConverter::new(fields.collect())?;
        let kept = converter.empty_rows(0, 0);
        Ok(Self { converter, types, kept })
    }

    fn rows_of(&self, keys: &[ArrayRef]) -> Result<Rows> {
        Ok(self.converter.convert_columns(keys)?)
    }

    /// The columns of rows at these places, null where there is none.
    fn columns_at(&self, places: &[u32]) -> Result<Vec<ArrayRef>> {
        let nulls: Vec<ArrayRef> = self.types.iter().map(|ty| new_null_array(ty, 1)).collect();
        let null = self.rows_of(&nulls)?;
        let rows = places.iter().map(|place| match *place {
            NONE => null.row(0),
            place => self.kept.row(place as usize),
        });
        let columns = self.converter.convert_rows(rows)?;
        // Of values from a dictionary it gives the values.
        let columns = columns.iter().zip(&self.types).map(|(column, ty)| cast(column, ty));
        Ok(columns.collect::<std::result::Result<_, _>>()?)
    }
}

/// The values of the rows that are kept, in pieces.
#[derive(Default)]
struct Values {
    pieces: Vec<ArrayRef>,
    /// The place of the first value of each piece.
    starts: Vec<u32>,
    len: usize,
}

impl Values {
    /// Adds values, and nothing that they are a part of.
    fn push(&mut self, values: ArrayRef) -> Result<()> {
        let mut piece = compact_column(&values)?;
        // A batch of many brings a few groups: pieces double until they are of a good length.
        while let Some(last) = self.pieces.last()
            && last.len() <= piece.len()
            && last.len() + piece.len() <= COPIED_ROWS
        {
            piece = concat(&[last, &piece])?;
            self.pieces.pop();
            self.starts.pop();
        }
        self.starts.push((self.len + values.len() - piece.len()) as u32);
        self.len += values.len();
        self.pieces.push(piece);
        Ok(())
    }

    /// The values at these places, null where there is none.
    fn at(&self, places: &[u32], ty: &DataType) -> Result<ArrayRef> {
        let null = new_null_array(ty, 1);
        let mut pieces: Vec<&dyn Array> = self.pieces.iter().map(AsRef::as_ref).collect();
        pieces.push(&null);
        let indices = places.iter().map(|place| match *place {
            NONE => (self.pieces.len(), 0),
            place => {
                let piece = self.starts.partition_point(|start| *start <= place) - 1;
                (piece, (place - self.starts[piece]) as usize)
            }
        });
        Ok(interleave(&pieces, &indices.collect::<Vec<_>>())?)
    }

    fn size(&self) -> usize {
        let pieces: usize = self.pieces.iter().map(|piece| piece.get_array_memory_size()).sum();
        pieces + self.starts.capacity() * size_of::<u32>()
    }
}

impl GroupsAccumulator for FirstRows {
    fn update_batch(
        &mut self,
        columns: &[ArrayRef],
        groups: &[usize],
        condition: Option<&BooleanArray>,
        group_count: usize,
    ) -> Result<()> {
        self.add(columns, groups, condition, group_count)
    }

    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], group_count: usize) -> Result<()> {
        let (has_row, columns) = states.split_last().ok_or_else(no_values)?;
        self.add(columns, groups, Some(has_row.as_boolean()), group_count)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let places = self.take_places(emit_to);
        let values = self.values.at(&places, &self.ty)?;
        self.forget_taken_rows()?;
        Ok(values)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let places = self.take_places(emit_to);
        let mut columns = vec![self.values.at(&places, &self.ty)?];
        if let Some(order) = &self.order {
            columns.extend(order.columns_at(&places)?);
        }
        columns.push(Arc::new(places.iter().map(|place| Some(*place != NONE)).collect::<BooleanArray>()));
        self.forget_taken_rows()?;
        Ok(columns)
    }

    fn convert_to_state(
        &self,
        columns: &[ArrayRef],
        condition: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let columns_of_state = 1 + self.order.as_ref().map_or(0, |order| order.types.len());
        let mut states = columns[..columns_of_state].to_vec();
        let has_row = condition.cloned().unwrap_or_else(|| vec![true; states[0].len()].into());
        states.push(Arc::new(has_row));
        Ok(states)
    }

    fn size(&self) -> usize {
        let keys = self.order.as_ref().map_or(0, |order| order.kept.size() + order.converter.size());
        self.places.capacity() * size_of::<u32>() + self.values.size() + keys
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, StringViewArray};
    use arrow::compute::SortOptions;
    use arrow::datatypes::Field;
    use datafusion::physical_expr::expressions::Column;
    use proptest::prelude::*;

    use super::*;

    /// The group, the value, what it is ordered by, and whether it is taken.
    type Row = (usize, Option<u8>, Option<i64>, Option<bool>);

    #[derive(Debug, Clone, Copy)]
    struct Question {
        wanted: Wanted,
        skips_nulls: bool,
        order: Option<SortOptions>,
    }

    impl Question {
        fn accumulator(self) -> FirstRows {
            let by = |options| PhysicalSortExpr { expr: Arc::new(Column::new("key", 0)), options };
            let order: Vec<_> = self.order.map(by).into_iter().collect();
            let schema = Schema::new(vec![Field::new("key", DataType::Int64, true)]);
            FirstRows::new(&DataType::Utf8View, &order, &schema, self.wanted, self.skips_nulls).unwrap()
        }

        fn columns(self, rows: &[Row]) -> (Vec<ArrayRef>, Vec<usize>, BooleanArray) {
            let values: StringViewArray = rows.iter().map(|row| row.1.map(text)).collect();
            let mut columns: Vec<ArrayRef> = vec![Arc::new(values)];
            if self.order.is_some() {
                columns.push(Arc::new(rows.iter().map(|row| row.2).collect::<Int64Array>()));
            }
            (columns, rows.iter().map(|row| row.0).collect(), rows.iter().map(|row| row.3).collect())
        }

        /// What is expected of each group.
        fn oracle(self, rows: &[Row], groups: usize) -> Vec<Option<String>> {
            let of = |group| {
                let is_candidate = |row: &&Row| {
                    row.0 == group && row.3 == Some(true) && !(self.skips_nulls && row.1.is_none())
                };
                let mut best: Option<&Row> = None;
                for row in rows.iter().filter(is_candidate) {
                    let comes_before = best.is_none_or(|best| match (self.order, self.wanted) {
                        (None, wanted) => wanted == Wanted::Last,
                        (Some(options), Wanted::First) => rank(row.2, options) < rank(best.2, options),
                        (Some(options), Wanted::Last) => rank(row.2, options) > rank(best.2, options),
                    });
                    if comes_before {
                        best = Some(row);
                    }
                }
                best.and_then(|row| row.1).map(text)
            };
            (0..groups).map(of).collect()
        }
    }

    fn rank(key: Option<i64>, options: SortOptions) -> (bool, i64) {
        let sign = if options.descending { -1 } else { 1 };
        (key.is_none() != options.nulls_first, sign * key.unwrap_or(0))
    }

    /// Short ones, and those that no view holds.
    fn text(value: u8) -> String {
        if value < 8 { value.to_string() } else { format!("a text as long as number {value}") }
    }

    fn texts(column: &ArrayRef) -> Vec<Option<String>> {
        column.as_string_view().iter().map(|text| text.map(str::to_owned)).collect()
    }

    const GROUPS: usize = 6;

    fn rows() -> impl Strategy<Value = Vec<Vec<Row>>> {
        let value = prop::option::of(0_u8..16);
        let is_taken = prop::sample::select(vec![Some(true), Some(true), Some(false), None]);
        let row = (0..GROUPS, value, prop::option::of(-2_i64..3), is_taken);
        prop::collection::vec(prop::collection::vec(row, 0..12), 1..6)
    }

    fn question() -> impl Strategy<Value = Question> {
        let order = (any::<bool>(), any::<bool>())
            .prop_map(|(descending, nulls_first)| SortOptions { descending, nulls_first });
        let wanted = prop::sample::select(vec![Wanted::First, Wanted::Last]);
        (wanted, any::<bool>(), prop::option::of(order)).prop_map(|(wanted, skips_nulls, order)| Question {
            wanted,
            skips_nulls,
            order,
        })
    }

    proptest! {
        #[test]
        fn rows_are_those_that_an_oracle_finds(batches in rows(), question in question(), first in 0..=GROUPS) {
            let mut rows = question.accumulator();
            for batch in &batches {
                let (columns, groups, is_taken) = question.columns(batch);
                rows.update_batch(&columns, &groups, Some(&is_taken), GROUPS).unwrap();
                rows.copy_rows_of_groups().unwrap();
            }
            let mut found = texts(&rows.evaluate(EmitTo::First(first)).unwrap());
            found.extend(texts(&rows.evaluate(EmitTo::All).unwrap()));
            prop_assert_eq!(found, question.oracle(&batches.concat(), GROUPS));
        }

        #[test]
        fn states_make_what_rows_make(batches in rows(), question in question(), first in 0..=GROUPS) {
            let mut merged = question.accumulator();
            for (number, batch) in batches.iter().enumerate() {
                let (columns, groups, is_taken) = question.columns(batch);
                let mut part = question.accumulator();
                if number % 2 == 0 {
                    let states = part.convert_to_state(&columns, Some(&is_taken)).unwrap();
                    merged.merge_batch(&states, &groups, GROUPS).unwrap();
                    continue;
                }
                part.update_batch(&columns, &groups, Some(&is_taken), GROUPS).unwrap();
                let states = part.state(EmitTo::First(first)).unwrap();
                merged.merge_batch(&states, &(0..first).collect::<Vec<_>>(), GROUPS).unwrap();
                let states = part.state(EmitTo::All).unwrap();
                merged.merge_batch(&states, &(first..GROUPS).collect::<Vec<_>>(), GROUPS).unwrap();
            }
            let found = texts(&merged.evaluate(EmitTo::All).unwrap());
            prop_assert_eq!(found, question.oracle(&batches.concat(), GROUPS));
        }
    }

    #[test]
    fn memory_is_that_of_the_rows_of_groups() {
        let question = Question { wanted: Wanted::Last, skips_nulls: false, order: None };
        let mut rows = question.accumulator();
        let groups: Vec<usize> = (0..8192).collect();
        let mut most = 0;
        for round in 0..50 {
            let texts = groups.iter().map(|group| format!("the text of group {group} in round {round}"));
            let values: ArrayRef = Arc::new(StringViewArray::from_iter_values(texts));
            rows.update_batch(&[values], &groups, None, 8192).unwrap();
            most = most.max(rows.size());
        }
        assert!(most < 8192 * 64 * 4, "{most} bytes");
        rows.evaluate(EmitTo::All).unwrap();
        assert!(rows.size() < 4096, "{} bytes", rows.size());
    }
}
