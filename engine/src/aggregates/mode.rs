//! `mode(x)`: the value that is there most often; of several, the least.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Field, FieldRef, Int64Type};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{
    Accumulator, AggregateUDFImpl, GroupsAccumulator, ReversedUDAF, Signature, Volatility,
};

use super::mode_of_groups::CountsOfValues;
use super::of_all_values;

/// The function, which counts how often each value is there, and leaves nulls out.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct MostFrequent {
    signature: Signature,
}

impl Default for MostFrequent {
    fn default() -> Self {
        Self { signature: Signature::any(1, Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for MostFrequent {
    fn name(&self) -> &str {
        "mode"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(types[0].clone())
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        of_all_values(self.name(), &args)?;
        let ty = args.return_field.data_type().clone();
        Ok(Box::new(Counts { ty, counts: HashMap::new(), values_len_bytes: 0 }))
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        !args.is_distinct
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(CountsOfValues::new(args.return_field.data_type())?))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let list = |name: &str, ty: DataType| {
            let items = Field::new_list_field(ty, true);
            Arc::new(Field::new_list(format_state_name(args.name, name), items, true))
        };
        Ok(vec![list("values", args.return_type().clone()), list("counts", DataType::Int64)])
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }
}

#[derive(Debug)]
struct Counts {
    ty: DataType,
    counts: HashMap<ScalarValue, i64>,
    /// What the values take beside their places in the table.
    values_len_bytes: usize,
}

impl Counts {
    fn add(&mut self, value: ScalarValue, count: i64) {
        match self.counts.entry(value) {
            Entry::Occupied(mut known) => *known.get_mut() += count,
            Entry::Vacant(new) => {
                self.values_len_bytes += new.key().size() - size_of::<ScalarValue>();
                new.insert(count);
            }
        }
    }
}

/// The values of a column that are not null, each without the column that it is from.
fn values_of(column: &ArrayRef) -> impl Iterator<Item = Result<ScalarValue>> {
    (0..column.len()).filter(|row| column.is_valid(*row)).map(|row| {
        let mut value = ScalarValue::try_from_array(column, row)?;
        value.compact();
        Ok(value)
    })
}

impl Accumulator for Counts {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for value in values_of(&values[0]) {
            self.add(value?, 1);
        }
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for value in values_of(&values[0]) {
            if let Entry::Occupied(mut known) = self.counts.entry(value?) {
                *known.get_mut() -= 1;
                if *known.get() == 0 {
                    self.values_len_bytes -= known.key().size() - size_of::<ScalarValue>();
                    known.remove();
                }
            }
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let (values, counts) = (states[0].as_list::<i32>(), states[1].as_list::<i32>());
        for (values, counts) in values.iter().zip(counts.iter()) {
            let Some((values, counts)) = values.zip(counts) else { continue };
            for (value, count) in values_of(&values).zip(counts.as_primitive::<Int64Type>().values()) {
                self.add(value?, *count);
            }
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let (values, counts): (Vec<ScalarValue>, Vec<ScalarValue>) =
            self.counts.iter().map(|(value, count)| (value.clone(), ScalarValue::from(*count))).unzip();
        Ok(vec![
            ScalarValue::List(ScalarValue::new_list_nullable(&values, &self.ty)),
            ScalarValue::List(ScalarValue::new_list_nullable(&counts, &DataType::Int64)),
        ])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let best = self.counts.iter().max_by(|(value, count), (other, other_count)| {
            count.cmp(other_count).then_with(|| other.partial_cmp(value).unwrap_or(Ordering::Equal))
        });
        match best {
            Some((value, _)) => Ok(value.clone()),
            None => ScalarValue::try_from(&self.ty),
        }
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.counts.capacity() * size_of::<(ScalarValue, i64)>() + self.values_len_bytes
    }
}
