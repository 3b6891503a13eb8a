//! `mode(x)` of groups: how often each value is there, in one table for all of them.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, UInt32Array, make_comparator};
use arrow::compute::{SortOptions, filter, not, take};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::error::Result;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};

use super::values_of_groups::{Pairs, ValuesOfGroups, counted, list_a_row, lists, unlisted};

/// How often each value of each group is there.
pub(super) struct CountsOfValues {
    values: ValuesOfGroups,
    /// That of each pair of a group and a value, by its number.
    counts: Vec<i64>,
    groups: usize,
}

impl CountsOfValues {
    pub(super) fn new(ty: &DataType) -> Result<Self> {
        Ok(Self { values: ValuesOfGroups::new(ty)?, counts: Vec::new(), groups: 0 })
    }

    /// Adds values that are there so often.
    fn add(
        &mut self,
        groups: UInt32Array,
        values: ArrayRef,
        counts: impl Iterator<Item = i64>,
    ) -> Result<()> {
        self.values.add(groups, values)?;
        self.counts.resize(self.values.len(), 0);
        for (number, count) in self.values.numbers().iter().zip(counts) {
            self.counts[*number] += count;
        }
        Ok(())
    }

    /// The values of the first groups, how often each is there, and how many groups these are. The others stay.
    fn take(&mut self, emit_to: EmitTo) -> Result<(Pairs, Int64Array, usize)> {
        let pairs = self.values.take_all()?;
        let counts = Int64Array::from(std::mem::take(&mut self.counts));
        let EmitTo::First(first) = emit_to else {
            return Ok((pairs, counts, std::mem::take(&mut self.groups)));
        };
        self.groups -= first;
        let of = |pairs: &BooleanArray| {
            filter(&counts, pairs).map(|counts| counts.as_primitive::<Int64Type>().clone())
        };
        let are_taken = pairs.are_before(first);
        let stay = not(&are_taken)?;
        let rest = pairs.filtered(&stay, first)?;
        self.add(rest.groups, rest.values, of(&stay)?.values().iter().copied())?;
        Ok((pairs.filtered(&are_taken, 0)?, of(&are_taken)?, first))
    }
}

impl GroupsAccumulator for CountsOfValues {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        condition: Option<&BooleanArray>,
        group_count: usize,
    ) -> Result<()> {
        self.groups = group_count;
        let (groups, values) = counted(groups, &values[0], condition)?;
        self.add(groups, values, std::iter::repeat(1))
    }

    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], group_count: usize) -> Result<()> {
        self.groups = group_count;
        let (values, counts) = (states[0].as_list::<i32>(), states[1].as_list::<i32>());
        let (of_values, values) = unlisted(groups, values)?;
        let (_, counts) = unlisted(groups, counts)?;
        self.add(of_values, values, counts.as_primitive::<Int64Type>().values().iter().copied())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let (Pairs { groups, values }, counts, group_count) = self.take(emit_to)?;
        let compare = make_comparator(&values, &values, SortOptions::default())?;
        let mut best: Vec<Option<u32>> = vec![None; group_count];
        for (pair, group) in groups.values().iter().enumerate() {
            let best = &mut best[*group as usize];
            let is_better = best.is_none_or(|best| {
                let other = best as usize;
                let by_count = counts.value(pair).cmp(&counts.value(other));
                by_count.then_with(|| compare(other, pair)).is_gt()
            });
            if is_better {
                *best = Some(pair as u32);
            }
        }
        Ok(take(&values, &UInt32Array::from(best), None)?)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let (pairs, counts, group_count) = self.take(emit_to)?;
        let lens = pairs.lens(group_count);
        let order = pairs.by_group(&lens);
        let listed = |values: &dyn Array| lists(lens.iter().copied(), take(values, &order, None)?);
        Ok(vec![listed(&pairs.values)?, listed(&counts)?])
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        condition: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let values = list_a_row(&values[0], condition)?;
        let lens = values.as_list::<i32>().offsets().lengths();
        let ones: ArrayRef = Arc::new(Int64Array::from(vec![1; values.as_list::<i32>().values().len()]));
        Ok(vec![Arc::clone(&values), lists(lens, ones)?])
    }

    fn size(&self) -> usize {
        self.values.size() + self.counts.capacity() * size_of::<i64>()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use arrow::array::StringViewArray;
    use proptest::prelude::*;

    use super::*;

    const GROUPS: usize = 5;

    /// The group, the value, and whether it counts.
    type Row = (usize, Option<u8>, Option<bool>);

    fn columns(rows: &[Row]) -> (ArrayRef, Vec<usize>, BooleanArray) {
        let values: StringViewArray = rows.iter().map(|row| row.1.map(text)).collect();
        (Arc::new(values), rows.iter().map(|row| row.0).collect(), rows.iter().map(|row| row.2).collect())
    }

    /// Short ones, and those that no view holds.
    fn text(value: u8) -> String {
        if value < 3 { value.to_string() } else { format!("a text as long as number {value}") }
    }

    fn oracle(rows: &[Row]) -> Vec<Option<String>> {
        let of = |group| {
            let mut counts: BTreeMap<String, i64> = BTreeMap::new();
            let counted = rows.iter().filter(|row| row.0 == group && row.2 == Some(true));
            counted.filter_map(|row| row.1).for_each(|value| *counts.entry(text(value)).or_default() += 1);
            let best = counts.values().max().copied();
            counts.into_iter().find(|(_, count)| Some(*count) == best).map(|(value, _)| value)
        };
        (0..GROUPS).map(of).collect()
    }

    fn texts(column: &ArrayRef) -> Vec<Option<String>> {
        column.as_string_view().iter().map(|text| text.map(str::to_owned)).collect()
    }

    proptest! {
        /// However rows come, directly, as states of other accumulators or as rows that were made states.
        #[test]
        fn the_most_frequent_values_are_those_of_an_oracle(
            rows in prop::collection::vec(
                (0..GROUPS, prop::option::of(0_u8..6), prop::sample::select(vec![Some(true), Some(false), None])), 0..100),
            ways in prop::collection::vec(0..3, 1..6),
            first in 0..=GROUPS,
        ) {
            let new = || CountsOfValues::new(&DataType::Utf8View).unwrap();
            let mut whole = new();
            whole.update_batch(&[Arc::new(StringViewArray::new_null(0))], &[], None, GROUPS).unwrap();
            for (part, way) in rows.chunks(rows.len() / ways.len() + 1).zip(ways) {
                let (values, groups, condition) = columns(part);
                match way {
                    0 => whole.update_batch(&[values], &groups, Some(&condition), GROUPS).unwrap(),
                    1 => {
                        let states = whole.convert_to_state(&[values], Some(&condition)).unwrap();
                        whole.merge_batch(&states, &groups, GROUPS).unwrap();
                    }
                    _ => {
                        let mut other = new();
                        other.update_batch(&[values], &groups, Some(&condition), GROUPS).unwrap();
                        let states = other.state(EmitTo::First(first)).unwrap();
                        whole.merge_batch(&states, &(0..first).collect::<Vec<_>>(), GROUPS).unwrap();
                        let states = other.state(EmitTo::All).unwrap();
                        whole.merge_batch(&states, &(first..GROUPS).collect::<Vec<_>>(), GROUPS).unwrap();
                    }
                }
            }
            let mut found = texts(&whole.evaluate(EmitTo::First(first)).unwrap());
            found.extend(texts(&whole.evaluate(EmitTo::All).unwrap()));
            prop_assert_eq!(found, oracle(&rows));
        }
    }
}
