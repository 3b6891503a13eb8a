//! `count(DISTINCT x)` of groups.
//!
//! The relational core keeps a set of values for each group, and of text a table with room for 512 of them: 20 KB a
//! group, which are not counted. 50 000 groups took 1 GB beside a limit of 40 MB. Here all groups share a table
//! ([`ValuesOfGroups`]). The core does the same for integers.
//!
//! Where groups have many values each, the rows that would go to disk are as large as the table itself, and reading
//! them back takes as much memory again. Then the query is refused, and begun once more in a way in which values are
//! groups ([`split_distinct`](swath_planner::split_distinct)).

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Int64Array, UInt32Array};
use arrow::compute::{not, take};
use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::functions_aggregate::count::Count;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Documentation, EmitTo, GroupsAccumulator, ReversedUDAF,
    SetMonotonicity, Signature, StatisticsArgs,
};

use super::values_of_groups::{Pairs, ValuesOfGroups, counted, list_a_row, lists, unlisted};
use super::{SessionMemory, like_the_core};

/// The count of the relational core, but for that of different values of groups, in a session with this memory.
pub(super) fn count(memory: &SessionMemory) -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::from(CountByGroup { core: Count::new(), memory: memory.clone() }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct CountByGroup {
    core: Count,
    memory: SessionMemory,
}

/// Whether different values of groups are counted, of a kind that can be.
fn counts_values(args: &AccumulatorArgs<'_>) -> bool {
    let is_left_to_the_core = |field: &FieldRef| {
        field.data_type().is_integer() || matches!(field.data_type(), DataType::Dictionary(..))
    };
    args.is_distinct && args.exprs.len() == 1 && !is_left_to_the_core(&args.expr_fields[0])
}

impl AggregateUDFImpl for CountByGroup {
    like_the_core!();

    fn is_nullable(&self) -> bool {
        self.core.is_nullable()
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        self.core.state_fields(args)
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        self.core.accumulator(args)
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        counts_values(&args) || self.core.groups_accumulator_supported(args)
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        match counts_values(&args) {
            true => Ok(Box::new(Counts::new(args.expr_fields[0].data_type(), &self.memory)?)),
            false => self.core.create_groups_accumulator(args),
        }
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        self.core.create_sliding_accumulator(args)
    }

    fn default_value(&self, ty: &DataType) -> Result<ScalarValue> {
        self.core.default_value(ty)
    }

    fn value_from_stats(&self, args: &StatisticsArgs<'_>) -> Option<ScalarValue> {
        self.core.value_from_stats(args)
    }
}

/// How many different values each group has.
struct Counts {
    memory: SessionMemory,
    values: ValuesOfGroups,
    counts: Vec<i64>,
    /// Whether values come from other tables: what is given is for the disk then, and has to be merged again.
    merges: bool,
}

impl Counts {
    fn new(ty: &DataType, memory: &SessionMemory) -> Result<Self> {
        let values = ValuesOfGroups::new(ty)?;
        Ok(Self { memory: memory.clone(), values, counts: Vec::new(), merges: false })
    }

    /// Refuses to make rows of groups with many values each where they are much, or if they are to be merged: whoever
    /// merges runs has a batch of each in memory, and with it all that such groups have.
    fn refuse_wide_rows(&self) -> Result<()> {
        let values_a_group = self.values.len() / self.counts.len().max(1);
        let is_wide = match self.merges {
            true => values_a_group > MANY_VALUES,
            false => {
                values_a_group > MANY_EXCHANGED_VALUES
                    && self.memory.is_less_than(self.size(), EXCHANGED_PARTS)
            }
        };
        if is_wide {
            let message = format!("count(DISTINCT) has {values_a_group} values in each group");
            return Err(DataFusionError::ResourcesExhausted(message));
        }
        Ok(())
    }

    /// Adds values, none of them null, each to its group.
    fn add(&mut self, groups: UInt32Array, values: ArrayRef, group_count: usize) -> Result<()> {
        self.counts.resize(group_count, 0);
        let known = self.values.len();
        self.values.add(groups.clone(), values)?;
        let mut is_counted = vec![false; self.values.len() - known];
        for (group, number) in groups.values().iter().zip(self.values.numbers()) {
            if let Some(new) = number.checked_sub(known)
                && !std::mem::replace(&mut is_counted[new], true)
            {
                self.counts[*group as usize] += 1;
            }
        }
        Ok(())
    }

    /// Takes the pairs of the first groups out.
    fn take(&mut self, emit_to: EmitTo) -> Result<Pairs> {
        let pairs = self.values.take_all()?;
        let EmitTo::First(first) = emit_to else { return Ok(pairs) };
        let are_taken = pairs.are_before(first);
        let rest = pairs.filtered(&not(&are_taken)?, first)?;
        self.values.add(rest.groups, rest.values)?;
        pairs.filtered(&are_taken, 0)
    }
}

/// More values than this make a row of a group too wide to go to disk and come back.
const MANY_VALUES: usize = 1024;

/// And more than these too wide to be exchanged between threads, where 8192 rows are collected, which are not counted.
const MANY_EXCHANGED_VALUES: usize = 64;

/// Where there are as many as take this part of the memory, one in 64: there may be several such aggregates.
const EXCHANGED_PARTS: usize = 64;

impl GroupsAccumulator for Counts {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        condition: Option<&BooleanArray>,
        group_count: usize,
    ) -> Result<()> {
        let (groups, values) = counted(group_indices, &values[0], condition)?;
        self.add(groups, values, group_count)
    }

    fn merge_batch(
        &mut self,
        states: &[ArrayRef],
        group_indices: &[usize],
        group_count: usize,
    ) -> Result<()> {
        self.merges = true;
        let (groups, values) = unlisted(group_indices, states[0].as_list::<i32>())?;
        self.add(groups, values, group_count)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        drop(self.take(emit_to)?);
        Ok(Arc::new(Int64Array::from(emit_to.take_needed(&mut self.counts))))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        self.refuse_wide_rows()?;
        let pairs = self.take(emit_to)?;
        let counts = emit_to.take_needed(&mut self.counts);
        let lens: Vec<usize> = counts.into_iter().map(|count| count as usize).collect();
        let values = take(&pairs.values, &pairs.by_group(&lens), None)?;
        Ok(vec![lists(lens.into_iter(), values)?])
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        condition: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        Ok(vec![list_a_row(&values[0], condition)?])
    }

    fn size(&self) -> usize {
        self.values.size() + self.counts.capacity() * size_of::<i64>()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use arrow::array::StringViewArray;
    use proptest::prelude::*;

    use super::*;
    use crate::budget::Budget;

    fn memory(limit_bytes: usize) -> SessionMemory {
        SessionMemory(Arc::new(Budget::new(limit_bytes)))
    }

    fn empty(ty: &DataType) -> Counts {
        Counts::new(ty, &memory(1 << 30)).unwrap()
    }

    fn texts(values: &[Option<&str>]) -> ArrayRef {
        Arc::new(StringViewArray::from(values.to_vec()))
    }

    fn counts(array: &ArrayRef) -> Vec<i64> {
        array.as_any().downcast_ref::<Int64Array>().unwrap().values().to_vec()
    }

    #[test]
    fn the_first_groups_leave_and_the_others_stay() {
        let mut distinct = empty(&DataType::Utf8View);
        let values =
            texts(&[Some("a"), Some("b"), None, Some("a"), Some("a long text that is no view"), Some("b")]);
        distinct.update_batch(&[values], &[0, 0, 0, 1, 2, 2], None, 3).unwrap();
        assert_eq!(counts(&distinct.evaluate(EmitTo::First(1)).unwrap()), [2]);
        let again = texts(&[Some("a"), Some("a long text that is no view"), Some("c")]);
        distinct.update_batch(&[again], &[0, 1, 1], None, 2).unwrap();
        assert_eq!(counts(&distinct.evaluate(EmitTo::All).unwrap()), [1, 3]);
    }

    #[test]
    fn memory_is_counted_and_given_back() {
        let mut distinct = empty(&DataType::Utf8View);
        let groups: Vec<usize> = (0..8192).collect();
        let text = |group: &usize| format!("a value of the group {group}");
        let values: ArrayRef = Arc::new(StringViewArray::from_iter_values(groups.iter().map(text)));
        distinct.update_batch(&[values], &groups, None, 8192).unwrap();
        let bytes_a_group = distinct.size() / 8192;
        assert!((40..400).contains(&bytes_a_group), "{bytes_a_group}");
        assert_eq!(distinct.state(EmitTo::All).unwrap()[0].len(), 8192);
        assert!(distinct.size() < 100_000, "{}", distinct.size());
    }

    #[test]
    fn many_values_of_a_group_make_no_row_where_they_are_much() {
        let values: ArrayRef = Arc::new(Int64Array::from_iter_values(0..5000));
        let state = |limit_bytes| {
            let mut distinct = Counts::new(&DataType::Int64, &memory(limit_bytes)).unwrap();
            distinct.update_batch(&[Arc::clone(&values)], &[0; 5000], None, 1).unwrap();
            distinct.state(EmitTo::All)
        };
        assert_eq!(state(1 << 30).unwrap()[0].len(), 1);
        let error = state(1 << 20).unwrap_err();
        assert!(matches!(error, DataFusionError::ResourcesExhausted(_)), "{error}");
    }

    #[test]
    fn many_values_that_were_merged_make_no_row() {
        let mut first = empty(&DataType::Int64);
        first.update_batch(&[Arc::new(Int64Array::from_iter_values(0..5000))], &[0; 5000], None, 1).unwrap();
        let mut merged = empty(&DataType::Int64);
        merged.merge_batch(&first.state(EmitTo::All).unwrap(), &[0], 1).unwrap();
        let error = merged.state(EmitTo::All).unwrap_err();
        assert!(matches!(error, DataFusionError::ResourcesExhausted(_)), "{error}");
        assert_eq!(counts(&merged.evaluate(EmitTo::All).unwrap()), [5000]);
    }

    proptest! {
        /// However rows come, directly, as states of other accumulators or as rows that were made states.
        #[test]
        fn values_are_told_apart(
            rows in prop::collection::vec((0_usize..5, prop::option::of(0_i64..6), any::<bool>()), 0..200),
            ways in prop::collection::vec(0..3, 1..6),
        ) {
            let mut expected: BTreeMap<usize, HashSet<i64>> = (0..5).map(|group| (group, HashSet::new())).collect();
            for (group, value, wanted) in &rows {
                expected.get_mut(group).unwrap().extend(value.filter(|_| *wanted));
            }
            let mut whole = empty(&DataType::Int64);
            for (part, way) in rows.chunks(rows.len() / ways.len() + 1).zip(ways) {
                let values: ArrayRef = Arc::new(Int64Array::from_iter(part.iter().map(|row| row.1)));
                let wanted = BooleanArray::from_iter(part.iter().map(|row| Some(row.2)));
                let groups: Vec<usize> = part.iter().map(|row| row.0).collect();
                match way {
                    0 => whole.update_batch(&[values], &groups, Some(&wanted), 5).unwrap(),
                    1 => {
                        let state = whole.convert_to_state(&[values], Some(&wanted)).unwrap();
                        whole.merge_batch(&state, &groups, 5).unwrap();
                    }
                    _ => {
                        let mut other = empty(&DataType::Int64);
                        other.update_batch(&[values], &groups, Some(&wanted), 5).unwrap();
                        let first = other.state(EmitTo::First(2)).unwrap();
                        whole.merge_batch(&first, &[0, 1], 5).unwrap();
                        let rest = other.state(EmitTo::All).unwrap();
                        whole.merge_batch(&rest, &[2, 3, 4], 5).unwrap();
                    }
                }
            }
            whole.counts.resize(5, 0);
            let expected: Vec<i64> = expected.values().map(|values| values.len() as i64).collect();
            prop_assert_eq!(counts(&whole.evaluate(EmitTo::All).unwrap()), expected);
        }
    }
}
