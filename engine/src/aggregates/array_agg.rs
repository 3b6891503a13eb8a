//! `array_agg` of text.
//!
//! The relational core keeps the columns that it was given. Those of text are views into whole chunks of files, which
//! stay in memory as long as one of their values does, and are not counted. Here each text is copied, and the core
//! keeps the copies.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, ListArray};
use arrow::buffer::OffsetBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::functions_aggregate::array_agg::ArrayAgg;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Documentation, EmitTo, GroupsAccumulator, ReversedUDAF,
    SetMonotonicity, Signature,
};

use super::narrow_rows::NarrowRows;
use super::{SessionMemory, like_the_core};

/// The `array_agg` of the relational core, but for text, which it copies.
pub(super) fn array_agg(memory: &SessionMemory) -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::from(OwningArrayAgg { core: ArrayAgg::default(), memory: memory.clone() }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct OwningArrayAgg {
    core: ArrayAgg,
    memory: SessionMemory,
}

/// The argument as the core is given it, if that keeps columns of views: as text with its bytes.
fn owned_field(args: &AccumulatorArgs<'_>) -> Option<[FieldRef; 1]> {
    let keeps_columns = !args.is_distinct && args.order_bys.is_empty();
    let field = args.expr_fields.first().filter(|_| keeps_columns)?;
    let ty = match field.data_type() {
        DataType::Utf8View => DataType::LargeUtf8,
        DataType::BinaryView => DataType::LargeBinary,
        _ => return None,
    };
    Some([Arc::new(field.as_ref().clone().with_data_type(ty))])
}

/// What the core is asked for with another argument.
fn with_fields<'a>(args: &AccumulatorArgs<'a>, expr_fields: &'a [FieldRef]) -> AccumulatorArgs<'a> {
    AccumulatorArgs {
        return_field: Arc::clone(&args.return_field),
        schema: args.schema,
        ignore_nulls: args.ignore_nulls,
        order_bys: args.order_bys,
        is_reversed: args.is_reversed,
        name: args.name,
        is_distinct: args.is_distinct,
        exprs: args.exprs,
        expr_fields,
    }
}

impl AggregateUDFImpl for OwningArrayAgg {
    like_the_core!();

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        self.core.state_fields(args)
    }

    fn supports_null_handling_clause(&self) -> bool {
        self.core.supports_null_handling_clause()
    }

    fn with_beneficial_ordering(
        self: Arc<Self>,
        beneficial_ordering: bool,
    ) -> Result<Option<Arc<dyn AggregateUDFImpl>>> {
        // With an order, the core copies what it keeps.
        Arc::new(ArrayAgg::default()).with_beneficial_ordering(beneficial_ordering)
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let Some(fields) = owned_field(&args) else { return self.core.accumulator(args) };
        Ok(Box::new(Owning::new(self.core.accumulator(with_fields(&args, &fields))?, &args, &fields)))
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        self.core.groups_accumulator_supported(args)
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        let Some(fields) = owned_field(&args) else {
            return Ok(Box::new(NarrowRows::new(self.core.create_groups_accumulator(args)?, &self.memory)));
        };
        let core = self.core.create_groups_accumulator(with_fields(&args, &fields))?;
        Ok(Box::new(NarrowRows::new(Box::new(Owning::new(core, &args, &fields)), &self.memory)))
    }
}

/// An `array_agg` of texts with their bytes, given views and asked for lists of views.
#[derive(Debug)]
struct Owning<A> {
    core: A,
    owned: DataType,
    lists: DataType,
}

impl<A> Owning<A> {
    fn new(core: A, args: &AccumulatorArgs<'_>, fields: &[FieldRef; 1]) -> Self {
        let view = args.expr_fields[0].data_type().clone();
        let lists = DataType::List(Arc::new(Field::new_list_field(view, true)));
        Self { core, owned: fields[0].data_type().clone(), lists }
    }

    /// Values as the core is given them.
    fn values(&self, values: &[ArrayRef]) -> Result<[ArrayRef; 1]> {
        Ok([cast(&values[0], &self.owned)?])
    }

    /// Lists as the core is given them, without the values of lists that are cut off.
    fn states(&self, states: &[ArrayRef]) -> Result<[ArrayRef; 1]> {
        let lists = states[0].as_list::<i32>();
        let (start, end) = (lists.offsets()[0] as usize, lists.offsets()[lists.len()] as usize);
        let values = cast(&lists.values().slice(start, end - start), &self.owned)?;
        let field = Arc::new(Field::new_list_field(self.owned.clone(), true));
        let offsets = OffsetBuffer::from_lengths(lists.offsets().lengths());
        Ok([Arc::new(ListArray::try_new(field, offsets, values, lists.nulls().cloned())?)])
    }

    /// Lists as they are asked for.
    fn lists(&self, lists: &ArrayRef) -> Result<ArrayRef> {
        Ok(cast(lists, &self.lists)?)
    }

    fn list(&self, list: &ScalarValue) -> Result<ScalarValue> {
        ScalarValue::try_from_array(&self.lists(&list.to_array()?)?, 0)
    }
}

impl Accumulator for Owning<Box<dyn Accumulator>> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let values = self.values(values)?;
        self.core.update_batch(&values)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let list = self.core.evaluate()?;
        self.list(&list)
    }

    fn size(&self) -> usize {
        self.core.size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.core.state()?.iter().map(|list| self.list(list)).collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let states = self.states(states)?;
        self.core.merge_batch(&states)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let values = self.values(values)?;
        self.core.retract_batch(&values)
    }

    fn supports_retract_batch(&self) -> bool {
        self.core.supports_retract_batch()
    }
}

impl GroupsAccumulator for Owning<Box<dyn GroupsAccumulator>> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        condition: Option<&BooleanArray>,
        group_count: usize,
    ) -> Result<()> {
        let values = self.values(values)?;
        self.core.update_batch(&values, group_indices, condition, group_count)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let lists = self.core.evaluate(emit_to)?;
        self.lists(&lists)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        self.core.state(emit_to)?.iter().map(|lists| self.lists(lists)).collect()
    }

    fn merge_batch(
        &mut self,
        states: &[ArrayRef],
        group_indices: &[usize],
        group_count: usize,
    ) -> Result<()> {
        let states = self.states(states)?;
        self.core.merge_batch(&states, group_indices, group_count)
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        condition: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let states = self.core.convert_to_state(&self.values(values)?, condition)?;
        states.iter().map(|lists| self.lists(lists)).collect()
    }

    fn size(&self) -> usize {
        self.core.size()
    }
}
