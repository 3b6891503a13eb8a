//! The different values of groups, in one table of (group, value): the same that `GROUP BY group, value` uses.
//!
//! A set of values for each group takes hundreds of bytes a group, which nobody counts. What the table takes is counted, given back when
//! its groups go to disk, and depends on the values alone.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, ListArray, UInt32Array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{and, filter, is_not_null, prep_null_mask_filter};
use arrow::datatypes::{DataType, Field, Schema, UInt32Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::EmitTo;
use datafusion::physical_plan::aggregates::group_values::{GroupValues, new_group_values};
use datafusion::physical_plan::aggregates::order::GroupOrdering;

/// The table. Each pair of a group and a value has a number, from 0 on.
pub(super) struct ValuesOfGroups {
    ty: DataType,
    table: Box<dyn GroupValues>,
    /// The numbers of the pairs of a batch, kept for the next one.
    numbers: Vec<usize>,
}

/// Pairs, unordered.
pub(super) struct Pairs {
    pub(super) groups: UInt32Array,
    pub(super) values: ArrayRef,
}

impl ValuesOfGroups {
    pub(super) fn new(ty: &DataType) -> Result<Self> {
        Ok(Self { ty: ty.clone(), table: table(ty)?, numbers: Vec::new() })
    }

    /// How many pairs there are.
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    /// Adds values, none of them null, each to its group.
    pub(super) fn add(&mut self, groups: UInt32Array, values: ArrayRef) -> Result<()> {
        self.table.intern(&[Arc::new(groups), values], &mut self.numbers)
    }

    /// The numbers of the pairs that were added at last.
    pub(super) fn numbers(&self) -> &[usize] {
        &self.numbers
    }

    /// Takes all pairs out.
    pub(super) fn take_all(&mut self) -> Result<Pairs> {
        // An empty table in place of an emptied one, which would keep its room.
        let mut full = std::mem::replace(&mut self.table, table(&self.ty)?);
        let mut columns = full.emit(EmitTo::All)?.into_iter();
        match (columns.next(), columns.next()) {
            (Some(groups), Some(values)) => {
                Ok(Pairs { groups: groups.as_primitive::<UInt32Type>().clone(), values })
            }
            _ => Err(DataFusionError::Internal("a table of pairs has other columns".into())),
        }
    }

    pub(super) fn size(&self) -> usize {
        self.table.size() + self.numbers.capacity() * size_of::<usize>()
    }
}

/// An empty table of pairs.
fn table(ty: &DataType) -> Result<Box<dyn GroupValues>> {
    let group = Field::new("group", DataType::UInt32, false);
    let schema = Schema::new(vec![group, Field::new("value", ty.clone(), true)]);
    new_group_values(Arc::new(schema), &GroupOrdering::None)
}

impl Pairs {
    /// Which pairs are of the first groups.
    pub(super) fn are_before(&self, group: usize) -> BooleanArray {
        let group = u32::try_from(group).unwrap_or(u32::MAX);
        BooleanArray::from_unary(&self.groups, |other| other < group)
    }

    /// Some of the pairs, of groups that are numbered from this one on.
    pub(super) fn filtered(&self, are_wanted: &BooleanArray, from_group: usize) -> Result<Self> {
        let from = u32::try_from(from_group).unwrap_or(u32::MAX);
        let groups = filtered(&self.groups, are_wanted)?.unary(|group| group - from);
        Ok(Self { groups, values: filter(&self.values, are_wanted)? })
    }

    /// How many pairs each of so many groups has.
    pub(super) fn lens(&self, groups: usize) -> Vec<usize> {
        let mut lens = vec![0; groups];
        self.groups.values().iter().for_each(|group| lens[*group as usize] += 1);
        lens
    }

    /// The places of the pairs of one group after the other, which have so many each.
    pub(super) fn by_group(&self, lens: &[usize]) -> UInt32Array {
        let mut ends = Vec::with_capacity(lens.len());
        let mut end = 0;
        for len in lens {
            ends.push(end);
            end += *len as u32;
        }
        let mut order = vec![0_u32; self.groups.len()];
        for (row, group) in self.groups.values().iter().enumerate() {
            let place = &mut ends[*group as usize];
            order[*place as usize] = row as u32;
            *place += 1;
        }
        order.into()
    }
}

/// Numbers of groups as they are kept.
pub(super) fn numbers_of(groups: impl Iterator<Item = usize>) -> Result<UInt32Array> {
    let number = |group| {
        u32::try_from(group).map_err(|_| DataFusionError::ResourcesExhausted("more than 2^32 groups".into()))
    };
    groups.map(number).collect::<Result<Vec<u32>>>().map(UInt32Array::from)
}

/// The groups and the values of rows that a filter lets through, if there is one, and that have a value.
pub(super) fn counted(
    groups: &[usize],
    values: &ArrayRef,
    condition: Option<&BooleanArray>,
) -> Result<(UInt32Array, ArrayRef)> {
    let groups = numbers_of(groups.iter().copied())?;
    Ok(match counted_rows(values, condition)? {
        None => (groups, Arc::clone(values)),
        Some(rows) => (filtered(&groups, &rows)?, filter(values, &rows)?),
    })
}

/// Which rows count: those that a filter lets through, if there is one, with a value. None if all do.
fn counted_rows(values: &ArrayRef, condition: Option<&BooleanArray>) -> Result<Option<BooleanArray>> {
    let condition = condition.map(|condition| match condition.null_count() {
        0 => condition.clone(),
        _ => prep_null_mask_filter(condition),
    });
    let has_value = (values.logical_null_count() > 0).then(|| is_not_null(values)).transpose()?;
    Ok(match (condition, has_value) {
        (Some(condition), Some(has_value)) => Some(and(&condition, &has_value)?),
        (condition, has_value) => condition.or(has_value),
    })
}

/// For each row that counts a list with its value, and for others an empty one.
pub(super) fn list_a_row(values: &ArrayRef, condition: Option<&BooleanArray>) -> Result<ArrayRef> {
    match counted_rows(values, condition)? {
        None => lists(std::iter::repeat_n(1, values.len()), Arc::clone(values)),
        Some(rows) => lists(rows.values().iter().map(usize::from), filter(values, &rows)?),
    }
}

/// The groups of the values of lists, of which each group has one, and the values.
pub(super) fn unlisted(groups: &[usize], lists: &ListArray) -> Result<(UInt32Array, ArrayRef)> {
    let offsets = lists.offsets();
    let (start, end) = (offsets[0] as usize, offsets[lists.len()] as usize);
    let groups =
        groups.iter().zip(offsets.lengths()).flat_map(|(group, len)| std::iter::repeat_n(*group, len));
    Ok((numbers_of(groups)?, lists.values().slice(start, end - start)))
}

/// A list of so many values for each row.
pub(super) fn lists(lens: impl Iterator<Item = usize>, values: ArrayRef) -> Result<ArrayRef> {
    if i32::try_from(values.len()).is_err() {
        let message = "more than 2^31 different values in a partition".to_owned();
        return Err(DataFusionError::ResourcesExhausted(message));
    }
    let field = Arc::new(Field::new_list_field(values.data_type().clone(), true));
    Ok(Arc::new(ListArray::try_new(field, OffsetBuffer::from_lengths(lens), values, None)?))
}

fn filtered(groups: &UInt32Array, are_wanted: &BooleanArray) -> Result<UInt32Array> {
    Ok(filter(groups, are_wanted)?.as_primitive::<UInt32Type>().clone())
}
